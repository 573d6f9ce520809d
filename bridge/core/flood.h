/* The flood budget: a token bucket for each UDP source address, so that one mad sender does not drown the
 * others, and one that all share, so that a thousand invented addresses do not either.
 *
 * Who was heard for a while and is well within its own budget is served even when the shared one is used up.
 */
#ifndef CORE_FLOOD_H
#define CORE_FLOOD_H

#include <stdbool.h>
#include <stdint.h>

#define FLOOD_SENDERS    256    /* addresses remembered, a power of two */
#define FLOOD_WAYS       4      /* places that an address may have */
#define FLOOD_SHARED     8      /* the budget of all together, in budgets of one */
#define FLOOD_SETTLED_MS 10000  /* heard for that long: no stranger */
#define FLOOD_SILENT_MS  600000 /* not heard for that long: makes room for a stranger, settled or not */

struct flood_bucket {
    uint32_t ip;
    bool used, told; /* told: this flood was reported */
    int64_t first_ms, heard_ms;
    int64_t milli_tokens;
};

struct flood {
    int64_t rate; /* messages a second; the burst is twice that */
    struct flood_bucket shared, strangers, buckets[FLOOD_SENDERS]; /* strangers: who found no place */
};

enum flood_answer {
    FLOOD_PASS,
    FLOOD_DROP,
    FLOOD_DROP_FIRST /* the first of this flood: worth a line in the log */
};

void flood_init(struct flood *flood, int rate);
enum flood_answer flood_take(struct flood *flood, uint32_t ip, int64_t now_ms);

#endif
