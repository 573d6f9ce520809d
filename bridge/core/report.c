/* What the bridge says of itself: info, network, health, devices and unmapped. */
#include <time.h>

#include "core/core-private.h"

#define HEALTH_MS     60000
#define LISTS_SOON_MS 1000  /* from something new to the lists that show it */
#define LISTS_MS      60000 /* between two lists when only counts have changed */

static void write_wall(int64_t wall_ms, struct text *ret)
{
    time_t seconds = (time_t)(wall_ms / 1000);
    struct tm tm;
    char text[32];
    gmtime_r(&seconds, &tm);
    text_string(ret, strftime(text, sizeof(text), "%Y-%m-%dT%H:%M:%SZ", &tm) ? text : "");
}

void core_write_time(const struct core *core, int64_t now_ms, struct text *ret)
{
    write_wall(now_ms + core->wall_offset_ms, ret);
}

void report_write_info(struct core *core, struct text *ret)
{
    text_format(ret,
                "{\"version\":\"%s\",\"role\":\"%s\",\"source\":\"%s\",\"mapping\":\"%s\",\"started\":\"",
                core->options.version, core_role(core), core->options.source, mapping_digest(core->mapping));
    write_wall(core->started_wall_ms, ret); /* as the clock stood then, whatever it did since */
    text_string(ret, "\"}");
}

void report_info(struct core *core)
{
    text_reset(&core->document);
    report_write_info(core, &core->document);
    core_publish(core, SINK_STATE, "bridge/info", text_get(&core->document), 1);
}

void report_again(struct core *core)
{
    core_publish(core, SINK_STATE, "bridge/state", XPL_SLICE("online"), 1);
    core_publish(core, SINK_STATE, "bridge/network",
                 core->network.online ? XPL_SLICE("online") : XPL_SLICE("offline"), 1);
    report_info(core);
}

void report_network(struct core *core)
{
    core->network.online = core_is_online(core);
    char buffer[LIMIT_TOPIC];
    struct text topic = TEXT(buffer);
    text_format(&topic, "%s/bridge/network", core->options.prefix);
    core_publish_value(core, true, text_get(&topic),
                       core->network.online ? XPL_SLICE("online") : XPL_SLICE("offline"), 1);
    core->health_due_ms = 0; /* a change of status is told at once */
}

/* It may quote what came from the network. */
static void write_text_or_null(struct core *core, const char *string, struct text *ret)
{
    if (string[0])
        mapping_value_json(mapping_charset(core->mapping), xpl_slice_from(string), false, ret);
    else
        text_string(ret, "null");
}

static void measure_rate(struct core *core, int64_t now_ms)
{
    uint64_t received = core->counters->value[COUNT_XPL_RECEIVED];
    int64_t passed_ms = now_ms - core->rate.since_ms;
    if (passed_ms < HEALTH_MS)
        return;
    core->rate.a_minute = ((int64_t)(received - core->rate.before) * 60000 + passed_ms / 2) / passed_ms;
    core->rate.since_ms = now_ms;
    core->rate.before = received;
}

void report_write_health(struct core *core, int64_t now_ms, struct text *ret)
{
    struct sink_depths depths = { 0 };
    core->sink.depths(core->sink.context, &depths);
    text_format(ret,
                "{\"status\":\"%s\",\"role\":\"%s\",\"uptime\":", core_is_online(core) ? "ok" : "degraded",
                core_role(core));
    text_number(ret, (now_ms - core->started_ms) / 1000);
    measure_rate(core, now_ms);
    text_string(ret, ",\"messages_per_minute\":");
    if (core->rate.a_minute < 0)
        text_string(ret, "null");
    else
        text_number(ret, core->rate.a_minute);
    text_string(ret, ",\"log_level\":");
    write_text_or_null(core, core->sink.log_level ? core->sink.log_level(core->sink.context, NULL) : "", ret);
    text_format(
        ret,
        ",\"queues\":{\"states\":%zu,\"waiting\":%zu,\"inflight\":%zu,\"inbox\":%zu,\"throttled\":%zu,"
        "\"commands\":%zu}",
        depths.states, depths.waiting, depths.inflight, depths.inbox, rates_waiting(&core->rates),
        core->commands.n);
    text_string(ret, ",\"counters\":{");
    for (int i = 0; i < COUNTERS; i++)
        text_format(ret, "%s\"%s\":%llu", i ? "," : "", counter_names[i],
                    (unsigned long long)core->counters->value[i]);
    text_string(ret, "},\"warning\":");
    write_text_or_null(core, core->warning, ret);
    text_string(ret, ",\"last_error\":");
    write_text_or_null(core, core->last_error, ret);
    text_char(ret, '}');
}

void report_health(struct core *core, int64_t now_ms)
{
    core->health_due_ms = now_ms + HEALTH_MS;
    text_reset(&core->document);
    report_write_health(core, now_ms, &core->document);
    core_publish(core, SINK_TRANSIENT, "bridge/health", text_get(&core->document), 0);
}

/* The document, when it says anything new. */
static void publish_list(struct core *core, const char *path)
{
    char buffer[LIMIT_TOPIC];
    struct text topic = TEXT(buffer);
    struct xpl_slice old;
    text_format(&topic, "%s/%s", core->options.prefix, path);
    if (!core->sink.state(core->sink.context, text_get(&topic), &old) ||
        !xpl_slice_equal(old, text_get(&core->document)))
        core_publish_topic(core, SINK_STATE, text_get(&topic), text_get(&core->document), 1);
}

void report_devices(struct core *core)
{
    core->devices.changed = false;
    text_reset(&core->document);
    devices_write(core, &core->document);
    publish_list(core, "bridge/devices");
}

void report_unmapped(struct core *core)
{
    core->unmapped.changed = false;
    text_reset(&core->document);
    unmapped_write(core, &core->document);
    publish_list(core, "bridge/unmapped");
}

/* ---- when ---- */

static void lists_due(struct core *core, int64_t due_ms)
{
    if (due_ms < core->lists_due_ms)
        core->lists_due_ms = due_ms;
}

static void lists_due_if_changed(struct core *core, int64_t now_ms)
{
    if (core->devices.changed || core->unmapped.changed)
        lists_due(core, now_ms + LISTS_SOON_MS);
}

void report_on_message(struct core *core, int64_t now_ms)
{
    core->lists_stale = true;
    lists_due(core, now_ms + LISTS_MS);
    lists_due_if_changed(core, now_ms);
}

void report_on_mapping(struct core *core, int64_t now_ms)
{
    core->devices.changed = true;
    lists_due(core, now_ms);
    report_info(core);
}

static void lists_on_time(struct core *core, int64_t now_ms)
{
    lists_due_if_changed(core, now_ms);
    if (now_ms < core->lists_due_ms)
        return;
    core->lists_due_ms = INT64_MAX;
    if (core->lists_stale || core->devices.changed)
        report_devices(core);
    if (core->lists_stale || core->unmapped.changed)
        report_unmapped(core);
    core->lists_stale = false;
}

void report_on_time(struct core *core, int64_t now_ms)
{
    lists_on_time(core, now_ms);
    if (now_ms >= core->health_due_ms)
        report_health(core, now_ms);
}
