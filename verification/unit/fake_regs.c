/* SPDX-License-Identifier: Apache-2.0 */
#include "fake_regs.h"
#include "arch/aarch64/smc_list.h"
#include "core/plan.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

struct fake fake;
uint64_t (*fake_on_read)(uint32_t r, uint64_t value);
void (*fake_on_write)(uint32_t r, uint64_t value);
void (*fake_on_device)(uint64_t address, uint64_t value);
uint64_t layout[LAYOUT_COUNT];
uint64_t *const fake_layout = layout;
uint64_t secondary_entry = 0x70000800U;

void reset_el1(void);
void window_zero(uint64_t address);
void window_block(uint64_t address, uint32_t words[16]);
uint64_t window_word(uint64_t address);
void window_forget(uint64_t address);
void window_blank(uint32_t words[16]);
/* el2map.h, which sees the layout as a constant */
extern uint64_t el2_table[12][512];
extern uint64_t el2_window[512];

void its_publish(uint64_t address, uint64_t value);
void its_publish8(uint64_t address, uint32_t value);

#define ITS_MEMORY (board_facts.map_base + 0x100000U)
#define GITS_BASER 0x100U
#define GITS_BASER_FIXED 0x071F000000000000ULL
#define GITS_CWRITER 0x88U
#define GITS_CREADR 0x90U

enum { RO = 1, WO = 2 };

/** Registers that have no writer, or no reader. */
static const uint32_t one_way[SR_COUNT] = {
#define SYSREG(name, assembler)
#define SYSREG_RO(name, assembler) [SR_##name] = RO,
#define SYSREG_WO(name, assembler) [SR_##name] = WO,
#include "arch/aarch64/sysreg.def"
#undef SYSREG
};

static void stop(const char *why, uint64_t what)
{
    printf("fake registers: %s 0x%llx\n", why, (unsigned long long)what);
    exit(1);
}

void fake_power_on(void)
{
    memset(&fake, 0, sizeof(fake));
    fake.clock_step = 1U;
    fake.reg[SR_CNTFRQ_EL0] = 1000000U;
    fake.reg[SR_MPIDR_EL1] = 0x80000000U;
    fake.reg[SR_ICC_IAR0_EL1] = 1023U;
    fake.reg[SR_ICC_IAR1_EL1] = 1023U;
    fake.reg[SR_ICH_VTR_EL2] = 3U;
    fake_on_read = NULL;
    fake_on_write = NULL;
    fake_on_device = NULL;
    fake_gicd_set(GICD_CTLR, 4U, GICD_CTLR_DS | GICD_CTLR_ARE);
    /* As QEMU's: entries of 12 bytes in tables of events, tables of devices and collections. */
    fake_gits_set(0x8U, 8U, 0x1F0001EFB1ULL);
    fake_gits_set(GITS_BASER, 8U, 0x0107000000000000ULL);
    fake_gits_set(GITS_BASER + 8U, 8U, 0x0407000000000000ULL);
    for (uint32_t k = 0U; k < FAKE_GICRS; k++) {
        fake_gicr_set((k * GICR_STRIDE) + GICR_TYPER, 8U, ((uint64_t)k << 32) | (k << 8));
    }
}

void fake_cpu(uint32_t cpu)
{
    fake.reg[SR_TPIDR_EL2] = cpu;
    fake.reg[SR_MPIDR_EL1] = plan.mpidr[cpu] | 0x80000000U;
}

/** ICH_ELRSR_EL2 and ICH_EISR_EL2 as the list registers have it. */
static void show_lrs(void)
{
    fake.reg[SR_ICH_ELRSR_EL2] = 0U;
    fake.reg[SR_ICH_EISR_EL2] = 0U;
    for (uint32_t i = 0U; i < FAKE_LRS; i++) {
        uint64_t lr = FAKE_LR(i);
        bool told = ((lr >> 61) & 1U) == 0U && ((lr >> 41) & 1U) == 1U;

        if ((lr >> 62) == 0U) {
            fake.reg[told ? SR_ICH_EISR_EL2 : SR_ICH_ELRSR_EL2] |= 1ULL << i;
        }
    }
}

uint64_t sysreg_read(uint32_t r)
{
    show_lrs();
    if ((r >= SR_ICH_LR0_EL2) && (r <= SR_ICH_LR15_EL2) && (r - SR_ICH_LR0_EL2 >= FAKE_LRS)) {
        stop("read of a list register that is not there:", r - SR_ICH_LR0_EL2);
    }
    if ((r >= SR_COUNT) || (one_way[r] == WO)) {
        stop("read of register", r);
    }
    if (r == SR_CNTPCT_EL0) {
        fake.reg[r] += fake.clock_step;
    }
    if (fake_on_read != NULL) {
        fake.reg[r] = fake_on_read(r, fake.reg[r]);
    }
    return (fake.reg[r] & ~fake.dead[r]) | fake.stuck[r];
}

void sysreg_put(uint32_t r, uint64_t value)
{
    sysreg_write(r, value);
}

void sysreg_write(uint32_t r, uint64_t value)
{
    if ((r >= SR_COUNT) || (one_way[r] == RO)) {
        stop("write of register", r);
    }
    if ((r >= SR_ICH_LR0_EL2) && (r <= SR_ICH_LR15_EL2) && (r - SR_ICH_LR0_EL2 >= FAKE_LRS)) {
        stop("write of a list register that is not there:", r - SR_ICH_LR0_EL2);
    }
    fake.reg[r] = value;
    fake.reg_writes[r]++;
    if ((r == SR_ICC_DIR_EL1) && (fake.ends < 64U)) {
        fake.ended[fake.ends] = value;
        fake.ends++;
    }
    if ((r == SR_ICC_SGI1R_EL1) && (fake.sgis < 64U)) {
        fake.sgi[fake.sgis] = value;
        fake.sgis++;
    }
    if ((r == SR_ICC_SGI0R_EL1) && (fake.kicks < 64U)) {
        fake.kick[fake.kicks] = value;
        fake.kicks++;
    }
    if (fake_on_write != NULL) {
        fake_on_write(r, value);
    }
}

/** Storage behind a device address; accesses are aligned and inside a frame. */
static uint8_t *device(uint64_t address, uint32_t size)
{
    uint8_t *at = NULL;

    if ((address >= board.gicd) && (address - board.gicd < sizeof(fake.gicd))) {
        at = &fake.gicd[address - board.gicd];
    } else if ((address >= board.gicr) && (address - board.gicr < sizeof(fake.gicr))) {
        at = &fake.gicr[address - board.gicr];
    } else if ((address >= board.gits) && (address - board.gits < sizeof(fake.gits))) {
        at = &fake.gits[address - board.gits];
    } else if ((address >= ITS_MEMORY) && (address - ITS_MEMORY < sizeof(fake.gits_memory))) {
        at = &fake.gits_memory[address - ITS_MEMORY];
    } else if ((address >= FAKE_WINDOWS) && (address - FAKE_WINDOWS < sizeof(fake.windows))) {
        at = &fake.windows[address - FAKE_WINDOWS];
    } else {
        stop("no device at", address);
    }
    if ((address % size) != 0U) {
        stop("misaligned access at", address);
    }
    return at;
}

static uint64_t get(uint64_t address, uint32_t size)
{
    uint64_t value = 0U;

    memcpy(&value, device(address, size), size);
    return value;
}

/** Registers of the ITS that do not keep what is written, or answer elsewhere. */
static uint64_t kept_by_its(uint64_t offset, uint64_t value)
{
    uint64_t kept = value;

    if ((offset >= GITS_BASER) && (offset < GITS_BASER + 0x40U)) {
        kept = (value & ~GITS_BASER_FIXED) | (fake_gits((uint32_t)offset, 8U) & GITS_BASER_FIXED);
    } else if ((offset == GITS_CWRITER) && !fake.gits_stuck) {
        fake_gits_set(GITS_CREADR, 8U, value);
    }
    return kept;
}

static void put(uint64_t address, uint32_t size, uint64_t asked)
{
    uint64_t value = ((address >= board.gits) && (address - board.gits < sizeof(fake.gits)))
                         ? kept_by_its(address - board.gits, asked)
                         : asked;

    memcpy(device(address, size), &value, size);
    if (fake.writes < FAKE_LOG) {
        fake.log[fake.writes] = (struct fake_write){address, value, size};
    }
    fake.writes++;
    if (fake_on_device != NULL) {
        fake_on_device(address, value);
    }
}

uint8_t mmio_read8(uint64_t address)
{
    return (uint8_t)get(address, 1U);
}

uint16_t mmio_read16(uint64_t address); /* as mmio_window.h, which knows the layout as constant */
void mmio_write16(uint64_t address, uint16_t value);

uint16_t mmio_read16(uint64_t address)
{
    return (uint16_t)get(address, 2U);
}

uint32_t mmio_read32(uint64_t address)
{
    return (uint32_t)get(address, 4U);
}

uint64_t mmio_read64(uint64_t address)
{
    return get(address, 8U);
}

void mmio_write8(uint64_t address, uint8_t value)
{
    put(address, 1U, value);
}

void mmio_write16(uint64_t address, uint16_t value)
{
    put(address, 2U, value);
}

void mmio_write32(uint64_t address, uint32_t value)
{
    put(address, 4U, value);
}

void mmio_write64(uint64_t address, uint64_t value)
{
    put(address, 8U, value);
}

uint64_t fake_gicd(uint32_t offset, uint32_t size)
{
    return get(board.gicd + offset, size);
}

uint64_t fake_gicr(uint32_t offset, uint32_t size)
{
    return get(board.gicr + offset, size);
}

uint64_t fake_gits(uint32_t offset, uint32_t size)
{
    return get(board.gits + offset, size);
}

void fake_gits_set(uint32_t offset, uint32_t size, uint64_t value)
{
    memcpy(device(board.gits + offset, size), &value, size);
}

uint64_t fake_gits_memory(uint32_t offset, uint32_t size)
{
    return get(ITS_MEMORY + offset, size);
}

void its_publish(uint64_t address, uint64_t value)
{
    memcpy(device(address, 8U), &value, 8U);
}

void its_publish8(uint64_t address, uint32_t value)
{
    memcpy(device(address, 1U), &value, 1U);
}

void fake_gicd_set(uint32_t offset, uint32_t size, uint64_t value)
{
    memcpy(device(board.gicd + offset, size), &value, size);
}

void fake_gicr_set(uint32_t offset, uint32_t size, uint64_t value)
{
    memcpy(device(board.gicr + offset, size), &value, size);
}

uint64_t fake_written(uint64_t address, uint64_t none)
{
    uint64_t value = none;

    for (uint32_t i = 0U; (i < fake.writes) && (i < FAKE_LOG); i++) {
        if (fake.log[i].address == address) {
            value = fake.log[i].value;
        }
    }
    return value;
}

void hint_yield(void)
{
}

void isb(void)
{
}

void dsb(void)
{
}

void dmb_store(void)
{
}

void tlbi_vmalls12e1(void)
{
    fake.flushes++;
}

void tlbi_alle1is(void)
{
    fake.flushes_all++;
}

void ic_iallu(void)
{
    fake.iallus++;
}

void reset_el1(void)
{
    fake.el1_resets++;
}

uint64_t fake_leaf(uint64_t address)
{
    uint64_t table = fake_layout[LAYOUT_EL2], leaf = 0U;

    for (uint32_t level = 1U; level <= 3U; level++) {
        uint64_t i = (address >> (12U + (9U * (3U - level)))) & 0x1FFU;
        uint64_t d = (table == fake_layout[LAYOUT_WINDOW])
                         ? el2_window[i]
                         : el2_table[(table - fake_layout[LAYOUT_EL2]) / 4096U][i];

        if ((d & 3U) != 3U) {
            break;
        }
        leaf = (level == 3U) ? d : 0U;
        table = d & 0xFFFFFFFFF000ULL;
    }
    return leaf;
}

/** The bytes behind an address of a window; the map must allow the access, and nothing else. */
static uint8_t *behind(uint64_t address)
{
    uint64_t leaf = fake_leaf(address);
    uint8_t *bytes = NULL;

    if ((leaf & ~0xFFFFFFFFF000ULL) != 0x40000000000743ULL) {
        stop("access through a window that is not open, or not as data:", address);
    }
    for (uint32_t i = 0U; i < FAKE_PAGES; i++) {
        if (fake.ppn[i] == ((leaf & 0xFFFFFFFFF000ULL) >> 12)) {
            bytes = &fake.page[i][address & 0xFFFU];
        }
    }
    if (bytes == NULL) {
        stop("no page behind the window:", leaf);
    }
    return bytes;
}

void window_zero(uint64_t address)
{
    memset(behind(address), 0, 4096U);
    fake.zeroed++;
}

void window_block(uint64_t address, uint32_t words[16])
{
    const uint8_t *b = behind(address);

    for (uint32_t i = 0U; i < 16U; i++) {
        words[i] = ((uint32_t)b[4U * i] << 24) | ((uint32_t)b[(4U * i) + 1U] << 16) |
                   ((uint32_t)b[(4U * i) + 2U] << 8) | b[(4U * i) + 3U];
    }
    fake.fetched++;
}

void window_blank(uint32_t words[16])
{
    memset(words, 0, 64U);
}

uint64_t window_word(uint64_t address)
{
    uint64_t word = 0U;

    memcpy(&word, behind(address), 8U);
    fake.fetched++;
    return word;
}

void window_forget(uint64_t address)
{
    if (fake_leaf(address) != 0U) {
        stop("translation buffers are told to forget what still stands:", address);
    }
    fake.forgotten[fake.forgets % FAKE_PAGES] = address;
    fake.forgets++;
}

uint64_t smc_call(uint64_t function, uint64_t a1, uint64_t a2, uint64_t a3)
{
    if (fake.smcs < 16U) {
        fake.smc[fake.smcs][0] = function;
        fake.smc[fake.smcs][1] = a1;
        fake.smc[fake.smcs][2] = a2;
        fake.smc[fake.smcs][3] = a3;
        fake.smcs++;
    }
    return 0U;
}

uint64_t frame_get(const struct frame *f, uint32_t i)
{
    return f->r[i];
}

void frame_put(struct frame *f, uint32_t i, uint64_t value)
{
    f->r[i] = value;
}

void smc_forward(uint64_t r[SMC_REGISTERS])
{
    memcpy(fake.forwarded, r, sizeof(fake.forwarded));
    fake.forwards++;
    for (uint32_t i = 0U; i < SMC_REGISTERS; i++) {
        r[i] = 0xF000000000000000U + (fake.forwards * 0x100U) + i;
    }
}
