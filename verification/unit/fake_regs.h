/* SPDX-License-Identifier: Apache-2.0 */
/** @file fake_regs.h
 * The registers behind src/arch/aarch64/sysreg.h as arrays: one CPU's system registers, the
 * distributor and eight redistributors as plain memory, and a log of all writes. What assembly
 * provides on the target (layout, reset_el1, entry of secondary CPUs) is here, too.
 * A register that may not be read or written, or an address outside, ends the test program.
 */
#ifndef VERIFICATION_UNIT_FAKE_REGS_H
#define VERIFICATION_UNIT_FAKE_REGS_H

#include "arch/aarch64/frame.h"
#include "arch/aarch64/gic.h"
#include "arch/aarch64/layout.h"
#include "arch/aarch64/sysreg.h"

#define X(f, i) ((f)->r[i])
#define ELR(f) ((f)->r[FRAME_R_ELR])
#define SPSR(f) ((f)->r[FRAME_R_SPSR])

#define FAKE_LOG 4096U
#define FAKE_GICRS 8U
#define FAKE_PAGES 8U
#define FAKE_WINDOWS 0x7FFFE08000U /* where the kernel reaches the pages of windows */

/** A write to a device register. */
struct fake_write {
    uint64_t address;
    uint64_t value;
    uint32_t size;
};

/** All that a test may look at or set. */
struct fake {
    uint64_t reg[SR_COUNT];
    uint64_t dead[SR_COUNT];       /**< bits that read as zero whatever was written */
    uint64_t stuck[SR_COUNT];      /**< bits that read as one */
    uint32_t reg_writes[SR_COUNT];
    uint64_t clock_step;           /**< ticks by which each reading of CNTPCT_EL0 advances */
    uint8_t gicd[0x10000];
    uint8_t gicr[FAKE_GICRS * 0x20000U];
    uint8_t gits[0x10000];           /**< control frame of the ITS; what is queued is consumed at once */
    bool gits_stuck;                 /**< unless this is set */
    uint8_t gits_memory[0xB3000];    /**< the kernel's tables for it */
    uint64_t forwarded[8]; /**< registers of the last call that was passed on */
    uint32_t forwards;
    uint8_t windows[16U * 4096U]; /**< device pages of the plan's windows */
    struct fake_write log[FAKE_LOG]; /**< writes to devices, the first of them */
    uint32_t writes;
    uint64_t sgi[64];              /**< values written to ICC_SGI1R_EL1 */
    uint32_t sgis;
    uint64_t kick[64];             /**< and to ICC_SGI0R_EL1 */
    uint32_t kicks;
    uint32_t flushes;              /**< tlbi vmalls12e1 */
    uint32_t flushes_all;          /**< tlbi alle1is */
    uint32_t iallus;
    uint32_t el1_resets;
    uint64_t ended[64];            /**< values written to ICC_DIR_EL1 */
    uint32_t ends;
    uint64_t smc[16][4];           /**< calls of the firmware */
    uint32_t smcs;
    uint64_t ppn[FAKE_PAGES];      /**< pages of cells that are there, and their bytes: */
    uint8_t page[FAKE_PAGES][4096];
    uint32_t zeroed, fetched;      /**< accesses through windows */
    uint64_t forgotten[FAKE_PAGES]; /**< addresses dropped from translation buffers */
    uint32_t forgets;
};
extern struct fake fake;

/** Called, when a test sets them, at each reading of a system register (the answer is what is read),
 * after each write of one, and after each write to a device. */
extern uint64_t (*fake_on_read)(uint32_t r, uint64_t value);
extern void (*fake_on_write)(uint32_t r, uint64_t value);
extern void (*fake_on_device)(uint64_t address, uint64_t value);

/** List registers that the CPU has; the registers that tell their state follow from them. */
#define FAKE_LRS ((uint32_t)(fake.reg[SR_ICH_VTR_EL2] % 32U) + 1U)
#define FAKE_LR(i) (fake.reg[SR_ICH_LR0_EL2 + (i)])
/** The image's addresses, LAYOUT_...; the kernel sees them as a constant. */
extern uint64_t *const fake_layout;

/** Registers at rest: MPIDR 0, 1 MHz counter, GICv3 with one security state, redistributor k with
 * affinity k. */
void fake_power_on(void);

/** Execute as CPU @p cpu of the plan from here on. */
void fake_cpu(uint32_t cpu);

/** Bytes of the distributor, or of all redistributors, at an offset. */
uint64_t fake_gicd(uint32_t offset, uint32_t size);
uint64_t fake_gicr(uint32_t offset, uint32_t size);
void fake_gicd_set(uint32_t offset, uint32_t size, uint64_t value);
uint64_t fake_gits(uint32_t offset, uint32_t size);
void fake_gits_set(uint32_t offset, uint32_t size, uint64_t value);
/** Bytes of the kernel's tables, by offset from the first. */
uint64_t fake_gits_memory(uint32_t offset, uint32_t size);
void fake_gicr_set(uint32_t offset, uint32_t size, uint64_t value);

/** The leaf of the kernel's own map for an address, walked from its root; 0: not mapped. */
uint64_t fake_leaf(uint64_t address);

/** Value last written at an address, or @p none when nothing was. */
uint64_t fake_written(uint64_t address, uint64_t none);

#endif
