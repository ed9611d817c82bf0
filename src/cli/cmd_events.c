/* SPDX-License-Identifier: Apache-2.0 */
/** @file cmd_events.c
 * events: the ring of the status pages in words, and what was overwritten before it was read.
 */
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "cli/cli.h"

#define MICROSECONDS 1000000U

/* Counter frequency; 0 where there is no such counter. */
static uint64_t frequency(void)
{
#ifdef __aarch64__
    uint64_t value;

    __asm__("mrs %0, cntfrq_el0" : "=r"(value));
    return value;
#else
    return 0U;
#endif
}

/* seconds.microseconds of the counter, or bare ticks */
static void time_text(char *out, size_t bytes, uint64_t ticks)
{
    uint64_t hertz = frequency();

    if (hertz == 0U) {
        snprintf(out, bytes, "%" PRIu64, ticks);
        return;
    }
    snprintf(out, bytes, "%" PRIu64 ".%06" PRIu64, ticks / hertz,
             ticks % hertz * MICROSECONDS / hertz);
}

/* Event n, if it still stands in its place before and after it was copied. */
static bool take(uint64_t n, struct bh_event *event)
{
    const volatile struct bh_event *place = &session.status->events[n % BH_EVENTS];

    event->seq = place->seq;
    event->time = place->time;
    event->id = place->id;
    event->cpu = place->cpu;
    event->cell = place->cell;
    event->a = place->a;
    event->b = place->b;
    return event->seq == n && place->seq == n;
}

static void event_table(const struct bh_event *event)
{
    char text[256];

    snprintf(text, sizeof(text), "%" PRIu64, event->seq);
    table_cell(text);
    time_text(text, sizeof(text), event->time);
    table_cell(text);
    snprintf(text, sizeof(text), "%" PRIu32, event->cpu);
    table_cell(text);
    out_cell_name(text, sizeof(text), &session.info.plan, event->cell);
    table_cell(text);
    snprintf(text, sizeof(text), "V%04X", event->id & 0xFFFFU);
    table_cell(text);
    table_cell(id_name(event->id));
    id_text(text, sizeof(text), event->id, event->a, event->b);
    table_cell(text);
}

static void event_json(const struct bh_event *event)
{
    char text[256];

    json_open(NULL, '{');
    json_number("seq", event->seq);
    json_number("time", event->time);
    json_number("cpu", event->cpu);
    out_cell_name(text, sizeof(text), &session.info.plan, event->cell);
    json_string("cell", text);
    snprintf(text, sizeof(text), "V%04X", event->id & 0xFFFFU);
    json_string("id", text);
    json_string("name", id_name(event->id));
    json_number("a", event->a);
    json_number("b", event->b);
    id_text(text, sizeof(text), event->id, event->a, event->b);
    json_string("text", text);
    json_close('}');
}

static void heads(void)
{
    static const char *const names[] = {"SEQ", "TIME", "CPU", "CELL", "ID", "NAME", "EVENT"};
    size_t i;

    table_start(7);
    for (i = 0U; i < 7U; i++) {
        table_cell(names[i]);
    }
}

/**
 * Events [from, to) which still stand, as rows or objects. @return how many were overwritten.
 *
 * @req SWR_CLI_006
 */
static uint64_t collect(uint64_t from, uint64_t to)
{
    struct bh_event event;
    uint64_t lost = 0U;
    uint64_t n;

    if (to - from > BH_EVENTS) {
        lost = to - from - BH_EVENTS;
        from = to - BH_EVENTS;
    }
    for (n = from; n < to; n++) {
        if (!take(n, &event)) {
            lost++;
        } else if (opt.json) {
            event_json(&event);
        } else {
            event_table(&event);
        }
    }
    return lost;
}

static void lost_line(uint64_t lost)
{
    if (lost != 0U) {
        printf("(%" PRIu64 " older events overwritten)\n", lost);
    }
}

/* Where to begin so that at most @p most of the next events come. */
static uint64_t begin(uint64_t next, uint64_t most)
{
    return next > most ? next - most : 0U;
}

void events_print(uint64_t most, bool header)
{
    uint64_t next = session.status->next;
    uint64_t lost;

    heads();
    lost = collect(begin(next, most), next);
    table_print(header);
    lost_line(lost);
}

static int follow(uint64_t from, bool header)
{
    while (true) {
        uint64_t next = session.status->next;
        uint64_t lost;

        if (next != from || header) {
            heads();
            lost = collect(from, next);
            table_print(header);
            lost_line(lost);
            fflush(stdout);
            header = false;
            from = next;
        }
        if (!device_wait()) {
            return EXIT_OK;
        }
    }
}

static int all_json(uint64_t from, uint64_t next)
{
    uint64_t lost;

    json_start("events");
    json_number("next", next);
    json_open("events", '[');
    lost = collect(from, next);
    json_close(']');
    json_number("overwritten", lost);
    json_end();
    return EXIT_OK;
}

int cmd_events(void)
{
    uint64_t most = UINT64_MAX;
    uint64_t next;
    char *end = NULL;
    int code;

    if (opt.count != NULL) {
        most = strtoull(opt.count, &end, 10);
        if (opt.count[0] < '0' || opt.count[0] > '9' || *end != '\0') {
            return help_usage("not a number", opt.count);
        }
    }
    if (opt.json && opt.follow) {
        return help_usage("not together", "--json -f");
    }
    if (!session_enabled(&code)) {
        return code;
    }
    next = session.status->next;
    if (opt.json) {
        return all_json(begin(next, most), next);
    }
    if (opt.follow) {
        return follow(begin(next, most), !opt.quiet);
    }
    events_print(most, !opt.quiet);
    return EXIT_OK;
}
