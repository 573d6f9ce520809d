#include "core/unmapped.h"

#include <stdlib.h>
#include <uthash.h>

#include "core/core-private.h"

#define SAMPLE_MAX 4096 /* bytes of a sample; a larger message is named without one */

struct unmapped_entry {
    uint64_t count;
    char *sample; /* JSON of the first message, NULL when it was too large */
    UT_hash_handle hh;
    size_t size;
    char key[]; /* "schema source", lower case */
};

void unmapped_clear(struct unmapped *unmapped)
{
    struct unmapped_entry *entry, *next;
    HASH_ITER(hh, unmapped->entries, entry, next)
    {
        HASH_DEL(unmapped->entries, entry);
        free(entry->sample);
        free(entry);
    }
    unmapped->others = 0;
    unmapped->changed = true;
}

void unmapped_deinit(struct unmapped *unmapped)
{
    unmapped_clear(unmapped);
}

void unmapped_add(struct core *core, const struct xpl_message *message)
{
    struct unmapped *unmapped = &core->unmapped;
    struct unmapped_entry *entry;
    char key[512];
    struct text text = TEXT(key);
    text_lower(&text,
               xpl_slice(message->schema.data, message->schema.size < 200 ? message->schema.size : 200));
    text_char(&text, ' ');
    text_lower(&text, xpl_slice(message->source.text.data,
                                message->source.text.size < 200 ? message->source.text.size : 200));
    HASH_FIND(hh, unmapped->entries, key, text.size, entry);
    if (entry) {
        entry->count++;
        return;
    }
    entry = HASH_COUNT(unmapped->entries) < LIMIT_UNMAPPED ? calloc(1, sizeof(*entry) + text.size + 1) : NULL;
    if (!entry) {
        unmapped->others++;
        return;
    }
    entry->count = 1;
    entry->size = text.size;
    memcpy(entry->key, key, text.size + 1);
    char sample[SAMPLE_MAX];
    struct text json = TEXT(sample);
    mapping_message_json(mapping_charset(core->mapping), message, false, &json);
    if (!json.overflow)
        entry->sample = strdup(sample);
    HASH_ADD_KEYPTR(hh, unmapped->entries, entry->key, entry->size, entry);
    unmapped->changed = true;
}

void unmapped_write(const struct core *core, struct text *ret)
{
    const struct charset *charset = mapping_charset(core->mapping);
    const char *separator = "";
    bool whole = true;
    text_string(ret, "{\"messages\":[");
    for (const struct unmapped_entry *entry = core->unmapped.entries; entry; entry = entry->hh.next) {
        size_t schema = strcspn(entry->key, " ");
        if (ret->capacity - ret->size < SAMPLE_MAX + 2048) {
            whole = false;
            break;
        }
        text_format(ret, "%s{\"schema\":", separator);
        mapping_value_json(charset, xpl_slice(entry->key, schema), false, ret);
        text_string(ret, ",\"source\":");
        mapping_value_json(charset, xpl_slice(entry->key + schema + 1, entry->size - schema - 1), false, ret);
        text_format(ret, ",\"count\":%llu", (unsigned long long)entry->count);
        if (entry->sample)
            text_format(ret, ",\"sample\":%s", entry->sample);
        text_char(ret, '}');
        separator = ",";
    }
    text_format(ret, "],\"others\":%llu%s}", (unsigned long long)core->unmapped.others,
                whole ? "" : ",\"truncated\":true");
}
