/* SPDX-License-Identifier: Apache-2.0 */
#include "core/init.h"
#include "core/apart.h"
#include "core/bits.h"
#include "core/arch/board.h"

struct outcome launch_result;

void init_open(void)
{
    uint32_t i = 0U;

    //@ ghost launch_go = 0;
    launch_result.status = BH_OK;
    launch_result.a = 0U;
    launch_result.b = 0U;
    arch_shared_store((uint32_t)SW_LOCK, 0U, 0U);
    arch_shared_store((uint32_t)SW_IRQ, 0U, 0U);
    arch_shared_store((uint32_t)SW_ITS, 0U, 0U);
    arch_shared_store((uint32_t)SW_ARRIVED, 0U, 0U);
    arch_shared_store((uint32_t)SW_VIEW, 0U, 0U);
    arch_shared_store((uint32_t)SW_EVENT, 0U, 0U);
    /*@ loop invariant bound: 0 <= i <= SHARED_INDEX_MAX;
        loop invariant so_far: \forall integer k; 0 <= k < i ==> owner[k] == BH_CELL_ROOT;
        loop assigns i, hw, owner[0 .. SHARED_INDEX_MAX - 1], in_force[0 .. SHARED_INDEX_MAX - 1];
        loop variant SHARED_INDEX_MAX - i; */
    while (i < SHARED_INDEX_MAX) {
        arch_shared_store((uint32_t)SW_CPU_STATE, i, (uint64_t)CPU_ABSENT);
        cpu_give(i, BH_CELL_ROOT);
        arch_shared_store((uint32_t)SW_CPU_REQUEST, i, (uint64_t)CPU_REQ_NONE);
        arch_shared_store((uint32_t)SW_CELL_STATE, i, (uint64_t)BH_STATE_ABSENT);
        //@ ghost in_force[i] = 0;
        arch_shared_store((uint32_t)SW_CELL_LOCK, i, 0U);
        arch_shared_store((uint32_t)SW_ERROR, i, 0U);
        i++;
    }
    arch_shared_store((uint32_t)SW_LAUNCH, 0U, (uint64_t)LAUNCH_OPEN);
}

/** @req SWR_INI_001 */
/*@ terminates \true; exits \false; assigns \nothing;
    ensures SWR_INI_001: \result.status == status && \result.a == a && \result.b == b; */
static struct outcome refuse(uint32_t status, uint64_t a, uint64_t b)
{
    struct outcome out = {status, a, b};

    return out;
}

/** Judge the hand-over record.
 * @req SWR_INI_002 */
/*@ terminates \true; exits \false; assigns \nothing;
    ensures SWR_INI_002: \result.status == BH_OK ==> handover.abi == BH_ABI_VERSION &&
      handover.plan_bytes == sizeof(struct bh_plan) &&
      (handover.mode == BH_MODE_LATE || handover.mode == BH_MODE_DIRECT); */
static struct outcome judge_handover(void)
{
    struct outcome out = {BH_OK, 0U, 0U};

    if (handover.abi != BH_ABI_VERSION) {
        out = refuse((uint32_t)BH_E_LAUNCH_ABI, BH_ABI_VERSION, handover.abi);
    } else if (handover.plan_bytes != sizeof(struct bh_plan)) {
        out = refuse((uint32_t)BH_E_PLAN_SIZE, handover.plan_bytes, sizeof(struct bh_plan));
    } else if ((handover.mode != BH_MODE_LATE) && (handover.mode != BH_MODE_DIRECT)) {
        out = refuse((uint32_t)BH_E_LAUNCH_HANDOVER, 3U, handover.mode);
    } else {
        out.status = arch_machine_check();
    }
    return out;
}

/** Judge all that was handed over and build the machine's tables.
 * @req SWR_INI_002 */
/*@ terminates \true; exits \false;
    assigns plan_a, plan_b, MAP_BASE, MAP_STATE, part_view, PART_VIEWS;
    ensures SWR_INI_002: \result.status == BH_OK ==> kernel_inv && rule_counts &&
      plan.n_cpus == handover.n_cpus;
    ensures exact: \result.status == BH_OK ==> exact(part_view); */
static struct outcome judge(void)
{
    struct outcome out = judge_handover();

    if (out.status == BH_OK) {
        uint32_t status = plan_check(&board_facts.plan);

        out = refuse(status, plan_a, plan_b);
    }
    if ((out.status == BH_OK) && (handover.n_cpus != plan.n_cpus)) {
        out = refuse((uint32_t)BH_E_LAUNCH_HANDOVER, 1U, handover.n_cpus);
    }
    if ((out.status == BH_OK) && (part_boot(board_facts.map_base) != BH_OK)) {
        out = refuse((uint32_t)BH_E_LAUNCH_TABLES, 0U, 0U);
    }
    return out;
}

/** Wait until all promised CPUs have come; at most LAUNCH_WAIT_US.
 * @req SWR_INI_001 */
/*@ terminates \true; exits \false; assigns \nothing; */
static bool all_came(void)
{
    uint64_t deadline = arch_time_after(LAUNCH_WAIT_US);
    uint32_t turns = CPU_TURNS_MAX;
    bool all = false;

    /*@ loop invariant bound: 0 <= turns <= CPU_TURNS_MAX;
        loop assigns all, turns;
        loop variant turns; */
    while ((!all) && (turns > 0U)) {
        all = (arch_shared_load((uint32_t)SW_ARRIVED, 0U) >= plan.n_cpus);
        arch_relax();
        turns = (arch_time() < deadline) ? (turns - 1U) : 0U;
    }
    return all;
}

/** Measure the plan, and show that the kernel holds the machine, with what the plan locks for root.
 * @req SWR_INI_001 SWR_LCK_004 SWR_MSR_004 */
/*@ requires cpu: cpu < BH_CPUS_MAX;
    requires counts: rule_counts;
    terminates \true; exits \false;
    assigns hw, totals, MEASURE_STATE, in_force[0 .. BH_CELLS_MAX - 1];
    ensures SWR_MSR_004: measure_done[BH_CELL_KERNEL] == 1;
    ensures SWR_EVT_004: status_page.armed == 1; */
static void show_enabled(uint32_t cpu)
{
    event_init(plan.n_cells, plan.n_cpus, plan.crc);
    measure_plan();
    arch_windows_open();
    arch_shared_store((uint32_t)SW_CELL_STATE, BH_CELL_ROOT, (uint64_t)BH_STATE_RUNNING);
    event_show_cell(BH_CELL_ROOT, (uint32_t)BH_STATE_RUNNING);
    event_record(cpu, BH_CELL_KERNEL, (uint32_t)BH_EV_ENABLED, 0U, plan.n_cpus);
    lock_demanded(cpu, BH_CELL_ROOT);
    event_show_armed(1U);
}

/** The judge's verdict, for all.
 * @req SWR_INI_001 SWR_INI_002 */
/*@ requires cpu: cpu < BH_CPUS_MAX;
    requires first: launch_go == 0;
    terminates \true; exits \false;
    assigns INIT_STATE;
    ensures SWR_INI_002: launch_inv; */
static void decide(uint32_t cpu)
{
    struct outcome out = judge();

    if ((out.status == BH_OK) && (!all_came())) {
        out = refuse((uint32_t)BH_E_LAUNCH_MISSING, arch_shared_load((uint32_t)SW_ARRIVED, 0U),
                     plan.n_cpus);
    }
    launch_result = out;
    if (out.status != BH_OK) {
        (void)arch_shared_swap((uint32_t)SW_LAUNCH, 0U, (uint64_t)LAUNCH_OPEN,
                               (uint64_t)LAUNCH_BACK);
    } else {
        show_enabled(cpu);
        //@ ghost launch_go = 1;
        if (!arch_shared_swap((uint32_t)SW_LAUNCH, 0U, (uint64_t)LAUNCH_OPEN,
                              (uint64_t)LAUNCH_GO)) {
            event_show_armed(0U); /* too late: somebody gave up waiting for this verdict */
        }
    }
}

/** Wait for the verdict, at most LAUNCH_JUDGE_US; without one the launch is off.
 * @req SWR_INI_001 */
/*@ requires inv: launch_inv;
    terminates \true; exits \false;
    assigns hw, launch_result;
    ensures SWR_INI_001: \result ==> kernel_inv; */
static bool go(void)
{
    uint64_t deadline = arch_time_after(LAUNCH_JUDGE_US);
    uint32_t turns = CPU_TURNS_MAX;

    /*@ loop invariant bound: 0 <= turns <= CPU_TURNS_MAX;
        loop assigns turns;
        loop variant turns; */
    while ((arch_shared_load((uint32_t)SW_LAUNCH, 0U) == (uint64_t)LAUNCH_OPEN) && (turns > 0U)) {
        arch_relax();
        turns = (arch_time() < deadline) ? (turns - 1U) : 0U;
    }
    if (arch_shared_swap((uint32_t)SW_LAUNCH, 0U, (uint64_t)LAUNCH_OPEN, (uint64_t)LAUNCH_BACK)) {
        launch_result = refuse((uint32_t)BH_E_LAUNCH_MISSING, 0U, handover.n_cpus);
    }
    return arch_shared_load((uint32_t)SW_LAUNCH, 0U) == (uint64_t)LAUNCH_GO;
}

/** Why the launch failed. Who reads before the reason is written has missed the verdict.
 * @req SWR_INI_001 */
/*@ terminates \true; exits \false; assigns \nothing;
    ensures SWR_INI_001: \result.status != BH_OK; */
static struct outcome reason(void)
{
    struct outcome out = launch_result;

    if (out.status == BH_OK) {
        out = refuse((uint32_t)BH_E_LAUNCH_MISSING, 0U, handover.n_cpus);
    }
    return out;
}

/** Whether the calling CPU may take part. One that may not does not count as come, so the others go
 * back, too.
 * @req SWR_INI_002 SWR_EL2_004 */
/*@ terminates \true; exits \false; assigns hw;
    ensures SWR_INI_002: \result.status == BH_OK ==> cpu < BH_CPUS_MAX && cpu < handover.n_cpus; */
static struct outcome admit(uint32_t cpu)
{
    struct outcome out = {BH_OK, 0U, 0U};

    if ((cpu >= BH_CPUS_MAX) || (cpu >= handover.n_cpus) || (!arch_cpu_is(cpu))) {
        out = refuse((uint32_t)BH_E_LAUNCH_CPU, cpu, 0U);
    } else {
        uint32_t bad = arch_cpu_try();

        if (bad != 0U) {
            out = refuse((uint32_t)BH_E_LAUNCH_REGISTER, cpu, bad);
        }
    }
    return out;
}

struct outcome init_cpu(uint32_t cpu)
{
    struct outcome out = admit(cpu);

    if (out.status == BH_OK) {
        if (arch_shared_next((uint32_t)SW_ARRIVED, 0U) == 0U) {
            decide(cpu);
        }
        if (go()) {
            arch_cpu_take(cpu);
            if (!arch_cpu_taken(cpu)) {
                event_record(cpu, BH_CELL_KERNEL, (uint32_t)BH_EV_EL2_REGISTER, cpu, 0U);
            }
            lock_apply(BH_CELL_ROOT);
            cpu_set_phase(cpu,
                          (handover.mode == BH_MODE_LATE) ? (uint32_t)CPU_RUN : (uint32_t)CPU_OFF);
        } else {
            out = reason();
        }
    }
    return out;
}

/** Start a cell, and measure all of it before if the plan asks for that.
 * @req SWR_INI_004 SWR_MSR_003 */
/*@ requires args: cell_args(self, cell);
    requires inv: kernel_inv;
    terminates \true; exits \false;
    assigns HCALL_STATE;
    ensures SWR_INI_004: kernel_inv; */
APART static struct outcome start_whole(uint32_t self, uint32_t cell)
{
    struct outcome out = cell_start(self, cell);
    uint64_t left = (out.status == (uint32_t)BH_E_HC_AGAIN) ? out.b : 0U;

    /*@ loop invariant kept: kernel_inv;
        loop assigns left, MEASURE_STATE;
        loop variant left; */
    while (left > MEASURE_PAGES) {
        (void)measure_step(self, cell); /* all but the last one, which start takes itself */
        left -= MEASURE_PAGES;
    }
    if (out.status == (uint32_t)BH_E_HC_AGAIN) {
        out = cell_start(self, cell);
    }
    return out;
}

/** Create a cell whose image firmware has loaded, open as if root had loaded it.
 * @req SWR_INI_004 */
/*@ requires args: cell_args(self, cell);
    requires inv: kernel_inv;
    terminates \true; exits \false;
    assigns CELL_STATE;
    ensures SWR_INI_004: kernel_inv; */
static struct outcome place_cell(uint32_t self, uint32_t cell)
{
    struct outcome out = cell_create(self, cell, true);

    if (out.status == BH_OK) {
        out = cell_load(self, cell);
    }
    return out;
}

/** Create and start a cell whose image firmware has loaded.
 * @req SWR_INI_004 */
/*@ requires args: cell_args(self, cell);
    requires inv: kernel_inv;
    terminates \true; exits \false;
    assigns HCALL_STATE;
    ensures SWR_INI_004: kernel_inv; */
static struct outcome launch_cell(uint32_t self, uint32_t cell)
{
    struct outcome out = place_cell(self, cell);

    if (out.status == BH_OK) {
        out = start_whole(self, cell);
    }
    return out;
}

/** Start root on the first of its CPUs that no other cell has taken.
 * @req SWR_INI_004 */
/*@ terminates \true; exits \false;
    assigns hw, cpu_entry[0 .. BH_CPUS_MAX - 1], cpu_context[0 .. BH_CPUS_MAX - 1]; */
static void start_root(void)
{
    bool started = false;
    uint32_t cpu = 0U;

    /*@ loop invariant bound: 0 <= cpu <= BH_CPUS_MAX;
        loop assigns cpu, started, hw, cpu_entry[0 .. BH_CPUS_MAX - 1],
          cpu_context[0 .. BH_CPUS_MAX - 1];
        loop variant BH_CPUS_MAX - cpu; */
    while ((cpu < BH_CPUS_MAX) && (!started)) {
        if (bit_test(plan.cells[BH_CELL_ROOT].cpus, cpu) && (cpu_cell(cpu) == BH_CELL_ROOT)) {
            started = cpu_start(cpu, (uint64_t)CPU_OFF, plan.cells[BH_CELL_ROOT].entry,
                                plan.cells[BH_CELL_ROOT].comm);
        }
        cpu++;
    }
}

/** Start root, or another cell.
 * @req SWR_INI_004 */
/*@ requires args: cell_args(self, cell);
    requires inv: kernel_inv;
    terminates \true; exits \false;
    assigns HCALL_STATE;
    ensures SWR_INI_004: kernel_inv; */
static void start_one(uint32_t self, uint32_t cell)
{
    if (cell == BH_CELL_ROOT) {
        start_root();
    } else {
        struct outcome out = launch_cell(self, cell);

        if (out.status != BH_OK) {
            event_record(self, cell, (uint32_t)BH_EV_REFUSED, BH_HC_CELL_START, out.status);
        }
    }
}

/** Wait until @p cpu is ready for work; at most LAUNCH_WAIT_US.
 * @req SWR_INI_004 */
/*@ requires cpu: cpu < BH_CPUS_MAX;
    terminates \true; exits \false; assigns \nothing; */
static void wait_ready(uint32_t cpu)
{
    uint64_t deadline = arch_time_after(LAUNCH_WAIT_US);
    uint32_t turns = CPU_TURNS_MAX;

    /*@ loop invariant bound: 0 <= turns <= CPU_TURNS_MAX;
        loop assigns turns;
        loop variant turns; */
    while ((arch_shared_load((uint32_t)SW_CPU_STATE, cpu) != (uint64_t)CPU_OFF) && (turns > 0U)) {
        arch_relax();
        turns = (arch_time() < deadline) ? (turns - 1U) : 0U;
    }
}

/** Wait until all CPUs are ready for work.
 * @req SWR_INI_004 */
/*@ terminates \true; exits \false; assigns \nothing; */
static void wait_all_ready(void)
{
    uint32_t cpu = 0U;

    /*@ loop invariant bound: 0 <= cpu <= BH_CPUS_MAX;
        loop assigns cpu;
        loop variant BH_CPUS_MAX - cpu; */
    while (cpu < BH_CPUS_MAX) {
        if (cpu < plan.n_cpus) {
            wait_ready(cpu);
        }
        cpu++;
    }
}

void init_autostart(uint32_t self)
{
    uint32_t cell = plan.n_cells;

    wait_all_ready();

    /*@ loop invariant bound: 0 <= cell <= BH_CELLS_MAX;
        loop invariant kept: kernel_inv;
        loop assigns cell, HCALL_STATE;
        loop variant cell; */
    while (cell > BH_CELL_ROOT) {
        cell--;
        if (bit_test(plan.cells[cell].flags, 0U)) {
            start_one(self, cell);
        }
    }
}
