/* Fails the n-th allocation, for every n until none is left to fail, in a life of a session and in one of an
 * inbox. The books balance nevertheless, and what was said to be taken is sent.
 */
#include <stdio.h>
#include <stdlib.h>

#include "base/error.h"
#include "failing.h"
#include "mqtt/inbox.h"
#include "mqtt/session.h"

/* A driver that takes all and allocates nothing. */
struct mqtt_driver {
    struct mqtt_event answers[256];
    size_t n_answers;
    unsigned publishes;
};

static int answer(struct mqtt_driver *driver, enum mqtt_event_type type, uint64_t context)
{
    must(driver->n_answers < sizeof(driver->answers) / sizeof(driver->answers[0]));
    driver->answers[driver->n_answers++] =
        (struct mqtt_event){ .type = type, .context = context, .receive_maximum = 65535 };
    return 0;
}

static int on_connect(struct mqtt_driver *driver, const struct mqtt_connect *connect)
{
    return answer(driver, MQTT_EVENT_CONNECTED, connect->context);
}

static int on_disconnect(struct mqtt_driver *driver, int timeout_ms)
{
    (void)timeout_ms;
    return answer(driver, MQTT_EVENT_DISCONNECTED, 0);
}

static int on_publish(struct mqtt_driver *driver, const struct mqtt_publish *publish)
{
    driver->publishes++;
    return answer(driver, MQTT_EVENT_PUBLISHED, publish->context);
}

static int on_subscribe(struct mqtt_driver *driver, const char *filter, int qos, uint64_t context)
{
    (void)filter;
    (void)qos;
    return answer(driver, MQTT_EVENT_SUBSCRIBED, context);
}

static int on_unsubscribe(struct mqtt_driver *driver, const char *filter)
{
    (void)driver;
    (void)filter;
    return 0;
}

static const struct mqtt_driver_ops ops = { on_connect, on_disconnect, on_publish, on_subscribe,
                                            on_unsubscribe };

static void run(struct mqtt_driver *driver, struct session *session)
{
    while (driver->n_answers) {
        struct mqtt_event event = driver->answers[0];
        driver->n_answers--;
        memmove(driver->answers, driver->answers + 1, driver->n_answers * sizeof(event));
        session_on_event(session, &event, 0);
    }
}

static void nothing(void *context, int64_t now_ms)
{
    (void)context;
    (void)now_ms;
}

static void no_message(void *context, const struct mqtt_event *message, int64_t now_ms)
{
    (void)context;
    (void)message;
    (void)now_ms;
}

static void no_log(void *context, enum log_level level, const char *text)
{
    (void)context;
    (void)level;
    (void)text;
}

static void on_closed(void *context)
{
    ++*(int *)context;
}

static uint32_t no_chance(void *context)
{
    (void)context;
    return 0;
}

static unsigned publish(struct session *session, enum session_lane lane, const char *topic,
                        struct xpl_slice payload)
{
    const struct session_publish made = {
        .lane = lane, .topic = xpl_slice_from(topic), .payload = payload, .qos = 1
    };
    int result = session_publish(session, &made, 0);
    must(session_books_balance(session));
    must(result == 0 || result == COUNT_DROPPED_TABLE + 1 || result == COUNT_DROPPED_FULL + 1);
    return result == 0;
}

static void live_session(int n)
{
    static char large[100000];
    struct mqtt_driver driver = { 0 };
    struct counters counters = { 0 };
    struct session *session = NULL;
    int closes = 0;
    const struct session_options options = { .url = "mqtt://x:1",
                                             .username = "u",
                                             .password = "p",
                                             .password_file = "/dev/null",
                                             .cafile = "c",
                                             .certfile = "d",
                                             .keyfile = "k",
                                             .will_topic = "w",
                                             .will_payload = "offline" };
    const struct session_listener listener = { &closes, nothing,   nothing,  no_message,
                                               no_log,  on_closed, no_chance };

    failing_begin(n);
    int error = session_new(&session, &options, &ops, &driver, &listener, &counters);
    must(error == (session ? 0 : -ENOMEM));
    if (!session)
        return;
    int subscribed = session_subscribe(session, "a/#", 1, 0);
    must(subscribed == 0 || subscribed == -ENOMEM);
    unsigned events = 0, states = 0;
    for (int i = 0; i < 40; i++) {
        char topic[16];
        snprintf(topic, sizeof(topic), "t%d", i);
        states += publish(session, SESSION_STATE, topic, XPL_SLICE("1"));
        events += publish(session, SESSION_EVENT, topic, xpl_slice(large, (size_t)i * 100));
    }
    must(session_states(session) == states);
    session_start(session, 0);
    run(&driver, session);
    if (session_state(session) == SESSION_WAITING) { /* the password found no memory */
        session_on_time(session, session_deadline(session));
        run(&driver, session);
    }
    must(session_state(session) == SESSION_UP);
    uint64_t pushed_out = counters.value[COUNT_DROPPED_FULL] - (40 - events);
    must(driver.publishes == states + events - pushed_out);
    publish(session, SESSION_STATE, "t1", xpl_slice(large, sizeof(large)));
    publish(session, SESSION_STATE, "t2", xpl_slice(NULL, 0));
    publish(session, SESSION_TRANSIENT, "t3", XPL_SLICE("x"));
    run(&driver, session);
    session_stop(session, 1000, 0);
    run(&driver, session);
    must(closes == 1);
    failing_end();
    session_free(session);
}

static void no_wake(void *context)
{
    (void)context;
}

static void live_inbox(int n)
{
    struct inbox *inbox = NULL;
    const struct mqtt_event message = { .type = MQTT_EVENT_MESSAGE,
                                        .topic = XPL_SLICE("t"),
                                        .payload = XPL_SLICE("p") };
    const struct mqtt_event answered = { .type = MQTT_EVENT_PUBLISHED };
    failing_begin(n);
    must(inbox_new(&inbox, no_wake, NULL) == (inbox ? 0 : -ENOMEM));
    if (!inbox)
        return;
    for (int i = 0; i < 10; i++) {
        inbox_push(inbox, &message);
        inbox_push(inbox, &answered);
    }
    failing_end();
    must(inbox_depth(inbox) + inbox_take_dropped(inbox) == 20);
    must(inbox_depth(inbox) >= 19);
    inbox_free(inbox);
}

static void fail_each(const char *name, void (*live)(int n))
{
    int n = 0;
    do {
        live(n++);
    } while (failing_end());
    printf("ok: %s, %d allocations failed one by one\n", name, n - 1);
}

int main(void)
{
    fail_each("session", live_session);
    fail_each("inbox", live_inbox);
    return 0;
}
