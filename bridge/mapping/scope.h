/* A scope: what the variables of one evaluation are worth.
 *
 * From xPL: the message, and bindings (split, each). From MQTT: bindings read back from the topic, and the
 * payload. After a command (assume): both; the header is then known from the bindings only, since the message
 * is our own.
 */
#ifndef MAPPING_SCOPE_H
#define MAPPING_SCOPE_H

#include <jansson.h>

#include "base/charset.h"
#include "mapping/mapping.h"
#include "mapping/variable.h"

#define SCOPE_BINDINGS_MAX 24 /* variables of one topic and of split and each; more: an error at load */

struct binding {
    struct variable variable;
    struct xpl_slice value;
};

struct scope {
    enum direction direction;
    bool ignore_case;
    const struct charset *charset;
    struct text *pool; /* values that had to be made; grows until the scratch is used again */
    struct text
        *spare; /* where a whole template is put together before it goes into the pool (template_make) */
    const struct xpl_message *message;
    bool assumed; /* the message is one that we sent */
    struct binding bindings[SCOPE_BINDINGS_MAX];
    size_t n_bindings;
    struct xpl_slice payload;
    json_t *json; /* the payload, when it was asked for as JSON and is an object */
    bool json_tried;
    struct text *why; /* what went wrong, for people */
};

/* False when it is missing or empty (an empty value counts as missing). Values are UTF-8, with
 * bytes that are no character left as they are; what compares without case is lower case. */
bool scope_get(struct scope *scope, const struct variable *variable, bool typed, struct xpl_slice *ret);

/* Bytes from the network as UTF-8, in lower case where that is asked for: themselves, or made in the pool.
 * False when there is no room. */
bool scope_text(struct scope *scope, struct xpl_slice value, bool lower, struct xpl_slice *ret);

/* False when there is no room. */
bool scope_bind(struct scope *scope, struct variable variable, struct xpl_slice value);
void scope_unbind(struct scope *scope, size_t n_bindings);

/* Whether the variable can have a value at all, in a send: bound, or derived from what is bound. */
bool scope_knows(struct scope *scope, const struct variable *variable);

/* Frees what the scope allocated for the payload. */
void scope_deinit(struct scope *scope);

/* Appends the start of a value to `why`, for people: as text, without control characters. */
void scope_excerpt(struct scope *scope, struct xpl_slice value);

/* Takes the pool's rest as a text to append to, and gives back what was written. */
struct text pool_open(struct text *pool);
/* False when it did not fit. */
bool pool_close(struct text *pool, const struct text *text, struct xpl_slice *ret);

#endif
