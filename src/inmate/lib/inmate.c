/* SPDX-License-Identifier: Apache-2.0 */
#include "inmate.h"

#define EC_IABT_LOWER 0x20U
#define EC_IABT_SAME 0x21U

volatile struct bh_comm *inmate_comm;
volatile uint64_t inmate_faults;
volatile uint64_t inmate_last_esr;

struct inmate_result inmate_hypercall(uint64_t number, uint64_t argument)
{
    register uint64_t x0 __asm__("x0") = number;
    register uint64_t x1 __asm__("x1") = argument;
    register uint64_t x2 __asm__("x2") = 0U;
    struct inmate_result r;

    __asm__ volatile("hvc %3" : "+r"(x0), "+r"(x1), "+r"(x2) : "i"(BH_HVC_IMM) : "memory");
    r.status = x0;
    r.a = x1;
    r.b = x2;
    return r;
}

uint64_t inmate_smc(uint64_t function, uint64_t a1, uint64_t a2, uint64_t a3)
{
    register uint64_t x0 __asm__("x0") = function;
    register uint64_t x1 __asm__("x1") = a1;
    register uint64_t x2 __asm__("x2") = a2;
    register uint64_t x3 __asm__("x3") = a3;

    __asm__ volatile("smc #0" : "+r"(x0), "+r"(x1), "+r"(x2), "+r"(x3) : : "memory");
    return x0;
}

void inmate_begin(struct bh_comm *comm)
{
    inmate_comm = comm;
    inmate_comm->heartbeat = 0U;
    inmate_comm->ticks = 0U;
    inmate_comm->jitter_min = 0xFFFFFFFFFFFFFFFFU;
    inmate_comm->jitter_max = 0U;
    inmate_comm->result = 0U;
    inmate_comm->command = 0U;
    inmate_comm->console_next = 0U;
    inmate_comm->magic = BH_COMM_MAGIC;
}

static void put(char c)
{
    uint64_t next = inmate_comm->console_next;

    inmate_comm->console[next % BH_COMM_CONSOLE] = (uint8_t)c;
    inmate_comm->console_next = next + 1U;
}

void inmate_print(const char *text)
{
    while (*text != '\0') {
        put(*text);
        text++;
    }
}

void inmate_print_hex(uint64_t value)
{
    uint32_t i = 16U;

    while (i > 0U) {
        i--;
        put("0123456789abcdef"[(value >> (i * 4U)) % 16U]);
    }
}

uint32_t inmate_read32(uint64_t address)
{
    uint32_t value;

    __asm__ volatile("ldr %w0, [%1]" : "=r"(value) : "r"(address) : "memory");
    return value;
}

void inmate_write32(uint64_t address, uint32_t value)
{
    __asm__ volatile("str %w0, [%1]" : : "r"(value), "r"(address) : "memory");
}

uint64_t inmate_gicr(void)
{
    uint64_t mpidr;

    __asm__ volatile("mrs %0, mpidr_el1" : "=r"(mpidr));
    return INMATE_GICR + ((mpidr & 0xFFU) * 0x20000U);
}

void inmate_gic_init(void)
{
    uint64_t on = 1U;
    uint64_t all = 0xF0U;

    __asm__ volatile("msr icc_pmr_el1, %0" : : "r"(all));
    __asm__ volatile("msr icc_igrpen1_el1, %0\n\tisb" : : "r"(on));
}

void inmate_gic_enable(uint32_t intid, uint32_t priority)
{
    uint64_t sgi = inmate_gicr() + 0x10000U;
    uint64_t address = sgi + 0x400U + intid;

    __asm__ volatile("strb %w0, [%1]" : : "r"(priority), "r"(address) : "memory");
    inmate_write32(sgi + 0x100U, 1U << (intid % 32U));
}

uint32_t inmate_gic_take(void)
{
    uint64_t intid;

    __asm__ volatile("mrs %0, icc_iar1_el1\n\tisb" : "=r"(intid) : : "memory");
    return (uint32_t)(intid & 0xFFFFFFU);
}

void inmate_gic_end(uint32_t intid)
{
    uint64_t value = intid;

    __asm__ volatile("msr icc_eoir1_el1, %0\n\tisb" : : "r"(value) : "memory");
}

uint64_t inmate_now(void)
{
    uint64_t now;

    __asm__ volatile("isb\n\tmrs %0, cntvct_el0" : "=r"(now));
    return now;
}

uint64_t inmate_frequency(void)
{
    uint64_t frequency;

    __asm__ volatile("mrs %0, cntfrq_el0" : "=r"(frequency));
    return frequency;
}

void inmate_timer_at(uint64_t deadline)
{
    uint64_t on = 1U;

    __asm__ volatile("msr cntv_cval_el0, %0" : : "r"(deadline));
    __asm__ volatile("msr cntv_ctl_el0, %0\n\tisb" : : "r"(on));
}

void inmate_irq_on(void)
{
    __asm__ volatile("msr daifclr, #2" : : : "memory");
}

uint64_t inmate_sync(uint64_t esr, uint64_t far)
{
    uint64_t class = (esr >> 26) % 64U;

    (void)far;
    inmate_faults = inmate_faults + 1U;
    inmate_last_esr = esr;
    return ((class == EC_IABT_LOWER) || (class == EC_IABT_SAME)) ? 0U : 4U;
}

__attribute__((weak)) void inmate_second(void)
{
}

__attribute__((weak)) void inmate_irq(uint64_t now)
{
    (void)now;
}
