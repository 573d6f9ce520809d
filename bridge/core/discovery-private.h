/* Between the files of discovery. */
#ifndef CORE_DISCOVERY_PRIVATE_H
#define CORE_DISCOVERY_PRIVATE_H

#include "core/core-private.h"

/* discovery_store.c: what the options bring from the last run. */
void discovery_load(struct discovery *discovery);
/* Something changed that may be lost; or that may not, and when such a write may be; or that must be kept
 * now. */
void discovery_save_soon(struct core *core, int64_t now_ms);
void discovery_save_early(struct discovery *discovery);
int64_t discovery_write_ms(const struct discovery *discovery);
void discovery_save_now(struct core *core, int64_t now_ms);

/* discovery_flush.c: the next phase of a flush. */
void discovery_step(struct core *core, int64_t now_ms);
/* All topics that begin so once more, as if the broker might not have them. */
void discovery_announce_below(struct core *core, struct xpl_slice begin, int64_t now_ms);
/* bridge/devices says so, too. */
void discovery_set_announced(struct core *core, struct thing *thing, bool announced);
/* Whether the topic announces in the form of Home Assistant that is not in force. */
bool discovery_is_other_form(const struct core *core, struct xpl_slice topic);

#endif
