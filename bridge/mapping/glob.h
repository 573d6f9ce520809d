/* Globs: '*' any bytes, '?' one byte, everything else itself. Lists of them separated by '|' or blanks. */
#ifndef MAPPING_GLOB_H
#define MAPPING_GLOB_H

#include <stdint.h>

#include "base/arena.h"

struct glob_list {
    struct xpl_slice *globs;
    size_t n; /* 0: matches anything */
};

bool glob_match(struct xpl_slice glob, struct xpl_slice text, bool nocase);
/* No '*' and no '?'. */
bool glob_is_literal(struct xpl_slice glob);
/* Whether every text that `inner` matches is matched by `outer` too; false when in doubt. */
bool glob_covers(struct xpl_slice outer, struct xpl_slice inner, bool nocase);

/* Whether some text may match both; true when in doubt. */
bool glob_meets(struct xpl_slice a, struct xpl_slice b, bool nocase);

/* 0 or -ENOMEM. NULL gives the empty list. */
int glob_list_parse(struct arena *arena, const char *text, struct glob_list *ret);
bool glob_list_match(const struct glob_list *list, struct xpl_slice text);
bool glob_list_covers(const struct glob_list *outer, const struct glob_list *inner);
/* The one literal that the list is, or NULL. */
const struct xpl_slice *glob_list_literal(const struct glob_list *list);

#endif
