/* SPDX-License-Identifier: Apache-2.0 */
/** @file cmd_events.c
 * events: what the kernel recorded, and what was overwritten before it was read.
 */
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "cli/cli.h"

/** A reader of the ring: what it has read, and what was gone by then. */
struct reader {
    uint64_t from; /**< next event to read */
    uint64_t late; /**< event that was not yet there at the last look; UINT64_MAX: none */
    uint64_t lost; /**< overwritten since the last word about it */
};

/* The last of the events that are gone: one record of its own, in its place among the others. */
static void lost_json(struct reader *reader)
{
    if (reader->lost != 0U) {
        json_start("events");
        json_number("overwritten", reader->lost);
        json_number("first", reader->from - reader->lost);
        json_end();
        reader->lost = 0U;
    }
}

static void put(struct reader *reader, const struct bh_event *event)
{
    if (!opt.json) {
        ring_row(event);
    } else if (!opt.follow) {
        json_open(NULL, '{');
        ring_json(event);
        json_close('}');
    } else {
        lost_json(reader);
        json_start("events");
        json_open("event", '{');
        ring_json(event);
        json_close('}');
        json_end();
    }
}

/* One event. @return false: it is not there yet, and was not waited for. */
static bool step(struct reader *reader, bool patient)
{
    struct bh_event event;
    enum ring_place place = ring_take(reader->from, &event);

    if (place == RING_NOT_YET && patient && reader->late != reader->from) {
        reader->late = reader->from;
        return false;
    }
    if (place == RING_TAKEN) {
        put(reader, &event);
    } else {
        reader->lost++;
    }
    reader->from++;
    return true;
}

/**
 * Events up to @p to which still stand, as rows or objects; the others are counted.
 *
 * @req SWR_CLI_006
 */
static void collect(struct reader *reader, uint64_t to, bool patient)
{
    if (to - reader->from > BH_EVENTS) {
        reader->lost += to - reader->from - BH_EVENTS;
        reader->from = to - BH_EVENTS;
    }
    while (reader->from < to && step(reader, patient)) {
    }
}

/* Where to begin so that at most @p most of the next events come. */
static struct reader begin(uint64_t next, uint64_t most)
{
    struct reader reader = {next > most ? next - most : 0U, UINT64_MAX, 0U};

    return reader;
}

void events_print(uint64_t most, bool header)
{
    uint64_t next = session.status->next;
    struct reader reader = begin(next, most);

    ring_heads();
    collect(&reader, next, false);
    table_print(header);
    if (reader.lost != 0U) {
        printf("(%" PRIu64 " older events overwritten)\n", reader.lost);
    }
}

/* What came up to @p next, and before it how much of that is gone. */
static void look(struct reader *reader, uint64_t next, bool header)
{
    ring_heads();
    collect(reader, next, true);
    if (opt.json) {
        lost_json(reader);
    } else {
        if (reader->lost != 0U) {
            printf("(%" PRIu64 " events overwritten unread)\n", reader->lost);
            reader->lost = 0U;
        }
        table_print(header);
    }
    fflush(stdout);
}

/**
 * Print what comes until the machine is given back.
 *
 * @req SWR_CLI_011
 */
static int follow(struct reader reader, bool header)
{
    uint64_t next = session.status->next;
    bool more = true;

    while (true) {
        uint64_t now = session.status->next;

        /* Several CPUs write it, so it may go back for a moment. */
        next = now > next ? now : next;
        if (reader.from != next || header) {
            look(&reader, next, header);
            header = false;
        }
        if (!more) {
            return fail(BH_E_SYS_NOT_ENABLED, 0U, 0U, NULL);
        }
        more = reader.from == next ? device_news() : device_wait();
    }
}

static int all_json(struct reader reader, uint64_t next)
{
    json_start("events");
    json_number("next", next);
    json_open("events", '[');
    collect(&reader, next, false);
    json_close(']');
    json_number("overwritten", reader.lost);
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
    if (!session_enabled(&code)) {
        return code;
    }
    next = session.status->next;
    if (opt.follow) {
        return follow(begin(next, most), !opt.json && !opt.quiet);
    }
    if (opt.json) {
        return all_json(begin(next, most), next);
    }
    events_print(most, !opt.quiet);
    return EXIT_OK;
}
