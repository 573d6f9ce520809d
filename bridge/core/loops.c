#include "core/loops.h"

#define STATES_MAX 16 /* more than that are never under way at once */

static struct loops_entry *entry_of(struct loops *loops, uint64_t key)
{
    return &loops->entries[key & (LOOPS_ENTRIES - 1)];
}

static bool is_held(const struct loops_entry *entry)
{
    return entry->times >= LOOPS_TIMES;
}

void loops_on_state(struct loops *loops, uint64_t key, int64_t now_ms)
{
    struct loops_entry *entry = entry_of(loops, key);
    if (entry->key != key)
        *entry = (struct loops_entry){ .key = key };
    entry->state_ms = now_ms;
    if (is_held(entry))
        entry->states = 1;
    else
        entry->states += entry->states < STATES_MAX;
}

enum loops_verdict loops_on_command(struct loops *loops, uint64_t key, int64_t now_ms)
{
    struct loops_entry *entry = entry_of(loops, key);
    if (entry->key != key)
        return LOOPS_NONE;
    bool soon = now_ms - entry->state_ms <= LOOPS_GAP_MS;
    if (is_held(entry) && soon && entry->states == 0)
        return LOOPS_SUSPECTED; /* it was under way already, or is a person's: that shows when no more can be
                                 */
    if (!soon || entry->states == 0) {
        entry->times = entry->states = 0;
        return LOOPS_NONE;
    }
    entry->states--;
    if (++entry->times == LOOPS_TIMES)
        entry->states = 0;
    if (entry->times < LOOPS_TIMES + LOOPS_PROOFS)
        return is_held(entry) ? LOOPS_SUSPECTED : LOOPS_NONE;
    entry->times = entry->states = 0;
    return LOOPS_PROVEN;
}

int64_t loops_held_until(const struct loops *loops, uint64_t key)
{
    const struct loops_entry *entry = &loops->entries[key & (LOOPS_ENTRIES - 1)];
    return entry->key == key && is_held(entry) ? entry->state_ms + LOOPS_HOLD_MS : INT64_MIN;
}
