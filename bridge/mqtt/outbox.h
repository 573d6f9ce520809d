/* The outbox: what waits for the broker, and what waits for its answer.
 *
 *   state:  remembered -> waiting -> flying -> remembered            (a new value: waiting again; empty:
 * forgotten) event:  waiting -> flying -> done
 *
 * Words: `waiting` is not yet handed to the driver, `flying` is handed over and not yet answered. `owed` is a
 * message that the books have not closed: neither published, coalesced, expired nor dropped. A state that is
 * sent again at a connect is not owed, since it was closed before. A generation is one connection.
 *
 * States and events share one order, that of outbox_publish. At a connect the states come first
 * (outbox_up_begin, outbox_up_end), then the events that waited, then what is new.
 */
#ifndef MQTT_OUTBOX_H
#define MQTT_OUTBOX_H

#include "mqtt/session.h"

struct outbox;

/* What the broker or the driver refused and will not be asked again in this connection. */
typedef void outbox_refused(void *context, struct xpl_slice topic, int reason);

/* 0 or -ENOMEM. */
int outbox_new(struct outbox **ret, const struct mqtt_driver_ops *ops, struct mqtt_driver *driver,
               struct counters *counters, outbox_refused *refused, void *context);
void outbox_free(struct outbox *outbox);

/* As session_publish. */
int outbox_publish(struct outbox *outbox, const struct session_publish *publish, int64_t now_ms);
void outbox_forget(struct outbox *outbox, struct xpl_slice topic);

/* As session_use_spool and what follows it. */
void outbox_use_spool(struct outbox *outbox, const struct session_spool *spool);
int outbox_restore_event(struct outbox *outbox, uint64_t order, const struct spool_message *message,
                         int64_t born_ms);
int outbox_restore_state(struct outbox *outbox, const struct spool_message *message);
void outbox_on_spool(struct outbox *outbox, bool failed, int64_t now_ms);
bool outbox_spool_end(struct outbox *outbox, int64_t now_ms);

/* A connection of that generation is up. Between the two the states are published that shall come first. */
void outbox_up_begin(struct outbox *outbox, uint32_t generation, int receive_maximum, int64_t now_ms);
void outbox_up_end(struct outbox *outbox, int64_t now_ms);

/* The connection is gone: what was flying waits again. With `suspect` the broker ended it because of a
 * packet: then the next connection goes one message at a time, and a message that ends that one as well is
 * refused. */
void outbox_down(struct outbox *outbox, bool suspect, int reason);

/* The connection held; one message at a time is no longer needed. */
void outbox_trust(struct outbox *outbox, int64_t now_ms);

/* PUBLISHED or PUBLISH_FAILED. 0, or -EIO when it failed here and not at the broker: the connection is going
 * down, and nothing more is sent in it. */
int outbox_answer(struct outbox *outbox, const struct mqtt_event *event, int64_t now_ms);

/* From now on this state only, then nothing: the last word before a disconnect. */
void outbox_last_word(struct outbox *outbox, struct xpl_slice topic, struct xpl_slice payload,
                      int64_t now_ms);

/* Next time at which outbox_on_time has something to do, INT64_MAX for never. */
int64_t outbox_deadline(const struct outbox *outbox);
void outbox_on_time(struct outbox *outbox, int64_t now_ms);

/* Since when there has been no sign of life while something was flying or the driver took nothing, else
 * INT64_MAX. */
int64_t outbox_silent_since(const struct outbox *outbox);

/* Nothing is flying, and nothing will be handed over. */
bool outbox_is_idle(const struct outbox *outbox);

/* The newest payload of a state; false when it has none. */
bool outbox_get(const struct outbox *outbox, struct xpl_slice topic, struct xpl_slice *ret);
size_t outbox_states(const struct outbox *outbox);
size_t outbox_waiting(const struct outbox *outbox);
size_t outbox_flying(const struct outbox *outbox);

/* For tests: counts what is owed by looking at everything, and compares it with the counters. */
bool outbox_books_balance(const struct outbox *outbox);

#endif
