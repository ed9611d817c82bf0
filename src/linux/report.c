// SPDX-License-Identifier: GPL-2.0-only
/** @file report.c
 * One uevent per change of a cell's state and one for new events, whoever caused them: after each call
 * of ours, and at each look at the status pages. The kernel has no interrupt for Linux, so the driver
 * looks once a second, and ten times a second while a process waits for news.
 */
#include <linux/device.h>
#include <linux/kobject.h>

#include "driver.h"

#define IDLE_JIFFIES HZ
#define AWAITED_JIFFIES (HZ / 10)

static const char *state_name(u32 state)
{
    static const char *const names[] = {"absent", "created", "loading",  "running",   "stopped",
                                        "failed", "lost",    "cleaning", "measuring", "leaving"};

    return state < ARRAY_SIZE(names) ? names[state] : "unknown";
}

static void announce(u32 cell, u32 state)
{
    char name[sizeof("BULKHEAD_CELL=") + BH_NAME_BYTES];
    char text[sizeof("BULKHEAD_STATE=") + BH_NAME_BYTES];
    char *env[] = {name, text, NULL};

    snprintf(name, sizeof(name), "BULKHEAD_CELL=%.*s", (int)BH_NAME_BYTES,
             (const char *)bh.plan->cells[cell].name);
    snprintf(text, sizeof(text), "BULKHEAD_STATE=%s", state_name(state));
    kobject_uevent_env(&bh.misc.this_device->kobj, KOBJ_CHANGE, env);
}

static void announce_events(u64 next)
{
    char text[sizeof("BULKHEAD_EVENTS=") + 20U];
    char *env[] = {text, NULL};

    snprintf(text, sizeof(text), "BULKHEAD_EVENTS=%llu", (unsigned long long)next);
    kobject_uevent_env(&bh.misc.this_device->kobj, KOBJ_CHANGE, env);
}

/* Announce every cell whose state differs from the one last announced. @return how many. */
static u32 report_cells(void)
{
    u32 changes = 0U;
    u32 cell;

    for (cell = BH_CELL_ROOT + 1U; cell < bh.plan->n_cells; cell++) {
        u32 state = READ_ONCE(bh.status->cells[cell].state);

        if (state != bh.seen[cell]) {
            bh.seen[cell] = state;
            announce(cell, state);
            changes++;
        }
    }
    return changes;
}

/**
 * Look at the status pages: announce what is new, and wake who waits for it.
 *
 * @req SWR_DRV_008
 * @req SWR_DRV_009
 */
void bh_report(void)
{
    u64 next = READ_ONCE(bh.status->next);
    u32 changes = report_cells();
    bool grown = false;

    spin_lock(&bh.news_lock);
    bh.news.changes += changes;
    /* Several CPUs write it, so it may go back for a moment. */
    if (next > bh.news.next) {
        bh.news.next = next;
        grown = true;
    }
    spin_unlock(&bh.news_lock);
    if (grown) {
        announce_events(next);
    }
    if (grown || changes != 0U) {
        wake_up_interruptible(&bh.readers);
    }
}

/* Somebody waits: keep the short period. */
static bool is_awaited(void)
{
    bool awaited;

    spin_lock(&bh.news_lock);
    awaited = wq_has_sleeper(&bh.readers);
    bh.awaited = awaited;
    spin_unlock(&bh.news_lock);
    return awaited;
}

static void watch(struct work_struct *work)
{
    mutex_lock(&bh.lock);
    if (bh.enabled) {
        bh_report();
        schedule_delayed_work(&bh.watch, is_awaited() ? AWAITED_JIFFIES : IDLE_JIFFIES);
    }
    mutex_unlock(&bh.lock);
}

/**
 * A process begins to wait: look again after the short period. One look is moved once, however often
 * this is called.
 *
 * @req SWR_DRV_010
 */
void bh_report_soon(void)
{
    bool first;

    spin_lock(&bh.news_lock);
    first = bh.news.enabled != 0U && !bh.awaited;
    bh.awaited = bh.awaited || first;
    spin_unlock(&bh.news_lock);
    if (first) {
        mod_delayed_work(system_wq, &bh.watch, AWAITED_JIFFIES);
    }
}

void bh_report_init(void)
{
    INIT_DELAYED_WORK(&bh.watch, watch);
    init_waitqueue_head(&bh.readers);
    spin_lock_init(&bh.news_lock);
}

void bh_report_start(void)
{
    memset(bh.seen, 0, sizeof(bh.seen));
    spin_lock(&bh.news_lock);
    bh.news.next = 0U;
    bh.news.changes = 0U;
    bh.news.enables++;
    bh.news.enabled = 1U;
    bh.awaited = false;
    spin_unlock(&bh.news_lock);
    bh_report();
    schedule_delayed_work(&bh.watch, is_awaited() ? AWAITED_JIFFIES : IDLE_JIFFIES);
}

/* The machine is Linux's again; the last events are told. */
void bh_report_end(void)
{
    bh_report();
    spin_lock(&bh.news_lock);
    bh.news.enabled = 0U;
    spin_unlock(&bh.news_lock);
    wake_up_interruptible(&bh.readers);
}

/* Called without bh.lock, which the work takes. */
void bh_report_stop(void)
{
    cancel_delayed_work_sync(&bh.watch);
}
