/* bridge/request/VERB and its answers. */
#include <jansson.h>

#include "core/core-private.h"

#define ID_MAX 128 /* bytes of an "id" as JSON, with NUL; a longer one is not echoed */

static const char *const verbs[] = { "reload", "health", "info",   "devices", "unmapped",  "announce",
                                     "forget", "rename", "rebind", "permit",  "log-level", NULL };

/* A response topic is what somebody sent us: one that a broker would take amiss is none. */
static bool is_topic(struct xpl_slice topic)
{
    return utf8_is_topic(topic) && topic.size <= LIMIT_TOPIC && topic.data[0] != '$';
}

void requests_answer(struct core *core, const char *verb, struct xpl_slice response_topic,
                     struct xpl_slice correlation, struct xpl_slice payload)
{
    struct sink_publish publish = {
        .lane = SINK_TRANSIENT, .topic = response_topic, .payload = payload, .qos = 1
    };
    char buffer[LIMIT_TOPIC];
    struct text topic = TEXT(buffer);
    if (is_topic(response_topic)) {
        publish.correlation = correlation;
    } else {
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
    text_string(&core->document, "\"result\":\"error\",\"reason\":");
    mapping_value_json(mapping_charset(core->mapping), xpl_slice_from(why), false, &core->document);
    text_char(&core->document, '}');
    requests_answer(core, verb, message->response_topic, message->correlation, text_get(&core->document));
}

void requests_answer_result(struct core *core, const char *verb, const struct core_message *message,
                            const char *why)
{
    char id[ID_MAX];
    get_id(message->payload, id, sizeof(id));
    if (why) {
        answer_error(core, verb, message, id, why);
        return;
    }
    begin(&core->document, id);
    text_string(&core->document, "\"result\":\"ok\"}");
    requests_answer(core, verb, message->response_topic, message->correlation, text_get(&core->document));
}

/* ---- reload ---- */

static void keep_for_reload(struct core *core, const char *verb, const struct core_message *message,
                            const char *id)
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
    snprintf(core->reload.verb, sizeof(core->reload.verb), "%s", verb);
}

void requests_reload(struct core *core, const char *verb, const struct core_message *message)
{
    char id[ID_MAX];
    get_id(message->payload, id, sizeof(id));
    keep_for_reload(core, verb, message, id);
    core->sink.reload(core->sink.context);
}

void core_on_reloaded(struct core *core, const char *error, int64_t now_ms)
{
    const char *why = naming_on_reloaded(core, error, now_ms);
    if (why)
        core_note_error(core, why);
    if (!core->reload.waiting)
        return;
    struct core_message message = {
        .response_topic = xpl_slice_from(core->reload.response_topic),
        .correlation = core->reload.has_correlation
                           ? xpl_slice(core->reload.correlation, core->reload.correlation_size)
                           : xpl_slice(NULL, 0),
    };
    core->reload.waiting = false;
    if (why) {
        answer_error(core, core->reload.verb, &message, core->reload.id, why);
        return;
    }
    begin(&core->document, core->reload.id);
    text_format(&core->document, "\"result\":\"ok\",\"mapping\":\"%s\"}", mapping_digest(core->mapping));
    requests_answer(core, core->reload.verb, message.response_topic, message.correlation,
                    text_get(&core->document));
}

/* ---- the log ---- */

/* {"level":…} or the level alone, as a select of Home Assistant sends it. */
static void set_log_level(struct core *core, const char *verb, const struct core_message *message)
{
    struct xpl_slice payload = message->payload;
    json_t *body = json_loadb(payload.data ? payload.data : "", payload.size, 0, NULL);
    const char *wanted = json_string_value(json_object_get(body, "level")), *level = NULL;
    for (size_t i = 0; log_level_names[i]; i++)
        if (xpl_slice_equal(wanted ? xpl_slice_from(wanted) : payload, xpl_slice_from(log_level_names[i])))
            level = log_level_names[i];
    json_decref(body);
    if (level && core->sink.log_level)
        core->sink.log_level(core->sink.context, level);
    core->health_due_ms = 0; /* which says it */
    requests_answer_result(core, verb, message, level ? NULL : "expected error, warning, info or debug");
}

/* ---- requests ---- */

static void answer_unknown(struct core *core, const char *name, const struct core_message *message,
                           const char *id)
{
    const char *nearest = diag_nearest(xpl_slice_from(name), verbs);
    char why[256];
    struct text text = TEXT(why);
    text_format(&text, "unknown request '%s'", name);
    if (nearest)
        text_format(&text, "; did you mean '%s'?", nearest);
    for (size_t i = 0; verbs[i]; i++)
        text_format(&text, "%s%s", i ? ", " : "; there are ", verbs[i]);
    answer_error(core, name, message, id, why);
}

void requests_on_mqtt(struct core *core, struct xpl_slice verb, const struct core_message *message,
                      int64_t now_ms)
{
    char id[ID_MAX], name[64];
    struct text text = TEXT(name);
    if (message->retained) {
        core_count(core, COUNT_REQUESTS_RETAINED);
        return;
    }
    text_slice(&text, verb);
    if (text.overflow || memchr(name, '/', text.size)) {
        text_reset(&text);
        text_string(&text, "unknown"); /* the name becomes a level of a topic */
    }
    if (strcmp(name, "reload") == 0) {
        requests_reload(core, name, message);
        return;
    }
    if (strcmp(name, "log-level") == 0) {
        set_log_level(core, name, message);
        return;
    }
    if (decisions_on_request(core, name, message, now_ms))
        return;
    get_id(message->payload, id, sizeof(id));
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
        answer_unknown(core, name, message, id);
        return;
    }
    text_char(&core->document, '}');
    requests_answer(core, name, message->response_topic, message->correlation, text_get(&core->document));
}
