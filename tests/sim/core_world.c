#include "core_world.h"

#include <dirent.h>
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <unistd.h>

#include "base/error.h"
#include "base/limits.h"
#include "base/text.h"
#include "xpl/hub.h"

#define TIMES_AT_ONCE 1000 /* calls for one instant, beyond which the clock is taken to stand still */

struct world_datagram {
    struct world_datagram *next;
    size_t size;
    char data[];
};

struct world_state {
    struct world_state *next;
    char *topic, *payload;
    size_t size;
    bool known; /* to this run: a new one knows nothing of what the broker keeps */
};

/* ---- the notebook ---- */

static void note(struct world *world, const char *text)
{
    size_t size = strlen(text);
    if (world->silent)
        return;
    must(world->n_notes + size + 2 < WORLD_NOTES);
    memcpy(world->notes + world->n_notes, text, size);
    world->n_notes += size;
    world->notes[world->n_notes++] = '\n';
    world->notes[world->n_notes] = '\0';
}

static void show(struct text *ret, struct xpl_slice bytes)
{
    for (size_t i = 0; i < bytes.size;) {
        unsigned char c = (unsigned char)bytes.data[i];
        size_t size = utf8_next(xpl_slice(bytes.data + i, bytes.size - i), NULL);
        if (c < ' ' || c == 0x7f || size == 0)
            text_format(ret, "\\x%02x", c);
        else
            text_slice(ret, xpl_slice(bytes.data + i, size));
        i += size ? size : 1;
    }
}

/* What the bridge says of itself; commands' results and answers are none of it. */
static bool is_housekeeping(struct xpl_slice topic)
{
    static const char *const topics[] = { "xpl/bridge/info", "xpl/bridge/health", "xpl/bridge/devices",
                                          "xpl/bridge/unmapped" };
    for (size_t i = 0; i < 4; i++)
        if (xpl_slice_equal(topic, xpl_slice_from(topics[i])))
            return true;
    return false;
}

/* ---- the sink ---- */

static int on_broadcast(void *context, const char *data, size_t size)
{
    static char line[200000];
    static struct xpl_message message;
    struct world *world = context;
    struct text text = TEXT(line);
    must(xpl_message_parse(&message, data, size) == 0);
    bool hbeat = xpl_slice_equal(message.schema_class, XPL_SLICE("hbeat"));
    text_format(&text, "send%s %s %.*s %.*s", world->send_error ? " refused" : "",
                xpl_type_name(message.type), XPL_SLICE_ARGS(message.target.text),
                XPL_SLICE_ARGS(message.schema));
    for (size_t i = 0; i < message.n_items; i++) {
        text_char(&text, ' ');
        show(&text, message.items[i].name);
        text_char(&text, '=');
        show(&text, message.items[i].value);
    }
    if (!hbeat || world->housekeeping)
        note(world, line);
    if (world->send_error)
        return world->send_error;
    must(size <= sizeof(world->sent));
    memcpy(world->sent, data, size);
    world->sent_size = size;
    world->sends++;
    if (world->hub_open || (world->hub_taken && !world->hub_silent)) {
        struct world_datagram *datagram = malloc(sizeof(*datagram) + size);
        must(datagram);
        datagram->next = NULL;
        datagram->size = size;
        memcpy(datagram->data, data, size);
        *(world->last ? &world->last->next : &world->first) = datagram;
        world->last = datagram;
    }
    return 0;
}

static int on_forward(void *context, struct xpl_endpoint to, const char *data, size_t size)
{
    char line[64], ip[XPL_IP_TEXT_MAX];
    (void)data;
    (void)size;
    xpl_ip_format(ip, to.ip);
    snprintf(line, sizeof(line), "forward %s:%u", ip, to.port);
    note(context, line);
    return 0;
}

static int on_hub_open(void *context)
{
    struct world *world = context;
    if (world->hub_taken)
        return -EADDRINUSE;
    must(!world->hub_open);
    world->hub_open = true;
    note(world, "hub open");
    return 0;
}

static void on_hub_close(void *context)
{
    struct world *world = context;
    world->hub_open = false;
    note(world, "hub close");
}

static bool on_is_local(void *context, uint32_t ip)
{
    (void)context;
    return ip == WORLD_OWN || ip >> 24 == 127;
}

static struct world_state **find_state(struct world *world, struct xpl_slice topic)
{
    struct world_state **at = &world->states;
    while (*at && !xpl_slice_equal(xpl_slice_from((*at)->topic), topic))
        at = &(*at)->next;
    return at;
}

static void retain(struct world *world, struct xpl_slice topic, struct xpl_slice payload)
{
    struct world_state **at = find_state(world, topic), *state = *at;
    if (payload.size == 0) {
        if (state) {
            *at = state->next;
            free(state->topic);
            free(state->payload);
            free(state);
        }
        return;
    }
    if (!state) {
        must((state = *at = calloc(1, sizeof(*state))));
        must((state->topic = strndup(topic.data, topic.size)));
    }
    char *copy = malloc(payload.size + 1);
    must(copy);
    memcpy(copy, payload.data, payload.size);
    copy[payload.size] = '\0';
    free(state->payload);
    state->payload = copy;
    state->size = payload.size;
    state->known = true;
}

static void on_publish(void *context, const struct sink_publish *publish)
{
    static char line[800000];
    struct world *world = context;
    struct text text = TEXT(line);
    must(publish->topic.size > 0 && publish->topic.size <= LIMIT_TOPIC && utf8_is_valid(publish->topic));
    must(!memchr(publish->topic.data, '+', publish->topic.size) &&
         !memchr(publish->topic.data, '#', publish->topic.size));
    world->publishes++;
    if (publish->lane == SINK_STATE)
        retain(world, publish->topic, publish->payload);
    if (world->silent || (is_housekeeping(publish->topic) && !world->housekeeping))
        return;
    text_string(&text, "publish ");
    show(&text, publish->topic);
    text_format(&text, "%s qos=%d",
                publish->lane == SINK_STATE   ? " retain"
                : publish->lane == SINK_EVENT ? ""
                                              : " now",
                publish->qos);
    if (publish->correlation.data) {
        text_string(&text, " correlation=");
        show(&text, publish->correlation);
    }
    text_char(&text, ' ');
    show(&text, publish->payload);
    must(!text.overflow);
    note(world, line);
}

static bool on_state(void *context, struct xpl_slice topic, struct xpl_slice *ret)
{
    struct world_state *state = *find_state(context, topic);
    if (!state || !state->known)
        return false;
    *ret = xpl_slice(state->payload, state->size);
    return true;
}

static void on_subscribe(void *context, const char *filter)
{
    char line[LIMIT_TOPIC + 32];
    snprintf(line, sizeof(line), "subscribe %s", filter);
    note(context, line);
}

static void on_unsubscribe(void *context, const char *filter)
{
    char line[LIMIT_TOPIC + 32];
    snprintf(line, sizeof(line), "unsubscribe %s", filter);
    note(context, line);
}

static void on_depths(void *context, struct sink_depths *ret)
{
    (void)context;
    *ret = (struct sink_depths){ 0 };
}

static void on_reload(void *context)
{
    struct world *world = context;
    world->reloads++;
    note(world, "reload");
}

static uint32_t on_random(void *context)
{
    return ((struct world *)context)->chance;
}

static const char *on_log_level(void *context, const char *level)
{
    struct world *world = context;
    if (level || !world->log_level)
        world->log_level = level ? level : "info";
    return world->log_level;
}

static void on_log(void *context, enum log_area area, enum log_level level, const char *text)
{
    struct world *world = context;
    (void)area;
    world->warnings += level <= LOG_LEVEL_WARNING;
    if (world->silent)
        return;
    int size = snprintf(world->log + world->n_log, sizeof(world->log) - world->n_log, "%s %s\n",
                        log_level_names[level], text);
    if (size > 0 && world->n_log + (size_t)size < sizeof(world->log))
        world->n_log += (size_t)size;
}

static struct sink make_sink(struct world *world)
{
    return (struct sink){ .context = world,
                          .broadcast = on_broadcast,
                          .forward = on_forward,
                          .hub_open = on_hub_open,
                          .hub_close = on_hub_close,
                          .is_local = on_is_local,
                          .publish = on_publish,
                          .state = on_state,
                          .subscribe = on_subscribe,
                          .unsubscribe = on_unsubscribe,
                          .depths = on_depths,
                          .reload = on_reload,
                          .random = on_random,
                          .log_level = on_log_level,
                          .log = on_log };
}

/* ---- life ---- */

struct core_options world_options(void)
{
    return (struct core_options){ .version = "1.2.3",
                                  .prefix = "xpl",
                                  .source = "xplmqtt-bridge.pi",
                                  .role = CORE_ROLE_AUTO,
                                  .own = { WORLD_OWN, WORLD_PORT },
                                  .interval = 5,
                                  .flood = 1000 };
}

void world_init(struct world *world, struct mapping *mapping, const struct core_options *options)
{
    struct sink sink = make_sink(world);
    *world = (struct world){ .mapping = mapping,
                             .options = options ? *options : world_options(),
                             .now_ms = WORLD_NOW };
    must((world->notes = calloc(1, WORLD_NOTES)));
    must(core_new(&world->core, &world->options, mapping, &sink, &world->counters, world->now_ms,
                  WORLD_WALL) == 0);
}

static void forget_datagrams(struct world *world)
{
    while (world->first) {
        struct world_datagram *next = world->first->next;
        free(world->first);
        world->first = next;
    }
    world->last = NULL;
}

void world_deinit(struct world *world)
{
    core_free(world->core);
    mapping_unref(world->mapping);
    forget_datagrams(world);
    while (world->states)
        retain(world, xpl_slice_from(world->states->topic), XPL_SLICE(""));
    free(world->notes);
}

/* ---- what happens ---- */

/* Broadcasts come back, and everything that is due now is done. */
static void settle(struct world *world)
{
    for (int times = 0; world->first || core_deadline(world->core) <= world->now_ms; times++) {
        must(times < TIMES_AT_ONCE);
        struct world_datagram *datagram = world->first;
        if (datagram) {
            world->first = datagram->next;
            world->last = world->first ? world->last : NULL;
            struct xpl_endpoint from = { WORLD_OWN, WORLD_PORT };
            core_on_xpl(world->core, xpl_slice(datagram->data, datagram->size), from, world->hub_open,
                        world->now_ms);
            free(datagram);
        } else {
            core_on_time(world->core, world->now_ms);
        }
    }
}

void world_start(struct world *world)
{
    core_start(world->core, world->now_ms);
    core_on_broker_up(world->core, world->now_ms);
    settle(world);
    world_pass(world, 2000);
    world_notes(world);
}

void world_restart(struct world *world, bool state)
{
    static char hub[XPL_HUB_EXPORT_MAX], topics[LIMIT_STATE_FILE], devices[LIMIT_STATE_FILE];
    struct core_options options = world->options;
    struct sink sink = make_sink(world);
    options.hub_clients = options.made_topics = options.devices = xpl_slice(NULL, 0);
    if (state) {
        options.hub_clients = xpl_slice(hub, core_export_hub(world->core, hub, sizeof(hub)));
        options.made_topics = xpl_slice(topics, core_export_topics(world->core, topics, sizeof(topics)));
        options.devices = xpl_slice(devices, core_export_devices(world->core, devices, sizeof(devices)));
    }
    core_stop(world->core, world->now_ms);
    core_free(world->core);
    forget_datagrams(world);
    for (struct world_state *at = world->states; at; at = at->next)
        at->known = false;
    world->hub_open = false;
    world->counters = (struct counters){ 0 };
    must(core_new(&world->core, &options, world->mapping, &sink, &world->counters, world->now_ms,
                  WORLD_WALL + world->now_ms - WORLD_NOW) == 0);
    core_start(world->core, world->now_ms);
    core_on_broker_up(world->core, world->now_ms);
    settle(world);
}

void world_xpl(struct world *world, struct xpl_slice datagram, uint32_t ip)
{
    struct xpl_endpoint from = { ip, 40000 };
    core_on_xpl(world->core, datagram, from, world->hub_open, world->now_ms);
    settle(world);
}

void world_say(struct world *world, const char *said)
{
    static char datagram[65536], copy[65536];
    char *words[512], *save = NULL;
    struct text text = TEXT(datagram);
    size_t n = 0;
    must(snprintf(copy, sizeof(copy), "%s", said) < (int)sizeof(copy));
    for (char *word = strtok_r(copy, " ", &save); word && n < 512; word = strtok_r(NULL, " ", &save))
        words[n++] = word;
    must(n >= 4);
    text_format(&text, "%s\n{\nhop=1\nsource=%s\ntarget=%s\n}\n%s\n{\n", words[0], words[1], words[2],
                words[3]);
    for (size_t i = 4; i < n; i++)
        text_format(&text, "%s\n", words[i]);
    text_string(&text, "}\n");
    world_xpl(world, text_get(&text), WORLD_OTHER);
}

void world_message(struct world *world, const struct core_message *message)
{
    core_on_mqtt(world->core, message, world->now_ms);
    settle(world);
}

void world_mqtt(struct world *world, const char *topic, const char *payload)
{
    struct core_message message = { .topic = xpl_slice_from(topic),
                                    .payload = xpl_slice_from(payload),
                                    .expiry_s = -1,
                                    .arrived_ms = world->now_ms };
    world_message(world, &message);
}

void world_reload(struct world *world, struct mapping *mapping)
{
    core_set_mapping(world->core, mapping, world->now_ms);
    core_on_reloaded(world->core, NULL, world->now_ms);
    mapping_unref(world->mapping);
    world->mapping = mapping;
    settle(world);
}

void world_pass(struct world *world, int64_t ms)
{
    int64_t end = world->now_ms + ms;
    for (;;) {
        int64_t deadline = core_deadline(world->core);
        if (deadline > end)
            break;
        world->now_ms = deadline > world->now_ms ? deadline : world->now_ms;
        settle(world);
    }
    world->now_ms = end;
}

void world_pass_each(struct world *world, int64_t ms)
{
    for (int64_t end = world->now_ms + ms; world->now_ms < end;) {
        world->now_ms++;
        core_on_time(world->core, world->now_ms);
        settle(world);
    }
}

/* ---- looking at it ---- */

const char *world_notes(struct world *world)
{
    static char copy[WORLD_NOTES];
    memcpy(copy, world->notes, world->n_notes + 1);
    world->n_notes = 0;
    world->notes[0] = '\0';
    return copy;
}

const char *world_retained(struct world *world, const char *topic)
{
    const struct world_state *state = *find_state(world, xpl_slice_from(topic));
    return state ? state->payload : NULL;
}

void world_each_state(struct world *world, void (*state)(void *context, const char *topic), void *context)
{
    for (const struct world_state *at = world->states; at; at = at->next)
        if (at->known)
            state(context, at->topic);
}

uint64_t world_count(const struct world *world, enum counter counter)
{
    return world->counters.value[counter];
}

/* ---- tables ---- */

static struct mapping *load(const char *xml, bool shipped)
{
    char own[] = "/tmp/core-world-XXXXXX";
    char paths[64][512];
    struct mapping_file files[64];
    struct mapping_options options = { .prefix = "xpl", .charset = "windows-1252" };
    struct dirent **entries = NULL;
    struct mapping *mapping;
    struct diag diag;
    size_t n = 0;
    if (xml) {
        int fd = mkstemp(own);
        must(fd >= 0);
        must(dprintf(fd, "<mappings xmlns=\"urn:xplmqtt:mappings:1\">%s</mappings>\n", xml) > 0);
        close(fd);
        files[n++] = (struct mapping_file){ .path = own };
    }
    int found = shipped ? scandir(TEST_MAPPINGS, &entries, NULL, alphasort) : 0;
    for (int i = 0; i < found; i++) {
        size_t size = strlen(entries[i]->d_name);
        if (size > 4 && strcmp(entries[i]->d_name + size - 4, ".xml") == 0) {
            must(n < 64);
            snprintf(paths[n], sizeof(paths[n]), "%s/%s", TEST_MAPPINGS, entries[i]->d_name);
            files[n] = (struct mapping_file){ .path = paths[n], .shipped = true };
            n++;
        }
        free(entries[i]);
    }
    free(entries);
    must(!shipped || n > 10);
    diag_init(&diag);
    int r = mapping_load(&mapping, files, n, &options, &diag);
    if (r < 0)
        diag_print(&diag, stderr, DIAG_ERROR);
    must(r == 0);
    diag_deinit(&diag);
    if (xml)
        unlink(own);
    return mapping;
}

struct mapping *world_mapping(const char *xml)
{
    return load(xml, false);
}

struct mapping *world_shipped(const char *xml)
{
    return load(xml, true);
}
