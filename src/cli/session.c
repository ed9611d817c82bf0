/* SPDX-License-Identifier: Apache-2.0 */
/** @file session.c
 * What most verbs begin with: the driver's view, the status pages, a cell by its name.
 */
#include <stdio.h>
#include <string.h>

#include "cli/cli.h"

struct session session;

bool session_open(int *exit_code)
{
    if (!device_open(exit_code) || !device_info(&session.info, exit_code)) {
        return false;
    }
    if (session.info.enabled != 0U) {
        error_plan = &session.info.plan;
        session.status = device_status();
    }
    return true;
}

bool session_enabled(int *exit_code)
{
    if (!session_open(exit_code)) {
        return false;
    }
    if (session.info.enabled == 0U) {
        *exit_code = fail(BH_E_SYS_NOT_ENABLED, 0U, 0U, NULL);
        return false;
    }
    if (session.status == NULL || session.status->magic != BH_STATUS_MAGIC) {
        *exit_code = fail(BH_E_SYS_INTERNAL, session.info.enabled, 0U, "status pages");
        return false;
    }
    return true;
}

/* The names of the plan's cells, for who asked for one that it has not. */
static int no_such_cell(const char *name)
{
    static char names[BH_CELLS_MAX * (BH_NAME_BYTES + 2U)];
    size_t used = 0U;
    uint32_t i;

    for (i = BH_CELL_ROOT; i < session.info.plan.n_cells && i < BH_CELLS_MAX; i++) {
        used += (size_t)snprintf(names + used, sizeof(names) - used, "%s", i > 1U ? ", " : "");
        out_cell_name(names + used, sizeof(names) - used, &session.info.plan, i);
        used += strlen(names + used);
    }
    error_words[0] = name;
    error_words[1] = names;
    return fail(BH_E_HC_NO_CELL, session.info.plan.n_cells, session.info.plan.n_cells, NULL);
}

/* Names only; the kernel itself (cell 0) is not one to be managed. */
bool session_cell(const char *name, uint32_t *cell, int *exit_code)
{
    const struct bh_plan *plan = &session.info.plan;
    uint32_t i;

    if (!session_enabled(exit_code)) {
        return false;
    }
    for (i = BH_CELL_ROOT; i < plan->n_cells && i < BH_CELLS_MAX; i++) {
        if (strlen(name) < BH_NAME_BYTES &&
            strncmp((const char *)plan->cells[i].name, name, BH_NAME_BYTES) == 0) {
            *cell = i;
            return true;
        }
    }
    *exit_code = no_such_cell(name);
    return false;
}

uint64_t cell_memory(const struct bh_plan *plan, uint32_t cell)
{
    uint64_t pages = 0U;
    uint32_t i;

    for (i = 0U; i < plan->n_regions && i < BH_REGIONS_MAX; i++) {
        const struct bh_region *region = &plan->regions[i];

        if (region->own == cell && (region->flags & BH_REGION_DEVICE) == 0U) {
            pages += region->n;
        }
    }
    return pages * BH_PAGE_BYTES;
}

uint32_t cell_interrupts(const struct bh_plan *plan, uint32_t cell)
{
    uint32_t count = 0U;
    uint32_t i;

    for (i = 0U; i < BH_IRQ_WORDS * 32U; i++) {
        count += plan->cells[cell].irqs[i / 32U] >> (i % 32U) & 1U;
    }
    return count;
}

/* CPUs which the cell has now; those it would take while it is absent. */
uint32_t cell_cpus(uint32_t cell)
{
    uint32_t bits = 0U;
    uint32_t i;

    if (cell != BH_CELL_ROOT && session.status->cells[cell].state == BH_STATE_ABSENT) {
        return session.info.plan.cells[cell].cpus;
    }
    for (i = 0U; i < session.info.plan.n_cpus && i < BH_CPUS_MAX; i++) {
        if (session.status->cpus[i].cell == cell) {
            bits |= 1U << i;
        }
    }
    return bits;
}

const char *cell_state_text(uint32_t cell)
{
    uint32_t state = session.status->cells[cell].state;

    return cell == BH_CELL_ROOT && state == BH_STATE_ABSENT ? "running" : out_state(state);
}

const volatile struct bh_comm *cell_comm(uint32_t cell)
{
    const volatile struct bh_comm *comm;

    if (session.info.plan.cells[cell].comm == 0U) {
        return NULL;
    }
    comm = device_comm(cell);
    return comm == NULL || comm->magic != BH_COMM_MAGIC ? NULL : comm;
}
