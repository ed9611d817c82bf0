/* SPDX-License-Identifier: Apache-2.0 */
/** @file test_part_random.c
 * Random plans and random lives of their cells: is success ever reached (else the theorem would be
 * empty), and does a walk by address, which knows nothing of the proof, find what the plan says?
 * @link src/core/part.c
 * @link src/core/plan.c
 * @link src/core/crc.c @link src/core/plan_crc.c @link src/core/plan_claims.c @link src/core/plan_policy.c
 * @link src/core/plan_watch.c @link src/core/plan_window.c @link src/core/plan_call.c
 * @link src/arch/aarch64/s2.c
 */
#include <stdio.h>
#include <string.h>

#include "core/part.h"
#include "s2.h"
#include "test.h"

#define PLANS 6000U
#define CHANGES 8U
#define BASE 0x7A0000000ULL
#define NOBODY BH_CELLS_MAX

static const struct plan_board board = {1U, {{0x1000U, 64U}, {0x1000U, 8U}, {0x1020U, 32U}}, true};
static uint64_t seed;
static unsigned long accepted, refused, looked_up, mapped_pages, blocks, staged, exhausted, created;

/** Pseudo-random number below @p n (64-bit multiplicative congruential, high half). */
static uint32_t below(uint32_t n)
{
    seed = (seed * 6364136223846793005ULL) + 1442695040888963407ULL;
    return (uint32_t)((seed >> 33) % n);
}

/** Cells as they should be. */
struct state {
    bool live[BH_CELLS_MAX];
    bool open[BH_CELLS_MAX];
};
static struct state now;

static bool covers(const struct bh_region *r, uint64_t ppn)
{
    return (ppn >= r->ppn) && ((ppn - r->ppn) < r->n);
}

static bool root_has_lost(uint64_t ppn)
{
    for (uint32_t j = 0U; j < plan.n_regions; j++) {
        const struct bh_region *r = &plan.regions[j];
        bool lent = (r->own >= 2U) && now.open[r->own] && ((r->flags & BH_REGION_LOADABLE) != 0U);

        if (now.live[r->own] && (r->own != 1U) && (r->root == 0U) && !lent && covers(r, ppn)) {
            return true;
        }
    }
    return false;
}

/** What the plan says of a page of a cell: its region, BH_REGIONS_MAX if nothing may be there. */
static uint32_t region_at(uint32_t cell, uint64_t page)
{
    for (uint32_t j = 0U; j < plan.n_regions; j++) {
        const struct bh_region *r = &plan.regions[j];

        if (now.live[cell] && (r->own == cell) && (page >= r->ipn) && ((page - r->ipn) < r->n)) {
            return ((cell == 1U) && root_has_lost(r->ppn + (page - r->ipn))) ? BH_REGIONS_MAX : j;
        }
    }
    return BH_REGIONS_MAX;
}

/** Eight bytes at physical address @p pa, which must lie in the tables. */
static uint64_t fetch(uint64_t pa)
{
    uint64_t d = 0U;

    CHECK((pa >= BASE) && (pa < (BASE + sizeof(s2_e))));
    memcpy(&d, (const unsigned char *)&s2_e + (pa - BASE), sizeof(d));
    return d;
}

/** Result of a translation: the leaf as found, the output address, the level. */
struct translation {
    uint64_t leaf;
    uint64_t pa;
    unsigned level;
};

/** Translate an IPA of 40 bits: a table of 1024 entries first, then two of 512. */
static struct translation translate(uint64_t root, uint64_t ipa)
{
    struct translation t = {0U, 0U, 1U};
    uint64_t d = fetch(root + (((ipa >> 30) & 0x3FFU) * 8U));

    while (((d & 3U) == 3U) && (t.level < 3U)) {
        uint64_t next = d & 0x0000FFFFFFFFF000ULL;
        unsigned shift = (t.level == 1U) ? 21U : 12U;

        t.level++;
        d = fetch(next + (((ipa >> shift) & 0x1FFU) * 8U));
    }
    if ((d & 3U) == ((t.level == 3U) ? 3U : 1U)) {
        uint64_t span = (t.level == 1U) ? (1ULL << 30) : ((t.level == 2U) ? (1ULL << 21) : 4096U);
        uint64_t out = d & 0x0000FFFFFFFFF000ULL;

        CHECK((out % span) == 0U);
        t.leaf = d;
        t.pa = out | (ipa % span);
    }
    return t;
}

/** One page of one cell: translation against plan. */
static void compare(uint32_t cell, uint64_t page)
{
    uint32_t pool = (cell == 1U) ? part_view : cell;
    struct translation t = translate(BASE + (pool * 131072ULL), page << 12);
    uint32_t j = region_at(cell, page);

    looked_up++;
    if (j == BH_REGIONS_MAX) {
        CHECK_EQ(t.leaf, 0U);
    } else {
        const struct bh_region *r = &plan.regions[j];
        uint64_t attr = (r->flags & BH_REGION_DEVICE) ? 0x1U : 0xFU;

        mapped_pages++;
        blocks += (t.level < 3U) ? 1U : 0U;
        CHECK_EQ(t.pa, (r->ppn + (page - r->ipn)) << 12);
        CHECK_EQ((t.leaf >> 6) & 3U, r->flags & 3U);
        CHECK_EQ((t.leaf >> 54) & 1U, (r->flags & BH_REGION_EXECUTE) ? 0U : 1U);
        CHECK_EQ((t.leaf >> 2) & 0xFU, attr);
        CHECK_EQ((t.leaf >> 10) & 1U, 1U);
    }
}

/** Pages at and around all edges of all regions, as cell sees them, and some at random. */
static void compare_cell(uint32_t cell)
{
    for (uint32_t i = 0U; i < plan.n_regions; i++) {
        const struct bh_region *r = &plan.regions[i];
        const uint64_t at[6] = {r->ipn,        r->ipn + r->n,        r->ipn + below(r->n),
                                r->ipn - 1ULL, r->ipn + r->n - 1ULL, r->ppn};

        for (uint32_t k = 0U; k < 6U; k++) {
            if (at[k] < BH_IPA_PAGES) {
                compare(cell, at[k]);
            }
        }
    }
    compare(cell, below(BH_IPA_PAGES));
}

static void compare_all(void)
{
    for (uint32_t c = 1U; c < plan.n_cells; c++) {
        if (now.live[c]) {
            compare_cell(c);
        }
    }
}

/** Nobody owns a CPU or interrupt twice; what nobody took is root's. */
static void compare_owners(void)
{
    for (uint32_t n = 0U; n < 48U; n++) {
        uint32_t intid = below(1040U);
        uint32_t cpu = n % 10U;
        uint32_t irq_owners = 0U;
        uint32_t cpu_owners = 0U;
        uint32_t owner = part_cpu_owner(part_view, cpu);

        for (uint32_t c = 0U; c < (BH_CELLS_MAX + 1U); c++) {
            irq_owners += part_irq_owned(part_view, c, intid) ? 1U : 0U;
            cpu_owners += part_cpu_owned(part_view, c, cpu) ? 1U : 0U;
            CHECK(part_cpu_owned(part_view, c, cpu) == ((c == owner) && (owner != NOBODY)));
        }
        CHECK(irq_owners <= 1U);
        CHECK(cpu_owners == ((cpu < plan.n_cpus) ? 1U : 0U));
        CHECK(irq_owners == (((intid >= 32U) && (intid < 1020U)) ? 1U : 0U));
    }
}

/** A region of random size at a random place; alignment chosen so that blocks are met. */
static void add_region(uint32_t own)
{
    static const uint32_t grain[4] = {1U, 512U, 4096U, 262144U};
    struct bh_region *r = &plan.regions[plan.n_regions];
    uint32_t g = grain[below(4U)];

    r->own = own;
    r->n = (g * (1U + below(3U))) + ((below(3U) == 0U) ? below(600U) : 0U);
    r->ppn = 0x2000U + ((uint64_t)g * below(0x4000000U / g));
    r->ppn += (below(4U) == 0U) ? below(700U) : 0U;
    r->ipn = (below(3U) != 0U) ? (uint32_t)r->ppn : (below((BH_IPA_PAGES - r->n) / g) * g);
    r->flags = below(BH_REGION_FLAGS_MAX);
    if (own >= 2U) {
        r->share = (below(4U) == 0U) ? (1U + below(3U)) : 0U;
        r->root = (r->share != 0U) ? below(2U) : 0U;
    }
    for (uint32_t j = 0U; (r->share != 0U) && (j < plan.n_regions); j++) {
        if (plan.regions[j].share == r->share) { /* the other side names the same range */
            r->ppn = plan.regions[j].ppn;
            r->n = plan.regions[j].n;
        }
    }
    plan.n_regions++;
    plan.cells[own].count++;
}

static void random_plan(uint32_t number)
{
    seed = 0x9E3779B97F4A7C15ULL * (number + 1ULL);
    memset(&plan, 0, sizeof(plan));
    plan.magic = BH_PLAN_MAGIC;
    plan.version = BH_ABI_VERSION;
    plan.size = sizeof(plan);
    plan.board = board.board;
    plan.flags = BH_PLAN_ACCEPT_UNPROTECTED_DMA;
    plan.n_cells = 2U + below(7U);
    plan.n_cpus = 8U;
    plan.status_n = 4U;
    plan.status_ppn = 0x1800U;
    for (uint32_t c = 0U; c < plan.n_cells; c++) {
        plan.cells[c].first = plan.n_regions;
        if (c == 0U) {
            plan.regions[0] = (struct bh_region){0x1000U, 0x1000U, 64U, 0U, 3U, 0U, 0U};
            plan.regions[0].n += below(64U);
            plan.cells[0].count = 1U;
            plan.n_regions = 1U;
        } else if (c == 1U) { /* all of the machine up to 4 GiB, the status pages for reading */
            plan.regions[1] = (struct bh_region){0U, 0U, 0x1800U, 1U, 7U, 0U, 0U};
            plan.regions[2] = (struct bh_region){0x1800U, 0x1800U, 4U, 1U, 1U, 0U, 0U};
            plan.regions[3] = (struct bh_region){0x1804U, 0x1804U, 0xFE7FCU, 1U, 7U, 0U, 0U};
            plan.cells[1].count = 3U;
            plan.n_regions = 4U;
        } else {
            uint32_t n = 1U + below(4U);

            for (uint32_t k = 0U; k < n; k++) {
                add_region(c);
            }
            plan.regions[plan.cells[c].first].flags |= BH_REGION_EXECUTE;
            plan.cells[c].entry = (uint64_t)plan.regions[plan.cells[c].first].ipn << 12;
            plan.cells[c].cpus = 1U << (c - 1U);
        }
    }
    plan.cells[1].cpus = 0xFFU;
    for (uint32_t cpu = 0U; cpu < 8U; cpu++) {
        plan.mpidr[cpu] = cpu * 3U;
    }
    for (uint32_t i = 32U; i < 1020U; i++) {
        uint32_t c = below(12U);

        plan.cells[1].irqs[i / 32U] |= 1U << (i % 32U);
        if ((c >= 2U) && (c < plan.n_cells)) {
            plan.cells[c].irqs[i / 32U] |= 1U << (i % 32U);
        }
    }
    plan.crc = plan_crc();
}

/** One random request; the view in force is compared before and after the commit. */
static void random_change(void)
{
    uint32_t cell = below(plan.n_cells + 1U);
    uint32_t op = below(5U);
    bool may = (cell >= 2U) && (cell < plan.n_cells) && (op <= (uint32_t)PART_DESTROY) &&
               (now.live[cell] == (op != (uint32_t)PART_CREATE));
    uint32_t status = part_stage(cell, op);

    if (!may) {
        CHECK((status == (uint32_t)BH_E_HC_STATE) || (status == (uint32_t)BH_E_HC_NO_CELL));
    } else if (status != BH_OK) {
        CHECK_EQ(status, BH_E_HC_POOL);
        exhausted++;
    } else {
        staged++;
        created += (op == (uint32_t)PART_CREATE) ? 1U : 0U;
        compare_all(); /* not yet committed */
        part_commit();
        now.live[cell] = op != (uint32_t)PART_DESTROY;
        now.open[cell] = op == (uint32_t)PART_OPEN;
        if (op == (uint32_t)PART_DESTROY) {
            part_clear(cell);
            compare_cell(cell); /* not live: nothing may be there */
        }
    }
    compare_all();
    compare_owners();
}

/** A plan, its start from memory full of rubbish, and some requests. */
static void one_life(uint32_t number)
{
    random_plan(number);
    memset(&s2_e, (int)(number % 251U), sizeof(s2_e));
    memset(&now, 0, sizeof(now));
    if (plan_check(&board) != BH_OK) {
        refused++;
    } else if (part_boot(BASE) != BH_OK) {
        exhausted++;
    } else {
        accepted++;
        now.live[0] = true;
        now.live[1] = true;
        compare_all();
        for (uint32_t k = 0U; k < CHANGES; k++) {
            random_change();
        }
    }
}

/** @test TC_PRT_020 @verifies SWR_PRT_001 SWR_PRT_002 SWR_PRT_005 SWR_PRT_008 SWR_PRT_009
 * @verifies SWR_PRT_010 @technique back-to-back @level unit */
static void random_lives(void)
{
    for (uint32_t n = 0U; n < PLANS; n++) {
        one_life(n);
    }
    CHECK(accepted > 0U);
    CHECK(refused > 0U);
    CHECK(staged > 0U);
    CHECK(created > 0U);
    CHECK(mapped_pages > 0U);
    CHECK(blocks > 0U);
    printf("  %lu plans accepted, %lu refused; %lu changes (%lu creations), ", accepted, refused,
           staged, created);
    printf("pool used up %lu times; %lu look-ups, %lu mapped, %lu of them by a block\n", exhausted,
           looked_up, mapped_pages, blocks);
}

int main(void)
{
    TEST(TC_PRT_020, random_lives);
    return test_result();
}
