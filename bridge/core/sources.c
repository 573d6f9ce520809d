/* xPL applications: heard, silent, gone. */
#include <stdlib.h>

#include "base/number.h"
#include "core/devices-private.h"
#include "xpl/hub.h"

void sources_deinit(struct devices *devices)
{
    struct source *source, *next;
    HASH_ITER(hh, devices->sources, source, next)
    {
        HASH_DEL(devices->sources, source);
        free(source);
    }
}

/* ---- coming and going ---- */

static void set_online(struct core *core, struct source *source, bool online, int64_t now_ms)
{
    if (source->online == online)
        return;
    source->online = online;
    core->devices.changed = true;
    for (struct device *device = core->devices.devices; device; device = device->hh.next)
        if (device->source == source && device->published &&
            (!online || (!device->silent && device_end(device) > now_ms)))
            device_set_online(core, device, online);
}

int64_t source_end(const struct source *source)
{
    return source->interval_ms ? source->alive_ms + 2 * source->interval_ms + MINUTE : INT64_MAX;
}

int64_t sources_expire(struct core *core, int64_t now_ms)
{
    int64_t next_ms = INT64_MAX;
    for (struct source *source = core->devices.sources; source; source = source->hh.next) {
        if (source->online && source_end(source) <= now_ms)
            set_online(core, source, false, now_ms);
        if (source->online && source_end(source) < next_ms)
            next_ms = source_end(source);
    }
    return next_ms;
}

/* ---- the table ---- */

static void make_room(struct core *core)
{
    struct source *source;
    struct device *device, *next;
    hash_longest_unheard(core->devices.sources, source);
    HASH_ITER(hh, core->devices.devices, device, next)
    if (device->source == source)
        device_drop(core, device);
    HASH_DEL(core->devices.sources, source);
    free(source);
    core_count(core, COUNT_SOURCES_FORGOTTEN);
}

/* As much of the text as there is room for. */
static void lower_cut(struct text *ret, struct xpl_slice text)
{
    size_t room = ret->capacity - 1;
    text_lower(ret, xpl_slice(text.data, text.size < room ? text.size : room));
}

#define ADDRESS_MAX 256 /* bytes of an address in the table, with NUL; what is longer is cut */

static struct source *find(const struct devices *devices, const struct text *lower)
{
    struct source *source;
    HASH_FIND(hh, devices->sources, lower->data, lower->size, source);
    return source;
}

struct source *source_find(const struct core *core, struct xpl_slice address)
{
    char lower[ADDRESS_MAX];
    struct text text = TEXT(lower);
    lower_cut(&text, address);
    return find(&core->devices, &text);
}

struct source *source_obtain(struct core *core, struct xpl_slice address)
{
    char lower[ADDRESS_MAX];
    struct text text = TEXT(lower);
    lower_cut(&text, address);
    struct source *source = find(&core->devices, &text);
    if (source)
        return source;
    if (HASH_COUNT(core->devices.sources) >= LIMIT_SOURCES)
        make_room(core);
    source = calloc(1, sizeof(*source) + text.size + 1);
    if (!source)
        return NULL;
    source->size = text.size;
    memcpy(source->address, lower, text.size + 1);
    HASH_ADD_KEYPTR(hh, core->devices.sources, source->address, source->size, source);
    if (source->left_out) {
        free(source);
        return NULL;
    }
    core->devices.changed = true;
    return source;
}

/* ---- heartbeats ---- */

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
    struct devices *devices = &core->devices;
    struct source *source = devices->speaker = source_obtain(core, message->source.text);
    if (!source)
        return;
    struct text schema = TEXT(source->schema);
    lower_cut(&schema, message->schema);
    source->heard_ms = source->alive_ms = now_ms;
    source->messages++;
    bool heartbeat = devices_is_heartbeat(message);
    if (heartbeat && is_kind(message, "end")) {
        set_online(core, source, false, now_ms);
        source->interval_ms = 0;
        return;
    }
    if (heartbeat)
        source->interval_ms = interval_of(message);
    set_online(core, source, true, now_ms);
    devices_watch(core, source_end(source));
}

void devices_on_mapped(struct core *core, bool mapped)
{
    struct source *source = core->devices.speaker;
    core->devices.speaker = NULL;
    if (source && mapped && !source->mapped) {
        source->mapped = true;
        core->devices.changed = true;
    }
}
