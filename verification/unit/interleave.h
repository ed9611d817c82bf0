/* SPDX-License-Identifier: Apache-2.0 */
/** @file interleave.h
 * Several CPUs at once, on one thread: each is a coroutine that gives way before every access to a
 * shared word; which goes on is drawn from a seed. Needs all of src/arch/host.
 */
#ifndef VERIFICATION_UNIT_INTERLEAVE_H
#define VERIFICATION_UNIT_INTERLEAVE_H

#include <ucontext.h>
#include "host_machine.h"

#define TASKS_MAX 4U
#define TASK_STACK 262144U

typedef void task_body(uint32_t cpu);

static ucontext_t task_context[TASKS_MAX], task_home;
static uint8_t task_stack[TASKS_MAX][TASK_STACK] __attribute__((aligned(16)));
static bool task_done[TASKS_MAX];
static uint32_t task_now;
static task_body *task_run;

static inline void task_enter(void)
{
    uint32_t cpu = task_now;

    task_run(cpu);
    task_done[cpu] = true;
}

static inline void give_way(enum host_access how, uint32_t word, uint32_t i, uint64_t value)
{
    uint32_t cpu = task_now;

    (void)how;
    (void)word;
    (void)i;
    (void)value;
    swapcontext(&task_context[cpu], &task_home);
}

/** Make coroutine @p cpu ready; apart, because getcontext() returns twice as setjmp() does. */
static __attribute__((noinline)) void task_prepare(uint32_t cpu)
{
    (void)getcontext(&task_context[cpu]);
    task_context[cpu].uc_stack.ss_sp = task_stack[cpu];
    task_context[cpu].uc_stack.ss_size = TASK_STACK;
    task_context[cpu].uc_link = &task_home;
    makecontext(&task_context[cpu], task_enter, 0);
}

/** Run @p body as CPUs 0 to @p n - 1 until all have returned. */
static inline void interleave(task_body *body, uint32_t n, uint32_t seed)
{
    uint32_t state = (seed * 2654435761U) + 1U;
    uint32_t left = n;

    task_run = body;
    for (uint32_t cpu = 0U; cpu < n; cpu++) {
        task_done[cpu] = false;
        task_prepare(cpu);
    }
    host_on_access = give_way;
    while (left > 0U) {
        state ^= state << 13;
        state ^= state >> 17;
        state ^= state << 5;
        task_now = (state >> 7) % n;
        if (!task_done[task_now]) {
            host.self = task_now;
            host.mpidr = task_now;
            swapcontext(&task_home, &task_context[task_now]);
            left -= task_done[task_now] ? 1U : 0U;
        }
    }
    host_on_access = NULL;
}

#endif
