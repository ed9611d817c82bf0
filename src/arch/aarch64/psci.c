/* SPDX-License-Identifier: Apache-2.0 */
#include "psci.h"

#define PPN_END 0x1000000000U /* physical addresses have 48 bits */

/** Index of the CPU with affinity @p mpidr, or BH_CPUS_MAX.
 * @req SWR_PSC_002 */
/*@ requires counts: rule_counts;
    terminates \true; exits \false; assigns \nothing;
    ensures SWR_PSC_002: \result < BH_CPUS_MAX ==> cpu_is(\result, mpidr);
    ensures none: \result >= BH_CPUS_MAX ==>
      \result == BH_CPUS_MAX && \forall integer k; !cpu_is(k, mpidr); */
static uint32_t cpu_named(uint64_t mpidr)
{
    uint32_t found = BH_CPUS_MAX;
    uint32_t cpu = 0U;

    /*@ loop invariant bound: 0 <= cpu <= BH_CPUS_MAX;
        loop invariant so_far: found < BH_CPUS_MAX ==> cpu_is(found, mpidr);
        loop invariant none: found >= BH_CPUS_MAX ==> found == BH_CPUS_MAX &&
          \forall integer k; 0 <= k < cpu ==> !cpu_is(k, mpidr);
        loop assigns cpu, found;
        loop variant BH_CPUS_MAX - cpu; */
    while (cpu < BH_CPUS_MAX) {
        if ((cpu < plan.n_cpus) && (plan.mpidr[cpu] == (mpidr & PSCI_AFFINITY))) {
            found = cpu;
        }
        cpu++;
    }
    return found;
}

/** CPU_ON: a CPU of the calling cell that is off.
 * @req SWR_PSC_002 */
/*@ requires cpu: cpu < BH_CPUS_MAX;
    requires counts: rule_counts;
    terminates \true; exits \false; assigns PSCI_STATE;
    ensures SWR_PSC_002: (\forall integer k; cpu_is(k, mpidr) ==>
      \old(cell_on(k)) != \old(cell_on(cpu))) ==> \result == RET_INVALID || \result == RET_DENIED; */
static uint64_t cpu_on(uint32_t cpu, uint64_t mpidr, uint64_t entry, uint64_t context)
{
    uint32_t target = cpu_named(mpidr);
    uint32_t cell = cpu_cell(cpu);
    uint64_t ret = RET_SUCCESS;

    if ((target >= BH_CPUS_MAX) || (cpu_cell(target) != cell)) {
        event_record(cpu, cell, (uint32_t)BH_EV_CPU_ON_DENIED, mpidr, entry);
        ret = (target >= BH_CPUS_MAX) ? RET_INVALID : RET_DENIED;
    } else if (!cpu_start(target, (uint64_t)CPU_OFF, entry, context)) {
        ret = RET_ALREADY_ON;
    } else {
        ret = RET_SUCCESS;
    }
    return ret;
}

/** 0 on, 1 off, 2 on pending.
 * @req SWR_PSC_001 */
/*@ requires cpu: cpu < BH_CPUS_MAX;
    requires counts: rule_counts;
    terminates \true; exits \false; assigns \nothing;
    ensures SWR_PSC_001: \result <= 2 || \result == RET_INVALID; */
static uint64_t affinity_info(uint32_t cpu, uint64_t mpidr)
{
    uint32_t target = cpu_named(mpidr);
    uint64_t ret = RET_INVALID;

    if ((target < BH_CPUS_MAX) && (cpu_cell(target) == cpu_cell(cpu))) {
        uint64_t phase = arch_shared_load((uint32_t)SW_CPU_STATE, target);

        if (phase == (uint64_t)CPU_RUN) {
            ret = 0U;
        } else {
            ret = (phase == (uint64_t)CPU_STARTING) ? 2U : 1U;
        }
    }
    return ret;
}

/** The functions that are answered.
 * @req SWR_PSC_001 */
/*@ terminates \true; exits \false; assigns \nothing;
    ensures SWR_PSC_001: \result == RET_SUCCESS || \result == RET_NOT_SUPPORTED; */
static uint64_t features(uint64_t function)
{
    uint64_t ret = RET_NOT_SUPPORTED;

    switch (function) {
    case PSCI_VERSION:
    case CPU_SUSPEND_32:
    case CPU_SUSPEND_64:
    case PSCI_CPU_OFF:
    case CPU_ON_32:
    case CPU_ON_64:
    case AFFINITY_INFO_32:
    case AFFINITY_INFO_64:
    case MIGRATE_INFO_TYPE:
    case SYSTEM_OFF:
    case SYSTEM_RESET:
    case PSCI_FEATURES:
    case SMCCC_VERSION:
        ret = RET_SUCCESS;
        break;
    default:
        ret = RET_NOT_SUPPORTED;
        break;
    }
    return ret;
}

/** The calls of SMCCC itself that are answered; no work-around for a CPU's fault is among them.
 * @req SWR_PSC_001 */
/*@ terminates \true; exits \false; assigns \nothing;
    ensures SWR_PSC_001: \result == RET_SUCCESS || \result == RET_NOT_SUPPORTED; */
static uint64_t arch_features(uint64_t function)
{
    bool known = (function == SMCCC_VERSION) || (function == SMCCC_ARCH_FEATURES);

    return known ? RET_SUCCESS : RET_NOT_SUPPORTED;
}

/** The machine goes on: what ends is the cell.
 * @req SWR_PSC_003 */
/*@ requires cpu: cpu < BH_CPUS_MAX;
    terminates \true; exits \false; assigns hw, status_page, totals;
    ensures SWR_PSC_003: status_page.cpus[cpu].state == CPU_PARKED; */
static void system_end(uint32_t cpu, uint64_t function)
{
    event_record(cpu, cpu_cell(cpu), (uint32_t)BH_EV_SYSTEM_RESET, function, 0U);
    cell_end(cpu, (uint32_t)BH_STATE_STOPPED);
}

/** The CPU waits until its cell switches it on.
 * @req SWR_PSC_001 */
/*@ requires cpu: cpu < BH_CPUS_MAX;
    terminates \true; exits \false; assigns hw, status_page;
    ensures SWR_PSC_001: status_page.cpus[cpu].state == CPU_OFF; */
static void cpu_off(uint32_t cpu)
{
    arch_cpu_quiet(cpu);
    cpu_set_phase(cpu, (uint32_t)CPU_OFF);
}

/** Calls which start or stop something; false: not one of them.
 * @req SWR_PSC_003 */
/*@ requires cpu: cpu < BH_CPUS_MAX;
    terminates \true; exits \false; assigns hw, status_page, totals;
    ensures SWR_PSC_003: \result && function != PSCI_CPU_OFF ==>
      status_page.cpus[cpu].state == CPU_PARKED; */
static bool power_call(uint32_t cpu, uint64_t function)
{
    bool known = true;

    switch (function) {
    case PSCI_CPU_OFF:
        cpu_off(cpu);
        break;
    case SYSTEM_OFF:
    case SYSTEM_RESET:
    case SYSTEM_RESET2_32:
    case SYSTEM_RESET2_64:
        system_end(cpu, function);
        break;
    default:
        known = false;
        break;
    }
    return known;
}

/** Calls which ask something; all others are not supported.
 * @req SWR_PSC_001 */
/*@ requires cpu: cpu < BH_CPUS_MAX;
    requires counts: rule_counts;
    terminates \true; exits \false; assigns hw, status_page, totals; */
static uint64_t query_call(uint32_t cpu, uint64_t function, uint64_t a1)
{
    uint64_t ret = RET_NOT_SUPPORTED;
    uint32_t cell = cpu_cell(cpu);

    switch (function) {
    case PSCI_VERSION:
    case SMCCC_VERSION:
        ret = VERSION_1_1;
        break;
    case CPU_SUSPEND_32:
    case CPU_SUSPEND_64:
        ret = RET_SUCCESS; /* an interrupt was pending, as far as the cell can tell */
        break;
    case AFFINITY_INFO_32:
    case AFFINITY_INFO_64:
        ret = affinity_info(cpu, a1);
        break;
    case MIGRATE_INFO_TYPE:
        ret = NO_MIGRATION;
        break;
    case PSCI_FEATURES:
        ret = features(a1);
        break;
    case SMCCC_ARCH_FEATURES:
        ret = arch_features(a1 % 0x100000000U);
        break;
    default:
        event_record(cpu, cell, (uint32_t)BH_EV_SMC_DENIED, function, a1);
        break;
    }
    return ret;
}

uint64_t psci_call(uint32_t cpu, uint64_t function, uint64_t a1, uint64_t a2, uint64_t a3)
{
    uint64_t ret = RET_SUCCESS;

    if ((function == CPU_ON_32) || (function == CPU_ON_64)) {
        ret = cpu_on(cpu, a1, a2, a3);
    } else if (!power_call(cpu, function)) {
        ret = query_call(cpu, function, a1);
    } else {
        ret = RET_SUCCESS;
    }
    return ret;
}

/** Which hypervisor this is.
 * @req SWR_PSC_004 */
/*@ terminates \true; exits \false; assigns cell_r[0 .. 3];
    ensures SWR_PSC_004: cell_r[0] == BH_UID_0 && cell_r[1] == BH_UID_1 && cell_r[2] == BH_UID_2 &&
      cell_r[3] == BH_UID_3; */
static void tell_uid(struct frame *f)
{
    frame_put(f, 0U, BH_UID_0);
    frame_put(f, 1U, BH_UID_1);
    frame_put(f, 2U, BH_UID_2);
    frame_put(f, 3U, BH_UID_3);
}

/** What root needs to manage a kernel that was there before it; other cells have no use for it.
 * @req SWR_PSC_004 */
/*@ requires cpu: cpu < BH_CPUS_MAX;
    terminates \true; exits \false; assigns hw, status_page, totals, cell_r[0 .. 3];
    ensures SWR_PSC_004: \old(cell_on(cpu)) == BH_CELL_ROOT ==>
      cell_r[0] == 0 && cell_r[1] == BH_ABI_VERSION && cell_r[2] == plan.crc;
    ensures SWR_PSC_004: \old(cell_on(cpu)) != BH_CELL_ROOT ==> cell_r[0] == RET_NOT_SUPPORTED; */
static void tell_kernel(uint32_t cpu, struct frame *f)
{
    uint32_t cell = cpu_cell(cpu);

    if (cell == BH_CELL_ROOT) {
        frame_put(f, 0U, RET_SUCCESS);
        frame_put(f, 1U, BH_ABI_VERSION);
        frame_put(f, 2U, plan.crc);
        frame_put(f, 3U, (plan.status_ppn % PPN_END) * BH_PAGE_BYTES);
    } else {
        event_record(cpu, cell, (uint32_t)BH_EV_SMC_DENIED, BH_SMC_KERNEL, 0U);
        frame_put(f, 0U, RET_NOT_SUPPORTED);
    }
}

void smc_serve(uint32_t cpu, struct frame *f)
{
    uint64_t function = frame_get(f, 0U) % 0x100000000U; /* SMCCC: the function is W0 */

    if (function == BH_SMC_UID) {
        tell_uid(f);
    } else if (function == BH_SMC_KERNEL) {
        tell_kernel(cpu, f);
    } else {
        frame_put(f, 0U,
                  psci_call(cpu, function, frame_get(f, 1U), frame_get(f, 2U), frame_get(f, 3U)));
    }
}
