/* SPDX-License-Identifier: Apache-2.0 OR GPL-2.0-only */
/** @file plan.h
 * The plan blob: one structure of fixed size and layout, little endian, naming every cell and the
 * owner of every byte of memory, CPU and interrupt. Written by the plan compiler, judged by
 * plan_check() on the host and at EL2.
 *
 * Cell 0 is the kernel's own memory, cell 1 the root cell; root holds what no live cell has taken.
 * Memory is counted in pages of 4 KiB. Unused entries are zero.
 */
#ifndef BH_ABI_PLAN_H
#define BH_ABI_PLAN_H

#include "types.h"
#include "lock.h"
#include "plan_window.h"

#define BH_ABI_VERSION 4U          /**< One number for plan, hypercalls, status pages, hand-over. */

#define BH_PLAN_MAGIC 0x314E414C50484D42ULL /**< "BMHPLAN1" */
#define BH_CELLS_MAX 8U            /**< Cells, the kernel and root included. */
#define BH_REGIONS_MAX 128U        /**< Regions of all cells. */
#define BH_CPUS_MAX 8U             /**< CPUs of the machine. */
#define BH_IRQ_WORDS 32U           /**< Words of an interrupt bitmap: INTIDs 0 to 1023. */
#define BH_NAME_BYTES 16U          /**< Cell name, zero padded; at most 15 characters. */

#define BH_CELL_KERNEL 0U
#define BH_CELL_ROOT 1U

#define BH_PAGE_BYTES 4096U
#define BH_IPA_PAGES 0x10000000U   /**< 2^28 pages: guest addresses have 40 bits. */
#define BH_PPN_MAX 0x1000000000ULL /**< 2^36 pages: physical addresses have 48 bits. */

/* Region flags: BH_REGION_FLAGS_MAX is one more than the largest combination. */
#define BH_REGION_READ 1U
#define BH_REGION_WRITE 2U
#define BH_REGION_EXECUTE 4U
#define BH_REGION_DEVICE 8U        /**< Device-nGnRE memory, else Normal write-back. */
#define BH_REGION_LOADABLE 16U     /**< Root may write it while the cell is being loaded. */
#define BH_REGION_FLAGS_MAX 32U

/* Plan flags */
#define BH_PLAN_ACCEPT_UNPROTECTED_DMA 1U

/* Cell flags */
#define BH_CELL_AUTOSTART 1U       /**< Direct boot: create and start at power-on. */
#define BH_CELL_CONTINUE 2U        /**< A refused access is reported and answered; else it parks. */
#define BH_CELL_INJECTED 4U        /**< Interrupts come by list registers; else straight to EL1. */
#define BH_CELL_MEASURED 8U        /**< Its memory is measured before its first instruction. */
#define BH_CELL_RESTART 16U        /**< Root alone: when it resets itself, it begins anew at its entry. */
#define BH_CELL_FLAGS_MAX 32U      /**< one more than all of them */

/* What the policies may ask for. */
#define BH_GRANT_LOCK_ALL 1U       /**< It may lock for all cells, and lock DISABLE. */
#define BH_GRANT_MEASURE 2U        /**< It may read the measurements of others. */
#define BH_GRANTS_MAX 4U           /**< one more than all grants */

#define BH_DIGEST_WORDS 8U         /**< SHA-256 (FIPS 180-4): words H0 to H7 */

#define BH_WATCH_US_MIN 1000U      /**< deadline of a heartbeat: 1 ms */
#define BH_WATCH_US_MAX 60000000U  /**< to 60 s */

/** A run of pages given to one cell. */
struct bh_region {
    bh_u64 ppn;    /**< first physical page number */
    bh_u32 ipn;    /**< first page number in the cell's address space */
    bh_u32 n;      /**< pages */
    bh_u32 own;    /**< owner: index of a cell */
    bh_u32 flags;  /**< BH_REGION_... */
    bh_u32 share;  /**< 0: private; else the number of a share that both sides name */
    bh_u32 root;   /**< 1: the root cell keeps access (comm region); needs share != 0 */
};

/** A cell. Its regions are one slice of the region list. */
struct bh_cell {
    bh_u8 name[BH_NAME_BYTES];
    bh_u32 first;              /**< first region */
    bh_u32 count;              /**< number of regions */
    bh_u32 cpus;               /**< bitmap of indices into mpidr[] */
    bh_u32 flags;              /**< BH_CELL_... */
    bh_u64 entry;              /**< address of the first instruction, in the cell's address space */
    bh_u64 comm;               /**< its communication region, in its address space; 0: none */
    bh_u32 irqs[BH_IRQ_WORDS]; /**< bitmap of shared peripheral interrupts, INTID 32 to 1019 */
};

/** What is locked for a cell, what it may ask, what its memory must be, and how it is watched. */
struct bh_policy {
    bh_u32 locks;                   /**< BH_LOCK_...: in force before its first instruction */
    bh_u32 grants;                  /**< BH_GRANT_... */
    bh_u32 digest[BH_DIGEST_WORDS]; /**< its measurement must be this; zero: may be any */
    bh_u32 watch_us;  /**< deadline of its heartbeat in microseconds; 0: not watched */
    bh_u32 watch_cpu; /**< CPU, of another cell, that checks it; 0 when not watched */
    bh_u32 error_irq; /**< interrupt of its own for hardware errors; 0: virtual SError */
};

/** The whole plan. */
struct bh_plan {
    bh_u64 magic;      /**< BH_PLAN_MAGIC */
    bh_u32 version;    /**< BH_ABI_VERSION */
    bh_u32 size;       /**< sizeof(struct bh_plan) */
    bh_u32 board;      /**< board number, see src/boards */
    bh_u32 flags;      /**< BH_PLAN_... */
    bh_u32 n_cells;    /**< 2 to BH_CELLS_MAX */
    bh_u32 n_regions;  /**< 0 to BH_REGIONS_MAX */
    bh_u32 n_cpus;     /**< 1 to BH_CPUS_MAX */
    bh_u32 status_n;   /**< pages of the status area (BH_STATUS_PAGES) */
    bh_u64 status_ppn; /**< first page of the status area: written by the kernel, read by root */
    bh_u64 mpidr[BH_CPUS_MAX];
    struct bh_cell cells[BH_CELLS_MAX];
    struct bh_region regions[BH_REGIONS_MAX];
    struct bh_policy policy[BH_CELLS_MAX];
    struct bh_window windows[BH_WINDOWS_MAX];
    struct bh_call calls[BH_CALLS_MAX];
    bh_u32 n_windows;  /**< 0 to BH_WINDOWS_MAX */
    bh_u32 n_calls;    /**< 0 to BH_CALLS_MAX */
    bh_u8 reserved[4]; /**< zero */
    bh_u32 crc;        /**< CRC-32 (IEEE 802.3, reflected, inverted) of all before */
};

BH_ASSERT_SIZE(struct bh_region, 32);
BH_ASSERT_SIZE(struct bh_cell, 176);
BH_ASSERT_SIZE(struct bh_policy, 52);
BH_ASSERT_SIZE(struct bh_plan, 6752);
BH_ASSERT_OFFSET(struct bh_region, ipn, 8);
BH_ASSERT_OFFSET(struct bh_region, root, 28);
BH_ASSERT_OFFSET(struct bh_cell, first, 16);
BH_ASSERT_OFFSET(struct bh_cell, entry, 32);
BH_ASSERT_OFFSET(struct bh_cell, irqs, 48);
BH_ASSERT_OFFSET(struct bh_plan, board, 16);
BH_ASSERT_OFFSET(struct bh_plan, status_ppn, 40);
BH_ASSERT_OFFSET(struct bh_plan, mpidr, 48);
BH_ASSERT_OFFSET(struct bh_plan, cells, 112);
BH_ASSERT_OFFSET(struct bh_plan, regions, 1520);
BH_ASSERT_OFFSET(struct bh_plan, policy, 5616);
BH_ASSERT_OFFSET(struct bh_plan, windows, 6032);
BH_ASSERT_OFFSET(struct bh_plan, calls, 6544);
BH_ASSERT_OFFSET(struct bh_plan, crc, 6748);

#endif
