/* SPDX-License-Identifier: Apache-2.0 */
/** @file compare.c
 * The concrete state against the abstract one, whole, after every step; and the predicates of
 * src/core/part.acsl (own_only, isolated, perms, sealed, exact) on a walk of the fake machine's tables.
 */
#include "fuzz.h"

#include <stdio.h>
#include <string.h>

#include "core/arch/board.h"
#include "core/init.h"
#include "host_machine.h"
#include "s2.h"

#define RIGHTS (BH_REGION_READ | BH_REGION_WRITE | BH_REGION_EXECUTE | BH_REGION_DEVICE)
#define BAD_MEMORY 0x100U /* a memory type, an attribute or an address that no plan asks for */
#define BAD_TABLE 0x200U

static bool same(const char *what, uint64_t index, uint64_t found, uint64_t wanted)
{
    return (found == wanted) || w_differs(what, index, found, wanted);
}

/* ---- walk, by Arm ARM D8.3: LPAE, 4 KiB granule, 40-bit IPA, two concatenated tables at level 1 */

static uint32_t rights(uint64_t d, uint64_t pages)
{
    uint64_t type = (d >> 2) & 15U;
    uint32_t flags = (uint32_t)((d >> 6) & 3U); /* S2AP: read, write as in a region */

    flags |= (((d >> 54) & 1U) == 0U) ? BH_REGION_EXECUTE : 0U;
    flags |= (type == 1U) ? BH_REGION_DEVICE : 0U;
    flags |= ((type != 1U) && ((type != 15U) || (((d >> 8) & 3U) != 3U))) ? BAD_MEMORY : 0U;
    flags |= (((d >> 10) & 1U) == 0U) ? BAD_MEMORY : 0U;
    flags |= ((((d & 0xFFFFFFFFF000U) >> 12) % pages) != 0U) ? BAD_MEMORY : 0U;
    flags |= ((d & 0xFFBF000000000800U) != 0U) ? BAD_MEMORY : 0U;
    return flags;
}

static void leaf(struct o_runs *runs, uint64_t x, uint64_t pages, uint64_t d)
{
    uint64_t ppn = (d & 0xFFFFFFFFF000U) >> 12;
    uint32_t flags = rights(d, pages);
    struct o_run *last = (runs->n > 0U) ? &runs->run[runs->n - 1U] : NULL;

    if ((last != NULL) && ((last->x + last->n) == x) && ((last->ppn + last->n) == ppn) &&
        (last->flags == flags)) {
        last->n += (uint32_t)pages;
    } else if (runs->n < O_RUNS) {
        runs->run[runs->n++] = (struct o_run){ppn, (uint32_t)x, (uint32_t)pages, flags};
    } else {
        runs->run[O_RUNS - 1U].flags |= BAD_TABLE; /* more than any plan gives */
    }
}

/* The table that descriptor d of @p pool names, or NULL: outside the pool. */
static const uint64_t *table(uint32_t pool, uint64_t d)
{
    uint64_t at = d & 0xFFFFFFFFF000U;
    uint64_t low = board_facts.map_base + ((uint64_t)pool * S2_POOL_BYTES);
    bool inside = (at >= low) && (at < (low + S2_POOL_BYTES));

    return inside ? &((const uint64_t *)&s2_e)[(at - board_facts.map_base) / 8U] : NULL;
}

static void walk_table(uint32_t pool, const uint64_t *entries, uint64_t x, struct o_runs *runs)
{
    for (uint64_t i = 0U; i < 512U; i++) {
        if ((entries[i] & 3U) == 3U) {
            leaf(runs, x + i, 1U, entries[i]);
        }
    }
    (void)pool;
}

static void walk_middle(uint32_t pool, const uint64_t *entries, uint64_t x, struct o_runs *runs)
{
    for (uint64_t i = 0U; i < 512U; i++) {
        uint64_t d = entries[i];
        const uint64_t *next = ((d & 3U) == 3U) ? table(pool, d) : NULL;

        if ((d & 3U) == 1U) {
            leaf(runs, x + (i << 9), 0x200U, d);
        } else if (next != NULL) {
            walk_table(pool, next, x + (i << 9), runs);
        } else if ((d & 3U) == 3U) {
            leaf(runs, x + (i << 9), 1U, d | (1ULL << 55)); /* a table elsewhere: BAD_MEMORY */
        } else {
            /* nothing there */
        }
    }
}

static void walk(uint32_t pool, struct o_runs *runs)
{
    const uint64_t *root = table(pool, board_facts.map_base + ((uint64_t)pool * S2_POOL_BYTES));

    runs->n = 0U;
    for (uint64_t i = 0U; i < 1024U; i++) {
        uint64_t d = root[i];
        const uint64_t *next = ((d & 3U) == 3U) ? table(pool, d) : NULL;

        if ((d & 3U) == 1U) {
            leaf(runs, i << 18, 0x40000U, d);
        } else if (next != NULL) {
            walk_middle(pool, next, i << 18, runs);
        } else if ((d & 3U) == 3U) {
            leaf(runs, i << 18, 1U, d | (1ULL << 55));
        } else {
            /* nothing there */
        }
    }
}

bool w_pool_empty(uint32_t pool)
{
    const uint64_t *root = table(pool, board_facts.map_base + ((uint64_t)pool * S2_POOL_BYTES));
    uint64_t any = 0U;

    for (uint32_t i = 0U; i < 1024U; i++) {
        any |= root[i];
    }
    return (any & 1U) == 0U;
}

bool w_all_empty(void)
{
    bool good = true;

    for (uint32_t p = 0U; good && (p < S2_POOLS); p++) {
        good = w_pool_empty(p) || w_differs("pool after a refused boot", p, 1U, 0U);
    }
    return good;
}

/* ---- predicates */

static bool meets(uint64_t ppn, uint64_t n, const struct bh_region *r)
{
    return (ppn < (r->ppn + r->n)) && (r->ppn < (ppn + n));
}

static bool names(uint32_t cell, uint32_t share)
{
    bool found = false;

    for (uint32_t i = 0U; i < plan.n_regions; i++) {
        found = found || ((plan.regions[i].own == cell) && (plan.regions[i].share == share));
    }
    return found;
}

/* own_only and perms: the run lies, at its place and with its rights, in regions of the cell. */
static bool own_only(uint32_t cell, const struct o_run *run)
{
    uint64_t at = run->x, end = at + run->n;
    bool moved = true;

    while ((at < end) && moved) {
        moved = false;
        for (uint32_t i = 0U; i < plan.n_regions; i++) {
            const struct bh_region *r = &plan.regions[i];

            if ((r->own == cell) && (r->ipn <= at) && (at < ((uint64_t)r->ipn + r->n)) &&
                ((run->ppn + (at - run->x)) == (r->ppn + (at - r->ipn))) &&
                (run->flags == (r->flags & RIGHTS))) {
                at = (uint64_t)r->ipn + r->n;
                moved = true;
            }
        }
    }
    return moved || w_differs("own_only, perms: cell", cell, at, run->flags);
}

static bool isolated(uint32_t cell, const struct o_run *run)
{
    bool good = true;

    for (uint32_t j = 0U; good && (j < plan.n_regions); j++) {
        const struct bh_region *r = &plan.regions[j];

        if (!meets(run->ppn, run->n, r)) {
            continue;
        }
        if (cell == BH_CELL_ROOT) {
            good = !o_kept(j) || w_differs("isolated: root has of region", j, run->ppn, run->n);
        } else if ((r->own != cell) && (r->own != BH_CELL_ROOT)) {
            good = ((r->share != 0U) && names(cell, r->share)) ||
                   w_differs("isolated: a cell has of region", j, cell, r->own);
        } else {
            /* its own, or root's */
        }
    }
    return good;
}

static bool sealed(uint32_t cell, const struct o_run *run)
{
    const struct bh_region status = {.ppn = plan.status_ppn, .n = BH_STATUS_PAGES};
    bool good =
        !meets(run->ppn, run->n, &status) ||
        ((cell == BH_CELL_ROOT) && ((run->flags & (BH_REGION_WRITE | BH_REGION_EXECUTE)) == 0U));

    return good || w_differs("sealed: cell", cell, run->flags, BH_REGION_READ);
}

static bool theorem(uint32_t cell, const struct o_runs *runs)
{
    bool good = true;

    for (uint32_t i = 0U; good && (i < runs->n); i++) {
        good = own_only(cell, &runs->run[i]) && isolated(cell, &runs->run[i]) &&
               sealed(cell, &runs->run[i]);
    }
    return good;
}

/* exact: the walk finds, page for page, what the plan gives. */
static bool exact(uint32_t cell, const struct o_runs *found)
{
    static struct o_runs want;
    bool good;

    o_expect(cell, &want);
    good = same("exact: runs of cell", cell, found->n, want.n);
    for (uint32_t i = 0U; good && (i < want.n); i++) {
        good = same("exact: page", cell, found->run[i].x, want.run[i].x) &&
               same("exact: pages", cell, found->run[i].n, want.run[i].n) &&
               same("exact: frame", cell, found->run[i].ppn, want.run[i].ppn) &&
               same("exact: rights", cell, found->run[i].flags, want.run[i].flags);
    }
    return good;
}

static bool same_map(uint32_t cell)
{
    static struct o_runs runs;
    struct o_cell *c = &o.cell[cell];
    bool good = true;

    walk((cell == BH_CELL_ROOT) ? part_view : cell, &runs);
    if (c->map == M_EITHER) {
        c->map = (runs.n == 0U) ? M_EMPTY : M_EXACT;
    }
    if (c->map == M_EMPTY) {
        good = same("runs of an emptied address space of cell", cell, runs.n, 0U);
    } else if (c->map == M_EXACT) {
        good = exact(cell, &runs);
    } else {
        good = !c->live || w_differs("oracle: map of a live cell", cell, 0U, 0U);
    }
    return good && (!c->live || theorem(cell, &runs));
}

/* A CPU of root which has not yet left the tables of the other view: they, too, hold nothing of the
 * kernel or of a cell that runs. */
static bool stale(uint32_t cpu)
{
    static struct o_runs runs;
    bool good = true;

    o_count.marks[MARK_STALE]++;
    walk(host.pool[cpu], &runs);
    for (uint32_t i = 0U; good && (i < runs.n); i++) {
        for (uint32_t j = 0U; good && (j < plan.n_regions); j++) {
            const struct bh_region *r = &plan.regions[j];
            bool shut = (r->own == BH_CELL_KERNEL) ||
                        ((r->own >= 2U) && (r->root == 0U) &&
                         (o.cell[r->own].state == (uint32_t)BH_STATE_RUNNING));

            good = !shut || !meets(runs.run[i].ppn, runs.run[i].n, r) ||
                   w_differs("stale tables: root's CPU has of region", j, cpu, r->own);
        }
        good = good && sealed(BH_CELL_ROOT, &runs.run[i]);
    }
    return good;
}

/* ---- words, status pages, owners */

/* What was measured to its end is shown. */
static bool same_digest(uint32_t c)
{
    bool good = true;

    for (uint32_t i = 0U; good && o.cell[c].measured && (i < BH_DIGEST_WORDS); i++) {
        good = same("shown digest of cell", c,
                    (c == BH_CELL_KERNEL) ? status_page.plan_digest[i]
                                          : status_page.cells[c].digest[i],
                    o.cell[c].digest[i]);
    }
    return good;
}

static bool same_cell(uint32_t c)
{
    const struct o_cell *w = &o.cell[c];

    return same("state of cell", c, host_word[SW_CELL_STATE][c], w->state) &&
           same("live cell", c, part_live[part_view][c], w->live ? 1U : 0U) &&
           same("open cell", c, part_open[part_view][c], w->open ? 1U : 0U) &&
           same("locks of cell", c, host_word[SW_CELL_LOCK][c], w->locks) &&
           same("shown locks of cell", c,
                (c == BH_CELL_KERNEL) ? status_page.locks : status_page.cells[c].locks, w->locks) &&
           same("shown state of cell", c, status_page.cells[c].state, w->state) &&
           same("shown starts of cell", c, status_page.cells[c].starts, w->starts) &&
           same("shown events of cell", c, status_page.cells[c].events, w->events) &&
           same_digest(c);
}

static bool same_cpu(uint32_t k)
{
    static const uint64_t phases[P_PHASES] = {CPU_ABSENT, CPU_OFF,      CPU_RUN,  CPU_PARKED,
                                              CPU_LOST,   CPU_STARTING, CPU_RESET};
    static const uint64_t requests[5] = {CPU_REQ_NONE, CPU_REQ_SYNC_0, CPU_REQ_SYNC_1, CPU_REQ_PARK,
                                         CPU_REQ_RESET};
    const struct o_cpu *w = &o.cpu[k];
    bool good = same("phase of CPU", k, host_word[SW_CPU_STATE][k], phases[w->phase]) &&
                same("cell of CPU", k, host_word[SW_CPU_CELL][k], w->cell) &&
                same("shown cell of CPU", k, status_page.cpus[k].cell, w->cell) &&
                same("request to CPU", k, host_word[SW_CPU_REQUEST][k], requests[w->request]);

    if (good && (w->phase != P_STARTING)) {
        good = same("shown phase of CPU", k, status_page.cpus[k].state,
                    phases[(w->phase == P_RESET) ? P_PARKED : w->phase]);
    }
    if (good && (w->phase == P_STARTING)) {
        good = same("entry of CPU", k, cpu_entry[k], w->entry) &&
               same("context of CPU", k, cpu_context[k], w->context);
    }
    if (good && (w->phase == P_RUN)) {
        good = same("cell whose tables CPU uses", k, host.cell[k], w->cell) &&
               same("tables that CPU uses", k, host.pool[k], w->pool) &&
               same("tables of the cell that CPU executes", k, (w->cell >= 2U) ? w->pool : w->cell,
                    w->cell) &&
               ((w->cell != BH_CELL_ROOT) || (w->pool == o.view) || stale(k));
    }
    return good;
}

static bool same_events(void)
{
    bool good = same("events", 0U, host_word[SW_EVENT][0], o.events) &&
                same("shown events", 0U, status_page.next, o.events);
    uint32_t n = (o.n_event < O_NEW) ? o.n_event : O_NEW;

    for (uint32_t i = 0U; good && (i < n); i++) {
        uint64_t seq = o.events - o.n_event + i;
        const struct bh_event *e = &status_page.events[seq % BH_EVENTS];

        good = same("number of event", i, e->seq, seq) && same("event", i, e->id, o.event[i].id) &&
               same("CPU of event", i, e->cpu, o.event[i].cpu) &&
               same("cell of event", i, e->cell, o.event[i].cell) &&
               same("a of event", i, e->a, o.event[i].a) &&
               same("b of event", i, e->b, o.event[i].b);
    }
    return good;
}

static bool same_resets(void)
{
    bool good = same("interrupt resets", 0U, host.n_resets, o.n_reset) &&
                same("interrupt diversions", 0U, host.n_diverts, o.n_divert);

    for (uint32_t i = 0U; good && (i < o.n_reset) && (i < HOST_RESETS); i++) {
        good = same("cell of an interrupt reset", i, host.resets[i].cell, o.reset[i].cell) &&
               same("CPU of an interrupt reset", i, host.resets[i].cpu, o.reset[i].cpu);
    }
    if (good && (o.n_divert > 0U)) {
        good = same("cell of a diversion", 0U, host.divert.cell, o.divert.cell) &&
               same("CPU of a diversion", 0U, host.divert.cpu, o.divert.cpu);
    }
    return good;
}

static bool same_owners(uint32_t c)
{
    bool good = true;

    for (uint32_t k = 0U; good && (k < O_CPUS); k++) {
        good = same("owner of CPU", k, part_cpu_owned(part_view, c, k) ? 1U : 0U,
                    o_owns_cpu(c, k) ? 1U : 0U) &&
               (!o_owns_cpu(c, k) || same("the owner of CPU", k, part_cpu_owner(part_view, k), c));
    }
    for (uint32_t i = 0U; good && (i < 1024U); i++) {
        good = same("owner of interrupt", i, part_irq_owned(part_view, c, i) ? 1U : 0U,
                    o_owns_irq(c, i) ? 1U : 0U);
    }
    return good;
}

bool w_compare(void)
{
    bool good = same("view in force", 0U, part_view, o.view) &&
                same("view announced", 0U, host_word[SW_VIEW][0], o.announced) &&
                same("view announced and in force", 0U, host_word[SW_VIEW][0], o.view) &&
                same("lock", 0U, host_word[SW_LOCK][0], 0U) &&
                same("interrupt lock", 0U, host_word[SW_IRQ][0], 0U) &&
                same("pages cleared", 0U, host_memory.n_calls, o.pages) &&
                same("armed", 0U, status_page.armed, o.armed ? 1U : 0U);

    for (uint32_t c = 0U; good && (c < O_CELLS); c++) {
        good = same_cell(c);
    }
    for (uint32_t k = 0U; good && (k < O_CPUS); k++) {
        good = same_cpu(k);
    }
    good = good && same_events() && same_resets();
    for (uint32_t c = 1U; good && (c < plan.n_cells); c++) {
        good = same_map(c);
    }
    for (uint32_t c = 0U; good && (c < plan.n_cells); c++) {
        good = same_owners(c);
    }
    return good;
}

bool w_root_exact(void)
{
    static struct o_runs runs;

    walk(0U, &runs);
    return exact(BH_CELL_ROOT, &runs) && theorem(BH_CELL_ROOT, &runs);
}
