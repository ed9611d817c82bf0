/* SPDX-License-Identifier: Apache-2.0 */
/** @file host_machine.h
 * The architecture contract as a fake machine in plain C, for tests of the core on the host. It
 * does nothing by itself: it keeps what the core asked for, and a hook lets a test act as another
 * CPU just before any access to a shared word. Memory maps are the real ones (s2.c).
 */
#ifndef HOST_MACHINE_H
#define HOST_MACHINE_H

#include "core/arch/alarm.h"
#include "core/arch/cpu.h"
#include "core/arch/error.h"
#include "core/arch/irq.h"
#include "core/arch/machine.h"
#include "core/arch/page.h"

/** Accesses to a shared word. */
enum host_access { HOST_LOAD, HOST_STORE, HOST_SWAP, HOST_NEXT, HOST_SET };

/** Called before an access; may read and write words, or call the core as another CPU. Calls nest:
 * a hook that calls the core is called again. */
typedef void host_hook(enum host_access how, uint32_t word, uint32_t i, uint64_t value);

extern uint64_t host_word[SW_COUNT][SHARED_INDEX_MAX];
extern host_hook *host_on_access;

/** A call of arch_irq_reset() or arch_irq_divert(). */
struct host_reset {
    uint32_t cell;
    uint32_t cpu;
};

#define HOST_RESETS 16U

/** The machine's state and what was done to it. */
struct host_machine {
    uint64_t now;    /**< the counter: one tick is a microsecond */
    uint64_t step;   /**< ticks by which each reading of it advances */
    uint32_t self;   /**< the CPU that executes, for what has no CPU in its arguments */
    uint32_t check;  /**< answer of arch_machine_check() */
    uint64_t mpidr;  /**< of the CPU that executes */
    uint32_t kicks[BH_CPUS_MAX];
    uint32_t loads[BH_CPUS_MAX]; /**< maps loaded, and the last of them: */
    uint32_t cell[BH_CPUS_MAX];
    uint32_t pool[BH_CPUS_MAX];
    uint32_t quiet[BH_CPUS_MAX];
    uint32_t taken[BH_CPUS_MAX];
    bool deaf[BH_CPUS_MAX]; /**< a control register does not keep what was written */
    bool debug[BH_CPUS_MAX]; /**< debug registers are trapped */
    uint32_t stubborn; /**< what the CPU that comes answers to arch_cpu_try() */
    uint32_t powered[BH_CPUS_MAX];
    uint64_t alarm[BH_CPUS_MAX]; /**< as last set; 0: never */
    uint32_t alarms[BH_CPUS_MAX];
    uint32_t anew[BH_CPUS_MAX]; /**< calls of arch_irq_anew(), */
    uint32_t busy;              /**< of which so many fail */
    uint32_t raised[BH_CELLS_MAX]; /**< interrupt last raised for a cell, and how often: */
    uint32_t raises[BH_CELLS_MAX];
    uint32_t serrors[BH_CPUS_MAX]; /**< virtual SErrors on a CPU */
    uint32_t flushes;
    uint32_t published;
    void (*on_publish)(void); /**< called at each arch_publish(): what another CPU sees then */
    uint32_t n_diverts;
    struct host_reset divert; /**< the last call of arch_irq_divert() */
    uint32_t n_resets;
    struct host_reset resets[HOST_RESETS]; /**< the first of them */
};
extern struct host_machine host;

/** Operations on pages of cells. */
enum host_page_op { HOST_PAGE_CLEAR, HOST_PAGE_BLOCK, HOST_PAGE_WORD };

/** One of them; @p at is the block or the word. */
struct host_page_call {
    enum host_page_op op;
    uint32_t cpu;
    uint64_t ppn;
    uint32_t at;
};

#define HOST_PAGES 64U
#define HOST_PAGE_CALLS 8192U

/** Memory of cells: pages that a test has asked for; all others are zeros. */
struct host_memory {
    uint32_t n_pages;
    uint64_t ppn[HOST_PAGES];
    uint8_t bytes[HOST_PAGES][4096];
    uint32_t n_calls;
    struct host_page_call calls[HOST_PAGE_CALLS]; /**< the first of them, in order */
};
extern struct host_memory host_memory;

/** The bytes of a page, to look at and to write; NULL when there are too many. */
uint8_t *host_page(uint64_t ppn);

/** A machine at rest: all words zero, no hook, time 0 and going by one tick per reading. */
void host_power_on(void);

#endif
