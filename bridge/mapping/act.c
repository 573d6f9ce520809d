#include "mapping/act.h"

#include <stdio.h>

#include "base/number.h"
#include "mapping/index.h"

static struct mapping_reason reason(const struct scope *scope, int counter)
{
    return (struct mapping_reason){ (enum counter)counter, scope->why->data };
}

static void skip(struct act *act, const struct property *property, int counter)
{
    struct mapping_reason why = reason(act->scope, counter);
    if (act->sink->skipped)
        act->sink->skipped(act->sink->context, &act->map->public, property ? &property->public : NULL, &why);
    text_reset(act->scope->why);
}

static bool render_number(const struct template *template, struct scope *scope, double *ret)
{
    char buffer[NUMBER_TEXT_MAX];
    struct text text = TEXT(buffer);
    bool ok = template->text.data && template_render(template, scope, TEMPLATE_VALUE, &text) == 0 &&
              number_parse(text_get(&text), ret) == 0;
    text_reset(scope->why);
    return ok;
}

/* "off,heat,cool": whether the word is one of them. */
static bool has_option(struct xpl_slice options, struct xpl_slice word)
{
    while (options.size) {
        const char *comma = memchr(options.data, ',', options.size);
        size_t size = comma ? (size_t)(comma - options.data) : options.size;
        struct xpl_slice option = xpl_slice(options.data, size);
        while (option.size && option.data[0] == ' ')
            option = xpl_slice(option.data + 1, option.size - 1);
        while (option.size && option.data[option.size - 1] == ' ')
            option.size--;
        if (xpl_slice_equal(option, word))
            return true;
        options = comma ? xpl_slice(comma + 1, options.size - size - 1) : xpl_slice(NULL, 0);
    }
    return false;
}

int property_check_range(const struct property *property, struct scope *scope, struct xpl_slice payload)
{
    double value, bound;
    bool low = property->min.text.data, high = property->max.text.data;
    if (low || high) {
        if (number_parse(payload, &value) < 0) {
            text_format(scope->why, "'%.*s' is no number", XPL_SLICE_ARGS(payload));
            return COUNT_NOT_MADE_NUMBER;
        }
        if (low && render_number(&property->min, scope, &bound) && value < bound) {
            text_format(scope->why, "%.*s is below the minimum ", XPL_SLICE_ARGS(payload));
            number_write(bound, scope->why);
            return COUNT_NOT_MADE_RANGE;
        }
        if (high && render_number(&property->max, scope, &bound) && value > bound) {
            text_format(scope->why, "%.*s is above the maximum ", XPL_SLICE_ARGS(payload));
            number_write(bound, scope->why);
            return COUNT_NOT_MADE_RANGE;
        }
    }
    if (property->public.kind == MAPPING_SELECT && property->options.text.data) {
        struct xpl_slice list;
        int made = template_make(&property->options, scope, &list);
        text_reset(scope->why);
        if (made == 0 && !has_option(list, payload)) {
            text_format(scope->why, "'%.*s' is none of the options %.*s", XPL_SLICE_ARGS(payload),
                        XPL_SLICE_ARGS(list));
            return COUNT_NOT_MADE_RANGE;
        }
    }
    return 0;
}

/* ---- a map and a message ---- */

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

static bool emit(struct act *act, const struct property *property, struct xpl_slice payload)
{
    struct mapping_publish publish = {
        .property = &property->public,
        .topic = text_get(&act->scratch->topic),
        .payload = payload,
        .device = act->device,
        .alias = act->alias,
        .name = text_get(&act->scratch->name),
    };
    if (act->sink->publish)
        act->sink->publish(act->sink->context, &publish);
    return true;
}

static bool act_once(struct act *act, const struct property *property)
{
    const struct publish *publish = property->publishes;
    struct scope *scope = act->scope;
    while (publish && !((act->any_type || is_type(publish->types, scope->message->type)) &&
                        conditions_hold(&publish->when, scope, false, NULL)))
        publish = publish->next;
    if (!publish)
        return false;
    struct text *payload = &act->scratch->payload;
    text_reset(payload);
    int r = make_name(act, property);
    if (r == 0)
        r = make_topic(act, publish->base, &publish->topic);
    if (r == 0)
        r = template_render(&publish->payload, scope, TEMPLATE_VALUE, payload);
    if (r == 0)
        r = property_check_range(property, scope, text_get(payload));
    if (r) {
        skip(act, property, r);
        return false;
    }
    return emit(act, property, text_get(payload));
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
        size_t before = act->scope->n_bindings;
        struct text lower = pool_open(act->scope->pool), decoded;
        struct xpl_slice name, text;
        if (!glob_match(property->each, message->items[i].name, true))
            continue;
        text_lower(&lower, message->items[i].name);
        if (!pool_close(act->scope->pool, &lower, &name))
            continue;
        decoded = pool_open(act->scope->pool);
        charset_text(act->scope->charset, message->items[i].value, &decoded);
        if (pool_close(act->scope->pool, &decoded, &text) && scope_bind(act->scope, item, name) &&
            scope_bind(act->scope, value, text))
            any |= act_once(act, property);
        scope_unbind(act->scope, before);
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
        skip(act, property, r);
    else
        emit(act, property, payload);
}

/* ---- a whole message ---- */

static bool is_ignored_source(const struct mapping *mapping, const struct xpl_message *message)
{
    for (const struct ignore *ignore = mapping->ignores; ignore; ignore = ignore->next)
        if (!ignore->device.n && glob_list_match(&ignore->source, message->source.text))
            return true;
    return false;
}

static bool is_ignored_device(const struct mapping *mapping, const struct xpl_message *message,
                              struct xpl_slice device)
{
    for (const struct ignore *ignore = mapping->ignores; ignore; ignore = ignore->next)
        if (ignore->device.n && glob_list_match(&ignore->source, message->source.text) &&
            glob_list_match(&ignore->device, device))
            return true;
    return false;
}

/* False when the device is one to be ignored. */
static bool act_map(struct act *act)
{
    int r = map_device(act->map, act->scope, act->scratch);
    if (r) {
        skip(act, NULL, r);
        return true;
    }
    act->device = text_get(&act->scratch->device);
    if (is_ignored_device(act->mapping, act->scope->message, act->device))
        return false;
    act->alias = mapping_alias_name(act->mapping, act->device);
    for (const struct property *property = act->map->properties; property; property = property->next)
        act_property(act, property);
    return true;
}

static bool act_part(struct act *act, struct xpl_slice part)
{
    size_t before = act->scope->n_bindings;
    bool acted = true;
    while (part.size && part.data[0] == ' ')
        part = xpl_slice(part.data + 1, part.size - 1);
    while (part.size && part.data[part.size - 1] == ' ')
        part.size--;
    if (part.size && scope_bind(act->scope, act->map->split, part))
        acted = act_map(act);
    scope_unbind(act->scope, before);
    return acted;
}

/* Repeated items and lists in them, each value once. */
static bool act_split(struct act *act)
{
    const struct xpl_message *message = act->scope->message;
    struct xpl_slice by = act->map->split_by;
    bool acted = false, found = false;
    for (size_t i = 0; i < message->n_items; i++) {
        if (!xpl_slice_equal_nocase(message->items[i].name, act->map->split.name))
            continue;
        found = true;
        struct text decoded = pool_open(act->scope->pool);
        struct xpl_slice rest;
        charset_text(act->scope->charset, message->items[i].value, &decoded);
        if (!pool_close(act->scope->pool, &decoded, &rest))
            continue;
        while (rest.size) {
            const char *end = by.size ? memmem(rest.data, rest.size, by.data, by.size) : NULL;
            size_t size = end ? (size_t)(end - rest.data) : by.size ? rest.size : utf8_next(rest, NULL);
            size = size || end ? size : 1;
            acted |= act_part(act, xpl_slice(rest.data, size));
            size += end ? by.size : 0;
            rest = xpl_slice(rest.data + size, rest.size - size);
        }
    }
    return found ? acted : act_map(act);
}

enum mapping_result mapping_on_xpl(const struct mapping *mapping, struct mapping_scratch *scratch,
                                   const struct xpl_message *message, const struct mapping_sink *sink)
{
    struct scope scope;
    struct candidates candidates;
    bool taken = false, ignored = false;
    if (is_ignored_source(mapping, message))
        return MAPPING_IGNORED;
    scratch_open(scratch, mapping, TO_MQTT, &scope);
    scope.message = message;
    index_find(mapping->index, &scope, &candidates);
    for (uint32_t id = candidates_next(&candidates); id != UINT32_MAX; id = candidates_next(&candidates)) {
        const struct map *map = mapping->maps[id];
        text_reset(&scratch->pool);
        if (!map_matches(map, &scope, NULL, 0))
            continue;
        if (sink->matched)
            sink->matched(sink->context, &map->public);
        struct act act = {
            .mapping = mapping, .scratch = scratch, .scope = &scope, .sink = sink, .map = map
        };
        bool acted = map->split.name.data && map->split.name.size ? act_split(&act) : act_map(&act);
        taken |= acted;
        ignored |= !acted;
        if (!map->continues)
            break;
    }
    return taken ? MAPPING_TAKEN : ignored ? MAPPING_IGNORED : MAPPING_UNMAPPED;
}

bool mapping_near(const struct mapping *mapping, struct mapping_scratch *scratch,
                  const struct xpl_message *message,
                  void (*miss)(void *context, const struct mapping_map *map, const char *text), void *context)
{
    bool any = false;
    for (size_t i = 0; i < mapping->n_maps; i++) {
        const struct map *map = mapping->maps[i];
        struct scope scope;
        char text[256];
        if (!map->schema.n || !glob_list_match(&map->schema, message->schema))
            continue;
        scratch_open(scratch, mapping, TO_MQTT, &scope);
        scope.message = message;
        if (!map_matches(map, &scope, text, sizeof(text))) {
            miss(context, &map->public, text);
            any = true;
        }
    }
    return any;
}

const char *mapping_nearest_schema(const struct mapping *mapping, struct xpl_slice schema)
{
    const char *best = NULL;
    size_t best_distance = SIZE_MAX;
    for (size_t i = 0; i < mapping->n_maps; i++)
        for (size_t s = 0; s < mapping->maps[i]->schema.n; s++) {
            struct xpl_slice glob = mapping->maps[i]->schema.globs[s];
            size_t distance = glob_is_literal(glob) ? diag_distance(schema, glob) : SIZE_MAX;
            if (distance < best_distance) {
                best = glob.data;
                best_distance = distance;
            }
        }
    return best;
}
