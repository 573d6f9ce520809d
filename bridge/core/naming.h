/* Names that were given by request. They live in a mapping file of aliases that the daemon loads beside the
 * user's: a new name is that file written anew and a reload, after which everything moves as for any alias.
 * When the reload fails, or the table does not take the name, the file goes back to what it was. */
#ifndef CORE_NAMING_H
#define CORE_NAMING_H

#include "mapping/mapping.h"

struct core;
struct core_message;

struct naming {
    bool waiting;        /* for the reload that shows whether it works */
    char *before;        /* the file's text */
    char *device, *name; /* what should be true then; name "": none */
};

void naming_deinit(struct naming *naming);

/* Gives `device` these (empty: none at all), and takes them from `instead`, if it is not empty. The answer to
 * `message` comes after the reload. 0, or -ENOENT when there is nowhere to keep it, or another negative
 * errno: nothing has happened then. */
int naming_give(struct core *core, const struct mapping_given *names, struct xpl_slice instead,
                const char *verb, const struct core_message *message);

/* Why the name was not given, or the error of the reload, or NULL. */
const char *naming_on_reloaded(struct core *core, const char *error, int64_t now_ms);

/* Whether the device has a name that was given by request. */
bool naming_has(const struct core *core, struct xpl_slice device, struct mapping_given *ret);

#endif
