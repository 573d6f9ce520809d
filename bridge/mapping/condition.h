/* Conditions: the `when` of maps, publishes and sends (xplmqtt-mappings(5)). */
#ifndef MAPPING_CONDITION_H
#define MAPPING_CONDITION_H

#include "mapping/conversion.h"

struct alternative {
    bool range, has_low, has_high;
    double low, high;
    struct xpl_slice glob;
};

struct condition {
    struct variable variable;
    struct xpl_slice text; /* as written */
    struct xpl_slice name; /* the variable, as written */
    bool negated;          /* !name, name!= */
    struct alternative *alternatives;
    size_t n; /* 0: only whether it is there */
};

struct conditions {
    struct condition *list;
    size_t n;
};

/* 0, -EINVAL (findings say why) or -ENOMEM. NULL gives the empty list. */
int conditions_parse(const struct conversion_source *source, const char *text, enum direction direction,
                     struct conditions *ret);

/* Whether all hold; *ret_failed (may be NULL) is the first that does not. `known_only` passes over conditions
 * on variables that the scope cannot know: a map's own, when a topic is read back. */
bool conditions_hold(const struct conditions *conditions, struct scope *scope, bool known_only,
                     const struct condition **ret_failed);

/* The one of that variable, or NULL. */
const struct condition *conditions_find(const struct conditions *conditions, const struct variable *variable);

/* Whether `name=literal|literal…` is all it says: then an index may use it. */
bool condition_is_literal(const struct condition *condition);

/* Whether every message that holds `inner` holds `outer` too, `outer` comparing values without case or with;
 * false when in doubt. */
bool conditions_cover(const struct conditions *outer, const struct conditions *inner, bool nocase);
/* Whether no message can hold both; false when in doubt. */
bool conditions_exclude(const struct conditions *a, const struct conditions *b);

#endif
