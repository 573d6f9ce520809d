/* A second connection to the broker, for the state of the Homie device. A connection has one will, and that
 * of the first says that bridge/state is offline; Homie wants its own `$state` to become `lost`. This one
 * carries that topic and nothing else: whoever holds the will must also be the one who says `ready`. It dials
 * only while the first is up, because the cause of a failed connect is known only while one is under way
 * (paho_cause.h), and because a broker that refuses us need not be asked twice. */
#ifndef LASTWILL_H
#define LASTWILL_H

#include "config/settings.h"
#include "mqtt/driver.h"

struct lastwill;

/* NULL into *ret when the settings want no Homie. `wake` as for inbox_new. `closed` is called once after
 * lastwill_stop. 0 or negative errno. */
int lastwill_new(struct lastwill **ret, const struct settings *settings, void (*wake)(void *context),
                 void *wake_context, void (*closed)(void *context), void *context);
/* After the driver's threads have ended. All of these accept NULL. */
void lastwill_free(struct lastwill *lastwill);
/* Ends the library's threads. */
void lastwill_close(struct lastwill *lastwill);

/* The first connection is up, or no longer. */
void lastwill_on_link(struct lastwill *lastwill, bool up, int64_t now_ms);
void lastwill_stop(struct lastwill *lastwill, int timeout_ms, int64_t now_ms);

/* Takes a state that is for this connection; false: it is for the other. */
bool lastwill_publish(struct lastwill *lastwill, struct xpl_slice topic, struct xpl_slice payload,
                      int64_t now_ms);
/* The newest payload of such a state. */
bool lastwill_get(const struct lastwill *lastwill, struct xpl_slice topic, struct xpl_slice *ret);
/* Whether the broker has acknowledged such a state; of any other, true. */
bool lastwill_is_out(const struct lastwill *lastwill, struct xpl_slice topic);

void lastwill_on_wake(struct lastwill *lastwill, int64_t now_ms);
int64_t lastwill_deadline(const struct lastwill *lastwill);
void lastwill_on_time(struct lastwill *lastwill, int64_t now_ms);

#endif
