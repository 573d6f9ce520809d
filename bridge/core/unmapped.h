/* Messages that no map took, or that came to nothing in the map that did: never lost silently
 * (xplmqtt-mappings(5)). One entry for each schema and source. */
#ifndef CORE_UNMAPPED_H
#define CORE_UNMAPPED_H

#include "base/text.h"
#include "xpl/message.h"

struct core;
struct unmapped_entry;

struct unmapped {
    struct unmapped_entry *entries; /* in the order of first sight */
    uint64_t others;                /* messages beyond LIMIT_UNMAPPED entries */
    bool changed;
};

void unmapped_deinit(struct unmapped *unmapped);
/* The message that is being worked on. */
void unmapped_add(struct core *core, const struct xpl_message *message);
/* A new table may take what the old one did not, which is listed no more. */
void unmapped_on_mapping(struct core *core);
void unmapped_write(struct core *core, struct text *ret);

#endif
