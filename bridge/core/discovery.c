#include "core/discovery.h"

#include <errno.h>
#include <stdlib.h>

#include "core/discovery-private.h"

#define SPREAD_MS 10000 /* many bridges do not all answer a birth message at once */
#define AGAIN_MS  60000 /* between two answers to birth messages */

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
    discovery_load(discovery);
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

static bool note_other_form(void *context, struct xpl_slice topic)
{
    struct core *core = context;
    core->discovery.migrating |= discovery_is_other_form(core, topic);
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
        discovery_save_early(discovery);
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
        discovery_save_now(core, now_ms);
    if (now_ms >= discovery->silent_ms)
        on_silence(core, now_ms);
    if (!core->discovery.connected)
        return;
    if (now_ms >= discovery->again_ms) {
        discovery->again_ms = INT64_MAX;
        discovery->asked_ms = now_ms;
        discovery_announce_below(core, XPL_SLICE("homeassistant/"), now_ms);
    }
    if (now_ms >= discovery->due_ms)
        discovery_step(core, now_ms);
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
    discovery_set_announced(core, thing, thing->announced && permit);
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
