/* SPDX-License-Identifier: Apache-2.0 */
/** @file test_init.c
 * The launch: all CPUs are taken or none, whatever is handed over and whoever is late; then what
 * direct boot starts.
 * @link src/core/init.c
 * @link src/core/hcall.c
 * @link src/core/cell.c
 * @link src/core/watch.c
 * @link src/core/hwerr.c
 * @link src/core/prep.c
 * @link src/core/measure.c @link src/core/sha256.c
 * @link src/core/cpu.c
 * @link src/core/bits.c
 * @link src/core/event.c
 * @link src/core/part.c
 * @link src/core/plan.c
 * @link src/core/crc.c @link src/core/plan_crc.c @link src/core/plan_claims.c @link src/core/plan_policy.c
 * @link src/core/plan_watch.c @link src/core/plan_window.c @link src/core/plan_call.c
 * @link src/arch/aarch64/s2.c
 * @link src/arch/host/shared.c
 * @link src/arch/host/machine.c
 * @link src/boards/qemu-virt-arm64/board.c
 * @link src/core/lock.c
 */
#include "interleave.h"
#include "other_cpus.h"
#include "test.h"

#define CPUS 4U

static struct outcome answer_of[BH_CPUS_MAX];

/* CPUs 1 to 3 come when the judge looks whether they have. */
static uint32_t coming;

static void others_come(enum host_access how, uint32_t word, uint32_t i, uint64_t value)
{
    (void)value;
    if ((how == HOST_LOAD) && (word == (uint32_t)SW_ARRIVED) && (coming > 0U)) {
        coming--;
        host_word[word][i]++;
    }
}

/** Something was handed over and nothing has begun; memory as left by whoever had it before. */
static void handed_over(void)
{
    host_power_on();
    CHECK(fixture_machine());
    memset(host_word, 0x5A, sizeof(host_word));
    memset(&status_page, 0x5A, sizeof(status_page));
    part_view = 1U;
    init_open();
    coming = CPUS - 1U;
    host_on_access = others_come;
}

static struct outcome comes(uint32_t cpu)
{
    host.self = cpu;
    host.mpidr = plan.mpidr[cpu % BH_CPUS_MAX];
    return init_cpu(cpu);
}

/** All four come, the judge first. */
static void all_come(void)
{
    for (uint32_t cpu = 0U; cpu < CPUS; cpu++) {
        answer_of[cpu] = comes(cpu);
    }
}

/** None was taken, all were told the same. */
static void all_back(uint32_t status, uint64_t a, uint64_t b)
{
    for (uint32_t cpu = 0U; cpu < CPUS; cpu++) {
        CHECK_EQ(answer_of[cpu].status, status);
        CHECK_EQ(answer_of[cpu].a, a);
        CHECK_EQ(answer_of[cpu].b, b);
        CHECK_EQ(host.taken[cpu], 0U);
        CHECK_EQ(phase_of(cpu), CPU_ABSENT);
    }
    CHECK(status_page.armed != 1U);
    CHECK_EQ(host_word[SW_LAUNCH][0], LAUNCH_BACK);
}

/** @test TC_INI_001 @verifies SWR_INI_001 @technique state @level unit */
static void open_forgets_the_past(void)
{
    handed_over();
    CHECK_EQ(host_word[SW_LAUNCH][0], LAUNCH_OPEN);
    CHECK_EQ(host_word[SW_LOCK][0], 0U);
    CHECK_EQ(host_word[SW_IRQ][0], 0U);
    CHECK_EQ(host_word[SW_ARRIVED][0], 0U);
    CHECK_EQ(host_word[SW_VIEW][0], 0U);
    CHECK_EQ(host_word[SW_EVENT][0], 0U);
    for (uint32_t i = 0U; i < SHARED_INDEX_MAX; i++) {
        CHECK_EQ(phase_of(i), CPU_ABSENT);
        CHECK_EQ(cell_of(i), BH_CELL_ROOT);
        CHECK_EQ(host_word[SW_CPU_REQUEST][i], CPU_REQ_NONE);
        CHECK_EQ(state_of(i), BH_STATE_ABSENT);
        CHECK_EQ(host_word[SW_CELL_LOCK][i], 0U);
    }
}

/** @test TC_INI_002 @verifies SWR_INI_001 SWR_INI_002 SWR_MSR_004 @technique equivalence @level unit */
static void all_come_and_are_taken(void)
{
    static const uint32_t modes[] = {BH_MODE_LATE, BH_MODE_DIRECT};

    for (uint32_t k = 0U; k < COUNT_OF(modes); k++) {
        handed_over();
        handover.mode = modes[k];
        measure_done[BH_CELL_KERNEL] = 0U;
        memset(&measure_digest, 0, sizeof(measure_digest));
        all_come();
        CHECK_EQ(measure_done[BH_CELL_KERNEL], 1U);
        CHECK(measure_half(BH_CELL_KERNEL, 0U) != 0U);
        for (uint32_t i = 0U; i < BH_DIGEST_WORDS; i++) {
            CHECK_EQ(status_page.plan_digest[i], measure_digest.of[BH_CELL_KERNEL][i]);
        }
        for (uint32_t cpu = 0U; cpu < CPUS; cpu++) {
            CHECK_EQ(answer_of[cpu].status, BH_OK);
            CHECK_EQ(host.taken[cpu], 1U);
            CHECK_EQ(phase_of(cpu), (modes[k] == BH_MODE_LATE) ? CPU_RUN : CPU_OFF);
        }
        CHECK_EQ(status_page.magic, BH_STATUS_MAGIC);
        CHECK_EQ(status_page.armed, 1U);
        CHECK_EQ(status_page.plan_crc, plan.crc);
        CHECK_EQ(status_page.n_cpus, CPUS);
        CHECK_EQ(status_page.n_cells, 4U);
        CHECK_EQ(state_of(BH_CELL_ROOT), BH_STATE_RUNNING);
        CHECK_EQ(part_view, 0U);
        CHECK_EQ(walk(0U, FIX_KERNEL), 0U);
        CHECK_EQ(event_back(0U)->id, BH_EV_ENABLED);
        CHECK_EQ(event_back(0U)->b, CPUS);
        CHECK_EQ(host_word[SW_LAUNCH][0], LAUNCH_GO);
    }
}

/** @test TC_INI_016 @verifies SWR_EL2_004 @technique fault-injection @level unit */
static void a_cpu_whose_registers_do_not_listen_is_reported(void)
{
    handed_over();
    host.deaf[2] = true;
    all_come();
    CHECK_EQ(answer_of[2].status, BH_OK);
    CHECK_EQ(event_back(0U)->id, BH_EV_EL2_REGISTER);
    CHECK_EQ(event_back(0U)->a, 2U);
    CHECK_EQ(event_back(0U)->cpu, 2U);
    CHECK_EQ(events(), 2U);
}

/** @test TC_INI_003 @verifies SWR_INI_002 @technique table @level unit */
static void what_is_handed_over_is_judged(void)
{
    handed_over();
    handover.abi = BH_ABI_VERSION + 1U;
    all_come();
    all_back(BH_E_LAUNCH_ABI, BH_ABI_VERSION, BH_ABI_VERSION + 1U);
    handed_over();
    handover.plan_bytes--;
    all_come();
    all_back(BH_E_PLAN_SIZE, sizeof(plan) - 1U, sizeof(plan));
    handed_over();
    handover.mode = 0U;
    all_come();
    all_back(BH_E_LAUNCH_HANDOVER, 3U, 0U);
    handed_over();
    handover.mode = 3U;
    all_come();
    all_back(BH_E_LAUNCH_HANDOVER, 3U, 3U);
    handed_over();
    host.check = BH_E_LAUNCH_E2H;
    all_come();
    all_back(BH_E_LAUNCH_E2H, 0U, 0U);
    handed_over();
    handover.n_cpus = 5U;
    all_come();
    all_back(BH_E_LAUNCH_HANDOVER, 1U, 5U);
}

/** @test TC_INI_004 @verifies SWR_INI_002 @technique table @level unit */
static void the_plan_is_judged(void)
{
    handed_over();
    plan.crc ^= 4U;
    all_come();
    all_back(BH_E_PLAN_CRC, plan.crc, plan.crc ^ 4U);
    handed_over();
    plan.regions[9].ppn = FIX_COMM2;
    fixture_seal();
    all_come();
    all_back(BH_E_PLAN_OVERLAP, 9U, 8U);
    handed_over(); /* a good plan whose tables do not fit: root's memory in forty pieces */
    for (uint32_t k = 0U; k < 40U; k++) {
        plan.regions[3U + k] = (struct bh_region){
            .ppn = 0x40000U + k, .ipn = k * 512U, .n = 1U, .own = 1U, .flags = RWX};
    }
    plan.n_regions = 43U;
    plan.n_cells = 2U;
    plan.cells[1].count = 40U;
    fixture_seal();
    all_come();
    all_back(BH_E_LAUNCH_TABLES, 0U, 0U);
}

/** @test TC_INI_005 @verifies SWR_INI_001 @technique timeout @level unit */
static void one_does_not_come(void)
{
    uint64_t start;

    handed_over();
    coming = CPUS - 2U;
    start = host.now;
    all_come(); /* the last of them only now, too late */
    all_back(BH_E_LAUNCH_MISSING, 3U, 4U);
    CHECK(host.now - start <= LAUNCH_WAIT_US + 100U);
    init_open(); /* the next attempt is a fresh one */
    CHECK_EQ(launch_result.status, BH_OK);
    CHECK_EQ(launch_result.a, 0U);
    CHECK_EQ(launch_result.b, 0U);
    coming = CPUS - 1U;
    all_come();
    CHECK_EQ(answer_of[3].status, BH_OK);
    CHECK_EQ(host.taken[3], 1U);
}

/** @test TC_INI_006 @verifies SWR_INI_001 SWR_INI_002 SWR_EL2_004 @technique bva @level unit */
static void an_impostor_does_not_count(void)
{
    static const uint32_t none[] = {4U, 7U, 8U, 0xFFFFFFFFU};
    struct outcome out;

    handed_over();
    for (uint32_t k = 0U; k < COUNT_OF(none); k++) {
        out = comes(none[k]);
        CHECK_EQ(out.status, BH_E_LAUNCH_CPU);
        CHECK_EQ(out.a, none[k]);
    }
    handover.n_cpus = 0xFFFFFFFFU; /* damaged */
    CHECK_EQ(comes(8U).status, BH_E_LAUNCH_CPU);
    handover.n_cpus = 4U;
    host.mpidr = plan.mpidr[2];
    out = init_cpu(3U);
    CHECK_EQ(out.status, BH_E_LAUNCH_CPU);
    CHECK_EQ(out.a, 3U);
    host.stubborn = 7U;
    out = init_cpu(2U);
    host.stubborn = 0U;
    CHECK_EQ(out.status, BH_E_LAUNCH_REGISTER);
    CHECK_EQ(out.a, 2U);
    CHECK_EQ(out.b, 7U);
    CHECK_EQ(host_word[SW_ARRIVED][0], 0U);
    CHECK_EQ(host_word[SW_LAUNCH][0], LAUNCH_OPEN);
    all_come();
    CHECK_EQ(answer_of[2].status, BH_OK);
}

/** @test TC_INI_007 @verifies SWR_INI_001 @technique timeout @level unit */
static void a_judge_that_never_speaks(void)
{
    uint64_t start;

    handed_over();
    host_word[SW_ARRIVED][0] = 1U; /* the judge came and is stuck */
    start = host.now;
    answer_of[1] = comes(1U);
    CHECK_EQ(answer_of[1].status, BH_E_LAUNCH_MISSING);
    CHECK_EQ(answer_of[1].b, 4U);
    CHECK(host.now - start <= LAUNCH_JUDGE_US + 100U);
    CHECK_EQ(host_word[SW_LAUNCH][0], LAUNCH_BACK);
    CHECK_EQ(comes(2U).status, BH_E_LAUNCH_MISSING);
}

/* CPU 1 has waited for the verdict too long just before the judge speaks. */
static void follower_gives_up(enum host_access how, uint32_t word, uint32_t i, uint64_t value)
{
    if ((how == HOST_SWAP) && (word == (uint32_t)SW_LAUNCH) && (value == LAUNCH_GO)) {
        host_on_access = NULL;
        host.step = LAUNCH_JUDGE_US;
        host_word[SW_ARRIVED][0]--; /* it has come before */
        answer_of[1] = comes(1U);
        host.self = 0U;
        host.step = 1U;
    } else {
        others_come(how, word, i, value);
    }
}

/** @test TC_INI_008 @verifies SWR_INI_001 @technique race @level unit */
static void a_verdict_that_comes_too_late(void)
{
    handed_over();
    host_on_access = follower_gives_up;
    answer_of[0] = comes(0U);
    answer_of[2] = comes(2U);
    answer_of[3] = comes(3U);
    for (uint32_t cpu = 0U; cpu < CPUS; cpu++) {
        CHECK_EQ(answer_of[cpu].status, BH_E_LAUNCH_MISSING);
        CHECK_EQ(host.taken[cpu], 0U);
    }
    CHECK_EQ(status_page.armed, 0U);
}

/** @test TC_INI_009 @verifies SWR_INI_001 @technique race @level unit */
static void who_reads_the_reason_before_it_is_written_goes_back(void)
{
    handed_over();
    host_word[SW_ARRIVED][0] = 1U;
    host_word[SW_LAUNCH][0] = LAUNCH_BACK; /* set, and the reason about to be written */
    CHECK_EQ(comes(2U).status, BH_E_LAUNCH_MISSING);
    CHECK_EQ(host.taken[2], 0U);
}

static bool absent[CPUS];

static void one_cpu(uint32_t cpu)
{
    if (!absent[cpu]) {
        answer_of[cpu] = init_cpu(cpu);
    }
}

/** @test TC_INI_010 @verifies SWR_INI_001 SWR_INI_002 @technique interleaving @level unit */
static void all_or_none_in_any_order(void)
{
    for (uint32_t seed = 0U; seed < 300U; seed++) {
        bool missing = (seed % 3U) == 1U, bad = (seed % 3U) == 2U;

        handed_over();
        host_on_access = NULL;
        host.step = 10U;
        memset(absent, 0, sizeof(absent));
        memset(answer_of, 0xFF, sizeof(answer_of));
        absent[seed % CPUS] = missing;
        handover.mode = bad ? 9U : BH_MODE_LATE;
        interleave(one_cpu, CPUS, seed);
        for (uint32_t cpu = 0U; cpu < CPUS; cpu++) {
            if (!absent[cpu]) {
                CHECK_EQ(answer_of[cpu].status, missing ? BH_E_LAUNCH_MISSING
                                                : bad   ? BH_E_LAUNCH_HANDOVER
                                                        : BH_OK);
            }
            CHECK_EQ(host.taken[cpu], (missing || bad) ? 0U : 1U);
        }
    }
}

/** The launch is over, directly: all CPUs are off. */
static void direct(void)
{
    CHECK(core_machine());
    handover.mode = BH_MODE_DIRECT;
    host_word[SW_CPU_STATE][0] = CPU_OFF;
}

/** @test TC_INI_011 @verifies SWR_INI_004 @technique equivalence @level unit */
static void autostart_starts_what_asks_for_it(void)
{
    direct();
    plan.cells[1].flags = BH_CELL_AUTOSTART;
    plan.cells[1].entry = 0x40000000U;
    plan.cells[2].flags = BH_CELL_AUTOSTART;
    init_autostart(0U);
    CHECK_EQ(state_of(2U), BH_STATE_RUNNING);
    CHECK_EQ(state_of(3U), BH_STATE_ABSENT);
    CHECK_EQ(phase_of(2U), CPU_STARTING);
    CHECK_EQ(cell_of(2U), 2U);
    CHECK_EQ(phase_of(0U), CPU_STARTING);
    CHECK_EQ(cpu_entry[0], 0x40000000U);
    CHECK_EQ(phase_of(1U), CPU_OFF);
    direct();
    init_autostart(0U);
    CHECK_EQ(phase_of(0U), CPU_OFF);
    CHECK_EQ(events(), 0U);
}

/** @test TC_INI_017 @verifies SWR_INI_004 SWR_MSR_003 @technique bva @level unit */
static void autostart_measures_to_the_end(void)
{
    direct();
    plan.cells[3].flags |= BH_CELL_AUTOSTART + BH_CELL_MEASURED; /* 0x110 pages: 17 steps */
    init_autostart(0U);
    CHECK_EQ(state_of(3U), BH_STATE_RUNNING);
    CHECK_EQ(measure_done[3], 1U);
    CHECK_EQ(host_memory.n_calls, 0x110U * 64U);
    direct();
    plan.cells[3].flags |= BH_CELL_AUTOSTART;
    plan.policy[3].digest[0] = 1U;
    init_autostart(0U);
    CHECK_EQ(state_of(3U), BH_STATE_STOPPED);
    CHECK_EQ(event_back(1U)->id, BH_EV_DIGEST_REFUSED);
}

/** @test TC_INI_012 @verifies SWR_INI_004 @technique equivalence @level unit */
static void root_starts_on_a_cpu_that_it_still_has(void)
{
    direct();
    plan.cells[1].flags = BH_CELL_AUTOSTART;
    plan.cells[1].entry = 0x40000000U;
    plan.cells[1].cpus = 0xEU; /* CPU 1 is root's first, cell 3 takes it; cell 2 leaves CPU 3 */
    plan.cells[2].cpus = 0x5U;
    plan.cells[2].flags = BH_CELL_AUTOSTART;
    plan.cells[3].flags = BH_CELL_AUTOSTART | BH_CELL_CONTINUE;
    host.self = 3U;
    init_autostart(3U);
    CHECK_EQ(state_of(3U), BH_STATE_RUNNING);
    CHECK_EQ(state_of(2U), BH_STATE_RUNNING);
    CHECK_EQ(phase_of(3U), CPU_STARTING);
    CHECK_EQ(cell_of(3U), BH_CELL_ROOT);
    CHECK_EQ(cpu_entry[3], 0x40000000U);
    CHECK_EQ(cpu_entry[1], FIX_ENTRY3);
    direct(); /* root's first CPU is the second of a cell, off: it is not root's any more */
    plan.cells[1].flags = BH_CELL_AUTOSTART;
    plan.cells[1].entry = 0x40000000U;
    plan.cells[1].cpus = 0xCU;
    plan.cells[2].cpus = 0x6U;
    plan.cells[2].flags = BH_CELL_AUTOSTART;
    init_autostart(0U);
    CHECK_EQ(phase_of(2U), CPU_OFF);
    CHECK_EQ(phase_of(3U), CPU_STARTING);
    CHECK_EQ(cpu_entry[3], 0x40000000U);
    direct(); /* none of its CPUs is to be had */
    plan.cells[1].flags = BH_CELL_AUTOSTART;
    for (uint32_t cpu = 0U; cpu < CPUS; cpu++) {
        host_word[SW_CPU_STATE][cpu] = CPU_LOST;
    }
    init_autostart(0U);
    for (uint32_t cpu = 0U; cpu < CPUS; cpu++) {
        CHECK_EQ(phase_of(cpu), CPU_LOST);
    }
}

/** @test TC_INI_013 @verifies SWR_INI_004 @technique equivalence @level unit */
static void a_cell_may_own_the_cpu_that_starts_it(void)
{
    direct();
    plan.cells[3].cpus = 0x1U;
    plan.cells[3].flags = BH_CELL_AUTOSTART;
    init_autostart(0U);
    CHECK_EQ(state_of(3U), BH_STATE_RUNNING);
    CHECK_EQ(phase_of(0U), CPU_STARTING);
    CHECK_EQ(cell_of(0U), 3U);
    CHECK_EQ(as_cpu(0U), CPU_ENTER);
}

/** @test TC_INI_014 @verifies SWR_INI_004 @technique fault-injection @level unit */
static void a_cell_that_cannot_start_is_reported(void)
{
    direct();
    plan.cells[2].flags = BH_CELL_AUTOSTART;
    plan.cells[3].flags = BH_CELL_AUTOSTART;
    host_word[SW_CPU_STATE][3] = CPU_LOST;
    init_autostart(0U);
    CHECK_EQ(state_of(3U), BH_STATE_RUNNING);
    CHECK_EQ(state_of(2U), BH_STATE_ABSENT);
    CHECK_EQ(event_back(0U)->id, BH_EV_REFUSED);
    CHECK_EQ(event_back(0U)->cell, 2U);
    CHECK_EQ(event_back(0U)->b, BH_E_HC_CPU_BUSY);
    direct();
    plan.cells[2].flags = BH_CELL_AUTOSTART;
    other_after[3] = NEVER;
    init_autostart(0U);
    CHECK_EQ(state_of(2U), BH_STATE_LOST);
    CHECK_EQ(event_back(0U)->b, BH_E_HC_LOST);
}

/** @test TC_INI_015 @verifies SWR_INI_004 @technique timeout @level unit */
static void autostart_waits_for_the_cpus_but_not_for_ever(void)
{
    uint64_t start;

    direct();
    host_word[SW_CPU_STATE][1] = CPU_ABSENT;
    host_word[SW_CPU_STATE][2] = CPU_ABSENT;
    start = host.now;
    init_autostart(0U);
    CHECK(host.now - start >= 2U * LAUNCH_WAIT_US);
    CHECK(host.now - start <= (2U * LAUNCH_WAIT_US) + 100U);
}

int main(void)
{
    TEST(TC_INI_001, open_forgets_the_past);
    TEST(TC_INI_002, all_come_and_are_taken);
    TEST(TC_INI_016, a_cpu_whose_registers_do_not_listen_is_reported);
    TEST(TC_INI_003, what_is_handed_over_is_judged);
    TEST(TC_INI_004, the_plan_is_judged);
    TEST(TC_INI_005, one_does_not_come);
    TEST(TC_INI_006, an_impostor_does_not_count);
    TEST(TC_INI_007, a_judge_that_never_speaks);
    TEST(TC_INI_008, a_verdict_that_comes_too_late);
    TEST(TC_INI_009, who_reads_the_reason_before_it_is_written_goes_back);
    TEST(TC_INI_010, all_or_none_in_any_order);
    TEST(TC_INI_011, autostart_starts_what_asks_for_it);
    TEST(TC_INI_017, autostart_measures_to_the_end);
    TEST(TC_INI_012, root_starts_on_a_cpu_that_it_still_has);
    TEST(TC_INI_013, a_cell_may_own_the_cpu_that_starts_it);
    TEST(TC_INI_014, a_cell_that_cannot_start_is_reported);
    TEST(TC_INI_015, autostart_waits_for_the_cpus_but_not_for_ever);
    return test_result();
}
