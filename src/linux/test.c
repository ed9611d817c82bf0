// SPDX-License-Identifier: GPL-2.0-only
/** @file test.c
 * Test builds alone: a CPU which does not come to the launch, and what a hostile Linux kernel does:
 * any call and any SGI, on the CPU of the process that writes the parameter `raw`:
 *
 *   call X0 X1 X2 X3     HVC of the hypercall interface
 *   stub, smc            HVC #0, SMC #0, likewise
 *   sgi1 V, sgi0 V, asgi1 V     write V to ICC_SGI1R_EL1, ICC_SGI0R_EL1, ICC_ASGI1R_EL1
 *
 * Numbers in hexadecimal; reading the parameter gives x0 to x3 after the last one.
 */
#include <linux/kernel.h>
#include <linux/module.h>
#include <linux/smp.h>
#include <linux/string.h>

#include "driver.h"

static int hold_cpu = -1;
module_param(hold_cpu, int, 0600);
MODULE_PARM_DESC(hold_cpu, "CPU that stays away from the launch");

bool bh_test_held(void)
{
    return smp_processor_id() == hold_cpu;
}

static u64 regs[4];

#define RAW_CALL(instruction)                                                                      \
    do {                                                                                           \
        register u64 x0 __asm__("x0") = regs[0];                                                   \
        register u64 x1 __asm__("x1") = regs[1];                                                   \
        register u64 x2 __asm__("x2") = regs[2];                                                   \
        register u64 x3 __asm__("x3") = regs[3];                                                   \
        __asm__ volatile(instruction                                                               \
                         : "+r"(x0), "+r"(x1), "+r"(x2), "+r"(x3)                                  \
                         : "i"(BH_HVC_IMM)                                                         \
                         : "x4", "x5", "x6", "x7", "x8", "x9", "x10", "x11", "x12", "x13", "x14",  \
                           "x15", "x16", "x17", "memory");                                         \
        regs[0] = x0;                                                                              \
        regs[1] = x1;                                                                              \
        regs[2] = x2;                                                                              \
        regs[3] = x3;                                                                              \
    } while (0)

/* One attempt; false: there is none of this name. */
static bool attempt(const char *name)
{
    bool known = true;

    if (strcmp(name, "call") == 0) {
        RAW_CALL("hvc %4");
    } else if (strcmp(name, "stub") == 0) {
        RAW_CALL("hvc #0");
    } else if (strcmp(name, "smc") == 0) {
        RAW_CALL("smc #0");
    } else if (strcmp(name, "sgi1") == 0) {
        __asm__ volatile("msr s3_0_c12_c11_5, %0\n\tisb" : : "r"(regs[0]) : "memory");
    } else if (strcmp(name, "sgi0") == 0) {
        __asm__ volatile("msr s3_0_c12_c11_7, %0\n\tisb" : : "r"(regs[0]) : "memory");
    } else if (strcmp(name, "asgi1") == 0) {
        __asm__ volatile("msr s3_0_c12_c11_6, %0\n\tisb" : : "r"(regs[0]) : "memory");
    } else {
        known = false;
    }
    return known;
}

static int raw_set(const char *text, const struct kernel_param *parameter)
{
    char name[8];

    memset(regs, 0, sizeof(regs));
    if (sscanf(text, "%7s %llx %llx %llx %llx", name, &regs[0], &regs[1], &regs[2], &regs[3]) < 2) {
        return -EINVAL;
    }
    return attempt(name) ? 0 : -EINVAL;
}

static int raw_get(char *text, const struct kernel_param *parameter)
{
    return scnprintf(text, PAGE_SIZE, "%llx %llx %llx %llx\n", regs[0], regs[1], regs[2], regs[3]);
}

static const struct kernel_param_ops raw_ops = {.set = raw_set, .get = raw_get};
module_param_cb(raw, &raw_ops, NULL, 0600);
MODULE_PARM_DESC(raw, "call, stub, smc, sgi1, sgi0 or asgi1, and up to four values");
