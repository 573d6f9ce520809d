/* Conversions: what stands behind '|' in a variable (xplmqtt-mappings(5)). */
#ifndef MAPPING_CONVERSION_H
#define MAPPING_CONVERSION_H

#include "mapping/scope.h"
#include "mapping/table.h"

enum conversion_kind {
    CONVERSION_NUMBER,
    CONVERSION_SCALE,
    CONVERSION_ROUND,
    CONVERSION_LOWER,
    CONVERSION_UPPER,
    CONVERSION_TRIM,
    CONVERSION_DEFAULT,
    CONVERSION_REPLACE,
    CONVERSION_ESCAPE,
    CONVERSION_JSON,
    CONVERSION_TYPED,
    CONVERSION_TABLE,
};

struct conversion {
    enum conversion_kind kind;
    double factor, offset;     /* scale */
    unsigned decimals;         /* round */
    struct xpl_slice from, to; /* replace; `to` is default's text */
    const struct table *table;
};

/* The place and surroundings of a text that is being parsed. */
struct conversion_source {
    struct arena *arena;
    const struct tables *tables;
    struct diag *diag;
    struct diag_place place;
};

/* Whether it is the name of a conversion, which hides a table of that name. */
bool conversion_is_name(struct xpl_slice name);

/* Parses one conversion, "scale:0.1:0", without the '|'. `reversible`: only those that a topic can be read
 * back through. 0, -EINVAL (a finding says why) or -ENOMEM. */
int conversion_parse(const struct conversion_source *source, struct xpl_slice text, bool reversible,
                     struct conversion *ret);

/* Applies them left to right. `have` tells whether there is a value to begin with (default: may make one).
 * 0, or why not as an enum counter, with a text in scope->why. */
int conversion_apply(const struct conversion *conversions, size_t n, struct scope *scope, bool have,
                     struct xpl_slice value, struct xpl_slice *ret);

/* The value behind a text that came out of a topic. False when a table does not hold it. */
bool conversion_undo(const struct conversion *conversions, size_t n, bool ignore_case, struct xpl_slice text,
                     struct xpl_slice *ret);

#endif
