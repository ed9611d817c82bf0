/* SPDX-License-Identifier: Apache-2.0 */
#include "core/init.h"
#include "core/bits.h"
#include "core/arch/board.h"

static struct outcome launch_result;

void init_open(void)
{
    uint32_t i = 0U;

    launch_result.status = BH_OK;
    launch_result.a = 0U;
    launch_result.b = 0U;
    arch_shared_store((uint32_t)SW_LOCK, 0U, 0U);
    arch_shared_store((uint32_t)SW_ARRIVED, 0U, 0U);
    arch_shared_store((uint32_t)SW_VIEW, 0U, 0U);
    arch_shared_store((uint32_t)SW_EVENT, 0U, 0U);
    while (i < SHARED_INDEX_MAX) {
        arch_shared_store((uint32_t)SW_CPU_STATE, i, (uint64_t)CPU_ABSENT);
        arch_shared_store((uint32_t)SW_CPU_CELL, i, BH_CELL_ROOT);
        arch_shared_store((uint32_t)SW_CPU_REQUEST, i, (uint64_t)CPU_REQ_NONE);
        arch_shared_store((uint32_t)SW_CELL_STATE, i, (uint64_t)BH_STATE_ABSENT);
        i++;
    }
    arch_shared_store((uint32_t)SW_LAUNCH, 0U, (uint64_t)LAUNCH_OPEN);
}

static struct outcome refuse(uint32_t status, uint64_t a, uint64_t b)
{
    struct outcome out = {status, a, b};

    return out;
}

/** Judge the hand-over record. */
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

/** Judge all that was handed over and build the machine's tables. */
static struct outcome judge(void)
{
    struct outcome out = judge_handover();

    if (out.status == BH_OK) {
        out = refuse(plan_check(&board_facts.plan), plan_a, plan_b);
    }
    if ((out.status == BH_OK) && (handover.n_cpus != plan.n_cpus)) {
        out = refuse((uint32_t)BH_E_LAUNCH_HANDOVER, 1U, handover.n_cpus);
    }
    if ((out.status == BH_OK) && (part_boot(board_facts.map_base) != BH_OK)) {
        out = refuse((uint32_t)BH_E_LAUNCH_TABLES, 0U, 0U);
    }
    return out;
}

/** Wait until all promised CPUs have come; at most LAUNCH_WAIT_US. */
static bool all_came(void)
{
    uint64_t deadline = arch_time_after(LAUNCH_WAIT_US);
    uint32_t turns = CPU_TURNS_MAX;
    bool all = false;

    while ((!all) && (turns > 0U)) {
        all = (arch_shared_load((uint32_t)SW_ARRIVED, 0U) >= plan.n_cpus);
        turns = (arch_time() < deadline) ? (turns - 1U) : 0U;
    }
    return all;
}

/** The judge's verdict, for all. */
static void decide(uint32_t cpu)
{
    struct outcome out = judge();

    if ((out.status == BH_OK) && (!all_came())) {
        out = refuse((uint32_t)BH_E_LAUNCH_MISSING,
                     arch_shared_load((uint32_t)SW_ARRIVED, 0U), plan.n_cpus);
    }
    launch_result = out;
    if (out.status == BH_OK) {
        event_init(plan.n_cells, plan.n_cpus, plan.crc);
        arch_shared_store((uint32_t)SW_CELL_STATE, BH_CELL_ROOT, (uint64_t)BH_STATE_RUNNING);
        event_show_cell(BH_CELL_ROOT, (uint32_t)BH_STATE_RUNNING);
        event_record(cpu, BH_CELL_KERNEL, (uint32_t)BH_EV_ENABLED, 0U, plan.n_cpus);
        event_show_armed(1U);
    }
    (void)arch_shared_swap((uint32_t)SW_LAUNCH, 0U, (uint64_t)LAUNCH_OPEN,
                           (out.status == BH_OK) ? (uint64_t)LAUNCH_GO : (uint64_t)LAUNCH_BACK);
}

/** Wait for the verdict, at most LAUNCH_JUDGE_US; without one the launch is off. */
static bool go(void)
{
    uint64_t deadline = arch_time_after(LAUNCH_JUDGE_US);
    uint32_t turns = CPU_TURNS_MAX;

    while ((arch_shared_load((uint32_t)SW_LAUNCH, 0U) == (uint64_t)LAUNCH_OPEN) && (turns > 0U)) {
        turns = (arch_time() < deadline) ? (turns - 1U) : 0U;
    }
    if (arch_shared_swap((uint32_t)SW_LAUNCH, 0U, (uint64_t)LAUNCH_OPEN, (uint64_t)LAUNCH_BACK)) {
        launch_result = refuse((uint32_t)BH_E_LAUNCH_MISSING, 0U, handover.n_cpus);
    }
    return arch_shared_load((uint32_t)SW_LAUNCH, 0U) == (uint64_t)LAUNCH_GO;
}

struct outcome init_cpu(uint32_t cpu)
{
    struct outcome out = {BH_OK, 0U, 0U};
    uint64_t order;

    if ((cpu >= BH_CPUS_MAX) || (cpu >= handover.n_cpus) || (!arch_cpu_is(cpu))) {
        /* It does not count as come, so the others will go back, too. */
        out = refuse((uint32_t)BH_E_LAUNCH_CPU, cpu, 0U);
    } else {
        order = arch_shared_next((uint32_t)SW_ARRIVED, 0U);
        if (order == 0U) {
            decide(cpu);
        }
        if (go()) {
            arch_cpu_take(cpu);
            cpu_set_phase(cpu, (handover.mode == BH_MODE_LATE) ? (uint32_t)CPU_RUN
                                                               : (uint32_t)CPU_OFF);
        } else {
            out = launch_result;
        }
    }
    return out;
}

/** Start root, or create and start another cell whose image firmware has loaded. */
static void start_one(uint32_t self, uint32_t cell)
{
    struct outcome out = {BH_OK, 0U, 0U};

    if (cell == BH_CELL_ROOT) {
        uint32_t first = 0U;

        while ((first < (BH_CPUS_MAX - 1U)) && (!bit_test(plan.cells[BH_CELL_ROOT].cpus, first))) {
            first++;
        }
        (void)cpu_start(first, (uint64_t)CPU_OFF, plan.cells[cell].entry, plan.cells[cell].comm);
    } else {
        out = cell_create(self, cell);
        if (out.status == BH_OK) {
            out = cell_load(self, cell);
        }
        if (out.status == BH_OK) {
            out = cell_start(self, cell);
        }
        if (out.status != BH_OK) {
            event_record(self, cell, (uint32_t)BH_EV_REFUSED, BH_HC_CELL_START, out.status);
        }
    }
}

/** Wait until @p cpu is ready for work; at most LAUNCH_WAIT_US. */
static void wait_ready(uint32_t cpu)
{
    uint64_t deadline = arch_time_after(LAUNCH_WAIT_US);
    uint32_t turns = CPU_TURNS_MAX;

    while ((arch_shared_load((uint32_t)SW_CPU_STATE, cpu) != (uint64_t)CPU_OFF) && (turns > 0U)) {
        turns = (arch_time() < deadline) ? (turns - 1U) : 0U;
    }
}

/** Wait until all CPUs are ready for work. */
static void wait_all_ready(void)
{
    uint32_t cpu = 0U;

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

    while (cell > BH_CELL_ROOT) {
        cell--;
        if (bit_test(plan.cells[cell].flags, 0U)) {
            start_one(self, cell);
        }
    }
}
