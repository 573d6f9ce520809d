/* Connections come and go, and answers arrive.
 *
 * An answer carries the context of its hand-over: the generation, and a number that for an event is its own
 * and for a state that of the flight. An answer of an old generation does not touch the window; if it is a
 * success it still closes an event, whose number is the same for ever.
 */
#include "mqtt/outbox-private.h"

#include "base/error.h"

void outbox_up_begin(struct outbox *outbox, uint32_t generation, int receive_maximum, int64_t now_ms)
{
    if (receive_maximum > 0 && (size_t)receive_maximum < outbox->window)
        outbox->window = (size_t)receive_maximum;
    while (outbox->states.first_waiting)
        states_unwait(&outbox->states, outbox->states.first_waiting);
    outbox->generation = generation;
    outbox->events_from = UINT64_MAX;
    outbox->up = true;
    outbox->broken = outbox->failing = false;
    outbox->retry_ms = INT64_MAX;
    outbox->progress_ms = now_ms;
}

void outbox_up_end(struct outbox *outbox, int64_t now_ms)
{
    struct state *state, *next;
    HASH_ITER(hh, outbox->states.table, state, next)
    {
        if (!state->flight && !state->held)
            states_wait(&outbox->states, state, ++outbox->order);
    }
    outbox->events_from = outbox->order;
    outbox_pump(outbox, now_ms);
}

/* The only message at the driver, which the broker does not want to see again. */
static void drop_culprit(struct outbox *outbox, int reason)
{
    if (outbox->n_flights) {
        struct flight *flight = &outbox->flights[--outbox->n_flights];
        struct state *state = flight->state;
        if (state)
            outbox->refused(outbox->context, outbox_state_topic(state), reason);
        outbox_close_refused(outbox, &flight->owed, reason);
        if (state && state->flight == flight->number) {
            state->owed = false;
            outbox_forget_state(outbox, state);
        }
        return;
    }
    for (uint64_t n = outbox->ring.tail; n < outbox->ring.head; n++) {
        struct ring_record *record = ring_get(&outbox->ring, n);
        if (record->status == RING_FLYING)
            outbox_refuse_event(outbox, record, reason);
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
            if (state->owed && !state->held)
                states_wait(&outbox->states, state, ++outbox->order);
        } else {
            outbox_close(outbox, &flight->owed, COUNT_COALESCED);
        }
    }
    for (uint64_t n = outbox->ring.tail; n < outbox->ring.head; n++) {
        struct ring_record *record = ring_get(&outbox->ring, n);
        if (record->transient)
            outbox_close_event(outbox, record, COUNT_DROPPED_OFFLINE);
        else if (record->status == RING_FLYING)
            record->status = RING_WAITING;
    }
    outbox->n_flights = outbox->flying = 0;
    outbox->up = false;
    outbox->retry_ms = INT64_MAX;
    outbox_sweep(outbox);
    outbox->next = outbox->ring.tail;
}

void outbox_trust(struct outbox *outbox, int64_t now_ms)
{
    outbox->careful = false;
    outbox_pump(outbox, now_ms);
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
        outbox->refused(outbox->context, outbox_state_topic(state), reason);
    if (success)
        outbox_close(outbox, &flight->owed, COUNT_PUBLISHED);
    else
        outbox_close_refused(outbox, &flight->owed, reason);
    *flight = outbox->flights[--outbox->n_flights];
    if (!newest)
        return;
    state->flight = 0;
    state->owed = false;
    outbox_spool_settled(outbox, state);
    if (success && state->payload_size == 0)
        outbox_forget_state(outbox, state);
}

static void answer_event(struct outbox *outbox, uint64_t number, bool current, bool success, int reason)
{
    if (number < outbox->ring.tail || number >= outbox->ring.head)
        return;
    struct ring_record *record = ring_get(&outbox->ring, number);
    if (success)
        outbox_close_event(outbox, record, COUNT_PUBLISHED);
    else if (reason >= 0 && current)
        outbox_refuse_event(outbox, record, reason);
    outbox_sweep(outbox);
}

int outbox_answer(struct outbox *outbox, const struct mqtt_event *event, int64_t now_ms)
{
    bool current = outbox->up && MQTT_CONTEXT_GENERATION(event->context) == outbox->generation;
    bool success = event->type == MQTT_EVENT_PUBLISHED;
    uint64_t number = MQTT_CONTEXT_NUMBER(event->context);

    if (current) {
        if (outbox->flying)
            outbox->flying--;
        outbox->progress_ms = now_ms;
    }
    if (number & OUTBOX_EVENT_NUMBER)
        answer_event(outbox, number & ~OUTBOX_EVENT_NUMBER, current, success, event->reason);
    else if (current)
        answer_state(outbox, number, success, event->reason);
    if (current && !success && event->reason < 0)
        outbox->broken = true;
    outbox_pump(outbox, now_ms);
    return outbox->broken ? -EIO : 0;
}
