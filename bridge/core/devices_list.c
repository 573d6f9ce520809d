/* bridge/devices: the sources and the devices as JSON. */
#include "core/devices-private.h"

#define END_ROOM 64 /* bytes kept free for what closes the list */

static void write_string(struct core *core, const char *name, struct xpl_slice value, struct text *ret)
{
    text_format(ret, "\"%s\":", name);
    mapping_value_json(mapping_charset(core->mapping), value, false, ret);
    text_char(ret, ',');
}

static void write_rest(struct core *core, int64_t heard_ms, int64_t interval_ms, bool online,
                       struct text *ret)
{
    const char *quote = heard_ms == NEVER ? "" : "\"";
    text_format(ret, "\"last_seen\":%s", quote);
    if (heard_ms == NEVER)
        text_string(ret, "null");
    else
        core_write_time(core, heard_ms, ret);
    text_format(ret, "%s,\"interval\":", quote);
    if (interval_ms)
        text_number(ret, (interval_ms + 500) / 1000);
    else
        text_string(ret, "null");
    text_string(ret, online ? ",\"online\":true" : ",\"online\":false");
}

static void write_source(struct core *core, const struct source *source, struct text *ret)
{
    text_char(ret, '{');
    write_string(core, "source", xpl_slice(source->address, source->size), ret);
    write_string(core, "schema", xpl_slice_from(source->schema), ret);
    write_rest(core, source->heard_ms, source->interval_ms, source->online, ret);
    text_string(ret, ",\"messages\":");
    text_number(ret, (int64_t)source->messages);
    text_string(ret, source->mapped ? ",\"mapped\":true}" : ",\"mapped\":false}");
}

static void write_device(struct core *core, const struct device *device, struct text *ret)
{
    struct xpl_slice path = xpl_slice(device->path, device->size);
    struct xpl_slice label = mapping_alias_label(core->mapping, path),
                     room = mapping_alias_room(core->mapping, path);
    text_char(ret, '{');
    write_string(core, "device", path, ret);
    write_string(core, "name", mapping_alias_name(core->mapping, path), ret);
    if (label.size)
        write_string(core, "label", label, ret);
    if (room.size)
        write_string(core, "room", room, ret);
    if (device->source)
        write_string(core, "source", xpl_slice(device->source->address, device->source->size), ret);
    if (device->map)
        write_string(core, "map", xpl_slice_from(device->map->name), ret);
    write_rest(core, device->heard_ms, device->gaps ? device->gap_sum_ms / device->gaps : 0, device->online,
               ret);
    if (discovery_is_on(core))
        text_string(ret, discovery_announces(core, path) ? ",\"announced\":true" : ",\"announced\":false");
    text_char(ret, '}');
}

/* Whether what was written since `before` ends in time for the end of the list; else it is taken back. */
static bool fits(struct text *ret, size_t before, size_t room)
{
    if (!ret->overflow && ret->size + END_ROOM < room)
        return true;
    text_cut(ret, before);
    return false;
}

void devices_write(struct core *core, struct text *ret)
{
    bool whole = true;
    text_string(ret, "{\"sources\":[");
    for (const struct source *source = core->devices.sources; source && whole; source = source->hh.next) {
        size_t before = ret->size;
        if (source != core->devices.sources)
            text_char(ret, ',');
        write_source(core, source, ret);
        whole = fits(ret, before, ret->capacity / 2); /* devices have room in any case */
    }
    bool all_sources = whole;
    whole = true;
    text_string(ret, "],\"devices\":[");
    for (const struct device *device = core->devices.devices; device && whole; device = device->hh.next) {
        size_t before = ret->size;
        if (device != core->devices.devices)
            text_char(ret, ',');
        write_device(core, device, ret);
        whole = fits(ret, before, ret->capacity);
    }
    text_string(ret, all_sources && whole ? "]}" : "],\"truncated\":true}");
}
