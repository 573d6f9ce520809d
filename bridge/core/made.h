/* The retained topics that we made, so that those which no map makes any more can be cleared, and those whose
 * device got another name can move (xplmqttd(8)). Bounded as the states are that the session remembers, which
 * counts what is over it. */
#ifndef CORE_MADE_H
#define CORE_MADE_H

#include "base/text.h"
#include "mapping/mapping.h"

struct core;
struct made_topic;

struct made {
    struct made_topic *topics; /* in the order of their making */
    /* Those that were cleared while the broker was away. It may come back in our next run only: that is told
     * of them, too, and clears them again. */
    struct made_topic *cleared;
    bool linked;
};

void made_deinit(struct made *made);

void made_add(struct core *core, const struct mapping_publish *publish);
/* "PREFIX/DEVICE/availability", for a path as for an alias. */
void made_write_availability(const struct core *core, struct xpl_slice device, struct text *ret);
/* That topic of a device, which goes where its other topics go. */
void made_add_availability(struct core *core, struct xpl_slice topic, struct xpl_slice device);
bool made_has(const struct core *core, struct xpl_slice topic);

/* The connection to the broker is up, or no longer. */
void made_on_broker(struct core *core, bool up);

/* Another table: moves or clears what it makes elsewhere or not at all. */
void made_on_mapping(struct core *core, int64_t now_ms);

/* Clears everything that was made for the device, its availability too. */
void made_forget(struct core *core, struct xpl_slice device);

/* For the next run: a line for each topic and its raw form, parted by a tab, with another and "{}" behind it
 * where the property has variables in its name. Returns the bytes written; what does not fit is left out. */
size_t made_export(const struct core *core, char *buffer, size_t capacity);
/* Such lines of the last run: what this table does not make is cleared. */
void made_import(struct core *core, struct xpl_slice text, int64_t now_ms);

#endif
