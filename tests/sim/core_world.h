/* A world around a core: a clock that the test owns, a network that echoes or does not, a broker that keeps
 * what is retained, and a notebook of every effect, one line each:
 *
 *   publish TOPIC retain qos=1 PAYLOAD    a state; an event has no "retain", what is of no use later is "now
 * qos=…" send TYPE TARGET SCHEMA NAME=VALUE…   a datagram that was broadcast, or "send refused" when the
 * network is full forward IP:PORT                       a datagram handed to a client of the hub subscribe
 * FILTER   unsubscribe FILTER   hub open   hub close   reload
 *
 * Control characters, and bytes that are no UTF-8, show as \xNN. What the bridge says of itself and its
 * heartbeats are left out unless `housekeeping` is on.
 */
#ifndef CORE_WORLD_H
#define CORE_WORLD_H

#include "core/core.h"

#define WORLD_NOTES (1 << 20)
#define WORLD_NOW   1000000       /* where the clock begins */
#define WORLD_WALL  1764129600000 /* 2025-11-26T04:00:00Z, the wall clock then */
#define WORLD_OWN   0x0a000001u   /* 10.0.0.1 */
#define WORLD_OTHER 0x0a000002u   /* another host */
#define WORLD_PORT  50000

struct world_datagram;
struct world_state;

struct world {
    struct core *core;
    struct mapping *mapping;
    struct core_options options; /* as given to world_init, for a restart */
    struct counters counters;
    int64_t now_ms;
    uint32_t chance; /* what sink.random gives */

    /* The network. */
    bool hub_taken;                      /* another program has UDP 3865 */
    bool hub_silent;                     /* it does not echo */
    bool hub_open;                       /* we have it */
    int send_error;                      /* what broadcast answers */
    struct world_datagram *first, *last; /* broadcasts on their way back */
    unsigned sends;
    char sent[XPL_MESSAGE_MAX]; /* the last one */
    size_t sent_size;

    /* The broker: what it keeps, in order of arrival. */
    struct world_state *states;

    bool housekeeping;
    bool silent; /* write no notes */
    char *notes;
    size_t n_notes; /* bytes */
    char log[65536];
    size_t n_log;
    const char *log_level;
    unsigned warnings, reloads, publishes;
};

/* Options may be NULL for the usual ones. Nothing is started. */
void world_init(struct world *world, struct mapping *mapping, const struct core_options *options);
struct core_options world_options(void);
void world_deinit(struct world *world);
/* Started as a hub, its first words forgotten. */
void world_start(struct world *world);
/* Ends the core and begins another at the same broker, as after a restart, with all counters at 0. `state`:
 * with what it exported. */
void world_restart(struct world *world, bool state);

/* Tables: mappings inside <mappings>, or the shipped ones. Findings that are errors end the test. */
struct mapping *world_mapping(const char *xml);
struct mapping *world_shipped(const char *xml);

/* What happens. All that follows at once has happened when they return. */
void world_xpl(struct world *world, struct xpl_slice datagram, uint32_t ip);
/* "xpl-trig SOURCE TARGET SCHEMA NAME=VALUE …", parted by blanks. */
void world_say(struct world *world, const char *text);
void world_mqtt(struct world *world, const char *topic, const char *payload);
void world_message(struct world *world, const struct core_message *message);
void world_reload(struct world *world, struct mapping *mapping); /* takes the reference */
void world_pass(struct world *world, int64_t ms);                /* from deadline to deadline */
void world_pass_each(struct world *world, int64_t ms);           /* every millisecond, deadline or not */

/* What was noted since the last call, and forgets it. */
const char *world_notes(struct world *world);
/* The retained payload of a topic, NULL for none. */
const char *world_retained(struct world *world, const char *topic);
/* Every topic that the broker keeps and that this run published. */
void world_each_state(struct world *world, void (*state)(void *context, const char *topic), void *context);
uint64_t world_count(const struct world *world, enum counter counter);
/* NULL, or the first of the books (counters.def) that does not balance. */
const char *world_imbalance(struct world *world);

#endif
