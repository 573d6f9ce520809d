/* The composition root: builds the parts, connects them, reloads, closes in order. No logic of its own.
 *
 *   io (sockets, timer, signals)  ->  core  ->  sink  ->  session (mqtt)  ->  Paho
 *                                     core  <-  session  <-  inbox  <-  Paho's threads
 */
#ifndef DAEMON_H
#define DAEMON_H

#include "config/settings.h"

/* Runs until a signal ends it. The exit status: 0 clean stop, 1 runtime failure, 2 a mapping with errors
 * (nothing was started then). Takes the settings over. */
int daemon_run(struct settings *settings);

/* The version of the MQTT library that is in use. */
const char *daemon_mqtt_version(void);

/* Asks the running daemon of these settings, through the broker, how it is: 0 well, 1 not. */
int daemon_healthcheck(const struct settings *settings);

#endif
