/* bridge/request/VERB and its answers; raw/send; and the bridge/info of another bridge on our prefix. */
#include <jansson.h>

#include "core/core-private.h"

static const char *const verbs[] = { "reload", "health", "info", "devices", "unmapped", NULL };

void requests_answer(struct core *core, const char *verb, struct xpl_slice response_topic,
                     struct xpl_slice correlation, struct xpl_slice payload)
{
    struct sink_publish publish = {
        .lane = SINK_TRANSIENT, .topic = response_topic, .payload = payload, .qos = 1
    };
    char buffer[LIMIT_TOPIC];
    struct text topic = TEXT(buffer);
    if (response_topic.size)
        publish.correlation = correlation;
    else {
        text_format(&topic, "%s/bridge/response/%s", core->options.prefix, verb);
        publish.topic = text_get(&topic);
    }
    core->sink.publish(core->sink.context, &publish);
}

/* "id" of a JSON body as JSON text, to be echoed; empty when there is none. */
static void get_id(struct xpl_slice payload, char *ret, size_t capacity)
{
    json_t *body = json_loadb(payload.data ? payload.data : "", payload.size, 0, NULL);
    json_t *id = json_object_get(body, "id");
    ret[0] = '\0';
    if (id) {
        size_t size = json_dumpb(id, ret, capacity - 1, JSON_ENCODE_ANY | JSON_COMPACT);
        ret[size < capacity ? size : 0] = '\0';
    }
    json_decref(body);
}

/* {"id":…,"result":"ok","data":…} */
static void begin(struct text *text, const char *id)
{
    text_reset(text);
    text_char(text, '{');
    if (id[0])
        text_format(text, "\"id\":%s,", id);
}

static void answer_error(struct core *core, const char *verb, const struct core_message *message,
                         const char *id, const char *why)
{
    begin(&core->document, id);
    text_string(&core->document, "\"result\":\"error\",\"reason\":\"");
    text_json(&core->document, xpl_slice_from(why));
    text_string(&core->document, "\"}");
    requests_answer(core, verb, message->response_topic, message->correlation, text_get(&core->document));
}

static void keep_for_reload(struct core *core, const struct core_message *message, const char *id)
{
    struct xpl_slice topic = message->response_topic, correlation = message->correlation;
    core->reload.waiting = true;
    if (topic.size > LIMIT_TOPIC)
        topic.size = 0;
    memcpy(core->reload.response_topic, topic.data ? topic.data : "", topic.size);
    core->reload.response_topic[topic.size] = '\0';
    core->reload.has_correlation = correlation.data && correlation.size <= sizeof(core->reload.correlation);
    core->reload.correlation_size = core->reload.has_correlation ? correlation.size : 0;
    if (core->reload.correlation_size)
        memcpy(core->reload.correlation, correlation.data, correlation.size);
    snprintf(core->reload.id, sizeof(core->reload.id), "%s", id);
}

void core_on_reloaded(struct core *core, const char *error, int64_t now_ms)
{
    (void)now_ms;
    if (error)
        core_note_error(core, error);
    if (!core->reload.waiting)
        return;
    struct core_message message = {
        .response_topic = xpl_slice_from(core->reload.response_topic),
        .correlation = core->reload.has_correlation
                           ? xpl_slice(core->reload.correlation, core->reload.correlation_size)
                           : xpl_slice(NULL, 0),
    };
    core->reload.waiting = false;
    if (error) {
        answer_error(core, "reload", &message, core->reload.id, error);
        return;
    }
    begin(&core->document, core->reload.id);
    text_format(&core->document, "\"result\":\"ok\",\"mapping\":\"%s\"}", mapping_digest(core->mapping));
    requests_answer(core, "reload", message.response_topic, message.correlation, text_get(&core->document));
}

void requests_on_mqtt(struct core *core, struct xpl_slice verb, const struct core_message *message,
                      int64_t now_ms)
{
    char id[sizeof(core->reload.id)], name[64];
    if (message->retained) {
        core_count(core, COUNT_REFUSED_RETAINED);
        return;
    }
    get_id(message->payload, id, sizeof(id));
    snprintf(name, sizeof(name), "%.*s", (int)(verb.size < sizeof(name) ? verb.size : sizeof(name) - 1),
             verb.data);
    if (strcmp(name, "reload") == 0) {
        keep_for_reload(core, message, id);
        core->sink.reload(core->sink.context);
        return;
    }
    begin(&core->document, id);
    text_string(&core->document, "\"result\":\"ok\",\"data\":");
    if (strcmp(name, "health") == 0) {
        report_write_health(core, now_ms, &core->document);
    } else if (strcmp(name, "devices") == 0) {
        devices_write(core, &core->document);
    } else if (strcmp(name, "unmapped") == 0) {
        unmapped_write(core, &core->document);
    } else if (strcmp(name, "info") == 0) {
        report_write_info(core, &core->document);
    } else {
        const char *nearest = diag_nearest(xpl_slice_from(name), verbs);
        char why[256];
        snprintf(why, sizeof(why),
                 "unknown request '%s'%s%s%s; there are reload, health, info, devices, unmapped", name,
                 nearest ? "; did you mean '" : "", nearest ? nearest : "", nearest ? "'?" : "");
        answer_error(core, name, message, id, why);
        return;
    }
    text_char(&core->document, '}');
    requests_answer(core, name, message->response_topic, message->correlation, text_get(&core->document));
}

/* ---- raw/send ---- */

/* {"type":…,"schema":…,"target":…,"source":…,"body":{name: value or list}} as a strict message. */
static bool write_json(struct core *core, const json_t *json, char *datagram, size_t capacity,
                       size_t *ret_size, struct text *why)
{
    static const char *const types[] = { "xpl-cmnd", "xpl-stat", "xpl-trig" };
    struct xpl_message *message = &core->message;
    const char *type = json_string_value(json_object_get(json, "type"));
    const char *schema = json_string_value(json_object_get(json, "schema"));
    const char *target = json_string_value(json_object_get(json, "target"));
    const char *source = json_string_value(json_object_get(json, "source"));
    const json_t *hop = json_object_get(json, "hop");
    int number = -1;
    for (int i = 0; type && i < 3; i++)
        if (strcmp(type, types[i]) == 0 || strcmp(type, types[i] + 4) == 0)
            number = i;
    if (number < 0 || !schema) {
        text_string(why,
                    number < 0 ? "\"type\" must be xpl-cmnd, xpl-stat or xpl-trig" : "\"schema\" is missing");
        return false;
    }
    message->type = (enum xpl_type)number;
    message->hop = json_is_integer(hop) ? (int)json_integer_value(hop) : 1;
    message->source = xpl_address_split(xpl_slice_from(source ? source : core->options.source));
    message->target = xpl_address_split(xpl_slice_from(target ? target : "*"));
    message->schema = xpl_slice_from(schema);
    message->n_items = 0;
    struct text *values = &core->document;
    const char *name;
    json_t *value;
    text_reset(values);
    json_object_foreach(json_object_get(json, "body"), name, value)
    {
        size_t n = json_is_array(value) ? json_array_size(value) : 1;
        for (size_t i = 0; i < n && message->n_items < XPL_ITEMS_MAX; i++) {
            const json_t *one = json_is_array(value) ? json_array_get(value, i) : value;
            size_t start = values->size;
            if (json_is_string(one)) {
                text_slice(values, xpl_slice(json_string_value(one), json_string_length(one)));
            } else if (json_is_number(one) || json_is_boolean(one)) {
                char dumped[64];
                size_t size =
                    json_dumpb(one, dumped, sizeof(dumped), JSON_ENCODE_ANY | JSON_REAL_PRECISION(15));
                text_slice(values, xpl_slice(dumped, size < sizeof(dumped) ? size : 0));
            } else {
                text_format(why, "the value of \"%s\" is no string, number or boolean", name);
                return false;
            }
            message->items[message->n_items++] =
                (struct xpl_item){ xpl_slice_from(name),
                                   xpl_slice(values->data + start, values->size - start) };
        }
    }
    size_t item;
    int error = xpl_message_format(message, datagram, capacity, ret_size, &item);
    if (error)
        text_string(why, xpl_error_text(error));
    return !error;
}

void requests_on_raw_send(struct core *core, const struct core_message *message, int64_t now_ms)
{
    char datagram[XPL_MESSAGE_MAX], buffer[256];
    struct text why = TEXT(buffer);
    size_t size = 0;
    (void)now_ms;
    core_count(core, COUNT_RAW_SENDS);
    json_t *json =
        json_loadb(message->payload.data ? message->payload.data : "", message->payload.size, 0, NULL);
    if (message->retained) {
        text_string(&why, "a retained message");
    } else if (!core_is_online(core)) {
        text_string(&why, "the xPL side is down");
    } else if (json_is_object(json)) {
        write_json(core, json, datagram, sizeof(datagram), &size, &why);
    } else {
        int error = xpl_message_parse(&core->message, message->payload.data, message->payload.size);
        if (error)
            text_format(&why, "neither JSON nor an xPL message: %s", xpl_error_text(error));
        else if (message->payload.size > sizeof(datagram))
            text_string(&why, xpl_error_text(XPL_E_SIZE));
        else
            memcpy(datagram, message->payload.data, size = message->payload.size);
    }
    json_decref(json);
    if (!why.size && network_send(core, datagram, size) < 0)
        text_string(&why, "the network did not take it");
    char id[128];
    get_id(message->payload, id, sizeof(id));
    if (why.size) {
        core_log(core, LOG_MQTT, LOG_LEVEL_DEBUG, "raw/send refused: %s", buffer);
        answer_error(core, "raw", message, id, buffer);
        return;
    }
    begin(&core->document, id);
    text_string(&core->document, "\"result\":\"ok\"}");
    requests_answer(core, "raw", message->response_topic, message->correlation, text_get(&core->document));
}

/* ---- another bridge on our prefix ---- */

void requests_on_info(struct core *core, const struct core_message *message)
{
    json_t *json =
        json_loadb(message->payload.data ? message->payload.data : "", message->payload.size, 0, NULL);
    const char *source = json_string_value(json_object_get(json, "source"));
    if (source && strcmp(source, core->options.source) != 0 && !core->foreign_bridge) {
        core->foreign_bridge = true;
        core_log(core, LOG_MQTT, LOG_LEVEL_WARNING,
                 "another bridge, %s, uses the prefix '%s' on this broker: give each its own", source,
                 core->options.prefix);
        report_info(core); /* so that it sees us too */
    }
    json_decref(json);
}
