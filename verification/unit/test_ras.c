/* SPDX-License-Identifier: Apache-2.0 */
/** @file test_ras.c
 * Errors as the processor and the interrupt controller tell them: every severity, with and without the
 * extension, records with and without an address.
 * @link src/arch/aarch64/abort.c @link src/arch/aarch64/cpu.c @link src/arch/aarch64/el2map.c
 * @link src/arch/aarch64/gic.c
 * @link src/arch/aarch64/alarm.c
 * @link src/arch/aarch64/ras.c
 * @link src/arch/aarch64/inject.c @link src/arch/aarch64/launch.c
 * @link src/arch/aarch64/machine.c @link src/arch/aarch64/psci.c @link src/arch/aarch64/s2.c
 * @link src/arch/aarch64/trap.c @link src/arch/aarch64/vgicd.c @link src/arch/aarch64/vgicr.c
 * @link src/arch/aarch64/vinj.c @link src/arch/aarch64/vsgi.c @link src/arch/host/shared.c
 * @link src/arch/aarch64/window.c
 * @link src/boards/qemu-virt-arm64/board.c @link verification/unit/fake_regs.c
 * @link src/core/bits.c @link src/core/cell.c
 * @link src/core/watch.c
 * @link src/core/hwerr.c
 * @link src/core/prep.c @link src/core/cpu.c @link src/core/crc.c
 * @link src/core/measure.c @link src/core/sha256.c
 * @link src/core/plan_claims.c @link src/core/plan_policy.c
 * @link src/core/plan_watch.c
 * @link src/core/plan_crc.c
 * @link src/core/event.c @link src/core/hcall.c @link src/core/init.c @link src/core/part.c
 * @link src/core/plan.c
 * @link src/core/lock.c @link src/core/restart.c
 * @link src/arch/aarch64/mmio_window.c
 * @link src/arch/aarch64/smc_list.c
 * @link src/core/plan_window.c
 * @link src/core/plan_call.c
 * @link src/arch/aarch64/vgits.c
 * @link src/arch/aarch64/vlpi.c
 * @link src/arch/aarch64/its.c
 * @link src/arch/aarch64/its_cmd.c
 */
#include "aarch64_machine.h"
#include "arch/aarch64/ras.h"
#include "arch/aarch64/trap.h"
#include "test.h"

#define HCR_VSE 0x100U
#define SERROR 0xBE000000U /* EC 0x2F, IL */
#define AET(n) ((uint64_t)(n) << 10)
#define V 0x40000000U
#define AV 0x80000000U
#define UE 0x20000000U
#define DE 0x800000U
#define UET(n) ((uint64_t)(n) << 20)
#define CE(n) ((uint64_t)(n) << 24)
#define CELL2_PAGE 0x71000123U /* an address in it */
#define RECORDS 70U

static struct frame f;
static uint64_t record_status[RECORDS], record_address[RECORDS];
static uint64_t written; /* to a record's status, last */

/** Error records: the selected one is read, and loses the bits that are written as one. */
static uint64_t read_record(uint32_t r, uint64_t value)
{
    uint64_t i = fake.reg[SR_ERRSELR_EL1];

    if ((r == SR_ERXSTATUS_EL1) && (i < RECORDS)) {
        value = record_status[i];
    } else if ((r == SR_ERXADDR_EL1) && (i < RECORDS)) {
        value = record_address[i];
    }
    return value;
}

static void write_record(uint32_t r, uint64_t value)
{
    uint64_t i = fake.reg[SR_ERRSELR_EL1];

    if ((r == SR_ERXSTATUS_EL1) && (i < RECORDS)) {
        uint64_t ce = ((value >> 24) & 3U) == 3U ? CE(3U) : 0U;
        uint64_t uet = ((value >> 20) & 3U) == 3U ? UET(3U) : 0U;

        written = value;
        record_status[i] &= ~((value & 0xEC800000U) | ce | uet);
    }
}

/** Cells 2 and 3 run; CPU 2, of cell 2, takes an exit. @p records: error records, none without the
 * extension. */
static void begin(bool ras, uint32_t records)
{
    CHECK(aarch64_machine());
    cell_runs(2U);
    cell_runs(3U);
    memset(record_status, 0, sizeof(record_status));
    memset(record_address, 0, sizeof(record_address));
    fake_cpu(2U);
    fake.reg[SR_ID_AA64PFR0_EL1] = ras ? 0x10000011U : 0x11U;
    fake.reg[SR_ERRIDR_EL1] = 0xABCD0000U | records;
    fake.reg[SR_HCR_EL2] = 0x80580029U;
    fake_on_read = read_record;
    fake_on_write = write_record;
    fake_forget();
}

static uint64_t serror(uint64_t esr)
{
    fake.reg[SR_ESR_EL2] = esr;
    ELR(&f) = 0x8000U;
    return trap_serror(&f);
}

/** Who has been told by a virtual SError, CPU 2 included. */
static uint32_t told(void)
{
    uint32_t cells = ((fake.reg[SR_HCR_EL2] & HCR_VSE) != 0U) ? 4U : 0U;

    for (uint32_t c = 0U; c < BH_CELLS_MAX; c++) {
        cells |= (uint32_t)(host_word[SW_ERROR][c] << c);
    }
    return cells;
}

/** @test TC_RAS_001 @verifies SWR_RAS_001 SWR_RAS_002 SWR_HWE_004 @technique table @level unit */
static void system_errors_by_severity(void)
{
    static const struct {
        bool ras;
        uint64_t iss;
        uint32_t cells;
    } row[] = {
        {true, 0x11U | AET(0), 0xEU},        /* uncontained: all that run */
        {true, 0x11U | AET(1), 4U},          /* unrecoverable */
        {true, 0x11U | AET(2), 4U},      {true, 0x11U | AET(3), 4U},
        {true, 0x11U | AET(6), 0U},          /* corrected */
        {true, 0x11U | AET(7), 4U},          /* reserved */
        {true, 0x1000011U | AET(0), 4U},     /* of the implementation */
        {true, 0x1000011U | AET(6), 4U}, {true, 0x10U | AET(0), 4U},          /* another code */
        {true, 0U | AET(6), 4U},         {false, 0x11U | AET(0), 4U},
        {false, 0x11U | AET(6), 4U},
    };

    for (uint32_t i = 0U; i < COUNT_OF(row); i++) {
        begin(row[i].ras, 0U);
        CHECK_EQ(serror(SERROR | row[i].iss), EXIT_RESUME);
        CHECK_EQ(told(), row[i].cells);
        CHECK_EQ(event_back(0U)->id, BH_EV_SERROR);
        CHECK_EQ(event_back(0U)->a, SERROR | row[i].iss);
        CHECK_EQ(event_back(0U)->b, 0x8000U);
        CHECK_EQ(event_back(0U)->cell, (row[i].cells == 0xEU) ? 0U : 2U);
        CHECK_EQ(fake.reg_writes[SR_VSESR_EL2], (row[i].ras && (row[i].cells != 0U)) ? 1U : 0U);
        CHECK_EQ(fake.reg_writes[SR_ERRSELR_EL1], 0U);
        CHECK_EQ(state_of(2U), BH_STATE_RUNNING);
    }
    CHECK_EQ(fake.reg[SR_VSESR_EL2], 0U);
    begin(true, 0U);
    (void)serror(SERROR | 0x11U | AET(1));
    CHECK_EQ(fake.reg[SR_VSESR_EL2], 0x411U); /* unrecoverable */
}

/** @test TC_RAS_002 @verifies SWR_RAS_004 @technique table @level unit */
static void records_by_severity(void)
{
    static const struct {
        uint64_t status;
        uint32_t event;
        uint32_t cells;
    } row[] = {
        {V | CE(1), BH_EV_HW_CORRECTED, 0U},
        {V | CE(2) | UET(3), BH_EV_HW_CORRECTED, 0U},
        {V, BH_EV_HW_CORRECTED, 0U},
        {V | DE, BH_EV_HW_DEFERRED, 0U},
        {V | DE | CE(3), BH_EV_HW_DEFERRED, 0U},
        {V | UE | UET(1), BH_EV_HW_UNCORRECTED, 4U},
        {V | UE | UET(2) | DE, BH_EV_HW_UNCORRECTED, 4U},
        {V | UE | UET(3), BH_EV_HW_UNCORRECTED, 4U},
        {V | UE, BH_EV_HW_UNCONTAINED, 0xEU},
    };

    for (uint32_t i = 0U; i < COUNT_OF(row); i++) {
        begin(true, 1U);
        record_status[0] = row[i].status | 0x4321U;
        ras_look(2U);
        hwerr_serve(2U);
        CHECK_EQ(events(), 1U);
        CHECK_EQ(event_back(0U)->id, row[i].event);
        CHECK_EQ(event_back(0U)->a, row[i].status | 0x4321U);
        CHECK_EQ(event_back(0U)->b, RAS_NOWHERE);
        CHECK_EQ(told(), row[i].cells);
        CHECK_EQ(written, row[i].status | 0x4321U |
                              (((row[i].status & CE(3U)) != 0U) ? CE(3U) : 0U) |
                              (((row[i].status & UET(3U)) != 0U) ? UET(3U) : 0U));
        CHECK_EQ(record_status[0] & 0xFFF00000U & ~((row[i].status & UE) == 0U ? UET(3) : 0U), 0U);
        ras_look(2U); /* it is cleared */
        CHECK_EQ(events(), 1U);
    }
    begin(true, 1U); /* no valid record */
    record_status[0] = ~(uint64_t)V;
    ras_look(2U);
    CHECK_EQ(events(), 0U);
    CHECK_EQ(fake.reg_writes[SR_ERXSTATUS_EL1], 0U);
    begin(false, 1U); /* the registers are not there */
    record_status[0] = V | UE;
    ras_look(2U);
    CHECK_EQ(events(), 0U);
    CHECK_EQ(fake.reg_writes[SR_ERRSELR_EL1], 0U);
}

/** @test TC_RAS_003 @verifies SWR_RAS_004 SWR_HWE_001 @technique table @level unit */
static void records_by_address(void)
{
    static const struct {
        uint64_t status, address;
        uint64_t shown;
        uint32_t cell;
        uint32_t cells;
    } row[] = {
        {AV | V | UE | UET(1), CELL2_PAGE, CELL2_PAGE, 2U, 4U},
        {AV | V | UE | UET(1), 0x8000000000000000U | CELL2_PAGE, CELL2_PAGE, 2U, 4U}, /* NS */
        {AV | V | UE | UET(1), 0x4000000000000000U | CELL2_PAGE, CELL2_PAGE, 2U, 4U},
        {AV | V | UE | UET(1), 0x71500000U, 0x71500000U, 3U, 8U},
        {AV | V | UE | UET(1), 0x40000000U, 0x40000000U, 1U, 2U},
        {AV | V | UE | UET(1), 0x70000000U, 0x70000000U, 0U, 0xEU}, /* the kernel's memory */
        {AV | V | CE(2), 0x71500000U, 0x71500000U, 3U, 0U},
        {AV | V | UE, 0x71500000U, 0x71500000U, 0U, 0xEU}, /* it may have spread */
        {V | UE | UET(1), 0x71500000U, RAS_NOWHERE, 2U, 4U},  /* no address: who ran */
        {AV | V | UE | UET(1), 0x2000000071500000U, RAS_NOWHERE, 2U, 4U}, /* AI */
        {AV | V | UE | UET(1), 0x1000000071500000U, RAS_NOWHERE, 2U, 4U}, /* VA */
    };

    for (uint32_t i = 0U; i < COUNT_OF(row); i++) {
        begin(true, 4U);
        record_status[3] = row[i].status;
        record_address[3] = row[i].address;
        fake.reg[SR_ESR_EL2] = 0U;
        CHECK_EQ(trap_fiq(&f), EXIT_RESUME); /* found by a kick as well */
        CHECK_EQ(event_back(0U)->b, row[i].shown);
        CHECK_EQ(event_back(0U)->cell, row[i].cell);
        CHECK_EQ(told(), row[i].cells);
        CHECK_EQ(events(), 1U);
    }
}

/** @test TC_RAS_004 @verifies SWR_RAS_004 @technique bva @level unit */
static void number_of_records(void)
{
    static const uint32_t n[] = {0U, 1U, 2U, 63U, 64U, 65U, 0xFFFFU};

    for (uint32_t i = 0U; i < COUNT_OF(n); i++) {
        begin(true, n[i]);
        for (uint32_t k = 0U; k < RECORDS; k++) {
            record_status[k] = V | k;
        }
        ras_look(2U);
        CHECK_EQ(events(), (n[i] < 64U) ? n[i] : 64U);
        CHECK_EQ(fake.reg_writes[SR_ERRSELR_EL1], (n[i] < 64U) ? n[i] : 64U);
    }
}

/** @test TC_RAS_005 @verifies SWR_RAS_005 @technique table @level unit */
static void interrupt_controller(void)
{
    begin(false, 0U);
    fake_gicd_set(0x10U, 4U, 0xFFFFFFF0U); /* reserved bits */
    ras_look(2U);
    CHECK_EQ(events(), 0U);
    CHECK_EQ(fake.writes, 0U);
    fake_gicd_set(0x10U, 4U, 0x5U);
    ras_look(2U);
    CHECK_EQ(events(), 1U);
    CHECK_EQ(event_back(0U)->id, BH_EV_GIC_ERROR);
    CHECK((event_back(0U)->a == 0U) && (event_back(0U)->b == 5U) && (event_back(0U)->cell == 0U));
    CHECK_EQ(fake_written(board.gicd + 0x10U, 99U), 5U);
    fake_gicd_set(0x10U, 4U, 0U);
    fake_gicr_set((2U * GICR_STRIDE) + 0x10U, 4U, 0x8U);
    fake_gicr_set((3U * GICR_STRIDE) + 0x10U, 4U, 0x1U); /* another CPU's */
    (void)serror(SERROR);
    CHECK_EQ(events(), 3U);
    CHECK((event_back(0U)->a == 3U) && (event_back(0U)->b == 8U));
    CHECK_EQ(fake_written(board.gicr + (2U * GICR_STRIDE) + 0x10U, 99U), 8U);
}

/** @test TC_RAS_006 @verifies SWR_RAS_003 @technique table @level unit */
static void external_aborts(void)
{
    static const struct {
        uint64_t iss;
        bool external;
        uint32_t cells;
    } row[] = {
        {0x0FU, false, 0U},          {0x10U, true, 0U},
        {0x11U, false, 0U}, /* tag check */
        {0x13U, true, 0U},           {0x17U, true, 0U},
        {0x18U, true, 0U},           {0x1FU, true, 0U},
        {0x20U, false, 0U},          {0x10U | 0x1000U, true, 0xEU}, /* SET: uncontainable */
        {0x10U | 0x1800U, true, 0U}, {0x10U | 0x800U, true, 0U},
    };

    for (uint32_t i = 0U; i < COUNT_OF(row); i++) {
        begin(true, 0U);
        plan.cells[2].flags = BH_CELL_CONTINUE;
        fake.reg[SR_VBAR_EL1] = 0x10000U;
        fake.reg[SR_ESR_EL2] = (0x24ULL << 26) | 0x2000000U | row[i].iss;
        fake.reg[SR_FAR_EL2] = 0x123456U;
        SPSR(&f) = 0x3C5U;
        CHECK_EQ(trap_sync(&f), EXIT_RELOAD);
        CHECK_EQ(event_back(0U)->id, row[i].external ? BH_EV_EXTERNAL_ABORT : BH_EV_MEM_VIOLATION);
        CHECK_EQ(told(), row[i].cells);
        CHECK_EQ(ELR(&f), 0x10200U); /* the cell gets the abort itself */
        CHECK_EQ(fake.reg[SR_ESR_EL1] & 0x3FU, 0x10U);
        if (row[i].external) {
            CHECK((event_back(0U)->b == 0x123456U) && (event_back(0U)->a == fake.reg[SR_ESR_EL2]));
            CHECK_EQ(event_back(0U)->cell, (row[i].cells != 0U) ? 0U : 2U);
        }
    }
}

/** @test TC_RAS_007 @verifies SWR_RAS_006 @technique table @level unit */
static void a_cell_has_no_records(void)
{
    static const uint32_t rt[] = {0U, 5U, 19U, 30U};

    for (uint32_t i = 0U; i < COUNT_OF(rt); i++) {
        begin(true, 4U);
        memset(&f, 0xAB, sizeof(f));
        fake.reg[SR_ESR_EL2] = (0x18ULL << 26) | 0x2000000U | 0x301407U | ((uint64_t)rt[i] << 5);
        ELR(&f) = 0x8000U;
        CHECK_EQ(trap_sync(&f), EXIT_RELOAD); /* x19 to x29 are loaded, too */
        CHECK_EQ(X(&f, rt[i]), 0U);
        CHECK_EQ(ELR(&f), 0x8004U);
        CHECK_EQ(events(), 0U);
    }
    begin(true, 4U); /* XZR */
    fake.reg[SR_ESR_EL2] = (0x18ULL << 26) | 0x2000000U | 0x301407U | (31U << 5);
    CHECK_EQ(trap_sync(&f), EXIT_RELOAD);
    begin(true, 4U); /* all others are refused: this one is ERRSELR_EL1 */
    fake.reg[SR_ESR_EL2] = (0x18ULL << 26) | 0x2000000U | 0x321406U;
    CHECK_EQ(trap_sync(&f), EXIT_RESUME);
    CHECK_EQ(event_back(0U)->id, BH_EV_SYSREG_DENIED);
    CHECK_EQ(fake.reg_writes[SR_ERRSELR_EL1], 0U);
}

/** @test TC_RAS_008 @verifies SWR_HWE_004 SWR_TRP_006 @technique state @level unit */
static void told_at_entry(void)
{
    begin(true, 0U);
    host_word[SW_CPU_STATE][3] = CPU_STARTING; /* switched on by its cell */
    host_word[SW_ERROR][2] = 1U;
    fake_cpu(3U);
    CHECK_EQ(trap_wait(&f), EXIT_RELOAD);
    CHECK_EQ(fake.reg[SR_HCR_EL2] & HCR_VSE, HCR_VSE);
    CHECK_EQ(host_word[SW_ERROR][2], 0U);
}

/** @test TC_RAS_009 @verifies SWR_HWE_003 @technique bva @level unit */
static void interrupts_are_raised_by_their_bit(void)
{
    begin(false, 0U);
    plan.policy[2].error_irq = 41U;
    (void)serror(SERROR);
    CHECK_EQ(fake_written(board.gicd + GICD_ISPENDR + 4U, 0U), 0x200U);
    CHECK_EQ(told(), 0U);
    plan.cells[2].irqs[31] = 0x8000000U;
    plan.policy[2].error_irq = 1019U;
    (void)serror(SERROR);
    CHECK_EQ(fake_written(board.gicd + GICD_ISPENDR + 0x7CU, 0U), 0x8000000U);
}

int main(void)
{
    TEST(TC_RAS_001, system_errors_by_severity);
    TEST(TC_RAS_002, records_by_severity);
    TEST(TC_RAS_003, records_by_address);
    TEST(TC_RAS_004, number_of_records);
    TEST(TC_RAS_005, interrupt_controller);
    TEST(TC_RAS_006, external_aborts);
    TEST(TC_RAS_007, a_cell_has_no_records);
    TEST(TC_RAS_008, told_at_entry);
    TEST(TC_RAS_009, interrupts_are_raised_by_their_bit);
    return test_result();
}
