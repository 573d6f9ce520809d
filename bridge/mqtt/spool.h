/* The spool table: where the outbox puts what it owes, so that it outlives this process. The daemon joins it
 * to the store on disk, tests to a fake.
 *
 * A message is put there once it has waited 50 ms for the broker's acknowledgement, and dropped from there
 * after it: with a broker that answers, nothing is ever written. Of a state there is one row, of an event one
 * row each. What is added goes in one commit, as a whole or not at all; while one is under way more may be
 * added to the next one, which waits until session_on_spool has told how it went.
 *
 * After a failure the outbox goes on in memory, and once a minute begins anew: `clear`, then all that is
 * owed.
 */
#ifndef MQTT_SPOOL_H
#define MQTT_SPOOL_H

#include <stdint.h>

#include "xpl/slice.h"

struct spool_message {
    struct xpl_slice topic, payload;
    int qos;
};

/* Slices live as long as the call. An addition that cannot be made lets the commit fail. */
struct session_spool {
    void *context;
    /* All that was there or was added goes; a store that failed is made anew. */
    void (*clear)(void *context);
    /* `order` grows from event to event, also across restarts. born_ms: monotonic. */
    void (*put_event)(void *context, uint64_t order, const struct spool_message *message, int64_t born_ms);
    void (*drop_events)(void *context, uint64_t below);
    void (*put_state)(void *context, const struct spool_message *message);
    void (*drop_state)(void *context, struct xpl_slice topic);
    void (*commit)(void *context);
};

#endif
