/* SPDX-License-Identifier: Apache-2.0 */
/*
 * A root cell that ends cells and begins them again: comm->command names them as bits, comm->argument
 * says how often, reserved[CHURN_PACE] how many milliseconds lie between two rounds. Each round it stops,
 * destroys, creates, loads and starts every one of them, and waits until all are up.
 */
#include "inmate.h"
#include "attempts.h"

#define ROOT_COMM 0x50080000ULL
#define UP_TICKS 50U
#define WORDS_MAX 8192U

/** What the test's plan says of the cells, by their index. */
static const struct {
    uint64_t memory;
    uint64_t comm;
    uint64_t image; /**< copy in root's memory, put there by the test: bytes, then the image */
} cells[5] = {
    {0U, 0U, 0U},
    {0U, 0U, 0U},
    {0U, 0U, 0U},
    {0x52000000U, 0x53001000U, 0x50090000U},
    {0x54000000U, 0x53002000U, 0x500A0000U},
};

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
    }
    if (intid < 1020U) {
        inmate_gic_end(intid);
    }
}

static void sleep_until(uint64_t ticks)
{
    while (inmate_comm->ticks < ticks) {
        __asm__ volatile("wfi");
    }
}

/** The first refusal stays: what was asked of which cell, and the answer. */
static bool ask(uint64_t call, uint64_t cell)
{
    uint64_t status;

    do {
        status = inmate_hypercall(call, cell).status;
    } while (status == (uint64_t)BH_E_HC_AGAIN);
    if ((status != 0U) && (inmate_comm->reserved[CHURN_WRONG] == 0U)) {
        inmate_comm->reserved[CHURN_WRONG] = (call << 40) | (cell << 32) | status;
    }
    return status == 0U;
}

static void copy_image(uint64_t cell)
{
    const volatile uint64_t *from = (const volatile uint64_t *)cells[cell].image;
    volatile uint64_t *to = (volatile uint64_t *)cells[cell].memory;
    uint64_t words = (from[0] + 7U) / 8U;

    for (uint64_t i = 0U; (i < words) && (i < WORDS_MAX); i++) {
        to[i] = from[i + 1U];
    }
    __asm__ volatile("dsb sy" : : : "memory");
}

static bool came_up(uint64_t cell)
{
    volatile struct bh_comm *comm = (volatile struct bh_comm *)cells[cell].comm;
    uint64_t end = inmate_comm->ticks + UP_TICKS;

    while (((comm->magic != BH_COMM_MAGIC) || (comm->heartbeat == 0U)) &&
           (inmate_comm->ticks < end)) {
        __asm__ volatile("wfi");
    }
    return comm->heartbeat > 0U;
}

static bool renew(uint64_t cell)
{
    volatile struct bh_comm *comm = (volatile struct bh_comm *)cells[cell].comm;
    bool good = ask(BH_HC_CELL_STOP, cell) && ask(BH_HC_CELL_DESTROY, cell) &&
                ask(BH_HC_CELL_CREATE, cell) && ask(BH_HC_CELL_LOAD, cell);

    if (good) {
        copy_image(cell);
        comm->magic = 0U;
        comm->heartbeat = 0U;
        good = ask(BH_HC_CELL_START, cell);
    }
    return good;
}

/** One round. All are renewed before the first must be up. */
static bool turn(uint64_t which)
{
    bool good = true;

    for (uint64_t cell = 0U; cell < 5U; cell++) {
        good = ((which >> cell) % 2U == 0U) || (renew(cell) && good);
    }
    for (uint64_t cell = 0U; cell < 5U; cell++) {
        good = ((which >> cell) % 2U == 0U) || (came_up(cell) && good);
    }
    return good;
}

static void churn(uint64_t which, uint64_t rounds)
{
    uint64_t pace = inmate_comm->reserved[CHURN_PACE];
    uint64_t next = inmate_comm->ticks;

    for (uint64_t i = 0U; (i < rounds) && turn(which); i++) {
        inmate_comm->reserved[CHURN_DONE] = i + 1U;
        next += pace;
        sleep_until(next);
    }
    inmate_comm->result = ATTEMPT_DONE;
}

void inmate_main(struct bh_comm *comm)
{
    (void)comm;
    inmate_begin((struct bh_comm *)ROOT_COMM);
    inmate_gic_init();
    inmate_gic_enable(INMATE_TIMER_INTID, 0x80U);
    period = inmate_frequency() / 1000U;
    deadline = inmate_now() + period;
    inmate_timer_at(deadline);
    inmate_irq_on();
    for (;;) {
        uint64_t which = inmate_comm->command;

        if (which != 0U) {
            inmate_comm->command = 0U;
            churn(which, inmate_comm->argument);
        }
        __asm__ volatile("wfi");
    }
}
