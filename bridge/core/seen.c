#include "core/seen.h"

static uint64_t place(uint64_t digest)
{
    return digest & (SEEN_ENTRIES - 1) & ~(uint64_t)(SEEN_WAYS - 1);
}

static int64_t newest(const struct seen_entry *entry)
{
    int64_t a = entry->until_ms[SEEN_PUBLISHED], b = entry->until_ms[SEEN_SENT];
    return !entry->digest ? INT64_MIN : a > b ? a : b;
}

void seen_add(struct seen *seen, uint64_t digest, enum seen_kind kind, int64_t now_ms)
{
    struct seen_entry *entry = &seen->entries[place(digest)], *oldest = entry;
    for (int i = 0; i < SEEN_WAYS && entry[i].digest != digest; i++)
        if (newest(&entry[i]) < newest(oldest))
            oldest = &entry[i];
    for (int i = 0; i < SEEN_WAYS; i++)
        if (entry[i].digest == digest)
            oldest = &entry[i];
    if (oldest->digest != digest)
        *oldest = (struct seen_entry){ .digest = digest, .until_ms = { INT64_MIN, INT64_MIN } };
    oldest->until_ms[kind] = now_ms + SEEN_MS;
}

bool seen_has(const struct seen *seen, uint64_t digest, enum seen_kind kind, int64_t now_ms)
{
    const struct seen_entry *entry = &seen->entries[place(digest)];
    for (int i = 0; i < SEEN_WAYS; i++)
        if (entry[i].digest == digest)
            return now_ms < entry[i].until_ms[kind];
    return false;
}
