/* Tables of core, by uthash: memory that is out is no end; what found no place in a table says so in its
 * `left_out`. */
#ifndef CORE_HASH_H
#define CORE_HASH_H

#define HASH_NONFATAL_OOM            1
#define uthash_nonfatal_oom(element) ((element)->left_out = true)
#include <uthash.h>

/* Who has the least `heard_ms`: it makes room when the table has reached its bound. NULL for an empty one. */
#define hash_longest_unheard(table, ret)                                           \
    do {                                                                           \
        (ret) = (table);                                                           \
        for (__typeof__(ret) hash_it = (ret); hash_it; hash_it = hash_it->hh.next) \
            if (hash_it->heard_ms < (ret)->heard_ms)                               \
                (ret) = hash_it;                                                   \
    } while (0)

#endif
