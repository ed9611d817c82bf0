/* SPDX-License-Identifier: Apache-2.0 */
#include "launch.h"
#include "abi/image_numbers.h"
#include "core/arch/cpu.h"

#define HCR_EL2_DIRECT 0x0000030080000000U /* RW; PAuth instructions and keys not trapped */
#define HCR_EL2_DIRECT_PLAIN 0x0000000080000000U
#define CPTR_EL2_DIRECT 0x000032FFU        /* RES1; no trap of FP or SVE */
#define HCRX_EL2_MSCEN 0x800U              /* memory copy instructions not undefined */
#define ZCR_EL2_LONGEST 0xFU               /* the longest vectors that the CPU has */
#define ICC_SRE_ALL 0xFU
#define WAKER_SLEEP 2U
#define ISAR1_PAUTH 0xFF0U                 /* ID_AA64ISAR1_EL1.APA, API */
#define ISAR2_MOPS_SHIFT 0x10000U          /* ID_AA64ISAR2_EL1.MOPS is bits 19:16 */
#define PFR0_SVE_SHIFT 0x100000000U        /* ID_AA64PFR0_EL1.SVE is bits 35:32 */
#define FUNCTION_CPU_ON 0xC4000003U

_Static_assert(BH_IMAGE_MAGIC == (uint64_t)BH_IMAGE_MAGIC_NUMBER, "image_numbers.h");
_Static_assert(BH_ABI_VERSION == (uint32_t)BH_ABI_VERSION_NUMBER, "image_numbers.h");
_Static_assert((uint32_t)BH_E_LAUNCH_CPU == (uint32_t)BH_E_LAUNCH_CPU_NUMBER, "image_numbers.h");
_Static_assert(sizeof(struct stub) == 128U, "vectors.S shifts by 7");
_Static_assert(sizeof(struct launch_answer) == 32U, "head.S shifts by 5");
_Static_assert(BH_CPUS_MAX == (uint32_t)CPUS_MAX, "layout.h");
_Static_assert((uint32_t)SW_COUNT == (uint32_t)SHARED_ROWS, "layout.h");
_Static_assert((SHARED_INDEX_MAX * 8U) == (uint32_t)SHARED_ROW, "layout.h");

/** Address of entry_secondary (head.S). */
extern const uint64_t secondary_entry;

struct launch_answer launch_answer[BH_CPUS_MAX];

uint64_t prepare(void)
{
    uint64_t status = BH_OK;

    if (el2map_build() && window_build()) {
        init_open();
    } else {
        status = (uint64_t)BH_E_LAUNCH_TABLES;
    }
    return status;
}

uint64_t prepare_direct(void)
{
    handover.abi = BH_ABI_VERSION;
    handover.n_cpus = plan.n_cpus;
    handover.plan_bytes = (uint32_t)sizeof(struct bh_plan);
    handover.mode = BH_MODE_DIRECT;
    gic_distributor_init();
    its_init();
    return prepare();
}

/** Extensions that software at EL1 sees in the ID registers and that EL2 withholds after a reset.
 * @req SWR_INI_006 */
/*@ terminates \true; exits \false; assigns hw; */
static void settle_extensions(void)
{
    uint64_t mops = (sysreg_read((uint32_t)SR_ID_AA64ISAR2_EL1) / ISAR2_MOPS_SHIFT) % 16U;
    uint64_t sve = (sysreg_read((uint32_t)SR_ID_AA64PFR0_EL1) / PFR0_SVE_SHIFT) % 16U;

    if (mops != 0U) {
        sysreg_write((uint32_t)SR_HCRX_EL2, HCRX_EL2_MSCEN);
    }
    if (sve != 0U) {
        sysreg_write((uint32_t)SR_ZCR_EL2, ZCR_EL2_LONGEST);
    }
}

/** EL2 as boot software would leave it to an operating system.
 * @req SWR_INI_004 */
/*@ requires cpu: cpu < BH_CPUS_MAX;
    terminates \true; exits \false; assigns hw; */
static void settle_firmware_state(uint32_t cpu)
{
    bool pauth = (sysreg_read((uint32_t)SR_ID_AA64ISAR1_EL1) & ISAR1_PAUTH) != 0U;

    sysreg_write((uint32_t)SR_HCR_EL2, pauth ? HCR_EL2_DIRECT : HCR_EL2_DIRECT_PLAIN);
    sysreg_write((uint32_t)SR_CPTR_EL2, CPTR_EL2_DIRECT);
    sysreg_write((uint32_t)SR_CNTVOFF_EL2, 0U);
    sysreg_write((uint32_t)SR_VMPIDR_EL2, sysreg_read((uint32_t)SR_MPIDR_EL1));
    sysreg_write((uint32_t)SR_VPIDR_EL2, sysreg_read((uint32_t)SR_MIDR_EL1));
    sysreg_write((uint32_t)SR_ICC_SRE_EL2, ICC_SRE_ALL);
    isb();
    settle_extensions();
    sysreg_write((uint32_t)SR_ICC_SRE_EL1, ICC_SRE_ALL);
    isb();
    mmio_write32(gicr_at(cpu, GICR_WAKER),
                 bit_without(mmio_read32(gicr_at(cpu, GICR_WAKER)), WAKER_SLEEP));
}

void arch_cpu_power_on(uint32_t cpu)
{
    (void)smc_call(FUNCTION_CPU_ON, plan.mpidr[cpu], secondary_entry, cpu);
}

/** The first CPU from firmware brings the others of the plan.
 * @req SWR_INI_004 */
/*@ terminates \true; exits \false; assigns hw; */
static void power_on_others(void)
{
    uint32_t cpu = 1U;

    /*@ loop invariant bound: 1 <= cpu <= BH_CPUS_MAX;
        loop assigns cpu, hw;
        loop variant BH_CPUS_MAX - cpu; */
    while ((cpu < plan.n_cpus) && (cpu < BH_CPUS_MAX)) {
        arch_cpu_power_on(cpu);
        cpu++;
    }
}

/** Go back with an answer.
 * @req SWR_INI_005 */
/*@ requires cpu: cpu < BH_CPUS_MAX;
    terminates \true; exits \false; assigns launch_answer[cpu];
    ensures SWR_INI_005: launch_answer[cpu].x[0] == out.status &&
      launch_answer[cpu].x[1] == out.a && launch_answer[cpu].x[2] == out.b; */
static void tell(uint32_t cpu, struct outcome out)
{
    launch_answer[cpu].x[0] = out.status;
    launch_answer[cpu].x[1] = out.a;
    launch_answer[cpu].x[2] = out.b;
}

/** Direct boot: what firmware leaves to an operating system, done here for the kernel.
 * @req SWR_INI_004 */
/*@ requires cpu: cpu < BH_CPUS_MAX;
    terminates \true; exits \false; assigns hw, its_rd[cpu]; */
static void act_as_firmware(uint32_t cpu)
{
    settle_firmware_state(cpu);
    its_cpu_init(cpu);
    if (cpu == 0U) {
        power_on_others();
    }
}

uint64_t launch(uint64_t cpu, uint64_t vbar, uint64_t sctlr)
{
    uint32_t c = (uint32_t)(cpu % BH_CPUS_MAX);
    struct outcome out = {(uint32_t)BH_E_LAUNCH_GIC, 0U, 0U};
    uint64_t answer = EXIT_LEAVE;
    bool direct = handover.mode == BH_MODE_DIRECT;

    stub_state[c].vbar = vbar;
    stub_state[c].sctlr = sctlr;
    if (gic_find(c)) {
        if (direct) {
            act_as_firmware(c);
        }
        out = init_cpu(c);
    }
    if (out.status != BH_OK) {
        tell(c, out);
    } else {
        answer = direct ? (uint64_t)EXIT_WAIT : (uint64_t)EXIT_RESUME;
    }
    return answer;
}

void launch_autostart(void)
{
    init_autostart(0U);
}
