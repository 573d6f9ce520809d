#include "core/commands.h"

#include <stdlib.h>

#include "core/core-private.h"

/* What is left of a command that went out: repeats, and the confirmation it waits for. */
struct pending {
    struct pending *next;
    struct mapping *mapping; /* a reference: `send` lives in it */
    const struct mapping_send *send;
    int repeats;        /* still to go out */
    int64_t repeat_ms;  /* when the next one does */
    int64_t confirm_ms; /* when it counts as not confirmed; INT64_MAX: none is asked for, or it came */
    char datagram[XPL_MESSAGE_MAX];
    size_t datagram_size;
    /* One block behind the struct. */
    struct xpl_slice topic, read_topic, payload, response_topic, correlation;
    char bytes[];
};

/* ---- results ---- */

static void answer(struct core *core, struct xpl_slice topic, struct xpl_slice payload,
                   struct xpl_slice response_topic, struct xpl_slice correlation, const char *result,
                   const char *why)
{
    char buffer[4096];
    struct text text = TEXT(buffer);
    const struct charset *charset = mapping_charset(core->mapping);
    text_string(&text, "{\"topic\":");
    mapping_value_json(charset, topic, false, &text);
    if (payload.size <= 512) {
        text_string(&text, ",\"payload\":");
        mapping_value_json(charset, payload, false, &text);
    }
    text_format(&text, ",\"result\":\"%s", result);
    if (why) {
        text_string(&text, ": ");
        text_json(&text, xpl_slice_from(why));
    }
    text_string(&text, "\"}");
    requests_answer(core, "command", response_topic, correlation, text_get(&text));
}

static void refuse(struct core *core, const struct core_message *message, enum counter counter,
                   const char *why)
{
    core_count(core, counter);
    core_log(core, LOG_MQTT, LOG_LEVEL_DEBUG, "command on %.*s refused: %s", XPL_SLICE_ARGS(message->topic),
             why);
    answer(core, message->topic, message->payload, message->response_topic, message->correlation, "refused",
           why);
}

/* ---- the state that a command makes ---- */

static void on_assumed(void *context, const struct mapping_publish *publish)
{
    struct core *core = context;
    made_add(core, publish);
    core_publish_topic(core, publish->property->retain ? SINK_STATE : SINK_EVENT, publish->topic,
                       publish->payload, publish->property->qos);
}

static void assume(struct core *core, const struct mapping *mapping, const struct mapping_send *send,
                   struct xpl_slice read_topic, struct xpl_slice datagram, struct xpl_slice payload,
                   enum mapping_assume when)
{
    struct mapping_sink sink = { .context = core, .publish = on_assumed };
    struct xpl_message *sent = malloc(sizeof(*sent));
    if (sent && xpl_message_parse(sent, datagram.data, datagram.size) == 0)
        mapping_assume(mapping, core->scratch, send, read_topic, sent, payload, when, &sink);
    free(sent);
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
    size_t size = message->topic.size + command->topic.size + message->payload.size +
                  message->response_topic.size + message->correlation.size;
    struct pending *pending = calloc(1, sizeof(*pending) + size);
    if (!pending)
        return NULL;
    char *at = pending->bytes;
    pending->topic = put(&at, message->topic);
    pending->read_topic = put(&at, command->topic);
    pending->payload = put(&at, message->payload);
    pending->response_topic = put(&at, message->response_topic);
    pending->correlation = put(&at, message->correlation);
    pending->mapping = mapping_ref(core->mapping);
    pending->send = command->send;
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
}

/* A newer command for the same topic ends the repeats of an older one: off must not be followed by on. */
static void stop_repeats(struct core *core, struct xpl_slice topic)
{
    for (struct pending *p = core->commands.first; p; p = p->next)
        if (xpl_slice_equal(p->read_topic, topic))
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

static const struct mapping_map *origin(void *context, struct xpl_slice device)
{
    return devices_origin(context, device);
}

static bool is_too_late(const struct core_message *message, const struct mapping_send *send, int64_t now_ms)
{
    int64_t age = now_ms - message->arrived_ms;
    return age > send->expires_ms ||
           (message->expiry_s >= 0 && age >= message->expiry_s * 1000 && message->expiry_s > 0);
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
    struct pending *pending = core->commands.n < LIMIT_PENDING ? pending_new(core, message, command) : NULL;
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
    stop_repeats(core, pending->read_topic);
    sweep(core);
    if (network_send(core, pending->datagram, pending->datagram_size) < 0) {
        refuse(core, message, COUNT_REFUSED_SEND, "the network did not take it");
        pending_free(pending);
        return;
    }
    core_count(core, COUNT_COMMANDS_SENT);
    assume(core, pending->mapping, pending->send, pending->read_topic,
           xpl_slice(pending->datagram, pending->datagram_size), pending->payload, MAPPING_ASSUME_SENT);
    pending->repeats = pending->send->repeat - 1;
    pending->repeat_ms = now_ms + pending->send->repeat_interval_ms;
    if (pending->send->confirms)
        pending->confirm_ms = now_ms + pending->send->confirm_timeout_ms;
    else
        answer(core, message->topic, message->payload, message->response_topic, message->correlation, "sent",
               NULL);
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
        answer(core, message->topic, message->payload, message->response_topic, message->correlation,
               "refused", "a retained command");
    } else if (result == MAPPING_COMMAND_REFUSED) {
        refuse(core, message, reason.counter, reason.text);
    } else if (is_too_late(message, command.send, now_ms)) {
        refuse(core, message, COUNT_REFUSED_EXPIRED, "it came too late");
    } else if (!core_is_online(core)) {
        refuse(core, message, COUNT_REFUSED_XPL_DOWN, "the xPL side is down");
    } else {
        act(core, message, &command, now_ms);
    }
    return true;
}

/* ---- afterwards ---- */

static void settle(struct core *core, struct pending *pending, bool confirmed)
{
    pending->confirm_ms = INT64_MAX;
    core_count(core, confirmed ? COUNT_COMMANDS_CONFIRMED : COUNT_COMMANDS_TIMED_OUT);
    if (confirmed)
        assume(core, pending->mapping, pending->send, pending->read_topic,
               xpl_slice(pending->datagram, pending->datagram_size), pending->payload,
               MAPPING_ASSUME_CONFIRMED);
    answer(core, pending->topic, pending->payload, pending->response_topic, pending->correlation,
           confirmed ? "confirmed" : "timeout", NULL);
}

void commands_on_xpl(struct core *core, const struct xpl_message *message, int64_t now_ms)
{
    (void)now_ms;
    struct xpl_message *sent = NULL;
    for (struct pending *p = core->commands.first; p; p = p->next) {
        if (p->confirm_ms == INT64_MAX)
            continue;
        if (!sent && !(sent = malloc(sizeof(*sent))))
            return;
        if (xpl_message_parse(sent, p->datagram, p->datagram_size) == 0 &&
            mapping_confirms(p->mapping, core->scratch, p->send, sent, message)) {
            p->repeats = 0; /* it worked */
            settle(core, p, true);
        }
    }
    free(sent);
    sweep(core);
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
            settle(core, p, false);
    }
    sweep(core);
}
