#include "core/flood.h"

#include <string.h>

void flood_init(struct flood *flood, int rate)
{
    memset(flood, 0, sizeof(*flood));
    flood->rate = rate;
}

/* A few places for each address: a storm of invented addresses can push out only those that share its places,
 * and only the one that was silent longest. */
static struct flood_bucket *find(struct flood *flood, uint32_t ip, int64_t now_ms)
{
    uint32_t at = (ip * 2654435761u) >> 8 & (FLOOD_SENDERS - 1) & ~(uint32_t)(FLOOD_WAYS - 1);
    struct flood_bucket *oldest = &flood->buckets[at];
    for (uint32_t i = at; i < at + FLOOD_WAYS; i++) {
        struct flood_bucket *bucket = &flood->buckets[i];
        if (bucket->used && bucket->ip == ip)
            return bucket;
        if (!bucket->used || (oldest->used && bucket->heard_ms < oldest->heard_ms))
            oldest = bucket;
    }
    *oldest = (struct flood_bucket){
        .ip = ip, .used = true, .heard_ms = now_ms, .milli_tokens = flood->rate * 2000
    };
    return oldest;
}

enum flood_answer flood_take(struct flood *flood, uint32_t ip, int64_t now_ms)
{
    struct flood_bucket *bucket = find(flood, ip, now_ms);
    int64_t burst = flood->rate * 2000, passed = now_ms - bucket->heard_ms;
    bucket->heard_ms = now_ms;
    bucket->milli_tokens += passed > 2000 ? burst : passed * flood->rate;
    if (bucket->milli_tokens >= burst) {
        bucket->milli_tokens = burst;
        bucket->told = false; /* it had calmed down */
    }
    if (bucket->milli_tokens >= 1000) {
        bucket->milli_tokens -= 1000;
        return FLOOD_PASS;
    }
    bool first = !bucket->told;
    bucket->told = true;
    return first ? FLOOD_DROP_FIRST : FLOOD_DROP;
}
