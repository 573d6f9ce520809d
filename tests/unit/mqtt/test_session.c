#include <stdio.h>
#include <stdlib.h>
#include <unistd.h>

#include "base/error.h"
#include "base/limits.h"
#include "session_test.h"

TestSuite(session, .init = setup, .fini = teardown);

/* The connection. */

Test(session, waits_for_a_broker_that_is_down_at_start)
{
    world.broker->refuse = MQTT_REASON_UNREACHABLE;
    world_state(&world, "xpl/a/temp", "21.5");
    world_start(&world);
    cr_expect_eq(session_state(world.session), SESSION_WAITING);
    world_pass(&world, 300000);
    cr_expect_leq(world.broker->connects, 20u, "%u attempts", world.broker->connects);
    cr_expect_eq(world.warnings, 1u, "%s", world.log);

    world.broker->refuse = 0;
    world_pass(&world, 60000);
    cr_expect_eq(session_state(world.session), SESSION_UP);
    cr_expect_str_eq(fake_retained(world.broker, "xpl/a/temp"), "21.5");
    cr_expect_eq(world_counted(&world, COUNT_CONNECTS), 1u);
}

Test(session, gives_the_will_with_each_connect)
{
    world_start(&world);
    cr_expect_str_eq(world.broker->will_topic, "xpl/bridge/state");
    cr_expect_str_eq(world.broker->will_payload, "offline");
    cr_expect(world.broker->will_retain);
}

Test(session, tells_refusals_apart)
{
    static const struct {
        int reason;
        const char *text;
    } refusals[] = {
        { 4, "bad user name or password" },
        { 0x86, "bad user name or password" },
        { 5, "not authorised" },
        { 0x87, "not authorised" },
        { 2, "client id refused" },
        { 0x85, "client id refused" },
        { 3, "server unavailable" },
        { MQTT_REASON_TLS, "TLS failed" },
        { MQTT_REASON_NAME, "host name not found" },
        { MQTT_REASON_UNREACHABLE, "connection refused" },
    };
    for (size_t i = 0; i < sizeof(refusals) / sizeof(refusals[0]); i++) {
        options_with((struct session_options){ .version = MQTT_VERSION_5 });
        world.broker->refuse = refusals[i].reason;
        world_start(&world);
        cr_expect(world_logged(&world, refusals[i].text), "%d: %s", refusals[i].reason, world.log);
    }
}

Test(session, warns_once_of_a_failure_until_it_changes)
{
    world.broker->refuse = 5;
    world_start(&world);
    world_pass(&world, 600000);
    cr_expect_eq(world.warnings, 1u);
    world.broker->refuse = 4;
    world_pass(&world, 600000);
    cr_expect_eq(world.warnings, 2u);
}

Test(session, falls_back_to_311_when_5_is_refused)
{
    world.broker->only_311 = true;
    world_start(&world);
    world_next(&world);
    cr_expect_eq(session_state(world.session), SESSION_UP);
    cr_expect_eq(session_version(world.session), MQTT_VERSION_311);
    cr_expect_eq(world.warnings, 0u);

    world_lose(&world, 0);
    world_next(&world);
    cr_expect_eq(session_state(world.session), SESSION_UP);
    cr_expect_eq(world.broker->connects, 3u, "5 is not tried again");
}

Test(session, falls_back_to_311_when_5_gets_no_answer)
{
    world.broker->silent_to_5 = true;
    world_start(&world);
    cr_expect_eq(world.broker->timeout, 5);
    world_next(&world);
    cr_expect_eq(session_version(world.session), MQTT_VERSION_311);
}

Test(session, asks_for_every_subscription_at_every_connect)
{
    session_subscribe(world.session, "xpl/+/set", 1, world.now_ms);
    world_start(&world);
    session_subscribe(world.session, "xpl/bridge/request/#", 1, world.now_ms);
    world_run(&world);
    cr_expect_eq(world.broker->n_filters, 2u);
    session_unsubscribe(world.session, "xpl/+/set", world.now_ms);
    cr_expect_eq(world.broker->n_filters, 1u);
    world_lose(&world, 0);
    world_next(&world);
    cr_expect_eq(world.broker->n_filters, 1u);
    cr_expect_str_eq(world.broker->filters[0], "xpl/bridge/request/#");
}

Test(session, is_up_only_after_all_subscriptions_are_answered)
{
    world.broker->hold_subscribe = true;
    session_subscribe(world.session, "a", 1, world.now_ms);
    world_start(&world);
    cr_expect_eq(session_state(world.session), SESSION_SUBSCRIBING);
    cr_expect_eq(world.ups, 0u);
    world_next(&world);
    cr_expect_eq(session_state(world.session), SESSION_UP, "but not for ever");
    cr_expect_eq(world.ups, 1u);
}

Test(session, goes_on_when_a_subscription_is_refused)
{
    world.broker->subscribe_refuse = 0x87;
    session_subscribe(world.session, "a", 1, world.now_ms);
    world_start(&world);
    cr_expect_eq(session_state(world.session), SESSION_UP);
    cr_expect(world_logged(&world, "subscription to a refused: not authorised"));
}

Test(session, bounds_its_subscriptions)
{
    char filter[16];
    for (int i = 0; i < LIMIT_SUBSCRIPTIONS; i++) {
        snprintf(filter, sizeof(filter), "f%d", i);
        cr_expect_eq(session_subscribe(world.session, filter, 1, world.now_ms), 0);
    }
    cr_expect_eq(session_subscribe(world.session, "one more", 1, world.now_ms), -ENOSPC);
    cr_expect_eq(session_subscribe(world.session, "f0", 1, world.now_ms), 0);
}

/* Dialled with 30 s, until the broker says 10. */
static void start_at_a_broker_that_wants_10_s(void)
{
    world.broker->server_keepalive = 10;
    session_subscribe(world.session, "a", 1, world.now_ms);
    world_start(&world);
    cr_expect_eq(world.broker->keepalive, 30);
    cr_expect_eq(world.broker->disconnects, 1u);
}

Test(session, dials_again_at_once_with_the_broker_s_shorter_keepalive)
{
    start_at_a_broker_that_wants_10_s();
    cr_expect_eq(session_deadline(world.session), world.now_ms);
    world_next(&world);
    cr_expect_eq(world.broker->keepalive, 10);
    cr_expect_eq(session_state(world.session), SESSION_UP);
    cr_expect(world_logged(&world, "info mqtt://broker:1883 wants to hear of us every 10 s"), "%s",
              world.log);
    cr_expect_eq(world.warnings + world.downs, 0u, "%s", world.log);
    cr_expect_eq(world.ups, 1u);
    cr_expect_eq(world_counted(&world, COUNT_CONNECTS), 1u);
    cr_expect_eq(
        world_counted(&world, COUNT_CONNECT_FAILURES) + world_counted(&world, COUNT_CONNECTIONS_LOST), 0u);

    world_lose(&world, 0);
    cr_expect_geq(session_deadline(world.session) - world.now_ms, 500, "the first delay");
    cr_expect_lt(session_deadline(world.session) - world.now_ms, 1500, "the first delay");
    world_next(&world);
    cr_expect_eq(world.broker->keepalive, 10, "it is kept");
    cr_expect_eq(world.broker->connects, 3u);
    cr_expect_eq(session_state(world.session), SESSION_UP);
}

Test(session, keeps_a_keepalive_that_is_short_enough)
{
    world.broker->server_keepalive = 30;
    world_start(&world);
    cr_expect_eq(session_state(world.session), SESSION_UP);
    world.broker->server_keepalive = 60;
    world_lose(&world, 0);
    world_next(&world);
    cr_expect_eq(session_state(world.session), SESSION_UP);
    cr_expect_eq(world.broker->disconnects, 0u);
    cr_expect_eq(world.broker->keepalive, 30);
}

Test(session, dials_again_too_when_the_broker_was_faster_to_hang_up)
{
    world.broker->hold_disconnect = true;
    start_at_a_broker_that_wants_10_s();
    cr_expect_eq(session_deadline(world.session), INT64_MAX);
    world_lose(&world, 0);
    world_next(&world);
    cr_expect_eq(session_state(world.session), SESSION_UP);
    cr_expect_eq(world_counted(&world, COUNT_CONNECTIONS_LOST), 0u);
    cr_expect_eq(world.warnings, 0u, "%s", world.log);
}

Test(session, bears_with_a_connection_that_it_cannot_end)
{
    world.broker->disconnect_error = -EAGAIN;
    start_at_a_broker_that_wants_10_s();
    cr_expect_eq(session_state(world.session), SESSION_UP);
    world_lose(&world, 0);
    world_next(&world);
    cr_expect_eq(world.broker->keepalive, 10);
    cr_expect_eq(session_state(world.session), SESSION_UP);
}

Test(session, stops_between_a_keepalive_and_the_next)
{
    world.broker->hold_disconnect = true;
    start_at_a_broker_that_wants_10_s();
    session_stop(world.session, 1000, world.now_ms);
    cr_expect_eq(world.closes, 0u, "its answer is still to come");
    world_lose(&world, 0);
    cr_expect_eq(world.closes, 1u);
    world_pass(&world, 100000);
    cr_expect_eq(world.broker->connects, 1u);
}

Test(session, backs_off_for_long_when_another_client_takes_over)
{
    world_start(&world);
    world_lose(&world, 0x8e);
    cr_expect(world_logged(&world, "session taken over"));
    cr_expect_geq(session_deadline(world.session) - world.now_ms, 15000);
}

Test(session, reads_the_password_file_at_each_connect)
{
    char path[] = "/tmp/xplmqtt-password-XXXXXX";
    int fd = mkstemp(path);
    cr_assert_eq(write(fd, "one\n", 4), 4);
    options_with((struct session_options){ .username = "me", .password_file = path });
    world_start(&world);
    cr_expect_str_eq(world.broker->username, "me");
    cr_expect_str_eq(world.broker->password, "one");

    cr_assert_eq(pwrite(fd, "two\n", 4, 0), 4);
    world_lose(&world, 0);
    world_next(&world);
    cr_expect_str_eq(world.broker->password, "two");

    unlink(path);
    world_lose(&world, 0);
    world_pass(&world, 100000);
    cr_expect_eq(world.broker->connects, 2u);
    cr_expect(world_logged(&world, "password file"));
    cr_expect_eq(session_state(world.session), SESSION_WAITING);
    close(fd);
}

Test(session, ends_a_connection_that_no_longer_answers)
{
    world_start(&world);
    world.broker->hold = true;
    world_event(&world, "e", "1");
    world_pass(&world, 59000);
    cr_expect_eq(world.broker->disconnects, 0u);
    world_pass(&world, 2000);
    cr_expect_eq(world.broker->disconnects, 1u);
    cr_expect(world_logged(&world, "no longer acknowledges"));
    world.broker->hold = false;
    world_pass(&world, 2000);
    cr_expect_str_eq(fake_taken(world.broker, 0), "e=1");
}

Test(session, notices_a_connection_that_went_without_a_word)
{
    world_start(&world);
    world_pass(&world, 1000000);
    world.broker->connected = false;
    world_event(&world, "e", "1");
    world_pass(&world, 59000);
    cr_expect_eq(world.broker->connects, 1u);
    world_pass(&world, 3000);
    cr_expect_eq(world.broker->connects, 2u);
    cr_expect_str_eq(fake_taken(world.broker, 0), "e=1");
    cr_expect_eq(world.downs, 1u);
}

Test(session, leaves_a_connection_in_which_a_publish_failed_here)
{
    world_start(&world);
    world.broker->hold = true;
    world_event(&world, "e", "1");
    const struct mqtt_event failure = { .type = MQTT_EVENT_PUBLISH_FAILED,
                                        .context = world.broker->wire.items[0].context,
                                        .reason = -EIO };
    session_on_event(world.session, &failure, world.now_ms);
    world_event(&world, "e", "2");
    cr_expect_eq(world.broker->publishes, 1u, "nothing overtakes");
    world.broker->hold = false;
    world_pass(&world, 2000);
    cr_expect_eq(world.broker->disconnects, 1u);
    world_pass(&world, 2000);
    size_t n = world.broker->taken.n;
    cr_assert_geq(n, 2u);
    cr_expect_str_eq(fake_taken(world.broker, n - 2), "e=1 e=2");
}

Test(session, does_not_take_an_old_answer_for_its_connect)
{
    world.broker->hold_connect = true;
    world_start(&world);
    const struct mqtt_event old = { .type = MQTT_EVENT_CONNECTED,
                                    .context = MQTT_CONTEXT(7, 0),
                                    .receive_maximum = 5 };
    session_on_event(world.session, &old, world.now_ms);
    cr_expect_eq(session_state(world.session), SESSION_CONNECTING);
    const struct mqtt_event lost = { .type = MQTT_EVENT_LOST, .context = MQTT_CONTEXT(1, 0) };
    session_on_event(world.session, &lost, world.now_ms);
    cr_expect_eq(session_state(world.session), SESSION_CONNECTING);
}

Test(session, is_up_once_a_connect)
{
    world_start(&world);
    const struct mqtt_event again = { .type = MQTT_EVENT_CONNECTED,
                                      .context = MQTT_CONTEXT(1, 0),
                                      .receive_maximum = 5 };
    session_on_event(world.session, &again, world.now_ms);
    cr_expect_eq(world.ups, 1u);
}

Test(session, warns_again_of_the_same_failure_after_a_stable_minute)
{
    for (int i = 0; i < 2; i++) {
        if (i == 0)
            world_start(&world);
        else
            world_next(&world);
        world_pass(&world, 100000);
        world_lose(&world, 0);
    }
    cr_expect_eq(world.warnings, 2u);
}

/* Stop. */

Test(session, says_offline_last_and_closes_once)
{
    world_start(&world);
    world_state(&world, "xpl/bridge/state", "online");
    world_event(&world, "e", "1");
    session_stop(world.session, 1000, world.now_ms);
    session_stop(world.session, 1000, world.now_ms);
    world_run(&world);
    cr_expect_str_eq(fake_taken(world.broker, 0), "xpl/bridge/state=online e=1 xpl/bridge/state=offline");
    cr_expect_str_eq(fake_retained(world.broker, "xpl/bridge/state"), "offline");
    cr_expect_eq(world.broker->disconnects, 1u);
    cr_expect_eq(world.closes, 1u);
    cr_expect_eq(session_deadline(world.session), INT64_MAX);
}

Test(session, says_offline_before_a_backlog_that_does_not_move)
{
    world_start(&world);
    world.broker->hold = true;
    for (int i = 0; i < 1000; i++)
        world_event(&world, "e", "x");
    session_stop(world.session, 1000, world.now_ms);
    for (int turn = 0; turn < 1000 && !world.closes; turn++) {
        world.now_ms++;
        session_on_time(world.session, world.now_ms);
        fake_take(world.broker, 1); /* one message a millisecond: too slow for the backlog */
        fake_answer(world.broker, world.session, 0, world.now_ms);
    }
    cr_expect_str_eq(fake_retained(world.broker, "xpl/bridge/state"), "offline");
    cr_expect_eq(world.closes, 1u);
}

Test(session, closes_by_the_deadline_when_nothing_answers)
{
    world_start(&world);
    world.broker->hold = world.broker->hold_disconnect = true;
    world_event(&world, "e", "1");
    session_stop(world.session, 1000, world.now_ms);
    world_pass(&world, 999);
    cr_expect_eq(world.closes, 0u);
    world_pass(&world, 1);
    cr_expect_eq(world.closes, 1u);
    world_pass(&world, 100000);
    cr_expect_eq(world.closes, 1u);
}

Test(session, closes_at_once_while_it_waits)
{
    world.broker->refuse = MQTT_REASON_UNREACHABLE;
    world_start(&world);
    session_stop(world.session, 1000, world.now_ms);
    cr_expect_eq(world.closes, 1u);
}

Test(session, makes_no_call_while_it_connects)
{
    world.broker->hold_connect = true;
    world_start(&world);
    session_subscribe(world.session, "a", 1, world.now_ms);
    world_state(&world, "s", "1");
    session_unsubscribe(world.session, "a", world.now_ms);
    session_stop(world.session, 1000, world.now_ms);
    cr_expect_eq(world.broker->publishes + world.broker->disconnects + (unsigned)world.broker->n_filters, 0u);
    world.now_ms += 900;
    session_on_time(world.session, world.now_ms);
    cr_expect_eq(world.closes, 0u);
    world_pass(&world, 100);
    cr_expect_eq(world.closes, 1u);
    cr_expect_eq(world.broker->disconnects, 0u);
}

Test(session, disconnects_a_connection_that_comes_during_the_stop)
{
    world.broker->hold_connect = true;
    world_start(&world);
    session_stop(world.session, 1000, world.now_ms);
    world.broker->connected = true;
    const struct mqtt_event late = { .type = MQTT_EVENT_CONNECTED, .context = MQTT_CONTEXT(1, 0) };
    session_on_event(world.session, &late, world.now_ms);
    world_run(&world);
    cr_expect_eq(world.broker->disconnects, 1u);
    cr_expect_eq(world.ups, 0u);
    cr_expect_eq(world.closes, 1u);
}

Test(session, comes_no_more_when_the_connection_breaks_during_the_stop)
{
    world_start(&world);
    world.broker->hold = true;
    world_event(&world, "e", "1");
    session_stop(world.session, 1000, world.now_ms);
    world_lose(&world, 0);
    cr_expect_eq(world.closes, 1u);
    world_pass(&world, 100000);
    cr_expect_eq(world.broker->connects, 1u);
}

Test(session, takes_nothing_more_after_its_last_word)
{
    world_start(&world);
    session_stop(world.session, 1000, world.now_ms);
    cr_expect_eq(world_event(&world, "e", "1"), COUNT_DROPPED_OFFLINE + 1);
    cr_expect_eq(world_state(&world, "s", "1"), COUNT_DROPPED_OFFLINE + 1);
}

/* Messages. */

Test(session, passes_messages_on_while_connected)
{
    const struct mqtt_event message = { .type = MQTT_EVENT_MESSAGE, .topic = XPL_SLICE("xpl/a/set") };
    session_on_event(world.session, &message, world.now_ms);
    cr_expect_eq(world.messages, 0u);
    world_start(&world);
    session_on_event(world.session, &message, world.now_ms);
    cr_expect_eq(world.messages, 1u);
    world_lose(&world, 0);
    session_on_event(world.session, &message, world.now_ms);
    cr_expect_eq(world.messages, 1u);
}
