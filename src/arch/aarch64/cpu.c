/* SPDX-License-Identifier: Apache-2.0 */
#include "cpu.h"
#include "ras.h"
#include "vinj.h"
#include "core/hwerr.h"
#include "core/arch/cpu.h"
#include "core/lock.h"
#include "core/part.h"

#define HCR_EL2_E2H 0x400000000U
#define ALL_BITS 0xFFFFFFFFFFFFFFFFU
#define ALL_BITS_BUT_VM 0xFFFFFFFFFFFFFFFEU
#define HCR_EL2_VSE 0x100ULL
#define HCR_EL2_TERR_TEA 0x3000000000U
#define MDCR_EL2_DEBUG 0xE00ULL /* TDA, TDOSA, TDRA */
#define VTCR_PS_SHIFT 0x10000U
#define AFFINITY 0xFF00FFFFFFU
#define SPSR_EL1H_MASKED 0x3C5U
#define VTTBR_VMID 0x1000000000000U
#define PHYSICAL 0x1000000000000U /* addresses have 48 bits */
#define X_LAST 30U

struct stub stub_state[BH_CPUS_MAX];

const struct el2reg_row el2_rows[EL2REG_COUNT] = {
#define EL2REG(name, inherited, forced, reason) {(uint32_t)SR_##name, (inherited), (forced)},
#include "el2regs.def"
#undef EL2REG
};

#define EL2REG(name, inherited, forced, reason)                                                    \
    _Static_assert(((inherited) & (forced)) == 0U, "bits of " #name " are inherited or forced");
#include "el2regs.def"
#undef EL2REG

uint64_t el2reg_value(uint32_t i, uint64_t found)
{
    return (found & el2_rows[i].inherited) | el2_rows[i].forced;
}

/** Bits that depend on what the CPU implements.
 * @req SWR_EL2_001 */
/*@ terminates \true; exits \false; assigns \nothing;
    ensures SWR_EL2_001: \result == 0 ||
      (r == SR_HCR_EL2 && \result == HCR_EL2_TERR_TEA) ||
      (r == SR_VTCR_EL2 && \result % VTCR_PS_SHIFT == 0 && \result / VTCR_PS_SHIFT <= 5); */
static uint64_t implemented(uint32_t r)
{
    uint64_t bits = 0U;

    if (r == (uint32_t)SR_HCR_EL2) {
        bits = ras_there() ? HCR_EL2_TERR_TEA : 0U;
    } else if (r == (uint32_t)SR_VTCR_EL2) {
        uint64_t range = sysreg_read((uint32_t)SR_ID_AA64MMFR0_EL1) % 16U;

        bits = ((range < 5U) ? range : 5U) * VTCR_PS_SHIFT;
    } else {
        bits = 0U;
    }
    return bits;
}

/** What the register of a row is to hold, by what was found in it.
 * @req SWR_EL2_001 */
/*@ requires row: i < EL2REG_COUNT;
    terminates \true; exits \false; assigns \nothing; */
static uint64_t wanted(uint32_t i, uint64_t found)
{
    return el2reg_value(i, found) | implemented(el2_rows[i].r);
}

/** Put the kernel's values into the registers of the table and keep what was found.
 * @req SWR_EL2_001 SWR_EL2_003 */
/*@ requires cpu: cpu < BH_CPUS_MAX;
    terminates \true; exits \false; assigns hw, stub_state[cpu]; */
static void take_registers(uint32_t cpu)
{
    uint32_t i = 0U;

    /*@ loop invariant bound: 0 <= i <= EL2REG_COUNT;
        loop assigns i, hw, stub_state[cpu];
        loop variant EL2REG_COUNT - i; */
    while (i < (uint32_t)EL2REG_COUNT) {
        uint64_t found = sysreg_read(el2_rows[i].r);

        stub_state[cpu].found[i] = found;
        sysreg_write(el2_rows[i].r, wanted(i, found));
        i++;
    }
    isb();
}

/** The tables of @p pool for @p cell, and nothing cached of them.
 * @req SWR_CPU_004 */
/*@ requires args: cell < BH_CELLS_MAX && pool < BH_CELLS_MAX;
    terminates \true; exits \false; assigns hw; */
static void load_tables(uint32_t cell, uint32_t pool)
{
    uint64_t root = (board_facts.map_base % PHYSICAL) + ((uint64_t)pool * S2_POOL_BYTES);

    sysreg_write((uint32_t)SR_VTTBR_EL2, ((uint64_t)cell * VTTBR_VMID) + root);
    isb();
    tlbi_vmalls12e1();
}

void arch_cpu_take(uint32_t cpu)
{
    gic_cpu_take(cpu);
    load_tables(BH_CELL_ROOT, cpu_pool(BH_CELL_ROOT));
    take_registers(cpu);
    arch_cpu_load_map(BH_CELL_ROOT, cpu_pool(BH_CELL_ROOT));
    if (vinj_routing(BH_CELL_ROOT) != 0U) {
        vinj_enter(cpu, BH_CELL_ROOT);
    }
}

/** Whether the register of a row keeps what is written to it; left as found.
 * @req SWR_EL2_004 */
/*@ requires row: i < EL2REG_COUNT;
    terminates \true; exits \false; assigns hw; */
static bool keeps(uint32_t i)
{
    uint32_t r = el2_rows[i].r;
    uint64_t found = sysreg_read(r);
    uint64_t mask = (r == (uint32_t)SR_HCR_EL2) ? ALL_BITS_BUT_VM : ALL_BITS;
    uint64_t value = wanted(i, found) & mask; /* no walk of tables that do not stand yet */
    uint64_t got;

    sysreg_write(r, value);
    isb();
    got = sysreg_read(r);
    sysreg_write(r, found);
    isb();
    return got == value;
}

uint32_t arch_cpu_try(void)
{
    uint32_t i = 0U;
    uint32_t bad = 0U;

    /*@ loop invariant bound: 0 <= i <= EL2REG_COUNT;
        loop assigns i, bad, hw;
        loop variant EL2REG_COUNT - i; */
    while ((i < (uint32_t)EL2REG_COUNT) && (bad == 0U)) {
        i++;
        bad = keeps(i - 1U) ? 0U : i;
    }
    return bad;
}

bool arch_cpu_taken(uint32_t cpu)
{
    uint32_t i = 0U;
    bool good = true;

    /*@ loop invariant bound: 0 <= i <= EL2REG_COUNT;
        loop assigns i, good;
        loop variant EL2REG_COUNT - i; */
    while (i < (uint32_t)EL2REG_COUNT) {
        uint32_t r = el2_rows[i].r;

        uint64_t routing = (r == (uint32_t)SR_HCR_EL2) ? vinj_routing(cpu_cell(cpu)) : 0U;

        /* VTTBR_EL2 is not what the row says any more: a map has been loaded. */
        if ((r != (uint32_t)SR_VTTBR_EL2) &&
            (sysreg_read(r) != (wanted(i, stub_state[cpu].found[i]) | routing))) {
            good = false;
        }
        i++;
    }
    return good;
}

void cpu_release(uint32_t cpu)
{
    uint32_t i = 0U;

    vinj_release(cpu);
    sysreg_write((uint32_t)SR_CNTHP_CTL_EL2, 0U);
    gic_cpu_release(cpu);
    /*@ loop invariant bound: 0 <= i <= EL2REG_COUNT;
        loop assigns i, hw;
        loop variant EL2REG_COUNT - i; */
    while (i < (uint32_t)EL2REG_COUNT) {
        sysreg_write(el2_rows[i].r, stub_state[cpu].found[i]);
        i++;
    }
    isb();
    tlbi_vmalls12e1();
}

void arch_cpu_load_map(uint32_t cell, uint32_t pool)
{
    uint64_t hcr = sysreg_read((uint32_t)SR_HCR_EL2) & ~(uint64_t)HCR_EL2_IMO;

    sysreg_write((uint32_t)SR_HCR_EL2, hcr | vinj_routing(cell));
    load_tables(cell, pool);
}

void arch_cpu_forget_maps(void)
{
    tlbi_alle1is();
}

void arch_cpu_kick(uint32_t cpu)
{
    dsb();
    sysreg_write((uint32_t)SR_ICC_SGI0R_EL1, gic_sgi_value(plan.mpidr[cpu], GIC_KICK_INTID));
    isb();
}

void arch_cpu_debug(bool trapped)
{
    uint64_t mdcr = sysreg_read((uint32_t)SR_MDCR_EL2) & ~MDCR_EL2_DEBUG;

    sysreg_write((uint32_t)SR_MDCR_EL2, trapped ? (mdcr | MDCR_EL2_DEBUG) : mdcr);
    isb();
}

void arch_cpu_quiet(uint32_t cpu)
{
    gic_cpu_quiet();
    vinj_flush(cpu);
    sysreg_write((uint32_t)SR_CNTV_CTL_EL0, 0U);
    sysreg_write((uint32_t)SR_CNTP_CTL_EL0, 0U);
    isb();
    /* Pending private interrupts would wake the CPU again and again. */
    mmio_write32(gicr_at(cpu, GICR_ICENABLER0), 0xFFFFFFFFU - GIC_OURS_BITS);
}

bool arch_cpu_is(uint32_t cpu)
{
    return plan.mpidr[cpu] == (sysreg_read((uint32_t)SR_MPIDR_EL1) & AFFINITY);
}

uint32_t arch_machine_check(void)
{
    uint32_t status = BH_OK;

    if ((sysreg_read((uint32_t)SR_HCR_EL2) & HCR_EL2_E2H) != 0U) {
        status = (uint32_t)BH_E_LAUNCH_E2H;
    } else if ((mmio_read32(gicd_at(GICD_CTLR)) & GICD_CTLR_DS) == 0U) {
        status = (uint32_t)BH_E_LAUNCH_GIC;
    } else {
        status = BH_OK;
    }
    return status;
}

/** Zero the general registers of a frame.
 * @req SWR_TRP_006 */
/*@ terminates \true; exits \false; assigns cell_r[0 .. X_LAST];
    ensures SWR_TRP_006: \forall integer k; 0 <= k <= X_LAST ==> cell_r[k] == 0; */
static void clear_frame(struct frame *f)
{
    uint32_t i = 0U;

    /*@ loop invariant bound: 0 <= i <= X_LAST + 1;
        loop invariant so_far: \forall integer k; 0 <= k < i ==> cell_r[k] == 0;
        loop assigns i, cell_r[0 .. X_LAST];
        loop variant X_LAST + 1 - i; */
    while (i <= X_LAST) {
        frame_put(f, i, 0U);
        i++;
    }
}

void cpu_enter(uint32_t cpu, struct frame *f)
{
    clear_frame(f);
    reset_el1();
    /* A virtual SError pending for the former cell is not this one's. */
    sysreg_write((uint32_t)SR_HCR_EL2, sysreg_read((uint32_t)SR_HCR_EL2) & ~HCR_EL2_VSE);
    gic_cpu_reset(cpu);
    vinj_enter(cpu, cpu_cell(cpu));
    lock_apply(cpu_cell(cpu));
    ic_iallu();
    hwerr_serve(cpu);
    frame_put(f, 0U, cpu_context[cpu]);
    frame_put(f, FRAME_R_ELR, cpu_entry[cpu]);
    frame_put(f, FRAME_R_SPSR, SPSR_EL1H_MASKED);
}
