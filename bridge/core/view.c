#include "core/view.h"

#include <errno.h>

#include "base/limits.h"

struct xpl_slice view_option(const char *list, size_t n)
{
    while (*list) {
        size_t size = strcspn(list, ",");
        struct xpl_slice option = text_trim(xpl_slice(list, size));
        if (option.size && n-- == 0)
            return option;
        list += size + (list[size] == ',');
    }
    return xpl_slice(NULL, 0);
}

void view_humanize(struct xpl_slice name, struct text *ret)
{
    for (size_t i = 0; i < name.size; i++) {
        char c = name.data[i];
        if (i == 0 && c >= 'a' && c <= 'z')
            c = (char)(c - 'a' + 'A');
        text_char(ret, c == '-' || c == '_' ? ' ' : c);
    }
}

/* What is appended between two of these is one text with a NUL behind it. */
static size_t begin(struct view *view)
{
    return view->pool.size;
}

static const char *end(struct view *view, size_t start)
{
    text_slice(&view->pool, xpl_slice("", 1));
    return view->pool.overflow ? "" : view->pool.data + start;
}

static const char *topic(struct view *view, const char *folded, struct xpl_slice above)
{
    size_t start = begin(view);
    thing_unfold_topic(xpl_slice_from(folded), above, &view->pool);
    return end(view, start);
}

/* The list without blanks and without what stands there twice. */
static const char *list(struct view *view, const char *options)
{
    struct xpl_slice option;
    size_t start = begin(view);
    for (size_t i = 0; (option = view_option(options, i)).data; i++) {
        bool again = false;
        for (size_t k = 0; k < i && !again; k++)
            again = xpl_slice_equal(view_option(options, k), option);
        if (again)
            continue;
        text_string(&view->pool, i ? "," : "");
        text_slice(&view->pool, option);
    }
    return end(view, start);
}

/* The last level of a path says most: "a1" of "acme-cm12.server/a1". */
static struct xpl_slice last_level(struct xpl_slice path)
{
    for (size_t i = path.size; i > 0; i--)
        if (path.data[i - 1] == '/')
            return xpl_slice(path.data + i, path.size - i);
    return path;
}

static struct xpl_slice label_of(const struct view *view, const struct mapping *mapping)
{
    struct xpl_slice label = mapping_alias_label(mapping, view->path);
    if (!label.size && !xpl_slice_equal(view->alias, view->path))
        label = view->alias;
    if (!label.size)
        label = xpl_slice_from(view->thing->text[THING_LABEL]);
    return label.size ? label : last_level(view->path);
}

static void add(struct view *view, const struct mapping *mapping, const struct property_facts *facts,
                struct xpl_slice above)
{
    struct view_property *property = &view->properties[view->n];
    char *const *text = facts->text;
    *property = (struct view_property){
        .facts = facts,
        .kind = facts->kind,
        .name = xpl_slice_from(text[PROPERTY_NAME]),
        .class = xpl_slice_from(text[PROPERTY_CLASS]),
        .object = text[PROPERTY_OBJECT],
        .unit = text[PROPERTY_UNIT],
        .min = text[PROPERTY_MIN],
        .max = text[PROPERTY_MAX],
        .step = text[PROPERTY_STEP],
        .options = list(view, text[PROPERTY_OPTIONS]),
        .entity = text[PROPERTY_ENTITY],
        .role = text[PROPERTY_ROLE],
        .state = topic(view, text[PROPERTY_STATE], above),
        .command = topic(view, text[PROPERTY_COMMAND], above),
        .numeric = !facts->not_numeric,
    };
    if (mapping_alias_property(mapping, view->path, property->name, &property->kind, &property->class,
                               &property->label))
        property->entity = property->role = ""; /* a plug is no light: it is what the user says, by itself */
    if (!property->label.size) {
        size_t start = begin(view);
        view_humanize(property->name, &view->pool);
        property->label = xpl_slice_from(end(view, start));
    }
    view->n += !view->pool.overflow;
}

int view_make(struct view *view, const struct mapping *mapping, const char *prefix, const struct thing *thing)
{
    char buffer[2 * LIMIT_TOPIC];
    struct text above = TEXT(buffer);
    view->pool = (struct text){ view->storage, 0, sizeof(view->storage), false };
    view->thing = thing;
    view->n = 0;
    view->id = thing->text[THING_ID];
    view->path = xpl_slice_from(thing->text[THING_PATH]);
    view->alias = mapping_alias_name(mapping, view->path);
    view->room = mapping_alias_room(mapping, view->path);
    view->model = xpl_slice_from(thing->text[THING_MODEL]);
    view->label = label_of(view, mapping);
    text_format(&above, "%s/", prefix);
    text_slice(&above, view->alias);
    size_t start = begin(view);
    text_slice(&view->pool, text_get(&above));
    text_string(&view->pool, "/availability");
    view->availability = end(view, start);
    for (const struct property_facts *p = thing->properties; p; p = p->next)
        add(view, mapping, p, text_get(&above));
    return view->pool.overflow || above.overflow ? -ENOSPC : 0;
}

struct view_property *view_role(struct view *view, const char *entity, const char *role)
{
    for (size_t i = 0; i < view->n; i++)
        if (strcmp(view->properties[i].entity, entity) == 0 && strcmp(view->properties[i].role, role) == 0)
            return &view->properties[i];
    return NULL;
}
