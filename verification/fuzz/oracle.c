/* SPDX-License-Identifier: Apache-2.0 */
/** @file oracle.c
 * The ghost oracle; see oracle.h. A new hypercall is a row of `rules` and a function.
 */
#include "oracle.h"

#include <stdlib.h>
#include <string.h>

struct oracle o;
struct o_count o_count;

#define STATE(s) (1U << (uint32_t)BH_STATE_##s)
#define BY_ITSELF BH_HC_COUNT
#define AT_BOOT (BH_HC_COUNT + 1U)

static uint32_t present_call = AT_BOOT; /* row of o_count.moves */

#define FOR_CPUS(k, mask)                                                                          \
    for (uint32_t k = 0U; k < O_CPUS; k++)                                                         \
        if ((((mask) >> k) & 1U) != 0U)

static bool in_state(uint32_t set, uint32_t cell)
{
    return ((set >> o.cell[cell].state) & 1U) != 0U;
}

static uint32_t cpus_of(uint32_t cell)
{
    return o.plan->cells[cell].cpus;
}

static uint32_t first_of(uint32_t mask)
{
    uint32_t k = 0U;

    while ((k < 31U) && (((mask >> k) & 1U) == 0U)) {
        k++;
    }
    return k;
}

static void set_phase(uint32_t cpu, enum o_phase phase)
{
    o_count.phases[o.cpu[cpu].phase][phase]++;
    o.cpu[cpu].phase = phase;
}

static void set_state(uint32_t cell, uint32_t state)
{
    if (present_call >= BY_ITSELF) { /* moves of a call count as a whole: apply() */
        o_count.moves[present_call][o.cell[cell].state][state]++;
    }
    o.cell[cell].state = state;
    if (state == (uint32_t)BH_STATE_RUNNING) {
        o.cell[cell].starts++;
    }
}

void o_record(uint32_t cpu, uint32_t cell, uint32_t id, uint64_t a, uint64_t b)
{
    if (o.n_event < O_NEW) {
        o.event[o.n_event] = (struct o_event){id, cpu, cell, a, b};
    }
    o.n_event++;
    o.events++;
    o.cell[cell].events++;
}

static void irq_reset(uint32_t cell, uint32_t cpu)
{
    if (o.n_reset < O_NEW) {
        o.reset[o.n_reset] = (struct o_reset){cell, cpu};
    }
    o.n_reset++;
}

/* ---- locks */

/* Scopes that are no affair of the cell alone: to disable is root's. */
static uint32_t of_all(uint32_t cell, uint32_t scopes)
{
    return (cell == BH_CELL_ROOT) ? 0U : (scopes & BH_LOCK_DISABLE);
}

static void lock_row(uint32_t cpu, uint32_t cell, uint32_t row, uint32_t scopes)
{
    uint32_t fresh = scopes & ~o.cell[row].locks;

    o.cell[row].locks |= scopes;
    if (fresh != 0U) {
        o_record(cpu, cell, BH_EV_LOCKED, (row == BH_CELL_KERNEL) ? 0xFFFFFFFFU : row, fresh);
    }
}

static void lock_down(uint32_t cpu, uint32_t cell, uint32_t scopes, uint32_t all)
{
    lock_row(cpu, cell, cell, scopes & ~all);
    lock_row(cpu, cell, BH_CELL_KERNEL, scopes & all);
}

/* What the plan demands, from the first start on. */
static void demand(uint32_t cpu, uint32_t cell)
{
    uint32_t scopes = o.plan->policy[cell].locks;

    lock_down(cpu, cell, scopes, of_all(cell, scopes));
}

static uint32_t locked_for(uint32_t cell)
{
    return o.cell[cell].locks | o.cell[BH_CELL_KERNEL].locks;
}

/* The scopes of which none may be locked when a call is made. */
static uint32_t needs(uint32_t number)
{
    static const uint32_t table[BH_HC_DISABLE + 1U] = {[BH_HC_CELL_CREATE] = BH_LOCK_CREATE,
                                                       [BH_HC_CELL_LOAD] = BH_LOCK_LOAD,
                                                       [BH_HC_CELL_START] = BH_LOCK_START,
                                                       [BH_HC_CELL_STOP] = BH_LOCK_START,
                                                       [BH_HC_CELL_DESTROY] =
                                                           BH_LOCK_CREATE | BH_LOCK_START,
                                                       [BH_HC_DISABLE] = BH_LOCK_DISABLE};

    return (number <= BH_HC_DISABLE) ? table[number] : 0U;
}

static struct o_answer answer(uint32_t status, uint64_t a, uint64_t b)
{
    return (struct o_answer){status, a, b, 0U, 0U, false};
}

/* ---- memory */

bool o_kept(uint32_t j)
{
    const struct bh_region *r = &o.plan->regions[j];
    bool lent =
        (r->own > BH_CELL_ROOT) && o.cell[r->own].open && ((r->flags & BH_REGION_LOADABLE) != 0U);

    return (r->own != BH_CELL_ROOT) && o.cell[r->own].live && (r->root == 0U) && !lent;
}

static int by_place(const void *a, const void *b)
{
    uint32_t x = ((const struct o_run *)a)->x, y = ((const struct o_run *)b)->x;

    return (x > y) - (x < y);
}

static void sort(struct o_runs *runs)
{
    qsort(runs->run, runs->n, sizeof(runs->run[0]), by_place);
}

void o_join(struct o_runs *runs)
{
    uint32_t n = 0U;

    sort(runs);
    for (uint32_t i = 0U; i < runs->n; i++) {
        struct o_run *last = (n > 0U) ? &runs->run[n - 1U] : NULL;
        const struct o_run *r = &runs->run[i];

        if ((last != NULL) && ((last->x + last->n) == r->x) && (last->flags == r->flags) &&
            ((last->ppn + last->n) == r->ppn)) {
            last->n += r->n;
        } else {
            runs->run[n++] = *r;
        }
    }
    runs->n = n;
}

/* Add a region's pages [from, to), numbered from its first, unless none is left. */
static void add(struct o_runs *runs, const struct bh_region *r, uint64_t from, uint64_t to)
{
    if ((from < to) && (runs->n < O_RUNS)) {
        runs->run[runs->n++] = (struct o_run){r->ppn + from, r->ipn + (uint32_t)from,
                                              (uint32_t)(to - from), r->flags & 15U};
    }
}

/* A region of root without what is kept from root: go from the end of one hole to the next. */
static void add_rest(struct o_runs *runs, const struct bh_region *r)
{
    uint64_t at = 0U;

    while (at < r->n) {
        uint64_t stop = r->n, resume = r->n;

        for (uint32_t j = 0U; j < o.plan->n_regions; j++) {
            const struct bh_region *k = &o.plan->regions[j];

            if (o_kept(j) && (k->ppn < (r->ppn + r->n)) && ((k->ppn + k->n) > (r->ppn + at))) {
                uint64_t low = (k->ppn > (r->ppn + at)) ? (k->ppn - r->ppn) : at;

                if (low < stop) {
                    stop = low;
                    resume = k->ppn + k->n - r->ppn;
                } else if (low == stop) {
                    resume =
                        ((k->ppn + k->n - r->ppn) > resume) ? (k->ppn + k->n - r->ppn) : resume;
                } else {
                    /* a later hole */
                }
            }
        }
        add(runs, r, at, stop);
        at = (stop < r->n) ? resume : stop;
    }
}

static void pieces(uint32_t cell, struct o_runs *runs)
{
    runs->n = 0U;
    for (uint32_t j = 0U; j < o.plan->n_regions; j++) {
        const struct bh_region *r = &o.plan->regions[j];

        if ((r->own == cell) && (cell == BH_CELL_ROOT)) {
            add_rest(runs, r);
        } else if (r->own == cell) {
            add(runs, r, 0U, r->n);
        } else {
            /* another's */
        }
    }
}

void o_expect(uint32_t cell, struct o_runs *runs)
{
    pieces(cell, runs);
    o_join(runs);
}

/* Page tables which the cell's space needs with the largest leaves that alignment allows: two of the
 * root, one for each GiB that is not one leaf, one for each 2 MiB that is not. */
static bool fits(uint32_t cell)
{
    static struct o_runs runs;
    uint64_t gib = UINT64_MAX, mib = UINT64_MAX;
    uint32_t tables = 2U;

    pieces(cell, &runs);
    sort(&runs);
    for (uint32_t i = 0U; (i < runs.n) && (tables <= O_TABLES); i++) {
        uint64_t x = runs.run[i].x, end = x + runs.run[i].n, ppn = runs.run[i].ppn;

        while ((x < end) && (tables <= O_TABLES)) {
            uint64_t both = x | ppn, step = 1U;

            if (((both % 0x40000U) == 0U) && ((end - x) >= 0x40000U)) {
                step = 0x40000U;
            } else {
                tables += ((x >> 18) != gib) ? 1U : 0U;
                gib = x >> 18;
                if (((both % 0x200U) == 0U) && ((end - x) >= 0x200U)) {
                    step = 0x200U;
                } else {
                    tables += ((x >> 9) != mib) ? 1U : 0U;
                    mib = x >> 9;
                    step =
                        ((((x >> 9) + 1U) << 9) < end) ? ((((x >> 9) + 1U) << 9) - x) : (end - x);
                    /* pages up to the next 2 MiB, unless a leaf can begin earlier: it cannot */
                }
            }
            x += step;
            ppn += step;
        }
    }
    return tables <= O_TABLES;
}

bool o_owns_cpu(uint32_t cell, uint32_t cpu)
{
    bool owns = (cell < O_CELLS) && (cell >= BH_CELL_ROOT) && (cell < o.plan->n_cells) &&
                o.cell[cell].live && (((cpus_of(cell) >> cpu) & 1U) != 0U);

    for (uint32_t c = 2U; owns && (cell == BH_CELL_ROOT) && (c < o.plan->n_cells); c++) {
        owns = !o_owns_cpu(c, cpu);
    }
    return owns;
}

bool o_owns_irq(uint32_t cell, uint32_t intid)
{
    bool owns = (cell < O_CELLS) && (cell >= BH_CELL_ROOT) && (cell < o.plan->n_cells) &&
                o.cell[cell].live &&
                (((o.plan->cells[cell].irqs[intid / 32U] >> (intid % 32U)) & 1U) != 0U);

    for (uint32_t c = 2U; owns && (cell == BH_CELL_ROOT) && (c < o.plan->n_cells); c++) {
        owns = !o_owns_irq(c, intid);
    }
    return owns;
}

/* ---- CPUs */

static void load(uint32_t cpu)
{
    o.cpu[cpu].pool = (o.cpu[cpu].cell <= BH_CELL_ROOT) ? o.announced : o.cpu[cpu].cell;
}

enum o_next o_service(uint32_t cpu)
{
    struct o_cpu *c = &o.cpu[cpu];
    enum o_next next = N_WAIT;

    if (c->request == R_PARK) {
        o_count.marks[MARK_LATE_PARK] += (c->phase == P_LOST) ? 1U : 0U;
        set_phase(cpu, P_PARKED);
    } else if (c->request == R_RESET) {
        set_phase(cpu, (c->phase == P_PARKED) ? P_PARKED : P_RESET);
    } else if (c->request != R_NONE) {
        load(cpu);
    } else {
        /* nobody asked */
    }
    c->request = R_NONE;
    if (c->phase == P_RUN) {
        next = N_GO_ON;
    } else if (c->phase == P_STARTING) {
        load(cpu);
        set_phase(cpu, P_RUN);
        next = N_ENTER;
    } else {
        next = N_WAIT;
    }
    return next;
}

/* A chance for a CPU to come to EL2. */
static void reach(uint32_t cpu)
{
    struct o_cpu *c = &o.cpu[cpu];
    bool comes;

    if (c->busy || (c->phase == P_ABSENT)) {
        return;
    }
    comes = (c->answers & 1) != 0;
    c->answers = (int8_t)((c->answers & 0x80) | ((uint8_t)c->answers >> 1));
    if (!comes) {
        return;
    }
    c->busy = true;
    if ((o.holder != 0U) && (c->phase == P_RUN) && (c->first.kind != K_NOTHING)) {
        struct o_first first = c->first;

        c->first.kind = K_NOTHING;
        o_count.marks[(first.kind == K_END) ? MARK_NESTED_END : MARK_NESTED_CALL]++;
        if (first.kind == K_END) {
            o_end(cpu, (uint32_t)first.number);
        } else if (o.n_answer < O_NEW) {
            uint32_t n = o.n_answer++;

            o.answer[n] = o_call(cpu, first.number, first.arg);
        } else {
            /* more than the record holds: compare.c notices */
        }
    }
    if (o_service(cpu) == N_WAIT) {
        o_go_on(cpu);
    }
    c->busy = false;
}

static bool runs_root(uint32_t cpu)
{
    return (o.cpu[cpu].cell == BH_CELL_ROOT) &&
           ((o.cpu[cpu].phase == P_RUN) || (o.cpu[cpu].phase == P_STARTING));
}

/* Root's CPUs but self which have not done what they were asked for. */
static uint32_t late(uint32_t self)
{
    uint32_t set = 0U;

    for (uint32_t k = 0U; k < O_CPUS; k++) {
        if ((k != self) && runs_root(k) && (o.cpu[k].request != R_NONE)) {
            set |= 1U << k;
        }
    }
    return set;
}

static void announce(uint32_t self, uint32_t view)
{
    o.announced = view;
    for (uint32_t k = 0U; k < O_CPUS; k++) {
        if ((k != self) && runs_root(k)) {
            if (o.cpu[k].request != R_PARK) {
                o.cpu[k].request = (view == 0U) ? R_VIEW_0 : R_VIEW_1;
            } else {
                o_count.marks[MARK_PARK_KEPT]++;
            }
            reach(k);
        }
    }
}

/* All CPUs forget what they cached: whoever executes a cell without memory faults. */
static void flush(void)
{
    for (uint32_t k = 0U; k < O_CPUS; k++) {
        if ((o.cpu[k].phase == P_RUN) && (o.cpu[k].pool >= 2U) &&
            (o.cell[o.cpu[k].pool].map == M_EMPTY)) {
            reach(k);
        }
    }
}

static void start_cpu(uint32_t cpu, uint64_t entry, uint64_t context)
{
    set_phase(cpu, P_STARTING);
    o.cpu[cpu].entry = entry;
    o.cpu[cpu].context = context;
    reach(cpu);
}

/* ---- steps of the calls */

/* A change of the view: root's CPUs take the new tables, or all go back. */
static struct o_answer change(uint32_t self, uint32_t cell, bool live, bool open)
{
    struct o_cell *c = &o.cell[cell];
    bool was_live = c->live, was_open = c->open;
    struct o_answer out = answer(BH_OK, 0U, 0U);
    bool room;

    c->live = live;
    c->open = open;
    room = fits(BH_CELL_ROOT) && (was_live || fits(cell));
    c->live = was_live;
    c->open = was_open;
    if (!was_live) {
        c->map = M_UNKNOWN;
    }
    if (!room) {
        return answer(BH_E_HC_POOL, cell, 0U);
    }
    announce(self, 1U - o.view);
    if (late(self) != 0U) {
        out = answer(BH_E_HC_TIMEOUT, 0U, 0U);
        out.a_set = late(self);
        announce(self, o.view);
    }
    if (o.cpu[self].cell == BH_CELL_ROOT) {
        load(self);
    }
    if (out.status == BH_OK) {
        o.view = 1U - o.view;
        c->live = live;
        c->open = open;
    }
    return out;
}

/* No CPU executes the cell any more: kick, then take its memory away, then give it up. */
static struct o_answer settle(uint32_t self, uint32_t cell)
{
    struct o_answer out = answer(BH_OK, 0U, 0U);

    FOR_CPUS(k, cpus_of(cell) & ~(1U << self))
    {
        o.cpu[k].request = R_PARK;
        reach(k);
        if (o.cpu[k].request != R_NONE) {
            o_record(self, cell, BH_EV_KICK_STAGE2, k, 0U);
            o.cell[cell].map = M_EMPTY;
            flush();
            o_count.marks[MARK_SECOND_STAGE] += (o.cpu[k].request == R_NONE) ? 1U : 0U;
        }
        if (o.cpu[k].request != R_NONE) {
            o_record(self, cell, BH_EV_CPU_LOST, k, 0U);
            set_phase(k, P_LOST);
            out.status = BH_E_HC_LOST;
            out.a = cell;
            out.b_set |= 1U << k;
        }
    }
    if (out.status != BH_OK) {
        set_state(cell, BH_STATE_LOST);
    }
    return out;
}

static void return_cpus(uint32_t cell)
{
    FOR_CPUS(k, cpus_of(cell))
    {
        o.cpu[k].cell = BH_CELL_ROOT;
        set_phase(k, P_OFF);
    }
}

/* Pages of Normal memory that are the cell's alone. */
static uint64_t private_pages(uint32_t cell)
{
    uint64_t pages = 0U;

    for (uint32_t j = 0U; j < o.plan->n_regions; j++) {
        const struct bh_region *r = &o.plan->regions[j];

        if ((r->own == cell) && (r->share == 0U) && ((r->flags & BH_REGION_DEVICE) == 0U)) {
            pages += r->n;
        }
    }
    return pages;
}

#define O_CLEAR 256U /* pages that one call clears, from the specification */
static struct o_answer clear(uint32_t cell)
{
    uint64_t now = (o.cell[cell].left < O_CLEAR) ? o.cell[cell].left : O_CLEAR;

    o.cell[cell].left -= now;
    o.pages += now;
    return answer((o.cell[cell].left > 0U) ? (uint32_t)BH_E_HC_AGAIN : BH_OK, cell,
                  o.cell[cell].left);
}

static struct o_answer created(uint32_t self, uint32_t cell)
{
    set_state(cell, BH_STATE_CREATED);
    o_record(self, BH_CELL_ROOT, BH_EV_CREATED, cell, 0U);
    return answer(BH_OK, cell, 0U);
}

static struct o_answer take(uint32_t self, uint32_t cell)
{
    struct o_answer out = answer(BH_OK, cell, 0U);

    FOR_CPUS(k, cpus_of(cell))
    {
        if (o.cpu[k].phase != P_OFF) {
            out.status = BH_E_HC_CPU_BUSY;
            out.b_set |= 1U << k;
        }
    }
    if (out.status != BH_OK) {
        return out;
    }
    FOR_CPUS(k, cpus_of(cell))
    {
        set_phase(k, P_PARKED); /* held while it has no owner for sure */
    }
    out = change(self, cell, true, false);
    if (out.status != BH_OK) {
        return_cpus(cell);
        return out;
    }
    FOR_CPUS(k, cpus_of(cell))
    {
        o.cpu[k].cell = cell;
        set_phase(k, P_PARKED);
    }
    o.cell[cell].map = M_EXACT;
    set_state(cell, BH_STATE_CLEANING);
    o.cell[cell].left = private_pages(cell);
    o.divert = (struct o_reset){cell, self};
    o.n_divert++;
    irq_reset(cell, first_of(cpus_of(cell)));
    return out;
}

static struct o_answer create(uint32_t self, uint32_t cell)
{
    struct o_answer out = answer(BH_OK, cell, 0U);

    if (!in_state(STATE(CLEANING), cell)) {
        out = take(self, cell);
    }
    if (out.status == BH_OK) {
        out = clear(cell);
    }
    return (out.status == BH_OK) ? created(self, cell) : out;
}

static struct o_answer open_cell(uint32_t self, uint32_t cell)
{
    struct o_answer out = settle(self, cell);

    if (out.status == BH_OK) {
        out = change(self, cell, true, true);
    }
    if (out.status == BH_OK) {
        set_state(cell, BH_STATE_LOADING);
        o_record(self, BH_CELL_ROOT, BH_EV_LOADABLE, cell, 0U);
    }
    return out;
}

/* SHA-256 by the book (FIPS 180-4, 6.2), over the blocks of a cell; all its memory is zeros here. */
static uint32_t rotated(uint32_t x, uint32_t n)
{
    return (x >> n) | (x << (32U - n));
}

/* The constants are the fractions of the cube roots of the first 64 primes: found, not copied. */
static uint32_t fraction(uint32_t prime, bool cube)
{
    unsigned __int128 low = 0U, high = (unsigned __int128)1U << 40;
    unsigned __int128 want = (unsigned __int128)prime << (cube ? 96 : 64);

    while ((high - low) > 1U) {
        unsigned __int128 x = (low + high) / 2U;
        bool over = cube ? (x > (want / x / x)) : (x > (want / x));

        low = over ? low : x;
        high = over ? x : high;
    }
    return (uint32_t)low;
}

static uint32_t prime_after(uint32_t p)
{
    bool prime = false;

    while (!prime) {
        p++;
        prime = true;
        for (uint32_t d = 2U; (d * d) <= p; d++) {
            prime = prime && ((p % d) != 0U);
        }
    }
    return p;
}

static uint32_t sha_k[64], sha_first[8];

static void sha_constants(void)
{
    uint32_t p = 1U;

    for (uint32_t t = 0U; (t < 64U) && (sha_k[63] == 0U); t++) {
        p = prime_after(p);
        sha_k[t] = fraction(p, true);
        if (t < 8U) {
            sha_first[t] = fraction(p, false);
        }
    }
}

static void sha_block(uint32_t h[8], const uint32_t block[16])
{
    uint32_t w[64], v[8];

    memcpy(w, block, 64U);
    memcpy(v, h, sizeof(v));
    for (uint32_t t = 16U; t < 64U; t++) {
        w[t] = w[t - 16U] + w[t - 7U] +
               (rotated(w[t - 15U], 7U) ^ rotated(w[t - 15U], 18U) ^ (w[t - 15U] >> 3)) +
               (rotated(w[t - 2U], 17U) ^ rotated(w[t - 2U], 19U) ^ (w[t - 2U] >> 10));
    }
    for (uint32_t t = 0U; t < 64U; t++) {
        uint32_t one = v[7] + sha_k[t] + w[t] + ((v[4] & v[5]) ^ (~v[4] & v[6])) +
                       (rotated(v[4], 6U) ^ rotated(v[4], 11U) ^ rotated(v[4], 25U));
        uint32_t two = (rotated(v[0], 2U) ^ rotated(v[0], 13U) ^ rotated(v[0], 22U)) +
                       ((v[0] & v[1]) ^ (v[0] & v[2]) ^ (v[1] & v[2]));

        memmove(&v[1], &v[0], 28U);
        v[4] += one;
        v[0] = one + two;
    }
    for (uint32_t i = 0U; i < 8U; i++) {
        h[i] += v[i];
    }
}

static void digest_of(uint32_t cell, uint32_t h[8])
{
    uint32_t block[16] = {0U};
    uint64_t bits = 0U;

    sha_constants();
    memcpy(h, sha_first, 32U);
    for (uint32_t j = 0U; j < o.plan->n_regions; j++) {
        const struct bh_region *r = &o.plan->regions[j];

        if ((r->own == cell) && (r->share == 0U) && ((r->flags & BH_REGION_DEVICE) == 0U)) {
            block[0] = __builtin_bswap32(r->ipn);
            block[1] = __builtin_bswap32(r->n);
            block[2] = __builtin_bswap32(r->flags);
            sha_block(h, block);
            memset(block, 0, sizeof(block));
            for (uint64_t b = 0U; b < (64U * (uint64_t)r->n); b++) {
                sha_block(h, block);
            }
            bits += (1U + (64U * (uint64_t)r->n)) * 512U;
        }
    }
    block[0] = 0x80000000U;
    block[14] = (uint32_t)(bits >> 32);
    block[15] = (uint32_t)bits;
    sha_block(h, block);
}

/* The plan, as its blob is in a file: bytes, and the padding of FIPS 180-4. */
static void digest_of_plan(uint32_t h[8])
{
    uint8_t bytes[sizeof(struct bh_plan) + 128U] = {0U};
    uint64_t n = sizeof(struct bh_plan), end = ((n + 72U) / 64U) * 64U;
    uint32_t block[16];

    memcpy(bytes, o.plan, n);
    bytes[n] = 0x80U;
    for (uint32_t i = 0U; i < 8U; i++) {
        bytes[end - 1U - i] = (uint8_t)((n * 8U) >> (8U * i));
    }
    sha_constants();
    memcpy(h, sha_first, 32U);
    for (uint64_t at = 0U; at < end; at += 64U) {
        for (uint32_t i = 0U; i < 16U; i++) {
            const uint8_t *b = &bytes[at + (4U * i)];

            block[i] =
                ((uint32_t)b[0] << 24) | ((uint32_t)b[1] << 16) | ((uint32_t)b[2] << 8) | b[3];
        }
        sha_block(h, block);
    }
}

#define O_MEASURE 16U /* pages that one call measures, from the specification */
static struct o_answer measure(uint32_t self, uint32_t cell)
{
    static const uint32_t none[8];
    const uint32_t *approved = o.plan->policy[cell].digest;
    bool named = memcmp(approved, none, sizeof(none)) != 0;
    uint32_t h[8];
    uint64_t now;

    if (!named && ((o.plan->cells[cell].flags & BH_CELL_MEASURED) == 0U)) {
        return answer(BH_OK, cell, 0U);
    }
    if (!in_state(STATE(MEASURING), cell) || (o.measuring != cell)) {
        o.cell[cell].left = private_pages(cell);
    }
    if (!in_state(STATE(MEASURING), cell)) {
        set_state(cell, BH_STATE_MEASURING);
        o.cell[cell].measured = false;
    }
    now = (o.cell[cell].left < O_MEASURE) ? o.cell[cell].left : O_MEASURE;
    o.cell[cell].left -= now;
    o.pages += now * 64U;
    o.measuring = (o.cell[cell].left > 0U) ? cell : 0U;
    if (o.measuring == cell) {
        return answer(BH_E_HC_AGAIN, cell, o.cell[cell].left);
    }
    digest_of(cell, h);
    o.cell[cell].measured = true;
    memcpy(o.cell[cell].digest, h, sizeof(h));
    if (named && (memcmp(approved, h, sizeof(h)) != 0)) {
        uint64_t first = ((uint64_t)h[0] << 32) | h[1];

        set_state(cell, BH_STATE_STOPPED);
        o_record(self, cell, BH_EV_DIGEST_REFUSED, cell, first);
        return answer(BH_E_HC_DIGEST, cell, first);
    }
    o_record(self, cell, BH_EV_MEASURED, ((uint64_t)h[0] << 32) | h[1],
             ((uint64_t)h[2] << 32) | h[3]);
    return answer(BH_OK, cell, 0U);
}

static struct o_answer start(uint32_t self, uint32_t cell)
{
    uint32_t first = first_of(cpus_of(cell));
    struct o_answer out = settle(self, cell);

    if ((out.status == BH_OK) && (late(self) != 0U)) {
        out = answer(BH_E_HC_TIMEOUT, 0U, 0U);
        out.a_set = late(self);
        o_count.marks[MARK_START_LATE]++;
    }
    if (out.status != BH_OK) {
        return out;
    }
    if (o.cell[cell].open) {
        out = change(self, cell, true, false);
    }
    if (out.status != BH_OK) {
        /* A refused start may already have given an emptied cell its memory again. */
        o.cell[cell].map = (o.cell[cell].map == M_EMPTY) ? M_EITHER : o.cell[cell].map;
        return out;
    }
    o_count.marks[MARK_REFILL] += (o.cell[cell].map == M_EMPTY) ? 1U : 0U;
    o.cell[cell].map = M_EXACT;
    out = measure(self, cell);
    if (out.status != BH_OK) {
        return out;
    }
    demand(self, cell);
    irq_reset(cell, first);
    o_record(self, BH_CELL_ROOT, BH_EV_STARTED, cell, 0U);
    set_state(cell, BH_STATE_RUNNING);
    FOR_CPUS(k, cpus_of(cell) & ~(1U << first))
    {
        set_phase(k, P_OFF);
    }
    start_cpu(first, o.plan->cells[cell].entry, o.plan->cells[cell].comm);
    return out;
}

static struct o_answer stop(uint32_t self, uint32_t cell)
{
    struct o_answer out = settle(self, cell);

    if (out.status == BH_OK) {
        set_state(cell, BH_STATE_STOPPED);
        o_record(self, BH_CELL_ROOT, BH_EV_STOPPED, cell, 0U);
    }
    return out;
}

static struct o_answer destroy(uint32_t self, uint32_t cell)
{
    struct o_answer out =
        in_state(STATE(RUNNING) | STATE(FAILED), cell) ? stop(self, cell) : settle(self, cell);

    if ((out.status == BH_OK) && !in_state(STATE(LEAVING), cell)) {
        set_state(cell, BH_STATE_LEAVING);
        o.cell[cell].left = private_pages(cell);
    }
    if (out.status == BH_OK) {
        out = clear(cell);
    }
    if (out.status == BH_OK) {
        out = change(self, cell, false, false);
    }
    if (out.status == BH_OK) {
        o.cell[cell].map = M_EMPTY;
        flush();
        irq_reset(cell, self);
        return_cpus(cell);
        set_state(cell, BH_STATE_ABSENT);
        o_record(self, BH_CELL_ROOT, BH_EV_DESTROYED, cell, 0U);
    }
    return out;
}

static struct o_answer disable(uint32_t self, uint32_t cell)
{
    (void)cell;
    if (o.direct) {
        return answer(BH_E_HC_DIRECT, 0U, 0U);
    }
    for (uint32_t c = 2U; c < O_CELLS; c++) {
        if (o.cell[c].state != (uint32_t)BH_STATE_ABSENT) {
            return answer(BH_E_HC_CELLS_LEFT, c, 0U);
        }
    }
    for (uint32_t k = 0U; k < O_CPUS; k++) {
        if ((o.cpu[k].phase != P_RUN) && (o.cpu[k].phase != P_ABSENT)) {
            return answer(BH_E_HC_CPU_OFFLINE, k, 0U);
        }
    }
    set_phase(self, P_ABSENT);
    o.armed = false;
    return answer(BH_OK, 0U, 0U);
}

/* The table of calls: "allowed in" of docs/spec/hypercalls.md. */
#define ANY_STATE 0xFFFFFFFFU
static const struct o_rule rules[] = {
    {BH_HC_CELL_CREATE, STATE(ABSENT) | STATE(CLEANING), create},
    {BH_HC_CELL_LOAD, STATE(CREATED) | STATE(STOPPED) | STATE(MEASURING), open_cell},
    {BH_HC_CELL_START, STATE(LOADING) | STATE(STOPPED) | STATE(MEASURING), start},
    {BH_HC_CELL_STOP, STATE(RUNNING) | STATE(FAILED) | STATE(MEASURING), stop},
    {BH_HC_CELL_DESTROY,
     STATE(CREATED) | STATE(LOADING) | STATE(RUNNING) | STATE(STOPPED) | STATE(FAILED) |
         STATE(CLEANING) | STATE(LEAVING) | STATE(MEASURING),
     destroy},
    {BH_HC_DISABLE, ANY_STATE, disable},
};

/* The first CPU that was given back, or none. */
static uint32_t given_back(void)
{
    uint32_t k = 0U;

    while ((k < o.plan->n_cpus) && (o.cpu[k].phase != P_ABSENT)) {
        k++;
    }
    return k;
}

static struct o_answer apply(uint32_t self, const struct o_rule *rule, uint32_t cell)
{
    uint32_t before = o.cell[cell].state;
    uint32_t whose = (rule->number == BH_HC_DISABLE) ? BH_CELL_ROOT : cell;
    uint32_t bars = locked_for(whose) & needs(rule->number);
    struct o_answer out;

    if ((rule->allowed != ANY_STATE) && (given_back() < o.plan->n_cpus)) {
        out = answer(BH_E_HC_GIVEN_BACK, given_back(), rule->number);
    } else if (bars != 0U) {
        out = answer(BH_E_HC_LOCKED, whose, bars);
    } else if ((rule->allowed != ANY_STATE) && (cell <= BH_CELL_ROOT)) {
        out = answer(BH_E_HC_NO_CELL, cell, o.plan->n_cells);
    } else if ((rule->allowed != ANY_STATE) && !in_state(rule->allowed, cell)) {
        out = answer(BH_E_HC_STATE, cell, o.cell[cell].state);
    } else {
        present_call = rule->number;
        out = rule->act(self, cell);
        out.open = out.status == BH_OK;
        present_call = BY_ITSELF;
        if (o.cell[cell].state != before) {
            o_count.moves[rule->number][before][o.cell[cell].state]++;
        }
    }
    return out;
}

static const struct o_rule *rule_of(uint64_t number)
{
    for (uint32_t i = 0U; i < (sizeof(rules) / sizeof(rules[0])); i++) {
        if (rules[i].number == number) {
            return &rules[i];
        }
    }
    return NULL;
}

static struct o_answer info(uint32_t cpu, uint64_t what)
{
    const uint64_t known[4] = {BH_ABI_VERSION, o.cpu[cpu].cell, cpu, o.plan->n_cells};

    return (what < 4U) ? answer(BH_OK, known[what], 0U) : answer(BH_E_HC_UNKNOWN, what, 0U);
}

static struct o_answer lock(uint32_t cpu, uint32_t cell, uint64_t asked)
{
    uint32_t scopes = (uint32_t)(asked & BH_LOCK_SCOPES);
    bool all = (asked & BH_LOCK_ALL) != 0U;
    uint32_t beyond = all ? scopes : of_all(cell, scopes);

    if ((scopes == 0U) || ((asked & ~(uint64_t)(BH_LOCK_ALL | BH_LOCK_SCOPES)) != 0U)) {
        return answer(BH_E_HC_LOCK_SCOPE, asked, BH_LOCK_ALL | BH_LOCK_SCOPES);
    }
    if ((beyond != 0U) && ((o.plan->policy[cell].grants & BH_GRANT_LOCK_ALL) == 0U)) {
        return answer(BH_E_HC_PERMISSION, cell, BH_HC_LOCK);
    }
    lock_down(cpu, cell, scopes, beyond);
    return answer(BH_OK, locked_for(cell), 0U);
}

/* Half of a digest: root, the cell itself, by grant others. */
static struct o_answer tell(uint32_t cell, uint64_t asked)
{
    uint64_t whose = asked >> 1;
    const uint32_t *w;

    if ((cell != BH_CELL_ROOT) && (cell != whose) &&
        ((o.plan->policy[cell].grants & BH_GRANT_MEASURE) == 0U)) {
        return answer(BH_E_HC_PERMISSION, cell, BH_HC_MEASURE);
    }
    if (whose >= o.plan->n_cells) {
        return answer(BH_E_HC_NO_CELL, whose, o.plan->n_cells);
    }
    if (!o.cell[whose].measured) {
        return answer(BH_E_HC_NOT_MEASURED, whose, 0U);
    }
    w = &o.cell[whose].digest[((asked & 1U) != 0U) ? 4U : 0U];
    return answer(BH_OK, ((uint64_t)w[0] << 32) | w[1], ((uint64_t)w[2] << 32) | w[3]);
}

struct o_answer o_call(uint32_t cpu, uint64_t number, uint64_t arg)
{
    const struct o_rule *rule = rule_of(number);
    uint32_t cell = o.cpu[cpu].cell;
    struct o_answer out;

    if (number == BH_HC_GET_INFO) {
        out = info(cpu, arg);
    } else if (number == BH_HC_LOCK) {
        out = lock(cpu, cell, arg);
    } else if (number == BH_HC_MEASURE) {
        out = tell(cell, arg);
    } else if (rule == NULL) {
        out = answer(BH_E_HC_UNKNOWN, number, 0U);
    } else if (cell != BH_CELL_ROOT) {
        out = answer(BH_E_HC_PERMISSION, cell, number);
    } else if ((rule->allowed != ANY_STATE) && (arg >= o.plan->n_cells)) {
        out = answer(BH_E_HC_NO_CELL, arg, o.plan->n_cells);
    } else if (o.holder != 0U) {
        out = answer(BH_E_HC_BUSY, o.holder - 1U, 0U);
    } else {
        o.holder = cpu + 1U;
        out = apply(cpu, rule, (rule->allowed == ANY_STATE) ? 0U : (uint32_t)arg);
        o.holder = 0U;
    }
    if ((out.status != BH_OK) && (out.status != (uint32_t)BH_E_HC_AGAIN)) {
        o_record(cpu, cell, BH_EV_REFUSED, number, out.status);
    }
    o_count.calls[(number < BH_HC_COUNT) ? number : BH_HC_COUNT][out.status % O_STATUS]++;
    return out;
}

/* ---- what cells do by themselves */

void o_end(uint32_t cpu, uint32_t state)
{
    uint32_t cell = o.cpu[cpu].cell;
    uint32_t before = present_call;

    present_call = BY_ITSELF;
    if (o.cell[cell].state == (uint32_t)BH_STATE_RUNNING) {
        set_state(cell, state);
    }
    present_call = before;
    for (uint32_t k = 0U; k < O_CPUS; k++) {
        if ((k != cpu) && (o.cpu[k].cell == cell)) {
            o.cpu[k].request = R_PARK;
            reach(k);
            o_count.marks[MARK_DEAF_END] +=
                ((o.cpu[k].phase == P_RUN) && (o.cpu[k].request == R_PARK)) ? 1U : 0U;
        }
    }
    set_phase(cpu, P_PARKED);
}

#define O_SYSTEM_OFF 0x84000008U

/* A CPU of a cell that begins anew is to stop, unless it is to park. */
static void ask_reset(uint32_t cpu)
{
    if (o.cpu[cpu].request == R_NONE) {
        o.cpu[cpu].request = R_RESET;
    }
    reach(cpu);
}

static bool unmeasured(uint32_t cell)
{
    static const uint32_t none[8];

    return ((o.plan->cells[cell].flags & BH_CELL_MEASURED) == 0U) &&
           (memcmp(o.plan->policy[cell].digest, none, sizeof(none)) == 0);
}

void o_system(uint32_t cpu, uint64_t function)
{
    uint32_t cell = o.cpu[cpu].cell;

    bool may = (cell > BH_CELL_ROOT) ? unmeasured(cell)
                                     : ((o.plan->cells[cell].flags & BH_CELL_RESTART) != 0U);

    if ((function != O_SYSTEM_OFF) && may && (o.cell[cell].state == (uint32_t)BH_STATE_RUNNING)) {
        for (uint32_t k = 0U; k < o.plan->n_cpus; k++) {
            if ((k != cpu) && (o.cpu[k].cell == cell)) {
                ask_reset(k);
            }
        }
        set_phase(cpu, P_RESET);
    } else {
        o_record(cpu, cell, BH_EV_SYSTEM_RESET, function, 0U);
        o_end(cpu, (uint32_t)BH_STATE_STOPPED);
    }
}

/* Nothing is asked of any CPU of the cell, its first one waits for the rest, which are off. */
static bool rests(uint32_t cell, uint32_t first)
{
    bool all = true;

    for (uint32_t k = 0U; k < o.plan->n_cpus; k++) {
        struct o_cpu was = o.cpu[k];

        if (was.cell == cell) {
            if ((was.phase != P_OFF) && (was.phase != P_RESET)) {
                ask_reset(k);
            }
            all = all && (was.request == R_NONE) && (was.phase == ((k == first) ? P_RESET : P_OFF));
        }
    }
    return all;
}

/* Where a cell begins anew: root where no cell of the plan can be. */
static uint32_t anew_on(uint32_t cell)
{
    uint32_t cpus = cpus_of(cell);

    for (uint32_t c = 2U; (cell == BH_CELL_ROOT) && (c < BH_CELLS_MAX); c++) {
        cpus &= ~o.plan->cells[c].cpus;
    }
    return first_of(cpus);
}

void o_go_on(uint32_t cpu)
{
    uint32_t cell = o.cpu[cpu].cell;
    uint32_t first = anew_on(cell);

    if (o.cpu[cpu].phase != P_RESET) {
        return;
    }
    if (cpu != first) {
        set_phase(cpu, P_OFF);
        reach(first);
    } else if (rests(cell, first) && rests(cell, first) &&
               (o.cell[cell].state == (uint32_t)BH_STATE_RUNNING)) {
        irq_reset(cell, first);
        o.cell[cell].starts++;
        o_record(first, cell, BH_EV_CELL_RESTARTED, cell, 0U);
        start_cpu(first, o.plan->cells[cell].entry, o.plan->cells[cell].comm);
    } else {
        /* the last one to come reaches it again */
    }
}

void o_off(uint32_t cpu)
{
    set_phase(cpu, P_OFF);
}

#define PSCI_INVALID 0xFFFFFFFFFFFFFFFEU
#define PSCI_DENIED 0xFFFFFFFFFFFFFFFDU
#define PSCI_ALREADY_ON 0xFFFFFFFFFFFFFFFCU

uint64_t o_on(uint32_t cpu, uint64_t mpidr, uint64_t entry, uint64_t context)
{
    uint32_t target = O_CPUS;

    for (uint32_t k = 0U; k < o.plan->n_cpus; k++) {
        target = (o.plan->mpidr[k] == (mpidr & 0xFF00FFFFFFU)) ? k : target;
    }
    if ((target == O_CPUS) || (o.cpu[target].cell != o.cpu[cpu].cell)) {
        o_record(cpu, o.cpu[cpu].cell, BH_EV_CPU_ON_DENIED, mpidr, entry);
        return (target == O_CPUS) ? PSCI_INVALID : PSCI_DENIED;
    }
    if (o.cpu[target].phase != P_OFF) {
        return PSCI_ALREADY_ON;
    }
    start_cpu(target, entry, context);
    return 0U;
}

/* ---- the launch */

void o_begin(void)
{
    o.n_event = 0U;
    o.n_answer = 0U;
    o.n_reset = 0U;
    o.n_divert = 0U;
}

static void power_on(const struct bh_plan *plan)
{
    memset(&o, 0, sizeof(o));
    o.plan = plan;
    o.cell[BH_CELL_KERNEL].live = true;
    o.cell[BH_CELL_ROOT].live = true;
    o.cell[BH_CELL_ROOT].map = M_EXACT;
    for (uint32_t c = 2U; c < O_CELLS; c++) {
        o.cell[c].map = M_EMPTY;
    }
}

bool o_boots(const struct bh_plan *plan)
{
    power_on(plan);
    return fits(BH_CELL_ROOT);
}

void o_launch(const struct bh_plan *plan, bool direct)
{
    power_on(plan);
    for (uint32_t k = 0U; k < O_CPUS; k++) {
        o.cpu[k].cell = BH_CELL_ROOT;
        o.cpu[k].answers = -1;
        if (k < plan->n_cpus) {
            set_phase(k, direct ? P_OFF : P_RUN);
        }
    }
    present_call = AT_BOOT;
    set_state(BH_CELL_ROOT, BH_STATE_RUNNING);
    present_call = BY_ITSELF;
    digest_of_plan(o.cell[BH_CELL_KERNEL].digest);
    o.cell[BH_CELL_KERNEL].measured = true;
    o.armed = true;
    o.direct = direct;
    o_record(0U, BH_CELL_KERNEL, BH_EV_ENABLED, 0U, plan->n_cpus);
    demand(0U, BH_CELL_ROOT);
}

static void launch_cell(uint32_t cell)
{
    struct o_answer out = take(0U, cell);

    if (out.status == BH_OK) {
        (void)created(0U, cell); /* firmware filled its memory */
        out = open_cell(0U, cell);
    }
    if (out.status == BH_OK) {
        do {
            out = start(0U, cell);
        } while (out.status == (uint32_t)BH_E_HC_AGAIN);
    }
    if (out.status != BH_OK) {
        o_record(0U, cell, BH_EV_REFUSED, BH_HC_CELL_START, out.status);
    }
}

void o_autostart(void)
{
    bool started = false;

    present_call = AT_BOOT;
    o.cpu[0].busy = true;
    for (uint32_t c = o.plan->n_cells - 1U; c > BH_CELL_ROOT; c--) {
        if ((o.plan->cells[c].flags & BH_CELL_AUTOSTART) != 0U) {
            launch_cell(c);
        }
    }
    present_call = BY_ITSELF;
    FOR_CPUS(k, cpus_of(BH_CELL_ROOT))
    {
        if (((o.plan->cells[BH_CELL_ROOT].flags & BH_CELL_AUTOSTART) != 0U) && !started &&
            (o.cpu[k].cell == BH_CELL_ROOT) && (o.cpu[k].phase == P_OFF)) {
            start_cpu(k, o.plan->cells[BH_CELL_ROOT].entry, o.plan->cells[BH_CELL_ROOT].comm);
            started = true;
        }
    }
    o.cpu[0].busy = false;
}
