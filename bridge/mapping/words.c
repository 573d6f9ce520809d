#include "mapping/words.h"

#include "base/error.h"

static void candidates_add(struct candidates *candidates, const uint32_t *ids, size_t n)
{
    if (n == 0)
        return;
    must(candidates->n < CANDIDATE_LISTS_MAX);
    candidates->lists[candidates->n].ids = ids;
    candidates->lists[candidates->n++].n = n;
}

uint32_t candidates_next(struct candidates *candidates)
{
    uint32_t least = UINT32_MAX;
    for (size_t i = 0; i < candidates->n; i++)
        if (candidates->lists[i].n && candidates->lists[i].ids[0] < least)
            least = candidates->lists[i].ids[0];
    for (size_t i = 0; i < candidates->n; i++)
        if (candidates->lists[i].n && candidates->lists[i].ids[0] == least) {
            candidates->lists[i].ids++;
            candidates->lists[i].n--;
        }
    return least;
}

/* ---- words ---- */

struct word {
    struct word *next;
    struct xpl_slice text; /* lower case */
    uint32_t *ids;
    size_t n, room;
};

struct words {
    struct word **buckets;
    size_t n_buckets; /* a power of two */
    size_t n;
};

struct words *words_new(struct arena *arena)
{
    return arena_new(arena, struct words);
}

size_t words_hash(struct xpl_slice text)
{
    uint64_t h = 14695981039346656037u; /* FNV-1a, without case */
    for (size_t i = 0; i < text.size; i++)
        h = (h ^ (unsigned char)xpl_lower(text.data[i])) * 1099511628211u;
    return (size_t)(h ^ h >> 29);
}

static struct word *find(const struct words *words, struct xpl_slice text)
{
    if (words->n_buckets == 0)
        return NULL;
    for (struct word *word = words->buckets[words_hash(text) & (words->n_buckets - 1)]; word;
         word = word->next)
        if (xpl_slice_equal_nocase(word->text, text))
            return word;
    return NULL;
}

static int grow(struct arena *arena, struct words *words)
{
    size_t n = words->n_buckets ? words->n_buckets * 4 : 1;
    struct word **buckets = arena_array(arena, struct word *, n);
    if (!buckets)
        return -ENOMEM;
    for (size_t i = 0; i < words->n_buckets; i++)
        for (struct word *word = words->buckets[i], *next; word; word = next) {
            next = word->next;
            size_t at = words_hash(word->text) & (n - 1);
            word->next = buckets[at];
            buckets[at] = word;
        }
    words->buckets = buckets;
    words->n_buckets = n;
    return 0;
}

static struct word *obtain(struct arena *arena, struct words *words, struct xpl_slice text)
{
    struct word *word = find(words, text);
    if (word)
        return word;
    if (words->n >= words->n_buckets && grow(arena, words) < 0)
        return NULL;
    word = arena_new(arena, struct word);
    if (!word)
        return NULL;
    word->text = text;
    size_t at = words_hash(text) & (words->n_buckets - 1);
    word->next = words->buckets[at];
    words->buckets[at] = word;
    words->n++;
    return word;
}

int words_add(struct arena *arena, struct words *words, struct xpl_slice text, uint32_t id)
{
    struct word *word = obtain(arena, words, text);
    if (!word)
        return -ENOMEM;
    if (word->n && word->ids[word->n - 1] == id)
        return 0;
    if (word->n == word->room) {
        size_t room = word->room ? word->room * 2 : 1;
        uint32_t *ids = arena_array(arena, uint32_t, room);
        if (!ids)
            return -ENOMEM;
        if (word->n)
            memcpy(ids, word->ids, word->n * sizeof(*ids));
        word->ids = ids;
        word->room = room;
    }
    word->ids[word->n++] = id;
    return 0;
}

void words_find(const struct words *words, struct xpl_slice text, struct candidates *candidates)
{
    const struct word *word = find(words, text);
    if (word)
        candidates_add(candidates, word->ids, word->n);
}
