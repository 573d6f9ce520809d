/* The walk: session_start -> dial: read the password file, ops->connect -> CONNECTED: ask for every
 * subscription -> the last SUBACK: up: the listener announces, then the outbox sends the rest -> LOST: wait,
 * dial again.
 *
 * Failures of a connection all end in `down`, which alone decides what comes next. A connection that no
 * longer works, though nobody said so (a publish failed here, or no answer came for a minute), is ended by
 * us.
 *
 * Stop: drain until half of the time is over, then the last word (`offline`), then disconnect; at the end of
 * the time whatever is left is left.
 */
#include "mqtt/session.h"

#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>

#include "base/error.h"
#include "base/limits.h"
#include "mqtt/dial.h"
#include "mqtt/outbox.h"
#include "mqtt/reason.h"
#include "mqtt/secret.h"

#define SUBSCRIBE_MS 30000 /* for all SUBACKs; then we go on without */
#define SILENT_MS    60000 /* no answer to any publish: the connection is dead */
#define BROKEN_MS    2000  /* a publish failed here, and LOST should follow */

struct subscription {
    char *filter;
    int qos;
    uint64_t number; /* of the last time that it was asked for */
    bool pending;    /* no SUBACK yet */
};

enum stop_phase { STOP_NOT, STOP_DRAIN, STOP_LAST_WORD, STOP_DISCONNECT };

struct session {
    struct session_options options;
    const struct mqtt_driver_ops *ops;
    struct mqtt_driver *driver;
    struct session_listener listener;
    struct counters *counters;
    struct outbox *outbox;

    enum session_state state;
    struct dial dial;
    uint32_t generation;       /* of the last connect */
    enum mqtt_version version; /* of the last connection */
    int receive_maximum;
    int64_t next_ms; /* WAITING: dial; SUBSCRIBING: go up anyway; else not used */
    int64_t up_ms;   /* since when */
    bool trusted;    /* up for a minute */
    int64_t broken_ms;
    bool dropping; /* we asked for the disconnect, though we want to stay */
    int drop_reason;

    struct subscription subscriptions[LIMIT_SUBSCRIPTIONS];
    size_t n_subscriptions;
    uint64_t subscription_number;

    int said;         /* reason of the last failure that was a warning, 0 for none */
    int said_refused; /* the same for publishes, in this connection */

    enum stop_phase stop;
    int64_t stop_half_ms, stop_last_ms, stop_end_ms;
};

static void __attribute__((format(printf, 3, 4)))
say(struct session *session, enum log_level level, const char *format, ...)
{
    char text[512];
    va_list arguments;
    va_start(arguments, format);
    vsnprintf(text, sizeof(text), format, arguments);
    va_end(arguments);
    session->listener.log(session->listener.context, level, text);
}

/* ": reason (detail)". */
static void reason_text(char *ret, size_t capacity, int reason, const char *detail)
{
    bool has_detail = detail && detail[0];
    snprintf(ret, capacity, "%s%s%s%s", mqtt_reason_text(reason), has_detail ? " (" : "",
             has_detail ? detail : "", has_detail ? ")" : "");
}

/* The same failure again is of no interest until another one has come between. */
static enum log_level failure_level(int *said, int reason)
{
    enum log_level level = *said == reason ? LOG_LEVEL_DEBUG : LOG_LEVEL_WARNING;
    *said = reason;
    return level;
}

static void on_refused(void *context, struct xpl_slice topic, int reason)
{
    struct session *session = context;
    say(session, failure_level(&session->said_refused, reason), "publish to %.*s refused: %s",
        XPL_SLICE_ARGS(topic), mqtt_reason_text(reason));
}

/* Make and free. */

static int copy_string(char const **string)
{
    if (!*string)
        return 0;
    *string = strdup(*string);
    return *string ? 0 : -ENOMEM;
}

static int copy_options(struct session_options *options)
{
    const char **strings[] = { &options->url,        &options->username,     &options->password,
                               &options->cafile,     &options->certfile,     &options->keyfile,
                               &options->will_topic, &options->will_payload, &options->password_file };
    int error = 0;
    for (size_t i = 0; i < sizeof(strings) / sizeof(strings[0]); i++) {
        if (error)
            *strings[i] = NULL; /* not ours */
        else
            error = copy_string(strings[i]);
    }
    return error;
}

static void free_options(struct session_options *options)
{
    if (options->password)
        explicit_bzero((char *)options->password, strlen(options->password));
    free((char *)options->url);
    free((char *)options->username);
    free((char *)options->password);
    free((char *)options->password_file);
    free((char *)options->cafile);
    free((char *)options->certfile);
    free((char *)options->keyfile);
    free((char *)options->will_topic);
    free((char *)options->will_payload);
}

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
    session->options = *options;
    int error = copy_options(&session->options);
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
    for (size_t i = 0; i < session->n_subscriptions; i++)
        free(session->subscriptions[i].filter);
    outbox_free(session->outbox);
    free_options(&session->options);
    free(session);
}

/* Connect. */

static const char *version_text(enum mqtt_version version)
{
    return version == MQTT_VERSION_5 ? "5" : "3.1.1";
}

static void closed(struct session *session)
{
    session->state = SESSION_CLOSED;
    session->listener.closed(session->listener.context);
}

static void connect_failed(struct session *session, int reason, const char *detail, int64_t now_ms)
{
    char text[256];
    count(session->counters, COUNT_CONNECT_FAILURES);
    if (session->stop) {
        closed(session);
        return;
    }
    enum mqtt_version tried = session->dial.next;
    uint32_t random = session->listener.random(session->listener.context);
    int64_t delay_ms = dial_failed(&session->dial, reason, random, now_ms);
    session->state = SESSION_WAITING;
    session->next_ms = now_ms + delay_ms;
    reason_text(text, sizeof(text), reason, detail);
    if (delay_ms == 0) {
        say(session, LOG_LEVEL_DEBUG, "%s did not take MQTT %s: %s; trying MQTT %s", session->options.url,
            version_text(tried), text, version_text(session->dial.next));
        return;
    }
    say(session, failure_level(&session->said, reason), "cannot connect to %s: %s; next attempt in %lld s",
        session->options.url, text, (long long)(delay_ms + 999) / 1000);
}

static void dial_now(struct session *session, int64_t now_ms)
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

void session_start(struct session *session, int64_t now_ms)
{
    if (session->state != SESSION_IDLE)
        return;
    dial_init(&session->dial, session->options.version, now_ms);
    dial_now(session, now_ms);
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
        closed(session);
        return;
    }
    uint32_t random = session->listener.random(session->listener.context);
    int64_t delay_ms = dial_lost(&session->dial, reason, lived_ms, random, now_ms, &reason);
    session->state = SESSION_WAITING;
    session->next_ms = now_ms + delay_ms;
    reason_text(text, sizeof(text), reason, detail);
    say(session, failure_level(&session->said, reason), "connection to %s ended: %s; next attempt in %lld s",
        session->options.url, text, (long long)(delay_ms + 999) / 1000);
    if (was_up)
        session->listener.down(session->listener.context, now_ms);
}

/* Ends a connection that no longer works, and comes back. */
static void drop(struct session *session, int reason, int64_t now_ms)
{
    if (session->dropping)
        return;
    session->dropping = true;
    session->drop_reason = reason;
    session->broken_ms = INT64_MAX;
    /* A driver that cannot even disconnect has lost the connection, and says so. */
    if (session->ops->disconnect(session->driver, 0) < 0) {
        session->dropping = false;
        session->broken_ms = now_ms + BROKEN_MS;
    }
}

/* Stop. */

static void disconnect(struct session *session, int64_t now_ms)
{
    int64_t left_ms = session->stop_end_ms - now_ms;
    session->stop = STOP_DISCONNECT;
    session->state = SESSION_CLOSING;
    if (session->ops->disconnect(session->driver, left_ms > 0 ? (int)left_ms / 2 : 0) < 0)
        closed(session);
}

static void stop_next(struct session *session, int64_t now_ms)
{
    struct outbox *outbox = session->outbox;
    if (session->state == SESSION_CLOSED)
        return;
    if (session->stop == STOP_DRAIN && (outbox_is_idle(outbox) || now_ms >= session->stop_half_ms)) {
        session->stop = STOP_LAST_WORD;
        if (session->options.will_topic)
            outbox_last_word(outbox, xpl_slice_from(session->options.will_topic),
                             xpl_slice_from(session->options.will_payload), now_ms);
    }
    if (session->stop == STOP_LAST_WORD && (outbox_is_idle(outbox) || now_ms >= session->stop_last_ms))
        disconnect(session, now_ms);
    if (session->state != SESSION_CLOSED && now_ms >= session->stop_end_ms)
        closed(session);
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
    case SESSION_WAITING: closed(session); break;
    case SESSION_SUBSCRIBING: disconnect(session, now_ms); break;
    case SESSION_UP: stop_next(session, now_ms); break;
    default: break; /* CONNECTING: no call is allowed before its answer */
    }
}

/* Subscriptions. */

static void ask(struct session *session, struct subscription *subscription)
{
    subscription->number = ++session->subscription_number;
    subscription->pending = true;
    int error = session->ops->subscribe(session->driver, subscription->filter, subscription->qos,
                                        MQTT_CONTEXT(session->generation, subscription->number));
    if (!error)
        return;
    subscription->pending = false;
    say(session, LOG_LEVEL_WARNING, "cannot subscribe to %s: %s", subscription->filter,
        mqtt_reason_text(error));
}

static struct subscription *find_subscription(struct session *session, const char *filter)
{
    for (size_t i = 0; i < session->n_subscriptions; i++)
        if (strcmp(session->subscriptions[i].filter, filter) == 0)
            return &session->subscriptions[i];
    return NULL;
}

static bool is_connected(const struct session *session)
{
    return (session->state == SESSION_SUBSCRIBING || session->state == SESSION_UP) && !session->dropping;
}

int session_subscribe(struct session *session, const char *filter, int qos, int64_t now_ms)
{
    struct subscription *subscription = find_subscription(session, filter);
    (void)now_ms;
    if (!subscription) {
        if (session->n_subscriptions == LIMIT_SUBSCRIPTIONS)
            return -ENOSPC;
        char *copy = strdup(filter);
        if (!copy)
            return -ENOMEM;
        subscription = &session->subscriptions[session->n_subscriptions++];
        *subscription = (struct subscription){ .filter = copy };
    }
    subscription->qos = qos;
    if (is_connected(session))
        ask(session, subscription);
    return 0;
}

static void go_up_when_subscribed(struct session *session, int64_t now_ms);

void session_unsubscribe(struct session *session, const char *filter, int64_t now_ms)
{
    struct subscription *subscription = find_subscription(session, filter);
    if (!subscription)
        return;
    if (is_connected(session))
        session->ops->unsubscribe(session->driver, filter);
    free(subscription->filter);
    *subscription = session->subscriptions[--session->n_subscriptions];
    go_up_when_subscribed(session, now_ms);
}

static void go_up(struct session *session, int64_t now_ms)
{
    session->state = SESSION_UP;
    session->trusted = false;
    say(session, LOG_LEVEL_INFO, "connected to %s with MQTT %s", session->options.url,
        version_text(session->version));
    outbox_up_begin(session->outbox, session->generation, session->receive_maximum, now_ms);
    session->listener.up(session->listener.context, now_ms);
    outbox_up_end(session->outbox, now_ms);
}

static void go_up_when_subscribed(struct session *session, int64_t now_ms)
{
    if (session->state != SESSION_SUBSCRIBING)
        return;
    for (size_t i = 0; i < session->n_subscriptions; i++)
        if (session->subscriptions[i].pending)
            return;
    go_up(session, now_ms);
}

static void on_suback(struct session *session, const struct mqtt_event *event, int64_t now_ms)
{
    if (MQTT_CONTEXT_GENERATION(event->context) != session->generation)
        return;
    for (size_t i = 0; i < session->n_subscriptions; i++) {
        struct subscription *subscription = &session->subscriptions[i];
        if (!subscription->pending || subscription->number != MQTT_CONTEXT_NUMBER(event->context))
            continue;
        subscription->pending = false;
        if (event->type == MQTT_EVENT_SUBSCRIBE_FAILED)
            say(session, LOG_LEVEL_WARNING, "subscription to %s refused: %s", subscription->filter,
                mqtt_reason_text(event->reason));
    }
    go_up_when_subscribed(session, now_ms);
}

/* Events. */

static void on_connected(struct session *session, const struct mqtt_event *event, int64_t now_ms)
{
    count(session->counters, COUNT_CONNECTS);
    session->version = session->dial.next;
    session->receive_maximum = event->receive_maximum;
    session->said_refused = 0;
    session->broken_ms = INT64_MAX;
    session->up_ms = now_ms;
    session->next_ms = now_ms + SUBSCRIBE_MS;
    session->state = SESSION_SUBSCRIBING;
    dial_connected(&session->dial);
    if (session->stop) {
        disconnect(session, now_ms);
        return;
    }
    for (size_t i = 0; i < session->n_subscriptions; i++)
        ask(session, &session->subscriptions[i]);
    go_up_when_subscribed(session, now_ms);
}

void session_on_event(struct session *session, const struct mqtt_event *event, int64_t now_ms)
{
    bool current = MQTT_CONTEXT_GENERATION(event->context) == session->generation;
    bool connected = session->state == SESSION_SUBSCRIBING || session->state == SESSION_UP;

    switch (event->type) {
    case MQTT_EVENT_CONNECTED:
        if (session->state == SESSION_CONNECTING && current)
            on_connected(session, event, now_ms);
        break;
    case MQTT_EVENT_CONNECT_FAILED:
        if (session->state == SESSION_CONNECTING && current)
            connect_failed(session, event->reason, event->text, now_ms);
        break;
    case MQTT_EVENT_LOST:
        if ((connected || session->state == SESSION_CLOSING) && current)
            down(session, event->reason, event->text, now_ms);
        break;
    case MQTT_EVENT_DISCONNECTED:
        if (session->state == SESSION_CLOSING || (connected && session->dropping))
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
        if (connected && !session->stop)
            session->listener.message(session->listener.context, event, now_ms);
        break;
    }
    if (session->stop && session->state == SESSION_UP)
        stop_next(session, now_ms);
}

/* Publish. */

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
    if (now_ms >= session->broken_ms)
        drop(session, MQTT_REASON_BROKEN, now_ms);
    else if (now_ms >= silent_deadline(session))
        drop(session, MQTT_REASON_STUCK, now_ms);
}

void session_on_time(struct session *session, int64_t now_ms)
{
    if (session->state == SESSION_CLOSED)
        return;
    outbox_on_time(session->outbox, now_ms);
    if (session->state == SESSION_WAITING && now_ms >= session->next_ms) {
        dial_now(session, now_ms);
    } else if (session->state == SESSION_SUBSCRIBING && now_ms >= session->next_ms) {
        say(session, LOG_LEVEL_WARNING, "no answer to a subscription; going on without");
        go_up(session, now_ms);
    } else if (session->state == SESSION_UP) {
        up_on_time(session, now_ms);
    }
    if (session->stop)
        stop_next(session, now_ms);
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
