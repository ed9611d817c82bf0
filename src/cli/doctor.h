/* SPDX-License-Identifier: Apache-2.0 */
/** @file doctor.h
 * What the doctor finds in the files of a machine; see probe.c.
 */
#ifndef CLI_DOCTOR_H
#define CLI_DOCTOR_H

#include <stdbool.h>
#include <stdint.h>

#define PROBE_RANGES 64U

/** First and last byte of a range. */
struct range {
    uint64_t first;
    uint64_t last;
};

/** The machine as its files describe it. */
struct probe {
    char cmdline[4096];
    struct range ram[PROBE_RANGES]; /**< System RAM of Linux */
    uint32_t n_ram;
    bool iomem_hidden;  /**< addresses are zero: not root */
    uint64_t ram_base;  /**< of the device tree, 0: unknown */
    uint64_t ram_bytes; /**< of the device tree */
    bool kvm;
    bool gicv3;
    bool el2_conduit; /**< PSCI is called by SMC */
    bool smmu_bound;
    bool below;       /**< the device tree says that a Bulkhead kernel started Linux */
    char offline[64]; /**< CPUs that are not online, "" if none */
    uint32_t image_abi; /**< 0: no image */
    uint64_t image_base;
    uint64_t image_bytes;
};

/** Look at the machine whose files stand below @p root ("" for this one). */
void probe_machine(const char *root, struct probe *p);
/** Is the word an argument of the kernel's command line? */
bool probe_has_argument(const struct probe *p, const char *word);

#endif
