/* SPDX-License-Identifier: GPL-2.0-only */
/** @file driver.h
 * What the files of the driver share. All of it is guarded by bh.lock, except where said otherwise.
 */
#ifndef BH_LINUX_DRIVER_H
#define BH_LINUX_DRIVER_H

#include <linux/firmware.h>
#include <linux/miscdevice.h>
#include <linux/mm_types.h>
#include <linux/mutex.h>
#include <linux/poll.h>
#include <linux/wait.h>
#include <linux/workqueue.h>

#include "errors.h"
#include "hypercall.h"
#include "image.h"
#include "ioctl.h"
#include "message.h"
#include "status.h"

#define BH_FIRMWARE "bulkhead.bin"

/* bh_ioc_info.conduit */
#define BH_CONDUIT_SMC 1U
#define BH_CONDUIT_HVC 2U

/** State of the driver. */
struct bh_driver {
    struct miscdevice misc;
    struct mutex lock;
    bool enabled;
    bool attached;                  /**< enabled, by a kernel that was there before Linux */
    struct bh_plan *plan;           /**< copy of the plan in force; valid while enabled */
    struct bh_image image;          /**< header of the image in force; valid while launched */
    const struct bh_status *status; /**< status pages; valid while enabled */
    int linux_cpu[BH_CPUS_MAX];     /**< Linux's number of each CPU of the plan */
    u32 taken[BH_CELLS_MAX];        /**< CPUs which we took offline for a cell, as in the plan */
    u32 seen[BH_CELLS_MAX];         /**< state of each cell as last reported */
    struct bh_comm_page *comm[BH_CELLS_MAX]; /**< communication regions; valid while enabled */
    u64 requests[BH_CELLS_MAX];     /**< number of the last request to each cell */
    u64 notices[BH_CELLS_MAX];
    struct delayed_work watch;
    bool awaited;               /**< somebody waits, so the watch is short; guarded by news_lock */
    spinlock_t news_lock;       /**< guards news, which is written under bh.lock too */
    struct bh_news news;        /**< what read() gives */
    wait_queue_head_t readers;  /**< who waits for other news */
};

extern struct bh_driver bh;

/** A kernel image from the firmware path, judged. */
struct bh_image_file {
    const struct firmware *firmware;
    struct bh_image head;
};

/* Every function below that returns bool has filled *result when it returns false. */

/** Record a refusal. @return false, so that callers can return it. */
static inline bool bh_refuse(struct bh_result *result, u32 status, u64 a, u64 b)
{
    result->status = status;
    result->zero = 0U;
    result->a = a;
    result->b = b;
    return false;
}

/* check.c: what must hold before the machine is handed over */
bool bh_check_machine(struct bh_result *result);
bool bh_check_plan(const struct bh_plan *plan, u32 board, struct bh_result *result);
bool bh_check_memory(const struct bh_plan *plan, const struct bh_image *image,
                     struct bh_result *result);
bool bh_check_cpus(const struct bh_plan *plan, struct bh_result *result);
u32 bh_exception_level(void);
u32 bh_conduit(void);
bool bh_pseudo_nmi(void);

bool bh_check_regions(const struct bh_plan *plan, struct bh_result *result);

/* attach.c: a kernel that was there before Linux */
bool bh_below(void);
bool bh_check_below(const struct bh_plan *plan, struct bh_result *result);
void bh_find_taken(void);

/* image.c: the kernel image */
bool bh_image_get(struct bh_image_file *file, struct bh_result *result);
void bh_image_put(struct bh_image_file *file);
bool bh_image_place(const struct bh_image_file *file, const struct bh_plan *plan, u32 cpus,
                    struct bh_result *result);
void bh_clean(const void *start, size_t bytes);

/* launch.c: taking EL2 and giving it back */
bool bh_launch(const struct bh_image *image, const struct bh_plan *plan, struct bh_result *result);
bool bh_give_back(struct bh_result *result);
bool bh_hypercall(u64 number, u64 argument, struct bh_result *result);
u32 bh_plan_cpu(const struct bh_plan *plan, u64 mpidr);

/* cell.c: life cycle of a cell */
bool bh_cell_is_known(u32 cell, struct bh_result *result);
void bh_cell_call(struct bh_ioc_cell *call);
int bh_cell_write(struct bh_ioc_write *call);

/* message.c: messages to cells */
bool bh_comm_page(u32 cell, u64 *page);
bool bh_message_open(struct bh_result *result);
void bh_message_close(void);
void bh_request(struct bh_ioc_cell *call);
void bh_notify(u32 changed);
void bh_message_clear(u32 cell);

/* map.c: mmap */
int bh_map(struct file *file, struct vm_area_struct *vma);

/* report.c: uevents on a change of a cell's state and on new events */
void bh_report_init(void);
void bh_report_start(void);
void bh_report_end(void);
void bh_report_stop(void);
void bh_report_soon(void);
void bh_report(void);

/* news.c: read() and poll() */
int bh_news_open(struct inode *inode, struct file *file);
int bh_news_release(struct inode *inode, struct file *file);
ssize_t bh_news_read(struct file *file, char __user *to, size_t bytes, loff_t *at);
__poll_t bh_news_poll(struct file *file, struct poll_table_struct *table);

/* test.c, of test builds alone */
#ifdef BULKHEAD_TEST
bool bh_test_held(void);
#else
static inline bool bh_test_held(void)
{
    return false;
}
#endif

#endif
