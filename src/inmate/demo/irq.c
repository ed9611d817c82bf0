/* SPDX-License-Identifier: Apache-2.0 */
/*
 * A cell that tries its interrupt controller: what it takes is logged in order, and root asks for one
 * trial at a time (comm->command). Its heart beats with a 1 kHz timer on its first CPU.
 */
#include "inmate.h"
#include "attempts.h"
#include "trials.h"

#define LOG_ENTRIES 256U
#define EOIMODE 2U
#define PRIORITY_TIMER 0x18U
#define PRIORITY_FIRST 0x20U
#define PRIORITY_STEP 8U
#define SECOND_STACK_WORDS 512U
#define PSCI_CPU_ON 0xC4000003U
#define TURNS 20000U

/** Interrupts but the timer's, in the order in which they were taken: INTID + 65536 * CPU. */
volatile uint64_t irq_log[LOG_ENTRIES];
volatile uint64_t irq_count;

static uint64_t deadline;
static uint64_t period;
static volatile bool hold;  /* EOI, but no DIR */
static volatile bool split; /* EOIR drops, DIR ends */
static uint64_t stack[SECOND_STACK_WORDS];

static uint64_t cpu_number(void)
{
    uint64_t mpidr;

    __asm__ volatile("mrs %0, mpidr_el1" : "=r"(mpidr));
    return mpidr % 256U;
}

static void deactivate(uint64_t intid)
{
    __asm__ volatile("msr icc_dir_el1, %0\n\tisb" : : "r"(intid) : "memory");
}

static void mask(uint64_t priority)
{
    __asm__ volatile("msr icc_pmr_el1, %0\n\tisb" : : "r"(priority) : "memory");
}

static void eoi_mode(uint64_t mode)
{
    __asm__ volatile("msr icc_ctlr_el1, %0\n\tisb" : : "r"(mode) : "memory");
    split = mode != 0U;
}

static void irq_off(void)
{
    __asm__ volatile("msr daifset, #2" : : : "memory");
}

static void beat(void)
{
    deadline += period;
    inmate_timer_at(deadline);
    inmate_comm->ticks = inmate_comm->ticks + 1U;
    inmate_comm->heartbeat = inmate_comm->heartbeat + 1U;
    __asm__ volatile("hint #102" : : : "memory");
}

void inmate_irq(uint64_t now)
{
    uint32_t intid = inmate_gic_take();

    (void)now;
    if (intid == INMATE_TIMER_INTID) {
        beat();
    } else if (intid < 1020U) {
        irq_log[irq_count % LOG_ENTRIES] = intid + (cpu_number() << 16);
        irq_count = irq_count + 1U;
    }
    if (intid < 1020U) {
        inmate_gic_end(intid);
        if (split && ((intid == INMATE_TIMER_INTID) || !hold)) {
            deactivate(intid);
        }
    }
}

static void byte(uint64_t address, uint64_t value)
{
    __asm__ volatile("strb %w0, [%1]" : : "r"(value), "r"(address) : "memory");
}

static void pend(uint32_t intid)
{
    inmate_write32(INMATE_GICD + 0x200U + ((intid / 32U) * 4U), 1U << (intid % 32U));
}

/** The k-th of the trial's interrupts: the lower the more urgent. */
static uint32_t nth(uint32_t k)
{
    return TRIAL_INTID + ((k * 5U) % TRIAL_COUNT); /* so that the number is no help in sorting */
}

static void prepare(void)
{
    uint64_t mpidr;

    __asm__ volatile("mrs %0, mpidr_el1" : "=r"(mpidr));
    for (uint32_t k = 0U; k < TRIAL_COUNT; k++) {
        uint64_t route = INMATE_GICD + 0x6000U + (nth(k) * 8U);

        byte(INMATE_GICD + 0x400U + nth(k), PRIORITY_FIRST + (k * PRIORITY_STEP));
        __asm__ volatile("str %0, [%1]" : : "r"(mpidr & 0xFF00FFFFFFU), "r"(route) : "memory");
        inmate_write32(INMATE_GICD + 0xC00U + ((nth(k) / 16U) * 4U), 0xAAAAAAAAU);
        inmate_write32(INMATE_GICD + 0x100U + ((nth(k) / 32U) * 4U), 1U << (nth(k) % 32U));
    }
    irq_count = 0U;
}

/** Let what is pending come, for a bounded time. */
static void settle(void)
{
    for (uint32_t turn = 0U; turn < TURNS; turn++) {
        __asm__ volatile("nop");
    }
}

/** All at once. order 0: the most urgent first, 1: last, 2: by one write. */
static uint64_t storm(uint64_t order)
{
    prepare();
    irq_off();
    if (order == 2U) {
        inmate_write32(INMATE_GICD + 0x200U + ((TRIAL_INTID / 32U) * 4U),
                       ((1U << TRIAL_COUNT) - 1U) << (TRIAL_INTID % 32U));
    }
    for (uint32_t k = 0U; (k < TRIAL_COUNT) && (order < 2U); k++) {
        pend(nth((order == 0U) ? k : (TRIAL_COUNT - 1U - k)));
    }
    inmate_irq_on();
    settle();
    return irq_count;
}

/** The second of two is masked by its priority until the mask is lifted: taken before + 16 * after. */
static uint64_t masked(void)
{
    uint64_t before;

    prepare();
    mask(PRIORITY_FIRST + PRIORITY_STEP);
    pend(nth(1U));
    pend(nth(0U));
    settle();
    before = irq_count;
    mask(0xF0U);
    settle();
    return before + (irq_count * 16U);
}

/** EOImode 1: after EOIR a less urgent one comes, the same again only after DIR. */
static uint64_t parted(void)
{
    uint64_t got;

    prepare();
    eoi_mode(EOIMODE);
    hold = true;
    pend(nth(3U));
    settle();
    got = irq_count;
    pend(nth(3U));
    settle();
    got += irq_count * 16U;
    pend(nth(5U));
    settle();
    got += irq_count * 256U;
    hold = false;
    deactivate(nth(3U));
    settle();
    got += irq_count * 4096U;
    deactivate(nth(5U));
    eoi_mode(0U);
    return got;
}

/** All are taken and none ended: those beyond the list registers come as places get free. */
static uint64_t held(void)
{
    uint64_t got;

    prepare();
    eoi_mode(EOIMODE);
    hold = true;
    for (uint32_t k = 0U; k < TRIAL_COUNT; k++) {
        pend(nth(k));
    }
    settle();
    got = irq_count;
    hold = false;
    for (uint32_t k = 0U; k < TRIAL_COUNT; k++) {
        deactivate(nth(k));
    }
    settle();
    eoi_mode(0U);
    return got + (irq_count * 256U);
}

/** An SGI that is sent while it is pending is one; one sent while it is active is another. */
static uint64_t again(void)
{
    uint64_t value = (1ULL << 24) | (1ULL << cpu_number());
    uint64_t got;

    irq_count = 0U;
    irq_off();
    for (uint32_t n = 0U; n < 3U; n++) {
        __asm__ volatile("msr icc_sgi1r_el1, %0\n\tisb" : : "r"(value) : "memory");
    }
    inmate_irq_on();
    settle();
    got = irq_count;
    eoi_mode(EOIMODE);
    hold = true;
    __asm__ volatile("msr icc_sgi1r_el1, %0\n\tisb" : : "r"(value) : "memory");
    settle();
    __asm__ volatile("msr icc_sgi1r_el1, %0\n\tisb" : : "r"(value) : "memory");
    settle();
    got += irq_count * 16U;
    hold = false;
    deactivate(1U);
    settle();
    got += irq_count * 256U;
    eoi_mode(0U);
    return got;
}

/** Everything that a cell can do to hear nothing. */
static void deaf(void)
{
    uint64_t all = 0xFFFFFFFFU;

    prepare();
    irq_off();
    for (uint32_t k = 0U; k < TRIAL_COUNT; k++) {
        pend(nth(k));
    }
    (void)inmate_gic_take();
    mask(0U);
    __asm__ volatile("msr daifset, #15\n\tmsr icc_igrpen1_el1, xzr");
    __asm__ volatile("msr icc_ap1r0_el1, %0\n\tmsr icc_ap0r0_el1, %0\n\tisb"
                     :
                     : "r"(all)
                     : "memory");
    for (;;) {
        __asm__ volatile("nop");
    }
}

static uint64_t trial(uint64_t command, uint64_t argument)
{
    uint64_t got = 0U;

    switch (command) {
    case TRIAL_STORM:
        got = storm(argument);
        break;
    case TRIAL_MASKED:
        got = masked();
        break;
    case TRIAL_PARTED:
        got = parted();
        break;
    case TRIAL_HELD:
        got = held();
        break;
    case TRIAL_AGAIN:
        got = again();
        break;
    case TRIAL_DEAF:
        deaf();
        break;
    case TRIAL_SECOND:
        got = inmate_smc(PSCI_CPU_ON, argument, (uint64_t)inmate_second_entry,
                         (uint64_t)&stack[SECOND_STACK_WORDS]);
        break;
    default:
        got = attempt(command, argument);
        break;
    }
    return got;
}

void inmate_second(void)
{
    inmate_gic_init();
    inmate_gic_enable(1U, 0x40U);
    inmate_gic_enable(2U, 0x40U);
    inmate_irq_on();
    for (;;) {
        inmate_comm->reserved[SECOND_BEAT] = inmate_comm->reserved[SECOND_BEAT] + 1U;
        __asm__ volatile("wfi");
    }
}

void inmate_main(struct bh_comm *comm)
{
    inmate_begin(comm);
    inmate_gic_init();
    inmate_gic_enable(INMATE_TIMER_INTID, PRIORITY_TIMER);
    inmate_gic_enable(1U, 0x40U);
    inmate_gic_enable(2U, 0x40U);
    period = inmate_frequency() / 1000U;
    deadline = inmate_now() + period;
    inmate_timer_at(deadline);
    inmate_irq_on();
    for (;;) {
        uint64_t command = inmate_comm->command;

        if (command != 0U) {
            uint64_t argument = inmate_comm->argument;

            inmate_comm->result = 0U;
            inmate_comm->command = 0U;
            inmate_comm->result = ATTEMPT_DONE | trial(command, argument);
        }
        __asm__ volatile("wfi");
    }
}
