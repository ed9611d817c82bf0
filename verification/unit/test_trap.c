/* SPDX-License-Identifier: Apache-2.0 */
/** @file test_trap.c
 * Exits from cells, by vector and by class: what is served, what is refused, what the CPU does next.
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
#include "abi/hypercall.h"
#include "arch/aarch64/trap.h"
#include "test.h"

#define HCR_VSE 0x100U
#define EC(n) ((uint64_t)(n) << 26)
#define HVC (EC(0x16U) | 0x2000000U)
#define SMC (EC(0x17U) | 0x2000000U)
#define SYSREG (EC(0x18U) | 0x2000000U)
#define READ 1U
#define RT(n) ((uint64_t)(n) << 5)
#define SGI1R 0x3A3016U
#define ASGI1R 0x3C3016U
#define SGI0R 0x3E3016U

static struct frame f;

/** Root runs on CPU 0, cell 2 on 2 and 3, cell 3 on 1; CPU @p cpu takes an exit. */
static void begin(uint32_t cpu)
{
    CHECK(aarch64_machine());
    cell_runs(2U);
    cell_runs(3U);
    for (uint32_t i = 0U; i < FRAME_ROWS; i++) {
        f.r[i] = 0xAB00U + i;
    }
    ELR(&f) = 0x8000U;
    SPSR(&f) = 0x3C5U;
    fake.reg[SR_VBAR_EL1] = 0x10000U;
    fake_cpu(cpu);
    fake_forget();
}

/** All but the first @p n registers are as they were. */
static void untouched_from(uint32_t n)
{
    for (uint32_t i = n; i < 31U; i++) {
        CHECK_EQ(X(&f, i), 0xAB00U + i);
    }
}

static void exits(uint32_t cpu, uint32_t cause)
{
    CHECK_EQ(status_page.cpus[cpu].exits[cause], 1U);
    CHECK_EQ(status_page.cpus[cpu].total, 1U);
}

static uint64_t sync_as(uint64_t esr)
{
    fake.reg[SR_ESR_EL2] = esr;
    return trap_sync(&f);
}

/** @test TC_TRP_001 @verifies SWR_TRP_001 @technique table @level unit */
static void hypercalls(void)
{
    begin(2U);
    X(&f, 0) = BH_HC_GET_INFO;
    X(&f, 1) = BH_INFO_CELL;
    CHECK_EQ(sync_as(HVC | BH_HVC_IMM), EXIT_RESUME);
    CHECK((X(&f, 0) == BH_OK) && (X(&f, 1) == 2U) && (X(&f, 2) == 0U));
    CHECK_EQ(ELR(&f), 0x8000U); /* HVC returns behind itself */
    untouched_from(3U);
    exits(2U, BH_EXIT_HVC);
    begin(2U); /* what nobody may know is no question that is answered at once */
    X(&f, 0) = BH_HC_GET_INFO;
    X(&f, 1) = BH_INFO_CELLS + 1U;
    CHECK_EQ(sync_as(HVC | BH_HVC_IMM), EXIT_RESUME);
    CHECK((X(&f, 0) == BH_E_HC_UNKNOWN) && (X(&f, 1) == BH_INFO_CELLS + 1U));
    exits(2U, BH_EXIT_HVC);
    begin(2U);
    X(&f, 0) = BH_HC_CELL_STOP;
    X(&f, 1) = 2U;
    CHECK_EQ(sync_as(HVC | BH_HVC_IMM), EXIT_RESUME);
    CHECK((X(&f, 0) == BH_E_HC_PERMISSION) && (X(&f, 1) == 2U) && (X(&f, 2) == BH_HC_CELL_STOP));
    untouched_from(3U);
}

/** @test TC_TRP_002 @verifies SWR_TRP_001 SWR_EL2_003 @technique equivalence @level unit */
static void disable_lets_the_cpu_go(void)
{
    CHECK(aarch64_machine());
    for (uint32_t cpu = 0U; cpu < 4U; cpu++) {
        host_word[SW_CPU_STATE][cpu] = CPU_RUN;
        fake_cpu(cpu);
        fake.reg[SR_HCR_EL2] = 0x80000000U + cpu;
        arch_cpu_take(cpu);
    }
    for (uint32_t cpu = 0U; cpu < 4U; cpu++) {
        fake_cpu(cpu);
        X(&f, 0) = BH_HC_DISABLE;
        CHECK_EQ(sync_as(HVC | BH_HVC_IMM), EXIT_LEAVE);
        CHECK_EQ(X(&f, 0), BH_OK);
        CHECK_EQ(fake.reg[SR_HCR_EL2], 0x80000000U + cpu);
        CHECK_EQ(phase_of(cpu), CPU_ABSENT);
    }
    begin(0U); /* a refused one does not */
    X(&f, 0) = BH_HC_DISABLE;
    CHECK_EQ(sync_as(HVC | BH_HVC_IMM), EXIT_RESUME);
    CHECK_EQ(X(&f, 0), BH_E_HC_CELLS_LEFT);
    X(&f, 0) = BH_HC_GET_INFO; /* nor does another call that succeeds */
    X(&f, 1) = BH_INFO_ABI;
    CHECK_EQ(sync_as(HVC | BH_HVC_IMM), EXIT_RESUME);
}

/** @test TC_TRP_003 @verifies SWR_TRP_009 @technique table @level unit */
static void calls_of_the_hyp_stub(void)
{
    begin(0U);
    X(&f, 0) = 2U; /* RESET_VECTORS: kexec asks it first, and it changes nothing */
    CHECK_EQ(sync_as(HVC), EXIT_RESUME);
    CHECK_EQ(X(&f, 0), 0U);
    CHECK_EQ(events(), 0U);
    for (uint32_t cpu = 0U; cpu < 3U; cpu += 2U) {
        for (uint64_t function = 0U; function < 4U; function++) {
            uint32_t cell = (cpu == 0U) ? 1U : 2U;

            if ((cpu != 0U) || (function != 2U)) {
                begin(cpu);
                X(&f, 0) = function;
                CHECK_EQ(sync_as(HVC | ((cpu != 0U) ? 0xFFFFU : 0U)),
                         (function == 1U) ? EXIT_WAIT : EXIT_RESUME);
                CHECK_EQ(X(&f, 0), 0xBADCA11U);
                CHECK_EQ(event_back(0U)->id, BH_EV_HYP_CALL_DENIED);
                CHECK_EQ(event_back(0U)->a, function);
                CHECK_EQ(event_back(0U)->cell, cell);
                CHECK_EQ(state_of(cell), (function == 1U) ? BH_STATE_STOPPED : BH_STATE_RUNNING);
                untouched_from(1U);
            }
        }
    }
}

/** @test TC_TRP_004 @verifies SWR_TRP_001 SWR_PSC_001 @technique table @level unit */
static void firmware_calls(void)
{
    begin(2U);
    X(&f, 0) = 0xFFFFFFFF84000000U; /* the function is W0 */
    CHECK_EQ(sync_as(SMC), EXIT_RESUME);
    CHECK_EQ(X(&f, 0), 0x10001U);
    CHECK_EQ(ELR(&f), 0x8004U);
    untouched_from(1U);
    exits(2U, BH_EXIT_SMC);
    begin(2U);
    X(&f, 0) = 0xC4000003U;
    X(&f, 1) = 3U;
    X(&f, 2) = 0x4444U;
    X(&f, 3) = 0x5555U;
    host_word[SW_CPU_STATE][3] = CPU_OFF;
    CHECK_EQ(sync_as(SMC), EXIT_RESUME);
    CHECK_EQ(X(&f, 0), 0U);
    CHECK((cpu_entry[3] == 0x4444U) && (cpu_context[3] == 0x5555U));
    begin(2U);
    X(&f, 0) = 0x84000002U;
    CHECK_EQ(sync_as(SMC), EXIT_WAIT);
    CHECK_EQ(phase_of(2U), CPU_OFF);
    begin(2U);
    X(&f, 0) = 0x84000008U;
    CHECK_EQ(sync_as(SMC), EXIT_WAIT);
    CHECK_EQ(state_of(2U), BH_STATE_STOPPED);
    begin(2U); /* a reset: the CPU waits, and the exit is where the restart goes on */
    host_word[SW_CPU_STATE][3] = CPU_OFF;
    host_word[SW_CPU_REQUEST][3] = CPU_REQ_NONE;
    X(&f, 0) = 0x84000009U;
    CHECK_EQ(sync_as(SMC), EXIT_WAIT);
    CHECK_EQ(phase_of(2U), CPU_RESET);
    host_word[SW_CPU_REQUEST][3] = CPU_REQ_NONE; /* CPU 3 has answered, and is off */
    CHECK_EQ(trap_wait(&f), EXIT_WAIT);
    CHECK_EQ(phase_of(2U), CPU_STARTING);
    CHECK_EQ(trap_wait(&f), EXIT_RELOAD);
    CHECK_EQ(phase_of(2U), CPU_RUN);
    CHECK_EQ(ELR(&f), plan.cells[2].entry);
    CHECK_EQ(X(&f, 0), plan.cells[2].comm);
    CHECK_EQ(state_of(2U), BH_STATE_RUNNING);
    CHECK_EQ(event_back(0U)->id, BH_EV_CELL_RESTARTED);
}

/** @test TC_TRP_005 @verifies SWR_TRP_001 SWR_IRQ_005 @technique table @level unit */
static void interrupts_sent_by_register(void)
{
    begin(2U);
    X(&f, 12) = 0x03000008U;
    CHECK_EQ(sync_as(SYSREG | SGI1R | RT(12)), EXIT_RESUME);
    CHECK_EQ(fake.sgis, 1U);
    CHECK_EQ(fake.sgi[0], gic_sgi_value(3U, 3U));
    CHECK_EQ(ELR(&f), 0x8004U);
    CHECK_EQ(events(), 0U);
    exits(2U, BH_EXIT_SYSREG);
    begin(2U);
    CHECK_EQ(sync_as(SYSREG | SGI1R | RT(31)), EXIT_RESUME); /* XZR: to nobody */
    CHECK_EQ(fake.sgis, 0U);
    CHECK_EQ(events(), 0U);
    for (uint32_t k = 0U; k < 2U; k++) { /* the other groups: the kick's is one of them */
        begin(2U);
        X(&f, 30) = 0x0F000008U;
        CHECK_EQ(sync_as(SYSREG | ((k == 0U) ? SGI0R : ASGI1R) | RT(30)), EXIT_RESUME);
        CHECK_EQ(fake.sgis + fake.kicks, 0U);
        CHECK_EQ(ELR(&f), 0x8004U);
        CHECK_EQ(event_back(0U)->id, BH_EV_SGI_FOREIGN);
        CHECK_EQ(event_back(0U)->a, 0x0F000008U);
    }
}

/** @test TC_TRP_006 @verifies SWR_TRP_001 SWR_TRP_008 @technique table @level unit */
static void other_registers_are_undefined(void)
{
    static const uint64_t iss[] = {SGI1R | READ,     SGI0R | READ, ASGI1R | READ,  0U,
                                   0x3FFC1EU,        SGI1R ^ 0x2U, SGI1R ^ 0x400U, SGI1R ^ 0x4000U,
                                   SGI1R ^ 0x200000U};

    for (uint32_t k = 0U; k < COUNT_OF(iss); k++) {
        begin(2U);
        CHECK_EQ(sync_as(SYSREG | iss[k] | RT(5)), EXIT_RESUME);
        CHECK_EQ(ELR(&f), 0x10200U);
        CHECK_EQ(fake.reg[SR_ELR_EL1], 0x8000U);
        CHECK_EQ(fake.reg[SR_ESR_EL1], 0x2000000U);
        CHECK_EQ(event_back(0U)->id, BH_EV_SYSREG_DENIED);
        CHECK_EQ(event_back(0U)->a, SYSREG | iss[k] | RT(5));
        CHECK_EQ(event_back(0U)->b, 0x8000U);
        CHECK_EQ(fake.sgis + fake.kicks, 0U);
        untouched_from(0U);
    }
}

/** @test TC_TRP_007 @verifies SWR_TRP_001 SWR_TRP_002 @technique exhaustive @level unit */
static void every_class_of_exception(void)
{
    for (uint64_t ec = 0U; ec < 64U; ec++) {
        bool served = (ec == 0x16U) || (ec == 0x17U) || (ec == 0x18U);
        bool abort = (ec == 0x20U) || (ec == 0x24U);

        begin(2U);
        fake.reg[SR_HPFAR_EL2] = 0x12340U;
        CHECK_EQ(sync_as(EC(ec) | 7U), served ? EXIT_RESUME : EXIT_WAIT);
        CHECK_EQ(state_of(2U), served ? BH_STATE_RUNNING : BH_STATE_FAILED);
        CHECK_EQ(state_of(3U), BH_STATE_RUNNING);
        if (!served) {
            CHECK_EQ(event_back(0U)->id, BH_EV_CELL_FAILED);
            CHECK_EQ(event_back(0U)->a, 2U);
            CHECK_EQ(event_back(0U)->b, EC(ec) | 7U);
            exits(2U, abort ? BH_EXIT_ABORT : BH_EXIT_OTHER);
        }
    }
    begin(2U); /* a read of the distributor into x20, which the vector then loads again */
    fake.reg[SR_HPFAR_EL2] = 0x80000U;
    CHECK_EQ(sync_as(EC(0x24U) | 0x1940007U), EXIT_RELOAD);
    CHECK_EQ(ELR(&f), 0x8004U);
    CHECK(X(&f, 20) != (0xAB00U + 20U));
    exits(2U, BH_EXIT_MMIO);
}

/** @test TC_TRP_008 @verifies SWR_TRP_004 SWR_CPU_003 @technique table @level unit */
static void the_kick(void)
{
    begin(2U);
    fake.reg[SR_ICC_IAR0_EL1] = 15U;
    CHECK_EQ(trap_fiq(&f), EXIT_RESUME); /* nothing was asked */
    CHECK_EQ(fake.reg[SR_ICC_EOIR0_EL1], 15U);
    exits(2U, BH_EXIT_KICK);
    untouched_from(0U);
    begin(2U);
    host_word[SW_CPU_REQUEST][2] = CPU_REQ_PARK;
    CHECK_EQ(trap_fiq(&f), EXIT_WAIT);
    CHECK_EQ(phase_of(2U), CPU_PARKED);
    begin(0U);
    host_word[SW_CPU_REQUEST][0] = CPU_REQ_SYNC_1;
    host_word[SW_VIEW][0] = 1U;
    CHECK_EQ(trap_fiq(&f), EXIT_RESUME);
    CHECK_EQ(fake.reg[SR_VTTBR_EL2], (1ULL << 48) + S2_ROOT(board_facts.map_base, 1U));
    CHECK_EQ(fake.flushes, 1U);
    untouched_from(0U);
}

/** @test TC_TRP_009 @verifies SWR_TRP_004 SWR_TRP_006 @technique table @level unit */
static void a_waiting_cpu_is_told_to_start(void)
{
    begin(3U);
    host_word[SW_CPU_STATE][3] = CPU_OFF;
    fake.reg[SR_ICC_IAR0_EL1] = 15U;
    CHECK_EQ(trap_wait(&f), EXIT_WAIT);
    CHECK_EQ(fake.reg[SR_ICC_EOIR0_EL1], 15U);
    CHECK_EQ(status_page.cpus[3].total, 0U); /* no cell was interrupted */
    CHECK(cpu_start(3U, CPU_OFF, 0x4444U, 0x5555U));
    SPSR(&f) = 0U;
    CHECK_EQ(trap_wait(&f), EXIT_RELOAD);
    CHECK_EQ(X(&f, 0), 0x5555U);
    for (uint32_t i = 1U; i < 31U; i++) {
        CHECK_EQ(X(&f, i), 0U);
    }
    CHECK_EQ(ELR(&f), 0x4444U);
    CHECK_EQ(SPSR(&f), 0x3C5U);
    CHECK_EQ(fake.el1_resets, 1U);
    CHECK_EQ(fake.iallus, 1U);
    CHECK_EQ(fake.reg[SR_ICC_IGRPEN1_EL1], 0U);
    CHECK_EQ(fake.reg[SR_VTTBR_EL2], (2ULL << 48) + S2_ROOT(board_facts.map_base, 2U));
    CHECK_EQ(phase_of(3U), CPU_RUN);
}

/** @test TC_TRP_010 @verifies SWR_TRP_005 @technique equivalence @level unit */
static void a_system_error_goes_to_the_cell(void)
{
    begin(2U);
    fake.reg[SR_ESR_EL2] = EC(0x2FU) | 0x11U;
    fake.reg[SR_HCR_EL2] = 0x80480029U;
    CHECK_EQ(trap_serror(&f), EXIT_RESUME);
    CHECK_EQ(fake.reg[SR_HCR_EL2], 0x80480029U | HCR_VSE);
    CHECK_EQ(event_back(0U)->id, BH_EV_SERROR);
    CHECK_EQ(event_back(0U)->a, EC(0x2FU) | 0x11U);
    CHECK_EQ(event_back(0U)->b, 0x8000U);
    CHECK_EQ(state_of(2U), BH_STATE_RUNNING);
    exits(2U, BH_EXIT_SERROR);
    untouched_from(0U);
}

/** @test TC_TRP_011 @verifies SWR_TRP_001 SWR_TRP_007 @technique equivalence @level unit */
static void what_cannot_happen(void)
{
    begin(2U);
    fake.reg[SR_ESR_EL2] = 0x12345U;
    CHECK_EQ(trap_other(&f), EXIT_WAIT);
    CHECK_EQ(state_of(2U), BH_STATE_FAILED);
    CHECK_EQ(event_back(0U)->b, 0x12345U);
    begin(2U);
    kernel_fault(2U, 0x96000000U, 0x70001234U);
    CHECK_EQ(phase_of(2U), CPU_LOST);
    CHECK_EQ(status_page.cpus[2].state, BH_CPU_LOST);
    CHECK_EQ(event_back(0U)->id, BH_EV_KERNEL_FAULT);
    CHECK_EQ(event_back(0U)->a, 0x96000000U);
    CHECK_EQ(event_back(0U)->b, 0x70001234U);
    begin(2U);
    kernel_fault(0x1000000000000003U, 1U, 2U); /* the register that names the CPU is damaged, too */
    CHECK_EQ(phase_of(3U), CPU_LOST);
    fake.reg[SR_TPIDR_EL2] = 0xFFFFFFFFFFFFFFFAU;
    CHECK_EQ(trap_fiq(&f), EXIT_RESUME);
    CHECK_EQ(status_page.cpus[2].total, 1U);
}

/** @test TC_TRP_012 @verifies SWR_TRP_006 @technique state @level unit */
static void no_system_error_outlives_its_cell(void)
{
    begin(2U);
    fake.reg[SR_HCR_EL2] = 0x80480029U;
    (void)trap_serror(&f);
    host_word[SW_CPU_STATE][2] = CPU_STARTING;
    CHECK_EQ(trap_wait(&f), EXIT_RELOAD);
    CHECK_EQ(fake.reg[SR_HCR_EL2], 0x80480029U);
}

int main(void)
{
    TEST(TC_TRP_001, hypercalls);
    TEST(TC_TRP_002, disable_lets_the_cpu_go);
    TEST(TC_TRP_003, calls_of_the_hyp_stub);
    TEST(TC_TRP_004, firmware_calls);
    TEST(TC_TRP_005, interrupts_sent_by_register);
    TEST(TC_TRP_006, other_registers_are_undefined);
    TEST(TC_TRP_007, every_class_of_exception);
    TEST(TC_TRP_008, the_kick);
    TEST(TC_TRP_009, a_waiting_cpu_is_told_to_start);
    TEST(TC_TRP_010, a_system_error_goes_to_the_cell);
    TEST(TC_TRP_011, what_cannot_happen);
    TEST(TC_TRP_012, no_system_error_outlives_its_cell);
    return test_result();
}
