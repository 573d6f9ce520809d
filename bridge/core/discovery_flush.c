/* A flush: who is announced, what there is to say of them, what of it is new and what is gone, in the order
 * that keeps ids apart (discovery.h). */
#include "core/discovery-private.h"

#define FLUSH_MS 1000 /* from the first change: a device that says ten things is announced once */
#define STEP_MS  2000 /* between clearing an id and using it again */

bool discovery_is_other_form(const struct core *core, struct xpl_slice topic)
{
    return homeassistant_owns(topic, core->discovery.options.homeassistant == DISCOVERY_HA_DEVICE
                                         ? DISCOVERY_HA_COMPONENT
                                         : DISCOVERY_HA_DEVICE);
}

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

void discovery_set_announced(struct core *core, struct thing *thing, bool announced)
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
        discovery_set_announced(core, thing, thing->announced && thing->properties);
        n += thing->announced;
    }
    for (struct thing *thing = NULL; (thing = things_next(discovery->things, thing));) {
        if (thing->announced || !thing->properties || !is_due(core, thing))
            continue;
        if (n < discovery->options.limit) {
            discovery_set_announced(core, thing, true);
            n++;
            discovery_save_early(discovery);
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
    if (!core->discovery.migrating || !discovery_is_other_form(core, topic))
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
    if (step == DISCOVERY_PUBLISH) {
        if (announced_count(&discovery->planned))
            discovery_save_now(core, now_ms);
        announced_deinit(&discovery->planned);
    }
    render(core, step);
    size_t gone = discovery->homie.open ? announced_sweep(&discovery->announced, retire_homie, core) : 0;
    if (gone || discovery->unsettled) /* with the versions of descriptions */
        discovery_save_soon(core, now_ms);
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
    if (makes && make_ms < discovery_write_ms(discovery))
        make_ms = discovery_write_ms(discovery);
    if (discovery->gone)
        discovery_save_soon(core, now_ms);
    bool waits = make_ms > now_ms;
    publish(core, waits ? DISCOVERY_KNOWN : DISCOVERY_PUBLISH, now_ms);
    if (waits)
        go_on(core, DISCOVERY_MAKE, make_ms);
    else
        end(core, now_ms);
}

void discovery_step(struct core *core, int64_t now_ms)
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
        discovery_save_soon(core, now_ms);
        end(core, now_ms);
        break;
    }
}

void discovery_announce_below(struct core *core, struct xpl_slice begin, int64_t now_ms)
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
    discovery_announce_below(core, XPL_SLICE(""), now_ms);
}
