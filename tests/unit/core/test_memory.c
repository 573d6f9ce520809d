/* Devices from run to run: who does not come back is offline in its time, and nobody is brought back who is
 * not there. */
#include "core_test.h"

#define MINUTE 60000

static const char *availability(void)
{
    const char *payload = world_retained(&world, "xpl/acme-x.one/availability");
    return payload ? payload : "none";
}

static void report(void)
{
    world_say(&world, "xpl-trig acme-x.one * acme.basic power=on");
}

static void heartbeat(void)
{
    world_say(&world, "xpl-stat acme-x.one * hbeat.app interval=5 port=50001 remote-ip=10.0.0.2");
}

static void report_every(int64_t ms)
{
    for (int i = 0; i < 30; i++) {
        world_pass(&world, ms);
        report();
    }
}

static void expect_end_after(int64_t ms)
{
    world_pass(&world, ms - 1);
    cr_expect_str_eq(availability(), "online", "before %lld ms", (long long)ms);
    world_pass(&world, 1);
    cr_expect_str_eq(availability(), "offline", "after %lld ms", (long long)ms);
}

/* Down for a while. */
static void restart(int64_t ms)
{
    world.now_ms += ms;
    world_restart(&world, true);
}

Test(memory, a_source_that_does_not_come_back_is_offline_in_its_time)
{
    begin(PLAIN);
    report();
    heartbeat();
    restart(100 * MINUTE);
    cr_expect_str_eq(availability(), "online");
    expect_end_after(11 * MINUTE);
    heartbeat();
    cr_expect_str_eq(availability(), "online", "its devices come back with it");
    end();
}

Test(memory, one_that_never_had_a_heartbeat_stays)
{
    begin(PLAIN);
    report();
    restart(0);
    world_pass(&world, 10000 * MINUTE);
    cr_expect_str_eq(availability(), "online");
    end();
}

Test(memory, what_was_offline_with_its_source_comes_back_with_it)
{
    begin(PLAIN);
    report();
    world_say(&world, "xpl-stat acme-x.one * hbeat.end");
    restart(MINUTE);
    cr_expect_str_eq(availability(), "offline");
    heartbeat();
    cr_expect_str_eq(availability(), "online");
    end();
}

Test(memory, what_fell_silent_by_itself_is_not_brought_back_by_its_source)
{
    begin(PLAIN);
    report_every(2 * MINUTE);
    heartbeat();
    for (int i = 0; i < 5; i++) {
        world_pass(&world, 5 * MINUTE);
        heartbeat();
    }
    cr_expect_str_eq(availability(), "offline");
    restart(MINUTE);
    heartbeat();
    cr_expect_str_eq(availability(), "offline");
    report();
    cr_expect_str_eq(availability(), "online");
    end();
}

Test(memory, a_learned_interval_is_kept_and_the_time_between_is_not_learned)
{
    begin(PLAIN);
    report_every(2 * MINUTE);
    restart(5000 * MINUTE);
    report();
    expect_end_after(7 * MINUTE);
    restart(5000 * MINUTE);
    report();
    restart(5000 * MINUTE);
    expect_end_after(7 * MINUTE);
    end();
}

Test(memory, the_list_still_knows_when_somebody_was_last_seen)
{
    begin(PLAIN);
    report();
    restart(60 * MINUTE);
    json_t *list = retained_json("xpl/bridge/devices");
    const json_t *source = json_array_get(json_object_get(list, "sources"), 0);
    const json_t *device = json_array_get(json_object_get(list, "devices"), 0);
    cr_expect_str_eq(json_string_value(json_object_get(source, "last_seen")), "2025-11-26T04:00:02Z");
    cr_expect_str_eq(json_string_value(json_object_get(device, "last_seen")), "2025-11-26T04:00:02Z");
    json_decref(list);
    end();
}

Test(memory, the_list_still_knows_what_sources_and_devices_are)
{
    begin(PLAIN);
    report();
    report();
    restart(60 * MINUTE);
    json_t *list = retained_json("xpl/bridge/devices");
    const json_t *source = json_array_get(json_object_get(list, "sources"), 0);
    const json_t *device = json_array_get(json_object_get(list, "devices"), 0);
    cr_expect_str_eq(json_string_value(json_object_get(source, "schema")), "acme.basic");
    cr_expect_eq(json_integer_value(json_object_get(source, "messages")), 2);
    cr_expect(is_true(source, "mapped"));
    cr_expect_not_null(json_object_get(device, "map"));
    cr_expect_str_eq(json_string_value(json_object_get(device, "map")), "m");
    json_decref(list);
    end();
}

#define TWINS                                                                      \
    "<map name='one' schema='one.basic' device='{source}'><property name='power'>" \
    "<publish/><send><item name='power'>{payload}</item></send></property></map>"  \
    "<map name='two' schema='two.basic' device='{source}'><property name='power'>" \
    "<publish/><send><item name='power'>{payload}</item></send></property></map>"

static void expect_command_as(const char *topic, const char *schema)
{
    world_notes(&world);
    world_mqtt(&world, topic, "off");
    const char *notes = world_notes(&world);
    cr_expect_not_null(strstr(notes, schema), "%s: %s", topic, notes);
}

Test(memory, commands_go_the_way_the_device_was_heard_after_a_reload_and_a_restart)
{
    begin(TWINS);
    world_say(&world, "xpl-trig acme-x.one * two.basic power=on");
    expect_command_as("xpl/acme-x.one/power/set", "two.basic");
    world_reload(&world, world_mapping("<alias device='acme-x.one' name='lamp'/>" TWINS));
    expect_command_as("xpl/lamp/power/set", "two.basic");
    restart(0);
    expect_command_as("xpl/lamp/power/set", "two.basic");
    world_reload(&world, world_mapping("<alias device='acme-x.one' name='lamp'/>" PLAIN));
    world_say(&world, "xpl-trig acme-x.one * acme.basic power=on");
    expect_command_as("xpl/lamp/power/set", "acme.basic");
    end();
}

Test(memory, a_device_that_the_table_makes_no_more_is_forgotten)
{
    begin(PLAIN);
    report();
    mapping_unref(world.mapping);
    world.mapping =
        world_mapping("<map name='n' schema='other.basic' device='x/{source}/y'><property name='z'><publish/>"
                      "</property></map>");
    restart(0);
    cr_expect_str_eq(availability(), "none");
    heartbeat();
    world_pass(&world, 100 * MINUTE);
    cr_expect_str_eq(availability(), "none");
    end();
}

Test(memory, an_export_holds_whole_lines_only)
{
    static char text[4096];
    begin(PLAIN);
    for (int i = 0; i < 9; i++) {
        char said[80];
        snprintf(said, sizeof(said), "xpl-trig acme-x.one * acme.basic unit=%d power=on", i);
        world_say(&world, said);
    }
    for (size_t capacity = 1; capacity < 600; capacity++) {
        size_t size = core_export_devices(world.core, text, capacity);
        cr_assert_lt(size, capacity);
        cr_assert(size == 0 || text[size - 1] == '\n');
    }
    end();
}

Test(memory, a_damaged_memory_harms_nothing)
{
    static const char topics[] = "xpl/a-b.c/availability\txpl/a-b.c/availability\n";
    static const char damaged[] =
        "a-b.c\ta-b.c\tm\tx.y\tonline\t1\t5\t1\t2\t0\t0\t0\t0\n"
        "a-b.c\ta-b.c\t\t\tonline\t1\t5\t0\t0\t0\t0\t0\t0\n"
        "a-b.c\ta-b.c\tm\tx.y\tonline\t1\t5\t0\t0\t0\n"
        "\t\t\t\t\t\t\t\t\t\t\t\t\n\n\t\n"
        "a-b.c\ta-b.c\tm\tx.y\tonline\t99999999999999999999\t-1\tx\t0\t0\t0\t0\t0\textra\n";
    for (size_t size = 0; size < sizeof(damaged); size++) {
        struct core_options options = world_options();
        options.made_topics = xpl_slice(topics, sizeof(topics) - 1);
        options.devices = xpl_slice(damaged, size);
        world_init(&world, world_mapping(PLAIN), &options);
        world_start(&world);
        world_pass(&world, 100 * MINUTE);
        const char *payload = world_retained(&world, "xpl/a-b.c/availability");
        cr_expect(!payload || strcmp(payload, "offline") == 0);
        cr_expect(size < 40 || payload, "a whole line was taken");
        end();
    }
}
