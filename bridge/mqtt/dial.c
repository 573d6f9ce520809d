/* The walk of the version, when it is left to us: 5 until a broker refuses it, or ends or stays silent at it
 * and never took it before; then 3.1.1 at once. Whatever gets an answer is remembered. A trial of 3.1.1 that
 * gets none says that the network was at fault, and 5 is next again. A long outage is a chance for a new
 * broker: then all is forgotten.
 */
#include "mqtt/dial.h"

#include "mqtt/reason.h"

#define FIRST_MS          1000
#define MOST_MS           60000
#define TAKEOVER_FIRST_MS 30000
#define TAKEOVER_MOST_MS  600000
#define SHORT_LIFE_MS     5000
#define SHORT_LIVES       3
#define FORGET_MS         600000
#define TRIAL_S           5 /* a broker that does not answer v5 in this time does not know it */
#define PATIENCE_S        15

static int64_t delay(int64_t first_ms, int64_t most_ms, unsigned failures, uint32_t random)
{
    int64_t base = failures < 16 ? first_ms << failures : most_ms;
    if (base > most_ms)
        base = most_ms;
    return base / 2 + random % base;
}

void dial_init(struct dial *dial, enum mqtt_version wanted, int64_t now_ms)
{
    *dial = (struct dial){
        .wanted = wanted,
        .next = wanted == MQTT_VERSION_AUTO ? MQTT_VERSION_5 : wanted,
        .down_since_ms = now_ms,
    };
}

int dial_timeout(const struct dial *dial)
{
    bool trial =
        dial->wanted == MQTT_VERSION_AUTO && dial->next == MQTT_VERSION_5 && dial->proven != MQTT_VERSION_5;
    return trial ? TRIAL_S : PATIENCE_S;
}

void dial_connected(struct dial *dial)
{
    dial->proven = dial->next;
    dial->down_since_ms = INT64_MAX;
}

/* Whether the other version shall be tried at once. */
static bool choose_version(struct dial *dial, int reason, int64_t now_ms)
{
    bool refused = mqtt_reason_is_version(reason);
    if (dial->next == MQTT_VERSION_5) {
        if (refused || (mqtt_reason_is_maybe_version(reason) && dial->proven != MQTT_VERSION_5)) {
            dial->proven = MQTT_VERSION_AUTO;
            dial->next = MQTT_VERSION_311;
            return true;
        }
        return false;
    }
    if (reason > 0 && !refused)
        dial->proven = MQTT_VERSION_311;
    bool forget = dial->down_since_ms != INT64_MAX && now_ms - dial->down_since_ms > FORGET_MS && reason <= 0;
    if (refused || forget || dial->proven != MQTT_VERSION_311) {
        dial->proven = MQTT_VERSION_AUTO;
        dial->next = MQTT_VERSION_5;
    }
    return false;
}

int64_t dial_failed(struct dial *dial, int reason, uint32_t random, int64_t now_ms)
{
    if (reason == MQTT_REASON_UNREACHABLE)
        dial->short_lives = 0; /* the broker was away: that is why they ended */
    if (dial->wanted == MQTT_VERSION_AUTO && choose_version(dial, reason, now_ms))
        return 0;
    return delay(FIRST_MS, MOST_MS, dial->failures++, random);
}

int64_t dial_lost(struct dial *dial, int reason, int64_t lived_ms, uint32_t random, int64_t now_ms,
                  int *ret_reason)
{
    dial->down_since_ms = now_ms;
    dial->short_lives = lived_ms < SHORT_LIFE_MS ? dial->short_lives + 1 : 0;
    if (lived_ms >= DIAL_STABLE_MS)
        dial->failures = 0;
    /* 3.1.1 has no word for a takeover, and not every broker says the one of 5. */
    if (reason == MQTT_REASON_BROKEN && dial->short_lives >= SHORT_LIVES)
        reason = MQTT_REASON_SHORT_LIVED;
    *ret_reason = reason;
    if (reason == MQTT_REASON_TAKEN_OVER || reason == MQTT_REASON_SHORT_LIVED)
        return delay(TAKEOVER_FIRST_MS, TAKEOVER_MOST_MS, dial->takeovers++, random);
    dial->takeovers = 0;
    return delay(FIRST_MS, MOST_MS, dial->failures++, random);
}
