#include "core/devices.h"

#include <stdlib.h>
#include <uthash.h>

#include "base/number.h"
#include "core/core-private.h"
#include "xpl/hub.h"

#define MINUTE        60000
#define LEARN_REPORTS 5 /* reports from which an interval is learned */
#define SILENT_GAPS   3 /* of the longest gap: silent for so long means offline */

struct source {
    char schema[40]; /* of its last message, lower case */
    int64_t heard_ms;
    int64_t interval_ms; /* between heartbeats; 0: it never said one */
    uint64_t messages;
    bool online, mapped;
    UT_hash_handle hh;
    size_t size;
    char address[]; /* lower case, NUL-terminated */
};

struct device {
    struct source *source;
    const struct mapping_map *map; /* NULL: not known for this table */
    char *topic;                   /* of its availability, under the name it has now */
    int64_t heard_ms;
    int64_t gap_max_ms, gap_sum_ms; /* between reports */
    unsigned gaps;
    bool online, published;
    UT_hash_handle hh;
    size_t size;
    char path[]; /* DEVICE, NUL-terminated */
};

static void free_device(struct devices *devices, struct device *device)
{
    HASH_DEL(devices->devices, device);
    free(device->topic);
    free(device);
}

void devices_deinit(struct devices *devices)
{
    struct device *device, *next_device;
    struct source *source, *next_source;
    HASH_ITER(hh, devices->devices, device, next_device)
    free_device(devices, device);
    HASH_ITER(hh, devices->sources, source, next_source)
    {
        HASH_DEL(devices->sources, source);
        free(source);
    }
}

/* ---- availability ---- */

static void publish_availability(struct core *core, struct device *device, bool online)
{
    if (device->published && device->online == online)
        return;
    device->online = online;
    device->published = true;
    core->devices.changed = true;
    core_publish_topic(core, SINK_STATE, xpl_slice_from(device->topic),
                       online ? XPL_SLICE("online") : XPL_SLICE("offline"), 1);
}

static bool set_topic(struct core *core, struct device *device, struct xpl_slice alias)
{
    size_t size = strlen(core->options.prefix) + alias.size + sizeof("//availability");
    struct text text = { malloc(size), 0, size, false };
    if (!text.data)
        return false;
    text_string(&text, core->options.prefix);
    text_char(&text, '/');
    text_slice(&text, alias);
    text_string(&text, "/availability");
    free(device->topic);
    device->topic = text.data;
    return true;
}

static int64_t source_end(const struct source *source)
{
    return source->interval_ms ? source->heard_ms + 2 * source->interval_ms + MINUTE : INT64_MAX;
}

/* When a device that reports regularly has been silent for too long. */
static int64_t device_end(const struct device *device)
{
    if (device->gaps < LEARN_REPORTS || device->gap_max_ms * device->gaps > 4 * device->gap_sum_ms)
        return INT64_MAX; /* not known yet, or not regular: a switch, a remote */
    return device->heard_ms + SILENT_GAPS * device->gap_max_ms + MINUTE;
}

static void source_goes(struct core *core, struct source *source)
{
    if (!source->online)
        return;
    source->online = false;
    core->devices.changed = true;
    for (struct device *device = core->devices.devices; device; device = device->hh.next)
        if (device->source == source)
            publish_availability(core, device, false);
}

/* ---- sources ---- */

static void drop_source(struct core *core, struct source *source)
{
    struct device *device, *next;
    HASH_ITER(hh, core->devices.devices, device, next)
    if (device->source == source)
        free_device(&core->devices, device);
    HASH_DEL(core->devices.sources, source);
    free(source);
}

static struct source *obtain_source(struct core *core, struct xpl_slice address)
{
    char lower[256];
    struct text text = TEXT(lower);
    struct source *source;
    text_lower(&text,
               xpl_slice(address.data, address.size < sizeof(lower) ? address.size : sizeof(lower) - 1));
    HASH_FIND(hh, core->devices.sources, lower, text.size, source);
    if (source)
        return source;
    if (HASH_COUNT(core->devices.sources) >= LIMIT_SOURCES) {
        struct source *oldest = core->devices.sources;
        for (struct source *s = oldest; s; s = s->hh.next)
            if (s->heard_ms < oldest->heard_ms)
                oldest = s;
        drop_source(core, oldest);
    }
    source = calloc(1, sizeof(*source) + text.size + 1);
    if (!source)
        return NULL;
    source->size = text.size;
    memcpy(source->address, lower, text.size + 1);
    HASH_ADD_KEYPTR(hh, core->devices.sources, source->address, source->size, source);
    core->devices.changed = true;
    return source;
}

static struct source *find_source(struct core *core, struct xpl_slice address)
{
    char lower[256];
    struct text text = TEXT(lower);
    struct source *source;
    text_lower(&text,
               xpl_slice(address.data, address.size < sizeof(lower) ? address.size : sizeof(lower) - 1));
    HASH_FIND(hh, core->devices.sources, lower, text.size, source);
    return source;
}

static bool is_class(const struct xpl_message *message, const char *class)
{
    return xpl_slice_equal_nocase(message->schema_class, xpl_slice_from(class));
}

static bool is_kind(const struct xpl_message *message, const char *type)
{
    return xpl_slice_equal_nocase(message->schema_type, xpl_slice_from(type));
}

bool devices_is_heartbeat(const struct xpl_message *message)
{
    return (is_class(message, "hbeat") || is_class(message, "config")) &&
           (is_kind(message, "app") || is_kind(message, "basic") || is_kind(message, "end"));
}

static int64_t interval_of(const struct xpl_message *message)
{
    const struct xpl_item *item = xpl_message_item(message, XPL_SLICE("interval"));
    uint64_t minutes;
    if (!item || number_parse_unsigned(item->value, 0, UINT64_MAX, &minutes) < 0)
        minutes = XPL_INTERVAL_DEFAULT;
    if (minutes > XPL_INTERVAL_MAX)
        minutes = XPL_INTERVAL_MAX;
    return (int64_t)(minutes ? minutes : 1) * MINUTE;
}

void devices_on_message(struct core *core, const struct xpl_message *message, int64_t now_ms)
{
    struct source *source = obtain_source(core, message->source.text);
    if (!source)
        return;
    struct text schema = TEXT(source->schema);
    bool heartbeat = devices_is_heartbeat(message);
    text_lower(&schema, xpl_slice(message->schema.data, message->schema.size < sizeof(source->schema)
                                                            ? message->schema.size
                                                            : sizeof(source->schema) - 1));
    source->heard_ms = now_ms;
    source->messages++;
    if (heartbeat && is_kind(message, "end")) {
        source_goes(core, source);
        source->interval_ms = 0;
        return;
    }
    if (heartbeat)
        source->interval_ms = interval_of(message);
    if (source->online)
        return;
    source->online = true;
    core->devices.changed = true;
    for (struct device *device = core->devices.devices; device; device = device->hh.next)
        if (device->source == source && device->published && device_end(device) > now_ms)
            publish_availability(core, device, true);
}

void devices_on_mapped(struct core *core, const struct xpl_message *message, bool mapped)
{
    struct source *source = find_source(core, message->source.text);
    if (source && mapped && !source->mapped) {
        source->mapped = true;
        core->devices.changed = true;
    }
}

/* ---- devices ---- */

static struct device *find_device(struct core *core, struct xpl_slice path)
{
    struct device *device;
    HASH_FIND(hh, core->devices.devices, path.data, path.size, device);
    return device;
}

static struct device *obtain_device(struct core *core, const struct mapping_publish *publish)
{
    struct device *device = find_device(core, publish->device);
    if (device)
        return device;
    if (HASH_COUNT(core->devices.devices) >= LIMIT_DEVICES) {
        struct device *oldest = core->devices.devices;
        for (struct device *d = oldest; d; d = d->hh.next)
            if (d->heard_ms < oldest->heard_ms)
                oldest = d;
        free_device(&core->devices, oldest);
    }
    device = calloc(1, sizeof(*device) + publish->device.size + 1);
    if (!device || !set_topic(core, device, publish->alias)) {
        free(device);
        return NULL;
    }
    device->size = publish->device.size;
    memcpy(device->path, publish->device.data, publish->device.size);
    device->heard_ms = -1;
    HASH_ADD_KEYPTR(hh, core->devices.devices, device->path, device->size, device);
    core->devices.changed = true;
    return device;
}

void devices_on_publish(struct core *core, const struct mapping_publish *publish, int64_t now_ms)
{
    struct device *device = obtain_device(core, publish);
    if (!device)
        return;
    if (device->heard_ms >= 0 &&
        now_ms > device->heard_ms + 1000) { /* several effects of one report are one */
        int64_t gap = now_ms - device->heard_ms;
        device->gap_sum_ms += gap;
        device->gap_max_ms = gap > device->gap_max_ms ? gap : device->gap_max_ms;
        device->gaps++;
    }
    device->heard_ms = now_ms;
    device->map = publish->property->map;
    device->source = find_source(core, core->message.source.text);
    publish_availability(core, device, true);
}

const struct mapping_map *devices_origin(struct core *core, struct xpl_slice path)
{
    const struct device *device = find_device(core, path);
    return device ? device->map : NULL;
}

void devices_on_mapping(struct core *core)
{
    for (struct device *device = core->devices.devices; device; device = device->hh.next) {
        struct xpl_slice alias = mapping_alias_name(core->mapping, xpl_slice(device->path, device->size));
        char old[LIMIT_TOPIC + 64];
        struct text text = TEXT(old);
        text_string(&text, device->topic);
        device->map = NULL;
        if (!set_topic(core, device, alias) || strcmp(old, device->topic) == 0)
            continue;
        core_publish_topic(core, SINK_STATE, text_get(&text), XPL_SLICE(""), 1);
        device->published = false;
        publish_availability(core, device, device->online);
    }
}

/* ---- time ---- */

int64_t devices_deadline(const struct devices *devices)
{
    return devices->sources ? devices->due_ms : INT64_MAX;
}

/* Once in a quarter of a minute is early enough for intervals of minutes. */
void devices_on_time(struct core *core, int64_t now_ms)
{
    if (now_ms < core->devices.due_ms)
        return;
    core->devices.due_ms = now_ms + MINUTE / 4;
    for (struct source *source = core->devices.sources; source; source = source->hh.next)
        if (source->online && source_end(source) <= now_ms)
            source_goes(core, source);
    for (struct device *device = core->devices.devices; device; device = device->hh.next)
        if (device->online && device_end(device) <= now_ms)
            publish_availability(core, device, false);
}

/* ---- the list ---- */

#define LIST_ROOM 512 /* bytes kept free for the end of the list */

static bool begin_entry(struct text *ret, bool *first)
{
    if (ret->capacity - ret->size < 2 * LIMIT_TOPIC + LIST_ROOM)
        return false;
    text_string(ret, *first ? "" : ",");
    *first = false;
    return true;
}

void devices_write(struct core *core, struct text *ret)
{
    bool first = true, whole = true;
    text_string(ret, "{\"sources\":[");
    for (const struct source *source = core->devices.sources; source && whole; source = source->hh.next) {
        whole = begin_entry(ret, &first);
        if (!whole)
            break;
        text_string(ret, "{\"source\":");
        mapping_value_json(mapping_charset(core->mapping), xpl_slice(source->address, source->size), false,
                           ret);
        text_string(ret, ",\"schema\":");
        mapping_value_json(mapping_charset(core->mapping), xpl_slice_from(source->schema), false, ret);
        text_string(ret, ",\"last_seen\":\"");
        core_write_time(core, source->heard_ms, ret);
        text_string(ret, "\",\"interval\":");
        text_number(ret, source->interval_ms / MINUTE);
        text_string(ret, ",\"messages\":");
        text_number(ret, (int64_t)source->messages);
        text_string(ret, source->online ? ",\"online\":true" : ",\"online\":false");
        text_string(ret, source->mapped ? ",\"mapped\":true}" : ",\"mapped\":false}");
    }
    text_string(ret, "],\"devices\":[");
    first = true;
    for (const struct device *device = core->devices.devices; device && whole; device = device->hh.next) {
        struct xpl_slice path = xpl_slice(device->path, device->size);
        struct xpl_slice alias = mapping_alias_name(core->mapping, path),
                         label = mapping_alias_label(core->mapping, path);
        whole = begin_entry(ret, &first);
        if (!whole)
            break;
        text_string(ret, "{\"device\":\"");
        text_json(ret, path);
        text_string(ret, "\",\"name\":\"");
        text_json(ret, alias);
        text_string(ret, "\"");
        if (label.size) {
            text_string(ret, ",\"label\":\"");
            text_json(ret, label);
            text_string(ret, "\"");
        }
        if (device->source) {
            text_string(ret, ",\"source\":");
            mapping_value_json(mapping_charset(core->mapping),
                               xpl_slice(device->source->address, device->source->size), false, ret);
        }
        if (device->map) {
            text_string(ret, ",\"map\":\"");
            text_json(ret, xpl_slice_from(device->map->name));
            text_string(ret, "\"");
        }
        text_string(ret, ",\"last_seen\":\"");
        core_write_time(core, device->heard_ms, ret);
        text_string(ret, "\",\"interval\":");
        text_number(ret, device->gaps ? device->gap_sum_ms / device->gaps / 1000 : 0);
        text_string(ret, device->online ? ",\"online\":true,\"mapped\":true}"
                                        : ",\"online\":false,\"mapped\":true}");
    }
    text_string(ret, whole ? "]}" : "],\"truncated\":true}");
}
