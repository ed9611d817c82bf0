/* SPDX-License-Identifier: Apache-2.0 */
/** @file smc_list.h
 * Firmware calls that the plan lets a cell make: the kernel makes them for it, with the cell's x0 to x7
 * (SMCCC, DEN 0028). All other calls it answers itself.
 */
#ifndef AARCH64_SMC_LIST_H
#define AARCH64_SMC_LIST_H

#include "frame.h"
#include "core/cell.h"

#define SMC_REGISTERS 8U

/*@ predicate smc_in{L}(integer i, integer cell, integer function) =
      0 <= i < plan.n_calls && plan.calls[i].own == cell &&
      plan.calls[i].first <= function <= plan.calls[i].last;
    predicate smc_listed{L}(integer cell, integer function) =
      \exists integer i; smc_in(i, cell, function); */

/** May @p cell make the call @p function?
 * @req SWR_SMC_002 */
/*@ requires counts: rule_counts;
    terminates \true; exits \false; assigns \nothing;
    ensures SWR_SMC_002: \result <==> smc_listed(cell, function); */
bool smc_list_has(uint32_t cell, uint64_t function);

/** Make the call of a cell: one of its list, or the question of SMCCC_ARCH_FEATURES about one.
 * @req SWR_SMC_003 */
/*@ requires SWR_SMC_003: \exists integer cell; smc_listed(cell, about);
    requires call: about == cell_r[0] % 0x100000000 || about == cell_r[1] % 0x100000000;
    terminates \true; exits \false;
    assigns hw, cell_r[0 .. SMC_REGISTERS - 1]; */
void smc_list_pass(struct frame *f, uint64_t about);

/** Assembly (smc_list.S): one SMC with these in x0 to x7, which become what the firmware leaves there;
 * x8 to x17 are zero. */
/*@ requires registers: \valid(r + (0 .. SMC_REGISTERS - 1));
    terminates \true; exits \false;
    assigns hw, r[0 .. SMC_REGISTERS - 1]; */
void smc_forward(uint64_t r[SMC_REGISTERS]);

#endif
