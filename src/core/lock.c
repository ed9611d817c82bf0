/* SPDX-License-Identifier: Apache-2.0 */
#include "core/lock.h"

/* Readings of a word until it stands still: the first, one for each scope that may come, the last. */
#define LOCK_READINGS 7U
#define LOCK_DISABLE_BIT 3U
#define LOCK_DEBUG_BIT 4U

/** The locks of a row: of one cell, or those for all.
 * @req SWR_LCK_001 */
/*@ requires row: row < BH_CELLS_MAX;
    terminates \true; exits \false; assigns \nothing;
    ensures SWR_LCK_001: bits_in(in_force[row], \result); */
static uint32_t row_of(uint32_t row)
{
    return (uint32_t)arch_shared_load((uint32_t)SW_CELL_LOCK, row);
}

uint32_t lock_in_force(uint32_t cell)
{
    uint32_t own = row_of(cell);
    uint32_t all = row_of(BH_CELL_KERNEL);

    return bit_any(own, all);
}

/** The scopes of which one lock stands against a call.
 * @req SWR_LCK_002 */
/*@ terminates \true; exits \false; assigns \nothing;
    ensures SWR_LCK_002: number == BH_HC_CELL_CREATE ==> \result == BH_LOCK_CREATE;
    ensures SWR_LCK_002: number == BH_HC_CELL_LOAD ==> \result == BH_LOCK_LOAD;
    ensures SWR_LCK_002: number == BH_HC_CELL_START || number == BH_HC_CELL_STOP ==>
      \result == BH_LOCK_START;
    ensures SWR_LCK_002: number == BH_HC_CELL_DESTROY ==>
      bit_set(\result, 0) && bit_set(\result, 2);
    ensures SWR_LCK_002: number == BH_HC_DISABLE ==> bit_set(\result, 3); */
static uint32_t scopes_of(uint64_t number)
{
    uint32_t scopes = 0U;

    switch (number) {
    case BH_HC_CELL_CREATE:
        scopes = BH_LOCK_CREATE;
        break;
    case BH_HC_CELL_LOAD:
        scopes = BH_LOCK_LOAD;
        break;
    case BH_HC_CELL_START:
    case BH_HC_CELL_STOP:
        scopes = BH_LOCK_START;
        break;
    case BH_HC_CELL_DESTROY:
        scopes = bit_any(BH_LOCK_CREATE, BH_LOCK_START);
        break;
    case BH_HC_DISABLE:
        scopes = bit_of(LOCK_DISABLE_BIT);
        break;
    default:
        scopes = 0U;
        break;
    }
    return scopes;
}

uint32_t lock_bars(uint64_t number, uint32_t cell)
{
    uint32_t whose = (number == BH_HC_DISABLE) ? BH_CELL_ROOT : cell;
    uint32_t bars = bit_both(lock_in_force(whose), scopes_of(number));

    /*@ assert create: number == BH_HC_CELL_CREATE && is_locked(cell, 0) ==> bit_set(bars, 0); */
    /*@ assert load: number == BH_HC_CELL_LOAD && is_locked(cell, 1) ==> bit_set(bars, 1); */
    /*@ assert start: (number == BH_HC_CELL_START || number == BH_HC_CELL_STOP) &&
          is_locked(cell, 2) ==> bit_set(bars, 2); */
    /*@ assert destroy: number == BH_HC_CELL_DESTROY && is_locked(cell, 0) ==> bit_set(bars, 0); */
    /*@ assert stops: number == BH_HC_CELL_DESTROY && is_locked(cell, 2) ==> bit_set(bars, 2); */
    /*@ assert disable: number == BH_HC_DISABLE && is_locked(BH_CELL_ROOT, 3) ==> bit_set(bars, 3); */
    return bars;
}

/** Show the locks of a row: the last CPU that shows them has seen them all.
 * @req SWR_LCK_006 */
/*@ requires row: row < BH_CELLS_MAX;
    terminates \true; exits \false; assigns hw, status_page, in_force[row];
    ensures SWR_LCK_001: locks_kept{Pre, Post};
    ensures same: \forall integer k; 0 <= k < 32 ==>
      (bit_set(in_force[row], k) <==> bit_set(\old(in_force[row]), k)); */
static void show(uint32_t row)
{
    uint32_t readings = LOCK_READINGS;
    uint32_t shown = BH_LOCK_SCOPES + 1U; /* no word of locks */

    /*@ loop invariant bound: 0 <= readings <= LOCK_READINGS;
        loop invariant same: \forall integer k; 0 <= k < 32 ==>
          (bit_set(in_force[row], k) <==> bit_set(\at(in_force[row], Pre), k));
        loop assigns readings, shown, hw, status_page, in_force[row];
        loop variant readings; */
    while (readings > 0U) {
        uint32_t now = arch_shared_set((uint32_t)SW_CELL_LOCK, row, 0U);

        readings = (now != shown) ? (readings - 1U) : 0U;
        shown = now;
        if (row == BH_CELL_KERNEL) {
            status_page.locks = now;
        } else {
            status_page.cells[row].locks = now;
        }
    }
}

/** Add locks to a row, on behalf of @p cell; those that are new are shown and recorded.
 * @req SWR_LCK_001 SWR_LCK_006 */
/*@ requires args: cpu < BH_CPUS_MAX && cell < BH_CELLS_MAX && row < BH_CELLS_MAX;
    terminates \true; exits \false; assigns hw, status_page, totals, in_force[row];
    ensures SWR_LCK_001: locks_kept{Pre, Post};
    ensures made: bits_in(scopes, in_force[row]); */
static void add(uint32_t cpu, uint32_t cell, uint32_t row, uint32_t scopes)
{
    uint32_t before = arch_shared_set((uint32_t)SW_CELL_LOCK, row, scopes);
    uint32_t fresh = bit_without(scopes, before);

    if (fresh != 0U) {
        show(row);
        event_record(cpu, cell, (uint32_t)BH_EV_LOCKED,
                     (row == BH_CELL_KERNEL) ? LOCK_FOR_ALL : row, fresh);
    }
}

/** Which of some scopes are a cell's own affair: to disable is root's, and the kernel has none.
 * @req SWR_LCK_003 */
/*@ terminates \true; exits \false; assigns \nothing;
    ensures SWR_LCK_003: cell == BH_CELL_KERNEL ==> \result == 0; */
static uint32_t own_of(uint32_t cell, uint32_t scopes)
{
    uint32_t own = 0U;

    if (cell == BH_CELL_ROOT) {
        own = scopes;
    } else if (cell != BH_CELL_KERNEL) {
        own = bit_without(scopes, BH_LOCK_DISABLE);
    } else {
        own = 0U;
    }
    return own;
}

/** Put @p own in force for the cell and @p rest for all.
 * @req SWR_LCK_001 */
/*@ requires args: cpu < BH_CPUS_MAX && cell < BH_CELLS_MAX;
    requires kernel: cell == BH_CELL_KERNEL ==> own == 0;
    terminates \true; exits \false;
    assigns hw, status_page, totals, in_force[0 .. BH_CELLS_MAX - 1];
    ensures SWR_LCK_001: locks_kept{Pre, Post};
    ensures own: bits_in(own, in_force[cell]);
    ensures rest: bits_in(rest, in_force[BH_CELL_KERNEL]);
    ensures all: rest == 0 ==> in_force[BH_CELL_KERNEL] == \old(in_force[BH_CELL_KERNEL]);
    ensures others: \forall integer c; 0 < c < BH_CELLS_MAX && c != cell ==>
      in_force[c] == \old(in_force[c]); */
static void put(uint32_t cpu, uint32_t cell, uint32_t own, uint32_t rest)
{
    if (own != 0U) {
        add(cpu, cell, cell, own);
    }
    if (rest != 0U) {
        add(cpu, cell, BH_CELL_KERNEL, rest);
    }
}

struct outcome lock_make(uint32_t cpu, uint32_t cell, uint64_t asked)
{
    struct outcome out = {BH_OK, cell, BH_HC_LOCK};
    uint32_t scopes = (uint32_t)(asked % (BH_LOCK_SCOPES + 1U));
    uint32_t own = (asked == scopes) ? own_of(cell, scopes) : 0U;
    uint32_t rest = bit_without(scopes, own);

    if ((scopes == 0U) || ((asked != scopes) && (asked != (BH_LOCK_ALL + scopes)))) {
        out.status = (uint32_t)BH_E_HC_LOCK_SCOPE;
        out.a = asked;
        out.b = BH_LOCK_ALL + BH_LOCK_SCOPES;
    } else if ((rest != 0U) && ((plan.policy[cell].grants % 2U) == 0U)) {
        out.status = (uint32_t)BH_E_HC_PERMISSION;
    } else {
        put(cpu, cell, own, rest);
        lock_apply(cell);
        out.a = lock_in_force(cell);
        out.b = 0U;
    }
    return out;
}

void lock_demanded(uint32_t cpu, uint32_t cell)
{
    uint32_t scopes = plan.policy[cell].locks % (BH_LOCK_SCOPES + 1U);
    uint32_t own = own_of(cell, scopes);

    put(cpu, cell, own, bit_without(scopes, own));
}

void lock_apply(uint32_t cell)
{
    arch_cpu_debug(bit_test(lock_in_force(cell), LOCK_DEBUG_BIT));
}
