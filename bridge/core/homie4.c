/* Homie 4: the bridge is one device, each xPL device a node of it. A connection has one will, so this is the
 * way for `lost` to be true of everything that it should be true of.
 *
 * While the structure changes the device is in `init`: first that, then the change, then what went is
 * cleared; the flush after it says `ready`.
 */
#include "core/core-private.h"

struct writer {
    struct core *core;
    struct text topic;
    size_t base; /* bytes of the topic that stay */
    char buffer[LIMIT_TOPIC];
};

static void put(struct writer *writer, const char *name, struct xpl_slice value)
{
    struct text *topic = &writer->topic;
    topic->size = writer->base;
    text_string(topic, name);
    if (!topic->overflow && value.size)
        discovery_put(writer->core, text_get(topic), value);
}

static void put_string(struct writer *writer, const char *name, const char *value)
{
    put(writer, name, xpl_slice_from(value));
}

/* Goes one level down, and back. */
static size_t enter(struct writer *writer, const char *level)
{
    size_t before = writer->base;
    writer->topic.size = before;
    text_format(&writer->topic, "%s/", level);
    writer->base = writer->topic.size;
    return before;
}

static void render_property(struct writer *writer, const struct view_property *property,
                            const struct homie_shape *shape, const char *id)
{
    char range[64];
    struct text format = TEXT(range);
    size_t before = enter(writer, id);
    put(writer, "$name", property->label);
    put_string(writer, "$datatype", homie_datatypes[shape->datatype]);
    put_string(writer, "$settable", shape->settable ? "true" : "false");
    put_string(writer, "$retained", shape->retained ? "true" : "false");
    if (shape->datatype == HOMIE_FLOAT) {
        put_string(writer, "$unit", property->unit);
        if (*shape->min && *shape->max)
            text_format(&format, "%s:%s", shape->min, shape->max);
        put(writer, "$format", text_get(&format));
    } else {
        put_string(writer, "$format", shape->format);
    }
    writer->topic.size = writer->base - 1; /* without the slash: the value */
    writer->topic.data[writer->topic.size] = '\0';
    homie_add(writer->core, writer->topic.data, property, shape);
    writer->base = before;
}

static void render_node(struct writer *writer, const struct view *view, const char *id)
{
    char list[4096];
    struct text properties = TEXT(list);
    size_t before = enter(writer, id);
    put(writer, "$name", view->label);
    put(writer, "$type", view->model.size ? view->model : XPL_SLICE("xpl"));
    for (size_t i = 0; i < view->n; i++) {
        char object_buffer[THING_TEXT_MAX];
        struct text object = TEXT(object_buffer);
        struct homie_shape shape;
        if (!homie_shape(&view->properties[i], &shape))
            continue;
        thing_write_homie_id(xpl_slice_from(view->properties[i].object), &object);
        render_property(writer, &view->properties[i], &shape, object_buffer);
        text_format(&properties, "%s%s", properties.size ? "," : "", object_buffer);
    }
    put(writer, "$properties", text_get(&properties));
    writer->base = before;
}

static void render_bridge(struct writer *writer)
{
    char path[LIMIT_TOPIC];
    struct view_property network;
    struct property_facts facts;
    struct homie_shape shape;
    size_t before = enter(writer, "bridge");
    snprintf(path, sizeof(path), "%s/bridge/network", writer->core->options.prefix);
    homie_network(path, &facts, &network);
    homie_shape(&network, &shape);
    put_string(writer, "$name", "Bridge");
    put_string(writer, "$type", "xplmqtt");
    render_property(writer, &network, &shape, "network");
    put_string(writer, "$properties", "network");
    writer->base = before;
}

void homie4_render(struct core *core)
{
    struct writer writer = { .core = core };
    char root_buffer[128], name[192];
    struct text root = TEXT(root_buffer), *nodes = &core->document;
    writer.topic = TEXT(writer.buffer);
    homie_write_root(core, &root);
    snprintf(name, sizeof(name), "xPL bridge %s", discovery_instance(core));
    text_string(&writer.topic, "homie/");
    writer.base = writer.topic.size;
    enter(&writer, root_buffer);
    homie_put_state(core, core->discovery.differs);
    put_string(&writer, "$homie", "4.0.0");
    put_string(&writer, "$name", name);
    put_string(&writer, "$implementation", "xplmqtt");
    text_reset(nodes);
    text_string(nodes, "bridge");
    for (struct thing *thing = NULL; (thing = discovery_next(core, thing));) {
        char id_buffer[THING_TEXT_MAX];
        struct text id = TEXT(id_buffer);
        thing_write_homie_id(xpl_slice_from(thing->text[THING_ID]), &id);
        render_node(&writer, core->discovery.view, id_buffer);
        text_char(nodes, ',');
        text_slice(nodes, text_get(&id));
    }
    put(&writer, "$nodes", text_get(nodes));
    render_bridge(&writer); /* Node-RED's Homie nodes want something of a node behind $nodes */
}
