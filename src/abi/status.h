/* SPDX-License-Identifier: Apache-2.0 OR GPL-2.0-only */
/** @file status.h
 * The status pages: written by the kernel, mapped read-only to the root cell. The kernel never
 * reads them back.
 *
 * Readers: an event is valid when its seq equals the number expected for its place (n, where the
 * place is n % BH_EVENTS); next is the number of events ever written, so next - BH_EVENTS older
 * ones have been overwritten and a reader that missed some knows how many.
 */
#ifndef BH_ABI_STATUS_H
#define BH_ABI_STATUS_H

#include "plan.h"

#define BH_STATUS_PAGES 4U
#define BH_STATUS_MAGIC 0x3153544154535442ULL
#define BH_EVENTS 128U

/** Causes by which a CPU comes to EL2; rows of bh_cpu_status.exits. */
enum bh_exit {
    BH_EXIT_HVC = 0,
    BH_EXIT_SMC = 1,
    BH_EXIT_SYSREG = 2,
    BH_EXIT_MMIO = 3,
    BH_EXIT_ABORT = 4,
    BH_EXIT_KICK = 5,
    BH_EXIT_SERROR = 6,
    BH_EXIT_OTHER = 7,
    BH_EXIT_IRQ = 8, /**< an interrupt of a cell whose interrupts are injected */
    BH_EXITS = 9
};

/** One event, 48 bytes. */
struct bh_event {
    bh_u64 seq;  /**< number of this event, counted from 0; written last */
    bh_u64 time; /**< CNTPCT_EL0 */
    bh_u32 id;   /**< BH_EV_... */
    bh_u32 cpu;  /**< CPU (index in the plan) which recorded it */
    bh_u32 cell; /**< cell which caused it */
    bh_u32 zero;
    bh_u64 a;
    bh_u64 b;
};

/** State of one CPU, as in bh_cpu_status.state. */
enum bh_cpu_state {
    BH_CPU_ABSENT = 0, /**< never came */
    BH_CPU_OFF = 1,    /**< parked at EL2, may be started by its cell */
    BH_CPU_RUN = 2,    /**< executes its cell */
    BH_CPU_PARKED = 3, /**< held at EL2 by the kernel */
    BH_CPU_LOST = 4
};

/** One CPU, 96 bytes. */
struct bh_cpu_status {
    bh_u32 state;           /**< enum bh_cpu_state */
    bh_u32 cell;            /**< present owner */
    bh_u64 exits[BH_EXITS]; /**< by cause */
    bh_u64 total;           /**< all exits */
    bh_u64 reserved;
};

/** One cell, 56 bytes. */
struct bh_cell_status {
    bh_u32 state;    /**< enum bh_cell_state */
    bh_u32 starts;   /**< times started */
    bh_u64 events;   /**< events it caused */
    bh_u32 locks;    /**< BH_LOCK_...: what is locked for it, beside the locks for all */
    bh_u32 measured; /**< 1: digest is that of the last start, 2: the plan approved it */
    bh_u32 digest[BH_DIGEST_WORDS]; /**< SHA-256 of its memory before its first instruction */
};

/** The status pages. */
struct bh_status {
    bh_u64 magic;  /**< BH_STATUS_MAGIC */
    bh_u32 abi;    /**< BH_ABI_VERSION */
    bh_u32 armed;  /**< 1: the kernel holds the machine */
    bh_u64 next;   /**< events ever recorded */
    bh_u32 n_cells;
    bh_u32 n_cpus;
    bh_u32 plan_crc;  /**< crc of the plan in force */
    bh_u32 dma_open;  /**< 1: DMA is not isolated */
    bh_u32 locks;     /**< BH_LOCK_...: what is locked for all cells */
    bh_u32 reserved;
    bh_u32 plan_digest[BH_DIGEST_WORDS]; /**< SHA-256 of the plan in force; zero: not measured */
    struct bh_cell_status cells[BH_CELLS_MAX];
    struct bh_cpu_status cpus[BH_CPUS_MAX];
    struct bh_event events[BH_EVENTS];
};

BH_ASSERT_SIZE(struct bh_event, 48);
BH_ASSERT_SIZE(struct bh_cpu_status, 96);
BH_ASSERT_SIZE(struct bh_cell_status, 56);
BH_ASSERT_OFFSET(struct bh_status, cells, 80);
BH_ASSERT_OFFSET(struct bh_status, cpus, 528);
BH_ASSERT_OFFSET(struct bh_status, events, 1296);
BH_ASSERT_SIZE(struct bh_status, 7440);

#endif
