/* The books, as counters.def has them: what came in equals what went out plus what each reason
 * took. */
#include "core_world.h"

#include <stdio.h>

#include "core/core-private.h"

static uint64_t sum(const struct world *world, enum counter first, enum counter last)
{
    uint64_t n = 0;
    for (enum counter i = first; i <= last; i++)
        n += world->counters.value[i];
    return n;
}

const char *world_imbalance(struct world *world)
{
    static char text[256];
    const struct core *core = world->core;
#define C(name) world_count(world, COUNT_##name)
    const struct {
        const char *name;
        uint64_t a, b;
    } books[] = {
        { "xPL in", C(XPL_RECEIVED) + C(FRAGMENTS_WHOLE),
          C(XPL_OWN) + C(XPL_DENIED) + C(XPL_FLOODED) + C(XPL_MALFORMED) + C(XPL_HEARTBEAT) + C(XPL_CONFIG) +
              C(XPL_DUPLICATE) + C(XPL_FRAGMENT) + C(XPL_FILTERED) + C(XPL_IGNORED) + C(XPL_MATCHED) +
              C(XPL_UNMAPPED) },
        { "malformed", C(XPL_MALFORMED), sum(world, COUNT_MALFORMED_EMPTY, COUNT_MALFORMED_SIZE) },
        { "effects", C(EFFECTS),
          C(EFFECTS_PUBLISHED) + C(STATE_UNCHANGED) + C(STATE_THROTTLED) + C(STATE_DEDUPED) +
              rates_waiting(&core->rates) },
        { "MQTT in", C(MQTT_RECEIVED),
          C(COMMANDS) + C(REQUESTS) + C(RAW_SENDS) + C(TUNNEL_IN) + C(MQTT_OTHER) },
        { "raw", C(RAW_SENDS), C(RAW_SENT) + C(RAW_REFUSED) },
        { "tunnel", C(TUNNEL_IN),
          C(TUNNEL_OWN) + C(TUNNEL_SENT) + C(TUNNEL_RETURNED) + C(TUNNEL_ELSEWHERE) + C(TUNNEL_REFUSED) },
        { "commands", C(COMMANDS),
          C(COMMANDS_SENT) + sum(world, COUNT_REFUSED_RETAINED, COUNT_REFUSED_LOOP) },
        { "confirmations", C(COMMANDS_AWAITED),
          C(COMMANDS_CONFIRMED) + C(COMMANDS_TIMED_OUT) + commands_awaited(&core->commands) },
    };
    for (size_t i = 0; i < sizeof(books) / sizeof(books[0]); i++) {
        if (books[i].a == books[i].b)
            continue;
        snprintf(text, sizeof(text), "%s: %llu != %llu", books[i].name, (unsigned long long)books[i].a,
                 (unsigned long long)books[i].b);
        return text;
    }
    return NULL;
}
