/* Words to sorted lists of numbers (maps, sends, aliases …), and several such lists walked as one. */
#ifndef MAPPING_WORDS_H
#define MAPPING_WORDS_H

#include <stdint.h>

#include "base/arena.h"

#define CANDIDATE_LISTS_MAX 40

/* Several sorted lists of numbers, walked as one. */
struct candidates {
    struct {
        const uint32_t *ids;
        size_t n;
    } lists[CANDIDATE_LISTS_MAX];
    size_t n;
};

/* The smallest number not yet given; UINT32_MAX at the end. */
uint32_t candidates_next(struct candidates *candidates);

/* Without case. */
size_t words_hash(struct xpl_slice word);

/* Words to sorted lists; built once, in an arena. Without case: who cares compares what was found. */
struct words;
struct words *words_new(struct arena *arena);
/* Numbers must come in rising order for each word. 0 or -ENOMEM. */
int words_add(struct arena *arena, struct words *words, struct xpl_slice word, uint32_t id);
void words_find(const struct words *words, struct xpl_slice word, struct candidates *candidates);

#endif
