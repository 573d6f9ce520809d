/* Maps: attributes to fields, templates and conditions parsed, defaults filled in. Every mistake is a finding
 * with its place; an element with findings is left out, so that the next ones are still looked at. What
 * stands inside a map is in compile_property.c and compile_send.c. */
#include <errno.h>

#include "mapping/compile-private.h"

static const char *const map_attributes[] = { "name",   "schema",   "type",        "source", "target",
                                              "when",   "continue", "ignore-case", "split",  "by",
                                              "device", "label",    NULL };
static const char *const map_children[] = { "property", "example", NULL };

static int get_split(struct compile *compile, const struct xml_element *element, struct map *map)
{
    const struct xml_attribute *split = xml_get(element, "split"), *by = xml_get(element, "by");
    const char *nearest = NULL;
    map->split_by = by ? arena_copy(&compile->mapping->arena, by->value) : XPL_SLICE(",");
    if (by && !split)
        diag_error(compile->diag, by->place, "by without split");
    if (!split)
        return 0;
    struct xpl_slice text = arena_copy(&compile->mapping->arena, split->value);
    if (!text.data)
        return -ENOMEM;
    if (variable_parse(text, TO_MQTT, &map->split, &nearest) < 0 || map->split.kind != VARIABLE_ITEM) {
        diag_error(compile->diag, split->place, "split=\"%s\": expected the name of an item", text.data);
        map->split = (struct variable){ 0 };
    }
    map->split.plain = true;
    return 0;
}

/* source="a-b.c|d-e.f" as a condition; n 0 when it is none that is literal. */
static int globs_as_condition(struct arena *arena, const struct glob_list *globs, enum variable_kind kind,
                              struct condition *ret)
{
    struct condition condition = { .variable = { kind, false, { "", 0 } } };
    if (globs->n && !(condition.alternatives = arena_array(arena, struct alternative, globs->n)))
        return -ENOMEM;
    for (size_t i = 0; i < globs->n; i++)
        condition.alternatives[condition.n++].glob = globs->globs[i];
    *ret = condition;
    return 0;
}

/* What the indexes may file the map under. */
static int collect_demands(struct compile *compile, struct map *map)
{
    struct arena *arena = &compile->mapping->arena;
    struct condition address[2];
    struct conditions all[] = { map->when, { address, 2 } };
    if (globs_as_condition(arena, &map->source, VARIABLE_SOURCE, &address[0]) < 0 ||
        globs_as_condition(arena, &map->target, VARIABLE_TARGET, &address[1]) < 0)
        return -ENOMEM;
    size_t n = 0;
    for (int l = 0; l < 2; l++)
        for (size_t i = 0; i < all[l].n; i++)
            n += condition_is_literal(&all[l].list[i]);
    if (n && !(map->demands.list = arena_array(arena, struct condition, n)))
        return -ENOMEM;
    for (int l = 0; l < 2; l++)
        for (size_t i = 0; i < all[l].n; i++)
            if (condition_is_literal(&all[l].list[i]))
                map->demands.list[map->demands.n++] = all[l].list[i];
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
    map->types = compile_types(compile, element, TYPE_BIT(XPL_STAT) | TYPE_BIT(XPL_TRIG));
    map->ignore_case = xml_get_bool(element, "ignore-case", false, compile->diag);
    map->continues = xml_get_bool(element, "continue", false, compile->diag);
    const struct xml_attribute *name = xml_get(element, "name");
    const char *text = name ? name->value.data : xml_get_string(element, "schema", "(every message)");
    map->public.name = arena_string(&compile->mapping->arena, text);
    if (name && name->value.size == 0)
        diag_error(compile->diag, name->place, "the map's name is empty");
    int results[] = {
        compile_globs(compile, element, "schema", &map->schema),
        compile_globs(compile, element, "source", &map->source),
        compile_globs(compile, element, "target", &map->target),
        compile_conditions(compile, element, TO_MQTT, &map->when),
        get_split(compile, element, map),
        compile_template(compile, element, "device", TEMPLATE_TOPIC, TO_MQTT, &map->device),
        compile_template(compile, element, "label", TEMPLATE_VALUE, TO_MQTT, &map->label),
    };
    for (size_t i = 0; i < sizeof(results) / sizeof(*results); i++)
        if (results[i] == -ENOMEM)
            return -ENOMEM;
    if (collect_demands(compile, map) < 0)
        return -ENOMEM;
    if (!xml_get(element, "device")) {
        struct conversion_source source = compile_source(compile, element->place);
        if (template_parse(&source, XPL_SLICE("{source}"), TEMPLATE_TOPIC, TO_MQTT, &map->device) < 0)
            return -ENOMEM;
    } else if (map->device.text.data) {
        compile_check_topic(compile, &map->device, BASE_PREFIX, false);
    } else { /* what is below it is looked at all the same: all findings in one run */
        struct conversion_source source = compile_source(compile, element->place);
        if (template_literal(&source, XPL_SLICE("?"), &map->device) < 0)
            return -ENOMEM;
        map->device_unknown = true;
    }

    struct property **last = &map->properties;
    for (struct xml_element *child = element->children; child; child = child->next) {
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
