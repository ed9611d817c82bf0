/* SPDX-License-Identifier: Apache-2.0 */
/*
 * A bare-metal root cell for direct boot: does what comm->command says, hypercalls included. Its
 * heart beats with a 1 kHz timer; in between it sleeps, so that it takes no time from the others
 * where an emulator gives all CPUs their turns.
 */
#include "inmate.h"
#include "attempts.h"

/** Root needs no share: this page of its own memory stands for the communication region. */
#define ROOT_COMM 0x50080000ULL

static uint64_t deadline;
static uint64_t period;

void inmate_irq(uint64_t now)
{
    uint32_t intid = inmate_gic_take();

    (void)now;
    if (intid == INMATE_TIMER_INTID) {
        deadline += period;
        inmate_timer_at(deadline);
        inmate_comm->ticks = inmate_comm->ticks + 1U;
        inmate_comm->heartbeat = inmate_comm->heartbeat + 1U;
        __asm__ volatile("hint #102" : : : "memory");
    }
    if (intid < 1020U) {
        inmate_gic_end(intid);
    }
}

void inmate_main(struct bh_comm *comm)
{
    inmate_begin((comm != (struct bh_comm *)0) ? comm : (struct bh_comm *)ROOT_COMM);
    inmate_print("root: up\n");
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
