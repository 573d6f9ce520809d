#include <criterion/criterion.h>

#include <stdio.h>
#include <stdlib.h>
#include <unistd.h>

#include "base/error.h"
#include "base/limits.h"
#include "mqtt_world.h"

static struct world world;

static void setup(void)
{
    world_init(&world, NULL);
}

static void teardown(void)
{
    cr_expect(session_books_balance(world.session));
    world_deinit(&world);
}

TestSuite(session, .init = setup, .fini = teardown);

static uint64_t counted(enum counter counter)
{
    return world.counters.value[counter];
}

static void lose(int reason)
{
    fake_lose(world.broker, reason);
    world_run(&world);
}

static bool logged(const char *text)
{
    return strstr(world.log, text) != NULL;
}

static void options_with(struct session_options options)
{
    world_deinit(&world);
    options.url = "mqtt://broker:1883";
    options.will_topic = "xpl/bridge/state";
    options.will_payload = "offline";
    world_init(&world, &options);
}

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
    cr_expect_eq(counted(COUNT_CONNECTS), 1u);
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
        cr_expect(logged(refusals[i].text), "%d: %s", refusals[i].reason, world.log);
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

    lose(0);
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
    lose(0);
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
    cr_expect(logged("subscription to a refused: not authorised"));
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

Test(session, backs_off_for_long_when_another_client_takes_over)
{
    world_start(&world);
    lose(0x8e);
    cr_expect(logged("session taken over"));
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
    lose(0);
    world_next(&world);
    cr_expect_str_eq(world.broker->password, "two");

    unlink(path);
    lose(0);
    world_pass(&world, 100000);
    cr_expect_eq(world.broker->connects, 2u);
    cr_expect(logged("password file"));
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
    cr_expect(logged("no longer acknowledges"));
    world.broker->hold = false;
    world_pass(&world, 2000);
    cr_expect_str_eq(fake_taken(world.broker, 0), "e=1");
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
        lose(0);
    }
    cr_expect_eq(world.warnings, 2u);
}

/* States. */

Test(session, counts_what_was_in_flight_as_waiting_after_a_loss)
{
    world_start(&world);
    world.broker->hold = true;
    world_state(&world, "s", "1");
    world_event(&world, "e", "1");
    cr_expect_eq(session_inflight(world.session), 2u);
    cr_expect_eq(session_waiting(world.session), 0u);
    lose(0);
    cr_expect_eq(session_inflight(world.session), 0u);
    cr_expect_eq(session_waiting(world.session), 2u);
}

Test(session, sends_the_newest_value_of_a_state_once_the_broker_is_back)
{
    world_start(&world);
    lose(0);
    world_state(&world, "s", "1");
    world_state(&world, "s", "2");
    world_state(&world, "s", "3");
    world_next(&world);
    cr_expect_str_eq(fake_taken(world.broker, 0), "s=3");
    cr_expect_eq(counted(COUNT_COALESCED), 2u);
    cr_expect_eq(counted(COUNT_PUBLISHED), 1u);
}

Test(session, fills_a_broker_that_came_back_empty)
{
    world_start(&world);
    world_state(&world, "a", "1");
    world_state(&world, "b", "2");
    world_state(&world, "a", "3");
    world_run(&world);
    lose(0);
    fake_empty(world.broker);
    size_t before = world.broker->taken.n;
    world_next(&world);
    cr_expect_str_eq(fake_taken(world.broker, before), "a=3 b=2", "in the order of the first publish");
    cr_expect_eq(counted(COUNT_REPUBLISHED), 2u);
    cr_expect_eq(counted(COUNT_PUBLISHED), 3u, "a repeat is no publish");
}

static void announce(struct world *w)
{
    world_state(w, "xpl/bridge/state", "online");
    world_state(w, "b", "new");
}

Test(session, sends_what_is_announced_first_then_states_then_events)
{
    world.on_up = announce;
    world_event(&world, "e", "1");
    world_state(&world, "a", "1");
    world_state(&world, "b", "old");
    world_event(&world, "e", "2");
    world_start(&world);
    cr_expect_str_eq(fake_taken(world.broker, 0), "xpl/bridge/state=online b=new a=1 e=1 e=2");
}

Test(session, clears_and_forgets_an_empty_state)
{
    world_start(&world);
    world_state(&world, "a", "1");
    world_run(&world);
    world_state(&world, "a", "");
    cr_expect_eq(session_states(world.session), 1u, "until the broker has acknowledged it");
    world_run(&world);
    cr_expect_null(fake_retained(world.broker, "a"));
    cr_expect_eq(session_states(world.session), 0u);
}

Test(session, clears_a_state_even_when_the_connection_breaks_meanwhile)
{
    world_start(&world);
    world_state(&world, "a", "1");
    world_run(&world);
    world.broker->hold = true;
    world_state(&world, "a", "");
    lose(0);
    world.broker->hold = false;
    world_next(&world);
    cr_expect_null(fake_retained(world.broker, "a"));
    cr_expect_eq(session_states(world.session), 0u);
}

Test(session, forgets_a_state_without_touching_the_broker)
{
    world_start(&world);
    world_state(&world, "a", "1");
    world.broker->hold = true;
    world_state(&world, "a", "2");
    session_forget(world.session, XPL_SLICE("a"));
    world.broker->hold = false;
    world_run(&world);
    cr_expect_str_eq(fake_retained(world.broker, "a"), "2", "what was on its way arrives");
    lose(0);
    world_next(&world);
    cr_expect_eq(counted(COUNT_REPUBLISHED), 0u);
}

Test(session, bounds_the_states)
{
    char topic[16];
    for (int i = 0; i < LIMIT_STATES; i++) {
        snprintf(topic, sizeof(topic), "s%d", i);
        cr_assert_eq(world_state(&world, topic, "1"), 0);
    }
    cr_expect_eq(world_state(&world, "more", "1"), COUNT_DROPPED_TABLE + 1);
    cr_expect_eq(world_state(&world, "s0", "2"), 0);
    cr_expect_eq(counted(COUNT_DROPPED_TABLE), 1u);
}

/* Events. */

Test(session, keeps_events_in_order_while_the_broker_is_away)
{
    world_event(&world, "e", "1");
    world_event(&world, "f", "2");
    world_event(&world, "e", "3");
    world_start(&world);
    cr_expect_str_eq(fake_taken(world.broker, 0), "e=1 f=2 e=3");
    for (size_t i = 0; i < 3; i++)
        cr_expect_not(world.broker->taken.items[i].retain);
}

Test(session, drops_the_oldest_events_over_the_bound)
{
    char payload[16];
    for (int i = 0; i < LIMIT_EVENTS + 5; i++) {
        snprintf(payload, sizeof(payload), "%d", i);
        cr_expect_eq(world_event(&world, "e", payload), 0);
    }
    cr_expect_eq(counted(COUNT_DROPPED_FULL), 5u);
    cr_expect_eq(session_waiting(world.session), LIMIT_EVENTS);
    world_start(&world);
    cr_expect_eq(counted(COUNT_PUBLISHED), LIMIT_EVENTS);
    cr_expect_str_eq(world.broker->taken.items[0].payload, "5");
    cr_expect_eq(session_waiting(world.session), 0u);
}

Test(session, drops_events_that_waited_too_long)
{
    world.broker->refuse = MQTT_REASON_UNREACHABLE;
    world_start(&world);
    world_event(&world, "e", "old");
    world_pass(&world, LIMIT_EVENT_AGE - 1000);
    world_event(&world, "e", "new");
    world_pass(&world, 2000);
    cr_expect_eq(counted(COUNT_EXPIRED), 1u);
    world.broker->refuse = 0;
    world_pass(&world, 100000);
    cr_expect_str_eq(fake_taken(world.broker, 0), "e=new");
}

Test(session, sends_unacknowledged_events_again_in_order)
{
    world_start(&world);
    world.broker->hold = true;
    world_event(&world, "e", "1");
    world_event(&world, "e", "2");
    world_event(&world, "e", "3");
    fake_take(world.broker, 1);
    fake_answer(world.broker, world.session, 0, world.now_ms); /* 1 is acknowledged */
    fake_take(world.broker, 1);
    world.broker->n_answers = 0; /* the answer to 2 is lost */
    lose(0);
    world.broker->hold = false;
    size_t before = world.broker->taken.n;
    world_next(&world);
    cr_expect_str_eq(fake_taken(world.broker, before), "e=2 e=3");
    cr_expect_eq(counted(COUNT_RESENT), 2u);
    cr_expect_eq(counted(COUNT_PUBLISHED), 3u);
}

Test(session, takes_a_late_success_of_the_last_connection_for_an_event)
{
    world_start(&world);
    world.broker->hold = true;
    world_event(&world, "e", "1");
    world_event(&world, "e", "2");
    fake_take(world.broker, 1);
    struct mqtt_event late = world.broker->answers[0];
    world.broker->n_answers = 0;
    lose(0);
    session_on_event(world.session, &late, world.now_ms);
    world.broker->hold = false;
    size_t before = world.broker->taken.n;
    world_next(&world);
    cr_expect_str_eq(fake_taken(world.broker, before), "e=2");
    cr_expect_eq(counted(COUNT_PUBLISHED), 2u);
}

Test(session, does_not_let_old_answers_open_the_window)
{
    world.broker->receive_maximum = 2;
    world_start(&world);
    world.broker->hold = true;
    world_event(&world, "e", "1");
    world_event(&world, "e", "2");
    struct mqtt_event late[2] = {
        { .type = MQTT_EVENT_PUBLISH_FAILED, .context = world.broker->wire.items[0].context, .reason = -EIO },
        { .type = MQTT_EVENT_PUBLISH_FAILED, .context = world.broker->wire.items[1].context, .reason = -EIO },
    };
    lose(0);
    world_event(&world, "e", "3");
    world_next(&world);
    cr_expect_eq(session_inflight(world.session), 2u);
    session_on_event(world.session, &late[0], world.now_ms);
    session_on_event(world.session, &late[1], world.now_ms);
    cr_expect_eq(session_inflight(world.session), 2u);
    cr_expect_eq(world.broker->wire.n, 2u);
    world.broker->hold = false;
    world_run(&world);
}

/* The window. */

Test(session, keeps_within_the_window)
{
    world_start(&world);
    for (int i = 0; i < 1000; i++)
        world_event(&world, "e", "x");
    cr_expect_eq(session_inflight(world.session), LIMIT_INFLIGHT);
    world_run(&world);
    cr_expect_eq(world.broker->most_out, LIMIT_INFLIGHT);
    cr_expect_eq(counted(COUNT_PUBLISHED), 1000u);
}

Test(session, keeps_to_the_least_receive_maximum_ever_seen)
{
    world.broker->receive_maximum = 20;
    world_start(&world);
    lose(0);
    world.broker->receive_maximum = 65535;
    world_next(&world);
    for (int i = 0; i < 50; i++)
        world_event(&world, "e", "x");
    cr_expect_eq(session_inflight(world.session), 20u);
}

Test(session, tries_again_when_the_driver_does_not_take_a_message)
{
    world_start(&world);
    world.broker->publish_error = -EAGAIN;
    world_event(&world, "e", "1");
    world_state(&world, "s", "2");
    cr_expect_eq(session_waiting(world.session), 2u);
    cr_expect_eq(session_deadline(world.session), world.now_ms + 100);
    world_next(&world);
    cr_expect_eq(session_waiting(world.session), 2u);
    world.broker->publish_error = 0;
    world_next(&world);
    cr_expect_str_eq(fake_taken(world.broker, 0), "e=1 s=2");
}

Test(session, drops_what_the_driver_never_will_take)
{
    world_start(&world);
    world.broker->publish_error = -EMSGSIZE;
    world_event(&world, "e", "1");
    world_state(&world, "s", "1");
    world.broker->publish_error = 0;
    world_event(&world, "e", "2");
    world_run(&world);
    cr_expect_str_eq(fake_taken(world.broker, 0), "e=2");
    cr_expect_eq(counted(COUNT_DROPPED_REFUSED), 2u);
    cr_expect(logged("larger than the broker takes"));
}

/* Refusals. */

Test(session, drops_a_refused_event_and_says_so_once)
{
    world.broker->refused = "forbidden";
    world.broker->refused_reason = 0x87;
    world_start(&world);
    world_event(&world, "forbidden", "1");
    world_event(&world, "forbidden", "2");
    world_event(&world, "allowed", "3");
    world_run(&world);
    cr_expect_str_eq(fake_taken(world.broker, 0), "allowed=3");
    cr_expect_eq(counted(COUNT_DROPPED_REFUSED), 2u);
    cr_expect_eq(world.warnings, 1u);
    cr_expect(logged("publish to forbidden refused: not authorised"));
}

Test(session, tries_a_refused_state_again_only_at_the_next_connect)
{
    world.broker->refused = "s";
    world.broker->refused_reason = 0x97;
    world_start(&world);
    world_state(&world, "s", "1");
    world_pass(&world, 100000);
    cr_expect_eq(world.broker->publishes, 1u);
    world.broker->refused = NULL;
    lose(0);
    world_next(&world);
    cr_expect_str_eq(fake_retained(world.broker, "s"), "1");
}

Test(session, finds_the_message_that_makes_the_broker_hang_up)
{
    world.broker->poison = "bad";
    world.broker->poison_reason = 0x95;
    world_start(&world);
    world_state(&world, "a", "1");
    world_state(&world, "bad", "1");
    world_event(&world, "e", "1");
    world_pass(&world, 100000);
    cr_expect_str_eq(fake_retained(world.broker, "a"), "1");
    cr_expect(strstr(fake_taken(world.broker, 0), "e=1") != NULL);
    cr_expect_eq(counted(COUNT_DROPPED_REFUSED), 1u);
    cr_expect_eq(world.broker->connections, 3u);
    cr_expect(logged("publish to bad refused: packet too large"));
}

Test(session, refuses_what_cannot_be_a_topic)
{
    cr_expect_eq(world_event(&world, "", "1"), COUNT_DROPPED_REFUSED + 1);
    cr_expect_eq(world_event(&world, "a/#", "1"), COUNT_DROPPED_REFUSED + 1);
    cr_expect_eq(world_state(&world, "+/b", "1"), COUNT_DROPPED_REFUSED + 1);
}

/* Transients. */

Test(session, drops_transients_while_the_broker_is_away)
{
    cr_expect_eq(world_transient(&world, "t", "1"), COUNT_DROPPED_OFFLINE + 1);
    world_start(&world);
    cr_expect_eq(world_transient(&world, "t", "2"), 0);
    world_run(&world);
    cr_expect_str_eq(fake_taken(world.broker, 0), "t=2");
    world.broker->hold = true;
    world_transient(&world, "t", "3");
    lose(0);
    world.broker->hold = false;
    world_next(&world);
    cr_expect_str_eq(fake_taken(world.broker, 0), "t=2");
    cr_expect_eq(counted(COUNT_DROPPED_OFFLINE), 2u);
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
    world_pass(&world, 1000);
    cr_expect_eq(world.closes, 1u);
}

Test(session, comes_no_more_when_the_connection_breaks_during_the_stop)
{
    world_start(&world);
    world.broker->hold = true;
    world_event(&world, "e", "1");
    session_stop(world.session, 1000, world.now_ms);
    lose(0);
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
    lose(0);
    session_on_event(world.session, &message, world.now_ms);
    cr_expect_eq(world.messages, 1u);
}
