// SPDX-License-Identifier: GPL-2.0-only
/** @file check.c
 * Preconditions of the hand-over. Each refusal has its own ID; nothing is changed here.
 */
#include <linux/arm-smccc.h>
#include <linux/cpu.h>
#include <linux/crc32.h>
#include <linux/ioport.h>
#include <linux/mm.h>
#include <linux/namei.h>
#include <linux/of.h>
#include <linux/path.h>
#include <linux/platform_device.h>
#include <linux/smp.h>
#include <asm/cpufeature.h>
#include <asm/cputype.h>
#include <asm/sysreg.h>

#include "driver.h"

#define PFR0_EL2_SHIFT 8
#define PFR0_GIC_SHIFT 24
#define PFR0_FIELD 0xFULL

u32 bh_exception_level(void)
{
    return (u32)(read_sysreg(CurrentEL) >> 2) & 3U;
}

bool bh_pseudo_nmi(void)
{
    return system_uses_irq_prio_masking();
}

static u64 pfr0_field(unsigned int shift)
{
    return (read_sanitised_ftr_reg(SYS_ID_AA64PFR0_EL1) >> shift) & PFR0_FIELD;
}

static u32 conduit_of_tree(void)
{
    static const char *const names[] = {"arm,psci-1.0", "arm,psci-0.2", "arm,psci"};
    const char *method = "";
    struct device_node *node = NULL;
    unsigned int i;

    for (i = 0U; i < ARRAY_SIZE(names) && !node; i++) {
        node = of_find_compatible_node(NULL, NULL, names[i]);
    }
    if (!node || of_property_read_string(node, "method", &method) != 0) {
        method = "";
    }
    i = !strcmp(method, "smc") ? BH_CONDUIT_SMC : !strcmp(method, "hvc") ? BH_CONDUIT_HVC : 0U;
    of_node_put(node);
    return i;
}

/*
 * PSCI by SMC tells that Linux was started at EL2, or that nothing sits there. Linux knows the
 * conduit of SMCCC 1.1 alone, so the device tree is asked for firmware with an older one.
 */
u32 bh_conduit(void)
{
    switch (arm_smccc_1_1_get_conduit()) {
    case SMCCC_CONDUIT_SMC:
        return BH_CONDUIT_SMC;
    case SMCCC_CONDUIT_HVC:
        return BH_CONDUIT_HVC;
    default:
        return conduit_of_tree();
    }
}

static bool check_el2(struct bh_result *result)
{
    if (bh_below()) {
        return bh_refuse(result, BH_E_SYS_BELOW, 0U, 0U);
    }
    if (bh_exception_level() != 1U) {
        return bh_refuse(result, BH_E_SYS_NOT_NVHE, bh_exception_level(), 0U);
    }
    if (pfr0_field(PFR0_EL2_SHIFT) == 0U || bh_conduit() != BH_CONDUIT_SMC) {
        return bh_refuse(result, BH_E_SYS_NO_EL2, pfr0_field(PFR0_EL2_SHIFT), bh_conduit());
    }
    return true;
}

static bool check_kvm(struct bh_result *result)
{
    struct path path;

    if (kern_path("/dev/kvm", LOOKUP_FOLLOW, &path) == 0) {
        path_put(&path);
        return bh_refuse(result, BH_E_SYS_KVM, 0U, 0U);
    }
    return true;
}

static int is_bound_smmu(struct device *dev, const void *unused)
{
    const struct device_driver *driver = READ_ONCE(dev->driver);

    return driver && (!strcmp(driver->name, "arm-smmu-v3") || !strcmp(driver->name, "arm-smmu"));
}

static bool check_smmu(struct bh_result *result)
{
    struct device *dev = bus_find_device(&platform_bus_type, NULL, NULL, is_bound_smmu);
    const struct resource *registers;
    u64 base = 0U;

    if (!dev) {
        return true;
    }
    registers = platform_get_resource(to_platform_device(dev), IORESOURCE_MEM, 0);
    if (registers) {
        base = registers->start;
    }
    put_device(dev);
    return bh_refuse(result, BH_E_SYS_SMMU, base, 0U);
}

static bool check_online(struct bh_result *result)
{
    int cpu;

    for_each_possible_cpu(cpu) {
        if (!cpu_online(cpu)) {
            return bh_refuse(result, BH_E_SYS_CPU_OFFLINE, (u64)cpu, 0U);
        }
    }
    return true;
}

/**
 * What of the machine itself must hold, in the order of the manual.
 *
 * @req SWR_DRV_001
 */
bool bh_check_machine(struct bh_result *result)
{
    if (!check_el2(result) || !check_kvm(result)) {
        return false;
    }
    if (bh_pseudo_nmi()) {
        return bh_refuse(result, BH_E_SYS_PMR, 0U, 0U);
    }
    if (pfr0_field(PFR0_GIC_SHIFT) == 0U) {
        return bh_refuse(result, BH_E_SYS_GIC, 0U, 0U);
    }
    return check_smmu(result) && check_online(result);
}

/**
 * Only what the driver itself relies on, in the order of the kernel's own judgement and with its
 * IDs: the kernel judges the whole plan before it takes anything.
 *
 * @req SWR_DRV_001
 */
bool bh_check_plan(const struct bh_plan *plan, u32 board, struct bh_result *result)
{
    u32 crc = ~crc32_le(~0U, (const u8 *)plan, offsetof(struct bh_plan, crc));

    if (plan->magic != BH_PLAN_MAGIC) {
        return bh_refuse(result, BH_E_PLAN_MAGIC, 0U, 0U);
    }
    if (plan->version != BH_ABI_VERSION) {
        return bh_refuse(result, BH_E_PLAN_VERSION, plan->version, BH_ABI_VERSION);
    }
    if (plan->size != sizeof(*plan)) {
        return bh_refuse(result, BH_E_PLAN_SIZE, plan->size, sizeof(*plan));
    }
    if (plan->crc != crc) {
        return bh_refuse(result, BH_E_PLAN_CRC, plan->crc, crc);
    }
    if (plan->board != board) {
        return bh_refuse(result, BH_E_PLAN_BOARD, plan->board, board);
    }
    if (plan->n_cells < 2U || plan->n_cells > BH_CELLS_MAX) {
        return bh_refuse(result, BH_E_PLAN_COUNT, plan->n_cells, BH_CELLS_MAX);
    }
    if (plan->n_regions > BH_REGIONS_MAX) {
        return bh_refuse(result, BH_E_PLAN_COUNT, plan->n_regions, BH_REGIONS_MAX);
    }
    if (plan->n_cpus < 1U || plan->n_cpus > BH_CPUS_MAX) {
        return bh_refuse(result, BH_E_PLAN_COUNT, plan->n_cpus, BH_CPUS_MAX);
    }
    if (plan->status_n != BH_STATUS_PAGES || plan->status_ppn > BH_PPN_MAX - BH_STATUS_PAGES) {
        return bh_refuse(result, BH_E_PLAN_COUNT, plan->status_n, BH_STATUS_PAGES);
    }
    return true;
}

static bool check_range(u64 first, u64 bytes, struct bh_result *result)
{
    int hit = region_intersects(first, bytes, IORESOURCE_SYSTEM_RAM, IORES_DESC_NONE);

    if (hit != REGION_DISJOINT) {
        return bh_refuse(result, BH_E_SYS_MEMORY, first, first + bytes - 1U);
    }
    return true;
}

/**
 * Nothing that the plan gives to kernel or cells may be memory of Linux.
 *
 * @req SWR_DRV_001
 */
bool bh_check_regions(const struct bh_plan *plan, struct bh_result *result)
{
    u32 i;

    if (!check_range(plan->status_ppn * BH_PAGE_BYTES, BH_STATUS_PAGES * BH_PAGE_BYTES, result)) {
        return false;
    }
    for (i = 0U; i < plan->n_regions; i++) {
        const struct bh_region *region = &plan->regions[i];

        if (region->own == BH_CELL_ROOT) {
            continue;
        }
        if (region->n == 0U || region->n > BH_IPA_PAGES || region->ppn > BH_PPN_MAX - region->n) {
            return bh_refuse(result, BH_E_PLAN_REGION, i, region->own);
        }
        if (!check_range(region->ppn * BH_PAGE_BYTES, (u64)region->n * BH_PAGE_BYTES, result)) {
            return false;
        }
    }
    return true;
}

/**
 * Nor may the place of the kernel's image.
 *
 * @req SWR_DRV_001
 */
bool bh_check_memory(const struct bh_plan *plan, const struct bh_image *image,
                     struct bh_result *result)
{
    return check_range(image->base, image->memory_bytes, result) && bh_check_regions(plan, result);
}

static void read_mpidr(void *out)
{
    *(u64 *)out = read_cpuid_mpidr() & MPIDR_HWID_BITMASK;
}

/**
 * Match each CPU of Linux with one of the plan, by the CPU's own register. Fills bh.linux_cpu.
 *
 * @req SWR_DRV_001
 */
bool bh_check_cpus(const struct bh_plan *plan, struct bh_result *result)
{
    u32 index;
    int cpu;

    for (index = 0U; index < BH_CPUS_MAX; index++) {
        bh.linux_cpu[index] = -1;
    }
    for_each_online_cpu(cpu) {
        u64 mpidr = 0U;

        if (smp_call_function_single(cpu, read_mpidr, &mpidr, 1) != 0) {
            return bh_refuse(result, BH_E_SYS_CPU_OFFLINE, (u64)cpu, 0U);
        }
        index = bh_plan_cpu(plan, mpidr);
        if (index == plan->n_cpus || bh.linux_cpu[index] >= 0) {
            return bh_refuse(result, BH_E_LAUNCH_CPU, (u64)cpu, mpidr);
        }
        bh.linux_cpu[index] = cpu;
    }
    for (index = 0U; index < plan->n_cpus; index++) {
        if (bh.linux_cpu[index] < 0) {
            return bh_refuse(result, BH_E_LAUNCH_CPU, index, plan->mpidr[index]);
        }
    }
    return true;
}
