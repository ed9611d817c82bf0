/* SPDX-License-Identifier: Apache-2.0 */
/** @file test_its.c
 * The ITS: commands of root are judged and composed anew, tables are the kernel's, frames are emulated.
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
#include "arch/aarch64/its.h"
#include "arch/aarch64/launch.h"
#include "arch/aarch64/psci.h"
#include "arch/aarch64/window.h"
#include "core/arch/irq.h"
#include "test.h"

#define V ITS_VALID
#define RD(cpu) ((uint64_t)(cpu) << 16)
#define DEV(id) ((uint64_t)(id) << 32)
#define LPI(n) ((uint64_t)(n) << 32)

/* Offsets in the kernel's tables. */
#define PENDING 0U
#define TABLES 0xA0000U
#define CONFIG 0xB0000U
#define QUEUE 0xB2000U

/* Pages of root: its queue and its configuration of LPIs. */
#define ROOT_QUEUE 0x41000U
#define ROOT_CONFIG 0x42000U
#define FOREIGN FIX_CELL2
#define AT(ppn) ((uint64_t)(ppn) << 12)

static struct its_verdict say(uint64_t w0, uint64_t w1, uint64_t w2, uint64_t w3, uint32_t roots)
{
    struct its_command c = {{w0, w1, w2, w3}};

    return its_judge(c, roots);
}

/** No device, CPUs 0 to 3 with the names 0 to 3, collections 0 and 1 lead to CPUs 0 and 1. */
static void nothing_mapped(void)
{
    memset(&its_map, 0, sizeof(its_map));
    for (uint32_t cpu = 0U; cpu < BH_CPUS_MAX; cpu++) {
        its_rd[cpu] = (cpu < 4U) ? cpu : 0xFFFFU;
    }
    its_map.target[0] = 1U;
    its_map.target[1] = 2U;
}

static void is(struct its_verdict v, uint32_t act, uint64_t w0, uint64_t w1, uint64_t w2,
               uint64_t w3)
{
    CHECK_EQ(v.act, act);
    CHECK_EQ(v.w0, w0);
    CHECK_EQ(v.w1, w1);
    CHECK_EQ(v.w2, w2);
    CHECK_EQ(v.w3, w3);
}

/** @test TC_ITS_001 @verifies SWR_ITS_001 @technique equivalence @level unit */
static void only_cpus_of_root_are_targets(void)
{
    uint32_t roots = 0x3U;

    for (uint32_t cpu = 0U; cpu < 6U; cpu++) {
        nothing_mapped();
        struct its_verdict v = say(ITS_MAPC, 0U, V | RD(cpu) | 5U, 0U, roots);

        if (cpu < 2U) {
            is(v, ITS_SEND, ITS_MAPC, 0U, V | RD(cpu) | 5U, 0U);
            CHECK_EQ(its_map.target[5], cpu + 1U);
        } else {
            CHECK_EQ(v.act, ITS_REFUSE);
            CHECK_EQ(its_map.target[5], 0U);
        }
        v = say(ITS_SYNC, 0U, RD(cpu), 0U, roots);
        CHECK_EQ(v.act, (cpu < 2U) ? ITS_SEND : ((cpu < 4U) ? ITS_DONE : ITS_REFUSE));
        for (uint32_t to = 0U; to < 6U; to++) {
            v = say(ITS_MOVALL, 0U, RD(cpu), RD(to), roots);
            if ((cpu < 2U) && (to < 2U)) {
                is(v, ITS_SEND, (cpu == to) ? ITS_SYNC : ITS_MOVALL, 0U, RD(cpu),
                   (cpu == to) ? 0U : RD(to));
            } else {
                CHECK_EQ(v.act, ITS_REFUSE);
            }
        }
    }
    nothing_mapped();
    CHECK_EQ(say(ITS_MAPC, 0U, V | RD(0U) | 16U, 0U, roots).act, ITS_REFUSE);
    is(say(ITS_MAPC, 7U, V | RD(1U) | 15U | (1ULL << 60), 9U, roots), ITS_SEND, ITS_MAPC, 0U,
       V | RD(1U) | 15U, 0U);
    is(say(ITS_MAPC, 0U, RD(3U) | 15U, 0U, roots), ITS_SEND, ITS_MAPC, 0U, 15U, 0U);
    CHECK_EQ(its_map.target[15], 0U);
}

/** @test TC_ITS_002 @verifies SWR_ITS_002 @technique bva @level unit */
static void tables_of_events_are_the_kernels(void)
{
    struct its_verdict v;

    nothing_mapped();
    for (uint32_t n = 0U; n < ITS_DEVICES; n++) {
        v = say(ITS_MAPD | DEV(n * 7U), 5U, V | 0x52000000U, 0U, 1U);
        is(v, ITS_WIPE, ITS_MAPD | DEV(n * 7U), 5U, V + its_table_of(v.slot), 0U);
        CHECK(v.slot < ITS_DEVICES);
        CHECK_EQ(its_map.device[v.slot], (n * 7U) + 1U);
        CHECK_EQ(its_map.events[v.slot], 64U);
    }
    CHECK_EQ(its_table_of(1U) - its_table_of(0U), 0x400U);
    CHECK_EQ(its_table_of(0U), board_facts.map_base + 0x1A0000U);
    CHECK_EQ(say(ITS_MAPD | DEV(5000U), 0U, V, 0U, 1U).act, ITS_REFUSE); /* no slot is left */
    CHECK_EQ(say(ITS_MAPD | DEV(7U), 0U, V, 0U, 1U).act, ITS_REFUSE);    /* mapped already */
    is(say(ITS_MAPD | DEV(7U), 3U, 0x52000000U, 0U, 1U), ITS_SEND, ITS_MAPD | DEV(7U), 0U, 0U, 0U);
    CHECK_EQ(say(ITS_MAPD | DEV(7U), 0U, 0U, 0U, 1U).act, ITS_DONE); /* is not mapped */
    CHECK_EQ(say(ITS_MAPD | DEV(8191U), 0U, V, 0U, 1U).act, ITS_WIPE);
    nothing_mapped();
    CHECK_EQ(say(ITS_MAPD | DEV(8192U), 0U, V, 0U, 1U).act, ITS_REFUSE);
    CHECK_EQ(say(ITS_MAPD | DEV(1U), 6U, V, 0U, 1U).act, ITS_REFUSE); /* too many events */
}

/** @test TC_ITS_003 @verifies SWR_ITS_002 SWR_ITS_001 @technique bva @level unit */
static void events_of_mapped_devices(void)
{
    static const uint32_t each[] = {ITS_INT, ITS_CLEAR, ITS_INV, ITS_DISCARD};
    uint64_t d = DEV(9U);

    nothing_mapped();
    (void)say(ITS_MAPD | d, 1U, V, 0U, 1U); /* four events */
    CHECK_EQ(say(ITS_MAPTI | d, LPI(8191U), 1U, 0U, 1U).act, ITS_REFUSE);
    CHECK_EQ(say(ITS_MAPTI | d, LPI(16384U), 1U, 0U, 1U).act, ITS_REFUSE);
    CHECK_EQ(say(ITS_MAPTI | d, LPI(8192U) | 4U, 1U, 0U, 1U).act, ITS_REFUSE);
    CHECK_EQ(say(ITS_MAPTI | d, LPI(8192U) | 64U, 1U, 0U, 1U).act, ITS_REFUSE);
    CHECK_EQ(say(ITS_MAPTI | d, LPI(8192U), 2U, 0U, 1U).act, ITS_REFUSE);  /* not mapped */
    CHECK_EQ(say(ITS_MAPTI | d, LPI(8192U), 16U, 0U, 1U).act, ITS_REFUSE); /* beyond */
    CHECK_EQ(say(ITS_MAPTI | DEV(10U), LPI(8192U), 1U, 0U, 1U).act, ITS_REFUSE);
    CHECK_EQ(say(ITS_MAPTI | DEV(8192U), LPI(8192U), 1U, 0U, 1U).act, ITS_REFUSE);
    for (uint32_t i = 0U; i < COUNT_OF(each); i++) {
        CHECK_EQ(say(each[i] | d, 3U, 0U, 0U, 1U).act, ITS_REFUSE);
        CHECK_EQ(say(each[i] | DEV(10U), 3U, 0U, 0U, 1U).act, ITS_REFUSE);
    }
    CHECK_EQ(say(ITS_MOVI | d, 3U, 0U, 0U, 1U).act, ITS_REFUSE);
    is(say(ITS_MAPTI | d | 0x700U, LPI(16383U) | 3U, 1U | (1ULL << 50), 7U, 1U), ITS_COPY,
       ITS_MAPTI | d, LPI(16383U) | 3U, 1U, 0U);
    for (uint32_t i = 0U; i < COUNT_OF(each); i++) {
        struct its_verdict v = say(each[i] | d, 3U | LPI(5U), 77U, 77U, 1U);

        is(v, (each[i] == ITS_INV) ? ITS_COPY : ITS_SEND, each[i] | d, 3U, 0U, 0U);
        CHECK_EQ(v.lpi, (each[i] == ITS_INV) ? 16383U : 0U);
    }
    CHECK_EQ(say(ITS_INT | d, 3U, 0U, 0U, 1U).act, ITS_REFUSE); /* it was discarded */
    (void)say(ITS_MAPTI | d, LPI(8192U) | 3U, 1U, 0U, 1U);
    is(say(ITS_MOVI | d, 3U, 0U, 0U, 1U), ITS_SEND, ITS_MOVI | d, 3U, 0U, 0U);
    CHECK_EQ(say(ITS_MOVI | d, 3U, 2U, 0U, 1U).act, ITS_REFUSE);
    CHECK_EQ(say(ITS_MOVI | d, 4U, 0U, 0U, 1U).act, ITS_REFUSE);
    is(say(ITS_INVALL, 0U, 1U, 0U, 1U), ITS_COPY_ALL, ITS_INVALL, 0U, 1U, 0U);
    CHECK_EQ(say(ITS_INVALL, 0U, 2U, 0U, 1U).act, ITS_REFUSE);
    its_map.lpi[(63U * ITS_EVENTS) + 3U] = 20000U; /* cannot be, and would not be passed */
    CHECK_EQ(say(ITS_INV | d, 3U, 0U, 0U, 1U).act, ITS_REFUSE);
    its_map.lpi[(63U * ITS_EVENTS) + 3U] = 20U;
    CHECK_EQ(say(ITS_INV | d, 3U, 0U, 0U, 1U).act, ITS_REFUSE);
    for (uint32_t op = 0U; op < 256U; op++) {
        bool known = (op == 1U) || (op == 3U) || (op == 4U) || (op == 5U) || (op == 8U) ||
                     (op == 9U) || (op == 10U) || ((op >= 12U) && (op <= 15U));

        if (!known) {
            CHECK_EQ(say(op | d, 3U, 0U, 0U, 1U).act, ITS_REFUSE);
        }
    }
}

/** @test TC_ITS_004 @verifies SWR_ITS_003 @technique exhaustive @level unit */
static void no_priority_of_the_kick(void)
{
    for (uint32_t byte = 0U; byte < 512U; byte++) {
        uint32_t value = its_config_of(byte), low = byte % 256U;

        CHECK(value >= 0x10U);
        CHECK(value < 0x100U);
        CHECK_EQ(value % 2U, byte % 2U);
        if (low >= 0x10U) {
            CHECK_EQ(value, low);
        }
    }
}

static void its_at_rest(void)
{
    memset(&its, 0, sizeof(its));
    memset(&its_map, 0, sizeof(its_map));
}

/** Direct boot; cell 2 has CPUs 2 and 3. */
static void booted(void)
{
    CHECK(aarch64_machine());
    cell_runs(2U);
    its_at_rest();
    fake_layout[LAYOUT_TEXT] = 0x70000000U;
    fake_layout[LAYOUT_STATUS] = 0x70400000U;
    fake_layout[LAYOUT_EL2] = 0x70020000U;
    fake_layout[LAYOUT_WINDOW] = 0x70030000U;
    CHECK(el2map_build() && window_build());
    its_init();
    for (uint32_t cpu = 0U; cpu < 4U; cpu++) {
        its_cpu_init(cpu);
    }
    fake.ppn[0] = ROOT_QUEUE;
    fake.ppn[1] = ROOT_CONFIG;
    fake.ppn[2] = ROOT_CONFIG + 1U;
    fake_forget();
}

static uint64_t access(uint32_t cpu, bool write, uint32_t off, uint32_t size, uint64_t value)
{
    struct access acc = {cpu, BH_CELL_ROOT, off, size, write, value};

    return vgits_access(acc);
}

static uint64_t rd(uint32_t off, uint32_t size)
{
    return access(0U, false, off, size, 0U);
}

static void wr(uint32_t off, uint32_t size, uint64_t value)
{
    CHECK_EQ(access(0U, true, off, size, value), 0U);
}

static void seen(uint32_t id, uint64_t a, uint64_t b)
{
    CHECK_EQ(events(), 1U);
    CHECK_EQ(event_back(0U)->id, id);
    CHECK_EQ(event_back(0U)->cell, BH_CELL_ROOT);
    CHECK_EQ(event_back(0U)->a, a);
    CHECK_EQ(event_back(0U)->b, b);
    host_word[SW_EVENT][0] = 0U;
}

/** Root's set-up: a queue of one page, enabled, LPIs configured at ROOT_CONFIG. */
static void set_up(void)
{
    booted();
    wr(GITS_CBASER, 8U, V | AT(ROOT_QUEUE));
    wr(GITS_CWRITER, 8U, 0U);
    wr(GITS_CTLR, 4U, 1U);
    its.propbaser = AT(ROOT_CONFIG) | 15U;
    CHECK_EQ(events(), 0U);
    host_word[SW_EVENT][0] = 0U;
}

static void queue(uint32_t n, uint64_t w0, uint64_t w1, uint64_t w2, uint64_t w3)
{
    uint64_t words[4] = {w0, w1, w2, w3};

    memcpy(&fake.page[0][n * 32U], words, 32U);
}

/** The kernel's n-th command to the ITS. */
static void sent(uint32_t n, uint64_t w0, uint64_t w1, uint64_t w2, uint64_t w3)
{
    CHECK_EQ(fake_gits_memory(QUEUE + (n * 32U), 8U), w0);
    CHECK_EQ(fake_gits_memory(QUEUE + (n * 32U) + 8U, 8U), w1);
    CHECK_EQ(fake_gits_memory(QUEUE + (n * 32U) + 16U, 8U), w2);
    CHECK_EQ(fake_gits_memory(QUEUE + (n * 32U) + 24U, 8U), w3);
}

/** @test TC_ITS_005 @verifies SWR_ITS_004 @technique requirements @level unit */
static void tables_are_the_kernels(void)
{
    uint64_t base = board_facts.map_base + 0x100000U;

    booted();
    CHECK_EQ(its.mode, ITS_HELD);
    CHECK_EQ(fake_gits(GITS_CTLR, 4U), 1U);
    CHECK_EQ(fake_gits(GITS_CBASER, 8U), V | (1ULL << 59) | (base + QUEUE));
    CHECK_EQ(fake_gits(GITS_BASER, 8U),
             V | (1ULL << 59) | 0x107000000000000U | (base + 0x80000U) | 0x200U);
    CHECK_EQ(fake_gits(GITS_BASER + 8U, 8U),
             V | (1ULL << 59) | 0x407000000000000U | (base + 0x90000U) | 0x200U);
    for (uint32_t n = 2U; n < 8U; n++) {
        CHECK_EQ(fake_gits(GITS_BASER + (n * 8U), 8U), 0U);
    }
    for (uint32_t cpu = 0U; cpu < 4U; cpu++) {
        CHECK_EQ(fake_gicr((cpu * GICR_STRIDE) + GICR_PROPBASER, 8U), (base + CONFIG) | 0x8DU);
        CHECK_EQ(fake_gicr((cpu * GICR_STRIDE) + GICR_PENDBASER, 8U),
                 (base + (cpu * 0x10000U)) | 0x80U | (1ULL << 62));
        CHECK_EQ(its_rd[cpu], cpu);
    }
    fake_gits_set(GITS_TYPER, 8U, 0x1F0001EFB1ULL | GITS_TYPER_PTA); /* by address */
    its_cpu_init(2U);
    CHECK_EQ(its_rd[2], (board.gicr + (2U * GICR_STRIDE)) >> 16);
    fake_gicr_set((2U * GICR_STRIDE) + GICR_CTLR, 4U, 1U); /* somebody was there before */
    fake_gicr_set((2U * GICR_STRIDE) + GICR_PROPBASER, 8U, 0x1234U);
    its_cpu_init(2U);
    CHECK_EQ(its_rd[2], ITS_RD_NONE);
    CHECK_EQ(fake_gicr((2U * GICR_STRIDE) + GICR_PROPBASER, 8U), 0x1234U);
    CHECK_EQ(say(ITS_MAPC, 0U, V | (ITS_RD_NONE << 16), 0U, 4U).act, ITS_REFUSE);
    CHECK_EQ(its.mode, ITS_HELD);
}

static uint64_t page_size_of_its;

/** An ITS that has one page size. */
static void one_page_size(uint64_t address, uint64_t value)
{
    if ((address - board.gits >= GITS_BASER) && (address - board.gits < GITS_BASER_END)) {
        fake_gits_set((uint32_t)(address - board.gits), 8U,
                      (value & ~0x300ULL) | (page_size_of_its << 8));
    }
}

/** An ITS that takes no table. */
static void takes_nothing(uint64_t address, uint64_t value)
{
    if (address == board.gits + GITS_BASER + 8U) {
        fake_gits_set(GITS_BASER + 8U, 8U, value % V);
    }
}

/** An ITS that takes its tables elsewhere. */
static void elsewhere(uint64_t address, uint64_t value)
{
    if (address == board.gits + GITS_BASER) {
        fake_gits_set(GITS_BASER, 8U, value ^ 0x10000U);
    }
}

/** @test TC_ITS_006 @verifies SWR_ITS_004 @technique equivalence @level unit */
static void what_the_kernel_cannot_hold(void)
{
    static const uint64_t sizes[] = {0xFU, 0x3U, 0x0U};

    for (uint32_t size = 0U; size < 3U; size++) {
        booted();
        fake_gits_set(GITS_CTLR, 4U, 0U);
        page_size_of_its = size;
        fake_on_device = one_page_size;
        its_init();
        fake_on_device = NULL;
        CHECK_EQ(its.mode, ITS_HELD);
        CHECK_EQ(fake_gits(GITS_BASER, 8U) % 0x400U, (size << 8) | sizes[size]);
    }
    booted(); /* enabled */
    its_init();
    CHECK_EQ(its.mode, ITS_OFF);
    for (uint32_t k = 0U; k < 4U; k++) {
        booted();
        fake_gits_set(GITS_CTLR, 4U, 0U);
        if (k == 0U) {
            fake_gits_set(GITS_BASER, 8U, 0x0100000000000000ULL); /* devices of 1 byte */
        } else if (k == 1U) {
            fake_gits_set(GITS_BASER, 8U, 0x0108000000000000ULL); /* devices of 9 bytes */
        } else {
            fake_on_device = (k == 2U) ? takes_nothing : elsewhere;
        }
        its_init();
        fake_on_device = NULL;
        CHECK_EQ(its.mode, (k == 0U) ? ITS_HELD : ITS_OFF);
        CHECK_EQ(fake_gits(GITS_CTLR, 4U), (k == 0U) ? 1U : 0U);
    }
}

/** @test TC_ITS_007 @verifies SWR_ITS_006 SWR_ITS_001 @technique fault-injection @level unit */
static void commands_go_through_the_kernels_queue(void)
{
    booted();
    its.next = 127U;
    its_send(0U, its_mapc(3U, 1U), 2U);
    sent(127U, ITS_MAPC, 0U, V | RD(1U) | 3U, 0U);
    CHECK_EQ(fake_gits(GITS_CWRITER, 8U), 0U);
    CHECK_EQ(its.next, 0U);
    its_send(0U, its_unmapc(3U), 0U);
    sent(0U, ITS_MAPC, 0U, 3U, 0U);
    CHECK_EQ(fake_gits(GITS_CWRITER, 8U), 32U);
    CHECK_EQ(events(), 0U);
    fake.gits_stuck = true;
    its_send(0U, its_moveall(1U, 1U), 2U);
    CHECK_EQ(its.mode, ITS_OFF);
    CHECK_EQ(fake_gits(GITS_CTLR, 4U), 0U);
    seen(BH_EV_ITS_REFUSED, GITS_CREADR, ITS_SYNC);
    its_send(0U, its_moveall(1U, 1U), 2U);
    CHECK_EQ(its.next, 2U);
    CHECK_EQ(events(), 0U);
    booted(); /* a clock that stands still: turns end the wait */
    fake.gits_stuck = true;
    fake.clock_step = 0U;
    its_send(0U, its_moveall(1U, 1U), 2U);
    CHECK_EQ(its.mode, ITS_OFF);
}

/** @test TC_ITS_008 @verifies SWR_ITS_008 @technique requirements @level unit */
static void what_root_sees(void)
{
    booted();
    fake_gits_set(0x4U, 4U, 0x43BU);
    fake_gits_set(0xFFE8U, 4U, 0x3BU);
    CHECK_EQ(rd(GITS_CTLR, 4U), 0x80000000U);
    CHECK_EQ(rd(4U, 4U), 0x43BU);
    CHECK_EQ(rd(0xFFE8U, 4U), 0x3BU);
    CHECK_EQ(rd(0xFFECU, 4U), 0U);
    CHECK_EQ(rd(GITS_TYPER, 8U), 0x13000185B1ULL);
    CHECK_EQ(rd(GITS_TYPER, 4U), 0x185B1U);
    CHECK_EQ(rd(GITS_TYPER + 4U, 4U), 0x13U);
    CHECK_EQ(rd(GITS_BASER, 8U), 0x107000000000000U);
    CHECK_EQ(rd(GITS_BASER + 8U, 8U), 0x407000000000000U);
    CHECK_EQ(rd(GITS_BASER + 16U, 8U), 0U);
    wr(GITS_BASER, 8U, UINT64_MAX & ~0xFFFFFFFFF000ULL & ~0xFFFULL);
    seen(BH_EV_ITS_REFUSED, GITS_BASER, 0xFFFF000000000000U); /* page 0 is not root's */
    CHECK_EQ(rd(GITS_BASER, 8U), 0xB9E7000000000000U);
    wr(GITS_BASER, 8U, V | AT(ROOT_QUEUE) | 0x75FU);
    CHECK_EQ(rd(GITS_BASER, 8U), V | 0x107000000000000U | AT(ROOT_QUEUE) | 0x75FU);
    wr(GITS_CBASER, 8U, V | AT(ROOT_QUEUE) | 0x401U);
    wr(GITS_CWRITER, 4U, 0x1FE0U);
    CHECK_EQ(rd(GITS_CBASER, 8U), V | AT(ROOT_QUEUE) | 0x401U);
    CHECK_EQ(rd(GITS_CWRITER, 8U), 0x1FE0U);
    CHECK_EQ(rd(GITS_CREADR, 4U), 0U);
    wr(GITS_CWRITER, 4U, 0x2000U);
    seen(BH_EV_ITS_REFUSED, GITS_CWRITER, 0x2000U);
    CHECK_EQ(rd(GITS_CWRITER, 8U), 0x1FE0U);
    wr(GITS_CBASER + 4U, 4U, 0U); /* not valid: no place */
    CHECK_EQ(rd(GITS_CBASER, 8U), AT(ROOT_QUEUE) | 0x401U);
    wr(GITS_CTLR, 4U, 3U);
    CHECK_EQ(rd(GITS_CTLR, 4U), 1U);
    CHECK_EQ(rd(GITS_CREADR, 8U), 0U); /* a queue that is not valid is not read */
    wr(GITS_CBASER, 8U, V);
    seen(BH_EV_ITS_REFUSED, GITS_CBASER, V);
    CHECK_EQ(rd(GITS_CBASER, 8U), AT(ROOT_QUEUE) | 0x401U);
    wr(GITS_CTLR, 4U, 0U);
    CHECK_EQ(rd(GITS_CTLR, 4U), 0x80000000U);
    CHECK_EQ(events(), 0U);
    wr(4U, 4U, 1U);
    seen(BH_EV_ITS_REFUSED, 4U, 1U);
    wr(GITS_BASER_END, 8U, 1U);
    seen(BH_EV_ITS_REFUSED, GITS_BASER_END, 1U);
    CHECK_EQ(rd(GITS_BASER_END, 8U), 0U);
    wr(0x10040U, 4U, 9U); /* GITS_TRANSLATER */
    seen(BH_EV_ITS_REFUSED, 0x10040U, 9U);
    CHECK_EQ(rd(0x10040U, 4U), 0U);
    wr(GITS_CTLR, 1U, 1U);
    seen(BH_EV_ITS_REFUSED, GITS_CTLR, 1U);
    wr(0x82U, 4U, 1U);
    seen(BH_EV_ITS_REFUSED, 0x82U, 1U);
    CHECK_EQ(fake_gits(GITS_CTLR, 4U), 1U);
    CHECK_EQ(fake.writes, 0U);
    its.mode = ITS_OFF;
    CHECK_EQ(rd(GITS_TYPER, 8U), 0U);
    wr(GITS_CTLR, 4U, 1U);
    seen(BH_EV_ITS_REFUSED, GITS_CTLR, 1U);
}

/** @test TC_ITS_009 @verifies SWR_ITS_008 @technique equivalence @level unit */
static void as_linux_left_it(void)
{
    booted();
    its.mode = ITS_PASS;
    wr(GITS_CWRITER, 4U, 0x60U);
    wr(GITS_CBASER, 8U, 0x1234567890ULL);
    CHECK_EQ(fake_gits(GITS_CWRITER, 4U), 0x60U);
    CHECK_EQ(rd(GITS_CREADR, 4U), 0x60U);
    CHECK_EQ(rd(GITS_CBASER, 8U), 0x1234567890ULL);
    wr(0x10040U, 4U, 9U);
    seen(BH_EV_ITS_REFUSED, 0x10040U, 9U);
    fake_forget();
    CHECK(its_leave(0U));
    CHECK_EQ(fake.writes, 0U);
}

/** @test TC_ITS_010 @verifies SWR_ITS_001 SWR_ITS_003 SWR_ITS_008 SWR_ITS_010 @technique requirements
 * @level unit */
static void a_device_of_root(void)
{
    set_up();
    memset(fake.page[1], 0xA1, 4096U);
    fake.page[1][5] = 0x03U;
    queue(0U, ITS_MAPC, 0U, V | RD(0U), 0U);
    queue(1U, ITS_SYNC, 0U, RD(0U), 0U);
    queue(2U, ITS_MAPD | DEV(8U), 2U, V | AT(FOREIGN), 0U);
    queue(3U, ITS_MAPTI | DEV(8U), LPI(8192U + 5U) | 1U, 0U, 0U);
    queue(4U, ITS_INV | DEV(8U), 1U, 0U, 0U);
    queue(5U, ITS_MAPC, 0U, V | RD(2U) | 1U, 0U); /* a CPU of cell 2 */
    queue(6U, ITS_SYNC, 0U, RD(2U), 0U);
    memset(&fake.gits_memory[TABLES], 0xFF, 0x10000U);
    wr(GITS_CWRITER, 4U, 4U * 32U);
    CHECK_EQ(rd(GITS_CREADR, 4U), 4U * 32U);
    sent(0U, ITS_MAPC, 0U, V | RD(0U), 0U);
    sent(1U, ITS_SYNC, 0U, RD(0U), 0U);
    sent(2U, ITS_MAPD | DEV(8U), 2U, V + its_table_of(63U), 0U);
    sent(3U, ITS_MAPTI | DEV(8U), LPI(8192U + 5U) | 1U, 0U, 0U);
    CHECK_EQ(fake_gits_memory(TABLES + (63U * 0x400U), 8U), 0U);
    CHECK_EQ(fake_gits_memory(TABLES + (64U * 0x400U) - 8U, 8U), 0U);
    CHECK_EQ(fake_gits_memory(TABLES + (63U * 0x400U) - 8U, 8U), UINT64_MAX);
    CHECK_EQ(fake_gits_memory(CONFIG + 5U, 1U), 0x11U); /* not the kick's */
    seen(BH_EV_PRIORITY_CLAMPED, 8192U + 5U, GIC_PRIORITY_MIN);
    fake.page[1][5] = 0xC1U;
    wr(GITS_CWRITER, 4U, 7U * 32U);
    CHECK_EQ(rd(GITS_CREADR, 4U), 7U * 32U);
    CHECK_EQ(fake_gits_memory(CONFIG + 5U, 1U), 0xC1U);
    sent(4U, ITS_INV | DEV(8U), 1U, 0U, 0U);
    CHECK_EQ(its.next, 5U); /* the last two were not sent */
    seen(BH_EV_ITS_COMMAND, ITS_MAPC, V | RD(2U) | 1U);
    /* LPIs of the second page */
    fake.page[2][7] = 0x20U;
    queue(7U, ITS_MAPTI | DEV(8U), LPI(8192U + 4096U + 7U) | 2U, 0U, 0U);
    wr(GITS_CWRITER, 4U, 8U * 32U);
    CHECK_EQ(fake_gits_memory(CONFIG + 4096U + 7U, 1U), 0x20U);
    /* a table that is not root's is not read */
    its.propbaser = AT(FOREIGN);
    queue(8U, ITS_INV | DEV(8U), 1U, 0U, 0U);
    wr(GITS_CWRITER, 4U, 9U * 32U);
    seen(BH_EV_ITS_REFUSED, GICR_PROPBASER, AT(FOREIGN));
    CHECK_EQ(fake_gits_memory(CONFIG + 5U, 1U), 0xC1U);
}

/** @test TC_ITS_011 @verifies SWR_ITS_008 SWR_ITS_010 @technique bva @level unit */
static void the_queue_turns_and_stalls(void)
{
    set_up();
    for (uint32_t n = 0U; n < 128U; n++) {
        queue(n, ITS_SYNC, 0U, RD(0U), 0U);
    }
    wr(GITS_CWRITER, 4U, 127U * 32U); /* 16 at a time */
    CHECK_EQ(its.creadr, 16U * 32U);
    for (uint32_t n = 2U; n < 8U; n++) {
        CHECK_EQ(rd(GITS_CREADR, 4U), n * 16U * 32U);
    }
    CHECK_EQ(rd(GITS_CREADR, 4U), 127U * 32U);
    CHECK_EQ(rd(GITS_CREADR, 4U), 127U * 32U);
    wr(GITS_CWRITER, 4U, 32U);
    CHECK_EQ(rd(GITS_CREADR, 4U), 32U);
    CHECK_EQ(events(), 0U);
    wr(GITS_CTLR, 4U, 0U);
    wr(GITS_CBASER, 8U, V | AT(FOREIGN));
    seen(BH_EV_ITS_REFUSED, GITS_CBASER, V | AT(FOREIGN));
    wr(GITS_CWRITER, 4U, 64U);
    wr(GITS_CTLR, 4U, 1U);
    seen(BH_EV_ITS_REFUSED, GITS_CBASER, V | AT(FOREIGN));
    CHECK_EQ(rd(GITS_CREADR, 4U), 1U);
    CHECK_EQ(events(), 0U);
    wr(GITS_CWRITER, 4U, 65U); /* Retry */
    seen(BH_EV_ITS_REFUSED, GITS_CBASER, V | AT(FOREIGN));
    wr(GITS_CTLR, 4U, 0U);
    wr(GITS_CBASER, 8U, V | AT(ROOT_QUEUE));
    CHECK_EQ(rd(GITS_CREADR, 4U), 0U);
    CHECK_EQ(its.next, 129U % 128U);
}

/** @test TC_ITS_012 @verifies SWR_ITS_003 SWR_ITS_008 @technique bva @level unit */
static void invall_copies_in_steps(void)
{
    uint32_t accesses = 0U;

    set_up();
    queue(0U, ITS_MAPC, 0U, V | RD(0U), 0U);
    for (uint32_t n = 0U; n < 3U; n++) {
        queue(1U + (2U * n), ITS_MAPD | DEV(n), 0U, V, 0U);
        queue(2U + (2U * n), ITS_MAPTI | DEV(n), LPI(8192U + n), 0U, 0U);
    }
    queue(7U, ITS_INVALL, 0U, 0U, 0U);
    queue(8U, ITS_SYNC, 0U, RD(0U), 0U);
    wr(GITS_CWRITER, 4U, 7U * 32U);
    host_word[SW_EVENT][0] = 0U;
    its_map.lpi[0] = 8191U; /* cannot be, and is not looked up */
    its_map.lpi[1] = 16384U;
    memset(fake.page[1], 0xA1, 4096U);
    wr(GITS_CWRITER, 4U, 9U * 32U);
    while ((rd(GITS_CREADR, 4U) != 9U * 32U) && (accesses < 100U)) {
        accesses++;
    }
    CHECK_EQ(accesses, 3U);
    for (uint32_t n = 0U; n < 3U; n++) {
        CHECK_EQ(fake_gits_memory(CONFIG + n, 1U), 0xA1U);
    }
    CHECK_EQ(fake_gits_memory(CONFIG + 3U, 1U), 0U);
    sent(7U, ITS_INVALL, 0U, 0U, 0U);
    sent(8U, ITS_SYNC, 0U, RD(0U), 0U);
    CHECK_EQ(events(), 0U);
}

/** @test TC_ITS_013 @verifies SWR_ITS_005 @technique fault-injection @level unit */
static void one_at_a_time(void)
{
    set_up();
    host_word[SW_ITS][0] = 3U;
    wr(GITS_CTLR, 4U, 0U);
    seen(BH_EV_ITS_REFUSED, GITS_CTLR, 0U);
    CHECK_EQ(rd(GITS_CTLR, 4U), 1U);
    CHECK_EQ(rd(GITS_CREADR, 4U), 0U);
    CHECK_EQ(events(), 0U);
    CHECK(!its_leave(0U));
    CHECK_EQ(psci_call(0U, PSCI_CPU_OFF, 0U, 0U, 0U), RET_DENIED);
    CHECK_EQ(phase_of(0U), CPU_RUN);
    host_word[SW_ITS][0] = 0U;
    CHECK_EQ(rd(GITS_CREADR, 4U), 0U);
    CHECK_EQ(host_word[SW_ITS][0], 0U);
}

/** @test TC_ITS_014 @verifies SWR_ITS_007 SWR_ITS_001 @technique scenario @level unit */
static void a_cpu_leaves_root(void)
{
    set_up();
    host_word[SW_CPU_STATE][1] = CPU_RUN;
    CHECK_EQ(its_roots(), 1U); /* CPU 1 has not been here yet */
    queue(0U, ITS_MAPC, 0U, V | RD(0U), 0U);
    queue(1U, ITS_MAPC, 0U, V | RD(1U) | 1U, 0U);
    wr(GITS_CWRITER, 4U, 64U);
    seen(BH_EV_ITS_COMMAND, ITS_MAPC, V | RD(1U) | 1U);
    queue(2U, ITS_MAPC, 0U, V | RD(1U) | 1U, 0U);
    CHECK_EQ(access(1U, true, GITS_CWRITER, 4U, 96U), 0U);
    CHECK_EQ(its_roots(), 3U);
    CHECK_EQ(its_map.target[1], 2U);
    CHECK_EQ(its.next, 2U);
    fake_cpu(1U);
    CHECK_EQ(psci_call(1U, PSCI_CPU_OFF, 0U, 0U, 0U), RET_SUCCESS);
    CHECK_EQ(phase_of(1U), CPU_OFF);
    sent(2U, ITS_MAPC, 0U, V | RD(0U) | 1U, 0U);
    sent(3U, ITS_SYNC, 0U, RD(1U), 0U);
    sent(4U, ITS_MOVALL, 0U, RD(1U), RD(0U));
    sent(5U, ITS_SYNC, 0U, RD(1U), 0U);
    CHECK_EQ(its.next, 6U);
    CHECK_EQ(its_map.target[0], 1U);
    CHECK_EQ(its_map.target[1], 1U);
    CHECK_EQ(its_roots(), 1U);
    queue(3U, ITS_MAPC, 0U, V | RD(1U) | 1U, 0U); /* it is off */
    wr(GITS_CWRITER, 4U, 128U);
    seen(BH_EV_ITS_COMMAND, ITS_MAPC, V | RD(1U) | 1U);
    CHECK(its_leave(1U)); /* again */
    CHECK_EQ(its.next, 6U);
    CHECK(its_leave(0U)); /* the last one: collections lead nowhere */
    CHECK_EQ(its_map.target[0], 0U);
    CHECK_EQ(its_map.target[1], 0U);
    sent(6U, ITS_MAPC, 0U, 0U, 0U);
    sent(7U, ITS_MAPC, 0U, 1U, 0U);
    CHECK_EQ(its.next, 8U);
    CHECK(its_leave(2U)); /* a CPU of a cell */
    CHECK_EQ(its.next, 8U);
    fake_gicr_set(GICR_CTLR, 4U, 1U);
    its.mode = ITS_OFF;
    CHECK(its_leave(0U));
    CHECK_EQ(fake_gicr(GICR_CTLR, 4U), 0U);
}

/** @test TC_ITS_018 @verifies SWR_RST_006 SWR_ITS_007 @technique scenario @level unit */
static void root_begins_anew(void)
{
    set_up();
    host_word[SW_CPU_STATE][1] = CPU_RUN;
    queue(0U, ITS_MAPC, 0U, V | RD(0U), 0U);
    queue(1U, ITS_MAPC, 0U, V | RD(1U) | 1U, 0U);
    CHECK_EQ(access(1U, true, GITS_CWRITER, 4U, 64U), 0U);
    (void)rd(GITS_CREADR, 4U);
    for (uint32_t cpu = 0U; cpu < 4U; cpu++) {
        fake_gicr_set((cpu * GICR_STRIDE) + GICR_CTLR, 4U, 1U);
    }
    host_word[SW_ITS][0] = 3U; /* not to be had */
    CHECK(!arch_irq_anew(0U));
    host_word[SW_ITS][0] = 0U;
    CHECK(arch_irq_anew(0U));
    CHECK_EQ(host_word[SW_ITS][0], 0U);
    for (uint32_t cpu = 0U; cpu < 4U; cpu++) { /* CPUs 2 and 3 are a cell's */
        bool roots = host_word[SW_CPU_CELL][cpu] == BH_CELL_ROOT;

        CHECK_EQ(fake_gicr((cpu * GICR_STRIDE) + GICR_CTLR, 4U), roots ? 0U : 1U);
    }
    for (uint32_t k = 0U; k < ITS_COLLECTIONS; k++) {
        CHECK(its_map.target[k] < 2U);
    }
    CHECK(bit_test(its_roots(), 0U) || (its_roots() == 0U));
    CHECK(!bit_test(its_roots(), 1U));
    its.mode = ITS_PASS;
    fake_forget();
    CHECK(arch_irq_anew(0U));
    CHECK_EQ(fake.writes, 0U);
}

static uint64_t lpi_access(uint32_t cell, uint32_t cpu, bool write, uint32_t off, uint32_t size,
                           uint64_t value)
{
    struct access acc = {
        (cell == BH_CELL_ROOT) ? 0U : cpu, cell, (cpu * GICR_STRIDE) + off, size, write, value};

    return vgicr_access(acc);
}

/** @test TC_ITS_015 @verifies SWR_ITS_009 SWR_IRQ_004 @technique equivalence @level unit */
static void redistributors(void)
{
    uint64_t prop, pend;

    booted();
    prop = fake_gicr(GICR_PROPBASER, 8U);
    pend = fake_gicr(GICR_PENDBASER, 8U);
    fake_gicr_set(GICR_TYPER, 8U, 0x123BULL);
    fake_gicr_set(GICR_CTLR, 4U, 0x7U);
    CHECK_EQ(lpi_access(1U, 0U, false, GICR_CTLR, 4U, 0U), 0x3U);
    CHECK_EQ(lpi_access(1U, 0U, false, GICR_TYPER, 8U, 0U), 0x1231U);
    CHECK_EQ(lpi_access(1U, 0U, false, GICR_TYPER, 4U, 0U), 0x1231U);
    CHECK_EQ(lpi_access(1U, 0U, false, GICR_PROPBASER, 8U, 0U), 0U);
    (void)lpi_access(1U, 0U, true, GICR_PROPBASER, 8U, AT(ROOT_CONFIG) | 0x78FU);
    (void)lpi_access(1U, 0U, true, GICR_PENDBASER, 8U, AT(ROOT_CONFIG + 16U) | (1ULL << 62));
    CHECK_EQ(events(), 0U);
    CHECK_EQ(lpi_access(1U, 0U, false, GICR_PROPBASER, 8U, 0U), AT(ROOT_CONFIG) | 0x78FU);
    CHECK_EQ(lpi_access(1U, 0U, false, GICR_PENDBASER, 8U, 0U), AT(ROOT_CONFIG + 16U));
    CHECK_EQ(lpi_access(1U, 1U, false, GICR_PENDBASER, 4U, 0U), 0U); /* of another CPU */
    CHECK_EQ(lpi_access(1U, 0U, false, 0x40U, 8U, 0U), 0U);
    CHECK_EQ(lpi_access(2U, 2U, false, GICR_PROPBASER, 8U, 0U), 0U);
    (void)lpi_access(1U, 0U, true, GICR_PENDBASER, 8U, AT(FOREIGN));
    seen(BH_EV_ITS_REFUSED, GICR_PENDBASER, AT(FOREIGN));
    (void)lpi_access(1U, 0U, true, GICR_PROPBASER, 4U, AT(FIX_KERNEL));
    seen(BH_EV_ITS_REFUSED, GICR_PROPBASER, AT(FIX_KERNEL));
    CHECK_EQ(fake_gicr(GICR_PROPBASER, 8U), prop);
    CHECK_EQ(fake_gicr(GICR_PENDBASER, 8U), pend);
    (void)lpi_access(1U, 0U, true, GICR_CTLR, 4U, 0xFFFFFFFFU);
    CHECK_EQ(fake_gicr(GICR_CTLR, 4U), 1U);
    (void)lpi_access(1U, 0U, true, GICR_CTLR, 4U, 2U);
    CHECK_EQ(fake_gicr(GICR_CTLR, 4U), 0U);
    (void)lpi_access(1U, 0U, true, 0x40U, 8U, 8192U); /* SETLPIR */
    seen(BH_EV_LPI_DENIED, 0x40U, 8192U);
    (void)lpi_access(1U, 0U, true, 0xA0U, 8U, 8192U); /* INVLPIR */
    seen(BH_EV_LPI_DENIED, 0xA0U, 8192U);
    host_word[SW_ITS][0] = 2U;
    (void)lpi_access(1U, 0U, true, GICR_PROPBASER, 8U, AT(ROOT_CONFIG));
    seen(BH_EV_LPI_DENIED, GICR_PROPBASER, AT(ROOT_CONFIG));
    host_word[SW_ITS][0] = 0U;
    its.mode = ITS_OFF;
    (void)lpi_access(1U, 0U, true, GICR_CTLR, 4U, 1U);
    seen(BH_EV_LPI_DENIED, GICR_CTLR, 1U);
    CHECK_EQ(fake_gicr(GICR_CTLR, 4U), 0U);
}

/** @test TC_ITS_016 @verifies SWR_ITS_009 SWR_IRQ_004 @technique equivalence @level unit */
static void redistributors_as_linux_left_them(void)
{
    booted();
    its.mode = ITS_PASS;
    (void)lpi_access(1U, 0U, true, GICR_PROPBASER, 8U, 0x123456789000ULL);
    CHECK_EQ(fake_gicr(GICR_PROPBASER, 8U), 0x123456789000ULL);
    CHECK_EQ(lpi_access(1U, 0U, false, GICR_PROPBASER, 8U, 0U), 0x123456789000ULL);
    (void)lpi_access(1U, 0U, true, GICR_CTLR, 4U, 9U);
    CHECK_EQ(lpi_access(1U, 0U, false, GICR_CTLR, 4U, 0U), 9U);
    CHECK_EQ(events(), 0U);
    (void)lpi_access(2U, 2U, true, GICR_CTLR, 4U, 1U); /* of a cell */
    CHECK_EQ(event_back(0U)->id, BH_EV_LPI_DENIED);
    host_word[SW_EVENT][0] = 0U;
    plan.cells[BH_CELL_ROOT].flags |= BH_CELL_INJECTED;
    (void)lpi_access(1U, 0U, true, GICR_CTLR, 4U, 1U);
    seen(BH_EV_LPI_DENIED, GICR_CTLR, 1U);
    CHECK_EQ(fake_gicr(GICR_CTLR, 4U), 9U);
}

int main(void)
{
    TEST(TC_ITS_001, only_cpus_of_root_are_targets);
    TEST(TC_ITS_002, tables_of_events_are_the_kernels);
    TEST(TC_ITS_003, events_of_mapped_devices);
    TEST(TC_ITS_004, no_priority_of_the_kick);
    TEST(TC_ITS_005, tables_are_the_kernels);
    TEST(TC_ITS_006, what_the_kernel_cannot_hold);
    TEST(TC_ITS_007, commands_go_through_the_kernels_queue);
    TEST(TC_ITS_008, what_root_sees);
    TEST(TC_ITS_009, as_linux_left_it);
    TEST(TC_ITS_010, a_device_of_root);
    TEST(TC_ITS_011, the_queue_turns_and_stalls);
    TEST(TC_ITS_012, invall_copies_in_steps);
    TEST(TC_ITS_013, one_at_a_time);
    TEST(TC_ITS_014, a_cpu_leaves_root);
    TEST(TC_ITS_018, root_begins_anew);
    TEST(TC_ITS_015, redistributors);
    TEST(TC_ITS_016, redistributors_as_linux_left_them);
    return test_result();
}
