/* SPDX-License-Identifier: Apache-2.0 */
#include "vgic.h"

#define SGI_IRM 0x10000000000U /* ICC_SGI1R_EL1.IRM: all but the sender */

/** ICC_SGI1R_EL1 without its target list and INTID equals @p one's: same Aff3.Aff2.Aff1 and range. */
static bool same_group(uint64_t value, uint64_t one)
{
    return ((value / 0x1000000000000U) % 0x100U == (one / 0x1000000000000U) % 0x100U) &&
           ((value / 0x100000000000U) % 0x10U == (one / 0x100000000000U) % 0x10U) &&
           ((value / 0x100000000U) % 0x100U == (one / 0x100000000U) % 0x100U) &&
           ((value / 0x10000U) % 0x100U == (one / 0x10000U) % 0x100U);
}

/** The target bit of @p cpu when the write @p value means it, else 0. */
static uint32_t meant(uint64_t value, uint32_t sender, uint32_t cpu)
{
    uint64_t one = gic_sgi_value(plan.mpidr[cpu], 0U);
    uint32_t bit = (uint32_t)(one % 0x10000U);
    uint32_t list = (uint32_t)(value % 0x10000U);
    uint32_t hit = 0U;

    if ((value & SGI_IRM) != 0U) {
        hit = (cpu != sender) ? bit : 0U;
    } else if (same_group(value, one)) {
        hit = list & bit;
    } else {
        hit = 0U;
    }
    return hit;
}

/** Send to @p target if it executes the sender's cell. */
static bool send(uint32_t cell, uint32_t target, uint32_t intid)
{
    bool mine = cpu_cell(target) == cell;

    if (mine && (arch_shared_load((uint32_t)SW_CPU_STATE, target) == (uint64_t)CPU_RUN)) {
        sysreg_write((uint32_t)SR_ICC_SGI1R_EL1, gic_sgi_value(plan.mpidr[target], intid));
    }
    return mine;
}

void vgic_sgi(uint32_t cpu, uint64_t value)
{
    uint32_t cell = cpu_cell(cpu);
    uint32_t intid = (uint32_t)((value / 0x1000000U) % 16U);
    uint32_t left = ((value & SGI_IRM) != 0U) ? 0U : (uint32_t)(value % 0x10000U);
    uint32_t foreign = 0U;
    uint32_t target = 0U;

    while (target < BH_CPUS_MAX) {
        uint32_t bit = (target < plan.n_cpus) ? meant(value, cpu, target) : 0U;

        if ((bit != 0U) && (intid != GIC_KICK_INTID) && send(cell, target, intid)) {
            left = left & ~bit;
        } else {
            foreign = foreign | bit;
        }
        target++;
    }
    isb();
    if ((foreign != 0U) || (left != 0U)) {
        event_record(cpu, cell, (uint32_t)BH_EV_SGI_FOREIGN, value, (uint64_t)foreign | left);
    }
}
