/* SPDX-License-Identifier: Apache-2.0 */
/** @file cmd_cell.c
 * The life cycle of a cell, and its console.
 */
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "cli/cli.h"

#define IMAGE_LIMIT (256U * 1024U * 1024U)

/* One line about what was done; with @p cpus also on which CPUs. */
static int report(const char *command, uint32_t cell, const char *what, bool with_cpus)
{
    char name[BH_NAME_BYTES + 1U];
    char cpus[64];

    out_cell_name(name, sizeof(name), &session.info.plan, cell);
    if (opt.json) {
        json_start(command);
        json_bool("ok", true);
        json_string("cell", name);
        json_string("state", out_state(session.status->cells[cell].state));
        json_end();
    } else if (!opt.quiet) {
        out_bits(cpus, sizeof(cpus), session.info.plan.cells[cell].cpus);
        printf("cell '%s' %s%s%s\n", name, what, with_cpus ? " CPU " : "", with_cpus ? cpus : "");
    }
    return EXIT_OK;
}

/* -- calls that the kernel works off in steps -------------------------------------------------- */

static void show_left(uint64_t pages)
{
    char size[32];

    out_size(size, sizeof(size), pages * BH_PAGE_BYTES);
    fprintf(stderr, "\r\033[K%s left", size);
    fflush(stderr);
}

/**
 * Clearing and measuring take their time. The driver comes back several times a second with what is
 * left, and the same call goes on; interrupted, it can be made again.
 *
 * @req SWR_CLI_022
 */
static bool whole_call(uint32_t op, uint32_t cell, struct bh_result *result)
{
    bool show = !opt.quiet && !opt.json && isatty(STDERR_FILENO) == 1;
    bool shown = false;
    bool good = device_cell(BH_IOC_CELL, op, cell, result);

    while (!good && result->status == BH_E_HC_AGAIN) {
        if (show) {
            show_left(result->b);
            shown = true;
        }
        good = device_cell(BH_IOC_CELL, op, cell, result);
    }
    if (shown) {
        fputs("\r\033[K", stderr);
    }
    return good;
}

/**
 * The verbs that are one call of the driver.
 *
 * @req SWR_CLI_010
 */
static int simple(const char *command, uint32_t op, const char *what)
{
    struct bh_result result;
    uint32_t cell;
    int code;

    if (!session_cell(opt.argv[0], &cell, &code)) {
        return code;
    }
    if (!whole_call(op, cell, &result)) {
        return fail_result(&result);
    }
    return report(command, cell, what, true);
}

int cmd_cell_create(void)
{
    return simple("cell create", BH_HC_CELL_CREATE, "created with");
}

int cmd_cell_start(void)
{
    return simple("cell start", BH_HC_CELL_START, "running on");
}

int cmd_cell_stop(void)
{
    return simple("cell stop", BH_HC_CELL_STOP, "stopped on");
}

int cmd_cell_destroy(void)
{
    return simple("cell destroy", BH_HC_CELL_DESTROY, "destroyed; Linux has back");
}

/**
 * Stop, unless it is stopped, and start again, with the memory as it is: a cell whose memory must have a
 * digest and has changed it is refused. A start that was interrupted goes on.
 *
 * @req SWR_CLI_023
 */
int cmd_cell_restart(void)
{
    struct bh_result result;
    uint32_t state;
    uint32_t cell;
    int code;

    if (!session_cell(opt.argv[0], &cell, &code)) {
        return code;
    }
    state = session.status->cells[cell].state;
    if (state != BH_STATE_STOPPED && state != BH_STATE_MEASURING &&
        !whole_call(BH_HC_CELL_STOP, cell, &result)) {
        return fail_result(&result);
    }
    if (!whole_call(BH_HC_CELL_START, cell, &result)) {
        return fail_result(&result);
    }
    return report("cell restart", cell, "running again on", true);
}

/* -- load ------------------------------------------------------------------------------------- */

/* Split IMAGE@ADDR; without an address the cell's first loadable region is meant. */
static bool target(uint32_t cell, char *image, uint64_t *address)
{
    const struct bh_plan *plan = &session.info.plan;
    char *at = strrchr(image, '@');
    char *end = NULL;
    uint32_t i;

    if (at != NULL) {
        *at = '\0';
        *address = strtoull(at + 1, &end, 0);
        return at[1] >= '0' && at[1] <= '9' && *end == '\0';
    }
    for (i = 0U; i < plan->n_regions && i < BH_REGIONS_MAX; i++) {
        if (plan->regions[i].own == cell && (plan->regions[i].flags & BH_REGION_LOADABLE) != 0U) {
            *address = (uint64_t)plan->regions[i].ipn * BH_PAGE_BYTES;
            return true;
        }
    }
    *address = plan->cells[cell].entry;
    return true;
}

/**
 * Open the loadable regions if they are closed, then copy.
 *
 * @req SWR_CLI_010
 */
static int load(uint32_t cell, const char *image, uint64_t address)
{
    struct bh_result result = {0};
    uint64_t bytes;
    int code;
    void *data = file_read(image, IMAGE_LIMIT, &bytes, &code);
    bool good;

    if (data == NULL) {
        return code;
    }
    /* A second image joins the first: the regions are open already. */
    good = session.status->cells[cell].state == BH_STATE_LOADING ||
           device_cell(BH_IOC_CELL, BH_HC_CELL_LOAD, cell, &result);
    good = good && device_write(cell, address, data, bytes, &result);
    free(data);
    return good ? report("cell load", cell, "loaded", false) : fail_result(&result);
}

int cmd_cell_load(void)
{
    char image[4096];
    uint64_t address;
    uint32_t cell;
    int code;

    if (!session_cell(opt.argv[0], &cell, &code)) {
        return code;
    }
    if (strlen(opt.argv[1]) >= sizeof(image)) {
        return help_usage("path too long", opt.argv[1]);
    }
    strcpy(image, opt.argv[1]);
    if (!target(cell, image, &address)) {
        return help_usage("not IMAGE@ADDRESS", opt.argv[1]);
    }
    return load(cell, image, address);
}

/* -- console ---------------------------------------------------------------------------------- */

/**
 * The ring is the cell's: only printable bytes and line ends pass.
 *
 * @req SWR_CLI_005
 */
static void put_untrusted(uint8_t byte)
{
    if (byte == '\n' || (byte >= 0x20U && byte < 0x7FU)) {
        putchar(byte);
    } else if (byte != '\r') {
        putchar('?');
    }
}

/* Print what came since *from. A cell may say anything about how much that is. */
static void drain(const volatile struct bh_comm *comm, uint64_t *from)
{
    uint8_t copy[BH_COMM_CONSOLE];
    uint64_t next = comm->console_next;
    uint64_t after;
    uint64_t n;
    size_t i;

    n = next - *from;
    if (n > BH_COMM_CONSOLE) {
        n = BH_COMM_CONSOLE;
    }
    for (i = 0U; i < n; i++) {
        copy[i] = comm->console[(next - n + i) % BH_COMM_CONSOLE];
    }
    /* Bytes that were overwritten while we copied: the oldest ones. */
    after = comm->console_next - next;
    i = n + after > BH_COMM_CONSOLE ? (size_t)(n + after - BH_COMM_CONSOLE) : 0U;
    i = i > n ? (size_t)n : i;
    if (next - *from > n - i) {
        printf("(%" PRIu64 " older bytes overwritten)\n", next - *from - (n - i));
    }
    for (; i < n; i++) {
        put_untrusted(copy[i]);
    }
    fflush(stdout);
    *from = next;
}

int cmd_cell_console(void)
{
    const volatile struct bh_comm *comm;
    uint64_t from = 0U;
    uint32_t cell;
    int code;

    if (!session_cell(opt.argv[0], &cell, &code)) {
        return code;
    }
    comm = session.info.plan.cells[cell].comm == 0U ? NULL : device_comm(cell);
    if (comm == NULL) {
        return help_usage("the cell has no communication region", opt.argv[0]);
    }
    drain(comm, &from);
    while (opt.follow && device_wait()) {
        if (comm->console_next != from) {
            drain(comm, &from);
        }
    }
    return EXIT_OK;
}
