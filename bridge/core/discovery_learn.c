/* What the effects of messages teach the registry about devices and their properties; and what of it another
 * table no longer makes. */
#include "core/core-private.h"

struct lesson {
    struct core *core;
    struct thing *thing;
    struct xpl_slice alias;
    bool changed;
    bool incomplete; /* memory was out */
};

static bool set_topic(struct lesson *lesson, struct property_facts *property, enum property_text text,
                      struct xpl_slice topic)
{
    char above_buffer[2 * LIMIT_TOPIC], buffer[2 * LIMIT_TOPIC];
    struct text above = TEXT(above_buffer), folded = TEXT(buffer);
    text_format(&above, "%s/", lesson->core->options.prefix);
    text_slice(&above, lesson->alias);
    thing_fold_topic(topic, text_get(&above), &folded);
    return !folded.overflow && folded.size <= LIMIT_TOPIC && property_set(property, text, text_get(&folded));
}

/* What the map says now. A topic that another map of the same property gave is kept when this one has none.
 */
static void describe(struct lesson *lesson, struct property_facts *property,
                     const struct mapping_description *description)
{
    const struct mapping_property *from = description->property;
    bool rare = from->on_change || from->min_interval_ms || from->dedupe_ms;
    bool changed = property->kind != from->kind || property->retain != from->retain || property->rare != rare;
    bool same_map = strcmp(property->text[PROPERTY_MAP], from->map->name) == 0;
    property->kind = from->kind;
    property->retain = from->retain;
    property->templated = from->templated;
    property->rare = rare;
    property->generation = lesson->core->discovery.generation;
    changed |= property_set(property, PROPERTY_MAP, xpl_slice_from(from->map->name));
    changed |= property_set(property, PROPERTY_UNIT, description->unit);
    changed |= property_set(property, PROPERTY_CLASS, description->class);
    changed |= property_set(property, PROPERTY_MIN, description->min);
    changed |= property_set(property, PROPERTY_MAX, description->max);
    changed |= property_set(property, PROPERTY_STEP, description->step);
    changed |= property_set(property, PROPERTY_OPTIONS, description->options);
    changed |= property_set(property, PROPERTY_ENTITY, from->entity);
    changed |= property_set(property, PROPERTY_ROLE, from->role);
    if (same_map || description->state.size)
        changed |= set_topic(lesson, property, PROPERTY_STATE, description->state);
    if (same_map || description->command.size)
        changed |= set_topic(lesson, property, PROPERTY_COMMAND, description->command);
    lesson->changed |= changed;
}

static void on_other(void *context, const struct mapping_description *description)
{
    struct lesson *lesson = context;
    struct property_facts *property = thing_property(lesson->thing, description->name);
    if (property && property->generation == lesson->core->discovery.generation)
        return; /* it speaks for itself */
    property = thing_obtain_property(lesson->core->discovery.things, lesson->thing, description->name);
    if (property)
        describe(lesson, property, description);
    lesson->incomplete |=
        property ? property->generation == 0 : lesson->thing->n_properties < THING_PROPERTIES;
}

static void learn_device(struct lesson *lesson, int64_t now_ms)
{
    struct core *core = lesson->core;
    struct thing *thing = lesson->thing;
    uint64_t message = core->message_number;
    bool heard = devices_was_heard(core, xpl_slice_from(thing->text[THING_PATH]));
    if (heard && (thing->message != message || thing->sightings == 0)) {
        thing->message = message;
        thing->heard_ms = now_ms;
        thing->sightings += thing->sightings < UINT32_MAX;
        lesson->changed |= !thing->announced && thing->sightings >= core->discovery.options.after;
    }
    if (!*thing->text[THING_MODEL]) {
        char buffer[THING_TEXT_MAX];
        struct text model = TEXT(buffer);
        text_lower(&model, core->message.schema);
        lesson->changed |= !model.overflow && thing_set(thing, THING_MODEL, text_get(&model));
    }
}

void discovery_on_publish(struct core *core, const struct mapping_publish *publish, int64_t now_ms)
{
    struct lesson lesson = { .core = core, .alias = publish->alias };
    if (!discovery_is_on(core))
        return;
    lesson.thing = things_obtain(core->discovery.things, publish->device);
    struct property_facts *property =
        lesson.thing ? thing_obtain_property(core->discovery.things, lesson.thing, publish->name) : NULL;
    if (!property)
        return;
    bool first = property->generation != core->discovery.generation;
    struct mapping_description description;
    learn_device(&lesson, now_ms);
    mapping_describe(core->mapping, publish, &description);
    describe(&lesson, property, &description);
    if (first) {
        struct xpl_slice label = mapping_describe_label(publish);
        lesson.changed |= label.size && thing_set(lesson.thing, THING_LABEL, label);
        mapping_describe_others(core->mapping, publish, on_other, &lesson);
    }
    if (lesson.incomplete)
        property->generation = 0;
    lesson.changed |= property_learn(property, publish->payload, now_ms);
    if (lesson.changed)
        discovery_touch(core, now_ms);
}

/* ---- another table ---- */

static bool is_made(struct core *core, const struct thing *thing, const struct property_facts *property,
                    enum property_text which)
{
    char above_buffer[2 * LIMIT_TOPIC], buffer[2 * LIMIT_TOPIC];
    struct text above = TEXT(above_buffer), topic = TEXT(buffer);
    struct xpl_slice folded = xpl_slice_from(property->text[which]), now;
    if (!folded.size)
        return false;
    text_format(&above, "%s/%s", core->options.prefix, thing->text[THING_PATH]);
    thing_unfold_topic(folded, text_get(&above), &topic);
    return which == PROPERTY_STATE
               ? mapping_makes(core->mapping, core->scratch, text_get(&topic), property->templated, false,
                               &now)
               : mapping_takes(core->mapping, core->scratch, text_get(&topic), property->templated);
}

void discovery_drop_unmade(struct core *core)
{
    for (struct thing *thing = NULL; (thing = things_next(core->discovery.things, thing));) {
        struct property_facts *next;
        bool any = thing->properties;
        for (struct property_facts *p = thing->properties; p; p = next) {
            next = p->next;
            if (!is_made(core, thing, p, PROPERTY_STATE))
                property_set(p, PROPERTY_STATE, XPL_SLICE(""));
            if (!is_made(core, thing, p, PROPERTY_COMMAND))
                property_set(p, PROPERTY_COMMAND, XPL_SLICE(""));
            if (!*p->text[PROPERTY_STATE] && !*p->text[PROPERTY_COMMAND])
                thing_remove_property(thing, p);
        }
        struct xpl_slice path = xpl_slice_from(thing->text[THING_PATH]);
        if (any && !thing->properties && !devices_origin(core, path))
            devices_forget(core, path); /* its availability would stay for ever, if it had but events */
    }
}

void discovery_on_mapping(struct core *core, int64_t now_ms)
{
    core->discovery.generation++;
    discovery_drop_unmade(core);
    discovery_touch(core, now_ms);
}
