/* SPDX-License-Identifier: Apache-2.0 OR GPL-2.0-only */
/** @file ioctl.h
 * /dev/bulkhead: what the command asks of the Linux driver. Every call carries the ABI version and
 * returns the kernel's own answer (status and two details), never a bare errno, in bh_result.
 * read: struct bh_news of now; poll waits until it differs from what this opening has read.
 * mmap: offset BH_MMAP_STATUS: the status pages, read-only; BH_MMAP_COMM(cell): its comm region.
 */
#ifndef BH_ABI_IOCTL_H
#define BH_ABI_IOCTL_H

#ifdef __KERNEL__
#include <linux/ioctl.h>
#else
#include <sys/ioctl.h>
#endif
#include "plan.h"

/** Answer of every call: status 0 or an error number, and the two indices or values it names. */
struct bh_result {
    bh_u32 status;
    bh_u32 zero;
    bh_u64 a;
    bh_u64 b;
};

struct bh_ioc_enable {
    bh_u32 abi;
    bh_u32 plan_bytes;
    bh_u64 plan; /**< user address of the blob */
    struct bh_result result;
};

/** DISABLE, the cell life cycle, LOCK, MESSAGE. */
struct bh_ioc_cell {
    bh_u32 abi;
    bh_u32 op;   /**< BH_HC_...; MESSAGE: BH_REQUEST_... */
    bh_u32 cell; /**< index in the plan; LOCK: scopes, BH_LOCK_... */
    bh_u32 zero;
    struct bh_result result;
};

/** Copy an image into a loadable region; the cell is in state LOADING. */
struct bh_ioc_write {
    bh_u32 abi;
    bh_u32 cell;
    bh_u64 ipa;    /**< target address in the cell's address space */
    bh_u64 bytes;
    bh_u64 buffer; /**< user address */
    struct bh_result result;
};

#define BH_NOT_ENABLED 0U
#define BH_LAUNCHED 1U /**< Linux handed the machine over */
#define BH_ATTACHED 2U /**< the kernel was there before Linux */

/** What the driver sees of the machine; for doctor and status. Valid when not enabled, too. */
struct bh_ioc_info {
    bh_u32 abi;
    bh_u32 enabled;   /**< BH_NOT_ENABLED, BH_LAUNCHED or BH_ATTACHED */
    bh_u32 n_cpus_online;
    bh_u32 n_cpus_possible;
    bh_u32 el;        /**< exception level Linux runs at */
    bh_u32 conduit;   /**< 1 SMC, 2 HVC, 0 none */
    bh_u32 pseudo_nmi;
    bh_u32 image_abi; /**< of bulkhead.bin in the firmware path; 0: not found */
    bh_u64 image_base;
    bh_u64 image_bytes;
    struct bh_plan plan; /**< the plan in force when enabled, else zero */
    struct bh_result result;
};

/** What read() gives, and how far it has come. */
struct bh_news {
    bh_u64 next;    /**< events recorded since the machine was taken */
    bh_u64 changes; /**< changes of cells' states that the driver saw since */
    bh_u32 enables; /**< times the machine was taken since the driver was loaded */
    bh_u32 enabled; /**< 1: it is Bulkhead's now */
};

#define BH_IOC_ENABLE _IOWR('B', 1, struct bh_ioc_enable)
#define BH_IOC_DISABLE _IOWR('B', 2, struct bh_ioc_cell)
#define BH_IOC_CELL _IOWR('B', 3, struct bh_ioc_cell)
#define BH_IOC_WRITE _IOWR('B', 4, struct bh_ioc_write)
#define BH_IOC_INFO _IOWR('B', 5, struct bh_ioc_info)

/** The plan is the one in force of a kernel which was started before Linux. */
#define BH_IOC_ATTACH _IOWR('B', 6, struct bh_ioc_enable)

/** op is BH_HC_LOCK. The answer's a: what is locked for root now. */
#define BH_IOC_LOCK _IOWR('B', 8, struct bh_ioc_cell)

/* 9: BH_IOC_MESSAGE of message.h. */

#define BH_MMAP_STATUS 0ULL
#define BH_MMAP_COMM(cell) ((bh_u64)(cell) << 20)

#endif
