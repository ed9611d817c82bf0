/* SPDX-License-Identifier: Apache-2.0 */
#include "cpu.h"
#include "core/arch/alarm.h"

#define CNTHP_CTL_ENABLE 1U /* and IMASK clear */

/* The timer's interrupt is Group 0 from gic_cpu_take() on and asserted by level: a new compare value
 * takes it back, so that the CPU's acknowledge may find nothing. */
void arch_alarm(uint32_t cpu, uint64_t when)
{
    if (when == ALARM_NEVER) {
        sysreg_write((uint32_t)SR_CNTHP_CTL_EL2, 0U);
        mmio_write32(gicr_at(cpu, GICR_ICENABLER0), GIC_ALARM_BIT);
    } else {
        sysreg_write((uint32_t)SR_CNTHP_CVAL_EL2, when);
        sysreg_write((uint32_t)SR_CNTHP_CTL_EL2, CNTHP_CTL_ENABLE);
        mmio_write32(gicr_at(cpu, GICR_ISENABLER0), GIC_ALARM_BIT);
    }
    isb();
}
