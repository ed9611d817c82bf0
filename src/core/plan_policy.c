/* SPDX-License-Identifier: Apache-2.0 */
/** @file plan_policy.c
 * The judge of plans, third part: nothing is asked that this release does not know.
 */
#include "core/plan.h"

/* Flags that this release knows; the kernel has none, and to begin anew is root's to be allowed: another cell
 * may, unless it is measured. */
/*@ requires range: rule_counts && c < plan.n_cells;
    terminates \true;
    exits \false;
    assigns \nothing;
    ensures SWR_PLN_001: \result <==> flags_ok(c);
*/
static bool is_flags_ok(uint32_t c)
{
    uint32_t limit = (c == BH_CELL_ROOT) ? BH_CELL_FLAGS_MAX : BH_CELL_RESTART;

    return (plan.cells[c].flags < limit) && ((c != BH_CELL_KERNEL) || (plan.cells[c].flags == 0U));
}

/* Locks that this release knows and that are the cell's to demand: DISABLE is root's own affair, for
 * another cell it takes the grant. */
/*@ requires range: rule_counts && c < plan.n_cells;
    terminates \true;
    exits \false;
    assigns \nothing;
    ensures SWR_PLN_001: \result <==> locks_ok(c);
*/
static bool is_locks_ok(uint32_t c)
{
    uint32_t disable = (plan.policy[c].locks / BH_LOCK_DISABLE) % 2U;
    uint32_t grant = plan.policy[c].grants % 2U;

    return (plan.policy[c].locks < BH_LOCKS_MAX) &&
           ((c != BH_CELL_KERNEL) || (plan.policy[c].locks == 0U)) &&
           ((disable == 0U) || (c == BH_CELL_ROOT) || (grant == 1U));
}

/* Grants that this release knows; the kernel has none. */
/*@ requires range: rule_counts && c < plan.n_cells;
    terminates \true;
    exits \false;
    assigns \nothing;
    ensures SWR_PLN_001: \result <==> grants_ok(c);
*/
static bool is_grants_ok(uint32_t c)
{
    return (plan.policy[c].grants < BH_GRANTS_MAX) &&
           ((c != BH_CELL_KERNEL) || (plan.policy[c].grants == 0U));
}

/* Cell c asks for nothing that this release does not know or that is not its to ask; else the refusal
 * names what. */
/*@ requires range: rule_counts && c < plan.n_cells;
    terminates \true;
    exits \false;
    assigns plan_a, plan_b;
    ensures SWR_PLN_001: \result <==> policy_ok(c);
*/
static bool is_policy_ok(uint32_t c)
{
    bool ok = true;

    if (!is_flags_ok(c)) {
        ok = plan_refuse(c, plan.cells[c].flags);
    } else if (!is_locks_ok(c)) {
        ok = plan_refuse(c, BH_POLICY_LOCKS + plan.policy[c].locks);
    } else if (!is_grants_ok(c)) {
        ok = plan_refuse(c, BH_POLICY_GRANTS + plan.policy[c].grants);
    } else {
        ok = true;
    }
    return ok;
}

bool plan_judge_policies(void)
{
    bool ok = true;

    if (plan.flags > BH_PLAN_ACCEPT_UNPROTECTED_DMA) {
        ok = plan_refuse(BH_CELL_KERNEL, plan.flags);
    }
    /*@ loop invariant range: 0 <= c <= plan.n_cells;
        loop invariant SWR_PLN_001: ok <==> plan.flags <= BH_PLAN_ACCEPT_UNPROTECTED_DMA &&
          (\forall integer k; 0 <= k < c ==> policy_ok(k));
        loop assigns c, ok, plan_a, plan_b;
        loop variant plan.n_cells - c;
    */
    for (uint32_t c = 0U; ok && (c < plan.n_cells); c++) {
        ok = is_policy_ok(c);
    }
    return ok;
}

/* Cell c is told of errors by an interrupt of its own, or by none. */
/*@ requires range: rule_counts && c < plan.n_cells;
    terminates \true;
    exits \false;
    assigns \nothing;
    ensures SWR_PLN_001: \result <==> error_irq_ok(c);
*/
static bool is_error_irq_ok(uint32_t c)
{
    uint32_t irq = plan.policy[c].error_irq;

    return (irq == 0U) ||
           ((irq < (BH_IRQ_WORDS * 32U)) && plan_bit(plan.cells[c].irqs[irq / 32U], irq % 32U));
}

/* All cells are. */
/*@ requires range: rule_counts;
    terminates \true;
    exits \false;
    assigns plan_a, plan_b;
    ensures SWR_PLN_001: \result <==> rule_error_irqs;
    ensures SWR_PLN_002: !\result ==> blames_error_irq(plan_a, plan_b);
*/
static bool error_irqs_ok(void)
{
    bool ok = true;

    /*@ loop invariant range: 0 <= c <= plan.n_cells;
        loop invariant so_far: ok ==> (\forall integer k; 0 <= k < c ==> error_irq_ok(k));
        loop invariant SWR_PLN_002: !ok ==> blames_error_irq(plan_a, plan_b);
        loop assigns c, ok, plan_a, plan_b;
        loop variant plan.n_cells - c;
    */
    for (uint32_t c = 0U; ok && (c < plan.n_cells); c++) {
        if (!is_error_irq_ok(c)) {
            ok = plan_refuse(c, plan.policy[c].error_irq);
        }
    }
    return ok;
}

uint32_t plan_judge_additions(const struct plan_board *b)
{
    uint32_t e = (uint32_t)BH_E_PLAN_ERROR_IRQ;

    if (error_irqs_ok()) {
        e = plan_judge_windows(b);
        if (e == BH_OK) {
            e = plan_judge_calls(b);
        }
    }
    return e;
}
