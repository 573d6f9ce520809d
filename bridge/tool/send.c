/* xplmqtt send: one message, as an xPL client should: strict, and broadcast whatever its target. */
#include <stdio.h>
#include <stdlib.h>

#include "base/error.h"
#include "tool/net.h"
#include "tool/setup.h"

enum { TARGET, SOURCE, INTERFACE, BROADCAST, PRINT, CONFIG };

static const struct tool_option options[] = {
    [TARGET] = { "target", 't', "ADDRESS",
                 "for whom, where TYPE is cmnd: vendor-device.instance\n"
                 "or xpl-group.NAME; all unless given" },
    [SOURCE] = { "source", 0, "ADDRESS", "from whom; xplmqtt-send.HOST" },
    [INTERFACE] = { "interface", 0, "NAME", "the network interface with the xPL network, as eth0" },
    [BROADCAST] = { "broadcast", 0, "IP", "where the message goes; as the interface says" },
    [PRINT] = { "print", 0, NULL, "print the message, and send nothing" },
    [CONFIG] = { "config", 'c', "FILE", "the configuration, for instance and interface" },
    { 0 },
};

struct send {
    struct setup setup;
    const char *source, *target; /* NULL: not said */
    bool print;
    struct xpl_message message;
    char datagram[XPL_MESSAGE_MAX];
    size_t size;
};

/* ---- the words become a message ---- */

static int set_type(const struct tool_arguments *arguments, const char *word, enum xpl_type *ret)
{
    static const char *const names[] = { "cmnd", "stat", "trig", NULL };
    struct xpl_slice name = xpl_slice_from(word);
    if (strncmp(word, "xpl-", 4) == 0)
        name = xpl_slice_from(word + 4);
    for (int type = XPL_CMND; type <= XPL_TRIG; type++)
        if (xpl_slice_equal_nocase(name, xpl_slice_from(names[type]))) {
            *ret = (enum xpl_type)type;
            return 0;
        }
    const char *nearest = diag_nearest(name, names);
    return arguments_refuse(arguments, "unknown message type '%s'; %s%s%s", word,
                            nearest ? "did you mean '" : "expected cmnd, stat or trig",
                            nearest ? nearest : "", nearest ? "'?" : "");
}

static int set_items(const struct tool_arguments *arguments, struct send *send)
{
    struct xpl_message *message = &send->message;
    for (const char *word; (word = arguments_word((struct tool_arguments *)arguments));) {
        const char *equal = strchr(word, '=');
        if (!equal)
            return arguments_refuse(arguments, "'%s' is no item; expected name=value", word);
        if (message->n_items == XPL_ITEMS_MAX)
            return arguments_refuse(arguments, "%s", xpl_error_text(XPL_E_ITEMS));
        message->items[message->n_items++] =
            (struct xpl_item){ xpl_slice(word, (size_t)(equal - word)), xpl_slice_from(equal + 1) };
    }
    return 0;
}

static int read_words(struct send *send, struct tool_arguments *arguments)
{
    const char *value;
    int status = TOOL_OK;
    for (int option; (option = arguments_next(arguments, &value, &status)) != ARGUMENTS_END;)
        switch (option) {
        case TARGET: send->target = value; break;
        case SOURCE: send->source = value; break;
        case INTERFACE: setup_add(&send->setup, "--interface", value); break;
        case BROADCAST: setup_add(&send->setup, "--broadcast", value); break;
        case PRINT: send->print = true; break;
        case CONFIG: setup_add(&send->setup, "--config", value); break;
        default: return status == TOOL_OK ? ARGUMENTS_STOP : status;
        }
    const char *type = arguments_word(arguments), *schema = arguments_word(arguments);
    if (!type || !schema)
        return arguments_refuse(arguments, "needs a message type and a schema");
    send->message.hop = 1;
    send->message.schema = xpl_slice_from(schema);
    int r = set_type(arguments, type, &send->message.type);
    return r ? r : set_items(arguments, send);
}

/* What the strict form refuses, told by the word that is at fault. */
static int refuse(const struct tool_arguments *arguments, const struct send *send, int error, size_t item)
{
    const struct xpl_message *message = &send->message;
    const struct xpl_item *fault = item < message->n_items ? &message->items[item] : NULL;
    switch (error) {
    case XPL_E_NAME:
        return arguments_refuse(arguments, "item '%.*s': a name is 1 to %d letters, digits or '-'",
                                XPL_SLICE_ARGS(fault->name), XPL_NAME_MAX);
    case XPL_E_VALUE:
        return arguments_refuse(arguments,
                                "item '%.*s': a value holds no line break or other control character",
                                XPL_SLICE_ARGS(fault->name));
    case XPL_E_SCHEMA:
        return arguments_refuse(arguments,
                                "schema '%.*s': expected CLASS.TYPE, 1 to %d letters, digits or '-' each",
                                XPL_SLICE_ARGS(message->schema), XPL_CLASS_MAX);
    case XPL_E_SOURCE:
        return arguments_refuse(arguments,
                                "source '%.*s': expected VENDOR-DEVICE.INSTANCE, of %d, %d and %d letters "
                                "or digits at most",
                                XPL_SLICE_ARGS(message->source.text), XPL_VENDOR_MAX, XPL_DEVICE_MAX,
                                XPL_INSTANCE_MAX);
    case XPL_E_TARGET:
        if (message->type != XPL_CMND)
            return arguments_refuse(arguments, "only a cmnd has a target; a %s speaks to all",
                                    xpl_type_name(message->type) + 4);
        return arguments_refuse(arguments,
                                "target '%.*s': expected VENDOR-DEVICE.INSTANCE, xpl-group.NAME or *",
                                XPL_SLICE_ARGS(message->target.text));
    case XPL_E_SIZE: return arguments_refuse(arguments, "the message is over %d bytes", XPL_MESSAGE_MAX);
    default: return arguments_refuse(arguments, "%s", xpl_error_text(error));
    }
}

static int format(const struct tool_arguments *arguments, struct send *send, const struct settings *settings)
{
    char own[XPL_ADDRESS_MAX + 1];
    struct text text = TEXT(own);
    size_t item;
    net_source(settings, "send", &text);
    send->message.source = xpl_address_split(xpl_slice_from(send->source ? send->source : own));
    send->message.target = xpl_address_split(xpl_slice_from(send->target ? send->target : "*"));
    int error =
        xpl_message_format(&send->message, send->datagram, sizeof(send->datagram), &send->size, &item);
    return error ? refuse(arguments, send, error, item) : 0;
}

/* ---- the message goes out ---- */

static void on_datagram(void *context, const char *data, size_t size, struct xpl_endpoint from,
                        bool hub_socket)
{
    (void)context, (void)data, (void)size, (void)from, (void)hub_socket;
}

static int broadcast(const struct send *send, const struct settings *settings)
{
    struct xplsocket_listener listener = { NULL, on_datagram };
    struct addresses addresses;
    struct addresses_choice choice;
    struct xplsocket *socket = NULL;
    uv_loop_t loop;
    int r = addresses_read(&addresses);
    if (r == 0) {
        int status = net_choose(&send_verb, settings, &addresses, &choice);
        if (status)
            return status;
        r = uv_loop_init(&loop);
    }
    if (r < 0) {
        tool_say(&send_verb, "%s", strerror(-r));
        return TOOL_NO;
    }
    r = xplsocket_new(&socket, &loop, XPL_PORT, &listener);
    if (r == 0) {
        xplsocket_aim(socket, choice.broadcast, choice.index);
        r = xplsocket_broadcast(socket, send->datagram, send->size);
        while (r == 0 && xplsocket_waiting(socket))
            uv_run(&loop, UV_RUN_ONCE);
        if (r == 0 && xplsocket_late_failures(socket))
            r = -EIO;
    }
    xplsocket_close(socket, NULL, NULL);
    uv_run(&loop, UV_RUN_DEFAULT);
    uv_loop_close(&loop);
    if (r == 0)
        return TOOL_OK;
    char ip[XPL_IP_TEXT_MAX];
    xpl_ip_format(ip, choice.broadcast);
    tool_say(&send_verb, "cannot send to %s port %d: %s", ip, XPL_PORT, strerror(-r));
    return TOOL_NO;
}

static int send_message(struct send *send, struct tool_arguments *arguments)
{
    struct settings *settings = NULL;
    struct diag diag;
    diag_init(&diag);
    int r = setup_settings(&send->setup, &diag, &settings), status;
    diag_print(&diag, stderr, DIAG_ERROR);
    if (r < 0)
        status = r == -EINVAL ? TOOL_WRONG : TOOL_NO;
    else
        status = format(arguments, send, settings);
    if (status == TOOL_OK && send->print)
        fwrite(send->datagram, 1, send->size, stdout);
    else if (status == TOOL_OK)
        status = broadcast(send, settings);
    settings_free(settings);
    diag_deinit(&diag);
    return tool_flush(status);
}

static int run(struct tool_arguments *arguments)
{
    struct send *send = calloc(1, sizeof(*send));
    if (!send) {
        tool_say(arguments->verb, "%s", strerror(ENOMEM));
        return TOOL_NO;
    }
    int status = read_words(send, arguments);
    if (status == ARGUMENTS_STOP)
        status = TOOL_OK;
    else if (status == 0)
        status = send_message(send, arguments);
    free(send);
    return status;
}

static const char *const uses[] = { "TYPE SCHEMA [-t TARGET] NAME=VALUE...", NULL };

const struct tool_verb send_verb = {
    .name = "send",
    .uses = uses,
    .summary = "put one message on the xPL network",
    .about = "Sends one xPL message. TYPE is cmnd, stat or trig; SCHEMA is CLASS.TYPE, as\n"
             "x10.basic; then the items, in the order in which they go out.",
    .options = options,
    .run = run,
};
