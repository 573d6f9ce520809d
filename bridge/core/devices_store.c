/* Devices from run to run: a line each, with what its source and its habits are.
 *
 *   DEVICE SOURCE STATUS HEARD MINUTES GAPS SHORT SUM LONGEST
 *
 * parted by tabs, which neither a path nor an address can hold. STATUS is online, offline (as its source is)
 * or silent (by itself); HEARD the wall clock in seconds; MINUTES the source's interval, 0 for none; then
 * what was learned of the gaps between its reports, in ms. */
#include "base/number.h"
#include "core/devices-private.h"
#include "xpl/hub.h"

#define FIELDS  9
#define NUMBERS 6

static const char *status_of(const struct device *device)
{
    return device->online ? "online" : device->silent ? "silent" : "offline";
}

static void write_line(const struct core *core, const struct device *device, struct text *ret)
{
    const int64_t numbers[NUMBERS] = { (device->heard_ms + core->wall_offset_ms) / 1000,
                                       device->source->interval_ms / MINUTE,
                                       device->gaps,
                                       device->short_gaps,
                                       device->gap_sum_ms,
                                       device->gap_max_ms };
    text_slice(ret, xpl_slice(device->path, device->size));
    text_char(ret, '\t');
    text_slice(ret, xpl_slice(device->source->address, device->source->size));
    text_char(ret, '\t');
    text_string(ret, status_of(device));
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
        if (!device->published || !device->source)
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
        if (size == 0 || !tab != (i == FIELDS - 1))
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

static void restore(struct core *core, const struct xpl_slice fields[FIELDS], const uint64_t numbers[NUMBERS],
                    int64_t now_ms)
{
    struct source *source = source_obtain(core, fields[1]);
    struct device *device =
        source ? device_obtain(core, fields[0], mapping_alias_name(core->mapping, fields[0])) : NULL;
    if (!device)
        return;
    int64_t heard_ms = (int64_t)numbers[0] * 1000 - core->wall_offset_ms;
    device->source = source;
    device->heard_ms = heard_ms < now_ms ? heard_ms : now_ms - 1;
    device->alive_ms = source->alive_ms = now_ms;
    if (source->heard_ms == 0 || source->heard_ms < device->heard_ms)
        source->heard_ms = device->heard_ms;
    source->interval_ms = (int64_t)numbers[1] * MINUTE;
    device->gaps = (unsigned)numbers[2];
    device->short_gaps = (unsigned)numbers[3];
    device->gap_sum_ms = (int64_t)numbers[4];
    device->gap_max_ms = (int64_t)numbers[5];
    device->silent = xpl_slice_equal(fields[2], XPL_SLICE("silent"));
    /* Published again: the broker may have lost it meanwhile. When it ends, the first devices_on_time finds
     * out. */
    device_set_online(core, device, xpl_slice_equal(fields[2], XPL_SLICE("online")));
    source->online |= device->online;
}

static void import_line(struct core *core, struct xpl_slice line, int64_t now_ms)
{
    static const uint64_t most[NUMBERS] = { UINT32_MAX, XPL_INTERVAL_MAX, 1u << 20,
                                            1u << 20,   1ull << 40,       1ull << 40 };
    struct xpl_slice fields[FIELDS];
    uint64_t numbers[NUMBERS];
    if (!split(line, fields) || !has_room(core, fields[0], fields[1]) || !is_made(core, fields[0]))
        return;
    for (size_t i = 0; i < NUMBERS; i++)
        if (number_parse_unsigned(fields[FIELDS - NUMBERS + i], 0, most[i], &numbers[i]) < 0)
            return;
    restore(core, fields, numbers, now_ms);
}

void devices_import(struct core *core, struct xpl_slice text, int64_t now_ms)
{
    while (text.size) {
        import_line(core, text_take_line(&text), now_ms);
    }
}
