/* A session's own copy of its options. */
#ifndef MQTT_SESSION_OPTIONS_H
#define MQTT_SESSION_OPTIONS_H

#include "mqtt/session.h"

/* Puts a copy in place of each string. 0 or -ENOMEM; in both cases all that is left is to be freed. */
int session_options_copy(struct session_options *options);
/* Wipes the password. */
void session_options_free(struct session_options *options);

#endif
