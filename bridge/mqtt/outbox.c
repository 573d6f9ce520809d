/* The walk: outbox_publish books a message and puts it in line (states.h, ring.h) -> pump hands over what
 * comes next in the common order, as long as the window allows -> outbox_answer closes the books on it, frees
 * its place in the window and pumps again. outbox_down puts what was flying back in line.
 *
 * An answer carries the context of its hand-over: the generation, and a number that for an event is its own
 * and for a state that of the flight. An answer of an old generation does not touch the window; if it is a
 * success it still closes an event, whose number is the same for ever.
 */
#include "mqtt/outbox.h"

#include <stdlib.h>

#include "base/error.h"
#include "base/limits.h"
#include "mqtt/ring.h"
#include "mqtt/states.h"

#define RETRY_MS     100
#define EVENT_NUMBER ((uint64_t)1 << 39) /* tells an event's number from a flight's */

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
    bool ending;       /* the last word is said */
    int64_t retry_ms;  /* no hand-over before */
    int64_t answer_ms; /* of the last answer, or of the hand-over that ended a pause */
};

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

static struct xpl_slice state_topic(const struct state *state)
{
    return xpl_slice(state->topic, state->topic_size);
}

static void close_books(struct outbox *outbox, bool *owed, enum counter counter)
{
    if (*owed)
        count(outbox->counters, counter);
    *owed = false;
}

/* Closes an event; it leaves the ring once all older ones are closed. */
static void close_event(struct outbox *outbox, struct ring_record *record, enum counter counter)
{
    if (record->status != RING_DONE)
        count(outbox->counters, counter);
    record->status = RING_DONE;
}

static void sweep(struct outbox *outbox)
{
    ring_sweep(&outbox->ring);
    if (outbox->next < outbox->ring.tail)
        outbox->next = outbox->ring.tail;
}

static void forget(struct outbox *outbox, struct state *state)
{
    for (size_t i = 0; i < outbox->n_flights; i++)
        if (outbox->flights[i].state == state)
            outbox->flights[i].state = NULL;
    if (!state->flight)
        close_books(outbox, &state->owed, COUNT_COALESCED);
    states_remove(&outbox->states, state);
}

/* Hand over. */

static int hand_state(struct outbox *outbox, struct state *state)
{
    uint64_t number = outbox->flight_number + 1;
    const struct mqtt_publish publish = {
        .topic = state->topic,
        .payload = { state->payload, state->payload_size },
        .qos = state->qos,
        .retain = true,
        .context = MQTT_CONTEXT(outbox->generation, number),
    };
    int error = outbox->ops->publish(outbox->driver, &publish);
    if (error)
        return error;
    if (!state->owed)
        count(outbox->counters, COUNT_REPUBLISHED);
    else if (state->sent)
        count(outbox->counters, COUNT_RESENT);
    states_unwait(&outbox->states, state);
    state->sent = true;
    state->flight = number;
    outbox->flight_number = number;
    outbox->flights[outbox->n_flights++] = (struct flight){ number, state, state->owed };
    return 0;
}

static void refuse_state(struct outbox *outbox, struct state *state, int reason)
{
    outbox->refused(outbox->context, state_topic(state), reason);
    close_books(outbox, &state->owed, COUNT_DROPPED_REFUSED);
    states_unwait(&outbox->states, state);
}

static int hand_event(struct outbox *outbox, uint64_t number)
{
    struct ring_record *record = ring_get(&outbox->ring, number);
    const struct mqtt_publish publish = {
        .topic = ring_topic(&outbox->ring, record).data,
        .payload = ring_payload(&outbox->ring, record),
        .qos = record->qos,
        .correlation = ring_correlation(&outbox->ring, record),
        .context = MQTT_CONTEXT(outbox->generation, EVENT_NUMBER | number),
    };
    int error = outbox->ops->publish(outbox->driver, &publish);
    if (error)
        return error;
    if (record->sent)
        count(outbox->counters, COUNT_RESENT);
    record->sent = true;
    record->status = RING_FLYING;
    outbox->next = number + 1;
    return 0;
}

static void refuse_event(struct outbox *outbox, struct ring_record *record, int reason)
{
    outbox->refused(outbox->context, ring_topic(&outbox->ring, record), reason);
    close_event(outbox, record, COUNT_DROPPED_REFUSED);
}

/* The next event that waits, after those that waited too long were dropped. */
static struct ring_record *next_event(struct outbox *outbox, int64_t now_ms)
{
    bool expired = false;
    struct ring_record *found = NULL;
    for (; outbox->next < outbox->ring.head; outbox->next++) {
        struct ring_record *record = ring_get(&outbox->ring, outbox->next);
        if (record->status != RING_WAITING)
            continue;
        if (now_ms - record->born_ms < LIMIT_EVENT_AGE) {
            found = record;
            break;
        }
        close_event(outbox, record, COUNT_EXPIRED);
        expired = true;
    }
    if (expired)
        sweep(outbox);
    return found;
}

/* 0 when nothing is left, 1 when something was handed over or refused, or the driver's error. */
static int hand_next(struct outbox *outbox, int64_t now_ms)
{
    struct state *state = outbox->states.first_waiting;
    struct ring_record *event = outbox->ending ? NULL : next_event(outbox, now_ms);
    int error;

    if (event && state) {
        uint64_t order = event->order > outbox->events_from ? event->order : outbox->events_from;
        if (order < state->order)
            state = NULL;
    }
    if (state) {
        error = hand_state(outbox, state);
        if (error == -EINVAL || error == -EMSGSIZE) {
            refuse_state(outbox, state, error);
            return 1;
        }
    } else if (event && outbox->events_from != UINT64_MAX) {
        error = hand_event(outbox, outbox->next);
        if (error == -EINVAL || error == -EMSGSIZE) {
            refuse_event(outbox, event, error);
            sweep(outbox);
            return 1;
        }
    } else {
        return 0;
    }
    if (error)
        return error;
    if (outbox->flying++ == 0)
        outbox->answer_ms = now_ms;
    return 1;
}

static void pump(struct outbox *outbox, int64_t now_ms)
{
    size_t window = outbox->careful ? 1 : outbox->window;
    if (!outbox->up || outbox->broken || (outbox->retry_ms != INT64_MAX && now_ms < outbox->retry_ms))
        return;
    outbox->retry_ms = INT64_MAX;
    while (outbox->flying < window && outbox->n_flights < LIMIT_INFLIGHT) {
        int result = hand_next(outbox, now_ms);
        if (result < 0)
            outbox->retry_ms = now_ms + RETRY_MS;
        if (result <= 0)
            break;
    }
}

/* Take in. */

static int drop(struct outbox *outbox, enum counter counter)
{
    count(outbox->counters, counter);
    return (int)counter + 1;
}

static int publish_state(struct outbox *outbox, const struct session_publish *publish)
{
    struct state *state = states_find(&outbox->states, publish->topic);
    bool is_new = !state;
    if (!state)
        state = states_add(&outbox->states, publish->topic);
    if (!state)
        return drop(outbox, COUNT_DROPPED_TABLE);
    if (state_set(state, publish->payload) < 0) {
        if (is_new)
            states_remove(&outbox->states, state);
        return drop(outbox, COUNT_DROPPED_TABLE);
    }
    /* A value that is out already has its own entry in the books: its flight. */
    if (!state->flight)
        close_books(outbox, &state->owed, COUNT_COALESCED);
    state->flight = 0;
    state->owed = true;
    state->sent = false;
    state->qos = (uint8_t)publish->qos;
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
        close_event(outbox, ring_get(&outbox->ring, outbox->ring.tail), COUNT_DROPPED_FULL);
        sweep(outbox);
    }
    if (error)
        return drop(outbox, COUNT_DROPPED_FULL);
    record->order = ++outbox->order;
    record->born_ms = now_ms;
    record->qos = (uint8_t)publish->qos;
    record->transient = transient;
    return 0;
}

static bool can_be_sent(const struct session_publish *publish)
{
    struct xpl_slice topic = publish->topic;
    return topic.size && topic.size <= LIMIT_TOPIC && publish->payload.size <= LIMIT_PUBLISH &&
           publish->correlation.size <= LIMIT_PAYLOAD && publish->qos >= 0 && publish->qos <= 2 &&
           !memchr(topic.data, '+', topic.size) && !memchr(topic.data, '#', topic.size) &&
           !memchr(topic.data, '\0', topic.size);
}

int outbox_publish(struct outbox *outbox, const struct session_publish *publish, int64_t now_ms)
{
    int result;
    count(outbox->counters, COUNT_PUBLISHES);
    if (!can_be_sent(publish))
        result = drop(outbox, COUNT_DROPPED_REFUSED);
    else if (outbox->ending)
        result = drop(outbox, COUNT_DROPPED_OFFLINE);
    else if (publish->lane == SESSION_STATE)
        result = publish_state(outbox, publish);
    else
        result = publish_event(outbox, publish, now_ms);
    pump(outbox, now_ms);
    return result;
}

void outbox_forget(struct outbox *outbox, struct xpl_slice topic)
{
    struct state *state = states_find(&outbox->states, topic);
    if (state)
        forget(outbox, state);
}

void outbox_last_word(struct outbox *outbox, struct xpl_slice topic, struct xpl_slice payload, int64_t now_ms)
{
    const struct session_publish publish = {
        .lane = SESSION_STATE, .topic = topic, .payload = payload, .qos = 1
    };
    struct state *state, *next;
    for (state = outbox->states.first_waiting; state; state = next) {
        next = state->next;
        states_unwait(&outbox->states, state);
    }
    outbox_publish(outbox, &publish, now_ms);
    outbox->ending = true;
    pump(outbox, now_ms);
}

/* Connections. */

void outbox_up_begin(struct outbox *outbox, uint32_t generation, int receive_maximum, int64_t now_ms)
{
    if (receive_maximum > 0 && (size_t)receive_maximum < outbox->window)
        outbox->window = (size_t)receive_maximum;
    while (outbox->states.first_waiting)
        states_unwait(&outbox->states, outbox->states.first_waiting);
    outbox->generation = generation;
    outbox->events_from = UINT64_MAX;
    outbox->up = true;
    outbox->broken = false;
    outbox->retry_ms = INT64_MAX;
    outbox->answer_ms = now_ms;
}

void outbox_up_end(struct outbox *outbox, int64_t now_ms)
{
    struct state *state, *next;
    HASH_ITER(hh, outbox->states.table, state, next)
    {
        if (!state->flight)
            states_wait(&outbox->states, state, ++outbox->order);
    }
    outbox->events_from = outbox->order;
    pump(outbox, now_ms);
}

/* The only message at the driver, which the broker does not want to see again. */
static void drop_culprit(struct outbox *outbox, int reason)
{
    if (outbox->n_flights) {
        struct flight *flight = &outbox->flights[--outbox->n_flights];
        struct state *state = flight->state;
        if (state)
            outbox->refused(outbox->context, state_topic(state), reason);
        close_books(outbox, &flight->owed, COUNT_DROPPED_REFUSED);
        if (state && state->flight == flight->number) {
            state->owed = false;
            forget(outbox, state);
        }
        return;
    }
    for (uint64_t n = outbox->ring.tail; n < outbox->ring.head; n++) {
        struct ring_record *record = ring_get(&outbox->ring, n);
        if (record->status == RING_FLYING)
            refuse_event(outbox, record, reason);
    }
}

void outbox_down(struct outbox *outbox, bool suspect, int reason)
{
    if (suspect && outbox->careful && outbox->flying == 1) {
        drop_culprit(outbox, reason);
        outbox->careful = false;
    } else if (suspect) {
        outbox->careful = true;
    }
    for (size_t i = 0; i < outbox->n_flights; i++) {
        struct flight *flight = &outbox->flights[i];
        struct state *state = flight->state;
        if (state && state->flight == flight->number) {
            state->flight = 0;
            if (state->owed)
                states_wait(&outbox->states, state, ++outbox->order);
        } else {
            close_books(outbox, &flight->owed, COUNT_COALESCED);
        }
    }
    for (uint64_t n = outbox->ring.tail; n < outbox->ring.head; n++) {
        struct ring_record *record = ring_get(&outbox->ring, n);
        if (record->transient)
            close_event(outbox, record, COUNT_DROPPED_OFFLINE);
        else if (record->status == RING_FLYING)
            record->status = RING_WAITING;
    }
    outbox->n_flights = outbox->flying = 0;
    outbox->up = false;
    outbox->retry_ms = INT64_MAX;
    sweep(outbox);
    outbox->next = outbox->ring.tail;
}

void outbox_trust(struct outbox *outbox, int64_t now_ms)
{
    outbox->careful = false;
    pump(outbox, now_ms);
}

/* Answers. */

static void answer_state(struct outbox *outbox, uint64_t number, bool success, int reason)
{
    struct flight *flight = NULL;
    for (size_t i = 0; i < outbox->n_flights && !flight; i++)
        if (outbox->flights[i].number == number)
            flight = &outbox->flights[i];
    if (!flight)
        return;
    struct state *state = flight->state;
    bool newest = state && state->flight == number;
    if (!success && reason < 0)
        return; /* stays, for outbox_down */
    if (!success && state)
        outbox->refused(outbox->context, state_topic(state), reason);
    close_books(outbox, &flight->owed, success ? COUNT_PUBLISHED : COUNT_DROPPED_REFUSED);
    *flight = outbox->flights[--outbox->n_flights];
    if (!newest)
        return;
    state->flight = 0;
    state->owed = false;
    if (success && state->payload_size == 0)
        forget(outbox, state);
}

static void answer_event(struct outbox *outbox, uint64_t number, bool current, bool success, int reason)
{
    if (number < outbox->ring.tail || number >= outbox->ring.head)
        return;
    struct ring_record *record = ring_get(&outbox->ring, number);
    if (success)
        close_event(outbox, record, COUNT_PUBLISHED);
    else if (reason >= 0 && current)
        refuse_event(outbox, record, reason);
    sweep(outbox);
}

int outbox_answer(struct outbox *outbox, const struct mqtt_event *event, int64_t now_ms)
{
    bool current = outbox->up && MQTT_CONTEXT_GENERATION(event->context) == outbox->generation;
    bool success = event->type == MQTT_EVENT_PUBLISHED;
    uint64_t number = MQTT_CONTEXT_NUMBER(event->context);

    if (current) {
        if (outbox->flying)
            outbox->flying--;
        outbox->answer_ms = now_ms;
    }
    if (number & EVENT_NUMBER)
        answer_event(outbox, number & ~EVENT_NUMBER, current, success, event->reason);
    else if (current)
        answer_state(outbox, number, success, event->reason);
    if (current && !success && event->reason < 0)
        outbox->broken = true;
    pump(outbox, now_ms);
    return outbox->broken ? -EIO : 0;
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
    return deadline;
}

void outbox_on_time(struct outbox *outbox, int64_t now_ms)
{
    next_event(outbox, now_ms);
    pump(outbox, now_ms);
}

int64_t outbox_silent_since(const struct outbox *outbox)
{
    return outbox->up && outbox->flying ? outbox->answer_ms : INT64_MAX;
}

bool outbox_is_idle(const struct outbox *outbox)
{
    bool events = !outbox->ending && outbox->next < outbox->ring.head;
    return !outbox->flying && !outbox->states.first_waiting && !events;
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
    size_t waiting = outbox->states.n_waiting;
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
    return counted[COUNT_PUBLISHES] == counted[COUNT_PUBLISHED] + counted[COUNT_COALESCED] +
                                           counted[COUNT_EXPIRED] + counted[COUNT_DROPPED_FULL] +
                                           counted[COUNT_DROPPED_OFFLINE] + counted[COUNT_DROPPED_REFUSED] +
                                           counted[COUNT_DROPPED_TABLE] + owed;
}
