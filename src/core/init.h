/* SPDX-License-Identifier: Apache-2.0 */
/** @file init.h
 * The launch: every CPU that was promised comes, or all go back. One judge (the first to come)
 * checks the plan and builds the tables; nobody is taken before all are there.
 */
#ifndef CORE_INIT_H
#define CORE_INIT_H

#include "core/hcall.h"

/** Phase of a launch, in SW_LAUNCH. */
enum launch_phase {
    LAUNCH_IDLE = 0,
    LAUNCH_OPEN = 1, /**< CPUs are coming */
    LAUNCH_GO = 2,   /**< all came, the plan is good: be taken */
    LAUNCH_BACK = 3  /**< give every CPU back */
};

/** Why a launch failed, for those who go back. */
extern struct outcome launch_result;

#define INIT_STATE HCALL_STATE, launch_result, launch_go, plan_a, plan_b, MAP_BASE, ARCH_TAKEN

/*@ // Nobody is taken before the isolation theorem holds.
    predicate launch_inv{L} = launch_go != 0 ==> kernel_inv; */

#define LAUNCH_WAIT_US 200000U  /**< bound for the last CPU to come */
#define LAUNCH_JUDGE_US 4000000U /**< bound for the judge */

/** Open a launch; on one CPU, before any comes.
 * @req SWR_INI_001 */
/*@ terminates \true; exits \false;
    assigns hw, launch_result, launch_go, owner[0 .. BH_CPUS_MAX - 1],
      in_force[0 .. BH_CELLS_MAX - 1];
    ensures SWR_INI_001: launch_inv;
    ensures owner: \forall integer k; 0 <= k < BH_CPUS_MAX ==> owner[k] == BH_CELL_ROOT; */
void init_open(void);

/** CPU @p cpu has come. Returns 0 when it has been taken, else why it must go back, with details;
 * then it has not been touched.
 * @req SWR_INI_001 SWR_INI_002 */
/*@ requires inv: launch_inv;
    terminates \true; exits \false;
    assigns INIT_STATE;
    ensures SWR_INI_001: launch_inv;
    ensures SWR_INI_002: \result.status == BH_OK ==> kernel_inv && cpu < BH_CPUS_MAX; */
struct outcome init_cpu(uint32_t cpu);

/** Direct boot, once all CPUs are taken: create and start the cells that ask for it.
 * @req SWR_INI_004 */
/*@ requires self: self < BH_CPUS_MAX;
    requires inv: kernel_inv;
    terminates \true; exits \false;
    assigns HCALL_STATE;
    ensures SWR_INI_004: kernel_inv; */
void init_autostart(uint32_t self);

#endif
