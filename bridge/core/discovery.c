#include "core/discovery.h"

#include <errno.h>
#include <stdlib.h>

#include "core/core-private.h"

#define FLUSH_MS  1000  /* from the first change: a device that says ten things is announced once */
#define STEP_MS   2000  /* between clearing an id and using it again */
#define SPREAD_MS 10000 /* many bridges do not all answer a birth message at once */
#define AGAIN_MS  60000 /* between two answers to birth messages */
#define SAVE_MS   60000 /* from a change that may be lost to its file */
#define WRITE_MS  10000 /* what cannot wait is written so often, */
#define BURST_MS  60000 /* and in a row as often as fits into this */

bool discovery_is_on(const struct core *core)
{
    const struct discovery_options *options = &core->discovery.options;
    return options->homeassistant != DISCOVERY_HA_OFF || options->homie != DISCOVERY_HOMIE_OFF;
}

const char *discovery_instance(const struct core *core)
{
    const char *dot = strchr(core->options.source, '.');
    return dot ? dot + 1 : core->options.source;
}

/* ---- life ---- */

/* What is kept of the things begins with a line for the bridge itself; things_import skips it. */
#define ROOT_LINE "root\t"

static void read_root(struct discovery *discovery, struct xpl_slice text)
{
    struct xpl_slice line = text_take_line(&text);
    size_t size = sizeof(ROOT_LINE) - 1;
    if (line.size > size && memcmp(line.data, ROOT_LINE, size) == 0)
        snprintf(discovery->root_version, sizeof(discovery->root_version), "%.*s", (int)(line.size - size),
                 line.data + size);
}

static size_t write_root(const struct discovery *discovery, char *buffer, size_t capacity)
{
    struct text text = { buffer, 0, capacity, false };
    if (*discovery->root_version)
        text_format(&text, ROOT_LINE "%s\n", discovery->root_version);
    return text.size;
}

int discovery_init(struct core *core, const struct discovery_options *options)
{
    struct discovery *discovery = &core->discovery;
    discovery->options = *options;
    discovery->due_ms = discovery->again_ms = discovery->save_ms = discovery->silent_ms = INT64_MAX;
    discovery->asked_ms = INT64_MIN / 2;
    discovery->generation = 1;
    discovery->view = malloc(sizeof(*discovery->view));
    if (!discovery->view || things_new(&discovery->things) < 0)
        return -ENOMEM;
    read_root(discovery, options->things);
    things_import(discovery->things, options->things);
    announced_import(&discovery->announced, options->announced);
    discovery->options.things = discovery->options.announced = xpl_slice(NULL, 0);
    return 0;
}

void discovery_deinit(struct core *core)
{
    things_free(core->discovery.things);
    announced_deinit(&core->discovery.announced);
    announced_deinit(&core->discovery.planned);
    homie_deinit(&core->discovery.homie);
    free(core->discovery.view);
}

/* Whether the topic announces in the form of Home Assistant that is not in force. */
static bool is_other_form(const struct core *core, struct xpl_slice topic)
{
    return homeassistant_owns(topic, core->discovery.options.homeassistant == DISCOVERY_HA_DEVICE
                                         ? DISCOVERY_HA_COMPONENT
                                         : DISCOVERY_HA_DEVICE);
}

static bool note_other_form(void *context, struct xpl_slice topic)
{
    struct core *core = context;
    core->discovery.migrating |= is_other_form(core, topic);
    return false;
}

static void put_availability(struct core *core, const struct thing *thing, bool online)
{
    struct view *view = core->discovery.view;
    view_make(view, core->mapping, core->options.prefix, thing);
    core_publish_topic(core, SINK_STATE, xpl_slice_from(view->availability),
                       online ? XPL_SLICE("online") : XPL_SLICE("offline"), 1);
    made_add_availability(core, xpl_slice_from(view->availability), view->path);
}

/* A device of an earlier run that was not kept among those of the last (devices_store.c). One that never
 * reports by itself counts as there, since nothing else would let it be switched; one that does has its time
 * to do so. */
static void restore_availability(struct core *core, int64_t now_ms)
{
    struct discovery *discovery = &core->discovery;
    for (struct thing *thing = NULL; (thing = things_next(discovery->things, thing));) {
        int64_t expire_s = 0;
        thing->silent_ms = INT64_MAX;
        if (devices_has(core, xpl_slice_from(thing->text[THING_PATH])))
            continue;
        for (const struct property_facts *p = thing->properties; p; p = p->next)
            expire_s = p->expire_s > expire_s ? p->expire_s : expire_s;
        thing->silent_ms = expire_s ? now_ms + expire_s * 1000 : INT64_MAX;
        if (thing->silent_ms < discovery->silent_ms)
            discovery->silent_ms = thing->silent_ms;
        if (thing->announced && thing->properties && !expire_s)
            put_availability(core, thing, true);
    }
}

static void on_silence(struct core *core, int64_t now_ms)
{
    struct discovery *discovery = &core->discovery;
    discovery->silent_ms = INT64_MAX;
    for (struct thing *thing = NULL; (thing = things_next(discovery->things, thing));) {
        if (devices_has(core, xpl_slice_from(thing->text[THING_PATH])))
            continue; /* heard: devices.c looks after it */
        if (thing->silent_ms <= now_ms) {
            thing->silent_ms = INT64_MAX;
            if (thing->announced)
                put_availability(core, thing, false);
        } else if (thing->silent_ms < discovery->silent_ms) {
            discovery->silent_ms = thing->silent_ms;
        }
    }
}

void discovery_start(struct core *core, int64_t now_ms)
{
    struct discovery *discovery = &core->discovery;
    if (discovery->options.homeassistant != DISCOVERY_HA_OFF) {
        core->sink.subscribe(core->sink.context, "homeassistant/status");
        announced_begin(&discovery->announced);
        announced_sweep(&discovery->announced, note_other_form, core);
    }
    if (discovery->options.homie == DISCOVERY_HOMIE_4) {
        char buffer[LIMIT_TOPIC];
        struct text filter = TEXT(buffer);
        text_string(&filter, "homie/");
        homie_write_root(core, &filter);
        text_string(&filter, "/+/+/set");
        core->sink.subscribe(core->sink.context, buffer);
    }
    if (discovery->options.homie == DISCOVERY_HOMIE_5)
        core->sink.subscribe(core->sink.context, "homie/5/+/+/+/set");
    discovery_drop_unmade(core);
    if (discovery_is_on(core))
        restore_availability(core, now_ms);
    discovery_touch(core, now_ms);
}

void discovery_stop(struct core *core)
{
    homie_stop(core);
    if (core->discovery.save_ms != INT64_MAX || announced_count(&core->discovery.announced))
        discovery_save(core);
}

int discovery_save(struct core *core)
{
    size_t capacity = LIMIT_STATE_FILE;
    char *buffer = malloc(capacity);
    if (!buffer)
        return -ENOMEM;
    core->discovery.save_ms = INT64_MAX;
    size_t size = write_root(&core->discovery, buffer, capacity);
    size += things_export(core->discovery.things, buffer + size, capacity - size);
    int r = core_save(core, CORE_FILE_THINGS, buffer, size);
    size = announced_export(&core->discovery.announced, buffer, capacity);
    size += announced_export(&core->discovery.planned, buffer + size, capacity - size);
    int s = core_save(core, CORE_FILE_ANNOUNCED, buffer, size);
    free(buffer);
    return r < 0 ? r : s;
}

static void save_soon(struct core *core, int64_t now_ms)
{
    if (core->discovery.save_ms == INT64_MAX)
        core->discovery.save_ms = now_ms + SAVE_MS;
}

/* When the next write that cannot wait may be. */
static int64_t write_ms(const struct discovery *discovery)
{
    return discovery->spent_ms - BURST_MS;
}

static void save_early(struct discovery *discovery)
{
    if (write_ms(discovery) < discovery->save_ms)
        discovery->save_ms = write_ms(discovery);
}

static void save_now(struct core *core, int64_t now_ms)
{
    struct discovery *discovery = &core->discovery;
    discovery->spent_ms = (discovery->spent_ms > now_ms ? discovery->spent_ms : now_ms) + WRITE_MS;
    discovery_save(core);
}

/* ---- changes ---- */

void discovery_touch(struct core *core, int64_t now_ms)
{
    struct discovery *discovery = &core->discovery;
    int64_t delay_ms = FLUSH_MS + (int64_t)announced_count(&discovery->announced) / 4; /* it renders all */
    if (discovery->phase != DISCOVERY_BEGIN)
        discovery->touched = true;
    else if (discovery->due_ms > now_ms + delay_ms)
        discovery->due_ms = now_ms + delay_ms;
}

bool discovery_is_under_way(const struct core *core)
{
    const struct discovery *discovery = &core->discovery;
    return discovery->connected && (discovery->due_ms != INT64_MAX || !discovery->homie.open);
}

/* ---- rendering ---- */

/* Who was never heard has no availability, and would be unavailable for ever. */
static bool is_due(const struct core *core, const struct thing *thing)
{
    const struct discovery_options *options = &core->discovery.options;
    return thing->sightings && (thing->permitted || (!options->ask && thing->sightings >= options->after));
}

/* bridge/devices says so. */
static void set_announced(struct core *core, struct thing *thing, bool announced)
{
    core->devices.changed |= thing->announced != announced;
    thing->announced = announced;
}

/* Who is announced: who was stays, as long as there is something to announce. Whoever is new is worth
 * keeping, also when its topics are there already. */
static void admit(struct core *core)
{
    struct discovery *discovery = &core->discovery;
    size_t n = 0;
    for (struct thing *thing = NULL; (thing = things_next(discovery->things, thing));) {
        set_announced(core, thing, thing->announced && thing->properties);
        n += thing->announced;
    }
    for (struct thing *thing = NULL; (thing = things_next(discovery->things, thing));) {
        if (thing->announced || !thing->properties || !is_due(core, thing))
            continue;
        if (n < discovery->options.limit) {
            set_announced(core, thing, true);
            n++;
            save_early(discovery);
        } else if (!thing->over_limit) {
            thing->over_limit = true;
            core_count(core, COUNT_ANNOUNCE_LIMIT);
            if (!discovery->limit_told)
                core_log(core, LOG_MAPPING, LOG_LEVEL_WARNING,
                         "%u devices are announced, which is the limit: others are not",
                         discovery->options.limit);
            discovery->limit_told = true;
        }
    }
}

struct thing *discovery_next(struct core *core, const struct thing *thing)
{
    struct thing *next = things_next(core->discovery.things, thing);
    while (next && !next->announced)
        next = things_next(core->discovery.things, next);
    if (next)
        view_make(core->discovery.view, core->mapping, core->options.prefix, next);
    return next;
}

void discovery_put(struct core *core, struct xpl_slice topic, struct xpl_slice payload)
{
    struct discovery *discovery = &core->discovery;
    enum announced_answer answer = announced_put(&discovery->announced, topic, payload, false);
    bool wanted = discovery->step == DISCOVERY_PUBLISH ||
                  (discovery->step == DISCOVERY_KNOWN && answer != ANNOUNCED_NEW);
    wanted &= !homie_holds_back(core, topic);
    discovery->made |= answer == ANNOUNCED_NEW;
    if (discovery->step == DISCOVERY_MARK && answer == ANNOUNCED_NEW)
        announced_put(&discovery->planned, topic, payload, true);
    discovery->differs |= answer != ANNOUNCED_SAME && homie4_is_structure(core, topic);
    if (!wanted || answer == ANNOUNCED_SAME ||
        announced_put(&discovery->announced, topic, payload, true) == ANNOUNCED_FULL)
        return;
    core_count(core, COUNT_ANNOUNCEMENTS);
    core_publish_topic(core, SINK_STATE, topic, payload, 1);
}

void discovery_keep(struct core *core, struct xpl_slice topic)
{
    struct discovery *discovery = &core->discovery;
    bool record = discovery->step == DISCOVERY_PUBLISH; /* so that it is found again when it goes */
    discovery->made |= announced_put(&discovery->announced, topic, XPL_SLICE(""), record) == ANNOUNCED_NEW;
}

static void render(struct core *core, enum discovery_step step)
{
    struct discovery *discovery = &core->discovery;
    announced_begin(&discovery->announced);
    if (step == DISCOVERY_MARK)
        announced_deinit(&discovery->planned);
    discovery->step = step;
    discovery->made = false;
    discovery->differs &= step != DISCOVERY_MARK;
    homie_begin(core);
    homeassistant_render(core);
    if (discovery->options.homie == DISCOVERY_HOMIE_4)
        homie4_render(core);
    if (discovery->options.homie == DISCOVERY_HOMIE_5)
        homie5_render(core);
    discovery->step = DISCOVERY_IDLE;
}

static bool clear(void *context, struct xpl_slice topic)
{
    core_publish_topic(context, SINK_STATE, topic, XPL_SLICE(""), 1);
    return true;
}

/* Before something new is made. What goes because the form is another one says so first, so that the new form
 * takes the entities over. Homie's go at their own time. */
static bool retire(void *context, struct xpl_slice topic)
{
    struct core *core = context;
    if (homie_owns(topic))
        return false;
    core->discovery.gone = true;
    if (!core->discovery.migrating || !is_other_form(core, topic))
        return clear(context, topic);
    core_publish_topic(core, SINK_STATE, topic, XPL_SLICE("{\"migrate_discovery\":true}"), 1);
    return false;
}

/* After the description that does not name it any more. */
static bool retire_homie(void *context, struct xpl_slice topic)
{
    return homie_owns(topic) && clear(context, topic);
}

static bool note_structure(void *context, struct xpl_slice topic)
{
    struct core *core = context;
    core->discovery.differs |= homie4_is_structure(core, topic);
    return false;
}

/* ---- a flush ---- */

static void go_on(struct core *core, enum discovery_phase phase, int64_t due_ms)
{
    core->discovery.phase = phase;
    core->discovery.due_ms = due_ms;
}

static void end(struct core *core, int64_t now_ms)
{
    struct discovery *discovery = &core->discovery;
    bool again = discovery->touched || discovery->retired || discovery->unsettled;
    discovery->phase = DISCOVERY_BEGIN;
    discovery->due_ms = again ? now_ms + STEP_MS : INT64_MAX;
    discovery->touched = discovery->retired = discovery->unsettled = false;
    if (!again && discovery->homie.open)
        homie_release(core);
}

/* Says what there is, now that it is known what there will be, after what is new in it has been kept; then
 * what of Homie went. */
static void publish(struct core *core, enum discovery_step step, int64_t now_ms)
{
    struct discovery *discovery = &core->discovery;
    if (step == DISCOVERY_PUBLISH && announced_count(&discovery->planned))
        save_now(core, now_ms);
    if (step == DISCOVERY_PUBLISH)
        announced_deinit(&discovery->planned);
    render(core, step);
    size_t gone = discovery->homie.open ? announced_sweep(&discovery->announced, retire_homie, core) : 0;
    if (gone || discovery->unsettled) /* with the versions of descriptions */
        save_soon(core, now_ms);
}

static void mark(struct core *core)
{
    admit(core);
    render(core, DISCOVERY_MARK);
    announced_sweep(&core->discovery.announced, note_structure, core);
}

static void flush(struct core *core, int64_t now_ms)
{
    struct discovery *discovery = &core->discovery;
    mark(core);
    bool makes = discovery->made;
    discovery->gone = false;
    announced_sweep(&discovery->announced, retire, core);
    int64_t make_ms = (makes && discovery->gone) || discovery->migrating ? now_ms + STEP_MS : now_ms;
    if (makes && make_ms < write_ms(discovery))
        make_ms = write_ms(discovery);
    if (discovery->gone)
        save_soon(core, now_ms);
    bool waits = make_ms > now_ms;
    publish(core, waits ? DISCOVERY_KNOWN : DISCOVERY_PUBLISH, now_ms);
    if (waits)
        go_on(core, DISCOVERY_MAKE, make_ms);
    else
        end(core, now_ms);
}

static void step(struct core *core, int64_t now_ms)
{
    struct discovery *discovery = &core->discovery;
    discovery->wall_s = (now_ms + core->wall_offset_ms) / 1000;
    switch (discovery->phase) {
    case DISCOVERY_BEGIN: flush(core, now_ms); break;
    case DISCOVERY_MAKE:
        mark(core);
        if (!discovery->migrating)
            announced_sweep(&discovery->announced, retire, core);
        publish(core, DISCOVERY_PUBLISH, now_ms);
        if (discovery->migrating)
            go_on(core, DISCOVERY_RETIRE, now_ms + STEP_MS);
        else
            end(core, now_ms);
        break;
    case DISCOVERY_RETIRE:
        discovery->migrating = false;
        render(core, DISCOVERY_MARK);
        announced_sweep(&discovery->announced, retire, core);
        save_soon(core, now_ms);
        end(core, now_ms);
        break;
    }
}

static void announce(struct core *core, struct xpl_slice begin, int64_t now_ms)
{
    struct discovery *discovery = &core->discovery;
    announced_doubt(&discovery->announced, begin);
    discovery->wall_s = (now_ms + core->wall_offset_ms) / 1000;
    if (discovery->phase == DISCOVERY_BEGIN && core->discovery.connected)
        flush(core, now_ms);
    else
        discovery->touched = true;
}

void discovery_announce(struct core *core, int64_t now_ms)
{
    announce(core, XPL_SLICE(""), now_ms);
}

/* Also when every form is off: what an earlier run announced is cleared then. */
void discovery_on_broker_up(struct core *core, int64_t now_ms)
{
    core->discovery.connected = true;
    core->discovery.phase = DISCOVERY_BEGIN; /* a flush that was cut short begins anew */
    discovery_announce(core, now_ms);
}

void discovery_on_broker_down(struct core *core)
{
    core->discovery.connected = false;
    homie_give_up(core);
}

/* ---- from MQTT, time ---- */

static void on_birth(struct core *core, int64_t now_ms)
{
    struct discovery *discovery = &core->discovery;
    if (discovery->options.homeassistant == DISCOVERY_HA_OFF)
        return;
    int64_t due_ms = now_ms + core->sink.random(core->sink.context) % (SPREAD_MS + 1);
    if (due_ms < discovery->asked_ms + AGAIN_MS)
        due_ms = discovery->asked_ms + AGAIN_MS;
    if (due_ms < discovery->again_ms)
        discovery->again_ms = due_ms;
}

bool discovery_on_mqtt(struct core *core, const struct core_message *message, int64_t now_ms)
{
    struct xpl_slice topic = message->topic;
    if (homie_owns(topic)) {
        if (!homie_on_mqtt(core, message, now_ms))
            core_count(core, COUNT_MQTT_OTHER);
        return true;
    }
    if (!xpl_slice_equal(topic, XPL_SLICE("homeassistant/status")))
        return false;
    core_count(core, COUNT_MQTT_OTHER);
    /* A stored one is of an earlier birth: each connect announces anyway. */
    if (xpl_slice_equal(message->payload, XPL_SLICE("online")) && !message->stored)
        on_birth(core, now_ms);
    return true;
}

void discovery_on_value(struct core *core, struct xpl_slice topic, struct xpl_slice payload)
{
    struct discovery *discovery = &core->discovery;
    size_t before = announced_count(&discovery->announced);
    if (discovery->homie.states)
        homie_on_value(core, topic, payload);
    if (announced_count(&discovery->announced) > before)
        save_early(discovery);
}

void discovery_on_availability(struct core *core)
{
    if (core->discovery.options.homie == DISCOVERY_HOMIE_5)
        discovery_touch(core, INT32_MIN); /* at once */
}

void discovery_on_state_out(struct core *core)
{
    if (homie_may_go_on(core))
        discovery_touch(core, INT32_MIN); /* at once */
}

int64_t discovery_deadline(const struct core *core)
{
    const struct discovery *discovery = &core->discovery;
    int64_t deadline = discovery->save_ms < discovery->silent_ms ? discovery->save_ms : discovery->silent_ms;
    if (!core->discovery.connected)
        return deadline;
    deadline = discovery->due_ms < deadline ? discovery->due_ms : deadline;
    return discovery->again_ms < deadline ? discovery->again_ms : deadline;
}

void discovery_on_time(struct core *core, int64_t now_ms)
{
    struct discovery *discovery = &core->discovery;
    if (now_ms >= discovery->save_ms)
        save_now(core, now_ms);
    if (now_ms >= discovery->silent_ms)
        on_silence(core, now_ms);
    if (!core->discovery.connected)
        return;
    if (now_ms >= discovery->again_ms) {
        discovery->again_ms = INT64_MAX;
        discovery->asked_ms = now_ms;
        announce(core, XPL_SLICE("homeassistant/"), now_ms);
    }
    if (now_ms >= discovery->due_ms)
        step(core, now_ms);
}

/* ---- decisions ---- */

bool discovery_announces(const struct core *core, struct xpl_slice path)
{
    const struct thing *thing = things_find(core->discovery.things, path);
    return thing && thing->announced;
}

void discovery_forget(struct core *core, struct xpl_slice path, int64_t now_ms)
{
    struct thing *thing = things_find(core->discovery.things, path);
    if (!thing)
        return;
    things_remove(core->discovery.things, thing);
    discovery_touch(core, now_ms);
}

void discovery_permit(struct core *core, struct xpl_slice path, bool permit, int64_t now_ms)
{
    struct thing *thing = things_obtain(core->discovery.things, path);
    if (!thing)
        return;
    thing->permitted = permit;
    set_announced(core, thing, thing->announced && permit);
    discovery_touch(core, now_ms);
}

void discovery_rebind(struct core *core, struct xpl_slice from, struct xpl_slice to, int64_t now_ms)
{
    struct thing *old = things_find(core->discovery.things, from);
    struct thing *new = things_find(core->discovery.things, to);
    if (!old || !new || old == new)
        return;
    things_rebind(core->discovery.things, old, new);
    discovery_touch(core, now_ms);
}
