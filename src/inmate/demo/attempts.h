/* SPDX-License-Identifier: Apache-2.0 */
/** @file attempts.h
 * Violations a test inmate commits on request; numbers are used by tests through comm->command.
 */
#ifndef ATTEMPTS_H
#define ATTEMPTS_H

#include <stdint.h>

#define ATTEMPT_READ 1U           /**< load from argument */
#define ATTEMPT_WRITE 2U          /**< store to argument */
#define ATTEMPT_SGI 3U            /**< ICC_SGI1R_EL1 = argument */
#define ATTEMPT_ROUTE 4U          /**< IROUTER of SPI (argument >> 32) = argument & 0xffffffff */
#define ATTEMPT_PRIORITY 5U       /**< priority 0 for private interrupt argument */
#define ATTEMPT_AP1R 6U           /**< ICC_AP1R0_EL1 = argument, which blocks the kick's priority */
#define ATTEMPT_CPU_ON 7U         /**< PSCI CPU_ON of MPIDR argument */
#define ATTEMPT_SYSTEM_RESET 8U
#define ATTEMPT_SYSTEM_OFF 9U
#define ATTEMPT_HYPERCALL 10U     /**< number argument % 256, cell argument / 256 */
#define ATTEMPT_SMC 11U           /**< function argument */
#define ATTEMPT_GICR 12U          /**< write ICENABLER0 of the frames at index argument */
#define ATTEMPT_ENABLE 13U        /**< enable SPI argument */
#define ATTEMPT_PAIR 14U          /**< load pair from argument: no syndrome */
#define ATTEMPT_SYSREG 15U        /**< read a register which is not the cell's: DC CISW */
#define ATTEMPT_EXECUTE 16U       /**< jump to argument */
#define ATTEMPT_CPU_OFF 17U
#define ATTEMPT_SPIN 18U          /**< never answer again, interrupts masked */
#define ATTEMPT_SGI0 19U          /**< ICC_SGI0R_EL1 = argument */
#define ATTEMPT_SELF 20U          /**< nothing: answers with the argument, for the harness */
#define ATTEMPT_STUB 21U          /**< HVC #0 with function argument, as Linux calls its hyp stub */
#define ATTEMPT_BLOCK 22U         /**< ICC_AP1R0_EL1 = argument, and execute for ever */
#define ATTEMPT_STORE8 23U        /**< store the upper half of argument to its lower half */
#define ATTEMPT_STORE32 24U
#define ATTEMPT_STORE64 25U       /**< the same, as 64 bits; bits 63:32 of the value are zero */
#define ATTEMPT_LOAD8 26U         /**< load from argument, a byte */
#define ATTEMPT_LOAD64 27U        /**< a doubleword: its lower half is reported */
#define ATTEMPT_LOAD64_HIGH 28U   /**< a doubleword: its upper half is reported */
#define ATTEMPT_RUN 31U           /**< call code at argument with reserved[RUN_X0], [RUN_X1]; its x0 */
#define ATTEMPT_SECOND 30U        /**< PSCI CPU_ON of MPIDR argument with the cell's own program */
#define ATTEMPT_DEBUG 32U         /**< read MDSCR_EL1, a debug register of the cell's own */
#define ATTEMPT_MEASURE 33U       /**< word argument % 8 of the digest of cell argument / 8 */
#define ATTEMPT_MANNER 34U        /**< answer root's messages as argument, one of MANNER_, says */
#define ATTEMPT_ASGI 29U          /**< ICC_ASGI1R_EL1 = argument */

/* A second CPU of a cell counts in reserved[SECOND_BEAT] and attempts what reserved[SECOND_COMMAND]
 * and reserved[SECOND_ARGUMENT] say. */
#define SECOND_BEAT 0U
#define SECOND_COMMAND 1U
#define SECOND_ARGUMENT 2U
#define SECOND_RESULT 3U
/* Arguments of ATTEMPT_RUN, on whichever CPU. */
#define RUN_X0 4U
#define RUN_X1 5U

/* The real-time cell counts deadlines that passed before their handler began in reserved[RT_LATE]. */
#define RT_LATE 4U

/* How the real-time cell answers a request to shut down; anew with each start it accepts. */
#define MANNER_ACCEPT 0U  /**< accepts, finishes its period, switches itself off */
#define MANNER_DENY 1U    /**< denies, for reason DENIED_BECAUSE */
#define MANNER_IGNORE 2U  /**< takes it and says nothing */
#define MANNER_UNKNOWN 3U /**< answers with a code that does not exist */
#define MANNER_STALE 4U   /**< denies the request before */
#define MANNER_TORN 5U    /**< begins an answer and does not complete it */
#define MANNER_FLOOD 6U   /**< answers without an end, with all kinds of numbers */
#define MANNER_LINGER 7U  /**< accepts, and goes on */
#define MANNER_REST 8U    /**< is done: beats no more, and leaves the switch to root */
#define DENIED_BECAUSE 7U

/* The churning root: rounds done, first refusal (hypercall << 40, cell << 32, status), milliseconds from
 * one round to the next. */
#define CHURN_DONE 0U
#define CHURN_WRONG 1U
#define CHURN_PACE 2U

/* Result: this bit, whether a fault was taken, and the low half of the value obtained. */
#define ATTEMPT_DONE 0x8000000000000000ULL
#define ATTEMPT_FAULTED 0x4000000000000000ULL

/** Commit one attempt; returns ATTEMPT_FAULTED when it faulted, and the low half of what it got. */
uint64_t attempt(uint64_t command, uint64_t argument);
/** What ATTEMPT_MANNER said last. */
extern uint64_t attempt_manner;
/** Do what comm->command asks for, if anything. */
void inmate_serve(void);

#endif
