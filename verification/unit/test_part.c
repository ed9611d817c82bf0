/* SPDX-License-Identifier: Apache-2.0 */
/** @file test_part.c
 * The partition: after each change every cell's address space is what a second, simpler reading of
 * the plan says, and the view in force was not touched while the other was built.
 * @link src/core/part.c
 * @link src/core/plan.c
 * @link src/core/crc.c @link src/core/plan_crc.c @link src/core/plan_claims.c @link src/core/plan_policy.c
 * @link src/core/plan_watch.c @link src/core/plan_window.c @link src/core/plan_call.c
 * @link src/core/event.c
 * @link src/arch/aarch64/s2.c
 * @link src/arch/host/shared.c
 * @link src/arch/host/machine.c
 * @link src/boards/qemu-virt-arm64/board.c
 */
#include "fixture.h"
#include "test.h"

/** What the cells should be. */
static bool live[BH_CELLS_MAX];
static bool lent[BH_CELLS_MAX];

/** Is the page someone's, so that root may not have it? */
static bool withheld(uint64_t ppn)
{
    bool found = false;

    for (uint32_t j = 0U; j < plan.n_regions; j++) {
        const struct bh_region *r = &plan.regions[j];
        bool open = lent[r->own] && ((r->flags & BH_REGION_LOADABLE) != 0U);

        if ((r->own != BH_CELL_ROOT) && live[r->own] && (r->root == 0U) && !open &&
            (ppn >= r->ppn) && (ppn - r->ppn < r->n)) {
            found = true;
        }
    }
    return found;
}

/** Compare page x of a cell with the plan; true when they agree. */
static bool page_agrees(uint32_t cell, uint32_t pool, uint64_t x)
{
    uint64_t d = walk(pool, x);
    bool agree = d == 0U;

    for (uint32_t j = 0U; j < plan.n_regions; j++) {
        const struct bh_region *r = &plan.regions[j];
        uint64_t ppn = r->ppn + (x - r->ipn);

        if (live[cell] && (r->own == cell) && (x >= r->ipn) && (x - r->ipn < r->n) &&
            ((cell != BH_CELL_ROOT) || !withheld(ppn))) {
            agree = (PPN_OF(d) == ppn) && (CAN_READ(d) == ((r->flags & 1U) != 0U)) &&
                    (CAN_WRITE(d) == ((r->flags & 2U) != 0U)) &&
                    (CAN_EXECUTE(d) == ((r->flags & 4U) != 0U)) &&
                    (IS_DEVICE(d) == ((r->flags & 8U) != 0U));
        }
    }
    return agree;
}

/** Compare a cell's pool with the plan, at every edge and in between. */
static bool pool_agrees(uint32_t cell, uint32_t pool)
{
    bool agree = true;

    for (uint32_t j = 0U; j < plan.n_regions; j++) {
        for (uint64_t k = 0U; k < 4U; k++) {
            uint64_t edge = k - 2U; /* -2, -1, 0, 1 */

            agree = agree && page_agrees(cell, pool, (plan.regions[j].ppn + edge) & 0xFFFFFFFU) &&
                    page_agrees(cell, pool,
                                (plan.regions[j].ppn + plan.regions[j].n + edge) & 0xFFFFFFFU) &&
                    page_agrees(cell, pool, (plan.regions[j].ipn + edge) & 0xFFFFFFFU) &&
                    page_agrees(cell, pool,
                                (plan.regions[j].ipn + plan.regions[j].n + edge) & 0xFFFFFFFU);
        }
    }
    for (uint64_t x = 0U; x < 0x90000U; x += 251U) {
        agree = agree && page_agrees(cell, pool, x);
    }
    return agree;
}

static void all_agree(void)
{
    CHECK(pool_agrees(BH_CELL_ROOT, part_view));
    for (uint32_t c = 2U; c < BH_CELLS_MAX; c++) {
        CHECK(pool_agrees(c, c));
    }
}

static uint32_t sum_of(uint32_t pool)
{
    return crc32((const uint8_t *)&s2_e + (pool * S2_POOL_BYTES), S2_POOL_BYTES);
}

static void boot(void)
{
    memset(live, 0, sizeof(live));
    memset(lent, 0, sizeof(lent));
    live[0] = true;
    live[1] = true;
    CHECK(fixture_machine());
}

/** One change: staged beside the view in force, then in force. */
static void change(uint32_t cell, uint32_t op)
{
    uint32_t view = part_view;
    uint32_t root = sum_of(view);
    uint32_t other = (cell == 2U) ? 3U : 2U;
    uint32_t cells = sum_of(other);
    uint32_t own = sum_of(cell);

    CHECK_EQ(part_stage(cell, op), BH_OK);
    CHECK_EQ(part_view, view);
    CHECK_EQ(sum_of(view), root);
    CHECK_EQ(sum_of(other), cells);
    CHECK((op == PART_CREATE) || (sum_of(cell) == own));
    part_commit();
    CHECK_EQ(part_view, 1U - view);
    live[cell] = op != PART_DESTROY;
    lent[cell] = op == PART_OPEN;
    CHECK_EQ(part_live[part_view][cell] != 0U, live[cell]);
    CHECK_EQ(part_open[part_view][cell] != 0U, lent[cell]);
    if (op == PART_DESTROY) {
        part_clear(cell);
    }
    all_agree();
}

/** @test TC_PRT_001 @verifies SWR_PRT_001 SWR_PRT_002 SWR_PRT_003 @technique back-to-back
 *  @level unit */
static void boot_gives_root_all_but_the_kernel(void)
{
    memset(&s2_e, 0xA5, sizeof(s2_e));
    memset(part_live, 0xFF, sizeof(part_live));
    memset(part_open, 0xFF, sizeof(part_open));
    part_view = 1U;
    boot();
    CHECK_EQ(part_view, 0U);
    all_agree();
    CHECK_EQ(walk(0U, FIX_KERNEL), 0U);
    CHECK_EQ(walk(0U, FIX_KERNEL + 0x3FFU), 0U);
    CHECK(CAN_READ(walk(0U, FIX_STATUS)) && !CAN_WRITE(walk(0U, FIX_STATUS)));
    CHECK(CAN_WRITE(walk(0U, FIX_CELL2)));
    for (uint32_t c = 2U; c < BH_CELLS_MAX; c++) {
        CHECK_EQ(part_live[0][c], 0U);
    }
}

/** @test TC_PRT_002 @verifies SWR_PRT_004 @technique fault-injection @level unit */
static void refused_boot_leaves_nobody_anything(void)
{
    boot();
    CHECK_EQ(part_boot(board_facts.map_base + 4096U), BH_E_LAUNCH_TABLES);
    for (uint64_t x = 0U; x < 0x90000U; x += 17U) {
        CHECK((walk(0U, x) == 0U) && (walk(1U, x) == 0U) && (walk(2U, x) == 0U));
    }
    fixture_plan();
    plan.regions[10].own = 9U;
    CHECK_EQ(part_boot(board_facts.map_base), BH_E_PLAN_REGION);
    CHECK_EQ(walk(0U, 0x40000U), 0U);
}

/** @test TC_PRT_003 @verifies SWR_PRT_001 SWR_PRT_002 SWR_PRT_005 SWR_PRT_006
 *  @technique back-to-back @level unit */
static void life_of_two_cells(void)
{
    boot();
    change(2U, PART_CREATE);
    CHECK_EQ(walk(part_view, FIX_CELL2), 0U);
    CHECK(CAN_WRITE(walk(part_view, FIX_COMM2))); /* root keeps the communication region */
    change(2U, PART_OPEN);
    CHECK(CAN_WRITE(walk(part_view, FIX_CELL2)));
    change(3U, PART_CREATE);
    change(3U, PART_OPEN);
    CHECK_EQ(walk(part_view, FIX_CELL3_DATA), 0U); /* not loadable */
    change(2U, PART_CLOSE);
    change(3U, PART_CLOSE);
    change(2U, PART_DESTROY);
    CHECK_EQ(walk(part_view, FIX_CELL3), 0U);
    change(2U, PART_CREATE);
    change(3U, PART_DESTROY);
    change(2U, PART_DESTROY);
    CHECK(CAN_WRITE(walk(part_view, FIX_CELL3)));
}

/** @test TC_PRT_004 @verifies SWR_PRT_005 SWR_PRT_006 @technique table @level unit */
static void forbidden_changes_change_nothing(void)
{
    static const uint32_t no_cell[] = {0U, 1U, 4U, 7U, 8U, 0xFFFFFFFFU};
    uint32_t before;

    boot();
    change(2U, PART_CREATE);
    before = sum_of(0U) ^ sum_of(1U) ^ sum_of(2U) ^ sum_of(3U);
    for (uint32_t i = 0U; i < COUNT_OF(no_cell); i++) {
        for (uint32_t op = PART_CREATE; op <= PART_DESTROY; op++) {
            CHECK_EQ(part_stage(no_cell[i], op), BH_E_HC_NO_CELL);
        }
    }
    CHECK_EQ(part_stage(2U, PART_CREATE), BH_E_HC_STATE);
    CHECK_EQ(part_stage(2U, PART_DESTROY + 1U), BH_E_HC_STATE);
    CHECK_EQ(part_stage(3U, PART_OPEN), BH_E_HC_STATE);
    CHECK_EQ(part_stage(3U, PART_CLOSE), BH_E_HC_STATE);
    CHECK_EQ(part_stage(3U, PART_DESTROY), BH_E_HC_STATE);
    CHECK_EQ(part_stage(3U, 0xFFFFFFFFU), BH_E_HC_STATE);
    CHECK_EQ(sum_of(0U) ^ sum_of(1U) ^ sum_of(2U) ^ sum_of(3U), before);
    CHECK_EQ(part_live[part_view][2], 1U);
    CHECK_EQ(part_live[part_view][3], 0U);
}

/** Cell 2 of forty regions of a page each, apart by @p ipn and @p ppn pages; cell 3 has none. */
static void many_regions(uint32_t ipn, uint32_t ppn)
{
    for (uint32_t k = 0U; k < 40U; k++) {
        plan.regions[7U + k] = (struct bh_region){
            .ppn = 0x40001U + (k * ppn), .ipn = k * ipn, .n = 1U, .own = 2U, .flags = RWX};
    }
    plan.n_regions = 47U;
    plan.cells[2].count = 40U;
    plan.cells[3].first = 47U;
    plan.cells[3].count = 0U;
}

/** @test TC_PRT_005 @verifies SWR_PRT_004 SWR_PRT_005 @technique exhaustion @level unit */
static void pools_may_be_used_up(void)
{
    static const uint32_t apart[3][2] = {{512U, 1U}, {1U, 512U}, {512U, 512U}};

    for (uint32_t k = 0U; k < 3U; k++) { /* the cell's pool, root's, both */
        uint32_t root;

        boot();
        many_regions(apart[k][0], apart[k][1]);
        CHECK_EQ(part_boot(board_facts.map_base), BH_OK);
        root = sum_of(0U);
        CHECK_EQ(part_stage(2U, PART_CREATE), BH_E_HC_POOL);
        CHECK_EQ(sum_of(0U), root);
        CHECK_EQ(part_live[0][2], 0U);
        CHECK(pool_agrees(BH_CELL_ROOT, 0U));
    }
    boot();
    many_regions(512U, 1U);
    for (uint32_t j = 3U; j < 47U; j++) {
        plan.regions[j].own = BH_CELL_ROOT;
        plan.regions[j].ipn = 0x100000U + (j * 512U);
    }
    plan.cells[1] = (struct bh_cell){.first = 3U, .count = 44U, .cpus = 0xFU};
    plan.regions[3].n = 1U;
    plan.regions[5].n = 1U;
    plan.cells[2].count = 0U;
    CHECK_EQ(part_boot(board_facts.map_base), BH_E_HC_POOL);
    for (uint64_t x = 0x100000U; x < 0x106000U; x++) {
        CHECK_EQ(walk(0U, x), 0U);
    }
}

/** @test TC_PRT_006 @verifies SWR_PRT_007 @technique state @level unit */
static void cleared_cell_faults_everywhere(void)
{
    boot();
    change(2U, PART_CREATE);
    change(3U, PART_CREATE);
    part_clear(2U);
    for (uint64_t x = 0U; x < 0x400U; x++) {
        CHECK_EQ(walk(2U, x), 0U);
    }
    CHECK(pool_agrees(BH_CELL_ROOT, part_view));
    CHECK(pool_agrees(3U, 3U));
}

/** @test TC_PRT_007 @verifies SWR_PRT_008 @technique exhaustive @level unit */
static void owners_of_cpus(void)
{
    boot();
    change(2U, PART_CREATE); /* view 1: cell 2 lives; view 0: only root */
    plan.cells[1].cpus = 0x7U;
    for (uint32_t cpu = 0U; cpu < 10U; cpu++) {
        bool twos = (cpu == 2U) || (cpu == 3U);
        uint32_t first = (cpu < 3U) ? BH_CELL_ROOT : BH_CELLS_MAX;

        CHECK_EQ(part_cpu_owner(0U, cpu), first);
        CHECK_EQ(part_cpu_owner(1U, cpu), twos ? 2U : first);
        for (uint32_t cell = 0U; cell < 10U; cell++) {
            CHECK_EQ(part_cpu_owned(0U, cell, cpu), (cell == 1U) && (cpu < 3U));
            CHECK_EQ(part_cpu_owned(1U, cell, cpu),
                     twos ? (cell == 2U) : ((cell == 1U) && (cpu < 3U)));
        }
    }
}

/** @test TC_PRT_008 @verifies SWR_PRT_009 @technique exhaustive @level unit */
static void owners_of_interrupts(void)
{
    boot();
    change(3U, PART_CREATE);
    for (uint32_t n = 0U; n < 1100U; n++) {
        bool root = (n >= 32U) && (n < 288U);

        for (uint32_t cell = 0U; cell < 10U; cell++) {
            CHECK_EQ(part_irq_owned(0U, cell, n), (cell == 1U) && root);
            CHECK_EQ(part_irq_owned(1U, cell, n),
                     (n == 70U) ? (cell == 3U) : ((cell == 1U) && root));
        }
    }
}

int main(void)
{
    TEST(TC_PRT_001, boot_gives_root_all_but_the_kernel);
    TEST(TC_PRT_002, refused_boot_leaves_nobody_anything);
    TEST(TC_PRT_003, life_of_two_cells);
    TEST(TC_PRT_004, forbidden_changes_change_nothing);
    TEST(TC_PRT_005, pools_may_be_used_up);
    TEST(TC_PRT_006, cleared_cell_faults_everywhere);
    TEST(TC_PRT_007, owners_of_cpus);
    TEST(TC_PRT_008, owners_of_interrupts);
    return test_result();
}
