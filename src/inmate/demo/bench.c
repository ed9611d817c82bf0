/* SPDX-License-Identifier: Apache-2.0 */
/*
 * A cell that does one thing at a time that may cost time at EL2, for an observer outside that counts
 * instructions there. HINT #103 begins one repetition, HINT #(104 + row) ends it, HINT #102: all done.
 * The rows are those of verification/bench/rows.toml.
 */
#include "inmate.h"

#define REPETITIONS 1000U
#define PSCI_VERSION 0x84000000U
#define PSCI_CPU_ON 0xC4000003U
#define STACK_WORDS 512U
#define SECOND_CPU 2U

#define SGI_SELF 1U
#define SGI_CROSS 2U
#define RTC 0x09010000ULL
#define RTC_INTID 34U
#define RTC_DR 0x0U
#define RTC_MR 0x4U
#define RTC_IMSC 0x10U
#define RTC_ICR 0x1CU
#define PRIORITY 0x80U
#define TIMER_AHEAD 500U

enum row {
    ROW_TIMER = 0,
    ROW_DEVICE = 1,
    ROW_SGI_SELF = 2,
    ROW_SGI_CROSS = 3,
    ROW_PSCI_VERSION = 4,
    ROW_HYPERCALL = 5,
    ROW_READ_ENABLE = 6,
    ROW_READ_PRIORITY = 7,
    ROW_WRITE_ENABLE = 8,
    ROW_WRITE_PRIORITY = 9,
    ROW_WRITE_ROUTE = 10
};

/* The number of a hint is part of the instruction. */
#define MEASURE(row, what)                                                     \
    do {                                                                       \
        for (uint32_t i = 0U; i < REPETITIONS; i++) {                          \
            __asm__ volatile("hint #103" : : : "memory");                      \
            what;                                                              \
            __asm__ volatile("hint %0" : : "i"(104 + (int)(row)) : "memory");  \
        }                                                                      \
    } while (0)

static volatile uint32_t timers;
static volatile uint32_t devices;
static volatile uint32_t selves;
static volatile uint32_t crosses;
static volatile uint32_t second_up;

static void timer_off(void)
{
    __asm__ volatile("msr cntv_ctl_el0, xzr\n\tisb" : : : "memory");
}

void inmate_irq(uint64_t now)
{
    uint32_t intid = inmate_gic_take();

    (void)now;
    if (intid == INMATE_TIMER_INTID) {
        timer_off();
        timers++;
#ifdef EXIT_PER_INTERRUPT
        (void)inmate_hypercall(BH_HC_GET_INFO, BH_INFO_CPU);
#endif
    } else if (intid == RTC_INTID) {
        inmate_write32(RTC + RTC_ICR, 1U);
        devices++;
    } else if (intid == SGI_SELF) {
        selves++;
    } else if (intid == SGI_CROSS) {
        crosses++;
    } else {
        return;
    }
    inmate_gic_end(intid);
}

static void await(const volatile uint32_t *count, uint32_t before)
{
    while (*count == before) {
    }
}

static void timer(void)
{
    uint32_t before = timers;

    inmate_timer_at(inmate_now() + TIMER_AHEAD);
    await(&timers, before);
}

static void device(void)
{
    uint32_t before = devices;

    inmate_write32(RTC + RTC_MR, inmate_read32(RTC + RTC_DR)); /* an alarm for now */
    await(&devices, before);
}

static void sgi(uint32_t intid, uint32_t cpu, const volatile uint32_t *count)
{
    uint64_t value = ((uint64_t)intid << 24) | (1ULL << cpu);
    uint32_t before = *count;

    __asm__ volatile("msr icc_sgi1r_el1, %0\n\tisb" : : "r"(value) : "memory");
    await(count, before);
}

static void write8(uint64_t address, uint32_t value)
{
    __asm__ volatile("strb %w0, [%1]" : : "r"(value), "r"(address) : "memory");
}

static void write64(uint64_t address, uint64_t value)
{
    __asm__ volatile("str %0, [%1]" : : "r"(value), "r"(address) : "memory");
}

static uint64_t own_mpidr(void)
{
    uint64_t mpidr;

    __asm__ volatile("mrs %0, mpidr_el1" : "=r"(mpidr));
    return mpidr & 0xFFU;
}

static void interrupts_on(void)
{
    inmate_gic_init();
    inmate_gic_enable(INMATE_TIMER_INTID, PRIORITY);
    inmate_gic_enable(SGI_SELF, PRIORITY);
    inmate_gic_enable(SGI_CROSS, PRIORITY);
    inmate_irq_on();
}

void inmate_second(void)
{
    interrupts_on();
    second_up = 1U;
    for (;;) {
        __asm__ volatile("wfi");
    }
}

static void second_on(void)
{
    static uint64_t stack[STACK_WORDS];

    (void)inmate_smc(PSCI_CPU_ON, SECOND_CPU, (uint64_t)inmate_second_entry,
                     (uint64_t)&stack[STACK_WORDS]);
    await(&second_up, 0U);
}

static void device_on(void)
{
    write8(INMATE_GICD + 0x400U + RTC_INTID, PRIORITY);
    write64(INMATE_GICD + 0x6000U + (RTC_INTID * 8U), own_mpidr());
    inmate_write32(INMATE_GICD + 0x104U, 1U << (RTC_INTID % 32U));
    inmate_write32(RTC + RTC_IMSC, 1U);
}

static void interrupt_rows(void)
{
    MEASURE(ROW_TIMER, timer());
    MEASURE(ROW_DEVICE, device());
    MEASURE(ROW_SGI_SELF, sgi(SGI_SELF, (uint32_t)own_mpidr(), &selves));
    MEASURE(ROW_SGI_CROSS, sgi(SGI_CROSS, SECOND_CPU, &crosses));
}

static void call_rows(void)
{
    MEASURE(ROW_PSCI_VERSION, (void)inmate_smc(PSCI_VERSION, 0U, 0U, 0U));
    MEASURE(ROW_HYPERCALL, (void)inmate_hypercall(BH_HC_GET_INFO, BH_INFO_CPU));
}

static void distributor_rows(void)
{
    MEASURE(ROW_READ_ENABLE, (void)inmate_read32(INMATE_GICD + 0x104U));
    MEASURE(ROW_READ_PRIORITY, (void)inmate_read32(INMATE_GICD + 0x400U + (RTC_INTID & ~3U)));
    MEASURE(ROW_WRITE_ENABLE, inmate_write32(INMATE_GICD + 0x104U, 1U << (RTC_INTID % 32U)));
    MEASURE(ROW_WRITE_PRIORITY, write8(INMATE_GICD + 0x400U + RTC_INTID, PRIORITY));
    MEASURE(ROW_WRITE_ROUTE, write64(INMATE_GICD + 0x6000U + (RTC_INTID * 8U), own_mpidr()));
}

void inmate_main(struct bh_comm *comm)
{
    inmate_begin(comm);
    interrupts_on();
    device_on();
    second_on();
    interrupt_rows();
    call_rows();
    distributor_rows();
    inmate_comm->heartbeat = 1U;
    __asm__ volatile("hint #102" : : : "memory");
    for (;;) {
        __asm__ volatile("wfi");
    }
}
