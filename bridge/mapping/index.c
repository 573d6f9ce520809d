#include "mapping/index.h"

#include "base/error.h"

#define KEYS_MAX 12 /* different discriminating names of one schema; maps beyond are looked at each time */

struct key {
    struct variable variable;
    size_t uses; /* maps that have a literal condition on it, while building */
    struct words *words;
};

struct bucket {
    struct xpl_slice schema; /* data NULL: maps with globs, for every schema */
    struct bucket *next;
    struct key keys[KEYS_MAX];
    size_t n_keys;
    struct words *rest; /* under the empty word: maps to be looked at each time */
};

struct index {
    struct bucket **buckets;
    size_t n_buckets;
    struct bucket *any;
};

/* A map's literal conditions: its own `when`, and `source` or `target` without a glob. */
static bool literal_at(const struct map *map, size_t i, struct condition *ret)
{
    const struct glob_list *lists[] = { &map->source, &map->target };
    static const enum variable_kind kinds[] = { VARIABLE_SOURCE, VARIABLE_TARGET };
    if (i < map->when.n) {
        *ret = map->when.list[i];
        return condition_is_literal(ret);
    }
    i -= map->when.n;
    if (i < 2 && lists[i]->n == 1 && glob_is_literal(lists[i]->globs[0])) {
        *ret = (struct condition){ .variable = { kinds[i], false, { "", 0 } } };
        return true;
    }
    return false;
}

static struct key *find_key(struct bucket *bucket, const struct variable *variable)
{
    for (size_t i = 0; i < bucket->n_keys; i++)
        if (variable_equal(&bucket->keys[i].variable, variable))
            return &bucket->keys[i];
    return NULL;
}

static void count_keys(struct bucket *bucket, const struct map *map)
{
    struct condition condition;
    for (size_t i = 0; i < map->when.n + 2; i++) {
        if (!literal_at(map, i, &condition))
            continue;
        struct key *key = find_key(bucket, &condition.variable);
        if (!key && bucket->n_keys < KEYS_MAX) {
            key = &bucket->keys[bucket->n_keys++];
            key->variable = condition.variable;
        }
        if (key)
            key->uses++;
    }
}

static int file_map(struct arena *arena, struct bucket *bucket, const struct map *map)
{
    struct key *best = NULL;
    size_t best_at = 0;
    struct condition condition;
    for (size_t i = 0; i < map->when.n + 2; i++) {
        struct key *key = literal_at(map, i, &condition) ? find_key(bucket, &condition.variable) : NULL;
        if (key && (!best || key->uses > best->uses)) {
            best = key;
            best_at = i;
        }
    }
    if (!best)
        return words_add(arena, bucket->rest, XPL_SLICE(""), map->public.id);
    if (!best->words && !(best->words = words_new(arena)))
        return -ENOMEM;
    if (best_at >= map->when.n) {
        const struct glob_list *list = best_at == map->when.n ? &map->source : &map->target;
        return words_add(arena, best->words, list->globs[0], map->public.id);
    }
    const struct condition *chosen = &map->when.list[best_at];
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
                if (!filing)
                    count_keys(bucket, maps[m]);
                else if (file_map(arena, bucket, maps[m]) < 0)
                    return -ENOMEM;
            }
        }
    *ret = index;
    return 0;
}

static void find_in(const struct bucket *bucket, struct scope *scope, struct candidates *ret)
{
    words_find(bucket->rest, XPL_SLICE(""), ret);
    for (size_t i = 0; i < bucket->n_keys; i++) {
        struct xpl_slice value;
        if (bucket->keys[i].words && scope_get(scope, &bucket->keys[i].variable, false, &value))
            words_find(bucket->keys[i].words, value, ret);
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
