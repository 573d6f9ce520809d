#include "core/homes.h"

static uint64_t place(uint64_t source)
{
    return source & (HOMES_ENTRIES - 1) & ~(uint64_t)(HOMES_WAYS - 1);
}

void homes_set(struct homes *homes, uint64_t source, uint64_t home, int64_t now_ms)
{
    struct homes_entry *entry = &homes->entries[place(source)], *chosen = entry;
    for (int i = 0; i < HOMES_WAYS; i++) {
        if (entry[i].source == source) {
            chosen = &entry[i];
            break;
        }
        if (!entry[i].source || (chosen->source && entry[i].heard_ms < chosen->heard_ms))
            chosen = &entry[i];
    }
    *chosen = (struct homes_entry){ source, home, now_ms };
}

uint64_t homes_get(const struct homes *homes, uint64_t source, int64_t now_ms)
{
    const struct homes_entry *entry = &homes->entries[place(source)];
    for (int i = 0; i < HOMES_WAYS; i++)
        if (entry[i].source == source)
            return now_ms - entry[i].heard_ms < HOMES_MS ? entry[i].home : HOMES_UNKNOWN;
    return HOMES_UNKNOWN;
}
