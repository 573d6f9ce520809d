/* The driver table: what the session needs from an MQTT client library, and nothing else.
 *
 * paho.c implements it over Paho's async client; tests/sim implements it as a fake broker. All calls come
 * from the loop's thread, never while a connect is under way (name lookup runs under Paho's global lock).
 * Answers come back as struct mqtt_event through the inbox, identified by the context that the call was
 * given.
 */
#ifndef MQTT_DRIVER_H
#define MQTT_DRIVER_H

#include <stdint.h>

#include "xpl/slice.h"

/* Unsigned 40 bits of a number, above them the generation of the connection. */
#define MQTT_CONTEXT(generation, number) ((uint64_t)(generation) << 40 | (number))
#define MQTT_CONTEXT_GENERATION(context) ((uint32_t)((context) >> 40))
#define MQTT_CONTEXT_NUMBER(context)     ((context) & (((uint64_t)1 << 40) - 1))

enum mqtt_version { MQTT_VERSION_AUTO = 0, MQTT_VERSION_311 = 4, MQTT_VERSION_5 = 5 };

/* All strings are NULL when not given. They are read during the call only. */
struct mqtt_connect {
    const char *url; /* mqtt:// mqtts:// ws:// wss:// with host and port */
    const char *username;
    struct xpl_slice password; /* data NULL: none */
    const char *cafile;
    const char *certfile;
    const char *keyfile;
    bool verify_host;
    enum mqtt_version version; /* 311 or 5, never AUTO */
    int keepalive;             /* seconds */
    int timeout;               /* seconds until the attempt counts as failed */
    const char *will_topic;
    struct xpl_slice will_payload;
    int will_qos;
    bool will_retain;
    uint64_t context;
};

struct mqtt_publish {
    const char *topic;
    struct xpl_slice payload;
    int qos; /* 0..2 */
    bool retain;
    struct xpl_slice correlation; /* MQTT 5 correlation data, data NULL: none; ignored on 3.1.1 */
    uint64_t context;
};

struct mqtt_driver; /* the implementation's own */

struct mqtt_driver_ops {
    /* 0: an event CONNECTED or CONNECT_FAILED follows. Negative errno: nothing follows. Nothing that an
     * earlier connection left behind is sent in this one. */
    int (*connect)(struct mqtt_driver *driver, const struct mqtt_connect *connect);
    /* 0: DISCONNECTED follows. */
    int (*disconnect)(struct mqtt_driver *driver, int timeout_ms);
    /* 0: PUBLISHED or PUBLISH_FAILED follows, or LOST in place of all answers that are still out. Copies what
     * it is given. -EINVAL and -EMSGSIZE: this message never will be taken. Any other error: try again. */
    int (*publish)(struct mqtt_driver *driver, const struct mqtt_publish *publish);
    /* 0: SUBSCRIBED or SUBSCRIBE_FAILED follows. Retained messages are asked for not to be sent (v5 retain
     * handling 2). */
    int (*subscribe)(struct mqtt_driver *driver, const char *filter, int qos, uint64_t context);
    int (*unsubscribe)(struct mqtt_driver *driver, const char *filter);
};

/* What a driver says in `reason` where the broker said nothing; what the broker said is positive. */
enum mqtt_reason {
    MQTT_REASON_UNREACHABLE = -1000, /* refused by the host, or no way to it */
    MQTT_REASON_NAME,                /* the host's name was not found */
    MQTT_REASON_TIMEOUT,             /* no answer in time */
    MQTT_REASON_CLOSED,              /* connected, but closed before it answered our CONNECT */
    MQTT_REASON_TLS,                 /* the handshake, a certificate or a key failed */
    MQTT_REASON_BROKEN,              /* an established connection broke */
    MQTT_REASON_PASSWORD_FILE,       /* the session's own: the password file cannot be read */
    MQTT_REASON_STUCK,               /* the session's own: no answer to a publish for too long */
    MQTT_REASON_SHORT_LIVED, /* the session's own: connections end again and again soon after they began */
    MQTT_REASON_TAKEN_OVER = 0x8e, /* MQTT 5's: another client has our id */
};

enum mqtt_event_type {
    MQTT_EVENT_CONNECTED,
    MQTT_EVENT_CONNECT_FAILED,
    MQTT_EVENT_LOST, /* the connection broke; also for a DISCONNECT from the broker, with its reason */
    MQTT_EVENT_DISCONNECTED, /* our own disconnect is done */
    MQTT_EVENT_PUBLISHED,
    MQTT_EVENT_PUBLISH_FAILED,
    MQTT_EVENT_SUBSCRIBED,
    MQTT_EVENT_SUBSCRIBE_FAILED,
    MQTT_EVENT_MESSAGE,
};

/* One entry of the inbox. Slices belong to the event, which its receiver frees as a whole. */
struct mqtt_event {
    enum mqtt_event_type type;
    uint64_t context;     /* what the call was given; LOST: what the connect was given */
    int reason;           /* a CONNACK return code of 3.1.1 (1..5), an MQTT 5 reason code, or negative: enum
                             mqtt_reason, -errno */
    char text[128];       /* for people, may be empty */
    int receive_maximum;  /* CONNECTED: what this connection allows in flight (65535 when not said) */
    int server_keepalive; /* CONNECTED: seconds after which the broker wants to hear of us; 0 when not said */
    int qos;              /* SUBSCRIBED: granted; MESSAGE */
    bool retained;        /* MESSAGE: it is or was published to be kept */
    bool stored; /* MESSAGE: it was kept before we subscribed; MQTT 5 brokers are asked not to send such */
    struct xpl_slice topic, payload, response_topic,
        correlation;    /* MESSAGE; the last two with data NULL when not given */
    int64_t expiry_s;   /* MESSAGE: seconds of MQTT 5 message expiry left, -1 when not given */
    int64_t arrived_ms; /* MESSAGE: monotonic time at which the library handed it to us */
};

#endif
