/* SPDX-License-Identifier: Apache-2.0 */
/** @file cpu.h
 * CPUs: their phases, requests from one CPU to another, and the bounded wait for an answer.
 *
 * A CPU obeys a request when it next passes cpu_service(): at the end of every exit and while it
 * waits at EL2. Only the holder of SW_LOCK asks for a sync; a request to park is never replaced by another.
 * Only the CPU itself answers.
 */
#ifndef CORE_CPU_H
#define CORE_CPU_H

#include "core/event.h"
#include "core/part.h"
#include "core/plan.h"
#include "core/arch/cpu.h"
#include "core/kernel.acsl"

/** Phase of a CPU, in SW_CPU_STATE; shown as enum bh_cpu_state. */
enum cpu_phase {
    CPU_ABSENT = 0,  /**< never came to the launch */
    CPU_OFF = 1,     /**< waits at EL2; its cell may start it */
    CPU_RUN = 2,     /**< executes its cell */
    CPU_PARKED = 3,  /**< waits at EL2; only the kernel may start it */
    CPU_LOST = 4,    /**< answered neither kick nor fault */
    CPU_STARTING = 5, /**< told to start, has not yet */
    CPU_PREPARING = 6, /**< its entry is being written by the CPU that starts it */
    CPU_RESET =
        7     /**< waits at EL2 until all of its cell do: the cell begins anew; shown as PARKED */
};

/** Requests, in SW_CPU_REQUEST. */
enum cpu_request {
    CPU_REQ_NONE = 0,
    CPU_REQ_SYNC_0 = 1, /**< use the tables of view 0 */
    CPU_REQ_PARK = 2,   /**< stop executing the cell */
    CPU_REQ_SYNC_1 = 3, /**< use the tables of view 1 */
    CPU_REQ_RESET = 4   /**< stop executing the cell, which begins anew */
};

/** What a CPU does after cpu_service(). */
enum cpu_next {
    CPU_GO_ON = 0,  /**< return to what it executed */
    CPU_WAIT = 1,   /**< wait at EL2 for a kick */
    CPU_ENTER = 2   /**< enter its cell afresh at cpu_entry[], with cpu_context[] */
};

#define CPU_KICK_US 20000U /**< bound of each stage of the kick, real time */
#define CPU_TURNS_MAX 100000000U /**< and in turns of the wait, should the counter stand still */

extern uint64_t cpu_entry[BH_CPUS_MAX];
extern uint64_t cpu_context[BH_CPUS_MAX];

/*@ // The cell that owns a CPU; an impossible value reads as the kernel's.
    logic integer cell_on{L}(integer cpu) =
      owner[cpu] < BH_CELLS_MAX ? owner[cpu] : BH_CELL_KERNEL; */

/** The pool whose tables a CPU of @p cell uses: root's follow the view.
 * @req SWR_CPU_004 */
/*@ requires cell: cell < BH_CELLS_MAX;
    terminates \true; exits \false; assigns \nothing;
    ensures SWR_CPU_004: cell >= 2 ==> \result == cell;
    ensures root: cell < 2 ==> \result < 2;
    ensures range: \result < BH_CELLS_MAX; */
uint32_t cpu_pool(uint32_t cell);

/** The cell which @p cpu executes or would execute; an impossible value reads as the kernel's.
 * @req SWR_CPU_002 */
/*@ requires cpu: cpu < BH_CPUS_MAX;
    terminates \true; exits \false; assigns \nothing;
    ensures SWR_CPU_002: \result == cell_on(cpu);
    ensures range: \result < BH_CELLS_MAX; */
uint32_t cpu_cell(uint32_t cpu);

/** Make @p cpu, which waits at EL2, one of @p cell.
 * @req SWR_CPU_002 */
/*@ requires args: cpu < BH_CPUS_MAX && cell < BH_CELLS_MAX;
    terminates \true; exits \false; assigns hw, owner[cpu];
    ensures SWR_CPU_002: owner[cpu] == cell; */
void cpu_give(uint32_t cpu, uint32_t cell);

/** Put @p cpu in a phase and show it.
 * @req SWR_CPU_002 */
/*@ requires cpu: cpu < BH_CPUS_MAX;
    terminates \true; exits \false; assigns hw, status_page;
    ensures SWR_EVT_004: status_page.cpus[cpu].state == phase &&
      status_page.cpus[cpu].cell == cell_on(cpu); */
void cpu_set_phase(uint32_t cpu, uint32_t phase);

/** The calling CPU no longer executes its cell, which begins anew; it waits for the others.
 * @req SWR_RST_002 */
/*@ requires cpu: cpu < BH_CPUS_MAX;
    terminates \true; exits \false; assigns hw, status_page;
    ensures SWR_RST_002: status_page.cpus[cpu].state == CPU_PARKED &&
      status_page.cpus[cpu].cell == cell_on(cpu); */
void cpu_hold(uint32_t cpu);

/** Nothing is asked of the calling CPU and it executes its cell: cpu_service() would change nothing.
 * @req SWR_CPU_002 SWR_CPU_003 */
/*@ requires cpu: cpu < BH_CPUS_MAX;
    terminates \true; exits \false; assigns \nothing; */
bool cpu_undisturbed(uint32_t cpu);

/** Obey what was asked of the calling CPU and say what it does next.
 * @req SWR_CPU_002 SWR_CPU_003 */
/*@ requires cpu: cpu < BH_CPUS_MAX;
    terminates \true; exits \false;
    assigns hw, status_page;
    ensures SWR_CPU_002: \result == CPU_GO_ON || \result == CPU_WAIT || \result == CPU_ENTER; */
uint32_t cpu_service(uint32_t cpu);

/** Start @p cpu at @p entry when it is in phase @p from; false otherwise, or when it was parked
 * meanwhile, and it does not start.
 * @req SWR_CPU_002 */
/*@ requires cpu: cpu < BH_CPUS_MAX;
    terminates \true; exits \false;
    assigns hw, cpu_entry[cpu], cpu_context[cpu];
    ensures SWR_CPU_002: \result ==> cpu_entry[cpu] == entry && cpu_context[cpu] == context; */
bool cpu_start(uint32_t cpu, uint64_t from, uint64_t entry, uint64_t context);

/** The first of root's CPUs but @p self which does not answer its request in time, or BH_CPUS_MAX. A
 * CPU of another cell, or a lost one, is not waited for: it cannot keep root from being
 * reconfigured.
 * @req SWR_CPU_004 SWR_CPU_006 */
/*@ requires self: self < BH_CPUS_MAX;
    terminates \true; exits \false; assigns \nothing;
    ensures SWR_CPU_006: \result <= BH_CPUS_MAX; */
uint32_t cpu_late_root(uint32_t self);

/** Make all of root's CPUs but @p self use the tables of @p view, and @p self too. Returns
 * BH_CPUS_MAX when all did, else the CPU that did not in time; then all were told to go back.
 * @req SWR_CPU_004 SWR_CPU_006 */
/*@ requires args: self < BH_CPUS_MAX && view < 2;
    terminates \true; exits \false;
    assigns hw, status_page;
    ensures SWR_CPU_006: \result <= BH_CPUS_MAX; */
uint32_t cpu_sync_root(uint32_t self, uint32_t view);

/** Park @p cpu, which executes @p cell: kick it; failing that empty the cell's tables and flush, so
 * that it faults; failing that it is lost. Never waits longer than two bounds. Returns true when it
 * is parked.
 * @req SWR_CPU_003 SWR_CPU_006 */
/*@ requires args: self < BH_CPUS_MAX && cpu < BH_CPUS_MAX && 2 <= cell < BH_CELLS_MAX;
    requires inv: kernel_inv;
    terminates \true; exits \false;
    assigns KERNEL_STATE;
    ensures SWR_CPU_003: kernel_inv; */
bool cpu_park(uint32_t self, uint32_t cpu, uint32_t cell);

#endif
