/* SPDX-License-Identifier: Apache-2.0 */
/** @file event.h
 * Event records and counters in the status pages. The kernel only writes them; what it decides
 * never depends on their contents.
 */
#ifndef CORE_EVENT_H
#define CORE_EVENT_H

#include "abi/errors.h"
#include "abi/hypercall.h"
#include "abi/status.h"
#include "core/arch/machine.h"

/** The status pages, read-only to root; placed by the linker script. */
extern struct bh_status status_page;

/** What the status pages show, as the kernel itself knows it. */
struct totals {
    uint64_t exits[BH_CPUS_MAX][BH_EXITS];
    uint64_t total[BH_CPUS_MAX];
    uint64_t events[BH_CELLS_MAX];
    uint32_t starts[BH_CELLS_MAX];
};
extern struct totals totals;

/*@ // One more, or the greatest value.
    logic integer saturated(integer n) = n < 0xFFFFFFFFFFFFFFFF ? n + 1 : n; */

/** Clear the status pages and write their constant part.
 * @req SWR_EVT_001 */
/*@ requires counts: n_cells <= BH_CELLS_MAX && n_cpus <= BH_CPUS_MAX;
    terminates \true; exits \false;
    assigns status_page, totals;
    ensures SWR_EVT_001: status_page.magic == BH_STATUS_MAGIC && status_page.armed == 0 &&
      status_page.n_cells == n_cells && status_page.n_cpus == n_cpus &&
      status_page.plan_crc == checksum && status_page.next == 0;
    ensures empty: \forall integer k; 0 <= k < BH_EVENTS ==>
      status_page.events[k].seq == 0xFFFFFFFFFFFFFFFF; */
void event_init(uint32_t n_cells, uint32_t n_cpus, uint32_t checksum);

/** Record an event: numbered without gaps, so that a reader sees when it missed some. May be called
 * by several CPUs at once; each gets its own place. Events of one place may overwrite each other only
 * after BH_EVENTS further ones. The place has no number while its record changes.
 * @req SWR_EVT_002 SWR_EVT_005 */
/*@ requires who: cpu < BH_CPUS_MAX && cell < BH_CELLS_MAX;
    terminates \true; exits \false;
    assigns hw, status_page, totals;
    ensures SWR_EVT_002: \exists integer k; 0 <= k < BH_EVENTS && status_page.events[k].id == id &&
      status_page.events[k].cpu == cpu && status_page.events[k].cell == cell &&
      status_page.events[k].a == a && status_page.events[k].b == b &&
      status_page.events[k].seq % BH_EVENTS == k &&
      status_page.next == saturated(status_page.events[k].seq);
    ensures SWR_EVT_003: totals.events[cell] == saturated(\old(totals.events[cell])) &&
      status_page.cells[cell].events == totals.events[cell];
    ensures SWR_EVT_004: status_page.armed == \old(status_page.armed); */
void event_record(uint32_t cpu, uint32_t cell, uint32_t id, uint64_t a, uint64_t b);

/** Count one exit of @p cpu by @p cause; the counters stop at their greatest value.
 * @req SWR_EVT_003 */
/*@ requires who: cpu < BH_CPUS_MAX && cause < BH_EXITS;
    terminates \true; exits \false;
    assigns totals, status_page;
    ensures SWR_EVT_003: totals.exits[cpu][cause] == saturated(\old(totals.exits[cpu][cause])) &&
      totals.total[cpu] == saturated(\old(totals.total[cpu]));
    ensures shown: status_page.cpus[cpu].exits[cause] == totals.exits[cpu][cause] &&
      status_page.cpus[cpu].total == totals.total[cpu]; */
void event_exit(uint32_t cpu, uint32_t cause);

/** Show the state of a CPU.
 * @req SWR_EVT_004 */
/*@ requires who: cpu < BH_CPUS_MAX && cell < BH_CELLS_MAX;
    terminates \true; exits \false;
    assigns status_page;
    ensures SWR_EVT_004: status_page.cpus[cpu].state == state && status_page.cpus[cpu].cell == cell; */
void event_show_cpu(uint32_t cpu, uint32_t state, uint32_t cell);

/** Show the state of a cell; counts its starts.
 * @req SWR_EVT_004 */
/*@ requires who: cell < BH_CELLS_MAX;
    terminates \true; exits \false;
    assigns status_page, totals;
    ensures SWR_EVT_004: status_page.cells[cell].state == state &&
      status_page.cells[cell].starts == totals.starts[cell]; */
void event_show_cell(uint32_t cell, uint32_t state);

/** Show whether the kernel holds the machine.
 * @req SWR_EVT_004 */
/*@ terminates \true; exits \false;
    assigns status_page.armed;
    ensures SWR_EVT_004: status_page.armed == armed; */
void event_show_armed(uint32_t armed);

#endif
