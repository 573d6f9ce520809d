/* The MQTT session: our own reconnect, our own outbox, over a driver. A pure state machine: time and chance
 * are arguments, effects go through the driver table and the listener.
 *
 *   IDLE -> CONNECTING -> SUBSCRIBING -> UP -> (LOST) -> WAITING -> CONNECTING ...
 *   stop: -> CLOSING -> CLOSED
 *
 * At each connect: every subscription, then listener.up (where core announces and says `online`), then all
 * retained states that were not published meanwhile, in the order of their first publish, then the events
 * that waited.
 *
 * Outbox: a state is kept once per topic, newest wins, for as long as the session lives, so that a broker
 * that comes back empty gets the same tree again. An event waits in a ring bounded in number, bytes and age.
 * A transient message is sent now or dropped. Every message handed in ends as exactly one of: published,
 * coalesced, expired, dropped-*, or is still waiting. Order per topic is the order of session_publish.
 *
 * In flight at the driver: at most min(LIMIT_INFLIGHT, the least Receive Maximum ever seen), because
 * Paho 1.3.12 never raises that again and stalls a second per message beyond it.
 */
#ifndef MQTT_SESSION_H
#define MQTT_SESSION_H

#include "base/counters.h"
#include "base/log.h"
#include "mqtt/driver.h"
#include "mqtt/spool.h"

struct session;

/* Copied by session_new. Certificates and the password file are read anew at each connect. */
struct session_options {
    const char *url;      /* "mqtt://localhost:1883" */
    const char *username; /* NULL: none */
    const char *password; /* NULL: none, or from password_file */
    const char *password_file;
    const char *cafile, *certfile, *keyfile;
    bool insecure; /* no host check; for tests only, not reachable from the config */
    enum mqtt_version version;
    int keepalive; /* s; the session keeps to what the broker wants where that is shorter */
    const char *will_topic, *will_payload;
    const char *stop_payload; /* on the will topic at a clean stop; NULL: as the will */
};

enum session_lane {
    SESSION_STATE,     /* retained: newest wins, published again at each connect; an empty payload clears and
                          forgets */
    SESSION_EVENT,     /* not retained: in order, at least once within bounds */
    SESSION_TRANSIENT, /* of no use later: answers, health */
};

struct session_publish {
    enum session_lane lane;
    struct xpl_slice topic, payload;
    int qos;
    struct xpl_slice correlation; /* TRANSIENT only; data NULL: none */
};

/* What the session tells. Called from inside session_… calls: the listener may publish and subscribe from
 * there, not stop or free. */
struct session_listener {
    void *context;
    void (*up)(void *context, int64_t now_ms);
    void (*down)(void *context, int64_t now_ms);
    /* The event stays the session's. */
    void (*message)(void *context, const struct mqtt_event *message, int64_t now_ms);
    void (*log)(void *context, enum log_level level, const char *text);
    void (*closed)(void *context);
    uint32_t (*random)(void *context);
};

enum session_state {
    SESSION_IDLE,
    SESSION_WAITING,
    SESSION_CONNECTING,
    SESSION_SUBSCRIBING,
    SESSION_UP,
    SESSION_CLOSING,
    SESSION_CLOSED
};

/* Everything but `driver` and `counters` is copied. 0 or -ENOMEM. */
int session_new(struct session **ret, const struct session_options *options,
                const struct mqtt_driver_ops *ops, struct mqtt_driver *driver,
                const struct session_listener *listener, struct counters *counters);
void session_free(struct session *session);

/* What is owed to the broker goes to that spool too (spool.h). Before session_start: first this, then what
 * the last run left there, the events before the states, the events in the order of `order`, which is above
 * 0. Results as of session_publish; what cannot be taken leaves the spool. */
void session_use_spool(struct session *session, const struct session_spool *spool);
int session_restore_event(struct session *session, uint64_t order, const struct spool_message *message,
                          int64_t born_ms);
int session_restore_state(struct session *session, const struct spool_message *message);
/* How the last commit went; NULL for well. */
void session_on_spool(struct session *session, const char *error, int64_t now_ms);
/* At the very end: writes at once what is not written yet. False while a commit is under way: again after it.
 */
bool session_spool_end(struct session *session, int64_t now_ms);

void session_start(struct session *session, int64_t now_ms);

/* Publishes the given `offline` on the will topic if up, waits for what is in flight, disconnects; `closed`
 * is called once, at the latest after timeout_ms. */
void session_stop(struct session *session, int timeout_ms, int64_t now_ms);

/* Copies. 0, or a positive number when it was dropped at once (counted): the reason as enum counter + 1. */
int session_publish(struct session *session, const struct session_publish *publish, int64_t now_ms);

/* The newest payload of a state, until the next call that publishes. False when it has none. */
bool session_get(const struct session *session, struct xpl_slice topic, struct xpl_slice *ret);

/* Forgets a state without touching the broker; for clearing it there, publish it empty. */
void session_forget(struct session *session, struct xpl_slice topic);

/* Kept and repeated at each connect. 0, -ENOMEM or -ENOSPC (LIMIT_SUBSCRIPTIONS). */
int session_subscribe(struct session *session, const char *filter, int qos, int64_t now_ms);
void session_unsubscribe(struct session *session, const char *filter, int64_t now_ms);

/* One event out of the inbox. The caller keeps and frees it. */
void session_on_event(struct session *session, const struct mqtt_event *event, int64_t now_ms);

/* When session_on_time wants to be called, INT64_MAX for never. */
int64_t session_deadline(const struct session *session);
void session_on_time(struct session *session, int64_t now_ms);

enum session_state session_state(const struct session *session);
enum mqtt_version
session_version(const struct session *session);         /* of the present or last connection; AUTO before */
size_t session_states(const struct session *session);   /* topics remembered */
size_t session_waiting(const struct session *session);  /* states and events not yet handed to the driver */
size_t session_inflight(const struct session *session); /* handed over, not yet answered */

/* Whether PUBLISHES equals the sum of what became of them and of what is still owed. Looks at everything: for
 * tests. */
bool session_books_balance(const struct session *session);

#endif
