// SPDX-License-Identifier: GPL-2.0-only
/** @file launch.c
 * Taking EL2 from Linux's hyp stub and giving it back. All CPUs run launch_cpu() or leave_cpu()
 * together under stop_machine(): no interrupt is active and no other code runs.
 *
 * No wait is unbounded. The kernel decides for all CPUs together: either each call into it returns
 * success, or each returns the refusal and runs under its hyp stub as before.
 */
#include <linux/cpu.h>
#include <linux/cpumask.h>
#include <linux/delay.h>
#include <linux/processor.h>
#include <linux/smp.h>
#include <linux/stop_machine.h>
#include <asm/cputype.h>
#include <asm/sysreg.h>
#include <asm/virt.h>

#include "driver.h"

#define WAIT_SECONDS 5U

enum stage { STAGE_FIRST, STAGE_PREPARING, STAGE_READY, STAGE_FAILED };

/** One launch; shared by the CPUs while they are stopped. */
struct launch {
    const struct bh_plan *plan;
    u64 prepare;  /**< physical address */
    u64 entry;    /**< physical address */
    u32 expected; /**< CPUs to come */
    atomic_t arrived;
    atomic_t stub_refused; /**< 1 + a CPU whose hyp stub could not be brought back */
    atomic_t stage;
    atomic_t left;
    struct bh_result prepared;
    struct bh_result results[BH_CPUS_MAX]; /**< by index in the plan */
};

/*
 * HVC with three argument and three result registers. The callee may use x0 to x17 and x30; x18 is
 * kept by hand because the compiler may not know it as clobbered (shadow call stack).
 */
#define HVC(imm, regs) \
    do { \
        register u64 x0 asm("x0") = (regs)[0]; \
        register u64 x1 asm("x1") = (regs)[1]; \
        register u64 x2 asm("x2") = (regs)[2]; \
        asm volatile("mov x19, x18\n\thvc %3\n\tmov x18, x19" \
                     : "+r"(x0), "+r"(x1), "+r"(x2) \
                     : "i"(imm) \
                     : "x3", "x4", "x5", "x6", "x7", "x8", "x9", "x10", "x11", "x12", "x13", \
                       "x14", "x15", "x16", "x17", "x19", "x30", "cc", "memory"); \
        (regs)[0] = x0; \
        (regs)[1] = x1; \
        (regs)[2] = x2; \
    } while (0)

static noinline void stub_call(u64 regs[3])
{
    HVC(0, regs);
}

static noinline void kernel_call(u64 regs[3])
{
    HVC(BH_HVC_IMM, regs);
}

/* Enter the kernel at EL2, MMU off, with one argument. */
static void enter(u64 address, u64 argument, struct bh_result *result)
{
    u64 regs[3] = {HVC_SOFT_RESTART, address, argument};

    stub_call(regs);
    bh_refuse(result, (u32)regs[0], regs[1], regs[2]);
}

u32 bh_plan_cpu(const struct bh_plan *plan, u64 mpidr)
{
    u32 index = 0U;

    while (index < plan->n_cpus && plan->mpidr[index] != mpidr) {
        index++;
    }
    return index;
}

static u64 deadline(u64 seconds)
{
    return read_sysreg(cntvct_el0) + seconds * read_sysreg(cntfrq_el0);
}

static bool late(u64 end)
{
    isb();
    return (s64)(read_sysreg(cntvct_el0) - end) > 0;
}

/* Bring the hyp stub back on this CPU (an idle KVM leaves its own vectors), wait for the others. */
static bool stubs_ready(struct launch *l)
{
    u64 regs[3] = {HVC_RESET_VECTORS, 0U, 0U};
    u64 end = deadline(WAIT_SECONDS);

    stub_call(regs);
    if (regs[0] != 0U) {
        atomic_set(&l->stub_refused, 1 + smp_processor_id());
    }
    atomic_inc(&l->arrived);
    while (atomic_read(&l->arrived) < (int)l->expected && !late(end)) {
        cpu_relax();
    }
    return atomic_read(&l->arrived) == (int)l->expected && atomic_read(&l->stub_refused) == 0;
}

/* One CPU has the kernel build its own map; the others wait, and give up together with it. */
static bool prepared(struct launch *l)
{
    u64 end = deadline(WAIT_SECONDS);

    if (atomic_cmpxchg(&l->stage, STAGE_FIRST, STAGE_PREPARING) == STAGE_FIRST) {
        enter(l->prepare, 0U, &l->prepared);
        atomic_cmpxchg(&l->stage, STAGE_PREPARING,
                       l->prepared.status == BH_OK ? STAGE_READY : STAGE_FAILED);
    }
    while (atomic_read(&l->stage) == STAGE_PREPARING) {
        if (late(end)) {
            atomic_cmpxchg(&l->stage, STAGE_PREPARING, STAGE_FAILED);
        }
        cpu_relax();
    }
    return atomic_read(&l->stage) == STAGE_READY;
}

/* Test builds: this CPU stays away until the others are back. */
static void hold(struct launch *l)
{
    u64 end = deadline(2U * WAIT_SECONDS);

    while (atomic_read(&l->left) < (int)l->expected - 1 && !late(end)) {
        cpu_relax();
    }
}

static int launch_cpu(void *data)
{
    struct launch *l = data;
    u32 index = bh_plan_cpu(l->plan, read_cpuid_mpidr() & MPIDR_HWID_BITMASK);

    if (!stubs_ready(l) || !prepared(l) || index >= BH_CPUS_MAX) {
        return 0;
    }
    if (bh_test_held()) {
        hold(l);
        bh_refuse(&l->results[index], BH_E_LAUNCH_MISSING, l->expected - 1U, l->expected);
        return 0;
    }
    enter(l->entry, index, &l->results[index]);
    atomic_inc(&l->left);
    return 0;
}

/**
 * The first refusal in the order of the plan; one that tells more than "too few came" goes first.
 *
 * @req SWR_DRV_002
 */
static bool verdict(const struct launch *l, struct bh_result *result)
{
    u32 good = 0U;
    u32 i;

    if (atomic_read(&l->stub_refused) != 0) {
        return bh_refuse(result, BH_E_SYS_KVM, (u64)atomic_read(&l->stub_refused) - 1U, 0U);
    }
    if (l->prepared.status != BH_OK) {
        *result = l->prepared;
        return false;
    }
    if (atomic_read(&l->stage) != STAGE_READY) {
        return bh_refuse(result, BH_E_LAUNCH_MISSING, (u64)atomic_read(&l->arrived), l->expected);
    }
    for (i = 0U; i < l->expected; i++) {
        const struct bh_result *one = &l->results[i];

        if (one->status == BH_OK) {
            good++;
        } else if (result->status == BH_OK || result->status == BH_E_LAUNCH_MISSING) {
            *result = *one;
        }
    }
    if (good != 0U && good != l->expected) {
        pr_crit("bulkhead: %u of %u CPUs launched: reboot\n", good, l->expected);
        return bh_refuse(result, BH_E_SYS_INTERNAL, good, l->expected);
    }
    return good == l->expected;
}

/**
 * All CPUs enter the kernel together, or none stays there.
 *
 * @req SWR_DRV_002
 */
bool bh_launch(const struct bh_image *image, const struct bh_plan *plan, struct bh_result *result)
{
    struct launch l = {
        .plan = plan,
        .prepare = image->base + image->entry_prepare,
        .entry = image->base + image->entry_launch,
        .expected = plan->n_cpus,
    };
    u32 i;

    for (i = 0U; i < BH_CPUS_MAX; i++) {
        bh_refuse(&l.results[i], BH_E_LAUNCH_MISSING, 0U, plan->n_cpus);
    }
    if (stop_machine(launch_cpu, &l, cpu_online_mask) != 0) {
        return bh_refuse(result, BH_E_SYS_INTERNAL, 0U, 0U);
    }
    return verdict(&l, result);
}

bool bh_hypercall(u64 number, u64 argument, struct bh_result *result)
{
    u64 regs[3] = {number, argument, 0U};

    kernel_call(regs);
    bh_refuse(result, (u32)regs[0], regs[1], regs[2]);
    return result->status == BH_OK;
}

struct leave {
    struct bh_result results[NR_CPUS];
};

/* All ask at once, and one of them may hold the kernel's lock for some hundred instructions. */
#define LEAVE_TRIES 1000U
#define LEAVE_PAUSE_US 100U

static int leave_cpu(void *data)
{
    struct leave *l = data;
    struct bh_result *result = &l->results[smp_processor_id()];
    u32 tries = LEAVE_TRIES;

    bh_hypercall(BH_HC_DISABLE, 0U, result);
    while (result->status == BH_E_HC_BUSY && tries > 0U) {
        udelay(LEAVE_PAUSE_US);
        bh_hypercall(BH_HC_DISABLE, 0U, result);
        tries--;
    }
    return 0;
}

/**
 * Each CPU asks the kernel to leave, all at the same time.
 *
 * @req SWR_DRV_003
 */
bool bh_give_back(struct bh_result *result)
{
    static struct leave leave; /* NR_CPUS results are too many for a stack */
    u32 refused = 0U;
    int cpu;

    if (stop_machine(leave_cpu, &leave, cpu_online_mask) != 0) {
        return bh_refuse(result, BH_E_SYS_INTERNAL, 0U, 0U);
    }
    for_each_online_cpu(cpu) {
        if (leave.results[cpu].status != BH_OK) {
            *result = leave.results[cpu];
            refused++;
        }
    }
    if (refused != 0U && refused != num_online_cpus()) {
        pr_crit("bulkhead: %u of %u CPUs were not given back: reboot\n", refused,
                num_online_cpus());
    }
    return refused == 0U;
}
