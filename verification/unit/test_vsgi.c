/* SPDX-License-Identifier: Apache-2.0 */
/** @file test_vsgi.c
 * Software-generated interrupts: sent to running CPUs of the sender's cell, refused and reported for
 * all others, whatever way they are named.
 * @link src/arch/aarch64/abort.c @link src/arch/aarch64/cpu.c @link src/arch/aarch64/el2map.c
 * @link src/arch/aarch64/gic.c
 * @link src/arch/aarch64/alarm.c
 * @link src/arch/aarch64/ras.c
 * @link src/arch/aarch64/inject.c @link src/arch/aarch64/launch.c
 * @link src/arch/aarch64/machine.c @link src/arch/aarch64/psci.c @link src/arch/aarch64/s2.c
 * @link src/arch/aarch64/trap.c @link src/arch/aarch64/vgicd.c @link src/arch/aarch64/vgicr.c
 * @link src/arch/aarch64/vinj.c @link src/arch/aarch64/vsgi.c @link src/arch/host/shared.c
 * @link src/arch/aarch64/window.c
 * @link src/arch/aarch64/mmio_window.c @link src/arch/aarch64/smc_list.c
 * @link src/arch/aarch64/its.c @link src/arch/aarch64/its_cmd.c
 * @link src/arch/aarch64/vgits.c @link src/arch/aarch64/vlpi.c
 * @link src/boards/qemu-virt-arm64/board.c @link verification/unit/fake_regs.c
 * @link src/core/bits.c @link src/core/cell.c
 * @link src/core/watch.c
 * @link src/core/hwerr.c
 * @link src/core/prep.c @link src/core/cpu.c @link src/core/crc.c
 * @link src/core/measure.c @link src/core/sha256.c
 * @link src/core/plan_claims.c @link src/core/plan_policy.c
 * @link src/core/plan_watch.c @link src/core/plan_window.c @link src/core/plan_call.c
 * @link src/core/plan_crc.c
 * @link src/core/event.c @link src/core/hcall.c @link src/core/init.c @link src/core/part.c
 * @link src/core/plan.c
 * @link src/core/lock.c @link src/core/restart.c
 */
#include "aarch64_machine.h"
#include "arch/aarch64/vgic.h"
#include "test.h"

#define IRM 0x10000000000U
#define INTID(n) ((uint64_t)(n) << 24)

/** A write by a CPU: who gets it, and what is refused. */
struct row {
    uint32_t cpu;
    uint64_t value;
    uint32_t sent;    /* CPUs */
    uint64_t refused; /* target bits in the event, 0: no event */
};

/** Cell 2 runs on CPUs 2 and 3, root on 0 and 1. */
static void begin(void)
{
    CHECK(aarch64_machine());
    cell_runs(2U);
    host_word[SW_CPU_STATE][1] = CPU_RUN;
    fake_forget();
}

static void judge(const struct row *row)
{
    uint32_t n = 0U;

    vgic_sgi(row->cpu, row->value);
    for (uint32_t cpu = 0U; cpu < 4U; cpu++) {
        if (((row->sent >> cpu) & 1U) == 1U) {
            CHECK_EQ(fake.sgi[n], gic_sgi_value(plan.mpidr[cpu], (row->value >> 24) & 0xFU));
            n++;
        }
    }
    CHECK_EQ(fake.sgis, n);
    CHECK_EQ(events(), (row->refused != 0U) ? 1U : 0U);
    if (row->refused != 0U) {
        CHECK_EQ(event_back(0U)->id, BH_EV_SGI_FOREIGN);
        CHECK_EQ(event_back(0U)->a, row->value);
        CHECK_EQ(event_back(0U)->b, row->refused);
        CHECK_EQ(event_back(0U)->cpu, row->cpu);
    }
}

/** @test TC_SGI_001 @verifies SWR_IRQ_005 @technique table @level unit */
static void lists_of_targets(void)
{
    static const struct row rows[] = {
        {2U, 0U, 0U, 0U},
        {2U, INTID(3) | 0x4U, 0x4U, 0U},           /* itself */
        {2U, INTID(3) | 0x8U, 0x8U, 0U},
        {2U, INTID(3) | 0xCU, 0xCU, 0U},
        {2U, INTID(14) | 0xFU, 0xCU, 0x3U},        /* two of them root's */
        {2U, INTID(0) | 0x1U, 0U, 0x1U},
        {2U, INTID(1) | 0xFFFFU, 0xCU, 0xFFF3U},   /* and some that are none */
        {2U, INTID(1) | 0x8000U, 0U, 0x8000U},
        {0U, INTID(5) | 0x3U, 0x3U, 0U},
        {0U, INTID(5) | 0xFU, 0x3U, 0xCU},
        {2U, INTID(15) | 0xCU, 0U, 0xCU},          /* the kick is the kernel's */
        {2U, INTID(1) | 0x4U | (1ULL << 16), 0U, 0x4U}, /* another cluster, range, ... */
        {2U, INTID(1) | 0x4U | (1ULL << 32), 0U, 0x4U},
        {2U, INTID(1) | 0x4U | (1ULL << 44), 0U, 0x4U},
        {2U, INTID(1) | 0x4U | (1ULL << 48), 0U, 0x4U},
        {2U, INTID(1) | 0x4U | 0xF0000000U, 0x4U, 0U},  /* reserved bits say nothing */
        {2U, INTID(1) | 0x4U | (0xFFULL << 56), 0x4U, 0U},
    };

    for (uint32_t k = 0U; k < COUNT_OF(rows); k++) {
        begin();
        judge(&rows[k]);
    }
}

/** @test TC_SGI_002 @verifies SWR_IRQ_005 @technique table @level unit */
static void all_but_the_sender(void)
{
    static const struct row rows[] = {
        {2U, IRM | INTID(3), 0x8U, 0x3U},
        {2U, IRM | INTID(3) | 0xFFFFU, 0x8U, 0x3U}, /* the list says nothing */
        {0U, IRM | INTID(4), 0x2U, 0xCU},
        {3U, IRM | INTID(15), 0U, 0x7U},
    };

    for (uint32_t k = 0U; k < COUNT_OF(rows); k++) {
        begin();
        judge(&rows[k]);
    }
}

/** @test TC_SGI_003 @verifies SWR_IRQ_005 @technique state-table @level unit */
static void only_running_cpus_get_it(void)
{
    for (uint64_t phase = CPU_ABSENT; phase <= CPU_PREPARING; phase++) {
        struct row row = {2U, INTID(3) | 0xCU, (phase == CPU_RUN) ? 0xCU : 0x4U, 0U};

        begin();
        host_word[SW_CPU_STATE][3] = phase;
        judge(&row);
    }
}

/** @test TC_SGI_004 @verifies SWR_IRQ_005 @technique equivalence @level unit */
static void cpus_of_several_clusters(void)
{
    struct row row = {2U, INTID(6) | (1ULL << 16) | 0x3U, 0xCU, 0U};

    begin();
    plan.mpidr[2] = 0x100U;
    plan.mpidr[3] = 0x101U;
    judge(&row);
    begin();
    plan.mpidr[2] = 0x100U;
    plan.mpidr[3] = 0x101U;
    row = (struct row){2U, INTID(6) | 0x3U, 0U, 0x3U};
    judge(&row);
    begin();
    plan.mpidr[3] = 0x13U; /* range 1 of the same cluster */
    row = (struct row){2U, INTID(6) | (1ULL << 44) | 0x8U, 0x8U, 0U};
    judge(&row);
}

/** @test TC_SGI_005 @verifies SWR_IRQ_005 @technique boundary @level unit
 * As many CPUs as a plan may have: each is looked at, and none beyond. */
static void as_many_cpus_as_can_be(void)
{
    struct row row = {2U, INTID(3) | 0x88U, 0x8U, 0x80U};

    begin();
    plan.n_cpus = BH_CPUS_MAX;
    for (uint32_t cpu = 4U; cpu < BH_CPUS_MAX; cpu++) {
        plan.mpidr[cpu] = cpu;
    }
    judge(&row);
}

int main(void)
{
    TEST(TC_SGI_001, lists_of_targets);
    TEST(TC_SGI_002, all_but_the_sender);
    TEST(TC_SGI_003, only_running_cpus_get_it);
    TEST(TC_SGI_004, cpus_of_several_clusters);
    TEST(TC_SGI_005, as_many_cpus_as_can_be);
    return test_result();
}
