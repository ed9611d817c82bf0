/* SPDX-License-Identifier: Apache-2.0 */
#include "core/event.h"

/* No event has this number: a reader cannot take an empty place for one. */
#define NO_EVENT 0xFFFFFFFFFFFFFFFFU

struct totals totals;

/** @req SWR_EVT_001 */
/*@ terminates \true; exits \false;
    assigns status_page.plan_digest[0 .. BH_DIGEST_WORDS - 1]; */
static void clear_plan_digest(void)
{
    uint32_t i = 0U;

    /*@ loop invariant bound: 0 <= i <= BH_DIGEST_WORDS;
        loop assigns i, status_page.plan_digest[0 .. BH_DIGEST_WORDS - 1];
        loop variant BH_DIGEST_WORDS - i; */
    while (i < BH_DIGEST_WORDS) {
        status_page.plan_digest[i] = 0U;
        i++;
    }
}

/** @req SWR_EVT_001 */
/*@ requires cell: cell < BH_CELLS_MAX;
    terminates \true; exits \false;
    assigns status_page.cells[cell].digest[0 .. BH_DIGEST_WORDS - 1]; */
static void clear_digest(uint32_t cell)
{
    uint32_t i = 0U;

    /*@ loop invariant bound: 0 <= i <= BH_DIGEST_WORDS;
        loop assigns i, status_page.cells[cell].digest[0 .. BH_DIGEST_WORDS - 1];
        loop variant BH_DIGEST_WORDS - i; */
    while (i < BH_DIGEST_WORDS) {
        status_page.cells[cell].digest[i] = 0U;
        i++;
    }
}

/** @req SWR_EVT_001 */
/*@ terminates \true; exits \false;
    assigns status_page.cells[0 .. BH_CELLS_MAX - 1], totals; */
static void clear_cells(void)
{
    uint32_t i = 0U;

    /*@ loop invariant bound: 0 <= i <= BH_CELLS_MAX;
        loop assigns i, status_page.cells[0 .. BH_CELLS_MAX - 1], totals;
        loop variant BH_CELLS_MAX - i; */
    while (i < BH_CELLS_MAX) {
        status_page.cells[i].state = 0U;
        status_page.cells[i].starts = 0U;
        status_page.cells[i].events = 0U;
        status_page.cells[i].locks = 0U;
        status_page.cells[i].measured = 0U;
        clear_digest(i);
        totals.starts[i] = 0U;
        totals.events[i] = 0U;
        i++;
    }
}

/** @req SWR_EVT_001 */
/*@ terminates \true; exits \false;
    assigns status_page.events[0 .. BH_EVENTS - 1];
    ensures SWR_EVT_001: \forall integer k; 0 <= k < BH_EVENTS ==>
      status_page.events[k].seq == 0xFFFFFFFFFFFFFFFF; */
static void clear_events(void)
{
    uint32_t i = 0U;

    /*@ loop invariant bound: 0 <= i <= BH_EVENTS;
        loop invariant so_far: \forall integer k; 0 <= k < i ==>
          status_page.events[k].seq == 0xFFFFFFFFFFFFFFFF;
        loop assigns i, status_page.events[0 .. BH_EVENTS - 1];
        loop variant BH_EVENTS - i; */
    while (i < BH_EVENTS) {
        status_page.events[i].seq = NO_EVENT;
        status_page.events[i].id = 0U;
        i++;
    }
}

/** @req SWR_EVT_001 */
/*@ requires who: cpu < BH_CPUS_MAX;
    terminates \true; exits \false;
    assigns status_page.cpus[0 .. BH_CPUS_MAX - 1], totals; */
static void clear_cpu(uint32_t cpu)
{
    uint32_t i = 0U;

    status_page.cpus[cpu].state = 0U;
    status_page.cpus[cpu].cell = BH_CELL_ROOT;
    status_page.cpus[cpu].total = 0U;
    totals.total[cpu] = 0U;
    /*@ loop invariant bound: 0 <= i <= BH_EXITS;
        loop assigns i, status_page.cpus[0 .. BH_CPUS_MAX - 1], totals;
        loop variant BH_EXITS - i; */
    while (i < (uint32_t)BH_EXITS) {
        status_page.cpus[cpu].exits[i] = 0U;
        totals.exits[cpu][i] = 0U;
        i++;
    }
}

/** @req SWR_EVT_001 */
/*@ terminates \true; exits \false;
    assigns status_page.cpus[0 .. BH_CPUS_MAX - 1], totals; */
static void clear_cpus(void)
{
    uint32_t cpu = 0U;

    /*@ loop invariant bound: 0 <= cpu <= BH_CPUS_MAX;
        loop assigns cpu, status_page.cpus[0 .. BH_CPUS_MAX - 1], totals;
        loop variant BH_CPUS_MAX - cpu; */
    while (cpu < BH_CPUS_MAX) {
        clear_cpu(cpu);
        cpu++;
    }
}

void event_init(uint32_t n_cells, uint32_t n_cpus, uint32_t checksum)
{
    status_page.armed = 0U;
    clear_cells();
    clear_cpus();
    clear_events();
    clear_plan_digest();
    status_page.locks = 0U;
    status_page.abi = BH_ABI_VERSION;
    status_page.next = 0U;
    status_page.n_cells = n_cells;
    status_page.n_cpus = n_cpus;
    status_page.plan_crc = checksum;
    status_page.dma_open = 1U; /* until an SMMU driver exists, plans must accept it by name */
    status_page.magic = BH_STATUS_MAGIC;
}

/** One more, or the greatest value.
 * @req SWR_EVT_003 */
/*@ terminates \true; exits \false; assigns \nothing;
    ensures SWR_EVT_003: \result == saturated(n); */
static uint64_t one_more(uint64_t n)
{
    return (n < 0xFFFFFFFFFFFFFFFFU) ? (n + 1U) : n;
}

void event_record(uint32_t cpu, uint32_t cell, uint32_t id, uint64_t a, uint64_t b)
{
    uint64_t seq = arch_shared_next((uint32_t)SW_EVENT, 0U);
    uint32_t k = (uint32_t)(seq % BH_EVENTS);

    /* What was there is gone: a reader never takes half of this record for the old one. */
    status_page.events[k].seq = NO_EVENT;
    arch_publish();
    status_page.events[k].time = arch_time();
    status_page.events[k].id = id;
    status_page.events[k].cpu = cpu;
    status_page.events[k].cell = cell;
    status_page.events[k].zero = 0U;
    status_page.events[k].a = a;
    status_page.events[k].b = b;
    arch_publish(); /* a reader that sees the number sees the record */
    status_page.events[k].seq = seq;
    status_page.next = one_more(seq);
    totals.events[cell] = one_more(totals.events[cell]);
    status_page.cells[cell].events = totals.events[cell];
}

void event_exit(uint32_t cpu, uint32_t cause)
{
    totals.exits[cpu][cause] = one_more(totals.exits[cpu][cause]);
    totals.total[cpu] = one_more(totals.total[cpu]);
    status_page.cpus[cpu].exits[cause] = totals.exits[cpu][cause];
    status_page.cpus[cpu].total = totals.total[cpu];
}

void event_show_cpu(uint32_t cpu, uint32_t state, uint32_t cell)
{
    status_page.cpus[cpu].state = state;
    status_page.cpus[cpu].cell = cell;
}

void event_show_cell(uint32_t cell, uint32_t state)
{
    if ((state == (uint32_t)BH_STATE_RUNNING) && (totals.starts[cell] < 0xFFFFFFFFU)) {
        totals.starts[cell]++;
    }
    status_page.cells[cell].state = state;
    status_page.cells[cell].starts = totals.starts[cell];
}

void event_show_armed(uint32_t armed)
{
    status_page.armed = armed;
}
