/* SPDX-License-Identifier: Apache-2.0 */
/** @file plan_policy.c
 * The judge of plans, third part: nothing is asked that this release does not know.
 */
#include "core/plan.h"

/* Cell c asks for nothing that this release does not know. */
/*@ requires range: rule_counts && c < plan.n_cells;
    terminates \true;
    exits \false;
    assigns \nothing;
    ensures SWR_PLN_001: \result <==> policy_ok(c);
*/
static bool is_policy_ok(uint32_t c)
{
    bool kernel = (c == BH_CELL_KERNEL);

    return (plan.cells[c].flags < BH_CELL_FLAGS_MAX) && (plan.policy[c].locks < BH_LOCKS_MAX) &&
           (plan.policy[c].grants < BH_GRANTS_MAX) &&
           ((!kernel) || ((plan.cells[c].flags == 0U) && (plan.policy[c].grants == 0U)));
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
        if (!is_policy_ok(c)) {
            ok = plan_refuse(c, plan.cells[c].flags);
        }
    }
    return ok;
}
