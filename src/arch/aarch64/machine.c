/* SPDX-License-Identifier: Apache-2.0 */
#include "sysreg.h"

void arch_publish(void)
{
    dmb_store();
}

/* A function of its own: the attack suite counts the turns of a wait here. */
void __attribute__((noinline)) arch_relax(void)
{
    hint_yield();
}

uint64_t arch_time(void)
{
    return sysreg_read((uint32_t)SR_CNTPCT_EL0);
}

uint64_t arch_time_after(uint32_t us)
{
    uint64_t frequency = sysreg_read((uint32_t)SR_CNTFRQ_EL0) % 0x100000000U;
    uint64_t ticks = (frequency * us) / 1000000U;
    uint64_t now = arch_time();

    return (now <= (0xFFFFFFFFFFFFFFFFU - ticks)) ? (now + ticks) : 0xFFFFFFFFFFFFFFFFU;
}
