#include "mapping/index.h"

#include <errno.h>

#define KEYS_MAX 12 /* different discriminating names of one schema; maps beyond are looked at each time */

struct key {
    struct variable variable;
    size_t uses; /* maps that demand something of it, while building */
    struct words *words;
    struct key *next;
};

struct bucket {
    struct xpl_slice schema; /* data NULL: maps with globs, for every schema */
    struct bucket *next;
    struct key *keys;
    size_t n_keys;
    struct words *rest; /* under the empty word: maps to be looked at each time */
};

struct index {
    struct bucket **buckets;
    size_t n_buckets;
    struct bucket *any;
};

static struct key *find_key(const struct bucket *bucket, const struct variable *variable)
{
    struct key *key = bucket->keys;
    while (key && !variable_equal(&key->variable, variable))
        key = key->next;
    return key;
}

static int count_keys(struct arena *arena, struct bucket *bucket, const struct map *map)
{
    for (size_t i = 0; i < map->demands.n; i++) {
        const struct variable *variable = &map->demands.list[i].variable;
        struct key *key = find_key(bucket, variable);
        if (!key && bucket->n_keys < KEYS_MAX) {
            if (!(key = arena_new(arena, struct key)))
                return -ENOMEM;
            key->variable = *variable;
            key->next = bucket->keys;
            bucket->keys = key;
            bucket->n_keys++;
        }
        if (key)
            key->uses++;
    }
    return 0;
}

static int file_map(struct arena *arena, struct bucket *bucket, const struct map *map)
{
    const struct condition *chosen = NULL;
    struct key *best = NULL;
    for (size_t i = 0; i < map->demands.n; i++) {
        struct key *key = find_key(bucket, &map->demands.list[i].variable);
        if (key && (!best || key->uses > best->uses)) {
            best = key;
            chosen = &map->demands.list[i];
        }
    }
    if (!best)
        return words_add(arena, bucket->rest, XPL_SLICE(""), map->public.id);
    if (!best->words && !(best->words = words_new(arena)))
        return -ENOMEM;
    for (size_t i = 0; i < chosen->n; i++)
        if (words_add(arena, best->words, chosen->alternatives[i].glob, map->public.id) < 0)
            return -ENOMEM;
    return 0;
}

static struct bucket *find_bucket(const struct index *index, struct xpl_slice schema)
{
    for (struct bucket *b = index->buckets[words_hash(schema) & (index->n_buckets - 1)]; b; b = b->next)
        if (xpl_slice_equal_nocase(b->schema, schema))
            return b;
    return NULL;
}

/* Each schema that the map names: all of them when they are literals, else the bucket for any. */
static bool all_literal(const struct map *map)
{
    for (size_t i = 0; i < map->schema.n; i++)
        if (!glob_is_literal(map->schema.globs[i]))
            return false;
    return map->schema.n != 0;
}

static struct bucket *obtain_bucket(struct arena *arena, struct index *index, struct xpl_slice schema)
{
    struct bucket *bucket = find_bucket(index, schema);
    if (bucket)
        return bucket;
    bucket = arena_new(arena, struct bucket);
    if (!bucket || !(bucket->rest = words_new(arena)))
        return NULL;
    bucket->schema = schema;
    size_t at = words_hash(schema) & (index->n_buckets - 1);
    bucket->next = index->buckets[at];
    index->buckets[at] = bucket;
    return bucket;
}

int index_new(struct arena *arena, struct map *const *maps, size_t n_maps, struct index **ret)
{
    struct index *index = arena_new(arena, struct index);
    if (!index)
        return -ENOMEM;
    for (index->n_buckets = 8; index->n_buckets < n_maps;)
        index->n_buckets *= 2;
    index->buckets = arena_array(arena, struct bucket *, index->n_buckets);
    index->any = arena_new(arena, struct bucket);
    if (arena->failed || !(index->any->rest = words_new(arena)))
        return -ENOMEM;
    for (int filing = 0; filing < 2; filing++) /* first see which names tell the maps apart, then file them */
        for (size_t m = 0; m < n_maps; m++) {
            bool literal = all_literal(maps[m]);
            for (size_t s = 0; s < (literal ? maps[m]->schema.n : 1); s++) {
                struct bucket *bucket =
                    literal ? obtain_bucket(arena, index, maps[m]->schema.globs[s]) : index->any;
                if (!bucket)
                    return -ENOMEM;
                if ((filing ? file_map : count_keys)(arena, bucket, maps[m]) < 0)
                    return -ENOMEM;
            }
        }
    *ret = index;
    return 0;
}

static void find_in(const struct bucket *bucket, struct scope *scope, struct candidates *ret)
{
    words_find(bucket->rest, XPL_SLICE(""), ret);
    for (const struct key *key = bucket->keys; key; key = key->next) {
        struct xpl_slice value;
        if (key->words && scope_get(scope, &key->variable, false, &value))
            words_find(key->words, value, ret);
    }
}

void index_find(const struct index *index, struct scope *scope, struct candidates *ret)
{
    const struct bucket *bucket = find_bucket(index, scope->message->schema);
    ret->n = 0;
    find_in(index->any, scope, ret);
    if (bucket)
        find_in(bucket, scope, ret);
}
