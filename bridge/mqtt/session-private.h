/* The session from inside: for session.c (what the user calls, time, stop) and session_link.c (the
 * connection's life). */
#ifndef MQTT_SESSION_PRIVATE_H
#define MQTT_SESSION_PRIVATE_H

#include "mqtt/dial.h"
#include "mqtt/outbox.h"
#include "mqtt/session.h"
#include "mqtt/subscriptions.h"

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
    int receive_maximum;       /* the least that was told */
    int64_t next_ms;           /* WAITING: dial; SUBSCRIBING: go up anyway; else not used */
    int64_t up_ms;             /* since when */
    bool trusted;              /* up for a minute */
    int64_t broken_ms;
    bool dropping; /* we asked for the disconnect, though we want to stay; CONNECTING: to dial once more */
    int drop_reason;

    struct subscriptions subscriptions;

    int said;              /* reason of the last failure that was a warning, 0 for none */
    unsigned said_refused; /* kinds of refused publishes that were a warning in this connection: a bit each */
    struct echo {
        enum { ECHO_NONE, ECHO_ASKED, ECHO_AWAITED } phase;
        int64_t due_ms; /* AWAITED */
    } echo;
    bool spool_failed;

    enum stop_phase stop;
    int64_t stop_half_ms, stop_last_ms, stop_end_ms;
};

void session_say(struct session *session, enum log_level level, const char *format, ...)
    __attribute__((format(printf, 3, 4)));
/* The same failure again is of no interest until another one has come between. */
enum log_level session_failure_level(int *said, int reason);

/* The test of what a 3.1.1 broker does not say: session_echo.c. At a connect; when up; of a SUBACK and of a
 * message, whether they were the test's; its deadline. */
void session_echo_ask(struct session *session);
void session_echo_up(struct session *session, int64_t now_ms);
bool session_echo_on_suback(struct session *session, const struct mqtt_event *event);
bool session_echo_on_message(struct session *session, const struct mqtt_event *event);
int64_t session_echo_deadline(const struct session *session);
void session_echo_on_time(struct session *session, int64_t now_ms);

/* Makes an attempt to connect. */
void session_dial(struct session *session, int64_t now_ms);
/* Up, if every subscription has its answer. */
void session_go_up_when_subscribed(struct session *session, int64_t now_ms);
void session_go_up(struct session *session, int64_t now_ms);
/* Asks the broker for the subscription. */
void session_ask(struct session *session, struct subscription *subscription);
/* Calls of the driver other than connect are allowed. */
bool session_is_connected(const struct session *session);
/* Ends a connection that no longer works, and comes back. */
void session_drop(struct session *session, int reason, int64_t now_ms);

/* Ends the connection for good. */
void session_disconnect(struct session *session, int64_t now_ms);
/* The next step of the stop, if it is time. */
void session_stop_next(struct session *session, int64_t now_ms);
void session_closed(struct session *session);

#endif
