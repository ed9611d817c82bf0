/* SPDX-License-Identifier: Apache-2.0 */
/** @file trap.h
 * Exits from cells: one function per vector, called by vectors.S with the cell's registers; the
 * answer is EXIT_RESUME, EXIT_RELOAD, EXIT_WAIT or EXIT_LEAVE.
 */
#ifndef AARCH64_TRAP_H
#define AARCH64_TRAP_H

#include "cpu.h"
#include "vinj.h"
#include "core/hcall.h"

#define TRAP_STATE HCALL_STATE, WATCH_OWN, its, its_map, cell_r[0 .. FRAME_ROWS - 1]

/*@ predicate exit_answer(integer a) =
      a == EXIT_RESUME || a == EXIT_WAIT || a == EXIT_LEAVE || a == EXIT_RELOAD;
    // x19 to x29, which C keeps in the registers: with EXIT_RESUME they are not loaded again
    predicate kept_rows{A, B} =
      \forall integer k; 19 <= k < 30 ==> \at(cell_r[k], A) == \at(cell_r[k], B); */

/** Synchronous exception from a cell, by class (ESR_EL2.EC).
 * @req SWR_TRP_001 SWR_TRP_002 SWR_TRP_003 */
/*@ requires inv: kernel_inv;
    terminates \true; exits \false;
    assigns TRAP_STATE;
    ensures SWR_TRP_001: kernel_inv && exit_answer(\result);
    ensures SWR_TRP_001: \result == EXIT_RESUME ==> kept_rows{Pre, Post}; */
uint64_t trap_sync(struct frame *f);

/** Group 0 interrupt: the kick or the alarm.
 * @req SWR_TRP_004 SWR_WDG_007 */
/*@ requires inv: kernel_inv;
    terminates \true; exits \false;
    assigns TRAP_STATE;
    ensures SWR_TRP_001: kernel_inv && exit_answer(\result);
    ensures SWR_TRP_001: \result == EXIT_RESUME ==> kept_rows{Pre, Post}; */
uint64_t trap_fiq(struct frame *f);

/** Physical SError from a cell.
 * @req SWR_TRP_005 */
/*@ requires inv: kernel_inv;
    terminates \true; exits \false;
    assigns TRAP_STATE;
    ensures SWR_TRP_001: kernel_inv && exit_answer(\result);
    ensures SWR_TRP_001: \result == EXIT_RESUME ==> kept_rows{Pre, Post}; */
uint64_t trap_serror(struct frame *f);

/** An exception that this configuration never takes.
 * @req SWR_TRP_001 */
/*@ requires inv: kernel_inv;
    terminates \true; exits \false;
    assigns TRAP_STATE;
    ensures SWR_TRP_001: kernel_inv && exit_answer(\result);
    ensures SWR_TRP_001: \result == EXIT_RESUME ==> kept_rows{Pre, Post}; */
uint64_t trap_other(struct frame *f);

/** Group 1 interrupt of a cell whose interrupts are injected. The cell goes on: a kick that waits is
 * taken after the return.
 * @req SWR_INJ_002 SWR_INJ_004 SWR_INJ_008 */
/*@ terminates \true; exits \false;
    assigns hw, status_page, totals, vinj_duty,
      vinj_intid[0 .. BH_CPUS_MAX - 1][0 .. VINJ_LR_MAX - 1];
    ensures SWR_INJ_004: vinj_duty == VINJ_NOTHING; */
void trap_irq(void);

/** A parked CPU woke up.
 * @req SWR_TRP_004 SWR_WDG_007 */
/*@ requires inv: kernel_inv;
    terminates \true; exits \false;
    assigns TRAP_STATE;
    ensures SWR_TRP_001: kernel_inv && exit_answer(\result);
    ensures SWR_TRP_001: \result == EXIT_RESUME ==> kept_rows{Pre, Post}; */
uint64_t trap_wait(struct frame *f);

/** Fault in the kernel itself: recorded; the CPU then stops for good.
 * @req SWR_TRP_007 */
/*@ terminates \true; exits \false;
    assigns hw, status_page, totals; */
void kernel_fault(uint64_t cpu, uint64_t esr, uint64_t elr);

#endif
