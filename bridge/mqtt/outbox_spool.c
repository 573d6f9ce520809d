/* What outlives the process. A state's new value makes it dirty, its acknowledgement settles it; events are
 * looked at in the ring. Once something has waited long enough a commit is made of all that has, up to
 * LIMIT_SPOOL_BATCH
 * -> the spool writes it -> outbox_on_spool: the next one.
 *
 * A state whose row has become old is held until the row is new: else a crash soon after would bring the old
 * value back, behind the new one.
 *
 * What is acknowledged before its time came leaves the list and is never written. Rows of events are dropped
 * up to the ring's tail, so that one statement does for many; an event that was acknowledged out of turn is,
 * after a crash, sent twice.
 *
 * A commit that failed ends it all: nothing counts as written, and after a pause everything owed is added
 * anew.
 */
#include "mqtt/outbox-private.h"

#include <utlist.h>

#include "base/error.h"

#define WAIT_MS  50 /* how long a message may wait for its acknowledgement unwritten */
#define PAUSE_MS 50 /* between commits; with the wait it makes the 100 ms that are promised */
#define RETRY_MS 60000
#define URGENT   INT64_MIN /* instead of a time: rows that have become wrong */

static bool is_on(const struct outbox *outbox)
{
    return outbox->spool.phase == SPOOL_READY || outbox->spool.phase == SPOOL_WRITING;
}

static void clean(struct outbox *outbox, struct state *state)
{
    if (state->dirty)
        DL_DELETE2(outbox->spool.first_dirty, state, dirty_prev, dirty_next);
    state->dirty = false;
}

/* States. */

static void hold(struct outbox *outbox, struct state *state, bool held)
{
    outbox->spool.n_held += held;
    outbox->spool.n_held -= state->held;
    state->held = held;
}

static void urgent(struct outbox *outbox, struct state *state)
{
    clean(outbox, state);
    state->dirty = true;
    state->dirty_ms = URGENT;
    DL_PREPEND2(outbox->spool.first_dirty, state, dirty_prev, dirty_next);
}

bool outbox_spool_has_older(const struct outbox *outbox, const struct state *state, struct xpl_slice payload)
{
    if (!is_on(outbox) || !state->spooled || outbox->spool.hurry)
        return false;
    return state->dirty || !xpl_slice_equal(payload, xpl_slice(state->payload, state->payload_size));
}

void outbox_spool_owed(struct outbox *outbox, struct state *state, bool held, int64_t now_ms)
{
    if (!is_on(outbox))
        return;
    hold(outbox, state, held || (state->held && !outbox->spool.hurry));
    if (held) {
        urgent(outbox, state);
    } else if (!state->dirty) {
        state->dirty = true;
        state->dirty_ms = now_ms;
        DL_APPEND2(outbox->spool.first_dirty, state, dirty_prev, dirty_next);
    }
}

/* What was held may go: the spool has its newest value, or is of no use. */
static void release(struct outbox *outbox)
{
    struct state *state, *next;
    if (outbox->spool.n_held == 0)
        return;
    HASH_ITER(hh, outbox->states.table, state, next)
    {
        if (!state->held || (state->dirty && is_on(outbox)))
            continue;
        hold(outbox, state, false);
        if (!outbox->ending)
            states_wait(&outbox->states, state, ++outbox->order);
    }
}

void outbox_spool_settled(struct outbox *outbox, struct state *state)
{
    if (!is_on(outbox))
        return;
    clean(outbox, state);
    if (state->spooled)
        urgent(outbox, state);
}

void outbox_spool_gone(struct outbox *outbox, struct state *state)
{
    struct outbox_spool *spool = &outbox->spool;
    if (!is_on(outbox))
        return;
    clean(outbox, state);
    hold(outbox, state, false);
    if (state->spooled) {
        spool->to.drop_state(spool->to.context, outbox_state_topic(state));
        spool->dropped = true;
    }
}

static size_t add_state(struct outbox *outbox, struct state *state)
{
    const struct outbox_spool *spool = &outbox->spool;
    const struct spool_message message = {
        .topic = outbox_state_topic(state),
        .payload = xpl_slice(state->payload, state->payload_size),
        .qos = state->qos,
    };
    clean(outbox, state);
    state->spooled = state->owed;
    if (!state->owed) {
        spool->to.drop_state(spool->to.context, message.topic);
        return message.topic.size;
    }
    spool->to.put_state(spool->to.context, &message);
    count(outbox->counters, COUNT_SPOOL_WRITTEN);
    return message.topic.size + message.payload.size;
}

/* Events. */

static uint64_t oldest_order(const struct outbox *outbox)
{
    const struct ring *ring = &outbox->ring;
    return ring->tail < ring->head ? ring_get(ring, ring->tail)->order : outbox->order + 1;
}

static bool has_rows_to_drop(const struct outbox *outbox)
{
    return outbox->spool.kept <= outbox->spool.put && outbox->spool.kept < oldest_order(outbox);
}

static uint64_t first_unseen(const struct outbox *outbox)
{
    return outbox->spool.next > outbox->ring.tail ? outbox->spool.next : outbox->ring.tail;
}

static void has_row(struct outbox_spool *spool, uint64_t order)
{
    if (spool->kept > spool->put)
        spool->kept = order;
    spool->put = order;
}

static size_t add_event(struct outbox *outbox, const struct ring_record *record)
{
    struct outbox_spool *spool = &outbox->spool;
    const struct spool_message message = {
        .topic = ring_topic(&outbox->ring, record),
        .payload = ring_payload(&outbox->ring, record),
        .qos = record->qos,
    };
    if (record->transient || record->status == RING_DONE)
        return 0;
    spool->to.put_event(spool->to.context, record->order, &message, record->born_ms);
    has_row(spool, record->order);
    count(outbox->counters, COUNT_SPOOL_WRITTEN);
    return message.topic.size + message.payload.size;
}

/* Commits. */

static bool waited(const struct outbox *outbox, int64_t since_ms, int64_t now_ms)
{
    return outbox->spool.hurry || since_ms == URGENT || now_ms - since_ms >= WAIT_MS;
}

static void commit(struct outbox *outbox, int64_t now_ms)
{
    struct outbox_spool *spool = &outbox->spool;
    size_t size = spool->dropped;
    if (has_rows_to_drop(outbox)) {
        spool->kept = oldest_order(outbox);
        spool->to.drop_events(spool->to.context, spool->kept);
        size++;
    }
    while (spool->first_dirty && waited(outbox, spool->first_dirty->dirty_ms, now_ms) &&
           size < LIMIT_SPOOL_BATCH)
        size += add_state(outbox, spool->first_dirty);
    for (spool->next = first_unseen(outbox); spool->next < outbox->ring.head; spool->next++) {
        const struct ring_record *record = ring_get(&outbox->ring, spool->next);
        if (!waited(outbox, record->born_ms, now_ms) || size >= LIMIT_SPOOL_BATCH)
            break;
        size += add_event(outbox, record);
    }
    if (size == 0)
        return;
    spool->dropped = false;
    spool->phase = SPOOL_WRITING;
    spool->last_ms = now_ms;
    spool->to.commit(spool->to.context);
}

/* All from the start: what was written, or was not, is as if it had never been. */
static void begin(struct outbox *outbox, int64_t now_ms)
{
    struct outbox_spool *spool = &outbox->spool;
    struct state *state, *next;
    spool->to.clear(spool->to.context);
    spool->phase = SPOOL_READY;
    spool->dropped = true;
    spool->first_dirty = NULL;
    spool->next = outbox->ring.tail;
    spool->kept = 1;
    spool->put = 0;
    HASH_ITER(hh, outbox->states.table, state, next)
    {
        state->spooled = state->dirty = false;
        if (state->owed)
            outbox_spool_owed(outbox, state, false, now_ms - WAIT_MS);
    }
}

void outbox_on_spool(struct outbox *outbox, bool failed, int64_t now_ms)
{
    struct outbox_spool *spool = &outbox->spool;
    if (spool->phase != SPOOL_WRITING)
        return;
    spool->phase = failed ? SPOOL_FAILED : SPOOL_READY;
    spool->retry_ms = now_ms + RETRY_MS;
    release(outbox);
    outbox_pump(outbox, now_ms);
    count_n(outbox->counters, COUNT_SPOOL_FAILURES, failed);
}

static int64_t earliest(const struct outbox *outbox)
{
    const struct outbox_spool *spool = &outbox->spool;
    uint64_t unseen = first_unseen(outbox);
    int64_t since_ms = INT64_MAX;
    if (spool->dropped || has_rows_to_drop(outbox))
        return URGENT;
    if (spool->first_dirty)
        since_ms = spool->first_dirty->dirty_ms;
    if (unseen < outbox->ring.head && ring_get(&outbox->ring, unseen)->born_ms < since_ms)
        since_ms = ring_get(&outbox->ring, unseen)->born_ms;
    return since_ms;
}

int64_t outbox_spool_deadline(const struct outbox *outbox)
{
    const struct outbox_spool *spool = &outbox->spool;
    if (spool->phase == SPOOL_FAILED)
        return spool->hurry ? INT64_MAX : spool->retry_ms;
    int64_t since_ms = spool->phase == SPOOL_READY ? earliest(outbox) : INT64_MAX;
    if (since_ms == INT64_MAX || spool->hurry)
        return since_ms;
    int64_t next_ms = spool->last_ms + PAUSE_MS;
    return since_ms == URGENT || since_ms + WAIT_MS < next_ms ? next_ms : since_ms + WAIT_MS;
}

void outbox_spool_on_time(struct outbox *outbox, int64_t now_ms)
{
    struct outbox_spool *spool = &outbox->spool;
    if (now_ms < outbox_spool_deadline(outbox))
        return;
    if (spool->phase == SPOOL_FAILED)
        begin(outbox, now_ms);
    commit(outbox, now_ms);
}

bool outbox_spool_end(struct outbox *outbox, int64_t now_ms)
{
    outbox->spool.hurry = true;
    outbox_spool_on_time(outbox, now_ms);
    return outbox->spool.phase != SPOOL_WRITING;
}

/* The start. */

void outbox_use_spool(struct outbox *outbox, const struct session_spool *spool)
{
    must(outbox->spool.phase == SPOOL_NONE);
    outbox->spool.to = *spool;
    outbox->spool.phase = SPOOL_READY;
    outbox->spool.kept = 1;
}

int outbox_restore_event(struct outbox *outbox, uint64_t order, const struct spool_message *message,
                         int64_t born_ms)
{
    struct outbox_spool *spool = &outbox->spool;
    const struct session_publish publish = {
        .lane = SESSION_EVENT, .topic = message->topic, .payload = message->payload, .qos = message->qos
    };
    must(!outbox->up && order > outbox->order);
    outbox->order = order - 1; /* the next one given is this */
    int result = outbox_publish(outbox, &publish, born_ms);
    outbox->order = order;
    has_row(spool, order);
    spool->next = outbox->ring.head;
    count(outbox->counters, COUNT_SPOOL_RESTORED);
    return result;
}

int outbox_restore_state(struct outbox *outbox, const struct spool_message *message)
{
    const struct session_publish publish = {
        .lane = SESSION_STATE, .topic = message->topic, .payload = message->payload, .qos = message->qos
    };
    must(!outbox->up);
    int result = outbox_publish(outbox, &publish, 0);
    count(outbox->counters, COUNT_SPOOL_RESTORED);
    if (result) {
        outbox->spool.to.drop_state(outbox->spool.to.context, message->topic);
        outbox->spool.dropped = true;
        return result;
    }
    struct state *state = states_find(&outbox->states, message->topic);
    clean(outbox, state);
    state->spooled = true;
    return 0;
}
