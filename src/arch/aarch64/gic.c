/* SPDX-License-Identifier: Apache-2.0 */
#include "vgic.h"
#include "core/arch/irq.h"
#include "core/bits.h"
#include "core/plan.h"

#define ICC_CTLR_EOIMODE 2U
#define ICH_VMCR_VPMR_ALL (0xF0ULL * 0x1000000U)
#define ICH_VMCR_VEOIM 0x200U
#define ICH_VMCR_VBPR1 0x40000U
#define ICH_VMCR_VENG1 2U
#define PMR_ALL 0xF8U

uint64_t gicr_base[BH_CPUS_MAX];

uint64_t gicd_at(uint32_t offset)
{
    return (board.gicd % GIC_ADDRESS) + offset;
}

uint64_t gicr_pair(uint32_t k)
{
    return (board.gicr % GIC_ADDRESS) + ((uint64_t)k * GICR_STRIDE);
}

uint64_t gicr_at(uint32_t cpu, uint32_t offset)
{
    return (gicr_base[cpu] % 0x4000000000000U) + offset;
}

/** GICR_TYPER affinity (bits 63:32) against MPIDR_EL1.
 * @req SWR_GIC_001 */
/*@ terminates \true; exits \false; assigns \nothing;
    ensures SWR_GIC_001: \result <==> typer / 0x100000000 == gic_affinity(mpidr); */
static bool same_affinity(uint64_t typer, uint64_t mpidr)
{
    return (typer / 0x100000000U) ==
           ((mpidr % 0x1000000U) + (((mpidr / 0x100000000U) % 0x100U) * 0x1000000U));
}

bool gic_find(uint32_t cpu)
{
    uint64_t mpidr = sysreg_read((uint32_t)SR_MPIDR_EL1);
    uint32_t i = 0U;
    bool found = false;

    /*@ loop invariant bound: 0 <= i <= board.gicr_count;
        loop invariant SWR_GIC_001: found ==> \exists integer k; 0 <= k < i &&
          gicr_base[cpu] == gicr_frame(k);
        loop invariant kept: !found ==> gicr_base[cpu] == \at(gicr_base[cpu], Pre);
        loop assigns i, found, gicr_base[cpu];
        loop variant board.gicr_count - i; */
    while ((i < board.gicr_count) && (!found)) {
        uint64_t base = gicr_pair(i);

        if (same_affinity(mmio_read64(base + GICR_TYPER), mpidr)) {
            gicr_base[cpu] = base;
            found = true;
        }
        i++;
    }
    return found;
}

void gic_distributor_init(void)
{
    uint32_t w = 1U;

    mmio_write32(gicd_at(GICD_CTLR), GICD_CTLR_ARE);
    /*@ loop invariant bound: 1 <= w <= BH_IRQ_WORDS;
        loop assigns w, hw;
        loop variant BH_IRQ_WORDS - w; */
    while (w < BH_IRQ_WORDS) {
        if ((w * 32U) < board.spi_end) {
            mmio_write32(gicd_at(GICD_IGROUPR + (w * 4U)), 0xFFFFFFFFU);
            mmio_write32(gicd_at(GICD_ICENABLER + (w * 4U)), 0xFFFFFFFFU);
        }
        w++;
    }
    mmio_write32(gicd_at(GICD_CTLR), GICD_CTLR_ARE | GICD_CTLR_ENABLE_GRP0 | GICD_CTLR_ENABLE_GRP1);
}

/** The kick, SGI 15, and the alarm, which waits to be set: Group 0, the most urgent.
 * @req SWR_GIC_003 */
/*@ requires cpu: cpu < BH_CPUS_MAX;
    terminates \true; exits \false; assigns hw; */
static void arm_kick(uint32_t cpu)
{
    mmio_write32(gicr_at(cpu, GICR_ICENABLER0), GIC_ALARM_BIT);
    mmio_write32(gicr_at(cpu, GICR_IGROUPR0), 0xFFFFFFFFU - GIC_OURS_BITS);
    mmio_write8(gicr_at(cpu, GICR_IPRIORITYR + GIC_KICK_INTID), GIC_PRIORITY_KICK);
    mmio_write8(gicr_at(cpu, GICR_IPRIORITYR + GIC_ALARM_INTID), GIC_PRIORITY_KICK);
    mmio_write32(gicr_at(cpu, GICR_ISENABLER0), GIC_KICK_BIT);
}

/** The private interrupts of Group 0, which only the kernel uses.
 * @req SWR_GIC_003 */
/*@ terminates \true; exits \false; assigns \nothing;
    ensures SWR_GIC_003: \result <==> n == GIC_KICK_INTID || n == GIC_ALARM_INTID; */
static bool is_ours(uint32_t n)
{
    return (n == GIC_KICK_INTID) || (n == GIC_ALARM_INTID);
}

/** Most urgent priorities, which only the kernel may hold, are taken from the private interrupts.
 * @req SWR_GIC_003 */
/*@ requires cpu: cpu < BH_CPUS_MAX;
    terminates \true; exits \false; assigns hw; */
static void clamp_private(uint32_t cpu)
{
    uint32_t n = 0U;

    /*@ loop invariant bound: 0 <= n <= GIC_SPI_FIRST;
        loop assigns n, hw;
        loop variant GIC_SPI_FIRST - n; */
    while (n < GIC_SPI_FIRST) {
        uint64_t address = gicr_at(cpu, GICR_IPRIORITYR + n);

        if ((!is_ours(n)) && (mmio_read8(address) < GIC_PRIORITY_MIN)) {
            mmio_write8(address, GIC_PRIORITY_MIN);
        }
        n++;
    }
}

/** The virtual CPU interface shows what the physical one did: HCR_EL2.FMO makes PMR, CTLR virtual.
 * @req SWR_GIC_003 */
/*@ terminates \true; exits \false; assigns hw; */
static void seed_virtual_interface(void)
{
    uint64_t pmr = sysreg_read((uint32_t)SR_ICC_PMR_EL1) % 0x100U;
    uint64_t bpr = sysreg_read((uint32_t)SR_ICC_BPR1_EL1) % 8U;
    uint64_t ctlr = sysreg_read((uint32_t)SR_ICC_CTLR_EL1);
    uint64_t grp1 = sysreg_read((uint32_t)SR_ICC_IGRPEN1_EL1) % 2U;
    uint64_t eoimode = (ctlr / ICC_CTLR_EOIMODE) % 2U;

    sysreg_write((uint32_t)SR_ICH_VMCR_EL2, (pmr * 0x1000000U) + (bpr * ICH_VMCR_VBPR1) +
                                                (eoimode * ICH_VMCR_VEOIM) +
                                                (grp1 * ICH_VMCR_VENG1));
    sysreg_write((uint32_t)SR_ICH_HCR_EL2, 0U);
}

void gic_cpu_take(uint32_t cpu)
{
    uint64_t ctlr = sysreg_read((uint32_t)SR_ICC_CTLR_EL1);

    stub_state[cpu].icc_ctlr = ctlr;
    stub_state[cpu].icc_pmr = sysreg_read((uint32_t)SR_ICC_PMR_EL1);
    arm_kick(cpu);
    clamp_private(cpu);
    mmio_write32(gicd_at(GICD_CTLR), mmio_read32(gicd_at(GICD_CTLR)) | GICD_CTLR_ENABLE_GRP0);
    seed_virtual_interface();
    /* EOIR1 drops and deactivates: the cell's DIR is virtual and would deactivate nothing. */
    sysreg_write((uint32_t)SR_ICC_CTLR_EL1, ctlr & ~(uint64_t)ICC_CTLR_EOIMODE);
    sysreg_write((uint32_t)SR_ICC_PMR_EL1, PMR_ALL);
    sysreg_write((uint32_t)SR_ICC_IGRPEN0_EL1, 1U);
    dsb();
    isb();
}

void gic_cpu_release(uint32_t cpu)
{
    sysreg_write((uint32_t)SR_ICC_IGRPEN0_EL1, 0U);
    mmio_write32(gicr_at(cpu, GICR_ICENABLER0), GIC_OURS_BITS);
    mmio_write32(gicr_at(cpu, GICR_ICPENDR0), GIC_OURS_BITS);
    mmio_write32(gicr_at(cpu, GICR_IGROUPR0), 0xFFFFFFFFU);
    sysreg_write((uint32_t)SR_ICC_CTLR_EL1, stub_state[cpu].icc_ctlr);
    sysreg_write((uint32_t)SR_ICC_PMR_EL1, stub_state[cpu].icc_pmr);
    dsb();
    isb();
}

void gic_cpu_reset(uint32_t cpu)
{
    uint32_t n = 0U;

    mmio_write32(gicr_at(cpu, GICR_ICENABLER0), 0xFFFFFFFFU - GIC_OURS_BITS);
    mmio_write32(gicr_at(cpu, GICR_ICPENDR0), 0xFFFFFFFFU - GIC_OURS_BITS);
    mmio_write32(gicr_at(cpu, GICR_ICACTIVER0), 0xFFFFFFFFU - GIC_OURS_BITS);
    /*@ loop invariant bound: 0 <= n <= GIC_SPI_FIRST;
        loop assigns n, hw;
        loop variant GIC_SPI_FIRST - n; */
    while (n < GIC_SPI_FIRST) {
        if (!is_ours(n)) {
            mmio_write8(gicr_at(cpu, GICR_IPRIORITYR + n), GIC_PRIORITY_IDLE);
        }
        n++;
    }
    sysreg_write((uint32_t)SR_ICC_IGRPEN1_EL1, 0U);
    sysreg_write((uint32_t)SR_ICC_AP1R0_EL1, 0U);
    sysreg_write((uint32_t)SR_ICC_BPR1_EL1, 0U);
    sysreg_write((uint32_t)SR_ICC_PMR_EL1, PMR_ALL);
    sysreg_write((uint32_t)SR_ICH_VMCR_EL2, ICH_VMCR_VPMR_ALL);
    sysreg_write((uint32_t)SR_ICH_HCR_EL2, 0U);
    isb();
}

void gic_cpu_quiet(void)
{
    sysreg_write((uint32_t)SR_ICC_IGRPEN1_EL1, 0U);
    sysreg_write((uint32_t)SR_ICC_AP1R0_EL1, 0U);
    isb();
}

void gic_acknowledge(void)
{
    uint64_t intid = sysreg_read((uint32_t)SR_ICC_IAR0_EL1) % 0x1000000U;

    if (intid < 1020U) {
        sysreg_write((uint32_t)SR_ICC_EOIR0_EL1, intid);
        /* Below an injected cell the end is apart from the priority drop: without it no second kick
         * would ever come. */
        if ((sysreg_read((uint32_t)SR_ICC_CTLR_EL1) & ICC_CTLR_EOIMODE) != 0U) {
            sysreg_write((uint32_t)SR_ICC_DIR_EL1, intid);
        }
        isb();
    }
}

const uint16_t gic_target[16] = {0x1U,    0x2U,    0x4U,    0x8U,   0x10U,  0x20U,
                                 0x40U,   0x80U,   0x100U,  0x200U, 0x400U, 0x800U,
                                 0x1000U, 0x2000U, 0x4000U, 0x8000U};

uint64_t gic_sgi_value(uint64_t mpidr, uint32_t intid)
{
    uint64_t aff0 = mpidr % 0x100U;
    uint64_t aff1 = (mpidr / 0x100U) % 0x100U;
    uint64_t aff2 = (mpidr / 0x10000U) % 0x100U;
    uint64_t aff3 = (mpidr / 0x100000000U) % 0x100U;
    uint64_t high = aff2 + ((aff0 / 16U) * 0x1000U) + (aff3 * 0x10000U);
    uint64_t middle = aff1 + (((uint64_t)intid % 16U) * 0x100U);
    uint64_t value = gic_target[mpidr % 16U] + (middle * 0x10000U) + (high * 0x100000000U);

    //@ assert middle: middle / 0x100 == intid % 16 && middle % 0x100 == aff1 && middle < 0x1000;
    //@ assert high: high % 0x1000 == aff2 && high < 0x1000000;
    //@ assert upper: value / 0x10000 == middle + high * 0x10000;
    //@ assert intid: value / 0x1000000 == middle / 0x100 + high * 0x100;
    //@ assert field: value / 0x1000000 == intid % 16 + 0x10 * (high * 0x10);
    //@ assert any: value / 0x10000000000 == high / 0x100;
    return value;
}

/** One shared interrupt: off, idle, routed to a CPU of its new owner.
 * @req SWR_IRQ_003 */
/*@ requires spi: GIC_SPI_FIRST <= n < GIC_SPI_END;
    terminates \true; exits \false; assigns hw; */
static void reset_spi(uint32_t n, uint64_t route)
{
    uint32_t word = (n / 32U) * 4U;
    uint32_t bit = bit_of(n % 32U);

    mmio_write32(gicd_at(GICD_ICENABLER + word), bit);
    mmio_write32(gicd_at(GICD_ICPENDR + word), bit);
    mmio_write32(gicd_at(GICD_ICACTIVER + word), bit);
    mmio_write8(gicd_at(GICD_IPRIORITYR + n), GIC_PRIORITY_IDLE);
    mmio_write64(gicd_at(GICD_IROUTER + (n * 8U)), route);
}

/** Does the plan give shared interrupt @p n to @p cell?
 * @req SWR_IRQ_006 */
/*@ requires args: cell < BH_CELLS_MAX && GIC_SPI_FIRST <= n < GIC_SPI_END;
    terminates \true; exits \false; assigns \nothing;
    ensures SWR_IRQ_006: \result <==> bit_set(plan.cells[cell].irqs[n / 32], n % 32); */
static bool planned(uint32_t cell, uint32_t n)
{
    return bit_test(plan.cells[cell].irqs[n / 32U], n % 32U);
}

/** Has @p cell shared interrupt @p n now? What an existing cell has is not root's.
 * @req SWR_IRQ_003 */
/*@ requires args: cell < BH_CELLS_MAX && GIC_SPI_FIRST <= n < GIC_SPI_END;
    terminates \true; exits \false; assigns \nothing;
    ensures SWR_IRQ_003: \result ==> bit_set(plan.cells[cell].irqs[n / 32], n % 32);
    ensures SWR_IRQ_003: \result && cell == BH_CELL_ROOT ==> \exists integer v; view(v) &&
      \forall integer d; 2 <= d < BH_CELLS_MAX ==> !claims_irq(v, d, n / 32, n % 32); */
static bool owned(uint32_t cell, uint32_t n)
{
    return bit_test(vgic_owned(cell, n / 32U), n % 32U);
}

void arch_irq_reset(uint32_t cell, uint32_t cpu)
{
    uint32_t n = GIC_SPI_FIRST;

    /*@ loop invariant bound: GIC_SPI_FIRST <= n <= GIC_SPI_END;
        loop assigns n, hw;
        loop variant GIC_SPI_END - n; */
    while (n < GIC_SPI_END) {
        if ((n < board.spi_end) && owned(cell, n)) {
            reset_spi(n, plan.mpidr[cpu]);
        }
        n++;
    }
    dsb();
}

/** Does @p route reach a CPU that the plan gives to @p cell?
 * @req SWR_IRQ_006 */
/*@ requires cell: cell < BH_CELLS_MAX;
    terminates \true; exits \false; assigns \nothing;
    ensures SWR_IRQ_006: (\exists integer k; 0 <= k < BH_CPUS_MAX && plan.mpidr[k] == route &&
      bit_set(plan.cells[cell].cpus, k)) ==> \result; */
static bool reaches(uint32_t cell, uint64_t route)
{
    bool hit = ((route / GICD_IROUTER_IRM) % 2U) == 1U; /* any CPU */
    uint32_t cpu = 0U;

    /*@ loop invariant bound: 0 <= cpu <= BH_CPUS_MAX;
        loop invariant so_far: (\exists integer k; 0 <= k < cpu && plan.mpidr[k] == route &&
          bit_set(plan.cells[cell].cpus, k)) ==> hit;
        loop assigns cpu, hit;
        loop variant BH_CPUS_MAX - cpu; */
    while (cpu < BH_CPUS_MAX) {
        if ((plan.mpidr[cpu] == route) && bit_test(plan.cells[cell].cpus, cpu)) {
            hit = true;
        }
        cpu++;
    }
    return hit;
}

void arch_irq_divert(uint32_t cell, uint32_t cpu)
{
    uint32_t n = GIC_SPI_FIRST;

    /*@ loop invariant bound: GIC_SPI_FIRST <= n <= GIC_SPI_END;
        loop assigns n, hw;
        loop variant GIC_SPI_END - n; */
    while (n < GIC_SPI_END) {
        uint64_t address = gicd_at(GICD_IROUTER + (n * 8U));

        if ((n < board.spi_end) && (!planned(cell, n)) && reaches(cell, mmio_read64(address))) {
            mmio_write64(address, plan.mpidr[cpu]);
        }
        n++;
    }
    dsb();
}
