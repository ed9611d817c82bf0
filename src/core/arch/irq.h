/* SPDX-License-Identifier: Apache-2.0 */
/** @file irq.h
 * Architecture contract: the interrupt controller at change of owner.
 */
#ifndef CORE_ARCH_IRQ_H
#define CORE_ARCH_IRQ_H

#include "abi/plan.h"
#include "core/arch/machine.h"
#include "arch.acsl"

/** Disable, deactivate and un-pend every shared interrupt that @p cell has now, at the lowest
 * urgency, routed to CPU @p cpu. Called at each change of owner.
 * @req SWR_IRQ_003 */
/*@ requires args: cell < BH_CELLS_MAX && cpu < BH_CPUS_MAX;
    terminates \true; exits \false; assigns hw; */
void arch_irq_reset(uint32_t cell, uint32_t cpu);

/** Send to CPU @p cpu every shared interrupt that the plan does not give to @p cell but that is
 * routed to a CPU of it, or to any CPU. Called when the cell takes its CPUs.
 * @req SWR_IRQ_006 */
/*@ requires args: cell < BH_CELLS_MAX && cpu < BH_CPUS_MAX;
    terminates \true; exits \false; assigns hw; */
void arch_irq_divert(uint32_t cell, uint32_t cpu);

/** All of root's CPUs wait, and it begins anew on CPU @p first: no interrupt that a device sends by a
 * message leads to another CPU any more, which may become a cell's. False when that cannot be had now.
 * @req SWR_RST_006 */
/*@ requires cpu: first < BH_CPUS_MAX;
    terminates \true; exits \false; assigns hw, status_page, totals, ARCH_MESSAGES; */
bool arch_irq_anew(uint32_t first);

#endif
