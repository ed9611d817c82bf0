/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The real-time cell: 1 kHz timer; measures the distance from each deadline to its handler. On
 * request of root (comm->command) it attempts what it has no right to, one attempt at a time. It takes
 * root's messages: prints notices, and ends when it is asked to.
 */
#include "inmate.h"
#include "attempts.h"
#include "message.h"

#define PSCI_SYSTEM_OFF 0x84000008U
#define UNKNOWN_CODE 99U
#define FLOOD 200U

static struct inmate_messages messages;
static bool leaving; /* a shutdown was accepted */
static uint64_t leave_after;
static uint64_t deadline;
static uint64_t period;

/** Markers for an instruction-counting observer outside: HINT #100 begins, #101 ends, #102 is one
 * tick. */
#define TICKS_BEGIN 10U
#define TICKS_END 10010U

static void mark(uint64_t ticks)
{
    if (ticks == TICKS_BEGIN) {
        __asm__ volatile("hint #100" : : : "memory");
    } else if (ticks == TICKS_END) {
        __asm__ volatile("hint #101" : : : "memory");
    }
}

static void note_jitter(uint64_t distance)
{
    inmate_comm->jitter_last = distance;
    if (distance < inmate_comm->jitter_min) {
        inmate_comm->jitter_min = distance;
    }
    if (distance > inmate_comm->jitter_max) {
        inmate_comm->jitter_max = distance;
    }
}

/** Whole periods between a deadline and its handler: each is a deadline that nobody met. */
static void note_late(uint64_t distance)
{
    inmate_comm->reserved[RT_LATE] = inmate_comm->reserved[RT_LATE] + (distance / period);
}

void inmate_irq(uint64_t now)
{
    uint32_t intid = inmate_gic_take();

    if (intid == INMATE_TIMER_INTID) {
        note_jitter(now - deadline);
        note_late(now - deadline);
        deadline += period;
        inmate_timer_at(deadline);
        inmate_comm->ticks = inmate_comm->ticks + 1U;
        inmate_comm->heartbeat = inmate_comm->heartbeat + 1U;
        mark(inmate_comm->ticks);
        __asm__ volatile("hint #102" : : : "memory");
#ifdef MISS_A_DEADLINE
        while ((inmate_comm->ticks == TICKS_END) && (inmate_now() < (deadline + period))) {
        }
#endif
#ifdef EXIT_PER_INTERRUPT
        (void)inmate_hypercall(BH_HC_GET_INFO, BH_INFO_CPU);
#endif
    }
    if (intid < 1020U) {
        inmate_gic_end(intid);
    }
}

/** An answer of a number that no request has, over and over. */
static void flood(void)
{
    uint64_t i;

    for (i = 0U; i < FLOOD; i++) {
        inmate_answer(&messages, messages.request + (i % 3U) - 1U, i * UNKNOWN_CODE, ~i);
    }
}

/** At rest: nothing more is to be done, and nothing is. */
static void rest(uint64_t number)
{
    __asm__ volatile("msr daifset, #2" : : : "memory");
    inmate_answer(&messages, number, BH_ANSWER_DONE, 0U);
    for (;;) {
        __asm__ volatile("wfi");
    }
}

/** Answer a request to shut down in the manner that a test asked for. */
static void answer_shutdown(uint64_t number)
{
    switch (attempt_manner) {
    case MANNER_DENY:
        inmate_answer(&messages, number, BH_ANSWER_DENIED, DENIED_BECAUSE);
        break;
    case MANNER_IGNORE:
    case MANNER_FLOOD:
        break;
    case MANNER_UNKNOWN:
        inmate_answer(&messages, number, UNKNOWN_CODE, number);
        break;
    case MANNER_STALE:
        inmate_answer(&messages, number - 1U, BH_ANSWER_DENIED, DENIED_BECAUSE);
        break;
    case MANNER_TORN:
        inmate_answer(&messages, number, BH_ANSWER_DENIED, DENIED_BECAUSE);
        messages.page->answer.number = messages.answers + 1U;
        break;
    case MANNER_LINGER:
        inmate_answer(&messages, number, BH_ANSWER_ACCEPTED, 0U);
        break;
    case MANNER_REST:
        rest(number);
        break;
    default:
        inmate_answer(&messages, number, BH_ANSWER_ACCEPTED, 0U);
        leaving = true;
        leave_after = inmate_comm->ticks;
        break;
    }
}

static void print_notice(const struct inmate_message *notice)
{
    inmate_print("rt: notice ");
    inmate_print_hex(notice->code);
    inmate_print(" cell ");
    inmate_print_hex(BH_NOTICE_CELL(notice->argument));
    inmate_print(" state ");
    inmate_print_hex(BH_NOTICE_STATE(notice->argument));
    inmate_print("\n");
}

/** Take what root sent. The period in which a shutdown was accepted is finished first. */
static void serve_messages(void)
{
    struct inmate_message message;

    if (inmate_notice(&messages, &message)) {
        print_notice(&message);
    }
    if (inmate_request(&messages, &message)) {
        if (message.code == BH_REQUEST_SHUTDOWN) {
            answer_shutdown(message.number);
        } else if (message.code == BH_REQUEST_NONE) {
            leaving = false;
        } else {
            inmate_answer(&messages, message.number, BH_ANSWER_UNKNOWN, 0U);
        }
    }
    if (attempt_manner == MANNER_FLOOD) {
        flood();
    }
    if (leaving && (inmate_comm->ticks != leave_after)) {
        inmate_print("rt: off\n");
        (void)inmate_smc(PSCI_SYSTEM_OFF, 0U, 0U, 0U);
    }
}

void inmate_main(struct bh_comm *comm)
{
    inmate_begin(comm);
    inmate_messages_begin(&messages, comm);
    inmate_comm->reserved[RT_LATE] = 0U;
    inmate_print("rt: up, cell ");
    inmate_print_hex(inmate_hypercall(BH_HC_GET_INFO, BH_INFO_CELL).a);
    inmate_print("\n");
    inmate_gic_init();
    inmate_gic_enable(INMATE_TIMER_INTID, 0x80U);
    period = inmate_frequency() / 1000U;
    deadline = inmate_now() + period;
    inmate_timer_at(deadline);
    inmate_irq_on();
    for (;;) {
        inmate_serve();
        serve_messages();
        __asm__ volatile("wfi");
    }
}
