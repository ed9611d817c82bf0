/* SPDX-License-Identifier: Apache-2.0 */
/** @file test_el2map.c
 * The kernel's own map at EL2, read back by an independent walk of all its tables: identity, never
 * writable and executable, a hole below every stack, nothing else.
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
#include "arch/aarch64/el2map.h"
#include "test.h"

#define TABLES_AT 0x70180000U
#define STACKS_AT 0x70020000U
#define DESCRIPTOR_ADDRESS 0xFFFFFFFFF000ULL

/** What a page may be used for. */
enum use { NOTHING, CODE, CONSTANT, DATA, DEVICE };

static void standard_layout(void)
{
    fake_layout[LAYOUT_TEXT] = 0x70000000U;
    fake_layout[LAYOUT_RODATA] = 0x70008000U;
    fake_layout[LAYOUT_DATA] = 0x7000C000U;
    fake_layout[LAYOUT_STACKS] = STACKS_AT;
    fake_layout[LAYOUT_TABLES] = 0x70200000U;
    fake_layout[LAYOUT_END] = 0x70300000U;
    fake_layout[LAYOUT_STATUS] = 0x70400000U;
    fake_layout[LAYOUT_EL2] = TABLES_AT;
}

/** Leaf for an address, 0 if there is none: three levels of 9 bits, as TCR_EL2.T0SZ 25 has it. */
static uint64_t leaf_of(uint64_t address)
{
    uint64_t table = TABLES_AT, leaf = 0U;

    for (uint32_t level = 1U; level <= 3U; level++) {
        uint64_t d = el2_table[(table - TABLES_AT) / 4096U]
                              [(address >> (12U + (9U * (3U - level)))) & 0x1FFU];

        if ((d & 3U) != 3U) {
            CHECK_EQ(d & 1U, 0U); /* no blocks */
            break;
        }
        if (level == 3U) {
            leaf = d;
        }
        table = d & DESCRIPTOR_ADDRESS;
    }
    return leaf;
}

static uint32_t use_of(uint64_t leaf, uint64_t address)
{
    bool read_only = ((leaf >> 7) & 1U) == 1U, never = ((leaf >> 54) & 1U) == 1U;
    bool device = ((leaf >> 2) & 7U) == 1U;
    uint32_t use = NOTHING;

    if (leaf != 0U) {
        CHECK_EQ(leaf & DESCRIPTOR_ADDRESS, address);
        CHECK_EQ((leaf >> 10) & 1U, 1U);
        CHECK(read_only || never);
        use = device ? DEVICE : (never ? (read_only ? CONSTANT : DATA) : CODE);
        CHECK_EQ((leaf >> 8) & 3U, device ? 0U : 3U);
        CHECK((!device) || (never && !read_only));
    }
    return use;
}

/** What each page should be, by hand. */
static uint32_t wanted(uint64_t a)
{
    uint32_t use = NOTHING;

    if ((a >= 0x70000000U) && (a < 0x70008000U)) {
        use = CODE;
    } else if ((a >= 0x70008000U) && (a < 0x7000C000U)) {
        use = CONSTANT;
    } else if ((a >= STACKS_AT) && (a < STACKS_AT + (8U * 0x4000U))) {
        use = (((a - STACKS_AT) % 0x4000U) < 0x1000U) ? NOTHING : DATA;
    } else if (((a >= 0x7000C000U) && (a < STACKS_AT)) ||
               ((a >= 0x70200000U) && (a < 0x70300000U)) ||
               ((a >= 0x70400000U) && (a < 0x70404000U))) {
        use = DATA;
    } else if (((a >= 0x08000000U) && (a < 0x08010000U)) ||
               ((a >= 0x08080000U) && (a < 0x08090000U)) ||
               ((a >= 0x080A0000U) && (a < 0x081A0000U))) {
        use = DEVICE;
    } else {
        use = NOTHING;
    }
    return use;
}

/** @test TC_ELM_001 @verifies SWR_EL2_002 @technique exhaustive @level unit */
static void every_page_is_what_it_should_be(void)
{
    uint32_t wrong = 0U;

    standard_layout();
    memset(el2_table, 0xFF, sizeof(el2_table));
    memset(el2_child, 0xFF, sizeof(el2_child));
    CHECK(el2map_build());
    for (uint64_t a = 0U; a < 0x80000000U; a += 4096U) {
        if (use_of(leaf_of(a), a) != wanted(a)) {
            wrong++;
        }
    }
    CHECK_EQ(wrong, 0U);
}

/** @test TC_ELM_002 @verifies SWR_EL2_002 @technique exhaustive @level unit */
static void no_entry_of_any_table_is_writable_and_executable(void)
{
    uint32_t leaves = 0U, links = 0U, wrong = 0U;

    standard_layout();
    CHECK(el2map_build());
    for (uint32_t t = 0U; t < EL2_TABLES; t++) {
        for (uint32_t i = 0U; i < EL2_ENTRIES; i++) {
            uint64_t d = el2_table[t][i];

            if (el2_child[t][i] != 0U) {
                links++;
                CHECK_EQ(d & DESCRIPTOR_ADDRESS, TABLES_AT + (el2_child[t][i] * 4096U));
            } else if (d != 0U) {
                leaves++;
                wrong += ((((d >> 7) | (d >> 54)) & 1U) == 0U) ? 1U : 0U;
            } else {
                wrong += 0U;
            }
        }
    }
    CHECK_EQ(wrong, 0U);
    CHECK_EQ(links, el2_used - 1U);
    CHECK_EQ(leaves, 8U + 4U + 20U + 24U + 256U + 4U + 16U + 16U + 256U);
}

/** @test TC_ELM_003 @verifies SWR_EL2_002 @technique exhaustion @level unit */
static void tables_may_not_suffice(void)
{
    static const uint64_t large[][LAYOUT_COUNT] = {
        /* text, rodata, data, stacks, tables, status, end: the part too large or too far away */
        {0x70000000U, 0x71800000U, 0x71800000U, 0x71800000U, 0x71900000U, 0x71900000U, 0x71900000U},
        {0x70000000U, 0x70000000U, 0x71800000U, 0x71800000U, 0x71900000U, 0x71900000U, 0x71900000U},
        {0x70000000U, 0x70000000U, 0x70000000U, 0x71800000U, 0x71900000U, 0x71900000U, 0x71900000U},
        {0x70000000U, 0x70000000U, 0x70000000U, 0x71400000U, 0x71500000U, 0x71500000U, 0x71500000U},
        {0x70000000U, 0x70000000U, 0x70000000U, 0x70000000U, 0x70200000U, 0x70200000U, 0x71800000U},
        {0x70000000U, 0x70000000U, 0x70000000U, 0x70000000U, 0x70200000U, 0xC0000000U, 0x71400000U},
        {0x70000000U, 0x70000000U, 0x70000000U, 0x70000000U, 0x70200000U, 0x70200000U, 0x71400000U},
        {0x081F0000U, 0x09A00000U, 0x09A00000U, 0x081C0000U, 0x08200000U, 0x081A0000U, 0x08200000U},
    };

    for (uint32_t k = 0U; k < COUNT_OF(large); k++) {
        for (uint32_t i = 0U; i < LAYOUT_EL2; i++) {
            fake_layout[i] = large[k][i];
        }
        CHECK(!el2map_build());
        CHECK_EQ(el2_used, EL2_TABLES);
        for (uint32_t t = 0U; t < EL2_TABLES; t++) {
            for (uint32_t i = 0U; i < EL2_ENTRIES; i++) {
                if ((el2_child[t][i] == 0U) && (el2_table[t][i] != 0U)) {
                    CHECK((((el2_table[t][i] >> 7) | (el2_table[t][i] >> 54)) & 1U) == 1U);
                }
            }
        }
    }
    standard_layout();
    CHECK(el2map_build());
}

int main(void)
{
    TEST(TC_ELM_001, every_page_is_what_it_should_be);
    TEST(TC_ELM_002, no_entry_of_any_table_is_writable_and_executable);
    TEST(TC_ELM_003, tables_may_not_suffice);
    return test_result();
}
