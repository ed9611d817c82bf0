/* SPDX-License-Identifier: Apache-2.0 */
/** @file machine.h
 * Architecture contract: time, the few words that CPUs share while running, and the ghost variable
 * which stands for everything outside the C program's memory.
 */
#ifndef CORE_ARCH_MACHINE_H
#define CORE_ARCH_MACHINE_H

#include <stdbool.h>
#include <stdint.h>

/* Registers, devices and the shared words, as one: who may change any of them says so. */
/*@ ghost extern uint64_t hw; */

/* The cell of each CPU, as SW_CPU_CELL holds it. A CPU's cell changes while the CPU is held at EL2,
 * under the reconfiguration lock alone: to the CPU that executes, the word is no shared one. */
/*@ ghost extern uint64_t owner[8]; */

/* Not 0 once the launch's judge has accepted, until the next launch is opened. SW_LAUNCH may say GO
 * only then, and the first CPU to come (SW_ARRIVED) comes before that. */
/*@ ghost extern int launch_go; */

/**
 * The words that more than one CPU writes in the steady state. All else is written under the
 * reconfiguration lock or by one CPU alone.
 */
enum shared_word {
    SW_LOCK = 0,       /**< [0]: 1 + CPU which reconfigures, 0 free */
    SW_LAUNCH = 1,     /**< [0]: enum launch_phase */
    SW_ARRIVED = 2,    /**< [0]: CPUs that came to the launch */
    SW_VIEW = 3,       /**< [0]: view whose tables root's CPUs are to use */
    SW_EVENT = 4,      /**< [0]: events ever recorded */
    SW_CPU_STATE = 5,  /**< [cpu]: enum cpu_phase */
    SW_CPU_CELL = 6,   /**< [cpu]: cell it executes, or would execute */
    SW_CPU_REQUEST = 7, /**< [cpu]: enum cpu_request, 0 when done */
    SW_CELL_STATE = 8, /**< [cell]: enum bh_cell_state */
    SW_IRQ = 9,        /**< [0]: 1 + CPU which changes a word with interrupts of several cells, 0 free */
    SW_WATCH = 10,     /**< [cell]: 4 * run + enum watch_phase (core/watch.h) */
    SW_COUNT = 11
};
#define SHARED_INDEX_MAX 8U

/** Read a shared word; later reads see what was written before the value was stored.
 * @req SWR_CPU_001 */
/*@ requires word: word < SW_COUNT && i < SHARED_INDEX_MAX;
    terminates \true; exits \false; assigns \nothing;
    ensures owner: word == SW_CPU_CELL ==> \result == owner[i];
    ensures go: word == SW_LAUNCH && \result == 2 ==> launch_go != 0; */
uint64_t arch_shared_load(uint32_t word, uint32_t i);

/** Write a shared word after everything written before.
 * @req SWR_CPU_001 */
/*@ requires word: word < SW_COUNT && i < SHARED_INDEX_MAX;
    requires owner: word == SW_CPU_CELL ==> value == owner[i];
    requires go: word == SW_LAUNCH && value == 2 ==> launch_go != 0;
    terminates \true; exits \false; assigns hw; */
void arch_shared_store(uint32_t word, uint32_t i, uint64_t value);

/** Replace @p old by @p value; false, and nothing written, when the word held something else.
 * @req SWR_CPU_001 */
/*@ requires word: word < SW_COUNT && word != SW_CPU_CELL && i < SHARED_INDEX_MAX;
    requires go: word == SW_LAUNCH && value == 2 ==> launch_go != 0;
    terminates \true; exits \false; assigns hw; */
bool arch_shared_swap(uint32_t word, uint32_t i, uint64_t old, uint64_t value);

/** Add one; returns the value before, modulo 2^64.
 * @req SWR_CPU_001 */
/*@ requires word: word < SW_COUNT && word != SW_CPU_CELL && i < SHARED_INDEX_MAX;
    requires go: word != SW_LAUNCH;
    terminates \true; exits \false; assigns hw;
    ensures first: word == SW_ARRIVED && \result == 0 ==> launch_go == 0; */
uint64_t arch_shared_next(uint32_t word, uint32_t i);

/** Make what was written so far visible to other CPUs before what is written next.
 * @req SWR_EVT_002 */
/*@ terminates \true; exits \false; assigns hw; */
void arch_publish(void);

/** Tell the machine that this CPU only waits for another one: once in each turn of a wait.
 * @req SWR_CPU_006 */
/*@ terminates \true; exits \false; assigns \nothing; */
void arch_relax(void);

/** The machine's counter, in ticks; the same on every CPU, never goes back.
 * @req SWR_CPU_006 */
/*@ terminates \true; exits \false; assigns \nothing; */
uint64_t arch_time(void);

/** The counter's value @p us microseconds from now; saturates.
 * @req SWR_CPU_006 */
/*@ requires range: us <= 60000000;
    terminates \true; exits \false; assigns \nothing; */
uint64_t arch_time_after(uint32_t us);

#endif
