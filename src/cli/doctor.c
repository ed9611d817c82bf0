/* SPDX-License-Identifier: Apache-2.0 */
/** @file doctor.c
 * doctor: what of this machine is ready to be handed over, in plain words, and the exact kernel
 * arguments to add for the rest. Works without the driver; knows more with it.
 */
#include <fcntl.h>
#include <inttypes.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

#include "cli/cli.h"
#include "cli/doctor.h"

#define FINDINGS_MAX 16
#define ARGUMENTS_BYTES 512U
#define KIB 1024U
#define SMMU_BLACKLIST "initcall_blacklist=arm_smmu_driver_init"
#define SMMU_DEFER "deferred_probe_timeout=0"

/** One line of the report. */
struct finding {
    const char *name;
    bool good;
    char text[200];
};

static struct finding findings[FINDINGS_MAX];
static int n_findings;
static char arguments[ARGUMENTS_BYTES];
static struct probe machine;
static struct bh_plan plan_given;
static bool has_plan;
static bool has_driver;
static bool driver_refuses;

static struct finding *add(const char *name, bool good, const char *text)
{
    struct finding *f = &findings[n_findings];

    n_findings += n_findings < FINDINGS_MAX - 1 ? 1 : 0;
    f->name = name;
    f->good = good;
    snprintf(f->text, sizeof(f->text), "%s", text);
    return f;
}

/* Collect arguments for the line at the end; each once. */
static void need(const char *argument)
{
    size_t used = strlen(arguments);

    if (strstr(arguments, argument) == NULL && !probe_has_argument(&machine, argument)) {
        snprintf(arguments + used, sizeof(arguments) - used, "%s%s", used == 0U ? "" : " ",
                 argument);
    }
}

static void check_level(void)
{
    bool known = has_driver;
    bool good = known ? session.info.el == 1U
                      : probe_has_argument(&machine, "id_aa64mmfr1.vh=0") ||
                            probe_has_argument(&machine, "kvm-arm.mode=nvhe");

    if (good) {
        add("exception level", true,
            known ? "Linux runs at EL1" : "Linux is told to run at EL1 (the driver would know)");
        return;
    }
    need("id_aa64mmfr1.vh=0");
    add("exception level", false,
        known ? "Linux runs at EL2 (VHE): boot with id_aa64mmfr1.vh=0"
              : "Linux may run at EL2 (VHE): boot with id_aa64mmfr1.vh=0 (the driver would know)");
}

static void check_el2(void)
{
    bool good = has_driver ? session.info.conduit == 1U : machine.el2_conduit;

    add("EL2", good,
        good ? "Linux was started at EL2 (PSCI by SMC)"
             : "this machine has no EL2 for us: start it with virtualization on");
}

static void check_kvm(void)
{
    if (machine.kvm) {
        need("kvm-arm.mode=none");
    }
    add("KVM", !machine.kvm,
        machine.kvm ? "/dev/kvm is present: boot with kvm-arm.mode=none" : "off");
}

static void check_pseudo_nmi(void)
{
    bool on = has_driver ? session.info.pseudo_nmi != 0U
                         : probe_has_argument(&machine, "irqchip.gicv3_pseudo_nmi=1");

    add("pseudo-NMI", !on,
        on ? "Linux masks interrupts by priority: boot without irqchip.gicv3_pseudo_nmi=1" : "off");
}

/* -- memory ----------------------------------------------------------------------------------- */

static bool overlaps_ram(uint64_t first, uint64_t last, uint64_t *hit)
{
    uint32_t i;

    for (i = 0U; i < machine.n_ram; i++) {
        if (first <= machine.ram[i].last && last >= machine.ram[i].first) {
            *hit = first > machine.ram[i].first ? first : machine.ram[i].first;
            return true;
        }
    }
    return false;
}

/** What Linux must leave alone, and where it has not. */
struct reserve {
    uint64_t lowest;
    uint64_t hit;
    bool overlap;
};

static void reserve_range(struct reserve *r, uint64_t first, uint64_t bytes)
{
    uint64_t hit = 0U;

    if (first < r->lowest) {
        r->lowest = first;
    }
    if (overlaps_ram(first, first + bytes - 1U, &hit)) {
        r->hit = r->overlap && r->hit < hit ? r->hit : hit;
        r->overlap = true;
    }
}

/* From the plan if one is given, else from the image, else from the board of this release. */
static void reserve_all(struct reserve *r)
{
    uint32_t i;

    if (!has_plan) {
        bool image = machine.image_base != 0U;

        reserve_range(r, image ? machine.image_base : 0x70000000U,
                      image ? machine.image_bytes : 0x400000U);
        return;
    }
    reserve_range(r, plan_given.status_ppn * BH_PAGE_BYTES, BH_STATUS_PAGES * BH_PAGE_BYTES);
    for (i = 0U; i < plan_given.n_regions; i++) {
        const struct bh_region *region = &plan_given.regions[i];

        if (region->own != BH_CELL_ROOT && (region->flags & BH_REGION_DEVICE) == 0U) {
            reserve_range(r, region->ppn * BH_PAGE_BYTES, (uint64_t)region->n * BH_PAGE_BYTES);
        }
    }
}

static void memory_argument(char *out, size_t bytes, uint64_t lowest)
{
    uint64_t base = machine.ram_base != 0U ? machine.ram_base : machine.ram[0].first;
    uint64_t size = lowest > base ? (lowest - base) / KIB : 0U;

    if (size % KIB == 0U) {
        snprintf(out, bytes, "mem=%" PRIu64 "M", size / KIB);
    } else {
        snprintf(out, bytes, "mem=%" PRIu64 "K", size);
    }
}

static void check_memory(void)
{
    struct reserve r = {.lowest = UINT64_MAX};
    char argument[32];
    char text[200];

    if (machine.n_ram == 0U || machine.iomem_hidden) {
        add("memory", false, "/proc/iomem shows no addresses: run as root");
        return;
    }
    reserve_all(&r);
    if (!r.overlap) {
        snprintf(text, sizeof(text), "Linux leaves 0x%" PRIx64 " and above alone", r.lowest);
        add("memory", true, text);
        return;
    }
    memory_argument(argument, sizeof(argument), r.lowest);
    need(argument);
    snprintf(text, sizeof(text), "Linux uses 0x%" PRIx64 ", which %s keeps: boot with %s", r.hit,
             has_plan ? "the plan" : "the kernel", argument);
    add("memory", false, text);
}

/* -- the rest --------------------------------------------------------------------------------- */

static void check_devices(void)
{
    char text[200];

    if (machine.smmu_bound) {
        need(SMMU_BLACKLIST);
        need(SMMU_DEFER);
        snprintf(text, sizeof(text), "a Linux driver is bound: boot with %s %s", SMMU_BLACKLIST,
                 SMMU_DEFER);
        add("SMMU", false, text);
    } else {
        add("SMMU", true, "no Linux driver is bound");
    }
    add("GIC", machine.gicv3, machine.gicv3 ? "GICv3" : "no GICv3 found: this release needs one");
}

static void check_cpus(void)
{
    char text[120];

    if (machine.offline[0] == '\0') {
        add("CPUs", true, "all online");
    } else {
        snprintf(text, sizeof(text), "CPU %s offline: bring it online first", machine.offline);
        add("CPUs", false, text);
    }
}

static void check_loaded(void)
{
    if (has_driver) {
        add("driver", true, "loaded");
    } else {
        add("driver", false,
            driver_refuses ? "of another release: install driver and command of one release"
                           : "not loaded: insmod bulkhead.ko");
    }
}

static void check_image(void)
{
    char text[120];

    if (machine.image_abi == BH_ABI_VERSION) {
        snprintf(text, sizeof(text), "/lib/firmware/bulkhead.bin, ABI %" PRIu32, machine.image_abi);
        add("image", true, text);
    } else if (machine.image_abi != 0U) {
        snprintf(text, sizeof(text),
                 "ABI %" PRIu32 ", this command has ABI %u: install one release", machine.image_abi,
                 BH_ABI_VERSION);
        add("image", false, text);
    } else {
        add("image", false, "none: install bulkhead.bin to /lib/firmware");
    }
}

/* The driver is asked only about the machine it runs on; its absence is a finding. */
static void ask_driver(void)
{
    int code;

    if (opt.root == NULL && access("/dev/bulkhead", R_OK | W_OK) == 0) {
        has_driver = session_open(&code);
        driver_refuses = !has_driver;
    }
}

static bool all_good(void)
{
    bool good = true;
    int i;

    for (i = 0; i < n_findings; i++) {
        good = good && findings[i].good;
    }
    return good;
}

static void print_json(void)
{
    int i;

    json_start("doctor");
    json_bool("ok", all_good());
    json_string("arguments", arguments);
    json_open("checks", '[');
    for (i = 0; i < n_findings; i++) {
        json_open(NULL, '{');
        json_string("name", findings[i].name);
        json_bool("ok", findings[i].good);
        json_string("text", findings[i].text);
        json_close('}');
    }
    json_close(']');
    json_end();
}

static void print_text(void)
{
    int i;

    for (i = 0; i < n_findings; i++) {
        if (!findings[i].good || !opt.quiet) {
            printf("%-4s %-16s %s\n", findings[i].good ? "ok" : "fix", findings[i].name,
                   findings[i].text);
        }
    }
    if (arguments[0] != '\0') {
        printf("\nadd to the kernel command line: %s\n", arguments);
    } else if (all_good() && !opt.quiet) {
        printf("\nready: bulkhead %s PLAN\n", machine.below ? "attach" : "enable");
    }
}

/* A launch needs all of this; a kernel that firmware started is there already. */
static void check_launch(void)
{
    check_level();
    check_el2();
    check_kvm();
    check_pseudo_nmi();
    check_memory();
    check_devices();
    check_cpus();
}

/**
 * Probe, judge each point, report.
 *
 * @req SWR_CLI_003
 */
int cmd_doctor(void)
{
    int code;

    ask_driver();
    if (opt.argc > 0) {
        if (!plan_load(opt.argv[0], &plan_given, &code)) {
            return code;
        }
        has_plan = true;
    }
    probe_machine(opt.root == NULL ? "" : opt.root, &machine);
    if (machine.below) {
        add("kernel", true, "firmware started it before Linux");
        check_loaded();
    } else {
        check_launch();
        check_loaded();
        check_image();
    }
    if (opt.json) {
        print_json();
    } else {
        print_text();
    }
    return all_good() ? EXIT_OK : EXIT_HARDWARE;
}
