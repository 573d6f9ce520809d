/* The index: which maps may take a message, without looking at all of them.
 *
 * Maps are filed under their literal schema, and there under one of their conditions `name=literal`: the name
 * that tells most maps of that schema apart. What has no such condition is looked at for each message of the
 * schema.
 */
#ifndef MAPPING_INDEX_H
#define MAPPING_INDEX_H

#include "base/error.h"
#include "mapping/model.h"

#define CANDIDATE_LISTS_MAX 40

/* Several sorted lists of numbers, walked as one. */
struct candidates {
    struct {
        const uint32_t *ids;
        size_t n;
    } lists[CANDIDATE_LISTS_MAX];
    size_t n;
};

void candidates_add(struct candidates *candidates, const uint32_t *ids, size_t n);
/* The smallest number not yet given; UINT32_MAX at the end. */
uint32_t candidates_next(struct candidates *candidates);

/* Words to sorted lists; built once, in an arena. */
struct words;
struct words *words_new(struct arena *arena);
/* Numbers must come in rising order for each word. 0 or -ENOMEM. */
int words_add(struct arena *arena, struct words *words, struct xpl_slice word, uint32_t id);
void words_find(const struct words *words, struct xpl_slice word, struct candidates *candidates);

/* 0 or -ENOMEM. */
int index_new(struct arena *arena, struct map *const *maps, size_t n_maps, struct index **ret);
void index_find(const struct index *index, struct scope *scope, struct candidates *ret);

#endif
