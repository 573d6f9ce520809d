/* Devices from run to run: a line each, with what its source and its habits are.
 *
 *   DEVICE SOURCE MAP SCHEMA STATUS HEARD MINUTES MAPPED MESSAGES GAPS SHORT SUM LONGEST
 *
 * parted by tabs, which neither a path nor an address can hold. MAP is the name of the one that made it,
 * empty when that is not known; STATUS is online, offline (as its source is) or silent (by itself); HEARD the
 * wall clock in seconds. Of its source are SCHEMA, its last one, MINUTES, its interval, 0 for none, MAPPED, 1
 * when a map took something of it, and MESSAGES, their number. Then what was learned of the gaps between the
 * device's reports, in ms. */
#include "base/number.h"
#include "core/devices-private.h"
#include "xpl/hub.h"

enum {
    FIELD_DEVICE,
    FIELD_SOURCE,
    FIELD_MAP,
    FIELD_SCHEMA,
    FIELD_STATUS,
    TEXTS, /* then numbers */
    NUMBER_HEARD = 0,
    NUMBER_MINUTES,
    NUMBER_MAPPED,
    NUMBER_MESSAGES,
    NUMBER_GAPS,
    NUMBER_SHORT,
    NUMBER_SUM,
    NUMBER_LONGEST,
    NUMBERS,
    FIELDS = TEXTS + NUMBERS
};

static const char *status_of(const struct device *device)
{
    return device->online ? "online" : device->silent ? "silent" : "offline";
}

static void write_line(const struct core *core, const struct device *device, struct text *ret)
{
    const struct source *source = device->source;
    const struct xpl_slice texts[TEXTS] = {
        [FIELD_DEVICE] = xpl_slice(device->path, device->size),
        [FIELD_SOURCE] = xpl_slice(source->address, source->size),
        [FIELD_MAP] = xpl_slice_from(device->map ? device->map->name : ""),
        [FIELD_SCHEMA] = xpl_slice_from(source->schema),
        [FIELD_STATUS] = xpl_slice_from(status_of(device)),
    };
    const int64_t numbers[NUMBERS] = {
        [NUMBER_HEARD] = (device->heard_ms + core->wall_offset_ms) / 1000,
        [NUMBER_MINUTES] = source->interval_ms / MINUTE,
        [NUMBER_MAPPED] = source->mapped,
        [NUMBER_MESSAGES] = (int64_t)source->messages,
        [NUMBER_GAPS] = device->gaps,
        [NUMBER_SHORT] = device->short_gaps,
        [NUMBER_SUM] = device->gap_sum_ms,
        [NUMBER_LONGEST] = device->gap_max_ms,
    };
    for (size_t i = 0; i < TEXTS; i++) {
        text_string(ret, i ? "\t" : "");
        text_slice(ret, texts[i]);
    }
    for (size_t i = 0; i < NUMBERS; i++) {
        text_char(ret, '\t');
        text_number(ret, numbers[i] > 0 ? numbers[i] : 0);
    }
    text_char(ret, '\n');
}

size_t devices_export(const struct core *core, char *buffer, size_t capacity)
{
    struct text text = { buffer, 0, capacity, false };
    text_reset(&text);
    for (const struct device *device = core->devices.devices; device; device = device->hh.next) {
        size_t before = text.size;
        if (!device->published || !device->source || device->heard_ms == NEVER)
            continue;
        write_line(core, device, &text);
        if (text.overflow) {
            text_cut(&text, before);
            break;
        }
    }
    return text.size;
}

/* ---- the other way ---- */

static bool split(struct xpl_slice line, struct xpl_slice fields[FIELDS])
{
    for (size_t i = 0; i < FIELDS; i++) {
        const char *tab = line.size ? memchr(line.data, '\t', line.size) : NULL;
        size_t size = tab ? (size_t)(tab - line.data) : line.size;
        bool may_be_empty = i == FIELD_MAP || i == FIELD_SCHEMA;
        if ((size == 0 && !may_be_empty) || !tab != (i == FIELDS - 1))
            return false;
        fields[i] = xpl_slice(line.data, size);
        line = tab ? xpl_slice(tab + 1, line.size - size - 1) : line;
    }
    return true;
}

/* Whether the table still makes the device, under the name of before: else it begins anew when it is heard.
 */
static bool is_made(const struct core *core, struct xpl_slice path)
{
    char buffer[4 * LIMIT_TOPIC];
    struct text topic = TEXT(buffer);
    made_write_availability(core, mapping_alias_name(core->mapping, path), &topic);
    return made_has(core, text_get(&topic));
}

/* Nobody who is here already makes room, or is overwritten. */
static bool has_room(const struct core *core, struct xpl_slice path, struct xpl_slice address)
{
    return HASH_COUNT(core->devices.devices) < LIMIT_DEVICES && !device_find(core, path) &&
           (HASH_COUNT(core->devices.sources) < LIMIT_SOURCES || source_find(core, address));
}

static void restore_source(struct source *source, struct xpl_slice schema, const uint64_t numbers[NUMBERS],
                           int64_t heard_ms)
{
    struct text text = TEXT(source->schema);
    if (source->heard_ms == 0 || source->heard_ms < heard_ms)
        source->heard_ms = heard_ms;
    if (schema.size < sizeof(source->schema)) {
        text_reset(&text);
        text_slice(&text, schema);
    }
    source->interval_ms = (int64_t)numbers[NUMBER_MINUTES] * MINUTE;
    source->mapped = numbers[NUMBER_MAPPED];
    source->messages = numbers[NUMBER_MESSAGES];
}

static void restore(struct core *core, const struct xpl_slice fields[FIELDS], const uint64_t numbers[NUMBERS],
                    int64_t now_ms)
{
    struct xpl_slice path = fields[FIELD_DEVICE];
    struct source *source = source_obtain(core, fields[FIELD_SOURCE]);
    struct device *device =
        source ? device_obtain(core, path, mapping_alias_name(core->mapping, path)) : NULL;
    if (!device)
        return;
    int64_t heard_ms = (int64_t)numbers[NUMBER_HEARD] * 1000 - core->wall_offset_ms;
    device->source = source;
    device->map = mapping_map_named(core->mapping, fields[FIELD_MAP]);
    device->heard_ms = heard_ms < now_ms ? heard_ms : now_ms - 1;
    device->alive_ms = source->alive_ms = now_ms;
    restore_source(source, fields[FIELD_SCHEMA], numbers, device->heard_ms);
    device->gaps = (unsigned)numbers[NUMBER_GAPS];
    device->short_gaps = (unsigned)numbers[NUMBER_SHORT];
    device->gap_sum_ms = (int64_t)numbers[NUMBER_SUM];
    device->gap_max_ms = (int64_t)numbers[NUMBER_LONGEST];
    device->silent = xpl_slice_equal(fields[FIELD_STATUS], XPL_SLICE("silent"));
    /* Published again: the broker may have lost it meanwhile. When it ends, the first devices_on_time finds
     * out. */
    device_set_online(core, device, xpl_slice_equal(fields[FIELD_STATUS], XPL_SLICE("online")));
    source->online |= device->online;
}

static void import_line(struct core *core, struct xpl_slice line, int64_t now_ms)
{
    static const uint64_t most[NUMBERS] = {
        [NUMBER_HEARD] = UINT32_MAX, [NUMBER_MINUTES] = XPL_INTERVAL_MAX,
        [NUMBER_MAPPED] = 1,         [NUMBER_MESSAGES] = INT64_MAX,
        [NUMBER_GAPS] = 1u << 20,    [NUMBER_SHORT] = 1u << 20,
        [NUMBER_SUM] = 1ull << 40,   [NUMBER_LONGEST] = 1ull << 40,
    };
    struct xpl_slice fields[FIELDS];
    uint64_t numbers[NUMBERS];
    if (!split(line, fields) || !has_room(core, fields[FIELD_DEVICE], fields[FIELD_SOURCE]) ||
        !is_made(core, fields[FIELD_DEVICE]))
        return;
    for (size_t i = 0; i < NUMBERS; i++)
        if (number_parse_unsigned(fields[TEXTS + i], 0, most[i], &numbers[i]) < 0)
            return;
    restore(core, fields, numbers, now_ms);
}

void devices_import(struct core *core, struct xpl_slice text, int64_t now_ms)
{
    while (text.size) {
        import_line(core, text_take_line(&text), now_ms);
    }
}
