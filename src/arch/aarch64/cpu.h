/* SPDX-License-Identifier: Apache-2.0 */
/** @file cpu.h
 * A CPU's EL2 state: what was found at take, what is in force, what a cell's entry looks like.
 */
#ifndef AARCH64_CPU_H
#define AARCH64_CPU_H

#include "frame.h"
#include "gic.h"
#include "sysreg.h"
#include "taken.h"
#include "core/bits.acsl"
#include "core/cpu.h"

/** A row of el2regs.def. */
struct el2reg_row {
    uint32_t r;         /**< enum sysreg */
    uint64_t inherited; /**< bits kept from the value found */
    uint64_t forced;    /**< bits set */
};
extern const struct el2reg_row el2_rows[EL2REG_COUNT];

/** The value row @p i takes when @p found is what was there: forced bits set, nothing outside the
 * inherited and the forced ones.
 * @req SWR_EL2_001 */
/*@ requires row: i < EL2REG_COUNT;
    terminates \true; exits \false; assigns \nothing;
    ensures SWR_EL2_001: \forall integer k; 0 <= k < 64 ==>
      (bit_set(\result, k) <==>
       (bit_set(found, k) && bit_set(el2_rows[i].inherited, k)) ||
       bit_set(el2_rows[i].forced, k)); */
uint64_t el2reg_value(uint32_t i, uint64_t found);

/** Put back all that arch_cpu_take() changed on the calling CPU, but for MMU and vectors, which
 * assembly restores last.
 * @req SWR_EL2_003 */
/*@ requires cpu: cpu < BH_CPUS_MAX;
    terminates \true; exits \false; assigns hw; */
void cpu_release(uint32_t cpu);

/** Fresh entry into the CPU's cell: nothing of the former one is left in the frame or at EL1.
 * @req SWR_TRP_006 */
/*@ requires cpu: cpu < BH_CPUS_MAX;
    terminates \true; exits \false; assigns hw, cell_r[0 .. FRAME_ROWS - 1];
    ensures SWR_TRP_006: cell_r[0] == cpu_context[cpu] && cell_r[FRAME_R_ELR] == cpu_entry[cpu] &&
      \forall integer k; 1 <= k <= 30 ==> cell_r[k] == 0; */
void cpu_enter(uint32_t cpu, struct frame *f);

/** What a cell can write, registers of EL1, EL0 and vectors, as scrub.def says (scrub.S).
 * @req SWR_SCR_001 SWR_TRP_006 */
/*@ terminates \true; exits \false; assigns hw; */
void reset_el1(void);

#endif
