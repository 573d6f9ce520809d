/* Hand over: of the first state and the first event that wait, the one that came earlier, again and again
 * until the window is full, nothing waits, or the driver does not take it; then it is tried again a moment
 * later.
 */
#include "mqtt/outbox-private.h"

#include "base/error.h"
#include "mqtt/reason.h"

#define RETRY_MS 100

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
    outbox->refused(outbox->context, outbox_state_topic(state), reason);
    outbox_close_refused(outbox, &state->owed, reason);
    outbox_spool_settled(outbox, state);
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
        .context = MQTT_CONTEXT(outbox->generation, OUTBOX_EVENT_NUMBER | number),
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

void outbox_refuse_event(struct outbox *outbox, struct ring_record *record, int reason)
{
    outbox->refused(outbox->context, ring_topic(&outbox->ring, record), reason);
    count(outbox->counters, mqtt_reason_publish_counter(reason));
    outbox_close_event(outbox, record, COUNT_DROPPED_REFUSED);
}

struct ring_record *outbox_next_event(struct outbox *outbox, int64_t now_ms)
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
        outbox_close_event(outbox, record, COUNT_EXPIRED);
        expired = true;
    }
    if (expired)
        outbox_sweep(outbox);
    return found;
}

/* 0 when nothing is left, 1 when something was handed over or refused, or the driver's error. */
static int hand_next(struct outbox *outbox, int64_t now_ms)
{
    struct state *state = outbox->states.first_waiting;
    struct ring_record *event = outbox->ending ? NULL : outbox_next_event(outbox, now_ms);
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
            outbox_refuse_event(outbox, event, error);
            outbox_sweep(outbox);
            return 1;
        }
    } else {
        return 0;
    }
    if (error)
        return error;
    if (outbox->flying++ == 0)
        outbox->progress_ms = now_ms;
    return 1;
}

void outbox_pump(struct outbox *outbox, int64_t now_ms)
{
    size_t window = outbox->careful ? 1 : outbox->window;
    if (!outbox->up || outbox->broken || (outbox->retry_ms != INT64_MAX && now_ms < outbox->retry_ms))
        return;
    outbox->retry_ms = INT64_MAX;
    while (outbox->flying < window && outbox->n_flights < LIMIT_INFLIGHT) {
        int result = hand_next(outbox, now_ms);
        if (result < 0) {
            outbox->retry_ms = now_ms + RETRY_MS;
            if (!outbox->failing && !outbox->flying)
                outbox->progress_ms = now_ms;
        }
        if (result)
            outbox->failing = result < 0;
        if (result <= 0)
            break;
    }
}
