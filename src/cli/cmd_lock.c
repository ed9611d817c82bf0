/* SPDX-License-Identifier: Apache-2.0 */
/** @file cmd_lock.c
 * lock: give up, for root or for all, what only a power cycle brings back.
 */
#include <stdio.h>
#include <string.h>

#include "cli/cli.h"

static const struct {
    const char *name;
    uint32_t scope;
} scopes[] = {{"create", BH_LOCK_CREATE},   {"load", BH_LOCK_LOAD},   {"start", BH_LOCK_START},
              {"disable", BH_LOCK_DISABLE}, {"debug", BH_LOCK_DEBUG}, {NULL, 0U}};

static uint32_t scope_of(const char *word)
{
    size_t i;

    for (i = 0U; scopes[i].name != NULL; i++) {
        if (strcmp(word, scopes[i].name) == 0) {
            return scopes[i].scope;
        }
    }
    return 0U;
}

void out_locks(char *out, size_t bytes, uint32_t locks)
{
    size_t used = 0U;
    size_t i;

    if (locks == 0U || (locks & ~BH_LOCK_SCOPES) != 0U) { /* none, or no word for it */
        if (locks == 0U) {
            snprintf(out, bytes, "-");
        } else {
            snprintf(out, bytes, "0x%x", locks);
        }
        return;
    }
    for (i = 0U; scopes[i].name != NULL && used < bytes; i++) {
        if ((locks & scopes[i].scope) != 0U) {
            used += (size_t)snprintf(out + used, bytes - used, "%s%s", used == 0U ? "" : ",",
                                     scopes[i].name);
        }
    }
}

/* What was locked, for whom, and what is locked for root now. */
static int report(uint32_t asked, uint32_t now)
{
    char what[48];
    char all[48];

    out_locks(what, sizeof(what), asked & BH_LOCK_SCOPES);
    out_locks(all, sizeof(all), now);
    if (opt.json) {
        json_start("lock");
        json_bool("ok", true);
        json_string("locked", what);
        json_bool("all", (asked & BH_LOCK_ALL) != 0U);
        json_string("root", all);
        json_end();
    } else if (!opt.quiet) {
        printf("locked for %s until power-off: %s\n",
               (asked & BH_LOCK_ALL) != 0U ? "every cell" : "root", what);
    }
    return EXIT_OK;
}

/**
 * Scopes for root, with --all for every cell.
 *
 * @req SWR_CLI_014
 */
int cmd_lock(void)
{
    uint32_t asked = opt.all ? BH_LOCK_ALL : 0U;
    struct bh_result result;
    int code;
    int i;

    for (i = 0; i < opt.argc; i++) {
        uint32_t scope = scope_of(opt.argv[i]);

        if (scope == 0U) {
            return help_usage("no such scope", opt.argv[i]);
        }
        asked |= scope;
    }
    if (!session_enabled(&code)) {
        return code;
    }
    if (!device_cell(BH_IOC_LOCK, BH_HC_LOCK, asked, &result)) {
        return fail_result(&result);
    }
    return report(asked, (uint32_t)result.a);
}
