#include <criterion/criterion.h>

#include "base/error.h"
#include "base/limits.h"
#include "mqtt/inbox.h"

static void wake(void *context)
{
    ++*(unsigned *)context;
}

static struct mqtt_event message(const char *payload, size_t size)
{
    return (struct mqtt_event){ .type = MQTT_EVENT_MESSAGE,
                                .topic = XPL_SLICE("xpl/a/set"),
                                .payload = { payload, size } };
}

Test(inbox, copies_what_a_message_points_to)
{
    unsigned wakes = 0;
    struct inbox *inbox;
    cr_assert_eq(inbox_new(&inbox, wake, &wakes), 0);
    char payload[] = "on", topic[] = "xpl/a/set", id[] = "\1\0\2";
    const struct mqtt_event pushed = {
        .type = MQTT_EVENT_MESSAGE,
        .topic = { topic, sizeof(topic) - 1 },
        .payload = { payload, 2 },
        .correlation = { id, 3 },
        .expiry_s = 7,
        .retained = true,
    };
    inbox_push(inbox, &pushed);
    memset(payload, 'x', sizeof(payload));
    memset(topic, 'x', sizeof(topic));
    memset(id, 'x', sizeof(id));

    struct mqtt_event *event = inbox_pop(inbox);
    cr_assert_not_null(event);
    cr_expect_eq(wakes, 1u);
    cr_expect(xpl_slice_equal(event->topic, XPL_SLICE("xpl/a/set")));
    cr_expect(xpl_slice_equal(event->payload, XPL_SLICE("on")));
    cr_expect_eq(event->payload.data[2], '\0');
    cr_expect(xpl_slice_equal(event->correlation, xpl_slice("\1\0\2", 3)));
    cr_expect_null(event->response_topic.data);
    cr_expect_eq(event->expiry_s, 7);
    cr_expect(event->retained);
    inbox_event_free(event);
    cr_expect_null(inbox_pop(inbox));
    inbox_free(inbox);
}

Test(inbox, keeps_the_order_of_messages_and_answers)
{
    unsigned wakes = 0;
    struct inbox *inbox;
    cr_assert_eq(inbox_new(&inbox, wake, &wakes), 0);
    for (uint64_t n = 0; n < 1000; n++) {
        struct mqtt_event event =
            n % 3 ? message("x", 1) : (struct mqtt_event){ .type = MQTT_EVENT_PUBLISHED };
        event.context = n;
        inbox_push(inbox, &event);
    }
    cr_expect_eq(inbox_depth(inbox), 1000u);
    for (uint64_t n = 0; n < 1000; n++) {
        struct mqtt_event *event = inbox_pop(inbox);
        cr_assert_not_null(event);
        cr_assert_eq(event->context, n);
        inbox_event_free(event);
    }
    cr_expect_eq(inbox_depth(inbox), 0u);
    inbox_free(inbox);
}

Test(inbox, drops_messages_over_its_bound_but_no_answer)
{
    unsigned wakes = 0;
    struct inbox *inbox;
    cr_assert_eq(inbox_new(&inbox, wake, &wakes), 0);
    for (int i = 0; i < LIMIT_INBOX + 10; i++) {
        const struct mqtt_event event = message("x", 1);
        inbox_push(inbox, &event);
    }
    const struct mqtt_event answer = { .type = MQTT_EVENT_LOST };
    inbox_push(inbox, &answer);
    cr_expect_eq(inbox_depth(inbox), LIMIT_INBOX + 1u);
    cr_expect_eq(inbox_take_dropped(inbox), 10u);
    cr_expect_eq(inbox_take_dropped(inbox), 0u);
    cr_expect_eq(wakes, LIMIT_INBOX + 1u);

    /* What was taken out makes room. */
    inbox_event_free(inbox_pop(inbox));
    const struct mqtt_event event = message("x", 1);
    inbox_push(inbox, &event);
    cr_expect_eq(inbox_take_dropped(inbox), 0u);
    inbox_free(inbox);
}

Test(inbox, bounds_the_bytes_of_messages)
{
    static char payload[LIMIT_PAYLOAD];
    unsigned wakes = 0;
    struct inbox *inbox;
    cr_assert_eq(inbox_new(&inbox, wake, &wakes), 0);
    const size_t fit = LIMIT_INBOX_BYTES / LIMIT_PAYLOAD;
    for (size_t i = 0; i < fit + 5; i++) {
        const struct mqtt_event event = message(payload, sizeof(payload));
        inbox_push(inbox, &event);
    }
    cr_expect_eq(inbox_depth(inbox), fit - 1);
    cr_expect_eq(inbox_take_dropped(inbox), 6u);

    /* What was taken out makes room. */
    inbox_event_free(inbox_pop(inbox));
    const struct mqtt_event event = message(payload, sizeof(payload));
    inbox_push(inbox, &event);
    cr_expect_eq(inbox_take_dropped(inbox), 0u);
    inbox_free(inbox);
}

Test(inbox, counts_messages_that_are_too_large)
{
    static char payload[LIMIT_PAYLOAD + 1];
    unsigned wakes = 0;
    struct inbox *inbox;
    cr_assert_eq(inbox_new(&inbox, wake, &wakes), 0);
    const struct mqtt_event event = message(payload, sizeof(payload));
    inbox_push(inbox, &event);
    cr_expect_eq(inbox_depth(inbox), 0u);
    cr_expect_eq(inbox_take_dropped(inbox), 0u);
    cr_expect_eq(inbox_take_too_large(inbox), 1u);
    cr_expect_eq(wakes, 0u);
    inbox_free(inbox);
}
