/* Commands beyond what tests/cases/core show: bounds, and what people and programs send. */
#include "core_test.h"

#define SLOW                                                                                   \
    "<map name='m' schema='acme.basic' device='{source}/{unit}'><property name='v'><publish/>" \
    "<send repeat='2' repeat-interval='10000'><item name='unit'>{unit}</item><item "           \
    "name='v'>{payload}</item></send>"                                                         \
    "</property></map>"

static void command(int unit, const char *payload)
{
    char topic[64];
    snprintf(topic, sizeof(topic), "xpl/acme-x.one/%d/v/set", unit);
    world_mqtt(&world, topic, payload);
}

Test(commands, more_than_can_be_pending_are_refused)
{
    begin(SLOW);
    for (int i = 0; i < LIMIT_PENDING; i++)
        command(i, "1");
    expect_count(COMMANDS_SENT, (unsigned)LIMIT_PENDING);
    world_notes(&world);
    command(LIMIT_PENDING, "1");
    expect_notes("publish xpl/bridge/response/command now qos=1 "
                 "{\"topic\":\"xpl/acme-x.one/256/v/set\",\"payload\":\"1\","
                 "\"result\":\"refused: too many commands are pending\"}\n");
    expect_count(REFUSED_BUSY, 1u);
    world_pass(&world, 10000);
    command(LIMIT_PENDING, "1");
    expect_count(REFUSED_BUSY, 1u);
    end();
}

Test(commands, retained_ones_are_told_in_the_log_once)
{
    begin(SLOW);
    struct core_message message = { .topic = XPL_SLICE("xpl/acme-x.one/1/v/set"),
                                    .payload = XPL_SLICE("1"),
                                    .retained = true,
                                    .expiry_s = -1,
                                    .arrived_ms = world.now_ms };
    world_message(&world, &message);
    message.topic = XPL_SLICE("xpl/bridge/request/info");
    world_message(&world, &message);
    message.topic = XPL_SLICE("xpl/acme-x.one/2/v/set");
    world_message(&world, &message);
    cr_expect_eq(world.warnings, 1u, "%s", world.log);
    end();
}

Test(commands, an_answer_is_sound_json_whatever_it_quotes)
{
    static char topic[LIMIT_TOPIC + 100], payload[70000];
    static const size_t sizes[] = { 0, 1, 511, 512, 513, 65536 };
    begin(SLOW);
    for (int byte = 1; byte < 256; byte++)
        for (size_t i = 0; i < sizeof(sizes) / sizeof(sizes[0]); i++) {
            struct core_message message = { .expiry_s = -1, .arrived_ms = world.now_ms };
            memset(payload, byte, sizes[i]);
            memset(topic, '"', sizeof(topic));
            memcpy(topic, "xpl/", 4);
            memcpy(topic + LIMIT_TOPIC - 6, "/v/set", 6);
            memcpy(topic + 100, "/1", 2);
            message.topic = xpl_slice(topic, LIMIT_TOPIC);
            message.payload = xpl_slice(payload, sizes[i]);
            world_notes(&world);
            world_message(&world, &message);
            const char *answer = strstr(world_notes(&world), "/response/command now qos=1 ");
            if (!answer)
                continue;
            json_t *json = json_loads(strchr(answer, '{'), JSON_DISABLE_EOF_CHECK, NULL);
            cr_assert_not_null(json, "byte %d, %zu of them: %.200s", byte, sizes[i], answer);
            json_decref(json);
            world_pass(&world, 1000);
        }
    end();
}

Test(commands, a_topic_that_is_too_long_is_none_of_ours)
{
    static char topic[LIMIT_TOPIC + 100];
    begin(SLOW);
    memset(topic, 'x', sizeof(topic) - 1);
    memcpy(topic, "xpl/", 4);
    memcpy(topic + 500, "/1", 2);
    memcpy(topic + sizeof(topic) - 7, "/v/set", 6);
    world_mqtt(&world, topic, "1");
    expect_count(COMMANDS, 0u);
    expect_count(MQTT_OTHER, 1u);
    end();
}

Test(commands, two_that_wait_for_one_proof_are_both_confirmed)
{
    begin("<map name='m' schema='acme.basic' device='{source}/{unit}'><property name='v'>"
          "<send confirm='acme.basic ok' confirm-timeout='5'><item name='unit'>{unit}</item>"
          "<item name='v'>{payload}</item></send></property></map>");
    command(1, "1");
    command(1, "1");
    command(2, "1");
    world_say(&world, "xpl-trig acme-x.one * acme.basic unit=1 v=1 ok=1");
    expect_count(COMMANDS_CONFIRMED, 2u);
    world_pass(&world, 5000);
    expect_count(COMMANDS_TIMED_OUT, 1u);
    end();
}

Test(commands, repeats_go_on_after_a_timeout_and_end_with_a_proof)
{
    begin("<map name='m' schema='acme.basic' device='{source}/{unit}'><property name='v'>"
          "<send repeat='3' repeat-interval='2000' confirm='acme.basic ok' confirm-timeout='3'>"
          "<item name='v'>{payload}</item></send></property></map>");
    unsigned sends = world.sends;
    command(1, "1");
    world_pass(&world, 10000);
    cr_expect_eq(world.sends, sends + 3);
    expect_count(COMMANDS_TIMED_OUT, 1u);
    sends = world.sends;
    command(1, "2");
    world_say(&world, "xpl-trig acme-x.one * acme.basic v=2 ok=1");
    world_pass(&world, 10000);
    cr_expect_eq(world.sends, sends + 1);
    end();
}
