/* SPDX-License-Identifier: Apache-2.0 */
/** @file error.h
 * Architecture contract: how a cell is told of an error of the hardware.
 */
#ifndef CORE_ARCH_ERROR_H
#define CORE_ARCH_ERROR_H

#include "abi/plan.h"
#include "core/arch/machine.h"

/** Make shared interrupt @p intid pending, which the plan gives to @p cell.
 * @req SWR_HWE_003 */
/*@ requires SWR_HWE_003: cell < BH_CELLS_MAX && 32 <= intid < 1020 &&
      bit_set(plan.cells[cell].irqs[intid / 32], intid % 32);
    terminates \true; exits \false; assigns hw; */
void arch_irq_raise(uint32_t cell, uint32_t intid);

/** The cell on the calling CPU takes a virtual SError as soon as it does not mask it.
 * @req SWR_HWE_004 */
/*@ terminates \true; exits \false; assigns hw; */
void arch_cpu_serror(void);

#endif
