/* The sink: everything that core can do to the world. The daemon fills it with io and the MQTT session, tests
 * with a notebook. Calls return at once; what they are given is copied when it must outlive the call. */
#ifndef CORE_SINK_H
#define CORE_SINK_H

#include "base/log.h"
#include "xpl/address.h"

enum sink_lane {
    SINK_STATE,     /* retained, the newest per topic counts; an empty payload clears the topic */
    SINK_EVENT,     /* not retained, in order, waits for the broker within bounds */
    SINK_TRANSIENT, /* of no use when the broker is away */
};

struct sink_publish {
    enum sink_lane lane;
    struct xpl_slice topic, payload;
    int qos;
    struct xpl_slice correlation; /* TRANSIENT: MQTT 5 correlation data; data NULL: none */
};

struct sink_depths {
    size_t states, waiting, inflight, inbox;
};

struct sink {
    void *context;
    /* 0, or negative errno when the network did not take it. */
    int (*broadcast)(void *context, const char *data, size_t size);
    int (*forward)(void *context, struct xpl_endpoint to, const char *data, size_t size);
    /* Take or give back UDP 3865: 0 or negative errno. */
    int (*hub_open)(void *context);
    void (*hub_close)(void *context);
    bool (*is_local)(void *context, uint32_t ip); /* 127.0.0.0/8 always is */
    /* Whether a program of this host has that address and port. NULL: nobody knows, so they are believed. */
    bool (*is_taken)(void *context, struct xpl_endpoint endpoint);
    /* Before hub_close: nothing more comes to the hub's port, and what the sockets hold comes to core_on_xpl
     * from inside. May be NULL. */
    void (*drain)(void *context);
    void (*publish)(void *context, const struct sink_publish *publish);
    /* The newest payload of a state; false when it has none. Lives until the next publish. */
    bool (*state)(void *context, struct xpl_slice topic, struct xpl_slice *ret);
    /* Whether the broker has acknowledged it; core_on_state_out tells of a change. NULL: as good as at once.
     */
    bool (*is_out)(void *context, struct xpl_slice topic);
    void (*subscribe)(void *context, const char *filter);
    void (*unsubscribe)(void *context, const char *filter);
    void (*depths)(void *context, struct sink_depths *ret);
    /* Asks for a reload, which comes when core has returned; core_on_reloaded tells how it went. */
    void (*reload)(void *context);
    uint32_t (*random)(void *context);
    /* Keeps a small file for the next run. 0, or negative errno; -ENOENT: there is nowhere to keep it. May
     * be NULL. */
    int (*save)(void *context, const char *name, const char *data, size_t size);
    /* Sets the level of the log, one of log_level_names; NULL: leaves it. Returns the one in force, where
     * areas have their own the daemon's. May be NULL. */
    const char *(*log_level)(void *context, const char *level);
    void (*log)(void *context, enum log_area area, enum log_level level, const char *text);
};

#endif
