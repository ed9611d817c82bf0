/* SPDX-License-Identifier: Apache-2.0 */
#include "host_machine.h"
#include "core/plan.h"

#include <string.h>

struct host_machine host;

void host_power_on(void)
{
    (void)memset(&host, 0, sizeof(host));
    (void)memset(host_word, 0, sizeof(host_word));
    host.step = 1U;
    host_on_access = NULL;
}

void arch_relax(void)
{
}

void arch_publish(void)
{
    host.published++;
    if (host.on_publish != NULL) {
        host.on_publish();
    }
}

uint64_t arch_time(void)
{
    uint64_t now = host.now;

    host.now = now + host.step;
    return now;
}

uint64_t arch_time_after(uint32_t us)
{
    return (host.now <= (UINT64_MAX - us)) ? (host.now + us) : UINT64_MAX;
}

void arch_cpu_kick(uint32_t cpu)
{
    host.kicks[cpu]++;
}

void arch_cpu_load_map(uint32_t cell, uint32_t pool)
{
    host.loads[host.self]++;
    host.cell[host.self] = cell;
    host.pool[host.self] = pool;
}

void arch_cpu_forget_maps(void)
{
    host.flushes++;
}

void arch_cpu_quiet(uint32_t cpu)
{
    host.quiet[cpu]++;
}

void arch_cpu_take(uint32_t cpu)
{
    host.taken[cpu]++;
}

uint32_t arch_cpu_try(void)
{
    return host.stubborn;
}

bool arch_cpu_taken(uint32_t cpu)
{
    return !host.deaf[cpu];
}

bool arch_cpu_is(uint32_t cpu)
{
    return plan.mpidr[cpu] == host.mpidr;
}

uint32_t arch_machine_check(void)
{
    return host.check;
}

void arch_cpu_power_on(uint32_t cpu)
{
    host.powered[cpu]++;
}

void arch_irq_reset(uint32_t cell, uint32_t cpu)
{
    if (host.n_resets < HOST_RESETS) {
        host.resets[host.n_resets].cell = cell;
        host.resets[host.n_resets].cpu = cpu;
    }
    host.n_resets++;
}

void arch_irq_divert(uint32_t cell, uint32_t cpu)
{
    host.divert.cell = cell;
    host.divert.cpu = cpu;
    host.n_diverts++;
}
