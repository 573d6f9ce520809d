/* The retained topics that announcements have put on the broker, so that whatever is not announced any more
 * is cleared, also what an earlier run left behind.
 *
 * A walk: announced_begin, then announced_put for everything that should be there, then announced_sweep for
 * the rest. A put tells whether the broker has that payload already.
 */
#ifndef CORE_ANNOUNCED_H
#define CORE_ANNOUNCED_H

#include <stdint.h>

#include "xpl/slice.h"

struct announced_topic;

struct announced {
    struct announced_topic *topics;
    uint32_t walk;
};

enum announced_answer {
    ANNOUNCED_SAME,    /* this topic with this payload */
    ANNOUNCED_CHANGED, /* this topic with another */
    ANNOUNCED_NEW,     /* not this topic */
    ANNOUNCED_FULL     /* LIMIT_STATES, or memory is out */
};

void announced_deinit(struct announced *announced);
size_t announced_count(const struct announced *announced);

void announced_begin(struct announced *announced);
/* Notes that the topic belongs there. With `record`, also that its payload is on its way. */
enum announced_answer announced_put(struct announced *announced, struct xpl_slice topic,
                                    struct xpl_slice payload, bool record);
/* Calls `gone` for every topic that was not put since announced_begin; forgets it when that returns true.
 * Returns how many there were. */
size_t announced_sweep(struct announced *announced, bool (*gone)(void *context, struct xpl_slice topic),
                       void *context);
/* The broker may have lost what begins so: it does not count as the same any more. */
void announced_doubt(struct announced *announced, struct xpl_slice begin);

/* A line for each topic; what does not fit is left out. Returns the bytes. */
size_t announced_export(const struct announced *announced, char *buffer, size_t capacity);
void announced_import(struct announced *announced, struct xpl_slice text);

#endif
