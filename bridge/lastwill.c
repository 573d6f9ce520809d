#include "lastwill.h"

#include <errno.h>
#include <stdlib.h>

#include "base/limits.h"
#include "base/text.h"
#include "io/io.h"
#include "mqtt/inbox.h"
#include "mqtt/paho.h"
#include "mqtt/session.h"
#include "parts.h"

struct lastwill {
    struct inbox *inbox;
    struct mqtt_driver *driver;
    struct session *session;
    struct counters counters; /* of this connection; health shows the other's */
    void (*closed)(void *context);
    void *context;
    bool may_dial;
    char topic[LIMIT_PREFIX + 64];
};

static void on_link(void *context, int64_t now_ms)
{
    (void)context;
    (void)now_ms;
}

static void on_message(void *context, const struct mqtt_event *message, int64_t now_ms)
{
    (void)context;
    (void)message;
    (void)now_ms; /* it subscribes to nothing */
}

/* While the first connection is down it tells of the same broker's troubles; else they are our own, and
 * Homie's structure waits until they are over. */
static void on_log(void *context, enum log_level level, const char *text)
{
    const struct lastwill *lastwill = context;
    bool ours = lastwill->may_dial && level <= LOG_LEVEL_WARNING;
    log_write(LOG_MQTT, ours ? level : LOG_LEVEL_DEBUG, "the connection for Homie's state: %s", text);
}

static void on_closed(void *context)
{
    struct lastwill *lastwill = context;
    lastwill->closed(lastwill->context);
}

static uint32_t on_random(void *context)
{
    (void)context;
    return io_random();
}

int lastwill_new(struct lastwill **ret, const struct settings *settings, void (*wake)(void *context),
                 void *wake_context, void (*closed)(void *context), void *context)
{
    char client_id[256];
    struct session_options options = parts_session(settings);
    *ret = NULL;
    if (settings->discovery.homie == SETTINGS_HOMIE_OFF)
        return 0;
    struct lastwill *lastwill = calloc(1, sizeof(*lastwill));
    if (!lastwill)
        return -ENOMEM;
    struct session_listener listener = {
        lastwill, on_link, on_link, on_message, on_log, on_closed, on_random
    };
    lastwill->closed = closed;
    lastwill->context = context;
    snprintf(lastwill->topic, sizeof(lastwill->topic), "homie/%sxplmqtt-%s/$state",
             settings->discovery.homie == SETTINGS_HOMIE_5 ? "5/" : "", settings->xpl.instance);
    snprintf(client_id, sizeof(client_id), "%.200s-homie", settings->mqtt.client_id);
    options.will_topic = lastwill->topic;
    options.will_payload = "lost";
    options.stop_payload = "disconnected";
    int r = inbox_new(&lastwill->inbox, wake, wake_context);
    if (r == 0)
        r = paho_new(&lastwill->driver, settings->mqtt.url, client_id, lastwill->inbox);
    if (r == 0)
        r = session_new(&lastwill->session, &options, &paho_ops, lastwill->driver, &listener,
                        &lastwill->counters);
    if (r == 0) {
        *ret = lastwill;
        return 0;
    }
    lastwill_close(lastwill);
    lastwill_free(lastwill);
    return r;
}

void lastwill_close(struct lastwill *lastwill)
{
    if (!lastwill || !lastwill->driver)
        return;
    paho_free(lastwill->driver);
    lastwill->driver = NULL;
}

void lastwill_free(struct lastwill *lastwill)
{
    if (!lastwill)
        return;
    session_free(lastwill->session);
    inbox_free(lastwill->inbox);
    free(lastwill);
}

void lastwill_on_link(struct lastwill *lastwill, bool up, int64_t now_ms)
{
    if (!lastwill)
        return;
    lastwill->may_dial = up;
    if (up)
        session_start(lastwill->session, now_ms); /* once; later it dials when its time has come */
}

void lastwill_stop(struct lastwill *lastwill, int timeout_ms, int64_t now_ms)
{
    if (lastwill)
        session_stop(lastwill->session, timeout_ms, now_ms);
}

bool lastwill_publish(struct lastwill *lastwill, struct xpl_slice topic, struct xpl_slice payload,
                      int64_t now_ms)
{
    if (!lastwill || !xpl_slice_equal(topic, xpl_slice_from(lastwill->topic)))
        return false;
    session_publish(
        lastwill->session,
        &(struct session_publish){ .lane = SESSION_STATE, .topic = topic, .payload = payload, .qos = 1 },
        now_ms);
    return true;
}

bool lastwill_get(const struct lastwill *lastwill, struct xpl_slice topic, struct xpl_slice *ret)
{
    return lastwill && xpl_slice_equal(topic, xpl_slice_from(lastwill->topic)) &&
           session_get(lastwill->session, topic, ret);
}

bool lastwill_is_out(const struct lastwill *lastwill, struct xpl_slice topic)
{
    if (!lastwill || !xpl_slice_equal(topic, xpl_slice_from(lastwill->topic)))
        return true;
    return session_state(lastwill->session) == SESSION_UP && session_waiting(lastwill->session) == 0 &&
           session_inflight(lastwill->session) == 0;
}

void lastwill_on_wake(struct lastwill *lastwill, int64_t now_ms)
{
    struct mqtt_event *event;
    while (lastwill && lastwill->driver && (event = inbox_pop(lastwill->inbox))) {
        session_on_event(lastwill->session, event, now_ms);
        inbox_event_free(event);
    }
}

/* Whether time does anything to it. */
static bool runs(const struct lastwill *lastwill)
{
    return lastwill && (lastwill->may_dial || session_state(lastwill->session) != SESSION_WAITING);
}

int64_t lastwill_deadline(const struct lastwill *lastwill)
{
    return runs(lastwill) ? session_deadline(lastwill->session) : INT64_MAX;
}

void lastwill_on_time(struct lastwill *lastwill, int64_t now_ms)
{
    if (runs(lastwill))
        session_on_time(lastwill->session, now_ms);
}
