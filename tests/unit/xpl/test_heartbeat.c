#include <criterion/criterion.h>

#include "xpl/heartbeat.h"

#define START  1000000
#define MINUTE 60000

static struct xpl_heartbeat heartbeat;

static void start(void)
{
    xpl_heartbeat_init(&heartbeat, 5, START);
}

TestSuite(heartbeat, .init = start);

/* Goes to the deadline; the time, when a heartbeat was due then, else -1. */
static int64_t next(void)
{
    int64_t now = xpl_heartbeat_deadline(&heartbeat);
    return xpl_heartbeat_on_time(&heartbeat, now) ? now - START : -1;
}

static void connect(int64_t at)
{
    cr_assert(xpl_heartbeat_on_time(&heartbeat, START + at));
    cr_assert(xpl_heartbeat_on_echo(&heartbeat, START + at + 1));
}

Test(heartbeat, searches_each_3_s_for_2_minutes_then_each_30_s_for_ever)
{
    for (int64_t at = 0; at < 120000; at += 3000)
        cr_expect_eq(next(), at);
    for (int64_t at = 147000; at < 2000000; at += 30000)
        cr_expect_eq(next(), at);
    cr_expect_not(heartbeat.connected);
}

Test(heartbeat, nothing_is_due_before_the_deadline)
{
    cr_expect_eq(next(), 0);
    cr_expect_not(xpl_heartbeat_on_time(&heartbeat, START + 2999));
    cr_expect(xpl_heartbeat_on_time(&heartbeat, START + 3000));
    cr_expect_not(xpl_heartbeat_on_time(&heartbeat, START + 3000));
}

Test(heartbeat, an_echo_connects_and_makes_it_slow)
{
    cr_expect_eq(next(), 0);
    cr_expect(xpl_heartbeat_on_echo(&heartbeat, START + 10));
    cr_expect(heartbeat.connected);
    cr_expect_eq(xpl_heartbeat_deadline(&heartbeat), START + 10 + 5 * MINUTE);
    cr_expect_not(xpl_heartbeat_on_echo(&heartbeat, START + 11), "connected is told once");
}

Test(heartbeat, stays_connected_while_each_echo_comes_within_5_s)
{
    connect(0);
    int64_t at = 1;
    for (int i = 0; i < 5; i++) {
        at += 5 * MINUTE;
        cr_expect_eq(next(), at);
        cr_expect_eq(xpl_heartbeat_deadline(&heartbeat), START + at + 5000);
        cr_expect_not(xpl_heartbeat_on_time(&heartbeat, START + at + 4999));
        cr_expect_not(xpl_heartbeat_on_echo(&heartbeat, START + at + 4999));
        cr_expect_not(xpl_heartbeat_on_time(&heartbeat, START + at + 5000));
        cr_expect(heartbeat.connected);
    }
}

Test(heartbeat, a_missing_echo_starts_a_fast_search_at_once)
{
    connect(0);
    int64_t at = 5 * MINUTE + 1;
    cr_expect_eq(next(), at);
    cr_expect(heartbeat.connected);
    cr_expect_eq(next(), at + 5000);
    cr_expect_not(heartbeat.connected);
    cr_expect_eq(next(), at + 8000);
    for (int i = 2; i < 40; i++)
        next();
    cr_expect_eq(next(), at + 5000 + 147000, "and the new search has its own two minutes");
    cr_expect(xpl_heartbeat_on_echo(&heartbeat, START + at + 200000));
}

Test(heartbeat, requests_are_answered_once_after_2_to_6_s)
{
    connect(0);
    const int64_t now = START + 60000;
    xpl_heartbeat_on_request(&heartbeat, now, 0);
    cr_expect_eq(xpl_heartbeat_deadline(&heartbeat), now + 2000);
    xpl_heartbeat_on_request(&heartbeat, now + 400, 17);
    cr_expect_eq(xpl_heartbeat_deadline(&heartbeat), now + 2000, "a second request changes nothing");
    cr_expect(xpl_heartbeat_on_time(&heartbeat, now + 2000));
    cr_expect_not(xpl_heartbeat_on_echo(&heartbeat, now + 2001));
    cr_expect_eq(xpl_heartbeat_deadline(&heartbeat), now + 2000 + 5 * MINUTE,
                 "the answer counts as a heartbeat");
}

Test(heartbeat, chance_spreads_answers_over_the_whole_range)
{
    int64_t least = INT64_MAX, most = 0;
    for (uint32_t chance = 0; chance < 5000; chance++) {
        xpl_heartbeat_init(&heartbeat, 5, START);
        connect(0);
        xpl_heartbeat_on_request(&heartbeat, START, UINT32_MAX - chance);
        int64_t answer = xpl_heartbeat_deadline(&heartbeat) - START;
        least = answer < least ? answer : least;
        most = answer > most ? answer : most;
    }
    cr_expect_eq(least, 2000);
    cr_expect_eq(most, 6000);
}

Test(heartbeat, a_regular_heartbeat_is_an_answer_too)
{
    cr_expect_eq(next(), 0);
    xpl_heartbeat_on_request(&heartbeat, START + 2000, 3999);
    cr_expect_eq(next(), 3000);
    cr_expect_eq(next(), 6000);
    cr_expect_eq(next(), 9000, "no answer at 7999");
}

Test(heartbeat, the_echo_of_an_answer_is_awaited_too)
{
    connect(0);
    xpl_heartbeat_on_request(&heartbeat, START + 1000, 0);
    cr_expect_eq(next(), 3000);
    cr_expect_eq(next(), 8000);
    cr_expect_not(heartbeat.connected);
}

Test(heartbeat, restart_searches_anew)
{
    connect(0);
    xpl_heartbeat_on_request(&heartbeat, START + 10, 0);
    xpl_heartbeat_restart(&heartbeat, START + 100);
    cr_expect_not(heartbeat.connected);
    cr_expect_eq(next(), 100);
    cr_expect_eq(next(), 3100);
}

Test(heartbeat, one_heartbeat_however_late)
{
    connect(0);
    cr_expect(xpl_heartbeat_on_time(&heartbeat, START + 1000 * MINUTE));
    cr_expect_not(xpl_heartbeat_on_time(&heartbeat, START + 1000 * MINUTE));
    cr_expect_eq(xpl_heartbeat_deadline(&heartbeat), START + 1000 * MINUTE + 5000);
}

Test(heartbeat, the_interval_is_kept_within_5_and_30_minutes)
{
    const unsigned given[] = { 0, 4, 5, 17, 30, 31, 4000000000u }, taken[] = { 5, 5, 5, 17, 30, 30, 30 };
    for (size_t i = 0; i < sizeof(given) / sizeof(given[0]); i++) {
        xpl_heartbeat_init(&heartbeat, given[i], START);
        cr_expect_eq(heartbeat.interval, taken[i]);
        connect(0);
        cr_expect_eq(xpl_heartbeat_deadline(&heartbeat), START + 1 + (int64_t)taken[i] * MINUTE);
    }
}
