/* SPDX-License-Identifier: Apache-2.0 */
/** @file aarch64_machine.h
 * The good plan in force on fake AArch64 registers. A test that includes this is linked with all of
 * core and src/arch/aarch64, src/arch/host/shared.c, the board and fake_regs.c.
 */
#ifndef VERIFICATION_UNIT_AARCH64_MACHINE_H
#define VERIFICATION_UNIT_AARCH64_MACHINE_H

#include "fake_regs.h"
#include "fixture.h"
#include "arch/aarch64/cpu.h"

/** Forget what was written. */
static inline void fake_forget(void)
{
    fake.writes = 0U;
    fake.sgis = 0U;
    fake.kicks = 0U;
    fake.ends = 0U;
    memset(fake.reg_writes, 0, sizeof(fake.reg_writes));
}

/** CPU 0 executes root, the others are off, every redistributor has been found. */
static inline bool aarch64_machine(void)
{
    bool good;

    fake_power_on();
    good = fixture_machine();
    memset(stub_state, 0, sizeof(stub_state));
    memset(gicr_base, 0, sizeof(gicr_base));
    for (uint32_t cpu = 0U; cpu < 4U; cpu++) {
        fake_cpu(cpu);
        good = gic_find(cpu) && good;
    }
    fake_cpu(0U);
    fake_forget();
    return good;
}

/** Cell @p cell exists, in state @p state, its CPUs in phase @p phase. */
static inline void cell_stands(uint32_t cell, uint32_t state, uint32_t phase)
{
    if ((part_live[part_view][cell] == 0U) && (part_stage(cell, PART_CREATE) == BH_OK)) {
        part_commit();
        host_word[SW_VIEW][0] = part_view;
    }
    host_word[SW_CELL_STATE][cell] = state;
    for (uint32_t cpu = 0U; cpu < plan.n_cpus; cpu++) {
        if (((plan.cells[cell].cpus >> cpu) & 1U) == 1U) {
            host_word[SW_CPU_CELL][cpu] = cell;
            host_word[SW_CPU_STATE][cpu] = phase;
        }
    }
}

/** Cell @p cell exists and runs on all its CPUs. */
static inline void cell_runs(uint32_t cell)
{
    cell_stands(cell, BH_STATE_RUNNING, CPU_RUN);
}

#endif
