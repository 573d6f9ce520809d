#include <criterion/criterion.h>

#include "discovery_world.h"

#define TEMP "homeassistant/sensor/xplmqtt_pi_bnz-owfs-rpi_28-1/temp/config"

static void hear(struct world *world, const char *device)
{
    char body[128];
    snprintf(body, sizeof(body), "device=%s type=temp current=21.5", device);
    world_hear(world, "trig", "bnz-owfs.rpi", "sensor.basic", body);
}

static void begin(struct world *world)
{
    world_start(world);
    world_connect(world);
    world_settle(world);
}

static void expect_answer(struct world *world, const char *verb, const char *part)
{
    char topic[128];
    snprintf(topic, sizeof(topic), "xpl/bridge/response/%s", verb);
    cr_expect_str_eq(world->last_event_topic, topic);
    cr_expect_not_null(strstr(world->last_event, part), "%s", world->last_event);
}

static void expect_in(struct world *world, const char *topic, const char *part)
{
    const char *payload = world_get(world, topic);
    cr_expect(payload && strstr(payload, part), "%s: %s", topic, payload ? payload : "(none)");
}

Test(decisions, a_new_name_moves_topics_and_is_kept_across_a_restart)
{
    struct world world;
    world_init(&world);
    begin(&world);
    hear(&world, "28.1");
    world_settle(&world);
    world_tell(&world, "xpl/bridge/request/rename",
               "{\"id\":7,\"device\":\"bnz-owfs.rpi/28.1\",\"name\":\"attic\",\"label\":\"A & \\\"B\\\"\","
               "\"room\":\"Roof\"}");
    expect_answer(&world, "rename", "\"id\":7,\"result\":\"ok\"");
    world_settle(&world);
    cr_expect_str_eq(world_get(&world, "xpl/attic/temp"), "21.5");
    cr_expect_null(world_get(&world, "xpl/bnz-owfs.rpi/28.1/temp"));
    expect_in(&world, TEMP, "\"state_topic\":\"xpl/attic/temp\"");
    expect_in(&world, TEMP, "A & \\\"B\\\"");
    world_stop(&world);
    begin(&world);
    expect_in(&world, TEMP, "\"state_topic\":\"xpl/attic/temp\"");
    world_tell(&world, "xpl/bridge/request/rename", "{\"device\":\"attic\"}");
    world_settle(&world);
    expect_in(&world, TEMP, "\"state_topic\":\"xpl/bnz-owfs.rpi/28.1/temp\"");
    world_deinit(&world);
}

Test(decisions, a_name_that_is_taken_or_reserved_is_refused_and_nothing_changes)
{
    struct world world;
    world_init(&world);
    begin(&world);
    hear(&world, "28.1");
    hear(&world, "28.2");
    world_settle(&world);
    world_tell(&world, "xpl/bridge/request/rename", "{\"device\":\"bnz-owfs.rpi/28.1\",\"name\":\"attic\"}");
    expect_answer(&world, "rename", "\"ok\"");
    world_tell(&world, "xpl/bridge/request/rename", "{\"device\":\"bnz-owfs.rpi/28.2\",\"name\":\"attic\"}");
    expect_answer(&world, "rename", "\"error\"");
    world_tell(&world, "xpl/bridge/request/rename",
               "{\"device\":\"bnz-owfs.rpi/28.2\",\"name\":\"bridge/x\"}");
    expect_answer(&world, "rename", "\"error\"");
    world_settle(&world);
    expect_in(&world, TEMP, "\"state_topic\":\"xpl/attic/temp\"");
    cr_expect_null(strstr(world_file(&world, "names.xml"), "28.2"), "the file is as it was");
    cr_expect_not_null(strstr(world_file(&world, "names.xml"), "attic"));
    cr_expect_not_null(world_get(&world, "xpl/bnz-owfs.rpi/28.2/temp"));
    world_deinit(&world);
}

Test(decisions, the_path_of_another_device_is_no_name)
{
    struct world world;
    world_init(&world);
    begin(&world);
    hear(&world, "28.1");
    hear(&world, "28.2");
    world_settle(&world);
    world_tell(&world, "xpl/bridge/request/rename",
               "{\"device\":\"bnz-owfs.rpi/28.1\",\"name\":\"bnz-owfs.rpi/28.2\"}");
    expect_answer(&world, "rename",
                  "the name 'bnz-owfs.rpi/28.2' is taken by the device 'bnz-owfs.rpi/28.2'");
    world_settle(&world);
    expect_in(&world, TEMP, "\"state_topic\":\"xpl/bnz-owfs.rpi/28.1/temp\"");
    world_tell(&world, "xpl/bridge/request/rename", "{\"device\":\"bnz-owfs.rpi/28.2\",\"name\":\"attic\"}");
    world_tell(&world, "xpl/bridge/request/rename", "{\"device\":\"bnz-owfs.rpi/28.1\",\"name\":\"attic\"}");
    expect_answer(&world, "rename", "the name 'attic' is taken by the device 'bnz-owfs.rpi/28.2'");
    world_deinit(&world);
}

Test(decisions, a_name_in_the_users_file_is_the_users)
{
    struct world world;
    world_init(&world);
    world_map(&world,
              "<mappings xmlns='urn:xplmqtt:mappings:1'><alias device='bnz-owfs.rpi/28.1' name='mine'/>"
              "</mappings>",
              true);
    begin(&world);
    hear(&world, "28.1");
    world_settle(&world);
    world_tell(&world, "xpl/bridge/request/rename", "{\"device\":\"mine\",\"name\":\"yours\"}");
    expect_answer(&world, "rename", "mapping file");
    world_deinit(&world);
}

Test(decisions, a_users_alias_wins_over_a_given_name_without_an_error)
{
    struct world world;
    world_init(&world);
    begin(&world);
    hear(&world, "28.1");
    world_settle(&world);
    world_tell(&world, "xpl/bridge/request/rename", "{\"device\":\"bnz-owfs.rpi/28.1\",\"name\":\"attic\"}");
    world_map(&world,
              "<mappings xmlns='urn:xplmqtt:mappings:1'><alias device='bnz-owfs.rpi/28.1' name='mine'/>"
              "</mappings>",
              true);
    world_settle(&world);
    expect_in(&world, TEMP, "\"state_topic\":\"xpl/mine/temp\"");
    world_deinit(&world);
}

Test(decisions, a_forgotten_device_leaves_nothing_and_comes_back_when_heard)
{
    struct world world;
    world_init(&world);
    begin(&world);
    hear(&world, "28.1");
    world_settle(&world);
    world_tell(&world, "xpl/bridge/request/forget", "{\"device\":\"bnz-owfs.rpi/28.1\"}");
    expect_answer(&world, "forget", "\"ok\"");
    world_settle(&world);
    cr_expect_null(world_get(&world, TEMP));
    cr_expect_eq(world_count(&world, "xpl/bnz-owfs.rpi/"), 0);
    world_stop(&world);
    begin(&world);
    cr_expect_null(world_get(&world, TEMP));
    hear(&world, "28.1");
    world_settle(&world);
    cr_expect_not_null(world_get(&world, TEMP));
    world_deinit(&world);
}

Test(decisions, a_rebound_device_keeps_the_ids_and_the_name_of_the_old_one)
{
    struct world world;
    world_init(&world);
    begin(&world);
    hear(&world, "28.1");
    world_settle(&world);
    world_tell(&world, "xpl/bridge/request/rename", "{\"device\":\"bnz-owfs.rpi/28.1\",\"name\":\"attic\"}");
    hear(&world, "28.9");
    world_settle(&world);
    world_tell(&world, "xpl/bridge/request/rebind", "{\"from\":\"attic\",\"to\":\"bnz-owfs.rpi/28.9\"}");
    expect_answer(&world, "rebind", "\"ok\"");
    world_settle(&world);
    expect_in(&world, TEMP, "\"state_topic\":\"xpl/attic/temp\"");
    cr_expect_eq(world_count(&world, "homeassistant/sensor/xplmqtt_pi_"), 1);
    hear(&world, "28.9");
    cr_expect_str_eq(world_get(&world, "xpl/attic/temp"), "21.5");
    world_stop(&world);
    begin(&world);
    expect_in(&world, TEMP, "\"state_topic\":\"xpl/attic/temp\"");
    world_deinit(&world);
}

Test(decisions, a_permit_announces_in_ask_mode_and_taking_it_back_ends_that)
{
    struct world world;
    world_init(&world);
    world.options.discovery.ask = true;
    begin(&world);
    hear(&world, "28.1");
    world_settle(&world);
    cr_expect_null(world_get(&world, TEMP));
    world_tell(&world, "xpl/bridge/request/permit", "{\"device\":\"bnz-owfs.rpi/28.1\"}");
    world_settle(&world);
    cr_expect_not_null(world_get(&world, TEMP));
    world_kill(&world);
    begin(&world);
    cr_expect_not_null(world_get(&world, TEMP), "a decision is kept at once");
    world_tell(&world, "xpl/bridge/request/permit", "{\"device\":\"bnz-owfs.rpi/28.1\",\"permit\":false}");
    world_settle(&world);
    cr_expect_null(world_get(&world, TEMP));
    world_deinit(&world);
}

Test(decisions, announce_repeats_everything)
{
    struct world world;
    world_init(&world);
    begin(&world);
    hear(&world, "28.1");
    world_settle(&world);
    world_wipe(&world);
    world_tell(&world, "xpl/bridge/request/announce", "{}");
    expect_answer(&world, "announce", "\"ok\"");
    cr_expect_not_null(world_get(&world, TEMP));
    world_deinit(&world);
}

Test(decisions, a_device_that_is_not_there_is_said_so)
{
    struct world world;
    world_init(&world);
    begin(&world);
    world_tell(&world, "xpl/bridge/request/forget", "{\"device\":\"nobody\"}");
    expect_answer(&world, "forget", "there is no device 'nobody'");
    world_deinit(&world);
}

Test(decisions, a_body_that_says_something_else_decides_nothing)
{
    static const struct {
        const char *verb, *body, *why;
    } rows[] = {
        { "forget", "rubbish", "the body is no JSON object" },
        { "forget", "{\"device\":\"bnz-owfs.rpi/28.1\"", "the body is no JSON object" },
        { "forget", "[1]", "the body is no JSON object" },
        { "forget", "\"bnz-owfs.rpi/28.1\"", "the body is no JSON object" },
        { "forget", "", "\\\"device\\\" is missing" },
        { "forget", "{}", "\\\"device\\\" is missing" },
        { "forget", "{\"device\":null}", "\\\"device\\\" is missing" },
        { "forget", "{\"device\":5}", "\\\"device\\\" must be a string" },
        { "rename", "{\"device\":\"attic\",\"name\":5}", "\\\"name\\\" must be a string" },
        { "rename", "{\"device\":\"attic\",\"label\":[]}", "\\\"label\\\" must be a string" },
        { "rename", "{\"device\":\"attic\",\"room\":{}}", "\\\"room\\\" must be a string" },
        { "rebind", "{\"from\":\"attic\",\"to\":true}", "\\\"to\\\" must be a string" },
        { "rebind", "{\"from\":1,\"to\":\"attic\"}", "\\\"from\\\" must be a string" },
        { "permit", "{\"device\":\"attic\",\"permit\":\"no\"}", "\\\"permit\\\" must be true or false" },
        { "permit", "{\"device\":\"attic\",\"permit\":0}", "\\\"permit\\\" must be true or false" },
    };
    struct world world;
    world_init(&world);
    begin(&world);
    hear(&world, "28.1");
    world_settle(&world);
    world_tell(&world, "xpl/bridge/request/rename", "{\"device\":\"bnz-owfs.rpi/28.1\",\"name\":\"attic\"}");
    for (size_t i = 0; i < sizeof(rows) / sizeof(*rows); i++) {
        char topic[64];
        snprintf(topic, sizeof(topic), "xpl/bridge/request/%s", rows[i].verb);
        world_tell(&world, topic, rows[i].body);
        expect_answer(&world, rows[i].verb, rows[i].why);
    }
    world_settle(&world);
    expect_in(&world, TEMP, "\"state_topic\":\"xpl/attic/temp\"");
    world_tell(&world, "xpl/bridge/request/announce", "PRESS");
    expect_answer(&world, "announce", "\"ok\"");
    world_deinit(&world);
}
