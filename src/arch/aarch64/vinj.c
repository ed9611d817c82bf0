/* SPDX-License-Identifier: Apache-2.0 */
#include "vinj.h"
#include "core/bits.h"

/* ICH_LR<n>_EL2 (IHI 0069, 12.4) */
#define LR_INTID 0x100000000U           /* vINTID is the lower half */
#define LR_PHYSICAL 0x100000000U        /* weight of pINTID, with LR_HW */
#define LR_EOI 0x20000000000U           /* the end is an interrupt of the kernel, without LR_HW */
#define LR_PRIORITY 0x1000000000000U    /* weight */
#define LR_GROUP1 0x1000000000000000U
#define LR_HW 0x2000000000000000U
#define LR_PENDING 0x4000000000000000U
#define LR_STATE 0x4000000000000000U    /* weight: 0 invalid, 1 pending, 2 active, 3 both */
#define LR_WATCHED 0xD0FF0000FFFFFFFFU  /* what stays when LR_EOI takes the place of LR_HW */

#define ICC_CTLR_EOIMODE 2U
#define ICH_HCR_EN 1U
#define ICH_VMCR_VENG1 2U
#define PMR_OPEN 0xF8U
#define INTID_WEIGHT 0x1000000U

_Static_assert(((uint32_t)SR_ICH_LR15_EL2 - (uint32_t)SR_ICH_LR0_EL2) == 15U, "rows of sysreg.def");

uint32_t vinj_intid[BH_CPUS_MAX][VINJ_LR_MAX];

uint64_t vinj_routing(uint32_t cell)
{
    return (((plan.cells[cell].flags / BH_CELL_INJECTED) % 2U) == 1U) ? HCR_EL2_IMO : 0U;
}

/** List registers of this CPU.
 * @req SWR_INJ_003 */
/*@ terminates \true; exits \false; assigns \nothing;
    ensures SWR_INJ_003: 1 <= \result <= VINJ_LR_MAX; */
static uint32_t lr_count(void)
{
    return (uint32_t)(sysreg_read((uint32_t)SR_ICH_VTR_EL2) % VINJ_LR_MAX) + 1U;
}

/** A bit for each list register that holds nothing.
 * @req SWR_INJ_003 */
/*@ terminates \true; exits \false; assigns \nothing;
    ensures range: \result < 0x10000; */
static uint32_t idle_registers(void)
{
    return (uint32_t)(sysreg_read((uint32_t)SR_ICH_ELRSR_EL2) % 0x10000U);
}

/** @req SWR_INJ_003 */
/*@ requires index: i < VINJ_LR_MAX;
    terminates \true; exits \false; assigns \nothing; */
static uint64_t lr_read(uint32_t i)
{
    return sysreg_read((uint32_t)SR_ICH_LR0_EL2 + i);
}

/** @req SWR_INJ_003 */
/*@ requires index: i < VINJ_LR_MAX;
    terminates \true; exits \false; assigns hw; */
static void lr_write(uint32_t i, uint64_t value)
{
    sysreg_put((uint32_t)SR_ICH_LR0_EL2 + i, value);
}

/** The interrupt in a list register, as one that can be given back.
 * @req SWR_INJ_004 */
/*@ terminates \true; exits \false; assigns \nothing;
    ensures SWR_INJ_004: \result == lr % LR_INTID % 1024; */
static uint32_t lr_intid(uint64_t lr)
{
    return (uint32_t)((lr % LR_INTID) % 1024U);
}

/** @req SWR_INJ_006 */
/*@ terminates \true; exits \false; assigns \nothing;
    ensures SWR_INJ_006: \result == (lr / LR_PRIORITY) % 0x100; */
static uint64_t lr_priority(uint64_t lr)
{
    return (lr / LR_PRIORITY) % 0x100U;
}

/** Waits, and the cell has not begun to handle it: it can be given back.
 * @req SWR_INJ_006 */
/*@ terminates \true; exits \false; assigns \nothing;
    ensures SWR_INJ_006: \result <==> lr / LR_STATE == 1; */
static bool lr_waits(uint64_t lr)
{
    return (lr / LR_STATE) == 1U;
}

/** Physical end of an interrupt; an SGI's was when it was acknowledged, an LPI has none.
 * @req SWR_INJ_004 */
/*@ terminates \true; exits \false; assigns hw; */
static void deactivate(uint32_t intid)
{
    if ((intid >= 16U) && (intid < GIC_SPI_END)) {
        sysreg_put((uint32_t)SR_ICC_DIR_EL1, intid);
    }
}

/** Pending in the distributor, or in the CPU's redistributor.
 * @req SWR_INJ_004 */
/*@ requires args: cpu < BH_CPUS_MAX && intid < 1024;
    terminates \true; exits \false; assigns hw; */
static void make_pending(uint32_t cpu, uint32_t intid)
{
    uint32_t bit = bit_of(intid % 32U);

    if (intid < GIC_SPI_FIRST) {
        mmio_write32(gicr_at(cpu, GICR_ISPENDR0), bit);
    } else {
        mmio_write32(gicd_at(GICD_ISPENDR + ((intid / 32U) * 4U)), bit);
    }
}

/** What was acknowledged is pending again, and no more active: first the one, then the other, so that
 * it is never neither.
 * @req SWR_INJ_004 */
/*@ requires args: cpu < BH_CPUS_MAX && intid < 1024;
    terminates \true; exits \false; assigns hw; */
static void give_back(uint32_t cpu, uint32_t intid)
{
    make_pending(cpu, intid);
    dsb();
    deactivate(intid);
}

/** Acknowledge the most urgent interrupt; VINJ_NOTHING and above: there is none for a cell.
 * @req SWR_INJ_004 */
/*@ terminates \true; exits \false; assigns hw, vinj_duty;
    ensures SWR_INJ_004: vinj_duty == \result;
    ensures range: \result < INTID_WEIGHT; */
static uint32_t acknowledge(void)
{
    uint32_t intid = (uint32_t)(sysreg_read((uint32_t)SR_ICC_IAR1_EL1) % INTID_WEIGHT);

    //@ ghost vinj_duty = intid;
    isb();
    return intid;
}

/** Drop the running priority, and tell what it was.
 * @req SWR_INJ_006 */
/*@ terminates \true; exits \false; assigns hw;
    ensures range: \result < 0x100; */
static uint64_t drop(uint32_t intid)
{
    uint64_t priority = sysreg_read((uint32_t)SR_ICC_RPR_EL1) % 0x100U;

    sysreg_put((uint32_t)SR_ICC_EOIR1_EL1, intid);
    if (intid < 16U) {
        sysreg_put((uint32_t)SR_ICC_DIR_EL1, intid);
    }
    return priority;
}

/** Is the interrupt one that the cell on @p cpu may get?
 * @req SWR_INJ_002 */
/*@ requires cpu: cpu < BH_CPUS_MAX;
    terminates \true; exits \false; assigns \nothing;
    ensures SWR_INJ_002: \result ==> vinj_may(cell_on(cpu), intid); */
static bool may_get(uint32_t cpu, uint32_t intid)
{
    bool may = false;

    if (intid < GIC_SPI_FIRST) {
        may = (intid != GIC_KICK_INTID) && (intid != GIC_MAINTENANCE_INTID);
    } else if (intid < GIC_SPI_END) {
        may = bit_test(vgic_owned(cpu_cell(cpu), intid / 32U), intid % 32U);
    } else {
        may = false;
    }
    return may;
}

/** The first of @p n list registers that holds nothing, or @p n; @p idle has a bit for each such.
 * @req SWR_INJ_003 */
/*@ requires n: n <= VINJ_LR_MAX;
    terminates \true; exits \false; assigns \nothing;
    ensures SWR_INJ_003: \result <= n && (\result < n ==> lr_idle(idle, \result));
    ensures full: \result == n ==> \forall integer k; 0 <= k < n ==> !lr_idle(idle, k); */
static uint32_t first_idle(uint32_t idle, uint32_t n)
{
    uint32_t i = 0U;

    /*@ loop invariant bound: 0 <= i <= n;
        loop invariant full: \forall integer k; 0 <= k < i ==> !lr_idle(idle, k);
        loop assigns i;
        loop variant n - i; */
    while ((i < n) && (!bit_test(idle, i))) {
        i++;
    }
    return i;
}

/** The list register in use, of the first @p n, that holds @p intid already, or @p n.
 * @req SWR_INJ_007 */
/*@ requires args: cpu < BH_CPUS_MAX && n <= VINJ_LR_MAX;
    terminates \true; exits \false; assigns \nothing;
    ensures SWR_INJ_007: \result <= n && (\result < n ==>
      !lr_idle(idle, \result) && vinj_intid[cpu][\result] == intid);
    ensures SWR_INJ_007: \result == n ==> \forall integer k; 0 <= k < n ==>
      lr_idle(idle, k) || vinj_intid[cpu][k] != intid; */
static uint32_t holder(uint32_t cpu, uint32_t intid, uint32_t idle, uint32_t n)
{
    uint32_t i = 0U;

    /*@ loop invariant bound: 0 <= i <= n;
        loop invariant other: \forall integer k; 0 <= k < i ==>
          lr_idle(idle, k) || vinj_intid[cpu][k] != intid;
        loop assigns i;
        loop variant n - i; */
    while ((i < n) && (bit_test(idle, i) || (vinj_intid[cpu][i] != intid))) {
        i++;
    }
    return i;
}

/** Put an interrupt into a list register that holds nothing: linked to the physical one, whose end is
 * the cell's EOI or DIR. An SGI has no such link.
 * @req SWR_INJ_002 SWR_INJ_003 */
/*@ requires SWR_INJ_003: i < VINJ_LR_MAX && lr_idle(idle, i);
    requires SWR_INJ_002: cpu < BH_CPUS_MAX && vinj_may(cell_on(cpu), intid);
    requires priority: priority < 0x100;
    requires duty: vinj_duty == intid;
    terminates \true; exits \false; assigns hw, vinj_duty, vinj_intid[cpu][i];
    ensures SWR_INJ_004: vinj_duty == VINJ_NOTHING; */
static void fill(uint32_t cpu, uint32_t i, uint32_t idle, uint32_t intid, uint64_t priority)
{
    uint64_t link = (intid >= 16U) ? (LR_HW + (intid * (uint64_t)LR_PHYSICAL)) : 0U;

    (void)idle;
    vinj_intid[cpu][i] = intid;
    lr_write(i, LR_PENDING + LR_GROUP1 + (priority * LR_PRIORITY) + link + intid);
    //@ ghost vinj_duty = VINJ_NOTHING;
}

/** The same interrupt again, which a list register holds already. An SGI is pending there. Another
 * one can come only when the cell has ended the physical one behind the back of its own handler: if
 * it waits, once is enough; if it is active, it stays active and becomes pending, to be signalled
 * after its end.
 * @req SWR_INJ_007 */
/*@ requires args: cpu < BH_CPUS_MAX && i < VINJ_LR_MAX && intid < 1020;
    requires duty: vinj_duty == intid;
    terminates \true; exits \false; assigns hw, vinj_duty;
    ensures SWR_INJ_004: vinj_duty == VINJ_NOTHING; */
static void merge(uint32_t cpu, uint32_t i, uint32_t intid)
{
    uint64_t lr = lr_read(i);

    if (intid < 16U) {
        lr_write(i, lr | LR_PENDING);
    } else if (!lr_waits(lr)) {
        make_pending(cpu, intid);
    } else {
        /* its end comes with that of the one that waits */
    }
    //@ ghost vinj_duty = VINJ_NOTHING;
}

/** No list register is free: the end of each is to be an interrupt of the kernel, and only what is
 * more urgent than one that waits there may come.
 * @req SWR_INJ_006 */
/*@ requires n: n <= VINJ_LR_MAX;
    terminates \true; exits \false; assigns hw; */
static void guard(uint32_t n)
{
    uint64_t mask = GIC_PRIORITY_MIN;
    uint32_t i = 0U;

    /*@ loop invariant bound: 0 <= i <= n;
        loop invariant mask: GIC_PRIORITY_MIN <= mask < 0x100;
        loop assigns i, mask, hw;
        loop variant n - i; */
    while (i < n) {
        uint64_t lr = lr_read(i);

        lr_write(i, (lr & LR_WATCHED) | LR_EOI);
        if (lr_waits(lr) && (lr_priority(lr) > mask)) {
            mask = lr_priority(lr);
        }
        i++;
    }
    sysreg_write((uint32_t)SR_ICC_PMR_EL1, mask);
}

/** The least urgent of those that wait and are less urgent than @p priority, or VINJ_LR_MAX.
 * @req SWR_INJ_006 */
/*@ requires n: n <= VINJ_LR_MAX;
    terminates \true; exits \false; assigns \nothing;
    ensures SWR_INJ_006: \result < n || \result == VINJ_LR_MAX; */
static uint32_t least_urgent(uint32_t n, uint64_t priority)
{
    uint32_t found = VINJ_LR_MAX;
    uint64_t worst = priority;
    uint32_t i = 0U;

    /*@ loop invariant bound: 0 <= i <= n;
        loop invariant found: found < i || found == VINJ_LR_MAX;
        loop assigns i, found, worst;
        loop variant n - i; */
    while (i < n) {
        uint64_t lr = lr_read(i);

        if (lr_waits(lr) && (lr_priority(lr) > worst)) {
            worst = lr_priority(lr);
            found = i;
        }
        i++;
    }
    return found;
}

/** No list register is free. The interrupt takes the place of one that waits and is less urgent,
 * which goes back; if there is none it goes back itself.
 * @req SWR_INJ_004 SWR_INJ_006 */
/*@ requires args: cpu < BH_CPUS_MAX && n <= VINJ_LR_MAX && intid < 1020;
    requires SWR_INJ_002: vinj_may(cell_on(cpu), intid);
    requires priority: priority < 0x100;
    requires duty: vinj_duty == intid;
    terminates \true; exits \false;
    assigns hw, vinj_duty, vinj_intid[cpu][0 .. VINJ_LR_MAX - 1];
    ensures SWR_INJ_004: vinj_duty == VINJ_NOTHING; */
static void overflow(uint32_t cpu, uint32_t intid, uint64_t priority, uint32_t n)
{
    uint32_t i = least_urgent(n, priority);
    uint32_t idle = 0U;

    if (i < n) {
        uint64_t lr = lr_read(i);

        lr_write(i, 0U);
        give_back(cpu, lr_intid(lr));
        isb();
        idle = idle_registers();
    }
    if ((i < n) && bit_test(idle, i)) {
        fill(cpu, i, idle, intid, priority);
    } else {
        give_back(cpu, intid);
        //@ ghost vinj_duty = VINJ_NOTHING;
    }
}

/** Into a list register, whichever can take it.
 * @req SWR_INJ_003 SWR_INJ_004 SWR_INJ_006 SWR_INJ_007 */
/*@ requires args: cpu < BH_CPUS_MAX && intid < 1020;
    requires SWR_INJ_002: vinj_may(cell_on(cpu), intid);
    requires priority: priority < 0x100;
    requires duty: vinj_duty == intid;
    terminates \true; exits \false;
    assigns hw, vinj_duty, vinj_intid[cpu][0 .. VINJ_LR_MAX - 1];
    ensures SWR_INJ_004: vinj_duty == VINJ_NOTHING; */
static void place(uint32_t cpu, uint32_t intid, uint64_t priority)
{
    uint32_t n = lr_count();
    uint32_t idle = idle_registers();
    bool unused = (idle + 1U) == (2U * (uint32_t)gic_target[n - 1U]);
    uint32_t same = unused ? n : holder(cpu, intid, idle, n);
    uint32_t i = first_idle(idle, n);

    if (same < n) {
        merge(cpu, same, intid);
    } else if (i == n) {
        overflow(cpu, intid, priority, n);
        guard(n);
    } else if (idle == bit_of(i)) {
        fill(cpu, i, idle, intid, priority);
        guard(n);
    } else {
        fill(cpu, i, idle, intid, priority);
    }
}

/** Maintenance: what the cell has ended is ended physically, and everything may come again.
 * @req SWR_INJ_004 SWR_INJ_006 */
/*@ requires duty: vinj_duty == GIC_MAINTENANCE_INTID;
    terminates \true; exits \false; assigns hw, vinj_duty;
    ensures SWR_INJ_004: vinj_duty == VINJ_NOTHING; */
static void maintain(void)
{
    uint32_t n = lr_count();
    uint32_t ended = (uint32_t)(sysreg_read((uint32_t)SR_ICH_EISR_EL2) % 0x10000U);
    uint32_t i = 0U;

    /*@ loop invariant bound: 0 <= i <= n;
        loop assigns i, hw;
        loop variant n - i; */
    while (i < n) {
        if ((ended & gic_target[i]) != 0U) {
            uint32_t intid = lr_intid(lr_read(i));

            lr_write(i, 0U);
            deactivate(intid);
        }
        i++;
    }
    sysreg_write((uint32_t)SR_ICC_PMR_EL1, PMR_OPEN);
    deactivate(GIC_MAINTENANCE_INTID);
    //@ ghost vinj_duty = VINJ_NOTHING;
}

/** An interrupt that the cell has no right to came to its CPU: ended and recorded.
 * @req SWR_INJ_002 */
/*@ requires cpu: cpu < BH_CPUS_MAX;
    requires duty: vinj_duty == intid;
    terminates \true; exits \false; assigns hw, status_page, totals, vinj_duty;
    ensures SWR_INJ_004: vinj_duty == VINJ_NOTHING; */
static void refuse(uint32_t cpu, uint32_t intid)
{
    deactivate(intid);
    event_record(cpu, cpu_cell(cpu), (uint32_t)BH_EV_IRQ_FOREIGN, intid, 0U);
    //@ ghost vinj_duty = VINJ_NOTHING;
}

void vinj_take(uint32_t cpu)
{
    uint32_t intid = acknowledge();

    if ((intid >= GIC_SPI_END) && (intid <= VINJ_NOTHING)) {
        //@ ghost vinj_duty = VINJ_NOTHING;
    } else {
        uint64_t priority = drop(intid);

        if (may_get(cpu, intid)) {
            place(cpu, intid, priority);
        } else if (intid == GIC_MAINTENANCE_INTID) {
            maintain();
        } else {
            refuse(cpu, intid);
        }
    }
}

/** What a list register holds goes back: pending if it waits, not active in any case.
 * @req SWR_INJ_005 */
/*@ requires cpu: cpu < BH_CPUS_MAX;
    terminates \true; exits \false; assigns hw; */
static void empty(uint32_t cpu, uint64_t lr)
{
    bool linked = ((lr / LR_HW) % 2U) == 1U;
    bool watched = (!linked) && (((lr / LR_EOI) % 2U) == 1U);

    if (((lr / LR_PENDING) % 2U) == 1U) {
        give_back(cpu, lr_intid(lr));
    } else if (((lr / LR_STATE) != 0U) || watched) {
        deactivate(lr_intid(lr));
    } else {
        /* it has ended */
    }
}

void vinj_flush(uint32_t cpu)
{
    uint32_t n = lr_count();
    uint32_t i = 0U;

    /*@ loop invariant bound: 0 <= i <= n;
        loop assigns i, hw;
        loop variant n - i; */
    while (i < n) {
        uint64_t lr = lr_read(i);

        lr_write(i, 0U);
        empty(cpu, lr);
        i++;
    }
    sysreg_write((uint32_t)SR_ICH_AP0R0_EL2, 0U);
    sysreg_write((uint32_t)SR_ICH_AP1R0_EL2, 0U);
    sysreg_write((uint32_t)SR_ICH_HCR_EL2, 0U);
    sysreg_write((uint32_t)SR_ICC_PMR_EL1, PMR_OPEN);
    isb();
}

/** Physical EOI mode: with @p split the end of an interrupt is apart from its priority drop.
 * @req SWR_INJ_001 */
/*@ terminates \true; exits \false; assigns hw; */
static void set_mode(bool split)
{
    uint64_t ctlr = sysreg_read((uint32_t)SR_ICC_CTLR_EL1) & ~(uint64_t)ICC_CTLR_EOIMODE;

    sysreg_write((uint32_t)SR_ICC_CTLR_EL1, split ? (ctlr | ICC_CTLR_EOIMODE) : ctlr);
}

/** Empty list registers, whatever was in them.
 * @req SWR_INJ_005 */
/*@ terminates \true; exits \false; assigns hw; */
static void clear(void)
{
    uint32_t n = lr_count();
    uint32_t i = 0U;

    /*@ loop invariant bound: 0 <= i <= n;
        loop assigns i, hw;
        loop variant n - i; */
    while (i < n) {
        lr_write(i, 0U);
        i++;
    }
    sysreg_write((uint32_t)SR_ICH_AP0R0_EL2, 0U);
    sysreg_write((uint32_t)SR_ICH_AP1R0_EL2, 0U);
}

void vinj_enter(uint32_t cpu, uint32_t cell)
{
    bool injected = vinj_routing(cell) != 0U;

    clear();
    set_mode(injected);
    if (injected) {
        mmio_write8(gicr_at(cpu, GICR_IPRIORITYR + GIC_MAINTENANCE_INTID), GIC_PRIORITY_KICK);
        mmio_write32(gicr_at(cpu, GICR_ISENABLER0), GIC_MAINTENANCE_BIT);
        sysreg_write((uint32_t)SR_ICH_HCR_EL2, ICH_HCR_EN);
        sysreg_write((uint32_t)SR_ICC_IGRPEN1_EL1, 1U);
    }
    isb();
}

void vinj_release(uint32_t cpu)
{
    if ((sysreg_read((uint32_t)SR_HCR_EL2) & HCR_EL2_IMO) != 0U) {
        uint64_t vmcr = sysreg_read((uint32_t)SR_ICH_VMCR_EL2);

        vinj_flush(cpu);
        mmio_write32(gicr_at(cpu, GICR_ICENABLER0), GIC_MAINTENANCE_BIT);
        mmio_write8(gicr_at(cpu, GICR_IPRIORITYR + GIC_MAINTENANCE_INTID), GIC_PRIORITY_IDLE);
        sysreg_write((uint32_t)SR_ICC_IGRPEN1_EL1, (vmcr / ICH_VMCR_VENG1) % 2U);
        isb();
    }
}
