#include "core/flood.h"

#include <string.h>

#define PRICE 1000 /* milli-tokens of a message */

static int64_t burst_of(int64_t rate)
{
    return rate * 2 * PRICE;
}

void flood_init(struct flood *flood, int rate)
{
    memset(flood, 0, sizeof(*flood));
    flood->rate = rate;
    flood->shared.milli_tokens = burst_of(flood->rate * FLOOD_SHARED);
    flood->strangers.milli_tokens = burst_of(flood->rate);
}

/* A few places for each address. A storm of invented ones pushes out strangers only, and never whoever is at
 * home here; when all places are taken by those, the newcomers share one bucket. */
static struct flood_bucket *find(struct flood *flood, uint32_t ip, int64_t now_ms)
{
    uint32_t at = (ip * 2654435761u) >> 8 & (FLOOD_SENDERS - 1) & ~(uint32_t)(FLOOD_WAYS - 1);
    struct flood_bucket *free = NULL;
    for (uint32_t i = at; i < at + FLOOD_WAYS; i++) {
        struct flood_bucket *bucket = &flood->buckets[i];
        bool settled = bucket->heard_ms - bucket->first_ms >= FLOOD_SETTLED_MS;
        if (bucket->used && bucket->ip == ip)
            return bucket;
        if (bucket->used && settled && now_ms - bucket->heard_ms < FLOOD_SILENT_MS)
            continue;
        if (!free || !bucket->used || (free->used && bucket->heard_ms < free->heard_ms))
            free = bucket;
    }
    if (!free)
        return &flood->strangers;
    *free = (struct flood_bucket){
        .ip = ip, .used = true, .first_ms = now_ms, .heard_ms = now_ms, .milli_tokens = burst_of(flood->rate)
    };
    return free;
}

static void refill(struct flood_bucket *bucket, int64_t rate, int64_t now_ms)
{
    int64_t burst = burst_of(rate), passed = now_ms - bucket->heard_ms;
    bucket->heard_ms = now_ms;
    bucket->milli_tokens += passed > 2000 ? burst : passed * rate;
    if (bucket->milli_tokens >= burst) {
        bucket->milli_tokens = burst;
        bucket->told = false; /* it had calmed down */
    }
}

static enum flood_answer drop(struct flood_bucket *bucket)
{
    bool first = !bucket->told;
    bucket->told = true;
    return first ? FLOOD_DROP_FIRST : FLOOD_DROP;
}

enum flood_answer flood_take(struct flood *flood, uint32_t ip, int64_t now_ms)
{
    struct flood_bucket *bucket = find(flood, ip, now_ms), *shared = &flood->shared;
    bool settled = bucket->used && now_ms - bucket->first_ms >= FLOOD_SETTLED_MS;
    refill(bucket, flood->rate, now_ms);
    if (bucket->milli_tokens < PRICE)
        return drop(bucket);
    refill(shared, flood->rate * FLOOD_SHARED, now_ms);
    bool quiet = settled && bucket->milli_tokens >= burst_of(flood->rate) / 4 * 3;
    if (shared->milli_tokens < PRICE && !quiet)
        return drop(shared);
    bucket->milli_tokens -= PRICE;
    if (shared->milli_tokens >= PRICE)
        shared->milli_tokens -= PRICE;
    return FLOOD_PASS;
}
