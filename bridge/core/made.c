#include "core/made.h"

#include <stdlib.h>
#include <uthash.h>

#include "core/core-private.h"

struct made_topic {
    UT_hash_handle hh;
    size_t size, raw_size;
    char *raw;    /* with the device's own path where the topic has its alias; inside `topic` */
    char topic[]; /* then the raw topic */
};

static void forget(struct made *made, struct made_topic *topic)
{
    HASH_DEL(made->topics, topic);
    free(topic);
}

void made_deinit(struct made *made)
{
    struct made_topic *topic, *next;
    HASH_ITER(hh, made->topics, topic, next)
    forget(made, topic);
}

static void add(struct core *core, struct xpl_slice topic, struct xpl_slice raw)
{
    struct made_topic *made;
    HASH_FIND(hh, core->made.topics, topic.data, topic.size, made);
    if (made || HASH_COUNT(core->made.topics) >= LIMIT_STATES)
        return;
    made = malloc(sizeof(*made) + topic.size + raw.size);
    if (!made)
        return;
    made->size = topic.size;
    made->raw_size = raw.size;
    made->raw = made->topic + topic.size;
    memcpy(made->topic, topic.data, topic.size);
    memcpy(made->raw, raw.data, raw.size);
    HASH_ADD_KEYPTR(hh, core->made.topics, made->topic, made->size, made);
}

void made_add(struct core *core, const struct mapping_publish *publish)
{
    size_t start = strlen(core->options.prefix) + 1;
    struct xpl_slice topic = publish->topic;
    bool aliased = !xpl_slice_equal(publish->alias, publish->device) &&
                   topic.size > start + publish->alias.size &&
                   memcmp(topic.data + start, publish->alias.data, publish->alias.size) == 0 &&
                   topic.data[start + publish->alias.size] == '/';
    if (!publish->property->retain)
        return;
    if (!aliased) {
        add(core, topic, topic);
        return;
    }
    char buffer[4 * LIMIT_TOPIC];
    struct text raw = TEXT(buffer);
    text_format(&raw, "%s/", core->options.prefix);
    text_slice(&raw, publish->device);
    text_slice(&raw,
               xpl_slice(topic.data + start + publish->alias.size, topic.size - start - publish->alias.size));
    if (!raw.overflow)
        add(core, topic, text_get(&raw));
}

/* Where the table in force publishes what was made under the raw topic; data NULL: nowhere. */
static struct xpl_slice place_now(struct core *core, const struct made_topic *topic)
{
    struct xpl_slice now = { 0 };
    if (!mapping_makes(core->mapping, core->scratch, xpl_slice(topic->raw, topic->raw_size), &now))
        now = xpl_slice(NULL, 0);
    return now;
}

void made_on_mapping(struct core *core)
{
    struct made_topic *topic, *next, *moved = NULL;
    HASH_ITER(hh, core->made.topics, topic, next)
    {
        struct xpl_slice old = xpl_slice(topic->topic, topic->size), now = place_now(core, topic), payload;
        if (now.data && xpl_slice_equal(now, old))
            continue;
        bool moves = now.data && core->sink.state(core->sink.context, old, &payload);
        if (moves)
            core_publish_topic(core, SINK_STATE, now, payload, 1);
        core_publish_topic(core, SINK_STATE, old, XPL_SLICE(""), 1);
        if (moves) { /* added behind the walk, which must not meet it */
            char buffer[4 * LIMIT_TOPIC];
            struct text copy = TEXT(buffer);
            text_slice(&copy, now);
            struct made made = core->made;
            core->made.topics = moved;
            add(core, text_get(&copy), xpl_slice(topic->raw, topic->raw_size));
            moved = core->made.topics;
            core->made = made;
        }
        forget(&core->made, topic);
    }
    HASH_ITER(hh, moved, topic, next)
    {
        HASH_DEL(moved, topic);
        add(core, xpl_slice(topic->topic, topic->size), xpl_slice(topic->raw, topic->raw_size));
        free(topic);
    }
}

size_t made_export(const struct core *core, char *buffer, size_t capacity)
{
    struct text text = { buffer, 0, capacity, false };
    for (const struct made_topic *topic = core->made.topics; topic; topic = topic->hh.next) {
        if (text.capacity - text.size < topic->size + topic->raw_size + 3)
            break;
        text_slice(&text, xpl_slice(topic->topic, topic->size));
        text_char(&text, '\t');
        text_slice(&text, xpl_slice(topic->raw, topic->raw_size));
        text_char(&text, '\n');
    }
    return text.size;
}

void made_import(struct core *core, struct xpl_slice text)
{
    while (text.size) {
        const char *end = memchr(text.data, '\n', text.size);
        size_t size = end ? (size_t)(end - text.data) : text.size;
        const char *tab = memchr(text.data, '\t', size);
        if (tab && tab > text.data && size - (size_t)(tab - text.data) > 1)
            add(core, xpl_slice(text.data, (size_t)(tab - text.data)),
                xpl_slice(tab + 1, size - (size_t)(tab - text.data) - 1));
        text = end ? xpl_slice(end + 1, text.size - size - 1) : xpl_slice(NULL, 0);
    }
    made_on_mapping(core);
}
