/* SPDX-License-Identifier: Apache-2.0 */
#include "host_machine.h"
#include "core/plan.h"

#include <string.h>

struct host_machine host;
struct host_memory host_memory;

void host_power_on(void)
{
    (void)memset(&host, 0, sizeof(host));
    host_memory.n_pages = 0U;
    host_memory.n_calls = 0U;
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

void arch_cpu_debug(bool trapped)
{
    host.debug[host.self] = trapped;
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

void arch_alarm(uint32_t cpu, uint64_t when)
{
    host.alarm[cpu] = when;
    host.alarms[cpu]++;
}

void arch_irq_raise(uint32_t cell, uint32_t intid)
{
    host.raised[cell] = intid;
    host.raises[cell]++;
}

void arch_cpu_serror(void)
{
    host.serrors[host.self]++;
}

void arch_irq_reset(uint32_t cell, uint32_t cpu)
{
    if (host.n_resets < HOST_RESETS) {
        host.resets[host.n_resets].cell = cell;
        host.resets[host.n_resets].cpu = cpu;
    }
    host.n_resets++;
}

bool arch_irq_anew(uint32_t first)
{
    bool good = host.busy == 0U;

    host.anew[first]++;
    host.busy -= good ? 0U : 1U;
    return good;
}

void arch_irq_divert(uint32_t cell, uint32_t cpu)
{
    host.divert.cell = cell;
    host.divert.cpu = cpu;
    host.n_diverts++;
}

/** Bytes of a page that a test has asked for, else NULL. */
static uint8_t *find_page(uint64_t ppn)
{
    uint8_t *bytes = NULL;

    for (uint32_t i = 0U; i < host_memory.n_pages; i++) {
        if (host_memory.ppn[i] == ppn) {
            bytes = host_memory.bytes[i];
        }
    }
    return bytes;
}

uint8_t *host_page(uint64_t ppn)
{
    uint8_t *bytes = find_page(ppn);
    uint32_t n = host_memory.n_pages;

    if ((bytes == NULL) && (n < HOST_PAGES)) {
        host_memory.ppn[n] = ppn;
        bytes = host_memory.bytes[n];
        (void)memset(bytes, 0, 4096U);
        host_memory.n_pages++;
    }
    return bytes;
}

/** Keep a call; the bytes of its page, or NULL for zeros. */
static uint8_t *page_call(enum host_page_op op, uint32_t cpu, uint64_t ppn, uint32_t at)
{
    if (host_memory.n_calls < HOST_PAGE_CALLS) {
        host_memory.calls[host_memory.n_calls] = (struct host_page_call){op, cpu, ppn, at};
    }
    host_memory.n_calls++;
    return find_page(ppn);
}

void arch_page_clear(uint32_t cpu, uint64_t ppn)
{
    uint8_t *bytes = page_call(HOST_PAGE_CLEAR, cpu, ppn, 0U);

    if (bytes != NULL) {
        (void)memset(bytes, 0, 4096U);
    }
}

void arch_page_block(uint32_t cpu, uint64_t ppn, uint32_t block, uint32_t words[16])
{
    const uint8_t *bytes = page_call(HOST_PAGE_BLOCK, cpu, ppn, block);

    for (uint32_t i = 0U; i < PAGE_BLOCK_WORDS; i++) {
        words[i] = 0U;
        for (uint32_t k = 0U; (bytes != NULL) && (k < 4U); k++) {
            words[i] = (words[i] << 8) | bytes[(block * 64U) + (i * 4U) + k];
        }
    }
}

void arch_windows_open(void)
{
}

uint64_t arch_page_word(uint32_t cpu, uint64_t ppn, uint32_t index)
{
    const uint8_t *bytes = page_call(HOST_PAGE_WORD, cpu, ppn, index);
    uint64_t word = 0U;

    for (uint32_t k = 8U; (bytes != NULL) && (k > 0U); k--) {
        word = (word << 8) | bytes[(index * 8U) + k - 1U];
    }
    return word;
}
