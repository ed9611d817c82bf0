/* SPDX-License-Identifier: Apache-2.0 */
#include "vgic.h"
#include "core/bits.h"

#define IIDR 0x0004U
#define SETLPIR 0x0040U
#define LPI_END 0x0100U       /* SETLPIR, CLRLPIR, PROPBASER, PENDBASER, INV*, SYNCR */
#define SGI_BITMAPS (GICR_SGI + 0x0080U)
#define SGI_BITMAPS_END (GICR_SGI + 0x0400U)
#define PRIORITY_END (GICR_SGI + 0x0420U)
#define ICFGR0 (GICR_SGI + 0x0C00U)
#define ICFGR1 (GICR_SGI + 0x0C04U)
#define ID_REGISTERS 0xFFD0U
#define WAKER_SLEEP 2U

/** The CPU whose frames are the @p k-th pair, or BH_CPUS_MAX. */
static uint32_t cpu_of_frame(uint32_t k)
{
    uint64_t base = board.gicr + ((uint64_t)k * GICR_STRIDE);
    uint32_t found = BH_CPUS_MAX;
    uint32_t cpu = 0U;

    while (cpu < BH_CPUS_MAX) {
        if (gicr_base[cpu] == base) {
            found = cpu;
        }
        cpu++;
    }
    return found;
}

/** Enable, pending and active bits of SGIs and PPIs; the group and the kick are the kernel's. */
static uint64_t private_bitmap(struct access acc, uint64_t address, uint32_t off)
{
    uint64_t read = 0U;
    uint32_t value = (uint32_t)(acc.value % 0x100000000U);

    if ((off % 0x80U) != 0U) {
        read = 0U;
    } else if (!acc.write) {
        read = bit_merge(mmio_read32(address), 0U, GIC_KICK_BIT);
    } else if (off >= GICR_ISENABLER0) {
        mmio_write32(address, bit_merge(value, 0U, GIC_KICK_BIT));
    } else {
        read = 0U;
    }
    return read;
}

/** Priorities of SGIs and PPIs, by byte or word; that of the kick reads and stays as it is. */
static uint64_t private_priority(struct access acc, uint64_t base, uint32_t off)
{
    uint32_t n = (off - GICR_IPRIORITYR) % 32U;
    uint32_t word = (n / 4U) * 4U;
    uint64_t address = base + GICR_IPRIORITYR + word;
    uint32_t keep = (word == 12U) ? 0xFF000000U : 0U;
    uint32_t old = mmio_read32(address);
    uint32_t shift = (acc.size == 1U) ? ((n % 4U) * 8U) : 0U;
    uint32_t field = (acc.size == 1U) ? 0xFFU : 0xFFFFFFFFU;
    uint32_t mask = bit_merge(field << shift, 0U, keep);
    uint32_t value = ((uint32_t)(acc.value % 0x100000000U) & field) << shift;
    uint32_t clamped = vgic_clamp(value);

    if (acc.write) {
        if ((mask & (value ^ clamped)) != 0U) {
            event_record(acc.cpu, acc.cell, (uint32_t)BH_EV_PRIORITY_CLAMPED, n,
                         GIC_PRIORITY_MIN);
        }
        mmio_write32(address, bit_merge(old, clamped, mask));
    }
    return acc.write ? 0U : ((uint64_t)(old >> shift) & field);
}

/** RD_base registers. LPIs are root's alone in this release. */
static uint64_t control(struct access acc, uint64_t address, uint32_t off)
{
    uint64_t read = 0U;
    bool lpi = (off == 0U) || ((off >= SETLPIR) && (off < LPI_END));

    if (!acc.write) {
        read = (acc.size == 8U) ? mmio_read64(address) : mmio_read32(address);
    } else if (off == GICR_WAKER) {
        mmio_write32(address, bit_merge((uint32_t)(acc.value % 0x100000000U), 0U, WAKER_SLEEP));
    } else if (!lpi) {
        read = 0U;
    } else if (acc.cell != BH_CELL_ROOT) {
        event_record(acc.cpu, acc.cell, (uint32_t)BH_EV_LPI_DENIED, off, acc.value);
    } else if (acc.size == 8U) {
        mmio_write64(address, acc.value);
    } else {
        mmio_write32(address, (uint32_t)(acc.value % 0x100000000U));
    }
    return read;
}

/** Registers of the cell's own CPU. */
static uint64_t own(struct access acc, uint64_t base, uint32_t off)
{
    bool whole = (acc.size == 4U) && ((off % 4U) == 0U);
    uint64_t read = 0U;

    if ((off >= GICR_IPRIORITYR) && (off < PRIORITY_END)) {
        read = (whole || (acc.size == 1U)) ? private_priority(acc, base, off) : 0U;
    } else if (off < GICR_SGI) {
        read = (whole || ((acc.size == 8U) && ((off % 8U) == 0U))) ? control(acc, base + off, off)
                                                                     : 0U;
    } else if (!whole) {
        read = 0U;
    } else if ((off >= SGI_BITMAPS) && (off < SGI_BITMAPS_END)) {
        read = private_bitmap(acc, base + off, off);
    } else if ((off == ICFGR0) || (off == ICFGR1)) {
        read = acc.write ? 0U : mmio_read32(base + off);
        if (acc.write && (off == ICFGR1)) {
            mmio_write32(base + off, (uint32_t)(acc.value % 0x100000000U));
        }
    } else {
        read = 0U;
    }
    return read;
}

/** A frame that is not the cell's: identification only, as an operating system looks for its own. */
static uint64_t foreign(struct access acc, uint32_t k, uint32_t off)
{
    uint64_t base = board.gicr + ((uint64_t)k * GICR_STRIDE);
    uint64_t read = 0U;

    if (acc.write) {
        event_record(acc.cpu, acc.cell, (uint32_t)BH_EV_GICR_FOREIGN, cpu_of_frame(k), off);
    } else if ((off == GICR_TYPER) && (acc.size == 8U)) {
        read = mmio_read64(base + off);
    } else if ((acc.size == 4U) && ((off % 4U) == 0U) && (off < GICR_SGI) &&
               ((off == IIDR) || (off == GICR_TYPER) || (off == (GICR_TYPER + 4U)) ||
                (off >= ID_REGISTERS))) {
        read = mmio_read32(base + off);
    } else {
        read = 0U;
    }
    return read;
}

uint64_t vgicr_access(struct access acc)
{
    uint32_t k = acc.offset / GICR_STRIDE;
    uint32_t off = acc.offset % GICR_STRIDE;
    uint32_t cpu = cpu_of_frame(k);
    uint64_t read = 0U;

    if ((cpu < BH_CPUS_MAX) && (cpu_cell(cpu) == acc.cell)) {
        read = own(acc, gicr_base[cpu], off);
    } else {
        read = foreign(acc, k, off);
    }
    return read;
}
