#include "discovery_world.h"

#include <stdio.h>
#include <stdlib.h>
#include <unistd.h>

#include "base/error.h"
#include "core/core-private.h"
#include "core/hash.h"

struct retained {
    UT_hash_handle hh;
    bool left_out;
    bool ours; /* published in this run: the session has it in memory */
    char *value;
    char name[1024];
};

static struct retained *put(struct retained **table, struct xpl_slice name, struct xpl_slice value)
{
    struct retained *entry;
    HASH_FIND(hh, *table, name.data, name.size, entry);
    if (!entry) {
        must(name.size < sizeof(entry->name));
        while (!(entry = calloc(1, sizeof(*entry)))) /* a test may fail one allocation: that is not ours */
            ;
        memcpy(entry->name, name.data, name.size);
        do {
            entry->left_out = false;
            HASH_ADD_KEYPTR(hh, *table, entry->name, name.size, entry);
        } while (entry->left_out);
    }
    free(entry->value);
    while (!(entry->value = strndup(value.data ? value.data : "", value.size)))
        ;
    return entry;
}

static void forget(struct retained **table, struct xpl_slice name)
{
    struct retained *entry;
    HASH_FIND(hh, *table, name.data, name.size, entry);
    if (entry) {
        HASH_DEL(*table, entry);
        free(entry->value);
        free(entry);
    }
}

static void empty(struct retained **table)
{
    while (*table)
        forget(table, xpl_slice_from((*table)->name));
}

static struct retained *find(struct retained *table, struct xpl_slice name)
{
    struct retained *entry;
    HASH_FIND(hh, table, name.data, name.size, entry);
    return entry;
}

static const char *get(struct retained *table, const char *name)
{
    struct retained *entry = find(table, xpl_slice_from(name));
    return entry ? entry->value : NULL;
}

/* ---- the sink ---- */

static int broadcast(void *context, const char *data, size_t size)
{
    struct world *world = context;
    world->sends++;
    snprintf(world->sent, sizeof(world->sent), "%.*s", (int)size, data);
    return 0;
}

static int forward(void *context, struct xpl_endpoint to, const char *data, size_t size)
{
    (void)context, (void)to, (void)data, (void)size;
    return 0;
}

static int hub_open(void *context)
{
    (void)context;
    return 0;
}

static void hub_close(void *context)
{
    (void)context;
}

static bool is_local(void *context, uint32_t ip)
{
    (void)context, (void)ip;
    return true;
}

static bool is_announcement(struct xpl_slice topic)
{
    return (topic.size > 14 && memcmp(topic.data, "homeassistant/", 14) == 0) ||
           (topic.size > 6 && memcmp(topic.data, "homie/", 6) == 0 && memchr(topic.data, '$', topic.size));
}

/* Whether the next run would know of the topic. */
static bool is_kept(struct world *world, struct xpl_slice topic)
{
    const char *kept = get(world->files, "announced");
    struct xpl_slice rest = xpl_slice_from(kept ? kept : "");
    while (rest.size)
        if (xpl_slice_equal(text_take_line(&rest), topic))
            return true;
    return false;
}

/* States wait for the broker in the session's memory: here the tree plays both, since the core publishes
 * announcements only when the broker is there. */
static void publish(void *context, const struct sink_publish *publish)
{
    struct world *world = context;
    struct text said = { world->said, world->said_size, sizeof(world->said), false };
    world->published += world->connected;
    text_format(&said, "%.*s %.*s\n", XPL_SLICE_ARGS(publish->topic), XPL_SLICE_ARGS(publish->payload));
    world->said_size = said.size;
    if (publish->lane != SINK_STATE) {
        snprintf(world->last_event_topic, sizeof(world->last_event_topic), "%.*s",
                 XPL_SLICE_ARGS(publish->topic));
        snprintf(world->last_event, sizeof(world->last_event), "%.*s", XPL_SLICE_ARGS(publish->payload));
    } else if (publish->payload.size) {
        world->unkept += is_announcement(publish->topic) && !is_kept(world, publish->topic);
        put(&world->retained, publish->topic, publish->payload)->ours = true;
        world->unsorted = true;
    } else {
        forget(&world->retained, publish->topic);
    }
}

static bool state(void *context, struct xpl_slice topic, struct xpl_slice *ret)
{
    struct world *world = context;
    struct retained *entry = find(world->retained, topic);
    if (!entry || !entry->ours)
        return false;
    *ret = xpl_slice_from(entry->value);
    return true;
}

static bool is_out(void *context, struct xpl_slice topic)
{
    (void)topic;
    return !((struct world *)context)->state_late;
}

static void filter(void *context, const char *text)
{
    (void)context, (void)text;
}

static void depths(void *context, struct sink_depths *ret)
{
    (void)context;
    *ret = (struct sink_depths){ 0 };
}

static void reload(void *context)
{
    ((struct world *)context)->reload_wanted = true;
}

static uint32_t chance(void *context)
{
    struct world *world = context;
    world->random = world->random * 1664525u + 1013904223u;
    return world->random >> 8;
}

static int save(void *context, const char *name, const char *data, size_t size)
{
    struct world *world = context;
    world->saves++;
    put(&world->files, xpl_slice_from(name), xpl_slice(data, size));
    return 0;
}

static void note(void *context, enum log_area area, enum log_level level, const char *text)
{
    (void)context, (void)area, (void)level, (void)text;
}

/* ---- life ---- */

void world_init(struct world *world)
{
    *world = (struct world){ .now_ms = 1000, .random = 1 };
    world->options = (struct core_options){
        .version = "1.2.3",
        .prefix = "xpl",
        .source = "xplmqtt-bridge.pi",
        .role = CORE_ROLE_HUB,
        .own = { 0x7f000001, 50000 },
        .interval = 5,
        .flood = 100000,
        .discovery = { .homeassistant = DISCOVERY_HA_COMPONENT, .after = 1, .limit = 2000 },
    };
}

static void write_file(const char *path, const char *text)
{
    FILE *file = fopen(path, "w");
    must(file);
    fputs(text, file);
    fclose(file);
}

/* Loads what is there; the error, or NULL. */
static const char *load(struct world *world, struct mapping **ret)
{
    static const char *const shipped[] = { "ac",    "audio",    "cid",      "control",      "datetime",
                                           "osd",   "dawndusk", "homeeasy", "hvac",         "lighting",
                                           "media", "remote",   "security", "sendmsg",      "sensor-basic",
                                           "tts",   "ups",      "x10",      "sensor-other", "x10-security" };
    static char why[1024];
    char user[64], names[64], paths[32][256];
    struct mapping_file files[32];
    size_t n = 0;
    struct diag diag;
    snprintf(user, sizeof(user), "/tmp/world-%d.xml", (int)getpid());
    snprintf(names, sizeof(names), "/tmp/world-%d-names.xml", (int)getpid());
    write_file(user, world->xml);
    files[n++] = (struct mapping_file){ .path = user };
    if (get(world->files, "names.xml")) {
        write_file(names, get(world->files, "names.xml"));
        files[n++] = (struct mapping_file){ .path = names };
    }
    for (size_t i = 0; world->shipped && i < sizeof(shipped) / sizeof(*shipped); i++) {
        snprintf(paths[i], sizeof(paths[i]), "%s/%s.xml", TEST_MAPPINGS, shipped[i]);
        files[n++] = (struct mapping_file){ .path = paths[i], .shipped = true };
    }
    struct mapping_options options = { .prefix = "xpl", .charset = "windows-1252", .names = names };
    diag_init(&diag);
    int r = mapping_load(ret, files, n, &options, &diag);
    for (const struct diag_finding *f = diag.first; r && f; f = f->next)
        if (f->level == DIAG_ERROR)
            diag_render(f, why, sizeof(why));
    diag_deinit(&diag);
    unlink(user);
    unlink(names);
    return r ? why : NULL;
}

void world_map(struct world *world, const char *xml, bool shipped)
{
    snprintf(world->xml, sizeof(world->xml), "%s",
             xml ? xml : "<mappings xmlns=\"urn:xplmqtt:mappings:1\"/>");
    world->shipped = shipped;
    world->mapped = true;
    if (world->core)
        world_reload(world);
}

void world_reload(struct world *world)
{
    do {
        struct mapping *mapping = NULL;
        world->reload_wanted = false;
        const char *error = load(world, &mapping);
        if (!error) {
            core_set_mapping(world->core, mapping, world->now_ms);
            mapping_unref(world->mapping);
            world->mapping = mapping;
        }
        core_on_reloaded(world->core, error, world->now_ms);
    } while (world->reload_wanted);
}

void world_start(struct world *world)
{
    struct sink sink = { .context = world,
                         .broadcast = broadcast,
                         .forward = forward,
                         .hub_open = hub_open,
                         .hub_close = hub_close,
                         .is_local = is_local,
                         .publish = publish,
                         .state = state,
                         .is_out = is_out,
                         .subscribe = filter,
                         .unsubscribe = filter,
                         .depths = depths,
                         .reload = reload,
                         .random = chance,
                         .save = save,
                         .log = note };
    const char *things = get(world->files, "things"), *announced = get(world->files, "announced");
    if (!world->mapped)
        world_map(world, NULL, true);
    mapping_unref(world->mapping);
    world->mapping = NULL;
    must(!load(world, &world->mapping));
    world->options.made_topics = xpl_slice_from(get(world->files, "topics"));
    world->options.devices = xpl_slice_from(get(world->files, "devices"));
    world->options.discovery.things = xpl_slice_from(things);
    world->options.discovery.announced = xpl_slice_from(announced);
    must(core_new(&world->core, &world->options, world->mapping, &sink, &world->counters, world->now_ms,
                  1700000000000) == 0);
    core_start(world->core, world->now_ms);
}

void world_kill(struct world *world)
{
    core_free(world->core);
    world->core = NULL;
    world->connected = false;
    for (struct retained *r = world->retained; r; r = r->hh.next)
        r->ours = false;
}

void world_stop(struct world *world)
{
    char *buffer = malloc(LIMIT_STATE_FILE);
    core_stop(world->core, world->now_ms);
    size_t size = core_export_topics(world->core, buffer, LIMIT_STATE_FILE);
    save(world, "topics", buffer, size);
    size = core_export_devices(world->core, buffer, LIMIT_STATE_FILE);
    save(world, "devices", buffer, size);
    free(buffer);
    world_kill(world);
}

void world_deinit(struct world *world)
{
    world_kill(world);
    mapping_unref(world->mapping);
    empty(&world->retained);
    empty(&world->files);
}

void world_connect(struct world *world)
{
    world->connected = true;
    core_on_broker_up(world->core, world->now_ms);
}

void world_disconnect(struct world *world)
{
    world->connected = false;
    core_on_broker_down(world->core, world->now_ms);
}

void world_let_state(struct world *world, bool through)
{
    world->state_late = !through;
    if (through)
        core_on_state_out(world->core, world->now_ms);
}

void world_wipe(struct world *world)
{
    empty(&world->retained);
}

void world_hear(struct world *world, const char *type, const char *source, const char *schema,
                const char *body)
{
    char buffer[2048];
    struct text text = TEXT(buffer);
    text_format(&text, "xpl-%s\n{\nhop=1\nsource=%s\ntarget=*\n}\n%s\n{\n", type, source, schema);
    for (; *body; body++)
        text_char(&text, *body == ' ' ? '\n' : *body == '~' ? ' ' : *body);
    text_string(&text, "\n}\n");
    core_on_xpl(world->core, text_get(&text), (struct xpl_endpoint){ 0x7f000001, 3865 }, true, world->now_ms);
}

void world_tell(struct world *world, const char *topic, const char *payload)
{
    struct core_message message = { .topic = xpl_slice_from(topic),
                                    .payload = xpl_slice_from(payload),
                                    .expiry_s = -1,
                                    .arrived_ms = world->now_ms };
    core_on_mqtt(world->core, &message, world->now_ms);
    if (world->reload_wanted)
        world_reload(world);
}

void world_wait(struct world *world, int64_t ms)
{
    int64_t end_ms = world->now_ms + ms;
    for (int64_t due_ms; (due_ms = core_deadline(world->core)) <= end_ms;) {
        world->now_ms = due_ms > world->now_ms ? due_ms : world->now_ms + 1;
        core_on_time(world->core, world->now_ms);
    }
    world->now_ms = end_ms;
}

void world_settle(struct world *world)
{
    world_wait(world, 12000);
}

/* ---- looking ---- */

const char *world_get(struct world *world, const char *topic)
{
    return get(world->retained, topic);
}

const char *world_file(struct world *world, const char *name)
{
    return get(world->files, name);
}

void world_lose(struct world *world, const char *name)
{
    forget(&world->files, xpl_slice_from(name));
}

static int by_name(const struct retained *a, const struct retained *b)
{
    return strcmp(a->name, b->name);
}

size_t world_count(struct world *world, const char *begin)
{
    size_t n = 0;
    for (const struct retained *r = world->retained; r; r = r->hh.next)
        n += strncmp(r->name, begin, strlen(begin)) == 0;
    return n;
}

const char *world_topic(struct world *world, const char *begin, size_t n)
{
    if (world->unsorted)
        HASH_SORT(world->retained, by_name);
    world->unsorted = false;
    for (const struct retained *r = world->retained; r; r = r->hh.next)
        if (strncmp(r->name, begin, strlen(begin)) == 0 && n-- == 0)
            return r->name;
    return NULL;
}
