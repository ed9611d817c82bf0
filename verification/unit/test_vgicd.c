/* SPDX-License-Identifier: Apache-2.0 */
/** @file test_vgicd.c
 * The distributor as cells see it: every class of register in every size, own and foreign.
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
#include "arch/aarch64/vgic.h"
#include "test.h"

#define ISPENDR 0x0200U
#define ISACTIVER 0x0300U
#define ICFGR 0x0C00U

/** Root on CPU 0 and cell 2 on CPUs 2 and 3; cell 3 is absent, so its interrupt 70 is root's. */
static void begin(void)
{
    CHECK(aarch64_machine());
    cell_runs(2U);
    for (uint32_t off = 0x80U; off < 0xE00U; off += 4U) {
        fake_gicd_set(off, 4U, 0xA5C3F01EU ^ (off * 0x01010101U));
    }
    for (uint32_t n = 32U; n < 1020U; n++) {
        fake_gicd_set(GICD_IROUTER + (n * 8U), 8U, n % 4U);
    }
    fake_forget();
}

static uint64_t access_by(uint32_t cell, bool write, uint32_t offset, uint32_t size, uint64_t value)
{
    struct access acc = {(cell == 1U) ? 0U : 2U, cell, offset, size, write, value};

    return vgicd_access(acc);
}

static uint64_t rd(uint32_t cell, uint32_t offset, uint32_t size)
{
    return access_by(cell, false, offset, size, 0U);
}

static void wr(uint32_t cell, uint32_t offset, uint32_t size, uint64_t value)
{
    CHECK_EQ(access_by(cell, true, offset, size, value), 0U);
}

/** Does the cell own the interrupt, by hand? */
static bool owns(uint32_t cell, uint32_t n)
{
    bool twos = (n == 40U) || (n == 41U);

    return (cell == 2U) ? twos : ((n >= 32U) && (n < 288U) && !twos);
}

/** Bits of the interrupts from n on that the cell owns, @p width bits each. */
static uint32_t mask_of(uint32_t cell, uint32_t n, uint32_t width)
{
    uint32_t mask = 0U;

    for (uint32_t i = 0U; i < 32U / width; i++) {
        if (owns(cell, n + i)) {
            mask |= (uint32_t)(((1ULL << width) - 1U) << (i * width));
        }
    }
    return mask;
}

static void one_event(uint32_t cell, uint32_t id, uint64_t a, uint64_t b)
{
    CHECK_EQ(events(), 1U);
    CHECK_EQ(event_back(0U)->id, id);
    CHECK_EQ(event_back(0U)->cell, cell);
    CHECK_EQ(event_back(0U)->cpu, (cell == 1U) ? 0U : 2U);
    CHECK_EQ(event_back(0U)->a, a);
    CHECK_EQ(event_back(0U)->b, b);
    host_word[SW_EVENT][0] = 0U;
}

/** @test TC_VGD_001 @verifies SWR_IRQ_001 @technique exhaustive @level unit */
static void owners(void)
{
    begin();
    for (uint32_t w = 0U; w < 32U; w++) {
        CHECK_EQ(vgic_owned(1U, w), mask_of(1U, w * 32U, 1U));
        CHECK_EQ(vgic_owned(2U, w), mask_of(2U, w * 32U, 1U));
        CHECK_EQ(vgic_owned(3U, w), (w == 2U) ? 0x40U : 0U);
    }
    CHECK_EQ(vgic_owned(1U, 2U), 0xFFFFFFFFU);
    cell_stands(3U, BH_STATE_CREATED, CPU_PARKED);
    CHECK_EQ(vgic_owned(1U, 2U), 0xFFFFFFBFU);
    plan.cells[1].irqs[0] = 0xFFFFFFFFU; /* private interrupts are nobody's here */
    CHECK_EQ(vgic_owned(1U, 0U), 0U);
}

/** @test TC_VGD_002 @verifies SWR_IRQ_001 @technique exhaustive @level unit */
static void one_bit_per_interrupt(void)
{
    for (uint32_t cell = 1U; cell < 3U; cell++) {
        for (uint32_t off = GICD_IGROUPR; off < GICD_IPRIORITYR; off += 4U) {
            uint32_t n = (off % 0x80U) * 8U;
            uint32_t mask = mask_of(cell, n, 1U);

            begin();
            CHECK_EQ(rd(cell, off, 4U), fake_gicd(off, 4U) & mask);
            CHECK_EQ(fake.writes, 0U);
            wr(cell, off, 4U, 0xFFFFFFFF00000000U | mask);
            CHECK_EQ(events(), 0U);
            CHECK_EQ(fake_written(board.gicd + off, 7U), (off < GICD_ISENABLER) ? 7U : mask);
            wr(cell, off, 4U, 0xFFFFFFFFU);
            CHECK_EQ(fake_written(board.gicd + off, 7U), (off < GICD_ISENABLER) ? 7U : mask);
            if ((off >= GICD_ISENABLER) && (mask != 0xFFFFFFFFU)) {
                one_event(cell, BH_EV_IRQ_FOREIGN, n, off);
            } else {
                CHECK_EQ(events(), 0U);
            }
        }
    }
}

/** @test TC_VGD_003 @verifies SWR_IRQ_001 SWR_IRQ_002 @technique table @level unit */
static void sizes_that_a_register_does_not_have(void)
{
    static const struct {
        uint32_t offset;
        uint32_t size;
    } odd[] = {
        {GICD_ISENABLER + 4U, 1U},
        {GICD_ISENABLER + 4U, 2U},
        {GICD_ISENABLER + 8U, 8U},
        {GICD_ISENABLER + 6U, 4U},
        {GICD_IPRIORITYR + 40U, 2U},
        {GICD_IPRIORITYR + 40U, 8U},
        {GICD_IPRIORITYR + 42U, 4U},
        {ICFGR + 8U, 1U},
        {ICFGR + 8U, 2U},
        {ICFGR + 8U, 8U},
        {GICD_IROUTER + 320U, 1U},
        {GICD_IROUTER + 320U, 2U},
        {GICD_IROUTER + 322U, 4U},
        {GICD_IROUTER + 324U, 8U},
        {0x0000U, 1U},
        {0x0004U, 2U},
        {0x0008U, 8U},
        {0xFFE8U, 1U},
        {0x0040U, 2U},
        {0x0040U, 8U},
    };

    for (uint32_t k = 0U; k < COUNT_OF(odd); k++) {
        begin();
        CHECK_EQ(rd(2U, odd[k].offset, odd[k].size), 0U);
        wr(2U, odd[k].offset, odd[k].size, 0xFFFFFFFFFFFFFFFFU);
        CHECK_EQ(fake.writes, 0U);
    }
}

/** @test TC_VGD_004 @verifies SWR_IRQ_002 @technique exhaustive @level unit */
static void clamped_priorities(void)
{
    for (uint32_t p = 0U; p < 256U; p++) {
        for (uint32_t cell = 1U; cell < 3U; cell++) {
            for (uint32_t n = 40U; n < 44U; n++) {
                if (owns(cell, n)) {
                    begin();
                    wr(cell, GICD_IPRIORITYR + n, 1U, p);
                    CHECK_EQ(fake_gicd(GICD_IPRIORITYR + n, 1U), (p < 0x10U) ? 0x10U : p);
                    CHECK_EQ(events(), (p < 0x10U) ? 1U : 0U);
                }
            }
        }
    }
}

/** @test TC_VGD_005 @verifies SWR_IRQ_001 SWR_IRQ_002 @technique exhaustive @level unit */
static void priorities_by_word(void)
{
    for (uint32_t cell = 1U; cell < 3U; cell++) {
        for (uint32_t n = 0U; n < 1024U; n += 4U) {
            uint32_t off = GICD_IPRIORITYR + n, mask = mask_of(cell, n, 8U), old;

            begin();
            old = (uint32_t)fake_gicd(off, 4U);
            CHECK_EQ(rd(cell, off, 4U), old & mask);
            wr(cell, off, 4U, 0x80A0C0E0U);
            CHECK_EQ(fake_gicd(off, 4U), (old & ~mask) | (0x80A0C0E0U & mask));
            CHECK_EQ(events(), (mask == 0xFFFFFFFFU) ? 0U : 1U);
            host_word[SW_EVENT][0] = 0U;
            wr(cell, off, 4U, 0x000F0810U);
            CHECK_EQ(fake_gicd(off, 4U), (old & ~mask) | (0x10101010U & mask));
            if ((mask & 0xFFFFFF00U) != 0U) {
                uint32_t back = (mask == 0xFFFFFFFFU) ? 0U : 1U; /* before what is foreign */

                CHECK_EQ(event_back(back)->id, BH_EV_PRIORITY_CLAMPED);
                CHECK_EQ(event_back(back)->a, n);
            }
        }
    }
}

/** @test TC_VGD_006 @verifies SWR_IRQ_001 SWR_IRQ_002 @technique exhaustive @level unit */
static void priorities_by_byte(void)
{
    for (uint32_t cell = 1U; cell < 3U; cell++) {
        for (uint32_t n = 0U; n < 1024U; n++) {
            uint32_t off = GICD_IPRIORITYR + n, word = GICD_IPRIORITYR + (n & ~3U), old, all;
            uint32_t shift = (n % 4U) * 8U;

            begin();
            old = (uint32_t)fake_gicd(off, 1U);
            all = (uint32_t)fake_gicd(word, 4U);
            CHECK_EQ(rd(cell, off, 1U), owns(cell, n) ? old : 0U);
            wr(cell, off, 1U, 0x90U);
            if (owns(cell, n)) {
                CHECK_EQ(fake_gicd(word, 4U), (all & ~(0xFFU << shift)) | (0x90U << shift));
                CHECK_EQ(events(), 0U);
                wr(cell, off, 1U, 0U);
                CHECK_EQ(fake_gicd(off, 1U), 0x10U);
                one_event(cell, BH_EV_PRIORITY_CLAMPED, n, 0x10U);
            } else {
                CHECK_EQ(fake_gicd(word, 4U), all);
                one_event(cell, BH_EV_IRQ_FOREIGN, n, off);
            }
        }
    }
}

/** @test TC_VGD_007 @verifies SWR_IRQ_001 @technique exhaustive @level unit */
static void edge_or_level(void)
{
    for (uint32_t cell = 1U; cell < 3U; cell++) {
        for (uint32_t n = 0U; n < 1024U; n += 16U) {
            uint32_t off = ICFGR + (n / 4U), mask = mask_of(cell, n, 2U), old;

            begin();
            old = (uint32_t)fake_gicd(off, 4U);
            CHECK_EQ(rd(cell, off, 4U), old & mask);
            wr(cell, off, 4U, old ^ mask);
            CHECK_EQ(fake_gicd(off, 4U), old ^ mask);
            CHECK_EQ(events(), 0U);
            wr(cell, off, 4U, ~old);
            CHECK_EQ(fake_gicd(off, 4U), old ^ mask);
            if (mask != 0xFFFFFFFFU) {
                one_event(cell, BH_EV_IRQ_FOREIGN, n, off);
            }
        }
    }
}

/** @test TC_VGD_008 @verifies SWR_IRQ_002 @technique table @level unit */
static void routes(void)
{
    static const struct {
        uint64_t route;
        bool good;
    } wish[] = {{0U, false},          {1U, false},           {2U, true},
                {3U, true},           {4U, false},           {0x80000000U, false},
                {0x80000002U, false}, {0x100000002U, false}, {UINT64_MAX, false}};
    uint32_t off = GICD_IROUTER + (41U * 8U);

    for (uint32_t k = 0U; k < COUNT_OF(wish); k++) {
        begin();
        wr(2U, off, 8U, wish[k].route);
        CHECK_EQ(fake_gicd(off, 8U), wish[k].good ? wish[k].route : 1U);
        if (wish[k].good) {
            CHECK_EQ(events(), 0U);
            CHECK_EQ(rd(2U, off, 8U), wish[k].route);
        } else {
            one_event(2U, BH_EV_ROUTE_FOREIGN, 41U, wish[k].route);
        }
    }
    begin();
    plan.n_cpus = BH_CPUS_MAX; /* none of them has that affinity */
    wr(2U, off, 8U, 0x99U);
    one_event(2U, BH_EV_ROUTE_FOREIGN, 41U, 0x99U);
    begin();
    plan.mpidr[3] = 0x700000103U;
    fake_gicd_set(off, 8U, 0x700000001U);
    wr(2U, off, 4U, 0x103U); /* by halves: the other half stays */
    CHECK_EQ(fake_gicd(off, 8U), 0x700000103U);
    CHECK_EQ(rd(2U, off, 4U), 0x103U);
    CHECK_EQ(rd(2U, off + 4U, 4U), 7U);
    wr(2U, off + 4U, 4U, 8U);
    one_event(2U, BH_EV_ROUTE_FOREIGN, 41U, 0x800000103U);
    plan.mpidr[2] = 0x103U;
    wr(2U, off + 4U, 4U, 0U);
    CHECK_EQ(fake_gicd(off, 8U), 0x103U);
}

/** @test TC_VGD_009 @verifies SWR_IRQ_001 SWR_IRQ_002 @technique exhaustive @level unit */
static void routes_of_foreign_interrupts(void)
{
    begin();
    for (uint32_t n = 32U; n < 1020U; n++) {
        for (uint32_t size = 4U; size <= 8U; size += 4U) {
            uint32_t off = GICD_IROUTER + (n * 8U);

            if (!owns(2U, n)) {
                CHECK_EQ(rd(2U, off, size), 0U);
                CHECK_EQ(events(), 0U);
                wr(2U, off, size, 2U);
                one_event(2U, BH_EV_IRQ_FOREIGN, n, off);
            }
        }
    }
    CHECK_EQ(fake.writes, 0U);
    for (uint32_t n = 0U; n < 32U; n++) { /* private interrupts have no route */
        CHECK_EQ(rd(1U, GICD_IROUTER + (n * 8U), 8U), 0U);
        wr(1U, GICD_IROUTER + (n * 8U), 8U, 0U);
    }
    wr(1U, GICD_IROUTER + (1020U * 8U), 8U, 0U);
    wr(1U, GICD_IROUTER + (1020U * 8U), 4U, 0U);
    CHECK_EQ(fake.writes, 0U);
    CHECK_EQ(events(), 0U);
}

/** @test TC_VGD_010 @verifies SWR_IRQ_001 @technique table @level unit */
static void interrupts_by_their_number(void)
{
    for (uint32_t off = 0x40U; off <= 0x48U; off += 8U) {
        begin();
        wr(2U, off, 4U, 41U);
        CHECK_EQ(fake_written(board.gicd + off, 0U), 41U);
        CHECK_EQ(events(), 0U);
        fake_forget();
        wr(2U, off, 4U, 42U);
        one_event(2U, BH_EV_IRQ_FOREIGN, 42U, off);
        wr(2U, off, 4U, 15U);
        one_event(2U, BH_EV_IRQ_FOREIGN, 15U, off);
        wr(1U, off, 4U, 40U);
        one_event(1U, BH_EV_IRQ_FOREIGN, 40U, off);
        CHECK_EQ(fake.writes, 0U);
        CHECK_EQ(rd(2U, off, 4U), 0U);
    }
}

/** @test TC_VGD_011 @verifies SWR_IRQ_001 SWR_IRQ_002 @technique exhaustive @level unit */
static void all_else_is_the_kernels(void)
{
    begin();
    for (uint32_t off = 0U; off < 0x10000U; off += 4U) {
        bool per_irq = ((off >= 0x80U) && (off < 0x800U)) || ((off >= 0xC00U) && (off < 0xD00U)) ||
                       ((off >= 0x6100U) && (off < 0x7FE0U));
        bool by_number = (off == 0x40U) || (off == 0x48U);

        if (!per_irq) {
            fake_gicd_set(off, 4U, 0x12345678U);
            CHECK_EQ(rd(1U, off, 4U), ((off < 0x10U) || (off >= 0xFFD0U)) ? 0x12345678U : 0U);
            if (!by_number) {
                wr(1U, off, 4U, 0xFFFFFFFFU);
            }
        }
    }
    CHECK_EQ(fake.writes, 0U);
    CHECK_EQ(events(), 0U);
}

/** The CPU of cell 2 tries @p tries times until cell 1's CPU has changed its own field and let go. */
static uint32_t tries;
static uint32_t word_at;
static uint32_t theirs;

static void other_cpu_lets_go(enum host_access how, uint32_t word, uint32_t i, uint64_t value)
{
    (void)i;
    (void)value;
    if ((how == HOST_SWAP) && (word == (uint32_t)SW_IRQ) && (tries > 0U)) {
        tries--;
        if (tries == 0U) {
            CHECK_EQ(fake.writes, 0U);
            fake_gicd_set(word_at, 4U, fake_gicd(word_at, 4U) | theirs);
            host_word[SW_IRQ][0] = 0U;
        }
    }
}

/** @test TC_VGD_012 @verifies SWR_IRQ_007 @technique interleaving @level unit */
static void no_write_of_two_cells_is_lost(void)
{
    static const uint32_t at = 0xC08U, mine = 0x80000U; /* interrupt 41 */

    for (uint32_t n = 1U; n < 4U; n++) {
        begin();
        fake_gicd_set(at, 4U, 0U);
        word_at = at;
        theirs = 0x80U; /* interrupt 35 */
        tries = n;
        host_word[SW_IRQ][0] = 1U;
        host_on_access = other_cpu_lets_go;
        wr(2U, at, 4U, mine);
        host_on_access = NULL;
        CHECK_EQ(fake_gicd(at, 4U) & (mine | theirs), mine | theirs);
        CHECK_EQ(host_word[SW_IRQ][0], 0U);
    }
}

/** @test TC_VGD_014 @verifies SWR_IRQ_007 SWR_IRQ_002 @technique equivalence @level unit */
static void a_priority_is_written_by_its_byte_alone(void)
{
    uint32_t first = GICD_IPRIORITYR + 40U; /* of four, 41 and 43 are those of cell 2 */

    begin();
    host_word[SW_IRQ][0] = 1U; /* who changes words does not hinder it */
    wr(2U, first, 4U, 0x90807060U);
    for (uint32_t i = 0U; i < fake.writes; i++) {
        CHECK_EQ(fake.log[i].size, 1U);
        CHECK(owns(2U, (uint32_t)(fake.log[i].address - board.gicd) - GICD_IPRIORITYR));
    }
    CHECK(fake.writes > 0U);
    CHECK_EQ(host_word[SW_IRQ][0], 1U);
}

/** @test TC_VGD_013 @verifies SWR_IRQ_007 @technique timeout @level unit */
static void a_write_that_waits_too_long_is_recorded(void)
{
    static const uint32_t at = 0xC08U;

    begin();
    host_word[SW_IRQ][0] = 1U;
    wr(2U, at, 4U, 0x80000U);
    one_event(2U, BH_EV_IRQ_BUSY, at, 0x80000U);
    CHECK_EQ(fake.writes, 0U);
    CHECK_EQ(host_word[SW_IRQ][0], 1U); /* it stays whose it was */
    (void)rd(2U, at, 4U);               /* reading waits for nobody */
    CHECK_EQ(events(), 0U);
}

int main(void)
{
    TEST(TC_VGD_001, owners);
    TEST(TC_VGD_002, one_bit_per_interrupt);
    TEST(TC_VGD_003, sizes_that_a_register_does_not_have);
    TEST(TC_VGD_004, clamped_priorities);
    TEST(TC_VGD_005, priorities_by_word);
    TEST(TC_VGD_006, priorities_by_byte);
    TEST(TC_VGD_007, edge_or_level);
    TEST(TC_VGD_008, routes);
    TEST(TC_VGD_009, routes_of_foreign_interrupts);
    TEST(TC_VGD_010, interrupts_by_their_number);
    TEST(TC_VGD_011, all_else_is_the_kernels);
    TEST(TC_VGD_012, no_write_of_two_cells_is_lost);
    TEST(TC_VGD_013, a_write_that_waits_too_long_is_recorded);
    TEST(TC_VGD_014, a_priority_is_written_by_its_byte_alone);
    return test_result();
}
