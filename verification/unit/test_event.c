/* SPDX-License-Identifier: Apache-2.0 */
/** @file test_event.c
 * Event records and counters in the status pages.
 * @link src/core/event.c
 * @link src/core/plan.c
 * @link src/core/crc.c @link src/core/plan_crc.c @link src/core/plan_claims.c @link src/core/plan_policy.c
 * @link src/core/plan_watch.c @link src/core/plan_window.c @link src/core/plan_call.c
 * @link src/arch/host/shared.c
 * @link src/arch/host/machine.c
 */
#include "core/event.h"
#include "host_machine.h"
#include "test.h"

#include <string.h>

static uint64_t seq_before_publish;

static void fresh(void)
{
    host_power_on();
    memset(&status_page, 0xA5, sizeof(status_page));
    memset(&totals, 0xA5, sizeof(totals));
    event_init(3U, 4U, 0x12345678U);
}

/** @test TC_EVT_001 @verifies SWR_EVT_001 @technique state @level unit */
static void init_leaves_nothing_of_the_past(void)
{
    fresh();
    CHECK_EQ(status_page.magic, BH_STATUS_MAGIC);
    CHECK_EQ(status_page.abi, BH_ABI_VERSION);
    CHECK_EQ(status_page.armed, 0U);
    CHECK_EQ(status_page.next, 0U);
    CHECK_EQ(status_page.n_cells, 3U);
    CHECK_EQ(status_page.n_cpus, 4U);
    CHECK_EQ(status_page.plan_crc, 0x12345678U);
    CHECK_EQ(status_page.dma_open, 1U);
    for (uint32_t i = 0U; i < BH_CELLS_MAX; i++) {
        CHECK_EQ(status_page.cells[i].state, 0U);
        CHECK_EQ(status_page.cells[i].starts, 0U);
        CHECK_EQ(status_page.cells[i].events, 0U);
        CHECK_EQ(status_page.cells[i].locks, 0U);
        CHECK_EQ(status_page.cells[i].measured, 0U);
        for (uint32_t k = 0U; k < BH_DIGEST_WORDS; k++) {
            CHECK_EQ(status_page.cells[i].digest[k], 0U);
        }
    }
    CHECK_EQ(status_page.locks, 0U);
    for (uint32_t k = 0U; k < BH_DIGEST_WORDS; k++) {
        CHECK_EQ(status_page.plan_digest[k], 0U);
    }
    for (uint32_t i = 0U; i < BH_CPUS_MAX; i++) {
        CHECK_EQ(status_page.cpus[i].state, 0U);
        CHECK_EQ(status_page.cpus[i].total, 0U);
        for (uint32_t k = 0U; k < BH_EXITS; k++) {
            CHECK_EQ(status_page.cpus[i].exits[k], 0U);
        }
    }
    for (uint32_t i = 0U; i < BH_EVENTS; i++) {
        CHECK_EQ(status_page.events[i].seq, UINT64_MAX);
    }
}

/** @test TC_EVT_002 @verifies SWR_EVT_002 @technique bva @level unit */
static void ring_keeps_the_last_in_order(void)
{
    fresh();
    for (uint64_t n = 0U; n < (3U * BH_EVENTS) + 5U; n++) {
        uint32_t k = (uint32_t)(n % BH_EVENTS);
        uint32_t cpu = (uint32_t)(n % BH_CPUS_MAX);
        uint32_t cell = (uint32_t)((n / 3U) % BH_CELLS_MAX);

        event_record(cpu, cell, BH_EV_MEM_VIOLATION, n * 3U, ~n);
        CHECK_EQ(status_page.next, n + 1U);
        CHECK_EQ(status_page.events[k].seq, n);
        CHECK_EQ(status_page.events[k].time, n);
        CHECK_EQ(status_page.events[k].id, BH_EV_MEM_VIOLATION);
        CHECK_EQ(status_page.events[k].cpu, cpu);
        CHECK_EQ(status_page.events[k].cell, cell);
        CHECK_EQ(status_page.events[k].zero, 0U);
        CHECK_EQ(status_page.events[k].a, n * 3U);
        CHECK_EQ(status_page.events[k].b, ~n);
    }
    CHECK_EQ(host.published, 2U * ((3U * BH_EVENTS) + 5U));
    CHECK_EQ(status_page.cells[0].events + status_page.cells[1].events +
                 status_page.cells[2].events + status_page.cells[3].events +
                 status_page.cells[4].events + status_page.cells[5].events +
                 status_page.cells[6].events + status_page.cells[7].events,
             (3U * BH_EVENTS) + 5U);
}

/* Another CPU records an event between this one's number and this one's record. */
static void second_writer(enum host_access how, uint32_t word, uint32_t i, uint64_t value)
{
    (void)i;
    (void)value;
    if ((how == HOST_NEXT) && (word == (uint32_t)SW_EVENT)) {
        host_on_access = NULL;
        seq_before_publish = status_page.events[0].seq;
        event_record(3U, 2U, BH_EV_STARTED, 7U, 8U);
    }
}

/** @test TC_EVT_003 @verifies SWR_EVT_002 @technique race @level unit */
static void two_writers_get_two_places(void)
{
    fresh();
    host_on_access = second_writer;
    event_record(0U, 1U, BH_EV_CREATED, 5U, 6U);
    CHECK_EQ(seq_before_publish, UINT64_MAX);
    CHECK_EQ(status_page.events[0].id, BH_EV_STARTED);
    CHECK_EQ(status_page.events[1].id, BH_EV_CREATED);
    CHECK_EQ(status_page.events[1].seq, 1U);
    CHECK_EQ(status_page.next, 2U);
}

/** @test TC_EVT_004 @verifies SWR_EVT_002 SWR_EVT_003 @technique bva @level unit */
static void numbers_do_not_wrap(void)
{
    fresh();
    host_word[SW_EVENT][0] = UINT64_MAX;
    totals.events[2] = UINT64_MAX - 1U;
    event_record(0U, 2U, BH_EV_CREATED, 0U, 0U);
    CHECK_EQ(status_page.next, UINT64_MAX);
    CHECK_EQ(status_page.cells[2].events, UINT64_MAX);
    event_record(0U, 2U, BH_EV_CREATED, 0U, 0U);
    CHECK_EQ(status_page.cells[2].events, UINT64_MAX);
}

/** @test TC_EVT_005 @verifies SWR_EVT_003 @technique bva @level unit */
static void exits_are_counted_by_cause(void)
{
    fresh();
    for (uint32_t cpu = 0U; cpu < BH_CPUS_MAX; cpu++) {
        for (uint32_t cause = 0U; cause < BH_EXITS; cause++) {
            for (uint32_t n = 0U; n <= cause; n++) {
                event_exit(cpu, cause);
            }
            CHECK_EQ(status_page.cpus[cpu].exits[cause], cause + 1U);
        }
        CHECK_EQ(status_page.cpus[cpu].total, 45U);
    }
    totals.exits[1][BH_EXIT_KICK] = UINT64_MAX;
    totals.total[1] = UINT64_MAX - 1U;
    event_exit(1U, BH_EXIT_KICK);
    CHECK_EQ(status_page.cpus[1].exits[BH_EXIT_KICK], UINT64_MAX);
    CHECK_EQ(status_page.cpus[1].total, UINT64_MAX);
    event_exit(1U, BH_EXIT_KICK);
    CHECK_EQ(status_page.cpus[1].total, UINT64_MAX);
}

/** @test TC_EVT_006 @verifies SWR_EVT_003 @technique adversarial @level unit */
static void scribbled_pages_change_no_count(void)
{
    fresh();
    event_exit(2U, BH_EXIT_HVC);
    memset(&status_page, 0xEE, sizeof(status_page));
    event_exit(2U, BH_EXIT_HVC);
    event_show_cell(2U, BH_STATE_RUNNING);
    event_record(0U, 2U, BH_EV_CREATED, 0U, 0U);
    CHECK_EQ(status_page.cpus[2].exits[BH_EXIT_HVC], 2U);
    CHECK_EQ(status_page.cells[2].starts, 1U);
    CHECK_EQ(status_page.cells[2].events, 1U);
    CHECK_EQ(status_page.next, 1U);
}

/** @test TC_EVT_007 @verifies SWR_EVT_004 @technique equivalence @level unit */
static void states_are_shown_and_starts_counted(void)
{
    fresh();
    event_show_cell(2U, BH_STATE_CREATED);
    CHECK_EQ(status_page.cells[2].state, BH_STATE_CREATED);
    CHECK_EQ(status_page.cells[2].starts, 0U);
    event_show_cell(2U, BH_STATE_RUNNING);
    event_show_cell(2U, BH_STATE_STOPPED);
    event_show_cell(2U, BH_STATE_RUNNING);
    CHECK_EQ(status_page.cells[2].state, BH_STATE_RUNNING);
    CHECK_EQ(status_page.cells[2].starts, 2U);
    totals.starts[2] = UINT32_MAX;
    event_show_cell(2U, BH_STATE_RUNNING);
    CHECK_EQ(status_page.cells[2].starts, UINT32_MAX);
    event_show_cpu(3U, BH_CPU_PARKED, 2U);
    CHECK_EQ(status_page.cpus[3].state, BH_CPU_PARKED);
    CHECK_EQ(status_page.cpus[3].cell, 2U);
    event_show_armed(1U);
    CHECK_EQ(status_page.armed, 1U);
    event_record(0U, 1U, BH_EV_CREATED, 0U, 0U);
    CHECK_EQ(status_page.armed, 1U);
    event_show_armed(0U);
    CHECK_EQ(status_page.armed, 0U);
}

static uint32_t seen;
static uint64_t number_seen[2];
static uint32_t record_seen[2];

static void look_at_place_3(void)
{
    if (seen < 2U) {
        number_seen[seen] = status_page.events[3].seq;
        record_seen[seen] = status_page.events[3].id;
    }
    seen++;
}

/** @test TC_EVT_008 @verifies SWR_EVT_005 SWR_EVT_002 @technique race @level unit */
static void changing_record_has_no_number(void)
{
    fresh();
    for (uint32_t n = 0U; n < (BH_EVENTS + 3U); n++) {
        event_record(0U, 1U, BH_EV_CREATED, n, 0U);
    }
    host.on_publish = look_at_place_3;
    event_record(0U, 1U, BH_EV_STARTED, 0U, 0U);
    CHECK_EQ(seen, 2U);
    CHECK_EQ(number_seen[0], UINT64_MAX);
    CHECK_EQ(record_seen[0], BH_EV_CREATED);
    CHECK_EQ(number_seen[1], UINT64_MAX);
    CHECK_EQ(record_seen[1], BH_EV_STARTED);
    CHECK_EQ(status_page.events[3].seq, BH_EVENTS + 3U);
}

int main(void)
{
    TEST(TC_EVT_001, init_leaves_nothing_of_the_past);
    TEST(TC_EVT_002, ring_keeps_the_last_in_order);
    TEST(TC_EVT_003, two_writers_get_two_places);
    TEST(TC_EVT_004, numbers_do_not_wrap);
    TEST(TC_EVT_005, exits_are_counted_by_cause);
    TEST(TC_EVT_006, scribbled_pages_change_no_count);
    TEST(TC_EVT_007, states_are_shown_and_starts_counted);
    TEST(TC_EVT_008, changing_record_has_no_number);
    return test_result();
}
