#include "core/loops.h"

#define NEVER INT64_MIN

static struct loops_entry *entry_of(struct loops *loops, uint64_t key)
{
    return &loops->entries[key & (LOOPS_ENTRIES - 1)];
}

void loops_on_state(struct loops *loops, uint64_t key, uint64_t payload, int64_t now_ms)
{
    struct loops_entry *entry = entry_of(loops, key);
    if (entry->key != key || entry->payload != payload)
        *entry = (struct loops_entry){ .key = key, .payload = payload };
    entry->published_ms = now_ms;
}

bool loops_on_command(struct loops *loops, uint64_t key, uint64_t payload, int64_t now_ms)
{
    struct loops_entry *entry = entry_of(loops, key);
    if (entry->key != key)
        return false;
    if (entry->payload != payload || entry->published_ms == NEVER ||
        now_ms - entry->published_ms > LOOPS_GAP_MS) {
        entry->times = 0;
        return false;
    }
    entry->published_ms = NEVER; /* one command for each time it was published */
    if (entry->times == 0 || now_ms - entry->first_ms > LOOPS_MS) {
        entry->times = 0;
        entry->first_ms = now_ms;
    }
    if (++entry->times <= LOOPS_TIMES)
        return false;
    entry->times = 0;
    return true;
}
