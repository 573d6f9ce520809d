/* Maps: attributes to fields, templates and conditions parsed, defaults filled in. Every mistake is a finding
 * with its place; an element with findings is left out, so that the next ones are still looked at. */
#include "mapping/compile.h"

#include <errno.h>
#include <math.h>

#include "base/number.h"

#define REPEAT_MAX                 10
#define SECONDS_MAX                86400
#define DEFAULT_REPEAT_INTERVAL_MS 100
#define DEFAULT_EXPIRES_S          10
#define DEFAULT_CONFIRM_TIMEOUT_S  5

const char *const mapping_kind_names[] = { "sensor", "binary", "switch", "number", "select",
                                           "text",   "button", "event",  NULL };
static const char *const entity_names[] = { "light", "cover", "climate", "alarm", NULL };
static const char *const type_names[] = { "cmnd", "stat", "trig", NULL };
static const char *const assume_names[] = { "no", "sent", "confirmed", NULL };

static const char *const map_attributes[] = { "name",   "schema",   "type",        "source", "target",
                                              "when",   "continue", "ignore-case", "split",  "by",
                                              "device", "label",    NULL };
static const char *const map_children[] = { "property", "example", NULL };
static const char *const property_attributes[] = { "name",   "kind", "unit",      "class",   "min",
                                                   "max",    "step", "options",   "entity",  "role",
                                                   "retain", "qos",  "on-change", "refresh", "min-interval",
                                                   "dedupe", "each", "assume",    NULL };
static const char *const property_children[] = { "publish", "send", NULL };
static const char *const publish_attributes[] = { "type", "when", "payload", "topic", NULL };
static const char *const send_attributes[] = {
    "topic",           "type",    "target",          "schema", "when", "repeat", "confirm",
    "repeat-interval", "expires", "confirm-timeout", NULL
};
static const char *const send_children[] = { "item", NULL };
static const char *const item_attributes[] = { "name", "optional", NULL };
static const char *const none[] = { NULL };

struct diag_place compile_place(struct compile *compile, struct diag_place place)
{
    return (struct diag_place){ compile->file, place.line, place.column };
}

static struct conversion_source source_at(struct compile *compile, struct diag_place place)
{
    return (struct conversion_source){ &compile->mapping->arena, &compile->tables, compile->diag,
                                       compile_place(compile, place) };
}

static struct xpl_slice copy(struct compile *compile, struct xpl_slice text)
{
    return arena_copy(&compile->mapping->arena, text);
}

/* An attribute's text as a template; absent leaves *ret as it is (text.data NULL). -EINVAL is a finding. */
static int get_template(struct compile *compile, const struct xml_element *element, const char *name,
                        enum template_use use, enum direction direction, struct template *ret)
{
    const struct xml_attribute *attribute = xml_get(element, name);
    if (!attribute)
        return 0;
    struct conversion_source source = source_at(compile, attribute->place);
    return template_parse(&source, attribute->value, use, direction, ret);
}

static int get_conditions(struct compile *compile, const struct xml_element *element,
                          enum direction direction, struct conditions *ret)
{
    const struct xml_attribute *attribute = xml_get(element, "when");
    struct conversion_source source = source_at(compile, attribute ? attribute->place : element->place);
    return conditions_parse(&source, attribute ? attribute->value.data : NULL, direction, ret);
}

static int get_globs(struct compile *compile, const struct xml_element *element, const char *name,
                     struct glob_list *ret)
{
    return glob_list_parse(&compile->mapping->arena, xml_get_string(element, name, NULL), ret);
}

/* Seconds, with decimals, as milliseconds. */
static int64_t get_seconds(struct compile *compile, const struct xml_element *element, const char *name,
                           double low, int64_t fallback_ms)
{
    const struct xml_attribute *attribute = xml_get(element, name);
    double seconds;
    if (!attribute)
        return fallback_ms;
    if (number_parse(attribute->value, &seconds) < 0 || seconds < low || seconds > SECONDS_MAX) {
        diag_error(compile->diag, attribute->place, "%s=\"%s\": expected seconds from %g to %d", name,
                   attribute->value.data, low, SECONDS_MAX);
        return fallback_ms;
    }
    return (int64_t)llround(seconds * 1000);
}

/* "stat trig": bits. */
static unsigned get_types(struct compile *compile, const struct xml_element *element, unsigned fallback)
{
    const struct xml_attribute *attribute = xml_get(element, "type");
    unsigned types = 0;
    struct glob_list words;
    if (!attribute)
        return fallback;
    if (glob_list_parse(&compile->mapping->arena, attribute->value.data, &words) < 0)
        return fallback;
    for (size_t i = 0; i < words.n; i++) {
        int type = -1;
        for (int t = 0; type_names[t]; t++)
            if (xpl_slice_equal(words.globs[i], xpl_slice_from(type_names[t])))
                type = t;
        if (type < 0) {
            const char *nearest = diag_nearest(words.globs[i], type_names);
            diag_error(compile->diag, attribute->place,
                       "unknown message type '%.*s'; expected cmnd, stat or trig%s%s%s",
                       XPL_SLICE_ARGS(words.globs[i]), nearest ? "; did you mean '" : "",
                       nearest ? nearest : "", nearest ? "'?" : "");
        } else {
            types |= TYPE_BIT(type);
        }
    }
    if (words.n == 0)
        diag_error(compile->diag, attribute->place, "type is empty; expected some of cmnd, stat, trig");
    return types ? types : fallback;
}

/* ---- topics ---- */

/* Levels of a literal that the bridge keeps for itself, or that MQTT does not allow. */
static void check_topic(struct compile *compile, const struct template *template, enum topic_base base,
                        bool sends)
{
    struct xpl_slice text = template->text;
    for (size_t i = 0; i < template->n; i++) {
        struct xpl_slice literal = template->parts[i].text;
        if (template->parts[i].kind != PART_LITERAL)
            continue;
        if (memchr(literal.data, '#', literal.size) || memchr(literal.data, '+', literal.size)) {
            diag_error(compile->diag, template->place, "a topic cannot hold '#' or '+': \"%.*s\"",
                       XPL_SLICE_ARGS(text));
            return;
        }
    }
    if (text.size == 0 || text.data[text.size - 1] == '/' || text.data[0] == '/')
        diag_error(compile->diag, template->place, "a topic has an empty level: \"%.*s\"",
                   XPL_SLICE_ARGS(text));
    else if (text.data[0] == '$')
        diag_error(compile->diag, template->place, "a topic cannot begin with '$': \"%.*s\"",
                   XPL_SLICE_ARGS(text));
    if (base == BASE_ABSOLUTE)
        return;
    /* Only whole literal levels: a variable's value is escaped when it comes out as one of these. */
    for (struct xpl_slice rest = text; rest.data;) {
        const char *slash = memchr(rest.data, '/', rest.size);
        size_t size = slash ? (size_t)(slash - rest.data) : rest.size;
        struct xpl_slice level = xpl_slice(rest.data, size);
        bool last = !slash, set = xpl_slice_equal(level, XPL_SLICE("set"));
        bool first = rest.data == text.data;
        bool kept = set ? !(sends && last)
                    : xpl_slice_equal(level, XPL_SLICE("availability"))
                        ? true
                        : base == BASE_PREFIX && first && template_is_reserved(level);
        if (kept)
            diag_error(compile->diag, template->place, "'%.*s' is a level that the bridge keeps for itself",
                       XPL_SLICE_ARGS(level));
        rest = slash ? xpl_slice(slash + 1, rest.size - size - 1) : xpl_slice(NULL, 0);
    }
}

/* A `topic` attribute, or NAME with `suffix` behind it. */
static int get_topic(struct compile *compile, const struct xml_element *element,
                     const struct property *property, bool sends, enum topic_base *ret_base,
                     struct template *ret)
{
    const struct xml_attribute *attribute = xml_get(element, "topic");
    struct conversion_source source = source_at(compile, attribute ? attribute->place : property->name.place);
    *ret_base = BASE_DEVICE;
    if (!attribute) {
        struct template set;
        if (!sends) {
            *ret = property->name;
            return 0;
        }
        int r = template_literal(&source, XPL_SLICE("/set"), &set);
        const struct template *both[] = { &property->name, &set };
        return r < 0 ? r : template_join(&source, both, 2, ret);
    }
    struct xpl_slice text = attribute->value;
    for (int i = 0; i < 2 && text.size && text.data[0] == '/'; i++) {
        (*ret_base)++;
        text = xpl_slice(text.data + 1, text.size - 1);
    }
    int r = template_parse(&source, text, TEMPLATE_TOPIC, TO_MQTT, ret);
    if (r == 0)
        check_topic(compile, ret, *ret_base, sends);
    return r;
}

/* The whole topic of a send: prefix/DEVICE/topic, prefix/topic, or topic. */
static int join_topic(struct compile *compile, const struct property *property, struct send *send)
{
    struct conversion_source source = source_at(compile, send->place);
    struct template prefix, slash;
    if (template_literal(&source, compile->mapping->prefix, &prefix) < 0 ||
        template_literal(&source, XPL_SLICE("/"), &slash) < 0)
        return -ENOMEM;
    const struct template *parts[5];
    size_t n = 0;
    if (send->base != BASE_ABSOLUTE) {
        parts[n++] = &prefix;
        parts[n++] = &slash;
    }
    if (send->base == BASE_DEVICE) {
        parts[n++] = &property->map->device;
        parts[n++] = &slash;
    }
    struct template topic = send->topic;
    parts[n++] = &topic;
    return template_join(&source, parts, n, &send->topic);
}

/* ---- publish ---- */

static int compile_publish(struct compile *compile, struct xml_element *element, struct property *property,
                           struct publish **ret)
{
    struct publish *publish = arena_new(&compile->mapping->arena, struct publish);
    if (!publish)
        return -ENOMEM;
    publish->place = compile_place(compile, element->place);
    publish->types = get_types(compile, element, TYPES_ALL);
    int r = get_conditions(compile, element, TO_MQTT, &publish->when);
    int t = get_topic(compile, element, property, false, &publish->base, &publish->topic);
    int p = get_template(compile, element, "payload", TEMPLATE_VALUE, TO_MQTT, &publish->payload);
    xml_check_attributes(element, publish_attributes, compile->diag);
    xml_check_children(element, none, false, compile->diag);
    if (r < 0 || t < 0 || p < 0)
        return r == -ENOMEM || t == -ENOMEM || p == -ENOMEM ? -ENOMEM : 0;

    if (!publish->payload.text.data) {
        struct conversion_source source = source_at(compile, element->place);
        struct xpl_slice name = template_get_literal(&property->name);
        char text[128];
        if (property->each.data) {
            snprintf(text, sizeof(text), "{value}");
        } else if (name.data && name.size < sizeof(text) - 8 && !memchr(name.data, '/', name.size)) {
            snprintf(text, sizeof(text), "{body.%s}", name.data);
        } else {
            diag_error(compile->diag, element->place,
                       "publish needs a payload: the property's name \"%.*s\" is no item's name",
                       XPL_SLICE_ARGS(property->name.text));
            return 0;
        }
        r = template_parse(&source, xpl_slice_from(text), TEMPLATE_VALUE, TO_MQTT, &publish->payload);
        if (r < 0)
            return r;
    }
    *ret = publish;
    return 0;
}

/* ---- send ---- */

/* What a send may use: the payload, and what its topic says. */
struct known {
    struct compile *compile;
    const struct send *send;
};

static bool topic_has(const struct template *topic, const struct variable *variable)
{
    for (size_t i = 0; i < topic->n; i++)
        if (topic->parts[i].kind == PART_VARIABLE && variable_equal(&topic->parts[i].variable, variable))
            return true;
    return false;
}

static bool is_known(const struct send *send, const struct variable *variable)
{
    if (variable->kind == VARIABLE_PAYLOAD || variable->kind == VARIABLE_PAYLOAD_MEMBER ||
        topic_has(&send->topic, variable))
        return true;
    if (variable->kind < VARIABLE_SOURCE || variable->kind > VARIABLE_TARGET_INSTANCE)
        return false;
    /* A part of a known address, or an address of three known parts. */
    enum variable_kind whole = variable->kind >= VARIABLE_TARGET ? VARIABLE_TARGET : VARIABLE_SOURCE;
    struct variable probe = { whole, false, { "", 0 } };
    if (variable->kind != whole)
        return topic_has(&send->topic, &probe);
    for (int i = 1; i <= 3; i++) {
        probe.kind = whole + (enum variable_kind)i;
        if (!topic_has(&send->topic, &probe))
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

static void check_known(struct known *known, const struct template *template)
{
    for (size_t i = 0; i < template->n; i++) {
        const struct part *part = &template->parts[i];
        if (part->kind != PART_VARIABLE || is_known(known->send, &part->variable) || has_default(part))
            continue;
        const char *names[SCOPE_BINDINGS_MAX + 2];
        char storage[SCOPE_BINDINGS_MAX][64];
        size_t n = 0;
        names[n++] = "payload";
        const struct template *topic = &known->send->topic;
        for (size_t t = 0; t < topic->n && n < SCOPE_BINDINGS_MAX; t++)
            if (topic->parts[t].kind == PART_VARIABLE) {
                struct xpl_slice text = topic->parts[t].text;
                const char *bar = memchr(text.data, '|', text.size);
                snprintf(storage[n], sizeof(storage[n]), "%.*s",
                         (int)(bar ? bar - text.data : (long)text.size), text.data);
                names[n] = storage[n];
                n++;
            }
        names[n] = NULL;
        const char *nearest = diag_nearest(part->text, names);
        diag_error(
            known->compile->diag, template->place,
            "unknown variable '%.*s' in a send: it is neither the payload nor in the topic \"%.*s\"%s%s%s",
            XPL_SLICE_ARGS(part->text), XPL_SLICE_ARGS(topic->text), nearest ? "; did you mean '" : "",
            nearest ? nearest : "", nearest ? "'?" : "");
    }
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
        struct conversion_source source = source_at(compile, item->text_place);
        int a = get_template(compile, item, "name", TEMPLATE_VALUE, TO_XPL, &out->name);
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
        if (literal.data && (literal.size == 0 || literal.size > XPL_NAME_MAX))
            diag_error(compile->diag, out->name.place, "an item name has 1 to %d characters, not %zu",
                       XPL_NAME_MAX, literal.size);
        struct xpl_slice value = template_get_literal(&out->value);
        if (value.data && memchr(value.data, '\n', value.size))
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
    struct conversion_source source = source_at(compile, attribute->place);
    send->confirm_schema = copy(compile, xpl_slice(text, size));
    send->public.confirms = true;
    int r = conditions_parse(&source, text + size, TO_MQTT, &send->confirm_when);
    return r == -ENOMEM ? r : 0;
}

static int get_schema(struct compile *compile, struct xml_element *element, const struct map *map,
                      struct send *send)
{
    int r = get_template(compile, element, "schema", TEMPLATE_VALUE, TO_XPL, &send->schema);
    if (r < 0 || send->schema.text.data)
        return r == -ENOMEM ? r : 0;
    const struct xpl_slice *literal = glob_list_literal(&map->schema);
    if (!literal) {
        diag_error(compile->diag, element->place, "send needs a schema: the map's is not one literal schema");
        return 0;
    }
    struct conversion_source source = source_at(compile, element->place);
    return template_literal(&source, *literal, &send->schema);
}

static int compile_send(struct compile *compile, struct xml_element *element, struct property *property,
                        struct send **ret)
{
    struct send *send = arena_new(&compile->mapping->arena, struct send);
    size_t errors = compile->diag->n_errors;
    if (!send)
        return -ENOMEM;
    send->property = property;
    send->place = compile_place(compile, element->place);
    send->type = (enum xpl_type)xml_get_choice(element, "type", type_names, XPL_CMND, compile->diag);
    send->public.repeat = (int)xml_get_integer(element, "repeat", 1, REPEAT_MAX, 1, compile->diag);
    send->public.repeat_interval_ms =
        xml_get_integer(element, "repeat-interval", 10, 10000, DEFAULT_REPEAT_INTERVAL_MS, compile->diag);
    send->public.expires_ms = get_seconds(compile, element, "expires", 0.1, DEFAULT_EXPIRES_S * 1000);
    send->public.confirm_timeout_ms =
        get_seconds(compile, element, "confirm-timeout", 0.1, DEFAULT_CONFIRM_TIMEOUT_S * 1000);
    int results[] = {
        get_conditions(compile, element, TO_XPL, &send->when),
        get_topic(compile, element, property, true, &send->base, &send->topic),
        get_template(compile, element, "target", TEMPLATE_VALUE, TO_XPL, &send->target),
        get_schema(compile, element, property->map, send),
        get_confirm(compile, element, send),
    };
    for (size_t i = 0; i < sizeof(results) / sizeof(*results); i++)
        if (results[i] == -ENOMEM)
            return -ENOMEM;
    if (send->topic.parts) {
        int r = join_topic(compile, property, send);
        if (r == -ENOMEM)
            return r;
    }
    if (!send->target.text.data) {
        struct conversion_source source = source_at(compile, element->place);
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
                   type_names[send->type]);
    if (compile_items(compile, element, send) < 0)
        return -ENOMEM;
    struct known known = { compile, send };
    check_known(&known, &send->target);
    check_known(&known, &send->schema);
    xml_check_attributes(element, send_attributes, compile->diag);
    xml_check_children(element, send_children, false, compile->diag);
    *ret = compile->diag->n_errors == errors ? send : NULL;
    return 0;
}

/* ---- property ---- */

static void get_details(struct compile *compile, struct xml_element *element, struct property *property)
{
    struct mapping_property *public = &property->public;
    const struct xml_attribute *each = xml_get(element, "each");
    if (each)
        property->each = copy(compile, each->value);
    int entity = xml_get_choice(element, "entity", entity_names, -1, compile->diag);
    public->entity = entity < 0 ? XPL_SLICE("") : xpl_slice_from(entity_names[entity]);
    static const char *const roles[][4] = {
        { "power", "brightness", NULL },
        { "command", "position", NULL },
        { "mode", "current", "setpoint", NULL },
        { "state", "command", NULL },
    };
    public->role = XPL_SLICE("");
    if (entity >= 0) {
        int role = xml_get_choice(element, "role", roles[entity], -1, compile->diag);
        if (role >= 0)
        public->role = xpl_slice_from(roles[entity][role]);
        else if (!xml_get(element, "role"))
            diag_error(compile->diag, element->place, "entity=\"%s\" needs a role", entity_names[entity]);
    } else if (xml_get(element, "role") && !xml_get(element, "entity")) {
        diag_error(compile->diag, xml_get(element, "role")->place, "role without entity");
    }
    public->qos = (int)xml_get_integer(element, "qos", 0, 2, 1, compile->diag);
    public->on_change = xml_get_bool(element, "on-change", false, compile->diag);
    public->refresh_ms = get_seconds(compile, element, "refresh", 1, 0);
    public->min_interval_ms = get_seconds(compile, element, "min-interval", 0.1, 0);
    public->dedupe_ms = xml_get_integer(element, "dedupe", 1, 3600000, 0, compile->diag);
    if (public->refresh_ms && !public->on_change)
        diag_error(compile->diag, xml_get(element, "refresh")->place, "refresh needs on-change=\"yes\"");
}

static void check_range(struct compile *compile, const struct property *property)
{
    const struct template *templates[] = { &property->min, &property->max, &property->step };
    double values[3] = { 0 };
    bool known[3] = { false };
    for (int i = 0; i < 3; i++) {
        struct xpl_slice literal = template_get_literal(templates[i]);
        if (!templates[i]->text.data || !literal.data)
            continue;
        if (number_parse(literal, &values[i]) < 0)
            diag_error(compile->diag, templates[i]->place, "'%.*s' is no number", XPL_SLICE_ARGS(literal));
        else
            known[i] = true;
    }
    if (known[0] && known[1] && values[0] > values[1])
        diag_error(compile->diag, templates[0]->place, "min is above max");
    if (known[2] && values[2] <= 0)
        diag_error(compile->diag, templates[2]->place, "step must be above 0");
}

static int compile_property(struct compile *compile, struct xml_element *element, struct map *map,
                            struct property **ret)
{
    struct property *property = arena_new(&compile->mapping->arena, struct property);
    size_t errors = compile->diag->n_errors;
    if (!property)
        return -ENOMEM;
    property->map = map;
    property->public.map = &map->public;
    property->place = compile_place(compile, element->place);
    bool confirms = false;
    int results[] = {
        get_template(compile, element, "name", TEMPLATE_TOPIC, TO_MQTT, &property->name),
        get_template(compile, element, "unit", TEMPLATE_VALUE, TO_MQTT, &property->unit),
        get_template(compile, element, "class", TEMPLATE_VALUE, TO_MQTT, &property->class),
        get_template(compile, element, "min", TEMPLATE_VALUE, TO_MQTT, &property->min),
        get_template(compile, element, "max", TEMPLATE_VALUE, TO_MQTT, &property->max),
        get_template(compile, element, "step", TEMPLATE_VALUE, TO_MQTT, &property->step),
        get_template(compile, element, "options", TEMPLATE_VALUE, TO_MQTT, &property->options),
    };
    for (size_t i = 0; i < sizeof(results) / sizeof(*results); i++)
        if (results[i] == -ENOMEM)
            return -ENOMEM;
    if (!xml_get(element, "name"))
        diag_error(compile->diag, element->place, "property needs a name");
    else if (property->name.text.data)
        check_topic(compile, &property->name, BASE_DEVICE, false);
    get_details(compile, element, property);
    check_range(compile, property);
    if (!property->name.parts)
        goto check;
    property->public.name = property->name.text;

    struct publish **last_publish = &property->publishes;
    struct send **last_send = &property->sends;
    for (struct xml_element *child = element->children; child; child = child->next) {
        int r = 0;
        if (strcmp(child->name, "publish") == 0) {
            r = compile_publish(compile, child, property, last_publish);
            last_publish = *last_publish ? &(*last_publish)->next : last_publish;
        } else if (strcmp(child->name, "send") == 0) {
            r = compile_send(compile, child, property, last_send);
            confirms |= *last_send && (*last_send)->public.confirms;
            last_send = *last_send ? &(*last_send)->next : last_send;
        }
        if (r == -ENOMEM)
            return r;
    }
    property->public.publishes = property->publishes != NULL;
    property->public.sends = property->sends != NULL;
    if (!xml_child(element, "publish") && !xml_child(element, "send"))
        diag_error(compile->diag, element->place, "property has neither publish nor send");
check:
    property->public.kind = (enum mapping_kind)xml_get_choice(
        element, "kind", mapping_kind_names, xml_child(element, "send") ? MAPPING_TEXT : MAPPING_SENSOR,
        compile->diag);
    property->public.retain =
        xml_get_bool(element, "retain", property->public.kind != MAPPING_EVENT, compile->diag);
    property->public.assume = (enum mapping_assume)xml_get_choice(
        element, "assume", assume_names,
        property->sends && !confirms ? MAPPING_ASSUME_SENT : MAPPING_ASSUME_CONFIRMED, compile->diag);
    xml_check_attributes(element, property_attributes, compile->diag);
    xml_check_children(element, property_children, false, compile->diag);
    *ret = compile->diag->n_errors == errors ? property : NULL;
    return 0;
}

/* ---- map ---- */

static int get_split(struct compile *compile, const struct xml_element *element, struct map *map)
{
    const struct xml_attribute *split = xml_get(element, "split"), *by = xml_get(element, "by");
    const char *nearest = NULL;
    map->split_by = by ? copy(compile, by->value) : XPL_SLICE(",");
    if (by && !split)
        diag_error(compile->diag, by->place, "by without split");
    if (!split)
        return 0;
    struct xpl_slice text = copy(compile, split->value);
    if (!text.data)
        return -ENOMEM;
    if (variable_parse(text, TO_MQTT, &map->split, &nearest) < 0 || map->split.kind != VARIABLE_ITEM) {
        diag_error(compile->diag, split->place, "split=\"%s\": expected the name of an item", text.data);
        map->split = (struct variable){ 0 };
    }
    map->split.plain = true;
    return 0;
}

int compile_map(struct compile *compile, struct xml_element *element, struct map **ret)
{
    struct map *map = arena_new(&compile->mapping->arena, struct map);
    size_t errors = compile->diag->n_errors;
    if (!map)
        return -ENOMEM;
    map->public.place = compile_place(compile, element->place);
    map->public.shipped = compile->shipped;
    map->file = compile->file;
    map->types = get_types(compile, element, TYPE_BIT(XPL_STAT) | TYPE_BIT(XPL_TRIG));
    map->ignore_case = xml_get_bool(element, "ignore-case", false, compile->diag);
    map->continues = xml_get_bool(element, "continue", false, compile->diag);
    const struct xml_attribute *name = xml_get(element, "name");
    const char *text = name ? name->value.data : xml_get_string(element, "schema", "(every message)");
    map->public.name = arena_string(&compile->mapping->arena, text);
    if (name && name->value.size == 0)
        diag_error(compile->diag, name->place, "the map's name is empty");
    int results[] = {
        get_globs(compile, element, "schema", &map->schema),
        get_globs(compile, element, "source", &map->source),
        get_globs(compile, element, "target", &map->target),
        get_conditions(compile, element, TO_MQTT, &map->when),
        get_split(compile, element, map),
        get_template(compile, element, "device", TEMPLATE_TOPIC, TO_MQTT, &map->device),
        get_template(compile, element, "label", TEMPLATE_VALUE, TO_MQTT, &map->label),
    };
    for (size_t i = 0; i < sizeof(results) / sizeof(*results); i++)
        if (results[i] == -ENOMEM)
            return -ENOMEM;
    if (!xml_get(element, "device")) {
        struct conversion_source source = source_at(compile, element->place);
        if (template_parse(&source, XPL_SLICE("{source}"), TEMPLATE_TOPIC, TO_MQTT, &map->device) < 0)
            return -ENOMEM;
    } else if (map->device.text.data) {
        check_topic(compile, &map->device, BASE_PREFIX, false);
    }

    struct property **last = &map->properties;
    for (struct xml_element *child = element->children; child && map->device.parts; child = child->next) {
        if (strcmp(child->name, "property") == 0) {
            int r = compile_property(compile, child, map, last);
            if (r == -ENOMEM)
                return r;
            last = *last ? &(*last)->next : last;
        } else if (strcmp(child->name, "example") == 0) {
            struct example *example = arena_new(&compile->diag->arena, struct example);
            if (!example)
                return -ENOMEM;
            *example = (struct example){ child, map, NULL };
            *compile->last_example = example;
            compile->last_example = &example->next;
        }
    }
    xml_check_attributes(element, map_attributes, compile->diag);
    xml_check_children(element, map_children, false, compile->diag);
    *ret = compile->diag->n_errors == errors ? map : NULL;
    return 0;
}
