/* SPDX-License-Identifier: Apache-2.0 */
/** @file oracle.h
 * The ghost oracle: what the kernel must be after every call, as an abstract state of its own. Written
 * from docs/spec/hypercalls.md, the requirements and the contracts of src/core; it includes the
 * interface (src/abi) alone and shares no code with the kernel.
 *
 * The world around the kernel is known to both sides: at each kick a CPU comes to EL2 at once or not
 * (o_cpu.answers, one bit for each kick, the last one for all later ones), and it may do something of
 * its own just then (o_cpu.first).
 */
#ifndef FUZZ_ORACLE_H
#define FUZZ_ORACLE_H

#include <stdbool.h>
#include <stdint.h>

#include "abi/errors.h"
#include "abi/hypercall.h"
#include "abi/plan.h"
#include "abi/status.h"

#define O_CPUS BH_CPUS_MAX
#define O_CELLS BH_CELLS_MAX
#define O_TABLES 32U /**< page tables of an address space, from the specification's E0207 */
#define O_RUNS 4096U
#define O_NEW 64U    /**< most events, answers and interrupt resets of one operation */

/** What a CPU does; the first five as in enum bh_cpu_state. */
enum o_phase { P_ABSENT, P_OFF, P_RUN, P_PARKED, P_LOST, P_STARTING, P_RESET, P_PHASES };
/** What a CPU was asked for. */
enum o_request { R_NONE, R_VIEW_0, R_VIEW_1, R_PARK, R_RESET };
/** What is known of the address space of a cell. */
enum o_map { M_UNKNOWN, M_EMPTY, M_EXACT, M_EITHER };
/** What a CPU does by itself when the next kick reaches it. */
enum o_kind { K_NOTHING, K_CALL, K_END };
/** What cpu_service() tells a CPU. */
enum o_next { N_GO_ON, N_WAIT, N_ENTER };

struct o_first {
    enum o_kind kind;
    uint64_t number; /**< of the call, or the state in which the cell ends */
    uint64_t arg;
};

struct o_cpu {
    enum o_phase phase;
    enum o_request request;
    uint32_t cell;
    uint32_t pool; /**< tables in force: 0, 1 root's by view, else the cell's */
    int8_t answers;
    bool busy; /**< executes the kernel right now */
    struct o_first first;
    uint64_t entry, context; /**< of its last start */
};

struct o_cell {
    uint32_t state; /**< enum bh_cell_state */
    bool live, open;
    uint32_t locks; /**< of the kernel's row: for all cells */
    enum o_map map;
    uint32_t starts;
    uint64_t events;
    uint64_t left; /**< pages to clear or to measure */
    bool measured; /**< to its end */
    uint32_t digest[8]; /**< then; of the kernel's row: of the plan */
};

/** A status with the values it carries; a set bit in a set: any of these numbers will do. */
struct o_answer {
    uint32_t status;
    uint64_t a, b;
    uint32_t a_set, b_set;
    bool open; /**< the specification names no values */
};

struct o_event {
    uint32_t id, cpu, cell;
    uint64_t a, b;
};

struct o_reset {
    uint32_t cell, cpu;
};

struct oracle {
    const struct bh_plan *plan;
    struct o_cpu cpu[O_CPUS];
    struct o_cell cell[O_CELLS];
    uint32_t view;      /**< in force */
    uint32_t announced; /**< whose tables root's CPUs are to use */
    uint32_t holder;    /**< 1 + the CPU that reconfigures, 0: none */
    bool armed;
    bool direct; /**< started by firmware */
    uint64_t events; /**< ever recorded */
    uint64_t pages;  /**< pages ever cleared and blocks ever read */
    uint32_t measuring; /**< the cell whose measurement goes on, 0: none */
    /* of the present operation: */
    uint32_t n_event, n_answer, n_reset, n_divert;
    struct o_event event[O_NEW];
    struct o_answer answer[O_NEW]; /**< of calls made within another */
    struct o_reset reset[O_NEW];
    struct o_reset divert;
};
extern struct oracle o;

/** A run of pages mapped alike. */
struct o_run {
    uint64_t ppn;
    uint32_t x, n,
        flags; /**< first page in the cell's space; flags: READ, WRITE, EXECUTE, DEVICE */
};
struct o_runs {
    uint32_t n;
    struct o_run run[O_RUNS];
};

/** One row of the table of calls: who may call it, in which states, what it does. */
struct o_rule {
    uint32_t number;
    uint32_t allowed; /**< states of the cell, a bit each */
    struct o_answer (*act)(uint32_t self, uint32_t cell);
};

/* What happened, for the tables of the report. */
#define O_STATUS 32U
/** Deep states that no status tells. A run must reach each. */
enum o_mark {
    MARK_SECOND_STAGE, /**< a CPU parked only when its memory was gone */
    MARK_REFILL,       /**< a cell without memory was started and has it again */
    MARK_PARK_KEPT,    /**< a CPU that was asked to park was not asked for less */
    MARK_START_LATE,   /**< a start was refused for an answer that an earlier change still waits for */
    MARK_STALE,        /**< a CPU of root on the tables of the other view */
    MARK_NESTED_CALL,  /**< a call within a call */
    MARK_NESTED_END,   /**< a cell ended within a call */
    MARK_DEAF_END,     /**< a cell ended while another of its CPUs did not come */
    MARK_LATE_PARK,    /**< a lost CPU came after all */
    MARKS
};
struct o_count {
    uint64_t marks[MARKS];
    uint64_t calls[BH_HC_COUNT + 1U][O_STATUS]; /**< the last row: unknown numbers */
    uint64_t moves[BH_HC_COUNT + 2U][BH_STATES]
                  [BH_STATES]; /**< by call; then: by the cell itself, at boot */
    uint64_t phases[P_PHASES][P_PHASES];
};
extern struct o_count o_count;

/** All CPUs came: late launch, all run root; direct boot, all wait. */
void o_launch(const struct bh_plan *plan, bool direct);
/** The address space of root for the first view fits into its tables. */
bool o_boots(const struct bh_plan *plan);
/** Direct boot: the cells that ask for it are created, loaded and started by CPU 0. */
void o_autostart(void);
/** Forget what belongs to the operation before. */
void o_begin(void);

struct o_answer o_call(uint32_t cpu, uint64_t number, uint64_t arg);
enum o_next o_service(uint32_t cpu);
void o_end(uint32_t cpu, uint32_t state);
void o_off(uint32_t cpu);
void o_system(uint32_t cpu, uint64_t function);
void o_go_on(uint32_t cpu);
uint64_t o_on(uint32_t cpu, uint64_t mpidr, uint64_t entry, uint64_t context);
void o_record(uint32_t cpu, uint32_t cell, uint32_t id, uint64_t a, uint64_t b);

/** What the address space of a live cell must hold, sorted, runs as long as possible. */
void o_expect(uint32_t cell, struct o_runs *runs);
/** Region @p j is kept from root now. */
bool o_kept(uint32_t j);
/** Owners by the plan and the cells that live: CPUs and interrupts. */
bool o_owns_cpu(uint32_t cell, uint32_t cpu);
bool o_owns_irq(uint32_t cell, uint32_t intid);
/** Sort and join runs. */
void o_join(struct o_runs *runs);

#endif
