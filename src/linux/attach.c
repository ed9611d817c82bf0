// SPDX-License-Identifier: GPL-2.0-only
/** @file attach.c
 * A kernel that was started before Linux: is it there, which plan does it hold, which CPUs of Linux
 * are the plan's. Nothing is changed here, and no HVC is made: see hypercall.h.
 */
#include <linux/arm-smccc.h>
#include <linux/cpumask.h>
#include <linux/of.h>

#include "driver.h"

/**
 * Ask by SMC whether a Bulkhead kernel answers.
 *
 * @req SWR_DRV_011
 */
bool bh_below(void)
{
    struct arm_smccc_res answer;

    if (bh_exception_level() != 1U || arm_smccc_1_1_get_conduit() != SMCCC_CONDUIT_SMC) {
        return false;
    }
    arm_smccc_smc(BH_SMC_UID, 0, 0, 0, 0, 0, 0, 0, &answer);
    return (u32)answer.a0 == BH_UID_0 && (u32)answer.a1 == BH_UID_1 && (u32)answer.a2 == BH_UID_2 &&
           (u32)answer.a3 == BH_UID_3;
}

/* The kernel speaks our ABI, and the plan is the one that it judged. */
static bool check_kernel(const struct bh_plan *plan, struct bh_result *result)
{
    struct arm_smccc_res answer;

    arm_smccc_smc(BH_SMC_KERNEL, 0, 0, 0, 0, 0, 0, 0, &answer);
    if (answer.a0 != 0U) {
        return bh_refuse(result, BH_E_SYS_NO_KERNEL, 0U, 0U);
    }
    if (answer.a1 != BH_ABI_VERSION) {
        return bh_refuse(result, BH_E_LAUNCH_ABI, answer.a1, BH_ABI_VERSION);
    }
    if (answer.a2 != plan->crc || answer.a3 != plan->status_ppn * BH_PAGE_BYTES) {
        return bh_refuse(result, BH_E_SYS_OTHER_PLAN, plan->crc, answer.a2);
    }
    return true;
}

/* The affinity by which the device tree names a CPU: it may be another cell's and never have been
 * online, so it cannot be asked itself. */
static bool affinity_of(int cpu, u64 *mpidr)
{
    struct device_node *node = of_get_cpu_node(cpu, NULL);
    const __be32 *cells = NULL;
    int bytes = 0;

    if (node) {
        cells = of_get_property(node, "reg", &bytes);
    }
    if (cells && (bytes == 4 || bytes == 8)) {
        *mpidr = of_read_number(cells, bytes / 4);
    }
    of_node_put(node);
    return cells && (bytes == 4 || bytes == 8);
}

/* Match the CPUs that Linux may ever have with those of the plan. All of root's must be known, as
 * a cell that is created takes its CPUs from Linux. */
static bool match_cpus(const struct bh_plan *plan, struct bh_result *result)
{
    u32 index;
    int cpu;

    for (index = 0U; index < BH_CPUS_MAX; index++) {
        bh.linux_cpu[index] = -1;
    }
    for_each_possible_cpu(cpu) {
        u64 mpidr = 0U;

        if (!affinity_of(cpu, &mpidr)) {
            return bh_refuse(result, BH_E_LAUNCH_CPU, (u64)cpu, 0U);
        }
        index = bh_plan_cpu(plan, mpidr);
        if (index == plan->n_cpus || bh.linux_cpu[index] >= 0) {
            return bh_refuse(result, BH_E_LAUNCH_CPU, (u64)cpu, mpidr);
        }
        bh.linux_cpu[index] = cpu;
    }
    for (index = 0U; index < plan->n_cpus; index++) {
        bool mine = (plan->cells[BH_CELL_ROOT].cpus & (1U << index)) != 0U;

        if (mine && bh.linux_cpu[index] < 0) {
            return bh_refuse(result, BH_E_LAUNCH_CPU, index, plan->mpidr[index]);
        }
    }
    return true;
}

/**
 * What must hold for Linux to manage the kernel below it.
 *
 * @req SWR_DRV_011
 */
bool bh_check_below(const struct bh_plan *plan, struct bh_result *result)
{
    if (!bh_below()) {
        return bh_refuse(result, BH_E_SYS_NO_KERNEL, 0U, 0U);
    }
    return bh_check_plan(plan, plan->board, result) && check_kernel(plan, result) &&
           bh_check_regions(plan, result) && match_cpus(plan, result);
}

/**
 * CPUs of cells that are there already: Linux gets them when such a cell is destroyed.
 *
 * @req SWR_DRV_011
 */
void bh_find_taken(void)
{
    u32 cell;

    for (cell = BH_CELL_ROOT + 1U; cell < bh.plan->n_cells; cell++) {
        u32 cpus = bh.plan->cells[cell].cpus & bh.plan->cells[BH_CELL_ROOT].cpus;

        if (READ_ONCE(bh.status->cells[cell].state) != BH_STATE_ABSENT) {
            bh.taken[cell] = cpus;
        }
    }
}
