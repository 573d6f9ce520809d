/* The steps of a case: each line calls one function of the engine and writes down what came of it. */
#include <stdio.h>

#include "run.h"

/* ---- bytes and their spelling ---- */

static void put(struct text *out, struct xpl_slice bytes)
{
    while (bytes.size) {
        uint32_t code = 0;
        size_t size = utf8_next(bytes, &code);
        if (size == 0 || (utf8_is_forbidden(code) && code < 0x80)) {
            size = 1;
            if (bytes.data[0] == '\n')
                text_string(out, "\\n");
            else
                text_format(out, "\\x%02x", (unsigned char)bytes.data[0]);
        } else if (bytes.data[0] == '\\') {
            text_string(out, "\\\\");
        } else {
            text_slice(out, xpl_slice(bytes.data, size));
        }
        bytes = xpl_slice(bytes.data + size, bytes.size - size);
    }
}

static int hex(char c)
{
    return c >= '0' && c <= '9' ? c - '0' : c >= 'a' && c <= 'f' ? c - 'a' + 10 : -1;
}

/* \n, \\, \xNN, and \rNNNN: the byte before it NNNN more times. */
static size_t unput(const char *text, size_t size, char *ret, size_t capacity)
{
    size_t n = 0;
    for (size_t i = 0; i < size && n < capacity; i++) {
        if (text[i] != '\\' || i + 1 == size) {
            ret[n++] = text[i];
        } else if (text[i + 1] == 'x' && i + 3 < size && hex(text[i + 2]) >= 0 && hex(text[i + 3]) >= 0) {
            ret[n++] = (char)(hex(text[i + 2]) << 4 | hex(text[i + 3]));
            i += 3;
        } else if (text[i + 1] == 'r' && n) {
            size_t times = 0;
            for (i += 2; i < size && text[i] >= '0' && text[i] <= '9'; i++)
                times = times * 10 + (size_t)(text[i] - '0');
            for (i--; times && n < capacity; times--, n++)
                ret[n] = ret[n - 1];
        } else {
            ret[n++] = text[++i] == 'n' ? '\n' : text[i];
        }
    }
    return n;
}

/* The next word of a line, one that holds blanks in '…'. */
static struct xpl_slice word(const char **line)
{
    const char *p = *line;
    while (*p == ' ')
        p++;
    char end = *p == '\'' ? '\'' : ' ';
    p += end == '\'';
    const char *start = p;
    while (*p && *p != end)
        p++;
    *line = *p ? p + 1 : p;
    return xpl_slice(start, (size_t)(p - start));
}

/* ---- what comes out ---- */

static void on_publish(void *context, const struct mapping_publish *publish)
{
    struct run *run = context;
    struct text *out = &run->got.text;
    text_string(out, "publish ");
    put(out, publish->topic);
    text_format(out, "%s qos=%d ", publish->property->retain ? " retain" : "", publish->property->qos);
    put(out, publish->payload);
    text_char(out, '\n');
    if (run->n_heard < DEVICES_MAX && publish->device.size < sizeof(run->heard[0].device)) {
        struct heard *heard = &run->heard[run->n_heard++];
        snprintf(heard->device, sizeof(heard->device), "%.*s", XPL_SLICE_ARGS(publish->device));
        heard->map = publish->property->map;
    }
}

static void on_skipped(void *context, const struct mapping_map *map, const struct mapping_property *property,
                       const struct mapping_reason *reason)
{
    struct run *run = context;
    struct text *out = &run->got.text;
    text_format(out, "skip %s", map->name);
    if (property) {
        text_char(out, ' ');
        put(out, property->name);
    }
    text_format(out, ": %s: ", counter_names[reason->counter]);
    put(out, xpl_slice_from(reason->text));
    text_char(out, '\n');
}

static const struct mapping_map *on_origin(void *context, struct xpl_slice device)
{
    const struct run *run = context;
    for (size_t i = run->n_heard; i-- > 0;)
        if (xpl_slice_equal(xpl_slice_from(run->heard[i].device), device))
            return run->heard[i].map;
    return NULL;
}

static void on_filter(void *context, const char *filter)
{
    struct run *run = context;
    text_format(&run->got.text, "%s\n", filter);
}

static void on_miss(void *context, const struct mapping_map *map, const char *text)
{
    struct run *run = context;
    text_format(&run->got.text, "%s: %s\n", map->name, text);
}

static void put_message(struct text *out, const struct xpl_message *message)
{
    text_format(out, "%s ", xpl_type_name(message->type) + 4);
    put(out, message->target.text);
    text_char(out, ' ');
    put(out, message->schema);
    for (size_t i = 0; i < message->n_items; i++) {
        const struct xpl_item *item = &message->items[i];
        bool quote = item->value.size && memchr(item->value.data, ' ', item->value.size);
        text_string(out, quote ? " '" : " ");
        put(out, item->name);
        text_char(out, '=');
        put(out, item->value);
        text_string(out, quote ? "'" : "");
    }
    text_char(out, '\n');
}

/* ---- steps ---- */

/* TYPE SOURCE TARGET SCHEMA NAME=VALUE… as a datagram, parsed. */
static void make_message(const char *line, char *datagram, size_t capacity, struct xpl_message *ret)
{
    struct text text = { datagram, 0, capacity, false };
    struct xpl_slice type = word(&line), source = word(&line), target = word(&line), schema = word(&line);
    text_format(&text, "xpl-%.*s\n{\nhop=1\nsource=", XPL_SLICE_ARGS(type));
    text.size += unput(source.data, source.size, text.data + text.size, capacity - text.size);
    text_format(&text, "\ntarget=%.*s\n}\n%.*s\n{\n", XPL_SLICE_ARGS(target), XPL_SLICE_ARGS(schema));
    while (*line) {
        struct xpl_slice item = word(&line);
        if (item.size == 0)
            continue;
        text.size += unput(item.data, item.size, text.data + text.size, capacity - text.size);
        text_char(&text, '\n');
    }
    text_string(&text, "}\n");
    int error = xpl_message_parse(ret, text.data, text.size);
    if (error)
        die(xpl_error_text(error), line);
}

static void step_xpl(struct run *run, const char *line)
{
    static char datagram[1 << 17];
    static struct xpl_message message;
    struct mapping_sink sink = { run, NULL, on_publish, on_skipped };
    make_message(line, datagram, sizeof(datagram), &message);
    switch (mapping_on_xpl(run->mapping, run->scratch, &message, &sink)) {
    case MAPPING_UNMAPPED: text_string(&run->got.text, "unmapped\n"); break;
    case MAPPING_IGNORED: text_string(&run->got.text, "ignored\n"); break;
    case MAPPING_TAKEN: break;
    }
}

static void send_command(struct run *run, const struct mapping_command *command)
{
    struct text *out = &run->got.text;
    struct xpl_message message = *command->message;
    message.source = xpl_address_split(XPL_SLICE("xplmqtt-bridge.test"));
    int error = xpl_message_format(&message, run->datagram, sizeof(run->datagram), &run->datagram_size, NULL);
    if (error) {
        text_format(out, "not sent: %s\n", xpl_error_text(error));
        return;
    }
    text_string(out, "send ");
    if (command->send->repeat != 1)
        text_format(out, "repeat=%d/%dms ", command->send->repeat, (int)command->send->repeat_interval_ms);
    if (command->send->expires_ms != 10000)
        text_format(out, "expires=%dms ", (int)command->send->expires_ms);
    if (command->send->confirms)
        text_format(out, "confirm=%dms ", (int)command->send->confirm_timeout_ms);
    if (xpl_message_parse(&run->sent, run->datagram, run->datagram_size))
        die("a message that was sent cannot be read", run->datagram);
    put_message(out, &run->sent);
    run->send = command->send;
    snprintf(run->topic, sizeof(run->topic), "%.*s", XPL_SLICE_ARGS(command->topic));
}

static void step_mqtt(struct run *run, const char *line)
{
    struct mapping_command command;
    struct mapping_reason reason;
    struct xpl_slice spelled = word(&line);
    char topic[2048];
    size_t size = unput(spelled.data, spelled.size, topic, sizeof(topic));
    run->payload_size = unput(line, strlen(line), run->payload, sizeof(run->payload));
    run->send = NULL;
    switch (mapping_on_mqtt(run->mapping, run->scratch, xpl_slice(topic, size),
                            xpl_slice(run->payload, run->payload_size), on_origin, run, &command, &reason)) {
    case MAPPING_COMMAND_NO_MAP: text_string(&run->got.text, "no map\n"); break;
    case MAPPING_COMMAND_REFUSED:
        text_string(&run->got.text, "refused ");
        put(&run->got.text, xpl_slice_from(reason.text));
        text_char(&run->got.text, '\n');
        break;
    case MAPPING_COMMAND_MADE: send_command(run, &command); break;
    }
}

static void step_assume(struct run *run, enum mapping_assume when)
{
    struct mapping_sink sink = { run, NULL, on_publish, NULL };
    if (!run->send)
        die("nothing was sent", "assume");
    mapping_assume(run->mapping, run->scratch, run->send, xpl_slice_from(run->topic), &run->sent,
                   xpl_slice(run->payload, run->payload_size), when, &sink);
}

static void step_confirms(struct run *run, const char *line)
{
    static char datagram[1 << 17];
    static struct xpl_message message;
    if (!run->send)
        die("nothing was sent", "confirms");
    make_message(line, datagram, sizeof(datagram), &message);
    text_string(&run->got.text, mapping_confirms(run->mapping, run->scratch, run->send, &run->sent, &message)
                                    ? "yes\n"
                                    : "no\n");
}

static void step_near(struct run *run, const char *line)
{
    static char datagram[1 << 17];
    static struct xpl_message message;
    make_message(line, datagram, sizeof(datagram), &message);
    if (!mapping_near(run->mapping, run->scratch, &message, on_miss, run)) {
        const char *nearest = mapping_nearest_schema(run->mapping, message.schema);
        text_format(&run->got.text, "nearest schema: %s\n", nearest ? nearest : "none");
    }
}

static void step_alias(struct run *run, const char *line)
{
    struct xpl_slice device = word(&line);
    struct xpl_slice name = mapping_alias_name(run->mapping, device);
    struct xpl_slice label = mapping_alias_label(run->mapping, device);
    struct xpl_slice room = mapping_alias_room(run->mapping, device);
    text_format(&run->got.text, "name=%.*s label=%.*s room=%.*s\n", XPL_SLICE_ARGS(name),
                XPL_SLICE_ARGS(label), XPL_SLICE_ARGS(room));
}

void step(struct run *run, const char *line)
{
    struct xpl_slice verb = word(&line);
    if (xpl_slice_equal(verb, XPL_SLICE("xpl")))
        step_xpl(run, line);
    else if (xpl_slice_equal(verb, XPL_SLICE("mqtt")))
        step_mqtt(run, line);
    else if (xpl_slice_equal(verb, XPL_SLICE("assume-sent")))
        step_assume(run, MAPPING_ASSUME_SENT);
    else if (xpl_slice_equal(verb, XPL_SLICE("assume-confirmed")))
        step_assume(run, MAPPING_ASSUME_CONFIRMED);
    else if (xpl_slice_equal(verb, XPL_SLICE("confirms")))
        step_confirms(run, line);
    else if (xpl_slice_equal(verb, XPL_SLICE("near")))
        step_near(run, line);
    else if (xpl_slice_equal(verb, XPL_SLICE("alias")))
        step_alias(run, line);
    else if (xpl_slice_equal(verb, XPL_SLICE("filters")))
        mapping_filters(run->mapping, on_filter, run) < 0 ? die("no filters", line) : (void)0;
    else
        die("no such step", verb.data);
}
