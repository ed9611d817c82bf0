/* SPDX-License-Identifier: Apache-2.0 */
/** @file shared.c
 * The shared words, and what the linker script places on the target. Apart from the rest of the
 * fake machine, so that tests of another architecture's C files can use it, too.
 */
#include "host_machine.h"
#include "core/event.h"
#include "core/init.h"
#include "core/plan.h"

uint64_t host_word[SW_COUNT][SHARED_INDEX_MAX];
host_hook *host_on_access;

struct bh_status status_page;
struct bh_handover handover;

static void announce(enum host_access how, uint32_t word, uint32_t i, uint64_t value)
{
    if (host_on_access != NULL) {
        host_on_access(how, word, i, value);
    }
}

uint64_t arch_shared_load(uint32_t word, uint32_t i)
{
    announce(HOST_LOAD, word, i, 0U);
    return host_word[word][i];
}

void arch_shared_store(uint32_t word, uint32_t i, uint64_t value)
{
    announce(HOST_STORE, word, i, value);
    host_word[word][i] = value;
}

bool arch_shared_swap(uint32_t word, uint32_t i, uint64_t old, uint64_t value)
{
    bool same;

    announce(HOST_SWAP, word, i, value);
    same = host_word[word][i] == old;
    if (same) {
        host_word[word][i] = value;
    }
    return same;
}

uint64_t arch_shared_next(uint32_t word, uint32_t i)
{
    announce(HOST_NEXT, word, i, 0U);
    host_word[word][i]++;
    return host_word[word][i] - 1U;
}

uint32_t arch_shared_set(uint32_t word, uint32_t i, uint32_t bits)
{
    uint32_t before;

    announce(HOST_SET, word, i, bits);
    before = (uint32_t)host_word[word][i];
    host_word[word][i] |= bits;
    return before;
}

uint32_t arch_plan_word(uint32_t i)
{
    const uint8_t *byte = (const uint8_t *)&plan;
    uint32_t word = 0U;

    for (uint32_t k = 4U * i; k < ((4U * i) + 4U); k++) {
        word = (word << 8) | byte[k];
    }
    return word;
}
