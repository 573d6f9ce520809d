#include <criterion/criterion.h>

#include "base/error.h"
#include "mqtt/dial.h"

#define EXACT 0 /* chance that makes a delay the shortest: half of its base */

Test(dial, doubles_the_delay_up_to_a_minute_within_half_and_one_and_a_half)
{
    struct dial dial;
    dial_init(&dial, MQTT_VERSION_311, 0);
    int64_t base = 1000;
    for (int i = 0; i < 40; i++) {
        int64_t delay = dial_failed(&dial, MQTT_REASON_UNREACHABLE, i % 2 ? EXACT : UINT32_MAX, 0);
        cr_expect_geq(delay, base / 2);
        cr_expect_lt(delay, base * 3 / 2);
        base = base * 2 > 60000 ? 60000 : base * 2;
    }
}

Test(dial, starts_anew_only_after_a_stable_minute)
{
    struct dial dial;
    int reason;
    dial_init(&dial, MQTT_VERSION_5, 0);
    for (int i = 0; i < 5; i++)
        dial_failed(&dial, MQTT_REASON_UNREACHABLE, EXACT, 0);
    dial_connected(&dial);
    cr_expect_eq(dial_lost(&dial, MQTT_REASON_BROKEN, 59999, EXACT, 0, &reason), 16000);
    dial_connected(&dial);
    cr_expect_eq(dial_lost(&dial, MQTT_REASON_BROKEN, 60000, EXACT, 0, &reason), 500);
}

Test(dial, tries_5_then_311_at_once_when_5_is_refused)
{
    struct dial dial;
    dial_init(&dial, MQTT_VERSION_AUTO, 0);
    cr_expect_eq(dial.next, MQTT_VERSION_5);
    cr_expect_eq(dial_failed(&dial, 1, EXACT, 0), 0);
    cr_expect_eq(dial.next, MQTT_VERSION_311);
    dial_connected(&dial);
    int reason;
    dial_lost(&dial, MQTT_REASON_BROKEN, 100000, EXACT, 0, &reason);
    cr_expect_eq(dial.next, MQTT_VERSION_311, "what worked is remembered");
}

Test(dial, gives_a_broker_that_may_not_know_5_five_seconds)
{
    struct dial dial;
    dial_init(&dial, MQTT_VERSION_AUTO, 0);
    cr_expect_eq(dial_timeout(&dial), 5);
    cr_expect_eq(dial_failed(&dial, MQTT_REASON_TIMEOUT, EXACT, 0), 0);
    cr_expect_eq(dial.next, MQTT_VERSION_311);
    cr_expect_gt(dial_timeout(&dial), 5);
}

Test(dial, goes_back_to_5_when_311_gets_no_answer_either)
{
    struct dial dial;
    dial_init(&dial, MQTT_VERSION_AUTO, 0);
    dial_failed(&dial, MQTT_REASON_TIMEOUT, EXACT, 0);
    cr_expect_gt(dial_failed(&dial, MQTT_REASON_TIMEOUT, EXACT, 0), 0);
    cr_expect_eq(dial.next, MQTT_VERSION_5);
}

Test(dial, stays_with_311_when_it_gets_a_refusal_that_is_not_about_the_version)
{
    struct dial dial;
    dial_init(&dial, MQTT_VERSION_AUTO, 0);
    dial_failed(&dial, 1, EXACT, 0);
    cr_expect_gt(dial_failed(&dial, 5, EXACT, 0), 0);
    cr_expect_eq(dial.next, MQTT_VERSION_311);
}

Test(dial, does_not_leave_5_for_a_broker_that_took_it_before)
{
    struct dial dial;
    int reason;
    dial_init(&dial, MQTT_VERSION_AUTO, 0);
    dial_connected(&dial);
    dial_lost(&dial, MQTT_REASON_BROKEN, 1000, EXACT, 0, &reason);
    cr_expect_gt(dial_failed(&dial, MQTT_REASON_TIMEOUT, EXACT, 0), 0);
    cr_expect_eq(dial.next, MQTT_VERSION_5);
    cr_expect_eq(dial_failed(&dial, 0x84, EXACT, 0), 0, "but it does when the broker says so");
    cr_expect_eq(dial.next, MQTT_VERSION_311);
}

Test(dial, forgets_311_after_a_long_outage)
{
    struct dial dial;
    int reason;
    dial_init(&dial, MQTT_VERSION_AUTO, 0);
    dial_failed(&dial, 1, EXACT, 0);
    dial_connected(&dial);
    dial_lost(&dial, MQTT_REASON_BROKEN, 1000, EXACT, 1000, &reason);
    dial_failed(&dial, MQTT_REASON_UNREACHABLE, EXACT, 500000);
    cr_expect_eq(dial.next, MQTT_VERSION_311);
    dial_failed(&dial, MQTT_REASON_UNREACHABLE, EXACT, 700000);
    cr_expect_eq(dial.next, MQTT_VERSION_5);
}

Test(dial, keeps_to_a_version_that_was_asked_for)
{
    struct dial dial;
    dial_init(&dial, MQTT_VERSION_5, 0);
    cr_expect_gt(dial_failed(&dial, 1, EXACT, 0), 0);
    cr_expect_eq(dial.next, MQTT_VERSION_5);
}

Test(dial, waits_longer_and_longer_where_another_client_takes_over)
{
    struct dial dial;
    int reason;
    dial_init(&dial, MQTT_VERSION_5, 0);
    int64_t last = 0;
    for (int i = 0; i < 4; i++) {
        dial_connected(&dial);
        int64_t delay = dial_lost(&dial, 0x8e, 90000, EXACT, 0, &reason);
        cr_expect_geq(delay, 15000);
        cr_expect_gt(delay, last);
        last = delay;
    }
}

Test(dial, takes_repeated_short_lives_for_a_takeover)
{
    struct dial dial;
    int reason = 0;
    dial_init(&dial, MQTT_VERSION_311, 0);
    for (int i = 0; i < 2; i++) {
        cr_expect_lt(dial_lost(&dial, MQTT_REASON_BROKEN, 10, EXACT, 0, &reason), 15000);
        cr_expect_eq(reason, MQTT_REASON_BROKEN);
    }
    cr_expect_geq(dial_lost(&dial, MQTT_REASON_BROKEN, 10, EXACT, 0, &reason), 15000);
    cr_expect_eq(reason, MQTT_REASON_SHORT_LIVED);
}

Test(dial, takes_short_lives_of_a_broker_that_goes_away_for_no_takeover)
{
    struct dial dial;
    int reason = 0;
    dial_init(&dial, MQTT_VERSION_311, 0);
    for (int i = 0; i < 5; i++) {
        dial_connected(&dial);
        dial_lost(&dial, MQTT_REASON_BROKEN, 100, EXACT, 0, &reason);
        cr_expect_eq(reason, MQTT_REASON_BROKEN);
        dial_failed(&dial, MQTT_REASON_UNREACHABLE, EXACT, 0);
    }
}
