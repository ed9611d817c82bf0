/* SPDX-License-Identifier: Apache-2.0 */
/** @file test_psci.c
 * PSCI and SMCCC as cells see them: every function, own and foreign CPUs in every phase.
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
#include "arch/aarch64/psci.h"
#include "test.h"

#define NOT_SUPPORTED 0xFFFFFFFFFFFFFFFFU
#define INVALID 0xFFFFFFFFFFFFFFFEU
#define DENIED 0xFFFFFFFFFFFFFFFDU
#define ALREADY_ON 0xFFFFFFFFFFFFFFFCU
#define CPU_ON_64 0xC4000003U
#define CPU_ON_32 0x84000003U
#define AFFINITY_INFO_64 0xC4000004U
#define AFFINITY_INFO_32 0x84000004U

static void begin(void)
{
    CHECK(aarch64_machine());
    cell_runs(2U);
    fake_forget();
}

/** Is a function served when it is called? One that is not leaves the event. */
static bool answers(uint64_t function)
{
    begin();
    (void)psci_call(2U, function, 0U, 0U, 0U);
    return (events() == 0U) || (event_back(0U)->id != BH_EV_SMC_DENIED);
}

/** @test TC_PSC_001 @verifies SWR_PSC_001 SWR_PSC_005 @technique table @level unit */
static void what_there_is(void)
{
    static const uint64_t there[] = {0x84000000U, 0x84000001U, 0xC4000001U, 0x84000002U,
                                     0x84000003U, 0xC4000003U, 0x84000004U, 0xC4000004U,
                                     0x84000006U, 0x84000008U, 0x84000009U, 0x8400000AU,
                                     0x84000012U, 0xC4000012U, 0x80000000U, 0x80000001U};

    begin();
    CHECK_EQ(psci_call(2U, 0x84000000U, 0U, 0U, 0U), 0x10001U);
    CHECK_EQ(psci_call(2U, 0x80000000U, 0U, 0U, 0U), 0x10001U);
    CHECK_EQ(psci_call(2U, 0x84000006U, 0U, 0U, 0U), 2U);
    CHECK_EQ(phase_of(2U), CPU_RUN);
    for (uint64_t group = 0x80000000U; group <= 0xC4000000U; group += 0x4000000U) {
        for (uint64_t f = group; f < group + 0x40U; f++) {
            bool known = false;

            for (uint32_t k = 0U; k < COUNT_OF(there); k++) {
                known = known || (there[k] == f);
            }
            /* What is told of a function is what calling it does: both against the list above. */
            CHECK_EQ(psci_call(2U, 0x8400000AU, f, 0U, 0U), known ? 0U : NOT_SUPPORTED);
            CHECK_EQ(psci_call(2U, 0x8400000AU, f | 0xFFFFFFFF00000000U, 0U, 0U),
                     known ? 0U : NOT_SUPPORTED);
            CHECK_EQ(events(), 0U);
            CHECK_EQ(answers(f), known);
            CHECK_EQ(fake.smcs, 0U);
            begin();
        }
    }
}

/** @test TC_PSC_011 @verifies SWR_PSC_006 @technique bva @level unit */
static void suspend_goes_on_at_once(void)
{
    static const uint64_t good[] = {
        0U,         1U,         0xFFFFU,    0x10000U,       0x1FFFFU,
        0x1000000U, 0x2000000U, 0x301FFFFU, 0x301000000ULL, 0xFFFFFFFF00000000U};

    for (uint64_t f = 0x84000001U; f <= 0xC4000001U; f += 0x40000000U) {
        for (uint32_t k = 0U; k < COUNT_OF(good); k++) {
            begin();
            CHECK_EQ(psci_call(2U, f, good[k], 0x4000U, 7U), 0U);
            CHECK_EQ(phase_of(2U), CPU_RUN);
            CHECK_EQ(events(), 0U);
            CHECK_EQ(fake.smcs, 0U);
        }
        for (uint32_t bit = 0U; bit < 32U; bit++) {
            bool known = (bit < 17U) || (bit == 24U) || (bit == 25U);

            begin();
            CHECK_EQ(psci_call(2U, f, 1ULL << bit, 0U, 0U), known ? 0U : INVALID);
            CHECK_EQ(phase_of(2U), CPU_RUN);
        }
    }
}

/** @test TC_PSC_002 @verifies SWR_PSC_001 @technique table @level unit */
static void what_there_is_not(void)
{
    static const uint64_t none[] = {0U,          1U,          0x84000005U, 0x84000007U,
                                    0x8400000BU, 0xC4000005U, 0xC400000EU, 0x80008000U,
                                    0xC2000000U, 0xFFFFFFFFU};

    for (uint32_t k = 0U; k < COUNT_OF(none); k++) {
        begin();
        CHECK_EQ(psci_call(3U, none[k], 77U, 0U, 0U), NOT_SUPPORTED);
        CHECK_EQ(event_back(0U)->id, BH_EV_SMC_DENIED);
        CHECK_EQ(event_back(0U)->a, none[k]);
        CHECK_EQ(event_back(0U)->b, 77U);
        CHECK_EQ(event_back(0U)->cell, 2U);
        CHECK_EQ(event_back(0U)->cpu, 3U);
        CHECK_EQ(fake.smcs, 0U);
    }
}

/** @test TC_PSC_003 @verifies SWR_PSC_002 @technique state-table @level unit */
static void cpu_on_in_every_phase(void)
{
    for (uint64_t phase = CPU_ABSENT; phase <= CPU_PREPARING; phase++) {
        for (uint64_t f = CPU_ON_32; f <= CPU_ON_64; f += CPU_ON_64 - CPU_ON_32) {
            bool off = phase == CPU_OFF;

            begin();
            plan.mpidr[3] = 0x100000003U;
            host_word[SW_CPU_STATE][3] = phase;
            CHECK_EQ(psci_call(2U, f, plan.mpidr[3], 0x4000U, 99U), off ? 0U : ALREADY_ON);
            CHECK_EQ(phase_of(3U), off ? CPU_STARTING : phase);
            CHECK_EQ(fake.kicks, off ? 1U : 0U);
            CHECK((!off) || ((cpu_entry[3] == 0x4000U) && (cpu_context[3] == 99U)));
            CHECK_EQ(events(), 0U);
        }
    }
}

/** @test TC_PSC_004 @verifies SWR_PSC_002 @technique table @level unit */
static void cpu_on_of_foreign_cpus(void)
{
    static const struct {
        uint64_t mpidr;
        uint64_t answer;
    } rows[] = {{0U, DENIED},
                {1U, DENIED},
                {4U, INVALID},
                {0x100U, INVALID},
                {0x100000002U, INVALID},
                {0xFFFFFFFFFFU, INVALID}};

    for (uint32_t k = 0U; k < COUNT_OF(rows); k++) {
        begin();
        host_word[SW_CPU_STATE][1] = CPU_OFF;
        CHECK_EQ(psci_call(2U, CPU_ON_64, rows[k].mpidr, 0x4000U, 0U), rows[k].answer);
        CHECK_EQ(event_back(0U)->id, BH_EV_CPU_ON_DENIED);
        CHECK_EQ(event_back(0U)->a, rows[k].mpidr);
        CHECK_EQ(event_back(0U)->b, 0x4000U);
        CHECK_EQ(phase_of(1U), CPU_OFF);
        CHECK_EQ(fake.kicks, 0U);
    }
    begin(); /* root, of a cell's CPU that is off */
    host_word[SW_CPU_STATE][3] = CPU_OFF;
    CHECK_EQ(psci_call(0U, CPU_ON_64, 3U, 0x4000U, 0U), DENIED);
    CHECK_EQ(phase_of(3U), CPU_OFF);
}

/** @test TC_PSC_005 @verifies SWR_PSC_002 @technique state-table @level unit */
static void affinity_info(void)
{
    static const uint64_t answer[] = {1U, 1U, 0U, 1U, 1U, 2U};

    for (uint64_t phase = CPU_ABSENT; phase <= CPU_STARTING; phase++) {
        begin();
        host_word[SW_CPU_STATE][3] = phase;
        CHECK_EQ(psci_call(2U, AFFINITY_INFO_64, 3U, 0U, 0U), answer[phase]);
        CHECK_EQ(psci_call(2U, AFFINITY_INFO_32, 3U, 0U, 0U), answer[phase]);
        CHECK_EQ(psci_call(2U, AFFINITY_INFO_64, 0U, 0U, 0U), INVALID);
        CHECK_EQ(psci_call(2U, AFFINITY_INFO_64, 9U, 0U, 0U), INVALID);
    }
}

/** @test TC_PSC_006 @verifies SWR_PSC_002 @technique equivalence @level unit */
static void cpu_off(void)
{
    begin();
    fake.reg[SR_ICC_IGRPEN1_EL1] = 1U;
    (void)psci_call(3U, 0x84000002U, 0U, 0U, 0U);
    CHECK_EQ(phase_of(3U), CPU_OFF);
    CHECK_EQ(phase_of(2U), CPU_RUN);
    CHECK_EQ(state_of(2U), BH_STATE_RUNNING);
    CHECK_EQ(fake.reg[SR_ICC_IGRPEN1_EL1], 0U);
    CHECK_EQ(psci_call(2U, CPU_ON_64, 3U, 0U, 0U), 0U);
}

/** @test TC_PSC_007 @verifies SWR_PSC_003 SWR_PSC_007 SWR_RST_001 @technique table @level unit */
static void the_system_that_ends_is_the_cell(void)
{
    static const uint64_t ends[] = {0x84000008U, 0x84000009U, 0x84000012U, 0xC4000012U};

    for (uint32_t k = 0U; k < COUNT_OF(ends); k++) {
        for (uint32_t who = 0U; who < 3U;
             who++) { /* root, a cell that is measured, one that is not */
            uint32_t cell = (who == 0U) ? 1U : 2U;
            uint32_t cpu = (who == 0U) ? 0U : 3U;
            bool anew = (who == 2U) && (k > 0U);

            begin();
            plan.cells[2].flags = (who == 1U) ? BH_CELL_MEASURED : 0U;
            CHECK_EQ(psci_call(cpu, ends[k], 0xFFFFFFFF00000000U, 0U, 0U), 0U);
            CHECK_EQ(state_of(cell), anew ? BH_STATE_RUNNING : BH_STATE_STOPPED);
            CHECK_EQ(state_of(3U - cell), BH_STATE_RUNNING);
            CHECK_EQ(phase_of(cpu), anew ? CPU_RESET : CPU_PARKED);
            CHECK_EQ(status_page.cpus[cpu].state, BH_CPU_PARKED);
            CHECK_EQ(host_word[SW_CPU_REQUEST][2], (cell == 1U) ? CPU_REQ_NONE
                                                   : anew       ? CPU_REQ_RESET
                                                                : CPU_REQ_PARK);
            CHECK_EQ(events(), anew ? 0U : 1U);
            CHECK(anew || (event_back(0U)->id == BH_EV_SYSTEM_RESET));
            CHECK(anew || (event_back(0U)->a == ends[k]));
            CHECK(anew || (event_back(0U)->cell == cell));
            CHECK_EQ(fake.smcs, 0U);
        }
    }
}

/** @test TC_PSC_012 @verifies SWR_PSC_007 @technique bva @level unit */
static void a_reset_of_an_unknown_type_is_none(void)
{
    static const uint64_t types[] = {1U, 0x7FFFFFFFU, 0x80000000U, 0xFFFFFFFFU, 0x100000001U};

    for (uint64_t f = 0x84000012U; f <= 0xC4000012U; f += 0x40000000U) {
        for (uint32_t k = 0U; k < COUNT_OF(types); k++) {
            begin();
            CHECK_EQ(psci_call(2U, f, types[k], 0U, 0U), INVALID);
            CHECK((phase_of(2U) == CPU_RUN) && (phase_of(3U) == CPU_RUN));
            CHECK_EQ(state_of(2U), BH_STATE_RUNNING);
            CHECK_EQ(host_word[SW_CPU_REQUEST][3], CPU_REQ_NONE);
            CHECK_EQ(events(), 0U);
        }
    }
    begin(); /* the others have no type */
    CHECK_EQ(psci_call(2U, 0x84000009U, 1U, 0U, 0U), 0U);
    CHECK_EQ(phase_of(2U), CPU_RESET);
    begin();
    CHECK_EQ(psci_call(2U, 0x84000008U, 1U, 0U, 0U), 0U);
    CHECK_EQ(phase_of(2U), CPU_PARKED);
}

static struct frame f;

/** The SMC of the cell on @p cpu; every register holds something. */
static void smc(uint32_t cpu, uint64_t function, uint64_t a1)
{
    for (uint32_t i = 0U; i < FRAME_ROWS; i++) {
        f.r[i] = 0xAB00U + i;
    }
    X(&f, 0) = function;
    X(&f, 1) = a1;
    smc_serve(cpu, &f);
}

static void kept_from(uint32_t n)
{
    for (uint32_t i = n; i < FRAME_ROWS; i++) {
        CHECK_EQ(f.r[i], 0xAB00U + i);
    }
}

/** @test TC_PSC_008 @verifies SWR_PSC_004 @technique equivalence @level unit */
static void anybody_may_ask_who_is_there(void)
{
    for (uint32_t cpu = 0U; cpu < 4U; cpu += 3U) {
        begin();
        smc(cpu, 0xFFFFFFFF8600FF01U, 7U); /* the function is W0 */
        CHECK_EQ(X(&f, 0), 0x293BA5CFU); /* cfa53b29-470e-4601-936d-690bb1aaf16e */
        CHECK_EQ(X(&f, 1), 0x01460E47U);
        CHECK_EQ(X(&f, 2), 0x0B696D93U);
        CHECK_EQ(X(&f, 3), 0x6EF1AAB1U);
        kept_from(4U);
        CHECK_EQ(events(), 0U);
    }
}

/** @test TC_PSC_009 @verifies SWR_PSC_004 @technique equivalence @level unit */
static void root_alone_learns_of_the_kernel(void)
{
    begin();
    plan.crc = 0x89ABCDEFU;
    smc(0U, BH_SMC_KERNEL, 7U);
    CHECK_EQ(X(&f, 0), 0U);
    CHECK_EQ(X(&f, 1), BH_ABI_VERSION);
    CHECK_EQ(X(&f, 2), 0x89ABCDEFU);
    CHECK_EQ(X(&f, 3), plan.status_ppn * BH_PAGE_BYTES);
    kept_from(4U);
    CHECK_EQ(events(), 0U);
    smc(3U, BH_SMC_KERNEL, 7U);
    CHECK_EQ(X(&f, 0), NOT_SUPPORTED);
    CHECK_EQ(X(&f, 1), 7U);
    kept_from(2U);
    CHECK_EQ(event_back(0U)->id, BH_EV_SMC_DENIED);
    CHECK_EQ(event_back(0U)->a, BH_SMC_KERNEL);
    CHECK_EQ(event_back(0U)->cell, 2U);
}

/** @test TC_PSC_010 @verifies SWR_PSC_001 @technique table @level unit */
static void calls_by_the_frame(void)
{
    static const struct {
        uint64_t function;
        uint64_t a1;
        uint64_t answer;
        uint64_t events;
    } rows[] = {
        {0x84000000U, 7U, 0x10001U, 0U},
        {0x1234567884000000U, 7U, 0x10001U, 0U},
        {0x80000001U, 0x80000000U, 0U, 0U},
        {0x80000001U, 0x80000001U, 0U, 0U},
        {0x80000001U, 0xFFFFFFFF80000001U, 0U, 0U},
        {0x80000001U, 0x80008000U, NOT_SUPPORTED, 0U},
        {0x80000001U, 0x84000000U, NOT_SUPPORTED, 0U},
        {0x8600FF00U, 7U, NOT_SUPPORTED, 1U},
        {0x8600FF02U, 7U, NOT_SUPPORTED, 1U},
        {0xC6000001U, 7U, NOT_SUPPORTED, 1U},
        {0x86000000U, 7U, NOT_SUPPORTED, 1U},
    };

    for (uint32_t k = 0U; k < COUNT_OF(rows); k++) {
        begin();
        smc(0U, rows[k].function, rows[k].a1);
        CHECK_EQ(X(&f, 0), rows[k].answer);
        CHECK_EQ(X(&f, 1), rows[k].a1);
        kept_from(2U);
        CHECK_EQ(events(), rows[k].events);
    }
    begin(); /* all arguments arrive */
    host_word[SW_CPU_STATE][3] = CPU_OFF;
    smc(2U, CPU_ON_64, 3U);
    CHECK_EQ(X(&f, 0), 0U);
    CHECK((cpu_entry[3] == 0xAB02U) && (cpu_context[3] == 0xAB03U));
}

/** Calls that the plan gives to cell 2: a range of 64-bit calls, a 32-bit one, a work-around of the
 * architecture; to root: another. */
static void begin_calls(void)
{
    static const struct bh_call calls[4] = {{0xC2000010U, 0xC200001FU, 2U},
                                            {0x82000005U, 0x82000005U, 2U},
                                            {0x80008000U, 0x80008000U, 2U},
                                            {0xC3000000U, 0xC3000000U, 1U}};

    begin();
    memcpy(plan.calls, calls, sizeof(calls));
    plan.n_calls = 4U;
    fake.forwards = 0U;
}

/** A call on a CPU with known x1 to x7. */
static void call_with(uint32_t cpu, uint64_t function, uint64_t x1)
{
    for (uint32_t i = 0U; i < FRAME_ROWS; i++) {
        f.r[i] = 0xABCDEF0000000000U + i;
    }
    X(&f, 0) = function;
    X(&f, 1) = x1;
    smc_serve(cpu, &f);
}

/** It was passed on with these; x0 to x7 are the firmware's, all else is kept. */
static void passed(uint64_t function, uint64_t x1, bool wide)
{
    CHECK_EQ(fake.forwards, 1U);
    CHECK_EQ(fake.forwarded[0], function);
    CHECK_EQ(fake.forwarded[1], x1);
    for (uint32_t i = 2U; i < 8U; i++) {
        CHECK_EQ(fake.forwarded[i], (wide ? 0xABCDEF0000000000U : 0U) + i);
    }
    for (uint32_t i = 0U; i < FRAME_ROWS; i++) {
        CHECK_EQ(f.r[i], (i < 8U) ? (0xF000000000000100U + i) : (0xABCDEF0000000000U + i));
    }
    CHECK_EQ(events(), 0U);
    CHECK_EQ(fake.smcs, 0U);
    begin_calls();
}

/** @test TC_PSC_020 @verifies SWR_SMC_002 SWR_SMC_003 @technique bva @level unit */
static void listed_calls_reach_the_firmware(void)
{
    begin_calls();
    call_with(2U, 0xC2000010U, UINT64_MAX);
    passed(0xC2000010U, UINT64_MAX, true);
    call_with(3U, 0x12345678C200001FU, 7U); /* the function is W0; CPU 3 is cell 2's, too */
    passed(0xC200001FU, 7U, true);
    call_with(2U, 0x82000005U, 0x8765432100000009U);
    passed(0x82000005U, 9U, false);
    call_with(2U, 0x80008000U, 1U);
    passed(0x80008000U, 1U, false);
    call_with(0U, 0xC3000000U, 1U);
    passed(0xC3000000U, 1U, true);
    call_with(2U, 0x80000001U, 0xFFFFFFFF80008000U); /* does the firmware have the work-around? */
    passed(0x80000001U, 0x80008000U, false);
}

/** @test TC_PSC_021 @verifies SWR_SMC_002 SWR_SMC_003 SWR_PSC_001 @technique bva @level unit */
static void no_other_call_does(void)
{
    static const struct {
        uint32_t cpu;
        uint64_t function;
        uint64_t x1;
    } rows[] = {
        {2U, 0xC200000FU, 0U}, {2U, 0xC2000020U, 0U}, {2U, 0x82000010U, 0U},
        {2U, 0xC2000005U, 0U}, {2U, 0xC3000000U, 0U}, {1U, 0xC2000010U, 0U},
        {0U, 0xC2000010U, 0U}, {0U, 0x80008000U, 0U}, {2U, 0x82000004U, 0xC2000010U},
        {2U, 0x80007FFFU, 0U}, {2U, 0x84000050U, 0U}, {2U, 0x80000002U, 0U},
        {2U, 0x8600FF02U, 0U}, {2U, 0xFFFFFFFFU, 0U}, {2U, 0xB2000000U, 0U},
    };

    for (uint32_t n = 0U; n < COUNT_OF(rows); n++) {
        begin_calls();
        call_with(rows[n].cpu, rows[n].function, rows[n].x1);
        CHECK_EQ(fake.forwards, 0U);
        CHECK_EQ(X(&f, 0), NOT_SUPPORTED);
        for (uint32_t i = 2U; i < 8U; i++) {
            CHECK_EQ(X(&f, i), 0xABCDEF0000000000U + i);
        }
        CHECK_EQ(events(), 1U);
        CHECK_EQ(event_back(0U)->id, BH_EV_SMC_DENIED);
        CHECK_EQ(event_back(0U)->a, rows[n].function);
    }
    begin_calls();
    call_with(2U, 0x80000001U, 0x80007FFFU); /* not listed: the kernel says that there is none */
    CHECK_EQ(fake.forwards, 0U);
    CHECK_EQ(X(&f, 0), NOT_SUPPORTED);
    call_with(0U, 0x80000001U, 0x80008000U);
    CHECK_EQ(fake.forwards, 0U);
    CHECK_EQ(X(&f, 0), NOT_SUPPORTED);
    call_with(2U, 0x80000001U, 0x80000001U);
    CHECK_EQ(fake.forwards, 0U);
    CHECK_EQ(X(&f, 0), 0U);
    CHECK_EQ(events(), 0U);
    plan.n_calls = 0U;
    call_with(2U, 0xC2000010U, 0U);
    CHECK_EQ(fake.forwards, 0U);
    CHECK_EQ(X(&f, 0), NOT_SUPPORTED);
}

int main(void)
{
    TEST(TC_PSC_001, what_there_is);
    TEST(TC_PSC_002, what_there_is_not);
    TEST(TC_PSC_003, cpu_on_in_every_phase);
    TEST(TC_PSC_004, cpu_on_of_foreign_cpus);
    TEST(TC_PSC_005, affinity_info);
    TEST(TC_PSC_006, cpu_off);
    TEST(TC_PSC_007, the_system_that_ends_is_the_cell);
    TEST(TC_PSC_008, anybody_may_ask_who_is_there);
    TEST(TC_PSC_009, root_alone_learns_of_the_kernel);
    TEST(TC_PSC_010, calls_by_the_frame);
    TEST(TC_PSC_011, suspend_goes_on_at_once);
    TEST(TC_PSC_012, a_reset_of_an_unknown_type_is_none);
    TEST(TC_PSC_020, listed_calls_reach_the_firmware);
    TEST(TC_PSC_021, no_other_call_does);
    return test_result();
}
