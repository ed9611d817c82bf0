/* SPDX-License-Identifier: Apache-2.0 */
/** @file test_vgicr.c
 * The redistributors as cells see them: own and foreign frames, every class of register in every
 * size; the kick and the wake-up of a CPU stay the kernel's.
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

#define OWN 2U /* the CPU whose frames are accessed as its own */
#define WAKER_SLEEP 2U
#define PROPBASER 0x70U
#define ISPENDR0 (GICR_SGI + 0x200U)
#define ICFGR0 (GICR_SGI + 0xC00U)

static void begin(void)
{
    CHECK(aarch64_machine());
    cell_runs(2U);
    for (uint32_t k = 0U; k < FAKE_GICRS; k++) {
        for (uint32_t off = 0U; off < GICR_STRIDE; off += 4U) {
            if ((off != GICR_TYPER) && (off != GICR_TYPER + 4U)) {
                fake_gicr_set((k * GICR_STRIDE) + off, 4U, 0xC3A55A01U ^ (off * 0x01000193U));
            }
        }
    }
    fake_forget();
}

static uint64_t access_to(uint32_t cell, uint32_t k, bool write, uint32_t off, uint32_t size,
                          uint64_t value)
{
    struct access acc = {
        (cell == 1U) ? 0U : OWN, cell, (k * GICR_STRIDE) + off, size, write, value};

    return vgicr_access(acc);
}

/** Cell 2 on its own frames. */
static uint64_t rd(uint32_t off, uint32_t size)
{
    return access_to(2U, OWN, false, off, size, 0U);
}

static void wr(uint32_t off, uint32_t size, uint64_t value)
{
    CHECK_EQ(access_to(2U, OWN, true, off, size, value), 0U);
}

static uint64_t now(uint32_t off, uint32_t size)
{
    return fake_gicr((OWN * GICR_STRIDE) + off, size);
}

static void last_event(uint32_t id, uint64_t a, uint64_t b)
{
    CHECK(events() > 0U);
    CHECK_EQ(event_back(0U)->id, id);
    CHECK_EQ(event_back(0U)->a, a);
    CHECK_EQ(event_back(0U)->b, b);
    host_word[SW_EVENT][0] = 0U;
}

/** @test TC_VGR_001 @verifies SWR_IRQ_004 @technique exhaustive @level unit */
static void private_bits_but_the_kicks(void)
{
    for (uint32_t off = GICR_IGROUPR0; off < GICR_IPRIORITYR; off += 4U) {
        bool there = (off % 0x80U) == 0U;
        uint32_t old;

        begin();
        old = (uint32_t)now(off, 4U);
        CHECK_EQ(rd(off, 4U), there ? (old & 0xF9FF7FFFU) : 0U);
        CHECK_EQ(fake.writes, 0U);
        wr(off, 4U, 0xFFFFFFFFFFFFFFFFU);
        if (there && (off >= GICR_ISENABLER0)) {
            CHECK_EQ(fake.writes, 1U);
            CHECK_EQ(fake.log[0].value, 0xF9FF7FFFU);
        } else {
            CHECK_EQ(fake.writes, 0U);
        }
        CHECK_EQ(events(), 0U);
    }
}

/** @test TC_VGR_002 @verifies SWR_IRQ_002 SWR_IRQ_004 @technique exhaustive @level unit */
static void private_priorities(void)
{
    for (uint32_t n = 0U; n < 32U; n++) {
        uint32_t off = GICR_IPRIORITYR + n, old;
        bool kernels = (n == 15U) || (n == 25U) || (n == 26U);

        begin();
        old = (uint32_t)now(off, 1U);
        CHECK_EQ(rd(off, 1U), old);
        wr(off, 1U, 0xA0U);
        CHECK_EQ(now(off, 1U), kernels ? old : 0xA0U);
        CHECK_EQ(events(), 0U);
        wr(off, 1U, 0x0FU);
        CHECK_EQ(now(off, 1U), kernels ? old : 0x10U);
        if (!kernels) {
            last_event(BH_EV_PRIORITY_CLAMPED, n, 0x10U);
        }
        CHECK_EQ(events(), 0U);
    }
    for (uint32_t n = 0U; n < 32U; n += 4U) {
        uint32_t off = GICR_IPRIORITYR + n, old;
        uint32_t kept = (n == 12U) ? 0xFF000000U : ((n == 24U) ? 0xFFFF00U : 0U);

        begin();
        old = (uint32_t)now(off, 4U);
        CHECK_EQ(rd(off, 4U), old);
        wr(off, 4U, 0x20304050U);
        CHECK_EQ(now(off, 4U), (old & kept) | (0x20304050U & ~kept));
        CHECK_EQ(events(), 0U);
        wr(off, 4U, 0x00FFFFFFU); /* only the kick's byte is too urgent where n is 12 */
        CHECK_EQ(now(off, 4U), (old & kept) | (0x10FFFFFFU & ~kept));
        CHECK_EQ(events(), (n == 12U) ? 0U : 1U);
    }
}

/** @test TC_VGR_003 @verifies SWR_IRQ_004 @technique table @level unit */
static void edge_or_level(void)
{
    uint32_t old;

    begin();
    old = (uint32_t)now(ICFGR0 + 4U, 4U);
    CHECK_EQ(rd(ICFGR0, 4U), now(ICFGR0, 4U));
    CHECK_EQ(rd(ICFGR0 + 4U, 4U), now(ICFGR0 + 4U, 4U));
    wr(ICFGR0, 4U, 0x11111111U); /* SGIs are edges */
    CHECK_EQ(fake.writes, 0U);
    wr(ICFGR0 + 4U, 4U, 0x22222222U);
    CHECK_EQ(now(ICFGR0 + 4U, 4U),
             (0x22222222U & ~0x3C0000U) | (old & 0x3C0000U)); /* not 25 and 26 */
    CHECK_EQ(rd(ICFGR0 + 8U, 4U), 0U);
    wr(ICFGR0 + 8U, 4U, 1U);
    CHECK_EQ(fake.writes, 1U);
}

/** @test TC_VGR_004 @verifies SWR_IRQ_004 @technique table @level unit */
static void control_registers(void)
{
    begin();
    for (uint32_t off = 0U; off < GICR_SGI; off += 4U) {
        CHECK_EQ(rd(off, 4U), now(off, 4U));
        if ((off % 8U) == 0U) {
            CHECK_EQ(rd(off, 8U), now(off, 8U));
        }
    }
    CHECK_EQ(fake.writes, 0U);
    wr(GICR_WAKER, 4U, 0xFFFFFFFFU);
    CHECK_EQ(fake.writes, 1U);
    CHECK_EQ(now(GICR_WAKER, 4U), 0xFFFFFFFFU & ~WAKER_SLEEP);
    for (uint32_t off = 4U; off < GICR_SGI; off += 4U) {
        if ((off != GICR_WAKER) && ((off < 0x40U) || (off >= 0x100U))) {
            wr(off, 4U, 0U);
        }
    }
    CHECK_EQ(fake.writes, 1U);
    CHECK_EQ(events(), 0U);
}

/** @test TC_VGR_005 @verifies SWR_IRQ_004 @technique table @level unit */
static void lpis_are_roots(void)
{
    static const uint32_t lpi[] = {0x0U, 0x40U, PROPBASER, 0x78U, 0xA0U, 0xF8U};

    for (uint32_t k = 0U; k < COUNT_OF(lpi); k++) {
        begin();
        wr(lpi[k], 4U, 5U);
        last_event(BH_EV_LPI_DENIED, lpi[k], 5U);
        wr(lpi[k], 8U, 6U);
        last_event(BH_EV_LPI_DENIED, lpi[k], 6U);
        CHECK_EQ(fake.writes, 0U);
        CHECK_EQ(access_to(1U, 0U, true, lpi[k], 8U, 0x123456789ABCDEF0U), 0U);
        CHECK_EQ(fake_gicr(lpi[k], 8U), 0x123456789ABCDEF0U);
        CHECK_EQ(access_to(1U, 0U, true, lpi[k], 4U, 0x12345678U), 0U);
        CHECK_EQ(fake_gicr(lpi[k], 8U), 0x1234567812345678U);
        CHECK_EQ(events(), 0U);
        CHECK_EQ(fake.log[0].size, 8U);
        CHECK_EQ(fake.log[1].size, 4U);
        plan.cells[BH_CELL_ROOT].flags |= BH_CELL_INJECTED; /* an LPI cannot be given back */
        CHECK_EQ(access_to(1U, 0U, true, lpi[k], 8U, 7U), 0U);
        last_event(BH_EV_LPI_DENIED, lpi[k], 7U);
        CHECK_EQ(fake.writes, 2U);
    }
}

/** @test TC_VGR_006 @verifies SWR_IRQ_004 @technique table @level unit */
static void sizes_that_a_register_does_not_have(void)
{
    static const struct {
        uint32_t offset;
        uint32_t size;
    } odd[] = {{GICR_ISENABLER0, 1U},
               {GICR_ISENABLER0, 2U},
               {GICR_ISENABLER0, 8U},
               {GICR_ISENABLER0 + 2U, 4U},
               {GICR_IPRIORITYR + 4U, 2U},
               {GICR_IPRIORITYR + 8U, 8U},
               {GICR_IPRIORITYR + 2U, 4U},
               {ICFGR0, 1U},
               {ICFGR0, 8U},
               {0x0U, 1U},
               {0x0U, 2U},
               {0x2U, 4U},
               {PROPBASER + 4U, 8U},
               {GICR_WAKER, 1U},
               {GICR_SGI, 4U},
               {GICR_SGI + 0x420U, 4U},
               {GICR_SGI + 0xFFE8U, 4U}};

    for (uint32_t k = 0U; k < COUNT_OF(odd); k++) {
        begin();
        CHECK_EQ(rd(odd[k].offset, odd[k].size), 0U);
        wr(odd[k].offset, odd[k].size, 0xFFFFFFFFFFFFFFFFU);
        CHECK_EQ(fake.writes, 0U);
        CHECK_EQ(events(), 0U);
    }
}

/** @test TC_VGR_007 @verifies SWR_IRQ_004 @technique exhaustive @level unit */
static void foreign_frames_show_who_they_are(void)
{
    static const uint32_t frames[] = {0U, 1U}; /* of root's CPUs */

    for (uint32_t i = 0U; i < COUNT_OF(frames); i++) {
        uint32_t k = frames[i];

        begin();
        for (uint32_t off = 0U; off < GICR_STRIDE; off += 4U) {
            bool shown = (off < GICR_SGI) &&
                         ((off == 4U) || (off == 8U) || (off == 12U) || (off >= 0xFFD0U));

            CHECK_EQ(access_to(2U, k, false, off, 4U, 0U),
                     shown ? fake_gicr((k * GICR_STRIDE) + off, 4U) : 0U);
            CHECK_EQ(access_to(2U, k, false, off, 2U, 0U), 0U);
            CHECK_EQ(access_to(2U, k, false, off + 2U, 4U, 0U), 0U);
            if ((off % 8U) == 0U) {
                CHECK_EQ(access_to(2U, k, false, off, 8U, 0U),
                         (off == 8U) ? fake_gicr((k * GICR_STRIDE) + off, 8U) : 0U);
            }
        }
        CHECK_EQ(events(), 0U);
        for (uint32_t off = 0U; off < GICR_STRIDE; off += 0x84U) {
            CHECK_EQ(access_to(2U, k, true, off, 4U, 0U), 0U);
            last_event(BH_EV_GICR_FOREIGN, k, off);
        }
        CHECK_EQ(fake.writes, 0U);
    }
}

/* Every access to any register of pair k. */
static void touch_all(uint32_t k)
{
    static const uint32_t sizes[] = {1U, 2U, 4U, 8U};

    for (uint32_t off = 0U; off < GICR_STRIDE; off += 4U) {
        for (uint32_t i = 0U; i < COUNT_OF(sizes); i++) {
            CHECK_EQ(access_to(2U, k, false, off, sizes[i], 0U), 0U);
        }
    }
    for (uint32_t off = 0U; off < GICR_STRIDE; off += 0x84U) {
        CHECK_EQ(access_to(2U, k, true, off, 4U, 0U), 0U);
        last_event(BH_EV_GICR_FOREIGN, BH_CPUS_MAX, off);
    }
}

/** @test TC_VGR_020 @verifies SWR_IRQ_010 SWR_IRQ_004 @technique bva @level unit */
static void frames_beyond_the_last_cpu_are_not_touched(void)
{
    for (uint32_t k = 4U; k < FAKE_GICRS; k++) {
        begin();
        touch_all(k);
        CHECK_EQ(fake.writes, 0U);
    }
    begin(); /* pair 1 is nobody's, but a later one is there, so this one is */
    gicr_base[1] = 0U;
    CHECK_EQ(access_to(2U, 1U, false, GICR_TYPER, 8U, 0U), fake_gicr(GICR_STRIDE + GICR_TYPER, 8U));
    gicr_base[3] = 0U; /* now pair 2 is the last one */
    CHECK_EQ(access_to(2U, 3U, false, GICR_TYPER, 8U, 0U), 0U);
    CHECK_EQ(access_to(1U, 2U, false, GICR_TYPER, 8U, 0U),
             fake_gicr((2U * GICR_STRIDE) + GICR_TYPER, 8U));
}

/** @test TC_VGR_008 @verifies SWR_IRQ_004 @technique equivalence @level unit */
static void a_cells_second_cpu_is_its_own(void)
{
    begin();
    CHECK_EQ(access_to(2U, 3U, true, GICR_ISENABLER0, 4U, 1U), 0U);
    CHECK_EQ(fake_gicr((3U * GICR_STRIDE) + GICR_ISENABLER0, 4U), 1U);
    CHECK_EQ(access_to(1U, 3U, true, GICR_ISENABLER0, 4U, 2U), 0U);
    CHECK_EQ(fake_gicr((3U * GICR_STRIDE) + GICR_ISENABLER0, 4U), 1U);
    last_event(BH_EV_GICR_FOREIGN, 3U, GICR_ISENABLER0);
}

int main(void)
{
    TEST(TC_VGR_001, private_bits_but_the_kicks);
    TEST(TC_VGR_002, private_priorities);
    TEST(TC_VGR_003, edge_or_level);
    TEST(TC_VGR_004, control_registers);
    TEST(TC_VGR_005, lpis_are_roots);
    TEST(TC_VGR_006, sizes_that_a_register_does_not_have);
    TEST(TC_VGR_007, foreign_frames_show_who_they_are);
    TEST(TC_VGR_020, frames_beyond_the_last_cpu_are_not_touched);
    TEST(TC_VGR_008, a_cells_second_cpu_is_its_own);
    return test_result();
}
