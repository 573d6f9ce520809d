/* Rates: on-change, refresh, min-interval and dedupe, for each topic whose property has one of them (DESIGN
 * §4). */
#ifndef CORE_RATES_H
#define CORE_RATES_H

#include "mapping/mapping.h"

struct core;
struct rate;

struct rates {
    struct rate *table; /* by topic; in the order of first use */
    int64_t due_ms;     /* the earliest of those that wait */
};

void rates_init(struct rates *rates);
void rates_deinit(struct rates *rates);

/* Publishes now, or not, or at a later time. `device` and the message are those of the effect. */
void rates_publish(struct core *core, const struct mapping_publish *publish, int64_t now_ms);

int64_t rates_deadline(const struct rates *rates);
void rates_on_time(struct core *core, int64_t now_ms);

#endif
