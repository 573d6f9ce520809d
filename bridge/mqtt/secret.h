/* A secret out of a file, read anew each time it is needed. */
#ifndef MQTT_SECRET_H
#define MQTT_SECRET_H

#include "xpl/slice.h"

#define SECRET_MAX 65535 /* bytes: what an MQTT password can have */

/* The file's bytes without one line end behind them (LF or CRLF), to be given to secret_free. 0, -EMSGSIZE
 * when larger than SECRET_MAX, or what open and read say. */
int secret_read(const char *path, struct xpl_slice *ret);

/* Wipes and frees; nothing to do for data NULL. */
void secret_free(struct xpl_slice secret);

#endif
