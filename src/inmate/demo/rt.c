/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The real-time cell: 1 kHz timer; measures the distance from each deadline to its handler. On
 * request of root (comm->command) it attempts what it has no right to, one attempt at a time.
 */
#include "inmate.h"
#include "attempts.h"

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

void inmate_main(struct bh_comm *comm)
{
    inmate_begin(comm);
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
        __asm__ volatile("wfi");
    }
}
