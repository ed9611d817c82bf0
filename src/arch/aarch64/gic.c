/* SPDX-License-Identifier: Apache-2.0 */
#include "gic.h"
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
static uint64_t found_ctlr[BH_CPUS_MAX];
static uint64_t found_pmr[BH_CPUS_MAX];

/** GICR_TYPER affinity (bits 63:32) against MPIDR_EL1. */
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

    while ((i < board.gicr_count) && (!found)) {
        uint64_t base = board.gicr + ((uint64_t)i * GICR_STRIDE);

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
    uint32_t n = GIC_SPI_FIRST;

    mmio_write32(board.gicd + GICD_CTLR, GICD_CTLR_ARE);
    while (n < board.spi_end) {
        mmio_write32(board.gicd + GICD_IGROUPR + (n / 8U), 0xFFFFFFFFU);
        mmio_write32(board.gicd + GICD_ICENABLER + (n / 8U), 0xFFFFFFFFU);
        n += 32U;
    }
    mmio_write32(board.gicd + GICD_CTLR,
                 GICD_CTLR_ARE | GICD_CTLR_ENABLE_GRP0 | GICD_CTLR_ENABLE_GRP1);
}

/** The kick: SGI 15, Group 0, the most urgent. */
static void arm_kick(uint64_t base)
{
    mmio_write32(base + GICR_IGROUPR0, 0xFFFFFFFFU - GIC_KICK_BIT);
    mmio_write8(base + GICR_IPRIORITYR + GIC_KICK_INTID, GIC_PRIORITY_KICK);
    mmio_write32(base + GICR_ISENABLER0, GIC_KICK_BIT);
}

/** Most urgent priorities, which only the kernel may hold, are taken from the private interrupts. */
static void clamp_private(uint64_t base)
{
    uint32_t n = 0U;

    while (n < GIC_SPI_FIRST) {
        if ((n != GIC_KICK_INTID) && (mmio_read8(base + GICR_IPRIORITYR + n) < GIC_PRIORITY_MIN)) {
            mmio_write8(base + GICR_IPRIORITYR + n, GIC_PRIORITY_MIN);
        }
        n++;
    }
}

/** The virtual CPU interface shows what the physical one did: HCR_EL2.FMO makes PMR, CTLR virtual. */
static void seed_virtual_interface(void)
{
    uint64_t pmr = sysreg_read((uint32_t)SR_ICC_PMR_EL1) % 0x100U;
    uint64_t bpr = sysreg_read((uint32_t)SR_ICC_BPR1_EL1) % 8U;
    uint64_t ctlr = sysreg_read((uint32_t)SR_ICC_CTLR_EL1);
    uint64_t grp1 = sysreg_read((uint32_t)SR_ICC_IGRPEN1_EL1) % 2U;
    uint64_t eoimode = (ctlr / ICC_CTLR_EOIMODE) % 2U;

    sysreg_write((uint32_t)SR_ICH_VMCR_EL2, (pmr * 0x1000000U) + (bpr * ICH_VMCR_VBPR1) +
                                                (eoimode * ICH_VMCR_VEOIM) + (grp1 * ICH_VMCR_VENG1));
    sysreg_write((uint32_t)SR_ICH_HCR_EL2, 0U);
}

void gic_cpu_take(uint32_t cpu)
{
    uint64_t base = gicr_base[cpu];
    uint64_t ctlr = sysreg_read((uint32_t)SR_ICC_CTLR_EL1);

    found_ctlr[cpu] = ctlr;
    found_pmr[cpu] = sysreg_read((uint32_t)SR_ICC_PMR_EL1);
    arm_kick(base);
    clamp_private(base);
    mmio_write32(board.gicd + GICD_CTLR,
                 mmio_read32(board.gicd + GICD_CTLR) | GICD_CTLR_ENABLE_GRP0);
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
    uint64_t base = gicr_base[cpu];

    sysreg_write((uint32_t)SR_ICC_IGRPEN0_EL1, 0U);
    mmio_write32(base + GICR_ICENABLER0, GIC_KICK_BIT);
    mmio_write32(base + GICR_ICPENDR0, GIC_KICK_BIT);
    mmio_write32(base + GICR_IGROUPR0, 0xFFFFFFFFU);
    sysreg_write((uint32_t)SR_ICC_CTLR_EL1, found_ctlr[cpu]);
    sysreg_write((uint32_t)SR_ICC_PMR_EL1, found_pmr[cpu]);
    dsb();
    isb();
}

void gic_cpu_reset(uint32_t cpu)
{
    uint64_t base = gicr_base[cpu];
    uint32_t n = 0U;

    mmio_write32(base + GICR_ICENABLER0, 0xFFFFFFFFU - GIC_KICK_BIT);
    mmio_write32(base + GICR_ICPENDR0, 0xFFFFFFFFU - GIC_KICK_BIT);
    mmio_write32(base + GICR_ICACTIVER0, 0xFFFFFFFFU - GIC_KICK_BIT);
    while (n < GIC_SPI_FIRST) {
        if (n != GIC_KICK_INTID) {
            mmio_write8(base + GICR_IPRIORITYR + n, GIC_PRIORITY_IDLE);
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
        isb();
    }
}

uint64_t gic_sgi_value(uint64_t mpidr, uint32_t intid)
{
    static const uint64_t target[16] = {1U,     2U,     4U,     8U,      0x10U,   0x20U,
                                        0x40U,  0x80U,  0x100U, 0x200U,  0x400U,  0x800U,
                                        0x1000U, 0x2000U, 0x4000U, 0x8000U};
    uint64_t aff0 = mpidr % 0x100U;
    uint64_t aff1 = (mpidr / 0x100U) % 0x100U;
    uint64_t aff2 = (mpidr / 0x10000U) % 0x100U;
    uint64_t aff3 = (mpidr / 0x100000000U) % 0x100U;

    return target[aff0 % 16U] + (aff1 * 0x10000U) + (((uint64_t)intid % 16U) * 0x1000000U) +
           (aff2 * 0x100000000U) + ((aff0 / 16U) * 0x100000000000U) + (aff3 * 0x1000000000000U);
}

/** One shared interrupt: off, idle, routed to a CPU of its new owner. */
static void reset_spi(uint32_t n, uint64_t route)
{
    uint32_t word = (n / 32U) * 4U;
    static const uint32_t weight[32] = {
        0x1U,       0x2U,       0x4U,       0x8U,       0x10U,      0x20U,      0x40U,
        0x80U,      0x100U,     0x200U,     0x400U,     0x800U,     0x1000U,    0x2000U,
        0x4000U,    0x8000U,    0x10000U,   0x20000U,   0x40000U,   0x80000U,   0x100000U,
        0x200000U,  0x400000U,  0x800000U,  0x1000000U, 0x2000000U, 0x4000000U, 0x8000000U,
        0x10000000U, 0x20000000U, 0x40000000U, 0x80000000U};
    uint32_t bit = weight[n % 32U];

    mmio_write32(board.gicd + GICD_ICENABLER + word, bit);
    mmio_write32(board.gicd + GICD_ICPENDR + word, bit);
    mmio_write32(board.gicd + GICD_ICACTIVER + word, bit);
    mmio_write8(board.gicd + GICD_IPRIORITYR + n, GIC_PRIORITY_IDLE);
    mmio_write64(board.gicd + GICD_IROUTER + ((uint64_t)n * 8U), route);
}

void arch_irq_reset(uint32_t cell, uint32_t cpu)
{
    uint32_t n = GIC_SPI_FIRST;

    while (n < board.spi_end) {
        if (bit_test(plan.cells[cell].irqs[(n / 32U) % BH_IRQ_WORDS], n % 32U)) {
            reset_spi(n, plan.mpidr[cpu]);
        }
        n++;
    }
    dsb();
}
