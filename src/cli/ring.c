/* SPDX-License-Identifier: Apache-2.0 */
/** @file ring.c
 * The ring of events in the status pages: one event out of it, in words.
 */
#include <inttypes.h>
#include <stdio.h>
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
void ring_time(char *out, size_t bytes, uint64_t ticks)
{
    uint64_t hertz = frequency();

    if (hertz == 0U) {
        snprintf(out, bytes, "%" PRIu64, ticks);
        return;
    }
    snprintf(out, bytes, "%" PRIu64 ".%06" PRIu64, ticks / hertz,
             ticks % hertz * MICROSECONDS / hertz);
}

/* A place of the past or an empty one: the record of event n is being written. */
static bool is_older(uint64_t seq, uint64_t n)
{
    return seq < n || seq == UINT64_MAX;
}

/**
 * Event n, if it stands in its place before and after it was copied.
 *
 * @req SWR_CLI_006
 */
enum ring_place ring_take(uint64_t n, struct bh_event *event)
{
    const volatile struct bh_event *place = &session.status->events[n % BH_EVENTS];
    uint64_t seq = place->seq;

    if (seq != n) {
        return is_older(seq, n) ? RING_NOT_YET : RING_OVERWRITTEN;
    }
    __atomic_thread_fence(__ATOMIC_ACQUIRE);
    event->seq = seq;
    event->time = place->time;
    event->id = place->id;
    event->cpu = place->cpu;
    event->cell = place->cell;
    event->a = place->a;
    event->b = place->b;
    __atomic_thread_fence(__ATOMIC_ACQUIRE);
    return place->seq == n ? RING_TAKEN : RING_OVERWRITTEN;
}

void ring_row(const struct bh_event *event)
{
    char text[256];

    snprintf(text, sizeof(text), "%" PRIu64, event->seq);
    table_cell(text);
    ring_time(text, sizeof(text), event->time);
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

void ring_json(const struct bh_event *event)
{
    char text[256];

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
}

void ring_heads(void)
{
    static const char *const names[] = {"SEQ", "TIME", "CPU", "CELL", "ID", "NAME", "EVENT"};
    size_t i;

    table_start(7);
    for (i = 0U; i < 7U; i++) {
        table_cell(names[i]);
    }
}
