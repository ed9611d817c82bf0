/* SPDX-License-Identifier: Apache-2.0 */
/** @file other_cpus.h
 * Other CPUs for tests of the core: each, when asked for something, answers after a number of looks
 * at its request word, or never. Needs all of src/arch/host.
 */
#ifndef VERIFICATION_UNIT_OTHER_CPUS_H
#define VERIFICATION_UNIT_OTHER_CPUS_H

#include "fixture.h"

#define NEVER 0xFFFFFFFFU

static uint32_t other_after[BH_CPUS_MAX]; /**< looks before the answer */
static uint32_t other_next[BH_CPUS_MAX];  /**< what cpu_service() told it last */
static bool other_busy;

/** CPU @p cpu passes cpu_service(). */
static inline uint32_t as_cpu(uint32_t cpu)
{
    uint32_t self = host.self;

    host.self = cpu;
    other_next[cpu] = cpu_service(cpu);
    host.self = self;
    return other_next[cpu];
}

/** The hook: somebody looks at the request of a CPU other than the one that executes. */
static inline void others_answer(enum host_access how, uint32_t word, uint32_t i, uint64_t value)
{
    (void)value;
    if ((!other_busy) && (how == HOST_LOAD) && (word == (uint32_t)SW_CPU_REQUEST) &&
        (i != host.self) && (host_word[word][i] != (uint64_t)CPU_REQ_NONE) &&
        (other_after[i] != NEVER)) {
        if (other_after[i] == 0U) {
            other_busy = true;
            (void)as_cpu(i);
            other_busy = false;
        } else {
            other_after[i]--;
        }
    }
}

/** The good plan in force; CPUs that answer at once; time goes by. */
static inline bool core_machine(void)
{
    bool good;

    host_power_on();
    good = fixture_machine();
    memset(other_after, 0, sizeof(other_after));
    memset(other_next, 0xFF, sizeof(other_next));
    other_busy = false;
    host_on_access = others_answer;
    return good;
}

#endif
