#include "core/announced.h"

#include <stdlib.h>

#include "base/charset.h"
#include "base/limits.h"
#include "core/digest.h"
#include "core/hash.h"

struct announced_topic {
    UT_hash_handle hh;
    uint64_t digest; /* of the payload; 0: not known */
    uint32_t walk;   /* in which it was put */
    bool left_out;
    size_t size;
    char topic[];
};

void announced_deinit(struct announced *announced)
{
    struct announced_topic *topic, *next;
    HASH_ITER(hh, announced->topics, topic, next)
    {
        HASH_DEL(announced->topics, topic);
        free(topic);
    }
}

size_t announced_count(const struct announced *announced)
{
    return HASH_COUNT(announced->topics);
}

static struct announced_topic *add(struct announced *announced, struct xpl_slice name)
{
    struct announced_topic *topic =
        HASH_COUNT(announced->topics) < LIMIT_STATES ? malloc(sizeof(*topic) + name.size) : NULL;
    if (!topic)
        return NULL;
    *topic = (struct announced_topic){ .size = name.size };
    memcpy(topic->topic, name.data, name.size);
    HASH_ADD_KEYPTR(hh, announced->topics, topic->topic, topic->size, topic);
    if (!topic->left_out)
        return topic;
    free(topic);
    return NULL;
}

void announced_begin(struct announced *announced)
{
    announced->walk++;
}

enum announced_answer announced_put(struct announced *announced, struct xpl_slice name,
                                    struct xpl_slice payload, bool record)
{
    struct announced_topic *topic;
    uint64_t now = digest_bytes(payload);
    HASH_FIND(hh, announced->topics, name.data, name.size, topic);
    enum announced_answer answer = !topic                 ? ANNOUNCED_NEW
                                   : topic->digest != now ? ANNOUNCED_CHANGED
                                                          : ANNOUNCED_SAME;
    if (!topic && record && !(topic = add(announced, name)))
        return ANNOUNCED_FULL;
    if (topic)
        topic->walk = announced->walk;
    if (record)
        topic->digest = now;
    return answer;
}

size_t announced_sweep(struct announced *announced, bool (*gone)(void *context, struct xpl_slice topic),
                       void *context)
{
    struct announced_topic *topic, *next;
    size_t n = 0;
    HASH_ITER(hh, announced->topics, topic, next)
    {
        if (topic->walk == announced->walk)
            continue;
        n++;
        if (gone(context, xpl_slice(topic->topic, topic->size))) {
            HASH_DEL(announced->topics, topic);
            free(topic);
        }
    }
    return n;
}

void announced_doubt(struct announced *announced, struct xpl_slice begin)
{
    for (struct announced_topic *topic = announced->topics; topic; topic = topic->hh.next)
        if (topic->size >= begin.size && memcmp(topic->topic, begin.data, begin.size) == 0)
            topic->digest = 0;
}

size_t announced_export(const struct announced *announced, char *buffer, size_t capacity)
{
    struct text text = { buffer, 0, capacity, false };
    for (const struct announced_topic *topic = announced->topics; topic; topic = topic->hh.next) {
        if (text.capacity - text.size < topic->size + 2)
            break;
        text_slice(&text, xpl_slice(topic->topic, topic->size));
        text_char(&text, '\n');
    }
    return text.size;
}

void announced_import(struct announced *announced, struct xpl_slice text)
{
    while (text.size) {
        struct xpl_slice name = text_take_line(&text);
        struct announced_topic *topic;
        HASH_FIND(hh, announced->topics, name.data, name.size, topic);
        if (!topic && utf8_is_topic(name) && name.size <= LIMIT_TOPIC)
            add(announced, name);
    }
}
