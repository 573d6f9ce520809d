/* A whole message: what is ignored, which maps take it, once for each value that a map splits; and why no map
 * did. */
#include "base/limits.h"
#include "mapping/act.h"
#include "mapping/index.h"

bool map_ignores(const struct mapping *mapping, struct xpl_slice source, struct xpl_slice device)
{
    for (const struct ignore *ignore = mapping->ignores; ignore; ignore = ignore->next)
        if (glob_list_match(&ignore->source, source) &&
            (!ignore->device.n || (device.data && glob_list_match(&ignore->device, device))))
            return true;
    return false;
}

/* False when the device is one to be ignored. */
static bool act_map(struct act *act)
{
    int r = map_device(act->map, act->scope, act->scratch);
    if (r) {
        act_skip(act, NULL, r);
        return true;
    }
    act->device = text_get(&act->scratch->device);
    if (map_ignores(act->mapping, act->scope->message->source.text, act->device))
        return false;
    act->alias = mapping_alias_name(act->mapping, act->device);
    for (const struct property *property = act->map->properties; property; property = property->next)
        act_property(act, property);
    return true;
}

struct split {
    struct act *act;
    size_t n;
    bool acted;
};

static void split_part(struct split *split, struct xpl_slice part)
{
    struct scope *scope = split->act->scope;
    size_t bindings = scope->n_bindings, pool = scope->pool->size;
    part = text_trim(part);
    if (part.size == 0 || split->n++ >= LIMIT_SPLIT)
        return;
    if (scope_bind(scope, split->act->map->split, part))
        split->acted |= act_map(split->act);
    scope_unbind(scope, bindings);
    scope->pool->size = pool;
}

/* The parts of a list, or its characters. */
static void split_list(struct split *split, struct xpl_slice rest)
{
    struct xpl_slice by = split->act->map->split_by;
    while (rest.size && split->n <= LIMIT_SPLIT) {
        const char *end = by.size ? memmem(rest.data, rest.size, by.data, by.size) : NULL;
        size_t size = end ? (size_t)(end - rest.data) : by.size ? rest.size : utf8_next(rest, NULL);
        if (size == 0 && !end) /* no character */
            size = 1;
        split_part(split, xpl_slice(rest.data, size));
        size += end ? by.size : 0;
        rest = xpl_slice(rest.data + size, rest.size - size);
    }
}

/* Repeated items and lists in them, value by value; without any, the item is simply missing. */
static bool act_split(struct act *act)
{
    const struct xpl_message *message = act->scope->message;
    const struct map *map = act->map;
    struct split split = { .act = act };
    for (size_t i = 0; i < message->n_items; i++) {
        struct xpl_slice list;
        if (xpl_slice_equal_nocase(message->items[i].name, map->split.name) &&
            scope_text(act->scope, message->items[i].value, false, &list))
            split_list(&split, list);
    }
    if (split.n == 0) {
        scope_bind(act->scope, map->split, XPL_SLICE(""));
        return act_map(act);
    }
    if (split.n > LIMIT_SPLIT) {
        text_format(act->scope->why, "more than %d values in %.*s", LIMIT_SPLIT,
                    XPL_SLICE_ARGS(map->split.name));
        act_skip(act, NULL, COUNT_NOT_MADE_SIZE);
    }
    return split.acted;
}

enum mapping_result mapping_on_xpl(const struct mapping *mapping, struct mapping_scratch *scratch,
                                   const struct xpl_message *message, const struct mapping_sink *sink)
{
    struct scope scope;
    struct candidates candidates;
    bool taken = false, ignored = false;
    if (map_ignores(mapping, message->source.text, xpl_slice(NULL, 0)))
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
        if (acted && !act.told) {
            text_string(scope.why, "it takes the message, and no `when` of its properties holds");
            act_skip(&act, NULL, COUNT_NOT_MADE_WHEN);
        }
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
