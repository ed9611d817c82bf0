/* SPDX-License-Identifier: Apache-2.0 */
/** @file cell.h
 * The life of a cell: absent, created, loading, running, stopped, failed, lost. The functions that
 * change it for root are called with the reconfiguration lock held; a refusal changes nothing.
 */
#ifndef CORE_CELL_H
#define CORE_CELL_H

#include "core/cpu.h"
#include "core/arch/irq.h"

/** Outcome of an operation: status 0 or an error number, and the two values its text names. */
struct outcome {
    uint32_t status;
    uint64_t a;
    uint64_t b;
};

/** Give the cell of the plan its CPUs, memory and interrupts; root loses them.
 * @req SWR_CEL_001 SWR_CEL_002 */
struct outcome cell_create(uint32_t self, uint32_t cell);

/** Open the loadable regions of a created or stopped cell to root.
 * @req SWR_CEL_003 */
struct outcome cell_load(uint32_t self, uint32_t cell);

/** Close them and start the cell's first CPU at the plan's entry.
 * @req SWR_CEL_003 SWR_CEL_004 */
struct outcome cell_start(uint32_t self, uint32_t cell);

/** Park the CPUs of a running cell.
 * @req SWR_CEL_005 */
struct outcome cell_stop(uint32_t self, uint32_t cell);

/** Stop the cell if it runs, and give everything back to root.
 * @req SWR_CEL_006 */
struct outcome cell_destroy(uint32_t self, uint32_t cell);

/** The calling CPU's cell ends here, by its own wish or by its fault: all its CPUs park. Called
 * without the lock: touches only what belongs to the cell.
 * @req SWR_CEL_007 */
void cell_end(uint32_t self, uint32_t state);

/** State of a cell; an impossible value reads as LOST.
 * @req SWR_CEL_001 */
uint32_t cell_state(uint32_t cell);

#endif
