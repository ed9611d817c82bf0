/* SPDX-License-Identifier: Apache-2.0 */
#include "ras.h"
#include "core/bits.h"

#define PFR0_RAS_SHIFT 0x10000000U /* ID_AA64PFR0_EL1.RAS is bits 31:28 */
#define ESR_IDS 0x1000000U /* the rest of the syndrome is the implementation's */
#define ESR_AET 0x400U     /* bits 12:10 */
#define DFSC_SERROR 0x11U
#define AET_UC 0U
#define AET_CE 6U
#define ESR_SET 0x800U /* of a synchronous external abort, bits 12:11 */
#define SET_UC 2U
/* ERR<n>STATUS */
#define STATUS_AV 0x80000000U
#define STATUS_V 0x40000000U
#define STATUS_UE 0x20000000U
#define STATUS_CE 0x1000000U /* bits 25:24 */
#define FIRST_CE 24U
#define STATUS_DE 0x800000U
#define STATUS_UET 0x100000U /* bits 21:20 */
#define FIRST_UET 20U
/* ERR<n>ADDR */
#define ADDRESS_BITS 0x100000000000000U   /* 56 */
#define ADDRESS_FLAGS 0x1000000000000000U /* VA and AI, bits 61:60: not a physical address */
#define VSESR_UNRECOVERABLE 0x411U      /* AET is UEU, DFSC is SError */
#define HCR_EL2_VSE 0x100U
#define STATUSR 0x0010U /* GICD and GICR */
#define STATUSR_BITS 16U

_Static_assert(((uint32_t)BH_EV_HW_CORRECTED + (uint32_t)RAS_UNCONTAINED) ==
                   (uint32_t)BH_EV_HW_UNCONTAINED,
               "events follow the severities");

bool ras_there(void)
{
    return ((sysreg_read((uint32_t)SR_ID_AA64PFR0_EL1) / PFR0_RAS_SHIFT) % 16U) != 0U;
}

void arch_cpu_serror(void)
{
    if (ras_there()) {
        sysreg_write((uint32_t)SR_VSESR_EL2, VSESR_UNRECOVERABLE);
    }
    sysreg_write((uint32_t)SR_HCR_EL2, sysreg_read((uint32_t)SR_HCR_EL2) | HCR_EL2_VSE);
}

void arch_irq_raise(uint32_t cell, uint32_t intid)
{
    (void)cell;
    mmio_write32(gicd_at(GICD_ISPENDR + ((intid / 32U) * 4U)), bit_of(intid % 32U));
}

/** Severity of what a record holds.
 * @req SWR_RAS_004 */
/*@ terminates \true; exits \false; assigns \nothing;
    ensures SWR_RAS_004: \result == ras_told(status); */
static uint32_t severity_of(uint64_t status)
{
    uint32_t severity = (uint32_t)RAS_CORRECTED;

    if (((status / STATUS_UE) % 2U) == 1U) {
        severity = (((status / STATUS_UET) % 4U) == 0U) ? (uint32_t)RAS_UNCONTAINED
                                                        : (uint32_t)RAS_UNCORRECTED;
    } else if (((status / STATUS_DE) % 2U) == 1U) {
        severity = (uint32_t)RAS_DEFERRED;
    } else {
        severity = (uint32_t)RAS_CORRECTED;
    }
    return severity;
}

/** What an SError tells by its syndrome; an unspecified one is an error that nobody corrected.
 * @req SWR_RAS_002 */
/*@ terminates \true; exits \false; assigns \nothing;
    ensures SWR_RAS_002: \result == RAS_UNCORRECTED ||
      (ras_syndrome(esr) && \result == (ras_aet(esr) == 0 ? RAS_UNCONTAINED : RAS_CORRECTED) &&
       (ras_aet(esr) == 0 || ras_aet(esr) == 6)); */
static uint32_t severity_of_serror(uint64_t esr)
{
    bool known = ras_there() && (((esr / ESR_IDS) % 2U) == 0U) && ((esr % 64U) == DFSC_SERROR);
    uint64_t aet = (esr / ESR_AET) % 8U;
    uint32_t severity = (uint32_t)RAS_UNCORRECTED;

    if (known && (aet == AET_UC)) {
        severity = (uint32_t)RAS_UNCONTAINED;
    } else if (known && (aet == AET_CE)) {
        severity = (uint32_t)RAS_CORRECTED;
    } else {
        severity = (uint32_t)RAS_UNCORRECTED;
    }
    return severity;
}

/** Whom an error concerns that the cell on this CPU met: this cell; all, if it may have spread.
 * @req SWR_RAS_002 SWR_RAS_003 */
/*@ requires cpu: cpu < BH_CPUS_MAX;
    terminates \true; exits \false; assigns \nothing;
    ensures SWR_RAS_002: severity == RAS_UNCONTAINED ==> \result == HWERR_ALL;
    ensures SWR_RAS_003: severity != RAS_UNCONTAINED ==>
      \forall integer c; 0 <= c < 32 ==> (bit_set(\result, c) <==> c == cell_on(cpu)); */
static uint32_t met_by(uint32_t cpu, uint32_t severity)
{
    return (severity == (uint32_t)RAS_UNCONTAINED) ? HWERR_ALL : bit_of(cpu_cell(cpu));
}

/** The physical address of a record, or RAS_NOWHERE.
 * @req SWR_RAS_004 */
/*@ terminates \true; exits \false; assigns \nothing;
    ensures SWR_RAS_004: \result == RAS_NOWHERE || \result < ADDRESS_BITS; */
static uint64_t address_of(uint64_t status)
{
    uint64_t address = sysreg_read((uint32_t)SR_ERXADDR_EL1);
    bool valid = (((status / STATUS_AV) % 2U) == 1U) && (((address / ADDRESS_FLAGS) % 4U) == 0U);

    return valid ? (address % ADDRESS_BITS) : RAS_NOWHERE;
}

/** What clears a record: the value read, so that an error which came since is kept; fields of two bits
 * that are not zero are cleared by ones.
 * @req SWR_RAS_004 */
/*@ terminates \true; exits \false; assigns \nothing;
    ensures SWR_RAS_004: \forall integer k; 0 <= k < 32 ==>
      (bit_set(status, k) ==> bit_set(\result, k)) &&
      (bit_set(\result, k) && !bit_set(status, k) ==>
         FIRST_UET <= k < FIRST_UET + 2 || FIRST_CE <= k < FIRST_CE + 2); */
static uint32_t clearing(uint32_t status)
{
    uint32_t ones = status;

    if (((status / STATUS_CE) % 4U) != 0U) {
        ones = bit_any(ones, bit_field(FIRST_CE, 2U));
    }
    if (((status / STATUS_UET) % 4U) != 0U) {
        ones = bit_any(ones, bit_field(FIRST_UET, 2U));
    }
    return ones;
}

/** Record what the selected error record holds, and tell whom it concerns.
 * @req SWR_RAS_004 */
/*@ requires cpu: cpu < BH_CPUS_MAX;
    terminates \true; exits \false;
    assigns hw, status_page, totals; */
static void report_record(uint32_t cpu, uint64_t status)
{
    uint32_t severity = severity_of(status);
    uint64_t address = address_of(status);
    struct hwerr e;

    e.cpu = cpu;
    e.id = (uint32_t)BH_EV_HW_CORRECTED + severity;
    e.a = status;
    e.b = address;
    e.serror = severity >= (uint32_t)RAS_UNCORRECTED;
    e.cells = met_by(cpu, severity);
    if ((e.cells != HWERR_ALL) && (address != RAS_NOWHERE)) {
        e.cells = hwerr_concerned(address);
    }
    hwerr_report(e);
}

/** The record that is selected, if it holds an error.
 * @req SWR_RAS_004 */
/*@ requires cpu: cpu < BH_CPUS_MAX;
    terminates \true; exits \false;
    assigns hw, status_page, totals; */
static void look_at_record(uint32_t cpu)
{
    uint64_t status = sysreg_read((uint32_t)SR_ERXSTATUS_EL1);

    if (((status / STATUS_V) % 2U) == 1U) {
        report_record(cpu, status);
        sysreg_write((uint32_t)SR_ERXSTATUS_EL1, clearing((uint32_t)(status % 0x100000000U)));
    }
}

/** All records of the CPU.
 * @req SWR_RAS_004 */
/*@ requires cpu: cpu < BH_CPUS_MAX;
    terminates \true; exits \false;
    assigns hw, status_page, totals; */
static void look_at_records(uint32_t cpu)
{
    uint64_t records = sysreg_read((uint32_t)SR_ERRIDR_EL1) % 0x10000U;
    uint32_t i = 0U;

    /*@ loop invariant bound: 0 <= i <= RAS_RECORDS_MAX;
        loop assigns i, hw, status_page, totals;
        loop variant RAS_RECORDS_MAX - i; */
    while (i < RAS_RECORDS_MAX) {
        if (i < records) {
            sysreg_write((uint32_t)SR_ERRSELR_EL1, i);
            isb();
            look_at_record(cpu);
        }
        i++;
    }
}

/** One frame of the interrupt controller: what it could not do since the last look.
 * @req SWR_RAS_005 */
/*@ requires cpu: cpu < BH_CPUS_MAX;
    terminates \true; exits \false;
    assigns hw, status_page, totals; */
static void look_at_frame(uint32_t cpu, uint64_t address, uint32_t frame)
{
    uint32_t status = mmio_read32(address) % STATUSR_BITS;

    if (status != 0U) {
        event_record(cpu, BH_CELL_KERNEL, (uint32_t)BH_EV_GIC_ERROR, frame, status);
        mmio_write32(address, status);
    }
}

void ras_look(uint32_t cpu)
{
    if (ras_there()) {
        look_at_records(cpu);
    }
    look_at_frame(cpu, gicd_at(STATUSR), 0U);
    look_at_frame(cpu, gicr_at(cpu, STATUSR), 1U + cpu);
}

void ras_serror(uint32_t cpu, uint64_t esr, uint64_t elr)
{
    uint32_t severity = severity_of_serror(esr);
    struct hwerr e;

    e.cpu = cpu;
    e.id = (uint32_t)BH_EV_SERROR;
    e.a = esr;
    e.b = elr;
    e.serror = severity != (uint32_t)RAS_CORRECTED;
    e.cells = met_by(cpu, severity);
    hwerr_report(e);
    ras_look(cpu);
}

void ras_abort(uint32_t cpu, uint64_t esr, uint64_t far)
{
    uint32_t severity =
        (((esr / ESR_SET) % 4U) == SET_UC) ? (uint32_t)RAS_UNCONTAINED : (uint32_t)RAS_UNCORRECTED;
    struct hwerr e;

    e.cpu = cpu;
    e.id = (uint32_t)BH_EV_EXTERNAL_ABORT;
    e.a = esr;
    e.b = far;
    e.serror = severity == (uint32_t)RAS_UNCONTAINED; /* else the abort itself tells the cell */
    e.cells = met_by(cpu, severity);
    hwerr_report(e);
    ras_look(cpu);
}
