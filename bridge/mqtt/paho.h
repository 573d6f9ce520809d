/* The driver over paho.mqtt.c; paho.c is the only file that includes MQTTAsync.h. */
#ifndef MQTT_PAHO_H
#define MQTT_PAHO_H

#include "mqtt/driver.h"
#include "mqtt/inbox.h"

extern const struct mqtt_driver_ops paho_ops;

/* One handle for the life of the program, made for MQTT 5 so that it can connect as either version. The url
 * decides nothing but the transport and may not change. 0 or negative errno. */
int paho_new(struct mqtt_driver **ret, const char *url, const char *client_id, struct inbox *inbox);
/* Only when idle: never connected, DISCONNECTED, LOST or CONNECT_FAILED. */
void paho_free(struct mqtt_driver *driver);

/* The library's version, for --version. */
const char *paho_version(void);

#endif
