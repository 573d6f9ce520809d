#include "core/homie.h"

#include <math.h>
#include <stdlib.h>

#include "base/number.h"
#include "core/core-private.h"
#include "core/hash.h"

const char *const homie_datatypes[] = { "boolean", "float", "enum", "string", NULL };

struct homie_entry {
    UT_hash_handle hh, hh_state;
    bool left_out;
    struct homie_shape shape;
    char *format, *min, *max, *step; /* own copies of the shape's */
    char *topic, *state, *command;
};

/* A value that came before the format that has a word for it. */
struct homie_held {
    struct homie_held *next;
    size_t state_size, payload_size;
    char bytes[]; /* the map's topic, the payload */
};

/* ---- the table ---- */

static void entry_free(struct homie_entry *entry)
{
    free(entry->format);
    free(entry->min);
    free(entry->max);
    free(entry->step);
    free(entry->topic);
    free(entry->state);
    free(entry->command);
    free(entry);
}

void homie_clear(struct homie *homie)
{
    struct homie_entry *entry, *next;
    HASH_CLEAR(hh_state, homie->states);
    HASH_ITER(hh, homie->topics, entry, next)
    {
        HASH_DEL(homie->topics, entry);
        entry_free(entry);
    }
}

static struct homie_held *take_held(struct homie *homie)
{
    struct homie_held *held = homie->held;
    homie->held = held ? held->next : NULL;
    homie->n_held -= held != NULL;
    return held;
}

void homie_deinit(struct homie *homie)
{
    struct homie_held *held;
    homie_clear(homie);
    while ((held = take_held(homie)))
        free(held);
}

static struct homie_entry *entry_new(const char *topic, const struct view_property *property,
                                     const struct homie_shape *shape)
{
    struct homie_entry *entry = calloc(1, sizeof(*entry));
    if (!entry)
        return NULL;
    entry->shape = *shape;
    entry->format = strdup(shape->format);
    entry->min = strdup(shape->min);
    entry->max = strdup(shape->max);
    entry->step = strdup(shape->step);
    entry->topic = strdup(topic);
    entry->state = strdup(property->state);
    entry->command = strdup(property->command);
    if (entry->format && entry->min && entry->max && entry->step && entry->topic && entry->state &&
        entry->command)
        return entry;
    entry_free(entry);
    return NULL;
}

static bool put_value(struct core *core, const struct homie_entry *entry, struct xpl_slice payload,
                      bool announce);

void homie_add(struct core *core, const char *topic, const struct view_property *property,
               const struct homie_shape *shape)
{
    struct homie *homie = &core->discovery.homie;
    struct homie_entry *entry = entry_new(topic, property, shape), *same;
    struct xpl_slice payload;
    if (!entry)
        return;
    HASH_FIND(hh, homie->topics, entry->topic, strlen(entry->topic), same);
    if (same) {
        entry_free(entry);
        return;
    }
    HASH_ADD_KEYPTR(hh, homie->topics, entry->topic, strlen(entry->topic), entry);
    if (entry->left_out) {
        entry_free(entry);
        return;
    }
    HASH_FIND(hh_state, homie->states, entry->state, strlen(entry->state), same);
    if (*entry->state && !same)
        HASH_ADD_KEYPTR(hh_state, homie->states, entry->state, strlen(entry->state), entry);
    if (!shape->retained)
        return;
    if (core->sink.state(core->sink.context, xpl_slice_from(entry->state), &payload)) {
        char buffer[4096];
        struct text copy = TEXT(buffer);
        text_slice(&copy, payload); /* the sink's lives until the next publish */
        if (!copy.overflow)
            put_value(core, entry, text_get(&copy), true);
    } else { /* not heard in this run: what the last one said still stands */
        discovery_keep(core, xpl_slice_from(topic));
    }
}

/* ---- shapes ---- */

static void copy_word(struct xpl_slice word, char *ret)
{
    snprintf(ret, THING_WORD_MAX + 1, "%.*s", XPL_SLICE_ARGS(word));
}

static void boolean(const struct view_property *property, struct homie_shape *ret)
{
    struct xpl_slice on = view_option(property->options, 0), off = view_option(property->options, 1);
    ret->datatype = HOMIE_BOOLEAN;
    copy_word(off.data ? on : XPL_SLICE("ON"), ret->on);
    copy_word(off.data ? off : XPL_SLICE("OFF"), ret->off);
}

static void choice(const char *options, struct homie_shape *ret)
{
    ret->datatype = *options ? HOMIE_ENUM : HOMIE_STRING;
    ret->format = options;
}

bool homie_shape(const struct view_property *property, struct homie_shape *ret)
{
    bool state = *property->state, command = *property->command;
    bool number = property->kind == MAPPING_NUMBER || (property->kind == MAPPING_SENSOR && property->numeric);
    *ret = (struct homie_shape){ .datatype = HOMIE_STRING,
                                 .settable = command,
                                 .retained = property->facts->retain && state,
                                 .format = "",
                                 .min = property->min,
                                 .max = property->max,
                                 .step = property->step };
    if (!state && !command)
        return false;
    if (property->kind == MAPPING_BINARY || property->kind == MAPPING_SWITCH)
        boolean(property, ret);
    else if (number)
        ret->datatype = HOMIE_FLOAT;
    else if (property->kind == MAPPING_SELECT)
        choice(property->options, ret);
    else if (property->kind == MAPPING_BUTTON)
        choice("PRESS", ret);
    else if (property->kind == MAPPING_EVENT)
        choice(*property->options ? property->options : property->facts->text[PROPERTY_WORDS], ret);
    return true;
}

void homie_network(const char *topic, struct property_facts *facts, struct view_property *ret)
{
    *facts = (struct property_facts){ .kind = MAPPING_BINARY, .retain = true };
    *ret = (struct view_property){ .facts = facts,
                                   .kind = MAPPING_BINARY,
                                   .name = XPL_SLICE("network"),
                                   .label = XPL_SLICE("xPL network"),
                                   .object = "network",
                                   .unit = "",
                                   .min = "",
                                   .max = "",
                                   .step = "",
                                   .options = "online,offline",
                                   .entity = "",
                                   .role = "",
                                   .state = topic,
                                   .command = "" };
}

/* ---- values ---- */

static bool is_choice(const char *list, struct xpl_slice word)
{
    struct xpl_slice option;
    for (size_t i = 0; (option = view_option(list, i)).data; i++)
        if (xpl_slice_equal(option, word))
            return true;
    return false;
}

/* The map's word as Homie's, which may stand in `room`; false when it cannot be one. */
static bool to_homie(const struct homie_entry *entry, struct xpl_slice payload, struct text *room,
                     struct xpl_slice *ret)
{
    *ret = payload;
    switch (entry->shape.datatype) {
    case HOMIE_BOOLEAN:
        *ret = xpl_slice_equal(payload, xpl_slice_from(entry->shape.on)) ? XPL_SLICE("true")
                                                                         : XPL_SLICE("false");
        return ret->size == 4 || xpl_slice_equal(payload, xpl_slice_from(entry->shape.off));
    case HOMIE_FLOAT:
        if (number_shortest(payload, room) < 0) /* which has no plus, as Homie wants it */
            return false;
        *ret = text_get(room);
        return !room->overflow;
    case HOMIE_ENUM: return is_choice(entry->format, payload);
    case HOMIE_STRING: return payload.size > 0;
    }
    return false;
}

/* False when Homie has no word for it. */
static bool put_value(struct core *core, const struct homie_entry *entry, struct xpl_slice payload,
                      bool announce)
{
    struct xpl_slice topic = xpl_slice_from(entry->topic), value = payload;
    char buffer[NUMBER_TEXT_MAX];
    struct text room = TEXT(buffer);
    bool taken_back = entry->shape.retained && !payload.size;
    if (!taken_back && !to_homie(entry, payload, &room, &value))
        return false;
    if (!announce && homie_holds_back(core, topic))
        return entry->shape.retained; /* whose newest value goes out with the structure */
    if (!entry->shape.retained) {
        core_publish_topic(core, SINK_EVENT, topic, value, 1);
    } else if (announce) {
        discovery_put(core, topic, value);
    } else {
        announced_put(&core->discovery.announced, topic, value, true);
        core_publish_topic(core, SINK_STATE, topic, value, 1);
    }
    return true;
}

/* ---- values that come before their word ---- */

static bool is_of(const struct homie_held *held, struct xpl_slice state)
{
    return xpl_slice_equal(xpl_slice(held->bytes, held->state_size), state);
}

/* Whether values of the map's topic wait: what comes after them waits, too. */
static bool is_held(const struct homie *homie, struct xpl_slice state)
{
    const struct homie_held *held = homie->held;
    while (held && !is_of(held, state))
        held = held->next;
    return held;
}

/* The value has no word in the format, or others of its topic wait. What it teaches was learned before, so
 * that the format which has it, if there is to be one, is due now. */
static void hold(struct core *core, struct xpl_slice state, struct xpl_slice payload)
{
    struct homie *homie = &core->discovery.homie;
    struct homie_held **at = &homie->held, *held = NULL;
    if (discovery_is_under_way(core) && homie->n_held < LIMIT_HOMIE_HELD)
        held = malloc(sizeof(*held) + state.size + payload.size);
    if (!held) {
        core_count(core, COUNT_HOMIE_UNFIT);
        return;
    }
    *held = (struct homie_held){ .state_size = state.size, .payload_size = payload.size };
    memcpy(held->bytes, state.data, state.size);
    if (payload.size)
        memcpy(held->bytes + state.size, payload.data, payload.size);
    while (*at)
        at = &(*at)->next;
    *at = held;
    homie->n_held++;
}

/* A state needs no more than the format: its newest value went out with it. */
void homie_release(struct core *core)
{
    struct homie *homie = &core->discovery.homie;
    struct homie_held *held;
    while ((held = take_held(homie))) {
        char buffer[NUMBER_TEXT_MAX];
        struct text room = TEXT(buffer);
        struct xpl_slice payload = xpl_slice(held->bytes + held->state_size, held->payload_size), value;
        struct homie_entry *entry;
        HASH_FIND(hh_state, homie->states, held->bytes, held->state_size, entry);
        if (!entry || !to_homie(entry, payload, &room, &value))
            core_count(core, COUNT_HOMIE_UNFIT);
        else if (!entry->shape.retained)
            core_publish_topic(core, SINK_EVENT, xpl_slice_from(entry->topic), value, 1);
        free(held);
    }
}

void homie_give_up(struct core *core)
{
    struct homie_held *held;
    while ((held = take_held(&core->discovery.homie))) {
        core_count(core, COUNT_HOMIE_UNFIT);
        free(held);
    }
}

void homie_on_value(struct core *core, struct xpl_slice topic, struct xpl_slice payload)
{
    struct homie_entry *entry;
    HASH_FIND(hh_state, core->discovery.homie.states, topic.data, topic.size, entry);
    if (!entry)
        return;
    bool waits = !entry->shape.retained && is_held(&core->discovery.homie, topic);
    if (waits || !put_value(core, entry, payload, false))
        hold(core, topic, payload);
}

/* ---- commands ---- */

/* Where the steps of a number begin: at its minimum, else its maximum, else what it is now. */
static double step_base(const struct core *core, const struct homie_entry *entry)
{
    double base;
    struct xpl_slice now;
    if (number_parse(xpl_slice_from(entry->min), &base) == 0 ||
        number_parse(xpl_slice_from(entry->max), &base) == 0)
        return base;
    return core->sink.state(core->sink.context, xpl_slice_from(entry->state), &now) &&
                   number_parse(now, &base) == 0
               ? base
               : 0;
}

/* The number that Homie means: on a step, within the bounds, written as maps write it. */
static void number_from_homie(const struct core *core, const struct homie_entry *entry,
                              struct xpl_slice payload, struct text *ret, struct text *why)
{
    double value, step, bound;
    if (number_parse(payload, &value) < 0 || number_shortest(payload, ret) < 0 || ret->overflow) {
        text_string(why, "no number");
        return;
    }
    if (number_parse(xpl_slice_from(entry->step), &step) == 0 && step > 0) {
        double base = step_base(core, entry), rounded = base + floor((value - base) / step + 0.5) * step;
        if (rounded != value && isfinite(rounded)) {
            value = rounded;
            text_reset(ret);
            number_write(value, ret);
        }
    }
    if (number_parse(xpl_slice_from(entry->min), &bound) == 0 && value < bound)
        text_format(why, "below %s", entry->min);
    else if (number_parse(xpl_slice_from(entry->max), &bound) == 0 && value > bound)
        text_format(why, "above %s", entry->max);
}

/* Homie's word as the map's, which may stand in `room`; false when it is none, with a reason. */
static bool from_homie(const struct core *core, const struct homie_entry *entry, struct xpl_slice payload,
                       struct text *room, struct xpl_slice *ret, struct text *why)
{
    *ret = payload;
    switch (entry->shape.datatype) {
    case HOMIE_BOOLEAN:
        if (xpl_slice_equal(payload, XPL_SLICE("true")))
            *ret = xpl_slice_from(entry->shape.on);
        else if (xpl_slice_equal(payload, XPL_SLICE("false")))
            *ret = xpl_slice_from(entry->shape.off);
        else
            text_string(why, "neither true nor false");
        break;
    case HOMIE_FLOAT:
        number_from_homie(core, entry, payload, room, why);
        *ret = text_get(room);
        break;
    case HOMIE_ENUM:
        if (!is_choice(entry->format, payload))
            text_format(why, "none of %s", entry->format);
        break;
    case HOMIE_STRING:
        if (payload.size == 1 && payload.data[0] == '\0') /* how Homie 5 writes nothing */
            *ret = XPL_SLICE("");
        break;
    }
    return !why->size;
}

/* homie/5/DEVICE/$log/warn */
static void warn(struct core *core, const struct homie_entry *entry, struct xpl_slice payload,
                 const char *why)
{
    char topic_buffer[LIMIT_TOPIC], buffer[1024];
    struct text topic = TEXT(topic_buffer), text = TEXT(buffer);
    const char *end = strchr(entry->topic + sizeof("homie/5"), '/');
    text_format(&text, "%s/set '%.*s' refused: %s", entry->topic,
                (int)(payload.size < 100 ? payload.size : 100), payload.data ? payload.data : "", why);
    core_log(core, LOG_MQTT, LOG_LEVEL_DEBUG, "%s", buffer);
    if (core->discovery.options.homie != DISCOVERY_HOMIE_5 || !end)
        return;
    text_slice(&topic, xpl_slice(entry->topic, (size_t)(end - entry->topic)));
    text_string(&topic, "/$log/warn");
    core_publish_topic(core, SINK_EVENT, text_get(&topic), text_get(&text), 0);
}

bool homie_has_target(const struct core *core, const struct homie_shape *shape)
{
    return core->discovery.options.homie == DISCOVERY_HOMIE_5 && shape->datatype == HOMIE_FLOAT &&
           shape->settable && shape->retained;
}

/* What a dimmer was told, beside what it says it is. */
static void put_target(struct core *core, const struct homie_entry *entry, struct xpl_slice payload)
{
    char buffer[LIMIT_TOPIC];
    struct text topic = TEXT(buffer);
    if (!homie_has_target(core, &entry->shape))
        return;
    text_format(&topic, "%s/$target", entry->topic);
    if (!topic.overflow &&
        announced_put(&core->discovery.announced, text_get(&topic), payload, true) != ANNOUNCED_FULL)
        core_publish_topic(core, SINK_STATE, text_get(&topic), payload, 1);
}

bool homie_on_mqtt(struct core *core, const struct core_message *message, int64_t now_ms)
{
    struct xpl_slice topic = message->topic, set = XPL_SLICE("/set"), payload;
    struct homie_entry *entry;
    char buffer[256], room_buffer[NUMBER_TEXT_MAX];
    struct text why = TEXT(buffer), room = TEXT(room_buffer);
    if (topic.size <= set.size || memcmp(topic.data + topic.size - set.size, set.data, set.size) != 0)
        return false;
    HASH_FIND(hh, core->discovery.homie.topics, topic.data, topic.size - set.size, entry);
    if (!entry)
        return false;
    if (!entry->shape.settable)
        text_string(&why, "it cannot be set");
    else if (from_homie(core, entry, message->payload, &room, &payload, &why)) {
        struct core_message command = *message;
        command.topic = xpl_slice_from(entry->command);
        command.payload = payload;
        command.retained = message->stored; /* Node-RED's Homie nodes retain what they command now, too */
        command.refusal = &why;
        if (commands_on_mqtt(core, &command, now_ms)) {
            if (!why.size)
                put_target(core, entry, payload);
            else
                warn(core, entry, message->payload, buffer);
            return true;
        }
        text_string(&why, "no map takes it");
    }
    core_count(core, COUNT_MQTT_OTHER);
    warn(core, entry, message->payload, buffer);
    return true;
}
