/* SPDX-License-Identifier: Apache-2.0 */
#include "message.h"

/* One access of a whole word. */
static uint64_t load(const volatile bh_u64 *word)
{
    return __atomic_load_n(word, __ATOMIC_RELAXED);
}

static void store(volatile bh_u64 *word, uint64_t value)
{
    __atomic_store_n(word, value, __ATOMIC_RELAXED);
}

/**
 * The number that is complete is read first, the one that is being written last: equal, they name the
 * message in between.
 *
 * @req SWR_MSG_002
 */
static bool take(const volatile struct bh_message *box, uint64_t *seen, struct inmate_message *out)
{
    uint64_t done = __atomic_load_n(&box->done, __ATOMIC_ACQUIRE);
    bool whole;

    if ((done == 0U) || (done == *seen)) {
        return false;
    }
    out->number = done;
    out->code = load(&box->code);
    out->argument = load(&box->argument);
    out->missed = done - *seen - 1U;
    __atomic_thread_fence(__ATOMIC_ACQUIRE);
    whole = load(&box->number) == done;
    if (whole) {
        *seen = done;
    }
    return whole;
}

/** @req SWR_MSG_003 */
void inmate_answer(struct inmate_messages *m, uint64_t to, uint64_t code, uint64_t argument)
{
    volatile struct bh_message *box = &m->page->answer;

    m->answers++;
    store(&box->number, m->answers);
    __atomic_thread_fence(__ATOMIC_RELEASE);
    store(&box->to, to);
    store(&box->code, code);
    store(&box->argument, argument);
    __atomic_store_n(&box->done, m->answers, __ATOMIC_RELEASE);
}

/** @req SWR_MSG_002 */
void inmate_messages_begin(struct inmate_messages *m, volatile struct bh_comm *comm)
{
    m->page = (volatile struct bh_comm_page *)comm;
    m->answers = 0U;
    store(&m->page->messages, 0U);
    m->request = load(&m->page->request.done);
    m->notice = load(&m->page->notice.done);
    inmate_answer(m, 0U, BH_ANSWER_NONE, 0U);
    __atomic_store_n(&m->page->messages, BH_COMM_MESSAGES, __ATOMIC_RELEASE);
}

/** @req SWR_MSG_002 */
bool inmate_request(struct inmate_messages *m, struct inmate_message *out)
{
    return take(&m->page->request, &m->request, out);
}

/** @req SWR_MSG_002 */
bool inmate_notice(struct inmate_messages *m, struct inmate_message *out)
{
    return take(&m->page->notice, &m->notice, out);
}
