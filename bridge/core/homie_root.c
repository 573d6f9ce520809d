/* The root of Homie, which is the bridge itself: its state, and what is held back until the broker has it. */
#include "core/core-private.h"

void homie_write_root(const struct core *core, struct text *ret)
{
    text_format(ret, "xplmqtt-%s", discovery_instance(core));
}

/* "homie/xplmqtt-INSTANCE/" or "homie/5/xplmqtt-INSTANCE/" */
static void write_begin(const struct core *core, struct text *ret)
{
    text_string(ret, core->discovery.options.homie == DISCOVERY_HOMIE_5 ? "homie/5/" : "homie/");
    homie_write_root(core, ret);
    text_char(ret, '/');
}

void homie_begin(struct core *core)
{
    struct homie *homie = &core->discovery.homie;
    struct text root = TEXT(homie->root);
    homie_clear(homie);
    text_reset(&root);
    if (core->discovery.options.homie == DISCOVERY_HOMIE_OFF)
        homie->open = true;
    else
        write_begin(core, &root);
}

static void write_state(const struct homie *homie, struct text *ret)
{
    text_format(ret, "%s$state", homie->root);
}

static bool is_out(const struct core *core, struct xpl_slice topic)
{
    return !core->sink.is_out || core->sink.is_out(core->sink.context, topic);
}

void homie_put_state(struct core *core, bool changing)
{
    struct discovery *discovery = &core->discovery;
    struct xpl_slice state = changing ? XPL_SLICE("init") : XPL_SLICE("ready");
    char buffer[LIMIT_TOPIC];
    struct text topic = TEXT(buffer);
    write_state(&discovery->homie, &topic);
    discovery_put(core, text_get(&topic), state);
    if (discovery->step == DISCOVERY_MARK)
        return;
    bool said = announced_put(&discovery->announced, text_get(&topic), state, false) == ANNOUNCED_SAME;
    discovery->homie.open = !changing || (said && is_out(core, text_get(&topic)));
    discovery->homie.waits = said && !discovery->homie.open;
    discovery->unsettled |= changing && discovery->homie.open;
}

void homie_close(struct core *core)
{
    struct discovery *discovery = &core->discovery;
    char buffer[LIMIT_TOPIC];
    struct text topic = TEXT(buffer);
    write_state(&discovery->homie, &topic);
    announced_put(&discovery->announced, text_get(&topic), XPL_SLICE(""), false); /* it stays */
    if (discovery->step != DISCOVERY_MARK)
        discovery->homie.open = discovery->homie.waits = false;
}

static bool is_of_root(const struct homie *homie, struct xpl_slice topic)
{
    size_t size = strlen(homie->root);
    return size && topic.size > size && memcmp(topic.data, homie->root, size) == 0 &&
           !xpl_slice_equal(xpl_slice(topic.data + size, topic.size - size), XPL_SLICE("$state"));
}

bool homie_holds_back(const struct core *core, struct xpl_slice topic)
{
    return !core->discovery.homie.open && is_of_root(&core->discovery.homie, topic);
}

bool homie_may_go_on(struct core *core)
{
    struct homie *homie = &core->discovery.homie;
    char buffer[LIMIT_TOPIC];
    struct text topic = TEXT(buffer);
    if (!homie->waits)
        return false;
    write_state(homie, &topic);
    if (!is_out(core, text_get(&topic)))
        return false;
    homie->waits = false;
    return true;
}

bool homie_owns(struct xpl_slice topic)
{
    return topic.size > 6 && memcmp(topic.data, "homie/", 6) == 0;
}

bool homie4_is_structure(const struct core *core, struct xpl_slice topic)
{
    if (core->discovery.options.homie != DISCOVERY_HOMIE_4 || !is_of_root(&core->discovery.homie, topic))
        return false;
    const char *last = memrchr(topic.data, '/', topic.size);
    return last + 1 < topic.data + topic.size && last[1] == '$';
}

void homie_stop(struct core *core)
{
    char buffer[LIMIT_TOPIC];
    struct text topic = TEXT(buffer);
    if (core->discovery.options.homie == DISCOVERY_HOMIE_OFF)
        return;
    write_begin(core, &topic);
    text_string(&topic, "$state");
    core_publish_topic(core, SINK_STATE, text_get(&topic), XPL_SLICE("disconnected"), 1);
}
