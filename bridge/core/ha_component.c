/* One function for each kind of component. Entities come first and take their properties; what is left is a
 * component each. A property that nothing can be made of (a button that takes no command) is left out. */
#include "core/ha_component.h"

#include <math.h>

#include "base/limits.h"
#include "base/number.h"
#include "core/ha_class.h"

#define MOTION_S 60 /* from the last motion until nobody is there, where a detector never says so */

json_t *ha_string(struct xpl_slice text)
{
    json_t *string = json_stringn(text.data ? text.data : "", text.size);
    if (string)
        return string;
    char buffer[4 * THING_TEXT_MAX];
    struct text clean = TEXT(buffer);
    utf8_clean(text, &clean);
    return json_stringn(buffer, clean.overflow ? 0 : clean.size);
}

json_t *ha_number(const char *text)
{
    double value;
    if (number_parse(xpl_slice_from(text), &value) < 0)
        return json_string(text);
    if (value == floor(value) && fabs(value) < 1e15)
        return json_integer((json_int_t)value);
    return json_real(value);
}

void ha_write_slug(struct xpl_slice text, struct text *ret)
{
    size_t start = ret->size;
    for (size_t i = 0; i < text.size; i++) {
        char c = xpl_lower(text.data[i]);
        bool plain = (c >= 'a' && c <= 'z') || (c >= '0' && c <= '9');
        if (plain || (ret->size > start && ret->data[ret->size - 1] != '_'))
            text_char(ret, plain ? c : '_');
    }
    while (ret->size > start && ret->data[ret->size - 1] == '_')
        ret->data[--ret->size] = '\0';
}

/* ---- helpers ---- */

static void put(json_t *config, const char *key, const char *value)
{
    if (value && *value)
        json_object_set_new(config, key, ha_string(xpl_slice_from(value)));
}

static void put_number(json_t *config, const char *key, const char *value)
{
    if (*value)
        json_object_set_new(config, key, ha_number(value));
}

static json_t *list_of(const char *options)
{
    json_t *list = json_array();
    struct xpl_slice option;
    for (size_t i = 0; (option = view_option(options, i)).data; i++)
        json_array_append_new(list, ha_string(option));
    return list;
}

/* The label without the device's name in front of it, which Home Assistant would say twice. */
static struct xpl_slice short_label(const struct view *view, struct xpl_slice label)
{
    size_t size = view->label.size;
    if (label.size <= size || memcmp(label.data, view->label.data, size) != 0)
        return label;
    while (size < label.size && (label.data[size] == ' ' || label.data[size] == '-'))
        size++;
    return size < label.size ? xpl_slice(label.data + size, label.size - size) : label;
}

/* What every component has. `label` NULL: it is what the device is, and bears its name. */
static json_t *begin(const struct view *view, const char *node, const char *platform, const char *object,
                     const struct xpl_slice *label)
{
    char buffer[2 * HA_ID_MAX];
    struct text text = TEXT(buffer);
    json_t *config = json_object();
    json_object_set_new(config, "name", label ? ha_string(short_label(view, *label)) : json_null());
    text_format(&text, "%s_%s", node, object);
    put(config, "unique_id", buffer);
    text_reset(&text);
    text_format(&text, "%s.", platform);
    size_t start = text.size;
    ha_write_slug(view->label, &text);
    if (text.size == start)
        ha_write_slug(xpl_slice_from(view->id), &text);
    if (label) {
        text_char(&text, '_');
        ha_write_slug(xpl_slice_from(object), &text);
    }
    put(config, "default_entity_id", buffer);
    return config;
}

static void add(struct ha_component *ret, size_t *n, const char *platform, const char *object, json_t *config)
{
    json_object_set_new(config, "qos", json_integer(1));
    ret[(*n)++] = (struct ha_component){ platform, object, config };
}

static const char *first_text(const char *a, const char *b)
{
    return *a ? a : b;
}

/* ---- entities ---- */

static void light(struct view *view, const char *node, struct ha_component *ret, size_t *n)
{
    struct view_property *power = view_role(view, "light", "power"),
                         *level = view_role(view, "light", "brightness");
    if (!power || !*power->command)
        return;
    json_t *config = begin(view, node, "light", "light", NULL);
    put(config, "command_topic", power->command);
    put(config, "state_topic", power->state);
    put(config, "payload_on", "ON");
    put(config, "payload_off", "OFF");
    power->taken = true;
    if (level && *level->command) {
        put(config, "brightness_command_topic", level->command);
        put(config, "brightness_state_topic", level->state);
        json_object_set_new(config, "brightness_scale", ha_number(first_text(level->max, "100")));
        put(config, "on_command_type", "brightness"); /* one telegram for each action */
        level->taken = true;
    }
    add(ret, n, "light", "light", config);
}

static void cover(struct view *view, const char *node, struct ha_component *ret, size_t *n)
{
    struct view_property *command = view_role(view, "cover", "command"),
                         *position = view_role(view, "cover", "position");
    if (!(command && *command->command) && !(position && *position->command))
        return;
    json_t *config = begin(view, node, "cover", "cover", NULL);
    if (command) {
        put(config, "device_class", ha_class("cover", command->class, ""));
        put(config, "command_topic", command->command);
        put(config, "payload_open", "OPEN");
        put(config, "payload_close", "CLOSE");
        put(config, "payload_stop", "STOP");
        if (*command->state && !(position && *position->state)) {
            put(config, "state_topic", command->state);
            put(config, "state_open", "OPEN");
            put(config, "state_closed", "CLOSE");
            put(config, "state_stopped", "STOP");
        }
        command->taken = true;
    }
    if (position && (*position->state || *position->command)) {
        put(config, "position_topic", position->state);
        if (*position->state) /* Home Assistant wants the one with the other */
            put(config, "set_position_topic", position->command);
        put_number(config, "position_open", first_text(position->max, "100"));
        put_number(config, "position_closed", first_text(position->min, "0"));
        position->taken = true;
    }
    add(ret, n, "cover", "cover", config);
}

/* The modes that Home Assistant knows, out of those that the property has. */
static json_t *climate_modes(const struct view_property *mode)
{
    static const char known[] = "auto,off,cool,heat,dry,fan_only,heat_cool";
    json_t *modes = json_array();
    struct xpl_slice option;
    for (size_t i = 0; mode && (option = view_option(mode->options, i)).data; i++)
        for (size_t k = 0; view_option(known, k).data; k++)
            if (xpl_slice_equal(option, view_option(known, k)))
                json_array_append_new(modes, ha_string(option));
    if (json_array_size(modes) == 0)
        json_array_append_new(modes, json_string("heat"));
    return modes;
}

static void climate(struct view *view, const char *node, struct ha_component *ret, size_t *n)
{
    struct view_property *mode = view_role(view, "climate", "mode"),
                         *current = view_role(view, "climate", "current"),
                         *setpoint = view_role(view, "climate", "setpoint");
    if (!(mode && *mode->command) && !(setpoint && *setpoint->command))
        return;
    json_t *config = begin(view, node, "climate", "climate", NULL);
    json_object_set_new(config, "modes", climate_modes(mode));
    if (mode) {
        put(config, "mode_command_topic", mode->command);
        put(config, "mode_state_topic", mode->state);
        mode->taken = true;
    }
    const struct view_property *measure = setpoint ? setpoint : current;
    if (measure)
        put(config, "temperature_unit", strcmp(measure->unit, "°F") == 0 ? "F" : "C");
    if (setpoint) {
        put(config, "temperature_command_topic", setpoint->command);
        put(config, "temperature_state_topic", setpoint->state);
        put_number(config, "min_temp", setpoint->min);
        put_number(config, "max_temp", setpoint->max);
        put_number(config, "temp_step", setpoint->step);
        setpoint->taken = true;
    }
    if (current && *current->state) {
        put(config, "current_temperature_topic", current->state);
        current->taken = true;
    }
    add(ret, n, "climate", "climate", config);
}

static void alarm(struct view *view, const char *node, struct ha_component *ret, size_t *n)
{
    struct view_property *state = view_role(view, "alarm", "state"),
                         *command = view_role(view, "alarm", "command");
    if (!state || !*state->state || !command || !*command->command)
        return;
    json_t *config = begin(view, node, "alarm_control_panel", "alarm", NULL);
    put(config, "state_topic", state->state);
    put(config, "command_topic", command->command);
    put(config, "payload_arm_away", "ARM_AWAY");
    put(config, "payload_arm_home", "ARM_HOME");
    put(config, "payload_disarm", "DISARM");
    json_object_set_new(config, "supported_features", json_pack("[ss]", "arm_home", "arm_away"));
    json_object_set_new(config, "code_arm_required", json_false());
    json_object_set_new(config, "code_disarm_required", json_false());
    state->taken = command->taken = true;
    add(ret, n, "alarm_control_panel", "alarm", config);
}

/* ---- single properties ---- */

static const char *platform_of(const struct view_property *property)
{
    bool state = *property->state, command = *property->command;
    switch (property->kind) {
    case MAPPING_SENSOR: break;
    case MAPPING_BINARY: return state ? "binary_sensor" : NULL;
    case MAPPING_SWITCH: return command ? "switch" : state ? "binary_sensor" : NULL;
    case MAPPING_NUMBER:
        if (command)
            return "number";
        break;
    case MAPPING_SELECT:
        if (command)
            return *property->options ? "select" : "text";
        break;
    case MAPPING_TEXT:
        if (command)
            return "text";
        break;
    case MAPPING_BUTTON: return command ? "button" : NULL;
    case MAPPING_EVENT: return state ? "event" : command ? "button" : NULL;
    }
    return state ? "sensor" : NULL;
}

static void words_of_two_states(json_t *config, const struct view_property *property, bool is_switch)
{
    struct xpl_slice on = view_option(property->options, 0), off = view_option(property->options, 1);
    on = off.data ? on : XPL_SLICE("ON");
    off = off.data ? off : XPL_SLICE("OFF");
    json_object_set_new(config, "payload_on", ha_string(on));
    json_object_set_new(config, "payload_off", ha_string(off));
    if (is_switch && *property->state) {
        json_object_set_new(config, "state_on", ha_string(on));
        json_object_set_new(config, "state_off", ha_string(off));
    }
}

static void sensor_keys(json_t *config, const struct view_property *property, const char *class)
{
    if (property->kind == MAPPING_SELECT && *property->options) {
        put(config, "device_class", "enum");
        json_object_set_new(config, "options", list_of(property->options));
        return;
    }
    put(config, "unit_of_measurement", property->unit);
    if (class || *property->unit || property->numeric)
        put(config, "state_class", ha_state_class(class, property->name));
}

static void number_keys(json_t *config, const struct view_property *property)
{
    bool temperature = xpl_slice_equal(property->class, XPL_SLICE("temperature"));
    put(config, "unit_of_measurement", property->unit);
    put_number(config, "min", first_text(property->min, "0"));
    put_number(config, "max", first_text(property->max, temperature ? "100" : "65535"));
    put_number(config, "step", first_text(property->step, temperature ? "0.5" : "1"));
    if (!*property->max)
        put(config, "mode", "box");
}

/* Our topic carries the plain value; Home Assistant wants an object with a type that it was told of. */
static void event_keys(json_t *config, const struct view_property *property)
{
    const char *words = *property->options ? property->options : property->facts->text[PROPERTY_WORDS];
    bool known = *words && (*property->options || !property->facts->wordless);
    json_object_set_new(config, "event_types", known ? list_of(words) : json_pack("[s]", "message"));
    put(config, "value_template",
        known ? "{{ {'event_type': value, 'value': value} | tojson }}"
              : "{{ {'event_type': 'message', 'value': value} | tojson }}");
}

static void single(struct view *view, const char *node, const struct view_property *property,
                   struct ha_component *ret, size_t *n)
{
    const char *platform = platform_of(property);
    if (!platform)
        return;
    json_t *config = begin(view, node, platform, property->object, &property->label);
    bool reads = strcmp(platform, "button") != 0;
    bool writes = strcmp(platform, "sensor") != 0 && strcmp(platform, "binary_sensor") != 0 &&
                  strcmp(platform, "event") != 0;
    const char *class = ha_class(platform, property->class, property->unit);
    if (reads)
        put(config, "state_topic", property->state);
    if (writes)
        put(config, "command_topic", property->command);
    put(config, "device_class", class);
    if (strcmp(platform, "sensor") == 0)
        sensor_keys(config, property, class);
    else if (strcmp(platform, "number") == 0)
        number_keys(config, property);
    else if (strcmp(platform, "select") == 0)
        json_object_set_new(config, "options", list_of(property->options));
    else if (strcmp(platform, "event") == 0)
        event_keys(config, property);
    else if (strcmp(platform, "button") == 0)
        put(config, "payload_press", "PRESS");
    else if (strcmp(platform, "text") != 0)
        words_of_two_states(config, property, strcmp(platform, "switch") == 0);
    if (class && strcmp(class, "motion") == 0 && !property->facts->says_off)
        json_object_set_new(config, "off_delay", json_integer(MOTION_S));
    if (ha_is_diagnostic(class) || property->kind == MAPPING_BUTTON)
        put(config, "entity_category", writes ? "config" : "diagnostic");
    bool expires = strcmp(platform, "sensor") == 0 || strcmp(platform, "binary_sensor") == 0;
    if (expires && property->facts->expire_s && property->facts->retain && !property->facts->rare)
        json_object_set_new(config, "expire_after", json_integer(property->facts->expire_s));
    add(ret, n, platform, property->object, config);
}

size_t ha_components(struct view *view, const char *node, struct ha_component *ret)
{
    size_t n = 0;
    for (size_t i = 0; i < view->n; i++)
        view->properties[i].taken = false;
    light(view, node, ret, &n);
    cover(view, node, ret, &n);
    climate(view, node, ret, &n);
    alarm(view, node, ret, &n);
    for (size_t i = 0; i < view->n; i++)
        if (!view->properties[i].taken && n < THING_PROPERTIES)
            single(view, node, &view->properties[i], ret, &n);
    return n;
}
