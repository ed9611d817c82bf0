/* SPDX-License-Identifier: Apache-2.0 */
/** @file its_cmd.h
 * Commands of the ITS (GIC Architecture Specification IHI 0069, ITS commands): what root asks for, judged
 * against what is mapped, and composed anew. No word of root's command reaches the ITS as it is.
 */
#ifndef AARCH64_ITS_CMD_H
#define AARCH64_ITS_CMD_H

#include "abi/plan.h"
#include "its_state.h"
#include "sysreg.h"
#include "core/arch/board.h"

#define ITS_DEVICE_IDS 8192U /**< DeviceIDs below this */
#define ITS_EVENT_BITS 6U
#define ITS_LPI_FIRST 8192U
#define ITS_LPI_END 16384U
#define ITS_RD_NONE 0x1000000000U /**< no name: a redistributor that the kernel does not hold */
#define ITS_VALID 0x8000000000000000U

#define ITS_MOVI 0x01U
#define ITS_INT 0x03U
#define ITS_CLEAR 0x04U
#define ITS_SYNC 0x05U
#define ITS_MAPD 0x08U
#define ITS_MAPC 0x09U
#define ITS_MAPTI 0x0AU
#define ITS_INV 0x0CU
#define ITS_INVALL 0x0DU
#define ITS_MOVALL 0x0EU
#define ITS_DISCARD 0x0FU

struct its_command {
    uint64_t w[4];
};

/** What is to be done with a command of root. */
enum its_act {
    ITS_REFUSE = 0, /**< nothing, and that is an event */
    ITS_DONE = 1,   /**< nothing: it has no effect */
    ITS_SEND = 2,   /**< give `out` to the ITS */
    ITS_COPY = 3,   /**< copy the configuration of `lpi`, then as ITS_SEND */
    ITS_COPY_ALL = 4, /**< copy that of all mapped LPIs, then as ITS_SEND */
    ITS_WIPE = 5    /**< zero the table of `slot`, then as ITS_SEND */
};

struct its_verdict {
    uint32_t act;
    uint32_t op;   /**< command of `out` */
    uint32_t lpi;
    uint32_t slot;
    uint64_t w0;
    uint64_t w1;
    uint64_t w2;
    uint64_t w3;
};

/** Name of each CPU's redistributor in commands: its number, or bits 51:16 of its address. */
extern uint64_t its_rd[BH_CPUS_MAX];

/*@ logic integer its_rdbase(integer k) = (its_rd[k] % 0x1000000000) * 0x10000;
    // where the table of a device's events is: never an address of root
    logic integer its_table(integer s) =
      board_facts.map_base % 0x1000000000000 + 0x1A0000 + s * 0x400;
    predicate its_cpu{L}(integer base, integer roots) = \exists integer k;
      0 <= k < BH_CPUS_MAX && bit_set(roots, k) && base == its_rdbase(k);
    predicate its_ok{L}(struct its_verdict v, integer roots) = v.act >= ITS_SEND ==>
      (v.op == ITS_MAPD && v.w3 == 0 && (v.w2 == 0 || \exists integer s;
        0 <= s < ITS_DEVICES && v.w2 == ITS_VALID + its_table(s))) ||
      (v.op == ITS_MAPC && v.w3 == 0 && ((0 <= v.w2 < ITS_COLLECTIONS) || \exists integer k, i;
        0 <= k < BH_CPUS_MAX && bit_set(roots, k) && 0 <= i < ITS_COLLECTIONS &&
        v.w2 == ITS_VALID + its_rdbase(k) + i)) ||
      (v.op == ITS_MOVALL && its_cpu(v.w2, roots) && its_cpu(v.w3, roots)) ||
      (v.op == ITS_SYNC && its_cpu(v.w2, roots) && v.w3 == 0) ||
      ((v.op == ITS_MAPTI || v.op == ITS_MOVI || v.op == ITS_INT || v.op == ITS_CLEAR ||
        v.op == ITS_INV || v.op == ITS_INVALL || v.op == ITS_DISCARD) &&
        0 <= v.w2 < ITS_COLLECTIONS && v.w3 == 0);
    predicate its_ids{L}(struct its_verdict v) = v.act >= ITS_SEND ==>
      (\exists integer d; 0 <= d < ITS_DEVICE_IDS && v.w0 == v.op + 0x100000000 * d) &&
      ((0 <= v.w1 < ITS_EVENTS && v.op != ITS_MAPTI) || (v.op == ITS_MAPTI &&
        v.w1 % 0x100000000 < ITS_EVENTS && ITS_LPI_FIRST <= v.w1 / 0x100000000 < ITS_LPI_END)); */

/** Address of the table of events in @p slot.
 * @req SWR_ITS_002 */
/*@ requires slot: slot < ITS_DEVICES;
    terminates \true; exits \false; assigns \nothing;
    ensures SWR_ITS_002: \result == its_table(slot); */
uint64_t its_table_of(uint32_t slot);

/** MAPC of collection @p icid to @p cpu.
 * @req SWR_ITS_001 */
/*@ requires args: icid < ITS_COLLECTIONS && cpu < BH_CPUS_MAX;
    terminates \true; exits \false; assigns \nothing;
    ensures SWR_ITS_001: \result.act == ITS_SEND && \result.op == ITS_MAPC && \result.w3 == 0 &&
      \result.w0 == ITS_MAPC && \result.w1 == 0 && \result.slot == 0 &&
      \result.w2 == ITS_VALID + its_rdbase(cpu) + icid; */
struct its_verdict its_mapc(uint32_t icid, uint32_t cpu);

/** MAPC that takes the target from collection @p icid.
 * @req SWR_ITS_001 */
/*@ requires args: icid < ITS_COLLECTIONS;
    terminates \true; exits \false; assigns \nothing;
    ensures SWR_ITS_001: \result.act == ITS_SEND && \result.op == ITS_MAPC && \result.w2 == icid &&
      \result.w0 == ITS_MAPC && \result.w1 == 0 && \result.w3 == 0 && \result.slot == 0; */
struct its_verdict its_unmapc(uint32_t icid);

/** MOVALL (or, with @p to the same, SYNC) of a CPU's interrupts to another CPU.
 * @req SWR_ITS_001 */
/*@ requires args: from < BH_CPUS_MAX && to < BH_CPUS_MAX;
    terminates \true; exits \false; assigns \nothing;
    ensures SWR_ITS_001: \result.act == ITS_SEND && \result.w2 == its_rdbase(from) &&
      \result.w0 == \result.op && \result.w1 == 0 && \result.slot == 0 &&
      ((from != to && \result.op == ITS_MOVALL && \result.w3 == its_rdbase(to)) ||
       (from == to && \result.op == ITS_SYNC && \result.w3 == 0)); */
struct its_verdict its_moveall(uint32_t from, uint32_t to);

/** INVALL of collection @p icid.
 * @req SWR_ITS_003 */
/*@ requires args: icid < ITS_COLLECTIONS;
    terminates \true; exits \false; assigns \nothing;
    ensures SWR_ITS_003: \result.act == ITS_COPY_ALL && \result.op == ITS_INVALL && \result.w2 == icid &&
      \result.w0 == ITS_INVALL && \result.w1 == 0 && \result.w3 == 0 && \result.slot == 0; */
struct its_verdict its_invall(uint32_t icid);

/** Judge a command. @p roots has a bit for each CPU that executes root and may be a target.
 * @req SWR_ITS_001 SWR_ITS_002 */
/*@ terminates \true; exits \false; assigns its_map;
    ensures SWR_ITS_001: its_ok(\result, roots);
    ensures SWR_ITS_002: its_ids(\result);
    ensures slot: \result.slot < ITS_DEVICES;
    ensures lpi: \result.act == ITS_COPY ==> ITS_LPI_FIRST <= \result.lpi < ITS_LPI_END; */
struct its_verdict its_judge(struct its_command c, uint32_t roots);

/** A byte of the configuration of LPIs as the kernel takes it over: never as urgent as the kick.
 * @req SWR_ITS_003 */
/*@ terminates \true; exits \false; assigns \nothing;
    ensures SWR_ITS_003: 0x10 <= \result < 0x100;
    ensures enable: \result % 2 == byte % 2;
    ensures kept: byte % 0x100 >= 0x10 ==> \result == byte % 0x100; */
uint32_t its_config_of(uint32_t byte);

#endif
