/* The walk: a call of the driver table takes a slot for its context and makes one MQTTAsync_… call; Paho's
 * threads answer through the callbacks below, each of which makes one struct mqtt_event, pushes it and gives
 * the slot back.
 *
 * What we know about Paho 1.3.12 and live by:
 * - A callback runs with Paho's global lock held. It takes no lock but the inbox's.
 * - A handle that connected once as 3.1.1 never connects as 5 again; and what it still had in its queue when
 * the connection broke, it sends first in the next one, before what was lost on the way and should come
 * first. In both cases a new handle takes its place, made before the old one is destroyed, since without any
 * handle Paho ends its threads and waits for that.
 * - After the broker's own DISCONNECT connectionLost is not called; after an ordinary loss onFailure is
 * called for all that was out, and then connectionLost.
 * - It pings by the keep-alive that it was given, whatever the broker's CONNACK says.
 * - It takes a proxy from the environment, which nobody means for MQTT.
 * - It does not say why a connect failed: its trace does, which we listen to while connecting, and OpenSSL
 * does.
 */
#include "mqtt/paho.h"

#include <MQTTAsync.h>
#include <netinet/in.h>
#include <netinet/tcp.h>
#include <stdatomic.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/socket.h>
#include <time.h>

#include "base/error.h"
#include "base/limits.h"
#include "mqtt/paho_cause.h"
#include "mqtt/paho_tls.h"
#include "mqtt/paho_url.h"

#define SLOTS         512 /* more than can be out: two windows, the subscriptions, a connect, a disconnect */
#define BUFFERED      (4 * LIMIT_INFLIGHT)
#define FDS           1024  /* Paho's select knows no more */
#define NO_MEMORY     (-99) /* a code of the library that its header does not name */
#define PUBLISH_EXTRA 32    /* bytes of a PUBLISH besides topic, payload and correlation data */

/* Paho's contexts are pointers, ours have 64 bits on every machine. */
struct slot {
    atomic_bool busy; /* set by the loop, cleared by a callback */
    struct mqtt_driver *driver;
    uint64_t context;
};

struct mqtt_driver {
    struct inbox *inbox;
    struct paho_url url;
    char *client_id;
    MQTTAsync handle;
    enum mqtt_version version;
    uint64_t connect_context;
    bool connected; /* by callbacks only */
    /* What the broker allows, from CONNACK: set by a callback before CONNECTED, read by the loop after it. */
    uint32_t max_packet; /* 0: not said */
    int max_qos;
    bool retain_available;
    struct slot slots[SLOTS];
    size_t next_slot;
};

static void push(struct mqtt_driver *driver, enum mqtt_event_type type, uint64_t context, int reason,
                 const char *text)
{
    struct mqtt_event event = { .type = type, .context = context, .reason = reason };
    snprintf(event.text, sizeof(event.text), "%s", text ? text : "");
    inbox_push(driver->inbox, &event);
}

/* Slots. */

static struct slot *slot_take(struct mqtt_driver *driver, uint64_t context)
{
    for (size_t i = 0; i < SLOTS; i++) {
        struct slot *slot = &driver->slots[driver->next_slot++ % SLOTS];
        if (atomic_load(&slot->busy))
            continue;
        slot->driver = driver;
        slot->context = context;
        atomic_store(&slot->busy, true);
        return slot;
    }
    return NULL;
}

/* Whether Paho still owes us a callback. */
static bool slots_busy(struct mqtt_driver *driver)
{
    for (size_t i = 0; i < SLOTS; i++)
        if (atomic_load(&driver->slots[i].busy))
            return true;
    return false;
}

static void slots_clear(struct mqtt_driver *driver)
{
    for (size_t i = 0; i < SLOTS; i++)
        atomic_store(&driver->slots[i].busy, false);
}

static uint64_t slot_give(struct slot *slot)
{
    uint64_t context = slot->context;
    atomic_store(&slot->busy, false);
    return context;
}

static int error_of(int code)
{
    switch (code) {
    case MQTTASYNC_SUCCESS: return 0;
    case MQTTASYNC_DISCONNECTED: return -ENOTCONN;
    case MQTTASYNC_MAX_MESSAGES_INFLIGHT:
    case MQTTASYNC_MAX_BUFFERED_MESSAGES:
    case MQTTASYNC_NO_MORE_MSGIDS: return -EAGAIN;
    case MQTTASYNC_BAD_UTF8_STRING:
    case MQTTASYNC_NULL_PARAMETER:
    case MQTTASYNC_TOPICNAME_TRUNCATED:
    case MQTTASYNC_BAD_STRUCTURE:
    case MQTTASYNC_BAD_QOS:
    case MQTTASYNC_BAD_PROTOCOL:
    case MQTTASYNC_BAD_MQTT_OPTION:
    case MQTTASYNC_0_LEN_WILL_TOPIC: return -EINVAL;
    case NO_MEMORY: return -ENOMEM;
    default: return -EIO;
    }
}

/* A call that was not taken gives its slot back at once. */
static int called(struct slot *slot, int code)
{
    if (code != MQTTASYNC_SUCCESS)
        slot_give(slot);
    return error_of(code);
}

static void on_trace(enum MQTTASYNC_TRACE_LEVELS level, char *message)
{
    (void)level;
    paho_cause_trace(message);
}

static int on_tls_error(const char *line, size_t size, void *context)
{
    (void)context;
    paho_cause_tls(xpl_slice(line, size));
    return 1;
}

/* Nagle's delay costs up to 40 ms a message, and Paho neither switches it off nor tells its socket. We have
 * no TCP connection that wants it. */
static void no_delay(void)
{
    for (int fd = 0; fd < FDS; fd++) {
        struct sockaddr_storage peer;
        socklen_t size = sizeof(peer);
        int on = 1;
        if (getpeername(fd, (struct sockaddr *)&peer, &size) == 0 &&
            (peer.ss_family == AF_INET || peer.ss_family == AF_INET6))
            setsockopt(fd, IPPROTO_TCP, TCP_NODELAY, &on, sizeof(on));
    }
}

/* Callbacks: connect. */

static void connected(struct slot *slot, int receive_maximum, int server_keepalive)
{
    struct mqtt_driver *driver = slot->driver;
    const struct mqtt_event event = {
        .type = MQTT_EVENT_CONNECTED,
        .context = slot_give(slot),
        .receive_maximum = receive_maximum,
        .server_keepalive = server_keepalive,
    };
    paho_cause_forget();
    MQTTAsync_setTraceLevel(MQTTASYNC_TRACE_ERROR);
    no_delay();
    driver->connected = true;
    inbox_push(driver->inbox, &event);
}

static int property(MQTTProperties *properties, enum MQTTPropertyCodes code, int otherwise)
{
    return MQTTProperties_hasProperty(properties, code) ? MQTTProperties_getNumericValue(properties, code)
                                                        : otherwise;
}

static void on_connect_5(void *context, MQTTAsync_successData5 *data)
{
    struct slot *slot = context;
    struct mqtt_driver *driver = slot->driver;
    driver->max_packet = (uint32_t)property(&data->properties, MQTTPROPERTY_CODE_MAXIMUM_PACKET_SIZE, 0);
    driver->max_qos = property(&data->properties, MQTTPROPERTY_CODE_MAXIMUM_QOS, 2);
    driver->retain_available = property(&data->properties, MQTTPROPERTY_CODE_RETAIN_AVAILABLE, 1);
    connected(slot, property(&data->properties, MQTTPROPERTY_CODE_RECEIVE_MAXIMUM, 65535),
              property(&data->properties, MQTTPROPERTY_CODE_SERVER_KEEP_ALIVE, 0));
}

static void on_connect_311(void *context, MQTTAsync_successData *data)
{
    struct slot *slot = context;
    (void)data;
    slot->driver->max_packet = 0;
    slot->driver->max_qos = 2;
    slot->driver->retain_available = true;
    connected(slot, 65535, 0);
}

static void connect_failed(struct slot *slot, int code, const char *message)
{
    struct mqtt_driver *driver = slot->driver;
    char text[PAHO_CAUSE_TEXT];
    int reason = paho_cause_take(code, message, text);
    MQTTAsync_setTraceLevel(MQTTASYNC_TRACE_ERROR);
    push(driver, MQTT_EVENT_CONNECT_FAILED, slot_give(slot), reason, text);
}

static void on_connect_failed_5(void *context, MQTTAsync_failureData5 *data)
{
    connect_failed(context, data->code, data->message);
}

static void on_connect_failed_311(void *context, MQTTAsync_failureData *data)
{
    connect_failed(context, data->code, data->message);
}

static void lost(struct mqtt_driver *driver, int reason)
{
    if (driver->connected)
        push(driver, MQTT_EVENT_LOST, driver->connect_context, reason, NULL);
    driver->connected = false;
}

static void on_lost(void *context, char *text)
{
    (void)text;
    lost(context, MQTT_REASON_BROKEN);
}

static void on_broker_disconnect(void *context, MQTTProperties *properties, enum MQTTReasonCodes reason)
{
    (void)properties;
    lost(context, reason > 0 ? (int)reason : MQTT_REASON_BROKEN);
}

static void disconnected(struct slot *slot)
{
    struct mqtt_driver *driver = slot->driver;
    driver->connected = false;
    push(driver, MQTT_EVENT_DISCONNECTED, slot_give(slot), 0, NULL);
}

static void on_disconnected_5(void *context, MQTTAsync_successData5 *data)
{
    (void)data;
    disconnected(context);
}

static void on_disconnected_311(void *context, MQTTAsync_successData *data)
{
    (void)data;
    disconnected(context);
}

/* Callbacks: publish and subscribe. */

static void answer(struct slot *slot, enum mqtt_event_type type, int reason, int qos)
{
    struct mqtt_driver *driver = slot->driver;
    const struct mqtt_event event = {
        .type = type, .context = slot_give(slot), .reason = reason, .qos = qos
    };
    inbox_push(driver->inbox, &event);
}

/* The library leaves reasonCode unset in some failures of its own, which it names by a negative code. */
static int reason_of(const MQTTAsync_failureData5 *data)
{
    return data->code ? error_of(data->code) : (int)data->reasonCode;
}

static void on_published_5(void *context, MQTTAsync_successData5 *data)
{
    (void)data;
    answer(context, MQTT_EVENT_PUBLISHED, 0, 0);
}

static void on_published_311(void *context, MQTTAsync_successData *data)
{
    (void)data;
    answer(context, MQTT_EVENT_PUBLISHED, 0, 0);
}

static void on_publish_failed_5(void *context, MQTTAsync_failureData5 *data)
{
    answer(context, MQTT_EVENT_PUBLISH_FAILED, reason_of(data), 0);
}

static void on_publish_failed_311(void *context, MQTTAsync_failureData *data)
{
    answer(context, MQTT_EVENT_PUBLISH_FAILED, error_of(data->code), 0);
}

static void on_subscribed_5(void *context, MQTTAsync_successData5 *data)
{
    answer(context, MQTT_EVENT_SUBSCRIBED, 0, (int)data->reasonCode);
}

static void on_subscribed_311(void *context, MQTTAsync_successData *data)
{
    answer(context, MQTT_EVENT_SUBSCRIBED, 0, data->alt.qos);
}

static void on_subscribe_failed_5(void *context, MQTTAsync_failureData5 *data)
{
    answer(context, MQTT_EVENT_SUBSCRIBE_FAILED, reason_of(data), 0);
}

static void on_subscribe_failed_311(void *context, MQTTAsync_failureData *data)
{
    int reason = data->code > 0 ? data->code : error_of(data->code);
    answer(context, MQTT_EVENT_SUBSCRIBE_FAILED, reason, 0);
}

static struct xpl_slice binary(MQTTProperties *properties, enum MQTTPropertyCodes code)
{
    MQTTProperty *found = MQTTProperties_getProperty(properties, code);
    if (!found)
        return xpl_slice(NULL, 0);
    return xpl_slice(found->value.data.data ? found->value.data.data : "", (size_t)found->value.data.len);
}

static int on_message(void *context, char *topic, int topic_size, MQTTAsync_message *message)
{
    struct mqtt_driver *driver = context;
    struct timespec now;
    clock_gettime(CLOCK_MONOTONIC, &now);
    MQTTProperty *expiry =
        MQTTProperties_getProperty(&message->properties, MQTTPROPERTY_CODE_MESSAGE_EXPIRY_INTERVAL);
    const struct mqtt_event event = {
        .type = MQTT_EVENT_MESSAGE,
        .context = driver->connect_context,
        .qos = message->qos,
        .retained = message->retained, /* as published (5), or only when it was stored (3.1.1) */
        .stored = message->retained && driver->version != MQTT_VERSION_5,
        .topic =
            xpl_slice(topic, topic_size ? (size_t)topic_size : strlen(topic)), /* 0: it has no NUL inside */
        .payload = xpl_slice(message->payload ? message->payload : "", (size_t)message->payloadlen),
        .response_topic = binary(&message->properties, MQTTPROPERTY_CODE_RESPONSE_TOPIC),
        .correlation = binary(&message->properties, MQTTPROPERTY_CODE_CORRELATION_DATA),
        .expiry_s = expiry ? (int64_t)expiry->value.integer4 : -1,
        .arrived_ms = (int64_t)now.tv_sec * 1000 + now.tv_nsec / 1000000,
    };
    inbox_push(driver->inbox, &event);
    MQTTAsync_freeMessage(&message);
    MQTTAsync_free(topic);
    return 1;
}

/* The driver table. */

static int make_handle(struct mqtt_driver *driver, int version, MQTTAsync *ret)
{
    MQTTAsync_createOptions options = MQTTAsync_createOptions_initializer5;
    MQTTAsync handle = NULL;
    options.MQTTVersion = version;
    options.sendWhileDisconnected = 0;
    options.maxBufferedMessages = BUFFERED;
    int code = MQTTAsync_createWithOptions(&handle, driver->url.text, driver->client_id,
                                           MQTTCLIENT_PERSISTENCE_NONE, NULL, &options);
    if (code != MQTTASYNC_SUCCESS)
        return error_of(code);
    code = MQTTAsync_setCallbacks(handle, driver, on_lost, on_message, NULL);
    if (code == MQTTASYNC_SUCCESS)
        code = MQTTAsync_setDisconnected(handle, driver, on_broker_disconnect);
    if (code != MQTTASYNC_SUCCESS) {
        MQTTAsync_destroy(&handle);
        return error_of(code);
    }
    *ret = handle;
    return 0;
}

/* A handle that can connect as that version and has nothing left of an earlier connection. */
static int ready_handle(struct mqtt_driver *driver, enum mqtt_version version)
{
    MQTTAsync old = driver->handle;
    if (old && driver->version == version && !slots_busy(driver))
        return 0;
    int error =
        make_handle(driver, version == MQTT_VERSION_5 ? MQTTVERSION_5 : MQTTVERSION_3_1_1, &driver->handle);
    if (error)
        return error;
    if (old)
        MQTTAsync_destroy(&old);
    slots_clear(driver);
    driver->version = version;
    return 0;
}

static int add_number(MQTTProperties *properties, enum MQTTPropertyCodes code, uint32_t value)
{
    MQTTProperty added = { .identifier = code };
    added.value.integer4 = value;
    return MQTTProperties_add(properties, &added);
}

static int paho_connect(struct mqtt_driver *driver, const struct mqtt_connect *connect)
{
    MQTTAsync_connectOptions options = MQTTAsync_connectOptions_initializer;
    MQTTAsync_SSLOptions ssl = MQTTAsync_SSLOptions_initializer;
    MQTTAsync_willOptions will = MQTTAsync_willOptions_initializer;
    MQTTProperties properties = MQTTProperties_initializer;
    char why[PAHO_CAUSE_TEXT];

    if (driver->url.tls && !paho_tls_check(connect, why)) {
        push(driver, MQTT_EVENT_CONNECT_FAILED, connect->context, MQTT_REASON_TLS, why);
        return 0;
    }
    int error = ready_handle(driver, connect->version);
    if (error)
        return error;
    struct slot *slot = slot_take(driver, connect->context);
    if (!slot)
        return -EAGAIN;
    driver->connect_context = connect->context;

    options.context = slot;
    options.keepAliveInterval = connect->keepalive;
    options.connectTimeout = connect->timeout;
    options.maxInflight = 65535; /* the window is the session's: Paho's costs a second each time it closes */
    options.username = connect->username;
    if (connect->password.data) {
        options.binarypwd.data = connect->password.data;
        options.binarypwd.len = (int)connect->password.size;
    }
    if (connect->will_topic) {
        will.topicName = connect->will_topic;
        will.payload.data = connect->will_payload.data ? connect->will_payload.data : "";
        will.payload.len = (int)connect->will_payload.size;
        will.qos = connect->will_qos;
        will.retained = connect->will_retain;
        options.will = &will;
    }
    if (driver->url.tls) {
        ssl.trustStore = connect->cafile;
        ssl.keyStore = connect->certfile;
        ssl.privateKey = connect->keyfile;
        ssl.enableServerCertAuth = 1;
        ssl.verify = connect->verify_host;
        ssl.sslVersion = MQTT_SSL_VERSION_TLS_1_2;
        ssl.ssl_error_cb = on_tls_error;
        options.ssl = &ssl;
    }
    if (connect->version == MQTT_VERSION_5) {
        options.MQTTVersion = MQTTVERSION_5;
        options.cleansession = 0; /* not allowed with 5, where this is the word: */
        options.cleanstart = 1;
        if (add_number(&properties, MQTTPROPERTY_CODE_SESSION_EXPIRY_INTERVAL, 0) == 0 &&
            add_number(&properties, MQTTPROPERTY_CODE_MAXIMUM_PACKET_SIZE, LIMIT_PAYLOAD) == 0)
            options.connectProperties = &properties;
        options.onSuccess5 = on_connect_5;
        options.onFailure5 = on_connect_failed_5;
    } else {
        options.MQTTVersion = MQTTVERSION_3_1_1;
        options.cleansession = 1;
        options.onSuccess = on_connect_311;
        options.onFailure = on_connect_failed_311;
    }
    char *addresses[PAHO_URL_ADDRESSES];
    for (size_t i = 0; i < driver->url.n_addresses; i++)
        addresses[i] = driver->url.addresses[i];
    if (driver->url.n_addresses) {
        options.serverURIs = addresses;
        options.serverURIcount = (int)driver->url.n_addresses;
    }
    MQTTAsync_setTraceLevel(MQTTASYNC_TRACE_PROTOCOL);
    error = called(slot, MQTTAsync_connect(driver->handle, &options));
    MQTTProperties_free(&properties);
    return error;
}

static int paho_disconnect(struct mqtt_driver *driver, int timeout_ms)
{
    MQTTAsync_disconnectOptions options = MQTTAsync_disconnectOptions_initializer;
    struct slot *slot = slot_take(driver, driver->connect_context);
    if (!slot)
        return -EAGAIN;
    options.context = slot;
    options.timeout = timeout_ms;
    if (driver->version == MQTT_VERSION_5)
        options.onSuccess5 = on_disconnected_5;
    else
        options.onSuccess = on_disconnected_311;
    return called(slot, MQTTAsync_disconnect(driver->handle, &options));
}

static int paho_publish(struct mqtt_driver *driver, const struct mqtt_publish *publish)
{
    MQTTAsync_responseOptions options = MQTTAsync_responseOptions_initializer;
    size_t size = strlen(publish->topic) + publish->payload.size + publish->correlation.size + PUBLISH_EXTRA;
    bool is_5 = driver->version == MQTT_VERSION_5;

    if (driver->max_packet && size > driver->max_packet)
        return -EMSGSIZE; /* it would cost us the connection */
    struct slot *slot = slot_take(driver, publish->context);
    if (!slot)
        return -EAGAIN;
    options.context = slot;
    if (is_5) {
        options.onSuccess5 = on_published_5;
        options.onFailure5 = on_publish_failed_5;
    } else {
        options.onSuccess = on_published_311;
        options.onFailure = on_publish_failed_311;
    }
    if (is_5 && publish->correlation.data) {
        MQTTProperty correlation = { .identifier = MQTTPROPERTY_CODE_CORRELATION_DATA };
        correlation.value.data.data = (char *)publish->correlation.data;
        correlation.value.data.len = (int)publish->correlation.size;
        if (MQTTProperties_add(&options.properties, &correlation) != 0) {
            slot_give(slot);
            return -ENOMEM;
        }
    }
    int qos = publish->qos < driver->max_qos ? publish->qos : driver->max_qos;
    int error = called(slot, MQTTAsync_send(driver->handle, publish->topic, (int)publish->payload.size,
                                            publish->payload.data ? publish->payload.data : "", qos,
                                            publish->retain && driver->retain_available, &options));
    MQTTProperties_free(&options.properties);
    return error;
}

static int paho_subscribe(struct mqtt_driver *driver, const char *filter, int qos, uint64_t context)
{
    MQTTAsync_responseOptions options = MQTTAsync_responseOptions_initializer;
    struct slot *slot = slot_take(driver, context);
    if (!slot)
        return -EAGAIN;
    options.context = slot;
    if (driver->version == MQTT_VERSION_5) {
        options.onSuccess5 = on_subscribed_5;
        options.onFailure5 = on_subscribe_failed_5;
        options.subscribeOptions.retainHandling = 2;
        options.subscribeOptions.retainAsPublished = 1; /* so that a retained command is known for one */
    } else {
        options.onSuccess = on_subscribed_311;
        options.onFailure = on_subscribe_failed_311;
    }
    return called(slot, MQTTAsync_subscribe(driver->handle, filter, qos, &options));
}

static int paho_unsubscribe(struct mqtt_driver *driver, const char *filter)
{
    return error_of(MQTTAsync_unsubscribe(driver->handle, filter, NULL));
}

const struct mqtt_driver_ops paho_ops = {
    .connect = paho_connect,
    .disconnect = paho_disconnect,
    .publish = paho_publish,
    .subscribe = paho_subscribe,
    .unsubscribe = paho_unsubscribe,
};

/* Make and free. */

int paho_new(struct mqtt_driver **ret, const char *url, const char *client_id, struct inbox *inbox)
{
    struct paho_url paho_url;
    int error = paho_url_init(&paho_url, url);
    if (error)
        return error;
    struct mqtt_driver *driver = calloc(1, sizeof(*driver));
    if (!driver) {
        paho_url_deinit(&paho_url);
        return -ENOMEM;
    }
    driver->url = paho_url;
    driver->inbox = inbox;
    driver->client_id = strdup(client_id);
    driver->max_qos = 2;
    if (!driver->client_id) {
        paho_free(driver);
        return -ENOMEM;
    }
    unsetenv("http_proxy");
    unsetenv("https_proxy");
    MQTTAsync_setTraceCallback(on_trace);
    MQTTAsync_setTraceLevel(MQTTASYNC_TRACE_ERROR);
    *ret = driver;
    return 0;
}

void paho_free(struct mqtt_driver *driver)
{
    if (!driver)
        return;
    if (driver->handle)
        MQTTAsync_destroy(&driver->handle);
    paho_url_deinit(&driver->url);
    free(driver->client_id);
    free(driver);
}

const char *paho_host(const struct mqtt_driver *driver)
{
    return driver->url.host;
}

void paho_use_addresses(struct mqtt_driver *driver, const char *const *addresses, size_t n)
{
    paho_url_set_addresses(&driver->url, addresses, n);
}

const char *paho_version(void)
{
    MQTTAsync_nameValue *info = MQTTAsync_getVersionInfo();
    for (; info && info->name; info++)
        if (strcmp(info->name, "Version") == 0)
            return info->value;
    return "unknown";
}
