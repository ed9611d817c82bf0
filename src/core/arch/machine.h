/* SPDX-License-Identifier: Apache-2.0 */
/** @file machine.h
 * Architecture contract: time, the few words that CPUs share while running, and the ghost variable
 * which stands for everything outside the C program's memory.
 */
#ifndef CORE_ARCH_MACHINE_H
#define CORE_ARCH_MACHINE_H

#include <stdbool.h>
#include <stdint.h>
#include "core/bits.acsl"

/* Registers, devices and the shared words, as one: who may change any of them says so. */
/*@ ghost extern uint64_t hw; */

/* The cell of each CPU, as SW_CPU_CELL holds it. A CPU's cell changes while the CPU is held at EL2,
 * under the reconfiguration lock alone: to the CPU that executes, the word is no shared one. */
/*@ ghost extern uint64_t owner[8]; */

/* Not 0 once the launch's judge has accepted, until the next launch is opened. SW_LAUNCH may say GO
 * only then, and the first CPU to come (SW_ARRIVED) comes before that. */
/*@ ghost extern int launch_go; */

/* Locks that are known to be in force, by index of SW_CELL_LOCK: the word holds these, and others that
 * other CPUs may have added. Nothing takes one away. */
/*@ ghost extern uint64_t in_force[8]; */

/* The bytes of the plan in force, as words with the first byte most significant. */
/*@ ghost extern uint32_t plan_image[1688]; */
#define PLAN_WORDS 1688U /**< words of struct bh_plan */

/*@ // Every bit of a is in b.
    predicate bits_in(integer a, integer b) =
      \forall integer k; 0 <= k < 32 && bit_set(a, k) ==> bit_set(b, k);
    // From A to B no lock ended.
    predicate locks_kept{A, B} = \forall integer c; 0 <= c < 8 ==>
      bits_in(\at(in_force[c], A), \at(in_force[c], B)); */

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
    SW_CELL_LOCK = 11, /**< [cell]: its locks, BH_LOCK_...; [BH_CELL_KERNEL]: those for all cells */
    SW_ERROR = 12,     /**< [cell]: 1 while a virtual SError waits for one of its CPUs */
    SW_ITS = 13,       /**< [0]: 1 + CPU which has the ITS, 0 free */
    SW_COUNT = 14
};
#define SHARED_INDEX_MAX 8U

/** Read a shared word; later reads see what was written before the value was stored.
 * @req SWR_CPU_001 */
/*@ requires word: word < SW_COUNT && i < SHARED_INDEX_MAX;
    terminates \true; exits \false; assigns \nothing;
    ensures owner: word == SW_CPU_CELL ==> \result == owner[i];
    ensures go: word == SW_LAUNCH && \result == 2 ==> launch_go != 0;
    ensures lock: word == SW_CELL_LOCK ==> \result <= 0xFFFFFFFF && bits_in(in_force[i], \result); */
uint64_t arch_shared_load(uint32_t word, uint32_t i);

/** Write a shared word after everything written before.
 * @req SWR_CPU_001 */
/*@ requires word: word < SW_COUNT && i < SHARED_INDEX_MAX;
    requires owner: word == SW_CPU_CELL ==> value == owner[i];
    requires go: word == SW_LAUNCH && value == 2 ==> launch_go != 0;
    requires lock: word == SW_CELL_LOCK ==> value == 0 && in_force[i] == 0 && launch_go == 0;
    terminates \true; exits \false; assigns hw; */
void arch_shared_store(uint32_t word, uint32_t i, uint64_t value);

/** Replace @p old by @p value; false, and nothing written, when the word held something else.
 * @req SWR_CPU_001 */
/*@ requires word: word < SW_COUNT && word != SW_CPU_CELL && i < SHARED_INDEX_MAX;
    requires go: word == SW_LAUNCH && value == 2 ==> launch_go != 0;
    requires lock: word != SW_CELL_LOCK;
    terminates \true; exits \false; assigns hw; */
bool arch_shared_swap(uint32_t word, uint32_t i, uint64_t old, uint64_t value);

/** Add one; returns the value before, modulo 2^64.
 * @req SWR_CPU_001 */
/*@ requires word: word < SW_COUNT && word != SW_CPU_CELL && i < SHARED_INDEX_MAX;
    requires go: word != SW_LAUNCH;
    requires lock: word != SW_CELL_LOCK;
    terminates \true; exits \false; assigns hw;
    ensures first: word == SW_ARRIVED && \result == 0 ==> launch_go == 0; */
uint64_t arch_shared_next(uint32_t word, uint32_t i);

/** Set bits of a word of locks, whatever other CPUs set meanwhile; returns the word before. It follows
 * everything written before. With no bit it tells whether the word has grown.
 * @req SWR_CPU_001 SWR_LCK_001 */
/*@ requires word: word == SW_CELL_LOCK && i < SHARED_INDEX_MAX;
    terminates \true; exits \false; assigns hw, in_force[i];
    ensures SWR_LCK_001: \forall integer k; 0 <= k < 32 ==>
      (bit_set(in_force[i], k) <==> bit_set(\old(in_force[i]), k) || bit_set(bits, k));
    ensures before: bits_in(\old(in_force[i]), \result); */
uint32_t arch_shared_set(uint32_t word, uint32_t i, uint32_t bits);

/** Bytes 4 * i to 4 * i + 3 of the blob of the plan in force, as they lie in memory, the first one most
 * significant.
 * @req SWR_MSR_004 */
/*@ requires word: i < PLAN_WORDS;
    terminates \true; exits \false; assigns \nothing;
    ensures SWR_MSR_004: \result == plan_image[i]; */
uint32_t arch_plan_word(uint32_t i);

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
