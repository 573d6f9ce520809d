#include "base/limits.h"
#include "session_test.h"

TestSuite(session_refusal, .init = setup, .fini = teardown);

/* Refusals. */

Test(session_refusal, counts_each_kind_of_failed_connect)
{
    static const struct {
        int reason;
        enum counter counter;
    } kinds[] = {
        { 0x86, COUNT_CONNECT_BAD_PASSWORD },
        { 0x87, COUNT_CONNECT_DENIED },
        { MQTT_REASON_TLS, COUNT_CONNECT_TLS },
    };
    for (size_t i = 0; i < sizeof(kinds) / sizeof(kinds[0]); i++) {
        options_with((struct session_options){ .version = MQTT_VERSION_5 });
        world.broker->refuse = kinds[i].reason;
        world_start(&world);
        cr_expect_eq(world_counted(&world, kinds[i].counter), 1u, "0x%x", kinds[i].reason);
        cr_expect_eq(world_counted(&world, COUNT_CONNECT_FAILURES), 1u);
    }
}

Test(session_refusal, tells_refused_publishes_apart_once_a_connection)
{
    static const struct {
        int reason;
        enum counter counter;
        const char *text;
    } kinds[] = {
        { 0x87, COUNT_PUBLISH_REFUSED_DENIED, "warning publish to xpl/a refused: not authorised" },
        { 0x95, COUNT_PUBLISH_REFUSED_SIZE, "warning publish to xpl/a refused: packet too large" },
        { 0x97, COUNT_PUBLISH_REFUSED_QUOTA, "warning publish to xpl/a refused: quota exceeded" },
        { 0x80, COUNT_PUBLISH_REFUSED_OTHER, "warning publish to xpl/a refused: unspecified error" },
    };
    world.broker->refused = "xpl/a";
    world_start(&world);
    for (int round = 0; round < 3; round++)
        for (size_t i = 0; i < 4; i++) {
            world.broker->refused_reason = kinds[i].reason;
            world_event(&world, "xpl/a", "1");
            world_run(&world);
            cr_expect(world_logged(&world, kinds[i].text), "%s", world.log);
        }
    cr_expect_eq(world.warnings, 4u);
    for (size_t i = 0; i < 4; i++)
        cr_expect_eq(world_counted(&world, kinds[i].counter), 3u);
    cr_expect_eq(world_counted(&world, COUNT_DROPPED_REFUSED), 12u);
    world_lose(&world, 0);
    world_pass(&world, 10000);
    world_event(&world, "xpl/a", "1");
    world_run(&world);
    cr_expect_eq(world.warnings, 6u, "the loss and the refusal: %s", world.log);
}

Test(session_refusal, names_a_topic_or_payload_that_is_too_large)
{
    static char topic[LIMIT_TOPIC + 2];
    memset(topic, 't', sizeof(topic) - 1);
    world_start(&world);
    world_state(&world, topic, "1");
    cr_expect_eq(world_counted(&world, COUNT_PUBLISH_REFUSED_SIZE), 1u);
    cr_expect(world_logged(&world, "refused: larger than the broker takes"));
}

Test(session_refusal, counts_a_refused_subscription)
{
    world.broker->subscribe_refuse = 0x87;
    session_subscribe(world.session, "xpl/+/set", 1, world.now_ms);
    world_start(&world);
    cr_expect_eq(world_counted(&world, COUNT_SUBSCRIPTIONS_REFUSED), 1u);
    cr_expect(world_logged(&world, "warning subscription to xpl/+/set refused: not authorised"));
}

Test(session_refusal, counts_a_takeover)
{
    world_start(&world);
    world_lose(&world, 0x8e);
    cr_expect_eq(world_counted(&world, COUNT_TAKEN_OVER), 1u);
    cr_expect(world_logged(&world, "another client uses the same client id"));
}

/* The echo of 3.1.1. */

static void say_online(struct world *w)
{
    world_state(w, "xpl/bridge/state", "online");
}

static void start_311(void)
{
    options_with((struct session_options){ .version = MQTT_VERSION_311 });
    world.on_up = say_online;
    world_start(&world);
}

static void hear(const char *topic, const char *payload, bool retained)
{
    const struct mqtt_event event = { .type = MQTT_EVENT_MESSAGE,
                                      .topic = xpl_slice_from(topic),
                                      .payload = xpl_slice_from(payload),
                                      .retained = retained };
    session_on_event(world.session, &event, world.now_ms);
}

Test(session_refusal, warns_when_311_does_not_give_back_our_state)
{
    start_311();
    cr_expect_eq(world.broker->n_filters, 1u);
    hear("xpl/bridge/state", "online", true); /* of an earlier run */
    world_pass(&world, 31000);
    cr_expect(world_logged(&world, "warning what we publish to xpl/bridge/state does not come back"));
    cr_expect_eq(world_counted(&world, COUNT_ECHOES_MISSING), 1u);
    world_pass(&world, 100000);
    cr_expect_eq(world.warnings, 1u);
    cr_expect_eq(world.broker->n_filters, 0u);
}

Test(session_refusal, is_content_when_311_gives_back_our_state)
{
    start_311();
    hear("xpl/bridge/state", "online", false);
    cr_expect_eq(world.broker->n_filters, 0u, "still subscribed");
    cr_expect_eq(world.messages, 0u, "the echo is nobody else's");
    world_pass(&world, 100000);
    cr_expect_eq(world.warnings, 0u, "%s", world.log);
    hear("xpl/bridge/state", "online", false);
    cr_expect_eq(world.messages, 1u);
}

Test(session_refusal, needs_no_echo_with_mqtt_5)
{
    world.on_up = say_online;
    world_start(&world);
    cr_expect_eq(world.broker->n_filters, 0u);
    world_pass(&world, 100000);
    cr_expect_eq(world.warnings, 0u);
}

Test(session_refusal, learns_nothing_where_the_echo_may_not_be_read)
{
    options_with((struct session_options){ .version = MQTT_VERSION_311 });
    world.on_up = say_online;
    world.broker->subscribe_refuse = 0x80;
    world_start(&world);
    world_pass(&world, 100000);
    cr_expect_eq(world_counted(&world, COUNT_ECHOES_MISSING), 0u);
}
