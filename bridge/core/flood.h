/* The flood budget: a token bucket for each UDP source address, so that one mad sender does not drown the
 * others. */
#ifndef CORE_FLOOD_H
#define CORE_FLOOD_H

#include <stdbool.h>
#include <stdint.h>

#define FLOOD_SENDERS \
    256              /* addresses remembered, a power of two; one that was not heard for long makes room */
#define FLOOD_WAYS 4 /* places that an address may have */

struct flood_bucket {
    uint32_t ip;
    bool used, told; /* told: this flood was reported */
    int64_t heard_ms;
    int64_t milli_tokens;
};

struct flood {
    int64_t rate; /* messages a second; the burst is twice that */
    struct flood_bucket buckets[FLOOD_SENDERS];
};

enum flood_answer {
    FLOOD_PASS,
    FLOOD_DROP,
    FLOOD_DROP_FIRST /* the first of this flood: worth a line in the log */
};

void flood_init(struct flood *flood, int rate);
enum flood_answer flood_take(struct flood *flood, uint32_t ip, int64_t now_ms);

#endif
