/* Rates beyond what tests/cases/core/rates*.case show: bounds, and values of any size. */
#include "core_test.h"

#define SLOW                                                                                           \
    "<map name='m' schema='acme.basic' device='{source}/{unit}'><property name='v' min-interval='10' " \
    "on-change='yes'><publish/></property></map>"

static void say(int unit, const char *value)
{
    static char text[70000];
    snprintf(text, sizeof(text), "xpl-trig acme-x.one * acme.basic unit=%d v=%s", unit, value);
    world_say(&world, text);
}

/* So many topics, all with the value 1. */
static void fill(int from, int n)
{
    world.silent = true;
    for (int i = from; i < from + n; i++)
        say(i, "1");
    world.silent = false;
}

Test(rates, the_longest_known_topic_makes_room)
{
    begin(SLOW);
    fill(0, LIMIT_RATES);
    say(LIMIT_RATES, "1");
    expect_count(RATES_FORGOTTEN, 1u);
    world_notes(&world);
    say(1, "1");
    expect_notes("");
    say(0, "1");
    cr_expect_neq(world.n_notes, 0u, "its last value is not known any more");
    end();
}

Test(rates, a_value_that_waits_is_never_pushed_out)
{
    begin(SLOW);
    say(0, "1");
    say(0, "2");
    fill(1, LIMIT_RATES);
    world_pass(&world, 10000);
    expect_retained("xpl/acme-x.one/0/v", "2");
    end();
}

Test(rates, a_value_that_waits_is_published_before_we_end)
{
    begin(SLOW);
    say(0, "1");
    say(0, "2");
    world_notes(&world);
    core_stop(world.core, world.now_ms);
    expect_retained("xpl/acme-x.one/0/v", "2");
    end();
}

Test(rates, a_device_that_is_forgotten_begins_anew)
{
    begin(SLOW);
    say(0, "1");
    say(0, "2");
    world_mqtt(&world, "xpl/bridge/request/forget", "{\"device\":\"acme-x.one/0\"}");
    world_pass(&world, 20000);
    cr_expect_null(world_retained(&world, "xpl/acme-x.one/0/v"));
    say(0, "1");
    expect_retained("xpl/acme-x.one/0/v", "1");
    end();
}

Test(rates, topics_beyond_the_bound_are_published_without_a_rule)
{
    begin(SLOW);
    fill(0, LIMIT_RATES);
    for (int i = 0; i < LIMIT_RATES; i++)
        say(i, "2");
    world_notes(&world);
    say(LIMIT_RATES, "1");
    say(LIMIT_RATES, "2");
    expect_retained("xpl/acme-x.one/10000/v", "2");
    world_pass(&world, 20000);
    expect_retained("xpl/acme-x.one/9999/v", "2");
    end();
}

Test(rates, long_and_short_values_take_turns)
{
    static char longer[60001];
    memset(longer, 'x', sizeof(longer) - 1);
    begin(SLOW);
    say(0, "a");
    for (int i = 0; i < 4; i++) {
        say(0, longer);
        say(0, i % 2 ? "b" : "c");
        world_pass(&world, 10000);
        expect_retained("xpl/acme-x.one/0/v", i % 2 ? "b" : "c");
        say(0, longer);
        world_pass(&world, 10000);
        expect_retained("xpl/acme-x.one/0/v", longer);
    }
    end();
}
