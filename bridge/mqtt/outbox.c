/* The walk: outbox_publish books a message and puts it in line (states.h, ring.h) -> the pump hands over what
 * comes next in the common order, as long as the window allows (outbox_pump.c) -> outbox_answer closes the
 * books on it, frees its place in the window and pumps again; outbox_down puts what was flying back in line
 * (outbox_link.c).
 */
#include "mqtt/outbox-private.h"

#include <stdlib.h>

#include "base/charset.h"
#include "base/error.h"
#include "mqtt/reason.h"

int outbox_new(struct outbox **ret, const struct mqtt_driver_ops *ops, struct mqtt_driver *driver,
               struct counters *counters, outbox_refused *refused, void *context)
{
    struct outbox *outbox = calloc(1, sizeof(*outbox));
    if (!outbox)
        return -ENOMEM;
    *outbox = (struct outbox){
        .ops = ops,
        .driver = driver,
        .counters = counters,
        .refused = refused,
        .context = context,
        .window = LIMIT_INFLIGHT,
        .retry_ms = INT64_MAX,
    };
    states_init(&outbox->states);
    ring_init(&outbox->ring);
    *ret = outbox;
    return 0;
}

void outbox_free(struct outbox *outbox)
{
    if (!outbox)
        return;
    states_deinit(&outbox->states);
    ring_deinit(&outbox->ring);
    free(outbox);
}

struct xpl_slice outbox_state_topic(const struct state *state)
{
    return xpl_slice(state->topic, state->topic_size);
}

void outbox_close(struct outbox *outbox, bool *owed, enum counter counter)
{
    if (*owed)
        count(outbox->counters, counter);
    *owed = false;
}

void outbox_close_refused(struct outbox *outbox, bool *owed, int reason)
{
    if (*owed)
        count(outbox->counters, mqtt_reason_publish_counter(reason));
    outbox_close(outbox, owed, COUNT_DROPPED_REFUSED);
}

void outbox_close_event(struct outbox *outbox, struct ring_record *record, enum counter counter)
{
    if (record->status != RING_DONE)
        count(outbox->counters, counter);
    record->status = RING_DONE;
}

void outbox_sweep(struct outbox *outbox)
{
    ring_sweep(&outbox->ring);
    if (outbox->next < outbox->ring.tail)
        outbox->next = outbox->ring.tail;
}

void outbox_forget_state(struct outbox *outbox, struct state *state)
{
    for (size_t i = 0; i < outbox->n_flights; i++)
        if (outbox->flights[i].state == state)
            outbox->flights[i].state = NULL;
    if (!state->flight)
        outbox_close(outbox, &state->owed, COUNT_COALESCED);
    outbox_spool_gone(outbox, state);
    states_remove(&outbox->states, state);
}

/* Take in. */

static int drop(struct outbox *outbox, enum counter counter)
{
    count(outbox->counters, counter);
    return (int)counter + 1;
}

static int publish_state(struct outbox *outbox, const struct session_publish *publish, int64_t now_ms)
{
    struct state *state = states_find(&outbox->states, publish->topic);
    bool is_new = !state;
    if (!state)
        state = states_add(&outbox->states, publish->topic);
    if (!state)
        return drop(outbox, COUNT_DROPPED_TABLE);
    bool held = outbox_spool_has_older(outbox, state, publish->payload);
    if (state_set(state, publish->payload) < 0) {
        if (is_new)
            states_remove(&outbox->states, state);
        return drop(outbox, COUNT_DROPPED_TABLE);
    }
    /* A value that is out already has its own entry in the books: its flight. */
    if (!state->flight)
        outbox_close(outbox, &state->owed, COUNT_COALESCED);
    state->flight = 0;
    state->owed = true;
    state->sent = false;
    state->qos = (uint8_t)publish->qos;
    outbox_spool_owed(outbox, state, held, now_ms);
    if (state->held)
        states_unwait(&outbox->states, state);
    else
        states_wait(&outbox->states, state, ++outbox->order);
    return 0;
}

static int publish_event(struct outbox *outbox, const struct session_publish *publish, int64_t now_ms)
{
    bool transient = publish->lane == SESSION_TRANSIENT;
    struct xpl_slice correlation = transient ? publish->correlation : xpl_slice(NULL, 0);
    struct ring_record *record = NULL;
    int error;

    if (transient && !outbox->up)
        return drop(outbox, COUNT_DROPPED_OFFLINE);
    while ((error = ring_append(&outbox->ring, publish->topic, publish->payload, correlation, &record)) ==
           -ENOSPC) {
        outbox_close_event(outbox, ring_get(&outbox->ring, outbox->ring.tail), COUNT_DROPPED_FULL);
        outbox_sweep(outbox);
    }
    if (error)
        return drop(outbox, COUNT_DROPPED_FULL);
    record->order = ++outbox->order;
    record->born_ms = now_ms;
    record->qos = (uint8_t)publish->qos;
    record->transient = transient;
    return 0;
}

/* 0, or why it can never be sent. */
static int fault(const struct session_publish *publish)
{
    struct xpl_slice topic = publish->topic;
    if (topic.size > LIMIT_TOPIC || publish->payload.size > LIMIT_PUBLISH ||
        publish->correlation.size > LIMIT_PAYLOAD)
        return -EMSGSIZE;
    if (!utf8_is_topic(topic) || publish->qos < 0 || publish->qos > 2)
        return -EINVAL;
    return 0;
}

static int refuse(struct outbox *outbox, const struct session_publish *publish, int reason)
{
    bool owed = true;
    outbox->refused(outbox->context, publish->topic, reason);
    outbox_close_refused(outbox, &owed, reason);
    return COUNT_DROPPED_REFUSED + 1;
}

int outbox_publish(struct outbox *outbox, const struct session_publish *publish, int64_t now_ms)
{
    int result, reason = fault(publish);
    count(outbox->counters, COUNT_PUBLISHES);
    if (reason)
        result = refuse(outbox, publish, reason);
    else if (outbox->ending)
        result = drop(outbox, COUNT_DROPPED_OFFLINE);
    else if (publish->lane == SESSION_STATE)
        result = publish_state(outbox, publish, now_ms);
    else
        result = publish_event(outbox, publish, now_ms);
    outbox_pump(outbox, now_ms);
    return result;
}

void outbox_forget(struct outbox *outbox, struct xpl_slice topic)
{
    struct state *state = states_find(&outbox->states, topic);
    if (state)
        outbox_forget_state(outbox, state);
}

void outbox_last_word(struct outbox *outbox, struct xpl_slice topic, struct xpl_slice payload, int64_t now_ms)
{
    const struct session_publish publish = {
        .lane = SESSION_STATE, .topic = topic, .payload = payload, .qos = 1
    };
    while (outbox->states.first_waiting)
        states_unwait(&outbox->states, outbox->states.first_waiting);
    outbox->spool.hurry = true;
    outbox_publish(outbox, &publish, now_ms);
    outbox->ending = true;
    outbox_pump(outbox, now_ms);
}

/* Time. */

int64_t outbox_deadline(const struct outbox *outbox)
{
    int64_t deadline = outbox->up && !outbox->broken ? outbox->retry_ms : INT64_MAX;
    if (outbox->next < outbox->ring.head) {
        int64_t expiry = ring_get(&outbox->ring, outbox->next)->born_ms + LIMIT_EVENT_AGE;
        if (expiry < deadline)
            deadline = expiry;
    }
    int64_t spool = outbox_spool_deadline(outbox);
    return spool < deadline ? spool : deadline;
}

void outbox_on_time(struct outbox *outbox, int64_t now_ms)
{
    outbox_next_event(outbox, now_ms);
    outbox_pump(outbox, now_ms);
    outbox_spool_on_time(outbox, now_ms);
}

int64_t outbox_silent_since(const struct outbox *outbox)
{
    return outbox->up && (outbox->flying || outbox->failing) ? outbox->progress_ms : INT64_MAX;
}

bool outbox_is_idle(const struct outbox *outbox)
{
    bool events = !outbox->ending && outbox->next < outbox->ring.head;
    return !outbox->flying && !outbox->states.first_waiting && !events &&
           (outbox->ending || !outbox->spool.n_held);
}

/* Numbers. */

bool outbox_get(const struct outbox *outbox, struct xpl_slice topic, struct xpl_slice *ret)
{
    const struct state *state = states_find(&outbox->states, topic);
    if (!state || state->payload_size == 0)
        return false;
    *ret = xpl_slice(state->payload, state->payload_size);
    return true;
}

size_t outbox_states(const struct outbox *outbox)
{
    return states_count(&outbox->states);
}

size_t outbox_waiting(const struct outbox *outbox)
{
    size_t waiting = outbox->states.n_waiting + outbox->spool.n_held;
    for (uint64_t n = outbox->next; n < outbox->ring.head; n++)
        waiting += ring_get(&outbox->ring, n)->status == RING_WAITING;
    return waiting;
}

size_t outbox_flying(const struct outbox *outbox)
{
    return outbox->flying;
}

bool outbox_books_balance(const struct outbox *outbox)
{
    const uint64_t *counted = outbox->counters->value;
    uint64_t owed = 0;
    const struct state *state, *next;
    HASH_ITER(hh, outbox->states.table, state, next)
    owed += state->owed && !state->flight;
    for (size_t i = 0; i < outbox->n_flights; i++)
        owed += outbox->flights[i].owed;
    for (uint64_t n = outbox->ring.tail; n < outbox->ring.head; n++)
        owed += ring_get(&outbox->ring, n)->status != RING_DONE;
    uint64_t refused = counted[COUNT_PUBLISH_REFUSED_DENIED] + counted[COUNT_PUBLISH_REFUSED_SIZE] +
                       counted[COUNT_PUBLISH_REFUSED_QUOTA] + counted[COUNT_PUBLISH_REFUSED_OTHER];
    return counted[COUNT_DROPPED_REFUSED] == refused &&
           counted[COUNT_PUBLISHES] == counted[COUNT_PUBLISHED] + counted[COUNT_COALESCED] +
                                           counted[COUNT_EXPIRED] + counted[COUNT_DROPPED_FULL] +
                                           counted[COUNT_DROPPED_OFFLINE] + counted[COUNT_DROPPED_REFUSED] +
                                           counted[COUNT_DROPPED_TABLE] + owed;
}
