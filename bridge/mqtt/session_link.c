/* The connection's life. session_dial: read the password file, ops->connect -> CONNECTED: ask for every
 * subscription -> the last SUBACK: up: the listener announces, then the outbox sends the rest -> LOST: down,
 * wait, dial again.
 *
 * Failures of a connection all end in `down`, which alone decides what comes next.
 */
#include "mqtt/session-private.h"

#include <stdio.h>

#include "base/error.h"
#include "mqtt/reason.h"
#include "mqtt/secret.h"

#define SUBSCRIBE_MS 30000 /* for all SUBACKs; then we go on without */
#define BROKEN_MS    2000  /* a publish failed here, and LOST should follow */

/* "reason (detail)". */
static void reason_text(char *ret, size_t capacity, int reason, const char *detail)
{
    bool has_detail = detail && detail[0];
    snprintf(ret, capacity, "%s%s%s%s", mqtt_reason_text(reason), has_detail ? " (" : "",
             has_detail ? detail : "", has_detail ? ")" : "");
}

/* Connect. */

static const char *version_text(enum mqtt_version version)
{
    return version == MQTT_VERSION_5 ? "5" : "3.1.1";
}

static void connect_failed(struct session *session, int reason, const char *detail, int64_t now_ms)
{
    char text[256];
    enum counter counter = mqtt_reason_connect_counter(reason);
    count(session->counters, COUNT_CONNECT_FAILURES);
    if (counter != COUNTERS)
        count(session->counters, counter);
    if (session->stop) {
        session_closed(session);
        return;
    }
    enum mqtt_version tried = session->dial.next;
    uint32_t random = session->listener.random(session->listener.context);
    int64_t delay_ms = dial_failed(&session->dial, reason, random, now_ms);
    session->state = SESSION_WAITING;
    session->next_ms = now_ms + delay_ms;
    reason_text(text, sizeof(text), reason, detail);
    if (delay_ms == 0) {
        session_say(session, LOG_LEVEL_DEBUG, "%s did not take MQTT %s: %s; trying MQTT %s",
                    session->options.url, version_text(tried), text, version_text(session->dial.next));
        return;
    }
    session_say(session, session_failure_level(&session->said, reason),
                "cannot connect to %s: %s; next attempt in %lld s", session->options.url, text,
                (long long)(delay_ms + 999) / 1000);
}

void session_dial(struct session *session, int64_t now_ms)
{
    const struct session_options *options = &session->options;
    struct xpl_slice password = xpl_slice_from(options->password), secret = { NULL, 0 };
    if (options->password_file) {
        int error = secret_read(options->password_file, &secret);
        if (error) {
            connect_failed(session, MQTT_REASON_PASSWORD_FILE, strerror(-error), now_ms);
            return;
        }
        password = secret;
    }
    session->generation = (session->generation + 1) & 0xffffff;
    const struct mqtt_connect connect = {
        .url = options->url,
        .username = options->username,
        .password = password,
        .cafile = options->cafile,
        .certfile = options->certfile,
        .keyfile = options->keyfile,
        .verify_host = !options->insecure,
        .version = session->dial.next,
        .keepalive = options->keepalive,
        .timeout = dial_timeout(&session->dial),
        .will_topic = options->will_topic,
        .will_payload = xpl_slice_from(options->will_payload),
        .will_qos = 1,
        .will_retain = true,
        .context = MQTT_CONTEXT(session->generation, 0),
    };
    session->state = SESSION_CONNECTING;
    int error = session->ops->connect(session->driver, &connect);
    secret_free(secret);
    if (error)
        connect_failed(session, error, NULL, now_ms);
}

/* Down. */

static void down(struct session *session, int reason, const char *detail, int64_t now_ms)
{
    bool was_up = session->state == SESSION_UP;
    int64_t lived_ms = now_ms - session->up_ms;
    char text[256];

    if (session->dropping)
        reason = session->drop_reason;
    session->dropping = false;
    session->broken_ms = INT64_MAX;
    outbox_down(session->outbox, mqtt_reason_is_packet(reason), reason);
    if (session->state != SESSION_CLOSING)
        count(session->counters, COUNT_CONNECTIONS_LOST);
    if (session->stop) {
        session_closed(session);
        return;
    }
    uint32_t random = session->listener.random(session->listener.context);
    int64_t delay_ms = dial_lost(&session->dial, reason, lived_ms, random, now_ms, &reason);
    session->state = SESSION_WAITING;
    session->next_ms = now_ms + delay_ms;
    if (reason == MQTT_REASON_TAKEN_OVER || reason == MQTT_REASON_SHORT_LIVED)
        count(session->counters, COUNT_TAKEN_OVER);
    reason_text(text, sizeof(text), reason, detail);
    session_say(session, session_failure_level(&session->said, reason),
                "connection to %s ended: %s; next attempt in %lld s", session->options.url, text,
                (long long)(delay_ms + 999) / 1000);
    if (was_up)
        session->listener.down(session->listener.context, now_ms);
}

void session_drop(struct session *session, int reason, int64_t now_ms)
{
    if (session->dropping)
        return;
    session->dropping = true;
    session->drop_reason = reason;
    session->broken_ms = INT64_MAX;
    int error = session->ops->disconnect(session->driver, 0);
    if (error == -ENOTCONN) { /* it is gone, and nobody told us */
        down(session, reason, NULL, now_ms);
    } else if (error) {
        session->dropping = false;
        session->broken_ms = now_ms + BROKEN_MS;
    }
}

/* Up. */

void session_go_up(struct session *session, int64_t now_ms)
{
    session->state = SESSION_UP;
    session->trusted = false;
    session_say(session, LOG_LEVEL_INFO, "connected to %s with MQTT %s", session->options.url,
                version_text(session->version));
    outbox_up_begin(session->outbox, session->generation, session->receive_maximum, now_ms);
    session->listener.up(session->listener.context, now_ms);
    outbox_up_end(session->outbox, now_ms);
    session_echo_up(session, now_ms);
}

void session_go_up_when_subscribed(struct session *session, int64_t now_ms)
{
    if (session->state == SESSION_SUBSCRIBING && !subscriptions_pending(&session->subscriptions))
        session_go_up(session, now_ms);
}

/* Subscriptions. */

void session_ask(struct session *session, struct subscription *subscription)
{
    uint64_t number = subscriptions_ask(&session->subscriptions, subscription);
    int error = session->ops->subscribe(session->driver, subscription->filter, subscription->qos,
                                        MQTT_CONTEXT(session->generation, number));
    if (!error)
        return;
    subscription->pending = false;
    session_say(session, LOG_LEVEL_WARNING, "cannot subscribe to %s: %s", subscription->filter,
                mqtt_reason_text(error));
}

bool session_is_connected(const struct session *session)
{
    return (session->state == SESSION_SUBSCRIBING || session->state == SESSION_UP) && !session->dropping;
}

static void on_suback(struct session *session, const struct mqtt_event *event, int64_t now_ms)
{
    if (MQTT_CONTEXT_GENERATION(event->context) != session->generation)
        return;
    if (event->type == MQTT_EVENT_SUBSCRIBE_FAILED)
        count(session->counters, COUNT_SUBSCRIPTIONS_REFUSED);
    if (session_echo_on_suback(session, event))
        return;
    const struct subscription *subscription =
        subscriptions_answer(&session->subscriptions, MQTT_CONTEXT_NUMBER(event->context));
    if (subscription && event->type == MQTT_EVENT_SUBSCRIBE_FAILED)
        session_say(session, LOG_LEVEL_WARNING, "subscription to %s refused: %s", subscription->filter,
                    mqtt_reason_text(event->reason));
    session_go_up_when_subscribed(session, now_ms);
}

/* A shorter keep-alive. The broker ends a connection that is silent for longer than it said, and the library
 * goes by what we asked for: so this connection would break again and again. It ends before anybody has heard
 * of it, and is neither a connection made nor one lost. */

static void begin_anew(struct session *session, int64_t now_ms)
{
    session->dropping = false;
    if (session->stop) {
        session_closed(session);
        return;
    }
    session->state = SESSION_WAITING;
    session->next_ms = now_ms;
}

/* False: it goes on, and the next one will be better. */
static bool end_for_keepalive(struct session *session, int keepalive, int64_t now_ms)
{
    session->options.keepalive = keepalive;
    int error = session->ops->disconnect(session->driver, 0);
    if (error && error != -ENOTCONN)
        return false;
    session_say(session, LOG_LEVEL_INFO, "%s wants to hear of us every %d s: connecting again with that",
                session->options.url, keepalive);
    session->dropping = true;
    if (error) /* it is gone, and nobody will tell us */
        begin_anew(session, now_ms);
    return true;
}

/* Events. */

static void on_connected(struct session *session, const struct mqtt_event *event, int64_t now_ms)
{
    if (event->receive_maximum > 0 && event->receive_maximum < session->receive_maximum)
        session->receive_maximum = event->receive_maximum;
    bool shorter = event->server_keepalive && event->server_keepalive < session->options.keepalive;
    if (shorter && !session->stop && end_for_keepalive(session, event->server_keepalive, now_ms))
        return;
    count(session->counters, COUNT_CONNECTS);
    session->version = session->dial.next;
    session->said_refused = 0;
    session->broken_ms = INT64_MAX;
    session->up_ms = now_ms;
    session->next_ms = now_ms + SUBSCRIBE_MS;
    session->state = SESSION_SUBSCRIBING;
    dial_connected(&session->dial);
    if (session->stop) {
        session_disconnect(session, now_ms);
        return;
    }
    session_echo_ask(session);
    for (size_t i = 0; i < session->subscriptions.n; i++)
        session_ask(session, &session->subscriptions.list[i]);
    session_go_up_when_subscribed(session, now_ms);
}

void session_on_event(struct session *session, const struct mqtt_event *event, int64_t now_ms)
{
    bool current = MQTT_CONTEXT_GENERATION(event->context) == session->generation;
    bool connected = session->state == SESSION_SUBSCRIBING || session->state == SESSION_UP;
    bool ending = session->state == SESSION_CONNECTING && session->dropping;

    switch (event->type) {
    case MQTT_EVENT_CONNECTED:
        if (session->state == SESSION_CONNECTING && !ending && current)
            on_connected(session, event, now_ms);
        break;
    case MQTT_EVENT_CONNECT_FAILED:
        if (session->state == SESSION_CONNECTING && current)
            connect_failed(session, event->reason, event->text, now_ms);
        break;
    case MQTT_EVENT_LOST:
        if (ending && current)
            begin_anew(session, now_ms);
        else if ((connected || session->state == SESSION_CLOSING) && current)
            down(session, event->reason, event->text, now_ms);
        break;
    case MQTT_EVENT_DISCONNECTED:
        if (ending && current)
            begin_anew(session, now_ms);
        else if (session->state == SESSION_CLOSING || (connected && session->dropping))
            down(session, MQTT_REASON_BROKEN, NULL, now_ms);
        break;
    case MQTT_EVENT_PUBLISHED:
    case MQTT_EVENT_PUBLISH_FAILED:
        if (outbox_answer(session->outbox, event, now_ms) < 0 && session->broken_ms == INT64_MAX)
            session->broken_ms = now_ms + BROKEN_MS;
        break;
    case MQTT_EVENT_SUBSCRIBED:
    case MQTT_EVENT_SUBSCRIBE_FAILED: on_suback(session, event, now_ms); break;
    case MQTT_EVENT_MESSAGE:
        if (connected && !session->stop && !session_echo_on_message(session, event))
            session->listener.message(session->listener.context, event, now_ms);
        break;
    }
    if (session->stop && session->state == SESSION_UP)
        session_stop_next(session, now_ms);
}
