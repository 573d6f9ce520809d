/* A broker and the library that talks to it, in one: implements the driver table (mqtt/driver.h) without a
 * socket.
 *
 * What is published goes to the wire; the broker takes it from there, in order, and answers; the answers lie
 * in a queue until the test lets the session see them. Each of the three steps can be held, reordered or
 * lost.
 */
#ifndef FAKE_BROKER_H
#define FAKE_BROKER_H

#include "mqtt/driver.h"
#include "mqtt/session.h"

#define FAKE_ITEMS 100000

struct fake_message {
    char *topic, *payload; /* NUL-terminated */
    int qos;
    bool retain;
    uint64_t context;
    unsigned connection; /* number of the connection in which it was published */
};

struct fake_list {
    struct fake_message *items;
    size_t n, capacity;
};

/* mqtt/driver.h leaves this struct to whoever implements the table. */
struct mqtt_driver {
    /* How it behaves; a test sets these. */
    int connect_error;    /* what ops->connect returns */
    int refuse;           /* reason with which a connect fails, 0 for none */
    bool only_311;        /* an MQTT 5 connect fails with reason 1 */
    bool silent_to_5;     /* … or with MQTT_REASON_TIMEOUT */
    bool hold_connect;    /* connects get no answer */
    int receive_maximum;  /* 65535 unless set */
    int server_keepalive; /* s that CONNACK tells, 0 for nothing */
    int disconnect_error; /* what ops->disconnect returns */
    int publish_error;    /* what ops->publish returns */
    int subscribe_refuse; /* reason of SUBACKs, 0 for granted */
    bool hold_subscribe;  /* subscribes get no answer */
    bool hold;            /* the broker takes nothing from the wire */
    bool hold_disconnect; /* disconnects get no answer */
    const char *refused;  /* publishes to this topic are refused with refused_reason */
    int refused_reason;
    const char *poison; /* a publish to this topic makes the broker end the connection with poison_reason */
    int poison_reason;

    /* What happened; a test reads these. */
    bool connected;
    unsigned connects, disconnects, publishes;             /* calls */
    unsigned connections;                                  /* made */
    enum mqtt_version version;                             /* of the last connect */
    char *username, *password, *will_topic, *will_payload; /* of the last connect; NULL for none */
    bool will_retain;
    int timeout, keepalive;
    size_t most_out;           /* most that was at the driver without an answer at one time */
    unsigned overruns;         /* publishes beyond the least receive_maximum that was told so far */
    struct fake_list taken;    /* all that the broker took, in order */
    struct fake_list retained; /* what a new subscriber would get */
    char *filters[64];         /* subscriptions of this connection */
    size_t n_filters;

    /* Inside. */
    uint64_t connect_context;
    struct fake_list wire;      /* published, not taken */
    struct mqtt_event *answers; /* given, not seen */
    size_t n_answers, answers_capacity;
    size_t out, allowed;
};

extern const struct mqtt_driver_ops fake_ops;

struct mqtt_driver *fake_new(void);
void fake_free(struct mqtt_driver *fake);

/* The broker takes at most n messages from the wire and answers them. */
void fake_take(struct mqtt_driver *fake, size_t n);
/* Lets the session see answer number `index`; false when there is none. */
bool fake_answer(struct mqtt_driver *fake, struct session *session, size_t index, int64_t now_ms);
/* Takes and answers until nothing moves. */
void fake_run(struct mqtt_driver *fake, struct session *session, int64_t now_ms);

/* The connection breaks, as the library tells it: a failure for each publish without an answer, then LOST;
 * for a DISCONNECT of the broker (reason above 0) LOST, then the failures. What was on the wire is gone; what
 * was answered and not yet seen is seen late. */
void fake_lose(struct mqtt_driver *fake, int reason);

/* Payload of the retained message, NULL when there is none. */
const char *fake_retained(const struct mqtt_driver *fake, const char *topic);
void fake_empty(struct mqtt_driver *fake); /* the broker comes back without its retained messages */

/* "topic=payload topic=payload …" of all taken since the given number. Valid until the next call. */
const char *fake_taken(const struct mqtt_driver *fake, size_t since);

#endif
