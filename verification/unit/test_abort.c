/* SPDX-License-Identifier: Apache-2.0 */
/** @file test_abort.c
 * Stage-2 aborts: accesses to the emulated frames, and everything a cell has no right to.
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
#include "arch/aarch64/abort.h"
#include "arch/aarch64/mmio_window.h"
#include "test.h"

#define DATA (0x24ULL << 26)
#define INSTRUCTION (0x20ULL << 26)
#define ISV (1ULL << 24)
#define SIZE(log2) ((uint64_t)(log2) << 22)
#define RT(n) ((uint64_t)(n) << 16)
#define S1PTW 0x80U
#define WRITE 0x40U
#define TRANSLATION 0x07U
#define PERMISSION 0x0FU
#define EXTERNAL 0x10U
#define FAR_PAGE 0xFFFF800008765000U

static struct frame f;

/** A machine on which cell 2 (parks) runs on CPUs 2, 3 and cell 3 (goes on) on CPU 1. */
static void begin(void)
{
    CHECK(aarch64_machine());
    cell_runs(2U);
    cell_runs(3U);
    for (uint32_t i = 0U; i < FRAME_ROWS; i++) {
        f.r[i] = 0x100U + i;
    }
    ELR(&f) = 0x8000U;
    SPSR(&f) = 0x3C5U;
    fake.reg[SR_VBAR_EL1] = 0x10000U;
    fake_forget();
}

/** The cell on @p cpu accesses @p ipa. */
static void touch(uint32_t cpu, uint64_t esr, uint64_t ipa)
{
    fake_cpu(cpu);
    fake.reg[SR_FAR_EL2] = FAR_PAGE + (ipa % 4096U);
    fake.reg[SR_HPFAR_EL2] = (ipa >> 12) << 4;
    abort_handle(cpu, &f, esr);
}

static void exits(uint32_t cpu, uint32_t cause)
{
    CHECK_EQ(status_page.cpus[cpu].exits[cause], 1U);
    CHECK_EQ(status_page.cpus[cpu].total, 1U);
}

/** The cell got a synchronous external abort. */
static void injected(uint64_t far)
{
    CHECK_EQ(ELR(&f), 0x10200U);
    CHECK_EQ(fake.reg[SR_ELR_EL1], 0x8000U);
    CHECK_EQ(fake.reg[SR_FAR_EL1], far);
    CHECK_EQ(fake.reg[SR_ESR_EL1] & 0x3FU, 0x10U);
}

/** @test TC_ABT_001 @verifies SWR_TRP_003 @technique table @level unit */
static void the_distributor_is_emulated(void)
{
    uint32_t prio = GICD_IPRIORITYR + 41U;

    begin();
    touch(2U, DATA | ISV | SIZE(0) | RT(7) | WRITE | TRANSLATION, board.gicd + prio);
    CHECK_EQ(fake_gicd(prio, 1U), 0x10U); /* 0x107: clamped from 7 */
    CHECK_EQ(ELR(&f), 0x8004U);
    exits(2U, BH_EXIT_MMIO);
    begin();
    X(&f, 30) = 0xFFFFFFFFFFFFFF90U;
    touch(2U, DATA | ISV | SIZE(0) | RT(30) | WRITE | TRANSLATION, board.gicd + prio);
    CHECK_EQ(fake_gicd(prio, 1U), 0x90U);
    touch(2U, DATA | ISV | SIZE(0) | RT(0) | TRANSLATION, board.gicd + prio);
    CHECK_EQ(X(&f, 0), 0x90U);
    CHECK_EQ(ELR(&f), 0x8008U);
    touch(2U, DATA | ISV | SIZE(3) | RT(9) | TRANSLATION, board.gicd + GICD_IROUTER + (40U * 8U));
    CHECK_EQ(X(&f, 9), 0U);
    X(&f, 9) = 3U;
    touch(2U, DATA | ISV | SIZE(3) | RT(9) | WRITE | TRANSLATION,
          board.gicd + GICD_IROUTER + (40U * 8U));
    CHECK_EQ(fake_gicd(GICD_IROUTER + (40U * 8U), 8U), 3U);
    CHECK_EQ(events(), 0U);
    begin(); /* the distributor has no 16-bit registers */
    touch(2U, DATA | ISV | SIZE(1) | RT(7) | WRITE | TRANSLATION, board.gicd + prio - 1U);
    CHECK_EQ(fake.writes, 0U);
    CHECK_EQ(ELR(&f), 0x8004U);
    exits(2U, BH_EXIT_MMIO);
}

/** @test TC_ABT_002 @verifies SWR_TRP_003 @technique bva @level unit */
static void the_zero_register(void)
{
    uint32_t off = GICD_IPRIORITYR + 40U;

    begin();
    fake_gicd_set(off, 4U, 0x50505050U);
    fake.log[0].value = 0U;
    f.r[31] = 0xFFFFFFFFU; /* ELR, to be seen if it were taken for x31 */
    touch(2U, DATA | ISV | SIZE(0) | RT(31) | WRITE | TRANSLATION, board.gicd + off);
    CHECK_EQ(fake_gicd(off, 1U), 0x10U);
    begin();
    fake_gicd_set(off, 4U, 0x50505050U);
    touch(2U, DATA | ISV | SIZE(0) | RT(31) | TRANSLATION, board.gicd + off);
    for (uint32_t i = 0U; i < 31U; i++) {
        CHECK_EQ(X(&f, i), 0x100U + i);
    }
    CHECK_EQ(ELR(&f), 0x8004U);
}

/** @test TC_ABT_003 @verifies SWR_TRP_003 @technique bva @level unit */
static void frames_end_where_they_end(void)
{
    static const struct {
        uint64_t offset;
        bool gicr;
        bool emulated;
    } rows[] = {{0xFFFCU, false, true},
                {0x10000U, false, false},
                {UINT64_MAX - 3U, false, false},
                {0x0U, true, true},
                {(8U * GICR_STRIDE) - 4U, true, true},
                {8U * GICR_STRIDE, true, false},
                {UINT64_MAX - 3U, true, true}, /* the ITS ends where they begin */
                {UINT64_MAX - 0x1FFFFU, true, true},
                {UINT64_MAX - 0x20003U, true, false}};

    for (uint32_t k = 0U; k < COUNT_OF(rows); k++) {
        uint64_t base = rows[k].gicr ? board.gicr : board.gicd;

        begin();
        touch(0U, DATA | ISV | SIZE(2) | RT(3) | TRANSLATION, base + rows[k].offset);
        exits(0U, rows[k].emulated ? BH_EXIT_MMIO : BH_EXIT_ABORT);
        CHECK_EQ(events(), rows[k].emulated ? 0U : 1U);
    }
    begin(); /* the ITS is root's alone */
    touch(2U, DATA | ISV | SIZE(2) | RT(3) | TRANSLATION, board.gits);
    exits(2U, BH_EXIT_ABORT);
    CHECK_EQ(event_back(1U)->id, BH_EV_MEM_VIOLATION);
    CHECK_EQ(event_back(0U)->id, BH_EV_CELL_FAILED);
    begin();
    touch(2U, DATA | ISV | SIZE(2) | RT(3) | WRITE | TRANSLATION,
          board.gicr + (2U * GICR_STRIDE) + GICR_ISENABLER0);
    CHECK_EQ(fake_gicr((2U * GICR_STRIDE) + GICR_ISENABLER0, 4U), 0x103U);
    touch(2U, DATA | ISV | SIZE(3) | RT(4) | TRANSLATION, board.gicr + (1U * GICR_STRIDE) + 8U);
    CHECK_EQ(X(&f, 4), (1ULL << 32) | 0x100U);
}

/** @test TC_ABT_004 @verifies SWR_TRP_002 @technique table @level unit */
static void a_violation_ends_the_cell_or_is_answered(void)
{
    static const struct {
        uint32_t cpu;
        uint32_t cell;
        bool goes_on;
    } who[] = {{0U, 1U, true}, {2U, 2U, false}, {1U, 3U, true}};
    static const uint64_t what[] = {DATA | ISV | RT(1) | TRANSLATION, DATA | WRITE | TRANSLATION,
                                    INSTRUCTION | TRANSLATION, DATA | 0x11U};

    for (uint32_t k = 0U; k < COUNT_OF(who); k++) {
        for (uint32_t i = 0U; i < COUNT_OF(what); i++) {
            const struct bh_event *event;

            begin();
            touch(who[k].cpu, what[i], 0x7000000123U);
            exits(who[k].cpu, BH_EXIT_ABORT);
            event = event_back(who[k].goes_on ? 0U : 1U);
            CHECK_EQ(event->id, BH_EV_MEM_VIOLATION);
            CHECK_EQ(event->a, 0x7000000123U);
            CHECK_EQ(event->b, what[i]);
            CHECK_EQ(event->cell, who[k].cell);
            CHECK_EQ(state_of(who[k].cell), who[k].goes_on ? BH_STATE_RUNNING : BH_STATE_FAILED);
            if (who[k].goes_on) {
                injected(FAR_PAGE + 0x123U);
                CHECK_EQ(events(), 1U);
            } else {
                CHECK_EQ(events(), 2U);
                CHECK_EQ(event_back(0U)->id, BH_EV_CELL_FAILED);
                CHECK_EQ(event_back(0U)->a, who[k].cell);
                CHECK_EQ(event_back(0U)->b, what[i]);
                CHECK_EQ(phase_of(2U), CPU_PARKED);
                CHECK_EQ(host_word[SW_CPU_REQUEST][3], CPU_REQ_PARK);
                CHECK_EQ(ELR(&f), 0x8000U);
            }
        }
    }
}

/** @test TC_ABT_005 @verifies SWR_TRP_002 SWR_TRP_003 @technique equivalence @level unit */
static void accesses_that_cannot_be_emulated(void)
{
    begin();
    touch(1U, DATA | WRITE | TRANSLATION, board.gicd + 0x100U); /* no syndrome, as for a pair */
    CHECK_EQ(event_back(0U)->id, BH_EV_MMIO_UNDECODABLE);
    CHECK_EQ(event_back(0U)->a, board.gicd + 0x100U);
    injected(FAR_PAGE + 0x100U);
    CHECK_EQ(fake.writes, 0U);
    begin();
    touch(1U, INSTRUCTION | ISV | TRANSLATION, board.gicd); /* to execute it */
    CHECK_EQ(event_back(0U)->id, BH_EV_MEM_VIOLATION);
    injected(FAR_PAGE);
}

/** @test TC_ABT_006 @verifies SWR_TRP_002 @technique equivalence @level unit */
static void external_aborts_go_to_the_cell(void)
{
    begin();
    touch(2U, DATA | ISV | RT(1) | EXTERNAL, 0x7000000123U);
    CHECK_EQ(events(), 1U);
    CHECK_EQ(event_back(0U)->id, BH_EV_EXTERNAL_ABORT);
    CHECK_EQ(event_back(0U)->b, FAR_PAGE + 0x123U);
    injected(FAR_PAGE + 0x123U);
    CHECK_EQ(state_of(2U), BH_STATE_RUNNING);
}

/** @test TC_ABT_007 @verifies SWR_TRP_002 SWR_CPU_003 @technique equivalence @level unit */
static void a_fault_during_a_stop_is_no_violation(void)
{
    begin();
    host_word[SW_CPU_REQUEST][2] = CPU_REQ_PARK;
    touch(2U, INSTRUCTION | TRANSLATION, 0U);
    CHECK_EQ(events(), 0U);
    CHECK_EQ(state_of(2U), BH_STATE_RUNNING);
    exits(2U, BH_EXIT_ABORT);
    CHECK_EQ(ELR(&f), 0x8000U);
}

/** @test TC_ABT_008 @verifies SWR_TRP_002 SWR_TRP_003 @technique fault-injection @level unit */
static void a_stale_hpfar_is_not_believed(void)
{
    begin();
    fake.reg[SR_FAR_EL2] = FAR_PAGE + 0x180U;
    fake.reg[SR_HPFAR_EL2] = (board.gicd >> 12) << 4; /* of the access before */
    abort_handle(1U, &f, DATA | ISV | SIZE(2) | RT(3) | WRITE | PERMISSION);
    CHECK_EQ(fake.writes, 0U);
    CHECK_EQ(event_back(0U)->id, BH_EV_MEM_VIOLATION);
    CHECK_EQ(event_back(0U)->a, FAR_PAGE + 0x180U);
    injected(FAR_PAGE + 0x180U);
    begin();
    touch(1U, DATA | S1PTW | PERMISSION, 0x7000000123U); /* of a walk: HPFAR is valid */
    CHECK_EQ(event_back(0U)->a, 0x7000000123U);
}

#define SSE (1ULL << 21)
#define SF (1ULL << 15)
#define DEVICE_PAGE 0xA000U
#define PLACE 0xA000000U /* of root's window; cell 2 has its own at PLACE2 */
#define PLACE2 0x9000200U
#define READS (DATA | ISV | RT(5) | TRANSLATION)
#define WRITES (READS | WRITE)

/** Windows of one page: 0 root's, for words; 1 of cell 2, any width; 2 of cell 2, bytes to be read; 3 of
 * cell 3, words to be written. */
static void begin_windows(void)
{
    static const struct bh_window windows[4] = {
        {DEVICE_PAGE, DEVICE_PAGE, 0U, 0x200U, 1U, 3U + BH_WINDOW_32, 0U},
        {DEVICE_PAGE, 0x9000U, 0x200U, 0x20U, 2U, 3U + 60U, 0U},
        {DEVICE_PAGE + 1U, 0x9000U, 0x220U, 3U, 2U, 1U + BH_WINDOW_8, 0U},
        {DEVICE_PAGE, 0x9000U, 0x300U, 4U, 3U, 2U + BH_WINDOW_32, 0U}};

    begin();
    memcpy(plan.windows, windows, sizeof(windows));
    plan.n_windows = 4U;
    memset(el2_window, 0, sizeof(el2_window));
    arch_windows_open();
    for (uint32_t i = 0U; i < sizeof(fake.windows); i++) {
        fake.windows[i] = (uint8_t)(0x81U + i + (i / 4096U));
    }
}

/** Bytes of the page as window @p w sees it. */
static uint64_t shown(uint32_t w, uint32_t offset, uint32_t size)
{
    uint64_t value = 0U;

    memcpy(&value, &fake.windows[(w * 4096U) + offset], size);
    return value;
}

/** The access was refused by @p event, and no device noticed. */
static void refused(uint32_t cpu, uint64_t esr, uint64_t ipa, uint32_t event)
{
    uint64_t before = events();
    uint32_t writes = fake.writes;
    uint64_t x5 = X(&f, 5);

    touch(cpu, esr, ipa);
    CHECK(events() > before);
    CHECK_EQ(event_back((uint32_t)(events() - before - 1U))->id, event);
    CHECK_EQ(event_back((uint32_t)(events() - before - 1U))->a, ipa);
    CHECK_EQ(event_back((uint32_t)(events() - before - 1U))->b, esr);
    CHECK_EQ(fake.writes, writes);
    CHECK_EQ(X(&f, 5), x5);
}

/** @test TC_ABT_020 @verifies SWR_MMW_002 @technique requirements @level unit */
static void pages_of_windows_are_mapped(void)
{
    begin_windows();
    for (uint32_t w = 0U; w < EL2_ENTRIES; w++) {
        uint64_t page = (w == 10U) ? (DEVICE_PAGE + 1ULL) : DEVICE_PAGE;
        bool mapped = (w >= 8U) && (w < 12U);

        CHECK_EQ(el2_window[w], mapped ? ((page << 12) | 0x40000000000447U) : 0U);
    }
}

/** @test TC_ABT_021 @verifies SWR_MMW_003 SWR_MMW_004 SWR_MMW_006 @technique table @level unit */
static void the_owner_uses_its_window(void)
{
    begin_windows();
    for (uint32_t log = 0U; log < 4U; log++) {
        uint32_t size = 1U << log;

        touch(2U, READS | SIZE(log) | SF, PLACE2 + 8U);
        CHECK_EQ(X(&f, 5), shown(1U, 0x208U, size));
        X(&f, 5) = 0x1122334455667788U;
        touch(2U, WRITES | SIZE(log), PLACE2 + 0x18U);
        CHECK_EQ(fake.writes, log + 1U);
        CHECK_EQ(fake.log[log].address, FAKE_WINDOWS + 4096U + 0x218U);
        CHECK_EQ(fake.log[log].size, size);
        CHECK_EQ(fake.log[log].value,
                 (size == 8U) ? X(&f, 5) : (X(&f, 5) & ((1ULL << (8U * size)) - 1U)));
    }
    CHECK_EQ(ELR(&f), 0x8020U);
    CHECK_EQ(events(), 0U);
    CHECK_EQ(status_page.cpus[2].exits[BH_EXIT_MMIO], 8U);
    CHECK_EQ(status_page.cpus[2].total, 8U);
    touch(0U, READS | SIZE(2) | SF, PLACE + 0x1FCU); /* root's last word */
    CHECK_EQ(X(&f, 5), shown(0U, 0x1FCU, 4U));
    touch(2U, READS | SIZE(0) | SF, PLACE2 + 0x22U); /* the last byte of window 2 */
    CHECK_EQ(X(&f, 5), shown(2U, 0x222U, 1U));
    touch(2U, DATA | ISV | RT(31) | SIZE(2) | TRANSLATION, PLACE2);
    f.r[31] = 0x9000U;
    touch(2U, DATA | ISV | RT(31) | SIZE(2) | WRITE | TRANSLATION, PLACE2);
    CHECK_EQ(fake.log[fake.writes - 1U].value, 0U);
    CHECK_EQ(events(), 0U);
}

/** @test TC_ABT_022 @verifies SWR_MMW_005 @technique bva @level unit */
static void loads_are_extended(void)
{
    static const struct {
        uint32_t log;
        uint64_t flags;
        uint64_t bits;
        uint64_t got;
    } rows[] = {
        {0U, SF, 0x80U, 0x80U},
        {0U, 0U, 0x80U, 0x80U},
        {0U, SSE, 0x80U, 0xFFFFFF80U},
        {0U, SSE | SF, 0x80U, 0xFFFFFFFFFFFFFF80U},
        {0U, SSE | SF, 0x7FU, 0x7FU},
        {0U, SSE | SF, 0xFFU, 0xFFFFFFFFFFFFFFFFU},
        {1U, SSE | SF, 0x8000U, 0xFFFFFFFFFFFF8000U},
        {1U, SSE, 0x8000U, 0xFFFF8000U},
        {1U, SSE | SF, 0x7FFFU, 0x7FFFU},
        {1U, SF, 0xFFFFU, 0xFFFFU},
        {2U, SSE | SF, 0x80000000U, 0xFFFFFFFF80000000U},
        {2U, SSE | SF, 0x7FFFFFFFU, 0x7FFFFFFFU},
        {2U, 0U, 0x80000000U, 0x80000000U},
        {3U, SF, 0x8000000000000001U, 0x8000000000000001U},
        {3U, SSE | SF, 0x8000000000000001U, 0x8000000000000001U},
    };

    for (uint32_t n = 0U; n < COUNT_OF(rows); n++) {
        begin_windows();
        memcpy(&fake.windows[4096U + 0x208U], &rows[n].bits, 8U);
        touch(2U, READS | SIZE(rows[n].log) | rows[n].flags, PLACE2 + 8U);
        CHECK_EQ(X(&f, 5), rows[n].got);
    }
}

/** @test TC_ABT_023 @verifies SWR_MMW_003 SWR_MMW_004 SWR_MMW_006 @technique table @level unit
 *
 * On CPU 1, whose cell goes on, and on root's.
 */
static void all_else_is_refused(void)
{
    begin_windows();
    /* none of its own: root's place and page, that of cell 2, and what nobody has */
    refused(1U, READS | SIZE(2), PLACE, BH_EV_MEM_VIOLATION);
    refused(1U, READS | SIZE(2), PLACE2, BH_EV_MEM_VIOLATION);
    refused(0U, READS | SIZE(2), PLACE + 0x200U, BH_EV_MEM_VIOLATION);
    refused(0U, WRITES | SIZE(2), PLACE + 0xFFCU, BH_EV_MEM_VIOLATION);
    refused(0U, READS | SIZE(2), PLACE + 0x1000U, BH_EV_MEM_VIOLATION);
    refused(1U, WRITES | SIZE(2), PLACE2 + 0xFCU, BH_EV_MEM_VIOLATION); /* before it */
    refused(1U, WRITES | SIZE(2), PLACE2 + 0x104U, BH_EV_MEM_VIOLATION); /* behind it */
    /* its own: direction, width, place */
    refused(1U, READS | SIZE(2), PLACE2 + 0x100U, BH_EV_WINDOW_DENIED);
    refused(1U, WRITES | SIZE(0), PLACE2 + 0x100U, BH_EV_WINDOW_DENIED);
    refused(0U, READS | SIZE(0), PLACE, BH_EV_WINDOW_DENIED);
    refused(0U, READS | SIZE(3), PLACE, BH_EV_WINDOW_DENIED);
    refused(0U, READS | SIZE(2), PLACE + 2U, BH_EV_WINDOW_DENIED);
    refused(0U, READS | SIZE(2), PLACE + 0x1FDU, BH_EV_WINDOW_DENIED);
    plan.windows[0].bytes = 0x202U;
    refused(0U, READS | SIZE(2), PLACE + 0x200U, BH_EV_WINDOW_DENIED); /* beyond its end */
    plan.windows[0].bytes = 0x200U;
    plan.windows[0].offset = 2U;
    refused(0U, READS | SIZE(2), PLACE + 1U, BH_EV_MEM_VIOLATION);
    CHECK(
        !mmio_window_allows(0U, (struct access){0U, 1U, 0U, 4U, false, 0U})); /* begins before it */
    plan.windows[0].offset = 0U;
    /* no syndrome; not data; a permission fault; a walk */
    refused(0U, (READS | SIZE(2)) & ~ISV, PLACE, BH_EV_MMIO_UNDECODABLE);
    refused(0U, INSTRUCTION | TRANSLATION, PLACE, BH_EV_MEM_VIOLATION);
    touch(0U, DATA | ISV | SIZE(2) | RT(5) | PERMISSION, PLACE);
    CHECK_EQ(event_back(0U)->id, BH_EV_MEM_VIOLATION);
    CHECK_EQ(fake.writes, 0U);
    /* none any more */
    plan.n_windows = 0U;
    refused(0U, READS | SIZE(2), PLACE, BH_EV_MEM_VIOLATION);
}

/** @test TC_ABT_024 @verifies SWR_MMW_003 SWR_MMW_006 @technique requirements @level unit
 *
 * A cell that parks ends by it.
 */
static void a_cell_that_parks_ends(void)
{
    begin_windows();
    touch(2U, WRITES | SIZE(0), PLACE2 + 0x20U);
    CHECK_EQ(event_back(1U)->id, BH_EV_WINDOW_DENIED);
    CHECK_EQ(event_back(0U)->id, BH_EV_CELL_FAILED);
    CHECK_EQ(state_of(2U), BH_STATE_FAILED);
    for (uint32_t n = 0U; n < fake.writes; n++) {
        CHECK(fake.log[n].address < FAKE_WINDOWS);
    }
}

/** @test TC_ABT_009 @verifies SWR_TRP_002 SWR_TRP_003 @technique state @level unit */
static void nothing_is_emulated_for_a_cell_that_ends(void)
{
    begin();
    host_word[SW_CPU_REQUEST][2] = CPU_REQ_PARK;
    touch(2U, DATA | ISV | WRITE | SIZE(2) | RT(1) | TRANSLATION, board.gicd + GICD_ISENABLER + 4U);
    exits(2U, BH_EXIT_ABORT);
    CHECK_EQ(fake.writes, 0U);
    CHECK_EQ(events(), 0U);
    CHECK_EQ(state_of(2U), BH_STATE_RUNNING);
}

int main(void)
{
    TEST(TC_ABT_001, the_distributor_is_emulated);
    TEST(TC_ABT_002, the_zero_register);
    TEST(TC_ABT_003, frames_end_where_they_end);
    TEST(TC_ABT_004, a_violation_ends_the_cell_or_is_answered);
    TEST(TC_ABT_005, accesses_that_cannot_be_emulated);
    TEST(TC_ABT_006, external_aborts_go_to_the_cell);
    TEST(TC_ABT_007, a_fault_during_a_stop_is_no_violation);
    TEST(TC_ABT_008, a_stale_hpfar_is_not_believed);
    TEST(TC_ABT_009, nothing_is_emulated_for_a_cell_that_ends);
    TEST(TC_ABT_020, pages_of_windows_are_mapped);
    TEST(TC_ABT_021, the_owner_uses_its_window);
    TEST(TC_ABT_022, loads_are_extended);
    TEST(TC_ABT_023, all_else_is_refused);
    TEST(TC_ABT_024, a_cell_that_parks_ends);
    return test_result();
}
