/* The index: which maps may take a message, without looking at all of them.
 *
 * Maps are filed under their literal schema, and there under one of their demands (`name=word|word`, a source
 * or target without wildcards): the name that tells most maps of that schema apart. A map without demands is
 * looked at for each message of the schema.
 */
#ifndef MAPPING_INDEX_H
#define MAPPING_INDEX_H

#include "mapping/model.h"
#include "mapping/words.h"

/* 0 or -ENOMEM. */
int index_new(struct arena *arena, struct map *const *maps, size_t n_maps, struct index **ret);
void index_find(const struct index *index, struct scope *scope, struct candidates *ret);

#endif
