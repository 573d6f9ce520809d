/* Why a connect of Paho's failed. Its failure callback does not say; its trace and OpenSSL do, a moment
 * before, in one of its threads. */
#ifndef MQTT_PAHO_CAUSE_H
#define MQTT_PAHO_CAUSE_H

#include "xpl/slice.h"

#define PAHO_CAUSE_TEXT 96

/* A line of the trace, at level PROTOCOL or above. */
void paho_cause_trace(const char *line);
/* A line of ERR_print_errors_cb: "THREAD:error:CODE:LIBRARY:FUNCTION:REASON:FILE:LINE:…". */
void paho_cause_tls(struct xpl_slice line);

/* The reason as in struct mqtt_event, from what was remembered and from the callback's code and message; and
 * more text for people, maybe empty. Forgets it. */
int paho_cause_take(int code, const char *message, char ret_text[PAHO_CAUSE_TEXT]);
void paho_cause_forget(void);

#endif
