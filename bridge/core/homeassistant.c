/* Home Assistant's two forms of announcement. Component form: one retained topic for each component. Device
 * form: one for each device, with its components inside. Both from the same components (ha_component.c).
 *
 * The bridge is a device of its own, to which the others point.
 */
#include "core/core-private.h"
#include "core/ha_component.h"

#define PREFIX "homeassistant"

/* Of the present or the other form: what begins with our node id. */
bool homeassistant_owns(struct xpl_slice topic, enum discovery_homeassistant form)
{
    static const char device[] = PREFIX "/device/";
    bool is_device = topic.size > sizeof(device) - 1 && memcmp(topic.data, device, sizeof(device) - 1) == 0;
    bool ours = topic.size > sizeof(PREFIX) && memcmp(topic.data, PREFIX "/", sizeof(PREFIX)) == 0;
    return ours && is_device == (form == DISCOVERY_HA_DEVICE);
}

static json_t *origin(const struct core *core)
{
    return json_pack("{s:s,s:s}", "name", "xplmqtt", "sw_version", core->options.version);
}

static json_t *topic_entry(const char *prefix, const char *path)
{
    char buffer[LIMIT_TOPIC];
    struct text topic = TEXT(buffer);
    text_format(&topic, "%s/%s", prefix, path);
    return json_pack("{s:s}", "topic", buffer);
}

/* The bridge by its will, the xPL side, and the device itself (NULL for the bridge's own). */
static void put_availability(const struct core *core, json_t *config, const char *device)
{
    json_t *list = json_array();
    json_array_append_new(list, topic_entry(core->options.prefix, "bridge/state"));
    if (device) {
        json_array_append_new(list, topic_entry(core->options.prefix, "bridge/network"));
        json_array_append_new(list, json_pack("{s:o}", "topic", ha_string(xpl_slice_from(device))));
    }
    json_object_set_new(config, "availability", list);
    json_object_set_new(config, "availability_mode", json_string("all"));
}

static void write_node(const struct core *core, const char *id, struct text *ret)
{
    text_format(ret, "xplmqtt_%s%s%s", discovery_instance(core), *id ? "_" : "", id);
}

static void publish(struct core *core, const char *topic, json_t *config)
{
    char *dump = json_dumps(config, JSON_COMPACT);
    if (dump)
        discovery_put(core, xpl_slice_from(topic), xpl_slice_from(dump));
    free(dump);
}

static void publish_component(struct core *core, const char *node, const struct ha_component *component,
                              json_t *device, const char *availability)
{
    char buffer[2 * HA_ID_MAX];
    struct text topic = TEXT(buffer);
    text_format(&topic, PREFIX "/%s/%s/%s/config", component->platform, node, component->object);
    put_availability(core, component->config, availability);
    json_object_set(component->config, "device", device);
    json_object_set_new(component->config, "origin", origin(core));
    publish(core, buffer, component->config);
}

/* What was a component of the last payload and is none now, or of another platform, is named once more by its
 * old platform alone, which removes it; the next payload has what is there now, which is noted. */
static void retire_components(struct core *core, struct thing *thing, json_t *components)
{
    char buffer[4096 + 1];
    struct text shown = TEXT(buffer);
    const char *object;
    json_t *config;
    struct xpl_slice old;
    bool retires = false;
    json_object_foreach(components, object, config)
        text_format(&shown, "%s%s:%s", shown.size ? "," : "", object,
                    json_string_value(json_object_get(config, "platform")));
    for (size_t i = 0; thing && (old = view_option(thing->text[THING_SHOWN], i)).data; i++) {
        const char *colon = memchr(old.data, ':', old.size);
        char name[HA_ID_MAX], platform[64];
        if (!colon)
            continue;
        snprintf(name, sizeof(name), "%.*s", (int)(colon - old.data), old.data);
        snprintf(platform, sizeof(platform), "%.*s", (int)(old.data + old.size - colon - 1), colon + 1);
        json_t *now = json_object_get(components, name);
        const char *is = json_string_value(json_object_get(now, "platform"));
        if (is && strcmp(is, platform) == 0)
            continue;
        json_object_set_new(components, name, json_pack("{s:s}", "platform", platform));
        retires = true;
    }
    if (!thing || core->discovery.step == DISCOVERY_MARK)
        return;
    thing_set(thing, THING_SHOWN, shown.overflow ? XPL_SLICE("") : text_get(&shown));
    core->discovery.retired |= retires;
}

static void publish_device(struct core *core, struct thing *thing, const char *node,
                           struct ha_component *components, size_t n, json_t *device,
                           const char *availability)
{
    char buffer[2 * HA_ID_MAX];
    struct text topic = TEXT(buffer);
    json_t *config = json_object(), *list = json_object();
    text_format(&topic, PREFIX "/device/%s/config", node);
    for (size_t i = 0; i < n; i++) {
        json_object_set_new(components[i].config, "platform", json_string(components[i].platform));
        json_object_set(list, components[i].object, components[i].config);
    }
    retire_components(core, thing, list);
    json_object_set(config, "device", device);
    json_object_set_new(config, "origin", origin(core));
    put_availability(core, config, availability);
    json_object_set_new(config, "components", list);
    publish(core, buffer, config);
    json_decref(config);
}

static void announce(struct core *core, struct thing *thing, const char *node,
                     struct ha_component *components, size_t n, json_t *device, const char *availability)
{
    if (core->discovery.options.homeassistant == DISCOVERY_HA_DEVICE)
        publish_device(core, thing, node, components, n, device, availability);
    for (size_t i = 0; i < n; i++) {
        if (core->discovery.options.homeassistant == DISCOVERY_HA_COMPONENT)
            publish_component(core, node, &components[i], device, availability);
        json_decref(components[i].config);
    }
}

/* ---- a device ---- */

static void render_thing(struct core *core, struct thing *thing)
{
    struct view *view = core->discovery.view;
    struct ha_component components[THING_PROPERTIES];
    char node_buffer[HA_ID_MAX], bridge_buffer[HA_ID_MAX];
    struct text node = TEXT(node_buffer), bridge = TEXT(bridge_buffer);
    write_node(core, view->id, &node);
    write_node(core, "", &bridge);
    size_t n = ha_components(view, node_buffer, components);
    json_t *device = json_pack("{s:[s],s:o,s:s,s:s}", "identifiers", node_buffer, "name",
                               ha_string(view->label), "manufacturer", "xPL", "via_device", bridge_buffer);
    if (view->model.size)
        json_object_set_new(device, "model", ha_string(view->model));
    if (view->room.size)
        json_object_set_new(device, "suggested_area", ha_string(view->room));
    if (n)
        announce(core, thing, node_buffer, components, n, device, view->availability);
    json_decref(device);
}

/* ---- the bridge's own device ---- */

struct bridge_part {
    const char *platform, *object, *name;
    const char *state, *command; /* topics below the prefix; NULL: none */
    const char *template, *class, *state_class, *unit;
};

#define HEALTH           "bridge/health"
#define COUNTER_OF(name) "{{ value_json.counters['" name "'] }}"

static const struct bridge_part bridge_parts[] = {
    { "binary_sensor", "network", "xPL network", .state = "bridge/network", .class = "connectivity" },
    { "sensor", "received", "xPL messages", .state = HEALTH, .template = COUNTER_OF("xpl-received"),
      .state_class = "total_increasing" },
    { "sensor", "rate", "xPL messages per minute", .state = HEALTH,
      .template = "{{ value_json.messages_per_minute }}", .state_class = "measurement", .unit = "/min" },
    { "sensor", "unmapped", "Unmapped messages", .state = HEALTH, .template = COUNTER_OF("xpl-unmapped"),
      .state_class = "total_increasing" },
    { "sensor", "dropped", "Dropped messages", .state = HEALTH,
      .template = "{{ value_json.counters['kernel-dropped'] + value_json.counters['xpl-flooded'] + "
                  "value_json.counters['dropped-full'] + value_json.counters['dropped-refused'] + "
                  "value_json.counters['expired'] }}",
      .state_class = "total_increasing" },
    { "sensor", "last-error", "Last error", .state = HEALTH,
      .template = "{{ (value_json.last_error or 'none')[:255] }}" },
    { "select", "log-level", "Log level", .state = HEALTH, .command = "bridge/request/log-level",
      .template = "{{ value_json.log_level }}" },
    { "button", "reload", "Reload", .command = "bridge/request/reload" },
    { "button", "announce", "Announce again", .command = "bridge/request/announce" },
};
#define BRIDGE_PARTS (sizeof(bridge_parts) / sizeof(*bridge_parts))

static void put_text(json_t *config, const char *key, const char *text)
{
    if (text)
        json_object_set_new(config, key, json_string(text));
}

static void put_topic(const struct core *core, json_t *config, const char *key, const char *path)
{
    char buffer[LIMIT_TOPIC];
    struct text topic = TEXT(buffer);
    text_format(&topic, "%s/%s", core->options.prefix, path ? path : "");
    put_text(config, key, path ? buffer : NULL);
}

static json_t *bridge_component(const struct core *core, const char *node, const struct bridge_part *part)
{
    char unique[HA_ID_MAX], entity[HA_ID_MAX];
    struct text unique_id = TEXT(unique), entity_id = TEXT(entity);
    text_format(&unique_id, "%s_%s", node, part->object);
    text_format(&entity_id, "%s.%s_", part->platform, node);
    ha_write_slug(xpl_slice_from(part->object), &entity_id);
    json_t *config =
        json_pack("{s:s,s:s,s:s,s:s,s:i}", "name", part->name, "unique_id", unique, "default_entity_id",
                  entity, "entity_category", part->command ? "config" : "diagnostic", "qos", 1);
    put_topic(core, config, "state_topic", part->state);
    put_topic(core, config, "command_topic", part->command);
    put_text(config, "value_template", part->template);
    put_text(config, "device_class", part->class);
    put_text(config, "state_class", part->state_class);
    put_text(config, "unit_of_measurement", part->unit);
    if (strcmp(part->platform, "button") == 0)
        put_text(config, "payload_press", "{}");
    if (strcmp(part->platform, "binary_sensor") == 0) {
        put_text(config, "payload_on", "online");
        put_text(config, "payload_off", "offline");
    }
    if (strcmp(part->platform, "select") == 0) {
        json_t *options = json_array();
        for (size_t i = 0; log_level_names[i]; i++)
            json_array_append_new(options, json_string(log_level_names[i]));
        json_object_set_new(config, "options", options);
    }
    return config;
}

static void render_bridge(struct core *core)
{
    struct ha_component components[BRIDGE_PARTS];
    char buffer[HA_ID_MAX], name[HA_ID_MAX];
    struct text node = TEXT(buffer);
    write_node(core, "", &node);
    snprintf(name, sizeof(name), "xPL bridge %s", discovery_instance(core));
    for (size_t i = 0; i < BRIDGE_PARTS; i++)
        components[i] = (struct ha_component){ bridge_parts[i].platform, bridge_parts[i].object,
                                               bridge_component(core, buffer, &bridge_parts[i]) };
    json_t *device = json_pack("{s:[s],s:s,s:s,s:s,s:s}", "identifiers", buffer, "name", name, "manufacturer",
                               "xPL", "model", "xplmqtt", "sw_version", core->options.version);
    announce(core, NULL, buffer, components, BRIDGE_PARTS, device, NULL);
    json_decref(device);
}

void homeassistant_render(struct core *core)
{
    if (core->discovery.options.homeassistant == DISCOVERY_HA_OFF)
        return;
    render_bridge(core);
    for (struct thing *thing = NULL; (thing = discovery_next(core, thing));)
        render_thing(core, thing);
}
