/* The topic trie: which sends may take a topic.
 *
 * A node is a level. Levels that are one variable share a node, whatever its name; so do levels of the same
 * pattern
 * ("{}-{}"). At the end of a path, sends whose map says `variable=literal` for a variable that is alone in a
 * level are filed under that word, so that ten thousand maps of one shape need no scan either. The templates
 * themselves read the topic: the trie only finds who should try.
 */
#ifndef MAPPING_TRIE_H
#define MAPPING_TRIE_H

#include "mapping/index.h"

/* Sends must come in the order of their rank. 0 or -ENOMEM. */
int trie_new(struct arena *arena, struct send *const *sends, size_t n_sends, struct trie **ret);
void trie_find(const struct trie *trie, struct xpl_slice topic, struct candidates *ret);

/* Calls for each path: levels[i] is a literal, or data NULL for what varies. */
void trie_paths(const struct trie *trie,
                void (*path)(void *context, const struct xpl_slice *levels, size_t n_levels), void *context);

#endif
