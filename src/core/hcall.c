/* SPDX-License-Identifier: Apache-2.0 */
#include "core/hcall.h"

uint64_t hcall_info(uint32_t cpu, uint64_t what)
{
    uint64_t told;

    if (what == BH_INFO_ABI) {
        told = BH_ABI_VERSION;
    } else if (what == BH_INFO_CELL) {
        told = cpu_cell(cpu);
    } else if (what == BH_INFO_CPU) {
        told = cpu;
    } else {
        told = plan.n_cells;
    }
    return told;
}

/** What any cell may know.
 * @req SWR_HCL_001 */
/*@ requires cpu: cpu < BH_CPUS_MAX;
    terminates \true; exits \false; assigns \nothing;
    ensures SWR_HCL_001: \result.status == BH_OK ||
      (\result.status == BH_E_HC_UNKNOWN && what > BH_INFO_CELLS); */
static struct outcome get_info(uint32_t cpu, uint64_t what)
{
    struct outcome out = {BH_OK, 0U, 0U};

    if (what <= BH_INFO_CELLS) {
        out.a = hcall_info(cpu, what);
    } else {
        out.status = (uint32_t)BH_E_HC_UNKNOWN;
        out.a = what;
    }
    return out;
}

/** The first cell that still holds something of root's, or BH_CELLS_MAX.
 * @req SWR_HCL_003 */
/*@ terminates \true; exits \false; assigns \nothing;
    ensures SWR_HCL_003: 2 <= \result <= BH_CELLS_MAX; */
static uint32_t cell_left(void)
{
    uint32_t left = BH_CELLS_MAX;
    uint32_t cell = BH_CELLS_MAX;

    /*@ loop invariant bound: 2 <= cell <= BH_CELLS_MAX && 2 <= left <= BH_CELLS_MAX;
        loop assigns cell, left;
        loop variant cell; */
    while (cell > 2U) {
        cell--;
        if (cell_state(cell) != (uint32_t)BH_STATE_ABSENT) {
            left = cell;
        }
    }
    return left;
}

/** The first CPU of the plan which does not execute root, or BH_CPUS_MAX. Those already given back
 * are absent.
 * @req SWR_HCL_003 */
/*@ terminates \true; exits \false; assigns \nothing;
    ensures SWR_HCL_003: \result <= BH_CPUS_MAX; */
static uint32_t cpu_off(void)
{
    uint32_t off = BH_CPUS_MAX;
    uint32_t cpu = BH_CPUS_MAX;

    /*@ loop invariant bound: 0 <= cpu <= BH_CPUS_MAX && off <= BH_CPUS_MAX;
        loop assigns cpu, off;
        loop variant cpu; */
    while (cpu > 0U) {
        uint64_t phase;

        cpu--;
        phase = arch_shared_load((uint32_t)SW_CPU_STATE, cpu);
        if ((phase != (uint64_t)CPU_RUN) && (phase != (uint64_t)CPU_ABSENT)) {
            off = cpu;
        }
    }
    return off;
}

/** The first CPU of the plan that was given back, or BH_CPUS_MAX. It executes root without the
 * kernel's tables, so nothing may be taken from root any more.
 * @req SWR_HCL_010 */
/*@ terminates \true; exits \false; assigns \nothing;
    ensures SWR_HCL_010: \result <= BH_CPUS_MAX; */
static uint32_t cpu_gone(void)
{
    uint32_t gone = BH_CPUS_MAX;
    uint32_t cpu = BH_CPUS_MAX;

    /*@ loop invariant bound: 0 <= cpu <= BH_CPUS_MAX && gone <= BH_CPUS_MAX;
        loop assigns cpu, gone;
        loop variant cpu; */
    while (cpu > 0U) {
        cpu--;
        if ((cpu < plan.n_cpus) &&
            (arch_shared_load((uint32_t)SW_CPU_STATE, cpu) == (uint64_t)CPU_ABSENT)) {
            gone = cpu;
        }
    }
    return gone;
}

/** Root's wish to have this CPU back: granted when all cells are gone and all CPUs are root's, and
 * there is something to go back to.
 * @req SWR_HCL_003 SWR_HCL_004 */
/*@ requires cpu: cpu < BH_CPUS_MAX;
    terminates \true; exits \false; assigns hw, status_page;
    ensures SWR_HCL_003: \result.status == BH_OK ==>
      status_page.armed == 0 && status_page.cpus[cpu].state == CPU_ABSENT;
    ensures SWR_HCL_004: \result.status == BH_OK ==> handover.mode == BH_MODE_LATE; */
static struct outcome disable(uint32_t cpu)
{
    struct outcome out = {BH_OK, 0U, 0U};
    uint32_t left = cell_left();
    uint32_t off = cpu_off();

    if (handover.mode != BH_MODE_LATE) {
        out.status = (uint32_t)BH_E_HC_DIRECT;
    } else if (left < BH_CELLS_MAX) {
        out.status = (uint32_t)BH_E_HC_CELLS_LEFT;
        out.a = left;
    } else if (off < BH_CPUS_MAX) {
        out.status = (uint32_t)BH_E_HC_CPU_OFFLINE;
        out.a = off;
    } else {
        cpu_set_phase(cpu, (uint32_t)CPU_ABSENT);
        event_show_armed(0U);
    }
    return out;
}

/** Root's calls.
 * @req SWR_HCL_001 */
/*@ requires args: cell_args(cpu, cell);
    requires inv: kernel_inv;
    terminates \true; exits \false;
    assigns HCALL_STATE;
    ensures SWR_HCL_001: kernel_inv;
    ensures SWR_LCK_001: locks_kept{Pre, Post};
    ensures refused: refusal(\result.status) ==> view_kept{Pre, Post}; */
static struct outcome manage(uint32_t cpu, uint64_t number, uint32_t cell)
{
    struct outcome out = {BH_OK, 0U, 0U};

    switch (number) {
    case BH_HC_CELL_CREATE:
        out = cell_create(cpu, cell, false);
        break;
    case BH_HC_CELL_LOAD:
        out = cell_load(cpu, cell);
        break;
    case BH_HC_CELL_START:
        out = cell_start(cpu, cell);
        break;
    case BH_HC_CELL_STOP:
        out = cell_stop(cpu, cell);
        break;
    case BH_HC_CELL_DESTROY:
        out = cell_destroy(cpu, cell);
        break;
    default: /* BH_HC_DISABLE: hcall() knows no more */
        out = disable(cpu);
        break;
    }
    return out;
}

/** Root's calls that no lock stands against.
 * @req SWR_LCK_002 */
/*@ requires args: cell_args(cpu, cell);
    requires inv: kernel_inv;
    terminates \true; exits \false;
    assigns HCALL_STATE;
    ensures SWR_HCL_001: kernel_inv;
    ensures SWR_LCK_001: locks_kept{Pre, Post};
    ensures SWR_LCK_002: \old(barred(number, cell)) ==> \result.status == BH_E_HC_LOCKED;
    ensures refused: refusal(\result.status) ==> view_kept{Pre, Post}; */
static struct outcome unlocked(uint32_t cpu, uint64_t number, uint32_t cell)
{
    uint32_t bars = lock_bars(number, cell);
    uint32_t whose = (number == BH_HC_DISABLE) ? BH_CELL_ROOT : cell;
    struct outcome out = {(uint32_t)BH_E_HC_LOCKED, whose, bars};

    if (bars == 0U) {
        out = manage(cpu, number, cell);
    }
    return out;
}

/** Root's calls as long as all CPUs are the kernel's; then only the wish to have the rest back.
 * @req SWR_HCL_010 */
/*@ requires args: cell_args(cpu, cell);
    requires inv: kernel_inv;
    terminates \true; exits \false;
    assigns HCALL_STATE;
    ensures SWR_HCL_001: kernel_inv;
    ensures SWR_LCK_001: locks_kept{Pre, Post};
    ensures SWR_LCK_002: \old(barred(number, cell)) ==> refusal(\result.status);
    ensures refused: refusal(\result.status) ==> view_kept{Pre, Post}; */
static struct outcome guarded(uint32_t cpu, uint64_t number, uint32_t cell)
{
    uint32_t gone = cpu_gone();
    struct outcome out = {(uint32_t)BH_E_HC_GIVEN_BACK, gone, number};

    if ((number == BH_HC_DISABLE) || (gone == BH_CPUS_MAX)) {
        out = unlocked(cpu, number, cell);
    }
    return out;
}

/** Root's calls, one at a time: nobody waits for another's.
 * @req SWR_HCL_001 */
/*@ requires args: cell_args(cpu, cell);
    requires inv: kernel_inv;
    terminates \true; exits \false;
    assigns HCALL_STATE;
    ensures SWR_HCL_001: kernel_inv;
    ensures SWR_LCK_001: locks_kept{Pre, Post};
    ensures SWR_LCK_002: \old(barred(number, cell)) ==> refusal(\result.status);
    ensures refused: refusal(\result.status) ==> view_kept{Pre, Post}; */
static struct outcome locked(uint32_t cpu, uint64_t number, uint32_t cell)
{
    struct outcome out = {(uint32_t)BH_E_HC_BUSY, 0U, 0U};

    if (arch_shared_swap((uint32_t)SW_LOCK, 0U, 0U, (uint64_t)cpu + 1U)) {
        out = guarded(cpu, number, cell);
        arch_shared_store((uint32_t)SW_LOCK, 0U, 0U);
    } else {
        uint64_t holder = arch_shared_load((uint32_t)SW_LOCK, 0U);

        out.a = (holder > 0U) ? (holder - 1U) : cpu; /* 0: released since */
    }
    return out;
}

/** What a cell is told: of itself, or what was measured. It changes nothing.
 * @req SWR_HCL_001 SWR_MSR_005 */
/*@ requires args: cpu < BH_CPUS_MAX && cell < BH_CELLS_MAX;
    terminates \true; exits \false; assigns \nothing;
    ensures SWR_MSR_005: number == BH_HC_MEASURE && !may_know(cell, arg / 2) ==>
      \result.status == BH_E_HC_PERMISSION; */
static struct outcome tell(uint32_t cpu, uint32_t cell, uint64_t number, uint64_t arg)
{
    struct outcome out;

    if (number == BH_HC_MEASURE) {
        out = measure_tell(cell, arg);
    } else {
        out = get_info(cpu, arg);
    }
    return out;
}

/** Decode, authorise, do.
 * @req SWR_HCL_001 SWR_HCL_002 SWR_LCK_001 SWR_LCK_003 SWR_MSR_005 */
/*@ requires args: cpu < BH_CPUS_MAX && cell < BH_CELLS_MAX;
    requires inv: kernel_inv;
    terminates \true; exits \false;
    assigns HCALL_STATE;
    ensures SWR_HCL_001: kernel_inv;
    ensures SWR_HCL_001: number >= BH_HC_COUNT ==> \result.status == BH_E_HC_UNKNOWN;
    ensures SWR_HCL_002: cell != BH_CELL_ROOT && number != BH_HC_GET_INFO &&
      number != BH_HC_LOCK && number != BH_HC_MEASURE ==> denied(\result.status) && maps_kept{Pre, Post};
    ensures query: number == BH_HC_GET_INFO || number == BH_HC_LOCK ||
      number == BH_HC_MEASURE ==> maps_kept{Pre, Post};
    ensures SWR_MSR_005: number == BH_HC_MEASURE && !may_know(cell, arg / 2) ==>
      \result.status == BH_E_HC_PERMISSION;
    ensures SWR_LCK_001: locks_kept{Pre, Post};
    ensures SWR_LCK_001: number == BH_HC_LOCK && \result.status == BH_OK ==> \forall integer k;
      0 <= k < 32 && bit_set(arg % 32, k) ==> is_locked(cell, k);
    ensures SWR_LCK_002: \old(barred(number, arg % BH_CELLS_MAX)) ==> refusal(\result.status);
    ensures SWR_LCK_003: number == BH_HC_LOCK ==> \result.status == BH_OK || denied(\result.status);
    ensures refused: refusal(\result.status) ==> view_kept{Pre, Post}; */
static struct outcome serve(uint32_t cpu, uint32_t cell, uint64_t number, uint64_t arg)
{
    struct outcome out = {BH_OK, 0U, 0U};

    if ((number == BH_HC_GET_INFO) || (number == BH_HC_MEASURE)) {
        out = tell(cpu, cell, number, arg);
    } else if (number == BH_HC_LOCK) {
        out = lock_make(cpu, cell, arg);
    } else if (number >= BH_HC_COUNT) {
        out.status = (uint32_t)BH_E_HC_UNKNOWN;
        out.a = number;
    } else if (cell != BH_CELL_ROOT) {
        out.status = (uint32_t)BH_E_HC_PERMISSION;
        out.a = cell;
        out.b = number;
    } else if ((number != BH_HC_DISABLE) && (arg >= plan.n_cells)) {
        out.status = (uint32_t)BH_E_HC_NO_CELL;
        out.a = arg;
        out.b = plan.n_cells;
    } else {
        out = locked(cpu, number, (uint32_t)(arg % BH_CELLS_MAX));
    }
    return out;
}

struct outcome hcall(uint32_t cpu, uint64_t number, uint64_t arg)
{
    uint32_t cell = cpu_cell(cpu);
    struct outcome out = serve(cpu, cell, number, arg);

    if ((out.status != BH_OK) && (out.status != (uint32_t)BH_E_HC_AGAIN)) {
        event_record(cpu, cell, (uint32_t)BH_EV_REFUSED, number, out.status);
    }
    return out;
}
