/* The driver over paho.mqtt.c; paho.c is the only file that includes MQTTAsync.h. */
#ifndef MQTT_PAHO_H
#define MQTT_PAHO_H

#include "mqtt/driver.h"
#include "mqtt/inbox.h"

extern const struct mqtt_driver_ops paho_ops;

/* The url decides nothing but the transport and may not change. 0; -EINVAL when its scheme is none of ours or
 * it names a user; -ENOMEM. Takes http_proxy and https_proxy out of the environment, where Paho would find
 * them. */
int paho_new(struct mqtt_driver **ret, const char *url, const char *client_id, struct inbox *inbox);
/* Best when idle: never connected, DISCONNECTED, LOST or CONNECT_FAILED; while connecting it waits for the
 * name lookup. Once it has returned nothing is pushed any more. */
void paho_free(struct mqtt_driver *driver);

/* The broker's name, when it may have several addresses that could be tried; else NULL. */
const char *paho_host(const struct mqtt_driver *driver);
/* From the next connect on these are tried, one after the other, instead of the one that Paho finds. None: as
 * before. */
void paho_use_addresses(struct mqtt_driver *driver, const char *const *addresses, size_t n);

/* The library's version, for --version. */
const char *paho_version(void);

#endif
