/* SPDX-License-Identifier: Apache-2.0 */
#include "smc_list.h"

#define CALL_64 0x40000000U /* function ID, bit 30: registers of 64 bits */

bool smc_list_has(uint32_t cell, uint64_t function)
{
    bool found = false;
    uint32_t i = 0U;

    /*@ loop invariant bound: 0 <= i <= plan.n_calls;
        loop invariant so_far: found <==> (\exists integer k; k < i && smc_in(k, cell, function));
        loop assigns i, found;
        loop variant plan.n_calls - i; */
    while ((i < plan.n_calls) && (!found)) {
        found = (plan.calls[i].own == cell) && (plan.calls[i].first <= function) &&
                (function <= plan.calls[i].last);
        i++;
    }
    return found;
}

/** Register @p i of the cell as the firmware may see it: calls of 32 bits have the lower half.
 * @req SWR_SMC_003 */
/*@ requires register: i < SMC_REGISTERS;
    terminates \true; exits \false; assigns \nothing;
    ensures SWR_SMC_003: i == 0 || !wide ==> \result == cell_r[i] % 0x100000000;
    ensures SWR_SMC_003: i > 0 && wide ==> \result == cell_r[i]; */
static uint64_t argument(const struct frame *f, uint32_t i, bool wide)
{
    uint64_t value = frame_get(f, i);

    return ((i > 0U) && wide) ? value : (value % 0x100000000U);
}

void smc_list_pass(struct frame *f, uint64_t about)
{
    uint64_t r[SMC_REGISTERS] = {0};
    bool wide = ((about / CALL_64) % 2U) == 1U;
    uint32_t i = 0U;

    /*@ loop invariant bound: 0 <= i <= SMC_REGISTERS;
        loop assigns i, r[0 .. SMC_REGISTERS - 1];
        loop variant SMC_REGISTERS - i; */
    while (i < SMC_REGISTERS) {
        r[i] = argument(f, i, wide);
        i++;
    }
    smc_forward(r);
    i = 0U;
    /*@ loop invariant bound: 0 <= i <= SMC_REGISTERS;
        loop assigns i, cell_r[0 .. SMC_REGISTERS - 1];
        loop variant SMC_REGISTERS - i; */
    while (i < SMC_REGISTERS) {
        frame_put(f, i, r[i]);
        i++;
    }
}
