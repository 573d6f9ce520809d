/* What Paho would refuse in our certificates and keys before it speaks to a broker. It tells only that the
 * connect failed, so OpenSSL is asked the same first, in the same way, and what to mend is said in words. */
#ifndef MQTT_PAHO_TLS_H
#define MQTT_PAHO_TLS_H

#include "mqtt/driver.h"
#include "mqtt/paho_cause.h"

/* False: the files are not fit for TLS, and *ret_why says which and why. */
bool paho_tls_check(const struct mqtt_connect *connect, char ret_why[PAHO_CAUSE_TEXT]);

#endif
