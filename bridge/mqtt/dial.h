/* Dialling: which MQTT version to try next, and when. Pure: time and chance are arguments.
 *
 * Delays start at a second and double up to a minute, each ±50 %, and start anew only after a connection that
 * lasted a minute. They are longer where another client takes our place, since two that hurry take turns for
 * ever.
 */
#ifndef MQTT_DIAL_H
#define MQTT_DIAL_H

#include "mqtt/driver.h"

#define DIAL_STABLE_MS 60000 /* a connection that lasted this long counts as good */

struct dial {
    enum mqtt_version wanted; /* AUTO: 5 first, 3.1.1 where that is not understood */
    enum mqtt_version proven; /* what a broker has answered to, AUTO for none yet */
    enum mqtt_version next;   /* to try now */
    unsigned failures;        /* since the last good connection */
    unsigned takeovers;       /* in a row */
    unsigned short_lives;     /* connections in a row that ended soon after they began */
    int64_t down_since_ms;    /* INT64_MAX while connected */
};

void dial_init(struct dial *dial, enum mqtt_version wanted, int64_t now_ms);

/* Seconds that the next attempt may take. */
int dial_timeout(const struct dial *dial);

/* The attempt with `next` came to something. */
void dial_connected(struct dial *dial);

/* The attempt with `next` failed. ms until the next one, 0 when the other version shall be tried at once. */
int64_t dial_failed(struct dial *dial, int reason, uint32_t random, int64_t now_ms);

/* A connection ended after lived_ms. ms until the next attempt. *ret_reason may name a better reason than the
 * given. */
int64_t dial_lost(struct dial *dial, int reason, int64_t lived_ms, uint32_t random, int64_t now_ms,
                  int *ret_reason);

#endif
