/* Reasons: why a connection, a publish or a subscription failed, in words for people. */
#ifndef MQTT_REASON_H
#define MQTT_REASON_H

#include "base/counters.h"
#include "mqtt/driver.h"

/* Never NULL. Of CONNACK 3.1.1 (1..5), MQTT 5 (0x80 and up, OASIS MQTT 5 §2.4), enum mqtt_reason and -errno.
 */
const char *mqtt_reason_text(int reason);

/* What counts a refused publish, beside COUNT_DROPPED_REFUSED; a failed connect, beside
 * COUNT_CONNECT_FAILURES (COUNTERS: nothing else does). */
enum counter mqtt_reason_publish_counter(int reason);
enum counter mqtt_reason_connect_counter(int reason);

/* A broker that may not know MQTT 5: it said so, or it did not know what to say. */
bool mqtt_reason_is_version(int reason);

/* The broker did not say so, but what it did is what some old ones do with an MQTT 5 CONNECT. */
bool mqtt_reason_is_maybe_version(int reason);

/* The broker closed the connection because of something in a packet that we sent. */
bool mqtt_reason_is_packet(int reason);

#endif
