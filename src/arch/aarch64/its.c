/* SPDX-License-Identifier: Apache-2.0 */
#include "its.h"
#include "core/bits.h"
#include "core/arch/irq.h"

/* The kernel's tables, from the first address behind the stage-2 pools (kernel.lds: _its). */
#define TABLES_AT 0x100000U
#define PENDING_AT TABLES_AT                /* 64 KiB for each CPU */
#define DEVICES_AT (TABLES_AT + 0x80000U)   /* 64 KiB */
#define COLLECTIONS_AT (TABLES_AT + 0x90000U)
#define CONFIG_AT (TABLES_AT + 0xB0000U)    /* a byte for each LPI */
#define QUEUE_AT (TABLES_AT + 0xB2000U)     /* 4 KiB */
#define TABLE_BYTES 0x10000U
#define EVENTS_WORDS 128U                   /* a table of events: entries have 16 bytes at most */
#define PHYSICAL 0x1000000000000U
#define QUEUE_ENTRIES 128U
#define COMMAND_BYTES 32U

#define NON_CACHEABLE 0x0800000000000000U   /* GITS_BASERn, GITS_CBASER: InnerCache */
#define RD_NON_CACHEABLE 0x80U              /* GICR_PROPBASER, GICR_PENDBASER: InnerCache */
#define PEND_ZERO 0x4000000000000000U       /* GICR_PENDBASER.PTZ */
#define PROP_ID_BITS 13U                    /* INTIDs of 14 bits */
#define BASER_TYPE 0x100000000000000U       /* weight of bits 58:56 */
#define BASER_ENTRY 0x1000000000000U        /* weight of bits 52:48 */
#define BASER_PAGE 0x100U                   /* weight of bits 9:8 */
#define TYPE_DEVICES 1U
#define TYPE_COLLECTIONS 4U
#define TYPER_PROCESSOR 0x100U              /* GICR_TYPER: weight of bits 23:8 */

#define ITS_TURNS_MAX 10000000U

struct its its;

/** Address of a register of the ITS.
 * @req SWR_ITS_004 */
/*@ terminates \true; exits \false; assigns \nothing; */
static uint64_t gits_at(uint32_t offset)
{
    return (board.gits % GIC_ADDRESS) + offset;
}

/** Address in the kernel's memory for the ITS.
 * @req SWR_ITS_004 */
/*@ terminates \true; exits \false; assigns \nothing;
    ensures SWR_ITS_004: \result == board_facts.map_base % PHYSICAL + offset;
    ensures range: \result < 0x2000000000000; */
static uint64_t memory_at(uint32_t offset)
{
    return (board_facts.map_base % PHYSICAL) + offset;
}

/** Name a table of the kernel's to the ITS; true when it is taken over as it is.
 * @req SWR_ITS_004 */
/*@ requires baser: n < ITS_BASERS;
    terminates \true; exits \false; assigns hw; */
static bool place_table(uint32_t n, uint32_t offset)
{
    uint64_t at = gits_at(GITS_BASER + (n * 8U));
    uint64_t value = ITS_VALID + NON_CACHEABLE + memory_at(offset);
    uint64_t page;
    uint64_t kept;
    uint64_t size = 0U;

    //@ assert room: value <= 0x8900000000000000;
    mmio_write64(at, value + (2U * BASER_PAGE)); /* pages of 64 KiB, or what the ITS has */
    page = (mmio_read64(at) / BASER_PAGE) % 4U;
    //@ assert page: page < 4;
    if (page == 0U) {
        size = 15U;
    } else if (page == 1U) {
        size = 3U;
    } else {
        size = 0U;
    }
    //@ assert size: size < 16;
    value += (page * BASER_PAGE) + size;
    mmio_write64(at, value);
    kept = mmio_read64(at);
    return (kept >= ITS_VALID) && (((kept ^ value) % BASER_ENTRY) == 0U);
}

/** Give a table to the ITS if it wants one; false when the kernel has none for it.
 * @req SWR_ITS_004 */
/*@ requires baser: n < ITS_BASERS;
    terminates \true; exits \false; assigns hw; */
static bool serve_table(uint32_t n)
{
    uint64_t found = mmio_read64(gits_at(GITS_BASER + (n * 8U)));
    uint64_t type = (found / BASER_TYPE) % 8U;
    bool good = true;

    if (type == TYPE_DEVICES) {
        uint64_t entry = ((found / BASER_ENTRY) % 32U) + 1U;

        good = ((entry * ITS_DEVICE_IDS) <= TABLE_BYTES) && place_table(n, DEVICES_AT);
    } else if (type == TYPE_COLLECTIONS) {
        good = place_table(n, COLLECTIONS_AT);
    } else {
        good = true; /* unused, or of GICv4, which is not served */
    }
    return good;
}

/** Give all tables.
 * @req SWR_ITS_004 */
/*@ terminates \true; exits \false; assigns hw; */
static bool serve_tables(void)
{
    bool good = true;
    uint32_t n = 0U;

    /*@ loop invariant bound: 0 <= n <= ITS_BASERS;
        loop assigns n, good, hw;
        loop variant ITS_BASERS - n; */
    while (n < ITS_BASERS) {
        if (!serve_table(n)) {
            good = false;
        }
        n++;
    }
    return good;
}

void its_init(void)
{
    bool off = (mmio_read32(gits_at(GITS_CTLR)) & GITS_CTLR_ENABLED) == 0U;

    its.mode = (uint32_t)ITS_OFF;
    if (off && serve_tables()) {
        its.mode = (uint32_t)ITS_HELD;
        mmio_write64(gits_at(GITS_CBASER), ITS_VALID + NON_CACHEABLE + memory_at(QUEUE_AT));
        mmio_write64(gits_at(GITS_CWRITER), 0U);
        mmio_write32(gits_at(GITS_CTLR), GITS_CTLR_ENABLED);
    }
}

void its_cpu_init(uint32_t cpu)
{
    bool named = (mmio_read32(gits_at(GITS_TYPER)) & GITS_TYPER_PTA) != 0U;
    uint64_t number = mmio_read64(gicr_at(cpu, GICR_TYPER)) / TYPER_PROCESSOR;

    its_rd[cpu] = named ? (gicr_at(cpu, 0U) / 0x10000U) : (number % 0x10000U);
    if ((mmio_read32(gicr_at(cpu, GICR_CTLR)) & GICR_CTLR_ENABLE_LPIS) != 0U) {
        its_rd[cpu] = ITS_RD_NONE; /* its tables are not the kernel's to choose */
    } else {
        mmio_write64(gicr_at(cpu, GICR_PROPBASER),
                     memory_at(CONFIG_AT) + RD_NON_CACHEABLE + PROP_ID_BITS);
        mmio_write64(gicr_at(cpu, GICR_PENDBASER),
                     memory_at(PENDING_AT + (cpu * TABLE_BYTES)) + RD_NON_CACHEABLE + PEND_ZERO);
    }
}

bool its_taken(uint32_t cpu)
{
    uint32_t turns = ITS_TURNS_MAX;
    bool mine = false;
    uint64_t deadline = arch_time_after(ITS_WAIT_US);

    /*@ loop invariant bound: 0 <= turns <= ITS_TURNS_MAX;
        loop assigns mine, turns, hw;
        loop variant turns; */
    while ((!mine) && (turns > 0U)) {
        mine = arch_shared_swap((uint32_t)SW_ITS, 0U, 0U, (uint64_t)cpu + 1U);
        arch_relax();
        turns = (arch_time() < deadline) ? (turns - 1U) : 0U;
    }
    return mine;
}

void its_released(void)
{
    arch_shared_store((uint32_t)SW_ITS, 0U, 0U);
}

/** Wait until the ITS has consumed all.
 * @req SWR_ITS_006 */
/*@ terminates \true; exits \false; assigns \nothing; */
static bool consumed(uint32_t next)
{
    uint64_t deadline = arch_time_after(ITS_WAIT_US);
    uint32_t turns = ITS_TURNS_MAX;
    bool done = false;

    /*@ loop invariant bound: 0 <= turns <= ITS_TURNS_MAX;
        loop assigns done, turns;
        loop variant turns; */
    while ((!done) && (turns > 0U)) {
        done = (mmio_read64(gits_at(GITS_CREADR)) % 0x100000U) == ((uint64_t)next * COMMAND_BYTES);
        arch_relax();
        turns = (arch_time() < deadline) ? (turns - 1U) : 0U;
    }
    return done;
}

/** Write a command to an entry of the kernel's queue.
 * @req SWR_ITS_006 */
/*@ requires entry: entry < QUEUE_ENTRIES;
    terminates \true; exits \false; assigns hw; */
static void enqueue(uint32_t entry, struct its_verdict v)
{
    uint64_t at = memory_at(QUEUE_AT + (entry * COMMAND_BYTES));

    its_publish(at, v.w0);
    its_publish(at + 8U, v.w1);
    its_publish(at + 16U, v.w2);
    its_publish(at + 24U, v.w3);
}

void its_send(uint32_t cpu, struct its_verdict v, uint32_t roots)
{
    (void)roots;
    if (its.mode == (uint32_t)ITS_HELD) {
        uint32_t entry = its.next % QUEUE_ENTRIES;
        uint32_t next = (entry + 1U) % QUEUE_ENTRIES;

        enqueue(entry, v);
        its.next = next;
        mmio_write64(gits_at(GITS_CWRITER), (uint64_t)next * COMMAND_BYTES);
        if (!consumed(next)) {
            its.mode = (uint32_t)ITS_OFF;
            its.stalled = 1U;
            mmio_write32(gits_at(GITS_CTLR), 0U);
            event_record(cpu, BH_CELL_ROOT, (uint32_t)BH_EV_ITS_REFUSED, GITS_CREADR, v.w0);
        }
    }
}

void its_wipe(uint32_t slot)
{
    uint64_t at = its_table_of(slot);
    uint32_t i = 0U;

    /*@ loop invariant bound: 0 <= i <= EVENTS_WORDS;
        loop assigns i, hw;
        loop variant EVENTS_WORDS - i; */
    while (i < EVENTS_WORDS) {
        its_publish(at + ((uint64_t)i * 8U), 0U);
        i++;
    }
}

void its_configure(uint32_t lpi, uint32_t value)
{
    its_publish8(memory_at(CONFIG_AT) + (lpi - ITS_LPI_FIRST), value);
}

uint32_t its_roots(void)
{
    uint32_t roots = 0U;
    uint32_t cpu = 0U;

    /*@ loop invariant bound: 0 <= cpu <= BH_CPUS_MAX;
        loop invariant so_far: \forall integer k; 0 <= k < 32 && bit_set(roots, k) ==>
          k < cpu && cell_on(k) == BH_CELL_ROOT && bit_set(its.present, k);
        loop assigns cpu, roots;
        loop variant BH_CPUS_MAX - cpu; */
    while (cpu < BH_CPUS_MAX) {
        if ((cpu_cell(cpu) == BH_CELL_ROOT) && bit_test(its.present, cpu)) {
            roots = bit_any(roots, bit_of(cpu));
        }
        cpu++;
    }
    return roots;
}

/** A CPU of @p roots, or BH_CPUS_MAX.
 * @req SWR_ITS_007 */
/*@ terminates \true; exits \false; assigns \nothing;
    ensures SWR_ITS_007: \result <= BH_CPUS_MAX &&
      (\result < BH_CPUS_MAX ==> bit_set(roots, \result)); */
static uint32_t one_of(uint32_t roots)
{
    uint32_t found = BH_CPUS_MAX;
    uint32_t cpu = 0U;

    /*@ loop invariant bound: 0 <= cpu <= BH_CPUS_MAX;
        loop invariant yes: found <= BH_CPUS_MAX && (found < BH_CPUS_MAX ==> bit_set(roots, found));
        loop assigns cpu, found;
        loop variant BH_CPUS_MAX - cpu; */
    while (cpu < BH_CPUS_MAX) {
        if (bit_test(roots, cpu)) {
            found = cpu;
        }
        cpu++;
    }
    return found;
}

/** A collection that leads to @p from leads to @p to, or nowhere if that is BH_CPUS_MAX.
 * @req SWR_ITS_007 */
/*@ requires args: icid < ITS_COLLECTIONS && from < BH_CPUS_MAX && cpu < BH_CPUS_MAX;
    requires to: to <= BH_CPUS_MAX && (to < BH_CPUS_MAX ==> bit_set(roots, to));
    terminates \true; exits \false; assigns hw, its, its_map.target[icid], status_page, totals;
    ensures SWR_ITS_007: to != from ==> its_map.target[icid] != from + 1; */
static void turn(uint32_t cpu, uint32_t icid, uint32_t from, uint32_t to, uint32_t roots)
{
    if (its_map.target[icid] == (from + 1U)) {
        its_map.target[icid] = (to < BH_CPUS_MAX) ? (to + 1U) : 0U;
        its_send(cpu, (to < BH_CPUS_MAX) ? its_mapc(icid, to) : its_unmapc(icid), roots);
    }
}

/** All collections that lead to a CPU.
 * @req SWR_ITS_007 */
/*@ requires args: from < BH_CPUS_MAX;
    requires to: to != from && to <= BH_CPUS_MAX && (to < BH_CPUS_MAX ==> bit_set(roots, to));
    terminates \true; exits \false; assigns hw, its, its_map, status_page, totals;
    ensures SWR_ITS_007: its_left(from); */
static void turn_all(uint32_t from, uint32_t to, uint32_t roots)
{
    uint32_t icid = 0U;

    /*@ loop invariant bound: 0 <= icid <= ITS_COLLECTIONS;
        loop invariant SWR_ITS_007: \forall integer k; 0 <= k < icid ==>
          its_map.target[k] != from + 1;
        loop assigns icid, hw, its, its_map.target[0 .. ITS_COLLECTIONS - 1], status_page, totals;
        loop variant ITS_COLLECTIONS - icid; */
    while (icid < ITS_COLLECTIONS) {
        turn(from, icid, from, to, roots);
        icid++;
    }
}

/** What waits at a CPU goes to another one.
 * @req SWR_ITS_007 */
/*@ requires args: from < BH_CPUS_MAX && to < BH_CPUS_MAX && from != to;
    requires roots: bit_set(roots, from) && bit_set(roots, to);
    terminates \true; exits \false; assigns hw, its, status_page, totals; */
static void move(uint32_t from, uint32_t to, uint32_t roots)
{
    its_send(from, its_moveall(from, from), roots); /* what is on its way arrives first */
    its_send(from, its_moveall(from, to), roots);
    its_send(from, its_moveall(from, from), roots);
}

/** The same with the ITS at hand.
 * @req SWR_ITS_007 */
/*@ requires cpu: cpu < BH_CPUS_MAX;
    terminates \true; exits \false; assigns hw, its, its_map, status_page, totals;
    ensures SWR_ITS_007: its_left(cpu); */
static void leave(uint32_t cpu)
{
    uint32_t roots = its_roots();
    uint32_t others = bit_without(roots, bit_of(cpu));
    uint32_t to = one_of(others);

    turn_all(cpu, to, roots);
    if (bit_test(roots, cpu) && (to < BH_CPUS_MAX)) {
        move(cpu, to, roots);
    }
    its.present = bit_without(its.present, bit_of(cpu));
    if (its.mode != (uint32_t)ITS_HELD) {
        mmio_write32(gicr_at(cpu, GICR_CTLR), 0U); /* nothing could be moved */
    }
}

bool its_leave(uint32_t cpu)
{
    bool good = true;

    if ((its.mode != (uint32_t)ITS_PASS) && (cpu_cell(cpu) == BH_CELL_ROOT)) {
        good = its_taken(cpu);
        if (good) {
            leave(cpu);
            its_released();
        }
    }
    return good;
}

/** No LPI comes to a CPU of root until it asks for them again.
 * @req SWR_RST_006 */
/*@ requires cpu: cpu < BH_CPUS_MAX;
    terminates \true; exits \false; assigns hw; */
static void lpis_off(uint32_t cpu)
{
    if ((its.mode == (uint32_t)ITS_HELD) && (cpu_cell(cpu) == BH_CELL_ROOT)) {
        mmio_write32(gicr_at(cpu, GICR_CTLR), 0U);
    }
}

bool arch_irq_anew(uint32_t first)
{
    bool good = true;
    uint32_t cpu = 0U;

    /*@ loop invariant bound: 0 <= cpu <= BH_CPUS_MAX;
        loop assigns cpu, good, hw, its, its_map, status_page, totals;
        loop variant BH_CPUS_MAX - cpu; */
    while (cpu < BH_CPUS_MAX) {
        if (cpu < plan.n_cpus) {
            if ((cpu != first) && (!its_leave(cpu))) {
                good = false;
            }
            lpis_off(cpu);
        }
        cpu++;
    }
    return good;
}
