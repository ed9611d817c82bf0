/* SPDX-License-Identifier: Apache-2.0 */
/** @file test_vinj.c
 * Injected interrupts on fake registers, and on a small model of a GIC: a CPU with a distributor that
 * has pending and active bits, a virtual interface with list registers, and a cell that handles what
 * it gets. Nothing is lost and the order is that of the priorities.
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
 * @link src/core/plan_crc.c @link src/core/plan_claims.c @link src/core/plan_policy.c
 * @link src/core/plan_watch.c @link src/core/plan_window.c @link src/core/plan_call.c
 * @link src/core/event.c @link src/core/hcall.c @link src/core/init.c @link src/core/part.c
 * @link src/core/plan.c
 * @link src/core/lock.c @link src/core/restart.c
 */
#include "aarch64_machine.h"
#include "arch/aarch64/trap.h"
#include "core/arch/cpu.h"
#include "test.h"

#define IMO 0x10U
#define EOIMODE 2U
#define PENDING (1ULL << 62)
#define ACTIVE (2ULL << 62)
#define HW (1ULL << 61)
#define GROUP1 (1ULL << 60)
#define EOI (1ULL << 41)
#define OPEN 0xF8U
#define CLOSED 0x10U
#define NONE 1023U
#define SELF 2U /* CPU of cell 2 */

static uint64_t lr_of(uint32_t intid, uint32_t priority)
{
    uint64_t link = (intid < 16U) ? 0U : (HW | ((uint64_t)intid << 32));

    return PENDING | GROUP1 | ((uint64_t)priority << 48) | link | intid;
}

static uint64_t watched(uint64_t lr)
{
    return (lr & 0xD0FF0000FFFFFFFFU) | EOI;
}

/** Cell 2 runs injected on CPUs 2 and 3; the test is CPU 2, which has @p n list registers. */
static void begin(uint32_t n)
{
    CHECK(aarch64_machine());
    plan.cells[2].flags |= BH_CELL_INJECTED;
    cell_runs(2U);
    cell_runs(3U);
    fake_cpu(SELF);
    fake.reg[SR_ICH_VTR_EL2] = 0x90000000U | (n - 1U);
    memset(vinj_intid, 0, sizeof(vinj_intid));
    arch_cpu_load_map(2U, 2U);
    gic_cpu_reset(SELF);
    vinj_enter(SELF, 2U);
    fake_forget();
}

static void come(uint32_t intid, uint32_t priority)
{
    fake.reg[SR_ICC_IAR1_EL1] = intid;
    fake.reg[SR_ICC_RPR_EL1] = priority;
    trap_irq();
}

/** @test TC_VIN_001 @verifies SWR_INJ_001 @technique exhaustive @level unit */
static void routing_follows_the_plan(void)
{
    for (uint32_t flags = 0U; flags < 16U; flags++) {
        bool injected = (flags & BH_CELL_INJECTED) != 0U;

        CHECK(aarch64_machine());
        for (uint32_t cell = 0U; cell < BH_CELLS_MAX; cell++) {
            plan.cells[cell].flags = (cell == 3U) ? flags : ~flags;
            CHECK_EQ(vinj_routing(cell), ((cell == 3U) == injected) ? IMO : 0U);
        }
        fake.reg[SR_HCR_EL2] = 0x80580029U;
        arch_cpu_load_map(3U, 3U);
        CHECK_EQ(fake.reg[SR_HCR_EL2], 0x80580029U | (injected ? IMO : 0U));
        arch_cpu_load_map(2U, 2U);
        CHECK_EQ(fake.reg[SR_HCR_EL2], 0x80580029U | (injected ? 0U : IMO));
    }
}

/** @test TC_VIN_002 @verifies SWR_INJ_001 SWR_INJ_005 @technique equivalence @level unit */
static void entry_in_either_mode(void)
{
    for (uint32_t n = 1U; n <= 16U; n++) {
        begin(n);
        CHECK_EQ(fake.reg[SR_ICC_IGRPEN1_EL1], 1U);
        CHECK_EQ(fake.reg[SR_ICC_CTLR_EL1] & EOIMODE, EOIMODE);
        CHECK_EQ(fake.reg[SR_ICH_HCR_EL2], 1U);
        CHECK_EQ(fake.reg[SR_ICH_VMCR_EL2], 0xF0000000U);
        CHECK_EQ(fake_gicr((SELF * GICR_STRIDE) + GICR_ISENABLER0, 4U), 0x2000000U);
        CHECK_EQ(fake_gicr((SELF * GICR_STRIDE) + GICR_IPRIORITYR + 25U, 1U), 0U);
        for (uint32_t i = 0U; i < n; i++) {
            FAKE_LR(i) = UINT64_MAX;
        }
        fake.reg[SR_ICH_AP0R0_EL2] = 1U;
        fake.reg[SR_ICH_AP1R0_EL2] = 1U;
        gic_cpu_reset(SELF);
        fake_forget();
        vinj_enter(SELF, 3U); /* the CPU is root's or another cell's, which is direct */
        CHECK_EQ(fake.reg[SR_ICC_IGRPEN1_EL1], 0U);
        CHECK_EQ(fake.reg[SR_ICC_CTLR_EL1] & EOIMODE, 0U);
        CHECK_EQ(fake.reg[SR_ICH_HCR_EL2], 0U);
        CHECK_EQ(fake.reg[SR_ICH_AP0R0_EL2], 0U);
        CHECK_EQ(fake.reg[SR_ICH_AP1R0_EL2], 0U);
        CHECK_EQ(fake.writes, 0U);
        for (uint32_t i = 0U; i < n; i++) {
            CHECK_EQ(FAKE_LR(i), 0U);
        }
    }
}

/** @test TC_VIN_003 @verifies SWR_INJ_002 SWR_INJ_003 @technique exhaustive @level unit */
static void what_a_cell_may_get(void)
{
    for (uint32_t cell = 1U; cell <= 2U; cell++) {
        for (uint32_t intid = 0U; intid < 1100U; intid++) {
            bool own = (intid < 32U) ? ((intid != 15U) && (intid != 25U))
                       : (cell == 2U)
                           ? ((intid == 40U) || (intid == 41U))
                           : ((intid < 288U) && (intid != 40U) && (intid != 41U) && (intid != 70U));
            bool special = (intid >= 1020U) && (intid <= 1023U);

            begin(4U);
            host_word[SW_CPU_CELL][SELF] = cell;
            come(intid, 0x40U);
            CHECK_EQ(FAKE_LR(0U), own ? lr_of(intid, 0x40U) : 0U);
            CHECK_EQ(FAKE_LR(1U), 0U);
            CHECK_EQ(fake.reg_writes[SR_ICC_EOIR1_EL1], special ? 0U : 1U);
            CHECK(special || (fake.reg[SR_ICC_EOIR1_EL1] == intid));
            CHECK_EQ(fake.ends, ((intid < 16U) || (!own && (intid < 1020U))) ? 1U : 0U);
            CHECK((fake.ends == 0U) || (fake.ended[0] == intid));
            CHECK_EQ(events(), (own || special || (intid == 25U)) ? 0U : 1U);
            if (events() != 0U) {
                CHECK_EQ(event_back(0U)->id, BH_EV_IRQ_FOREIGN);
                CHECK_EQ(event_back(0U)->a, intid);
                CHECK_EQ(event_back(0U)->cell, cell);
            }
            CHECK_EQ(status_page.cpus[SELF].exits[BH_EXIT_IRQ], 1U);
            CHECK_EQ(fake.reg[SR_ICC_PMR_EL1], OPEN);
        }
    }
}

/** @test TC_VIN_004 @verifies SWR_INJ_003 SWR_INJ_006 @technique state-table @level unit */
static void every_state_of_the_list_registers(void)
{
    /* three states of each of four: empty, waiting, active */
    for (uint32_t code = 0U; code < 81U; code++) {
        uint64_t before[4], mask = CLOSED;
        uint32_t first = 4U, used = 0U, rest = code, worst = 4U;

        begin(4U);
        for (uint32_t i = 0U; i < 4U; i++, rest /= 3U) {
            uint64_t lr = lr_of(16U + i, 0x40U + (0x10U * (i ^ 1U)));

            FAKE_LR(i) = ((rest % 3U) == 0U) ? 0U : ((rest % 3U) == 1U) ? lr : (lr ^ (3ULL << 62));
            vinj_intid[SELF][i] = 16U + i;
            before[i] = FAKE_LR(i);
            used += ((rest % 3U) != 0U) ? 1U : 0U;
            first = ((first == 4U) && ((rest % 3U) == 0U)) ? i : first;
            if (((rest % 3U) == 1U) &&
                ((worst == 4U) || ((FAKE_LR(i) >> 48 & 0xFFU) > (before[worst] >> 48 & 0xFFU)))) {
                worst = i;
            }
        }
        come(30U, 0x38U); /* more urgent than all */
        for (uint32_t i = 0U; i < 4U; i++) {
            uint64_t want = before[i];

            if (i == ((first < 4U) ? first : worst)) {
                want = lr_of(30U, 0x38U);
            }
            want = (used >= 3U) ? watched(want) : want;
            CHECK_EQ(FAKE_LR(i), want);
            if (((want >> 62) == 1U) && ((want >> 48 & 0xFFU) > mask)) {
                mask = want >> 48 & 0xFFU;
            }
        }
        CHECK_EQ(fake.reg[SR_ICC_PMR_EL1], (used >= 3U) ? mask : OPEN);
        if (used == 4U) {
            uint32_t back = (worst < 4U) ? (16U + worst) : 30U;

            CHECK_EQ(fake.writes, 1U);
            CHECK_EQ(fake_written(board.gicr + (SELF * GICR_STRIDE) + GICR_ISPENDR0, 0U),
                     1U << back);
            CHECK_EQ(fake.ends, 1U);
            CHECK_EQ(fake.ended[0], back);
        } else {
            CHECK_EQ(fake.writes + fake.ends, 0U);
        }
    }
}

/** @test TC_VIN_005 @verifies SWR_INJ_004 SWR_INJ_006 @technique equivalence @level unit */
static void what_finds_no_place_goes_back(void)
{
    static const uint32_t priorities[] = {0x40U, 0x48U, 0xF8U};

    for (uint32_t k = 0U; k < 3U; k++) { /* as urgent as what waits, or less */
        begin(1U);
        FAKE_LR(0U) = watched(lr_of(27U, 0x40U));
        vinj_intid[SELF][0] = 27U;
        come(41U, priorities[k]);
        CHECK_EQ(FAKE_LR(0U), watched(lr_of(27U, 0x40U)));
        CHECK_EQ(fake.reg[SR_ICC_PMR_EL1], 0x40U);
        CHECK_EQ(fake_written(board.gicd + GICD_ISPENDR + 4U, 0U), 1U << 9);
        CHECK_EQ(fake.ends, 1U);
        CHECK_EQ(fake.ended[0], 41U);
    }
    begin(1U);
    FAKE_LR(0U) = watched(lr_of(27U, 0x40U));
    vinj_intid[SELF][0] = 27U;
    fake.dead[SR_ICH_ELRSR_EL2] = 1U; /* a list register that does not become free */
    come(3U, 0x20U);
    CHECK_EQ(fake_written(board.gicr + (SELF * GICR_STRIDE) + GICR_ISPENDR0, 0U), 1U << 3);
    CHECK_EQ(fake.writes, 2U);
    CHECK_EQ(fake.ends, 2U); /* the SGI when it was acknowledged, and 27 */
    CHECK_EQ(fake.ended[0], 3U);
    CHECK_EQ(fake.ended[1], 27U);
}

/** @test TC_VIN_006 @verifies SWR_INJ_007 @technique table @level unit */
static void the_same_interrupt_again(void)
{
    for (uint32_t state = 1U; state <= 3U; state++) {
        begin(4U);
        FAKE_LR(1U) = (lr_of(7U, 0x40U) & ~PENDING) | ((uint64_t)state << 62);
        vinj_intid[SELF][0] = 7U; /* what an empty one held does not count */
        vinj_intid[SELF][1] = 7U;
        come(7U, 0x40U);
        CHECK_EQ(FAKE_LR(0U), 0U);
        CHECK_EQ(FAKE_LR(1U), lr_of(7U, 0x40U) | ((uint64_t)state << 62));
        CHECK_EQ(fake.writes, 0U);
    }
    for (uint32_t state = 1U; state <= 2U; state++) {
        begin(4U);
        FAKE_LR(3U) = (lr_of(40U, 0x40U) & ~PENDING) | ((uint64_t)state << 62);
        vinj_intid[SELF][3] = 40U;
        come(40U, 0x40U);
        CHECK_EQ(FAKE_LR(3U) >> 62, state);
        CHECK_EQ(FAKE_LR(0U), 0U);
        CHECK_EQ(fake.ends, 0U); /* active and, if it was active before, pending */
        CHECK_EQ(fake.writes, (state == 2U) ? 1U : 0U);
        CHECK_EQ(fake_written(board.gicd + GICD_ISPENDR + 4U, 0U), (state == 2U) ? (1U << 8) : 0U);
    }
    begin(1U); /* an SGI that has ended and not been seen to: it waits again */
    FAKE_LR(0U) = watched(lr_of(7U, 0x40U)) & ~PENDING;
    vinj_intid[SELF][0] = 7U;
    come(7U, 0x40U);
    CHECK_EQ(FAKE_LR(0U), watched(lr_of(7U, 0x40U)));
}

/** @test TC_VIN_007 @verifies SWR_INJ_004 SWR_INJ_006 @technique exhaustive @level unit */
static void maintenance(void)
{
    for (uint32_t ended = 0U; ended < 16U; ended++) {
        uint32_t n = 0U;

        begin(4U);
        for (uint32_t i = 0U; i < 4U; i++) {
            FAKE_LR(i) = watched(lr_of(14U + i, 0x40U));
            if (((ended >> i) & 1U) == 1U) {
                FAKE_LR(i) &= ~PENDING;
            }
        }
        fake.reg[SR_ICC_PMR_EL1] = CLOSED;
        come(25U, 0U);
        CHECK_EQ(fake.reg[SR_ICC_PMR_EL1], OPEN);
        for (uint32_t i = 0U; i < 4U; i++) {
            bool gone = ((ended >> i) & 1U) == 1U;

            CHECK_EQ(FAKE_LR(i), gone ? 0U : watched(lr_of(14U + i, 0x40U)));
            if (gone && (i >= 2U)) { /* 14 and 15 stand for SGIs, which were ended before */
                CHECK_EQ(fake.ended[n], 14U + i);
                n++;
            }
        }
        CHECK_EQ(fake.ended[n], 25U);
        CHECK_EQ(fake.ends, n + 1U);
    }
}

/** @test TC_VIN_008 @verifies SWR_INJ_005 @technique state-table @level unit */
static void park_gives_everything_back(void)
{
    for (uint32_t state = 0U; state < 4U; state++) {
        for (uint32_t kind = 0U; kind < 4U; kind++) {
            uint32_t intid = (kind < 2U) ? 41U : ((kind == 2U) ? 27U : 7U);
            uint64_t lr = (lr_of(intid, 0x40U) & ~PENDING) | ((uint64_t)state << 62);
            bool ends = (intid >= 16U) && ((state != 0U) || (kind == 1U));
            bool waits = (state % 2U) == 1U;

            begin(4U);
            fake.reg[SR_ICH_AP1R0_EL2] = 4U;
            FAKE_LR(2U) = (kind == 1U) ? watched(lr) : lr;
            arch_cpu_quiet(SELF);
            for (uint32_t i = 0U; i < 4U; i++) {
                CHECK_EQ(FAKE_LR(i), 0U);
            }
            CHECK_EQ(fake.ends, ends ? 1U : 0U);
            CHECK((fake.ends == 0U) || (fake.ended[0] == intid));
            CHECK_EQ(fake_written(board.gicd + GICD_ISPENDR + 4U, 0U),
                     (waits && (kind < 2U)) ? 0x200U : 0U);
            CHECK_EQ(fake_written(board.gicr + (SELF * GICR_STRIDE) + GICR_ISPENDR0, 0U),
                     (waits && (kind >= 2U)) ? (1U << intid) : 0U);
            CHECK_EQ(fake.reg[SR_ICH_HCR_EL2] | fake.reg[SR_ICH_AP1R0_EL2], 0U);
            CHECK_EQ(fake.reg[SR_ICC_PMR_EL1], OPEN);
            CHECK_EQ(fake.reg[SR_ICC_IGRPEN1_EL1], 0U);
        }
    }
}

/** @test TC_VIN_009 @verifies SWR_INJ_005 SWR_INJ_001 @technique round-trip @level unit */
static void root_injected_is_taken_and_released(void)
{
    for (uint32_t group = 0U; group < 2U; group++) {
        CHECK(aarch64_machine());
        plan.cells[BH_CELL_ROOT].flags = BH_CELL_INJECTED;
        fake.reg[SR_ICC_CTLR_EL1] = 0x400U;
        fake.reg[SR_ICC_PMR_EL1] = 0xA0U;
        fake.reg[SR_ICC_IGRPEN1_EL1] = 1U;
        fake.reg[SR_HCR_EL2] = 0x80000000U;
        arch_cpu_take(0U);
        CHECK_EQ(fake.reg[SR_HCR_EL2] & IMO, IMO);
        CHECK(arch_cpu_taken(0U));
        CHECK_EQ(fake.reg[SR_ICH_VMCR_EL2], 0xA0000002U);
        CHECK_EQ(fake.reg[SR_ICH_HCR_EL2], 1U);
        CHECK_EQ(fake.reg[SR_ICC_CTLR_EL1], 0x402U);
        CHECK_EQ(fake.reg[SR_ICC_IGRPEN1_EL1], 1U);
        come(27U, 0x40U);
        fake.reg[SR_ICH_VMCR_EL2] = 0xA0000000U | (group << 1);
        fake_forget();
        cpu_release(0U);
        CHECK_EQ(fake.ended[0], 27U);
        CHECK_EQ(fake.reg[SR_HCR_EL2], 0x80000000U);
        CHECK_EQ(fake.reg[SR_ICC_CTLR_EL1], 0x400U);
        CHECK_EQ(fake.reg[SR_ICC_PMR_EL1], 0xA0U);
        CHECK_EQ(fake.reg[SR_ICC_IGRPEN1_EL1], group);
        CHECK_EQ(fake.log[1].address, board.gicr + GICR_ICENABLER0);
        CHECK_EQ(fake.log[1].value, 0x2000000U);
    }
}

/* ---- a model: distributor, physical interface, virtual interface and a cell that handles ---- */

#define MODEL 48U

static struct {
    bool pending[MODEL];
    bool active[MODEL];
    uint32_t priority[MODEL];
    uint32_t raised[MODEL];  /**< became pending, by its source */
    uint32_t handled[MODEL];
    bool owed[MODEL];        /**< not handled since it was raised last */
    uint32_t order[256];
    uint32_t count;
    uint64_t acknowledged;
} gic;

/** What ICC_IAR1_EL1 yields: the most urgent that passes the mask. */
static uint32_t signalled(void)
{
    uint32_t best = NONE;

    if (fake.reg[SR_ICH_EISR_EL2] != 0U) {
        return 25U;
    }
    for (uint32_t i = 0U; i < MODEL; i++) {
        if (gic.pending[i] && !gic.active[i] && (gic.priority[i] < fake.reg[SR_ICC_PMR_EL1]) &&
            ((best == NONE) || (gic.priority[i] < gic.priority[best]))) {
            best = i;
        }
    }
    return best;
}

static uint64_t model_read(uint32_t r, uint64_t value)
{
    uint64_t got = value;

    if (r == SR_ICC_IAR1_EL1) {
        got = signalled();
        if ((got != NONE) && (got != 25U)) {
            CHECK(!gic.active[got]);
            gic.pending[got] = false;
            gic.active[got] = true;
        }
        gic.acknowledged++;
        fake.reg[SR_ICC_RPR_EL1] = (got < MODEL) ? gic.priority[got] : 0U;
    }
    return got;
}

static void model_write(uint32_t r, uint64_t value)
{
    if ((r == SR_ICC_DIR_EL1) && (value != 25U)) {
        CHECK((value < MODEL) && gic.active[value]);
        gic.active[value % MODEL] = false;
    }
}

static void model_device(uint64_t address, uint64_t value)
{
    uint32_t base = (address == board.gicd + GICD_ISPENDR + 4U) ? 32U : 0U;

    CHECK((base == 32U) || (address == board.gicr + (SELF * GICR_STRIDE) + GICR_ISPENDR0));
    for (uint32_t k = 0U; k < 32U; k++) {
        if (((value >> k) & 1U) == 1U) {
            gic.pending[base + k] = true;
        }
    }
}

/** All that comes to EL2 before the cell goes on; bounded, or the kernel would never return. */
static void kernel_runs(void)
{
    uint32_t turns = 0U;

    (void)sysreg_read(SR_ICH_EISR_EL2);
    while ((signalled() != NONE) && (turns < 200U)) {
        trap_irq();
        (void)sysreg_read(SR_ICH_EISR_EL2);
        turns++;
    }
    CHECK(turns < 200U);
}

/** The cell takes its most urgent interrupt, handles it and ends it. False: there is none. */
static bool cell_handles(void)
{
    uint32_t best = 16U;

    for (uint32_t i = 0U; i < FAKE_LRS; i++) {
        if (((FAKE_LR(i) >> 62) == 1U) &&
            ((best == 16U) || ((FAKE_LR(i) >> 48 & 0xFFU) < (FAKE_LR(best) >> 48 & 0xFFU)))) {
            best = i;
        }
    }
    if (best < 16U) {
        uint32_t intid = (uint32_t)FAKE_LR(best);

        CHECK(intid < MODEL);
        gic.order[gic.count++ % 256U] = intid;
        gic.handled[intid]++;
        gic.owed[intid] = false;
        if ((FAKE_LR(best) & HW) != 0U) {
            model_write(SR_ICC_DIR_EL1, FAKE_LR(best) >> 32 & 0x1FFFU);
        }
        FAKE_LR(best) &= ~(3ULL << 62);
    }
    return best < 16U;
}

static void raise(uint32_t intid)
{
    gic.pending[intid] = true;
    gic.raised[intid]++;
    gic.owed[intid] = true;
}

static void model(uint32_t n)
{
    begin(n);
    plan.cells[2].irqs[1] = 0xFFFFU;
    memset(&gic, 0, sizeof(gic));
    for (uint32_t i = 0U; i < MODEL; i++) {
        gic.priority[i] = 0x20U + (((i * 7U) % MODEL) * 4U);
    }
    fake_on_read = model_read;
    fake_on_write = model_write;
    fake_on_device = model_device;
}

static void model_ends(void)
{
    fake_on_read = NULL;
    fake_on_write = NULL;
    fake_on_device = NULL;
}

/** @test TC_VIN_010 @verifies SWR_INJ_004 SWR_INJ_006 @technique model @level unit */
static void a_storm_by_urgency(void)
{
    for (uint32_t n = 1U; n <= 16U; n++) {
        for (uint32_t way = 0U; way < 3U; way++) {
            model(n);
            for (uint32_t k = 0U; k < 16U; k++) {
                raise(32U + ((way == 0U) ? k : ((way == 1U) ? (15U - k) : ((k * 5U) % 16U))));
                kernel_runs(); /* each comes before the next is raised; the cell masks interrupts */
            }
            while (cell_handles()) {
                kernel_runs();
            }
            model_ends();
            CHECK_EQ(gic.count, 16U);
            for (uint32_t k = 1U; k < gic.count; k++) {
                CHECK(gic.priority[gic.order[k - 1U]] < gic.priority[gic.order[k]]);
            }
            for (uint32_t i = 0U; i < MODEL; i++) {
                CHECK(!gic.pending[i] && !gic.active[i]);
            }
            CHECK(gic.acknowledged <= (16U * 4U) + 16U);
        }
    }
}

/** @test TC_VIN_011 @verifies SWR_INJ_003 SWR_INJ_004 SWR_INJ_006 @technique random @level unit */
static void random_load_loses_nothing(void)
{
    uint32_t seed = 12345U;

    for (uint32_t round = 0U; round < 300U; round++) {
        model(1U + (round % 6U));
        for (uint32_t step = 0U; step < 60U; step++) {
            seed = (seed * 1664525U) + 1013904223U;
            if ((seed >> 30) != 0U) {
                uint32_t intid = 16U + ((seed >> 8) % 32U);

                if (intid != 25U) {
                    raise(intid);
                }
            } else {
                (void)cell_handles();
            }
            kernel_runs();
        }
        while (cell_handles()) {
            kernel_runs();
        }
        model_ends();
        for (uint32_t i = 0U; i < MODEL; i++) {
            CHECK(!gic.owed[i] && (gic.handled[i] <= gic.raised[i]));
            CHECK(!gic.pending[i] && !gic.active[i]);
        }
        for (uint32_t i = 0U; i < FAKE_LRS; i++) {
            CHECK_EQ(FAKE_LR(i) >> 62, 0U);
        }
    }
}

int main(void)
{
    TEST(TC_VIN_001, routing_follows_the_plan);
    TEST(TC_VIN_002, entry_in_either_mode);
    TEST(TC_VIN_003, what_a_cell_may_get);
    TEST(TC_VIN_004, every_state_of_the_list_registers);
    TEST(TC_VIN_005, what_finds_no_place_goes_back);
    TEST(TC_VIN_006, the_same_interrupt_again);
    TEST(TC_VIN_007, maintenance);
    TEST(TC_VIN_008, park_gives_everything_back);
    TEST(TC_VIN_009, root_injected_is_taken_and_released);
    TEST(TC_VIN_010, a_storm_by_urgency);
    TEST(TC_VIN_011, random_load_loses_nothing);
    return test_result();
}
