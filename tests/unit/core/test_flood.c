/* The flood budget: bursts, floods, calm, and storms of invented senders. */
#include <criterion/criterion.h>

#include "core/flood.h"

static struct flood flood;

static unsigned take(uint32_t ip, unsigned n, int64_t now_ms)
{
    unsigned passed = 0;
    for (unsigned i = 0; i < n; i++)
        passed += flood_take(&flood, ip, now_ms) == FLOOD_PASS;
    return passed;
}

Test(flood, a_burst_of_twice_the_rate_passes_and_no_more)
{
    flood_init(&flood, 1000);
    cr_expect_eq(take(1, 5000, 0), 2000);
}

Test(flood, the_budget_comes_back_at_the_rate)
{
    flood_init(&flood, 1000);
    take(1, 5000, 0);
    cr_expect_eq(take(1, 100, 10), 10, "10 ms are worth 10 messages");
    cr_expect_eq(take(1, 5000, 10000), 2000, "and never more than the burst");
}

Test(flood, one_sender_does_not_spend_the_budget_of_another)
{
    flood_init(&flood, 10);
    take(1, 5000, 0);
    cr_expect_eq(take(2, 20, 0), 20);
}

Test(flood, each_flood_is_told_once)
{
    flood_init(&flood, 10);
    cr_expect_eq(take(1, 20, 0), 20);
    cr_expect_eq(flood_take(&flood, 1, 0), FLOOD_DROP_FIRST);
    cr_expect_eq(flood_take(&flood, 1, 0), FLOOD_DROP);
    cr_expect_eq(flood_take(&flood, 1, 100), FLOOD_PASS, "still the same flood");
    cr_expect_eq(flood_take(&flood, 1, 100), FLOOD_DROP);
    cr_expect_eq(take(1, 20, 10000), 20, "it was calm for long");
    cr_expect_eq(flood_take(&flood, 1, 10000), FLOOD_DROP_FIRST);
}

Test(flood, a_storm_of_invented_senders_gives_none_more_than_a_burst_for_each)
{
    flood_init(&flood, 1);
    for (uint32_t ip = 1; ip < 100000; ip++)
        cr_assert_leq(take(ip, 4, ip), 2);
}

Test(flood, a_sender_that_is_heard_is_not_pushed_out_by_a_few_others)
{
    flood_init(&flood, 1);
    take(7, 100, 0);
    for (uint32_t ip = 1000; ip < 1100; ip++) {
        take(7, 1, ip - 1000); /* it goes on */
        take(ip, 1, ip - 1000);
    }
    cr_expect_eq(take(7, 1, 100), 0, "its budget is still spent");
}

Test(flood, a_clock_that_stands_still_is_no_budget)
{
    flood_init(&flood, 1000000);
    cr_expect_eq(take(1, 3000000, INT64_MAX / 4), 2000000);
}
