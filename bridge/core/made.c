/* A topic is kept beside its raw form, with the device's own path in the place of its alias: that is what a
 * table can be asked about. When the table changes, everything that leaves its place is cleared first and
 * published at its new place after that, so that two devices may swap their names.
 */
#include "core/made.h"

#include <stdlib.h>

#include "core/core-private.h"
#include "core/hash.h"

#define AVAILABILITY "/availability"

struct made_topic {
    UT_hash_handle hh;
    bool left_out, availability;
    bool templated; /* the property that made it has variables in its name */
    size_t size, raw_size;
    char *raw; /* inside `topic` */
    /* While the table changes: */
    size_t before, after;    /* of an availability: topics of its device that were made, and that still are */
    struct made_topic *next; /* of those that leave */
    struct xpl_slice now, value; /* their new place and last payload, allocated; data NULL: none */
    char topic[];                /* then the raw topic */
};

void made_write_availability(const struct core *core, struct xpl_slice device, struct text *ret)
{
    text_format(ret, "%s/", core->options.prefix);
    text_slice(ret, device);
    text_string(ret, AVAILABILITY);
}

static void made_free(struct made_topic *topic)
{
    free((char *)topic->now.data);
    free((char *)topic->value.data);
    free(topic);
}

static void free_all(struct made_topic **table)
{
    struct made_topic *topic, *next;
    HASH_ITER(hh, *table, topic, next)
    {
        HASH_DEL(*table, topic);
        made_free(topic);
    }
}

void made_deinit(struct made *made)
{
    free_all(&made->topics);
    free_all(&made->cleared);
}

void made_on_broker(struct core *core, bool up)
{
    core->made.linked = up;
    if (up)
        free_all(&core->made.cleared);
}

/* Takes the topic, which is in no table any more, and was cleared. */
static void drop(struct core *core, struct made_topic *topic)
{
    struct made_topic *same;
    HASH_FIND(hh, core->made.cleared, topic->topic, topic->size, same);
    topic->left_out = core->made.linked || same || HASH_COUNT(core->made.cleared) >= LIMIT_STATES;
    if (!topic->left_out)
        HASH_ADD_KEYPTR(hh, core->made.cleared, topic->topic, topic->size, topic);
    if (topic->left_out)
        made_free(topic);
}

static struct made_topic *find(const struct core *core, struct xpl_slice topic)
{
    struct made_topic *made;
    HASH_FIND(hh, core->made.topics, topic.data, topic.size, made);
    return made;
}

bool made_has(const struct core *core, struct xpl_slice topic)
{
    return find(core, topic);
}

static void add(struct core *core, struct xpl_slice topic, struct xpl_slice raw, bool templated)
{
    if (find(core, topic) || HASH_COUNT(core->made.topics) >= LIMIT_STATES)
        return;
    struct made_topic *made = calloc(1, sizeof(*made) + topic.size + raw.size);
    if (!made)
        return;
    made->size = topic.size;
    made->raw_size = raw.size;
    made->templated = templated;
    made->raw = made->topic + topic.size;
    made->availability = text_ends_with(raw, XPL_SLICE(AVAILABILITY)); /* a level that no map can make */
    memcpy(made->topic, topic.data, topic.size);
    memcpy(made->raw, raw.data, raw.size);
    HASH_ADD_KEYPTR(hh, core->made.topics, made->topic, made->size, made);
    if (made->left_out)
        made_free(made);
}

/* prefix/DEVICE and the rest */
static void add_below(struct core *core, struct xpl_slice topic, struct xpl_slice device,
                      struct xpl_slice rest, bool templated)
{
    char buffer[4 * LIMIT_TOPIC];
    struct text raw = TEXT(buffer);
    text_format(&raw, "%s/", core->options.prefix);
    text_slice(&raw, device);
    text_slice(&raw, rest);
    if (!raw.overflow)
        add(core, topic, text_get(&raw), templated);
}

void made_add(struct core *core, const struct mapping_publish *publish)
{
    size_t start = strlen(core->options.prefix) + 1, end = start + publish->alias.size;
    struct xpl_slice topic = publish->topic;
    bool templated = publish->property->templated;
    if (!publish->property->retain || find(core, topic))
        return;
    bool aliased = !xpl_slice_equal(publish->alias, publish->device) && topic.size > end &&
                   memcmp(topic.data + start, publish->alias.data, publish->alias.size) == 0 &&
                   topic.data[end] == '/';
    if (aliased)
        add_below(core, topic, publish->device, xpl_slice(topic.data + end, topic.size - end), templated);
    else
        add(core, topic, topic, templated);
}

void made_add_availability(struct core *core, struct xpl_slice topic, struct xpl_slice device)
{
    if (!find(core, topic))
        add_below(core, topic, device, XPL_SLICE(AVAILABILITY), false);
}

/* ---- what goes ---- */

/* The availability of the device that the topic belongs to, or NULL: it stands beside some level of it. */
static struct made_topic *owner(const struct core *core, const struct made_topic *topic)
{
    char buffer[4 * LIMIT_TOPIC];
    for (size_t at = topic->size; at-- > 1;) {
        struct text text = TEXT(buffer);
        if (topic->topic[at] != '/')
            continue;
        text_slice(&text, xpl_slice(topic->topic, at));
        text_string(&text, AVAILABILITY);
        struct made_topic *found = find(core, text_get(&text));
        if (found && found->availability)
            return found;
    }
    return NULL;
}

void made_forget(struct core *core, struct xpl_slice device)
{
    char buffer[4 * LIMIT_TOPIC];
    struct text raw = TEXT(buffer);
    struct made_topic *topic, *next, *availability = NULL;
    made_write_availability(core, device, &raw);
    HASH_ITER(hh, core->made.topics, topic, next)
    {
        const struct made_topic *of = topic->availability ? topic : owner(core, topic);
        if (!of || !xpl_slice_equal(xpl_slice(of->raw, of->raw_size), text_get(&raw)))
            continue;
        if (topic->availability) {
            availability = topic; /* last: it tells whose the others are */
            continue;
        }
        rates_forget(core, xpl_slice(topic->topic, topic->size));
        core_publish_topic(core, SINK_STATE, xpl_slice(topic->topic, topic->size), XPL_SLICE(""), 1);
        HASH_DEL(core->made.topics, topic);
        drop(core, topic);
    }
    if (!availability)
        return;
    core_publish_topic(core, SINK_STATE, xpl_slice(availability->topic, availability->size), XPL_SLICE(""),
                       1);
    HASH_DEL(core->made.topics, availability);
    drop(core, availability);
}

/* ---- another table ---- */

/* Where the table in force publishes what was made under the raw topic; data NULL: nowhere. Lives until the
 * scratch is used again. */
static struct xpl_slice place_of(struct core *core, const struct made_topic *topic)
{
    struct xpl_slice place = { 0 };
    if (!mapping_makes(core->mapping, core->scratch, xpl_slice(topic->raw, topic->raw_size), topic->templated,
                       true, &place))
        place = xpl_slice(NULL, 0);
    return place;
}

/* The same for an availability, into ret. A device whose last retained topic goes, goes too; one that has
 * events only stays. */
static struct xpl_slice place_of_availability(struct core *core, const struct made_topic *topic,
                                              struct text *ret)
{
    size_t start = strlen(core->options.prefix) + 1, end = sizeof(AVAILABILITY) - 1;
    if ((topic->before && !topic->after) || topic->raw_size <= start + end)
        return xpl_slice(NULL, 0);
    struct xpl_slice device = xpl_slice(topic->raw + start, topic->raw_size - start - end);
    made_write_availability(core, mapping_alias_name(core->mapping, device), ret);
    return ret->overflow ? xpl_slice(NULL, 0) : text_get(ret);
}

static struct xpl_slice copy(struct xpl_slice text)
{
    char *data = text.data ? malloc(text.size + 1) : NULL; /* never 0 bytes */
    if (data && text.size)
        memcpy(data, text.data, text.size);
    return xpl_slice(data, data ? text.size : 0);
}

struct leaving {
    struct made_topic *first, **last;
};

/* Takes it out of the table when its place is another. */
static void judge(struct core *core, struct made_topic *topic, struct xpl_slice place,
                  struct leaving *leaving)
{
    if (place.data && xpl_slice_equal(place, xpl_slice(topic->topic, topic->size)))
        return;
    topic->now = copy(place);
    HASH_DEL(core->made.topics, topic);
    topic->next = NULL;
    *leaving->last = topic;
    leaving->last = &topic->next;
}

static struct made_topic *judge_all(struct core *core)
{
    char buffer[4 * LIMIT_TOPIC];
    struct made_topic *topic, *next;
    struct leaving leaving = { NULL, &leaving.first };
    for (topic = core->made.topics; topic; topic = topic->hh.next)
        topic->before = topic->after = 0;
    HASH_ITER(hh, core->made.topics, topic, next)
    {
        if (topic->availability)
            continue;
        struct xpl_slice place = place_of(core, topic);
        struct made_topic *availability = owner(core, topic);
        if (availability) {
            availability->before++;
            availability->after += place.data != NULL;
        }
        judge(core, topic, place, &leaving);
    }
    HASH_ITER(hh, core->made.topics, topic, next)
    {
        struct text text = TEXT(buffer);
        if (topic->availability)
            judge(core, topic, place_of_availability(core, topic, &text), &leaving);
    }
    return leaving.first;
}

void made_on_mapping(struct core *core, int64_t now_ms)
{
    struct made_topic *leaving = judge_all(core), *next;
    for (struct made_topic *topic = leaving; topic; topic = topic->next) {
        struct xpl_slice old = xpl_slice(topic->topic, topic->size), value;
        rates_leave(core, old, now_ms);
        if (topic->now.data && core->sink.state(core->sink.context, old, &value))
            topic->value = copy(value);
        core_publish_topic(core, SINK_STATE, old, XPL_SLICE(""), 1);
    }
    for (struct made_topic *topic = leaving; topic; topic = next) {
        next = topic->next;
        if (topic->value.data) {
            core_publish_topic(core, SINK_STATE, topic->now, topic->value, 1);
            add(core, topic->now, xpl_slice(topic->raw, topic->raw_size), topic->templated);
        }
        drop(core, topic);
    }
}

/* ---- from run to run ---- */

static void export_table(const struct made_topic *topic, struct text *text)
{
    for (; topic && text->capacity - text->size >= topic->size + topic->raw_size + 5;
         topic = topic->hh.next) {
        text_slice(text, xpl_slice(topic->topic, topic->size));
        text_char(text, '\t');
        text_slice(text, xpl_slice(topic->raw, topic->raw_size));
        text_string(text, topic->templated ? "\t{}\n" : "\n");
    }
}

size_t made_export(const struct core *core, char *buffer, size_t capacity)
{
    struct text text = { buffer, 0, capacity, false };
    export_table(core->made.topics, &text);
    export_table(core->made.cleared, &text);
    return text.size;
}

void made_import(struct core *core, struct xpl_slice text, int64_t now_ms)
{
    while (text.size) {
        struct xpl_slice line = text_take_line(&text), topic, raw;
        if (!xpl_slice_cut(line, '\t', &topic, &raw) || !utf8_is_topic(topic) || !raw.size)
            continue; /* of a damaged file */
        bool templated = raw.size > 3 && memcmp(raw.data + raw.size - 3, "\t{}", 3) == 0;
        add(core, topic, xpl_slice(raw.data, raw.size - (templated ? 3 : 0)), templated);
    }
    made_on_mapping(core, now_ms);
}
