#include "fake_broker.h"

#include <stdio.h>
#include <stdlib.h>

#include "base/error.h"

static char *copy(struct xpl_slice slice)
{
    char *text = calloc(1, slice.size + 1);
    must(text);
    if (slice.size)
        memcpy(text, slice.data, slice.size);
    return text;
}

static char *copy_or_null(const char *text)
{
    return text ? copy(xpl_slice_from(text)) : NULL;
}

static void list_add(struct fake_list *list, struct fake_message message)
{
    if (list->n == list->capacity) {
        list->capacity = list->capacity ? list->capacity * 2 : 64;
        list->items = realloc(list->items, list->capacity * sizeof(*list->items));
        must(list->items);
    }
    list->items[list->n++] = message;
}

static void list_remove(struct fake_list *list, size_t index)
{
    free(list->items[index].topic);
    free(list->items[index].payload);
    list->n--;
    memmove(&list->items[index], &list->items[index + 1], (list->n - index) * sizeof(*list->items));
}

static void list_free(struct fake_list *list)
{
    while (list->n)
        list_remove(list, list->n - 1);
    free(list->items);
    *list = (struct fake_list){ 0 };
}

static struct fake_message message_copy(const struct fake_message *message)
{
    struct fake_message made = *message;
    made.topic = copy_or_null(message->topic);
    made.payload = copy_or_null(message->payload);
    return made;
}

static void give(struct mqtt_driver *fake, enum mqtt_event_type type, uint64_t context, int reason)
{
    if (fake->n_answers == fake->answers_capacity) {
        fake->answers_capacity = fake->answers_capacity ? fake->answers_capacity * 2 : 64;
        fake->answers = realloc(fake->answers, fake->answers_capacity * sizeof(*fake->answers));
        must(fake->answers);
    }
    fake->answers[fake->n_answers++] = (struct mqtt_event){
        .type = type,
        .context = context,
        .reason = reason,
        .receive_maximum = fake->receive_maximum,
        .server_keepalive = fake->server_keepalive,
    };
}

struct mqtt_driver *fake_new(void)
{
    struct mqtt_driver *fake = calloc(1, sizeof(*fake));
    must(fake);
    fake->receive_maximum = 65535;
    fake->allowed = 65535;
    return fake;
}

static void forget_connect(struct mqtt_driver *fake)
{
    free(fake->username);
    free(fake->password);
    free(fake->will_topic);
    free(fake->will_payload);
    for (size_t i = 0; i < fake->n_filters; i++)
        free(fake->filters[i]);
    fake->n_filters = 0;
}

void fake_free(struct mqtt_driver *fake)
{
    if (!fake)
        return;
    forget_connect(fake);
    list_free(&fake->taken);
    list_free(&fake->retained);
    list_free(&fake->wire);
    free(fake->answers);
    free(fake);
}

/* The driver table. */

static int fake_connect(struct mqtt_driver *fake, const struct mqtt_connect *connect)
{
    must(!fake->connected);
    fake->connects++;
    if (fake->connect_error)
        return fake->connect_error;
    forget_connect(fake);
    fake->version = connect->version;
    fake->username = copy_or_null(connect->username);
    fake->password = connect->password.data ? copy(connect->password) : NULL;
    fake->will_topic = copy_or_null(connect->will_topic);
    fake->will_payload = copy(connect->will_payload);
    fake->will_retain = connect->will_retain;
    fake->timeout = connect->timeout;
    fake->keepalive = connect->keepalive;
    fake->connect_context = connect->context;
    int reason = fake->refuse;
    if (connect->version == MQTT_VERSION_5 && fake->only_311)
        reason = 1;
    if (connect->version == MQTT_VERSION_5 && fake->silent_to_5)
        reason = MQTT_REASON_TIMEOUT;
    if (fake->hold_connect)
        return 0;
    if (reason) {
        give(fake, MQTT_EVENT_CONNECT_FAILED, connect->context, reason);
        return 0;
    }
    fake->connected = true;
    fake->connections++;
    fake->out = 0;
    if ((size_t)fake->receive_maximum < fake->allowed)
        fake->allowed = (size_t)fake->receive_maximum;
    give(fake, MQTT_EVENT_CONNECTED, connect->context, 0);
    return 0;
}

static int fake_disconnect(struct mqtt_driver *fake, int timeout_ms)
{
    (void)timeout_ms;
    fake->disconnects++;
    if (fake->disconnect_error)
        return fake->disconnect_error;
    if (!fake->connected)
        return -ENOTCONN;
    if (fake->hold_disconnect)
        return 0;
    fake->connected = false;
    for (size_t i = 0; i < fake->wire.n; i++)
        give(fake, MQTT_EVENT_PUBLISH_FAILED, fake->wire.items[i].context, -EIO);
    list_free(&fake->wire);
    give(fake, MQTT_EVENT_DISCONNECTED, fake->connect_context, 0);
    return 0;
}

static int fake_publish(struct mqtt_driver *fake, const struct mqtt_publish *publish)
{
    fake->publishes++;
    if (!fake->connected)
        return -ENOTCONN;
    if (fake->publish_error)
        return fake->publish_error;
    list_add(&fake->wire, (struct fake_message){
                              .topic = copy(xpl_slice_from(publish->topic)),
                              .payload = copy(publish->payload),
                              .qos = publish->qos,
                              .retain = publish->retain,
                              .context = publish->context,
                              .connection = fake->connections,
                          });
    if (++fake->out > fake->most_out)
        fake->most_out = fake->out;
    fake->overruns += fake->out > fake->allowed;
    return 0;
}

static int fake_subscribe(struct mqtt_driver *fake, const char *filter, int qos, uint64_t context)
{
    (void)qos;
    if (!fake->connected)
        return -ENOTCONN;
    if (!fake->subscribe_refuse)
        fake->filters[fake->n_filters++] = copy_or_null(filter);
    if (!fake->hold_subscribe)
        give(fake, fake->subscribe_refuse ? MQTT_EVENT_SUBSCRIBE_FAILED : MQTT_EVENT_SUBSCRIBED, context,
             fake->subscribe_refuse);
    return 0;
}

static int fake_unsubscribe(struct mqtt_driver *fake, const char *filter)
{
    for (size_t i = 0; i < fake->n_filters; i++)
        if (strcmp(fake->filters[i], filter) == 0) {
            free(fake->filters[i]);
            fake->filters[i] = fake->filters[--fake->n_filters];
        }
    return 0;
}

const struct mqtt_driver_ops fake_ops = {
    .connect = fake_connect,
    .disconnect = fake_disconnect,
    .publish = fake_publish,
    .subscribe = fake_subscribe,
    .unsubscribe = fake_unsubscribe,
};

/* The broker. */

static void retain(struct mqtt_driver *fake, const struct fake_message *message)
{
    for (size_t i = 0; i < fake->retained.n; i++)
        if (strcmp(fake->retained.items[i].topic, message->topic) == 0) {
            list_remove(&fake->retained, i);
            break;
        }
    if (message->payload[0])
        list_add(&fake->retained, message_copy(message));
}

void fake_take(struct mqtt_driver *fake, size_t n)
{
    while (n-- && fake->wire.n && fake->connected) {
        struct fake_message message = message_copy(&fake->wire.items[0]);
        int reason = 0;
        if (fake->poison && strcmp(message.topic, fake->poison) == 0) {
            free(message.topic);
            free(message.payload);
            fake_lose(fake, fake->poison_reason);
            return;
        }
        if (fake->refused && strcmp(message.topic, fake->refused) == 0)
            reason = fake->refused_reason;
        list_remove(&fake->wire, 0);
        give(fake, reason ? MQTT_EVENT_PUBLISH_FAILED : MQTT_EVENT_PUBLISHED, message.context, reason);
        if (reason) {
            free(message.topic);
            free(message.payload);
            continue;
        }
        if (message.retain)
            retain(fake, &message);
        list_add(&fake->taken, message);
    }
}

bool fake_answer(struct mqtt_driver *fake, struct session *session, size_t index, int64_t now_ms)
{
    if (index >= fake->n_answers)
        return false;
    struct mqtt_event event = fake->answers[index];
    fake->n_answers--;
    memmove(&fake->answers[index], &fake->answers[index + 1], (fake->n_answers - index) * sizeof(event));
    if ((event.type == MQTT_EVENT_PUBLISHED || event.type == MQTT_EVENT_PUBLISH_FAILED) && fake->out &&
        MQTT_CONTEXT_GENERATION(event.context) == MQTT_CONTEXT_GENERATION(fake->connect_context))
        fake->out--;
    session_on_event(session, &event, now_ms);
    return true;
}

void fake_run(struct mqtt_driver *fake, struct session *session, int64_t now_ms)
{
    do {
        if (!fake->hold)
            fake_take(fake, FAKE_ITEMS);
    } while (fake_answer(fake, session, 0, now_ms));
}

void fake_lose(struct mqtt_driver *fake, int reason)
{
    if (!fake->connected)
        return;
    fake->connected = false;
    if (reason > 0)
        give(fake, MQTT_EVENT_LOST, fake->connect_context, reason);
    for (size_t i = 0; i < fake->wire.n; i++)
        give(fake, MQTT_EVENT_PUBLISH_FAILED, fake->wire.items[i].context, -EIO);
    if (reason <= 0)
        give(fake, MQTT_EVENT_LOST, fake->connect_context, reason ? reason : MQTT_REASON_BROKEN);
    list_free(&fake->wire);
    forget_connect(fake);
    fake->username = fake->password = fake->will_topic = fake->will_payload = NULL;
}

const char *fake_retained(const struct mqtt_driver *fake, const char *topic)
{
    for (size_t i = 0; i < fake->retained.n; i++)
        if (strcmp(fake->retained.items[i].topic, topic) == 0)
            return fake->retained.items[i].payload;
    return NULL;
}

void fake_empty(struct mqtt_driver *fake)
{
    list_free(&fake->retained);
}

const char *fake_taken(const struct mqtt_driver *fake, size_t since)
{
    static char text[65536];
    size_t size = 0;
    text[0] = '\0';
    for (size_t i = since; i < fake->taken.n && size < sizeof(text); i++)
        size += (size_t)snprintf(text + size, sizeof(text) - size, "%s%s=%s", i > since ? " " : "",
                                 fake->taken.items[i].topic, fake->taken.items[i].payload);
    return text;
}
