/* SPDX-License-Identifier: Apache-2.0 */
/** @file cmd_shutdown.c
 * cell shutdown: ask a cell to come to an end, and look for its answer until a deadline. What the cell
 * says is not trusted: only the kernel's own word, the state, says that it is at an end.
 */
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "cli/cli.h"

#define TIMEOUT_SECONDS 5U
#define TIMEOUT_MOST 3600U
#define NOTHING 0xFFFFFFFFFFFFFFFFULL /**< no answer yet; else the code of one, below this */

/** What becomes of a request. */
struct asked {
    const volatile struct bh_comm_page *page;
    uint32_t cell;
    uint32_t starts; /**< of the cell when it was asked */
    uint64_t number;
    uint64_t began;    /**< milliseconds */
    uint64_t deadline; /**< after so many */
    uint64_t waited;
    uint64_t code; /**< of the answer to this request */
    uint64_t argument;
    bool shown;
};

/* In words what a cell answered. */
const char *answer_name(uint64_t code)
{
    static const char *const names[] = {"none", "accepted", "denied", "done", "unknown request"};

    return code < sizeof(names) / sizeof(names[0]) ? names[code] : "not an answer";
}

/* The word is shared with a cell that may write at any time. */
static uint64_t word(const volatile bh_u64 *from)
{
    return __atomic_load_n(from, __ATOMIC_RELAXED);
}

/**
 * The cell's answer, whole or not at all.
 *
 * @req SWR_CLI_025
 */
bool answer_read(const volatile struct bh_comm_page *page, struct bh_message *out)
{
    const volatile struct bh_message *box = &page->answer;

    out->done = __atomic_load_n(&box->done, __ATOMIC_ACQUIRE);
    out->to = word(&box->to);
    out->code = word(&box->code);
    out->argument = word(&box->argument);
    __atomic_thread_fence(__ATOMIC_ACQUIRE);
    out->number = word(&box->number);
    return out->done != 0U && out->number == out->done;
}

/* Keep what answers this request; all else is noise. */
static void look(struct asked *asked)
{
    struct bh_message answer;

    if (answer_read(asked->page, &answer) && answer.to == asked->number && answer.code != NOTHING) {
        asked->code = answer.code;
        asked->argument = answer.argument;
    }
}

static void progress(struct asked *asked)
{
    if (opt.quiet || opt.json || isatty(STDERR_FILENO) != 1) {
        return;
    }
    fprintf(stderr, "\r\033[Kasked %" PRIu64 ".%" PRIu64 " s ago: %s", asked->waited / 1000U,
            asked->waited / 100U % 10U,
            asked->code == NOTHING ? "no answer" : answer_name(asked->code));
    fflush(stderr);
    asked->shown = true;
}

static void progress_end(const struct asked *asked)
{
    if (asked->shown) {
        fputs("\r\033[K", stderr);
    }
}

/* -- how it ends ------------------------------------------------------------------------------ */

static uint32_t state_of(const struct asked *asked)
{
    return session.status->cells[asked->cell].state;
}

/**
 * Say why it did not shut down, and how long it was waited for.
 *
 * @req SWR_CLI_026
 */
static int refused(struct asked *asked, const char *why)
{
    char text[160];

    progress_end(asked);
    snprintf(text, sizeof(text), "%s after %" PRIu64 ".%" PRIu64 " s", why, asked->waited / 1000U,
             asked->waited / 100U % 10U);
    error_words[1] = text;
    return fail(BH_E_SYS_NO_SHUTDOWN, asked->cell, asked->waited, NULL);
}

static int stopped(struct asked *asked)
{
    char name[BH_NAME_BYTES + 1U];
    const char *answer = asked->code == NOTHING ? "none" : answer_name(asked->code);

    progress_end(asked);
    out_cell_name(name, sizeof(name), &session.info.plan, asked->cell);
    if (opt.json) {
        json_start("cell shutdown");
        json_bool("ok", true);
        json_string("cell", name);
        json_string("state", out_state(state_of(asked)));
        json_string("answer", answer);
        json_number("milliseconds", asked->waited);
        json_end();
    } else if (!opt.quiet) {
        printf("cell '%s' shut down after %" PRIu64 ".%" PRIu64 " s (answer: %s)\n", name,
               asked->waited / 1000U, asked->waited / 100U % 10U, answer);
    }
    return EXIT_OK;
}

/**
 * The time is over: the request is withdrawn, so that a cell which is late does not end when nobody
 * expects it. It may have ended just now.
 *
 * @req SWR_CLI_026
 */
static int given_up(struct asked *asked, const char *why)
{
    struct bh_result ignored;

    (void)device_cell(BH_IOC_MESSAGE, BH_REQUEST_NONE, asked->cell, &ignored);
    if (state_of(asked) == BH_STATE_STOPPED) {
        return stopped(asked);
    }
    return refused(asked, why);
}

static int too_late(struct asked *asked)
{
    char text[96];

    if (asked->code == NOTHING) {
        return given_up(asked, "no answer");
    }
    if (asked->code == BH_ANSWER_ACCEPTED) {
        return given_up(asked, "it accepted, but still runs");
    }
    snprintf(text, sizeof(text), "no valid answer (%s: 0x%" PRIx64 ")", answer_name(asked->code),
             asked->code);
    return given_up(asked, text);
}

/* At rest and not able to switch itself off: its own wish, carried out by the kernel. */
static int at_rest(struct asked *asked)
{
    struct bh_result result;

    if (!device_cell(BH_IOC_CELL, BH_HC_CELL_STOP, asked->cell, &result)) {
        progress_end(asked);
        return fail_result(&result);
    }
    return stopped(asked);
}

static int denied(struct asked *asked)
{
    char text[64];

    snprintf(text, sizeof(text), "it denied, for its reason 0x%" PRIx64 ",", asked->argument);
    return refused(asked, text);
}

/* -- the wait --------------------------------------------------------------------------------- */

/* @return true: there is nothing more to wait for, and *code is the exit code. */
static bool is_over(struct asked *asked, int *code)
{
    uint32_t state = state_of(asked);
    char text[64];

    if (state == BH_STATE_STOPPED) {
        *code = stopped(asked);
    } else if (state != BH_STATE_RUNNING) {
        snprintf(text, sizeof(text), "it is %s", out_state(state));
        *code = refused(asked, text);
    } else if (session.status->cells[asked->cell].starts != asked->starts) {
        *code = refused(asked, "it was started anew");
    } else if (asked->code == BH_ANSWER_DENIED) {
        *code = denied(asked);
    } else if (asked->code == BH_ANSWER_DONE) {
        *code = at_rest(asked);
    } else if (asked->waited >= asked->deadline) {
        *code = too_late(asked);
    } else {
        return false;
    }
    return true;
}

/**
 * Look ten times a second, sleep in between, and never longer than the deadline.
 *
 * @req SWR_CLI_025
 */
static int wait_for(struct asked *asked)
{
    int code = EXIT_OK;

    for (;;) {
        asked->waited = device_milliseconds() - asked->began;
        look(asked);
        if (is_over(asked, &code)) {
            return code;
        }
        progress(asked);
        if (!device_wait()) {
            asked->waited = device_milliseconds() - asked->began;
            return given_up(asked, "interrupted");
        }
    }
}

static bool take_timeout(uint64_t *milliseconds)
{
    uint64_t seconds = TIMEOUT_SECONDS;
    char *end;

    if (opt.timeout != NULL) {
        seconds = strtoull(opt.timeout, &end, 10);
        if (opt.timeout[0] < '0' || opt.timeout[0] > '9' || *end != '\0' || seconds == 0U ||
            seconds > TIMEOUT_MOST) {
            return false;
        }
    }
    *milliseconds = seconds * 1000U;
    return true;
}

/* Refused before the cell was asked. */
static int not_asked(const struct bh_result *result)
{
    static const char *const why[] = {"it has no communication region", "it is not up yet",
                                      "its program does not know them"};

    if (result->status == BH_E_SYS_NO_MESSAGES && result->b < sizeof(why) / sizeof(why[0])) {
        error_words[1] = why[result->b];
    }
    return fail_result(result);
}

/**
 * Ask once.
 *
 * @req SWR_CLI_024
 */
int cmd_cell_shutdown(void)
{
    struct asked asked = {.code = NOTHING};
    struct bh_result result;
    int code;

    if (!take_timeout(&asked.deadline)) {
        return help_usage("not a number of seconds from 1 to 3600", opt.timeout);
    }
    if (!session_cell(opt.argv[0], &asked.cell, &code)) {
        return code;
    }
    device_catch();
    asked.starts = session.status->cells[asked.cell].starts;
    asked.began = device_milliseconds();
    if (!device_cell(BH_IOC_MESSAGE, BH_REQUEST_SHUTDOWN, asked.cell, &result)) {
        return not_asked(&result);
    }
    asked.number = result.a;
    asked.page = (const volatile struct bh_comm_page *)device_comm(asked.cell);
    if (asked.page == NULL) {
        return fail(BH_E_SYS_INTERNAL, asked.cell, asked.number, "communication region");
    }
    return wait_for(&asked);
}
