/* SPDX-License-Identifier: Apache-2.0 */
/** @file its.h
 * The physical ITS (GIC Architecture Specification IHI 0069) and the LPI side of the redistributors. At
 * direct boot the kernel holds them: command queue and all tables are its memory, behind the stage-2
 * pools. After a late launch they stay as Linux set them up, and root's accesses pass.
 */
#ifndef AARCH64_ITS_H
#define AARCH64_ITS_H

#include "vgic.h"

#define ITS_FRAMES 0x20000U /**< control and translation frame */
#define ITS_BASERS 8U
#define ITS_WAIT_US 10000U /**< longest wait for the ITS, and for another CPU that has it */

#define GITS_CTLR 0x0000U
#define GITS_TYPER 0x0008U
#define GITS_CBASER 0x0080U
#define GITS_CWRITER 0x0088U
#define GITS_CREADR 0x0090U
#define GITS_BASER 0x0100U
#define GITS_BASER_END 0x0140U
#define GITS_CTLR_ENABLED 1U
#define GITS_TYPER_PTA 0x80000U

#define GICR_CTLR 0x0000U
#define GICR_CTLR_ENABLE_LPIS 1U
#define GICR_PROPBASER 0x0070U
#define GICR_PENDBASER 0x0078U

/** Who holds the ITS. */
enum its_mode {
    ITS_PASS = 0, /**< root: late launch */
    ITS_HELD = 1, /**< the kernel */
    ITS_OFF = 2   /**< nobody: it is none that the kernel can hold, or it stopped */
};

/** Take the ITS at direct boot, before the MMU is on: queue and tables are the kernel's.
 * @req SWR_ITS_004 */
/*@ terminates \true; exits \false; assigns hw, its; */
void its_init(void);

/** The redistributor of @p cpu at direct boot: its LPI tables are the kernel's, or it is no target.
 * @req SWR_ITS_004 */
/*@ requires cpu: cpu < BH_CPUS_MAX;
    terminates \true; exits \false; assigns hw, its_rd[cpu]; */
void its_cpu_init(uint32_t cpu);

/** Get the ITS for @p cpu; the wait ends after ITS_WAIT_US.
 * @req SWR_ITS_005 */
/*@ requires cpu: cpu < BH_CPUS_MAX;
    terminates \true; exits \false; assigns hw; */
bool its_taken(uint32_t cpu);

/** @req SWR_ITS_005 */
/*@ terminates \true; exits \false; assigns hw; */
void its_released(void);

/** Give a command to the ITS and wait, at most ITS_WAIT_US, until it is consumed. One that does not
 * consume it is left alone from then on.
 * @req SWR_ITS_001 SWR_ITS_006 */
/*@ requires cpu: cpu < BH_CPUS_MAX;
    requires SWR_ITS_001: its_ok(v, roots) && v.act >= ITS_SEND;
    terminates \true; exits \false; assigns hw, its, status_page, totals; */
void its_send(uint32_t cpu, struct its_verdict v, uint32_t roots);

/** Zero the table of events in @p slot.
 * @req SWR_ITS_002 */
/*@ requires slot: slot < ITS_DEVICES;
    terminates \true; exits \false; assigns hw; */
void its_wipe(uint32_t slot);

/** Write the configuration of an LPI.
 * @req SWR_ITS_003 */
/*@ requires lpi: ITS_LPI_FIRST <= lpi < ITS_LPI_END;
    requires SWR_ITS_003: 0x10 <= value < 0x100;
    terminates \true; exits \false; assigns hw; */
void its_configure(uint32_t lpi, uint32_t value);

/** CPUs that execute root and have reached the ITS since they were switched on.
 * @req SWR_ITS_001 */
/*@ terminates \true; exits \false; assigns \nothing;
    ensures SWR_ITS_001: \forall integer k; 0 <= k < BH_CPUS_MAX && bit_set(\result, k) ==>
      cell_on(k) == BH_CELL_ROOT && bit_set(its.present, k); */
uint32_t its_roots(void);

/*@ // no collection leads to the CPU
    predicate its_left{L}(integer cpu) = \forall integer k; 0 <= k < ITS_COLLECTIONS ==>
      its_map.target[k] != cpu + 1; */

/** @p cpu is about to leave root: no collection leads to it any more, and what waits there goes to
 * another CPU of root. False when the ITS cannot be had.
 * @req SWR_ITS_007 */
/*@ requires cpu: cpu < BH_CPUS_MAX;
    terminates \true; exits \false; assigns hw, its, its_map, status_page, totals;
    ensures SWR_ITS_007: \result && \old(its.mode) != ITS_PASS &&
      \old(cell_on(cpu)) == BH_CELL_ROOT ==> its_left(cpu); */
bool its_leave(uint32_t cpu);

/** The part of a register that an access reads.
 * @req SWR_ITS_008 */
/*@ terminates \true; exits \false; assigns \nothing;
    ensures SWR_ITS_008: acc.size == 8 ==> \result == whole; */
uint64_t vgits_part(struct access acc, uint64_t whole);

/** A register after a write of the whole or a half.
 * @req SWR_ITS_008 */
/*@ terminates \true; exits \false; assigns \nothing;
    ensures SWR_ITS_008: acc.size == 8 ==> \result == acc.value; */
uint64_t vgits_written(struct access acc, uint64_t old);

/** Where root says that a table or queue is. It is never what the ITS uses; that it is foreign memory is
 * recorded all the same.
 * @req SWR_ITS_008 SWR_ITS_010 */
/*@ requires access: access_ok(acc);
    terminates \true; exits \false; assigns hw, status_page, totals; */
void vgits_check_place(struct access acc, uint64_t value);

/** Store 8 bytes of the kernel's memory and clean their line to the point of coherency (its.S). */
/*@ terminates \true; exits \false; assigns hw; */
void its_publish(uint64_t address, uint64_t value);
/** The same for one byte. */
/*@ terminates \true; exits \false; assigns hw; */
void its_publish8(uint64_t address, uint32_t value);

#endif
