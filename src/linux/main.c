// SPDX-License-Identifier: GPL-2.0-only
/** @file main.c
 * Bulkhead's Linux driver: /dev/bulkhead, its calls, and the module itself.
 */
#include <linux/capability.h>
#include <linux/cpu.h>
#include <linux/io.h>
#include <linux/module.h>
#include <linux/slab.h>
#include <linux/suspend.h>
#include <linux/uaccess.h>

#include "driver.h"

struct bh_driver bh;

static bool abi_matches(u32 abi, struct bh_result *result)
{
    if (abi != BH_ABI_VERSION) {
        return bh_refuse(result, BH_E_SYS_ABI, BH_ABI_VERSION, abi);
    }
    if (!capable(CAP_SYS_ADMIN)) {
        return bh_refuse(result, BH_E_SYS_PERMISSION, 0U, 0U);
    }
    return true;
}

/* Judge plan and image, place them, launch. Hotplug is shut out from the check to the launch. */
static bool judge_and_launch(const struct bh_plan *plan, struct bh_image_file *file,
                             struct bh_result *result)
{
    return bh_image_get(file, result) && bh_check_plan(plan, file->head.board, result) &&
           bh_check_memory(plan, &file->head, result) && bh_check_cpus(plan, result) &&
           bh_image_place(file, plan, plan->n_cpus, result) && bh_launch(&file->head, plan, result);
}

/* The kernel runs with this plan: manage it; holds the module from then on. */
static bool hold(struct bh_plan *plan, struct bh_result *result)
{
    struct bh_status *status =
        memremap(plan->status_ppn * BH_PAGE_BYTES, sizeof(*bh.status), MEMREMAP_WB);

    if (!status) {
        return bh_refuse(result, BH_E_SYS_INTERNAL, plan->status_ppn, BH_STATUS_PAGES);
    }
    bh.plan = plan;
    bh.status = status;
    if (!bh_message_open(result)) {
        memunmap(status);
        bh.plan = NULL;
        bh.status = NULL;
        return false;
    }
    memset(bh.taken, 0, sizeof(bh.taken));
    bh.enabled = true;
    __module_get(THIS_MODULE);
    bh_report_start();
    return true;
}

/**
 * Take the machine.
 *
 * @req SWR_DRV_001
 * @req SWR_DRV_007
 */
static bool enable(struct bh_plan *plan, struct bh_result *result)
{
    struct bh_image_file file = {};
    struct bh_result ignored;
    bool good;

    cpu_hotplug_disable();
    good = bh_check_machine(result) && judge_and_launch(plan, &file, result);
    cpu_hotplug_enable();
    bh_image_put(&file);
    if (good && !hold(plan, result)) {
        bh_give_back(&ignored);
        good = false;
    }
    if (good) {
        bh.image = file.head;
    }
    return good;
}

/**
 * Manage a kernel that was there before Linux.
 *
 * @req SWR_DRV_011
 */
static bool attach(struct bh_plan *plan, struct bh_result *result)
{
    bool good;

    cpu_hotplug_disable();
    good = bh_check_below(plan, result) && hold(plan, result);
    if (good) {
        bh.attached = true;
        bh_find_taken();
    }
    cpu_hotplug_enable();
    return good;
}

static long call_enable(struct bh_ioc_enable *call, bool below)
{
    struct bh_result *result = &call->result;
    struct bh_plan *plan;

    if (!abi_matches(call->abi, result)) {
        return 0;
    }
    if (bh.enabled) {
        bh_refuse(result, BH_E_LAUNCH_TWICE, 0U, 0U);
        return 0;
    }
    if (call->plan_bytes != sizeof(*plan)) {
        bh_refuse(result, BH_E_PLAN_SIZE, call->plan_bytes, sizeof(*plan));
        return 0;
    }
    plan = memdup_user(u64_to_user_ptr(call->plan), sizeof(*plan));
    if (IS_ERR(plan)) {
        return PTR_ERR(plan);
    }
    if (!(below ? attach(plan, result) : enable(plan, result))) {
        kfree(plan);
    }
    return 0;
}

/* The CPUs stay as they are from the look at the online ones to the hypercall on each. */
static bool give_back(struct bh_result *result)
{
    bool good;

    cpu_hotplug_disable();
    good = bh_give_back(result);
    cpu_hotplug_enable();
    return good;
}

/**
 * Lock scopes for root, or by the plan's grant for all. The kernel judges.
 *
 * @req SWR_DRV_014
 */
static long call_lock(struct bh_ioc_cell *call)
{
    struct bh_result *result = &call->result;

    if (!abi_matches(call->abi, result)) {
        return 0;
    }
    if (!bh.enabled) {
        bh_refuse(result, BH_E_SYS_NOT_ENABLED, 0U, 0U);
    } else if (call->op != BH_HC_LOCK) {
        bh_refuse(result, BH_E_HC_UNKNOWN, call->op, 0U);
    } else {
        bh_hypercall(BH_HC_LOCK, call->cell, result);
        bh_report();
    }
    return 0;
}

/**
 * Ask a cell for something. Nobody waits here.
 *
 * @req SWR_DRV_015
 */
static long call_message(struct bh_ioc_cell *call)
{
    if (abi_matches(call->abi, &call->result)) {
        bh_request(call);
    }
    return 0;
}

/**
 * Give the machine back and let the module go.
 *
 * @req SWR_DRV_003
 */
static long call_disable(struct bh_ioc_cell *call)
{
    if (!abi_matches(call->abi, &call->result)) {
        return 0;
    }
    if (!bh.enabled) {
        bh_refuse(&call->result, BH_E_SYS_NOT_ENABLED, 0U, 0U);
        return 0;
    }
    if (!give_back(&call->result)) {
        return 0;
    }
    bh_report_end();
    bh.enabled = false;
    bh_message_close();
    memunmap((void *)bh.status);
    kfree(bh.plan);
    bh.status = NULL;
    bh.plan = NULL;
    memset(&bh.image, 0, sizeof(bh.image));
    module_put(THIS_MODULE);
    return 0;
}

static long call_cell(struct bh_ioc_cell *call)
{
    if (abi_matches(call->abi, &call->result)) {
        bh_cell_call(call);
    }
    return 0;
}

static long call_write(struct bh_ioc_write *call)
{
    return abi_matches(call->abi, &call->result) ? bh_cell_write(call) : 0;
}

/* The image in force, or the one that would be; an image that is refused shows only its ABI. */
static void describe_image(struct bh_ioc_info *info)
{
    struct bh_image_file file = {.head = bh.image};
    struct bh_result ignored;

    if ((bh.enabled && !bh.attached) || bh_image_get(&file, &ignored)) {
        info->image_base = file.head.base;
        info->image_bytes = file.head.memory_bytes;
    }
    info->image_abi = file.head.abi;
    bh_image_put(&file);
}

static long call_info(struct bh_ioc_info *info)
{
    u32 abi = info->abi;

    memset(info, 0, sizeof(*info));
    info->abi = BH_ABI_VERSION;
    if (!abi_matches(abi, &info->result)) {
        return 0;
    }
    info->enabled = bh.attached ? BH_ATTACHED : bh.enabled ? BH_LAUNCHED : BH_NOT_ENABLED;
    info->n_cpus_online = num_online_cpus();
    info->n_cpus_possible = num_possible_cpus();
    info->el = bh_exception_level();
    info->conduit = bh_conduit();
    info->pseudo_nmi = bh_pseudo_nmi() ? 1U : 0U;
    describe_image(info);
    if (bh.enabled) {
        info->plan = *bh.plan;
    }
    return 0;
}

static long dispatch(unsigned int number, void *call)
{
    switch (number) {
    case BH_IOC_ENABLE:
    case BH_IOC_ATTACH:
        return call_enable(call, number == BH_IOC_ATTACH);
    case BH_IOC_DISABLE:
        return call_disable(call);
    case BH_IOC_CELL:
        return call_cell(call);
    case BH_IOC_LOCK:
        return call_lock(call);
    case BH_IOC_MESSAGE:
        return call_message(call);
    case BH_IOC_WRITE:
        return call_write(call);
    default:
        return call_info(call);
    }
}

static bool is_known(unsigned int number)
{
    return number == BH_IOC_LOCK || number == BH_IOC_ENABLE || number == BH_IOC_ATTACH ||
           number == BH_IOC_DISABLE || number == BH_IOC_CELL || number == BH_IOC_WRITE ||
           number == BH_IOC_MESSAGE || number == BH_IOC_INFO;
}

static struct bh_result *result_of(unsigned int number, void *call)
{
    switch (number) {
    case BH_IOC_ENABLE:
    case BH_IOC_ATTACH:
        return &((struct bh_ioc_enable *)call)->result;
    case BH_IOC_WRITE:
        return &((struct bh_ioc_write *)call)->result;
    case BH_IOC_INFO:
        return &((struct bh_ioc_info *)call)->result;
    default:
        return &((struct bh_ioc_cell *)call)->result;
    }
}

static long bh_ioctl(struct file *file, unsigned int number, unsigned long argument)
{
    void __user *user = (void __user *)argument;
    struct bh_result *result;
    void *call;
    long error;

    if (!is_known(number)) {
        return -ENOTTY;
    }
    call = memdup_user(user, _IOC_SIZE(number));
    if (IS_ERR(call)) {
        return PTR_ERR(call);
    }
    result = result_of(number, call);
    memset(result, 0, sizeof(*result));
    mutex_lock(&bh.lock);
    error = dispatch(number, call);
    mutex_unlock(&bh.lock);
    if (error == 0 && copy_to_user(user, call, _IOC_SIZE(number)) != 0U) {
        error = -EFAULT;
    }
    kfree(call);
    return error;
}

static const struct file_operations bh_operations = {
    .owner = THIS_MODULE,
    .open = bh_news_open,
    .release = bh_news_release,
    .read = bh_news_read,
    .poll = bh_news_poll,
    .unlocked_ioctl = bh_ioctl,
    .mmap = bh_map,
    .llseek = noop_llseek,
};

/**
 * The kernel owns power management while enabled: a system that sleeps would leave its cells.
 *
 * @req SWR_DRV_007
 */
static int on_sleep(struct notifier_block *block, unsigned long event, void *data)
{
    bool going = event == PM_SUSPEND_PREPARE || event == PM_HIBERNATION_PREPARE ||
                 event == PM_RESTORE_PREPARE;

    if (going && READ_ONCE(bh.enabled)) {
        pr_warn("bulkhead: no suspend while enabled\n");
        return NOTIFY_BAD;
    }
    return NOTIFY_DONE;
}

static struct notifier_block sleep_block = {.notifier_call = on_sleep};

static int __init bh_start(void)
{
    int error;

    mutex_init(&bh.lock);
    bh_report_init();
    bh.misc.minor = MISC_DYNAMIC_MINOR;
    bh.misc.name = "bulkhead";
    bh.misc.fops = &bh_operations;
    bh.misc.mode = 0600;
    error = register_pm_notifier(&sleep_block);
    if (error != 0) {
        return error;
    }
    error = misc_register(&bh.misc);
    if (error != 0) {
        unregister_pm_notifier(&sleep_block);
    }
    return error;
}

/* Enabled, the module holds a reference to itself: this runs on a machine that is Linux's again. */
static void __exit bh_stop(void)
{
    bh_report_stop();
    misc_deregister(&bh.misc);
    unregister_pm_notifier(&sleep_block);
}

module_init(bh_start);
module_exit(bh_stop);
MODULE_DESCRIPTION("Bulkhead: hands the machine to the Bulkhead kernel and manages its cells");
MODULE_FIRMWARE(BH_FIRMWARE);
MODULE_LICENSE("GPL");
