/* The walk: config.list or config.current -> an answer; config.response -> judge each item, take those that
 * are good, then: end under the old name, heartbeat under the new, store.
 *
 * What is stored has the form of a config.response, a line an item, with what the settings said at the time:
 *
 *     newconf=kitchen
 *     newconf-was=pi
 *     group=lights
 *     group-was=
 */
#include "core/remote.h"

#include "base/number.h"
#include "core/core-private.h"
#include "core/digest.h"

/* ---- taking single values: false when they are none ---- */

static bool take_instance(struct remote *remote, struct xpl_slice value)
{
    char source[sizeof(remote->source)];
    struct text text = TEXT(source);
    text_format(&text, "%s.", remote->device);
    text_lower(&text, value);
    if (text.overflow || !xpl_address_is_strict(text_get(&text)))
        return false;
    snprintf(remote->instance, sizeof(remote->instance), "%s", source + strlen(remote->device) + 1);
    return true;
}

static bool take_group(struct remote *remote, struct xpl_slice value)
{
    char target[64];
    struct xpl_slice name = value;
    xpl_target_is_group(value, &name); /* both spellings are in use */
    struct text text = TEXT(target);
    text_string(&text, "xpl-group.");
    text_lower(&text, name);
    if (text.overflow || remote->n_groups == LIMIT_GROUPS || !xpl_target_is_valid(text_get(&text)))
        return false;
    struct text group = { remote->groups[remote->n_groups], 0, sizeof(remote->groups[0]), false };
    text_lower(&group, name);
    remote->n_groups++;
    return true;
}

static bool take_filter(struct remote *remote, struct xpl_slice value)
{
    struct xpl_filter *filter = &remote->filters[remote->n_filters];
    if (remote->n_filters == REMOTE_FILTERS || value.size > REMOTE_FILTER_MAX)
        return false;
    struct text text = { remote->filter_texts[remote->n_filters], 0, REMOTE_FILTER_MAX + 1, false };
    text_slice(&text, value);
    if (xpl_filter_parse(filter, text_get(&text)) != 0)
        return false;
    remote->n_filters++;
    return true;
}

/* ---- who we are ---- */

static void name_us(struct core *core)
{
    struct remote *remote = &core->remote;
    snprintf(remote->source, sizeof(remote->source), "%.20s.%.64s", remote->device, remote->instance);
    core->options.source = remote->source;
}

bool remote_is_own_name(const struct core *core, struct xpl_slice source)
{
    return xpl_slice_equal_nocase(source, xpl_slice_from(core->options.source)) ||
           (core->remote.former[0] && xpl_slice_equal_nocase(source, xpl_slice_from(core->remote.former)));
}

bool remote_is_for_us(const struct core *core, const struct xpl_message *message)
{
    struct xpl_slice group;
    if (xpl_slice_equal_nocase(message->target.text, xpl_slice_from(core->options.source)))
        return true;
    if (!xpl_target_is_group(message->target.text, &group))
        return false;
    for (size_t i = 0; i < core->remote.n_groups; i++)
        if (xpl_slice_equal_nocase(group, xpl_slice_from(core->remote.groups[i])))
            return true;
    return false;
}

static bool is_class(const struct xpl_message *message, const char *name)
{
    return xpl_slice_equal_nocase(message->schema_class, xpl_slice_from(name));
}

bool remote_wants(const struct core *core, const struct xpl_message *message)
{
    const struct remote *remote = &core->remote;
    if (!remote->n_filters || is_class(message, "hbeat") || is_class(message, "config") ||
        remote_is_for_us(core, message))
        return true;
    for (size_t i = 0; i < remote->n_filters; i++)
        if (xpl_filter_matches(&remote->filters[i], message))
            return true;
    return false;
}

/* ---- the state file ---- */

static void store(struct core *core)
{
    const struct remote *remote = &core->remote;
    char buffer[8192];
    struct text text = TEXT(buffer);
    if (remote->instance_given)
        text_format(&text, "newconf=%s\nnewconf-was=%s\n", remote->instance, remote->set_instance);
    if (remote->interval_given)
        text_format(&text, "interval=%u\n", core->network.heartbeat.interval);
    if (remote->groups_given)
        text_format(&text, "group-was=%s\n", remote->set_groups);
    for (size_t i = 0; remote->groups_given && i < remote->n_groups; i++)
        text_format(&text, "group=%s\n", remote->groups[i]);
    for (size_t i = 0; i < remote->n_filters; i++)
        text_format(&text, "filter=%s\n", remote->filter_texts[i]);
    uint64_t digest = digest_text(text_get(&text));
    if (digest == core->remote.stored)
        return; /* a manager that repeats itself, for ever perhaps, costs no write */
    int r = core_save(core, CORE_FILE_REMOTE, text.data, text.size);
    if (r < 0)
        core_log(core, LOG_XPL, LOG_LEVEL_WARNING,
                 "what an xPL manager configured is not kept across a restart: %s", strerror(-r));
    else
        core->remote.stored = digest;
}

static struct xpl_slice stored_value(struct xpl_slice stored, const char *name, struct xpl_slice *ret_rest)
{
    struct xpl_slice line, key, value;
    while (xpl_slice_cut(stored, '\n', &line, &stored))
        if (xpl_slice_cut(line, '=', &key, &value) && xpl_slice_equal(key, xpl_slice_from(name))) {
            *ret_rest = stored;
            return value;
        }
    *ret_rest = xpl_slice(NULL, 0);
    return xpl_slice(NULL, 0);
}

static bool holds(struct xpl_slice stored, const char *name, const char *setting)
{
    struct xpl_slice rest, was = stored_value(stored, name, &rest);
    return was.data && xpl_slice_equal(was, xpl_slice_from(setting));
}

static void recall(struct core *core, struct xpl_slice stored)
{
    struct remote *remote = &core->remote;
    struct xpl_slice value, rest;
    uint64_t interval;
    if (holds(stored, "newconf-was", remote->set_instance))
        remote->instance_given = take_instance(remote, stored_value(stored, "newconf", &rest));
    if (number_parse_unsigned(stored_value(stored, "interval", &rest), XPL_HEARTBEAT_INTERVAL_MIN,
                              XPL_HEARTBEAT_INTERVAL_MAX, &interval) == 0) {
        remote->interval_given = true;
        core->options.interval = (unsigned)interval;
    }
    if (holds(stored, "group-was", remote->set_groups)) {
        remote->groups_given = true;
        remote->n_groups = 0;
        for (rest = stored; (value = stored_value(rest, "group", &rest)).data;)
            take_group(remote, value);
    }
    for (rest = stored; (value = stored_value(rest, "filter", &rest)).data;)
        take_filter(remote, value);
}

void remote_init(struct core *core)
{
    struct remote *remote = &core->remote;
    struct xpl_address source = xpl_address_split(xpl_slice_from(core->options.source));
    struct text groups = TEXT(remote->set_groups);
    snprintf(remote->device, sizeof(remote->device), "%.*s-%.*s", XPL_SLICE_ARGS(source.vendor),
             XPL_SLICE_ARGS(source.device));
    snprintf(remote->set_instance, sizeof(remote->set_instance), "%.*s", XPL_SLICE_ARGS(source.instance));
    snprintf(remote->instance, sizeof(remote->instance), "%s", remote->set_instance);
    for (size_t i = 0; i < core->options.n_groups; i++) {
        take_group(remote, xpl_slice_from(core->options.groups[i]));
        text_format(&groups, "%s%s", i ? "," : "", core->options.groups[i]);
    }
    recall(core, core->options.remote);
    if (remote->instance_given)
        name_us(core);
}

/* ---- answers ---- */

static void add(struct xpl_message *message, const char *name, const char *value)
{
    message->items[message->n_items++] = (struct xpl_item){ xpl_slice_from(name), xpl_slice_from(value) };
}

static void begin(struct core *core, struct xpl_message *message, const char *schema)
{
    message->type = XPL_STAT;
    message->hop = 1;
    message->source = xpl_address_split(xpl_slice_from(core->options.source));
    message->target = xpl_address_split(XPL_SLICE("*"));
    message->schema = xpl_slice_from(schema);
    message->n_items = 0;
}

static void answer_list(struct core *core)
{
    struct xpl_message answer;
    begin(core, &answer, "config.list");
    add(&answer, "reconf", "newconf");
    add(&answer, "option", "interval");
    add(&answer, "option", "group[16]");
    add(&answer, "option", "filter[16]");
    network_say(core, &answer);
}

static void answer_current(struct core *core)
{
    const struct remote *remote = &core->remote;
    struct xpl_message answer;
    char interval[16], groups[LIMIT_GROUPS][XPL_INSTANCE_MAX + 16];
    snprintf(interval, sizeof(interval), "%u", core->network.heartbeat.interval);
    begin(core, &answer, "config.current");
    add(&answer, "newconf", remote->instance);
    add(&answer, "interval", interval);
    for (size_t i = 0; i < remote->n_groups; i++) {
        snprintf(groups[i], sizeof(groups[i]), "xpl-group.%s", remote->groups[i]);
        add(&answer, "group", groups[i]);
    }
    if (!remote->n_groups)
        add(&answer, "group", "");
    for (size_t i = 0; i < remote->n_filters; i++)
        add(&answer, "filter", remote->filter_texts[i]);
    if (!remote->n_filters)
        add(&answer, "filter", "");
    if (network_say(core, &answer) ==
        XPL_E_SIZE) { /* so many long filters: better without them than nothing */
        while (answer.n_items && xpl_slice_equal(answer.items[answer.n_items - 1].name, XPL_SLICE("filter")))
            answer.n_items--;
        network_say(core, &answer);
    }
}

/* ---- a manager's will ---- */

static void take_interval(struct core *core, struct xpl_slice value)
{
    uint64_t interval;
    if (number_parse_unsigned(value, 0, UINT16_MAX, &interval) < 0)
        return;
    if (interval < XPL_HEARTBEAT_INTERVAL_MIN)
        interval = XPL_HEARTBEAT_INTERVAL_MIN;
    if (interval > XPL_HEARTBEAT_INTERVAL_MAX)
        interval = XPL_HEARTBEAT_INTERVAL_MAX;
    core->network.heartbeat.interval = (unsigned)interval;
    core->remote.interval_given = true;
}

static void refused(struct core *core, const struct xpl_item *item)
{
    core_log(core, LOG_XPL, LOG_LEVEL_WARNING,
             "an xPL manager's %.*s '%.*s' is not taken: it is not legal, or one too many",
             XPL_SLICE_ARGS(item->name), (int)(item->value.size < 100 ? item->value.size : 100),
             item->value.data ? item->value.data : "");
}

/* Presence of one replaces the whole list; an empty one stands for none. */
static void take_lists(struct core *core, const struct xpl_message *message)
{
    struct remote *remote = &core->remote;
    bool groups = xpl_message_item(message, XPL_SLICE("group")),
         filters = xpl_message_item(message, XPL_SLICE("filter"));
    if (groups)
        remote->n_groups = 0;
    if (filters)
        remote->n_filters = 0;
    for (size_t i = 0; i < message->n_items; i++) {
        const struct xpl_item *item = &message->items[i];
        if (!item->value.size)
            continue;
        if (xpl_slice_equal_nocase(item->name, XPL_SLICE("group")) && !take_group(remote, item->value))
            refused(core, item);
        if (xpl_slice_equal_nocase(item->name, XPL_SLICE("filter")) && !take_filter(remote, item->value))
            refused(core, item);
    }
    remote->groups_given |= groups;
}

static void rename_us(struct core *core)
{
    struct remote *remote = &core->remote;
    network_say_presence(core, XPL_HBEAT_END);
    snprintf(remote->former, sizeof(remote->former), "%s", core->options.source);
    name_us(core);
    remote->instance_given = true;
    core_log(core, LOG_XPL, LOG_LEVEL_INFO, "renamed by an xPL manager: %s is now %s", remote->former,
             remote->source);
    report_info(core);
}

static void obey(struct core *core, const struct xpl_message *message, int64_t now_ms)
{
    struct remote *remote = &core->remote;
    const struct xpl_item *newconf = xpl_message_item(message, XPL_SLICE("newconf"));
    const struct xpl_item *interval = xpl_message_item(message, XPL_SLICE("interval"));
    char before[sizeof(remote->instance)];
    snprintf(before, sizeof(before), "%s", remote->instance);
    if (newconf && newconf->value.size && !take_instance(remote, newconf->value))
        refused(core, newconf);
    if (interval)
        take_interval(core, interval->value);
    take_lists(core, message);
    if (strcmp(before, remote->instance) != 0)
        rename_us(core);
    core->network.heartbeat.due_ms = now_ms; /* who we are, and how often we say so */
    store(core);
}

void remote_on_message(struct core *core, const struct xpl_message *message, int64_t now_ms)
{
    if (message->type != XPL_CMND || !is_class(message, "config"))
        return;
    bool to_us = remote_is_for_us(core, message), to_all = xpl_target_is_all(message->target.text);
    if (!to_us && !to_all)
        return;
    if (xpl_slice_equal_nocase(message->schema_type, XPL_SLICE("list"))) {
        answer_list(core);
    } else if (xpl_slice_equal_nocase(message->schema_type, XPL_SLICE("current"))) {
        answer_current(core);
    } else if (xpl_slice_equal_nocase(message->schema_type, XPL_SLICE("response"))) {
        if (xpl_slice_equal_nocase(message->target.text, xpl_slice_from(core->options.source)))
            obey(core, message, now_ms);
        else
            core_log(core, LOG_XPL, LOG_LEVEL_WARNING,
                     "%.*s configures everybody at once, which we do not obey",
                     XPL_SLICE_ARGS(message->source.text));
    }
}
