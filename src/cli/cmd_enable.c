/* SPDX-License-Identifier: Apache-2.0 */
/** @file cmd_enable.c
 * enable, attach, disable, plan check.
 */
#include <inttypes.h>
#include <stdio.h>

#include "cli/cli.h"

static struct bh_plan plan_given;

static int say_done(const char *command, const char *line)
{
    if (opt.json) {
        json_start(command);
        json_bool("ok", true);
        json_end();
    } else if (!opt.quiet) {
        puts(line);
    }
    return EXIT_OK;
}

/* The plan is judged before the machine is touched; the kernel judges it again, or has done so. */
static int begin(const char *command, unsigned long request, const char *done)
{
    struct bh_result result;
    char line[96];
    int code;

    if (!session_open(&code)) {
        return code;
    }
    if (session.info.enabled != 0U) {
        return fail(BH_E_LAUNCH_TWICE, 0U, 0U, NULL);
    }
    if (!plan_load(opt.argv[0], &plan_given, &code)) {
        return code;
    }
    error_plan = &plan_given;
    if (!device_enable(request, &plan_given, &result)) {
        return fail_result(&result);
    }
    snprintf(line, sizeof(line), "%s: plan %08" PRIx32 ", CPUs %" PRIu32 ", cells %" PRIu32, done,
             plan_given.crc, plan_given.n_cpus, plan_given.n_cells - 2U);
    return say_done(command, line);
}

int cmd_enable(void)
{
    return begin("enable", BH_IOC_ENABLE, "enabled");
}

/**
 * Manage a kernel that firmware started.
 *
 * @req SWR_CLI_013
 */
int cmd_attach(void)
{
    return begin("attach", BH_IOC_ATTACH, "attached");
}

int cmd_disable(void)
{
    struct bh_result result;
    int code;

    if (!session_open(&code)) {
        return code;
    }
    if (!device_cell(BH_IOC_DISABLE, BH_HC_DISABLE, 0U, &result)) {
        return fail_result(&result);
    }
    return say_done("disable", "disabled");
}

int cmd_plan_check(void)
{
    char line[160];
    int code;

    if (!plan_load(opt.argv[0], &plan_given, &code)) {
        return code;
    }
    snprintf(line, sizeof(line),
             "plan %08" PRIx32 " is good: CPUs %" PRIu32 ", cells %" PRIu32 ", regions %" PRIu32,
             plan_given.crc, plan_given.n_cpus, plan_given.n_cells - 2U, plan_given.n_regions);
    return say_done("plan check", line);
}
