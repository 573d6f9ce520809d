/* What the bridge says of itself is sound JSON at all times, and true. */
#include "core_test.h"

Test(report, info_names_version_role_source_and_start)
{
    begin(PLAIN);
    core_on_wall_clock(world.core, world.now_ms, WORLD_WALL + 86400000); /* the clock was set */
    world_reload(&world, world_mapping(PLAIN));
    json_t *info = retained_json("xpl/bridge/info");
    cr_expect_str_eq(json_string_value(json_object_get(info, "version")), "1.2.3");
    cr_expect_str_eq(json_string_value(json_object_get(info, "role")), "hub");
    cr_expect_str_eq(json_string_value(json_object_get(info, "source")), "xplmqtt-bridge.pi");
    cr_expect_eq(json_string_length(json_object_get(info, "mapping")), 16u);
    cr_expect_str_eq(json_string_value(json_object_get(info, "started")), "2025-11-26T04:00:00Z");
    json_decref(info);
    end();
}

Test(report, times_follow_the_wall_clock)
{
    begin(PLAIN);
    world_say(&world, "xpl-trig acme-x.one * acme.basic power=1");
    core_on_wall_clock(world.core, world.now_ms, WORLD_WALL + 86400000);
    world_pass(&world, 1000);
    json_t *list = retained_json("xpl/bridge/devices");
    cr_expect_str_eq(
        json_string_value(json_object_get(json_array_get(json_object_get(list, "sources"), 0), "last_seen")),
        "2025-11-27T04:00:00Z");
    json_decref(list);
    end();
}

static json_t *health(void)
{
    world_notes(&world);
    world_mqtt(&world, "xpl/bridge/request/health", "");
    json_t *answer = json_loads(strchr(world_notes(&world), '{'), JSON_DISABLE_EOF_CHECK, NULL);
    cr_assert_not_null(answer);
    json_t *data = json_incref(json_object_get(answer, "data"));
    json_decref(answer);
    return data;
}

Test(report, health_has_every_counter)
{
    begin(PLAIN);
    json_t *data = health();
    const json_t *counters = json_object_get(data, "counters");
    cr_expect_eq(json_object_size(counters), (size_t)COUNTERS);
    for (int i = 0; i < COUNTERS; i++)
        cr_expect_not_null(json_object_get(counters, counter_names[i]), "%s", counter_names[i]);
    cr_expect(json_is_null(json_object_get(data, "last_error")));
    json_decref(data);
    end();
}

Test(report, health_quotes_any_error)
{
    char error[600];
    begin(PLAIN);
    for (int byte = 1; byte < 256; byte++) {
        memset(error, byte, sizeof(error) - 1);
        error[sizeof(error) - 1] = '\0';
        core_note_error(world.core, error);
        json_decref(health());
    }
    end();
}

Test(report, health_comes_each_minute_and_at_once_when_the_status_changes)
{
    begin(PLAIN);
    world_pass(&world, 60000);
    unsigned before = world.publishes;
    world_pass(&world, 600000);
    cr_expect_eq(world.publishes - before, 10u);
    world.housekeeping = true;
    world.hub_taken = true;
    world_notes(&world);
    core_on_broker_up(world.core, world.now_ms);
    world_pass(&world, 0);
    const char *notes = world_notes(&world);
    cr_expect_not_null(strstr(notes, "publish xpl/bridge/state retain qos=1 online\n"));
    cr_expect_not_null(strstr(notes, "publish xpl/bridge/health now qos=0 {\"status\":\"ok\""));
    core_on_address(world.core, (struct xpl_endpoint){ 0, 0 }, world.now_ms);
    world_pass(&world, 0);
    cr_expect_not_null(
        strstr(world_notes(&world), "publish xpl/bridge/health now qos=0 {\"status\":\"degraded\""));
    end();
}

Test(report, health_says_how_many_messages_a_minute_brought)
{
    begin(PLAIN);
    json_t *data = health();
    cr_expect(json_is_null(json_object_get(data, "messages_per_minute")), "no minute has passed");
    json_decref(data);
    for (int i = 0; i < 90; i++) {
        world_say(&world, "xpl-trig acme-x.one * acme.basic power=1");
        world_pass(&world, 2000);
    }
    data = health();
    cr_expect_eq(json_integer_value(json_object_get(data, "messages_per_minute")), 30);
    json_decref(data);
    world_pass(&world, 120000);
    data = health();
    cr_expect_eq(json_integer_value(json_object_get(data, "messages_per_minute")), 0);
    json_decref(data);
    end();
}

Test(report, the_log_level_can_be_set_by_request_and_is_shown)
{
    static const char *const good[][2] = { { "debug", "debug" },
                                           { "{\"level\":\"warning\",\"id\":3}", "warning" } };
    static const char *const bad[] = { "", "loud", "{\"level\":5}", "{\"level\":\"loud\"}", "{}", "[1", "7" };
    begin(PLAIN);
    for (size_t i = 0; i < 2; i++) {
        world_mqtt(&world, "xpl/bridge/request/log-level", good[i][0]);
        cr_expect_not_null(strstr(world_notes(&world), "\"result\":\"ok\"}"));
        json_t *data = health();
        cr_expect_str_eq(json_string_value(json_object_get(data, "log_level")), good[i][1]);
        json_decref(data);
    }
    for (size_t i = 0; i < sizeof(bad) / sizeof(*bad); i++) {
        world_mqtt(&world, "xpl/bridge/request/log-level", bad[i]);
        const char *notes = world_notes(&world);
        cr_expect_not_null(strstr(notes, "\"reason\":\"expected error, warning, info or debug"), "%s: %s",
                           bad[i], notes);
        json_t *data = health();
        cr_expect_str_eq(json_string_value(json_object_get(data, "log_level")), "warning");
        json_decref(data);
    }
    end();
}

Test(report, a_reload_is_answered_when_it_is_over)
{
    begin(PLAIN);
    struct core_message message = { .topic = XPL_SLICE("xpl/bridge/request/reload"),
                                    .payload = XPL_SLICE("{\"id\":[1,\"x\"]}"),
                                    .response_topic = XPL_SLICE("app/answers"),
                                    .correlation = XPL_SLICE("\x01\x02"),
                                    .expiry_s = -1,
                                    .arrived_ms = world.now_ms };
    world_message(&world, &message);
    expect_notes("reload\n");
    core_on_reloaded(world.core, "maps.xml:3:4: error: \xff \"quoted\"", world.now_ms);
    expect_notes("publish app/answers now qos=1 correlation=\\x01\\x02 "
                 "{\"id\":[1,\"x\"],\"result\":\"error\",\"reason\":"
                 "\"maps.xml:3:4: error: ÿ \\\"quoted\\\"\"}\n");
    core_on_reloaded(world.core, NULL, world.now_ms);
    expect_notes("");
    message.response_topic = message.correlation = xpl_slice(NULL, 0);
    world_message(&world, &message);
    core_on_reloaded(world.core, NULL, world.now_ms);
    cr_expect_not_null(strstr(world_notes(&world),
                              "publish xpl/bridge/response/reload now qos=1 {\"id\":[1,\"x\"],"
                              "\"result\":\"ok\",\"mapping\":\""));
    end();
}
