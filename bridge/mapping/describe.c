/* What a property is, for announcements: its unit, bounds, choices and topics, evaluated in the scope of the
 * message that is being published. Everything goes to the scope's pool, so the publish itself stays whole. */
#include "mapping/act.h"

static struct xpl_slice value_of(const struct template *template, struct scope *scope)
{
    struct xpl_slice value = { 0 };
    if (!template->text.data || template_make(template, scope, &value) != 0)
        value = XPL_SLICE("");
    text_reset(scope->why);
    return value;
}

/* A topic template below `first` and `second`, each with a slash behind it unless it is empty. */
static struct xpl_slice topic_of(const struct template *template, struct scope *scope, struct xpl_slice first,
                                 struct xpl_slice second)
{
    struct text *spare = scope->spare;
    struct xpl_slice topic = XPL_SLICE("");
    struct xpl_slice above[] = { first, second };
    text_reset(spare);
    for (int i = 0; i < 2; i++) {
        text_slice(spare, above[i]);
        text_string(spare, above[i].size ? "/" : "");
    }
    if (template_render(template, scope, TEMPLATE_TOPIC, spare) == 0 && !spare->overflow) {
        struct text text = pool_open(scope->pool);
        text_slice(&text, text_get(spare));
        if (!pool_close(scope->pool, &text, &topic))
            topic = XPL_SLICE("");
    }
    text_reset(scope->why);
    return topic;
}

/* prefix/DEVICE/… with the alias for DEVICE. */
static struct xpl_slice aliased(const struct mapping *mapping, const struct mapping_publish *publish,
                                struct xpl_slice topic)
{
    size_t start = mapping->prefix.size + 1, end = start + publish->device.size;
    if (topic.size <= end || xpl_slice_equal(publish->device, publish->alias) ||
        memcmp(topic.data, mapping->prefix.data, mapping->prefix.size) != 0 ||
        memcmp(topic.data + start, publish->device.data, publish->device.size) != 0 || topic.data[end] != '/')
        return topic;
    struct text text = pool_open(publish->scope->pool);
    struct xpl_slice made = XPL_SLICE("");
    text_slice(&text, xpl_slice(topic.data, start));
    text_slice(&text, publish->alias);
    text_slice(&text, xpl_slice(topic.data + end, topic.size - end));
    return pool_close(publish->scope->pool, &text, &made) ? made : XPL_SLICE("");
}

static struct xpl_slice state_topic(const struct mapping *mapping, const struct mapping_publish *publish,
                                    const struct property *property)
{
    const struct publish *side = property->publishes;
    if (!side)
        return XPL_SLICE("");
    return topic_of(&side->topic, publish->scope,
                    side->base == BASE_ABSOLUTE ? XPL_SLICE("") : mapping->prefix,
                    side->base == BASE_DEVICE ? publish->alias : XPL_SLICE(""));
}

static void describe(const struct mapping *mapping, const struct mapping_publish *publish,
                     const struct property *property, struct mapping_description *ret)
{
    struct scope *scope = publish->scope;
    *ret = (struct mapping_description){
        .property = &property->public,
        .name = publish->name,
        .unit = value_of(&property->unit, scope),
        .class = value_of(&property->class, scope),
        .min = value_of(&property->min, scope),
        .max = value_of(&property->max, scope),
        .step = value_of(&property->step, scope),
        .options = value_of(&property->options, scope),
        .state = publish->topic,
        .command = XPL_SLICE(""),
    };
    if (property->sends)
        ret->command =
            aliased(mapping, publish, topic_of(&property->sends->topic, scope, XPL_SLICE(""), XPL_SLICE("")));
}

void mapping_describe(const struct mapping *mapping, const struct mapping_publish *publish,
                      struct mapping_description *ret)
{
    describe(mapping, publish, (const struct property *)publish->property, ret);
}

void mapping_describe_others(const struct mapping *mapping, const struct mapping_publish *publish,
                             void (*property)(void *context, const struct mapping_description *description),
                             void *context)
{
    const struct property *published = (const struct property *)publish->property;
    for (const struct property *p = published->map->properties; p; p = p->next) {
        struct mapping_description description;
        if (p == published || !p->sends || p->each.data)
            continue;
        describe(mapping, publish, p, &description);
        description.name = topic_of(&p->name, publish->scope, XPL_SLICE(""), XPL_SLICE(""));
        description.state = state_topic(mapping, publish, p);
        if (description.name.size && description.command.size)
            property(context, &description);
    }
}

struct xpl_slice mapping_describe_label(const struct mapping_publish *publish)
{
    return value_of(&((const struct property *)publish->property)->map->label, publish->scope);
}

bool mapping_alias_exists(const struct mapping *mapping, struct xpl_slice device)
{
    return alias_by_device(mapping, device) != NULL;
}

bool mapping_alias_property(const struct mapping *mapping, struct xpl_slice device, struct xpl_slice name,
                            enum mapping_kind *kind, struct xpl_slice *class, struct xpl_slice *label)
{
    const struct alias *alias = alias_by_device(mapping, device);
    bool said = false;
    for (const struct alias_property *p = alias ? alias->properties : NULL; p; p = p->next) {
        if (!xpl_slice_equal(p->name, name))
            continue;
        for (int i = 0; mapping_kind_names[i]; i++)
            if (xpl_slice_equal(p->kind, xpl_slice_from(mapping_kind_names[i]))) {
                *kind = (enum mapping_kind)i;
                said = true;
            }
        if (p->class.size)
            *class = p->class;
        if (p->label.size)
            *label = p->label;
    }
    return said;
}
