/* SPDX-License-Identifier: Apache-2.0 */
/** @file vgic.h
 * What a cell sees of the interrupt controller: the physical registers, filtered. Foreign interrupts
 * read as zero and ignore writes; every refused write is an event.
 */
#ifndef AARCH64_VGIC_H
#define AARCH64_VGIC_H

#include "gic.h"
#include "its_state.h"
#include "its_cmd.h"
#include "core/cell.h"
#include "core/arch/page.h"

/* What an access of root to the ITS changes. */
#define VGITS_STATE PAGE_STATE, status_page, totals, its, its_map

/** One trapped access: size 1, 2, 4 or 8 bytes at @p offset of the frame. */
struct access {
    uint32_t cpu;
    uint32_t cell;
    uint32_t offset;
    uint32_t size;
    bool write;
    uint64_t value; /**< written, or 0 */
};

/*@ predicate access_ok(struct access a) =
      a.cpu < BH_CPUS_MAX && a.cell < BH_CELLS_MAX && a.offset < 0x1000000 &&
      (a.size == 1 || a.size == 2 || a.size == 4 || a.size == 8);
    // outside m, v is as old was
    predicate keeps_rest(integer v, integer old, integer m) =
      \forall integer k; 0 <= k < 32 && !bit_set(m, k) ==> (bit_set(v, k) <==> bit_set(old, k));
    // m has the fields of f bits whose interrupts are in owned, from interrupt first on
    predicate fields_of(integer m, integer owned, integer first, integer f) =
      \forall integer k; 0 <= k < 32 ==>
        (bit_set(m, k) <==> bit_set(owned, (first + k / f) % 32));
    // only interrupts of word w which the plan gives to the cell and no other cell of a view holds
    predicate owned_bits{L}(integer m, integer cell, integer w) =
      \exists integer v; view(v) &&
        \forall integer k; 0 <= k < 32 && bit_set(m, k) ==>
          bit_set(plan.cells[cell].irqs[w], k) &&
          \forall integer d; 2 <= d < BH_CELLS_MAX ==> !claims_irq(v, d, w, k);
    // the k-th redistributor pair, or a later one, is that of a CPU which has been found
    predicate gicr_there{L}(integer k) =
      \exists integer c; 0 <= c < BH_CPUS_MAX && gicr_base[c] >= gicr_frame(k);
    // exactly one CPU, and that is the cell's
    predicate route_own{L}(integer cell, integer r) =
      \exists integer k; 0 <= k < BH_CPUS_MAX && plan.mpidr[k] == r && cell_on(k) == cell; */

/** Shared interrupts of word @p w (32 INTIDs) which @p cell owns now: its own by the plan, or for
 * root what no existing cell has taken.
 * @req SWR_IRQ_001 */
/*@ requires args: cell < BH_CELLS_MAX && w < BH_IRQ_WORDS;
    terminates \true; exits \false; assigns \nothing;
    ensures SWR_IRQ_001: cell == BH_CELL_ROOT ==> owned_bits(\result, cell, w);
    ensures SWR_IRQ_001: bits_in(\result, plan.cells[cell].irqs[w]); */
uint32_t vgic_owned(uint32_t cell, uint32_t w);

/** Write the priorities of those of the @p acc.size interrupts from @p n on that are @p owned (a bit for
 * each of n's word of 32), byte by byte and none more urgent than GIC_PRIORITY_MIN; that one was raised is
 * recorded. @p first is the address of the priority of interrupt 0.
 * @return whether all are owned
 * @req SWR_IRQ_001 SWR_IRQ_002 */
/*@ requires access: access_ok(acc) && n < 1024 &&
      (acc.size == 1 || (acc.size == 4 && n % 4 == 0)) && first < 0x8000000000000000;
    terminates \true; exits \false; assigns hw, status_page, totals; */
bool vgic_priorities(struct access acc, uint64_t first, uint32_t n, uint32_t owned);

/** Access to the distributor; returns what is read.
 * @req SWR_IRQ_001 SWR_IRQ_002 */
/*@ requires access: access_ok(acc);
    terminates \true; exits \false; assigns hw, status_page, totals; */
uint64_t vgicd_access(struct access acc);

/** Access to the redistributor frames, @p acc.offset from the first.
 * @req SWR_IRQ_004 SWR_IRQ_010 */
/*@ requires access: access_ok(acc);
    terminates \true; exits \false; assigns VGITS_STATE; */
uint64_t vgicr_access(struct access acc);

/** Access of root to the frames of the ITS.
 * @req SWR_ITS_008 */
/*@ requires access: access_ok(acc);
    terminates \true; exits \false; assigns VGITS_STATE; */
uint64_t vgits_access(struct access acc);

/** Read an LPI register, or GICR_CTLR or GICR_TYPER, of the cell's own CPU; @p address is the physical one.
 * @req SWR_ITS_009 */
/*@ requires access: access_ok(acc);
    terminates \true; exits \false; assigns \nothing; */
uint64_t vlpi_read(struct access acc, uint64_t address, uint32_t off);

/** Write one.
 * @req SWR_ITS_009 */
/*@ requires access: access_ok(acc);
    terminates \true; exits \false; assigns VGITS_STATE; */
void vlpi_write(struct access acc, uint64_t address, uint32_t off);

/** A write of @p value to ICC_SGI1R_EL1: sent to those targets which are running CPUs of the cell.
 * @req SWR_IRQ_005 */
/*@ requires cpu: cpu < BH_CPUS_MAX;
    terminates \true; exits \false; assigns hw, status_page, totals; */
void vgic_sgi(uint32_t cpu, uint64_t value);

#endif
