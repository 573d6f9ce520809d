/* The inbox: THE crossing of threads. Paho's threads push, the loop drains.
 *
 * One mutex, in inbox.c; nothing is called while it is held but malloc-free list operations. Messages beyond
 * LIMIT_INBOX or LIMIT_INBOX_BYTES are dropped and counted; answers (connected, published, lost …) are
 * bounded by what we sent, have their room from the start, and are never dropped.
 */
#ifndef MQTT_INBOX_H
#define MQTT_INBOX_H

#include "mqtt/driver.h"

struct inbox;

/* `wake` is called from any thread after a push, without the lock (the loop's uv_async_send). 0 or negative
 * errno. */
int inbox_new(struct inbox **ret, void (*wake)(void *context), void *context);
void inbox_free(struct inbox *inbox);

/* Any thread. Copies everything the event points to, with a NUL behind each slice. A message that finds no
 * room or memory is dropped and counted. */
void inbox_push(struct inbox *inbox, const struct mqtt_event *event);

/* Loop's thread: takes the oldest, NULL when there is none. Free it with inbox_event_free. */
struct mqtt_event *inbox_pop(struct inbox *inbox);
void inbox_event_free(struct mqtt_event *event);

/* Messages dropped since the last call: for want of room, and for a payload over LIMIT_PAYLOAD (MQTT 5
 * brokers are told not to send these, 3.1.1 has no word for it). */
uint64_t inbox_take_dropped(struct inbox *inbox);
uint64_t inbox_take_too_large(struct inbox *inbox);
size_t inbox_depth(struct inbox *inbox);

#endif
