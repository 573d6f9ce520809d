/* Loops through the broker: somebody maps the topic that we publish a state to onto the topic that we take
 * commands from, so each state becomes a command, which makes that state again, for ever and as fast as the
 * broker can.
 *
 * A person does not command, five times in a row, within half a second, what was just published as the state.
 * So the sixth such command is refused, which ends the loop, and says which map and topic it was.
 */
#ifndef CORE_LOOPS_H
#define CORE_LOOPS_H

#include <stdbool.h>
#include <stdint.h>

#include "xpl/slice.h"

#define LOOPS_ENTRIES 256   /* a power of two; a key has one place, and another may take it over */
#define LOOPS_TIMES   5     /* in a row; the next one is refused */
#define LOOPS_GAP_MS  500   /* from a state to the same command, at most */
#define LOOPS_MS      10000 /* that they take in all, at most */

struct loops {
    struct loops_entry {
        uint64_t key, payload; /* digests; key 0: free */
        int64_t published_ms, first_ms;
        int times;
    } entries[LOOPS_ENTRIES];
};

/* All zero at the start. `key` names what has both a state and a command; never 0. */
void loops_on_state(struct loops *loops, uint64_t key, uint64_t payload, int64_t now_ms);
/* True: refuse it. */
bool loops_on_command(struct loops *loops, uint64_t key, uint64_t payload, int64_t now_ms);

#endif
