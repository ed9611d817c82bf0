/* SPDX-License-Identifier: Apache-2.0 */
#include "psci.h"
#include "its.h"

#define PPN_END 0x1000000000U /* physical addresses have 48 bits */

_Static_assert(SUSPEND_FLAGS == RET_SUCCESS, "features() answers both by one number");

/** What psci_call() does with a function. */
enum psci_kind {
    KIND_NONE = 0, /**< not served */
    KIND_VERSION = 1,
    KIND_SUSPEND = 2,
    KIND_OFF = 3,
    KIND_ON = 4,
    KIND_AFFINITY = 5,
    KIND_MIGRATE = 6,
    KIND_SYSTEM = 7,
    KIND_FEATURES = 8,
    KIND_ARCH_FEATURES = 9
};

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

/** What a function is: the one list of those that are served. Whoever serves and whoever is asked what is
 * served looks here.
 * @req SWR_PSC_001 SWR_PSC_005 */
/*@ terminates \true; exits \false; assigns \nothing;
    ensures SWR_PSC_005: \result == KIND_NONE <==> !psci_serves(function);
    ensures SWR_PSC_002: \result == KIND_ON <==> function == CPU_ON_32 || function == CPU_ON_64;
    ensures SWR_PSC_005: \result == KIND_FEATURES <==> function == PSCI_FEATURES;
    ensures SWR_PSC_006: \result == KIND_SUSPEND <==> suspends(function); */
static enum psci_kind kind_of(uint64_t function)
{
    enum psci_kind kind = KIND_NONE;

    switch (function) {
    case PSCI_VERSION:
    case SMCCC_VERSION:
        kind = KIND_VERSION;
        break;
    case CPU_SUSPEND_32:
    case CPU_SUSPEND_64:
        kind = KIND_SUSPEND;
        break;
    case PSCI_CPU_OFF:
        kind = KIND_OFF;
        break;
    case CPU_ON_32:
    case CPU_ON_64:
        kind = KIND_ON;
        break;
    case AFFINITY_INFO_32:
    case AFFINITY_INFO_64:
        kind = KIND_AFFINITY;
        break;
    case MIGRATE_INFO_TYPE:
        kind = KIND_MIGRATE;
        break;
    case SYSTEM_OFF:
    case SYSTEM_RESET:
    case SYSTEM_RESET2_32:
    case SYSTEM_RESET2_64:
        kind = KIND_SYSTEM;
        break;
    case PSCI_FEATURES:
        kind = KIND_FEATURES;
        break;
    case SMCCC_ARCH_FEATURES:
        kind = KIND_ARCH_FEATURES;
        break;
    default:
        kind = KIND_NONE;
        break;
    }
    return kind;
}

/** Is a function served? What it tells of CPU_SUSPEND, its flags, is 0, too.
 * @req SWR_PSC_005 */
/*@ terminates \true; exits \false; assigns \nothing;
    ensures SWR_PSC_005: features_answer(\result, function); */
static uint64_t features(uint64_t function)
{
    return (kind_of(function) == KIND_NONE) ? RET_NOT_SUPPORTED : RET_SUCCESS;
}

/** CPU_SUSPEND of either type goes on at once, as if an interrupt had been pending: a standby may end at any
 * time, and a request to power down may be answered as one that a wake-up came before.
 * @req SWR_PSC_006 */
/*@ terminates \true; exits \false; assigns \nothing;
    ensures SWR_PSC_006: suspend_answer(\result, state); */
static uint64_t cpu_suspend(uint64_t state)
{
    return ((state & POWER_STATE_BITS) == (state % 0x100000000U)) ? RET_SUCCESS : RET_INVALID;
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

/** SYSTEM_OFF, SYSTEM_RESET, SYSTEM_RESET2 (of which the architecture's warm reset alone is known): the
 * machine goes on, what begins anew or ends is the cell.
 * @req SWR_PSC_003 SWR_PSC_007 */
/*@ requires cpu: cpu < BH_CPUS_MAX;
    terminates \true; exits \false; assigns hw, status_page, totals;
    ensures SWR_PSC_003: \result == RET_SUCCESS ==> status_page.cpus[cpu].state == CPU_PARKED;
    ensures SWR_PSC_007: \result != RET_SUCCESS ==> \result == RET_INVALID &&
      (function == SYSTEM_RESET2_32 || function == SYSTEM_RESET2_64) && type % 0x100000000 != 0; */
static uint64_t system_call(uint32_t cpu, uint64_t function, uint64_t type)
{
    uint32_t cell = cpu_cell(cpu);
    bool typed = (function == SYSTEM_RESET2_32) || (function == SYSTEM_RESET2_64);
    uint64_t ret = RET_SUCCESS;

    if (typed && ((type % 0x100000000U) != 0U)) {
        ret = RET_INVALID;
    } else if ((function != SYSTEM_OFF) && restart_allowed(cell)) {
        restart_ask(cpu);
    } else {
        event_record(cpu, cell, (uint32_t)BH_EV_SYSTEM_RESET, function, 0U);
        cell_end(cpu, (uint32_t)BH_STATE_STOPPED);
    }
    return ret;
}

/** The CPU waits until its cell switches it on. One of root's that LPIs still lead to stays.
 * @req SWR_PSC_001 SWR_ITS_007 */
/*@ requires cpu: cpu < BH_CPUS_MAX;
    terminates \true; exits \false; assigns hw, status_page, totals, its, its_map;
    ensures SWR_PSC_001: \result == RET_SUCCESS ==> status_page.cpus[cpu].state == CPU_OFF;
    ensures SWR_ITS_007: \result == RET_SUCCESS || \result == RET_DENIED; */
static uint64_t cpu_off(uint32_t cpu)
{
    uint64_t ret = RET_DENIED;

    if (its_leave(cpu)) {
        arch_cpu_quiet(cpu);
        cpu_set_phase(cpu, (uint32_t)CPU_OFF);
        ret = RET_SUCCESS;
    }
    return ret;
}

/** Calls which ask something or change nothing.
 * @req SWR_PSC_001 */
/*@ requires cpu: cpu < BH_CPUS_MAX;
    requires counts: rule_counts;
    terminates \true; exits \false; assigns \nothing;
    ensures SWR_PSC_005: kind == KIND_FEATURES ==> features_answer(\result, a1 % 0x100000000);
    ensures SWR_PSC_006: kind == KIND_SUSPEND ==> suspend_answer(\result, a1); */
static uint64_t query_call(uint32_t cpu, enum psci_kind kind, uint64_t a1)
{
    uint64_t ret = VERSION_1_1;

    switch (kind) {
    case KIND_SUSPEND:
        ret = cpu_suspend(a1);
        break;
    case KIND_AFFINITY:
        ret = affinity_info(cpu, a1);
        break;
    case KIND_MIGRATE:
        ret = NO_MIGRATION;
        break;
    case KIND_FEATURES:
        ret = features(a1 % 0x100000000U);
        break;
    case KIND_ARCH_FEATURES:
        ret = arch_features(a1 % 0x100000000U);
        break;
    default: /* KIND_VERSION: psci_call() passes no other */
        ret = VERSION_1_1;
        break;
    }
    return ret;
}

uint64_t psci_call(uint32_t cpu, uint64_t function, uint64_t a1, uint64_t a2, uint64_t a3)
{
    enum psci_kind kind = kind_of(function);
    uint64_t ret = RET_SUCCESS;

    switch (kind) {
    case KIND_NONE:
        event_record(cpu, cpu_cell(cpu), (uint32_t)BH_EV_SMC_DENIED, function, a1);
        ret = RET_NOT_SUPPORTED;
        break;
    case KIND_ON:
        ret = cpu_on(cpu, a1, a2, a3);
        break;
    case KIND_OFF:
        ret = cpu_off(cpu);
        break;
    case KIND_SYSTEM:
        ret = system_call(cpu, function, a1);
        break;
    default:
        ret = query_call(cpu, kind, a1);
        break;
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

/** What a call is about: itself, or the one that SMCCC_ARCH_FEATURES asks for.
 * @req SWR_SMC_003 */
/*@ requires function: function == cell_r[0] % 0x100000000;
    terminates \true; exits \false; assigns \nothing;
    ensures SWR_SMC_003: \result == smc_about(cell_r[0] % 0x100000000, cell_r[1] % 0x100000000); */
static uint64_t about_of(const struct frame *f, uint64_t function)
{
    uint64_t about = function;

    if (function == SMCCC_ARCH_FEATURES) {
        about = frame_get(f, 1U) % 0x100000000U;
    }
    return about;
}

void smc_serve(uint32_t cpu, struct frame *f)
{
    uint64_t function = frame_get(f, 0U) % 0x100000000U; /* SMCCC: the function is W0 */
    uint64_t about = about_of(f, function);

    if (function == BH_SMC_UID) {
        tell_uid(f);
    } else if (function == BH_SMC_KERNEL) {
        tell_kernel(cpu, f);
    } else if (smc_list_has(cpu_cell(cpu), about)) {
        smc_list_pass(f, about);
    } else {
        frame_put(f, 0U,
                  psci_call(cpu, function, frame_get(f, 1U), frame_get(f, 2U), frame_get(f, 3U)));
    }
}
