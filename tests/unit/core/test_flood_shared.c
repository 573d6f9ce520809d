#include <criterion/criterion.h>

#include "core/flood.h"

static struct flood flood;
static int64_t now = 1;

static void start(void)
{
    flood_init(&flood, 100);
}

TestSuite(flood_shared, .init = start, .timeout = 20);

static int pass(uint32_t ip, int n)
{
    int passed = 0;
    for (int i = 0; i < n; i++)
        passed += flood_take(&flood, ip, now) == FLOOD_PASS;
    return passed;
}

/* Heard once a second for longer than a stranger is. */
static void settle(uint32_t first, uint32_t n)
{
    for (int i = 0; i < 15; i++, now += 1000)
        for (uint32_t ip = first; ip < first + n; ip++)
            cr_expect_eq(pass(ip, 1), 1);
}

Test(flood_shared, a_sender_has_a_burst_and_then_its_rate)
{
    cr_expect_eq(pass(1, 500), 200);
    now += 1000;
    cr_expect_eq(pass(1, 500), 100);
    now += 10;
    cr_expect_eq(pass(1, 500), 1);
    now += 60000;
    cr_expect_eq(pass(1, 500), 200);
}

Test(flood_shared, the_first_that_is_dropped_is_told_once_a_flood)
{
    pass(1, 200);
    cr_expect_eq(flood_take(&flood, 1, now), FLOOD_DROP_FIRST);
    cr_expect_eq(flood_take(&flood, 1, now), FLOOD_DROP);
    now += 60000;
    pass(1, 200);
    cr_expect_eq(flood_take(&flood, 1, now), FLOOD_DROP_FIRST);
}

Test(flood_shared, one_mad_sender_costs_the_others_nothing)
{
    settle(2, 1);
    for (int ms = 0; ms < 20000; ms += 10, now += 10) {
        pass(1, 500);
        if (ms % 100 == 0)
            cr_expect_eq(pass(2, 1), 1);
    }
}

Test(flood_shared, a_new_sender_is_heard_beside_a_mad_one)
{
    for (int ms = 0; ms < 20000; ms += 10, now += 10) {
        pass(1, 500);
        if (ms % 100 == 0)
            cr_expect_eq(pass(2, 1), 1);
    }
}

Test(flood_shared, invented_addresses_have_one_budget_in_all)
{
    int passed = 0;
    for (uint32_t ip = 1000; ip < 100000; ip++)
        passed += pass(ip, 1);
    cr_expect_leq(passed, 2 * 100 * FLOOD_SHARED);
}

Test(flood_shared, invented_addresses_take_nothing_from_those_at_home)
{
    settle(50, 20); /* a whole home */
    uint32_t ip = 1000;
    for (int ms = 0; ms < 20000; ms += 10, now += 10) {
        for (int i = 0; i < 500; i++)
            pass(ip++, 1);
        if (ms % 100 == 0)
            cr_expect_eq(pass(50 + (uint32_t)ms / 100 % 20, 1), 1);
    }
}
