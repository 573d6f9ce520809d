/* xplmqttd --healthcheck: a short-lived client asks bridge/request/health and waits for the answer. It proves
 * the whole way: broker, login, the daemon's loop. */
#include <jansson.h>
#include <stdio.h>
#include <unistd.h>
#include <uv.h>

#include "base/limits.h"
#include "daemon.h"
#include "io/io.h"
#include "io/timer.h"
#include "io/wake.h"
#include "mqtt/inbox.h"
#include "mqtt/paho.h"
#include "parts.h"

#define TIMEOUT_MS 10000
#define STOP_MS    1000

struct check {
    uv_loop_t loop;
    const struct settings *settings;
    struct counters counters;
    struct wake *wake;
    struct timer *timer;
    struct inbox *inbox;
    struct mqtt_driver *driver;
    struct session *session;
    int64_t end_ms;
    bool stopping, closed, well;
    char why[256];
};

static void arm(struct check *check)
{
    int64_t deadline = session_deadline(check->session);
    if (!check->closed)
        timer_arm(check->timer, io_now_ms(), deadline < check->end_ms ? deadline : check->end_ms);
}

static void finish(struct check *check)
{
    if (!check->stopping)
        session_stop(check->session, STOP_MS, io_now_ms());
    check->stopping = true;
    check->end_ms = INT64_MAX;
}

static void on_up(void *context, int64_t now_ms)
{
    struct check *check = context;
    char topic[LIMIT_PREFIX + 64];
    snprintf(topic, sizeof(topic), "%s/bridge/request/health", check->settings->mqtt.prefix);
    struct session_publish publish = {
        .lane = SESSION_TRANSIENT, .topic = xpl_slice_from(topic), .payload = XPL_SLICE("{}"), .qos = 1
    };
    session_publish(check->session, &publish, now_ms);
}

static void on_down(void *context, int64_t now_ms)
{
    (void)context;
    (void)now_ms;
}

static void on_message(void *context, const struct mqtt_event *event, int64_t now_ms)
{
    struct check *check = context;
    (void)now_ms;
    json_t *json = json_loadb(event->payload.data ? event->payload.data : "", event->payload.size, 0, NULL);
    const char *status = json_string_value(json_object_get(json_object_get(json, "data"), "status"));
    check->well = status && strcmp(status, "ok") == 0;
    snprintf(check->why, sizeof(check->why), "%s", status ? status : "an answer without a status");
    json_decref(json);
    check->end_ms = 0; /* in the loop's next turn: the session may not be stopped from here */
}

static void on_log(void *context, enum log_level level, const char *text)
{
    struct check *check = context;
    if (level <= LOG_LEVEL_WARNING)
        snprintf(check->why, sizeof(check->why), "%s", text);
}

static void on_closed(void *context)
{
    struct check *check = context;
    check->closed = true;
}

static uint32_t on_random(void *context)
{
    (void)context;
    return io_random();
}

static void on_wake(void *context)
{
    struct check *check = context;
    struct mqtt_event *event;
    while ((event = inbox_pop(check->inbox))) {
        session_on_event(check->session, event, io_now_ms());
        inbox_event_free(event);
    }
    arm(check);
}

static void on_timer(void *context, int64_t now_ms)
{
    struct check *check = context;
    if (now_ms >= check->end_ms)
        finish(check);
    session_on_time(check->session, now_ms);
    arm(check);
}

int daemon_healthcheck(const struct settings *settings)
{
    struct check check = { .settings = settings, .end_ms = io_now_ms() + TIMEOUT_MS, .why = "no answer" };
    struct session_options options = parts_session(settings);
    struct session_listener listener = { &check, on_up, on_down, on_message, on_log, on_closed, on_random };
    char id[64], topic[LIMIT_PREFIX + 64];
    snprintf(id, sizeof(id), "xplmqtt-check-%ld", (long)getpid());
    snprintf(topic, sizeof(topic), "%s/bridge/response/health", settings->mqtt.prefix);
    if (uv_loop_init(&check.loop) < 0 || wake_new(&check.wake, &check.loop, on_wake, &check) < 0 ||
        timer_new(&check.timer, &check.loop, on_timer, &check) < 0 ||
        inbox_new(&check.inbox, wake_from_any_thread, check.wake) < 0 ||
        paho_new(&check.driver, settings->mqtt.url, id, check.inbox) < 0 ||
        session_new(&check.session, &options, &paho_ops, check.driver, &listener, &check.counters) < 0 ||
        session_subscribe(check.session, topic, 1, io_now_ms()) < 0) {
        fprintf(stderr, "xplmqttd: cannot check\n");
        return 1;
    }
    session_start(check.session, io_now_ms());
    arm(&check);
    while (!check.closed && uv_run(&check.loop, UV_RUN_ONCE))
        ;
    paho_free(check.driver);
    wake_close(check.wake, NULL, NULL);
    timer_close(check.timer, NULL, NULL);
    uv_run(&check.loop, UV_RUN_DEFAULT);
    uv_loop_close(&check.loop);
    session_free(check.session);
    inbox_free(check.inbox);
    fprintf(check.well ? stdout : stderr, "%s\n", check.why);
    return check.well ? 0 : 1;
}
