/* Sources and devices: heartbeats, silence, learned intervals, bounds, and the list. */
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

/* Often enough to be learned. */
static void report_every(int64_t ms)
{
    for (int i = 0; i < 30; i++) {
        world_pass(&world, ms);
        report();
    }
}

static void heartbeat(const char *interval)
{
    char text[128];
    snprintf(text, sizeof(text), "xpl-stat acme-x.one * hbeat.app interval=%s port=50001 remote-ip=10.0.0.2",
             interval);
    world_say(&world, text);
}

/* Goes offline exactly then, and not a millisecond before. */
static void expect_end_after(int64_t ms)
{
    world_pass(&world, ms - 1);
    cr_expect_str_eq(availability(), "online", "before %lld ms", (long long)ms);
    world_pass(&world, 1);
    cr_expect_str_eq(availability(), "offline", "after %lld ms", (long long)ms);
}

Test(devices, a_source_is_gone_after_two_intervals_and_a_minute)
{
    begin(PLAIN);
    report();
    heartbeat("5");
    expect_end_after(11 * MINUTE);
    end();
}

Test(devices, any_message_counts_as_being_heard)
{
    begin(PLAIN);
    report();
    heartbeat("5");
    world_pass(&world, 10 * MINUTE);
    world_say(&world, "xpl-trig acme-x.one * other.basic a=b");
    expect_end_after(11 * MINUTE);
    end();
}

Test(devices, intervals_that_cannot_be_are_brought_into_bounds)
{
    static const struct {
        const char *said;
        int minutes;
    } rows[] = { { "0", 1 }, { "abc", 5 },           { "-3", 5 },
                 { "", 5 },  { "999999999999", 30 }, { "99999999999999999999999", 5 } };
    for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
        begin(PLAIN);
        report();
        heartbeat(rows[i].said);
        expect_end_after((2 * rows[i].minutes + 1) * MINUTE);
        end();
    }
}

Test(devices, a_source_without_heartbeats_never_expires_by_itself)
{
    begin(PLAIN);
    report();
    world_pass(&world, 30000 * MINUTE);
    cr_expect_str_eq(availability(), "online");
    end();
}

Test(devices, an_end_takes_all_devices_of_the_source_at_once)
{
    begin(PLAIN);
    world_say(&world, "xpl-trig acme-x.one * acme.basic unit=1 power=on");
    world_say(&world, "xpl-trig acme-x.one * acme.basic unit=2 power=on");
    world_say(&world, "xpl-trig acme-y.one * acme.basic power=on");
    heartbeat("5");
    world_notes(&world);
    world_say(&world, "xpl-stat ACME-X.ONE * hbeat.end interval=5 port=50001 remote-ip=10.0.0.2");
    expect_notes("publish xpl/acme-x.one/1/availability retain qos=1 offline\n"
                 "publish xpl/acme-x.one/2/availability retain qos=1 offline\n");
    heartbeat("5");
    expect_notes("publish xpl/acme-x.one/1/availability retain qos=1 online\n"
                 "publish xpl/acme-x.one/2/availability retain qos=1 online\n");
    end();
}

Test(devices, an_interval_ends_with_the_heartbeats)
{
    begin(PLAIN);
    heartbeat("5");
    world_say(&world, "xpl-stat acme-x.one * hbeat.end");
    report();
    world_pass(&world, 1000 * MINUTE);
    cr_expect_str_eq(availability(), "online", "it has none any more");
    end();
}

Test(devices, unconfigured_programs_have_heartbeats_too)
{
    begin(PLAIN);
    report();
    world_say(&world, "xpl-stat acme-x.one * config.app interval=1 port=50001 remote-ip=10.0.0.2");
    expect_end_after(3 * MINUTE);
    world_say(&world, "xpl-stat acme-x.one * config.app interval=1 port=50001 remote-ip=10.0.0.2");
    cr_expect_str_eq(availability(), "online");
    world_say(&world, "xpl-stat acme-x.one * config.end interval=1 port=50001 remote-ip=10.0.0.2");
    cr_expect_str_eq(availability(), "offline");
    end();
}

Test(devices, a_regular_reporter_is_offline_after_three_gaps_and_a_minute_of_silence)
{
    begin(PLAIN);
    report_every(2 * MINUTE);
    expect_end_after(7 * MINUTE);
    report();
    cr_expect_str_eq(availability(), "online");
    end();
}

Test(devices, a_silence_in_which_it_was_offline_teaches_nothing)
{
    begin(PLAIN);
    report_every(2 * MINUTE);
    world_pass(&world, 5000 * MINUTE);
    report();
    expect_end_after(7 * MINUTE);
    end();
}

Test(devices, what_is_irregular_is_never_taken_for_dead)
{
    begin(PLAIN);
    report_every(MINUTE);
    world_pass(&world, 3 * MINUTE);
    report();
    for (int i = 0; i < 3; i++) {
        world_pass(&world, 3000);
        report();
    }
    world_pass(&world, 30000 * MINUTE);
    cr_expect_str_eq(availability(), "online");
    end();
}

Test(devices, a_key_that_is_held_down_is_no_regular_reporter)
{
    begin(PLAIN);
    report_every(2000);
    world_pass(&world, 30000 * MINUTE);
    cr_expect_str_eq(availability(), "online");
    end();
}

Test(devices, people_passing_by_a_detector_are_not_regular)
{
    uint64_t chance = 88172645463325252u;
    begin(PLAIN);
    for (int i = 0; i < 2000; i++) {
        chance = chance * 6364136223846793005u + 1442695040888963407u;
        int64_t gap = 2000; /* doubles as long as a coin says so: short and long ones, as chance has it */
        for (uint64_t coin = chance >> 33; coin & 1 && gap < 1000 * MINUTE; coin >>= 1)
            gap *= 2;
        world_pass(&world, gap + (int64_t)(chance >> 40 & 0xfff));
        report();
        if (i > 100)
            cr_assert_str_eq(availability(), "online");
    }
    world_pass(&world, 30000 * MINUTE);
    cr_expect_str_eq(availability(), "online");
    end();
}

Test(devices, an_overheard_command_speaks_of_its_target)
{
    begin(
        "<map name='m' schema='acme.basic' type='cmnd' device='{target}'><property name='power' kind='event'>"
        "<publish/></property></map>");
    world_say(&world, "xpl-stat acme-x.one * hbeat.app interval=5 port=50001 remote-ip=10.0.0.2");
    world_say(&world, "xpl-cmnd acme-controller.one acme-x.one acme.basic power=on");
    world_say(&world, "xpl-stat acme-controller.one * hbeat.end");
    cr_expect_str_eq(availability(), "online", "its controller went, not the lamp");
    world_say(&world, "xpl-stat acme-x.one * hbeat.end");
    cr_expect_str_eq(availability(), "offline");
    end();
}

Test(devices, several_messages_at_once_are_one_report)
{
    begin(PLAIN);
    for (int i = 0; i < 30; i++) {
        world_pass(&world, 10 * MINUTE);
        for (int j = 0; j < 3; j++)
            report();
    }
    expect_end_after(31 * MINUTE);
    end();
}

Test(devices, the_longest_unheard_source_makes_room_and_its_devices_are_offline)
{
    begin(PLAIN);
    report();
    for (int i = 0; i < LIMIT_SOURCES; i++) {
        char text[128];
        world_pass(&world, 1);
        snprintf(text, sizeof(text), "xpl-trig acme-y.n%d * other.basic a=b", i);
        world_say(&world, text);
    }
    cr_expect_str_eq(availability(), "offline");
    expect_count(SOURCES_FORGOTTEN, 1u);
    expect_count(DEVICES_FORGOTTEN, 1u);
    report();
    cr_expect_str_eq(availability(), "online");
    end();
}

Test(devices, the_longest_unheard_device_makes_room)
{
    begin(PLAIN);
    report();
    for (int i = 0; i < LIMIT_DEVICES; i++) {
        char text[128];
        world_pass(&world, 1);
        snprintf(text, sizeof(text), "xpl-trig acme-y.one * acme.basic unit=%d power=on", i);
        world_say(&world, text);
        world_notes(&world);
    }
    cr_expect_str_eq(availability(), "offline");
    expect_count(DEVICES_FORGOTTEN, 1u);
    end();
}

Test(devices, an_alias_that_is_the_path_of_a_device_is_told)
{
    static const char alias[] = "<alias device='acme-x.one' name='acme-y.one'/>" PLAIN;
    begin(alias);
    report();
    cr_expect_null(strstr(world.log, "acme-y.one"), "nobody is there yet");
    world_say(&world, "xpl-trig acme-y.one * acme.basic power=on");
    cr_expect_not_null(strstr(world.log, "'acme-y.one' of acme-x.one is the path of another device"), "%s",
                       world.log);
    world.n_log = 0;
    world.log[0] = '\0';
    world_reload(&world, world_mapping(PLAIN));
    cr_expect_null(strstr(world.log, "acme-y.one"));
    world_reload(&world, world_mapping(alias));
    cr_expect_not_null(strstr(world.log, "is the path of another device"), "%s", world.log);
    end();
}

Test(devices, the_list_says_who_is_there)
{
    begin("<alias device='acme-x.one' name='lamp' label='La lampe' room='Salon'/>" PLAIN);
    report();
    heartbeat("10");
    world_pass(&world, 1000);
    json_t *list = retained_json("xpl/bridge/devices");
    const json_t *source = json_array_get(json_object_get(list, "sources"), 0);
    const json_t *device = json_array_get(json_object_get(list, "devices"), 0);
    cr_expect_str_eq(json_string_value(json_object_get(source, "source")), "acme-x.one");
    cr_expect_str_eq(json_string_value(json_object_get(source, "schema")), "hbeat.app");
    cr_expect_str_eq(json_string_value(json_object_get(source, "last_seen")), "2025-11-26T04:00:02Z");
    cr_expect_eq(json_integer_value(json_object_get(source, "interval")), 600, "in seconds");
    cr_expect(is_true(source, "mapped") && is_true(source, "online"));
    cr_expect_str_eq(json_string_value(json_object_get(device, "device")), "acme-x.one");
    cr_expect_str_eq(json_string_value(json_object_get(device, "name")), "lamp");
    cr_expect_str_eq(json_string_value(json_object_get(device, "label")), "La lampe");
    cr_expect_str_eq(json_string_value(json_object_get(device, "room")), "Salon");
    cr_expect_str_eq(json_string_value(json_object_get(device, "map")), "m");
    cr_expect(json_is_null(json_object_get(device, "interval")), "not known yet");
    json_decref(list);
    world_pass(&world, 21 * MINUTE + 1000);
    list = retained_json("xpl/bridge/devices");
    cr_expect_not(is_true(json_array_get(json_object_get(list, "devices"), 0), "online"), "the list follows");
    json_decref(list);
    end();
}

Test(devices, many_sources_leave_room_for_devices)
{
    char text[128];
    begin(PLAIN);
    for (int i = 0; i < LIMIT_SOURCES; i++) {
        snprintf(text, sizeof(text), "xpl-trig acme-y.instance%08d * acme.basic power=on", i);
        world_say(&world, text);
        world_notes(&world);
    }
    world_pass(&world, 1000);
    json_t *list = retained_json("xpl/bridge/devices");
    cr_expect(is_true(list, "truncated"));
    cr_expect_gt(json_array_size(json_object_get(list, "sources")), 100);
    cr_expect_gt(json_array_size(json_object_get(list, "devices")), 100);
    json_decref(list);
    end();
}

Test(devices, a_list_too_long_is_cut_at_an_entry_and_says_so)
{
    static char text[1200];
    begin(PLAIN);
    for (int i = 0; i < 2000; i++) {
        snprintf(text, sizeof(text), "xpl-trig acme-y.one * acme.basic unit=\"\"\"\"%0*d power=on", i % 300,
                 i);
        world_say(&world, text);
        world_notes(&world);
    }
    world_pass(&world, 1000);
    json_t *list = retained_json("xpl/bridge/devices");
    cr_expect(is_true(list, "truncated"));
    cr_expect_gt(json_array_size(json_object_get(list, "devices")), 100);
    json_decref(list);
    world_mqtt(&world, "xpl/bridge/request/devices", "{\"id\":1}");
    const char *answer = strchr(world_notes(&world), '{');
    list = json_loads(answer, JSON_DISABLE_EOF_CHECK, NULL);
    cr_expect_not_null(list, "the answer is sound too");
    json_decref(list);
    end();
}
