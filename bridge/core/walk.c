/* The walk of an xPL message: heard, and not ours (heard.c) -> shown raw -> who is there -> does it prove a
 * command? -> the maps, whose effects go to devices, loops, made, discovery and rates -> counted once, as
 * what became of it.
 */
#include "core/core-private.h"
#include "core/digest.h"

struct effects {
    struct core *core;
    int64_t now_ms;
    bool any; /* of them */
};

static void on_publish(void *context, const struct mapping_publish *publish)
{
    struct effects *effects = context;
    effects->any = true;
    devices_on_publish(effects->core, publish, effects->now_ms);
    made_add(effects->core, publish);
    discovery_on_publish(effects->core, publish, effects->now_ms);
    rates_publish(effects->core, publish, effects->now_ms);
}

static void on_skipped(void *context, const struct mapping_map *map, const struct mapping_property *property,
                       const struct mapping_reason *reason)
{
    struct effects *effects = context;
    core_count(effects->core, reason->counter);
    core_log(effects->core, LOG_MAPPING, LOG_LEVEL_DEBUG, "map %s%s%.*s: %s", map->name, property ? ", " : "",
             property ? (int)property->name.size : 0, property ? property->name.data : "", reason->text);
}

static void count_unmapped(struct core *core, const struct xpl_message *message)
{
    bool hbeat = xpl_slice_equal_nocase(message->schema_class, XPL_SLICE("hbeat"));
    if (hbeat || devices_is_heartbeat(message)) {
        core_count(core, COUNT_XPL_HEARTBEAT);
    } else if (xpl_slice_equal_nocase(message->schema_class, XPL_SLICE("config"))) {
        core_count(core, COUNT_XPL_CONFIG);
    } else {
        core_count(core, COUNT_XPL_UNMAPPED);
        unmapped_add(core, message);
    }
}

void core_on_xpl(struct core *core, struct xpl_slice datagram, struct xpl_endpoint from, bool hub_socket,
                 int64_t now_ms)
{
    struct effects effects = { core, now_ms, false };
    struct mapping_sink sink = { &effects, NULL, on_publish, on_skipped };
    if (!heard_on_datagram(core, &datagram, from, hub_socket, now_ms))
        return;
    const struct xpl_message *message = &core->message;
    if (core->options.raw)
        raw_publish(core, message, now_ms);
    devices_on_message(core, message, now_ms);
    commands_on_xpl(core, message, now_ms);
    core->datagram = datagram;
    core->message_number++;
    enum mapping_result result = mapping_on_xpl(core->mapping, core->scratch, message, &sink);
    if (result == MAPPING_TAKEN) {
        core_count(core, COUNT_XPL_MATCHED);
        if (!effects.any)
            unmapped_add(core, message);
    } else if (result == MAPPING_IGNORED) {
        core_count(core, COUNT_XPL_IGNORED);
    } else {
        count_unmapped(core, message);
    }
    core->datagram = xpl_slice(NULL, 0);
    devices_on_mapped(core, result == MAPPING_TAKEN);
    report_on_message(core, now_ms);
}

/* ---- loops through the broker ---- */

uint64_t core_loop_key(const struct mapping_property *property, struct xpl_slice device)
{
    return digest_text(device) ^ digest_text(property->name) * 3 ^ (uint64_t)property->map->id << 32;
}

bool core_is_loop(struct core *core, const struct mapping_command *command,
                  const struct core_message *message, int64_t now_ms)
{
    if (loops_on_command(&core->loops, core_loop_key(command->property, command->device), now_ms) !=
        LOOPS_PROVEN)
        return false;
    core_log(core, LOG_MQTT, LOG_LEVEL_WARNING,
             "a loop through the broker: map '%s' publishes the state '%.*s', and at once that comes back as "
             "a command on %.*s, again and again; somebody maps the one topic to the other. This one is "
             "refused",
             command->map->name, XPL_SLICE_ARGS(command->property->name), XPL_SLICE_ARGS(message->topic));
    return true;
}
