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
#define KICK_WORD 12U /* first of the four interrupts whose priorities share a word */
#define PPI_WORD 24U /* the same of maintenance interrupt and alarm, which are neighbours */
#define PPI_BITS 8U
#define PPI_WIDTH 16U
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

/** Write four private priorities; those of the kernel's interrupts stay as they are.
 * @req SWR_IRQ_004 */
/*@ requires SWR_IRQ_004: keeps_rest(value, old, mine);
    requires SWR_IRQ_002: calm_in(value, mine);
    requires kick: word == KICK_WORD ==> \forall integer k; 24 <= k < 32 ==> !bit_set(mine, k);
    requires ppis: word == PPI_WORD ==> \forall integer k; 8 <= k < 24 ==> !bit_set(mine, k);
    terminates \true; exits \false; assigns hw; */
static void write_priorities(uint64_t address, uint32_t word, uint32_t value, uint32_t old,
                             uint32_t mine)
{
    (void)word;
    (void)old;
    (void)mine;
    mmio_write32(address, value);
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

/** Bits of the priorities from interrupt @p word on which an access to interrupt @p n may change.
 * @req SWR_IRQ_004 */
/*@ requires args: n < 32 && word < 32;
    terminates \true; exits \false; assigns \nothing;
    ensures SWR_IRQ_004: word == KICK_WORD ==>
      \forall integer k; 24 <= k < 32 ==> !bit_set(\result, k);
    ensures SWR_IRQ_004: word == PPI_WORD ==>
      \forall integer k; 8 <= k < 24 ==> !bit_set(\result, k); */
static uint32_t private_mask(uint32_t n, uint32_t word, bool byte)
{
    uint32_t mask = byte ? bit_field((n % 4U) * 8U, 8U) : bit_field(0U, 32U);

    if (word == KICK_WORD) {
        mask = bit_without(mask, bit_field(24U, 8U));
    } else if (word == PPI_WORD) {
        mask = bit_without(mask, bit_field(PPI_BITS, PPI_WIDTH));
    } else {
        /* no interrupt of the kernel among them */
    }
    return mask;
}

/** Priorities of SGIs and PPIs, by byte or word; those of the kernel's read and stay as they are.
 * @req SWR_IRQ_004 */
/*@ requires access: access_ok(acc) && GICR_IPRIORITYR <= off < PRIORITY_END && base <= 0x4000000000000;
    terminates \true; exits \false; assigns hw, status_page, totals; */
static uint64_t private_priority(struct access acc, uint64_t base, uint32_t off)
{
    static const uint32_t byte_place[4] = {0x1U, 0x100U, 0x10000U, 0x1000000U};
    bool byte = acc.size == 1U;
    uint32_t n = off - GICR_IPRIORITYR;
    uint32_t word = (n / 4U) * 4U;
    uint64_t address = base + GICR_IPRIORITYR + word;
    uint32_t old = mmio_read32(address);
    uint64_t read = byte ? ((old / byte_place[n % 4U]) % 0x100U) : old;

    if (acc.write) {
        uint32_t mine = private_mask(n, word, byte);
        uint32_t value = byte ? ((uint32_t)(acc.value % 0x100U) * byte_place[n % 4U])
                              : (uint32_t)(acc.value % 0x100000000U);
        uint32_t clamped = vgic_clamp(value);

        if (bit_both(mine, value ^ clamped) != 0U) {
            event_record(acc.cpu, acc.cell, (uint32_t)BH_EV_PRIORITY_CLAMPED, n, GIC_PRIORITY_MIN);
        }
        write_priorities(address, word, vgic_priorities(old, clamped, mine), old, mine);
        read = 0U;
    }
    return read;
}

/** A register of LPIs, which are root's alone in this release, and go straight to it: a list register
 * that is full cannot give an LPI back.
 * @req SWR_IRQ_004 */
/*@ requires access: access_ok(acc);
    terminates \true; exits \false; assigns hw, status_page, totals; */
static void write_lpi(struct access acc, uint64_t address, uint32_t off)
{
    if ((acc.cell != BH_CELL_ROOT) || (vinj_routing(acc.cell) != 0U)) {
        event_record(acc.cpu, acc.cell, (uint32_t)BH_EV_LPI_DENIED, off, acc.value);
    } else if (acc.size == 8U) {
        mmio_write64(address, acc.value);
    } else {
        mmio_write32(address, (uint32_t)(acc.value % 0x100000000U));
    }
}

/** RD_base registers.
 * @req SWR_IRQ_004 */
/*@ requires access: access_ok(acc);
    terminates \true; exits \false; assigns hw, status_page, totals; */
static uint64_t control(struct access acc, uint64_t address, uint32_t off)
{
    bool lpi = (off == 0U) || ((off >= SETLPIR) && (off < LPI_END));
    uint64_t read = 0U;

    if (!acc.write) {
        read = (acc.size == 8U) ? mmio_read64(address) : mmio_read32(address);
    } else if (off == GICR_WAKER) {
        mmio_write32(address, bit_without((uint32_t)(acc.value % 0x100000000U), WAKER_SLEEP));
    } else if (lpi) {
        write_lpi(acc, address, off);
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
    bool whole = (acc.size == 4U) && ((off % 4U) == 0U);
    bool pair = (acc.size == 8U) && ((off % 8U) == 0U);

    return whole || pair;
}

/** Registers of the cell's own CPU.
 * @req SWR_IRQ_004 */
/*@ requires access: access_ok(acc) && off < GICR_STRIDE && base <= 0x4000000000000;
    terminates \true; exits \false; assigns hw, status_page, totals; */
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
