#include <stdio.h>

#include "base/error.h"
#include "base/limits.h"
#include "session_test.h"

TestSuite(outbox, .init = setup, .fini = teardown);

/* States. */

Test(outbox, counts_what_was_in_flight_as_waiting_after_a_loss)
{
    world_start(&world);
    world.broker->hold = true;
    world_state(&world, "s", "1");
    world_event(&world, "e", "1");
    cr_expect_eq(session_inflight(world.session), 2u);
    cr_expect_eq(session_waiting(world.session), 0u);
    world_lose(&world, 0);
    cr_expect_eq(session_inflight(world.session), 0u);
    cr_expect_eq(session_waiting(world.session), 2u);
}

Test(outbox, sends_the_newest_value_of_a_state_once_the_broker_is_back)
{
    world_start(&world);
    world_lose(&world, 0);
    world_state(&world, "s", "1");
    world_state(&world, "s", "2");
    world_state(&world, "s", "3");
    world_next(&world);
    cr_expect_str_eq(fake_taken(world.broker, 0), "s=3");
    cr_expect_eq(world_counted(&world, COUNT_COALESCED), 2u);
    cr_expect_eq(world_counted(&world, COUNT_PUBLISHED), 1u);
}

Test(outbox, fills_a_broker_that_came_back_empty)
{
    world_start(&world);
    world_state(&world, "a", "1");
    world_state(&world, "b", "2");
    world_state(&world, "a", "3");
    world_run(&world);
    world_lose(&world, 0);
    fake_empty(world.broker);
    size_t before = world.broker->taken.n;
    world_next(&world);
    cr_expect_str_eq(fake_taken(world.broker, before), "a=3 b=2", "in the order of the first publish");
    cr_expect_eq(world_counted(&world, COUNT_REPUBLISHED), 2u);
    cr_expect_eq(world_counted(&world, COUNT_PUBLISHED), 3u, "a repeat is no publish");
}

static void announce(struct world *w)
{
    world_state(w, "xpl/bridge/state", "online");
    world_state(w, "b", "new");
}

Test(outbox, sends_what_is_announced_first_then_states_then_events)
{
    world.on_up = announce;
    world_event(&world, "e", "1");
    world_state(&world, "a", "1");
    world_state(&world, "b", "old");
    world_event(&world, "e", "2");
    world_start(&world);
    cr_expect_str_eq(fake_taken(world.broker, 0), "xpl/bridge/state=online b=new a=1 e=1 e=2");
}

Test(outbox, clears_and_forgets_an_empty_state)
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

Test(outbox, clears_a_state_even_when_the_connection_breaks_meanwhile)
{
    world_start(&world);
    world_state(&world, "a", "1");
    world_run(&world);
    world.broker->hold = true;
    world_state(&world, "a", "");
    world_lose(&world, 0);
    world.broker->hold = false;
    world_next(&world);
    cr_expect_null(fake_retained(world.broker, "a"));
    cr_expect_eq(session_states(world.session), 0u);
}

Test(outbox, forgets_a_state_without_touching_the_broker)
{
    world_start(&world);
    world_state(&world, "a", "1");
    world.broker->hold = true;
    world_state(&world, "a", "2");
    session_forget(world.session, XPL_SLICE("a"));
    world.broker->hold = false;
    world_run(&world);
    cr_expect_str_eq(fake_retained(world.broker, "a"), "2", "what was on its way arrives");
    world_lose(&world, 0);
    world_next(&world);
    cr_expect_eq(world_counted(&world, COUNT_REPUBLISHED), 0u);
}

Test(outbox, bounds_the_states)
{
    char topic[16];
    for (int i = 0; i < LIMIT_STATES; i++) {
        snprintf(topic, sizeof(topic), "s%d", i);
        cr_assert_eq(world_state(&world, topic, "1"), 0);
    }
    cr_expect_eq(world_state(&world, "more", "1"), COUNT_DROPPED_TABLE + 1);
    cr_expect_eq(world_state(&world, "s0", "2"), 0);
    cr_expect_eq(world_counted(&world, COUNT_DROPPED_TABLE), 1u);
}

/* Events. */

Test(outbox, keeps_events_in_order_while_the_broker_is_away)
{
    world_event(&world, "e", "1");
    world_event(&world, "f", "2");
    world_event(&world, "e", "3");
    world_start(&world);
    cr_expect_str_eq(fake_taken(world.broker, 0), "e=1 f=2 e=3");
    for (size_t i = 0; i < 3; i++)
        cr_expect_not(world.broker->taken.items[i].retain);
}

Test(outbox, drops_the_oldest_events_over_the_bound)
{
    char payload[16];
    for (int i = 0; i < LIMIT_EVENTS + 5; i++) {
        snprintf(payload, sizeof(payload), "%d", i);
        cr_expect_eq(world_event(&world, "e", payload), 0);
    }
    cr_expect_eq(world_counted(&world, COUNT_DROPPED_FULL), 5u);
    cr_expect_eq(session_waiting(world.session), LIMIT_EVENTS);
    world_start(&world);
    cr_expect_eq(world_counted(&world, COUNT_PUBLISHED), LIMIT_EVENTS);
    cr_expect_str_eq(world.broker->taken.items[0].payload, "5");
    cr_expect_eq(session_waiting(world.session), 0u);
}

Test(outbox, drops_events_that_waited_too_long)
{
    world.broker->refuse = MQTT_REASON_UNREACHABLE;
    world_start(&world);
    world_event(&world, "e", "old");
    world_pass(&world, LIMIT_EVENT_AGE - 1000);
    world_event(&world, "e", "new");
    world_pass(&world, 2000);
    cr_expect_eq(world_counted(&world, COUNT_EXPIRED), 1u);
    world.broker->refuse = 0;
    world_pass(&world, 100000);
    cr_expect_str_eq(fake_taken(world.broker, 0), "e=new");
}

Test(outbox, sends_unacknowledged_events_again_in_order)
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
    world_lose(&world, 0);
    world.broker->hold = false;
    size_t before = world.broker->taken.n;
    world_next(&world);
    cr_expect_str_eq(fake_taken(world.broker, before), "e=2 e=3");
    cr_expect_eq(world_counted(&world, COUNT_RESENT), 2u);
    cr_expect_eq(world_counted(&world, COUNT_PUBLISHED), 3u);
}

Test(outbox, takes_a_late_success_of_the_last_connection_for_an_event)
{
    world_start(&world);
    world.broker->hold = true;
    world_event(&world, "e", "1");
    world_event(&world, "e", "2");
    fake_take(world.broker, 1);
    struct mqtt_event late = world.broker->answers[0];
    world.broker->n_answers = 0;
    world_lose(&world, 0);
    session_on_event(world.session, &late, world.now_ms);
    world.broker->hold = false;
    size_t before = world.broker->taken.n;
    world_next(&world);
    cr_expect_str_eq(fake_taken(world.broker, before), "e=2");
    cr_expect_eq(world_counted(&world, COUNT_PUBLISHED), 2u);
}

Test(outbox, does_not_let_old_answers_open_the_window)
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
    world_lose(&world, 0);
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

Test(outbox, keeps_within_the_window)
{
    world_start(&world);
    for (int i = 0; i < 1000; i++)
        world_event(&world, "e", "x");
    cr_expect_eq(session_inflight(world.session), LIMIT_INFLIGHT);
    world_run(&world);
    cr_expect_eq(world.broker->most_out, LIMIT_INFLIGHT);
    cr_expect_eq(world_counted(&world, COUNT_PUBLISHED), 1000u);
}

Test(outbox, keeps_to_the_least_receive_maximum_ever_seen)
{
    world.broker->receive_maximum = 20;
    world_start(&world);
    world_lose(&world, 0);
    world.broker->receive_maximum = 65535;
    world_next(&world);
    for (int i = 0; i < 50; i++)
        world_event(&world, "e", "x");
    cr_expect_eq(session_inflight(world.session), 20u);
}

Test(outbox, tries_again_when_the_driver_does_not_take_a_message)
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

Test(outbox, drops_what_the_driver_never_will_take)
{
    world_start(&world);
    world.broker->publish_error = -EMSGSIZE;
    world_event(&world, "e", "1");
    world_state(&world, "s", "1");
    world.broker->publish_error = 0;
    world_event(&world, "e", "2");
    world_run(&world);
    cr_expect_str_eq(fake_taken(world.broker, 0), "e=2");
    cr_expect_eq(world_counted(&world, COUNT_DROPPED_REFUSED), 2u);
    cr_expect(world_logged(&world, "larger than the broker takes"));
}

/* Refusals. */

Test(outbox, drops_a_refused_event_and_says_so_once)
{
    world.broker->refused = "forbidden";
    world.broker->refused_reason = 0x87;
    world_start(&world);
    world_event(&world, "forbidden", "1");
    world_event(&world, "forbidden", "2");
    world_event(&world, "allowed", "3");
    world_run(&world);
    cr_expect_str_eq(fake_taken(world.broker, 0), "allowed=3");
    cr_expect_eq(world_counted(&world, COUNT_DROPPED_REFUSED), 2u);
    cr_expect_eq(world.warnings, 1u);
    cr_expect(world_logged(&world, "publish to forbidden refused: not authorised"));
}

Test(outbox, tries_a_refused_state_again_only_at_the_next_connect)
{
    world.broker->refused = "s";
    world.broker->refused_reason = 0x97;
    world_start(&world);
    world_state(&world, "s", "1");
    world_pass(&world, 100000);
    cr_expect_eq(world.broker->publishes, 1u);
    world.broker->refused = NULL;
    world_lose(&world, 0);
    world_next(&world);
    cr_expect_str_eq(fake_retained(world.broker, "s"), "1");
}

Test(outbox, finds_the_message_that_makes_the_broker_hang_up)
{
    world.broker->poison = "bad";
    world.broker->poison_reason = 0x95;
    world_start(&world);
    world_state(&world, "a", "1");
    world_state(&world, "bad", "1");
    world_event(&world, "e", "1");
    world_pass(&world, 10000);
    cr_expect_str_eq(fake_retained(world.broker, "a"), "1");
    cr_expect(strstr(fake_taken(world.broker, 0), "e=1") != NULL);
    cr_expect_eq(world_counted(&world, COUNT_DROPPED_REFUSED), 1u);
    cr_expect_eq(world.broker->connections, 3u);
    cr_expect(world_logged(&world, "publish to bad refused: packet too large"));
    world.broker->hold = true;
    for (int i = 0; i < 5; i++)
        world_event(&world, "e", "2");
    cr_expect_eq(session_inflight(world.session), 5u, "it is no longer one at a time");
}

Test(outbox, refuses_what_cannot_be_a_topic)
{
    cr_expect_eq(world_event(&world, "", "1"), COUNT_DROPPED_REFUSED + 1);
    cr_expect_eq(world_event(&world, "a/#", "1"), COUNT_DROPPED_REFUSED + 1);
    cr_expect_eq(world_state(&world, "+/b", "1"), COUNT_DROPPED_REFUSED + 1);
}

/* Transients. */

Test(outbox, drops_transients_while_the_broker_is_away)
{
    cr_expect_eq(world_transient(&world, "t", "1"), COUNT_DROPPED_OFFLINE + 1);
    world_start(&world);
    cr_expect_eq(world_transient(&world, "t", "2"), 0);
    world_run(&world);
    cr_expect_str_eq(fake_taken(world.broker, 0), "t=2");
    world.broker->hold = true;
    world_transient(&world, "t", "3");
    world_lose(&world, 0);
    world.broker->hold = false;
    world_next(&world);
    cr_expect_str_eq(fake_taken(world.broker, 0), "t=2");
    cr_expect_eq(world_counted(&world, COUNT_DROPPED_OFFLINE), 2u);
}
