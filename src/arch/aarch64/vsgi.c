/* SPDX-License-Identifier: Apache-2.0 */
#include "vgic.h"
#include "core/bits.h"

#define SGI_IRM 0x10000000000U /* ICC_SGI1R_EL1.IRM: all but the sender */

/** ICC_SGI1R_EL1 without its target list and INTID equals @p one's: same Aff3.Aff2.Aff1 and range.
 * @req SWR_IRQ_005 */
/*@ terminates \true; exits \false; assigns \nothing;
    ensures SWR_IRQ_005: \result <==>
      (value / 0x1000000000000) % 0x100 == (one / 0x1000000000000) % 0x100 &&
      (value / 0x100000000000) % 0x10 == (one / 0x100000000000) % 0x10 &&
      (value / 0x100000000) % 0x100 == (one / 0x100000000) % 0x100 &&
      (value / 0x10000) % 0x100 == (one / 0x10000) % 0x100; */
static bool same_group(uint64_t value, uint64_t one)
{
    return (((value / 0x1000000000000U) % 0x100U) == ((one / 0x1000000000000U) % 0x100U)) &&
           (((value / 0x100000000000U) % 0x10U) == ((one / 0x100000000000U) % 0x10U)) &&
           (((value / 0x100000000U) % 0x100U) == ((one / 0x100000000U) % 0x100U)) &&
           (((value / 0x10000U) % 0x100U) == ((one / 0x10000U) % 0x100U));
}

/** The target bit of @p cpu when the write @p value means it, else 0.
 * @req SWR_IRQ_005 */
/*@ requires args: sender < BH_CPUS_MAX && cpu < BH_CPUS_MAX;
    terminates \true; exits \false; assigns \nothing;
    ensures SWR_IRQ_005: \result == 0 || bits_in(\result, sgi_target(plan.mpidr[cpu]));
    ensures not_self: (value / SGI_IRM) % 2 == 1 && cpu == sender ==> \result == 0; */
static uint32_t meant(uint64_t value, uint32_t sender, uint32_t cpu)
{
    uint32_t bit = gic_target[plan.mpidr[cpu] % 16U];
    uint32_t hit = 0U;

    if (((value / SGI_IRM) % 2U) == 1U) {
        hit = (cpu != sender) ? bit : 0U;
    } else {
        hit = bit_both((uint32_t)(value % 0x10000U), bit);
        /* Most CPUs are not in the list: only those that are cost the look at their group. */
        if ((hit != 0U) && (!same_group(value, gic_sgi_value(plan.mpidr[cpu], 0U)))) {
            hit = 0U;
        }
    }
    return hit;
}

/** Send SGI @p intid to @p target.
 * @req SWR_IRQ_005 */
/*@ requires SWR_IRQ_005: target < BH_CPUS_MAX && cell_on(target) == cell;
    requires kick: intid < 16 && intid != GIC_KICK_INTID;
    terminates \true; exits \false; assigns hw; */
static void send_own(uint32_t cell, uint32_t target, uint32_t intid)
{
    (void)cell;
    if (arch_shared_load((uint32_t)SW_CPU_STATE, target) == (uint64_t)CPU_RUN) {
        sysreg_write((uint32_t)SR_ICC_SGI1R_EL1, gic_sgi_value(plan.mpidr[target], intid));
    }
}

/** Send to @p target if it is the sender's cell's, and tell.
 * @req SWR_IRQ_005 */
/*@ requires args: target < BH_CPUS_MAX && intid < 16;
    terminates \true; exits \false; assigns hw;
    ensures SWR_IRQ_005: \result <==> cell_on(target) == cell && intid != GIC_KICK_INTID; */
static bool send(uint32_t cell, uint32_t target, uint32_t intid)
{
    bool mine = (intid != GIC_KICK_INTID) && (cpu_cell(target) == cell);

    if (mine) {
        send_own(cell, target, intid);
    }
    return mine;
}

void vgic_sgi(uint32_t cpu, uint64_t value)
{
    uint32_t cell = cpu_cell(cpu);
    uint32_t intid = (uint32_t)((value / 0x1000000U) % 16U);
    uint32_t left = (((value / SGI_IRM) % 2U) == 1U) ? 0U : (uint32_t)(value % 0x10000U);
    uint32_t foreign = 0U;
    uint32_t target = 0U;

    /*@ loop invariant bound: 0 <= target <= BH_CPUS_MAX;
        loop assigns target, left, foreign, hw;
        loop variant BH_CPUS_MAX - target; */
    while ((target < BH_CPUS_MAX) && (target < plan.n_cpus)) {
        uint32_t bit = meant(value, cpu, target);

        if ((bit != 0U) && send(cell, target, intid)) {
            left = bit_without(left, bit);
        } else {
            foreign = bit_any(foreign, bit);
        }
        target++;
    }
    isb();
    if ((foreign != 0U) || (left != 0U)) {
        event_record(cpu, cell, (uint32_t)BH_EV_SGI_FOREIGN, value, bit_any(foreign, left));
    }
}
