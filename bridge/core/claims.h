/* What the bridge says of itself on bridge/state, bridge/network and bridge/info, held against what comes
 * there.
 *
 * Another bridge on our prefix leaves "offline" behind when it goes, a person's slip may leave anything; home
 * automation would take all our devices for gone. So what is not ours is answered: CLAIMS_SOON_MS later,
 * unless our own word was heard again by then (an echo that others overtook), and once in CLAIMS_MS at most.
 * A bridge that lives is left alone, or the two would answer each other for ever: its info, and that its xPL
 * side is up when ours is down.
 */
#ifndef CORE_CLAIMS_H
#define CORE_CLAIMS_H

#include <stdbool.h>
#include <stdint.h>

#include "xpl/slice.h"

#define CLAIMS_SOON_MS 200
#define CLAIMS_MS      10000

struct core;
struct core_message;

enum claim { CLAIM_STATE, CLAIM_NETWORK, CLAIM_INFO, CLAIMS };

struct claims {
    bool lost[CLAIMS];     /* the last value that was heard there is not ours */
    int64_t due_ms;        /* when ours are said again; INT64_MAX: none is lost */
    int64_t not_before_ms; /* that */
    bool met;              /* another bridge: was told of */
    bool told;             /* that ours were said again */
};

void claims_start(struct core *core);
/* A message on bridge/PATH. False: it is none of these. */
bool claims_on_mqtt(struct core *core, struct xpl_slice path, const struct core_message *message,
                    int64_t now_ms);
/* At the next connect everything is published anyway. */
void claims_on_broker_down(struct core *core);
void claims_on_time(struct core *core, int64_t now_ms);

#endif
