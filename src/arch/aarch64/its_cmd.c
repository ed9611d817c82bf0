/* SPDX-License-Identifier: Apache-2.0 */
#include "its_cmd.h"
#include "core/bits.h"

#define HIGH 0x100000000U /* weight of a word's upper half */
#define RD_NAMES 0x1000000000U
#define PRIORITY_MIN 0x10U
#define PHYSICAL 0x1000000000000U /* addresses have 48 bits */
#define TABLES_AT 0x1A0000U       /* from the memory map's base: behind its pools and other tables */
#define TABLE_BYTES 0x400U

struct its_map its_map;
uint64_t its_rd[BH_CPUS_MAX];

uint64_t its_table_of(uint32_t slot)
{
    return (board_facts.map_base % PHYSICAL) + TABLES_AT + ((uint64_t)slot * TABLE_BYTES);
}

uint32_t its_config_of(uint32_t byte)
{
    uint32_t value = byte % 0x100U;

    return (value < PRIORITY_MIN) ? (PRIORITY_MIN + (value % 2U)) : value;
}

/** RDbase of @p cpu.
 * @req SWR_ITS_001 */
/*@ requires cpu: cpu < BH_CPUS_MAX;
    terminates \true; exits \false; assigns \nothing;
    ensures SWR_ITS_001: \result == its_rdbase(cpu);
    ensures range: \result < 0x10000000000000; */
static uint64_t rdbase(uint32_t cpu)
{
    return (its_rd[cpu] % RD_NAMES) * 0x10000U;
}

/** A verdict without a command.
 * @req SWR_ITS_001 */
/*@ requires act: act < ITS_SEND;
    terminates \true; exits \false; assigns \nothing;
    ensures SWR_ITS_001: \result.act == act && \result.slot == 0; */
static struct its_verdict no_command(uint32_t act)
{
    struct its_verdict v = {act, 0U, 0U, 0U, 0U, 0U, 0U, 0U};

    return v;
}

/** A command to device @p id, with w2 and w3 zero.
 * @req SWR_ITS_002 */
/*@ requires args: op < 0x100 && id < ITS_DEVICE_IDS && act >= ITS_SEND;
    terminates \true; exits \false; assigns \nothing;
    ensures SWR_ITS_002: \result.act == act && \result.op == op && \result.slot == 0 &&
      \result.lpi == 0 && \result.w0 == op + 0x100000000 * id && \result.w1 == event &&
      \result.w2 == 0 && \result.w3 == 0; */
static struct its_verdict command(uint32_t act, uint32_t op, uint32_t id, uint32_t event)
{
    struct its_verdict v = {act, op, 0U, 0U, op + (HIGH * (uint64_t)id), event, 0U, 0U};

    return v;
}

struct its_verdict its_mapc(uint32_t icid, uint32_t cpu)
{
    struct its_verdict v = command((uint32_t)ITS_SEND, ITS_MAPC, 0U, 0U);

    v.w2 = ITS_VALID + rdbase(cpu) + icid;
    return v;
}

struct its_verdict its_unmapc(uint32_t icid)
{
    struct its_verdict v = command((uint32_t)ITS_SEND, ITS_MAPC, 0U, 0U);

    v.w2 = icid;
    return v;
}

struct its_verdict its_moveall(uint32_t from, uint32_t to)
{
    struct its_verdict v =
        command((uint32_t)ITS_SEND, (from == to) ? ITS_SYNC : ITS_MOVALL, 0U, 0U);

    v.w2 = rdbase(from);
    v.w3 = (from == to) ? 0U : rdbase(to);
    return v;
}

struct its_verdict its_invall(uint32_t icid)
{
    struct its_verdict v = command((uint32_t)ITS_COPY_ALL, ITS_INVALL, 0U, 0U);

    v.w2 = icid;
    return v;
}

/** The slot in which @p key stands, or ITS_DEVICES.
 * @req SWR_ITS_002 */
/*@ terminates \true; exits \false; assigns \nothing;
    ensures range: \result <= ITS_DEVICES;
    ensures SWR_ITS_002: \result < ITS_DEVICES ==> its_map.device[\result] == key; */
static uint32_t slot_of(uint32_t key)
{
    uint32_t found = ITS_DEVICES;
    uint32_t i = 0U;

    /*@ loop invariant bound: 0 <= i <= ITS_DEVICES;
        loop invariant yes: found <= ITS_DEVICES &&
          (found < ITS_DEVICES ==> its_map.device[found] == key);
        loop assigns i, found;
        loop variant ITS_DEVICES - i; */
    while (i < ITS_DEVICES) {
        if (its_map.device[i] == key) {
            found = i;
        }
        i++;
    }
    return found;
}

/** DeviceID of a command, or ITS_DEVICE_IDS.
 * @req SWR_ITS_002 */
/*@ terminates \true; exits \false; assigns \nothing;
    ensures SWR_ITS_002: \result == (c.w[0] / 0x100000000 < ITS_DEVICE_IDS ?
      c.w[0] / 0x100000000 : ITS_DEVICE_IDS); */
static uint32_t id_of(struct its_command c)
{
    uint64_t id = c.w[0] / HIGH;

    return (id < ITS_DEVICE_IDS) ? (uint32_t)id : ITS_DEVICE_IDS;
}

/** EventID of a command, or ITS_EVENTS.
 * @req SWR_ITS_002 */
/*@ terminates \true; exits \false; assigns \nothing;
    ensures SWR_ITS_002: \result == (c.w[1] % 0x100000000 < ITS_EVENTS ?
      c.w[1] % 0x100000000 : ITS_EVENTS); */
static uint32_t event_of(struct its_command c)
{
    uint64_t event = c.w[1] % HIGH;

    return (event < ITS_EVENTS) ? (uint32_t)event : ITS_EVENTS;
}

/** Index in its_map.lpi of a command's event, if the device has it, or ITS_SLOTS.
 * @req SWR_ITS_002 */
/*@ terminates \true; exits \false; assigns \nothing;
    ensures range: \result <= ITS_SLOTS;
    ensures SWR_ITS_002: \result < ITS_SLOTS ==> c.w[0] / 0x100000000 < ITS_DEVICE_IDS &&
      c.w[1] % 0x100000000 < ITS_EVENTS; */
static uint32_t index_of(struct its_command c)
{
    uint32_t id = id_of(c);
    uint32_t event = event_of(c);
    uint32_t slot = slot_of(id + 1U);
    uint32_t index = ITS_SLOTS;

    if ((id < ITS_DEVICE_IDS) && (slot < ITS_DEVICES) && (event < ITS_EVENTS) &&
        (event < its_map.events[slot])) {
        index = (slot * ITS_EVENTS) + event;
    }
    return index;
}

/** Collection of a command, if it is mapped, or ITS_COLLECTIONS.
 * @req SWR_ITS_001 */
/*@ terminates \true; exits \false; assigns \nothing;
    ensures SWR_ITS_001: \result <= ITS_COLLECTIONS &&
      (\result < ITS_COLLECTIONS ==> its_map.target[\result] != 0); */
static uint32_t collection_of(struct its_command c)
{
    uint32_t icid = (uint32_t)(c.w[2] % 0x10000U);

    return ((icid < ITS_COLLECTIONS) && (its_map.target[icid] != 0U)) ? icid : ITS_COLLECTIONS;
}

/** The CPU of @p cpus that @p word names as RDbase, or BH_CPUS_MAX.
 * @req SWR_ITS_001 */
/*@ terminates \true; exits \false; assigns \nothing;
    ensures range: \result <= BH_CPUS_MAX;
    ensures SWR_ITS_001: \result < BH_CPUS_MAX ==> bit_set(cpus, \result); */
static uint32_t cpu_named(uint64_t word, uint32_t cpus)
{
    uint64_t name = (word / 0x10000U) % RD_NAMES;
    uint32_t found = BH_CPUS_MAX;
    uint32_t cpu = 0U;

    /*@ loop invariant bound: 0 <= cpu <= BH_CPUS_MAX;
        loop invariant yes: found <= BH_CPUS_MAX && (found < BH_CPUS_MAX ==> bit_set(cpus, found));
        loop assigns cpu, found;
        loop variant BH_CPUS_MAX - cpu; */
    while (cpu < BH_CPUS_MAX) {
        if (bit_test(cpus, cpu) && (its_rd[cpu] == name)) {
            found = cpu;
        }
        cpu++;
    }
    return found;
}

/** Forget the events of a slot.
 * @req SWR_ITS_002 */
/*@ requires slot: slot < ITS_DEVICES;
    terminates \true; exits \false; assigns its_map;
    ensures SWR_ITS_002: its_map.device[slot] == \old(its_map.device[slot]); */
static void forget_events(uint32_t slot)
{
    uint32_t i = 0U;

    /*@ loop invariant bound: 0 <= i <= ITS_EVENTS;
        loop assigns i, its_map.lpi[0 .. ITS_SLOTS - 1];
        loop variant ITS_EVENTS - i; */
    while (i < ITS_EVENTS) {
        its_map.lpi[(slot * ITS_EVENTS) + i] = 0U;
        i++;
    }
}

/** MAPD of a device that is not mapped: a free slot, whose table the kernel has.
 * @req SWR_ITS_002 */
/*@ requires id: id < ITS_DEVICE_IDS && bits < ITS_EVENT_BITS;
    terminates \true; exits \false; assigns its_map;
    ensures SWR_ITS_001: its_ok(\result, roots);
    ensures SWR_ITS_002: its_ids(\result);
    ensures slot: \result.slot < ITS_DEVICES;
    ensures act: \result.act != ITS_COPY; */
static struct its_verdict map_device(uint32_t id, uint32_t bits, uint32_t roots)
{
    struct its_verdict v = no_command((uint32_t)ITS_REFUSE);
    uint32_t slot = slot_of(0U);

    (void)roots;
    if (slot < ITS_DEVICES) {
        forget_events(slot);
        its_map.device[slot] = id + 1U;
        its_map.events[slot] = bit_of(bits + 1U);
        v = command((uint32_t)ITS_WIPE, ITS_MAPD, id, bits);
        v.slot = slot;
        v.w2 = ITS_VALID + its_table_of(slot);
    }
    return v;
}

/** MAPD that ends what a device had.
 * @req SWR_ITS_002 */
/*@ requires args: id < ITS_DEVICE_IDS && slot < ITS_DEVICES;
    terminates \true; exits \false; assigns its_map;
    ensures SWR_ITS_001: its_ok(\result, roots);
    ensures SWR_ITS_002: its_ids(\result);
    ensures act: \result.act == ITS_SEND && \result.slot == 0; */
static struct its_verdict unmap_device(uint32_t id, uint32_t slot, uint32_t roots)
{
    (void)roots;
    forget_events(slot);
    its_map.device[slot] = 0U;
    its_map.events[slot] = 0U;
    return command((uint32_t)ITS_SEND, ITS_MAPD, id, 0U);
}

/** MAPD; one that is mapped is to be unmapped first.
 * @req SWR_ITS_002 */
/*@ terminates \true; exits \false; assigns its_map;
    ensures SWR_ITS_001: its_ok(\result, roots);
    ensures SWR_ITS_002: its_ids(\result);
    ensures slot: \result.slot < ITS_DEVICES;
    ensures act: \result.act != ITS_COPY; */
static struct its_verdict judge_mapd(struct its_command c, uint32_t roots)
{
    struct its_verdict v;
    uint32_t id = id_of(c);
    uint32_t bits = (uint32_t)(c.w[1] % 32U);
    bool valid = c.w[2] >= ITS_VALID;
    uint32_t slot = slot_of(id + 1U);

    if (id >= ITS_DEVICE_IDS) {
        v = no_command((uint32_t)ITS_REFUSE);
    } else if (!valid) {
        v = (slot < ITS_DEVICES) ? unmap_device(id, slot, roots) : no_command((uint32_t)ITS_DONE);
    } else if ((slot >= ITS_DEVICES) && (bits < ITS_EVENT_BITS)) {
        v = map_device(id, bits, roots);
    } else {
        v = no_command((uint32_t)ITS_REFUSE);
    }
    return v;
}

/** MAPC: the target is a CPU of root, or nobody.
 * @req SWR_ITS_001 */
/*@ terminates \true; exits \false; assigns its_map;
    ensures SWR_ITS_001: its_ok(\result, roots);
    ensures SWR_ITS_002: its_ids(\result);
    ensures act: \result.act != ITS_COPY && \result.slot == 0; */
static struct its_verdict judge_mapc(struct its_command c, uint32_t roots)
{
    struct its_verdict v;
    uint32_t icid = (uint32_t)(c.w[2] % 0x10000U);
    uint32_t cpu = cpu_named(c.w[2], roots);

    if (icid >= ITS_COLLECTIONS) {
        v = no_command((uint32_t)ITS_REFUSE);
    } else if (c.w[2] < ITS_VALID) {
        its_map.target[icid] = 0U;
        v = its_unmapc(icid);
    } else if (cpu < BH_CPUS_MAX) {
        its_map.target[icid] = cpu + 1U;
        v = its_mapc(icid, cpu);
        //@ assert root: bit_set(roots, cpu) && v.w2 == ITS_VALID + its_rdbase(cpu) + icid;
    } else {
        v = no_command((uint32_t)ITS_REFUSE);
    }
    return v;
}

/** MAPTI: an event of a mapped device becomes an LPI of a mapped collection.
 * @req SWR_ITS_002 */
/*@ terminates \true; exits \false; assigns its_map;
    ensures SWR_ITS_001: its_ok(\result, roots);
    ensures SWR_ITS_002: its_ids(\result);
    ensures slot: \result.slot == 0;
    ensures lpi: \result.act == ITS_COPY ==> ITS_LPI_FIRST <= \result.lpi < ITS_LPI_END; */
static struct its_verdict judge_mapti(struct its_command c, uint32_t roots)
{
    struct its_verdict v = no_command((uint32_t)ITS_REFUSE);
    uint32_t index = index_of(c);
    uint32_t icid = collection_of(c);
    uint64_t lpi = c.w[1] / HIGH;

    (void)roots;
    if ((index < ITS_SLOTS) && (icid < ITS_COLLECTIONS) && (lpi >= ITS_LPI_FIRST) &&
        (lpi < ITS_LPI_END)) {
        uint32_t id = id_of(c);
        uint32_t event = event_of(c);

        its_map.lpi[index] = (uint32_t)lpi;
        v = command((uint32_t)ITS_COPY, ITS_MAPTI, id, event);
        v.lpi = (uint32_t)lpi;
        v.w1 = event + (HIGH * lpi);
        v.w2 = icid;
        //@ assert device: id < ITS_DEVICE_IDS && v.w0 == ITS_MAPTI + 0x100000000 * id;
        //@ assert event: event < ITS_EVENTS && v.w1 == event + 0x100000000 * lpi;
        //@ assert low: v.w1 % 0x100000000 == event;
        //@ assert high: v.w1 / 0x100000000 == lpi;
    }
    return v;
}

/** MOVI: a mapped event goes to a mapped collection.
 * @req SWR_ITS_001 */
/*@ terminates \true; exits \false; assigns \nothing;
    ensures SWR_ITS_001: its_ok(\result, roots);
    ensures SWR_ITS_002: its_ids(\result);
    ensures act: \result.act != ITS_COPY && \result.slot == 0; */
static struct its_verdict judge_movi(struct its_command c, uint32_t roots)
{
    struct its_verdict v = no_command((uint32_t)ITS_REFUSE);
    uint32_t index = index_of(c);
    uint32_t icid = collection_of(c);

    (void)roots;
    if ((index < ITS_SLOTS) && (icid < ITS_COLLECTIONS) && (its_map.lpi[index] != 0U)) {
        v = command((uint32_t)ITS_SEND, ITS_MOVI, id_of(c), event_of(c));
        v.w2 = icid;
    }
    return v;
}

/** INV of a mapped event, which has this INTID; never of another one than root may have.
 * @req SWR_ITS_003 */
/*@ requires args: id < ITS_DEVICE_IDS && event < ITS_EVENTS;
    terminates \true; exits \false; assigns \nothing;
    ensures SWR_ITS_001: its_ok(\result, roots);
    ensures SWR_ITS_002: its_ids(\result);
    ensures slot: \result.slot == 0;
    ensures lpi: \result.act == ITS_COPY ==> ITS_LPI_FIRST <= \result.lpi < ITS_LPI_END; */
static struct its_verdict invalidate(uint32_t id, uint32_t event, uint32_t lpi, uint32_t roots)
{
    struct its_verdict v = no_command((uint32_t)ITS_REFUSE);

    (void)roots;
    if ((lpi >= ITS_LPI_FIRST) && (lpi < ITS_LPI_END)) {
        v = command((uint32_t)ITS_COPY, ITS_INV, id, event);
        v.lpi = lpi;
    }
    return v;
}

/** INT, CLEAR, DISCARD, INV of a mapped event.
 * @req SWR_ITS_002 */
/*@ requires op: op == ITS_INT || op == ITS_CLEAR || op == ITS_DISCARD || op == ITS_INV;
    terminates \true; exits \false; assigns its_map;
    ensures SWR_ITS_001: its_ok(\result, roots);
    ensures SWR_ITS_002: its_ids(\result);
    ensures slot: \result.slot == 0;
    ensures lpi: \result.act == ITS_COPY ==> ITS_LPI_FIRST <= \result.lpi < ITS_LPI_END; */
static struct its_verdict judge_event(struct its_command c, uint32_t op, uint32_t roots)
{
    struct its_verdict v;
    uint32_t index = index_of(c);

    if ((index >= ITS_SLOTS) || (its_map.lpi[index] == 0U)) {
        v = no_command((uint32_t)ITS_REFUSE);
    } else if (op == ITS_INV) {
        v = invalidate(id_of(c), event_of(c), its_map.lpi[index], roots);
    } else {
        v = command((uint32_t)ITS_SEND, op, id_of(c), event_of(c));
        if (op == ITS_DISCARD) {
            its_map.lpi[index] = 0U;
        }
    }
    return v;
}

/** INVALL of a mapped collection.
 * @req SWR_ITS_003 */
/*@ terminates \true; exits \false; assigns \nothing;
    ensures SWR_ITS_001: its_ok(\result, roots);
    ensures SWR_ITS_002: its_ids(\result);
    ensures act: \result.act != ITS_COPY && \result.slot == 0; */
static struct its_verdict judge_invall(struct its_command c, uint32_t roots)
{
    struct its_verdict v = no_command((uint32_t)ITS_REFUSE);
    uint32_t icid = collection_of(c);

    (void)roots;
    if (icid < ITS_COLLECTIONS) {
        v = its_invall(icid);
    }
    return v;
}

/** MOVALL and SYNC: both CPUs are root's. To wait for a CPU that was root's is to wait for nothing.
 * @req SWR_ITS_001 */
/*@ requires op: op == ITS_MOVALL || op == ITS_SYNC;
    terminates \true; exits \false; assigns \nothing;
    ensures SWR_ITS_001: its_ok(\result, roots);
    ensures SWR_ITS_002: its_ids(\result);
    ensures act: \result.act != ITS_COPY && \result.slot == 0; */
static struct its_verdict judge_cpus(struct its_command c, uint32_t op, uint32_t roots)
{
    uint32_t from = cpu_named(c.w[2], roots);
    uint32_t to = (op == ITS_SYNC) ? from : cpu_named(c.w[3], roots);
    struct its_verdict v;

    if ((from < BH_CPUS_MAX) && (to < BH_CPUS_MAX)) {
        v = its_moveall(from, to);
    } else if ((op == ITS_SYNC) && (cpu_named(c.w[2], 0xFFU) < BH_CPUS_MAX)) {
        v = no_command((uint32_t)ITS_DONE);
    } else {
        v = no_command((uint32_t)ITS_REFUSE);
    }
    return v;
}

struct its_verdict its_judge(struct its_command c, uint32_t roots)
{
    uint32_t op = (uint32_t)(c.w[0] % 0x100U);
    struct its_verdict v;

    switch (op) {
    case ITS_MAPD:
        v = judge_mapd(c, roots);
        break;
    case ITS_MAPC:
        v = judge_mapc(c, roots);
        break;
    case ITS_MAPTI:
        v = judge_mapti(c, roots);
        break;
    case ITS_MOVI:
        v = judge_movi(c, roots);
        break;
    case ITS_INVALL:
        v = judge_invall(c, roots);
        break;
    case ITS_MOVALL:
    case ITS_SYNC:
        v = judge_cpus(c, op, roots);
        break;
    case ITS_INT:
    case ITS_CLEAR:
    case ITS_DISCARD:
    case ITS_INV:
        v = judge_event(c, op, roots);
        break;
    default: /* MAPI, whose INTID is its EventID, can name no LPI; GICv4 is not served */
        v = no_command((uint32_t)ITS_REFUSE);
        break;
    }
    return v;
}
