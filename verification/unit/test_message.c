/* SPDX-License-Identifier: Apache-2.0 */
/** @file test_message.c
 * The cell library's side of messages, against a root that writes whatever it likes.
 * @link src/inmate/lib/message.c
 */
#include "inmate/lib/message.h"
#include "test.h"

#include <string.h>

static struct bh_comm_page page;
static struct inmate_messages m;

/* What root's driver does. */
static void post(struct bh_message *box, uint64_t number, uint64_t code, uint64_t argument)
{
    box->number = number;
    box->code = code;
    box->argument = argument;
    box->done = number;
}

static void begin(void)
{
    memset(&page, 0, sizeof(page));
    memset(&m, 0xFF, sizeof(m));
    inmate_messages_begin(&m, &page.comm);
}

/** @test TC_MSG_001 @verifies SWR_MSG_002 @technique requirements @level unit */
static void each_once(void)
{
    struct inmate_message got;

    begin();
    CHECK(!inmate_request(&m, &got));
    CHECK(!inmate_notice(&m, &got));
    post(&page.request, 1U, BH_REQUEST_SHUTDOWN, 5U);
    post(&page.notice, 1U, BH_NOTICE_RECONFIGURED, BH_NOTICE_ARGUMENT(3U, 4U));
    CHECK(inmate_request(&m, &got));
    CHECK_EQ(got.number, 1U);
    CHECK_EQ(got.code, BH_REQUEST_SHUTDOWN);
    CHECK_EQ(got.argument, 5U);
    CHECK_EQ(got.missed, 0U);
    CHECK(inmate_notice(&m, &got));
    CHECK_EQ(got.code, BH_NOTICE_RECONFIGURED);
    CHECK_EQ(BH_NOTICE_CELL(got.argument), 3U);
    CHECK_EQ(BH_NOTICE_STATE(got.argument), 4U);
    CHECK(!inmate_request(&m, &got));
    CHECK(!inmate_notice(&m, &got));
    post(&page.notice, 5U, BH_NOTICE_RECONFIGURED, 0U);
    CHECK(inmate_notice(&m, &got));
    CHECK_EQ(got.missed, 3U);
}

/** @test TC_MSG_002 @verifies SWR_MSG_002 @technique error-guessing @level unit
 *
 * Half a message is none; what root overwrites with nothing, or with numbers of long ago, does no harm. */
static void malformed(void)
{
    static const uint64_t numbers[] = {7U, 3U, 0xFFFFFFFFFFFFFFFFU, 1U};
    struct inmate_message got;

    begin();
    page.request.number = 1U;
    page.request.code = BH_REQUEST_SHUTDOWN;
    CHECK(!inmate_request(&m, &got));
    page.request.done = 1U;
    page.request.number = 2U;
    CHECK(!inmate_request(&m, &got));
    CHECK(!inmate_request(&m, &got));
    post(&page.request, 2U, 99U, 1U);
    CHECK(inmate_request(&m, &got));
    CHECK_EQ(got.number, 2U);
    CHECK_EQ(got.code, 99U);
    post(&page.request, 0U, BH_REQUEST_SHUTDOWN, 0U);
    CHECK(!inmate_request(&m, &got));
    for (uint32_t i = 0U; i < COUNT_OF(numbers); i++) {
        post(&page.request, numbers[i], i, 0U);
        CHECK(inmate_request(&m, &got));
        CHECK_EQ(got.number, numbers[i]);
        CHECK(!inmate_request(&m, &got));
    }
}

/** @test TC_MSG_003 @verifies SWR_MSG_002 @technique equivalence @level unit
 *
 * A new run of the cell takes nothing that was sent before it, and says that it answered nothing. */
static void begins_anew(void)
{
    struct inmate_message got;

    begin();
    CHECK_EQ(page.messages, BH_COMM_MESSAGES);
    CHECK_EQ(page.answer.number, page.answer.done);
    CHECK_EQ(page.answer.to, 0U);
    CHECK_EQ(page.answer.code, BH_ANSWER_NONE);
    post(&page.request, 8U, BH_REQUEST_SHUTDOWN, 0U);
    post(&page.notice, 9U, BH_NOTICE_RECONFIGURED, 0U);
    inmate_answer(&m, 8U, BH_ANSWER_ACCEPTED, 0U);
    inmate_messages_begin(&m, &page.comm);
    CHECK(!inmate_request(&m, &got));
    CHECK(!inmate_notice(&m, &got));
    CHECK_EQ(page.answer.to, 0U);
    post(&page.request, 9U, BH_REQUEST_SHUTDOWN, 0U);
    CHECK(inmate_request(&m, &got));
    CHECK_EQ(got.missed, 0U);
}

/** @test TC_MSG_004 @verifies SWR_MSG_003 @technique requirements @level unit */
static void answers(void)
{
    begin();
    uint64_t first = page.answer.done;

    inmate_answer(&m, 4U, BH_ANSWER_ACCEPTED, 11U);
    CHECK_EQ(page.answer.to, 4U);
    CHECK_EQ(page.answer.code, BH_ANSWER_ACCEPTED);
    CHECK_EQ(page.answer.argument, 11U);
    CHECK_EQ(page.answer.done, first + 1U);
    CHECK_EQ(page.answer.number, first + 1U);
    inmate_answer(&m, 4U, BH_ANSWER_DONE, 12U);
    CHECK_EQ(page.answer.code, BH_ANSWER_DONE);
    CHECK_EQ(page.answer.argument, 12U);
    CHECK_EQ(page.answer.done, first + 2U);
    CHECK_EQ(page.answer.number, first + 2U);
    CHECK_EQ(page.request.done, 0U);
    CHECK_EQ(page.notice.done, 0U);
    CHECK_EQ(page.comm.console_next, 0U);
}

int main(void)
{
    TEST(TC_MSG_001, each_once);
    TEST(TC_MSG_002, malformed);
    TEST(TC_MSG_003, begins_anew);
    TEST(TC_MSG_004, answers);
    return test_result();
}
