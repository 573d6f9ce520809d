#include "core/unmapped.h"

#include <stdlib.h>

#include "core/core-private.h"
#include "core/hash.h"

#define END_ROOM   64   /* bytes kept free for what closes the list */
#define SAMPLE_MAX 4096 /* bytes of a sample; a larger message is named without one */

struct unmapped_entry {
    uint64_t count;
    char *sample; /* JSON of the first message, NULL when it was too large */
    UT_hash_handle hh;
    bool left_out;
    size_t size;
    char key[]; /* schema and source in lower case, a line each: neither holds a line end */
};

static void entry_free(struct unmapped_entry *entry)
{
    free(entry->sample);
    free(entry);
}

void unmapped_clear(struct unmapped *unmapped)
{
    struct unmapped_entry *entry, *next;
    HASH_ITER(hh, unmapped->entries, entry, next)
    {
        HASH_DEL(unmapped->entries, entry);
        entry_free(entry);
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
    text_char(&text, '\n');
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
    if (entry->left_out) {
        entry_free(entry);
        unmapped->others++;
    }
    unmapped->changed = true;
}

static void write_entry(const struct core *core, const struct unmapped_entry *entry, struct text *ret)
{
    const struct charset *charset = mapping_charset(core->mapping);
    size_t schema = strcspn(entry->key, "\n");
    text_string(ret, "{\"schema\":");
    mapping_value_json(charset, xpl_slice(entry->key, schema), false, ret);
    text_string(ret, ",\"source\":");
    mapping_value_json(charset, xpl_slice(entry->key + schema + 1, entry->size - schema - 1), false, ret);
    text_string(ret, ",\"count\":");
    text_number(ret, (int64_t)entry->count);
    if (entry->sample)
        text_format(ret, ",\"sample\":%s", entry->sample);
    text_char(ret, '}');
}

void unmapped_write(const struct core *core, struct text *ret)
{
    bool whole = true;
    text_string(ret, "{\"messages\":[");
    for (const struct unmapped_entry *entry = core->unmapped.entries; entry && whole;
         entry = entry->hh.next) {
        size_t before = ret->size;
        if (entry != core->unmapped.entries)
            text_char(ret, ',');
        write_entry(core, entry, ret);
        whole = !ret->overflow && ret->capacity - ret->size > END_ROOM;
        if (!whole)
            text_cut(ret, before);
    }
    text_string(ret, "],\"others\":");
    text_number(ret, (int64_t)core->unmapped.others);
    text_string(ret, whole ? "}" : ",\"truncated\":true}");
}
