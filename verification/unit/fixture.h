/* SPDX-License-Identifier: Apache-2.0 */
/** @file fixture.h
 * A good plan for tests to spoil, the machine as it is when that plan is in force, and an
 * independent walk of the memory map. Needs core, src/arch/host/shared.c and s2.c.
 *
 *   CPUs        0   1      2, 3       root's list names all four
 *   cell        -   3      2          cell 2 parks at a refusal, cell 3 goes on (BH_CELL_CONTINUE)
 *   interrupts      70     40, 41     root's list names 32 to 287
 */
#ifndef VERIFICATION_UNIT_FIXTURE_H
#define VERIFICATION_UNIT_FIXTURE_H

#include <string.h>
#include "host_machine.h"
#include "core/cell.h"
#include "core/init.h"
#include "core/arch/board.h"
#include "s2.h"

#define RWX (BH_REGION_READ | BH_REGION_WRITE | BH_REGION_EXECUTE)
#define RW (BH_REGION_READ | BH_REGION_WRITE)
#define FIX_REGIONS 11U
#define FIX_KERNEL 0x70000U  /* pages */
#define FIX_STATUS 0x70400U
#define FIX_CELL2 0x71000U
#define FIX_COMM2 0x71200U
#define FIX_CELL3 0x71400U
#define FIX_CELL3_DATA 0x71500U
#define FIX_ENTRY3 0x1000U

/** CRC-32 of the plan's bytes but the last four, bit by bit and apart from the kernel's. */
static inline uint32_t fixture_crc(void)
{
    const uint8_t *byte = (const uint8_t *)&plan;
    uint32_t r = 0xFFFFFFFFU;

    for (size_t i = 0U; i < (offsetof(struct bh_plan, crc) * 8U); i++) {
        uint32_t in = ((uint32_t)byte[i / 8U] >> (i % 8U)) & 1U;

        r = (r >> 1) ^ (((r ^ in) & 1U) * 0xEDB88320U);
    }
    return ~r;
}

/** Make the checksum fit again. */
static inline void fixture_seal(void)
{
    plan.crc = fixture_crc();
}

/** The good plan. */
static inline void fixture_plan(void)
{
    static const struct bh_region regions[FIX_REGIONS] = {
        {.ppn = FIX_KERNEL, .ipn = FIX_KERNEL, .n = 0x400U, .own = 0U, .flags = RWX},
        {.ppn = 0x8000U, .ipn = 0x8000U, .n = 0x10U, .own = 0U, .flags = RW | BH_REGION_DEVICE},
        {.ppn = 0x8080U, .ipn = 0x8080U, .n = 0x120U, .own = 0U, .flags = RW | BH_REGION_DEVICE},
        {.ppn = 0x40000U, .ipn = 0x40000U, .n = 0x30400U, .own = 1U, .flags = RWX},
        {.ppn = FIX_STATUS, .ipn = FIX_STATUS, .n = 4U, .own = 1U, .flags = BH_REGION_READ},
        {.ppn = 0x70404U, .ipn = 0x70404U, .n = 0xFBFCU, .own = 1U, .flags = RWX},
        {.ppn = 0x9000U, .ipn = 0x9000U, .n = 1U, .own = 1U, .flags = RW | BH_REGION_DEVICE},
        {.ppn = FIX_CELL2, .ipn = 0U, .n = 0x200U, .own = 2U, .flags = RWX | BH_REGION_LOADABLE},
        {.ppn = FIX_COMM2, .ipn = 0x200U, .n = 1U, .own = 2U, .flags = RW, .share = 1U, .root = 1U},
        {.ppn = FIX_CELL3,
         .ipn = 0U,
         .n = 0x10U,
         .own = 3U,
         .flags = BH_REGION_READ | BH_REGION_EXECUTE | BH_REGION_LOADABLE},
        {.ppn = FIX_CELL3_DATA, .ipn = 0x100U, .n = 0x100U, .own = 3U, .flags = RW}};

    memset(&plan, 0, sizeof(plan));
    plan.magic = BH_PLAN_MAGIC;
    plan.version = BH_ABI_VERSION;
    plan.size = sizeof(plan);
    plan.board = 1U;
    plan.flags = BH_PLAN_ACCEPT_UNPROTECTED_DMA;
    plan.n_cells = 4U;
    plan.n_regions = FIX_REGIONS;
    plan.n_cpus = 4U;
    plan.status_n = BH_STATUS_PAGES;
    plan.status_ppn = FIX_STATUS;
    memcpy(plan.regions, regions, sizeof(regions));
    plan.cells[0].count = 3U;
    plan.cells[1] = (struct bh_cell){.first = 3U, .count = 4U, .cpus = 0xFU};
    plan.cells[2] = (struct bh_cell){.first = 7U, .count = 2U, .cpus = 0xCU, .comm = 0x200000U};
    plan.cells[3] = (struct bh_cell){
        .first = 9U, .count = 2U, .cpus = 0x2U, .entry = FIX_ENTRY3, .flags = BH_CELL_CONTINUE};
    for (uint32_t w = 1U; w < 9U; w++) {
        plan.cells[1].irqs[w] = 0xFFFFFFFFU;
    }
    plan.cells[2].irqs[1] = 0x300U;
    plan.cells[3].irqs[2] = 0x40U;
    for (uint32_t cpu = 0U; cpu < 4U; cpu++) {
        plan.mpidr[cpu] = cpu;
    }
    fixture_seal();
}

/** The good plan in force: CPU 0 runs root, the other three are off. */
static inline bool fixture_machine(void)
{
    bool good;

    memset(host_word, 0, sizeof(host_word));
    host_on_access = NULL;
    fixture_plan();
    handover = (struct bh_handover){BH_ABI_VERSION, plan.n_cpus, sizeof(plan), BH_MODE_LATE};
    event_init(plan.n_cells, plan.n_cpus, plan.crc);
    for (uint32_t cpu = 0U; cpu < BH_CPUS_MAX; cpu++) {
        host_word[SW_CPU_CELL][cpu] = BH_CELL_ROOT;
        host_word[SW_CPU_STATE][cpu] = (cpu == 0U) ? CPU_RUN : ((cpu < 4U) ? CPU_OFF : CPU_ABSENT);
    }
    host_word[SW_CELL_STATE][BH_CELL_ROOT] = BH_STATE_RUNNING;
    good = part_boot(board_facts.map_base) == BH_OK;
    return good && (plan_check(&board_facts.plan) == BH_OK);
}

/** Phase of a CPU, state of a cell, cell of a CPU, without waking the hook. */
static inline uint64_t phase_of(uint32_t cpu)
{
    return host_word[SW_CPU_STATE][cpu];
}

static inline uint64_t state_of(uint32_t cell)
{
    return host_word[SW_CELL_STATE][cell];
}

static inline uint64_t cell_of(uint32_t cpu)
{
    return host_word[SW_CPU_CELL][cpu];
}

/** Events recorded so far, and one of them: 0 is the latest, 1 the one before. */
static inline uint64_t events(void)
{
    return host_word[SW_EVENT][0];
}

static inline const struct bh_event *event_back(uint32_t n)
{
    return &status_page.events[(events() - 1U - n) % BH_EVENTS];
}

/** Descriptor of the page that covers IPA page @p x in pool @p p, 0 if none: a walk by the book
 * (Arm ARM D8.2) over the tables as words of memory, leaf bits [1:0] made 3. */
static inline uint64_t walk(uint32_t p, uint64_t x)
{
    const uint64_t *memory = (const uint64_t *)&s2_e;
    uint64_t base = board_facts.map_base;
    uint64_t table = S2_ROOT(base, p) + ((x >> 27) * 4096U); /* concatenated root */
    uint64_t found = 0U;

    for (uint32_t level = 1U; level <= 3U; level++) {
        uint32_t shift = (3U - level) * 9U;
        uint64_t index = ((x & 0x7FFFFFFU) >> shift) & 0x1FFU;
        uint64_t d = memory[((table - base) / 8U) + index];

        if ((d & 1U) == 0U) {
            break;
        }
        if ((level == 3U) || ((d & 2U) == 0U)) {
            found = (d | 2U) + ((x & ((1ULL << shift) - 1U)) << 12);
            break;
        }
        table = d & 0xFFFFFFFFF000ULL;
    }
    return found;
}

#define PPN_OF(d) (((d) & 0xFFFFFFFFF000ULL) >> 12)
#define CAN_READ(d) ((((d) >> 6) & 1U) == 1U)
#define CAN_WRITE(d) ((((d) >> 7) & 1U) == 1U)
#define CAN_EXECUTE(d) (((d) != 0U) && ((((d) >> 54) & 1U) == 0U))
#define IS_DEVICE(d) ((((d) >> 2) & 0xFU) == 1U)

#endif
