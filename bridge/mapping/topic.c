/* Topics seen from outside: who makes one, and how a value becomes a level. */
#include "mapping/act.h"

struct xpl_slice topic_below_prefix(const struct mapping *mapping, struct xpl_slice topic)
{
    struct xpl_slice prefix = mapping->prefix;
    if (topic.size <= prefix.size + 1 || memcmp(topic.data, prefix.data, prefix.size) != 0 ||
        topic.data[prefix.size] != '/')
        return xpl_slice(NULL, 0);
    return xpl_slice(topic.data + prefix.size + 1, topic.size - prefix.size - 1);
}

/* Whether the topic ends as the template does: a quick no for nearly all of a large table. */
static bool ends_alike(const struct template *template, struct xpl_slice topic)
{
    const struct part *last = template->n ? &template->parts[template->n - 1] : NULL;
    return !last || last->kind != PART_LITERAL || text_ends_with(topic, last->text);
}

/* The publish's whole topic with the device under its own path, if the text is of that form. */
static bool reads(const struct mapping *mapping, const struct map *map, const struct publish *publish,
                  struct scope *scope, struct xpl_slice topic)
{
    if (publish->base == BASE_ABSOLUTE)
        return template_read(&publish->topic, scope, topic);
    topic = topic_below_prefix(mapping, topic);
    if (!topic.data)
        return false;
    if (publish->base == BASE_PREFIX)
        return template_read(&publish->topic, scope, topic);
    /* The device may have any number of levels: try each place where it may end. */
    for (size_t at = 1; at + 1 < topic.size; at++) {
        if (topic.data[at] != '/')
            continue;
        scope_unbind(scope, 0);
        if (template_read(&map->device, scope, xpl_slice(topic.data, at)) &&
            template_read(&publish->topic, scope, xpl_slice(topic.data + at + 1, topic.size - at - 1)))
            return true;
    }
    return false;
}

struct xpl_slice scope_source(struct scope *scope)
{
    struct variable variable = { VARIABLE_SOURCE, false, { "", 0 } };
    struct xpl_slice source;
    return scope_get(scope, &variable, false, &source) ? source : XPL_SLICE("");
}

/* The device that the topic was read back to, into the scratch; false where the topic does not say it. */
static bool device_of(const struct map *map, const struct publish *publish, struct scope *scope,
                      struct mapping_scratch *scratch)
{
    return publish->base == BASE_DEVICE && map_device(map, scope, scratch) == 0;
}

/* Whether the property makes the topic; *ret is where, with the device's alias if it has one. */
static bool makes(const struct mapping *mapping, struct mapping_scratch *scratch,
                  const struct property *property, struct xpl_slice topic, struct xpl_slice *ret)
{
    const struct map *map = property->map;
    for (const struct publish *publish = property->publishes; publish; publish = publish->next) {
        struct scope scope;
        if (!ends_alike(&publish->topic, topic))
            continue;
        scratch_open(scratch, mapping, TO_MQTT, &scope);
        scope.ignore_case = map->ignore_case;
        if (!reads(mapping, map, publish, &scope, topic))
            continue;
        *ret = topic;
        if (!device_of(map, publish, &scope, scratch))
            return true;
        struct xpl_slice device = text_get(&scratch->device), alias = mapping_alias_name(mapping, device);
        size_t start = mapping->prefix.size + 1;
        if (map_ignores(mapping, scope_source(&scope), device))
            continue;
        if (xpl_slice_equal(device, alias) || topic.size < start + device.size)
            return true;
        text_reset(&scratch->topic);
        text_slice(&scratch->topic, xpl_slice(topic.data, start));
        text_slice(&scratch->topic, alias);
        text_slice(&scratch->topic,
                   xpl_slice(topic.data + start + device.size, topic.size - start - device.size));
        *ret = text_get(&scratch->topic);
        return true;
    }
    return false;
}

bool mapping_makes(const struct mapping *mapping, struct mapping_scratch *scratch, struct xpl_slice topic,
                   bool templated, bool retained, struct xpl_slice *ret)
{
    for (size_t m = 0; m < mapping->n_maps; m++)
        for (const struct property *p = mapping->maps[m]->properties; p; p = p->next)
            if ((p->public.retain || !retained) && (templated || !p->public.templated) &&
                makes(mapping, scratch, p, topic, ret))
                return true;
    return false;
}

void mapping_escape(struct xpl_slice value, struct text *ret)
{
    size_t start = ret->size;
    template_escape(value, "", ret);
    template_guard(ret, start, start);
}
