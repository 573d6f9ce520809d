/* What sources.c, devices.c and devices_list.c share. */
#ifndef CORE_DEVICES_PRIVATE_H
#define CORE_DEVICES_PRIVATE_H

#include "core/core-private.h"
#include "core/hash.h"

#define MINUTE 60000
#define NEVER  INT64_MIN /* heard */

struct source {
    char schema[40]; /* of its last message, lower case */
    int64_t heard_ms;
    int64_t alive_ms;    /* the same, or when this run began to wait for it */
    int64_t interval_ms; /* between heartbeats; 0: it never said one */
    uint64_t messages;
    bool online, mapped;
    UT_hash_handle hh;
    bool left_out;
    size_t size;
    char address[]; /* lower case, NUL-terminated */
};

struct device {
    struct source *source;
    const struct mapping_map *map;  /* NULL: none of this table is known */
    char *topic;                    /* of its availability, under the name it has now */
    int64_t heard_ms, alive_ms;     /* as of a source; NEVER: others spoke to it */
    int64_t gap_max_ms, gap_sum_ms; /* between reports */
    unsigned gaps, short_gaps;      /* short: of less than a third of the mean */
    bool online, published;
    bool silent; /* offline by its own silence: its source does not bring it back */
    UT_hash_handle hh;
    bool left_out;
    size_t size;
    char path[]; /* DEVICE, NUL-terminated */
};

/* Takes it out of the table, after saying that it is offline. */
void device_drop(struct core *core, struct device *device);
void device_set_online(struct core *core, struct device *device, bool online);
/* When a device that reports regularly has been silent for too long; INT64_MAX for never. */
int64_t device_end(const struct device *device);

/* One of that path, or NULL; obtain makes room for a new one, NULL when memory is out. */
struct device *device_find(const struct core *core, struct xpl_slice path);
struct device *device_obtain(struct core *core, struct xpl_slice path, struct xpl_slice alias);
struct source *source_obtain(struct core *core, struct xpl_slice address);
/* That one of them may expire then. */
void devices_watch(struct core *core, int64_t end_ms);
int64_t source_end(const struct source *source);
/* The source of that address, in any case; NULL when it was never heard. */
struct source *source_find(const struct core *core, struct xpl_slice address);
/* Says that the sources which are not heard any more are gone. Returns when the next one may be. */
int64_t sources_expire(struct core *core, int64_t now_ms);
void sources_deinit(struct devices *devices);

#endif
