/* What things.c and things_store.c share. */
#ifndef CORE_THINGS_PRIVATE_H
#define CORE_THINGS_PRIVATE_H

#include "core/hash.h"
#include "core/things.h"

struct entry {
    struct thing thing; /* first */
    UT_hash_handle hh;  /* by path */
    UT_hash_handle hh_id;
    bool left_out;
    char *key; /* the id as Homie wants it: what must be unique */
};

struct things {
    struct entry *paths, *ids;
};

/* A new thing with the wanted id, or one made from it when it is taken. NULL when there is no room. */
struct thing *things_add(struct things *things, struct xpl_slice path, struct xpl_slice id);

#endif
