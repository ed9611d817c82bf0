/* SPDX-License-Identifier: Apache-2.0 */
/** @file restart.h
 * A cell that begins anew by its own wish (PSCI SYSTEM_RESET). Its memory stays as it is: a warm restart.
 *
 * Nobody waits and no lock is taken, so that a cell which resets itself for ever keeps root from nothing. The
 * CPU that asks is held and asks the others of its cell to be held, too (CPU_RESET). Each of them is then off
 * and tells the cell's first CPU, which starts itself at the plan's entry when it finds all others off.
 *
 * The cell is RUNNING meanwhile. Whoever stops, destroys or ends it asks its CPUs to park. That request is
 * never replaced by one to begin anew, and a CPU that has obeyed it is not started from here. Root waits for
 * the first CPU's answer, which it gives only between two calls of restart_go_on(): so the two never change
 * the cell at once. A CPU that does not answer keeps the restart from happening; then the cell's watchdog
 * ends it, or root does, as they end any cell that hangs.
 */
#ifndef CORE_RESTART_H
#define CORE_RESTART_H

#include "core/cell.h"

#define RESTART_STATE \
    hw, status_page, totals, ARCH_MESSAGES, cpu_entry[0 ..BH_CPUS_MAX - 1], \
        cpu_context[0 ..BH_CPUS_MAX - 1]

/** May @p cell begin anew by its own wish? Root if its plan says so: what lies at its entry must then bring
 * it up again. Not a cell that is to be measured: nobody would measure its memory again.
 * @req SWR_RST_001 SWR_RST_006 */
/*@ requires cell: cell < BH_CELLS_MAX;
    terminates \true; exits \false; assigns \nothing;
    ensures SWR_RST_006: \result && cell < 2 ==> (plan.cells[cell].flags / BH_CELL_RESTART) % 2 == 1;
    ensures SWR_RST_001: \result && cell >= 2 ==>
      (plan.cells[cell].flags / BH_CELL_MEASURED) % 2 == 0 &&
      \forall integer k; 0 <= k < BH_DIGEST_WORDS ==> plan.policy[cell].digest[k] == 0; */
bool restart_allowed(uint32_t cell);

/** The calling CPU's cell begins anew: hold this CPU, ask the others, wait for none.
 * @req SWR_RST_002 */
/*@ requires self: self < BH_CPUS_MAX;
    terminates \true; exits \false;
    assigns hw, status_page;
    ensures SWR_RST_002: status_page.cpus[self].state == CPU_PARKED; */
void restart_ask(uint32_t self);

/** The calling CPU waits at EL2: if its cell begins anew, do what is this CPU's part of it.
 * @req SWR_RST_002 SWR_RST_003 SWR_RST_004 */
/*@ requires self: self < BH_CPUS_MAX;
    terminates \true; exits \false;
    assigns RESTART_STATE; */
void restart_go_on(uint32_t self);

#endif
