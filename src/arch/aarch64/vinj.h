/* SPDX-License-Identifier: Apache-2.0 */
/** @file vinj.h
 * Injected interrupts: a cell with the flag BH_CELL_INJECTED has a virtual CPU interface of its own
 * (HCR_EL2.IMO), so its priority mask, EOI mode and DIR work as the architecture says and none of its
 * writes reaches the physical interface. A physical interrupt of Group 1 comes to EL2 and goes into a
 * list register.
 *
 * The kernel keeps no list of what does not fit. While no list register is free, the physical
 * priority mask lets only those come that are more urgent than one which waits in a list register,
 * and that one goes back to the distributor, pending. The end of any of them is an interrupt of the
 * kernel's own (maintenance), which opens the mask.
 */
#ifndef AARCH64_VINJ_H
#define AARCH64_VINJ_H

#include "gic.h"
#include "vgic.h"

#define VINJ_LR_MAX 16U     /**< list registers which the architecture knows */
#define VINJ_NOTHING 1023U  /**< no interrupt */

/** Which interrupt each list register of a CPU got last. Each CPU uses its own row. */
extern uint32_t vinj_intid[BH_CPUS_MAX][VINJ_LR_MAX];

/* What the calling CPU has acknowledged and not yet placed, given back or ended. */
/*@ ghost extern uint32_t vinj_duty; */

/*@ predicate lr_idle(integer idle, integer i) = bit_set(idle, i);
    // the plan gives the interrupt to the cell, or it is a private one of its CPU
    predicate vinj_may{L}(integer cell, integer intid) =
      (0 <= intid < 32 && intid != GIC_KICK_INTID && intid != GIC_MAINTENANCE_INTID) ||
      (32 <= intid < 1020 && bit_set(plan.cells[cell].irqs[intid / 32], intid % 32)); */

/** HCR_EL2.IMO when the plan says that the interrupts of @p cell are injected, else 0.
 * @req SWR_INJ_001 */
/*@ requires cell: cell < BH_CELLS_MAX;
    terminates \true; exits \false; assigns \nothing;
    ensures SWR_INJ_001: \result == 0 || \result == HCR_EL2_IMO;
    ensures SWR_INJ_001: \result != 0 <==> (plan.cells[cell].flags / BH_CELL_INJECTED) % 2 == 1; */
uint64_t vinj_routing(uint32_t cell);

/** The calling CPU's interface as @p cell needs it: list registers empty, physical Group 1 taken by
 * the kernel or left to the cell.
 * @req SWR_INJ_001 SWR_INJ_005 */
/*@ requires args: cpu < BH_CPUS_MAX && cell < BH_CELLS_MAX;
    terminates \true; exits \false; assigns hw; */
void vinj_enter(uint32_t cpu, uint32_t cell);

/** Give back all that is in the calling CPU's list registers: what waits is pending in the
 * distributor again, what is active is not active any more.
 * @req SWR_INJ_005 */
/*@ requires cpu: cpu < BH_CPUS_MAX;
    terminates \true; exits \false; assigns hw; */
void vinj_flush(uint32_t cpu);

/** Before the calling CPU is given back: the physical interface has what the cell's virtual one had.
 * @req SWR_INJ_005 */
/*@ requires cpu: cpu < BH_CPUS_MAX;
    terminates \true; exits \false; assigns hw; */
void vinj_release(uint32_t cpu);

/** Take one interrupt of Group 1 on the calling CPU.
 * @req SWR_INJ_002 SWR_INJ_003 SWR_INJ_004 SWR_INJ_006 */
/*@ requires cpu: cpu < BH_CPUS_MAX;
    terminates \true; exits \false;
    assigns hw, status_page, totals, vinj_duty, vinj_intid[cpu][0 .. VINJ_LR_MAX - 1];
    ensures SWR_INJ_004: vinj_duty == VINJ_NOTHING; */
void vinj_take(uint32_t cpu);

#endif
