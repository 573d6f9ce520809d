/* What a tunnel saw in the last seconds: whether a message went in, or came out here. */
#ifndef CORE_SEEN_H
#define CORE_SEEN_H

#include <stdbool.h>
#include <stdint.h>

#define SEEN_MS      5000 /* that a message may take to come back */
#define SEEN_ENTRIES 4096 /* a power of two; when four share a place, the oldest makes room */
#define SEEN_WAYS    4

enum seen_kind {
    SEEN_PUBLISHED, /* heard here, and put into the tunnel */
    SEEN_SENT,      /* sent here: out of the tunnel, or our own */
    SEEN_KINDS
};

struct seen {
    struct seen_entry {
        uint64_t digest; /* 0: free */
        int64_t until_ms[SEEN_KINDS];
    } entries[SEEN_ENTRIES];
};

/* All zero at the start. */
void seen_add(struct seen *seen, uint64_t digest, enum seen_kind kind, int64_t now_ms);
bool seen_has(const struct seen *seen, uint64_t digest, enum seen_kind kind, int64_t now_ms);

#endif
