/* The retained topics that we made, so that those which no map makes any more can be cleared, and those whose
 * device got another name can move (DESIGN §8). */
#ifndef CORE_MADE_H
#define CORE_MADE_H

#include "mapping/mapping.h"

struct core;
struct made_topic;

struct made {
    struct made_topic *topics;
};

void made_deinit(struct made *made);

void made_add(struct core *core, const struct mapping_publish *publish);

/* Another table: moves or clears what it makes elsewhere or not at all. */
void made_on_mapping(struct core *core);

/* A line "TOPIC RAW-TOPIC" for each, for the next run; returns the bytes written. What does not fit is left
 * out. */
size_t made_export(const struct core *core, char *buffer, size_t capacity);
/* Such lines of the last run: what this table does not make is cleared. */
void made_import(struct core *core, struct xpl_slice text);

#endif
