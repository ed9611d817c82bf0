// SPDX-License-Identifier: GPL-2.0-only
/** @file message.c
 * Messages to cells, by their communication regions: the driver alone writes root's side of them, under
 * bh.lock, and never waits for a cell. A cell may write what it likes into the page; nothing of it is
 * used here but whether the cell says that it takes messages.
 */
#include <linux/io.h>
#include <asm/barrier.h>

#include "driver.h"

/* Why a cell takes no messages: second party of SYS_NO_MESSAGES. */
#define NO_REGION 0U
#define NOT_UP 1U
#define NOT_KNOWN 2U

static bool holds(const struct bh_region *region, u64 page, u32 own)
{
    return region->own == own && page >= region->ppn && page - region->ppn < region->n &&
           (region->flags & (BH_REGION_READ | BH_REGION_WRITE | BH_REGION_DEVICE)) ==
               (BH_REGION_READ | BH_REGION_WRITE);
}

/* Linux may touch it in kernel mode: root has it, whatever becomes of the cell. */
static bool is_roots(u64 page)
{
    u32 i;

    for (i = 0U; i < bh.plan->n_regions; i++) {
        if (holds(&bh.plan->regions[i], page, BH_CELL_ROOT)) {
            return true;
        }
    }
    return false;
}

/**
 * The page that a cell shares with root as its communication region.
 *
 * @req SWR_DRV_006
 */
bool bh_comm_page(u32 cell, u64 *page)
{
    u64 ipn = bh.plan->cells[cell].comm / BH_PAGE_BYTES;
    u32 i;

    for (i = 0U; i < bh.plan->n_regions && ipn != 0U; i++) {
        const struct bh_region *region = &bh.plan->regions[i];

        if (region->own == cell && region->root == 1U && region->share != 0U &&
            ipn >= region->ipn && ipn - region->ipn < region->n) {
            *page = region->ppn + (ipn - region->ipn);
            return holds(region, *page, cell) && is_roots(*page);
        }
    }
    return false;
}

/* What the page holds may be of an earlier driver: its numbers go on. */
static bool open_one(u32 cell, struct bh_result *result)
{
    struct bh_comm_page *comm;
    u64 page;

    if (!bh_comm_page(cell, &page)) {
        return true;
    }
    comm = memremap(page * BH_PAGE_BYTES, BH_PAGE_BYTES, MEMREMAP_WB);
    if (!comm) {
        return bh_refuse(result, BH_E_SYS_INTERNAL, page, cell);
    }
    bh.comm[cell] = comm;
    bh.requests[cell] = READ_ONCE(comm->request.done);
    bh.notices[cell] = READ_ONCE(comm->notice.done);
    return true;
}

void bh_message_close(void)
{
    u32 cell;

    for (cell = 0U; cell < BH_CELLS_MAX; cell++) {
        if (bh.comm[cell]) {
            memunmap(bh.comm[cell]);
            bh.comm[cell] = NULL;
        }
    }
}

bool bh_message_open(struct bh_result *result)
{
    u32 cell;

    for (cell = BH_CELL_ROOT + 1U; cell < bh.plan->n_cells; cell++) {
        if (!open_one(cell, result)) {
            bh_message_close();
            return false;
        }
    }
    return true;
}

/**
 * Put a message into a mailbox, in place of the one before.
 *
 * @req SWR_MSG_001
 */
static void post(struct bh_message *box, u64 *last, u64 code, u64 argument)
{
    u64 number = *last + 1U;

    number = number == 0U ? 1U : number;
    WRITE_ONCE(box->number, number);
    virt_wmb();
    WRITE_ONCE(box->code, code);
    WRITE_ONCE(box->argument, argument);
    WRITE_ONCE(box->to, 0U);
    virt_store_release(&box->done, number);
    *last = number;
}

/* There is a program that looks at messages, by its own word. */
static bool takes_messages(u32 cell, struct bh_result *result)
{
    const struct bh_comm_page *comm = bh.comm[cell];
    u32 state = READ_ONCE(bh.status->cells[cell].state);

    if (state != BH_STATE_RUNNING) {
        return bh_refuse(result, BH_E_HC_STATE, cell, state);
    }
    if (!comm) {
        return bh_refuse(result, BH_E_SYS_NO_MESSAGES, cell, NO_REGION);
    }
    if (READ_ONCE(comm->messages) != BH_COMM_MESSAGES) {
        return bh_refuse(result, BH_E_SYS_NO_MESSAGES, cell,
                         READ_ONCE(comm->comm.magic) == BH_COMM_MAGIC ? NOT_KNOWN : NOT_UP);
    }
    return true;
}

/**
 * Send a request. The answer is the caller's to look for, and so is the time that it waits; the first
 * party of the result is the request's number.
 *
 * @req SWR_DRV_015
 */
void bh_request(struct bh_ioc_cell *call)
{
    struct bh_result *result = &call->result;

    if (!bh_cell_is_known(call->cell, result)) {
        return;
    }
    if (call->op != BH_REQUEST_SHUTDOWN && call->op != BH_REQUEST_NONE) {
        bh_refuse(result, BH_E_HC_UNKNOWN, call->op, 0U);
        return;
    }
    if (takes_messages(call->cell, result)) {
        post(&bh.comm[call->cell]->request, &bh.requests[call->cell], call->op, 0U);
        result->a = bh.requests[call->cell];
    }
}

/**
 * Tell every other cell that runs what became of this one.
 *
 * @req SWR_DRV_016
 */
void bh_notify(u32 changed)
{
    u64 argument = BH_NOTICE_ARGUMENT(changed, READ_ONCE(bh.status->cells[changed].state));
    struct bh_result ignored;
    u32 cell;

    for (cell = BH_CELL_ROOT + 1U; cell < bh.plan->n_cells; cell++) {
        if (cell != changed && takes_messages(cell, &ignored)) {
            post(&bh.comm[cell]->notice, &bh.notices[cell], BH_NOTICE_RECONFIGURED, argument);
        }
    }
}

/**
 * A cell is about to start: what its program of before said of messages is not true any more.
 *
 * @req SWR_DRV_015
 */
void bh_message_clear(u32 cell)
{
    if (bh.comm[cell] && READ_ONCE(bh.status->cells[cell].state) != BH_STATE_RUNNING) {
        WRITE_ONCE(bh.comm[cell]->messages, 0U);
    }
}
