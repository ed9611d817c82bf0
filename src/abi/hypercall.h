/* SPDX-License-Identifier: Apache-2.0 OR GPL-2.0-only */
/** @file hypercall.h
 * Hypercalls: HVC #BH_HVC_IMM with the number in x0 and the argument in x1. Return: x0 status
 * (0 or an error number of errors.def), x1 and x2 the two indices or values of the refusal, or
 * the result. x3 to x30 are preserved.
 */
#ifndef BH_ABI_HYPERCALL_H
#define BH_ABI_HYPERCALL_H

#define BH_HVC_IMM 0x4248

#define BH_HC_GET_INFO 0U     /**< x1: BH_INFO_...; any cell. Result in x1. */
#define BH_HC_CELL_CREATE 1U  /**< x1: cell; root. Takes CPUs, memory, interrupts from root. */
#define BH_HC_CELL_LOAD 2U    /**< x1: cell; root. Opens loadable regions to root. */
#define BH_HC_CELL_START 3U   /**< x1: cell; root. Closes them and starts the first CPU. */
#define BH_HC_CELL_STOP 4U    /**< x1: cell; root. Parks the cell's CPUs. */
#define BH_HC_CELL_DESTROY 5U /**< x1: cell; root. Gives everything back to root. */
#define BH_HC_DISABLE 6U      /**< root, on each CPU: gives the CPU back to its hyp stub. */
#define BH_HC_LOCK 7U         /**< x1: BH_LOCK_...; any cell. No call ends a lock. */
/** x1: 2 * cell + half; root, the cell itself, by grant others. Result in x1, x2. */
#define BH_HC_MEASURE 8U
#define BH_HC_COUNT 9U

#define BH_INFO_ABI 0U        /**< BH_ABI_VERSION */
#define BH_INFO_CELL 1U       /**< index of the calling cell */
#define BH_INFO_CPU 2U        /**< index of the calling CPU in the plan */
#define BH_INFO_CELLS 3U      /**< cells in the plan */

/*
 * SMC, by the SMC Calling Convention (DEN 0028), service of a vendor's hypervisor: how Linux finds a
 * kernel that was started before it. Firmware that does not know a function returns -1 in x0; with
 * no kernel below, HVC would be undefined, or a call of Linux's own hyp stub. So who looks asks by
 * SMC, and only where PSCI is called by SMC and answers as SMCCC 1.1.
 */
#define BH_SMC_UID 0x8600FF01U    /**< any cell. x0 to x3: BH_UID_0 to BH_UID_3. */
/** Root. x0: 0; x1: BH_ABI_VERSION; x2: crc of the plan in force; x3: address of the status pages. */
#define BH_SMC_KERNEL 0xC6000000U
#define BH_UID_0 0x293BA5CFU      /* cfa53b29-470e-4601-936d-690bb1aaf16e */
#define BH_UID_1 0x01460E47U
#define BH_UID_2 0x0B696D93U
#define BH_UID_3 0x6EF1AAB1U

/** States of a cell, as in the status pages. */
enum bh_cell_state {
    BH_STATE_ABSENT = 0,  /**< in the plan, nothing taken from root */
    BH_STATE_CREATED = 1, /**< owns its resources, closed */
    BH_STATE_LOADING = 2, /**< loadable regions open to root */
    BH_STATE_RUNNING = 3, /**< started */
    BH_STATE_STOPPED = 4, /**< parked on request of root, or off by its own wish */
    BH_STATE_FAILED = 5,  /**< parked after a violation */
    BH_STATE_LOST = 6,    /**< a CPU did not answer; never reused */
    BH_STATE_CLEANING = 7, /**< being created: its memory is being cleared */
    BH_STATE_MEASURING = 8, /**< being started: its memory is being measured */
    BH_STATE_LEAVING = 9, /**< being destroyed: its memory is being cleared */
    BH_STATES = 10
};

#endif
