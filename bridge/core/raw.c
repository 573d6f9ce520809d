/* prefix/raw: every message as JSON when `raw` is on, and with `raw-send` a message to put on the network as
 * it is, JSON or xPL text. */
#include <jansson.h>

#include "core/core-private.h"
#include "core/digest.h"

/* A level of a topic out of something that was received. False when it is too long for one. */
static bool write_level(const struct core *core, struct xpl_slice value, struct text *ret)
{
    char decoded[512], lower[512];
    struct text text = TEXT(decoded), low = TEXT(lower);
    charset_text(mapping_charset(core->mapping), value, &text);
    text_lower(&low, text_get(&text));
    mapping_escape(text_get(&low), ret);
    return !text.overflow && !ret->overflow;
}

void raw_publish(struct core *core, const struct xpl_message *message, int64_t now_ms)
{
    char buffer[4 * LIMIT_TOPIC];
    struct text topic = TEXT(buffer);
    text_reset(&core->document);
    text_format(&topic, "%s/raw/%s/", core->options.prefix, xpl_type_name(message->type));
    bool fits = write_level(core, message->source.text, &topic);
    text_char(&topic, '/');
    fits &= write_level(core, message->schema, &topic);
    mapping_message_json(mapping_charset(core->mapping), message, false, &core->document);
    if (fits && topic.size <= LIMIT_TOPIC && !core->document.overflow)
        core_publish_topic(core, SINK_TRANSIENT, text_get(&topic), text_get(&core->document), 0);
    else
        core_count(core, COUNT_NOT_MADE_SIZE);
    if (core->options.raw_send)
        loops_on_state(&core->loops, digest_message(message), now_ms);
}

/* ---- to the network ---- */

/* One value out of the body, its text going to `values`. */
static bool add_item(struct xpl_message *message, const char *name, const json_t *value, struct text *values,
                     struct text *why)
{
    size_t start = values->size;
    char number[64];
    if (json_is_string(value)) {
        text_slice(values, xpl_slice(json_string_value(value), json_string_length(value)));
    } else if (json_is_number(value) || json_is_boolean(value)) {
        size_t size = json_dumpb(value, number, sizeof(number), JSON_ENCODE_ANY | JSON_REAL_PRECISION(15));
        text_slice(values, xpl_slice(number, size < sizeof(number) ? size : 0));
    } else {
        text_format(why, "the value of \"%.64s\" is no string, number or boolean", name);
        return false;
    }
    if (message->n_items == XPL_ITEMS_MAX) {
        text_string(why, xpl_error_text(XPL_E_ITEMS));
        return false;
    }
    message->items[message->n_items++] =
        (struct xpl_item){ xpl_slice_from(name), xpl_slice(values->data + start, values->size - start) };
    return true;
}

static bool add_body(struct xpl_message *message, json_t *body, struct text *values, struct text *why)
{
    const char *name;
    json_t *value;
    text_reset(values);
    json_object_foreach(body, name, value)
    {
        if (!json_is_array(value)) {
            if (!add_item(message, name, value, values, why))
                return false;
            continue;
        }
        for (size_t i = 0; i < json_array_size(value); i++)
            if (!add_item(message, name, json_array_get(value, i), values, why))
                return false;
    }
    return true;
}

#define TYPES "xpl-cmnd, xpl-stat or xpl-trig"

static int type_of(const json_t *value)
{
    struct xpl_slice name = xpl_slice(json_string_value(value), json_string_length(value));
    for (int type = XPL_CMND; type <= XPL_TRIG; type++) {
        struct xpl_slice whole = xpl_slice_from(xpl_type_name((enum xpl_type)type));
        struct xpl_slice brief = xpl_slice(whole.data + 4, whole.size - 4); /* without "xpl-" */
        if (xpl_slice_equal_nocase(name, whole) || xpl_slice_equal_nocase(name, brief))
            return type;
    }
    return -1;
}

/* What the member must be; NULL when it is that. */
static const char *wanted(const char *name, const json_t *value)
{
    json_int_t number = json_integer_value(value); /* 0 of anything else */
    if (strcmp(name, "type") == 0)
        return type_of(value) >= 0 ? NULL : TYPES;
    if (strcmp(name, "hop") == 0)
        return number >= 1 && number <= 9 ? NULL : "a whole number from 1 to 9";
    if (strcmp(name, "body") == 0)
        return json_is_object(value) ? NULL : "an object";
    return json_is_string(value) || strcmp(name, "id") == 0 ? NULL : "a string";
}

/* What is written wrong, value or name, is refused, never sent as if it were left out. */
static bool check_members(json_t *json, struct text *why)
{
    static const char *const members[] = { "type", "schema", "target", "source", "hop", "body", "id", NULL };
    const char *name;
    json_t *value;
    json_object_foreach(json, name, value)
    {
        const char *const *member = members, *must = NULL;
        while (*member && strcmp(*member, name) != 0)
            member++;
        if (!*member && !diag_nearest(xpl_slice_from(name), members))
            continue; /* something of the sender's own */
        if (!*member) {
            text_format(why, "unknown member \"%.64s\"", name);
            diag_hint(xpl_slice_from(name), members, why);
            return false;
        }
        if ((must = wanted(name, value))) {
            text_format(why, "\"%s\" must be %s", name, must);
            return false;
        }
    }
    return true;
}

static const char *string(const json_t *json, const char *name, const char *otherwise)
{
    const char *value = json_string_value(json_object_get(json, name));
    return value ? value : otherwise;
}

/* {"type":…,"schema":…,"target":…,"source":…,"hop":…,"body":{name: value or list}} as a strict message; 0
 * bytes with the reason in `why` when it is none. */
static size_t write_json(struct core *core, json_t *json, char *datagram, size_t capacity, struct text *why)
{
    struct xpl_message *message = &core->message;
    const json_t *hop = json_object_get(json, "hop");
    const char *schema = string(json, "schema", NULL);
    int type = type_of(json_object_get(json, "type"));
    if (!check_members(json, why))
        return 0;
    if (type < 0 || !schema) {
        text_string(why, type < 0 ? "\"type\" must be " TYPES : "\"schema\" is missing");
        return 0;
    }
    message->type = (enum xpl_type)type;
    message->hop = hop ? (int)json_integer_value(hop) : 1;
    message->source = xpl_address_split(xpl_slice_from(string(json, "source", core->options.source)));
    message->target = xpl_address_split(xpl_slice_from(string(json, "target", "*")));
    message->schema = xpl_slice_from(schema);
    message->n_items = 0;
    if (!add_body(message, json_object_get(json, "body"), &core->document, why))
        return 0;
    size_t size = 0, item;
    int error = xpl_message_format(message, datagram, capacity, &size, &item);
    if (error)
        text_string(why, xpl_error_text(error));
    return size;
}

/* xPL text as it is, strict or not. */
static size_t write_text(struct core *core, struct xpl_slice text, char *datagram, size_t capacity,
                         struct text *why)
{
    int error = xpl_message_parse(&core->message, text.data, text.size);
    if (error) {
        text_format(why, "neither JSON nor an xPL message: %s", xpl_error_text(error));
        return 0;
    }
    if (text.size > capacity) {
        text_string(why, xpl_error_text(XPL_E_SIZE));
        return 0;
    }
    memcpy(datagram, text.data, text.size);
    return text.size;
}

/* What we publish here coming back to be sent, which would be heard, and published, and so on. */
static bool is_loop(struct core *core, struct xpl_slice datagram, int64_t now_ms)
{
    if (xpl_message_parse(&core->message, datagram.data, datagram.size) != 0 ||
        loops_on_command(&core->loops, digest_message(&core->message), now_ms) == LOOPS_NONE)
        return false;
    core_log(core, LOG_MQTT, LOG_LEVEL_WARNING,
             "a loop through the broker: what is published below %s/raw comes back to %s/raw/send, again and "
             "again; "
             "somebody maps the one topic to the other. This one is refused",
             core->options.prefix, core->options.prefix);
    return true;
}

void raw_on_send(struct core *core, const struct core_message *message)
{
    char datagram[XPL_MESSAGE_MAX], buffer[256];
    struct text why = TEXT(buffer);
    struct xpl_slice payload = message->payload;
    size_t size = 0;
    text_reset(&why);
    core_count(core, COUNT_RAW_SENDS);
    if (message->retained) {
        text_string(&why, "a retained message");
    } else if (!core_is_online(core)) {
        text_string(&why, "the xPL side is down");
    } else {
        json_t *json = json_loadb(payload.data ? payload.data : "", payload.size, 0, NULL);
        size = json_is_object(json) ? write_json(core, json, datagram, sizeof(datagram), &why)
                                    : write_text(core, payload, datagram, sizeof(datagram), &why);
        json_decref(json);
    }
    if (size && is_loop(core, xpl_slice(datagram, size), message->arrived_ms))
        text_string(&why, "it is what was just heard, coming back in a loop");
    else if (size && network_send(core, datagram, size) < 0)
        text_string(&why, "the network did not take it");
    if (why.size)
        core_log(core, LOG_MQTT, LOG_LEVEL_DEBUG, "raw/send refused: %s", buffer);
    core_count(core, why.size ? COUNT_RAW_REFUSED : COUNT_RAW_SENT);
    requests_answer_result(core, "raw", message, why.size ? buffer : NULL);
}
