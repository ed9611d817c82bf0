/* SPDX-License-Identifier: Apache-2.0 */
/** @file hwerr.h
 * Errors of the hardware: recorded, and told to the cells that they concern. A cell is told by the
 * interrupt that its plan names (error_irq), else by a virtual SError on one of its CPUs.
 *
 * SW_ERROR of a cell is 1 while a virtual SError waits for one of its CPUs. A CPU of the cell that comes
 * to EL2 by a kick, or enters, takes it. Errors of one cell may become one virtual SError; each
 * has its event.
 */
#ifndef CORE_HWERR_H
#define CORE_HWERR_H

#include "core/cpu.h"
#include "core/arch/error.h"

#define HWERR_ALL 0xFFU /**< concerns the kernel, and so every cell */
#define HWERR_IRQ_MIN 32U
#define HWERR_IRQ_END 1020U

/** What is told of an error. */
struct hwerr {
    uint32_t cpu;   /**< that records it */
    uint32_t id;    /**< BH_EV_... */
    uint64_t a;     /**< of the event */
    uint64_t b;
    uint32_t cells; /**< bitmap: whom it concerns; bit BH_CELL_KERNEL: the kernel */
    bool serror;    /**< worth a virtual SError: an uncorrected error, not told yet */
};

/*@ // a region of cell c holds the page
    predicate holds_page{L}(integer c, integer page) =
      \exists integer i; 0 <= i < plan.n_regions && PR(i).own == c && in_pa(i, page); */

/** Whom an error at a physical address concerns: the cells that exist and have the page, private or
 * shared; all, if the kernel has it; else root.
 * @return bitmap of cells, never 0
 * @req SWR_HWE_001 */
/*@ terminates \true; exits \false; assigns \nothing;
    ensures SWR_HWE_001: \forall integer c; 2 <= c < 32 && bit_set(\result, c) ==>
      holds_page(c, address / BH_PAGE_BYTES) || holds_page(BH_CELL_KERNEL, address / BH_PAGE_BYTES);
    ensures somebody: \result != 0; */
uint32_t hwerr_concerned(uint64_t address);

/** Record an error and tell those whom it concerns.
 * @req SWR_HWE_002 SWR_HWE_003 */
/*@ requires cpu: e.cpu < BH_CPUS_MAX;
    terminates \true; exits \false;
    assigns hw, status_page, totals;
    ensures SWR_HWE_002: \exists integer k; 0 <= k < BH_EVENTS && status_page.events[k].id == e.id &&
      status_page.events[k].cpu == e.cpu && status_page.events[k].a == e.a &&
      status_page.events[k].b == e.b &&
      (status_page.events[k].cell == BH_CELL_KERNEL ||
       bit_set(e.cells, status_page.events[k].cell)); */
void hwerr_report(struct hwerr e);

/** The calling CPU is about to execute its cell: give it the virtual SError that waits for the cell.
 * @req SWR_HWE_004 */
/*@ requires cpu: cpu < BH_CPUS_MAX;
    terminates \true; exits \false; assigns hw; */
void hwerr_serve(uint32_t cpu);

/** The cell starts from the beginning: what concerned its last run does not concern this one.
 * @req SWR_HWE_005 */
/*@ requires cell: cell < BH_CELLS_MAX;
    terminates \true; exits \false; assigns hw; */
void hwerr_forget(uint32_t cell);

#endif
