/* SPDX-License-Identifier: Apache-2.0 */
#include "attempts.h"
#include "inmate.h"

#define PSCI_CPU_OFF 0x84000002U
#define PSCI_CPU_ON 0xC4000003U
#define PSCI_SYSTEM_OFF 0x84000008U
#define PSCI_SYSTEM_RESET 0x84000009U
#define SECOND_STACK_WORDS 512U

uint64_t attempt_manner;

static uint64_t read_pair(uint64_t address)
{
    uint64_t a = 0U;
    uint64_t b = 0U;

    __asm__ volatile("ldp %0, %1, [%2]" : "+r"(a), "+r"(b) : "r"(address) : "memory");
    return a;
}

static void route(uint64_t argument)
{
    uint64_t address = INMATE_GICD + 0x6000U + ((argument >> 32) * 8U);
    uint64_t value = argument & 0xFFFFFFFFU;

    __asm__ volatile("str %0, [%1]" : : "r"(value), "r"(address) : "memory");
}

static void spin(void)
{
    __asm__ volatile("msr daifset, #15");
    for (;;) {
        __asm__ volatile("nop");
    }
}

static void store(uint64_t command, uint64_t argument)
{
    uint64_t address = argument & 0xFFFFFFFFU;
    uint64_t value = argument >> 32;

    if (command == ATTEMPT_STORE8) {
        __asm__ volatile("strb %w0, [%1]" : : "r"(value), "r"(address) : "memory");
    } else if (command == ATTEMPT_STORE32) {
        __asm__ volatile("str %w0, [%1]" : : "r"(value), "r"(address) : "memory");
    } else {
        __asm__ volatile("str %0, [%1]" : : "r"(value), "r"(address) : "memory");
    }
}

static uint64_t load(uint64_t command, uint64_t address)
{
    uint64_t value = 0U;

    if (command == ATTEMPT_LOAD8) {
        __asm__ volatile("ldrb %w0, [%1]" : "+r"(value) : "r"(address) : "memory");
    } else {
        __asm__ volatile("ldr %0, [%1]" : "+r"(value) : "r"(address) : "memory");
    }
    return (command == ATTEMPT_LOAD64_HIGH) ? (value >> 32) : value;
}

/** Code that a test brought along, called as a function. */
static uint64_t run(uint64_t address)
{
    register uint64_t x0 __asm__("x0") = inmate_comm->reserved[RUN_X0];
    register uint64_t x1 __asm__("x1") = inmate_comm->reserved[RUN_X1];

    __asm__ volatile("blr %2"
                     : "+r"(x0), "+r"(x1)
                     : "r"(address)
                     : "x2", "x3", "x4", "x5", "x6", "x7", "x8", "x9", "x10", "x11", "x12", "x13",
                       "x14", "x15", "x16", "x17", "x18", "x30", "cc", "memory");
    return x0;
}

static void block(uint64_t argument)
{
    __asm__ volatile("msr icc_ap1r0_el1, %0\n\tisb" : : "r"(argument) : "memory");
    for (;;) {
        __asm__ volatile("nop");
    }
}

static uint64_t stub(uint64_t function)
{
    register uint64_t x0 __asm__("x0") = function;

    __asm__ volatile("hvc #0" : "+r"(x0) : : "x1", "x2", "x3", "memory");
    return x0;
}

/** Attempts at the interrupt controller. */
static uint64_t interrupt_attempt(uint64_t command, uint64_t argument)
{
    uint64_t got = 0U;

    switch (command) {
    case ATTEMPT_SGI:
        __asm__ volatile("msr icc_sgi1r_el1, %0\n\tisb" : : "r"(argument) : "memory");
        break;
    case ATTEMPT_SGI0:
        __asm__ volatile("msr icc_sgi0r_el1, %0\n\tisb" : : "r"(argument) : "memory");
        break;
    case ATTEMPT_ASGI:
        __asm__ volatile("msr icc_asgi1r_el1, %0\n\tisb" : : "r"(argument) : "memory");
        break;
    case ATTEMPT_ROUTE:
        route(argument);
        break;
    case ATTEMPT_PRIORITY:
        inmate_gic_enable((uint32_t)argument, 0U);
        got = inmate_read32(inmate_gicr() + 0x10400U + (argument & 0x1CU));
        break;
    case ATTEMPT_BLOCK:
        block(argument);
        break;
    case ATTEMPT_AP1R:
        __asm__ volatile("msr icc_ap1r0_el1, %0\n\tisb" : : "r"(argument) : "memory");
        break;
    case ATTEMPT_GICR:
        inmate_write32(INMATE_GICR + (argument * 0x20000U) + 0x10180U, 0xFFFFFFFFU);
        break;
    case ATTEMPT_ENABLE:
        inmate_write32(INMATE_GICD + 0x100U + ((uint32_t)(argument / 32U) * 4U),
                       1U << (argument % 32U));
        break;
    default:
        break;
    }
    return got;
}

static uint64_t second(uint64_t mpidr)
{
    static uint64_t stack[SECOND_STACK_WORDS];

    return inmate_smc(PSCI_CPU_ON, mpidr, (uint64_t)inmate_second_entry,
                      (uint64_t)&stack[SECOND_STACK_WORDS]);
}

__attribute__((weak)) void inmate_second(void)
{
    for (;;) {
        uint64_t command = inmate_comm->reserved[SECOND_COMMAND];

        inmate_comm->reserved[SECOND_BEAT] = inmate_comm->reserved[SECOND_BEAT] + 1U;
        if (command != 0U) {
            uint64_t argument = inmate_comm->reserved[SECOND_ARGUMENT];

            inmate_comm->reserved[SECOND_COMMAND] = 0U;
            inmate_comm->reserved[SECOND_RESULT] = ATTEMPT_DONE | attempt(command, argument);
        }
    }
}

/** A word of what was measured of a cell; the status when it is not told. */
static uint64_t measured(uint64_t argument)
{
    struct inmate_result told = inmate_hypercall(BH_HC_MEASURE, argument / 4U);
    uint64_t two = ((argument % 4U) < 2U) ? told.a : told.b;
    uint64_t got = ((argument % 2U) == 0U) ? (two >> 32) : two;

    return (told.status == BH_OK) ? got : told.status;
}

/** Attempts by calls and system registers. */
static uint64_t call_attempt(uint64_t command, uint64_t argument)
{
    uint64_t got = 0U;

    switch (command) {
    case ATTEMPT_CPU_ON:
        got = inmate_smc(PSCI_CPU_ON, argument, 0x40000000U, 0U);
        break;
    case ATTEMPT_SYSTEM_RESET:
        got = inmate_smc(PSCI_SYSTEM_RESET, 0U, 0U, 0U);
        break;
    case ATTEMPT_SYSTEM_OFF:
        got = inmate_smc(PSCI_SYSTEM_OFF, 0U, 0U, 0U);
        break;
    case ATTEMPT_CPU_OFF:
        got = inmate_smc(PSCI_CPU_OFF, 0U, 0U, 0U);
        break;
    case ATTEMPT_HYPERCALL:
        do {
            got = inmate_hypercall(argument % 256U, argument / 256U).status;
        } while (got == (uint64_t)BH_E_HC_AGAIN);
        break;
    case ATTEMPT_MEASURE:
        got = measured(argument);
        break;
    case ATTEMPT_SMC:
        got = inmate_smc(argument, 0U, 0U, 0U);
        break;
    case ATTEMPT_DEBUG:
        __asm__ volatile("mrs %0, mdscr_el1" : "=r"(got));
        break;
    case ATTEMPT_SYSREG:
        __asm__ volatile("dc cisw, xzr");
        break;
    case ATTEMPT_SPIN:
        spin();
        break;
    case ATTEMPT_SECOND:
        got = second(argument);
        break;
    case ATTEMPT_MANNER:
        attempt_manner = argument;
        break;
    case ATTEMPT_STUB:
        got = stub(argument);
        break;
    default:
        got = argument;
        break;
    }
    return got;
}

uint64_t attempt(uint64_t command, uint64_t argument)
{
    uint64_t before = inmate_faults;
    uint64_t got = 0U;

    switch (command) {
    case ATTEMPT_READ:
        got = inmate_read32(argument);
        break;
    case ATTEMPT_WRITE:
        inmate_write32(argument, 0xDEADBEEFU);
        break;
    case ATTEMPT_PAIR:
        got = read_pair(argument);
        break;
    case ATTEMPT_EXECUTE:
        __asm__ volatile("mov x30, %0\n\tblr x30" : : "r"(argument) : "x30", "memory");
        break;
    case ATTEMPT_STORE8:
    case ATTEMPT_STORE32:
    case ATTEMPT_STORE64:
        store(command, argument);
        break;
    case ATTEMPT_LOAD8:
    case ATTEMPT_LOAD64:
    case ATTEMPT_LOAD64_HIGH:
        got = load(command, argument);
        break;
    case ATTEMPT_RUN:
        got = run(argument);
        break;
    case ATTEMPT_SGI:
    case ATTEMPT_SGI0:
    case ATTEMPT_ASGI:
    case ATTEMPT_BLOCK:
    case ATTEMPT_ROUTE:
    case ATTEMPT_PRIORITY:
    case ATTEMPT_AP1R:
    case ATTEMPT_GICR:
    case ATTEMPT_ENABLE:
        got = interrupt_attempt(command, argument);
        break;
    default:
        got = call_attempt(command, argument);
        break;
    }
    return ((inmate_faults != before) ? ATTEMPT_FAULTED : 0U) | (got & 0xFFFFFFFFU);
}

void inmate_serve(void)
{
    uint64_t command = inmate_comm->command;

    if (command != 0U) {
        uint64_t argument = inmate_comm->argument;

        inmate_comm->result = 0U;
        inmate_comm->command = 0U;
        inmate_comm->result = ATTEMPT_DONE | attempt(command, argument);
    }
}
