/* SPDX-License-Identifier: Apache-2.0 */
#include "core/hwerr.h"
#include "core/bits.h"

/** Does @p own exist: the kernel and root always do.
 * @req SWR_HWE_001 */
/*@ terminates \true; exits \false; assigns \nothing;
    ensures SWR_HWE_001: own < 2 ==> \result;
    ensures cell: \result ==> own < BH_CELLS_MAX; */
static bool exists(uint32_t own)
{
    return (own < 2U) || ((own < BH_CELLS_MAX) && (arch_shared_load((uint32_t)SW_CELL_STATE, own) !=
                                                   (uint64_t)BH_STATE_ABSENT));
}

/** Does region @p i hold page @p page for somebody who exists, other than for root as the rest?
 * @req SWR_HWE_001 */
/*@ requires region: i < BH_REGIONS_MAX;
    terminates \true; exits \false; assigns \nothing;
    ensures SWR_HWE_001: \result ==> i < plan.n_regions && in_pa(i, page) &&
      PR(i).own != BH_CELL_ROOT && PR(i).own < BH_CELLS_MAX; */
static bool concerns(uint32_t i, uint64_t page)
{
    const struct bh_region *r = &plan.regions[i];

    return (i < plan.n_regions) && (r->ppn <= page) && ((page - r->ppn) < r->n) &&
           (r->own != BH_CELL_ROOT) && exists(r->own);
}

/** Bits of those whom region @p i makes share an error in it.
 * @req SWR_HWE_001 */
/*@ requires region: i < BH_REGIONS_MAX && PR(i).own < BH_CELLS_MAX && PR(i).own != BH_CELL_ROOT;
    terminates \true; exits \false; assigns \nothing;
    ensures SWR_HWE_001: \forall integer c; 0 <= c < 32 && c != BH_CELL_ROOT &&
      bit_set(\result, c) ==> c == PR(i).own;
    ensures somebody: bit_set(\result, PR(i).own); */
static uint32_t parties(uint32_t i)
{
    uint32_t cells = bit_of(plan.regions[i].own);

    return (plan.regions[i].root == 1U) ? bit_any(cells, bit_of(BH_CELL_ROOT)) : cells;
}

uint32_t hwerr_concerned(uint64_t address)
{
    uint64_t page = address / BH_PAGE_BYTES;
    uint32_t cells = 0U;
    uint32_t i = 0U;

    /*@ loop invariant bound: 0 <= i <= BH_REGIONS_MAX;
        loop invariant cells: \forall integer c; 0 <= c < 32 && c != BH_CELL_ROOT &&
          bit_set(cells, c) ==> holds_page(c, page);
        loop assigns i, cells;
        loop variant BH_REGIONS_MAX - i; */
    while (i < BH_REGIONS_MAX) {
        if (concerns(i, page)) {
            cells = bit_any(cells, parties(i));
        }
        i++;
    }
    if (bit_test(cells, BH_CELL_KERNEL)) {
        cells = HWERR_ALL;
    } else if (cells == 0U) {
        cells = bit_of(BH_CELL_ROOT);
    } else {
        /* as found */
    }
    return cells;
}

/** Whom the event names: the kernel, if it is among those concerned; else the first cell.
 * @req SWR_HWE_002 */
/*@ terminates \true; exits \false; assigns \nothing;
    ensures SWR_HWE_002: \result < BH_CELLS_MAX &&
      (\result == BH_CELL_KERNEL || bit_set(cells, \result)); */
static uint32_t first_of(uint32_t cells)
{
    uint32_t first = BH_CELL_KERNEL;
    uint32_t k = BH_CELLS_MAX;

    /*@ loop invariant bound: 1 <= k <= BH_CELLS_MAX && first < BH_CELLS_MAX;
        loop invariant found: first == BH_CELL_KERNEL || bit_set(cells, first);
        loop assigns k, first;
        loop variant k; */
    while (k > 1U) {
        k--;
        if (bit_test(cells, k)) {
            first = k;
        }
    }
    return bit_test(cells, BH_CELL_KERNEL) ? BH_CELL_KERNEL : first;
}

/** Kick the CPUs of @p cell that execute it: the first that comes takes what waits.
 * @req SWR_HWE_004 */
/*@ requires cell: cell < BH_CELLS_MAX;
    terminates \true; exits \false; assigns hw; */
static void kick_running(uint32_t cell)
{
    uint32_t cpu = 0U;

    /*@ loop invariant bound: 0 <= cpu <= BH_CPUS_MAX;
        loop assigns cpu, hw;
        loop variant BH_CPUS_MAX - cpu; */
    while (cpu < BH_CPUS_MAX) {
        if ((cpu_cell(cpu) == cell) &&
            (arch_shared_load((uint32_t)SW_CPU_STATE, cpu) == (uint64_t)CPU_RUN)) {
            arch_cpu_kick(cpu);
        }
        cpu++;
    }
}

/** Has the plan given the cell this interrupt? The plan's rules say so; asked again, because what is not
 * the cell's must never be raised.
 * @req SWR_HWE_003 */
/*@ requires cell: cell < BH_CELLS_MAX;
    terminates \true; exits \false; assigns \nothing;
    ensures SWR_HWE_003: \result ==> HWERR_IRQ_MIN <= irq < HWERR_IRQ_END &&
      bit_set(plan.cells[cell].irqs[irq / 32], irq % 32); */
static bool has_irq(uint32_t cell, uint32_t irq)
{
    return (irq >= HWERR_IRQ_MIN) && (irq < HWERR_IRQ_END) &&
           bit_test(plan.cells[cell].irqs[irq / 32U], irq % 32U);
}

/** Tell one cell, if it runs.
 * @req SWR_HWE_003 SWR_HWE_004 */
/*@ requires cell: cell < BH_CELLS_MAX;
    terminates \true; exits \false; assigns hw; */
static void tell(uint32_t cell, bool serror)
{
    uint32_t irq = plan.policy[cell].error_irq;
    bool runs = arch_shared_load((uint32_t)SW_CELL_STATE, cell) == (uint64_t)BH_STATE_RUNNING;

    if (runs && has_irq(cell, irq)) {
        arch_irq_raise(cell, irq);
    } else if (runs && serror) {
        (void)arch_shared_swap((uint32_t)SW_ERROR, cell, 0U, 1U);
        kick_running(cell);
    } else {
        /* the event tells root; the cell has no interrupt for it, or does not run */
    }
}

/** Tell all cells of a bitmap.
 * @req SWR_HWE_003 */
/*@ terminates \true; exits \false; assigns hw; */
static void tell_all(uint32_t cells, bool serror)
{
    uint32_t cell = BH_CELL_ROOT;

    /*@ loop invariant bound: BH_CELL_ROOT <= cell <= BH_CELLS_MAX;
        loop assigns cell, hw;
        loop variant BH_CELLS_MAX - cell; */
    while (cell < BH_CELLS_MAX) {
        if (bit_test(cells, cell)) {
            tell(cell, serror);
        }
        cell++;
    }
}

void hwerr_report(struct hwerr e)
{
    event_record(e.cpu, first_of(e.cells), e.id, e.a, e.b);
    tell_all(e.cells, e.serror);
}

void hwerr_serve(uint32_t cpu)
{
    if (arch_shared_swap((uint32_t)SW_ERROR, cpu_cell(cpu), 1U, 0U)) {
        arch_cpu_serror();
    }
}

void hwerr_forget(uint32_t cell)
{
    (void)arch_shared_swap((uint32_t)SW_ERROR, cell, 1U, 0U);
}
