/* SPDX-License-Identifier: Apache-2.0 */
/** @file test_window.c
 * The kernel's way to a page of a cell: open while a call lasts, to that page alone, as data, and never
 * to a page of the kernel. The map is walked from its root at each access (fake_regs.c).
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
 * @link src/core/lock.c @link src/core/restart.c
 * @link src/core/watch.c
 * @link src/core/hwerr.c
 * @link src/core/prep.c @link src/core/cpu.c @link src/core/crc.c
 * @link src/core/measure.c @link src/core/sha256.c
 * @link src/core/plan_claims.c @link src/core/plan_policy.c
 * @link src/core/plan_watch.c @link src/core/plan_window.c @link src/core/plan_call.c
 * @link src/core/plan_crc.c
 * @link src/core/event.c @link src/core/hcall.c @link src/core/init.c @link src/core/part.c
 * @link src/core/plan.c
 */
#include "aarch64_machine.h"
#include "arch/aarch64/window.h"
#include "test.h"

#define TEXT 0x70000U   /* pages */
#define STATUS 0x70400U
#define TABLES_AT 0x70180000U
#define WINDOWS_AT 0x70190000U
#define WINDOW(cpu) (WINDOW_BASE + ((cpu) * 4096U))

static uint64_t before[EL2_TABLES][EL2_ENTRIES];
static const uint64_t shut[EL2_ENTRIES];

static void begin(void)
{
    CHECK(aarch64_machine());
    fake_layout[LAYOUT_TEXT] = 0x70000000U;
    fake_layout[LAYOUT_RODATA] = 0x70008000U;
    fake_layout[LAYOUT_DATA] = 0x7000C000U;
    fake_layout[LAYOUT_STACKS] = 0x70020000U;
    fake_layout[LAYOUT_TABLES] = 0x70200000U;
    fake_layout[LAYOUT_END] = 0x70300000U;
    fake_layout[LAYOUT_STATUS] = 0x70400000U;
    fake_layout[LAYOUT_EL2] = TABLES_AT;
    fake_layout[LAYOUT_WINDOW] = WINDOWS_AT;
    memset(el2_window, 0xFF, sizeof(el2_window));
    CHECK(el2map_build());
    CHECK(window_build());
    memcpy(before, el2_table, sizeof(before));
    for (uint32_t i = 0U; i < FAKE_PAGES; i++) {
        fake.ppn[i] = 0x50000U + i;
        memset(fake.page[i], 0xA5, 4096U);
    }
}

/** The map is as it was: no window is open. */
static void check_shut(void)
{
    CHECK(memcmp(before, el2_table, sizeof(before)) == 0);
    CHECK(memcmp(shut, el2_window, sizeof(shut)) == 0);
    for (uint32_t cpu = 0U; cpu < BH_CPUS_MAX; cpu++) {
        CHECK_EQ(fake_leaf(WINDOW(cpu)), 0U);
    }
}

static bool all_are(uint32_t page, uint8_t value)
{
    bool same = true;

    for (uint32_t i = 0U; i < 4096U; i++) {
        same = same && (fake.page[page][i] == value);
    }
    return same;
}

/** @test TC_WIN_001 @verifies SWR_WIN_001 @technique equivalence @level unit */
static void one_page_is_cleared_and_no_other(void)
{
    begin();
    for (uint32_t cpu = 0U; cpu < BH_CPUS_MAX; cpu++) {
        memset(fake.page[cpu], 0xA5, 4096U);
        arch_page_clear(cpu, 0x50000U + cpu);
        for (uint32_t i = 0U; i < FAKE_PAGES; i++) {
            CHECK(all_are(i, (i <= cpu) ? 0U : 0xA5U));
        }
        CHECK_EQ(fake.zeroed, cpu + 1U);
        CHECK_EQ(fake.forgets, cpu + 1U);
        CHECK_EQ(fake.forgotten[cpu], WINDOW(cpu));
        check_shut();
    }
}

/** @test TC_WIN_002 @verifies SWR_WIN_003 @technique back-to-back @level unit */
static void blocks_and_words_are_those_of_the_page(void)
{
    uint32_t words[16];

    begin();
    for (uint32_t i = 0U; i < 4096U; i++) {
        fake.page[3][i] = (uint8_t)((i * 7U) + (i >> 8));
    }
    for (uint32_t block = 0U; block < PAGE_BLOCKS; block++) {
        arch_page_block(block % BH_CPUS_MAX, 0x50003U, block, words);
        for (uint32_t i = 0U; i < 16U; i++) {
            const uint8_t *b = &fake.page[3][(block * 64U) + (i * 4U)];

            CHECK_EQ(words[i], (((((b[0] * 256U) + b[1]) * 256U) + b[2]) * 256U) + b[3]);
        }
    }
    for (uint32_t index = 0U; index < PAGE_WORDS; index++) {
        uint64_t word = 0U;

        for (uint32_t k = 8U; k > 0U; k--) {
            word = (word * 256U) + fake.page[3][(index * 8U) + k - 1U];
        }
        CHECK_EQ(arch_page_word(index % BH_CPUS_MAX, 0x50003U, index), word);
    }
    CHECK_EQ(fake.fetched, PAGE_BLOCKS + PAGE_WORDS);
    CHECK_EQ(fake.forgets, PAGE_BLOCKS + PAGE_WORDS);
    CHECK(all_are(2U, 0xA5U));
    check_shut();
}

/** Nothing is opened for this page, and it reads as zeros. */
static void check_refused(uint64_t ppn)
{
    uint32_t words[16];

    memset(words, 0xFF, sizeof(words));
    arch_page_clear(1U, ppn);
    arch_page_block(1U, ppn, 0U, words);
    for (uint32_t i = 0U; i < 16U; i++) {
        CHECK_EQ(words[i], 0U);
    }
    CHECK_EQ(arch_page_word(1U, ppn, 0U), 0U);
    CHECK_EQ(fake.zeroed + fake.fetched + fake.forgets, 0U);
    check_shut();
}

/** @test TC_WIN_003 @verifies SWR_WIN_002 @technique bva @level unit */
static void no_page_of_the_kernel_is_opened(void)
{
    begin();
    check_refused(TEXT);
    check_refused(0x7000CU);
    check_refused(STATUS - 1U);
    check_refused(STATUS);
    check_refused(STATUS + 3U);
    check_refused(0x10000000U);
    check_refused(BH_PPN_MAX - 1U);
    fake.ppn[0] = TEXT - 1U;
    fake.ppn[1] = STATUS + 4U;
    fake.ppn[2] = 0xFFFFFFFU;
    fake.ppn[3] = 0U;
    for (uint32_t i = 0U; i < 4U; i++) {
        arch_page_clear(0U, fake.ppn[i]);
        CHECK(all_are(i, 0U));
    }
    check_shut();
}

/** @test TC_WIN_004 @verifies SWR_WIN_002 @technique exhaustion @level unit */
static void tables_may_not_suffice(void)
{
    for (uint32_t left = 0U; left < 2U; left++) {
        begin();
        CHECK(el2map_build());
        el2_used = EL2_TABLES - left;
        CHECK_EQ(window_build(), left == 1U);
        CHECK_EQ(fake_leaf(WINDOW(0U)), 0U);
    }
}

/** The window of a CPU lies behind all that is mapped. @test TC_WIN_005 @verifies SWR_WIN_002
 * @technique bva @level unit */
static void windows_lie_behind_all_else(void)
{
    begin();
    CHECK_EQ(before[0][EL2_ENTRIES - 1U] % 4U, 3U);
    CHECK_EQ(before[(before[0][EL2_ENTRIES - 1U] - TABLES_AT) / 4096U][EL2_ENTRIES - 1U],
             WINDOWS_AT + 3U);
    CHECK(el2map_build());
    for (uint64_t a = WINDOW_BASE; a < WINDOW_BASE + 0x200000U; a += 4096U) {
        CHECK_EQ(fake_leaf(a), 0U);
    }
    CHECK_EQ(el2_table[0][EL2_ENTRIES - 1U], 0U);
}

int main(void)
{
    TEST(TC_WIN_001, one_page_is_cleared_and_no_other);
    TEST(TC_WIN_002, blocks_and_words_are_those_of_the_page);
    TEST(TC_WIN_003, no_page_of_the_kernel_is_opened);
    TEST(TC_WIN_004, tables_may_not_suffice);
    TEST(TC_WIN_005, windows_lie_behind_all_else);
    return test_result();
}
