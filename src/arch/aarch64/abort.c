/* SPDX-License-Identifier: Apache-2.0 */
#include "abort.h"
#include "inject.h"
#include "its.h"
#include "mmio_window.h"
#include "ras.h"
#include "core/apart.h"
#include "core/bits.h"

#define EC_DABT_LOWER 0x24U
#define ISS_ISV 0x1000000U
#define ISS_WNR 0x40U
#define ISS_DFSC 0x3FU
#define ISS_S1PTW 0x80U
#define FAULT_TRANSLATION 1U /* DFSC bits 5:2 */
#define FAULT_PERMISSION 3U
/* Synchronous external aborts, on a walk or not, parity errors included: but for a tag check fault. */
#define DFSC_EXTERNAL 0x10U
#define DFSC_TAG 0x11U
#define DFSC_EXTERNAL_LAST 0x1FU
#define GICD_BYTES 0x10000U

enum frame_kind { FRAME_NONE = 0, FRAME_GICD = 1, FRAME_GICR = 2, FRAME_ITS = 3 };

/*@ predicate in_frame(integer ipa, integer base, integer bytes) =
      base <= ipa && ipa - base < bytes; */

/** The emulated frame that holds @p ipa.
 * @req SWR_TRP_003 */
/*@ terminates \true; exits \false; assigns \nothing;
    ensures SWR_TRP_003: \result == FRAME_GICD <==> in_frame(ipa, board.gicd, GICD_BYTES);
    ensures SWR_TRP_003: \result == FRAME_GICR <==>
      in_frame(ipa, board.gicr, board.gicr_count * GICR_STRIDE) && \result != FRAME_GICD;
    ensures SWR_TRP_003: \result == FRAME_ITS <==> in_frame(ipa, board.gits, ITS_FRAMES) &&
      \result != FRAME_GICD && \result != FRAME_GICR; */
static uint32_t frame_of(uint64_t ipa)
{
    uint64_t gicr_bytes = (uint64_t)board.gicr_count * GICR_STRIDE;
    uint32_t kind = (uint32_t)FRAME_NONE;

    if ((ipa >= board.gicd) && ((ipa - board.gicd) < GICD_BYTES)) {
        kind = (uint32_t)FRAME_GICD;
    } else if ((ipa >= board.gicr) && ((ipa - board.gicr) < gicr_bytes)) {
        kind = (uint32_t)FRAME_GICR;
    } else if ((ipa >= board.gits) && ((ipa - board.gits) < ITS_FRAMES)) {
        kind = (uint32_t)FRAME_ITS;
    } else {
        kind = (uint32_t)FRAME_NONE;
    }
    return kind;
}

/** A refusal is an event. It ends the cell unless its plan says that it goes on; root always does.
 * @req SWR_TRP_002 */
/*@ requires cpu: cpu < BH_CPUS_MAX;
    terminates \true; exits \false;
    assigns hw, status_page, totals, cell_r[0 .. FRAME_ROWS - 1]; */
static void refuse(uint32_t cpu, struct frame *f, uint64_t esr, uint64_t ipa, uint32_t event)
{
    uint32_t cell = cpu_cell(cpu);

    event_exit(cpu, (uint32_t)BH_EXIT_ABORT);
    event_record(cpu, cell, event, ipa, esr);
    if ((cell == BH_CELL_ROOT) || bit_test(plan.cells[cell].flags, 1U)) {
        inject_abort(f, esr, sysreg_read((uint32_t)SR_FAR_EL2));
    } else {
        event_record(cpu, cell, (uint32_t)BH_EV_CELL_FAILED, cell, esr);
        cell_end(cpu, (uint32_t)BH_STATE_FAILED);
    }
}

/** Size of an access (ISS.SAS).
 * @req SWR_TRP_003 */
/*@ terminates \true; exits \false; assigns \nothing;
    ensures SWR_TRP_003: \result == (sas == 0 ? 1 : sas == 1 ? 2 : sas == 2 ? 4 : 8); */
static uint32_t bytes_of(uint64_t sas)
{
    uint32_t bytes = 8U;

    if (sas == 0U) {
        bytes = 1U;
    } else if (sas == 1U) {
        bytes = 2U;
    } else if (sas == 2U) {
        bytes = 4U;
    } else {
        bytes = 8U;
    }
    return bytes;
}

/** Decode an access; Arm ARM, ISS encoding for an exception from a Data Abort.
 * @req SWR_TRP_003 */
/*@ requires cpu: cpu < BH_CPUS_MAX;
    terminates \true; exits \false; assigns \nothing;
    ensures SWR_TRP_003: access_ok(\result) && \result.cpu == cpu &&
      \result.cell == cell_on(cpu) && \result.offset == offset % 0x1000000; */
static struct access decode(uint32_t cpu, const struct frame *f, uint64_t esr, uint64_t offset)
{
    uint32_t rt = (uint32_t)((esr / 0x10000U) % 32U);
    struct access acc;

    acc.cpu = cpu;
    acc.cell = cpu_cell(cpu);
    acc.offset = (uint32_t)(offset % 0x1000000U);
    acc.size = bytes_of((esr / 0x400000U) % 4U);
    acc.write = (esr & ISS_WNR) != 0U;
    acc.value = 0U;
    if (acc.write && (rt < 31U)) {
        acc.value = frame_get(f, rt);
    }
    return acc;
}

/** Physical address of an emulated frame.
 * @req SWR_TRP_003 */
/*@ terminates \true; exits \false; assigns \nothing; */
static uint64_t base_of(uint32_t kind)
{
    uint64_t other = (kind == (uint32_t)FRAME_GICR) ? board.gicr : board.gits;

    return (kind == (uint32_t)FRAME_GICD) ? board.gicd : other;
}

/** Whom an emulated frame of this kind is shown to: that of the ITS to root alone.
 * @req SWR_TRP_003 SWR_ITS_008 */
/*@ requires cpu: cpu < BH_CPUS_MAX;
    terminates \true; exits \false; assigns \nothing;
    ensures SWR_ITS_008: \result == FRAME_ITS ==> cell_on(cpu) == BH_CELL_ROOT;
    ensures SWR_TRP_003: \result == kind || \result == FRAME_NONE; */
static uint32_t frame_for(uint32_t cpu, uint32_t kind)
{
    return ((kind == (uint32_t)FRAME_ITS) && (cpu_cell(cpu) != BH_CELL_ROOT)) ? (uint32_t)FRAME_NONE
                                                                              : kind;
}

/** Access to a frame that is not the distributor's.
 * @req SWR_TRP_003 */
/*@ requires access: access_ok(acc);
    terminates \true; exits \false; assigns VGITS_STATE; */
static uint64_t other_access(struct access acc, uint32_t kind)
{
    return (kind == (uint32_t)FRAME_GICR) ? vgicr_access(acc) : vgits_access(acc);
}

/** Emulate an access to the emulated frame @p kind.
 * @req SWR_TRP_003 */
/*@ requires cpu: cpu < BH_CPUS_MAX;
    terminates \true; exits \false;
    assigns VGITS_STATE, cell_r[0 .. FRAME_ROWS - 1]; */
static void emulate(uint32_t cpu, struct frame *f, uint64_t esr, uint64_t ipa, uint32_t kind)
{
    uint32_t rt = (uint32_t)((esr / 0x10000U) % 32U);
    uint64_t base = base_of(kind);
    struct access acc = decode(cpu, f, esr, (ipa >= base) ? (ipa - base) : 0U);
    uint64_t read;

    event_exit(cpu, (uint32_t)BH_EXIT_MMIO);
    read = (kind == (uint32_t)FRAME_GICD) ? vgicd_access(acc) : other_access(acc, kind);
    if ((!acc.write) && (rt < 31U)) {
        frame_put(f, rt, read);
    }
    next_instruction(f);
}

/** Perform an access that window @p w allows.
 * @req SWR_MMW_004 SWR_MMW_005 */
/*@ requires cpu: cpu < BH_CPUS_MAX;
    requires counts: rule_counts && w < plan.n_windows;
    requires access: access_ok(acc) && acc.offset < BH_PAGE_BYTES;
    requires allowed: window_allows(w, acc);
    terminates \true; exits \false;
    assigns hw, status_page, totals, cell_r[0 .. FRAME_ROWS - 1]; */
static void perform(uint32_t cpu, struct frame *f, uint64_t esr, uint32_t w, struct access acc)
{
    uint32_t rt = (uint32_t)((esr / 0x10000U) % 32U);
    uint64_t read;

    event_exit(cpu, (uint32_t)BH_EXIT_MMIO);
    read = mmio_window_access(w, acc);
    if ((!acc.write) && (rt < 31U)) {
        frame_put(f, rt, mmio_window_load(read, acc.size, esr));
    }
    next_instruction(f);
}

/** True when the cell is being stopped: its tables may have been emptied under it.
 * @req SWR_TRP_002 */
/*@ requires cpu: cpu < BH_CPUS_MAX;
    terminates \true; exits \false; assigns \nothing; */
static bool being_parked(uint32_t cpu)
{
    return arch_shared_load((uint32_t)SW_CPU_REQUEST, cpu) == (uint64_t)CPU_REQ_PARK;
}

/** A permission fault that is not on a stage-1 walk leaves HPFAR_EL2 UNKNOWN (Arm ARM, HPFAR_EL2).
 * @req SWR_TRP_002 */
/*@ terminates \true; exits \false; assigns \nothing; */
static bool address_unknown(uint64_t esr)
{
    return (((esr / 4U) % 16U) == FAULT_PERMISSION) && (((esr / ISS_S1PTW) % 2U) == 0U);
}

/** The guest address of a translation fault.
 * @req SWR_TRP_002 */
/*@ terminates \true; exits \false; assigns \nothing;
    ensures SWR_TRP_002: \result % 4096 == far % 4096; */
static uint64_t ipa_of(uint64_t far)
{
    uint64_t page = (sysreg_read((uint32_t)SR_HPFAR_EL2) / 16U) % 0x1000000000U;

    return (page * 4096U) + (far % 4096U);
}

/** The guest address of an abort; the virtual one where the architecture tells no other.
 * @req SWR_TRP_002 */
/*@ terminates \true; exits \false; assigns \nothing; */
static uint64_t address_of(uint64_t esr, uint64_t far)
{
    return address_unknown(esr) ? far : ipa_of(far);
}

/** Was it the memory or the device that did not answer?
 * @req SWR_TRP_002 */
/*@ terminates \true; exits \false; assigns \nothing;
    ensures SWR_TRP_002: \result <==> 0x10 <= esr % 64 <= 0x1F && esr % 64 != 0x11; */
static bool external(uint64_t esr)
{
    uint64_t dfsc = esr % (ISS_DFSC + 1U);

    return (dfsc >= DFSC_EXTERNAL) && (dfsc <= DFSC_EXTERNAL_LAST) && (dfsc != DFSC_TAG);
}

/** An access that is none to an emulated frame: performed if a window of the cell allows it, else refused.
 * @return 0, or the event that the refusal is
 * @req SWR_TRP_003 SWR_MMW_006 */
/*@ requires cpu: cpu < BH_CPUS_MAX;
    requires counts: rule_counts;
    terminates \true; exits \false;
    assigns hw, status_page, totals, cell_r[0 .. FRAME_ROWS - 1];
    ensures SWR_MMW_006: (\forall integer w; !window_has(w, \old(cell_on(cpu)), ipa)) ==>
      \result == BH_EV_MEM_VIOLATION;
    ensures SWR_MMW_006: (esr / ISS_ISV) % 2 == 0 ==> \result != 0; */
APART static uint32_t try_window(uint32_t cpu, struct frame *f, uint64_t esr, uint64_t ipa)
{
    uint32_t w = mmio_window_of(cpu_cell(cpu), ipa);
    uint32_t event = (uint32_t)BH_EV_MEM_VIOLATION;

    if (w < BH_WINDOWS_MAX) {
        struct access acc = decode(cpu, f, esr, ipa % BH_PAGE_BYTES);

        if (((esr / ISS_ISV) % 2U) == 0U) {
            event = (uint32_t)BH_EV_MMIO_UNDECODABLE;
        } else if (!mmio_window_allows(w, acc)) {
            event = (uint32_t)BH_EV_WINDOW_DENIED;
        } else {
            perform(cpu, f, esr, w, acc);
            event = 0U;
        }
    }
    return event;
}

/** Refuse an access, or perform it if a window allows that.
 * @req SWR_TRP_002 SWR_MMW_006 */
/*@ requires cpu: cpu < BH_CPUS_MAX;
    requires counts: rule_counts;
    terminates \true; exits \false;
    assigns hw, status_page, totals, cell_r[0 .. FRAME_ROWS - 1]; */
static void settle(uint32_t cpu, struct frame *f, uint64_t esr, uint64_t ipa)
{
    bool data = ((esr / 0x4000000U) % 64U) == EC_DABT_LOWER;
    uint32_t event = (uint32_t)BH_EV_MEM_VIOLATION;

    if (data && (!address_unknown(esr))) {
        event = try_window(cpu, f, esr, ipa);
    }
    if (event != 0U) {
        refuse(cpu, f, esr, ipa, event);
    }
}

/** What is no access to an emulated frame that can be done.
 * @req SWR_TRP_002 SWR_TRP_003 */
/*@ requires cpu: cpu < BH_CPUS_MAX;
    requires counts: rule_counts;
    terminates \true; exits \false;
    assigns hw, status_page, totals, cell_r[0 .. FRAME_ROWS - 1]; */
APART static void abort_other(uint32_t cpu, struct frame *f, uint64_t esr, bool undecodable)
{
    uint64_t far = sysreg_read((uint32_t)SR_FAR_EL2);

    if (being_parked(cpu)) {
        event_exit(cpu, (uint32_t)BH_EXIT_ABORT);
    } else if (external(esr)) {
        event_exit(cpu, (uint32_t)BH_EXIT_ABORT);
        ras_abort(cpu, esr, far);
        inject_abort(f, esr, far);
        hwerr_serve(cpu);
    } else if (undecodable) {
        refuse(cpu, f, esr, address_of(esr, far), (uint32_t)BH_EV_MMIO_UNDECODABLE);
    } else {
        settle(cpu, f, esr, address_of(esr, far));
    }
}

void abort_handle(uint32_t cpu, struct frame *f, uint64_t esr)
{
    uint64_t ipa = ipa_of(sysreg_read((uint32_t)SR_FAR_EL2));
    bool data = ((esr / 0x4000000U) % 64U) == EC_DABT_LOWER;
    /* The emulated frames are mapped to nobody: an access to one is a translation fault. */
    uint32_t kind = (data && (((esr / 4U) % 16U) == FAULT_TRANSLATION))
                        ? frame_for(cpu, frame_of(ipa))
                        : (uint32_t)FRAME_NONE;
    bool emulated = kind != (uint32_t)FRAME_NONE;

    if (emulated && ((esr & ISS_ISV) != 0U) && (!being_parked(cpu))) {
        emulate(cpu, f, esr, ipa, kind);
    } else {
        abort_other(cpu, f, esr, emulated);
    }
}
