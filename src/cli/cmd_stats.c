/* SPDX-License-Identifier: Apache-2.0 */
/** @file cmd_stats.c
 * cell stats: exits by cause, starts, events and extremes of cells; with -i what came since.
 */
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "cli/cli.h"

#define LAST_EVENTS 5U
#define SECONDS_MAX 86400U

/** Counters of all cells at one moment, or what came between two. */
struct counts {
    uint32_t starts[BH_CELLS_MAX];
    uint64_t events[BH_CELLS_MAX];
    uint64_t exits[BH_CPUS_MAX][BH_EXITS];
    uint64_t total[BH_CPUS_MAX];
};

/** What the ring still holds of one cell. */
struct kept {
    struct bh_event last[LAST_EVENTS]; /**< place: how many were found before it, modulo */
    uint64_t n;
    uint64_t closest; /**< fewest ticks between two that follow each other; UINT64_MAX: none */
};

/** The cells to show, as a bitmap. */
static uint32_t chosen;
/** Most exits of a CPU in one interval. */
static uint64_t peak[BH_CPUS_MAX];

static uint32_t cpu_count(void)
{
    uint32_t n = session.info.plan.n_cpus;

    return n > BH_CPUS_MAX ? BH_CPUS_MAX : n;
}

static bool is_chosen(uint32_t cell)
{
    return (chosen >> cell & 1U) != 0U;
}

static void take_counts(struct counts *now)
{
    const volatile struct bh_status *status = session.status;
    uint32_t i;
    uint32_t cause;

    for (i = 0U; i < BH_CELLS_MAX; i++) {
        now->starts[i] = status->cells[i].starts;
        now->events[i] = status->cells[i].events;
    }
    for (i = 0U; i < BH_CPUS_MAX; i++) {
        now->total[i] = status->cpus[i].total;
        for (cause = 0U; cause < BH_EXITS; cause++) {
            now->exits[i][cause] = status->cpus[i].exits[cause];
        }
    }
}

/* What came from @p before to @p now. */
static struct counts since(const struct counts *now, const struct counts *before)
{
    struct counts grown;
    uint32_t i;
    uint32_t cause;

    for (i = 0U; i < BH_CELLS_MAX; i++) {
        grown.starts[i] = now->starts[i] - before->starts[i];
        grown.events[i] = now->events[i] - before->events[i];
    }
    for (i = 0U; i < BH_CPUS_MAX; i++) {
        grown.total[i] = now->total[i] - before->total[i];
        peak[i] = grown.total[i] > peak[i] ? grown.total[i] : peak[i];
        for (cause = 0U; cause < BH_EXITS; cause++) {
            grown.exits[i][cause] = now->exits[i][cause] - before->exits[i][cause];
        }
    }
    return grown;
}

/* Look through the ring for events of the cell. */
static struct kept find_kept(uint32_t cell)
{
    struct kept kept = {.n = 0U, .closest = UINT64_MAX};
    uint64_t next = session.status->next;
    uint64_t n = next > BH_EVENTS ? next - BH_EVENTS : 0U;
    struct bh_event event;
    uint64_t before = 0U;

    for (; n < next; n++) {
        if (ring_take(n, &event) != RING_TAKEN || event.cell != cell) {
            continue;
        }
        if (kept.n > 0U && event.time - before < kept.closest) {
            kept.closest = event.time - before;
        }
        before = event.time;
        kept.last[kept.n % LAST_EVENTS] = event;
        kept.n++;
    }
    return kept;
}

/* -- tables ----------------------------------------------------------------------------------- */

static void head_row(bool interval)
{
    uint32_t cause;

    table_start((interval ? 7 : 6) + (int)BH_EXITS);
    table_cell("CELL");
    table_cell("STATE");
    table_cell("STARTS");
    table_cell("EVENTS");
    table_cell("CPU");
    table_cell("EXITS");
    if (interval) {
        table_cell("MOST");
    }
    for (cause = 0U; cause < BH_EXITS; cause++) {
        table_cell(exit_names[cause]);
    }
}

/* One CPU of a cell, or a cell that has none (BH_CPUS_MAX). */
static void cpu_row(uint32_t cell, uint32_t cpu, const struct counts *counts, bool interval)
{
    char text[64];
    uint32_t cause;

    out_cell_name(text, sizeof(text), &session.info.plan, cell);
    table_cell(text);
    table_cell(cell_state_text(cell));
    number_cell(counts->starts[cell]);
    number_cell(counts->events[cell]);
    if (cpu == BH_CPUS_MAX) {
        for (cause = 0U; cause < BH_EXITS + (interval ? 3U : 2U); cause++) {
            table_cell("-");
        }
        return;
    }
    number_cell(cpu);
    number_cell(counts->total[cpu]);
    if (interval) {
        number_cell(peak[cpu]);
    }
    for (cause = 0U; cause < BH_EXITS; cause++) {
        number_cell(counts->exits[cpu][cause]);
    }
}

static void cell_rows(uint32_t cell, const struct counts *counts, bool interval)
{
    bool any = false;
    uint32_t cpu;

    for (cpu = 0U; cpu < cpu_count(); cpu++) {
        if (session.status->cpus[cpu].cell == cell) {
            cpu_row(cell, cpu, counts, interval);
            any = true;
        }
    }
    if (!any) {
        cpu_row(cell, BH_CPUS_MAX, counts, interval);
    }
}

static void counts_table(const struct counts *counts, bool interval)
{
    uint32_t cell;

    head_row(interval);
    for (cell = 0U; cell < BH_CELLS_MAX; cell++) {
        if (is_chosen(cell)) {
            cell_rows(cell, counts, interval);
        }
    }
    table_print(!opt.quiet);
}

/* Ticks, or nothing where there is no value. */
static void ticks_cell(bool known, uint64_t ticks)
{
    if (known) {
        number_cell(ticks);
    } else {
        table_cell("-");
    }
}

static void marks_row(uint32_t cell, const struct kept *kept)
{
    const volatile struct bh_comm *comm = cell_comm(cell);
    bool beaten = comm != NULL && comm->ticks != 0U;
    char text[64];

    out_cell_name(text, sizeof(text), &session.info.plan, cell);
    table_cell(text);
    number_cell(kept->n);
    ticks_cell(kept->closest != UINT64_MAX, kept->closest);
    ticks_cell(beaten, beaten ? comm->jitter_min : 0U);
    ticks_cell(beaten, beaten ? comm->jitter_max : 0U);
}

static void marks_table(void)
{
    static const char *const heads[] = {"MARKS", "EVENTS KEPT", "CLOSEST", "LEAST JITTER",
                                        "MOST JITTER"};
    struct kept kept;
    uint32_t i;

    table_start(5);
    for (i = 0U; i < 5U; i++) {
        table_cell(heads[i]);
    }
    for (i = 0U; i < BH_CELLS_MAX; i++) {
        if (is_chosen(i)) {
            kept = find_kept(i);
            marks_row(i, &kept);
        }
    }
    table_print(!opt.quiet);
}

static uint64_t first_shown(const struct kept *kept)
{
    return kept->n > LAST_EVENTS ? kept->n - LAST_EVENTS : 0U;
}

/* The last events of each cell, cell by cell. */
static void last_table(void)
{
    struct kept kept;
    uint32_t cell;
    uint64_t i;

    ring_heads();
    for (cell = 0U; cell < BH_CELLS_MAX; cell++) {
        if (is_chosen(cell)) {
            kept = find_kept(cell);
            for (i = first_shown(&kept); i < kept.n; i++) {
                ring_row(&kept.last[i % LAST_EVENTS]);
            }
        }
    }
    table_print(!opt.quiet);
}

/* -- JSON ------------------------------------------------------------------------------------- */

static void cpu_json(uint32_t cpu, const struct counts *counts, bool interval)
{
    uint32_t cause;

    json_open(NULL, '{');
    json_number("cpu", cpu);
    json_string("state", out_cpu_state(session.status->cpus[cpu].state));
    json_number("total", counts->total[cpu]);
    if (interval) {
        json_number("most", peak[cpu]);
    }
    json_open("exits", '{');
    for (cause = 0U; cause < BH_EXITS; cause++) {
        json_number(exit_names[cause], counts->exits[cpu][cause]);
    }
    json_close('}');
    json_close('}');
}

static void marks_json(uint32_t cell, const struct kept *kept)
{
    const volatile struct bh_comm *comm = cell_comm(cell);

    json_open("marks", '{');
    json_number("events_kept", kept->n);
    if (kept->closest != UINT64_MAX) {
        json_number("closest", kept->closest);
    }
    if (comm != NULL && comm->ticks != 0U) {
        json_number("jitter_min", comm->jitter_min);
        json_number("jitter_max", comm->jitter_max);
    }
    json_close('}');
}

static void last_json(const struct kept *kept)
{
    uint64_t i;

    json_open("last", '[');
    for (i = first_shown(kept); i < kept->n; i++) {
        json_open(NULL, '{');
        ring_json(&kept->last[i % LAST_EVENTS]);
        json_close('}');
    }
    json_close(']');
}

static void cell_json(uint32_t cell, const struct counts *counts, bool interval)
{
    struct kept kept;
    char text[64];
    uint32_t cpu;

    json_open(NULL, '{');
    out_cell_name(text, sizeof(text), &session.info.plan, cell);
    json_string("name", text);
    json_string("state", cell_state_text(cell));
    json_number("starts", counts->starts[cell]);
    json_number("events", counts->events[cell]);
    json_open("cpus", '[');
    for (cpu = 0U; cpu < cpu_count(); cpu++) {
        if (session.status->cpus[cpu].cell == cell) {
            cpu_json(cpu, counts, interval);
        }
    }
    json_close(']');
    if (!interval) {
        kept = find_kept(cell);
        marks_json(cell, &kept);
        last_json(&kept);
    }
    json_close('}');
}

static void counts_json(const struct counts *counts, uint32_t seconds)
{
    uint32_t cell;

    json_start("cell stats");
    if (seconds != 0U) {
        json_number("interval", seconds);
    }
    json_open("cells", '[');
    for (cell = 0U; cell < BH_CELLS_MAX; cell++) {
        if (is_chosen(cell)) {
            cell_json(cell, counts, seconds != 0U);
        }
    }
    json_close(']');
    json_end();
}

/* -- the verb --------------------------------------------------------------------------------- */

/* All that there is at one moment. */
static void show_all(const struct counts *counts)
{
    if (opt.json) {
        counts_json(counts, 0U);
        return;
    }
    counts_table(counts, false);
    putchar('\n');
    marks_table();
    putchar('\n');
    last_table();
}

/* Again and again what came since; ends with the kernel. */
static int repeat(struct counts before, uint32_t seconds)
{
    struct counts now;
    struct counts grown;

    fflush(stdout);
    while (device_pause(seconds)) {
        if (session.status->armed != 1U) {
            return fail(BH_E_SYS_NOT_ENABLED, 0U, 0U, NULL);
        }
        take_counts(&now);
        grown = since(&now, &before);
        before = now;
        if (opt.json) {
            counts_json(&grown, seconds);
        } else {
            putchar('\n');
            counts_table(&grown, true);
        }
        fflush(stdout);
    }
    return EXIT_OK;
}

static bool choose(int *code)
{
    uint32_t cell;

    if (opt.argc == 0) {
        chosen = 0U;
        if (!session_enabled(code)) {
            return false;
        }
        for (cell = BH_CELL_ROOT; cell < session.info.plan.n_cells && cell < BH_CELLS_MAX; cell++) {
            chosen |= 1U << cell;
        }
        return true;
    }
    if (!session_cell(opt.argv[0], &cell, code)) {
        return false;
    }
    chosen = 1U << cell;
    return true;
}

/**
 * Counters of cells, once or again and again.
 *
 * @req SWR_CLI_012
 */
int cmd_cell_stats(void)
{
    unsigned long seconds = 0U;
    struct counts counts;
    char *end = NULL;
    int code;

    if (opt.interval != NULL) {
        seconds = strtoul(opt.interval, &end, 10);
        if (opt.interval[0] < '0' || opt.interval[0] > '9' || *end != '\0' || seconds == 0U ||
            seconds > SECONDS_MAX) {
            return help_usage("not a number of seconds from 1 to 86400", opt.interval);
        }
    }
    if (!choose(&code)) {
        return code;
    }
    take_counts(&counts);
    show_all(&counts);
    return seconds == 0U ? EXIT_OK : repeat(counts, (uint32_t)seconds);
}
