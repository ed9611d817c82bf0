/* SPDX-License-Identifier: Apache-2.0 */
#include "vgic.h"
#include "core/apart.h"
#include "core/bits.h"

#define SETSPI_NSR 0x0040U
#define CLRSPI_NSR 0x0048U
#define BITMAPS 0x0080U      /* IGROUPR .. ICACTIVER: one bit per interrupt, 0x80 bytes each */
#define BITMAPS_END 0x0400U
#define IPRIORITYR_END 0x0800U
#define ICFGR 0x0C00U
#define ICFGR_END 0x0D00U
#define IROUTER_FIRST (GICD_IROUTER + (GIC_SPI_FIRST * 8U))
#define IROUTER_END (GICD_IROUTER + (1020U * 8U))
#define ID_REGISTERS 0xFFD0U
#define TURNS_MAX 100000U /* whoever holds a word lets go within some hundred instructions */

/** What root loses of @p mask to the cells that exist in view @p v.
 * @req SWR_IRQ_001 */
/*@ requires args: v < 2 && w < BH_IRQ_WORDS;
    terminates \true; exits \false; assigns \nothing;
    ensures SWR_IRQ_001: \forall integer k; 0 <= k < 32 && bit_set(\result, k) ==>
      bit_set(mask, k) && \forall integer d; 2 <= d < BH_CELLS_MAX ==> !claims_irq(v, d, w, k); */
APART static uint32_t left_to_root(uint32_t mask, uint32_t v, uint32_t w)
{
    uint32_t left = mask;
    uint32_t other = 2U;

    /*@ loop invariant bound: 2 <= other <= BH_CELLS_MAX;
        loop invariant so_far: \forall integer k; 0 <= k < 32 && bit_set(left, k) ==>
          bit_set(mask, k) && \forall integer d; 2 <= d < other ==> !claims_irq(v, d, w, k);
        loop assigns other, left;
        loop variant BH_CELLS_MAX - other; */
    while (other < BH_CELLS_MAX) {
        if (part_live[v][other] != 0U) {
            left = bit_without(left, plan.cells[other].irqs[w]);
        }
        other++;
    }
    return left;
}

uint32_t vgic_owned(uint32_t cell, uint32_t w)
{
    uint32_t mask = (w > 0U) ? plan.cells[cell].irqs[w % BH_IRQ_WORDS] : 0U;

    if (cell == BH_CELL_ROOT) {
        /* The view that root's CPUs are told to use: once all answered, none acts on the old one. */
        uint32_t v = cpu_pool(BH_CELL_ROOT);

        mask = left_to_root(mask, v, w);
        //@ assert view: view(v);
    }
    return mask;
}

/** The fields of @p bits bits each which belong to interrupts in @p owned, from @p first on.
 * @req SWR_IRQ_002 */
/*@ requires args: first < 32 && (bits == 2 || bits == 8);
    terminates \true; exits \false; assigns \nothing;
    ensures SWR_IRQ_002: fields_of(\result, owned, first, bits); */
static uint32_t widen(uint32_t owned, uint32_t first, uint32_t bits)
{
    uint32_t mask = 0U;
    uint32_t i = 0U;

    /*@ loop invariant bound: 0 <= i <= 32 / bits;
        loop invariant so_far: \forall integer k; 0 <= k < 32 ==>
          (bit_set(mask, k) <==> k / bits < i && bit_set(owned, (first + k / bits) % 32));
        loop assigns i, mask;
        loop variant 32 / bits - i; */
    while (i < (32U / bits)) {
        if (bit_test(owned, (first + i) % 32U)) {
            mask = bit_any(mask, bit_field(i * bits, bits));
        }
        i++;
    }
    return mask;
}

/** Record what was refused.
 * @req SWR_IRQ_001 */
/*@ requires access: access_ok(acc);
    terminates \true; exits \false; assigns hw, status_page, totals; */
static void event(struct access acc, uint32_t id, uint64_t a, uint64_t b)
{
    event_record(acc.cpu, acc.cell, id, a, b);
}

/** Write a register with one bit for each interrupt; a 0 changes nothing.
 * @req SWR_IRQ_001 */
/*@ requires SWR_IRQ_001: bits_in(value, owned);
    terminates \true; exits \false; assigns hw; */
static void write_bits(uint32_t offset, uint32_t value, uint32_t owned)
{
    (void)owned;
    mmio_write32(gicd_at(offset), value);
}

/** Write a register with a field for each interrupt.
 * @req SWR_IRQ_001 */
/*@ requires SWR_IRQ_001: keeps_rest(value, old, owned);
    terminates \true; exits \false; assigns hw; */
static void write_fields(uint32_t offset, uint32_t value, uint32_t old, uint32_t owned)
{
    (void)old;
    (void)owned;
    mmio_write32(gicd_at(offset), value);
}

/** Reserve the words that hold fields of interrupts of several cells: they are read, changed and
 * written. The wait ends after TURNS_MAX turns.
 * @req SWR_IRQ_007 */
/*@ requires cpu: cpu < BH_CPUS_MAX;
    terminates \true; exits \false; assigns hw; */
static bool words_reserved(uint32_t cpu)
{
    uint32_t turns = TURNS_MAX;
    bool mine = false;

    /*@ loop invariant bound: 0 <= turns <= TURNS_MAX;
        loop assigns mine, turns, hw;
        loop variant turns; */
    while ((!mine) && (turns > 0U)) {
        mine = arch_shared_swap((uint32_t)SW_IRQ, 0U, 0U, (uint64_t)cpu + 1U);
        arch_relax();
        turns--;
    }
    return mine;
}

/** @req SWR_IRQ_007 */
/*@ terminates \true; exits \false; assigns hw; */
static void words_released(void)
{
    arch_shared_store((uint32_t)SW_IRQ, 0U, 0U);
}

/** One bit per interrupt: IGROUPR .. ICACTIVER. The group is the kernel's.
 * @req SWR_IRQ_001 */
/*@ requires access: access_ok(acc) && BITMAPS <= acc.offset < BITMAPS_END;
    terminates \true; exits \false; assigns hw, status_page, totals; */
static uint64_t bitmap(struct access acc)
{
    uint32_t w = (acc.offset % 0x80U) / 4U;
    uint32_t owned = vgic_owned(acc.cell, w);
    uint64_t read = 0U;

    if (!acc.write) {
        read = bit_both(mmio_read32(gicd_at(acc.offset)), owned);
    } else if (acc.offset >= GICD_ISENABLER) {
        uint32_t value = (uint32_t)(acc.value % 0x100000000U);

        if (bit_without(value, owned) != 0U) {
            event(acc, (uint32_t)BH_EV_IRQ_FOREIGN, (uint64_t)w * 32U, acc.offset);
        }
        write_bits(acc.offset, bit_both(value, owned), owned);
    } else {
        read = 0U;
    }
    return read;
}

/** Write a priority. The byte is its interrupt's own: no other one is read or written.
 * @req SWR_IRQ_001 SWR_IRQ_002 */
/*@ requires SWR_IRQ_001: n < 1024 && bit_set(owned, n % 32);
    requires place: first < 0x8000000000000000;
    requires SWR_IRQ_002: GIC_PRIORITY_MIN <= value < 0x100;
    terminates \true; exits \false; assigns hw; */
static void write_priority(uint64_t first, uint32_t owned, uint32_t n, uint32_t value)
{
    (void)owned;
    mmio_write8(first + n, (uint8_t)value);
}

bool vgic_priorities(struct access acc, uint64_t first, uint32_t n, uint32_t owned)
{
    uint32_t asked = (uint32_t)(acc.value % 0x100000000U);
    bool all = true;
    bool clamped = false;
    uint32_t i = 0U;

    /*@ loop invariant bound: 0 <= i <= acc.size;
        loop assigns i, asked, all, clamped, hw;
        loop variant acc.size - i; */
    while (i < acc.size) {
        uint32_t value = asked % 0x100U;

        if (!bit_test(owned, (n + i) % 32U)) {
            all = false;
        } else if (value < GIC_PRIORITY_MIN) {
            clamped = true;
            write_priority(first, owned, n + i, GIC_PRIORITY_MIN);
        } else {
            write_priority(first, owned, n + i, value);
        }
        asked = asked / 0x100U;
        i++;
    }
    if (clamped) {
        event(acc, (uint32_t)BH_EV_PRIORITY_CLAMPED, n, GIC_PRIORITY_MIN);
    }
    return all;
}

/** Priorities of the @p acc.size interrupts from @p n on; of foreign ones 0.
 * @req SWR_IRQ_001 */
/*@ requires access: access_ok(acc) && n < 1024;
    terminates \true; exits \false; assigns \nothing; */
static uint64_t read_own_priorities(struct access acc, uint32_t n, uint32_t owned)
{
    uint64_t address = gicd_at(GICD_IPRIORITYR + n);
    uint32_t read = (acc.size == 4U) ? mmio_read32(address) : mmio_read8(address);

    return bit_both(read, widen(owned, n % 32U, 8U));
}

/** IPRIORITYR: one byte per interrupt, accessed by byte or by word (IHI 0069, GICD_IPRIORITYR<n>).
 * @req SWR_IRQ_002 */
/*@ requires access: access_ok(acc) && (acc.size == 1 || (acc.size == 4 && acc.offset % 4 == 0));
    requires register: GICD_IPRIORITYR <= acc.offset < IPRIORITYR_END;
    terminates \true; exits \false; assigns hw, status_page, totals; */
static uint64_t priority(struct access acc)
{
    uint32_t n = acc.offset - GICD_IPRIORITYR;
    uint32_t owned = vgic_owned(acc.cell, n / 32U);
    uint64_t read = 0U;

    if (!acc.write) {
        read = read_own_priorities(acc, n, owned);
    } else if (!vgic_priorities(acc, gicd_at(GICD_IPRIORITYR), n, owned)) {
        event(acc, (uint32_t)BH_EV_IRQ_FOREIGN, n, acc.offset);
    } else {
        read = 0U;
    }
    return read;
}

/** Edge or level of the cell's interrupts from @p n on; the words are reserved.
 * @req SWR_IRQ_001 */
/*@ requires access: access_ok(acc) && n < 1024;
    terminates \true; exits \false; assigns hw, status_page, totals; */
static void configure(struct access acc, uint32_t n, uint32_t owned)
{
    uint32_t old = mmio_read32(gicd_at(acc.offset));
    uint32_t value = (uint32_t)(acc.value % 0x100000000U);

    if (bit_without(value ^ old, owned) != 0U) {
        event(acc, (uint32_t)BH_EV_IRQ_FOREIGN, n, acc.offset);
    }
    write_fields(acc.offset, bit_merge(old, value, owned), old, owned);
}

/** ICFGR: two bits per interrupt.
 * @req SWR_IRQ_001 */
/*@ requires access: access_ok(acc) && ICFGR <= acc.offset < ICFGR_END;
    terminates \true; exits \false; assigns hw, status_page, totals; */
static uint64_t configuration(struct access acc)
{
    uint32_t n = (acc.offset - ICFGR) * 4U;
    uint32_t owned = widen(vgic_owned(acc.cell, n / 32U), n % 32U, 2U);
    uint64_t read = 0U;

    if (!acc.write) {
        read = bit_both(mmio_read32(gicd_at(acc.offset)), owned);
    } else if (words_reserved(acc.cpu)) {
        configure(acc, n, owned);
        words_released();
    } else {
        event(acc, (uint32_t)BH_EV_IRQ_BUSY, acc.offset, acc.value);
    }
    return read;
}

/** True when @p route names exactly one CPU, and that CPU is the cell's.
 * @req SWR_IRQ_001 */
/*@ terminates \true; exits \false; assigns \nothing;
    ensures SWR_IRQ_001: \result ==> route_own(cell, route); */
static bool route_ok(uint32_t cell, uint64_t route)
{
    uint32_t cpu = 0U;
    bool ok = false;

    /*@ loop invariant bound: 0 <= cpu <= BH_CPUS_MAX;
        loop invariant so_far: ok ==> route_own(cell, route);
        loop assigns cpu, ok;
        loop variant BH_CPUS_MAX - cpu; */
    while ((cpu < BH_CPUS_MAX) && (cpu < plan.n_cpus) && (!ok)) {
        ok = (plan.mpidr[cpu] == route) && (cpu_cell(cpu) == cell);
        cpu++;
    }
    return ok;
}

/** Write the route of interrupt @p n.
 * @req SWR_IRQ_001 */
/*@ requires SWR_IRQ_001: route_own(cell, value) && n < GIC_SPI_END;
    terminates \true; exits \false; assigns hw; */
static void write_route(uint32_t cell, uint32_t n, uint64_t value)
{
    (void)cell;
    mmio_write64(gicd_at(GICD_IROUTER + (n * 8U)), value);
}

/** A route after a write: the whole, or the half that was written.
 * @req SWR_IRQ_001 */
/*@ terminates \true; exits \false; assigns \nothing;
    ensures SWR_IRQ_001: acc.size == 8 ==> \result == acc.value;
    ensures low: acc.size != 8 && acc.offset % 8 == 0 ==>
      \result % 0x100000000 == acc.value % 0x100000000 && \result / 0x100000000 == old / 0x100000000;
    ensures high: acc.size != 8 && acc.offset % 8 != 0 ==>
      \result / 0x100000000 == acc.value % 0x100000000 && \result % 0x100000000 == old % 0x100000000; */
static uint64_t new_route(struct access acc, uint64_t old)
{
    uint64_t whole = acc.value;

    if (acc.size != 8U) {
        uint64_t half = acc.value % 0x100000000U;

        whole = ((acc.offset % 8U) == 0U) ? (((old / 0x100000000U) * 0x100000000U) + half)
                                          : ((half * 0x100000000U) + (old % 0x100000000U));
    }
    return whole;
}

/** What a read of a route yields.
 * @req SWR_IRQ_001 */
/*@ terminates \true; exits \false; assigns \nothing;
    ensures SWR_IRQ_001: acc.size == 8 ==> \result == old; */
static uint64_t read_route(struct access acc, uint64_t old)
{
    uint64_t half = ((acc.offset % 8U) == 0U) ? (old % 0x100000000U) : (old / 0x100000000U);

    return (acc.size == 8U) ? old : half;
}

/** IROUTER: 64 bits per interrupt, written whole or by halves.
 * @req SWR_IRQ_001 */
/*@ requires access: access_ok(acc) && IROUTER_FIRST <= acc.offset < IROUTER_END;
    terminates \true; exits \false; assigns hw, status_page, totals; */
static uint64_t route(struct access acc)
{
    uint32_t n = (acc.offset - GICD_IROUTER) / 8U;
    bool owned = bit_test(vgic_owned(acc.cell, n / 32U), n % 32U);
    uint64_t old = mmio_read64(gicd_at(GICD_IROUTER + (n * 8U)));
    uint64_t wanted = new_route(acc, old);
    uint64_t read = 0U;

    if (!acc.write) {
        read = owned ? read_route(acc, old) : 0U;
    } else if (!owned) {
        event(acc, (uint32_t)BH_EV_IRQ_FOREIGN, n, acc.offset);
    } else if (route_ok(acc.cell, wanted)) {
        write_route(acc.cell, n, wanted);
    } else {
        event(acc, (uint32_t)BH_EV_ROUTE_FOREIGN, n, wanted);
    }
    return read;
}

/** SETSPI and CLRSPI: make an interrupt pending by its number.
 * @req SWR_IRQ_001 */
/*@ requires access: access_ok(acc);
    terminates \true; exits \false; assigns hw, status_page, totals; */
static void set_spi(struct access acc)
{
    uint32_t n = (uint32_t)(acc.value % 1024U);

    if (bit_test(vgic_owned(acc.cell, n / 32U), n % 32U)) {
        mmio_write32(gicd_at(acc.offset), n);
    } else {
        event(acc, (uint32_t)BH_EV_IRQ_FOREIGN, n, acc.offset);
    }
}

/** Registers that are not per interrupt: identification reads through, all else is the kernel's.
 * @req SWR_IRQ_001 */
/*@ requires access: access_ok(acc);
    terminates \true; exits \false; assigns hw, status_page, totals; */
static uint64_t other_register(struct access acc)
{
    uint64_t read = 0U;

    if (acc.write) {
        if ((acc.offset == SETSPI_NSR) || (acc.offset == CLRSPI_NSR)) {
            set_spi(acc);
        }
    } else if ((acc.offset < 0x0010U) || (acc.offset >= ID_REGISTERS)) {
        read = mmio_read32(gicd_at(acc.offset));
    } else {
        read = 0U;
    }
    return read;
}

/** An aligned access of @p size bytes.
 * @req SWR_IRQ_001 */
/*@ requires size: size > 0;
    terminates \true; exits \false; assigns \nothing;
    ensures SWR_IRQ_001: \result <==> acc.size == size && acc.offset % size == 0; */
static bool sized(struct access acc, uint32_t size)
{
    return (acc.size == size) && ((acc.offset % size) == 0U);
}

/** Registers that are accessed by aligned words only.
 * @req SWR_IRQ_001 */
/*@ requires access: access_ok(acc);
    terminates \true; exits \false; assigns hw, status_page, totals; */
static uint64_t word_register(struct access acc)
{
    uint64_t read = 0U;

    if ((acc.offset >= BITMAPS) && (acc.offset < BITMAPS_END)) {
        read = bitmap(acc);
    } else if ((acc.offset >= ICFGR) && (acc.offset < ICFGR_END)) {
        read = configuration(acc);
    } else {
        read = other_register(acc);
    }
    return read;
}

uint64_t vgicd_access(struct access acc)
{
    uint32_t off = acc.offset;
    bool whole = sized(acc, 4U);
    uint64_t read = 0U;

    if ((off >= GICD_IPRIORITYR) && (off < IPRIORITYR_END)) {
        read = (whole || (acc.size == 1U)) ? priority(acc) : 0U;
    } else if ((off >= IROUTER_FIRST) && (off < IROUTER_END)) {
        read = (whole || sized(acc, 8U)) ? route(acc) : 0U;
    } else {
        read = whole ? word_register(acc) : 0U;
    }
    return read;
}
