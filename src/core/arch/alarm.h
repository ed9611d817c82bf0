/* SPDX-License-Identifier: Apache-2.0 */
/** @file alarm.h
 * Architecture contract: the kernel's own timer, one for each CPU. No cell can reach it.
 */
#ifndef CORE_ARCH_ALARM_H
#define CORE_ARCH_ALARM_H

#include "abi/plan.h"
#include "core/arch/machine.h"

#define ALARM_NEVER 0xFFFFFFFFFFFFFFFFU

/** The calling CPU, which is @p cpu, comes to EL2 when the counter reaches @p when, and not before for
 * this reason; never with ALARM_NEVER. One alarm for each CPU: the last that was set.
 * @req SWR_WDG_007 */
/*@ requires cpu: cpu < BH_CPUS_MAX;
    terminates \true; exits \false; assigns hw; */
void arch_alarm(uint32_t cpu, uint64_t when);

#endif
