#include "core/core.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>

#include "core/core-private.h"

#define DOCUMENT_SIZE (LIMIT_RENDERED)

/* ---- helpers for all parts ---- */

void core_log(struct core *core, enum log_area area, enum log_level level, const char *format, ...)
{
    char text[1024];
    va_list arguments;
    va_start(arguments, format);
    vsnprintf(text, sizeof(text), format, arguments);
    va_end(arguments);
    core->sink.log(core->sink.context, area, level, text);
    if (level <= LOG_LEVEL_WARNING)
        core_note_error(core, text);
}

void core_publish_topic(struct core *core, enum sink_lane lane, struct xpl_slice topic,
                        struct xpl_slice payload, int qos)
{
    struct sink_publish publish = { .lane = lane, .topic = topic, .payload = payload, .qos = qos };
    core->sink.publish(core->sink.context, &publish);
}

void core_publish(struct core *core, enum sink_lane lane, const char *path, struct xpl_slice payload, int qos)
{
    char buffer[LIMIT_TOPIC];
    struct text topic = TEXT(buffer);
    text_format(&topic, "%s/%s", core->options.prefix, path);
    core_publish_topic(core, lane, text_get(&topic), payload, qos);
}

void core_publish_value(struct core *core, bool retain, struct xpl_slice topic, struct xpl_slice payload,
                        int qos)
{
    core_publish_topic(core, retain ? SINK_STATE : SINK_EVENT, topic, payload, qos);
    discovery_on_value(core, topic, payload);
}

int core_save(struct core *core, const char *name, const char *data, size_t size)
{
    return core->sink.save ? core->sink.save(core->sink.context, name, data, size) : -ENOENT;
}

bool core_is_online(const struct core *core)
{
    return core->network.state != NETWORK_SEARCHING && core->options.own.ip != 0;
}

const char *core_role(const struct core *core)
{
    static const char *const names[] = { "searching", "client", "hub" };
    return names[core->network.state];
}

void core_note_error(struct core *core, const char *text)
{
    snprintf(core->last_error, sizeof(core->last_error), "%s", text);
}

void core_note_warning(struct core *core, const char *text)
{
    snprintf(core->warning, sizeof(core->warning), "%s", text);
}

/* ---- life ---- */

static int copy_options(struct core *core, const struct core_options *options)
{
    struct arena *arena = &core->storage;
    core->options = *options;
    core->options.version = arena_string(arena, options->version);
    core->options.prefix = arena_string(arena, options->prefix);
    core->options.source = arena_string(arena, options->source);
    struct core_network *allow = arena_array(arena, struct core_network, options->n_allow + 1);
    const char **groups = arena_array(arena, const char *, options->n_groups + 1);
    core->options.hub_clients = arena_copy(arena, options->hub_clients);
    core->options.remote = arena_copy(arena, options->remote);
    if (arena->failed)
        return -ENOMEM;
    if (options->n_allow)
        memcpy(allow, options->allow, options->n_allow * sizeof(*allow));
    for (size_t i = 0; i < options->n_groups; i++)
        groups[i] = arena_string(arena, options->groups[i]);
    core->options.allow = allow;
    core->options.groups = groups;
    core->options.tunnel = NULL; /* tunnel.c has its own copies */
    core->options.tunnel_member = NULL;
    return arena->failed ? -ENOMEM : 0;
}

int core_new(struct core **ret, const struct core_options *options, struct mapping *mapping,
             const struct sink *sink, struct counters *counters, int64_t now_ms, int64_t wall_ms)
{
    struct core *core = calloc(1, sizeof(*core));
    if (!core)
        return -ENOMEM;
    arena_init(&core->storage);
    core->sink = *sink;
    core->counters = counters;
    core->mapping = mapping_ref(mapping);
    core->started_wall_ms = wall_ms;
    core->wall_offset_ms = wall_ms - now_ms;
    core->document = (struct text){ malloc(DOCUMENT_SIZE), 0, DOCUMENT_SIZE, false };
    flood_init(&core->flood, options->flood);
    rates_init(&core->rates);
    int r = copy_options(core, options);
    if (r == 0)
        r = tunnel_new(&core->tunnel, options);
    if (r == 0)
        remote_init(core);
    if (r == 0)
        r = mapping_scratch_new(&core->scratch);
    if (r == 0)
        r = network_init(core, now_ms);
    if (r == 0)
        r = discovery_init(core, &options->discovery);
    if (r == 0 && !core->document.data)
        r = -ENOMEM;
    if (r < 0)
        core_free(core);
    else
        *ret = core;
    return r;
}

void core_free(struct core *core)
{
    if (!core)
        return;
    network_deinit(core);
    tunnel_free(core->tunnel);
    devices_deinit(&core->devices);
    unmapped_deinit(&core->unmapped);
    rates_deinit(&core->rates);
    commands_deinit(&core->commands);
    made_deinit(&core->made);
    discovery_deinit(core);
    naming_deinit(&core->naming);
    listening_deinit(core);
    mapping_unref(core->mapping);
    mapping_scratch_free(core->scratch);
    arena_deinit(&core->storage);
    free(core->document.data);
    free(core);
}

/* ---- start and stop ---- */

void core_start(struct core *core, int64_t now_ms)
{
    core->lists_due_ms = INT64_MAX;
    claims_start(core);
    listening_start(core);
    tunnel_start(core);
    core->started_ms = core->rate.since_ms = now_ms;
    core->rate.a_minute = -1;
    network_start(core, now_ms);
    report_info(core);
    made_import(core, core->options.made_topics, now_ms);
    devices_import(core, core->options.devices, now_ms);
    core->options.made_topics = core->options.devices = xpl_slice(NULL, 0);
    report_devices(core);
    report_unmapped(core);
    discovery_start(core, now_ms);
}

void core_stop(struct core *core, int64_t now_ms)
{
    commands_stop(core, now_ms);
    rates_stop(core, now_ms);
    discovery_stop(core);
    network_stop(core, now_ms);
    core_publish(core, SINK_STATE, "bridge/network", XPL_SLICE("offline"), 1);
}

size_t core_export_hub(const struct core *core, char *buffer, size_t capacity)
{
    return xpl_hub_export(core->network.hub, buffer, capacity);
}

bool core_hub_has_changed(struct core *core)
{
    bool changed = core->network.clients_changed;
    core->network.clients_changed = false;
    return changed;
}

size_t core_export_topics(const struct core *core, char *buffer, size_t capacity)
{
    return made_export(core, buffer, capacity);
}

size_t core_export_devices(const struct core *core, char *buffer, size_t capacity)
{
    return devices_export(core, buffer, capacity);
}

void core_set_mapping(struct core *core, struct mapping *mapping, int64_t now_ms)
{
    struct mapping *old = core->mapping;
    bool same = strcmp(mapping_digest(mapping), mapping_digest(old)) == 0;
    core->mapping = mapping_ref(mapping);
    listening_follow(core);
    made_on_mapping(core, now_ms);
    devices_on_mapping(core);
    if (!same)
        unmapped_on_mapping(core);
    discovery_on_mapping(core, now_ms);
    report_on_mapping(core, now_ms);
    mapping_unref(old); /* pending commands hold it as long as they need it */
}

/* ---- from MQTT ---- */

static bool below(struct xpl_slice topic, const char *prefix, const char *path, struct xpl_slice *ret)
{
    size_t a = strlen(prefix), b = strlen(path);
    if (topic.size < a + 1 + b || memcmp(topic.data, prefix, a) != 0 || topic.data[a] != '/' ||
        memcmp(topic.data + a + 1, path, b) != 0)
        return false;
    *ret = xpl_slice(topic.data + a + 1 + b, topic.size - a - 1 - b);
    return true;
}

void core_on_mqtt(struct core *core, const struct core_message *message, int64_t now_ms)
{
    struct xpl_slice rest;
    core_count(core, COUNT_MQTT_RECEIVED);
    if (below(message->topic, core->options.prefix, "bridge/request/", &rest) && rest.size) {
        core_count(core, COUNT_REQUESTS);
        requests_on_mqtt(core, rest, message, now_ms);
    } else if (core->options.raw_send && below(message->topic, core->options.prefix, "raw/send", &rest) &&
               !rest.size) {
        raw_on_send(core, message);
    } else if (below(message->topic, core->options.prefix, "bridge/", &rest) &&
               claims_on_mqtt(core, rest, message, now_ms)) {
        core_count(core, COUNT_MQTT_OTHER);
    } else if (tunnel_on_mqtt(core, message, now_ms)) {
        return;
    } else if (discovery_on_mqtt(core, message, now_ms)) {
        return; /* counted there */
    } else if (message->topic.size <= LIMIT_TOPIC && commands_on_mqtt(core, message, now_ms)) {
        return;
    } else if (!commands_refuse_unknown(core, message)) {
        core_count(core, COUNT_MQTT_OTHER);
        core_log(core, LOG_MQTT, LOG_LEVEL_DEBUG, "no map takes the topic %.*s",
                 XPL_SLICE_ARGS(message->topic));
    }
}

void core_on_broker_up(struct core *core, int64_t now_ms)
{
    made_on_broker(core, true);
    discovery_on_broker_up(core, now_ms);
    core_publish(core, SINK_STATE, "bridge/state", XPL_SLICE("online"), 1);
    core->health_due_ms = now_ms;
}

void core_on_broker_down(struct core *core, int64_t now_ms)
{
    (void)now_ms; /* the session keeps what is owed */
    made_on_broker(core, false);
    discovery_on_broker_down(core);
    claims_on_broker_down(core);
}

void core_on_state_out(struct core *core, int64_t now_ms)
{
    (void)now_ms; /* what waited for it is due at once */
    discovery_on_state_out(core);
}

void core_on_address(struct core *core, struct xpl_endpoint own, int64_t now_ms)
{
    core->options.own = own;
    network_on_address(core, now_ms);
}

void core_on_wall_clock(struct core *core, int64_t now_ms, int64_t wall_ms)
{
    core->wall_offset_ms = wall_ms - now_ms;
}

/* ---- time ---- */

static int64_t earliest(int64_t a, int64_t b)
{
    return a < b ? a : b;
}

int64_t core_deadline(const struct core *core)
{
    int64_t deadline = earliest(network_deadline(core), rates_deadline(&core->rates));
    deadline = earliest(deadline, commands_deadline(&core->commands));
    deadline = earliest(deadline, devices_deadline(&core->devices));
    deadline = earliest(deadline, discovery_deadline(core));
    deadline = earliest(deadline, core->claims.due_ms);
    return earliest(deadline, earliest(core->health_due_ms, core->lists_due_ms));
}

void core_on_time(struct core *core, int64_t now_ms)
{
    network_on_time(core, now_ms);
    rates_on_time(core, now_ms);
    commands_on_time(core, now_ms);
    devices_on_time(core, now_ms);
    discovery_on_time(core, now_ms);
    claims_on_time(core, now_ms);
    report_on_time(core, now_ms);
}
