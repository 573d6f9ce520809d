/* Homie 5: the bridge is the root, whose will says `lost` for all; each xPL device is a child with a state
 * and a description of its own.
 *
 * A device whose description changes goes through `init`; the flush after it says `ready`. The root changes
 * when no child is in `init`, so that it names only those that are complete; what it does not name any more
 * is cleared after that. A version is the time of the change, and never goes back.
 */
#include <jansson.h>

#include "base/number.h"
#include "core/core-private.h"
#include "core/digest.h"
#include "core/ha_component.h"

#define NODE "xpl" /* the one node of a child */

static void put_device(struct core *core, const char *id, const char *name, struct xpl_slice value)
{
    char buffer[LIMIT_TOPIC];
    struct text topic = TEXT(buffer);
    text_format(&topic, "homie/5/%s/%s", id, name);
    if (!topic.overflow)
        discovery_put(core, text_get(&topic), value);
}

/* The version of a description: a new one when its text is another than the last time. `kept` is "DIGEST
 * VERSION" of then. */
static void make_version(struct core *core, json_t *description, const char *kept, int64_t *ret,
                         struct text *ret_kept)
{
    char *dump = json_dumps(description, JSON_COMPACT);
    uint32_t now = dump ? digest_short(xpl_slice_from(dump)) : 0;
    uint64_t old = 0, version = 0;
    const char *space = strchr(kept, ' ');
    free(dump);
    if (space) {
        number_parse_unsigned(xpl_slice(kept, (size_t)(space - kept)), 0, UINT32_MAX, &old);
        number_parse_unsigned(xpl_slice_from(space + 1), 0, INT64_MAX / 2, &version);
    }
    int64_t clock_s = core->discovery.wall_s;
    if (!space || old != now)
        version = (int64_t)version < clock_s ? (uint64_t)clock_s : version + 1;
    text_format(ret_kept, "%u %llu", now, (unsigned long long)version);
    *ret = (int64_t)version;
}

/* Whether the broker has another description, or none. */
static bool is_new(struct core *core, const char *id, const char *description)
{
    char buffer[LIMIT_TOPIC];
    struct text topic = TEXT(buffer);
    text_format(&topic, "homie/5/%s/$description", id);
    return announced_put(&core->discovery.announced, text_get(&topic), xpl_slice_from(description), false) !=
           ANNOUNCED_SAME;
}

/* ---- a child ---- */

static json_t *property_of(const struct view_property *property, const struct homie_shape *shape)
{
    char buffer[128];
    struct text format = TEXT(buffer);
    json_t *json = json_pack("{s:o,s:s}", "name", ha_string(property->label), "datatype",
                             homie_datatypes[shape->datatype]);
    if (shape->datatype == HOMIE_FLOAT && (*shape->min || *shape->max || *shape->step))
        text_format(&format, "%s:%s%s%s", shape->min, shape->max, *shape->step ? ":" : "", shape->step);
    if (format.size)
        json_object_set_new(json, "format", json_string(buffer));
    else if (shape->datatype == HOMIE_ENUM)
        json_object_set_new(json, "format", ha_string(xpl_slice_from(shape->format)));
    if (shape->settable)
        json_object_set_new(json, "settable", json_true());
    if (!shape->retained)
        json_object_set_new(json, "retained", json_false());
    if (shape->datatype == HOMIE_FLOAT && *property->unit)
        json_object_set_new(json, "unit", ha_string(xpl_slice_from(property->unit)));
    return json;
}

static json_t *properties_of(const struct view *view)
{
    json_t *properties = json_object();
    for (size_t i = 0; i < view->n; i++) {
        char buffer[THING_TEXT_MAX];
        struct text id = TEXT(buffer);
        struct homie_shape shape;
        if (!homie_shape(&view->properties[i], &shape))
            continue;
        thing_write_homie_id(xpl_slice_from(view->properties[i].object), &id);
        json_object_set_new(properties, buffer, property_of(&view->properties[i], &shape));
    }
    return properties;
}

static void put_values(struct core *core, const struct view *view, const char *id)
{
    for (size_t i = 0; i < view->n; i++) {
        char object_buffer[THING_TEXT_MAX], buffer[LIMIT_TOPIC];
        struct text object = TEXT(object_buffer), topic = TEXT(buffer);
        struct homie_shape shape;
        struct xpl_slice target;
        if (!homie_shape(&view->properties[i], &shape))
            continue;
        thing_write_homie_id(xpl_slice_from(view->properties[i].object), &object);
        text_format(&topic, "homie/5/%s/" NODE "/%s", id, object_buffer);
        homie_add(core, buffer, &view->properties[i], &shape);
        text_string(&topic, "/$target");
        if (!homie_has_target(core, &shape) || topic.overflow)
            continue;
        if (core->sink.state(core->sink.context, text_get(&topic), &target)) {
            char copy_buffer[256];
            struct text copy = TEXT(copy_buffer);
            text_slice(&copy, target);
            discovery_put(core, text_get(&topic), text_get(&copy));
        } else {
            discovery_keep(core, text_get(&topic));
        }
    }
}

static bool is_offline(const struct core *core, const struct view *view)
{
    struct xpl_slice payload;
    return core->sink.state(core->sink.context, xpl_slice_from(view->availability), &payload) &&
           xpl_slice_equal(payload, XPL_SLICE("offline"));
}

static void write_child(const struct core *core, const struct thing *thing, struct text *ret)
{
    homie_write_root(core, ret);
    text_char(ret, '-');
    thing_write_homie_id(xpl_slice_from(thing->text[THING_ID]), ret);
}

/* State and description. True when the child changes, and so is in `init`. */
static bool put_child(struct core *core, const char *id, json_t *description, const char *state)
{
    char *dump = json_dumps(description, JSON_COMPACT);
    if (!dump)
        return false;
    bool changing = is_new(core, id, dump);
    put_device(core, id, "$state", changing ? XPL_SLICE("init") : xpl_slice_from(state));
    put_device(core, id, "$description", xpl_slice_from(dump));
    core->discovery.unsettled |= changing && core->discovery.step != DISCOVERY_MARK;
    free(dump);
    return changing;
}

static bool render_child(struct core *core, struct thing *thing, const char *root)
{
    const struct view *view = core->discovery.view;
    char id_buffer[2 * THING_TEXT_MAX], kept_buffer[64];
    struct text id = TEXT(id_buffer), kept = TEXT(kept_buffer);
    int64_t version;
    write_child(core, thing, &id);
    json_t *nodes =
        json_pack("{s:{s:o,s:o}}", NODE, "name", ha_string(view->label), "properties", properties_of(view));
    json_t *description = json_pack("{s:s,s:o,s:s,s:s,s:o}", "homie", "5.0", "name", ha_string(view->label),
                                    "root", root, "parent", root, "nodes", nodes);
    if (view->model.size)
        json_object_set_new(description, "type", ha_string(view->model));
    make_version(core, description, thing->text[THING_VERSION], &version, &kept);
    json_object_set_new(description, "version", json_integer(version));
    thing_set(thing, THING_VERSION, text_get(&kept));
    bool changing = put_child(core, id_buffer, description, is_offline(core, view) ? "lost" : "ready");
    put_values(core, view, id_buffer);
    json_decref(description);
    return changing;
}

/* ---- the root ---- */

/* `early`: a child is in `init`, which comes first. */
static void put_root(struct core *core, const char *root, json_t *description, bool early)
{
    char *dump = json_dumps(description, JSON_COMPACT);
    if (!dump)
        return;
    bool changing = is_new(core, root, dump);
    if (changing && early)
        homie_close(core);
    else
        homie_put_state(core, changing);
    put_device(core, root, "$description", xpl_slice_from(dump));
    free(dump);
}

static void render_root(struct core *core, const char *root, json_t *children, bool early)
{
    struct discovery *discovery = &core->discovery;
    char name[192], kept_buffer[64], path_buffer[LIMIT_TOPIC], topic_buffer[LIMIT_TOPIC];
    struct text kept = TEXT(kept_buffer), topic = TEXT(topic_buffer);
    struct view_property network;
    struct property_facts facts;
    struct homie_shape shape;
    int64_t version;
    snprintf(name, sizeof(name), "xPL bridge %s", discovery_instance(core));
    snprintf(path_buffer, sizeof(path_buffer), "%s/bridge/network", core->options.prefix);
    homie_network(path_buffer, &facts, &network);
    homie_shape(&network, &shape);
    json_t *description = json_pack("{s:s,s:s,s:s,s:o,s:{s:{s:s,s:{s:o}}}}", "homie", "5.0", "name", name,
                                    "type", "xplmqtt", "children", children, "nodes", "bridge", "name",
                                    "Bridge", "properties", "network", property_of(&network, &shape));
    make_version(core, description, discovery->root_version, &version, &kept);
    json_object_set_new(description, "version", json_integer(version));
    snprintf(discovery->root_version, sizeof(discovery->root_version), "%s", kept_buffer);
    put_root(core, root, description, early);
    text_format(&topic, "homie/5/%s/bridge/network", root);
    homie_add(core, topic_buffer, &network, &shape);
    json_decref(description);
}

void homie5_render(struct core *core)
{
    char root_buffer[128];
    struct text root = TEXT(root_buffer);
    json_t *children = json_array();
    bool early = false;
    homie_write_root(core, &root);
    for (struct thing *thing = NULL; (thing = discovery_next(core, thing));) {
        char buffer[2 * THING_TEXT_MAX];
        struct text id = TEXT(buffer);
        early |= render_child(core, thing, root_buffer);
        write_child(core, thing, &id);
        json_array_append_new(children, json_string(buffer));
    }
    render_root(core, root_buffer, children, early);
}
