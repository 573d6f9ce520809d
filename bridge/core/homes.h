/* Where xPL sources live: on this network, or behind which member of a tunnel. */
#ifndef CORE_HOMES_H
#define CORE_HOMES_H

#include <stdint.h>

#define HOMES_ENTRIES 2048 /* a power of two; when four share a place, the longest unheard makes room */
/* A source is believed where it was heard for as long as a living one may be silent. */
#define HOMES_MS      (61 * 60 * 1000)
#define HOMES_WAYS    4
#define HOMES_UNKNOWN UINT64_C(0)
#define HOMES_HERE    UINT64_C(1)

struct homes {
    struct homes_entry {
        uint64_t source; /* a digest, 0: free */
        uint64_t home;   /* HOMES_HERE, or the digest of a member */
        int64_t heard_ms;
    } entries[HOMES_ENTRIES];
};

/* All zero at the start. */
void homes_set(struct homes *homes, uint64_t source, uint64_t home, int64_t now_ms);
uint64_t homes_get(const struct homes *homes, uint64_t source, int64_t now_ms);

#endif
