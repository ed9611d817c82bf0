/* SPDX-License-Identifier: Apache-2.0 */
/** @file gen.c
 * Draws the next step by the oracle's state: most calls lead a cell on through its life, a few come at
 * the wrong time, from the wrong caller, or with a wrong number; CPUs go off and on and go deaf.
 */
#include "fuzz.h"

static uint64_t seed;
static uint32_t illness; /* of 100 steps, those that make a CPU deaf or restless */

void gen_seed(uint64_t s)
{
    seed = s;
}

uint32_t gen_below(uint32_t n)
{
    seed = (seed * 6364136223846793005ULL) + 1442695040888963407ULL;
    return (uint32_t)(((seed >> 33) * n) >> 31);
}

void gen_life(void)
{
    static const uint32_t levels[5] = {0U, 1U, 4U, 10U, 25U};

    illness = levels[gen_below(5U)];
}

/* A number on an edge. */
static uint64_t edge(void)
{
    static const uint64_t edges[] = {0U,          1U,           2U,    6U,          7U,
                                     8U,          9U,           255U,  0x7FFFFFFFU, 0x80000000U,
                                     0xFFFFFFFFU, 0x100000000U, ~0ULL, 1ULL << 63};

    return edges[gen_below(sizeof(edges) / sizeof(edges[0]))] + gen_below(2U);
}

/* A CPU out of a set, O_CPUS if it is empty. */
static uint32_t one_of(uint32_t set)
{
    uint32_t n = 0U, found = O_CPUS;

    for (uint32_t k = 0U; k < O_CPUS; k++) {
        if (((set >> k) & 1U) != 0U) {
            n++;
            found = (gen_below(n) == 0U) ? k : found;
        }
    }
    return found;
}

/* CPUs in a phase whose cell is root, or is not. */
static uint32_t cpus(enum o_phase phase, bool root)
{
    uint32_t set = 0U;

    for (uint32_t k = 0U; k < O_CPUS; k++) {
        if ((o.cpu[k].phase == phase) && ((o.cpu[k].cell == BH_CELL_ROOT) == root)) {
            set |= 1U << k;
        }
    }
    return set;
}

/* CPUs that cells which do not exist need, and that root still uses. */
static uint32_t wanted(void)
{
    uint32_t set = 0U;

    for (uint32_t c = 2U; c < o.plan->n_cells; c++) {
        if (o.cell[c].state == (uint32_t)BH_STATE_ABSENT) {
            set |= o.plan->cells[c].cpus;
        }
    }
    return set & cpus(P_RUN, true);
}

static uint64_t next_call(uint32_t cell)
{
    static const uint8_t usual[BH_STATES][4] = {
        {BH_HC_CELL_CREATE, BH_HC_CELL_CREATE, BH_HC_CELL_CREATE, BH_HC_CELL_CREATE},
        {BH_HC_CELL_LOAD, BH_HC_CELL_LOAD, BH_HC_CELL_LOAD, BH_HC_CELL_DESTROY},
        {BH_HC_CELL_START, BH_HC_CELL_START, BH_HC_CELL_START, BH_HC_CELL_DESTROY},
        {BH_HC_CELL_STOP, BH_HC_CELL_STOP, BH_HC_CELL_DESTROY, BH_HC_CELL_STOP},
        {BH_HC_CELL_START, BH_HC_CELL_LOAD, BH_HC_CELL_START, BH_HC_CELL_DESTROY},
        {BH_HC_CELL_STOP, BH_HC_CELL_STOP, BH_HC_CELL_DESTROY, BH_HC_CELL_DESTROY},
        {BH_HC_CELL_DESTROY, BH_HC_CELL_STOP, BH_HC_CELL_START, BH_HC_CELL_LOAD},
        {BH_HC_CELL_CREATE, BH_HC_CELL_CREATE, BH_HC_CELL_CREATE, BH_HC_CELL_CREATE},
        {BH_HC_CELL_START, BH_HC_CELL_START, BH_HC_CELL_START, BH_HC_CELL_START},
        {BH_HC_CELL_DESTROY, BH_HC_CELL_DESTROY, BH_HC_CELL_DESTROY, BH_HC_CELL_DESTROY}};
    bool given_up = (o.cell[cell].state >= (uint32_t)BH_STATE_CLEANING) && (gen_below(12U) == 0U);

    return given_up ? BH_HC_CELL_DESTROY : usual[o.cell[cell].state][gen_below(4U)];
}

static struct op call(uint32_t cpu, uint64_t number, uint64_t arg)
{
    return (struct op){OP_CALL, cpu, number, arg, 0U};
}

/* A call of root that the state of some cell asks for. */
static struct op sensible(uint32_t cpu)
{
    uint32_t cell = 2U + gen_below(o.plan->n_cells - 1U);
    struct op op = call(cpu, BH_HC_DISABLE, 0U);

    if (cell < o.plan->n_cells) {
        uint32_t in_use = o.plan->cells[cell].cpus & cpus(P_RUN, true);
        uint32_t others = cpus(P_RUN, true) & ~in_use;

        op = call(cpu, next_call(cell), cell);
        if ((op.a == BH_HC_CELL_CREATE) && (in_use != 0U) && (others != 0U) &&
            (gen_below(8U) != 0U)) {
            op = (struct op){OP_OFF, one_of(in_use), 0U, 0U, 0U}; /* else the call is in vain */
        }
    } else if (gen_below(4U) != 0U) {
        op = call(cpu, gen_below(BH_HC_COUNT + 1U), gen_below(BH_CELLS_MAX));
    } else {
        /* disable it is */
    }
    return op;
}

static struct op odd_call(void)
{
    uint32_t cpu = one_of(cpus(P_RUN, true) | cpus(P_RUN, false));
    uint64_t number = (gen_below(3U) == 0U) ? edge() : gen_below(BH_HC_COUNT + 2U);

    return call(cpu, number, (gen_below(2U) == 0U) ? edge() : gen_below(BH_CELLS_MAX));
}

/* Some CPU locks. */
static struct op locking(void)
{
    static const uint32_t asked[] = {BH_LOCK_CREATE, BH_LOCK_LOAD,  BH_LOCK_START,
                                     BH_LOCK_DEBUG,  BH_LOCK_DEBUG, BH_LOCK_DISABLE};
    uint32_t cells = cpus(P_RUN, false), root = cpus(P_RUN, true);
    uint64_t scopes = asked[gen_below(6U)] | ((gen_below(3U) == 0U) ? BH_LOCK_ALL : 0U);

    return call(one_of(((cells != 0U) && (gen_below(4U) != 0U)) ? cells : root), BH_HC_LOCK,
                (gen_below(8U) == 0U) ? edge() : scopes);
}

/* Some CPU asks what was measured. */
static struct op asking(void)
{
    uint32_t cells = cpus(P_RUN, false), root = cpus(P_RUN, true);

    return call(one_of(((cells != 0U) && (gen_below(2U) == 0U)) ? cells : root), BH_HC_MEASURE,
                (gen_below(8U) == 0U) ? edge() : gen_below(2U * BH_CELLS_MAX));
}

static struct op power(void)
{
    uint32_t root = cpus(P_RUN, true), cells = cpus(P_RUN, false);
    uint32_t cpu = one_of((gen_below(3U) == 0U) && (cells != 0U) ? cells : root);
    uint32_t target = gen_below(O_CPUS);
    struct op op = {OP_OFF, cpu, 0U, 0U, 0U};

    if ((wanted() != 0U) && (gen_below(2U) == 0U) && ((root & (root - 1U)) != 0U)) {
        op.cpu = one_of(wanted()); /* root gives up what a cell needs, not its last CPU */
    } else if ((gen_below(3U) != 0U) || ((root & (root - 1U)) == 0U)) {
        op = (struct op){OP_ON, cpu, o.plan->mpidr[target], edge(), edge()};
        op.a += (gen_below(16U) == 0U) ? edge() : 0U;
    } else {
        /* any CPU goes off */
    }
    return op;
}

static struct op unrest(void)
{
    static const uint8_t moods[8] = {0xFFU, 0xFFU, 0x00U, 0xFEU, 0x01U, 0x01U, 0x80U, 0xFAU};
    uint32_t cells = cpus(P_RUN, false) | cpus(P_OFF, false);
    uint32_t cpu = ((cells != 0U) && (gen_below(2U) == 0U)) ? one_of(cells) : gen_below(O_CPUS);
    struct op op = {OP_ANSWERS, cpu, moods[gen_below(8U)], 0U, 0U};

    if (gen_below(3U) == 0U) {
        op = (struct op){OP_FIRST, op.cpu, K_CALL, gen_below(BH_HC_COUNT + 1U),
                         gen_below(BH_CELLS_MAX)};
        if (gen_below(4U) == 0U) {
            op.a = K_END;
            op.b = (gen_below(2U) == 0U) ? BH_STATE_STOPPED : BH_STATE_FAILED;
        }
    } else if (gen_below(6U) == 0U) {
        op.a = gen_below(256U);
    } else {
        /* one of the moods */
    }
    return op;
}

/* A cell ends; root seldom. */
static struct op ending(void)
{
    uint32_t cells = cpus(P_RUN, false);
    bool root = (cells == 0U) || (gen_below(60U) == 0U);
    struct op op = {OP_END, one_of(root ? cpus(P_RUN, true) : cells), BH_STATE_FAILED, 0U, 0U};

    if (gen_below(3U) == 0U) {
        op.kind = OP_RESET;
        op.a = 0x84000008U + gen_below(2U);
    } else if (gen_below(4U) == 0U) {
        op.a = BH_STATE_STOPPED;
    } else {
        /* a violation */
    }
    if (root && (gen_below(20U) != 0U)) {
        op = (struct op){OP_SERVICE, gen_below(O_CPUS), 0U, 0U, 0U};
    }
    return op;
}

struct op gen_step(void)
{
    uint32_t root = one_of(cpus(P_RUN, true));
    uint32_t dice = gen_below(100U);
    struct op op;

    if (gen_below(100U) < illness) {
        op = unrest();
    } else if (dice < 64U) {
        op = (root < O_CPUS) ? sensible(root) : odd_call();
    } else if (dice < 68U) {
        op = odd_call();
    } else if (dice < 69U) {
        op = asking();
    } else if (dice < 70U) {
        op = locking();
    } else if (dice < 86U) {
        op = power();
    } else if (dice < 93U) {
        op = ending();
    } else if ((dice < 95U) && (illness == 0U)) {
        op = unrest();
        op.kind = OP_FIRST; /* the healthy do not go deaf, but they talk */
        op.a = K_CALL;
        op.b %= BH_HC_COUNT;
    } else {
        op = (struct op){OP_SERVICE, gen_below(O_CPUS), 0U, 0U, 0U};
    }
    return op;
}
