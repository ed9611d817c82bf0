/* SPDX-License-Identifier: Apache-2.0 */
/** @file fuzz.h
 * The kernel under the fake machine, step by step beside the oracle.
 */
#ifndef FUZZ_FUZZ_H
#define FUZZ_FUZZ_H

#include "oracle.h"

/** Steps of a case, one line each of its text. */
enum op_kind {
    OP_CALL,    /**< call CPU NUMBER ARG: a hypercall */
    OP_SERVICE, /**< service CPU: it comes to EL2 */
    OP_OFF,     /**< off CPU: PSCI CPU_OFF */
    OP_ON,      /**< on CPU MPIDR ENTRY CONTEXT: PSCI CPU_ON */
    OP_RESET,   /**< reset CPU FUNCTION: PSCI SYSTEM_RESET or SYSTEM_OFF */
    OP_END,     /**< end CPU STATE: its cell ends by a violation or by its wish */
    OP_ANSWERS, /**< answers CPU BITS: whether it comes at a kick, least significant bit first */
    OP_FIRST,   /**< first CPU KIND NUMBER ARG: what it does before it answers the next kick */
    OP_KINDS
};
struct op {
    enum op_kind kind;
    uint32_t cpu;
    uint64_t a, b, c;
};

extern const char *const op_name[OP_KINDS];

/** Power the machine on with the plan in force and launch; false: a divergence. */
bool w_launch(bool direct);
/** One step by both sides, then the comparison; false: a divergence. A step that its CPU cannot do
 * now (it does not execute, it is not there) is passed over. */
bool w_step(const struct op *op);
/** Report a divergence; always false. */
bool w_differs(const char *what, uint64_t index, uint64_t found, uint64_t wanted);

/** Everything that is concrete against everything that is abstract; false: a divergence. */
bool w_compare(void);
/** All address spaces hold nothing. */
bool w_all_empty(void);
/** Address space of root in view 0 against the plan. */
bool w_root_exact(void);
/** Whether the root tables of @p pool have no entry. */
bool w_pool_empty(uint32_t pool);

/** The next step of a life, drawn towards deep states. */
void gen_seed(uint64_t seed);
uint32_t gen_below(uint32_t n);
void gen_life(void);
struct op gen_step(void);

#endif
