/* SPDX-License-Identifier: Apache-2.0 */
/** @file plan_call.c
 * The judge of plans, sixth part: firmware calls that may be passed on for a cell.
 */
#include "core/plan.h"

#define OWNER_ARCH 0U     /* SMCCC: owners of calls, bits 29:24 of a function ID */
#define OWNER_SILICON 2U
#define OWNER_MACHINE 3U
#define OWNER_STANDARD 4U
#define OWNER_MONITOR 7U
#define OWNER_SECURE 48U  /* and above: applications and operating systems of the secure world */

uint32_t plan_crc_calls(uint32_t c)
{
    uint32_t r = c;

    /*@ loop invariant range: 0 <= i <= BH_CALLS_MAX;
        loop invariant so_far: r == crc_of_calls(c, i);
        loop assigns i, r;
        loop variant BH_CALLS_MAX - i;
    */
    for (uint32_t i = 0U; i < BH_CALLS_MAX; i++) {
        r = crc_word(r, plan.calls[i].first);
        r = crc_word(r, plan.calls[i].last);
        r = crc_word(r, plan.calls[i].own);
    }
    return r;
}

/* The least number of an owner's calls that can be passed on. */
/*@ requires owner: owner < 64;
    terminates \true;
    exits \false;
    assigns \nothing;
    ensures SWR_SMC_001: \result == call_least(owner);
*/
static uint32_t least_of(uint32_t owner)
{
    uint32_t least = 0x10000U;

    if (owner == OWNER_ARCH) {
        least = 2U; /* SMCCC_VERSION and SMCCC_ARCH_FEATURES are answered by the kernel */
    } else if (owner == OWNER_STANDARD) {
        least = 0x40U; /* behind PSCI and SDEI */
    } else if ((owner == OWNER_SILICON) || (owner == OWNER_MACHINE) || (owner == OWNER_MONITOR) ||
               (owner >= OWNER_SECURE)) {
        least = 0U;
    } else {
        least = 0x10000U;
    }
    return least;
}

/* Calls of this kind can be passed on. */
/*@ terminates \true;
    exits \false;
    assigns \nothing;
    ensures SWR_SMC_001: \result <==> call_kind_ok(function);
*/
static bool is_kind_ok(uint32_t function)
{
    uint32_t owner = (function / 0x1000000U) % 64U;

    return ((function % 0x10000U) >= least_of(owner)) && (((function / 0x10000U) % 0x100U) == 0U) &&
           ((function >= 0x80000000U) || (owner >= OWNER_SECURE));
}

/* Range i is of one kind, which can be passed on, for a cell. */
/*@ requires range: rule_counts && i < plan.n_calls;
    terminates \true;
    exits \false;
    assigns \nothing;
    ensures SWR_SMC_001: \result <==> call_ok(i);
*/
static bool is_call_ok(uint32_t i)
{
    uint32_t first = plan.calls[i].first;
    uint32_t last = plan.calls[i].last;

    return (first <= last) && ((first / 0x10000U) == (last / 0x10000U)) && is_kind_ok(first) &&
           (plan.calls[i].own >= BH_CELL_ROOT) && (plan.calls[i].own < plan.n_cells);
}

/* All ranges are. */
/*@ requires range: rule_counts;
    terminates \true;
    exits \false;
    assigns plan_a, plan_b;
    ensures SWR_SMC_001: \result <==> calls_form;
    ensures SWR_PLN_002: !\result ==> 0 <= plan_a < plan.n_calls && !call_ok(plan_a) &&
      plan.calls[plan_a].first == plan_b;
*/
static bool calls_ok(void)
{
    bool ok = true;

    /*@ loop invariant range: 0 <= i <= plan.n_calls;
        loop invariant so_far: ok ==> (\forall integer k; 0 <= k < i ==> call_ok(k));
        loop invariant SWR_PLN_002: !ok ==> 0 <= plan_a < plan.n_calls && !call_ok(plan_a) &&
          plan.calls[plan_a].first == plan_b;
        loop assigns i, ok, plan_a, plan_b;
        loop variant plan.n_calls - i;
    */
    for (uint32_t i = 0U; ok && (i < plan.n_calls); i++) {
        if (!is_call_ok(i)) {
            ok = plan_refuse(i, plan.calls[i].first);
        }
    }
    return ok;
}

uint32_t plan_judge_calls(const struct plan_board *b)
{
    uint32_t e = BH_OK;

    if (!calls_ok()) {
        e = (uint32_t)BH_E_PLAN_CALL;
    } else if ((plan.n_calls != 0U) && (b->firmware != 1U)) {
        e = (uint32_t)BH_E_PLAN_NO_FIRMWARE;
        (void)plan_refuse(plan.n_calls, b->board);
    } else {
        e = BH_OK;
    }
    return e;
}
