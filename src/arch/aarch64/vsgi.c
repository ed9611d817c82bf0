/* SPDX-License-Identifier: Apache-2.0 */
#include "vgic.h"
#include "core/apart.h"
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

/** Send an SGI to @p target: @p one is the write that reaches it alone.
 * @req SWR_IRQ_005 */
/*@ requires SWR_IRQ_005: target < BH_CPUS_MAX && cell_on(target) == cell;
    requires kick: intid < 16 && intid != GIC_KICK_INTID;
    requires alone: one == sgi_word(plan.mpidr[target], intid);
    terminates \true; exits \false; assigns hw; */
static void send_own(uint32_t cell, uint32_t target, uint32_t intid, uint64_t one)
{
    (void)cell;
    (void)intid;
    if (arch_shared_load((uint32_t)SW_CPU_STATE, target) == (uint64_t)CPU_RUN) {
        sysreg_put((uint32_t)SR_ICC_SGI1R_EL1, one);
    }
}

/** Send what @p value asks for to @p target if it means that CPU and the CPU is the sender's cell's, and
 * tell.
 * @req SWR_IRQ_005 */
/*@ requires args: target < BH_CPUS_MAX;
    terminates \true; exits \false; assigns hw;
    ensures SWR_IRQ_005: \result ==> cell_on(target) == cell &&
      (value / 0x1000000) % 16 != GIC_KICK_INTID; */
static bool sent(uint64_t value, bool all, uint32_t cell, uint32_t target)
{
    uint32_t intid = (uint32_t)((value / 0x1000000U) % 16U);
    uint64_t one = gic_sgi_value(plan.mpidr[target], intid);
    bool mine =
        (all || same_group(value, one)) && (intid != GIC_KICK_INTID) && (cpu_cell(target) == cell);

    if (mine) {
        send_own(cell, target, intid, one);
    }
    return mine;
}

/** Send to all CPUs of the cell but the sender.
 * @return target bits of those that are not the cell's
 * @req SWR_IRQ_005 */
/*@ requires args: sender < BH_CPUS_MAX && end <= BH_CPUS_MAX;
    terminates \true; exits \false; assigns hw; */
APART static uint32_t send_all(uint64_t value, uint32_t cell, uint32_t sender, uint32_t end)
{
    uint32_t foreign = 0U;
    uint32_t target = 0U;

    /*@ loop invariant bound: 0 <= target <= end;
        loop assigns target, foreign, hw;
        loop variant end - target; */
    while (target < end) {
        if ((target != sender) && (!sent(value, true, cell, target))) {
            foreign = bit_any(foreign, gic_target[plan.mpidr[target] % 16U]);
        }
        target++;
    }
    return foreign;
}

/** Send to those CPUs of the cell that the target list of @p value names. Most CPUs are not named: only
 * those that are cost the look at their group.
 * @return what was asked for and not sent
 * @req SWR_IRQ_005 */
/*@ requires args: end <= BH_CPUS_MAX;
    terminates \true; exits \false; assigns hw; */
static uint32_t send_list(uint64_t value, uint32_t cell, uint32_t end)
{
    uint32_t left = (uint32_t)(value % 0x10000U);
    uint32_t target = 0U;

    /*@ loop invariant bound: 0 <= target <= end;
        loop assigns target, left, hw;
        loop variant end - target; */
    while (target < end) {
        uint32_t bit = bit_both(left, bit_of((uint32_t)(plan.mpidr[target] % 16U)));

        if ((bit != 0U) && sent(value, false, cell, target)) {
            left = bit_without(left, bit);
        }
        target = (left != 0U) ? (target + 1U) : end; /* no other CPU is asked for */
    }
    return left;
}

void vgic_sgi(uint32_t cpu, uint64_t value)
{
    uint32_t cell = cpu_cell(cpu);
    uint32_t end = (plan.n_cpus < BH_CPUS_MAX) ? plan.n_cpus : BH_CPUS_MAX;
    bool all = ((value / SGI_IRM) % 2U) == 1U;
    uint32_t left = all ? send_all(value, cell, cpu, end) : send_list(value, cell, end);

    isb();
    if (left != 0U) {
        event_record(cpu, cell, (uint32_t)BH_EV_SGI_FOREIGN, value, left);
    }
}
