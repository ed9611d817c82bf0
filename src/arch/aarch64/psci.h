/* SPDX-License-Identifier: Apache-2.0 */
/** @file psci.h
 * PSCI 1.1 (DEN 0022) and SMCCC (DEN 0028) for cells, answered by the kernel; nothing reaches the
 * firmware.
 */
#ifndef AARCH64_PSCI_H
#define AARCH64_PSCI_H

#include "frame.h"
#include "vgic.h"
#include "smc_list.h"
#include "abi/hypercall.h"
#include "core/restart.h"

#define PSCI_VERSION 0x84000000U
#define CPU_SUSPEND_32 0x84000001U
#define CPU_SUSPEND_64 0xC4000001U
#define PSCI_CPU_OFF 0x84000002U
#define CPU_ON_32 0x84000003U
#define CPU_ON_64 0xC4000003U
#define AFFINITY_INFO_32 0x84000004U
#define AFFINITY_INFO_64 0xC4000004U
#define MIGRATE_INFO_TYPE 0x84000006U
#define SYSTEM_OFF 0x84000008U
#define SYSTEM_RESET 0x84000009U
#define PSCI_FEATURES 0x8400000AU
#define SYSTEM_RESET2_32 0x84000012U
#define SYSTEM_RESET2_64 0xC4000012U
#define SMCCC_VERSION 0x80000000U
#define SMCCC_ARCH_FEATURES 0x80000001U

#define RET_SUCCESS 0U
#define RET_NOT_SUPPORTED 0xFFFFFFFFFFFFFFFFU
#define RET_INVALID 0xFFFFFFFFFFFFFFFEU
#define RET_DENIED 0xFFFFFFFFFFFFFFFDU
#define RET_ALREADY_ON 0xFFFFFFFFFFFFFFFCU
#define VERSION_1_1 0x10001U
#define NO_MIGRATION 2U
#define PSCI_AFFINITY 0xFF00FFFFFFU

/* Bits of power_state in the original format: power level, state type, state ID. All others are zero. */
#define POWER_STATE_BITS 0x0301FFFFU
/* PSCI_FEATURES of CPU_SUSPEND: original format, coordinated by the platform. */
#define SUSPEND_FLAGS 0U

#define PSCI_STATE RESTART_STATE

/*@ // CPU k of the plan is the one that affinity a names.
    predicate cpu_is{L}(integer k, integer a) =
      0 <= k < plan.n_cpus && plan.mpidr[k] == (a & PSCI_AFFINITY); */

/*@ // The functions that psci_call() answers itself.
    predicate psci_serves(integer f) =
      f == PSCI_VERSION || f == CPU_SUSPEND_32 || f == CPU_SUSPEND_64 || f == PSCI_CPU_OFF ||
      f == CPU_ON_32 || f == CPU_ON_64 || f == AFFINITY_INFO_32 || f == AFFINITY_INFO_64 ||
      f == MIGRATE_INFO_TYPE || f == SYSTEM_OFF || f == SYSTEM_RESET || f == PSCI_FEATURES ||
      f == SYSTEM_RESET2_32 || f == SYSTEM_RESET2_64 || f == SMCCC_VERSION || f == SMCCC_ARCH_FEATURES;

    // What PSCI_FEATURES says of f is what psci_call() does with f.
    predicate features_answer(integer answer, integer f) =
      (psci_serves(f) ==> answer == RET_SUCCESS) && (!psci_serves(f) ==> answer == RET_NOT_SUPPORTED);

    predicate suspends(integer f) = f == CPU_SUSPEND_32 || f == CPU_SUSPEND_64;
    // Refused is exactly a power_state in which a bit is set that the format does not know.
    predicate suspend_answer(integer answer, integer state) =
      ((state & POWER_STATE_BITS) == state % 0x100000000 ==> answer == RET_SUCCESS) &&
      ((state & POWER_STATE_BITS) != state % 0x100000000 ==> answer == RET_INVALID); */

/** Serve SMC function @p function of the cell on @p cpu; returns x0. The CPU may be off, or its
 * cell ended, when this returns.
 * @req SWR_PSC_001 SWR_PSC_002 SWR_PSC_003 SWR_PSC_005 SWR_PSC_006 */
/*@ requires cpu: cpu < BH_CPUS_MAX;
    requires counts: rule_counts;
    terminates \true; exits \false;
    assigns PSCI_STATE;
    ensures SWR_PSC_001: !psci_serves(function) ==> \result == RET_NOT_SUPPORTED;
    ensures SWR_PSC_005: function == PSCI_FEATURES ==> features_answer(\result, a1 % 0x100000000);
    ensures SWR_PSC_006: suspends(function) ==> suspend_answer(\result, a1);
    ensures SWR_PSC_002: (function == CPU_ON_32 || function == CPU_ON_64) &&
      (\forall integer k; cpu_is(k, a1) ==> \old(cell_on(k)) != \old(cell_on(cpu))) ==>
        \result == RET_INVALID || \result == RET_DENIED; */
uint64_t psci_call(uint32_t cpu, uint64_t function, uint64_t a1, uint64_t a2, uint64_t a3);

/*@ logic integer smc_about(integer function, integer argument) =
      function == SMCCC_ARCH_FEATURES ? argument : function;
    // What the plan lets the cell ask the firmware.
    predicate smc_passed{L}(integer cell) =
      smc_listed(cell, smc_about(cell_r[0] % 0x100000000, cell_r[1] % 0x100000000));
    predicate smc_is{L}(integer f) = cell_r[0] % 0x100000000 == f; */

/** Serve the SMC of the cell on @p cpu: of PSCI, or of software that looks for this kernel. The
 * answer is in x0, of the latter in x0 to x3; all other registers are kept. Calls that the plan lets it
 * make go to the firmware, with x0 to x7.
 * @req SWR_PSC_001 SWR_PSC_004 */
/*@ requires cpu: cpu < BH_CPUS_MAX;
    requires counts: rule_counts;
    terminates \true; exits \false;
    assigns PSCI_STATE, cell_r[0 .. 7];
    ensures SWR_PSC_004: smc_is{Pre}(BH_SMC_UID) ==> cell_r[0] == BH_UID_0 &&
      cell_r[1] == BH_UID_1 && cell_r[2] == BH_UID_2 && cell_r[3] == BH_UID_3;
    ensures SWR_PSC_004: smc_is{Pre}(BH_SMC_KERNEL) && \old(cell_on(cpu)) == BH_CELL_ROOT ==>
      cell_r[0] == 0 && cell_r[1] == BH_ABI_VERSION && cell_r[2] == plan.crc;
    ensures SWR_PSC_004: smc_is{Pre}(BH_SMC_KERNEL) && \old(cell_on(cpu)) != BH_CELL_ROOT ==>
      cell_r[0] == RET_NOT_SUPPORTED;
    ensures kept: !smc_is{Pre}(BH_SMC_UID) && !smc_is{Pre}(BH_SMC_KERNEL) &&
      \old(!smc_passed(cell_on(cpu))) ==>
      \forall integer k; 1 <= k <= 7 ==> cell_r[k] == \old(cell_r[k]);
    ensures SWR_SMC_003: !smc_is{Pre}(BH_SMC_UID) && !smc_is{Pre}(BH_SMC_KERNEL) &&
      \old(!smc_passed(cell_on(cpu))) && \old(!psci_serves(cell_r[0] % 0x100000000)) ==>
        cell_r[0] == RET_NOT_SUPPORTED; */
void smc_serve(uint32_t cpu, struct frame *f);

#endif
