/* SPDX-License-Identifier: Apache-2.0 */
/** @file taken.h
 * What was found on a CPU when it was taken, to be put back at release.
 */
#ifndef AARCH64_TAKEN_H
#define AARCH64_TAKEN_H

#include <stdint.h>
#include "abi/plan.h"

/** Rows of el2regs.def. */
enum el2reg {
#define EL2REG(name, inherited, forced, reason) EL2REG_##name,
#include "el2regs.def"
#undef EL2REG
    EL2REG_COUNT
};

/** What the launcher's stub left in EL2, by CPU; head.S and vectors.S read the first two. */
struct stub {
    uint64_t vbar;
    uint64_t sctlr;
    uint64_t found[EL2REG_COUNT];
    uint64_t icc_ctlr;
    uint64_t icc_pmr;
    uint64_t spare[12U - (uint32_t)EL2REG_COUNT];
};
extern struct stub stub_state[BH_CPUS_MAX];

#endif
