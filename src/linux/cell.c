// SPDX-License-Identifier: GPL-2.0-only
/** @file cell.c
 * The life cycle of a cell. The kernel decides; the driver brings Linux into the state which the
 * kernel asks for (CPUs offline) and back if the kernel refuses.
 */
#include <linux/cpu.h>
#include <linux/io.h>
#include <linux/sched/signal.h>
#include <linux/uaccess.h>

#include "driver.h"

#define LONG_JIFFIES (HZ / 5)

bool bh_cell_is_known(u32 cell, struct bh_result *result)
{
    if (!bh.enabled) {
        return bh_refuse(result, BH_E_SYS_NOT_ENABLED, 0U, 0U);
    }
    if (cell <= BH_CELL_ROOT || cell >= bh.plan->n_cells) {
        return bh_refuse(result, BH_E_HC_NO_CELL, cell, bh.plan->n_cells);
    }
    return true;
}

/* Bring back online what we took for the cell. */
static bool return_cpus(u32 cell, struct bh_result *result)
{
    bool good = true;
    u32 index;

    for (index = 0U; index < bh.plan->n_cpus; index++) {
        if ((bh.taken[cell] & (1U << index)) == 0U) {
            continue;
        }
        if (add_cpu((unsigned int)bh.linux_cpu[index]) != 0) {
            good = bh_refuse(result, BH_E_SYS_CPUHP, (u64)bh.linux_cpu[index], 1U);
        } else {
            bh.taken[cell] &= ~(1U << index);
        }
    }
    return good;
}

/* Take offline what is online of the cell's CPUs, and remember it. One that Linux does not know (-1) was
 * never root's. */
static bool take_cpus(u32 cell, struct bh_result *result)
{
    u32 index;

    for (index = 0U; index < bh.plan->n_cpus; index++) {
        int cpu = bh.linux_cpu[index];

        if ((bh.plan->cells[cell].cpus & (1U << index)) == 0U || cpu < 0 || !cpu_online(cpu)) {
            continue;
        }
        if (remove_cpu((unsigned int)cpu) != 0) {
            return bh_refuse(result, BH_E_SYS_CPUHP, (u64)cpu, 0U);
        }
        bh.taken[cell] |= 1U << index;
    }
    return true;
}

/**
 * A call that the kernel works off in steps. After a while, or at a fatal signal, the caller learns
 * what is left: the same call goes on from there, and DESTROY ends it. Other cells learn of the end.
 *
 * @req SWR_DRV_012
 * @req SWR_DRV_016
 */
static bool long_call(u32 op, u32 cell, struct bh_result *result)
{
    unsigned long end = jiffies + LONG_JIFFIES;
    bool good = bh_hypercall(op, cell, result);

    while (!good && result->status == BH_E_HC_AGAIN && time_before(jiffies, end) &&
           !fatal_signal_pending(current)) {
        cond_resched();
        good = bh_hypercall(op, cell, result);
    }
    if (good) {
        bh_notify(cell);
    }
    return good;
}

/**
 * CPUs first, then the kernel; back if it refuses.
 *
 * @req SWR_DRV_004
 */
static void create(u32 cell, struct bh_result *result)
{
    u32 before = bh.taken[cell];
    struct bh_result ignored;

    if (READ_ONCE(bh.status->cells[cell].state) == BH_STATE_CLEANING) {
        long_call(BH_HC_CELL_CREATE, cell, result); /* it has its CPUs */
        return;
    }
    if (READ_ONCE(bh.status->cells[cell].state) != BH_STATE_ABSENT) {
        bh_refuse(result, BH_E_HC_STATE, cell, READ_ONCE(bh.status->cells[cell].state));
        return;
    }
    if (before != 0U && !return_cpus(cell, result)) {
        return;
    }
    if (!take_cpus(cell, result) ||
        (!long_call(BH_HC_CELL_CREATE, cell, result) && result->status != BH_E_HC_AGAIN)) {
        return_cpus(cell, &ignored);
    }
}

/**
 * The kernel first, then the CPUs.
 *
 * @req SWR_DRV_004
 */
static void destroy(u32 cell, struct bh_result *result)
{
    if (long_call(BH_HC_CELL_DESTROY, cell, result)) {
        return_cpus(cell, result);
    }
}

void bh_cell_call(struct bh_ioc_cell *call)
{
    if (!bh_cell_is_known(call->cell, &call->result)) {
        return;
    }
    switch (call->op) {
    case BH_HC_CELL_CREATE:
        create(call->cell, &call->result);
        break;
    case BH_HC_CELL_DESTROY:
        destroy(call->cell, &call->result);
        break;
    case BH_HC_CELL_START:
        bh_message_clear(call->cell);
        long_call(call->op, call->cell, &call->result);
        break;
    case BH_HC_CELL_LOAD:
    case BH_HC_CELL_STOP:
        long_call(call->op, call->cell, &call->result);
        break;
    default:
        bh_refuse(&call->result, BH_E_HC_UNKNOWN, call->op, 0U);
        break;
    }
    bh_report();
}

/* The loadable region of the cell which holds all of [ipa, ipa + bytes), as a physical address. */
static bool find_target(const struct bh_ioc_write *call, u64 *physical, struct bh_result *result)
{
    u32 i;

    for (i = 0U; i < bh.plan->n_regions; i++) {
        const struct bh_region *region = &bh.plan->regions[i];
        u64 first = (u64)region->ipn * BH_PAGE_BYTES;
        u64 bytes = (u64)region->n * BH_PAGE_BYTES;

        if (region->own == call->cell && (region->flags & BH_REGION_LOADABLE) != 0U &&
            call->ipa >= first && call->bytes != 0U && call->bytes <= bytes &&
            call->ipa - first <= bytes - call->bytes) {
            *physical = region->ppn * BH_PAGE_BYTES + (call->ipa - first);
            return true;
        }
    }
    return bh_refuse(result, BH_E_SYS_RANGE, call->ipa, call->bytes);
}

/**
 * The state is looked at first: outside LOADING the region is not root's, and an access from
 * kernel mode would be answered by an external abort. The lock keeps START away until the copy is
 * done.
 *
 * @req SWR_DRV_005
 */
int bh_cell_write(struct bh_ioc_write *call)
{
    struct bh_result *result = &call->result;
    unsigned long left;
    u64 physical;
    void *target;
    u32 state;

    if (!bh_cell_is_known(call->cell, result)) {
        return 0;
    }
    state = READ_ONCE(bh.status->cells[call->cell].state);
    if (state != BH_STATE_LOADING) {
        bh_refuse(result, BH_E_HC_STATE, call->cell, state);
        return 0;
    }
    if (!find_target(call, &physical, result)) {
        return 0;
    }
    target = memremap(physical, call->bytes, MEMREMAP_WB);
    if (!target) {
        bh_refuse(result, BH_E_SYS_INTERNAL, physical, call->bytes);
        return 0;
    }
    left = copy_from_user(target, u64_to_user_ptr(call->buffer), call->bytes);
    bh_clean(target, call->bytes);
    memunmap(target);
    return left == 0U ? 0 : -EFAULT;
}
