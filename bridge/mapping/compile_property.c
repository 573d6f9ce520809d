/* The property element and its publish sides. */
#include <errno.h>
#include <stdio.h>

#include "base/number.h"
#include "mapping/compile-private.h"

const char *const mapping_kind_names[] = { "sensor", "binary", "switch", "number", "select",
                                           "text",   "button", "event",  NULL };
static const char *const entity_names[] = { "light", "cover", "climate", "alarm", NULL };
static const char *const assume_names[] = { "no", "sent", "confirmed", NULL };

static const char *const property_attributes[] = { "name",   "kind", "unit",      "class",   "min",
                                                   "max",    "step", "options",   "entity",  "role",
                                                   "retain", "qos",  "on-change", "refresh", "min-interval",
                                                   "dedupe", "each", "assume",    NULL };
static const char *const property_children[] = { "publish", "send", NULL };
static const char *const publish_attributes[] = { "type", "when", "payload", "topic", NULL };
static const char *const none[] = { NULL };

static int compile_publish(struct compile *compile, struct xml_element *element, struct property *property,
                           struct publish **ret)
{
    struct publish *publish = arena_new(&compile->mapping->arena, struct publish);
    if (!publish)
        return -ENOMEM;
    publish->place = compile_place(compile, element->place);
    publish->types = compile_types(compile, element, TYPES_ALL);
    int r = compile_conditions(compile, element, TO_MQTT, &publish->when);
    int t = compile_topic(compile, element, property, false, &publish->base, &publish->topic);
    int p = compile_template(compile, element, "payload", TEMPLATE_VALUE, TO_MQTT, &publish->payload);
    xml_check_attributes(element, publish_attributes, compile->diag);
    xml_check_children(element, none, false, compile->diag);
    if (r < 0 || t < 0 || p < 0)
        return r == -ENOMEM || t == -ENOMEM || p == -ENOMEM ? -ENOMEM : 0;

    if (!publish->payload.text.data) {
        struct conversion_source source = compile_source(compile, element->place);
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

static void get_details(struct compile *compile, struct xml_element *element, struct property *property)
{
    struct mapping_property *public = &property->public;
    const struct xml_attribute *each = xml_get(element, "each");
    if (each && each->value.size)
        property->each = arena_copy(&compile->mapping->arena, each->value);
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
    public->refresh_ms = compile_seconds(compile, element, "refresh", 1, 0);
    public->min_interval_ms = compile_seconds(compile, element, "min-interval", 0.1, 0);
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

static int compile_sides(struct compile *compile, struct xml_element *element, struct property *property)
{
    struct publish **last_publish = &property->publishes;
    struct send **last_send = &property->sends;
    for (struct xml_element *child = element->children; child; child = child->next) {
        int r = 0;
        if (strcmp(child->name, "publish") == 0) {
            r = compile_publish(compile, child, property, last_publish);
            last_publish = *last_publish ? &(*last_publish)->next : last_publish;
        } else if (strcmp(child->name, "send") == 0) {
            r = compile_send(compile, child, property, last_send);
            last_send = *last_send ? &(*last_send)->next : last_send;
        }
        if (r == -ENOMEM)
            return r;
    }
    property->public.publishes = property->publishes != NULL;
    property->public.sends = property->sends != NULL;
    if (!xml_child(element, "publish") && !xml_child(element, "send"))
        diag_error(compile->diag, element->place, "property has neither publish nor send");
    return 0;
}

/* What has a default that follows from the sides. */
static void get_behaviour(struct compile *compile, const struct xml_element *element,
                          struct property *property)
{
    struct mapping_property *public = &property->public;
    bool confirms = false;
    for (const struct send *send = property->sends; send; send = send->next)
        confirms |= send->public.confirms;
    public->kind = (enum mapping_kind)xml_get_choice(
        element, "kind", mapping_kind_names, xml_child(element, "send") ? MAPPING_TEXT : MAPPING_SENSOR,
        compile->diag);
    public->retain = xml_get_bool(element, "retain", public->kind != MAPPING_EVENT, compile->diag);
    public->assume = (enum mapping_assume)xml_get_choice(
        element, "assume", assume_names,
        public->sends && !confirms ? MAPPING_ASSUME_SENT : MAPPING_ASSUME_CONFIRMED, compile->diag);
}

int compile_property(struct compile *compile, struct xml_element *element, struct map *map,
                     struct property **ret)
{
    struct property *property = arena_new(&compile->mapping->arena, struct property);
    size_t errors = compile->diag->n_errors;
    if (!property)
        return -ENOMEM;
    property->map = map;
    property->public.map = &map->public;
    property->place = compile_place(compile, element->place);
    int results[] = {
        compile_template(compile, element, "name", TEMPLATE_TOPIC, TO_MQTT, &property->name),
        compile_template(compile, element, "unit", TEMPLATE_VALUE, TO_MQTT, &property->unit),
        compile_template(compile, element, "class", TEMPLATE_VALUE, TO_MQTT, &property->class),
        compile_template(compile, element, "min", TEMPLATE_VALUE, TO_MQTT, &property->min),
        compile_template(compile, element, "max", TEMPLATE_VALUE, TO_MQTT, &property->max),
        compile_template(compile, element, "step", TEMPLATE_VALUE, TO_MQTT, &property->step),
        compile_template(compile, element, "options", TEMPLATE_VALUE, TO_MQTT, &property->options),
    };
    for (size_t i = 0; i < sizeof(results) / sizeof(*results); i++)
        if (results[i] == -ENOMEM)
            return -ENOMEM;
    if (!xml_get(element, "name"))
        diag_error(compile->diag, element->place, "property needs a name");
    else if (property->name.parts)
        compile_check_topic(compile, &property->name, BASE_DEVICE, false);
    property->topics_unknown = map->device_unknown || !property->name.parts;
    if (!property->name.parts) {
        struct conversion_source source = compile_source(compile, element->place);
        if (template_literal(&source, XPL_SLICE("?"), &property->name) < 0)
            return -ENOMEM;
    }
    property->public.name = property->name.text;
    property->public.templated = property->name.variable;
    get_details(compile, element, property);
    check_range(compile, property);
    if (compile_sides(compile, element, property) < 0)
        return -ENOMEM;
    get_behaviour(compile, element, property);
    xml_check_attributes(element, property_attributes, compile->diag);
    xml_check_children(element, property_children, false, compile->diag);
    *ret = compile->diag->n_errors == errors ? property : NULL;
    return 0;
}
