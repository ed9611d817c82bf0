/* SPDX-License-Identifier: Apache-2.0 */
/** @file irq.h
 * Architecture contract: the interrupt controller at change of owner.
 */
#ifndef CORE_ARCH_IRQ_H
#define CORE_ARCH_IRQ_H

#include "abi/plan.h"
#include "core/arch/machine.h"

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

#endif
