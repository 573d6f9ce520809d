/* Requests that decide something about devices. The body is JSON: {"device": …} and what the verb needs. A
 * device is named by its path or by its alias.
 *
 *   announce                                     every announcement once more
 *   forget   {"device"}                          as if it had never been heard: until it is heard again
 *   rename   {"device","name","label","room"}    another name in topics, another label or room; "" or
 * missing: none rebind   {"from","to"}                       a new address for an old thing: ids and names
 * move permit   {"device","permit":true|false}      with announce="ask": whether it is announced
 *
 * What was decided is kept at once; where it cannot be, a name is refused, and the answer to the others says
 * that it is for this run only.
 */
#include <errno.h>
#include <jansson.h>

#include "core/core-private.h"

struct request {
    struct core *core;
    const char *verb;
    const struct core_message *message;
    const json_t *body;
    int64_t now_ms;
};

static void answer(const struct request *request, const char *why)
{
    requests_answer_result(request->core, request->verb, request->message, why);
}

static struct xpl_slice member(const struct request *request, const char *name)
{
    const json_t *value = json_object_get(request->body, name);
    return json_is_string(value) ? xpl_slice(json_string_value(value), json_string_length(value))
                                 : XPL_SLICE("");
}

/* The path of a device that we know. Answers when there is none. */
static bool get_device(const struct request *request, const char *name, struct xpl_slice *ret)
{
    struct core *core = request->core;
    struct xpl_slice text = member(request, name);
    struct xpl_slice aliased = mapping_alias_device(core->mapping, text);
    struct xpl_slice path = aliased.size ? aliased : text;
    char why[LIMIT_TOPIC + 64];
    struct text reason = TEXT(why);
    if (text.size && (devices_has(core, path) || things_find(core->discovery.things, path))) {
        *ret = path;
        return true;
    }
    if (!text.size)
        text_format(&reason, "\"%s\" is missing: the path or the name of a device", name);
    else
        text_format(&reason, "there is no device '%.*s'", (int)(text.size < 256 ? text.size : 256),
                    text.data);
    answer(request, why);
    return false;
}

/* Keeps what was decided. */
static void answer_kept(const struct request *request)
{
    int r = discovery_is_on(request->core) ? discovery_save(request->core) : 0;
    if (r < 0)
        core_log(request->core, LOG_MAPPING, LOG_LEVEL_WARNING, "%s: done, but not kept: %s", request->verb,
                 r == -ENOENT ? "there is no state directory" : "it could not be written");
    answer(request, NULL);
}

static void answer_errno(const struct request *request, int r)
{
    answer(request,
           r == -ENOENT ? "names need a state directory, and there is none" : "the name could not be kept");
}

/* A name that stands in one of the user's files is the user's. */
static bool is_users(const struct core *core, struct xpl_slice device)
{
    struct mapping_given given;
    return mapping_alias_exists(core->mapping, device) && !naming_has(core, device, &given);
}

/* Who else has topics under that name, as an alias or as a path; empty: nobody that we know. */
static struct xpl_slice who_has(struct core *core, struct xpl_slice name, struct xpl_slice device)
{
    struct xpl_slice aliased = mapping_alias_device(core->mapping, name);
    if (aliased.size)
        return xpl_slice_equal_nocase(aliased, device) ? XPL_SLICE("") : aliased;
    bool is_path = devices_has(core, name) || things_find(core->discovery.things, name);
    return is_path && !xpl_slice_equal(name, device) ? name : XPL_SLICE("");
}

/* Answers when the topics of the device would be another's, too. */
static bool is_taken(const struct request *request, struct xpl_slice device, struct xpl_slice name)
{
    char why[2 * LIMIT_TOPIC];
    struct text reason = TEXT(why);
    struct xpl_slice wanted = name.size ? name : device, other = who_has(request->core, wanted, device);
    if (!other.size)
        return false;
    text_format(&reason, "the name '%.*s' is taken by the device '%.*s'",
                (int)(wanted.size < 256 ? wanted.size : 256), wanted.data,
                (int)(other.size < 256 ? other.size : 256), other.data);
    answer(request, why);
    return true;
}

/* ---- the verbs ---- */

static void announce(const struct request *request)
{
    if (!discovery_is_on(request->core)) {
        answer(request, "nothing is announced: discovery is off");
        return;
    }
    discovery_announce(request->core, request->now_ms);
    answer(request, NULL);
}

static void forget(const struct request *request)
{
    struct core *core = request->core;
    struct xpl_slice device;
    struct mapping_given given;
    if (!get_device(request, "device", &device))
        return;
    bool named = naming_has(core, device, &given);
    discovery_forget(core, device, request->now_ms);
    devices_forget(core, device);
    if (!named) {
        answer_kept(request);
        return;
    }
    discovery_save(core);
    int r = naming_give(core, &(struct mapping_given){ .device = device }, XPL_SLICE(""), request->verb,
                        request->message);
    if (r < 0)
        answer_errno(request, r);
}

static void give_name(const struct request *request)
{
    struct core *core = request->core;
    struct xpl_slice device;
    if (!get_device(request, "device", &device))
        return;
    if (is_users(core, device)) {
        answer(request, "its alias stands in a mapping file: change it there");
        return;
    }
    if (is_taken(request, device, member(request, "name")))
        return;
    struct mapping_given names = { device, member(request, "name"), member(request, "label"),
                                   member(request, "room") };
    int r = naming_give(core, &names, XPL_SLICE(""), request->verb, request->message);
    if (r < 0)
        answer_errno(request, r);
}

static void rebind(const struct request *request)
{
    struct core *core = request->core;
    struct xpl_slice from, to;
    struct mapping_given names;
    if (!get_device(request, "from", &from) || !get_device(request, "to", &to))
        return;
    if (xpl_slice_equal(from, to)) {
        answer(request, "\"from\" and \"to\" are the same device");
        return;
    }
    bool named = naming_has(core, from, &names);
    if (named && is_users(core, to)) {
        answer(request, "the alias of \"to\" stands in a mapping file: change it there");
        return;
    }
    discovery_rebind(core, from, to, request->now_ms);
    devices_forget(core, from);
    if (!named) {
        answer_kept(request);
        return;
    }
    discovery_save(core);
    names.device = to;
    int r = naming_give(core, &names, from, request->verb, request->message);
    if (r < 0)
        answer_errno(request, r);
}

static void permit(const struct request *request)
{
    struct xpl_slice device;
    if (!get_device(request, "device", &device))
        return;
    discovery_permit(request->core, device, !json_is_false(json_object_get(request->body, "permit")),
                     request->now_ms);
    answer_kept(request);
}

/* ---- the body ---- */

struct verb {
    const char *name;
    void (*decide)(const struct request *request);
    const char *strings[5]; /* members that are one; none at all: the body does not matter */
    const char *flag;       /* the one that is true or false */
};

static bool is_other(const struct request *request, const char *name, bool (*is)(const json_t *value))
{
    const json_t *value = json_object_get(request->body, name);
    return value && !json_is_null(value) && !is(value);
}

static bool is_string(const json_t *value)
{
    return json_is_string(value);
}

static bool is_flag(const json_t *value)
{
    return json_is_boolean(value);
}

/* Whether the members are what they should be. Answers when not. */
static bool is_sound(const struct request *request, const struct verb *verb, const json_error_t *error)
{
    char why[256];
    struct text reason = TEXT(why);
    if (request->message->payload.size && !request->body)
        text_format(&reason, "the body is no JSON object: %.100s", error->text);
    else if (request->body && !json_is_object(request->body))
        text_string(&reason, "the body is no JSON object");
    for (size_t i = 0; verb->strings[i] && !reason.size; i++)
        if (is_other(request, verb->strings[i], is_string))
            text_format(&reason, "\"%s\" must be a string", verb->strings[i]);
    if (verb->flag && !reason.size && is_other(request, verb->flag, is_flag))
        text_format(&reason, "\"%s\" must be true or false", verb->flag);
    if (reason.size)
        answer(request, why);
    return !reason.size;
}

bool decisions_on_request(struct core *core, const char *verb, const struct core_message *message,
                          int64_t now_ms)
{
    static const struct verb verbs[] = {
        { "announce", announce, { NULL }, NULL },
        { "forget", forget, { "device" }, NULL },
        { "rename", give_name, { "device", "name", "label", "room" }, NULL },
        { "rebind", rebind, { "from", "to" }, NULL },
        { "permit", permit, { "device" }, "permit" },
    };
    for (size_t i = 0; i < sizeof(verbs) / sizeof(*verbs); i++) {
        if (strcmp(verb, verbs[i].name) != 0)
            continue;
        json_error_t error;
        json_t *body =
            json_loadb(message->payload.data ? message->payload.data : "", message->payload.size, 0, &error);
        const struct request request = { core, verb, message, body, now_ms };
        if (!verbs[i].strings[0] || is_sound(&request, &verbs[i], &error))
            verbs[i].decide(&request);
        json_decref(body);
        return true;
    }
    return false;
}
