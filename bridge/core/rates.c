/* The walk of an effect: a byte-identical message again? the same value again? too early, or held back since
 * it may be part of a loop? Then it is published, or waits; what waits is replaced by what comes after it, so
 * that the last value always arrives. Each ends as one of: effects-published, state-deduped, state-unchanged,
 * state-throttled, or still waits.
 */
#include "core/rates.h"

#include <stdlib.h>

#include "core/core-private.h"
#include "core/digest.h"
#include "core/hash.h"

/* A payload of its own, whose storage only grows. */
struct kept {
    char *data;
    size_t size, room;
};

struct rate {
    struct kept last, waiting;
    bool has_last, has_waiting;
    int64_t sent_ms, due_ms; /* due: of what waits */
    /* For dedupe: the message last published from, and the verdict on the last one seen. */
    uint64_t digest, number;
    int64_t message_ms;
    bool doubled;
    bool retain;
    int qos;
    uint64_t loop; /* of what has commands too (loops.h); 0: it has none */
    UT_hash_handle hh;
    bool left_out;
    size_t topic_size;
    char topic[];
};

static bool keep(struct kept *kept, struct xpl_slice payload)
{
    if (payload.size > kept->room) {
        char *data = realloc(kept->data, payload.size);
        if (!data)
            return false;
        kept->data = data;
        kept->room = payload.size;
    }
    if (payload.size)
        memcpy(kept->data, payload.data, payload.size);
    kept->size = payload.size;
    return true;
}

static void rate_free(struct rate *rate)
{
    free(rate->last.data);
    free(rate->waiting.data);
    free(rate);
}

static void forget(struct rates *rates, struct rate *rate)
{
    HASH_DEL(rates->table, rate);
    rate_free(rate);
}

void rates_init(struct rates *rates)
{
    *rates = (struct rates){ .due_ms = INT64_MAX };
}

void rates_deinit(struct rates *rates)
{
    struct rate *rate, *next;
    HASH_ITER(hh, rates->table, rate, next)
    forget(rates, rate);
}

static struct rate *find(const struct rates *rates, struct xpl_slice topic)
{
    struct rate *rate;
    HASH_FIND(hh, rates->table, topic.data, topic.size, rate);
    return rate;
}

/* The longest known makes room, unless it has something to say. */
static bool make_room(struct core *core)
{
    struct rate *oldest = core->rates.table;
    while (oldest && oldest->has_waiting)
        oldest = oldest->hh.next;
    if (!oldest)
        return false;
    forget(&core->rates, oldest);
    core_count(core, COUNT_RATES_FORGOTTEN);
    return true;
}

static struct rate *obtain(struct core *core, struct xpl_slice topic)
{
    struct rates *rates = &core->rates;
    struct rate *rate = find(rates, topic);
    if (rate || (HASH_COUNT(rates->table) >= LIMIT_RATES && !make_room(core)))
        return rate;
    rate = calloc(1, sizeof(*rate) + topic.size);
    if (!rate)
        return NULL;
    rate->topic_size = topic.size;
    rate->sent_ms = INT64_MIN / 2;
    rate->message_ms = INT64_MIN / 2;
    memcpy(rate->topic, topic.data, topic.size);
    HASH_ADD_KEYPTR(hh, rates->table, rate->topic, rate->topic_size, rate);
    if (!rate->left_out)
        return rate;
    rate_free(rate);
    return NULL;
}

/* ---- publishing ---- */

static void publish_now(struct core *core, bool retain, int qos, uint64_t loop, struct xpl_slice topic,
                        struct xpl_slice payload, int64_t now_ms)
{
    core_count(core, COUNT_EFFECTS_PUBLISHED);
    if (loop)
        loops_on_state(&core->loops, loop, now_ms);
    core_publish_value(core, retain, topic, payload, qos);
}

/* What waited, if anything did, does so no more. */
static bool stop_waiting(struct core *core, struct rate *rate)
{
    bool waited = rate->has_waiting;
    core->rates.n_waiting -= waited;
    rate->has_waiting = false;
    return waited;
}

static void send(struct core *core, struct rate *rate, struct xpl_slice payload, int64_t now_ms)
{
    rate->sent_ms = now_ms;
    rate->has_last = keep(&rate->last, payload);
    publish_now(core, rate->retain, rate->qos, rate->loop, xpl_slice(rate->topic, rate->topic_size), payload,
                now_ms);
}

static void send_waiting(struct core *core, struct rate *rate, int64_t now_ms)
{
    if (stop_waiting(core, rate))
        send(core, rate, xpl_slice(rate->waiting.data, rate->waiting.size), now_ms);
}

/* Replaces what waits. False when there is no memory for it. */
static bool wait(struct core *core, struct rate *rate, struct xpl_slice payload, int64_t due_ms)
{
    if (stop_waiting(core, rate))
        core_count(core, COUNT_STATE_THROTTLED);
    if (!keep(&rate->waiting, payload))
        return false;
    rate->has_waiting = true;
    rate->due_ms = due_ms;
    core->rates.n_waiting++;
    if (due_ms < core->rates.due_ms)
        core->rates.due_ms = due_ms;
    return true;
}

/* Whether the message is one that was published from less than dedupe_ms ago. All effects of one message have
 * the same answer: the second value of a list is no double of the first. */
static bool is_double(const struct core *core, struct rate *rate, int64_t dedupe_ms, int64_t now_ms)
{
    if (!dedupe_ms || !core->datagram.size)
        return false;
    if (rate->number == core->message_number)
        return rate->doubled;
    uint64_t now = digest_bytes(core->datagram);
    rate->number = core->message_number;
    rate->doubled = now == rate->digest && now_ms - rate->message_ms < dedupe_ms;
    if (!rate->doubled) {
        rate->digest = now;
        rate->message_ms = now_ms;
    }
    return rate->doubled;
}

static bool is_unchanged(const struct rate *rate, const struct mapping_property *property,
                         struct xpl_slice payload, int64_t now_ms)
{
    return property->on_change && rate->has_last &&
           xpl_slice_equal(xpl_slice(rate->last.data, rate->last.size), payload) &&
           !(property->refresh_ms && now_ms - rate->sent_ms >= property->refresh_ms);
}

void rates_publish(struct core *core, const struct mapping_publish *publish, int64_t now_ms)
{
    const struct mapping_property *property = publish->property;
    uint64_t loop = property->sends ? core_loop_key(property, publish->device) : 0;
    int64_t held_ms = loop ? loops_held_until(&core->loops, loop) : INT64_MIN;
    bool ruled = property->on_change || property->min_interval_ms || property->dedupe_ms || held_ms > now_ms;
    /* A topic that had a rule before a reload may have a value that waits. */
    struct rate *rate = ruled ? obtain(core, publish->topic) : find(&core->rates, publish->topic);
    core_count(core, COUNT_EFFECTS);
    if (!rate) {
        publish_now(core, property->retain, property->qos, loop, publish->topic, publish->payload, now_ms);
        return;
    }
    rate->retain = property->retain;
    rate->qos = property->qos;
    rate->loop = loop;
    if (is_double(core, rate, property->dedupe_ms, now_ms)) {
        core_count(core, COUNT_STATE_DEDUPED);
        return;
    }
    if (is_unchanged(rate, property, publish->payload, now_ms)) {
        core_count(core, COUNT_STATE_UNCHANGED);
        if (stop_waiting(core, rate)) /* it went there and back before its time */
            core_count(core, COUNT_STATE_THROTTLED);
        return;
    }
    int64_t due_ms = rate->sent_ms + property->min_interval_ms;
    due_ms = held_ms > due_ms ? held_ms : due_ms;
    if (due_ms > now_ms && wait(core, rate, publish->payload, due_ms))
        return;
    if (stop_waiting(core, rate))
        core_count(core, COUNT_STATE_THROTTLED);
    send(core, rate, publish->payload, now_ms);
}

void rates_leave(struct core *core, struct xpl_slice topic, int64_t now_ms)
{
    struct rate *rate = find(&core->rates, topic);
    if (!rate)
        return;
    send_waiting(core, rate, now_ms);
    forget(&core->rates, rate);
}

void rates_stop(struct core *core, int64_t now_ms)
{
    for (struct rate *rate = core->rates.table; rate; rate = rate->hh.next)
        send_waiting(core, rate, now_ms);
}

void rates_forget(struct core *core, struct xpl_slice topic)
{
    struct rate *rate = find(&core->rates, topic);
    if (!rate)
        return;
    if (stop_waiting(core, rate))
        core_count(core, COUNT_STATE_THROTTLED);
    forget(&core->rates, rate);
}

/* ---- time ---- */

size_t rates_waiting(const struct rates *rates)
{
    return rates->n_waiting;
}

int64_t rates_deadline(const struct rates *rates)
{
    return rates->n_waiting ? rates->due_ms : INT64_MAX;
}

void rates_on_time(struct core *core, int64_t now_ms)
{
    if (now_ms < rates_deadline(&core->rates))
        return;
    core->rates.due_ms = INT64_MAX;
    for (struct rate *rate = core->rates.table; rate; rate = rate->hh.next) {
        if (rate->has_waiting && rate->due_ms <= now_ms)
            send_waiting(core, rate, now_ms);
        if (rate->has_waiting && rate->due_ms < core->rates.due_ms)
            core->rates.due_ms = rate->due_ms;
    }
}
