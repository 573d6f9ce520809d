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
/* The same for a property, and the object that it had in an earlier run; empty: made from its name. */
struct property_facts *things_add_property(const struct things *things, struct thing *thing,
                                           struct xpl_slice name, struct xpl_slice object);

#endif
