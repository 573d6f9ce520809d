/* Loops through the broker: somebody maps the topic that we publish a state to onto the topic that we take
 * commands from, so each state becomes a command, which makes a state again, for ever and as fast as the
 * broker can.
 *
 * A person who holds a button down looks the same: a command soon after each state. What tells them apart is
 * to say nothing for a while: a loop has nothing to say then, a person goes on. So after some commands in a
 * row, each soon after a state, states are held back (rates.c). A command that comes without one ends the
 * suspicion. When what is published in the end comes back at once, and again the next time, it is a loop, and
 * that command is refused, which ends it. What circulates does not matter, nor how many of it: what is held
 * back becomes one, the last.
 */
#ifndef CORE_LOOPS_H
#define CORE_LOOPS_H

#include <stdbool.h>
#include <stdint.h>

#define LOOPS_ENTRIES 256  /* a power of two; a key has one place, and another may take it over */
#define LOOPS_TIMES   5    /* in a row, and states are held back */
#define LOOPS_PROOFS  2    /* of what was held back and came back: the last one is refused */
#define LOOPS_GAP_MS  1000 /* from a state to the command that it became, at most */
#define LOOPS_HOLD_MS 2500 /* between states that are held back; more than twice the gap */

enum loops_verdict { LOOPS_NONE, LOOPS_SUSPECTED, LOOPS_PROVEN };

struct loops {
    struct loops_entry {
        uint64_t key; /* 0: free */
        int64_t state_ms;
        int times;  /* in a row */
        int states; /* that no command has followed yet */
    } entries[LOOPS_ENTRIES];
};

/* All zero at the start. `key` names what has both a state and a command; never 0. A state was published. */
void loops_on_state(struct loops *loops, uint64_t key, int64_t now_ms);
/* PROVEN: refuse it; after that it begins anew. */
enum loops_verdict loops_on_command(struct loops *loops, uint64_t key, int64_t now_ms);
/* When the next state may be published; INT64_MIN: at once. */
int64_t loops_held_until(const struct loops *loops, uint64_t key);

#endif
