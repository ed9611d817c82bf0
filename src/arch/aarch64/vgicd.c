/* SPDX-License-Identifier: Apache-2.0 */
#include "vgic.h"
#include "core/bits.h"

#define SETSPI_NSR 0x0040U
#define CLRSPI_NSR 0x0048U
#define BITMAPS 0x0080U      /* IGROUPR .. ICACTIVER: one bit per interrupt, 0x80 bytes each */
#define BITMAPS_END 0x0400U
#define IPRIORITYR_END 0x0800U
#define ICFGR 0x0C00U
#define ICFGR_END 0x0D00U
#define IROUTER_FIRST (GICD_IROUTER + (GIC_SPI_FIRST * 8U))
#define IROUTER_END (GICD_IROUTER + (1020U * 8U))
#define ID_REGISTERS 0xFFD0U
#define IROUTER_IRM 0x80000000U
#define AFFINITY 0xFF00FFFFFFU

uint32_t vgic_owned(uint32_t cell, uint32_t w)
{
    uint32_t mask = (w > 0U) ? plan.cells[cell].irqs[w] : 0U;
    uint32_t other = 2U;

    while ((cell == BH_CELL_ROOT) && (other < BH_CELLS_MAX)) {
        if (cell_state(other) != (uint32_t)BH_STATE_ABSENT) {
            mask = bit_merge(mask, 0U, plan.cells[other].irqs[w]);
        }
        other++;
    }
    return mask;
}

/** Bytes of an IPRIORITYR word, 2-bit fields of half an ICFGR word: masks from interrupt bits. */
static uint32_t widen(uint32_t owned, uint32_t first, uint32_t count, uint32_t width)
{
    uint32_t mask = 0U;
    uint32_t i = count;

    while (i > 0U) {
        i--;
        mask = (mask % ((0xFFFFFFFFU / width) + 1U)) * width;
        if (bit_test(owned, (first + i) % 32U)) {
            mask = (mask / width) * width + (width - 1U);
        }
    }
    return mask;
}

/** Most urgent values, which only the kernel may hold. */
static uint32_t clamp_byte(uint32_t priority)
{
    return (priority < GIC_PRIORITY_MIN) ? GIC_PRIORITY_MIN : priority;
}

uint32_t vgic_clamp(uint32_t priorities)
{
    uint32_t b0 = clamp_byte(priorities % 0x100U);
    uint32_t b1 = clamp_byte((priorities / 0x100U) % 0x100U);
    uint32_t b2 = clamp_byte((priorities / 0x10000U) % 0x100U);
    uint32_t b3 = clamp_byte(priorities / 0x1000000U);

    return b0 + (b1 * 0x100U) + (b2 * 0x10000U) + (b3 * 0x1000000U);
}

static void event(struct access acc, uint32_t id, uint64_t a, uint64_t b)
{
    event_record(acc.cpu, acc.cell, id, a, b);
}

/** One bit per interrupt: IGROUPR .. ICACTIVER. The group is the kernel's. */
static uint64_t bitmap(struct access acc)
{
    uint32_t w = (acc.offset % 0x80U) / 4U;
    uint32_t owned = vgic_owned(acc.cell, w);
    uint64_t address = board.gicd + acc.offset;
    uint64_t read = 0U;

    if (!acc.write) {
        read = mmio_read32(address) & owned;
    } else if (acc.offset >= GICD_ISENABLER) {
        uint32_t value = (uint32_t)(acc.value % 0x100000000U);

        if ((value & ~owned) != 0U) {
            event(acc, (uint32_t)BH_EV_IRQ_FOREIGN, (uint64_t)w * 32U, acc.offset);
        }
        mmio_write32(address, value & owned);
    } else {
        read = 0U;
    }
    return read;
}

/** IPRIORITYR: one byte per interrupt, written by byte or by word. */
static uint64_t priority(struct access acc)
{
    uint32_t n = (acc.offset - GICD_IPRIORITYR) % 1024U;
    uint32_t word = (n / 4U) * 4U;
    uint32_t owned = widen(vgic_owned(acc.cell, word / 32U), word % 32U, 4U, 0x100U);
    uint64_t address = board.gicd + GICD_IPRIORITYR + word;
    uint32_t old = mmio_read32(address);
    uint64_t read = 0U;

    if (!acc.write) {
        read = old & owned;
        read = (acc.size == 1U) ? ((read >> ((n % 4U) * 8U)) % 0x100U) : read;
    } else {
        uint32_t mask = (acc.size == 1U) ? ((uint32_t)0xFFU << ((n % 4U) * 8U)) : 0xFFFFFFFFU;
        uint32_t value = (acc.size == 1U) ? ((uint32_t)(acc.value % 0x100U) << ((n % 4U) * 8U))
                                           : (uint32_t)(acc.value % 0x100000000U);
        uint32_t clamped = vgic_clamp(value);

        if ((mask & ~owned) != 0U) {
            event(acc, (uint32_t)BH_EV_IRQ_FOREIGN, n, acc.offset);
        }
        if ((mask & owned & (value ^ clamped)) != 0U) {
            event(acc, (uint32_t)BH_EV_PRIORITY_CLAMPED, n, GIC_PRIORITY_MIN);
        }
        mmio_write32(address, bit_merge(old, clamped, mask & owned));
    }
    return read;
}

/** ICFGR: two bits per interrupt. */
static uint64_t configuration(struct access acc)
{
    uint32_t n = ((acc.offset - ICFGR) % 0x100U) * 4U;
    uint32_t owned = widen(vgic_owned(acc.cell, n / 32U), n % 32U, 16U, 4U);
    uint64_t address = board.gicd + acc.offset;
    uint32_t old = mmio_read32(address);
    uint64_t read = old & owned;

    if (acc.write) {
        uint32_t value = (uint32_t)(acc.value % 0x100000000U);

        if (((value ^ old) & ~owned) != 0U) {
            event(acc, (uint32_t)BH_EV_IRQ_FOREIGN, n, acc.offset);
        }
        mmio_write32(address, bit_merge(old, value, owned));
        read = 0U;
    }
    return read;
}

/** True when @p route names exactly one CPU, and that CPU is the cell's. */
static bool route_ok(uint32_t cell, uint64_t route)
{
    uint32_t cpu = 0U;
    bool ok = false;

    while (cpu < BH_CPUS_MAX) {
        if ((cpu < plan.n_cpus) && (plan.mpidr[cpu] == route) && (cpu_cell(cpu) == cell)) {
            ok = true;
        }
        cpu++;
    }
    return ok;
}

/** IROUTER: 64 bits per interrupt, written whole or by halves. */
static uint64_t route(struct access acc)
{
    uint32_t n = ((acc.offset - GICD_IROUTER) / 8U) % 1024U;
    bool owned = bit_test(vgic_owned(acc.cell, n / 32U), n % 32U);
    uint64_t address = board.gicd + GICD_IROUTER + ((uint64_t)n * 8U);
    uint64_t old = mmio_read64(address);
    uint64_t low = old % 0x100000000U;
    uint64_t high = old / 0x100000000U;
    uint64_t value = acc.value % 0x100000000U;
    uint64_t read = 0U;

    if (acc.size == 8U) {
        low = value;
        high = acc.value / 0x100000000U;
    } else if ((acc.offset % 8U) == 0U) {
        low = value;
    } else {
        high = value;
    }
    if (!owned) {
        if (acc.write) {
            event(acc, (uint32_t)BH_EV_IRQ_FOREIGN, n, acc.offset);
        }
    } else if (!acc.write) {
        read = (acc.size == 8U) ? old : (((acc.offset % 8U) == 0U) ? (old % 0x100000000U)
                                                                      : (old / 0x100000000U));
    } else if (route_ok(acc.cell, (high * 0x100000000U) + low)) {
        mmio_write64(address, (high * 0x100000000U) + low);
    } else {
        event(acc, (uint32_t)BH_EV_ROUTE_FOREIGN, n, (high * 0x100000000U) + low);
    }
    return read;
}

/** SETSPI and CLRSPI: make an interrupt pending by its number. */
static void set_spi(struct access acc)
{
    uint32_t n = (uint32_t)(acc.value % 1024U);

    if (bit_test(vgic_owned(acc.cell, n / 32U), n % 32U)) {
        mmio_write32(board.gicd + acc.offset, n);
    } else {
        event(acc, (uint32_t)BH_EV_IRQ_FOREIGN, n, acc.offset);
    }
}

/** Registers that are not per interrupt: identification reads through, all else is the kernel's. */
static uint64_t common(struct access acc)
{
    uint64_t read = 0U;

    if (acc.write) {
        if ((acc.offset == SETSPI_NSR) || (acc.offset == CLRSPI_NSR)) {
            set_spi(acc);
        }
    } else if ((acc.offset < 0x0010U) || (acc.offset >= ID_REGISTERS)) {
        read = mmio_read32(board.gicd + acc.offset);
    } else {
        read = 0U;
    }
    return read;
}

uint64_t vgicd_access(struct access acc)
{
    uint32_t off = acc.offset;
    bool whole = (acc.size == 4U) && ((off % 4U) == 0U);
    uint64_t read = 0U;

    if ((off >= GICD_IPRIORITYR) && (off < IPRIORITYR_END)) {
        read = (whole || (acc.size == 1U)) ? priority(acc) : 0U;
    } else if ((off >= IROUTER_FIRST) && (off < IROUTER_END)) {
        read = (whole || ((acc.size == 8U) && ((off % 8U) == 0U))) ? route(acc) : 0U;
    } else if (!whole) {
        read = 0U;
    } else if ((off >= BITMAPS) && (off < BITMAPS_END)) {
        read = bitmap(acc);
    } else if ((off >= ICFGR) && (off < ICFGR_END)) {
        read = configuration(acc);
    } else {
        read = common(acc);
    }
    return read;
}
