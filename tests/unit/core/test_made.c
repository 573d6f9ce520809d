/* Topics remembered from run to run. Moving and clearing: tests/cases/core/reload_*.case, restart.case. */
#include "core_test.h"

static char text[LIMIT_STATE_FILE], again[LIMIT_STATE_FILE];

/* A core that begins with such a memory. */
static void begin_with(struct xpl_slice made)
{
    struct core_options options = world_options();
    options.made_topics = made;
    world_init(&world, world_mapping(PLAIN), &options);
    world_start(&world);
}

Test(made, what_is_exported_comes_back_the_same)
{
    begin("<alias device='acme-x.one/7' name='lamp'/>" PLAIN);
    world_say(&world, "xpl-trig acme-x.one * acme.basic unit=7 power=on");
    world_say(&world, "xpl-trig acme-x.one * acme.basic unit=a/b%c power=on");
    size_t size = core_export_topics(world.core, text, sizeof(text));
    end();
    cr_expect_not_null(memmem(text, size, "xpl/lamp/power\txpl/acme-x.one/7/power\n", 38));
    struct core_options options = world_options();
    options.made_topics = xpl_slice(text, size);
    world_init(&world, world_mapping("<alias device='acme-x.one/7' name='lamp'/>" PLAIN), &options);
    world_start(&world);
    size_t size_again = core_export_topics(world.core, again, sizeof(again));
    cr_expect(xpl_slice_equal(xpl_slice(text, size), xpl_slice(again, size_again)));
    end();
}

Test(made, an_export_holds_whole_lines_only)
{
    begin(PLAIN);
    for (int i = 0; i < 9; i++) {
        char said[64];
        snprintf(said, sizeof(said), "xpl-trig acme-x.one * acme.basic unit=%d power=on", i);
        world_say(&world, said);
    }
    for (size_t capacity = 0; capacity < 400; capacity++) {
        size_t size = core_export_topics(world.core, text, capacity);
        cr_assert_leq(size, capacity);
        cr_assert(size == 0 || text[size - 1] == '\n');
    }
    end();
}

Test(made, a_damaged_memory_harms_nothing)
{
    static const char damaged[] =
        "\n\t\n\tx\nx\t\nx\nxpl/acme-x.one/power\txpl/acme-x.one/power\nxpl/acme-x.one/pow";
    for (size_t size = 0; size < sizeof(damaged); size++) {
        begin_with(xpl_slice(damaged, size));
        size_t n = core_export_topics(world.core, text, sizeof(text));
        cr_expect_leq(n, 42u);
        end();
    }
}

Test(made, a_line_that_is_no_topic_is_passed_over)
{
    static const char damaged[] = "\x01\tx\nxpl/#\txpl/a\n\xff\tx\n";
    begin_with(xpl_slice(damaged, sizeof(damaged) - 1));
    const char *notes = world_notes(&world);
    cr_expect_null(strstr(notes, "xpl/#"), "%s", notes);
    cr_expect_null(strchr(notes, '\x01'), "%s", notes);
    end();
}

Test(made, what_the_table_does_not_make_is_cleared_at_the_start)
{
    struct core_options options = world_options();
    options.made_topics = XPL_SLICE("xpl/acme-x.one/gone\txpl/acme-x.one/gone\n"
                                    "xpl/acme-x.one/availability\txpl/acme-x.one/availability\n");
    world_init(&world, world_mapping(PLAIN), &options);
    core_start(world.core, world.now_ms);
    const char *notes = world_notes(&world);
    cr_expect_not_null(strstr(notes, "publish xpl/acme-x.one/gone retain qos=1 \n"));
    cr_expect_not_null(strstr(notes, "publish xpl/acme-x.one/availability retain qos=1 \n"));
    end();
}

Test(made, topics_beyond_the_bound_are_published_all_the_same)
{
    char said[64];
    world_init(&world, world_mapping(PLAIN), NULL);
    world.silent = true;
    core_start(world.core, world.now_ms);
    for (int i = 0; i < 200; i++) { /* the bound itself is the session's */
        snprintf(said, sizeof(said), "xpl-trig acme-x.one * acme.basic unit=%d power=on", i);
        world_say(&world, said);
    }
    expect_count(EFFECTS_PUBLISHED, 200u);
    end();
}

Test(made, what_is_cleared_while_the_broker_is_away_is_told_to_the_next_run)
{
    static const char line[] = "xpl/acme-x.one/power\txpl/acme-x.one/power\n";
    begin(PLAIN);
    world_say(&world, "xpl-trig acme-x.one * acme.basic power=on");
    core_on_broker_down(world.core, world.now_ms);
    world_reload(&world, world_mapping(""));
    size_t size = core_export_topics(world.core, text, sizeof(text));
    cr_expect_not_null(memmem(text, size, line, strlen(line)));
    core_on_broker_up(world.core, world.now_ms);
    size = core_export_topics(world.core, text, sizeof(text));
    cr_expect_null(memmem(text, size, line, strlen(line)), "the broker has it");
    end();
}
