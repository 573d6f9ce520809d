/* The small elements: tables, aliases, ignores. */
#include <errno.h>

#include "mapping/compile-private.h"

static const char *const table_attributes[] = { "name", NULL };
static const char *const table_children[] = { "row", NULL };
static const char *const row_attributes[] = { "xpl", "mqtt", NULL };
static const char *const alias_attributes[] = { "device", "name", "label", "room", NULL };
static const char *const alias_children[] = { "property", NULL };
static const char *const alias_property_attributes[] = { "name", "kind", "class", "label", NULL };
static const char *const ignore_attributes[] = { "source", "device", NULL };
static const char *const none[] = { NULL };

static struct xpl_slice copy_attribute(struct compile *compile, const struct xml_element *element,
                                       const char *name)
{
    const struct xml_attribute *attribute = xml_get(element, name);
    return attribute ? arena_copy(&compile->mapping->arena, attribute->value) : xpl_slice(NULL, 0);
}

/* The attribute, with a finding when it is missing or empty. */
static struct xpl_slice demand_attribute(struct compile *compile, const struct xml_element *element,
                                         const char *name)
{
    struct xpl_slice value = copy_attribute(compile, element, name);
    if (value.size == 0)
        diag_error(compile->diag, element->place, "%s needs a %s", element->name, name);
    return value;
}

int compile_table(struct compile *compile, struct xml_element *element, struct table **ret)
{
    struct arena *arena = &compile->mapping->arena;
    struct table *table = arena_new(arena, struct table);
    size_t errors = compile->diag->n_errors, n = 0;
    if (!table)
        return -ENOMEM;
    table->name = demand_attribute(compile, element, "name");
    table->place = compile_place(compile, element->place);
    table->shipped = compile->shipped;
    if (table->name.size && strpbrk(table->name.data, "|:{}'[] "))
        diag_error(compile->diag, element->place,
                   "a table's name cannot hold blanks or any of | : { } ' [ ]");
    if (conversion_is_name(table->name))
        diag_warning(compile->diag, element->place,
                     "table '%.*s' is never used: the conversion of that name is",
                     XPL_SLICE_ARGS(table->name));
    for (struct xml_element *row = xml_child(element, "row"); row; row = xml_sibling(row))
        n++;
    table->rows = arena_array(arena, struct table_row, n + 1);
    if (!table->rows)
        return -ENOMEM;
    for (struct xml_element *row = xml_child(element, "row"); row; row = xml_sibling(row)) {
        struct table_row *out = &table->rows[table->n++];
        out->xpl = copy_attribute(compile, row, "xpl");
        out->mqtt = copy_attribute(compile, row, "mqtt");
        if (!out->xpl.data || !out->mqtt.data)
            diag_error(compile->diag, row->place, "row needs xpl and mqtt");
        xml_check_attributes(row, row_attributes, compile->diag);
        xml_check_children(row, none, false, compile->diag);
    }
    if (n == 0)
        diag_error(compile->diag, element->place, "table has no rows");
    xml_check_attributes(element, table_attributes, compile->diag);
    xml_check_children(element, table_children, false, compile->diag);
    if (compile->diag->n_errors == errors) {
        if (table_seal(arena, table) < 0)
            return -ENOMEM;
        *ret = table;
    }
    return 0;
}

static void check_alias_name(struct compile *compile, const struct xml_element *element,
                             struct xpl_slice name)
{
    const struct xml_attribute *attribute = xml_get(element, "name");
    if (name.size == 0)
        return;
    const char *slash = memchr(name.data, '/', name.size);
    struct xpl_slice first = xpl_slice(name.data, slash ? (size_t)(slash - name.data) : name.size);
    if (memchr(name.data, '#', name.size) || memchr(name.data, '+', name.size) || name.data[0] == '$')
        diag_error(compile->diag, attribute->place,
                   "the name '%.*s' is no topic: it holds #, + or begins with $", XPL_SLICE_ARGS(name));
    else if (first.size == 0 || name.data[name.size - 1] == '/' || strstr(name.data, "//"))
        diag_error(compile->diag, attribute->place, "the name '%.*s' has an empty level",
                   XPL_SLICE_ARGS(name));
    else if (template_is_reserved(first) ||
             (slash && template_is_reserved(xpl_slice_from(strrchr(name.data, '/') + 1))))
        diag_error(compile->diag, attribute->place, "the name '%.*s' is one that the bridge keeps for itself",
                   XPL_SLICE_ARGS(name));
}

int compile_alias(struct compile *compile, struct xml_element *element, struct alias **ret)
{
    struct alias *alias = arena_new(&compile->mapping->arena, struct alias);
    size_t errors = compile->diag->n_errors;
    if (!alias)
        return -ENOMEM;
    alias->place = compile_place(compile, element->place);
    alias->device = demand_attribute(compile, element, "device");
    alias->name = copy_attribute(compile, element, "name");
    alias->label = copy_attribute(compile, element, "label");
    alias->room = copy_attribute(compile, element, "room");
    check_alias_name(compile, element, alias->name);
    struct alias_property **last = &alias->properties;
    for (struct xml_element *child = xml_child(element, "property"); child; child = xml_sibling(child)) {
        struct alias_property *property = arena_new(&compile->mapping->arena, struct alias_property);
        if (!property)
            return -ENOMEM;
        property->name = demand_attribute(compile, child, "name");
        int kind = xml_get_choice(child, "kind", mapping_kind_names, -1, compile->diag);
        property->kind = kind < 0 ? xpl_slice(NULL, 0) : xpl_slice_from(mapping_kind_names[kind]);
        property->class = copy_attribute(compile, child, "class");
        property->label = copy_attribute(compile, child, "label");
        xml_check_attributes(child, alias_property_attributes, compile->diag);
        xml_check_children(child, none, false, compile->diag);
        *last = property;
        last = &property->next;
    }
    xml_check_attributes(element, alias_attributes, compile->diag);
    xml_check_children(element, alias_children, false, compile->diag);
    if (compile->diag->n_errors == errors)
        *ret = alias;
    return 0;
}

int compile_ignore(struct compile *compile, struct xml_element *element, struct ignore **ret)
{
    struct ignore *ignore = arena_new(&compile->mapping->arena, struct ignore);
    size_t errors = compile->diag->n_errors;
    if (!ignore || compile_globs(compile, element, "source", &ignore->source) < 0 ||
        compile_globs(compile, element, "device", &ignore->device) < 0)
        return -ENOMEM;
    if (!ignore->source.n && !ignore->device.n)
        diag_error(compile->diag, element->place,
                   "ignore needs a source or a device (it would take everything)");
    xml_check_attributes(element, ignore_attributes, compile->diag);
    xml_check_children(element, none, false, compile->diag);
    if (compile->diag->n_errors == errors)
        *ret = ignore;
    return 0;
}
