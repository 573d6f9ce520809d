/* A whole message: what is ignored, which maps take it, once for each value that a map splits; and why no map
 * did. */
#include "mapping/act.h"
#include "mapping/index.h"

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
        act_skip(act, NULL, r);
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
