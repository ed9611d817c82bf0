/* SPDX-License-Identifier: Apache-2.0 */
/** @file vgic.h
 * What a cell sees of the interrupt controller: the physical registers, filtered. Foreign interrupts
 * read as zero and ignore writes; every refused write is an event.
 */
#ifndef AARCH64_VGIC_H
#define AARCH64_VGIC_H

#include "gic.h"
#include "core/cell.h"

/** One trapped access: size 1, 2, 4 or 8 bytes at @p offset of the frame. */
struct access {
    uint32_t cpu;
    uint32_t cell;
    uint32_t offset;
    uint32_t size;
    bool write;
    uint64_t value; /**< written, or 0 */
};

/** Shared interrupts of word @p w (32 INTIDs) which @p cell owns now: its own by the plan, or for
 * root what no existing cell has taken.
 * @req SWR_IRQ_001 */
uint32_t vgic_owned(uint32_t cell, uint32_t w);

/** Access to the distributor; returns what is read.
 * @req SWR_IRQ_001 SWR_IRQ_002 */
uint64_t vgicd_access(const struct access *acc);

/** Access to the redistributor frames, @p acc->offset from the first.
 * @req SWR_IRQ_004 */
uint64_t vgicr_access(const struct access *acc);

/** A write of @p value to ICC_SGI1R_EL1: sent to those targets which are running CPUs of the cell.
 * @req SWR_IRQ_005 */
void vgic_sgi(uint32_t cpu, uint64_t value);

/** Four priorities with those below GIC_PRIORITY_MIN raised to it.
 * @req SWR_IRQ_002 */
uint32_t vgic_clamp(uint32_t priorities);

#endif
