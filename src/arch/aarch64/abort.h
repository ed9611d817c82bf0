/* SPDX-License-Identifier: Apache-2.0 */
/** @file abort.h
 * Stage-2 aborts: accesses to the emulated interrupt controller frames, and everything a cell has
 * no right to.
 */
#ifndef AARCH64_ABORT_H
#define AARCH64_ABORT_H

#include "frame.h"
#include "vgic.h"
#include "core/hcall.h"

/** Handle an instruction or data abort of the cell on @p cpu.
 * @req SWR_TRP_002 SWR_TRP_003 */
/*@ requires cpu: cpu < BH_CPUS_MAX;
    requires counts: rule_counts;
    terminates \true; exits \false;
    assigns VGITS_STATE, cell_r[0 .. FRAME_ROWS - 1]; */
void abort_handle(uint32_t cpu, struct frame *f, uint64_t esr);

#endif
