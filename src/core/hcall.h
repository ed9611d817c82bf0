/* SPDX-License-Identifier: Apache-2.0 */
/** @file hcall.h
 * Hypercalls: decode, authorise, do, record. Numbers and arguments in src/abi/hypercall.h.
 */
#ifndef CORE_HCALL_H
#define CORE_HCALL_H

#include "abi/hypercall.h"
#include "abi/image.h"
#include "core/cell.h"
#include "core/lock.h"

/** Written by the launcher; placed by the linker script. */
extern struct bh_handover handover;

#define HCALL_STATE \
    CELL_STATE, MEASURE_STATE, in_force[0 ..BH_CELLS_MAX - 1], cpu_entry[0 ..BH_CPUS_MAX - 1], \
        cpu_context[0 ..BH_CPUS_MAX - 1]

/*@ predicate denied(integer status) = status == BH_E_HC_PERMISSION || status == BH_E_HC_UNKNOWN ||
      status == BH_E_HC_LOCK_SCOPE; */

/** The answer to BH_HC_GET_INFO; it changes nothing.
 * @req SWR_HCL_001 */
/*@ requires args: cpu < BH_CPUS_MAX && what <= BH_INFO_CELLS;
    terminates \true; exits \false; assigns \nothing;
    ensures SWR_HCL_001: what == BH_INFO_ABI ==> \result == BH_ABI_VERSION;
    ensures SWR_HCL_001: what == BH_INFO_CELL ==> \result == cell_on(cpu);
    ensures SWR_HCL_001: what == BH_INFO_CPU ==> \result == cpu;
    ensures SWR_HCL_001: what == BH_INFO_CELLS ==> \result == plan.n_cells; */
uint64_t hcall_info(uint32_t cpu, uint64_t what);

/** Serve hypercall @p number with argument @p arg from the cell on CPU @p cpu. Total: any number
 * and argument from any cell. BH_HC_DISABLE answers 0 when this CPU may be given back; the caller
 * then does so.
 * @req SWR_HCL_001 SWR_HCL_002 SWR_LCK_001 SWR_LCK_002 SWR_LCK_003 SWR_MSR_005 */
/*@ requires cpu: cpu < BH_CPUS_MAX;
    requires inv: kernel_inv;
    terminates \true; exits \false;
    assigns HCALL_STATE;
    ensures SWR_HCL_001: kernel_inv;
    ensures SWR_HCL_001: number >= BH_HC_COUNT ==> \result.status == BH_E_HC_UNKNOWN;
    ensures SWR_HCL_002: \old(cell_on(cpu)) != BH_CELL_ROOT && number != BH_HC_GET_INFO &&
      number != BH_HC_LOCK && number != BH_HC_MEASURE ==> denied(\result.status) && maps_kept{Pre, Post};
    ensures query: number == BH_HC_GET_INFO || number == BH_HC_LOCK ||
      number == BH_HC_MEASURE ==> maps_kept{Pre, Post};
    ensures SWR_MSR_005: number == BH_HC_MEASURE && !may_know(\old(cell_on(cpu)), arg / 2) ==>
      \result.status == BH_E_HC_PERMISSION;
    ensures SWR_LCK_001: locks_kept{Pre, Post};
    ensures SWR_LCK_001: number == BH_HC_LOCK && \result.status == BH_OK ==> \forall integer k;
      0 <= k < 32 && bit_set(arg % 32, k) ==> is_locked(\old(cell_on(cpu)), k);
    ensures SWR_LCK_002: \old(barred(number, arg % BH_CELLS_MAX)) ==>
      refusal(\result.status);
    ensures SWR_LCK_003: number == BH_HC_LOCK ==> \result.status == BH_OK || denied(\result.status);
    ensures refused: refusal(\result.status) ==> view_kept{Pre, Post}; */
struct outcome hcall(uint32_t cpu, uint64_t number, uint64_t arg);

#endif
