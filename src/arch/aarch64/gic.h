/* SPDX-License-Identifier: Apache-2.0 */
/** @file gic.h
 * The physical GICv3: the kernel's private kick (a Group 0 SGI, taken as FIQ at EL2), what a CPU
 * needs at take, start, park and release. GIC Architecture Specification IHI 0069.
 */
#ifndef AARCH64_GIC_H
#define AARCH64_GIC_H

#include "abi/plan.h"
#include "boards/board.h"
#include "sysreg.h"
#include "taken.h"

#define GIC_KICK_INTID 15U        /**< SGI that only the kernel uses */
#define GIC_KICK_BIT 0x8000U
#define GIC_MAINTENANCE_INTID 25U /**< PPI of the list registers; only the kernel uses it, too */
#define GIC_MAINTENANCE_BIT 0x2000000U
#define GIC_ALARM_INTID 26U       /**< PPI of the EL2 physical timer; only the kernel uses it, too */
#define GIC_ALARM_BIT 0x4000000U
#define GIC_OURS_BITS 0x4008000U  /**< Group 0: kick and alarm */
#define GIC_PRIORITY_KICK 0x00U   /**< the kernel alone holds priority 0 */
#define GIC_PRIORITY_MIN 0x10U    /**< most urgent priority a cell can have */
#define GIC_PRIORITY_IDLE 0xF0U
#define GIC_SPI_FIRST 32U

#define HCR_EL2_IMO 0x10U         /**< Group 1 is the kernel's, the cell's is virtual */

#define GICD_CTLR 0x0000U
#define GICD_CTLR_ENABLE_GRP0 1U
#define GICD_CTLR_ENABLE_GRP1 2U
#define GICD_CTLR_ARE 0x10U
#define GICD_CTLR_DS 0x40U
#define GICD_IGROUPR 0x0080U
#define GICD_ISENABLER 0x0100U
#define GICD_ICENABLER 0x0180U
#define GICD_ISPENDR 0x0200U
#define GICD_ICPENDR 0x0280U
#define GICD_ICACTIVER 0x0380U
#define GICD_IPRIORITYR 0x0400U
#define GICD_IROUTER 0x6000U
#define GICD_IROUTER_IRM 0x80000000U

#define GICR_STRIDE 0x20000U
#define GICR_TYPER 0x0008U
#define GICR_WAKER 0x0014U
#define GICR_SGI 0x10000U
#define GICR_IGROUPR0 (GICR_SGI + 0x0080U)
#define GICR_ISENABLER0 (GICR_SGI + 0x0100U)
#define GICR_ICENABLER0 (GICR_SGI + 0x0180U)
#define GICR_ISPENDR0 (GICR_SGI + 0x0200U)
#define GICR_ICPENDR0 (GICR_SGI + 0x0280U)
#define GICR_ICACTIVER0 (GICR_SGI + 0x0380U)
#define GICR_IPRIORITYR (GICR_SGI + 0x0400U)

/** Bit of a CPU in the target list of its group of 16. */
extern const uint16_t gic_target[16];

/* A physical address has 48 bits: sums with offsets do not wrap around. */
#define GIC_ADDRESS 0x1000000000000U
#define GIC_SPI_END 1020U

/*@ logic integer gicd_base = board.gicd % GIC_ADDRESS;
    logic integer gicr_frame(integer k) = board.gicr % GIC_ADDRESS + k * GICR_STRIDE;
    logic integer sgi_target(integer mpidr) = gic_target[mpidr % 0x10];
    // what is written to ICC_SGI*R_EL1 to send SGI intid to the CPU with this affinity alone
    logic integer sgi_word(integer mpidr, integer intid) =
      sgi_target(mpidr) + 0x10000 * ((mpidr / 0x100) % 0x100) + 0x1000000 * (intid % 0x10) +
      0x100000000 * ((mpidr / 0x10000) % 0x100) + 0x100000000000 * ((mpidr % 0x100) / 0x10) +
      0x1000000000000 * ((mpidr / 0x100000000) % 0x100);
    // the affinity fields of MPIDR_EL1 as GICR_TYPER has them
    logic integer gic_affinity(integer mpidr) =
      mpidr % 0x1000000 + ((mpidr / 0x100000000) % 0x100) * 0x1000000; */

/** Address of each CPU's redistributor frames; 0 until gic_find(). */
extern uint64_t gicr_base[BH_CPUS_MAX];

/** Address of a distributor register.
 * @req SWR_GIC_001 */
/*@ terminates \true; exits \false; assigns \nothing;
    ensures SWR_GIC_001: \result == gicd_base + offset; */
uint64_t gicd_at(uint32_t offset);

/** Address of the @p k-th redistributor frame pair.
 * @req SWR_GIC_001 */
/*@ terminates \true; exits \false; assigns \nothing;
    ensures SWR_GIC_001: \result == gicr_frame(k);
    ensures range: \result < 0x4000000000000; */
uint64_t gicr_pair(uint32_t k);

/** Address of a redistributor register of @p cpu.
 * @req SWR_GIC_001 */
/*@ requires cpu: cpu < BH_CPUS_MAX;
    terminates \true; exits \false; assigns \nothing;
    ensures SWR_GIC_001: \result == gicr_base[cpu] % 0x4000000000000 + offset; */
uint64_t gicr_at(uint32_t cpu, uint32_t offset);

/** Find the calling CPU's redistributor by its affinity; false when there is none.
 * @req SWR_GIC_001 */
/*@ requires cpu: cpu < BH_CPUS_MAX;
    terminates \true; exits \false; assigns gicr_base[cpu];
    ensures SWR_GIC_001: \result ==> \exists integer k; 0 <= k < board.gicr_count &&
      gicr_base[cpu] == gicr_frame(k);
    ensures kept: !\result ==> gicr_base[cpu] == \old(gicr_base[cpu]); */
bool gic_find(uint32_t cpu);

/** Direct boot, on one CPU: the distributor as an operating system would find it after a launch.
 * @req SWR_GIC_002 */
/*@ terminates \true; exits \false; assigns hw; */
void gic_distributor_init(void);

/** Arm kick and alarm on the calling CPU, the latter disabled, and give Group 1 to EL1 directly.
 * @req SWR_GIC_003 */
/*@ requires cpu: cpu < BH_CPUS_MAX;
    terminates \true; exits \false; assigns hw, stub_state[cpu]; */
void gic_cpu_take(uint32_t cpu);

/** Undo gic_cpu_take() with the values it found.
 * @req SWR_GIC_004 */
/*@ requires cpu: cpu < BH_CPUS_MAX;
    terminates \true; exits \false; assigns hw; */
void gic_cpu_release(uint32_t cpu);

/** The calling CPU's private interrupts and CPU interface, as at reset but for kick and alarm.
 * @req SWR_GIC_005 */
/*@ requires cpu: cpu < BH_CPUS_MAX;
    terminates \true; exits \false; assigns hw; */
void gic_cpu_reset(uint32_t cpu);

/** No Group 1 interrupt reaches the calling CPU any more.
 * @req SWR_GIC_006 */
/*@ terminates \true; exits \false; assigns hw; */
void gic_cpu_quiet(void);

/** Take the kick or the alarm, if one is pending.
 * @req SWR_GIC_007 */
/*@ terminates \true; exits \false; assigns hw; */
void gic_acknowledge(void);

/** The value of ICC_SGI*R_EL1 which sends SGI @p intid to the CPU with affinity @p mpidr.
 * @req SWR_GIC_008 */
/*@ terminates \true; exits \false; assigns \nothing;
    ensures SWR_GIC_008: \result == sgi_word(mpidr, intid);
    ensures target: \result % 0x10000 == sgi_target(mpidr);
    ensures intid: (\result / 0x1000000) % 0x10 == intid % 0x10;
    ensures not_any: (\result / 0x10000000000) % 2 == 0; */
uint64_t gic_sgi_value(uint64_t mpidr, uint32_t intid);

#endif
