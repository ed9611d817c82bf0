/* SPDX-License-Identifier: Apache-2.0 */
/** @file cpu.h
 * Architecture contract: what the core asks of a CPU. CPUs are named by their index in the plan.
 */
#ifndef CORE_ARCH_CPU_H
#define CORE_ARCH_CPU_H

#include "abi/plan.h"
#include "core/arch/machine.h"
#include "arch.acsl"

/** Make @p cpu come to EL2 soon, whatever it executes, unless its software blocks the kick.
 * @req SWR_CPU_003 */
/*@ requires cpu: cpu < BH_CPUS_MAX;
    terminates \true; exits \false; assigns hw; */
void arch_cpu_kick(uint32_t cpu);

/** Put the tables of @p pool in force on the calling CPU for @p cell and drop what it cached.
 * @req SWR_CPU_004 */
/*@ requires args: cell < BH_CELLS_MAX && pool < BH_CELLS_MAX;
    terminates \true; exits \false; assigns hw; */
void arch_cpu_load_map(uint32_t cell, uint32_t pool);

/** Drop, on every CPU, everything cached of any cell's tables.
 * @req SWR_CPU_004 */
/*@ terminates \true; exits \false; assigns hw; */
void arch_cpu_forget_maps(void);

/** Trap what the calling CPU's cell does with its own debug registers, or leave them to it.
 * @req SWR_LCK_005 */
/*@ terminates \true; exits \false; assigns hw; */
void arch_cpu_debug(bool trapped);

/** Silence the calling CPU: no timer or interrupt of its former cell may wake it.
 * @req SWR_CPU_005 */
/*@ requires cpu: cpu < BH_CPUS_MAX;
    terminates \true; exits \false; assigns hw; */
void arch_cpu_quiet(uint32_t cpu);

/** Take the calling CPU for Bulkhead: trap controls, vectors, interrupt controller.
 * @req SWR_INI_003 */
/*@ requires cpu: cpu < BH_CPUS_MAX;
    terminates \true; exits \false; assigns hw, ARCH_TAKEN; */
void arch_cpu_take(uint32_t cpu);

/** Write each control register of the calling CPU once, as arch_cpu_take() will, read it back and put
 * back what was found. What needs tables to stand (stage 2) is left out: arch_cpu_taken() sees it.
 * @return 0 when all keep what was written, else 1 + the row of the first that does not
 * @req SWR_EL2_004 */
/*@ terminates \true; exits \false; assigns hw; */
uint32_t arch_cpu_try(void);

/** True when the control registers of the calling CPU, which has been taken, read back as the
 * kernel wants them, bit for bit.
 * @req SWR_EL2_004 */
/*@ requires cpu: cpu < BH_CPUS_MAX;
    terminates \true; exits \false; assigns \nothing; */
bool arch_cpu_taken(uint32_t cpu);

/** True when the calling CPU is the one the plan names at index @p cpu.
 * @req SWR_INI_002 */
/*@ requires cpu: cpu < BH_CPUS_MAX;
    terminates \true; exits \false; assigns \nothing; */
bool arch_cpu_is(uint32_t cpu);

/** The error number which keeps this machine from being taken, or 0.
 * @req SWR_INI_002 */
/*@ terminates \true; exits \false; assigns \nothing; */
uint32_t arch_machine_check(void);

/** Ask the firmware to start @p cpu in the kernel (direct boot).
 * @req SWR_INI_004 */
/*@ requires cpu: cpu < BH_CPUS_MAX;
    terminates \true; exits \false; assigns hw; */
void arch_cpu_power_on(uint32_t cpu);

#endif
