/* The walk: a Paho thread calls inbox_push -> the event is copied into one block -> under the mutex it is
 * hung at the end of a list -> wake. The loop calls inbox_pop until NULL and frees each event.
 *
 * Answers carry no bytes. They come out of a pool made in the beginning, large enough for all that can be
 * outstanding, so that a full memory never costs an acknowledgement; its pages are not touched before they
 * are needed.
 */
#include "mqtt/inbox.h"

#include <pthread.h>
#include <stdlib.h>

#include "base/error.h"
#include "base/limits.h"

/* Publishes of this and of the last connection, subscriptions, and what comes once a connection. */
#define ANSWERS (2 * LIMIT_INFLIGHT + LIMIT_SUBSCRIPTIONS + 8)

struct entry {
    struct mqtt_event event; /* first: an event's address is its entry's */
    struct inbox *inbox;
    struct entry *next;
    size_t size; /* bytes that count against LIMIT_INBOX_BYTES */
    char bytes[];
};

struct inbox {
    pthread_mutex_t mutex; /* all below */
    struct entry *first, **last;
    size_t depth, messages, bytes;
    uint64_t dropped, too_large;
    struct entry *pool, *pool_free;
    size_t pool_used;

    void (*wake)(void *context); /* set once */
    void *context;
};

int inbox_new(struct inbox **ret, void (*wake)(void *context), void *context)
{
    struct inbox *inbox = calloc(1, sizeof(*inbox));
    if (!inbox)
        return -ENOMEM;
    inbox->pool = calloc(ANSWERS, sizeof(*inbox->pool));
    if (!inbox->pool) {
        free(inbox);
        return -ENOMEM;
    }
    int error = pthread_mutex_init(&inbox->mutex, NULL);
    if (error) {
        free(inbox->pool);
        free(inbox);
        return -error;
    }
    inbox->last = &inbox->first;
    inbox->wake = wake;
    inbox->context = context;
    *ret = inbox;
    return 0;
}

void inbox_free(struct inbox *inbox)
{
    if (!inbox)
        return;
    struct mqtt_event *event;
    while ((event = inbox_pop(inbox)))
        inbox_event_free(event);
    pthread_mutex_destroy(&inbox->mutex);
    free(inbox->pool);
    free(inbox);
}

static bool in_pool(const struct inbox *inbox, const struct entry *entry)
{
    return entry >= inbox->pool && entry < inbox->pool + ANSWERS;
}

static void append(struct inbox *inbox, struct entry *entry)
{
    entry->next = NULL;
    *inbox->last = entry;
    inbox->last = &entry->next;
    inbox->depth++;
}

static bool push_answer(struct inbox *inbox, const struct mqtt_event *event)
{
    static const struct xpl_slice none = { NULL, 0 };
    struct entry *entry = NULL;

    pthread_mutex_lock(&inbox->mutex);
    if (inbox->pool_free) {
        entry = inbox->pool_free;
        inbox->pool_free = entry->next;
    } else if (inbox->pool_used < ANSWERS) {
        entry = &inbox->pool[inbox->pool_used++];
    }
    pthread_mutex_unlock(&inbox->mutex);

    if (!entry)
        entry = malloc(sizeof(*entry));
    if (entry) {
        entry->event = *event;
        entry->event.topic = entry->event.payload = none;
        entry->event.response_topic = entry->event.correlation = none;
        entry->inbox = inbox;
        entry->size = 0;
    }
    pthread_mutex_lock(&inbox->mutex);
    if (entry)
        append(inbox, entry);
    else
        inbox->dropped++;
    pthread_mutex_unlock(&inbox->mutex);
    return entry;
}

static struct xpl_slice copy(char **at, struct xpl_slice slice)
{
    if (!slice.data)
        return slice;
    char *bytes = *at;
    if (slice.size)
        memcpy(bytes, slice.data, slice.size);
    bytes[slice.size] = '\0';
    *at += slice.size + 1;
    return xpl_slice(bytes, slice.size);
}

static struct entry *message_entry(struct inbox *inbox, const struct mqtt_event *event)
{
    size_t size =
        event->topic.size + event->payload.size + event->response_topic.size + event->correlation.size + 4;
    struct entry *entry = malloc(sizeof(*entry) + size);
    if (!entry)
        return NULL;
    char *at = entry->bytes;
    entry->event = *event;
    entry->event.topic = copy(&at, event->topic);
    entry->event.payload = copy(&at, event->payload);
    entry->event.response_topic = copy(&at, event->response_topic);
    entry->event.correlation = copy(&at, event->correlation);
    entry->inbox = inbox;
    entry->size = sizeof(*entry) + size;
    return entry;
}

static bool push_message(struct inbox *inbox, const struct mqtt_event *event)
{
    bool large = event->payload.size > LIMIT_PAYLOAD;
    struct entry *entry = large ? NULL : message_entry(inbox, event);
    bool taken = false;

    pthread_mutex_lock(&inbox->mutex);
    if (large) {
        inbox->too_large++;
    } else if (!entry || inbox->messages >= LIMIT_INBOX || inbox->bytes + entry->size > LIMIT_INBOX_BYTES) {
        inbox->dropped++;
    } else {
        append(inbox, entry);
        inbox->messages++;
        inbox->bytes += entry->size;
        taken = true;
    }
    pthread_mutex_unlock(&inbox->mutex);
    if (!taken)
        free(entry);
    return taken;
}

void inbox_push(struct inbox *inbox, const struct mqtt_event *event)
{
    bool taken = event->type == MQTT_EVENT_MESSAGE ? push_message(inbox, event) : push_answer(inbox, event);
    if (taken)
        inbox->wake(inbox->context);
}

struct mqtt_event *inbox_pop(struct inbox *inbox)
{
    pthread_mutex_lock(&inbox->mutex);
    struct entry *entry = inbox->first;
    if (entry) {
        inbox->first = entry->next;
        if (!inbox->first)
            inbox->last = &inbox->first;
        inbox->depth--;
        if (entry->size) {
            inbox->messages--;
            inbox->bytes -= entry->size;
        }
    }
    pthread_mutex_unlock(&inbox->mutex);
    return entry ? &entry->event : NULL;
}

void inbox_event_free(struct mqtt_event *event)
{
    if (!event)
        return;
    struct entry *entry = (struct entry *)event;
    struct inbox *inbox = entry->inbox;
    if (!in_pool(inbox, entry)) {
        free(entry);
        return;
    }
    pthread_mutex_lock(&inbox->mutex);
    entry->next = inbox->pool_free;
    inbox->pool_free = entry;
    pthread_mutex_unlock(&inbox->mutex);
}

static uint64_t take(struct inbox *inbox, uint64_t *count)
{
    pthread_mutex_lock(&inbox->mutex);
    uint64_t n = *count;
    *count = 0;
    pthread_mutex_unlock(&inbox->mutex);
    return n;
}

uint64_t inbox_take_dropped(struct inbox *inbox)
{
    return take(inbox, &inbox->dropped);
}

uint64_t inbox_take_too_large(struct inbox *inbox)
{
    return take(inbox, &inbox->too_large);
}

size_t inbox_depth(struct inbox *inbox)
{
    pthread_mutex_lock(&inbox->mutex);
    size_t depth = inbox->depth;
    pthread_mutex_unlock(&inbox->mutex);
    return depth;
}
