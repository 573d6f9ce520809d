/* Reasons: why a connection, a publish or a subscription failed, in words for people. */
#ifndef MQTT_REASON_H
#define MQTT_REASON_H

#include "mqtt/driver.h"

/* Never NULL. Of CONNACK 3.1.1 (1..5), MQTT 5 (0x80 and up, OASIS MQTT 5 §2.4), enum mqtt_reason and -errno.
 */
const char *mqtt_reason_text(int reason);

/* A broker that may not know MQTT 5: it said so, or it did not know what to say. */
bool mqtt_reason_is_version(int reason);

/* The broker did not say so, but what it did is what some old ones do with an MQTT 5 CONNECT. */
bool mqtt_reason_is_maybe_version(int reason);

/* The broker closed the connection because of something in a packet that we sent. */
bool mqtt_reason_is_packet(int reason);

#endif
