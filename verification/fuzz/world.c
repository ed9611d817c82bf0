/* SPDX-License-Identifier: Apache-2.0 */
/** @file world.c
 * The fake machine around the kernel: which CPU executes what, and which one comes to EL2 at a kick.
 * arch_cpu_kick() and arch_cpu_forget_maps() are wrapped by the linker, so that a CPU which is kicked,
 * or whose memory is gone, acts at once as a CPU would.
 */
#include "fuzz.h"

#include <inttypes.h>
#include <stdio.h>
#include <string.h>

#include "arch/aarch64/its.h"
#include "arch/aarch64/psci.h"
#include "arch/aarch64/smc_list.h"
#include "core/arch/board.h"
#include "core/init.h"
#include "core/restart.h"
#include "host_machine.h"

#define CPU_OFF_CALL 0x84000002U
#define CPU_ON_CALL 0xC4000003U

const char *const op_name[OP_KINDS] = {"call",  "service", "off",     "on",
                                       "reset", "end",     "answers", "first"};

static struct {
    int8_t answers;
    bool busy;
    struct o_first first;
} world[O_CPUS];
static struct o_answer nested[O_NEW];
static uint32_t n_nested;

void __real_arch_cpu_kick(uint32_t cpu);
void __wrap_arch_cpu_kick(uint32_t cpu);
void __real_arch_cpu_forget_maps(void);
void __wrap_arch_cpu_forget_maps(void);

/* What psci.c asks of parts that this machine has not: an ITS, calls of a firmware. */
bool its_leave(uint32_t cpu)
{
    (void)cpu;
    return true;
}

bool smc_list_has(uint32_t cell, uint64_t function)
{
    (void)cell;
    (void)function;
    return false;
}

void smc_list_pass(struct frame *f, uint64_t about)
{
    (void)f;
    (void)about;
}

bool w_differs(const char *what, uint64_t index, uint64_t found, uint64_t wanted)
{
    printf("DIVERGENCE %s [%" PRIu64 "]: 0x%" PRIx64 ", the oracle has 0x%" PRIx64 "\n", what,
           index, found, wanted);
    return false;
}

static struct o_answer take(struct outcome out)
{
    return (struct o_answer){out.status, out.a, out.b, 0U, 0U, false};
}

static uint64_t phase(uint32_t cpu)
{
    return host_word[SW_CPU_STATE][cpu];
}

/* CPU executes the kernel: what it does just before it passes cpu_service(). */
static void do_first(uint32_t cpu)
{
    struct o_first first = world[cpu].first;

    world[cpu].first.kind = K_NOTHING;
    if (first.kind == K_END) {
        cell_end(cpu, (uint32_t)first.number);
    } else if (n_nested < O_NEW) {
        uint32_t n = n_nested++;

        nested[n] = take(hcall(cpu, first.number, first.arg));
    } else {
        /* as in the oracle */
    }
}

static void reach(uint32_t cpu)
{
    uint32_t self = host.self;
    bool comes;

    if (world[cpu].busy || (phase(cpu) == (uint64_t)CPU_ABSENT)) {
        return;
    }
    comes = (world[cpu].answers & 1) != 0;
    world[cpu].answers = (int8_t)((world[cpu].answers & 0x80) | ((uint8_t)world[cpu].answers >> 1));
    if (!comes) {
        return;
    }
    world[cpu].busy = true;
    host.self = cpu;
    if ((host_word[SW_LOCK][0] != 0U) && (phase(cpu) == (uint64_t)CPU_RUN) &&
        (world[cpu].first.kind != K_NOTHING)) {
        do_first(cpu);
    }
    if (cpu_service(cpu) == (uint32_t)CPU_WAIT) {
        restart_go_on(cpu);
    }
    host.self = self;
    world[cpu].busy = false;
}

void __wrap_arch_cpu_kick(uint32_t cpu)
{
    __real_arch_cpu_kick(cpu);
    reach(cpu);
}

void __wrap_arch_cpu_forget_maps(void)
{
    __real_arch_cpu_forget_maps();
    for (uint32_t k = 0U; k < O_CPUS; k++) {
        if ((phase(k) == (uint64_t)CPU_RUN) && (host.pool[k] >= 2U) && w_pool_empty(host.pool[k])) {
            reach(k);
        }
    }
}

/* The judge waits for the others: they have come. */
static void others_came(enum host_access how, uint32_t word, uint32_t i, uint64_t value)
{
    (void)value;
    if ((how == HOST_LOAD) && (word == (uint32_t)SW_ARRIVED)) {
        host_word[word][i] = handover.n_cpus;
    }
}

static void begin(void)
{
    o_begin();
    n_nested = 0U;
    host.n_resets = 0U;
    host.n_diverts = 0U;
}

static void executes(uint32_t cpu, bool yes)
{
    world[cpu].busy = yes;
    o.cpu[cpu].busy = yes;
    host.self = cpu;
}

static bool same_answer(const char *what, struct o_answer found, struct o_answer want)
{
    bool a_in = (found.a < 32U) && (((want.a_set >> (found.a % 32U)) & 1U) != 0U);
    bool b_in = (found.b < 32U) && (((want.b_set >> (found.b % 32U)) & 1U) != 0U);

    if (found.status != want.status) {
        return w_differs(what, 0U, found.status, want.status);
    }
    if (want.open) {
        return true;
    }
    if ((want.a_set != 0U) ? !a_in : (found.a != want.a)) {
        return w_differs(what, 1U, found.a, (want.a_set != 0U) ? want.a_set : want.a);
    }
    if ((want.b_set != 0U) ? !b_in : (found.b != want.b)) {
        return w_differs(what, 2U, found.b, (want.b_set != 0U) ? want.b_set : want.b);
    }
    return true;
}

/* Every CPU comes; each is taken, or all are told one reason. */
static bool come(uint32_t want)
{
    bool good = true;

    for (uint32_t k = 0U; good && (k < plan.n_cpus); k++) {
        struct outcome out;

        host.self = k;
        host.mpidr = plan.mpidr[k];
        out = init_cpu(k);
        host.cell[k] = BH_CELL_ROOT; /* as arch_cpu_take() does on the target */
        host.pool[k] = 0U;
        good = (out.status == want) || w_differs("launch", k, out.status, want);
    }
    host_on_access = NULL;
    return good;
}

bool w_launch(bool direct)
{
    bool fits = o_boots(&plan);
    bool good;

    host_power_on();
    memset(world, 0, sizeof(world));
    host.step = 1000U;
    host_on_access = others_came;
    begin();
    handover = (struct bh_handover){BH_ABI_VERSION, plan.n_cpus, sizeof(plan),
                                    direct ? BH_MODE_DIRECT : BH_MODE_LATE};
    init_open();
    good = come(fits ? BH_OK : (uint32_t)BH_E_LAUNCH_TABLES);
    if (!fits || !good) {
        return good && w_all_empty(); /* no CPU was taken: no step follows */
    }
    for (uint32_t k = 0U; k < O_CPUS; k++) {
        world[k].answers = -1;
    }
    o_launch(&plan, direct);
    if (direct) {
        executes(0U, true);
        init_autostart(0U);
        o_autostart();
        executes(0U, false);
        host.self = 0U;
        good = cpu_service(0U) == (uint32_t)o_service(0U);
        good = good || w_differs("service after direct boot", 0U, 0U, 0U);
    }
    return good && w_compare();
}

static bool can(const struct op *op)
{
    bool there = op->cpu < O_CPUS;

    if (op->kind == OP_SERVICE) {
        there = there && (o.cpu[op->cpu].phase != P_ABSENT);
    } else if ((op->kind != OP_ANSWERS) && (op->kind != OP_FIRST)) {
        there = there && (o.cpu[op->cpu].phase == P_RUN);
    } else {
        /* the world's affair */
    }
    return there;
}

static bool step_call(const struct op *op)
{
    struct o_answer found = take(hcall(op->cpu, op->a, op->b));

    return same_answer("answer of the call", found, o_call(op->cpu, op->a, op->b));
}

uint64_t frame_get(const struct frame *f, uint32_t i)
{
    return f->r[i];
}

void frame_put(struct frame *f, uint32_t i, uint64_t value)
{
    f->r[i] = value;
}

static bool step_psci(const struct op *op, uint64_t function)
{
    uint64_t found = psci_call(op->cpu, function, op->a, op->b, op->c);
    uint64_t want = 0U;

    if (op->kind == OP_ON) {
        want = o_on(op->cpu, op->a, op->b, op->c);
    } else if (op->kind == OP_OFF) {
        o_off(op->cpu);
    } else {
        o_system(op->cpu, function);
    }
    return (found == want) || w_differs("answer of PSCI", function, found, want);
}

/* What a CPU does on its way into the kernel; true: it passes cpu_service() before it leaves. */
static bool step_in(const struct op *op, bool *good)
{
    bool leaves = true;

    switch (op->kind) {
    case OP_CALL:
        *good = step_call(op);
        leaves = o.cpu[op->cpu].phase != P_ABSENT; /* else it was given back */
        break;
    case OP_OFF:
        *good = step_psci(op, CPU_OFF_CALL);
        break;
    case OP_ON:
        *good = step_psci(op, CPU_ON_CALL);
        break;
    case OP_RESET:
        *good = step_psci(op, op->a);
        break;
    case OP_END:
        cell_end(op->cpu, (uint32_t)op->a);
        o_end(op->cpu, (uint32_t)op->a);
        break;
    default:
        break;
    }
    return leaves;
}

static bool same_nested(void)
{
    bool good =
        (n_nested == o.n_answer) || w_differs("calls within the call", 0U, n_nested, o.n_answer);

    for (uint32_t i = 0U; good && (i < n_nested); i++) {
        good = same_answer("answer of a call within the call", nested[i], o.answer[i]);
    }
    return good;
}

bool w_step(const struct op *op)
{
    bool good = true;

    if (!can(op)) {
        return true;
    }
    begin();
    if (op->kind == OP_ANSWERS) {
        world[op->cpu].answers = (int8_t)op->a;
        o.cpu[op->cpu].answers = (int8_t)op->a;
    } else if (op->kind == OP_FIRST) {
        world[op->cpu].first = (struct o_first){(enum o_kind)(op->a % 3U), op->b, op->c};
        o.cpu[op->cpu].first = world[op->cpu].first;
    } else {
        bool leaves;

        executes(op->cpu, true);
        leaves = step_in(op, &good);
        if (leaves) {
            uint32_t found = cpu_service(op->cpu);
            uint32_t want = (uint32_t)o_service(op->cpu);

            good = good && ((found == want) || w_differs("cpu_service", op->cpu, found, want));
            if (found == (uint32_t)CPU_WAIT) { /* as trap.c does */
                restart_go_on(op->cpu);
                o_go_on(op->cpu);
            }
        }
        executes(op->cpu, false);
        good = good && same_nested() && w_compare();
    }
    return good;
}
