/* SPDX-License-Identifier: Apache-2.0 */
#include "trap.h"
#include "abort.h"
#include "inject.h"
#include "psci.h"
#include "ras.h"
#include "vgic.h"
#include "core/apart.h"
#include "core/hcall.h"

#define EC_HVC64 0x16U
#define EC_SMC64 0x17U
#define EC_SYSREG 0x18U
#define EC_IABT_LOWER 0x20U
#define EC_DABT_LOWER 0x24U

/* Linux's calls of its hyp stub, by HVC #0 (arch/arm64 asm/virt.h numbers). */
#define STUB_SOFT_RESTART 1U
#define STUB_RESET_VECTORS 2U
#define STUB_ERROR 0xBADCA11U

/* ESR_EL2.ISS of a trapped MSR, MRS without Rt and direction (Arm ARM, ISS for EC 0x18). */
#define ISS_REGISTER 0x3FFC1EU
#define ISS_ICC_SGI1R_EL1 0x3A3016U
#define ISS_ICC_ASGI1R_EL1 0x3C3016U
#define ISS_ICC_SGI0R_EL1 0x3E3016U
#define ISS_READ_ERRIDR_EL1 0x301407U

/** Index of the calling CPU in the plan; head.S put it into TPIDR_EL2.
 * @req SWR_TRP_001 */
/*@ terminates \true; exits \false; assigns \nothing;
    ensures SWR_TRP_001: \result < BH_CPUS_MAX; */
static uint32_t this_cpu(void)
{
    return (uint32_t)(sysreg_read((uint32_t)SR_TPIDR_EL2) % BH_CPUS_MAX);
}

/** What a CPU does after an exit with something to do; @p resume says how a cell goes on.
 * @req SWR_TRP_001 */
/*@ requires cpu: cpu < BH_CPUS_MAX;
    requires how: resume == EXIT_RESUME || resume == EXIT_RELOAD;
    terminates \true; exits \false;
    assigns PSCI_STATE, cell_r[0 .. FRAME_ROWS - 1];
    ensures SWR_TRP_001: exit_answer(\result) && \result != EXIT_LEAVE;
    ensures SWR_TRP_001: \result == EXIT_RESUME ==> resume == EXIT_RESUME && kept_rows{Pre, Post}; */
APART static uint64_t obey(uint32_t cpu, struct frame *f, uint64_t resume)
{
    uint32_t next = cpu_service(cpu);
    uint64_t answer;

    if (next == (uint32_t)CPU_WAIT) {
        restart_go_on(cpu);
        answer = EXIT_WAIT;
    } else if (next == (uint32_t)CPU_ENTER) {
        cpu_enter(cpu, f);
        answer = EXIT_RELOAD;
    } else {
        answer = resume;
    }
    return answer;
}

/** What the CPU does after an exit; @p resume says how a cell goes on that was not stopped.
 * @req SWR_TRP_001 */
/*@ requires cpu: cpu < BH_CPUS_MAX;
    requires how: resume == EXIT_RESUME || resume == EXIT_RELOAD;
    terminates \true; exits \false;
    assigns PSCI_STATE, cell_r[0 .. FRAME_ROWS - 1];
    ensures SWR_TRP_001: exit_answer(\result) && \result != EXIT_LEAVE;
    ensures SWR_TRP_001: \result == EXIT_RESUME ==> resume == EXIT_RESUME && kept_rows{Pre, Post}; */
static uint64_t finish(uint32_t cpu, struct frame *f, uint64_t resume)
{
    return cpu_undisturbed(cpu) ? resume : obey(cpu, f, resume);
}

/** The CPU is given back: it goes on without the kernel.
 * @req SWR_TRP_001 */
/*@ requires cpu: cpu < BH_CPUS_MAX;
    terminates \true; exits \false; assigns hw;
    ensures SWR_TRP_001: \result == EXIT_LEAVE; */
static uint64_t release(uint32_t cpu)
{
    cpu_release(cpu);
    return EXIT_LEAVE;
}

/** Linux wants its hyp stub: a new kernel is about to be started over this one.
 * @req SWR_TRP_009 */
/*@ requires cpu: cpu < BH_CPUS_MAX;
    terminates \true; exits \false;
    assigns hw, status_page, totals;
    ensures SWR_TRP_009: \result == 0 || \result == STUB_ERROR;
    ensures root: \result == 0 ==> \old(cell_on(cpu)) == BH_CELL_ROOT &&
      function == STUB_RESET_VECTORS; */
static uint64_t stub_call(uint32_t cpu, uint64_t function)
{
    uint64_t ret = STUB_ERROR;

    if ((cpu_cell(cpu) == BH_CELL_ROOT) && (function == STUB_RESET_VECTORS)) {
        ret = 0U;
    } else {
        event_record(cpu, cpu_cell(cpu), (uint32_t)BH_EV_HYP_CALL_DENIED, function, 0U);
        if (function == STUB_SOFT_RESTART) {
            cell_end(cpu, (uint32_t)BH_STATE_STOPPED);
        }
    }
    return ret;
}

/** A hypercall but for a question. Returns whether the CPU leaves the kernel.
 * @req SWR_TRP_001 */
/*@ requires cpu: cpu < BH_CPUS_MAX;
    requires inv: kernel_inv;
    terminates \true; exits \false;
    assigns HCALL_STATE, cell_r[0 .. 2];
    ensures SWR_TRP_001: kernel_inv;
    ensures SWR_TRP_001: \result ==> \old(cell_r[0]) == BH_HC_DISABLE && cell_r[0] == BH_OK; */
static bool serve_call(uint32_t cpu, struct frame *f)
{
    uint64_t number = frame_get(f, 0U);
    struct outcome out = hcall(cpu, number, frame_get(f, 1U));

    frame_put(f, 0U, out.status);
    frame_put(f, 1U, out.a);
    frame_put(f, 2U, out.b);
    return (number == BH_HC_DISABLE) && (out.status == BH_OK);
}

/** Hypercalls but for a question, and those of the hyp stub that root believes to be there.
 * @req SWR_TRP_001 SWR_TRP_009 */
/*@ requires cpu: cpu < BH_CPUS_MAX;
    requires inv: kernel_inv;
    terminates \true; exits \false;
    assigns TRAP_STATE;
    ensures SWR_TRP_001: kernel_inv && exit_answer(\result);
    ensures SWR_TRP_001: \result == EXIT_LEAVE ==>
      \old(cell_r[0]) == BH_HC_DISABLE && cell_r[0] == BH_OK;
    ensures SWR_TRP_001: \result == EXIT_RESUME ==> kept_rows{Pre, Post}; */
APART static uint64_t serve_hvc(uint32_t cpu, struct frame *f, uint64_t esr)
{
    bool leave = false;

    if ((esr % 0x10000U) == (uint64_t)BH_HVC_IMM) {
        leave = serve_call(cpu, f);
    } else {
        frame_put(f, 0U, stub_call(cpu, frame_get(f, 0U)));
    }
    return leave ? release(cpu) : finish(cpu, f, EXIT_RESUME);
}

/** Hypercalls; a question is answered at once.
 * @req SWR_TRP_001 */
/*@ requires cpu: cpu < BH_CPUS_MAX;
    requires inv: kernel_inv;
    terminates \true; exits \false;
    assigns TRAP_STATE;
    ensures SWR_TRP_001: kernel_inv && exit_answer(\result);
    ensures SWR_TRP_001: \result == EXIT_LEAVE ==>
      \old(cell_r[0]) == BH_HC_DISABLE && cell_r[0] == BH_OK;
    ensures SWR_TRP_001: \result == EXIT_RESUME ==> kept_rows{Pre, Post}; */
static uint64_t trap_hvc(uint32_t cpu, struct frame *f, uint64_t esr)
{
    uint64_t what = frame_get(f, 1U);
    uint64_t answer;

    event_exit(cpu, (uint32_t)BH_EXIT_HVC);
    if (((esr % 0x10000U) == (uint64_t)BH_HVC_IMM) && (frame_get(f, 0U) == BH_HC_GET_INFO) &&
        (what <= BH_INFO_CELLS)) {
        frame_put(f, 0U, BH_OK);
        frame_put(f, 1U, hcall_info(cpu, what));
        frame_put(f, 2U, 0U);
        answer = finish(cpu, f, EXIT_RESUME);
    } else {
        answer = serve_hvc(cpu, f, esr);
    }
    return answer;
}

/** Firmware calls but for the version, answered here.
 * @req SWR_TRP_001 */
/*@ requires cpu: cpu < BH_CPUS_MAX;
    requires inv: kernel_inv;
    terminates \true; exits \false;
    assigns TRAP_STATE;
    ensures SWR_TRP_001: kernel_inv && exit_answer(\result);
    ensures SWR_TRP_001: \result == EXIT_RESUME ==> kept_rows{Pre, Post}; */
APART static uint64_t serve_smc(uint32_t cpu, struct frame *f)
{
    smc_serve(cpu, f);
    return finish(cpu, f, EXIT_RESUME);
}

/** Firmware calls; a trapped SMC has not been executed.
 * @req SWR_TRP_001 SWR_PSC_001 */
/*@ requires cpu: cpu < BH_CPUS_MAX;
    requires inv: kernel_inv;
    terminates \true; exits \false;
    assigns TRAP_STATE;
    ensures SWR_TRP_001: kernel_inv && exit_answer(\result);
    ensures SWR_TRP_001: \result == EXIT_RESUME ==> kept_rows{Pre, Post}; */
static uint64_t trap_smc(uint32_t cpu, struct frame *f)
{
    uint64_t answer;

    event_exit(cpu, (uint32_t)BH_EXIT_SMC);
    next_instruction(f);
    if ((frame_get(f, 0U) % 0x100000000U) == PSCI_VERSION) {
        frame_put(f, 0U, VERSION_1_1);
        answer = finish(cpu, f, EXIT_RESUME);
    } else {
        answer = serve_smc(cpu, f);
    }
    return answer;
}

/** Source of a trapped write; number 31 reads as zero.
 * @req SWR_TRP_001 */
/*@ terminates \true; exits \false; assigns \nothing;
    ensures SWR_TRP_001: \result == (rt < 31 ? cell_r[rt] : 0); */
static uint64_t register_of(const struct frame *f, uint32_t rt)
{
    return (rt < 31U) ? frame_get(f, rt) : 0U;
}

/** The kernel has the error records: for a cell, there is none (ERRIDR_EL1.NUM is 0).
 * @req SWR_RAS_006 */
/*@ terminates \true; exits \false;
    assigns hw, cell_r[0 .. FRAME_ROWS - 1];
    ensures SWR_RAS_006: rt < 31 ==> cell_r[rt] == 0;
    ensures kept: \forall integer k; 0 <= k < 31 && k != rt ==> cell_r[k] == \old(cell_r[k]); */
static void no_records(struct frame *f, uint32_t rt)
{
    if (rt < 31U) {
        frame_put(f, rt, 0U);
    }
    next_instruction(f);
}

/** A trapped register that no cell has: SGIs of the other groups are dropped, anything else is undefined.
 * @req SWR_TRP_001 SWR_IRQ_005 */
/*@ requires cpu: cpu < BH_CPUS_MAX;
    terminates \true; exits \false;
    assigns hw, status_page, totals, cell_r[0 .. FRAME_ROWS - 1];
    ensures SWR_TRP_001: kept_rows{Pre, Post}; */
APART static void refuse_sysreg(uint32_t cpu, struct frame *f, uint64_t esr)
{
    uint64_t which = esr & ISS_REGISTER;

    if (((esr % 2U) == 0U) && ((which == ISS_ICC_SGI0R_EL1) || (which == ISS_ICC_ASGI1R_EL1))) {
        event_record(cpu, cpu_cell(cpu), (uint32_t)BH_EV_SGI_FOREIGN,
                     register_of(f, (uint32_t)((esr / 32U) % 32U)), 0U);
        next_instruction(f);
    } else {
        event_record(cpu, cpu_cell(cpu), (uint32_t)BH_EV_SYSREG_DENIED, esr,
                     frame_get(f, FRAME_R_ELR));
        inject_undefined(f);
    }
}

/** SGI writes are filtered, a cell has no error records; every other trapped register is refused.
 * @req SWR_TRP_001 SWR_IRQ_005 SWR_RAS_006 */
/*@ requires cpu: cpu < BH_CPUS_MAX;
    terminates \true; exits \false;
    assigns PSCI_STATE, cell_r[0 .. FRAME_ROWS - 1];
    ensures SWR_TRP_001: exit_answer(\result);
    ensures SWR_TRP_001: \result == EXIT_RESUME ==> kept_rows{Pre, Post}; */
APART static uint64_t trap_sysreg(uint32_t cpu, struct frame *f, uint64_t esr)
{
    uint64_t which = esr & (ISS_REGISTER + 1U); /* and direction */
    uint32_t rt = (uint32_t)((esr / 32U) % 32U);
    uint64_t resume = EXIT_RESUME;

    event_exit(cpu, (uint32_t)BH_EXIT_SYSREG);
    if (which == ISS_ICC_SGI1R_EL1) {
        vgic_sgi(cpu, register_of(f, rt));
        next_instruction(f);
    } else if (which == ISS_READ_ERRIDR_EL1) {
        no_records(f, rt);
        resume = EXIT_RELOAD;
    } else {
        refuse_sysreg(cpu, f, esr);
    }
    return finish(cpu, f, resume);
}

/** A class of exception that no cell can cause in this configuration: the cell has failed.
 * @req SWR_TRP_001 */
/*@ requires cpu: cpu < BH_CPUS_MAX;
    terminates \true; exits \false;
    assigns PSCI_STATE, cell_r[0 .. FRAME_ROWS - 1];
    ensures SWR_TRP_001: exit_answer(\result);
    ensures SWR_TRP_001: \result == EXIT_RESUME ==> kept_rows{Pre, Post}; */
APART static uint64_t trap_unknown(uint32_t cpu, struct frame *f, uint64_t esr)
{
    event_exit(cpu, (uint32_t)BH_EXIT_OTHER);
    event_record(cpu, cpu_cell(cpu), (uint32_t)BH_EV_CELL_FAILED, cpu_cell(cpu), esr);
    cell_end(cpu, (uint32_t)BH_STATE_FAILED);
    return finish(cpu, f, EXIT_RESUME);
}

/** Aborts: a read of an emulated frame may have changed any register.
 * @req SWR_TRP_001 */
/*@ requires cpu: cpu < BH_CPUS_MAX;
    requires counts: rule_counts;
    terminates \true; exits \false;
    assigns PSCI_STATE, VGITS_STATE, cell_r[0 .. FRAME_ROWS - 1];
    ensures SWR_TRP_001: exit_answer(\result) && \result != EXIT_RESUME; */
APART static uint64_t trap_abort(uint32_t cpu, struct frame *f, uint64_t esr)
{
    abort_handle(cpu, f, esr);
    return finish(cpu, f, EXIT_RELOAD);
}

uint64_t trap_sync(struct frame *f)
{
    uint32_t cpu = this_cpu();
    uint64_t esr = sysreg_read((uint32_t)SR_ESR_EL2);
    uint64_t class = (esr / 0x4000000U) % 64U;
    uint64_t answer;

    if (class == EC_HVC64) {
        answer = trap_hvc(cpu, f, esr);
    } else if (class == EC_SMC64) {
        answer = trap_smc(cpu, f);
    } else if (class == EC_SYSREG) {
        answer = trap_sysreg(cpu, f, esr);
    } else if ((class == EC_DABT_LOWER) || (class == EC_IABT_LOWER)) {
        answer = trap_abort(cpu, f, esr);
    } else {
        answer = trap_unknown(cpu, f, esr);
    }
    return answer;
}

uint64_t trap_fiq(struct frame *f)
{
    uint32_t cpu = this_cpu();

    event_exit(cpu, (uint32_t)BH_EXIT_KICK);
    /* First: what the timer asserts goes with its new compare value. */
    watch_serve(cpu);
    gic_acknowledge();
    ras_look(cpu);
    hwerr_serve(cpu);
    return finish(cpu, f, EXIT_RESUME);
}

uint64_t trap_serror(struct frame *f)
{
    uint32_t cpu = this_cpu();

    event_exit(cpu, (uint32_t)BH_EXIT_SERROR);
    ras_serror(cpu, sysreg_read((uint32_t)SR_ESR_EL2), frame_get(f, FRAME_R_ELR));
    hwerr_serve(cpu);
    return finish(cpu, f, EXIT_RESUME);
}

uint64_t trap_other(struct frame *f)
{
    uint32_t cpu = this_cpu();

    return trap_unknown(cpu, f, sysreg_read((uint32_t)SR_ESR_EL2));
}

void trap_irq(void)
{
    uint32_t cpu = this_cpu();

    event_exit(cpu, (uint32_t)BH_EXIT_IRQ);
    vinj_take(cpu);
}

uint64_t trap_wait(struct frame *f)
{
    uint32_t cpu = this_cpu();

    watch_serve(cpu);
    gic_acknowledge();
    return finish(cpu, f, EXIT_RESUME);
}

void kernel_fault(uint64_t cpu, uint64_t esr, uint64_t elr)
{
    uint32_t c = (uint32_t)(cpu % BH_CPUS_MAX);

    event_record(c, cpu_cell(c), (uint32_t)BH_EV_KERNEL_FAULT, esr, elr);
    cpu_set_phase(c, (uint32_t)CPU_LOST);
}
