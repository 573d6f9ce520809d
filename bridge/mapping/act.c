/* A map at work on one message: whether it matches, its DEVICE, and its properties one by one. */
#include "mapping/act.h"

#include <stdio.h>

static struct mapping_reason reason(const struct scope *scope, int counter)
{
    return (struct mapping_reason){ (enum counter)counter, scope->why->data };
}

void act_skip(struct act *act, const struct property *property, int counter)
{
    struct mapping_reason why = reason(act->scope, counter);
    act->told = true;
    if (act->sink->skipped)
        act->sink->skipped(act->sink->context, &act->map->public, property ? &property->public : NULL, &why);
    text_reset(act->scope->why);
}

static bool is_type(unsigned types, enum xpl_type type)
{
    return types & TYPE_BIT(type);
}

bool map_matches(const struct map *map, struct scope *scope, char *ret_failed, size_t capacity)
{
    const struct xpl_message *message = scope->message;
    const struct condition *failed = NULL;
    const char *what = NULL;
    scope->ignore_case = map->ignore_case;
    if (!glob_list_match(&map->schema, message->schema))
        what = "its schema";
    else if (!is_type(map->types, message->type))
        what = "its message type";
    else if (!glob_list_match(&map->source, message->source.text))
        what = "its source";
    else if (!glob_list_match(&map->target, message->target.text))
        what = "its target";
    else if (!conditions_hold(&map->when, scope, false, &failed))
        what = "";
    if (what && ret_failed) {
        if (failed)
            snprintf(ret_failed, capacity, "when=\"%.*s\" does not hold", XPL_SLICE_ARGS(failed->text));
        else
            snprintf(ret_failed, capacity, "%s is another", what);
    }
    return !what;
}

int map_device(const struct map *map, struct scope *scope, struct mapping_scratch *scratch)
{
    text_reset(&scratch->device);
    int r = template_render(&map->device, scope, TEMPLATE_TOPIC, &scratch->device);
    if (r == 0 && scratch->device.size == 0) {
        text_string(scope->why, "the device's path is empty");
        return COUNT_NOT_MADE_MISSING;
    }
    return r;
}

int map_device_of_topic(const struct mapping *mapping, const struct map *map, struct scope *scope,
                        struct mapping_scratch *scratch, struct xpl_slice *ret_device,
                        struct xpl_slice *ret_alias)
{
    enum direction direction = scope->direction;
    scope->direction = TO_MQTT; /* the device's path is MQTT's side of the tables */
    int r = map_device(map, scope, scratch);
    scope->direction = direction;
    text_reset(scope->why);
    *ret_device = r ? XPL_SLICE("") : text_get(&scratch->device);
    *ret_alias = r ? XPL_SLICE("") : mapping_alias_name(mapping, *ret_device);
    return r;
}

static int make_topic(struct act *act, enum topic_base base, const struct template *template)
{
    struct text *topic = &act->scratch->topic;
    text_reset(topic);
    if (base != BASE_ABSOLUTE) {
        text_slice(topic, act->mapping->prefix);
        text_char(topic, '/');
    }
    if (base == BASE_DEVICE) {
        text_slice(topic, act->alias);
        text_char(topic, '/');
    }
    return template_render(template, act->scope, TEMPLATE_TOPIC, topic);
}

static int make_name(struct act *act, const struct property *property)
{
    text_reset(&act->scratch->name);
    return template_render(&property->name, act->scope, TEMPLATE_TOPIC, &act->scratch->name);
}

static void emit(struct act *act, const struct property *property, struct xpl_slice payload)
{
    struct mapping_publish publish = {
        .property = &property->public,
        .topic = text_get(&act->scratch->topic),
        .payload = payload,
        .device = act->device,
        .alias = act->alias,
        .name = text_get(&act->scratch->name),
        .scope = act->scope,
    };
    act->told = true;
    if (act->sink->publish)
        act->sink->publish(act->sink->context, &publish);
}

/* What the property had to make goes back to the pool, so that no number of properties fills it. */
static bool act_once(struct act *act, const struct property *property)
{
    const struct publish *publish = property->publishes;
    struct scope *scope = act->scope;
    size_t pool = scope->pool->size;
    while (publish && !((act->any_type || is_type(publish->types, scope->message->type)) &&
                        conditions_hold(&publish->when, scope, false, NULL)))
        publish = publish->next;
    if (!publish) {
        scope->pool->size = pool;
        return false;
    }
    struct text *payload = &act->scratch->payload;
    text_reset(payload);
    int r = make_name(act, property);
    if (r == 0)
        r = make_topic(act, publish->base, &publish->topic);
    if (r == 0)
        r = template_render(&publish->payload, scope, TEMPLATE_VALUE, payload);
    if (r == 0 && payload->size == 0 && publish->payload.variable) { /* it would clear a retained topic */
        text_string(scope->why, "the payload came out empty");
        r = COUNT_NOT_MADE_MISSING;
    }
    if (r == 0)
        r = property_check_range(property, scope, text_get(payload));
    if (r)
        act_skip(act, property, r);
    else
        emit(act, property, text_get(payload));
    scope->pool->size = pool;
    return r == 0;
}

bool act_property(struct act *act, const struct property *property)
{
    if (!property->each.data)
        return act_once(act, property);
    const struct xpl_message *message = act->scope->message;
    struct variable item = { VARIABLE_ITEM, true, XPL_SLICE("item") };
    struct variable value = { VARIABLE_ITEM, true, XPL_SLICE("value") };
    bool any = false;
    for (size_t i = 0; i < message->n_items; i++) {
        size_t bindings = act->scope->n_bindings, pool = act->scope->pool->size;
        struct xpl_slice name, text;
        if (!glob_match(property->each, message->items[i].name, true))
            continue;
        if (scope_text(act->scope, message->items[i].name, true, &name) &&
            scope_text(act->scope, message->items[i].value, false, &text) &&
            scope_bind(act->scope, item, name) && scope_bind(act->scope, value, text))
            any |= act_once(act, property);
        scope_unbind(act->scope, bindings);
        act->scope->pool->size = pool;
    }
    return any;
}

void act_payload(struct act *act, const struct property *property, struct xpl_slice payload)
{
    const struct publish *publish = property->publishes;
    int r = make_name(act, property);
    if (r == 0)
        r = make_topic(act, publish->base, &publish->topic);
    if (r)
        act_skip(act, property, r);
    else
        emit(act, property, payload);
}
