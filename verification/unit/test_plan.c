/* SPDX-License-Identifier: Apache-2.0 */
/** @file test_plan.c
 * The judge of plans: every rule at its exact bounds, both parties of every refusal, and the order
 * of the rules.
 * @link src/core/plan.c
 * @link src/core/crc.c @link src/core/plan_crc.c @link src/core/plan_claims.c @link src/core/plan_policy.c
 * @link src/core/plan_watch.c @link src/core/plan_window.c @link src/core/plan_call.c
 * @link src/core/part.c
 * @link src/core/event.c
 * @link src/arch/host/shared.c
 * @link src/arch/host/machine.c
 * @link src/arch/aarch64/s2.c
 * @link src/boards/qemu-virt-arm64/board.c
 */
#include "fixture.h"
#include "test.h"

#define FIX_GICD 0x8000U /* pages */
#define FIX_GICR 0x8080U
#define POKES 7U

/** One change of the good plan. */
struct poke {
    void *at;
    uint32_t bytes;
    uint64_t value;
};

/** What the judge says of the good plan with some changes. */
struct row {
    uint32_t error;
    uint64_t a;
    uint64_t b;
    struct poke poke[POKES];
};

#define W(field, value) {&plan.field, sizeof(plan.field), (value)}
#define OK(...) \
    { \
        BH_OK, 0U, 0U, \
        { \
            __VA_ARGS__ \
        } \
    }
#define NO(error, a, b, ...) \
    { \
        BH_E_PLAN_##error, (a), (b), \
        { \
            __VA_ARGS__ \
        } \
    }

static void spoil(const struct poke *poke)
{
    for (uint32_t i = 0U; i < POKES; i++) {
        if (poke[i].at != NULL) {
            memcpy(poke[i].at, &poke[i].value, poke[i].bytes); /* the host is little endian */
        }
    }
}

static bool about_memory(uint32_t error)
{
    return (error == BH_E_PLAN_COUNT) || (error == BH_E_PLAN_REGION) ||
           (error == BH_E_PLAN_SLICE) || (error == BH_E_PLAN_ALIAS) ||
           (error == BH_E_PLAN_OVERLAP) || (error == BH_E_PLAN_STATUS);
}

static void judge_row(const struct row *row, uint32_t number)
{
    uint32_t error;

    fixture_plan();
    spoil(row->poke);
    fixture_seal();
    plan_a = 77U;
    plan_b = 77U;
    error = plan_check(&board_facts.plan);
    if ((error != row->error) || ((error != BH_OK) && ((plan_a != row->a) || (plan_b != row->b)))) {
        printf("    row %u: E%04x (%llu, %llu)\n", number, error, (unsigned long long)plan_a,
               (unsigned long long)plan_b);
    }
    CHECK_EQ(error, row->error);
    CHECK((error == BH_OK) || ((plan_a == row->a) && (plan_b == row->b)));
    CHECK_EQ(plan_check_memory(), about_memory(row->error) ? row->error : BH_OK);
}

#define JUDGE(table)                                                                               \
    for (uint32_t n = 0U; n < COUNT_OF(table); n++) {                                              \
        judge_row(&(table)[n], n);                                                                 \
    }

static const struct row header_rows[] = {
    OK({NULL, 0U, 0U}),
    NO(MAGIC, BH_PLAN_MAGIC + 1U, BH_PLAN_MAGIC, W(magic, BH_PLAN_MAGIC + 1U)),
    NO(MAGIC, 0U, BH_PLAN_MAGIC, W(magic, 0U)),
    NO(VERSION, 0U, BH_ABI_VERSION, W(version, 0U)),
    NO(VERSION, BH_ABI_VERSION + 1U, BH_ABI_VERSION, W(version, BH_ABI_VERSION + 1U)),
    NO(SIZE, 6751U, 6752U, W(size, 6751U)),
    NO(SIZE, 6753U, 6752U, W(size, 6753U)),
    NO(BOARD, 0U, 1U, W(board, 0U)),
    NO(BOARD, 2U, 1U, W(board, 2U)),
};

/** @test TC_PLN_001 @verifies SWR_PLN_001 SWR_PLN_002 @technique bva @level unit */
static void header(void)
{
    JUDGE(header_rows);
}

static const struct row count_rows[] = {
    NO(COUNT, 0U, 8U, W(n_cells, 0U)),
    NO(COUNT, 1U, 8U, W(n_cells, 1U)),
    NO(COUNT, 9U, 8U, W(n_cells, 9U)),
    NO(COUNT, 0xFFFFFFFFU, 8U, W(n_cells, 0xFFFFFFFFU)),
    NO(CPU, 4U, 4U, W(n_cells, 8U)), /* eight may be; the cells beyond have no CPU */
    OK(W(n_cells, 2U), W(n_regions, 7U)),
    NO(COUNT, 129U, 128U, W(n_regions, 129U)),
    NO(COUNT, 0xFFFFFFFFU, 128U, W(n_regions, 0xFFFFFFFFU)),
    NO(REGION, 11U, 0U, W(n_regions, 128U)),
    NO(COUNT, 0U, 8U, W(n_cpus, 0U)),
    NO(COUNT, 9U, 8U, W(n_cpus, 9U)),
    OK(W(n_cpus, 8U), W(mpidr[4], 0x100U), W(mpidr[5], 0x101U), W(mpidr[6], 0x102U),
       W(mpidr[7], 0x103U)),
    OK(W(n_cpus, 1U), W(cells[1].cpus, 1U), W(n_cells, 2U), W(n_regions, 7U)),
    NO(COUNT, 3U, 4U, W(status_n, 3U)),
    NO(COUNT, 5U, 4U, W(status_n, 5U)),
    OK(W(status_ppn, BH_PPN_MAX - 4U)),
    NO(COUNT, BH_PPN_MAX - 3U, BH_PPN_MAX - 4U, W(status_ppn, BH_PPN_MAX - 3U)),
    NO(COUNT, UINT64_MAX, BH_PPN_MAX - 4U, W(status_ppn, UINT64_MAX)),
    NO(COUNT, 17U, 16U, W(n_windows, 17U)),
    NO(COUNT, 0xFFFFFFFFU, 16U, W(n_windows, 0xFFFFFFFFU)),
    NO(COUNT, 17U, 16U, W(n_calls, 17U)),
    NO(COUNT, 0xFFFFFFFFU, 16U, W(n_calls, 0xFFFFFFFFU)),
};

/** @test TC_PLN_002 @verifies SWR_PLN_001 SWR_PLN_002 @technique bva @level unit */
static void counts(void)
{
    JUDGE(count_rows);
}

static const struct row region_rows[] = {
    NO(CPUID, 3U, 1U, W(mpidr[3], 1U)),
    NO(CPUID, 1U, 0U, W(mpidr[1], 0U)),
    OK(W(mpidr[4], 1U)), /* beyond n_cpus */
    NO(REGION, 10U, 3U, W(regions[10].n, 0U)),
    NO(REGION, 3U, 1U, W(regions[3].n, BH_IPA_PAGES + 1U), W(regions[3].ipn, 0U)),
    OK(W(regions[6].ipn, BH_IPA_PAGES - 1U)),
    NO(REGION, 6U, 1U, W(regions[6].ipn, BH_IPA_PAGES)),
    NO(REGION, 6U, 1U, W(regions[6].ipn, 0xFFFFFFFFU)),
    OK(W(regions[6].ppn, BH_PPN_MAX - 1U)),
    NO(REGION, 6U, 1U, W(regions[6].ppn, BH_PPN_MAX)),
    NO(REGION, 6U, 1U, W(regions[6].ppn, UINT64_MAX)),
    NO(REGION, 10U, 4U, W(regions[10].own, 4U)),
    NO(REGION, 10U, 0xFFFFFFFFU, W(regions[10].own, 0xFFFFFFFFU)),
    OK(W(regions[6].flags, 31U)),
    NO(REGION, 6U, 1U, W(regions[6].flags, 32U)),
    NO(REGION, 8U, 2U, W(regions[8].share, 0U)),
    NO(REGION, 8U, 2U, W(regions[8].root, 2U)),
    OK(W(regions[8].root, 0U)),
    OK(W(regions[8].root, 0U), W(regions[8].share, 0U)),
    NO(REGION, 0U, 0U, W(regions[0].share, 1U)),
};

/** @test TC_PLN_003 @verifies SWR_PLN_001 SWR_PLN_002 @technique bva @level unit */
static void regions_and_mpidrs(void)
{
    JUDGE(region_rows);
}

static const struct row pair_rows[] = {
    NO(SLICE, 2U, 7U, W(cells[2].first, 8U)),
    NO(SLICE, 2U, 8U, W(cells[2].count, 1U)),
    NO(SLICE, 3U, 10U, W(cells[3].count, 1U)),
    NO(SLICE, 3U, 8U, W(cells[3].first, 8U)),
    NO(SLICE, 1U, 7U, W(cells[1].count, 5U)),
    NO(SLICE, 1U, 3U, W(cells[1].first, 0xFFFFFFFFU)),
    NO(SLICE, 0U, 0U, W(cells[0].count, 0U)),
    NO(SLICE, 2U, 10U, W(regions[10].own, 2U)),
    NO(ALIAS, 8U, 7U, W(regions[8].ipn, 0x1FFU)),
    NO(ALIAS, 8U, 7U, W(regions[8].ipn, 0U)),
    OK(W(regions[8].ipn, 0x200U)),
    OK(W(regions[7].ipn, 0x201U), W(cells[2].entry, 0x201000U)),
    NO(ALIAS, 8U, 7U, W(regions[7].ipn, 0x200U)),
    NO(OVERLAP, 9U, 7U, W(regions[9].ppn, FIX_COMM2 - 1U)),
    NO(OVERLAP, 9U, 8U, W(regions[9].ppn, FIX_COMM2)),
    OK(W(regions[9].ppn, FIX_COMM2 + 1U)),
    OK(W(regions[9].ppn, FIX_CELL2 - 0x10U)),
    NO(OVERLAP, 9U, 7U, W(regions[9].ppn, FIX_CELL2 - 0xFU)),
    NO(OVERLAP, 9U, 0U, W(regions[9].ppn, FIX_KERNEL + 0x3FFU)),
    OK(W(regions[10].ppn, 0x50000U)), /* memory that root has until the cell exists */
    OK(W(regions[10].ppn, FIX_COMM2), W(regions[10].n, 1U), W(regions[10].share, 1U)),
    NO(OVERLAP, 10U, 8U, W(regions[10].ppn, FIX_COMM2), W(regions[10].n, 2U),
       W(regions[10].share, 1U)),
    NO(OVERLAP, 10U, 8U, W(regions[10].n, 1U), W(regions[10].share, 1U)),
    NO(OVERLAP, 10U, 8U, W(regions[10].ppn, FIX_COMM2), W(regions[10].n, 1U),
       W(regions[10].share, 2U)),
    /* Two regions of one cell name one share and differ: the owner does not matter. */
    NO(OVERLAP, 10U, 9U, W(regions[10].n, 1U), W(regions[10].share, 9U), W(regions[9].share, 9U)),
};

/** @test TC_PLN_004 @verifies SWR_PLN_001 SWR_PLN_002 @technique bva @level unit */
static void slices_aliases_overlaps(void)
{
    JUDGE(pair_rows);
}

static const struct row place_rows[] = {
    NO(KERNEL, 0U, FIX_KERNEL, W(regions[0].ppn, FIX_KERNEL + 1U), W(regions[0].n, 0x3FFU)),
    NO(KERNEL, 0U, FIX_KERNEL, W(regions[0].n, 0x3FFU)),
    NO(KERNEL, 0U, FIX_KERNEL, W(regions[0].ppn, FIX_KERNEL - 1U)),
    OK(W(regions[0].ppn, FIX_KERNEL - 1U), W(regions[0].n, 0x401U)),
    NO(KERNEL, 0U, FIX_KERNEL, W(regions[0].ppn, 0x40000U), W(regions[0].n, 1U)),
    NO(STATUS, 0U, 0U, W(regions[0].n, 0x401U)),
    NO(STATUS, 3U, 1U, W(regions[3].n, 0x30401U), W(regions[3].ipn, 0x100000U)),
    NO(STATUS, 4U, 1U, W(regions[4].flags, RW)),
    NO(STATUS, 4U, 1U, W(regions[4].flags, BH_REGION_READ | BH_REGION_EXECUTE)),
    NO(STATUS, 9U, 3U, W(regions[9].ppn, FIX_STATUS + 3U), W(regions[9].n, 1U)),
    OK(W(regions[9].ppn, FIX_STATUS + 4U)),
    NO(STATUS, 9U, 3U, W(regions[9].ppn, FIX_STATUS), W(regions[9].n, 1U),
       W(regions[9].flags, BH_REGION_READ)),
    NO(STATUS, 5U, 1U, W(regions[5].ppn, FIX_STATUS + 3U)),
};

/** @test TC_PLN_005 @verifies SWR_PLN_001 SWR_PLN_002 @technique bva @level unit */
static void kernel_and_status_pages(void)
{
    JUDGE(place_rows);
}

#define NOWHERE 0x100000U /* pages that nobody has */

/* The frames that the kernel emulates are its own, as its memory is. */
static const struct row frame_rows[] = {
    /* missing: the region is elsewhere, or somebody else's */
    NO(KERNEL, 0U, FIX_KERNEL, W(regions[0].ppn, NOWHERE)),
    NO(KERNEL, 1U, FIX_GICD, W(regions[1].ppn, NOWHERE)),
    NO(KERNEL, 2U, FIX_GICR, W(regions[2].ppn, NOWHERE)),
    NO(KERNEL, 2U, FIX_GICR, W(regions[2].own, 1U), W(cells[0].count, 2U), W(cells[1].first, 2U),
       W(cells[1].count, 5U)),
    NO(KERNEL, 2U, FIX_GICR, W(regions[1].ppn, NOWHERE), W(regions[2].ppn, NOWHERE + 0x10U)),
    /* one page short, exact, one page more, at either end */
    NO(KERNEL, 1U, FIX_GICD, W(regions[1].ppn, FIX_GICD + 1U), W(regions[1].n, 0xFU)),
    NO(KERNEL, 1U, FIX_GICD, W(regions[1].ppn, FIX_GICD + 1U)),
    NO(KERNEL, 1U, FIX_GICD, W(regions[1].n, 0xFU)),
    NO(KERNEL, 1U, FIX_GICD, W(regions[1].ppn, FIX_GICD - 1U)),
    OK(W(regions[1].ppn, FIX_GICD - 1U), W(regions[1].n, 0x11U)),
    OK(W(regions[1].n, 0x11U)),
    NO(KERNEL, 2U, FIX_GICR, W(regions[2].ppn, FIX_GICR + 1U), W(regions[2].n, 0x11FU)),
    NO(KERNEL, 2U, FIX_GICR, W(regions[2].ppn, FIX_GICR + 1U)),
    NO(KERNEL, 2U, FIX_GICR, W(regions[2].n, 0x11FU)),
    NO(KERNEL, 2U, FIX_GICR, W(regions[2].ppn, FIX_GICR - 1U)),
    OK(W(regions[2].ppn, FIX_GICR - 1U), W(regions[2].n, 0x121U)),
    OK(W(regions[2].n, 0x121U)),
    /* One region may hold both; two may not hold one in halves. */
    OK(W(regions[1].n, 0x1A0U), W(regions[2].ppn, NOWHERE), W(regions[2].ipn, NOWHERE)),
    NO(KERNEL, 1U, FIX_GICD, W(regions[1].n, 8U), W(regions[3].own, 0U),
       W(regions[3].ppn, FIX_GICD + 8U), W(regions[3].n, 8U), W(cells[0].count, 4U),
       W(cells[1].first, 4U), W(cells[1].count, 3U)),
    /* not private */
    NO(REGION, 0U, 0U, W(regions[0].share, 1U), W(regions[0].root, 1U)),
    NO(REGION, 0U, 0U, W(regions[0].root, 1U)),
    NO(REGION, 1U, 0U, W(regions[1].share, 1U)),
    NO(REGION, 1U, 0U, W(regions[1].root, 1U)),
    NO(REGION, 2U, 0U, W(regions[2].share, 1U)),
    NO(REGION, 2U, 0U, W(regions[2].root, 1U)),
    /* claimed by a cell as well, at and beside each end */
    NO(OVERLAP, 10U, 0U, W(regions[10].ppn, FIX_KERNEL), W(regions[10].n, 1U)),
    OK(W(regions[10].ppn, FIX_GICD - 1U), W(regions[10].n, 1U)),
    NO(OVERLAP, 10U, 1U, W(regions[10].ppn, FIX_GICD), W(regions[10].n, 1U)),
    NO(OVERLAP, 10U, 1U, W(regions[10].ppn, FIX_GICD + 0xFU), W(regions[10].n, 1U)),
    OK(W(regions[10].ppn, FIX_GICD + 0x10U), W(regions[10].n, 1U)),
    OK(W(regions[10].ppn, FIX_GICR - 1U), W(regions[10].n, 1U)),
    NO(OVERLAP, 10U, 2U, W(regions[10].ppn, FIX_GICR), W(regions[10].n, 1U)),
    NO(OVERLAP, 10U, 2U, W(regions[10].ppn, FIX_GICR + 0x11FU), W(regions[10].n, 1U)),
    OK(W(regions[10].ppn, FIX_GICR + 0x120U), W(regions[10].n, 1U)),
    NO(OVERLAP, 10U, 1U, W(regions[10].ppn, FIX_GICD), W(regions[10].n, 1U),
       W(regions[10].share, 9U), W(regions[10].root, 1U)),
    /* owned by a cell in place of the kernel; by root, whose list may name them, too */
    NO(KERNEL, 0U, FIX_KERNEL, W(regions[0].ppn, NOWHERE), W(regions[10].ppn, FIX_KERNEL),
       W(regions[10].n, 0x400U)),
    NO(KERNEL, 1U, FIX_GICD, W(regions[1].ppn, NOWHERE), W(regions[10].ppn, FIX_GICD),
       W(regions[10].n, 0x10U)),
    NO(KERNEL, 2U, FIX_GICR, W(regions[2].ppn, NOWHERE), W(regions[10].ppn, FIX_GICR)),
    NO(KERNEL, 1U, FIX_GICD, W(regions[1].ppn, NOWHERE), W(regions[6].ppn, FIX_GICD),
       W(regions[6].n, 0x10U)),
    OK(W(regions[6].ppn, FIX_GICD), W(regions[6].n, 0x10U)),
};

/** @test TC_PLN_010 @verifies SWR_PLN_001 SWR_PLN_002 @technique bva @level unit */
static void frames_of_the_kernel(void)
{
    JUDGE(frame_rows);
    CHECK_EQ(board_facts.plan.kernel[0].ppn, FIX_KERNEL);
    CHECK_EQ(board_facts.plan.kernel[1].ppn, FIX_GICD);
    CHECK_EQ(board_facts.plan.kernel[2].ppn, FIX_GICR);
}

static const struct row claim_rows[] = {
    NO(CPU, 1U, 1U, W(cells[1].cpus, 0x10U)),
    NO(CPU, 2U, 2U, W(cells[2].cpus, 0x80000008U)),
    NO(CPU, 0U, 0U, W(cells[0].cpus, 1U)),
    NO(CPU, 3U, 3U, W(cells[3].cpus, 0U)),
    NO(CPU, 1U, 1U, W(cells[1].cpus, 0U)),
    NO(CPU, 3U, 2U, W(cells[3].cpus, 0x4U)),
    NO(CPU, 1U, 1U, W(cells[2].cpus, 0xDU)),
    NO(CPU, 1U, 1U, W(cells[1].cpus, 0xEU)),
    OK(W(cells[1].cpus, 1U)),
    OK(W(cells[1].cpus, 8U), W(cells[2].cpus, 4U)),
    NO(IRQ, 2U, 2U, W(cells[2].irqs[0], 0x80000000U)),
    OK(W(cells[2].irqs[31], 0x08000000U)),
    NO(IRQ, 2U, 2U, W(cells[2].irqs[31], 0x10000000U)),
    NO(IRQ, 0U, 0U, W(cells[0].irqs[5], 1U)),
    NO(IRQ, 3U, 2U, W(cells[3].irqs[1], 0x100U)),
    OK(W(cells[3].irqs[1], 0x400U)),
    NO(ENTRY, 3U, 0U, W(cells[3].entry, FIX_ENTRY3 + 2U)),
    OK(W(cells[3].entry, 0xFFFCU)),
    NO(ENTRY, 3U, 0U, W(cells[3].entry, 0x10000U)),
    NO(ENTRY, 3U, 0U, W(cells[3].entry, 0x100000U)),
    OK(W(regions[9].ipn, 1U)),
    NO(ENTRY, 3U, 0U, W(regions[9].ipn, 1U), W(cells[3].entry, 0xFFCU)),
    NO(ENTRY, 2U, 0U, W(cells[2].entry, UINT64_MAX - 3U)),
    NO(DMA, 0U, BH_PLAN_ACCEPT_UNPROTECTED_DMA, W(flags, 0U)),
    NO(DMA, 2U, BH_PLAN_ACCEPT_UNPROTECTED_DMA, W(flags, 2U)),
    NO(POLICY, 0U, 3U, W(flags, 3U)),
    NO(POLICY, 3U, 16U, W(cells[3].flags, 16U)),
    NO(POLICY, 1U, 32U, W(cells[1].flags, 32U)),
    OK(W(cells[1].flags, 31U)),
    NO(POLICY, 1U, 0x80000000U, W(cells[1].flags, 0x80000000U)),
    NO(POLICY, 0U, 4U, W(cells[0].flags, 4U)),
    OK(W(cells[3].flags, 15U)),
    NO(POLICY, 0U, 1U, W(cells[0].flags, 1U)),
    OK(W(policy[2].locks, 23U)),
    NO(POLICY, 2U, BH_POLICY_LOCKS + 32U, W(policy[2].locks, 32U)),
    NO(POLICY, 2U, BH_POLICY_LOCKS + 8U, W(policy[2].locks, 8U)),
    NO(POLICY, 3U, BH_POLICY_LOCKS + 31U, W(policy[3].locks, 31U), W(policy[3].grants, 2U)),
    OK(W(policy[3].locks, 31U), W(policy[3].grants, 1U)),
    OK(W(policy[1].locks, 31U)),
    NO(POLICY, 1U, BH_POLICY_LOCKS + 40U, W(policy[1].locks, 40U)),
    NO(POLICY, 0U, BH_POLICY_LOCKS + 1U, W(policy[0].locks, 1U)),
    NO(POLICY, 3U, BH_POLICY_GRANTS + 4U, W(policy[3].grants, 4U)),
    OK(W(policy[3].grants, 3U)),
    OK(W(policy[3].digest[7], 1U)),
    NO(POLICY, 0U, BH_POLICY_GRANTS + 1U, W(policy[0].grants, 1U)),
    NO(POLICY, 0U, BH_POLICY_GRANTS + 4U, W(policy[0].grants, 4U)),
};

/** @test TC_PLN_006 @verifies SWR_PLN_001 SWR_PLN_002 @technique bva @level unit */
static void claims(void)
{
    JUDGE(claim_rows);
}

#define WATCHED(cell, us, cpu) W(policy[cell].watch_us, us), W(policy[cell].watch_cpu, cpu)
static const struct row watch_rows[] = {
    OK(WATCHED(2, BH_WATCH_US_MIN, 0U)),
    OK(WATCHED(2, BH_WATCH_US_MAX, 1U)), /* a CPU of cell 3, and root's */
    NO(WATCH, 2U, 0U, WATCHED(2, BH_WATCH_US_MIN - 1U, 0U)),
    NO(WATCH, 2U, 0U, WATCHED(2, 1U, 0U)),
    NO(WATCH, 2U, 0U, WATCHED(2, BH_WATCH_US_MAX + 1U, 0U)),
    NO(WATCH, 2U, 1U, WATCHED(2, 0U, 1U)),
    NO(WATCH, 0U, 1U, WATCHED(0, 0U, 1U)),
    NO(WATCH, 0U, 0U, WATCHED(0, 5000U, 0U), W(cells[0].comm, 0x70000000U)),
    NO(WATCH, 1U, 2U, WATCHED(1, 5000U, 2U), W(cells[1].cpus, 0x3U), W(cells[1].comm, 0x40000000U)),
    OK(WATCHED(5, 5U, 77U)), /* of a cell that is not there */
    NO(WATCH, 2U, 2U, WATCHED(2, 5000U, 2U)), /* its own */
    NO(WATCH, 2U, 3U, WATCHED(2, 5000U, 3U)),
    NO(WATCH, 2U, 4U, WATCHED(2, 5000U, 4U)), /* not there */
    NO(WATCH, 2U, 32U, WATCHED(2, 5000U, 32U)),
    NO(WATCH, 2U, 0xFFFFFFFFU, WATCHED(2, 5000U, 0xFFFFFFFFU)),
    NO(WATCH, 2U, 3U, WATCHED(2, 5000U, 3U), W(cells[1].cpus, 1U),
       W(cells[2].cpus, 4U)), /* nobody's */
    OK(WATCHED(2, 5000U, 1U), W(cells[1].cpus, 1U)), /* cell 3's alone */
    OK(WATCHED(2, 5000U, 0U), W(cells[1].cpus, 1U)), /* root's alone */
    NO(WATCH, 2U, 0U, WATCHED(2, 5000U, 0U), W(cells[2].comm, 0U)),
    NO(WATCH, 2U, 0U, WATCHED(2, 5000U, 0U), W(cells[2].comm, 0x200008U)),
    NO(WATCH, 2U, 0U, WATCHED(2, 5000U, 0U), W(cells[2].comm, 0x201000U)),
    NO(WATCH, 2U, 0U, WATCHED(2, 5000U, 0U), W(cells[2].comm, 0x100000200000U)),
    NO(WATCH, 2U, 0U, WATCHED(2, 5000U, 0U), W(regions[8].flags, RW | BH_REGION_DEVICE)),
    OK(WATCHED(2, 5000U, 0U), W(cells[2].comm, 0x1FF000U)), /* memory of its own will do */
    NO(WATCH, 3U, 0U, WATCHED(3, 5000U, 0U)),
    NO(WATCH, 3U, 0U, WATCHED(3, 5000U, 0U), W(cells[3].comm, 0x50000U)), /* between its regions */
    OK(WATCHED(3, 5000U, 2U), W(cells[3].comm, 0x1FF000U)),
    OK(WATCHED(3, 5000U, 2U), WATCHED(2, 5000U, 1U), W(cells[3].comm, 0x1000U)),
};

/** @test TC_WDG_012 @verifies SWR_WDG_001 SWR_PLN_001 SWR_PLN_002 @technique bva @level unit */
static void watchdogs(void)
{
    JUDGE(watch_rows);
}

#define TELLS(cell, irq) W(policy[cell].error_irq, irq)
static const struct row error_irq_rows[] = {
    OK(TELLS(2, 40U)),
    OK(TELLS(2, 41U), TELLS(3, 70U), TELLS(1, 287U)),
    NO(ERROR_IRQ, 2U, 39U, TELLS(2, 39U)),
    NO(ERROR_IRQ, 2U, 42U, TELLS(2, 42U)),
    NO(ERROR_IRQ, 2U, 70U, TELLS(2, 70U)), /* of cell 3 */
    NO(ERROR_IRQ, 3U, 40U, TELLS(3, 40U)),
    NO(ERROR_IRQ, 1U, 288U, TELLS(1, 288U)),
    NO(ERROR_IRQ, 1U, 31U, TELLS(1, 31U)),
    NO(ERROR_IRQ, 2U, 1064U, TELLS(2, 1064U)), /* 40 modulo 1024 */
    NO(ERROR_IRQ, 2U, 0xFFFFFFFFU, TELLS(2, 0xFFFFFFFFU)),
    NO(ERROR_IRQ, 0U, 40U, TELLS(0, 40U)),
    OK(W(cells[2].irqs[31], 0x08000000U), TELLS(2, 1019U)),
    OK(TELLS(5, 77U)), /* of a cell that is not there */
};

/** @test TC_PLN_020 @verifies SWR_PLN_001 SWR_PLN_002 @technique bva @level unit */
static void interrupts_that_tell_of_errors(void)
{
    JUDGE(error_irq_rows);
}

#define FIX_DEVICE 0xA000U /* page of a device of which root has window 0, cell 2 window 1 */

/** The good plan with a device page that the kernel holds, and two windows of it. */
static void window_plan(void)
{
    fixture_plan();
    /* The kernel's region goes before the others, whose cells begin one later. */
    memmove(&plan.regions[4], &plan.regions[3], (FIX_REGIONS - 3U) * sizeof(plan.regions[0]));
    plan.regions[3] = (struct bh_region){
        .ppn = FIX_DEVICE, .ipn = FIX_DEVICE, .n = 2U, .own = 0U, .flags = RW | BH_REGION_DEVICE};
    plan.n_regions++;
    plan.cells[0].count++;
    for (uint32_t c = 1U; c < 4U; c++) {
        plan.cells[c].first++;
    }
    plan.windows[0] = (struct bh_window){.ppn = FIX_DEVICE,
                                         .ipn = FIX_DEVICE,
                                         .bytes = 0x200U,
                                         .own = 1U,
                                         .flags = 3U + BH_WINDOW_32};
    plan.windows[1] = (struct bh_window){.ppn = FIX_DEVICE,
                                         .ipn = 0x300U,
                                         .offset = 0x200U,
                                         .bytes = 0x10U,
                                         .own = 2U,
                                         .flags = 1U + BH_WINDOW_8 + BH_WINDOW_64};
    plan.n_windows = 2U;
}

static void judge_window_row(const struct row *row, uint32_t number)
{
    uint32_t error;

    window_plan();
    spoil(row->poke);
    fixture_seal();
    error = plan_check(&board_facts.plan);
    if ((error != row->error) || ((error != BH_OK) && ((plan_a != row->a) || (plan_b != row->b)))) {
        printf("    row %u: E%04x (%llu, %llu)\n", number, error, (unsigned long long)plan_a,
               (unsigned long long)plan_b);
    }
    CHECK_EQ(error, row->error);
    CHECK((error == BH_OK) || ((plan_a == row->a) && (plan_b == row->b)));
}

static const struct row window_rows[] = {
    OK({NULL, 0U, 0U}),
    /* form */
    NO(WINDOW, 0U, 1U, W(windows[0].flags, 64U + 3U + BH_WINDOW_32)),
    NO(WINDOW, 0U, 1U, W(windows[0].flags, BH_WINDOW_32)),
    NO(WINDOW, 0U, 1U, W(windows[0].flags, 3U)),
    OK(W(windows[0].flags, 1U + BH_WINDOW_8)),
    OK(W(windows[0].flags, 2U + BH_WINDOW_16)),
    OK(W(windows[0].flags, 63U)),
    NO(WINDOW, 1U, 2U, W(windows[1].reserved, 1U)),
    NO(WINDOW, 0U, 0U, W(windows[0].own, 0U)),
    NO(WINDOW, 0U, 4U, W(windows[0].own, 4U)),
    NO(WINDOW, 0U, 1U, W(windows[0].bytes, 0U)),
    NO(WINDOW, 1U, 2U, W(windows[1].bytes, 0xE08U)),
    OK(W(windows[1].bytes, 0xE00U)),
    NO(WINDOW, 1U, 2U, W(windows[1].bytes, 0x1008U), W(windows[1].offset, 0U)),
    NO(WINDOW, 0U, 1U, W(windows[0].bytes, 0x1004U)),
    NO(WINDOW, 1U, 2U, W(windows[1].bytes, 0xFFFFFFF8U)),
    NO(WINDOW, 1U, 2U, W(windows[1].offset, 0xFFFFFFF8U)),
    NO(WINDOW, 1U, 2U, W(windows[1].offset, 0x204U)),
    NO(WINDOW, 1U, 2U, W(windows[1].bytes, 0xCU)),
    OK(W(windows[1].offset, 0x203U), W(windows[1].bytes, 1U),
       W(windows[1].flags, 1U + BH_WINDOW_8)),
    NO(WINDOW, 1U, 2U, W(windows[1].offset, 0x203U), W(windows[1].bytes, 2U),
       W(windows[1].flags, 1U + BH_WINDOW_16)),
    NO(WINDOW, 0U, 1U, W(windows[0].ppn, BH_IPA_PAGES)),
    NO(WINDOW, 0U, 1U, W(windows[0].ppn, UINT64_MAX)),
    NO(WINDOW, 0U, 1U, W(windows[0].ipn, BH_IPA_PAGES)),
    OK(W(windows[1].ipn, BH_IPA_PAGES - 1U)),
    /* page */
    OK(W(windows[0].ppn, FIX_DEVICE + 1U), W(windows[0].ipn, FIX_DEVICE + 1U)),
    NO(WINDOW_PAGE, 0U, FIX_DEVICE + 2U, W(windows[0].ppn, FIX_DEVICE + 2U)),
    NO(WINDOW_PAGE, 0U, FIX_DEVICE - 1U, W(windows[0].ppn, FIX_DEVICE - 1U)),
    NO(WINDOW_PAGE, 0U, FIX_DEVICE, W(regions[3].flags, RW)),
    NO(WINDOW_PAGE, 0U, 0x9000U, W(windows[0].ppn, 0x9000U), W(windows[0].ipn, 0x9000U)),
    NO(WINDOW_PAGE, 0U, FIX_GICD, W(windows[0].ppn, FIX_GICD), W(windows[0].ipn, FIX_GICD)),
    NO(WINDOW_PAGE, 0U, FIX_GICD + 15U, W(windows[0].ppn, FIX_GICD + 15U)),
    NO(WINDOW_PAGE, 1U, FIX_GICR + 0xFFU, W(windows[1].ppn, FIX_GICR + 0xFFU)),
    OK(W(regions[1].n, 0x11U), W(windows[1].ppn, FIX_GICD + 16U)),
    OK(W(regions[1].ppn, FIX_GICD - 1U), W(regions[1].n, 0x11U), W(windows[1].ppn, FIX_GICD - 1U)),
    NO(WINDOW_PAGE, 0U, FIX_KERNEL, W(windows[0].ppn, FIX_KERNEL), W(regions[0].flags, 31U)),
    /* place: cell 2 has pages 0 to 0x200; root's list may name the page itself, and no other */
    NO(WINDOW_PAGE, 1U, FIX_DEVICE, W(windows[1].ipn, 0x200U)),
    OK(W(windows[1].ipn, 0x201U)),
    NO(WINDOW_PAGE, 1U, FIX_DEVICE, W(windows[1].ipn, 0U)),
    NO(WINDOW_PAGE, 0U, FIX_DEVICE, W(windows[0].ipn, 0x9000U)),
    OK(W(regions[7].ppn, FIX_DEVICE), W(regions[7].ipn, FIX_DEVICE)),
    NO(WINDOW_PAGE, 0U, FIX_DEVICE, W(regions[7].ipn, FIX_DEVICE)),
    /* overlap */
    NO(WINDOW_OVERLAP, 1U, 0U, W(windows[1].offset, 0x1F8U)),
    NO(WINDOW_OVERLAP, 1U, 0U, W(windows[1].offset, 0U)),
    NO(WINDOW_OVERLAP, 1U, 0U, W(windows[0].bytes, 0x204U)),
    OK(W(windows[0].offset, 0x210U)),
    NO(WINDOW_OVERLAP, 1U, 0U, W(windows[0].offset, 0x20CU)),
    OK(W(windows[1].offset, 0U), W(windows[1].ppn, FIX_DEVICE + 1U)),
    OK(W(windows[1].offset, 0U), W(windows[1].ppn, FIX_DEVICE + 1U), W(windows[1].ipn, FIX_DEVICE)),
    OK(W(windows[1].offset, 0U), W(windows[1].ppn, FIX_DEVICE + 1U), W(windows[1].own, 1U)),
    NO(WINDOW_OVERLAP, 1U, 0U, W(windows[1].offset, 0U), W(windows[1].ppn, FIX_DEVICE + 1U),
       W(windows[1].own, 1U), W(windows[1].ipn, FIX_DEVICE)),
    /* beyond the count */
    OK(W(n_windows, 0U), W(windows[0].own, 9U)),
    OK(W(n_windows, 1U), W(windows[1].own, 9U)),
};

/** @test TC_PLN_021 @verifies SWR_PLN_001 SWR_PLN_002 SWR_MMW_001 @technique bva @level unit */
static void windows(void)
{
    for (uint32_t n = 0U; n < COUNT_OF(window_rows); n++) {
        judge_window_row(&window_rows[n], n);
    }
}

/** @test TC_PLN_022 @verifies SWR_PLN_001 SWR_MMW_001 @technique bva @level unit
 *
 * All windows are judged, each against all before it.
 */
static void as_many_windows_as_there_may_be(void)
{
    window_plan();
    for (uint32_t w = 0U; w < BH_WINDOWS_MAX; w++) {
        plan.windows[w] = (struct bh_window){.ppn = FIX_DEVICE,
                                             .ipn = FIX_DEVICE,
                                             .offset = w * 0x100U,
                                             .bytes = 0x100U,
                                             .own = 1U,
                                             .flags = 63U};
    }
    plan.n_windows = BH_WINDOWS_MAX;
    fixture_seal();
    CHECK_EQ(plan_check(&board_facts.plan), BH_OK);
    for (uint32_t w = 0U; w < BH_WINDOWS_MAX; w++) {
        for (uint32_t v = 0U; v < w; v++) {
            plan.windows[w].offset = v * 0x100U;
            fixture_seal();
            CHECK_EQ(plan_check(&board_facts.plan), BH_E_PLAN_WINDOW_OVERLAP);
            CHECK_EQ(plan_a, w);
            CHECK_EQ(plan_b, v);
        }
        plan.windows[w].offset = w * 0x100U;
    }
}

#define GIVES(function, end, cell)                                                                 \
    W(n_calls, 1U), W(calls[0].first, function), W(calls[0].last, end), W(calls[0].own, cell)
static const struct row call_rows[] = {
    OK(GIVES(0x82000000U, 0x8200FFFFU, 2U)),
    OK(GIVES(0xC3000001U, 0xC3000001U, 1U)),
    OK(GIVES(0x87000000U, 0x87000000U, 3U)),
    OK(GIVES(0x84000040U, 0x8400FFFFU, 2U)),
    NO(CALL, 0U, 0x8400003FU, GIVES(0x8400003FU, 0x84000040U, 2U)), /* SDEI */
    NO(CALL, 0U, 0x84000003U, GIVES(0x84000003U, 0x84000003U, 2U)), /* PSCI CPU_ON */
    NO(CALL, 0U, 0xC4000000U, GIVES(0xC4000000U, 0xC400FFFFU, 2U)),
    OK(GIVES(0x80000002U, 0x8000FFFFU, 2U)),
    NO(CALL, 0U, 0x80000001U, GIVES(0x80000001U, 0x80008000U, 2U)), /* SMCCC_ARCH_FEATURES */
    NO(CALL, 0U, 0x81000000U, GIVES(0x81000000U, 0x81000000U, 2U)), /* CPU services */
    NO(CALL, 0U, 0x85000000U, GIVES(0x85000000U, 0x85000000U, 2U)), /* hypervisor services */
    NO(CALL, 0U, 0x8600FF01U, GIVES(0x8600FF01U, 0x8600FF01U, 2U)), /* this kernel's own */
    NO(CALL, 0U, 0x88000000U, GIVES(0x88000000U, 0x88000000U, 2U)),
    NO(CALL, 0U, 0xAF000000U, GIVES(0xAF000000U, 0xAF000000U, 2U)),
    OK(GIVES(0xB0000000U, 0xB0000000U, 2U)), /* a trusted application */
    OK(GIVES(0xFF00FFFFU, 0xFF00FFFFU, 2U)),
    OK(GIVES(0x32000004U, 0x32000004U, 2U)), /* yielding, of a trusted operating system */
    NO(CALL, 0U, 0x02000000U, GIVES(0x02000000U, 0x02000000U, 2U)),
    NO(CALL, 0U, 0U, GIVES(0U, 0U, 2U)),
    NO(CALL, 0U, 0x82010000U, GIVES(0x82010000U, 0x82010000U, 2U)), /* reserved bits */
    NO(CALL, 0U, 0x82800000U, GIVES(0x82800000U, 0x82800000U, 2U)),
    NO(CALL, 0U, 0x82000001U, GIVES(0x82000001U, 0x82000000U, 2U)),
    NO(CALL, 0U, 0x82000000U, GIVES(0x82000000U, 0x82010000U, 2U)),
    NO(CALL, 0U, 0x82000000U, GIVES(0x82000000U, 0x83000000U, 2U)),
    NO(CALL, 0U, 0x82000000U, GIVES(0x82000000U, 0xC2000000U, 2U)),
    NO(CALL, 0U, 0x82000000U, GIVES(0x82000000U, 0x82000000U, 0U)),
    NO(CALL, 0U, 0x82000000U, GIVES(0x82000000U, 0x82000000U, 4U)),
    OK(W(calls[0].first, 1U)), /* beyond the count */
    NO(CALL, 1U, 0U, GIVES(0x82000000U, 0x82000000U, 2U), W(n_calls, 2U)),
};

/** @test TC_PLN_023 @verifies SWR_PLN_001 SWR_PLN_002 SWR_SMC_001 @technique bva @level unit */
static void firmware_calls(void)
{
    struct plan_board bare = board_facts.plan;

    JUDGE(call_rows);
    bare.firmware = 0U;
    fixture_plan();
    CHECK_EQ(plan_check(&bare), BH_OK);
    plan.n_calls = 1U;
    plan.calls[0] = (struct bh_call){0x82000000U, 0x82000000U, 2U};
    fixture_seal();
    CHECK_EQ(plan_check(&board_facts.plan), BH_OK);
    CHECK_EQ(plan_check(&bare), BH_E_PLAN_NO_FIRMWARE);
    CHECK_EQ(plan_a, 1U);
    CHECK_EQ(plan_b, 1U);
    bare.firmware = 2U;
    CHECK_EQ(plan_check(&bare), BH_E_PLAN_NO_FIRMWARE);
}

/** @test TC_PLN_007 @verifies SWR_PLN_001 SWR_PLN_003 @technique bit-flip @level unit */
static void every_flipped_bit_is_refused(void)
{
    uint8_t *byte = (uint8_t *)&plan;
    uint32_t accepted = 0U;

    fixture_plan();
    for (size_t i = 0U; i < sizeof(plan); i++) {
        byte[i] ^= (uint8_t)(1U << (i % 8U));
        if (plan_check(&board_facts.plan) == BH_OK) {
            accepted++;
        }
        byte[i] ^= (uint8_t)(1U << (i % 8U));
    }
    CHECK_EQ(accepted, 0U);
    plan.crc ^= 1U;
    CHECK_EQ(plan_check(&board_facts.plan), BH_E_PLAN_CRC);
    CHECK_EQ(plan_a, plan.crc);
    CHECK_EQ(plan_b, plan.crc ^ 1U);
}

/** @test TC_PLN_008 @verifies SWR_PLN_001 @technique order @level unit */
static void rules_are_judged_in_order(void)
{
    static const struct row worse[] = {
                                        /* each row is added to those before it */
        NO(CALL, 0U, 0U, W(n_calls, 1U)),
        NO(WINDOW, 0U, 0U, W(n_windows, 1U)),
        NO(ERROR_IRQ, 0U, 0U, W(policy[3].error_irq, 5U)),
        NO(WATCH, 0U, 0U, W(policy[3].watch_us, 1U)),
        NO(POLICY, 0U, 0U, W(policy[3].locks, 8U)),
        NO(DMA, 0U, 0U, W(flags, 0U)),
        NO(ENTRY, 0U, 0U, W(cells[3].entry, 2U)),
        NO(IRQ, 0U, 0U, W(cells[0].irqs[5], 1U)),
        NO(CPU, 0U, 0U, W(cells[3].cpus, 0U)),
        NO(STATUS, 0U, 0U, W(regions[4].flags, RW)),
        NO(KERNEL, 0U, FIX_KERNEL, W(regions[0].n, 0x3FFU)),
        NO(OVERLAP, 0U, 0U, W(regions[9].ppn, FIX_COMM2)),
        NO(ALIAS, 0U, 0U, W(regions[8].ipn, 0U)),
        NO(SLICE, 0U, 0U, W(cells[2].count, 1U)),
        NO(REGION, 0U, 0U, W(regions[6].flags, 32U)),
        NO(CPUID, 0U, 0U, W(mpidr[3], 1U)),
        NO(COUNT, 0U, 0U, W(status_n, 0U)),
        NO(BOARD, 0U, 0U, W(board, 9U)),
        NO(CRC, 0U, 0U, {NULL, 0U, 0U}),
        NO(SIZE, 0U, 0U, W(size, 0U)),
        NO(VERSION, 0U, 0U, W(version, 0U)),
        NO(MAGIC, 0U, 0U, W(magic, 0U)),
    };

    fixture_plan();
    for (uint32_t n = 0U; n < COUNT_OF(worse); n++) {
        spoil(worse[n].poke);
        fixture_seal();
        plan.crc += (worse[n].error == BH_E_PLAN_CRC) ? 1U : 0U;
        CHECK_EQ(plan_check(&board_facts.plan), worse[n].error);
    }
}

/** @test TC_PLN_009 @verifies SWR_PLN_004 @technique exhaustive @level unit */
static void bits_of_words(void)
{
    for (uint32_t i = 0U; i < 32U; i++) {
        CHECK(plan_bit(1U << i, i));
        CHECK(!plan_bit(~(1U << i), i));
    }
}

int main(void)
{
    TEST(TC_PLN_001, header);
    TEST(TC_PLN_002, counts);
    TEST(TC_PLN_003, regions_and_mpidrs);
    TEST(TC_PLN_004, slices_aliases_overlaps);
    TEST(TC_PLN_005, kernel_and_status_pages);
    TEST(TC_PLN_006, claims);
    TEST(TC_WDG_012, watchdogs);
    TEST(TC_PLN_020, interrupts_that_tell_of_errors);
    TEST(TC_PLN_021, windows);
    TEST(TC_PLN_022, as_many_windows_as_there_may_be);
    TEST(TC_PLN_023, firmware_calls);
    TEST(TC_PLN_007, every_flipped_bit_is_refused);
    TEST(TC_PLN_008, rules_are_judged_in_order);
    TEST(TC_PLN_009, bits_of_words);
    TEST(TC_PLN_010, frames_of_the_kernel);
    return test_result();
}
