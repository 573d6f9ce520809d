/* What the user calls, and time. The connection's life is in session_link.c, what waits and flies in
 * outbox.c.
 *
 * A connection that no longer works, though nobody said so (a publish failed here, or no answer came for a
 * minute), is ended by us.
 *
 * Stop: drain until half of the time is over, then the last word (`offline`), then disconnect; at the end of
 * the time whatever is left is left.
 */
#include "mqtt/session-private.h"

#include <limits.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>

#include "base/error.h"
#include "mqtt/reason.h"
#include "mqtt/session_options.h"

#define SILENT_MS 60000 /* no answer to any publish: the connection is dead */

#define SHOWN_TOPIC 200 /* bytes of a refused topic in the log */

void session_say(struct session *session, enum log_level level, const char *format, ...)
{
    char text[512];
    va_list arguments;
    va_start(arguments, format);
    vsnprintf(text, sizeof(text), format, arguments);
    va_end(arguments);
    session->listener.log(session->listener.context, level, text);
}

enum log_level session_failure_level(int *said, int reason)
{
    enum log_level level = *said == reason ? LOG_LEVEL_DEBUG : LOG_LEVEL_WARNING;
    *said = reason;
    return level;
}

static void on_refused(void *context, struct xpl_slice topic, int reason)
{
    struct session *session = context;
    unsigned kind = 1u << (mqtt_reason_publish_counter(reason) - COUNT_PUBLISH_REFUSED_DENIED);
    int shown = (int)(topic.size < SHOWN_TOPIC ? topic.size : SHOWN_TOPIC);
    bool again = session->said_refused & kind;
    session->said_refused |= kind;
    session_say(session, again ? LOG_LEVEL_DEBUG : LOG_LEVEL_WARNING, "publish to %.*s refused: %s", shown,
                topic.data, mqtt_reason_text(reason));
}

/* Make and free. */

int session_new(struct session **ret, const struct session_options *options,
                const struct mqtt_driver_ops *ops, struct mqtt_driver *driver,
                const struct session_listener *listener, struct counters *counters)
{
    struct session *session = calloc(1, sizeof(*session));
    if (!session)
        return -ENOMEM;
    session->ops = ops;
    session->driver = driver;
    session->listener = *listener;
    session->counters = counters;
    session->broken_ms = INT64_MAX;
    session->receive_maximum = INT_MAX;
    session->options = *options;
    int error = session_options_copy(&session->options);
    if (!error)
        error = outbox_new(&session->outbox, ops, driver, counters, on_refused, session);
    if (error) {
        session_free(session);
        return error;
    }
    *ret = session;
    return 0;
}

void session_free(struct session *session)
{
    if (!session)
        return;
    subscriptions_deinit(&session->subscriptions);
    outbox_free(session->outbox);
    session_options_free(&session->options);
    free(session);
}

void session_start(struct session *session, int64_t now_ms)
{
    if (session->state != SESSION_IDLE)
        return;
    dial_init(&session->dial, session->options.version, now_ms);
    session_dial(session, now_ms);
}

/* The spool. */

void session_use_spool(struct session *session, const struct session_spool *spool)
{
    outbox_use_spool(session->outbox, spool);
}

int session_restore_event(struct session *session, uint64_t order, const struct spool_message *message,
                          int64_t born_ms)
{
    return outbox_restore_event(session->outbox, order, message, born_ms);
}

int session_restore_state(struct session *session, const struct spool_message *message)
{
    return outbox_restore_state(session->outbox, message);
}

void session_on_spool(struct session *session, const char *error, int64_t now_ms)
{
    outbox_on_spool(session->outbox, error, now_ms);
    if (error)
        session_say(
            session, session->spool_failed ? LOG_LEVEL_DEBUG : LOG_LEVEL_ERROR,
            "the spool on disk failed: %s; what waits for the broker is in memory only, and would be lost "
            "with us; tried again each minute",
            error);
    else if (session->spool_failed)
        session_say(session, LOG_LEVEL_WARNING, "the spool on disk works again");
    session->spool_failed = error;
}

bool session_spool_end(struct session *session, int64_t now_ms)
{
    return outbox_spool_end(session->outbox, now_ms);
}

/* Stop. */

void session_disconnect(struct session *session, int64_t now_ms)
{
    int64_t left_ms = session->stop_end_ms - now_ms;
    session->stop = STOP_DISCONNECT;
    session->state = SESSION_CLOSING;
    if (session->ops->disconnect(session->driver, left_ms > 0 ? (int)left_ms / 2 : 0) < 0)
        session_closed(session);
}

static void say_last_word(struct session *session, int64_t now_ms)
{
    session->stop = STOP_LAST_WORD;
    if (session->options.will_topic)
        outbox_last_word(session->outbox, xpl_slice_from(session->options.will_topic),
                         xpl_slice_from(session->options.stop_payload ? session->options.stop_payload
                                                                      : session->options.will_payload),
                         now_ms);
}

void session_stop_next(struct session *session, int64_t now_ms)
{
    struct outbox *outbox = session->outbox;
    if (session->state == SESSION_CLOSED)
        return;
    if (now_ms >= session->stop_end_ms) {
        session_closed(session);
        return;
    }
    if (session->state != SESSION_UP)
        return;
    if (session->stop == STOP_DRAIN && (outbox_is_idle(outbox) || now_ms >= session->stop_half_ms))
        say_last_word(session, now_ms);
    if (session->stop == STOP_LAST_WORD && (outbox_is_idle(outbox) || now_ms >= session->stop_last_ms))
        session_disconnect(session, now_ms);
}

void session_stop(struct session *session, int timeout_ms, int64_t now_ms)
{
    if (session->stop)
        return;
    session->stop = STOP_DRAIN;
    session->stop_half_ms = now_ms + timeout_ms / 2;
    session->stop_last_ms = now_ms + timeout_ms / 4 * 3;
    session->stop_end_ms = now_ms + timeout_ms;
    switch (session->state) {
    case SESSION_IDLE:
    case SESSION_WAITING: session_closed(session); break;
    case SESSION_SUBSCRIBING: session_disconnect(session, now_ms); break;
    case SESSION_UP: session_stop_next(session, now_ms); break;
    default: break; /* CONNECTING: no call is allowed before its answer */
    }
}

void session_closed(struct session *session)
{
    session->state = SESSION_CLOSED;
    session->listener.closed(session->listener.context);
}

/* Subscriptions and publishes. */

int session_subscribe(struct session *session, const char *filter, int qos, int64_t now_ms)
{
    struct subscription *subscription;
    (void)now_ms;
    int error = subscriptions_put(&session->subscriptions, filter, &subscription);
    if (error)
        return error;
    subscription->qos = qos;
    if (session_is_connected(session))
        session_ask(session, subscription);
    return 0;
}

void session_unsubscribe(struct session *session, const char *filter, int64_t now_ms)
{
    if (!subscriptions_remove(&session->subscriptions, filter))
        return;
    if (session_is_connected(session))
        session->ops->unsubscribe(session->driver, filter);
    session_go_up_when_subscribed(session, now_ms);
}

int session_publish(struct session *session, const struct session_publish *publish, int64_t now_ms)
{
    return outbox_publish(session->outbox, publish, now_ms);
}

void session_forget(struct session *session, struct xpl_slice topic)
{
    outbox_forget(session->outbox, topic);
}

/* Time. */

static int64_t least(int64_t a, int64_t b)
{
    return a < b ? a : b;
}

static int64_t silent_deadline(const struct session *session)
{
    int64_t since_ms = session->dropping ? INT64_MAX : outbox_silent_since(session->outbox);
    return since_ms == INT64_MAX ? INT64_MAX : since_ms + SILENT_MS;
}

int64_t session_deadline(const struct session *session)
{
    int64_t deadline = INT64_MAX;
    switch (session->state) {
    case SESSION_CLOSED: return INT64_MAX;
    case SESSION_WAITING:
    case SESSION_SUBSCRIBING: deadline = session->next_ms; break;
    case SESSION_UP:
        deadline = least(session->broken_ms, silent_deadline(session));
        deadline = least(deadline, session_echo_deadline(session));
        if (!session->trusted)
            deadline = least(deadline, session->up_ms + DIAL_STABLE_MS);
        break;
    default: break;
    }
    if (session->stop == STOP_DRAIN && session->state == SESSION_UP)
        deadline = least(deadline, session->stop_half_ms);
    else if (session->stop == STOP_LAST_WORD)
        deadline = least(deadline, session->stop_last_ms);
    if (session->stop)
        deadline = least(deadline, session->stop_end_ms);
    return least(deadline, outbox_deadline(session->outbox));
}

static void up_on_time(struct session *session, int64_t now_ms)
{
    if (!session->trusted && now_ms - session->up_ms >= DIAL_STABLE_MS) {
        session->trusted = true;
        session->said = 0;
        outbox_trust(session->outbox, now_ms);
    }
    session_echo_on_time(session, now_ms);
    if (now_ms >= session->broken_ms)
        session_drop(session, MQTT_REASON_BROKEN, now_ms);
    else if (now_ms >= silent_deadline(session))
        session_drop(session, MQTT_REASON_STUCK, now_ms);
}

void session_on_time(struct session *session, int64_t now_ms)
{
    if (session->state == SESSION_CLOSED)
        return;
    outbox_on_time(session->outbox, now_ms);
    if (session->state == SESSION_WAITING && now_ms >= session->next_ms) {
        session_dial(session, now_ms);
    } else if (session->state == SESSION_SUBSCRIBING && now_ms >= session->next_ms) {
        session_say(session, LOG_LEVEL_WARNING, "no answer to a subscription; going on without");
        session_go_up(session, now_ms);
    } else if (session->state == SESSION_UP) {
        up_on_time(session, now_ms);
    }
    if (session->stop)
        session_stop_next(session, now_ms);
}

/* Numbers. */

enum session_state session_state(const struct session *session)
{
    return session->state;
}

enum mqtt_version session_version(const struct session *session)
{
    return session->version;
}

bool session_get(const struct session *session, struct xpl_slice topic, struct xpl_slice *ret)
{
    return outbox_get(session->outbox, topic, ret);
}

size_t session_states(const struct session *session)
{
    return outbox_states(session->outbox);
}

size_t session_waiting(const struct session *session)
{
    return outbox_waiting(session->outbox);
}

size_t session_inflight(const struct session *session)
{
    return outbox_flying(session->outbox);
}

bool session_books_balance(const struct session *session)
{
    return outbox_books_balance(session->outbox);
}
