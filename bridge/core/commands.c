/* The walk of a command: a map makes the message of it; retained, late, or the xPL side down? then it is
 * refused; else it is formatted, sent, and what it makes true is published. What asks for repeats or for a
 * confirmation is pending until all went out, and the proof came or its time was over. A pending command
 * holds the table that made it, so a reload does not touch how it goes on; what it makes true has its place
 * in the table in force.
 */
#include "core/commands.h"

#include <stdlib.h>

#include "core/core-private.h"

/* What is left of a command that went out: repeats, and the confirmation it waits for. */
struct pending {
    struct pending *next;
    struct mapping *mapping; /* a reference: `send` lives in it */
    const struct mapping_send *send;
    const struct mapping_property *property;
    int repeats;        /* still to go out */
    int64_t repeat_ms;  /* when the next one does */
    int64_t confirm_ms; /* when it counts as not confirmed; INT64_MAX: none is asked for, or it came */
    char datagram[XPL_MESSAGE_MAX];
    size_t datagram_size;
    /* One block behind the struct. */
    struct xpl_slice topic, read_topic, device, payload, response_topic, correlation;
    char bytes[];
};

/* ---- results ---- */

#define SHOWN_PAYLOAD 512 /* bytes of a payload that an answer repeats; a longer one is left out */

/* `result` is "sent" or so, or "refused" with a reason. */
static void answer(struct core *core, const struct core_message *message, const char *result, const char *why)
{
    char buffer[1024];
    struct text outcome = TEXT(buffer), *text = &core->document;
    const struct charset *charset = mapping_charset(core->mapping);
    text_format(&outcome, "%s%s%s", result, why ? ": " : "", why ? why : "");
    if (why && message->refusal)
        text_string(message->refusal, why);
    text_reset(text);
    text_string(text, "{\"topic\":");
    mapping_value_json(charset, message->topic, false, text);
    if (message->payload.size <= SHOWN_PAYLOAD) {
        text_string(text, ",\"payload\":");
        mapping_value_json(charset, message->payload, false, text);
    }
    text_string(text, ",\"result\":");
    mapping_value_json(charset, text_get(&outcome), false, text);
    text_char(text, '}');
    requests_answer(core, "command", message->response_topic, message->correlation, text_get(text));
}

static void refuse(struct core *core, const struct core_message *message, enum counter counter,
                   const char *why)
{
    core_count(core, counter);
    core_log(core, LOG_MQTT, LOG_LEVEL_DEBUG, "command on %.*s refused: %s", XPL_SLICE_ARGS(message->topic),
             why);
    answer(core, message, "refused", why);
}

/* ---- the state that a command makes ---- */

struct assumed {
    struct core *core;
    int64_t now_ms;
};

static void on_assumed(void *context, const struct mapping_publish *publish)
{
    struct assumed *assumed = context;
    made_add(assumed->core, publish);
    rates_publish(assumed->core, publish, assumed->now_ms);
}

static const struct mapping_map *origin(void *context, struct xpl_slice device)
{
    return devices_origin(context, device);
}

/* The send of the table in force that takes the command; NULL: none does any more, and what it makes true has
 * no topic. */
static const struct mapping_send *send_now(struct core *core, const struct pending *pending)
{
    struct mapping_command command;
    struct mapping_reason reason;
    if (pending->mapping == core->mapping)
        return pending->send;
    return mapping_on_mqtt(core->mapping, core->scratch, pending->read_topic, pending->payload, origin, core,
                           &command, &reason) == MAPPING_COMMAND_MADE
               ? command.send
               : NULL;
}

static void assume(struct core *core, const struct pending *pending, enum mapping_assume when, int64_t now_ms)
{
    struct assumed assumed = { core, now_ms };
    struct mapping_sink sink = { .context = &assumed, .publish = on_assumed };
    struct xpl_message *sent = core->commands.sent;
    const struct mapping_send *send = send_now(core, pending);
    if (send && xpl_message_parse(sent, pending->datagram, pending->datagram_size) == 0)
        mapping_assume(core->mapping, core->scratch, send, pending->read_topic, sent, pending->payload, when,
                       &sink);
}

/* ---- pending ---- */

static struct xpl_slice put(char **at, struct xpl_slice text)
{
    struct xpl_slice copy = xpl_slice(text.data ? *at : NULL, text.size);
    if (text.size)
        memcpy(*at, text.data, text.size);
    *at += text.size;
    return copy;
}

static struct pending *pending_new(struct core *core, const struct core_message *message,
                                   const struct mapping_command *command)
{
    size_t size = message->topic.size + command->topic.size + command->device.size + message->payload.size +
                  message->response_topic.size + message->correlation.size;
    struct pending *pending = calloc(1, sizeof(*pending) + size);
    if (!pending)
        return NULL;
    char *at = pending->bytes;
    pending->topic = put(&at, message->topic);
    pending->read_topic = put(&at, command->topic);
    pending->device = put(&at, command->device);
    pending->payload = put(&at, message->payload);
    pending->response_topic = put(&at, message->response_topic);
    pending->correlation = put(&at, message->correlation);
    pending->mapping = mapping_ref(core->mapping);
    pending->send = command->send;
    pending->property = command->property;
    pending->confirm_ms = INT64_MAX;
    return pending;
}

static void pending_free(struct pending *pending)
{
    mapping_unref(pending->mapping);
    free(pending);
}

void commands_deinit(struct commands *commands)
{
    while (commands->first) {
        struct pending *next = commands->first->next;
        pending_free(commands->first);
        commands->first = next;
    }
    commands->n = 0;
    free(commands->sent);
    commands->sent = NULL;
}

/* Whether the newer command speaks to the same thing: the same topic, or another property of one entity (the
 * power and the level of a lamp). */
static bool is_same_thing(const struct pending *older, const struct pending *newer)
{
    return xpl_slice_equal(older->read_topic, newer->read_topic) ||
           (newer->device.size && xpl_slice_equal(older->device, newer->device) &&
            newer->property->entity.size &&
            xpl_slice_equal(older->property->entity, newer->property->entity));
}

/* A newer command ends the repeats of an older one: off must not be followed by on. */
static void stop_repeats(struct core *core, const struct pending *newer)
{
    for (struct pending *p = core->commands.first; p; p = p->next)
        if (is_same_thing(p, newer))
            p->repeats = 0;
}

static void sweep(struct core *core)
{
    for (struct pending **at = &core->commands.first; *at;) {
        struct pending *pending = *at;
        if (pending->repeats > 0 || pending->confirm_ms != INT64_MAX) {
            at = &pending->next;
            continue;
        }
        *at = pending->next;
        core->commands.n--;
        pending_free(pending);
    }
}

/* ---- a command ---- */

static bool is_too_late(const struct core_message *message, const struct mapping_send *send, int64_t now_ms)
{
    int64_t age_ms = now_ms - message->arrived_ms;
    return age_ms > send->expires_ms ||
           (message->expiry_s >= 0 && age_ms / 1000 >= message->expiry_s && age_ms > 0);
}

static void format_error(const struct xpl_message *message, int error, size_t item, struct text *ret)
{
    text_string(ret, xpl_error_text(error));
    if (item < message->n_items)
        text_format(ret, " (item %.*s)", XPL_SLICE_ARGS(message->items[item].name));
}

static void act(struct core *core, const struct core_message *message, const struct mapping_command *command,
                int64_t now_ms)
{
    char why[256];
    struct text reason = TEXT(why);
    size_t item = SIZE_MAX;
    struct xpl_message out = *command->message;
    out.source = xpl_address_split(xpl_slice_from(core->options.source));
    if (!core->commands.sent)
        core->commands.sent = malloc(sizeof(*core->commands.sent));
    struct pending *pending =
        core->commands.sent && core->commands.n < LIMIT_PENDING ? pending_new(core, message, command) : NULL;
    if (!pending) {
        refuse(core, message, COUNT_REFUSED_BUSY, "too many commands are pending");
        return;
    }
    int error = xpl_message_format(&out, pending->datagram, sizeof(pending->datagram),
                                   &pending->datagram_size, &item);
    if (error) {
        format_error(&out, error, item, &reason);
        refuse(core, message, COUNT_REFUSED_VALUE, why);
        pending_free(pending);
        return;
    }
    stop_repeats(core, pending);
    sweep(core);
    if (network_send(core, pending->datagram, pending->datagram_size) < 0) {
        refuse(core, message, COUNT_REFUSED_SEND, "the network did not take it");
        pending_free(pending);
        return;
    }
    core_count(core, COUNT_COMMANDS_SENT);
    assume(core, pending, MAPPING_ASSUME_SENT, now_ms);
    pending->repeats = pending->send->repeat - 1;
    pending->repeat_ms = now_ms + pending->send->repeat_interval_ms;
    if (pending->send->confirms) {
        pending->confirm_ms = now_ms + pending->send->confirm_timeout_ms;
        core_count(core, COUNT_COMMANDS_AWAITED);
    } else {
        answer(core, message, "sent", NULL);
    }
    if (!pending->repeats && !pending->send->confirms) {
        pending_free(pending);
        return;
    }
    pending->next = core->commands.first;
    core->commands.first = pending;
    core->commands.n++;
}

bool commands_on_mqtt(struct core *core, const struct core_message *message, int64_t now_ms)
{
    struct mapping_command command;
    struct mapping_reason reason;
    enum mapping_command_result result = mapping_on_mqtt(core->mapping, core->scratch, message->topic,
                                                         message->payload, origin, core, &command, &reason);
    if (result == MAPPING_COMMAND_NO_MAP)
        return false;
    core_count(core, COUNT_COMMANDS);
    if (message->retained) {
        if (core->counters->value[COUNT_REFUSED_RETAINED]++ == 0)
            core_log(core, LOG_MQTT, LOG_LEVEL_WARNING,
                     "a retained command on %.*s is ignored, as all retained ones are: publish commands "
                     "without the retain flag",
                     XPL_SLICE_ARGS(message->topic));
        answer(core, message, "refused", "a retained command");
    } else if (result == MAPPING_COMMAND_REFUSED) {
        refuse(core, message, reason.counter, reason.text);
    } else if (is_too_late(message, command.send, now_ms)) {
        refuse(core, message, COUNT_REFUSED_EXPIRED, "it came too late");
    } else if (!core_is_online(core)) {
        refuse(core, message, COUNT_REFUSED_XPL_DOWN, "the xPL side is down");
    } else if (core_is_loop(core, &command, message, now_ms)) {
        refuse(core, message, COUNT_REFUSED_LOOP, "it is our own state, coming back in a loop");
    } else {
        act(core, message, &command, now_ms);
    }
    return true;
}

bool commands_refuse_unknown(struct core *core, const struct core_message *message)
{
    if (message->retained || message->topic.size > LIMIT_TOPIC ||
        !text_ends_with(message->topic, XPL_SLICE("/set")))
        return false;
    core_count(core, COUNT_COMMANDS);
    refuse(core, message, COUNT_REFUSED_TOPIC, "no map takes the topic");
    return true;
}

/* ---- afterwards ---- */

static void settle(struct core *core, struct pending *pending, bool confirmed, int64_t now_ms)
{
    struct core_message message = { .topic = pending->topic,
                                    .payload = pending->payload,
                                    .response_topic = pending->response_topic,
                                    .correlation = pending->correlation };
    pending->confirm_ms = INT64_MAX;
    pending->repeats = confirmed ? 0 : pending->repeats; /* it worked */
    core_count(core, confirmed ? COUNT_COMMANDS_CONFIRMED : COUNT_COMMANDS_TIMED_OUT);
    if (confirmed)
        assume(core, pending, MAPPING_ASSUME_CONFIRMED, now_ms);
    answer(core, &message, confirmed ? "confirmed" : "timeout", NULL);
}

void commands_on_xpl(struct core *core, const struct xpl_message *message, int64_t now_ms)
{
    struct xpl_message *sent = core->commands.sent;
    for (struct pending *p = core->commands.first; p; p = p->next)
        if (p->confirm_ms != INT64_MAX && xpl_message_parse(sent, p->datagram, p->datagram_size) == 0 &&
            mapping_confirms(p->mapping, core->scratch, p->send, sent, message))
            settle(core, p, true, now_ms);
    sweep(core);
}

void commands_stop(struct core *core, int64_t now_ms)
{
    for (struct pending *p = core->commands.first; p; p = p->next) {
        p->repeats = 0;
        if (p->confirm_ms != INT64_MAX)
            settle(core, p, false, now_ms);
    }
    sweep(core);
}

size_t commands_awaited(const struct commands *commands)
{
    size_t n = 0;
    for (const struct pending *p = commands->first; p; p = p->next)
        n += p->confirm_ms != INT64_MAX;
    return n;
}

int64_t commands_deadline(const struct commands *commands)
{
    int64_t deadline = INT64_MAX;
    for (const struct pending *p = commands->first; p; p = p->next) {
        if (p->repeats > 0 && p->repeat_ms < deadline)
            deadline = p->repeat_ms;
        if (p->confirm_ms < deadline)
            deadline = p->confirm_ms;
    }
    return deadline;
}

void commands_on_time(struct core *core, int64_t now_ms)
{
    for (struct pending *p = core->commands.first; p; p = p->next) {
        if (p->repeats > 0 && p->repeat_ms <= now_ms) {
            network_send(core, p->datagram, p->datagram_size);
            p->repeats--;
            p->repeat_ms = now_ms + p->send->repeat_interval_ms;
        }
        if (p->confirm_ms <= now_ms)
            settle(core, p, false, now_ms);
    }
    sweep(core);
}
