#include "core/unmapped.h"

#include <stdlib.h>

#include "core/core-private.h"
#include "core/hash.h"

#define END_ROOM   64   /* bytes kept free for what closes the list */
#define SAMPLE_MAX 4096 /* bytes of a message and of its JSON; a larger one is named without a sample */

struct unmapped_entry {
    uint64_t count;
    char *sample; /* the first message as it was heard; NULL when it was too large */
    size_t sample_size;
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

static void entry_drop(struct unmapped *unmapped, struct unmapped_entry *entry)
{
    HASH_DEL(unmapped->entries, entry);
    entry_free(entry);
}

void unmapped_deinit(struct unmapped *unmapped)
{
    struct unmapped_entry *entry, *next;
    HASH_ITER(hh, unmapped->entries, entry, next)
    entry_drop(unmapped, entry);
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
    if (core->datagram.size && core->datagram.size <= SAMPLE_MAX)
        entry->sample = malloc(core->datagram.size);
    if (entry->sample) {
        memcpy(entry->sample, core->datagram.data, core->datagram.size);
        entry->sample_size = core->datagram.size;
    }
    HASH_ADD_KEYPTR(hh, unmapped->entries, entry->key, entry->size, entry);
    if (entry->left_out) {
        entry_free(entry);
        unmapped->others++;
    }
    unmapped->changed = true;
}

/* Parses it where the walk does, which is over by then. */
static bool read_sample(struct core *core, const struct unmapped_entry *entry)
{
    return entry->sample && xpl_message_parse(&core->message, entry->sample, entry->sample_size) == 0;
}

/* ---- another table ---- */

static void note_effect(void *context, const struct mapping_publish *publish)
{
    (void)publish;
    *(bool *)context = true;
}

static bool is_still_unmapped(struct core *core, const struct unmapped_entry *entry)
{
    bool any = false;
    struct mapping_sink sink = { .context = &any, .publish = note_effect };
    if (!read_sample(core, entry))
        return false;
    enum mapping_result result = mapping_on_xpl(core->mapping, core->scratch, &core->message, &sink);
    return result == MAPPING_UNMAPPED || (result == MAPPING_TAKEN && !any);
}

void unmapped_on_mapping(struct core *core)
{
    struct unmapped *unmapped = &core->unmapped;
    struct unmapped_entry *entry, *next;
    HASH_ITER(hh, unmapped->entries, entry, next)
    if (!is_still_unmapped(core, entry))
        entry_drop(unmapped, entry);
    unmapped->others = 0;
    unmapped->changed = true;
}

/* ---- the list ---- */

static void write_entry(struct core *core, const struct unmapped_entry *entry, struct text *ret)
{
    const struct charset *charset = mapping_charset(core->mapping);
    size_t schema = strcspn(entry->key, "\n");
    text_string(ret, "{\"schema\":");
    mapping_value_json(charset, xpl_slice(entry->key, schema), false, ret);
    text_string(ret, ",\"source\":");
    mapping_value_json(charset, xpl_slice(entry->key + schema + 1, entry->size - schema - 1), false, ret);
    text_string(ret, ",\"count\":");
    text_number(ret, (int64_t)entry->count);
    char buffer[SAMPLE_MAX];
    struct text sample = TEXT(buffer);
    if (read_sample(core, entry))
        mapping_message_json(charset, &core->message, false, &sample);
    if (sample.size && !sample.overflow)
        text_format(ret, ",\"sample\":%s", buffer);
    text_char(ret, '}');
}

void unmapped_write(struct core *core, struct text *ret)
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
