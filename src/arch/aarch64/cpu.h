/* SPDX-License-Identifier: Apache-2.0 */
/** @file cpu.h
 * A CPU's EL2 state: what was found at take, what is in force, what a cell's entry looks like.
 */
#ifndef AARCH64_CPU_H
#define AARCH64_CPU_H

#include "frame.h"
#include "gic.h"
#include "sysreg.h"

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
    uint64_t spare[14U - EL2REG_COUNT];
};
extern struct stub stub_state[BH_CPUS_MAX];

/** The value row @p i takes when @p found is what was there.
 * @req SWR_EL2_001 */
uint64_t el2reg_value(uint32_t i, uint64_t found);

/** Put back all that arch_cpu_take() changed on the calling CPU, but for MMU and vectors, which
 * assembly restores last.
 * @req SWR_EL2_003 */
void cpu_release(uint32_t cpu);

/** Fresh entry into the CPU's cell: nothing of the former one is left in the frame or at EL1.
 * @req SWR_TRP_006 */
void cpu_enter(uint32_t cpu, struct frame *f);

#endif
