// SPDX-License-Identifier: GPL-2.0-only
/** @file report.c
 * One uevent per change of a cell's state, whoever caused it: after each call of ours, and once a
 * second for cells that stop or fail by themselves.
 */
#include <linux/device.h>
#include <linux/kobject.h>

#include "driver.h"

static const char *state_name(u32 state)
{
    static const char *const names[] = {"absent",  "created", "loading", "running",
                                        "stopped", "failed",  "lost"};

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

/**
 * Announce every cell whose state differs from the one last announced.
 *
 * @req SWR_DRV_008
 */
void bh_report(void)
{
    u32 cell;

    for (cell = BH_CELL_ROOT + 1U; cell < bh.plan->n_cells; cell++) {
        u32 state = READ_ONCE(bh.status->cells[cell].state);

        if (state != bh.seen[cell]) {
            bh.seen[cell] = state;
            announce(cell, state);
        }
    }
}

static void watch(struct work_struct *work)
{
    mutex_lock(&bh.lock);
    if (bh.enabled) {
        bh_report();
        schedule_delayed_work(&bh.watch, HZ);
    }
    mutex_unlock(&bh.lock);
}

void bh_report_init(void)
{
    INIT_DELAYED_WORK(&bh.watch, watch);
}

void bh_report_start(void)
{
    memset(bh.seen, 0, sizeof(bh.seen));
    schedule_delayed_work(&bh.watch, HZ);
}

/* Called without bh.lock, which the work takes. */
void bh_report_stop(void)
{
    cancel_delayed_work_sync(&bh.watch);
}
