/* Devices: what the maps made out of messages, and whether it is there. */
#include "core/devices.h"

#include <stdlib.h>

#include "core/devices-private.h"

/* What is regular: so many gaps over such a time, few of them much shorter than the mean and none much
 * longer. Of what happens by chance, more than every fourth gap is short. */
#define LEARN_GAPS    20
#define LEARN_MS      (10 * MINUTE)
#define LEARN_SHORT   20   /* one gap in so many may be short */
#define LEARN_LONGEST 4    /* times the mean */
#define SILENT_GAPS   3    /* of the longest gap: silent for so long means offline */
#define ONE_REPORT_MS 1000 /* effects within this time are one report */

static void device_free(struct devices *devices, struct device *device)
{
    HASH_DEL(devices->devices, device);
    free(device->topic);
    free(device);
}

void device_drop(struct core *core, struct device *device)
{
    if (device->published)
        device_set_online(core, device, false);
    device_free(&core->devices, device);
    core_count(core, COUNT_DEVICES_FORGOTTEN);
}

void devices_deinit(struct devices *devices)
{
    struct device *device, *next;
    HASH_ITER(hh, devices->devices, device, next)
    device_free(devices, device);
    sources_deinit(devices);
}

/* ---- availability ---- */

void device_set_online(struct core *core, struct device *device, bool online)
{
    if (device->published && device->online == online)
        return;
    device->online = online;
    device->published = true;
    core->devices.changed = true;
    core_publish_topic(core, SINK_STATE, xpl_slice_from(device->topic),
                       online ? XPL_SLICE("online") : XPL_SLICE("offline"), 1);
    made_add_availability(core, xpl_slice_from(device->topic), xpl_slice(device->path, device->size));
    discovery_on_availability(core);
}

static bool set_topic(struct core *core, struct device *device, struct xpl_slice alias)
{
    size_t size = strlen(core->options.prefix) + alias.size + sizeof("//availability");
    struct text text = { malloc(size), 0, size, false };
    if (!text.data)
        return false;
    made_write_availability(core, alias, &text);
    free(device->topic);
    device->topic = text.data;
    return true;
}

int64_t device_end(const struct device *device)
{
    if (device->gaps < LEARN_GAPS || device->gap_sum_ms < LEARN_MS ||
        device->short_gaps > device->gaps / LEARN_SHORT ||
        device->gap_max_ms * device->gaps > LEARN_LONGEST * device->gap_sum_ms)
        return INT64_MAX;
    return device->alive_ms + SILENT_GAPS * device->gap_max_ms + MINUTE;
}

/* ---- the table ---- */

struct device *device_find(const struct core *core, struct xpl_slice path)
{
    struct device *device;
    HASH_FIND(hh, core->devices.devices, path.data, path.size, device);
    return device;
}

/* An alias of the user's files may be what somebody else is called by nature, who may come later. */
static void warn_if_shared(struct core *core, struct xpl_slice path)
{
    struct xpl_slice other = mapping_alias_device(core->mapping, path);
    if (other.size && !xpl_slice_equal_nocase(other, path) &&
        xpl_slice_equal(mapping_alias_name(core->mapping, path), path))
        core_log(core, LOG_MAPPING, LOG_LEVEL_WARNING,
                 "the name '%.*s' of %.*s is the path of another device that is there: both use the same "
                 "topics; give one of them another name",
                 XPL_SLICE_ARGS(path), XPL_SLICE_ARGS(other));
}

static void make_room(struct core *core)
{
    struct device *device;
    hash_longest_unheard(core->devices.devices, device);
    device_drop(core, device);
}

struct device *device_obtain(struct core *core, struct xpl_slice path, struct xpl_slice alias)
{
    struct device *device = device_find(core, path);
    if (device)
        return device;
    if (HASH_COUNT(core->devices.devices) >= LIMIT_DEVICES)
        make_room(core);
    device = calloc(1, sizeof(*device) + path.size + 1);
    if (!device)
        return NULL;
    device->size = path.size;
    memcpy(device->path, path.data, path.size);
    device->heard_ms = NEVER;
    device->left_out = !set_topic(core, device, alias);
    if (!device->left_out)
        HASH_ADD_KEYPTR(hh, core->devices.devices, device->path, device->size, device);
    if (device->left_out) {
        free(device->topic);
        free(device);
        return NULL;
    }
    core->devices.changed = true;
    warn_if_shared(core, path);
    return device;
}

/* A gap between two reports. One in which it was offline, or we were, tells nothing of its habits. */
static void learn(struct device *device, int64_t now_ms)
{
    if (device->heard_ms == NEVER || device->alive_ms != device->heard_ms || !device->online)
        return;
    int64_t gap = now_ms - device->heard_ms;
    if (gap <= ONE_REPORT_MS)
        return;
    device->gap_sum_ms += gap;
    device->gap_max_ms = gap > device->gap_max_ms ? gap : device->gap_max_ms;
    device->gaps++;
    device->short_gaps += gap * 3 * device->gaps < device->gap_sum_ms;
}

static bool is_overheard(const struct core *core)
{
    return core->message.type == XPL_CMND;
}

void devices_on_publish(struct core *core, const struct mapping_publish *publish, int64_t now_ms)
{
    struct device *device = device_obtain(core, publish->device, publish->alias);
    if (!device)
        return;
    bool overheard = is_overheard(core);
    device->map = publish->property->map;
    device->source = overheard ? source_find(core, core->message.target.text) : core->devices.speaker;
    if (!device->source || !device->source->online)
        return; /* told something by somebody, which proves nothing of it */
    if (!overheard)
        learn(device, now_ms);
    device->heard_ms = device->alive_ms = now_ms;
    device->silent = false;
    device_set_online(core, device, true);
    devices_watch(core, device_end(device));
}

void devices_forget(struct core *core, struct xpl_slice path)
{
    struct device *device = device_find(core, path);
    if (device)
        device_drop(core, device);
    made_forget(core, path);
    core->devices.changed = true;
}

bool devices_has(struct core *core, struct xpl_slice path)
{
    return device_find(core, path);
}

bool devices_was_heard(const struct core *core, struct xpl_slice path)
{
    const struct device *device = device_find(core, path);
    return device && device->heard_ms != NEVER;
}

const struct mapping_map *devices_origin(struct core *core, struct xpl_slice path)
{
    const struct device *device = device_find(core, path);
    const struct thing *thing = things_find(core->discovery.things, path);
    if (device && device->map)
        return device->map;
    /* Not heard in this run, and the last one left no list: the registry knows. */
    return thing && thing->properties
               ? mapping_map_named(core->mapping, xpl_slice_from(thing->properties->text[PROPERTY_MAP]))
               : NULL;
}

void devices_on_mapping(struct core *core)
{
    for (struct device *device = core->devices.devices; device; device = device->hh.next) {
        struct xpl_slice path = xpl_slice(device->path, device->size);
        device->map =
            device->map ? mapping_map_named(core->mapping, xpl_slice_from(device->map->name)) : NULL;
        set_topic(core, device, mapping_alias_name(core->mapping, path));
        device->published = made_has(core, xpl_slice_from(device->topic));
        warn_if_shared(core, path);
    }
}

/* ---- time ---- */

void devices_watch(struct core *core, int64_t end_ms)
{
    if (end_ms < core->devices.due_ms)
        core->devices.due_ms = end_ms;
}

int64_t devices_deadline(const struct devices *devices)
{
    return devices->due_ms;
}

void devices_on_time(struct core *core, int64_t now_ms)
{
    if (now_ms < core->devices.due_ms)
        return;
    int64_t next_ms = sources_expire(core, now_ms);
    for (struct device *device = core->devices.devices; device; device = device->hh.next) {
        if (device->online && device_end(device) <= now_ms) {
            device->silent = true;
            device_set_online(core, device, false);
        }
        if (device->online && device_end(device) < next_ms)
            next_ms = device_end(device);
    }
    core->devices.due_ms = next_ms;
}
