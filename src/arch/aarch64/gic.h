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

#define GIC_KICK_INTID 15U        /**< SGI that only the kernel uses */
#define GIC_KICK_BIT 0x8000U
#define GIC_PRIORITY_KICK 0x00U   /**< the kernel alone holds priority 0 */
#define GIC_PRIORITY_MIN 0x10U    /**< most urgent priority a cell can have */
#define GIC_PRIORITY_IDLE 0xF0U
#define GIC_SPI_FIRST 32U

#define GICD_CTLR 0x0000U
#define GICD_CTLR_ENABLE_GRP0 1U
#define GICD_CTLR_ENABLE_GRP1 2U
#define GICD_CTLR_ARE 0x10U
#define GICD_CTLR_DS 0x40U
#define GICD_IGROUPR 0x0080U
#define GICD_ISENABLER 0x0100U
#define GICD_ICENABLER 0x0180U
#define GICD_ICPENDR 0x0280U
#define GICD_ICACTIVER 0x0380U
#define GICD_IPRIORITYR 0x0400U
#define GICD_IROUTER 0x6000U

#define GICR_STRIDE 0x20000U
#define GICR_TYPER 0x0008U
#define GICR_WAKER 0x0014U
#define GICR_SGI 0x10000U
#define GICR_IGROUPR0 (GICR_SGI + 0x0080U)
#define GICR_ISENABLER0 (GICR_SGI + 0x0100U)
#define GICR_ICENABLER0 (GICR_SGI + 0x0180U)
#define GICR_ICPENDR0 (GICR_SGI + 0x0280U)
#define GICR_ICACTIVER0 (GICR_SGI + 0x0380U)
#define GICR_IPRIORITYR (GICR_SGI + 0x0400U)

/** Address of each CPU's redistributor frames; 0 until gic_find(). */
extern uint64_t gicr_base[BH_CPUS_MAX];

/** Find the calling CPU's redistributor by its affinity; false when there is none.
 * @req SWR_GIC_001 */
bool gic_find(uint32_t cpu);

/** Direct boot, on one CPU: the distributor as an operating system would find it after a launch.
 * @req SWR_GIC_002 */
void gic_distributor_init(void);

/** Arm the kick on the calling CPU and give Group 1 to EL1 directly.
 * @req SWR_GIC_003 */
void gic_cpu_take(uint32_t cpu);

/** Undo gic_cpu_take() with the values it found.
 * @req SWR_GIC_004 */
void gic_cpu_release(uint32_t cpu);

/** The calling CPU's private interrupts and CPU interface, as at reset but for the kick.
 * @req SWR_GIC_005 */
void gic_cpu_reset(uint32_t cpu);

/** No Group 1 interrupt reaches the calling CPU any more.
 * @req SWR_GIC_006 */
void gic_cpu_quiet(void);

/** Take the kick, if one is pending.
 * @req SWR_GIC_007 */
void gic_acknowledge(void);

/** The value of ICC_SGI*R_EL1 which sends SGI @p intid to the CPU with affinity @p mpidr.
 * @req SWR_GIC_008 */
uint64_t gic_sgi_value(uint64_t mpidr, uint32_t intid);

#endif
