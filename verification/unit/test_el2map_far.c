/* SPDX-License-Identifier: Apache-2.0 */
/** @file test_el2map_far.c
 * The kernel's own map on a board whose redistributors are far from its distributor.
 * @link src/arch/aarch64/el2map.c
 */
#include "arch/aarch64/el2map.h"
#include "boards/board.h"
#include "test.h"

const struct board board = {
    .gicd = 0x08000000U, .gicr = 0x4C000000U, .gicr_count = 4U, .spi_end = 64U};

/* Two tables for the root and the kernel's gibibyte, seven for code, one for stacks: two are left
 * for the distributor and its gibibyte, none for the redistributors. */
const uint64_t layout[LAYOUT_COUNT] = {
    [LAYOUT_TEXT] = 0x70000000U,   [LAYOUT_RODATA] = 0x70E00000U, [LAYOUT_DATA] = 0x70E00000U,
    [LAYOUT_STACKS] = 0x70E00000U, [LAYOUT_TABLES] = 0x70F00000U, [LAYOUT_END] = 0x70F00000U,
    [LAYOUT_STATUS] = 0x70F00000U, [LAYOUT_EL2] = 0x70180000U};

/** @test TC_ELM_004 @verifies SWR_EL2_002 @technique exhaustion @level unit */
static void tables_end_between_the_devices(void)
{
    uint32_t devices = 0U;

    CHECK(!el2map_build());
    CHECK_EQ(el2_used, EL2_TABLES);
    for (uint32_t t = 0U; t < EL2_TABLES; t++) {
        for (uint32_t i = 0U; i < EL2_ENTRIES; i++) {
            uint64_t page = (el2_table[t][i] & 0xFFFFFFFFF000ULL) >> 12;

            if ((el2_child[t][i] == 0U) && (el2_table[t][i] != 0U) && (page < 0x70000U)) {
                CHECK((page >= 0x8000U) && (page < 0x8010U));
                devices++;
            }
        }
    }
    CHECK_EQ(devices, 16U);
}

int main(void)
{
    TEST(TC_ELM_004, tables_end_between_the_devices);
    return test_result();
}
