/* SPDX-License-Identifier: Apache-2.0 */
/** @file message.h
 * Messages of root to the cell, and the cell's answers, by the communication region. Nothing here
 * waits, and what root writes is not trusted: a message is taken once, whole, or not at all.
 * See docs/spec/comm-region.md.
 */
#ifndef INMATE_MESSAGE_H
#define INMATE_MESSAGE_H

#include <stdbool.h>
#include <stdint.h>
#include "abi/message.h"

/** What the cell remembers; one for each region. */
struct inmate_messages {
    volatile struct bh_comm_page *page;
    uint64_t request; /**< number of the last one that was taken */
    uint64_t notice;
    uint64_t answers; /**< answers given */
};

/** A message that was taken. */
struct inmate_message {
    uint64_t number;
    uint64_t code;     /**< BH_REQUEST_..., BH_NOTICE_...: any number may stand here */
    uint64_t argument;
    uint64_t
        missed; /**< messages of this kind before it that were overwritten, by root's own numbers */
};

/** Begin: what was sent before is not for this run of the cell. From now on root may ask. */
void inmate_messages_begin(struct inmate_messages *m, volatile struct bh_comm *comm);
/** Take a request that was not taken yet. @return false: there is none. */
bool inmate_request(struct inmate_messages *m, struct inmate_message *out);
/** Take a notice that was not taken yet. @return false: there is none. */
bool inmate_notice(struct inmate_messages *m, struct inmate_message *out);
/** Answer the request of this number: BH_ANSWER_... and a word for it. May be done more than once. */
void inmate_answer(struct inmate_messages *m, uint64_t to, uint64_t code, uint64_t argument);

#endif
