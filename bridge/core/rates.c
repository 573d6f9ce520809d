#include "core/rates.h"

#include <stdlib.h>
#include <uthash.h>

#include "core/core-private.h"

/* A payload of its own, whose storage only grows. */
struct kept {
    char *data;
    size_t size, room;
};

struct rate {
    struct kept last, waiting;
    bool has_last, has_waiting;
    int64_t sent_ms, due_ms; /* due: of what waits */
    uint64_t message;        /* digest of the last message, for dedupe */
    int64_t message_ms;
    bool retain;
    int qos;
    UT_hash_handle hh;
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

static void forget(struct rates *rates, struct rate *rate)
{
    HASH_DEL(rates->table, rate);
    free(rate->last.data);
    free(rate->waiting.data);
    free(rate);
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

static struct rate *obtain(struct rates *rates, struct xpl_slice topic)
{
    struct rate *rate;
    HASH_FIND(hh, rates->table, topic.data, topic.size, rate);
    if (rate)
        return rate;
    if (HASH_COUNT(rates->table) >=
        LIMIT_RATES) { /* the longest known makes room, unless it has something to say */
        struct rate *oldest = rates->table;
        while (oldest && oldest->has_waiting)
            oldest = oldest->hh.next;
        if (!oldest)
            return NULL;
        forget(rates, oldest);
    }
    rate = calloc(1, sizeof(*rate) + topic.size);
    if (!rate)
        return NULL;
    rate->topic_size = topic.size;
    rate->sent_ms = INT64_MIN / 2;
    rate->message_ms = INT64_MIN / 2;
    memcpy(rate->topic, topic.data, topic.size);
    HASH_ADD_KEYPTR(hh, rates->table, rate->topic, rate->topic_size, rate);
    return rate;
}

static uint64_t digest(const struct core *core)
{
    uint64_t h = 14695981039346656037u;
    for (size_t i = 0; i < core->datagram_size; i++)
        h = (h ^ (unsigned char)core->datagram[i]) * 1099511628211u;
    return h ^ core->datagram_size;
}

static void send(struct core *core, struct rate *rate, struct xpl_slice payload, int64_t now_ms)
{
    rate->sent_ms = now_ms;
    rate->has_waiting = false;
    rate->has_last = keep(&rate->last, payload);
    core_publish_topic(core, rate->retain ? SINK_STATE : SINK_EVENT, xpl_slice(rate->topic, rate->topic_size),
                       payload, rate->qos);
}

static bool is_last(const struct rate *rate, struct xpl_slice payload)
{
    return rate->has_last && xpl_slice_equal(xpl_slice(rate->last.data, rate->last.size), payload);
}

void rates_publish(struct core *core, const struct mapping_publish *publish, int64_t now_ms)
{
    const struct mapping_property *property = publish->property;
    bool ruled = property->on_change || property->min_interval_ms || property->dedupe_ms;
    struct rate *rate = ruled ? obtain(&core->rates, publish->topic) : NULL;
    if (!rate) {
        core_publish_topic(core, property->retain ? SINK_STATE : SINK_EVENT, publish->topic, publish->payload,
                           property->qos);
        return;
    }
    rate->retain = property->retain;
    rate->qos = property->qos;
    if (property->dedupe_ms && core->datagram_size) {
        uint64_t message = digest(core);
        bool same = message == rate->message && now_ms - rate->message_ms < property->dedupe_ms;
        rate->message = message;
        rate->message_ms = now_ms;
        if (same) {
            core_count(core, COUNT_STATE_DEDUPED);
            return;
        }
    }
    bool unchanged = property->on_change && is_last(rate, publish->payload) &&
                     !(property->refresh_ms && now_ms - rate->sent_ms >= property->refresh_ms);
    if (unchanged) {
        core_count(core, COUNT_STATE_UNCHANGED);
        if (rate->has_waiting) { /* it went there and back before its time */
            rate->has_waiting = false;
            core_count(core, COUNT_STATE_THROTTLED);
        }
        return;
    }
    if (property->min_interval_ms && now_ms - rate->sent_ms < property->min_interval_ms) {
        if (rate->has_waiting)
            core_count(core, COUNT_STATE_THROTTLED);
        rate->has_waiting = keep(&rate->waiting, publish->payload);
        rate->due_ms = rate->sent_ms + property->min_interval_ms;
        if (rate->due_ms < core->rates.due_ms)
            core->rates.due_ms = rate->due_ms;
        return;
    }
    if (rate->has_waiting)
        core_count(core, COUNT_STATE_THROTTLED);
    send(core, rate, publish->payload, now_ms);
}

int64_t rates_deadline(const struct rates *rates)
{
    return rates->due_ms;
}

void rates_on_time(struct core *core, int64_t now_ms)
{
    if (now_ms < core->rates.due_ms)
        return;
    core->rates.due_ms = INT64_MAX;
    for (struct rate *rate = core->rates.table; rate; rate = rate->hh.next) {
        if (rate->has_waiting && rate->due_ms <= now_ms)
            send(core, rate, xpl_slice(rate->waiting.data, rate->waiting.size), now_ms);
        if (rate->has_waiting && rate->due_ms < core->rates.due_ms)
            core->rates.due_ms = rate->due_ms;
    }
}
