/* SPDX-License-Identifier: Apache-2.0 OR GPL-2.0-only */
/** @file message.h
 * Messages between root and a cell: mailboxes behind the communication region in the same page. The
 * kernel takes no part. See docs/spec/comm-region.md.
 */
#ifndef BH_ABI_MESSAGE_H
#define BH_ABI_MESSAGE_H

#include "comm.h"

#define BH_COMM_MESSAGES 0x3147534D48424242ULL /**< the cell takes messages of this kind */

/* Requests of root, which want an answer. */
#define BH_REQUEST_NONE 0U     /**< what was asked before is not wanted any more; no answer */
#define BH_REQUEST_SHUTDOWN 1U /**< come to an end */

/* Notices of root, which want none. */
#define BH_NOTICE_RECONFIGURED 1U /**< a call for another cell is complete; see BH_NOTICE_CELL() */

/* Answers of the cell. */
#define BH_ANSWER_NONE 0U     /**< nothing has been answered since the cell began */
#define BH_ANSWER_ACCEPTED 1U /**< it will; a shutdown ends with PSCI SYSTEM_OFF */
#define BH_ANSWER_DENIED 2U   /**< it will not; the argument says why, in the cell's own numbers */
#define BH_ANSWER_DONE 3U     /**< it has; of a shutdown: at rest, and root may stop it */
#define BH_ANSWER_UNKNOWN 4U  /**< no such request */

/** Argument of RECONFIGURED: the cell, and its state then (BH_STATE_...). */
#define BH_NOTICE_ARGUMENT(cell, state) ((bh_u64)(cell) | ((bh_u64)(state) << 32))
#define BH_NOTICE_CELL(argument) ((argument) & 0xFFFFFFFFU)
#define BH_NOTICE_STATE(argument) ((argument) >> 32)

/**
 * One message: one side writes it, the other reads it, nobody waits for it. A later one takes the
 * place of an earlier one. The writer stores number, then the rest, then done; a reader that finds
 * both equal, done read first and number last, has one whole message.
 */
struct bh_message {
    bh_u64 number; /**< of the message that is being written; grows by one, never 0 */
    bh_u64 code;
    bh_u64 argument;
    bh_u64 to; /**< answer: number of the request; else 0 */
    bh_u64 reserved[3];
    bh_u64 done; /**< number of the message that is complete; 0: there was none */
};

/** The whole of what root and a cell share. */
struct bh_comm_page {
    struct bh_comm comm;
    struct bh_message request; /**< written by root */
    struct bh_message notice;  /**< written by root */
    struct bh_message answer;  /**< written by the cell */
    bh_u64 messages; /**< BH_COMM_MESSAGES: the cell takes them; root clears it before a start */
    bh_u64 reserved[7];
};

/** With ioctl.h: ask a cell that runs; op is BH_REQUEST_.... Does not wait for it. The answer's a:
 * number of the request. */
#define BH_IOC_MESSAGE _IOWR('B', 9, struct bh_ioc_cell)

BH_ASSERT_OFFSET(struct bh_comm_page, request, 2176);
BH_ASSERT_OFFSET(struct bh_comm_page, notice, 2240);
BH_ASSERT_OFFSET(struct bh_comm_page, answer, 2304);
BH_ASSERT_OFFSET(struct bh_comm_page, messages, 2368);
BH_ASSERT_SIZE(struct bh_message, 64);
BH_ASSERT_SIZE(struct bh_comm_page, 2432);

#endif
