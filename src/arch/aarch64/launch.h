/* SPDX-License-Identifier: Apache-2.0 */
/** @file launch.h
 * C side of the entries in head.S.
 */
#ifndef AARCH64_LAUNCH_H
#define AARCH64_LAUNCH_H

#include "its.h"
#include "cpu.h"
#include "core/init.h"
#include "window.h"

/** What the launcher is told when a CPU goes back: x0, x1, x2. */
struct launch_answer {
    uint64_t x[4];
};
extern struct launch_answer launch_answer[BH_CPUS_MAX];

#define PREPARE_STATE \
    hw, launch_result, launch_go, owner[0 ..BH_CPUS_MAX - 1], in_force[0 ..BH_CELLS_MAX - 1], \
        EL2MAP_STATE, el2_window[..]

/** Build the kernel's map and open the launch; MMU off. Returns 0 or an error number.
 * @req SWR_INI_005 */
/*@ terminates \true; exits \false;
    assigns PREPARE_STATE;
    ensures SWR_INI_005: \result == BH_OK ==> el2_wxorx && el2_window_ok && launch_inv; */
uint64_t prepare(void);

/** The same from firmware: writes the hand-over record itself.
 * @req SWR_INI_004 */
/*@ terminates \true; exits \false;
    assigns PREPARE_STATE, handover, its;
    ensures SWR_INI_005: \result == BH_OK ==> el2_wxorx && el2_window_ok && launch_inv; */
uint64_t prepare_direct(void);

/** A CPU has come, its MMU on. Returns EXIT_RESUME (taken, go on in Linux), EXIT_WAIT (taken, wait
 * for work) or EXIT_LEAVE (go back; launch_answer says why).
 * @req SWR_INI_005 */
/*@ requires inv: launch_inv;
    terminates \true; exits \false;
    assigns INIT_STATE, launch_answer[0 .. BH_CPUS_MAX - 1], gicr_base[0 .. BH_CPUS_MAX - 1],
      its_rd[0 .. BH_CPUS_MAX - 1];
    ensures inv: launch_inv;
    ensures SWR_INI_005: \result == EXIT_LEAVE || (kernel_inv &&
      (\result == EXIT_RESUME || \result == EXIT_WAIT)); */
uint64_t launch(uint64_t cpu, uint64_t vbar, uint64_t sctlr);

/** Direct boot: start what the plan says.
 * @req SWR_INI_004 */
/*@ requires inv: kernel_inv;
    terminates \true; exits \false;
    assigns HCALL_STATE;
    ensures SWR_INI_004: kernel_inv; */
void launch_autostart(void);

#endif
