/* The send element: its message, what it may use, and its confirmation. */
#include <errno.h>

#include "mapping/compile-private.h"

#define REPEAT_MAX                 10
#define DEFAULT_REPEAT_INTERVAL_MS 100
#define DEFAULT_EXPIRES_S          10
#define DEFAULT_CONFIRM_TIMEOUT_S  5

static const char *const send_attributes[] = {
    "topic",           "type",    "target",          "schema", "when", "repeat", "confirm",
    "repeat-interval", "expires", "confirm-timeout", NULL
};
static const char *const send_children[] = { "item", NULL };
static const char *const item_attributes[] = { "name", "optional", NULL };
static const char *const none[] = { NULL };

/* What a send may use: the payload, and what its topic says. */
struct known {
    struct compile *compile;
    const struct send *send;
};

static bool is_known(const struct send *send, const struct variable *variable)
{
    if (variable->kind == VARIABLE_PAYLOAD || variable->kind == VARIABLE_PAYLOAD_MEMBER ||
        template_has(&send->topic, variable))
        return true;
    if (variable->kind < VARIABLE_SOURCE || variable->kind > VARIABLE_TARGET_INSTANCE)
        return false;
    /* A part of a known address, or an address of three known parts. */
    enum variable_kind whole = variable->kind >= VARIABLE_TARGET ? VARIABLE_TARGET : VARIABLE_SOURCE;
    struct variable probe = { whole, false, { "", 0 } };
    if (variable->kind != whole)
        return template_has(&send->topic, &probe);
    for (int i = 1; i <= 3; i++) {
        probe.kind = whole + (enum variable_kind)i;
        if (!template_has(&send->topic, &probe))
            return false;
    }
    return true;
}

static bool has_default(const struct part *part)
{
    for (size_t i = 0; i < part->n_conversions; i++)
        if (part->conversions[i].kind == CONVERSION_DEFAULT)
            return true;
    return false;
}

static void report_unknown(struct known *known, struct diag_place place, struct xpl_slice name)
{
    const struct template *topic = &known->send->topic;
    const char *names[SCOPE_BINDINGS_MAX + 2] = { "payload" };
    char storage[SCOPE_BINDINGS_MAX][64];
    for (size_t t = 0, n = 0; t < topic->n && n < SCOPE_BINDINGS_MAX; t++)
        if (topic->parts[t].kind == PART_VARIABLE) {
            struct xpl_slice text = topic->parts[t].text;
            const char *bar = memchr(text.data, '|', text.size);
            snprintf(storage[n], sizeof(storage[n]), "%.*s", (int)(bar ? bar - text.data : (long)text.size),
                     text.data);
            names[n + 1] = storage[n];
            n++;
        }
    const char *nearest = diag_nearest(name, names);
    diag_error(known->compile->diag, place,
               "unknown variable '%.*s' in a send: it is neither the payload nor in the topic \"%.*s\"%s%s%s",
               XPL_SLICE_ARGS(name), XPL_SLICE_ARGS(topic->text), nearest ? "; did you mean '" : "",
               nearest ? nearest : "", nearest ? "'?" : "");
}

static void check_known(struct known *known, const struct template *template)
{
    for (size_t i = 0; i < template->n && !known->send->property->topics_unknown; i++) {
        const struct part *part = &template->parts[i];
        if (part->kind == PART_VARIABLE && !is_known(known->send, &part->variable) && !has_default(part))
            report_unknown(known, template->place, part->text);
    }
}

static void check_conditions(struct known *known, struct diag_place place)
{
    const struct conditions *when = &known->send->when;
    for (size_t i = 0; i < when->n; i++)
        if (!is_known(known->send, &when->list[i].variable))
            report_unknown(known, place, when->list[i].name);
}

static bool has_line_break(const struct template *template)
{
    bool any = false;
    for (size_t i = 0; i < template->n && !any; i++)
        any = template->parts[i].kind == PART_LITERAL &&
              memchr(template->parts[i].text.data, '\n', template->parts[i].text.size);
    return any;
}

static int compile_items(struct compile *compile, struct xml_element *element, struct send *send)
{
    size_t n = 0;
    for (struct xml_element *item = xml_child(element, "item"); item; item = xml_sibling(item))
        n++;
    send->items = arena_array(&compile->mapping->arena, struct send_item, n + 1);
    if (!send->items)
        return -ENOMEM;
    for (struct xml_element *item = xml_child(element, "item"); item; item = xml_sibling(item)) {
        struct send_item *out = &send->items[send->n_items];
        struct conversion_source source = compile_source(compile, item->text_place);
        int a = compile_template(compile, item, "name", TEMPLATE_VALUE, TO_XPL, &out->name);
        int b = template_parse(&source, item->text, TEMPLATE_VALUE, TO_XPL, &out->value);
        out->optional = xml_get_bool(item, "optional", false, compile->diag);
        xml_check_attributes(item, item_attributes, compile->diag);
        xml_check_children(item, none, true, compile->diag);
        if (a == -ENOMEM || b == -ENOMEM)
            return -ENOMEM;
        if (a < 0 || b < 0)
            continue;
        if (!out->name.text.data) {
            diag_error(compile->diag, item->place, "item needs a name");
            continue;
        }
        struct xpl_slice literal = template_get_literal(&out->name);
        if (literal.data && !xpl_name_is_valid(literal))
            diag_error(compile->diag, out->name.place,
                       "name=\"%.*s\" cannot be sent: an item name has 1 to %d letters, digits and '-'",
                       XPL_SLICE_ARGS(literal), XPL_NAME_MAX);
        if (has_line_break(&out->value))
            diag_error(compile->diag, item->text_place, "an item's value cannot hold a line break");
        struct known known = { compile, send };
        check_known(&known, &out->name);
        check_known(&known, &out->value);
        send->n_items++;
    }
    return 0;
}

/* confirm="SCHEMA conditions…" */
static int get_confirm(struct compile *compile, const struct xml_element *element, struct send *send)
{
    const struct xml_attribute *attribute = xml_get(element, "confirm");
    if (!attribute)
        return 0;
    const char *text = attribute->value.data;
    while (*text == ' ' || *text == '\n' || *text == '\t')
        text++;
    size_t size = strcspn(text, " \n\t");
    if (size == 0 || memchr(text, '=', size)) {
        diag_error(compile->diag, attribute->place, "confirm=\"%s\": expected a schema, then conditions",
                   attribute->value.data);
        return 0;
    }
    struct conversion_source source = compile_source(compile, attribute->place);
    send->confirm_schema = arena_copy(&compile->mapping->arena, xpl_slice(text, size));
    send->public.confirms = true;
    int r = conditions_parse(&source, text + size, TO_MQTT, &send->confirm_when);
    return r == -ENOMEM ? r : 0;
}

static int get_schema(struct compile *compile, struct xml_element *element, const struct map *map,
                      struct send *send)
{
    int r = compile_template(compile, element, "schema", TEMPLATE_VALUE, TO_XPL, &send->schema);
    if (r < 0)
        return r == -ENOMEM ? r : 0;
    if (!send->schema.text.data) {
        const struct xpl_slice *literal = glob_list_literal(&map->schema);
        if (!literal) {
            diag_error(compile->diag, element->place,
                       "send needs a schema: the map's is not one literal schema");
            return 0;
        }
        struct conversion_source source = compile_source(compile, element->place);
        if (template_literal(&source, *literal, &send->schema) < 0)
            return -ENOMEM;
    }
    struct xpl_slice schema = template_get_literal(&send->schema);
    if (schema.data && !xpl_schema_is_valid(schema))
        diag_error(compile->diag, send->schema.place,
                   "schema \"%.*s\" cannot be sent: CLASS.TYPE, each of 1 to %d letters, digits and '-'",
                   XPL_SLICE_ARGS(schema), XPL_CLASS_MAX);
    return 0;
}

int compile_send(struct compile *compile, struct xml_element *element, struct property *property,
                 struct send **ret)
{
    struct send *send = arena_new(&compile->mapping->arena, struct send);
    size_t errors = compile->diag->n_errors;
    if (!send)
        return -ENOMEM;
    send->property = property;
    send->place = compile_place(compile, element->place);
    send->type = (enum xpl_type)xml_get_choice(element, "type", compile_type_names, XPL_CMND, compile->diag);
    send->public.repeat = (int)xml_get_integer(element, "repeat", 1, REPEAT_MAX, 1, compile->diag);
    send->public.repeat_interval_ms =
        xml_get_integer(element, "repeat-interval", 10, 10000, DEFAULT_REPEAT_INTERVAL_MS, compile->diag);
    send->public.expires_ms = compile_seconds(compile, element, "expires", 0.1, DEFAULT_EXPIRES_S * 1000);
    send->public.confirm_timeout_ms =
        compile_seconds(compile, element, "confirm-timeout", 0.1, DEFAULT_CONFIRM_TIMEOUT_S * 1000);
    int results[] = {
        compile_conditions(compile, element, TO_XPL, &send->when),
        compile_topic(compile, element, property, true, &send->base, &send->topic),
        compile_template(compile, element, "target", TEMPLATE_VALUE, TO_XPL, &send->target),
        get_schema(compile, element, property->map, send),
        get_confirm(compile, element, send),
    };
    for (size_t i = 0; i < sizeof(results) / sizeof(*results); i++)
        if (results[i] == -ENOMEM)
            return -ENOMEM;
    if (send->topic.parts) {
        int r = compile_whole_topic(compile, property, send);
        if (r == -ENOMEM)
            return r;
    }
    if (!send->target.text.data) {
        struct conversion_source source = compile_source(compile, element->place);
        if (template_literal(&source, XPL_SLICE("*"), &send->target) < 0)
            return -ENOMEM;
    }
    if (xml_get(element, "confirm-timeout") && !send->public.confirms)
        diag_error(compile->diag, element->place, "confirm-timeout without confirm");
    if (xml_get(element, "repeat-interval") && send->public.repeat == 1)
        diag_error(compile->diag, element->place, "repeat-interval without repeat");
    struct xpl_slice target = template_get_literal(&send->target);
    if (target.data && !xpl_target_is_valid(target))
        diag_error(compile->diag, send->target.place, "target=\"%.*s\" is no address, group or *",
                   XPL_SLICE_ARGS(target));
    if (send->type != XPL_CMND && !(target.data && xpl_target_is_all(target)))
        diag_error(compile->diag, send->target.place, "only a cmnd can have a target; %s goes to *",
                   compile_type_names[send->type]);
    if (compile_items(compile, element, send) < 0)
        return -ENOMEM;
    struct known known = { compile, send };
    check_known(&known, &send->target);
    check_known(&known, &send->schema);
    if (xml_get(element, "when"))
        check_conditions(&known, compile_place(compile, xml_get(element, "when")->place));
    xml_check_attributes(element, send_attributes, compile->diag);
    xml_check_children(element, send_children, false, compile->diag);
    *ret = compile->diag->n_errors == errors ? send : NULL;
    return 0;
}
