/* Rates: on-change, refresh, min-interval and dedupe, for each topic whose property has one of them
 * (xplmqtt-mappings(5)). Every effect goes through here, that of a message and that of a command, so that
 * what is remembered of a topic is what its readers saw last. */
#ifndef CORE_RATES_H
#define CORE_RATES_H

#include "mapping/mapping.h"

struct core;
struct rate;

struct rates {
    struct rate *table; /* by topic; in the order of first use */
    size_t n_waiting;
    int64_t due_ms; /* the earliest of those that wait */
};

void rates_init(struct rates *rates);
void rates_deinit(struct rates *rates);

/* Publishes now, or not, or at a later time. */
void rates_publish(struct core *core, const struct mapping_publish *publish, int64_t now_ms);

/* The topic is about to be cleared: publishes what waits for it, and forgets it, so that the next value is a
 * change. */
void rates_leave(struct core *core, struct xpl_slice topic, int64_t now_ms);

/* The device is to be forgotten, with what waits for the topic. */
void rates_forget(struct core *core, struct xpl_slice topic);

/* What waits is published: no other time will come. */
void rates_stop(struct core *core, int64_t now_ms);

/* Values that wait for their time. */
size_t rates_waiting(const struct rates *rates);

int64_t rates_deadline(const struct rates *rates);
void rates_on_time(struct core *core, int64_t now_ms);

#endif
