/* SPDX-License-Identifier: Apache-2.0 */
#include "its.h"
#include "vinj.h"
#include "core/bits.h"

#define HIGH 0x100000000U
#define LPI_TABLES_END (GICR_PENDBASER + 8U)
#define PEND_ZERO 0x4000000000000000U   /* GICR_PENDBASER.PTZ reads as 0 */
#define RD_CTLR_HIDDEN 4U               /* GICR_CTLR.IR */
#define RD_TYPER_HIDDEN 0xAU            /* GICR_TYPER: VLPIS, DirectLPI */

/** The CPU whose redistributor is accessed.
 * @req SWR_ITS_009 */
/*@ terminates \true; exits \false; assigns \nothing;
    ensures SWR_ITS_009: \result < BH_CPUS_MAX; */
static uint32_t cpu_of(struct access acc)
{
    return (acc.offset / GICR_STRIDE) % BH_CPUS_MAX;
}

/** What root wrote to a register of its LPI tables.
 * @req SWR_ITS_009 */
/*@ requires access: access_ok(acc);
    terminates \true; exits \false; assigns \nothing; */
static uint64_t lpi_table(struct access acc, uint32_t off)
{
    uint64_t value = 0U;

    if (acc.cell != BH_CELL_ROOT) {
        value = 0U;
    } else if (off == GICR_PROPBASER) {
        value = its.propbaser;
    } else if (off == GICR_PENDBASER) {
        value = its.pendbaser[cpu_of(acc)] & ~(uint64_t)PEND_ZERO;
    } else {
        value = 0U;
    }
    return value;
}

uint64_t vlpi_read(struct access acc, uint64_t address, uint32_t off)
{
    uint64_t read = (acc.size == 8U) ? mmio_read64(address) : mmio_read32(address);

    if (its.mode == (uint32_t)ITS_PASS) {
        read = (acc.size == 8U) ? mmio_read64(address) : mmio_read32(address);
    } else if (off == GICR_CTLR) {
        read = read & ~(uint64_t)RD_CTLR_HIDDEN;
    } else if (off == GICR_TYPER) {
        read = read & ~(uint64_t)RD_TYPER_HIDDEN;
    } else {
        read = vgits_part(acc, lpi_table(acc, off - (off % 8U)));
    }
    return read;
}

/** Root names its LPI tables: the first is copied from, the second is never used.
 * @req SWR_ITS_009 */
/*@ requires access: access_ok(acc);
    terminates \true; exits \false; assigns VGITS_STATE; */
static void set_lpi_table(struct access acc, uint32_t off)
{
    uint64_t value = vgits_written(acc, lpi_table(acc, off));

    vgits_check_place(acc, value);
    if (off == GICR_PROPBASER) {
        its.propbaser = value;
    } else {
        its.pendbaser[cpu_of(acc)] = value;
    }
}

/** A write by root while the kernel holds the ITS.
 * @req SWR_ITS_009 */
/*@ requires access: access_ok(acc);
    terminates \true; exits \false; assigns VGITS_STATE; */
static void write_lpi_held(struct access acc, uint64_t address, uint32_t off)
{
    bool table = (off >= GICR_PROPBASER) && (off < LPI_TABLES_END);

    if (off == GICR_CTLR) {
        mmio_write32(address, (uint32_t)(acc.value % 2U)); /* EnableLPIs */
    } else if (table && its_taken(acc.cpu)) {
        set_lpi_table(acc, off - (off % 8U));
        its_released();
    } else {
        event_record(acc.cpu, acc.cell, (uint32_t)BH_EV_LPI_DENIED, off, acc.value);
    }
}

void vlpi_write(struct access acc, uint64_t address, uint32_t off)
{
    bool roots = (acc.cell == BH_CELL_ROOT) && (vinj_routing(acc.cell) == 0U);

    if ((!roots) || (its.mode == (uint32_t)ITS_OFF)) {
        event_record(acc.cpu, acc.cell, (uint32_t)BH_EV_LPI_DENIED, off, acc.value);
    } else if (its.mode == (uint32_t)ITS_HELD) {
        write_lpi_held(acc, address, off);
    } else if (acc.size == 8U) {
        mmio_write64(address, acc.value);
    } else {
        mmio_write32(address, (uint32_t)(acc.value % HIGH));
    }
}
