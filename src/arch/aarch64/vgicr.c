/* SPDX-License-Identifier: Apache-2.0 */
#include "vinj.h"
#include "core/bits.h"

#define IIDR 0x0004U
#define SETLPIR 0x0040U
#define LPI_END 0x0100U       /* SETLPIR, CLRLPIR, PROPBASER, PENDBASER, INV*, SYNCR */
#define SGI_BITMAPS (GICR_SGI + 0x0080U)
#define SGI_BITMAPS_END (GICR_SGI + 0x0400U)
#define PRIORITY_END (GICR_SGI + 0x0420U)
#define ICFGR0 (GICR_SGI + 0x0C00U)
#define ICFGR1 (GICR_SGI + 0x0C04U)
#define ID_REGISTERS 0xFFD0U
#define WAKER_SLEEP 2U
#define TRIGGER_BITS 18U /* their bits in ICFGR1 */
#define TRIGGER_WIDTH 4U

/** The CPU whose frames are the @p k-th pair, or BH_CPUS_MAX.
 * @req SWR_IRQ_004 */
/*@ terminates \true; exits \false; assigns \nothing;
    ensures SWR_IRQ_004: \result < BH_CPUS_MAX ==> gicr_base[\result] == gicr_frame(k);
    ensures none: \result >= BH_CPUS_MAX ==> \result == BH_CPUS_MAX &&
      \forall integer c; 0 <= c < BH_CPUS_MAX ==> gicr_base[c] != gicr_frame(k); */
static uint32_t cpu_of_frame(uint32_t k)
{
    uint64_t base = gicr_pair(k);
    uint32_t found = BH_CPUS_MAX;
    uint32_t cpu = 0U;

    /*@ loop invariant bound: 0 <= cpu <= BH_CPUS_MAX;
        loop invariant yes: found < BH_CPUS_MAX ==> gicr_base[found] == base;
        loop invariant no: found >= BH_CPUS_MAX ==> found == BH_CPUS_MAX &&
          \forall integer c; 0 <= c < cpu ==> gicr_base[c] != base;
        loop assigns cpu, found;
        loop variant BH_CPUS_MAX - cpu; */
    while (cpu < BH_CPUS_MAX) {
        if (gicr_base[cpu] == base) {
            found = cpu;
        }
        cpu++;
    }
    return found;
}

/** The bits of @p value that are not of the kernel's own private interrupts: kick, maintenance and
 * alarm.
 * @req SWR_IRQ_004 */
/*@ terminates \true; exits \false; assigns \nothing;
    ensures SWR_IRQ_004: \forall integer k; 0 <= k < 32 ==> (bit_set(\result, k) <==>
      bit_set(value, k) && k != GIC_KICK_INTID && k != GIC_MAINTENANCE_INTID &&
      k != GIC_ALARM_INTID); */
static uint32_t not_ours(uint32_t value)
{
    uint32_t rest = bit_without(value, bit_of(GIC_KICK_INTID));

    return bit_without(bit_without(rest, bit_of(GIC_MAINTENANCE_INTID)), bit_of(GIC_ALARM_INTID));
}

/** Write a register of one bit for each private interrupt; the kernel's are never touched.
 * @req SWR_IRQ_004 */
/*@ requires SWR_IRQ_004: !bit_set(value, GIC_KICK_INTID) &&
      !bit_set(value, GIC_MAINTENANCE_INTID) && !bit_set(value, GIC_ALARM_INTID);
    terminates \true; exits \false; assigns hw; */
static void write_private(uint64_t address, uint32_t value)
{
    mmio_write32(address, value);
}

/** Write private priorities; those of the kernel's interrupts stay as they are.
 * @req SWR_IRQ_004 */
/*@ requires SWR_IRQ_004: !bit_set(owned, GIC_KICK_INTID) &&
      !bit_set(owned, GIC_MAINTENANCE_INTID) && !bit_set(owned, GIC_ALARM_INTID);
    requires access: access_ok(acc) && n < 32 && (acc.size == 1 || (acc.size == 4 && n % 4 == 0)) &&
      first < 0x8000000000000000;
    terminates \true; exits \false; assigns hw, status_page, totals; */
static void write_priorities(struct access acc, uint64_t first, uint32_t n, uint32_t owned)
{
    (void)vgic_priorities(acc, first, n, owned);
}

/** Enable, pending and active bits of SGIs and PPIs; the group, the kick, the maintenance interrupt and
 * the alarm are the kernel's.
 * @req SWR_IRQ_004 */
/*@ requires access: access_ok(acc);
    terminates \true; exits \false; assigns hw, status_page, totals; */
static uint64_t private_bitmap(struct access acc, uint64_t address, uint32_t off)
{
    uint32_t value = (uint32_t)(acc.value % 0x100000000U);
    uint64_t read = 0U;

    if ((off % 0x80U) != 0U) {
        read = 0U;
    } else if (!acc.write) {
        read = not_ours(mmio_read32(address));
    } else if (off >= GICR_ISENABLER0) {
        write_private(address, not_ours(value));
    } else {
        read = 0U;
    }
    return read;
}

/** Priorities of SGIs and PPIs, by byte or word; those of the kernel's read and stay as they are.
 * @req SWR_IRQ_004 */
/*@ requires access: access_ok(acc) && (acc.size == 1 || (acc.size == 4 && off % 4 == 0));
    requires register: GICR_IPRIORITYR <= off < PRIORITY_END && base <= 0x4000000000000;
    terminates \true; exits \false; assigns hw, status_page, totals; */
static uint64_t private_priority(struct access acc, uint64_t base, uint32_t off)
{
    uint64_t read = 0U;

    if (acc.write) {
        write_priorities(acc, base + GICR_IPRIORITYR, off - GICR_IPRIORITYR,
                         not_ours(bit_field(0U, 32U)));
    } else {
        read = (acc.size == 1U) ? mmio_read8(base + off) : mmio_read32(base + off);
    }
    return read;
}

/** RD_base registers.
 * @req SWR_IRQ_004 */
/*@ requires access: access_ok(acc);
    terminates \true; exits \false; assigns VGITS_STATE; */
static uint64_t control(struct access acc, uint64_t address, uint32_t off)
{
    bool lpi = (off == 0U) || ((off >= SETLPIR) && (off < LPI_END));
    uint64_t read = 0U;

    if ((!acc.write) && (lpi || (off == GICR_TYPER))) {
        read = vlpi_read(acc, address, off);
    } else if (!acc.write) {
        read = (acc.size == 8U) ? mmio_read64(address) : mmio_read32(address);
    } else if (off == GICR_WAKER) {
        mmio_write32(address, bit_without((uint32_t)(acc.value % 0x100000000U), WAKER_SLEEP));
    } else if (lpi) {
        vlpi_write(acc, address, off);
    } else {
        read = 0U;
    }
    return read;
}

/** Write trigger modes; those of the maintenance interrupt and the alarm stay as they are.
 * @req SWR_IRQ_004 */
/*@ requires SWR_IRQ_004: \forall integer k; TRIGGER_BITS <= k < TRIGGER_BITS + TRIGGER_WIDTH ==>
      (bit_set(value, k) <==> bit_set(old, k));
    terminates \true; exits \false; assigns hw; */
static void write_trigger(uint64_t address, uint32_t value, uint32_t old)
{
    (void)old;
    mmio_write32(address, value);
}

/** Trigger modes of SGIs, which are fixed, and PPIs.
 * @req SWR_IRQ_004 */
/*@ requires access: access_ok(acc);
    terminates \true; exits \false; assigns hw, status_page, totals; */
static uint64_t trigger(struct access acc, uint64_t address, uint32_t off)
{
    uint64_t read = 0U;

    if (!acc.write) {
        read = mmio_read32(address);
    } else if (off == ICFGR1) {
        uint32_t old = mmio_read32(address);

        write_trigger(address,
                      bit_merge((uint32_t)(acc.value % 0x100000000U), old,
                                bit_field(TRIGGER_BITS, TRIGGER_WIDTH)),
                      old);
    } else {
        read = 0U;
    }
    return read;
}

/** Registers of one private interrupt each, or of fields.
 * @req SWR_IRQ_004 */
/*@ requires access: access_ok(acc) && off < GICR_STRIDE && base <= 0x4000000000000;
    terminates \true; exits \false; assigns hw, status_page, totals; */
static uint64_t private_register(struct access acc, uint64_t base, uint32_t off)
{
    uint64_t read = 0U;

    if ((off >= SGI_BITMAPS) && (off < SGI_BITMAPS_END)) {
        read = private_bitmap(acc, base + off, off);
    } else if ((off == ICFGR0) || (off == ICFGR1)) {
        read = trigger(acc, base + off, off);
    } else {
        read = 0U;
    }
    return read;
}

/** An aligned word or double word.
 * @req SWR_IRQ_004 */
/*@ terminates \true; exits \false; assigns \nothing;
    ensures SWR_IRQ_004: \result ==> off % acc.size == 0 && (acc.size == 4 || acc.size == 8); */
static bool natural(struct access acc, uint32_t off)
{
    return ((acc.size == 4U) || (acc.size == 8U)) && ((off % acc.size) == 0U);
}

/** Registers of the cell's own CPU.
 * @req SWR_IRQ_004 */
/*@ requires access: access_ok(acc) && off < GICR_STRIDE && base <= 0x4000000000000;
    terminates \true; exits \false; assigns VGITS_STATE; */
static uint64_t own(struct access acc, uint64_t base, uint32_t off)
{
    bool whole = (acc.size == 4U) && ((off % 4U) == 0U);
    uint64_t read = 0U;

    if ((off >= GICR_IPRIORITYR) && (off < PRIORITY_END)) {
        read = (whole || (acc.size == 1U)) ? private_priority(acc, base, off) : 0U;
    } else if (off < GICR_SGI) {
        read = natural(acc, off) ? control(acc, base + off, off) : 0U;
    } else {
        read = whole ? private_register(acc, base, off) : 0U;
    }
    return read;
}

/** A register by which an operating system looks for its own frames.
 * @req SWR_IRQ_004 */
/*@ terminates \true; exits \false; assigns \nothing;
    ensures SWR_IRQ_004: \result ==> off == IIDR || off == GICR_TYPER || off == GICR_TYPER + 4 ||
      ID_REGISTERS <= off < GICR_SGI; */
static bool identifies(uint32_t off)
{
    return (off == IIDR) || (off == GICR_TYPER) || (off == (GICR_TYPER + 4U)) ||
           ((off >= ID_REGISTERS) && (off < GICR_SGI));
}

/** True when the @p k-th pair is there: pairs follow each other without a gap, and a CPU of the plan
 * has this one or a later one. Beyond the last, a read is an abort in the kernel itself.
 * @req SWR_IRQ_010 */
/*@ terminates \true; exits \false; assigns \nothing;
    ensures SWR_IRQ_010: \result <==> gicr_there(k); */
static bool there(uint32_t k)
{
    uint64_t base = gicr_pair(k);
    bool found = false;
    uint32_t cpu = 0U;

    /*@ loop invariant bound: 0 <= cpu <= BH_CPUS_MAX;
        loop invariant so_far: found <==> \exists integer c; 0 <= c < cpu &&
          gicr_base[c] >= gicr_frame(k);
        loop assigns cpu, found;
        loop variant BH_CPUS_MAX - cpu; */
    while (cpu < BH_CPUS_MAX) {
        if (gicr_base[cpu] >= base) {
            found = true;
        }
        cpu++;
    }
    return found;
}

/** What a foreign frame tells of itself.
 * @req SWR_IRQ_004 SWR_IRQ_010 */
/*@ requires access: access_ok(acc) && off < GICR_STRIDE;
    requires SWR_IRQ_010: gicr_there(k);
    terminates \true; exits \false; assigns \nothing; */
static uint64_t identity(struct access acc, uint32_t k, uint32_t off)
{
    uint64_t base = gicr_pair(k);
    bool whole = (acc.size == 4U) && ((off % 4U) == 0U);
    uint64_t read = 0U;

    if ((off == GICR_TYPER) && (acc.size == 8U)) {
        read = mmio_read64(base + off);
    } else if (whole && identifies(off)) {
        read = mmio_read32(base + off);
    } else {
        read = 0U;
    }
    return read;
}

/** A frame that is not the cell's: identification only.
 * @req SWR_IRQ_004 */
/*@ requires access: access_ok(acc) && off < GICR_STRIDE;
    terminates \true; exits \false; assigns hw, status_page, totals; */
static uint64_t foreign(struct access acc, uint32_t k, uint32_t off)
{
    uint64_t read = 0U;

    if (acc.write) {
        event_record(acc.cpu, acc.cell, (uint32_t)BH_EV_GICR_FOREIGN, cpu_of_frame(k), off);
    } else if (there(k)) {
        read = identity(acc, k, off);
    } else {
        read = 0U;
    }
    return read;
}

uint64_t vgicr_access(struct access acc)
{
    uint32_t k = acc.offset / GICR_STRIDE;
    uint32_t off = acc.offset % GICR_STRIDE;
    uint32_t cpu = cpu_of_frame(k);
    uint64_t read = 0U;

    if ((cpu < BH_CPUS_MAX) && (cpu_cell(cpu) == acc.cell)) {
        read = own(acc, gicr_pair(k), off);
    } else {
        read = foreign(acc, k, off);
    }
    return read;
}
