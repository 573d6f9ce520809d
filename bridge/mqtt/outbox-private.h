/* The outbox from inside: for outbox.c (take in, numbers), outbox_pump.c (hand over), outbox_link.c
 * (connections, answers), outbox_spool.c (what outlives the process). */
#ifndef MQTT_OUTBOX_PRIVATE_H
#define MQTT_OUTBOX_PRIVATE_H

#include "base/limits.h"
#include "mqtt/outbox.h"
#include "mqtt/ring.h"
#include "mqtt/spool.h"
#include "mqtt/states.h"

#define OUTBOX_EVENT_NUMBER ((uint64_t)1 << 39) /* tells an event's number in a context from a flight's */

/* A state's value at the driver. */
struct flight {
    uint64_t number;
    struct state *state; /* NULL when it was forgotten meanwhile */
    bool owed;           /* this value is, whatever became of the state */
};

struct outbox {
    const struct mqtt_driver_ops *ops;
    struct mqtt_driver *driver;
    struct counters *counters;
    outbox_refused *refused;
    void *context;

    struct states states;
    struct ring ring;
    uint64_t next;        /* the ring's oldest that may be waiting */
    uint64_t order;       /* the newest given */
    uint64_t events_from; /* events do not go before states of this order */

    struct flight flights[LIMIT_INFLIGHT];
    size_t n_flights, flying; /* of states; of all */
    uint64_t flight_number;
    size_t window; /* least Receive Maximum ever seen, at most LIMIT_INFLIGHT */

    uint32_t generation;
    bool up, broken, careful;
    bool ending;         /* the last word is said */
    int64_t retry_ms;    /* no hand-over before */
    bool failing;        /* the driver did not take the last one */
    int64_t progress_ms; /* last sign of life: an answer, or the end of a pause */

    struct outbox_spool {
        enum { SPOOL_NONE, SPOOL_READY, SPOOL_WRITING, SPOOL_FAILED } phase;
        struct session_spool to;
        struct state *first_dirty; /* urgent ones first, then in the order of dirty_ms */
        size_t n_held;
        bool dropped;              /* drops were added since the last commit */
        bool hurry;                /* the end: nothing waits */
        uint64_t next;             /* the ring's oldest that was not looked at */
        uint64_t kept, put;        /* events with rows have orders from `kept` to `put` */
        int64_t last_ms, retry_ms; /* of the last commit; no attempt before */
    } spool;
};

struct xpl_slice outbox_state_topic(const struct state *state);

/* Closes the books on a message that is owed, and does nothing else. */
void outbox_close(struct outbox *outbox, bool *owed, enum counter counter);
/* Closes an event; it leaves the ring with the next sweep, once all older ones are closed. */
void outbox_close_event(struct outbox *outbox, struct ring_record *record, enum counter counter);
/* The same for what was refused, with its reason. */
void outbox_close_refused(struct outbox *outbox, bool *owed, int reason);
void outbox_refuse_event(struct outbox *outbox, struct ring_record *record, int reason);
void outbox_sweep(struct outbox *outbox);
void outbox_forget_state(struct outbox *outbox, struct state *state);

/* The next event that waits, NULL for none, after those that waited too long were dropped. */
struct ring_record *outbox_next_event(struct outbox *outbox, int64_t now_ms);
/* Hands over what it may. */
void outbox_pump(struct outbox *outbox, int64_t now_ms);

/* The newest value of a state is owed (`held`: and the spool has an older one); is no longer owed; the state
 * is about to go. */
bool outbox_spool_has_older(const struct outbox *outbox, const struct state *state, struct xpl_slice payload);
void outbox_spool_owed(struct outbox *outbox, struct state *state, bool held, int64_t now_ms);
void outbox_spool_settled(struct outbox *outbox, struct state *state);
void outbox_spool_gone(struct outbox *outbox, struct state *state);
int64_t outbox_spool_deadline(const struct outbox *outbox);
void outbox_spool_on_time(struct outbox *outbox, int64_t now_ms);

#endif
