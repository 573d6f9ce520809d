/* Who is there: xPL applications (sources) by their heartbeats and messages, and the devices that the maps
 * made out of them, with their availability (xplmqttd(8)).
 *
 * A source is online until it says hbeat.end or is not heard for twice its interval and a minute. A device
 * follows its source, and besides its own report interval once that was learned: what reports regularly and
 * then is silent for three times its longest gap and a minute is offline until it is heard again. A remote, a
 * door or a motion detector is not regular, and never taken for dead because nobody comes by. A command that
 * we overhear speaks of its target, not of its sender: such a device follows the target's source. Who is
 * pushed out of a full table is offline, too.
 *
 * All this is remembered from run to run: at a start everybody counts as just heard, so that who does not
 * come back is offline in its time.
 *
 * sources.c has the sources, devices.c the devices, devices_list.c writes bridge/devices, devices_store.c
 * remembers.
 */
#ifndef CORE_DEVICES_H
#define CORE_DEVICES_H

#include "mapping/mapping.h"

struct core;
struct source;
struct device;

struct devices {
    struct source *sources; /* by address, in the order of first sight */
    struct device *devices; /* by DEVICE, likewise */
    struct source *speaker; /* of the message being worked on; NULL: none, or there was no room for it */
    bool changed;           /* since bridge/devices was written */
    int64_t due_ms;         /* when one of them may expire, or before */
};

void devices_deinit(struct devices *devices);

/* A message that is not ours: its source, and its heartbeat if it is one. */
void devices_on_message(struct core *core, const struct xpl_message *message, int64_t now_ms);
/* The end of that message. `mapped`: a map took it. */
void devices_on_mapped(struct core *core, bool mapped);

/* An effect: the device that it speaks of. All within a second are one report. */
void devices_on_publish(struct core *core, const struct mapping_publish *publish, int64_t now_ms);

/* Takes it out of the table and clears what it had on the broker. */
void devices_forget(struct core *core, struct xpl_slice device);
bool devices_has(struct core *core, struct xpl_slice device);

/* Whether it spoke itself, now or in an earlier run, or was spoken to while its source was there. */
bool devices_was_heard(const struct core *core, struct xpl_slice device);

/* The map that published the device, as far as it is known and still there, or NULL. */
const struct mapping_map *devices_origin(struct core *core, struct xpl_slice device);

/* Another table, after made_on_mapping and while the old one is still there: an origin is the map of the same
 * name, availability topics are under the aliases of now. */
void devices_on_mapping(struct core *core);

int64_t devices_deadline(const struct devices *devices);
void devices_on_time(struct core *core, int64_t now_ms);

/* A line for each device whose availability stands at the broker, for the next run; returns the bytes
 * written. What does not fit is left out. */
size_t devices_export(const struct core *core, char *buffer, size_t capacity);
/* Such lines of the last run, after made_import. Lines that are none are passed over. */
void devices_import(struct core *core, struct xpl_slice text, int64_t now_ms);

/* A heartbeat or its end, of any case. */
bool devices_is_heartbeat(const struct xpl_message *message);

/* The list as JSON; cut at the end when it does not fit, which it says. Times are UTC, intervals seconds,
 * null where they are not known. */
void devices_write(struct core *core, struct text *ret);

#endif
