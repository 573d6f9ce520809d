/* xplmqtt listen: what is said on the xPL network, as it is said.
 *
 * The walk: a timer that fires at once finds that a heartbeat is due. Before each heartbeat that searches,
 * the hub's port is tried: where it is free, we are the hub of this host for as long as we run, so that
 * whoever listens also hears, and programs that start meanwhile are served; where it is taken, we are a
 * client of who has it. Messages then come by one way, the hub's socket or our own, and are shown by that one
 * only; our own are not shown. Messages go to stdout, what happens to us goes to stderr.
 *
 * The end (Ctrl-C, --count, nobody reads us any more): hbeat.end, then all handles close and the loop ends.
 */
#include <stdio.h>
#include <stdlib.h>
#include <time.h>
#include <unistd.h>

#include "base/error.h"
#include "base/number.h"
#include "io/interfaces.h"
#include "io/io.h"
#include "io/signals.h"
#include "io/timer.h"
#include "mapping/glob.h"
#include "mapping/mapping.h"
#include "tool/net.h"
#include "tool/setup.h"
#include "tool/show.h"
#include "xpl/heartbeat.h"
#include "xpl/hub.h"

#define LINE_MAX_SIZE (6 * XPL_DATAGRAM_MAX + 4096) /* bytes: JSON makes six of one at most */
#define PATIENCE      3                             /* heartbeats without an echo until we say so */

enum { JSON, SCHEMA, SOURCE, COUNT, INTERFACE, BROADCAST, CHARSET, CONFIG };

static const struct tool_option options[] = {
    [JSON] = { "json", 0, NULL, "a JSON object a line" },
    [SCHEMA] = { "schema", 0, "GLOB", "only messages of such a schema, as 'x10.*'" },
    [SOURCE] = { "source", 0, "GLOB", "only messages from such a source, as 'acme-*'" },
    [COUNT] = { "count", 0, "N", "end after so many messages" },
    [INTERFACE] = { "interface", 0, "NAME", "the network interface with the xPL network, as eth0" },
    [BROADCAST] = { "broadcast", 0, "IP", "where our heartbeats go; as the interface says" },
    [CHARSET] = { "charset", 0, "NAME", "of values that are no UTF-8" },
    [CONFIG] = { "config", 'c', "FILE", "the configuration, for what is not given here" },
    { 0 },
};

struct listen {
    struct setup setup;
    bool json, colour;
    const char *schema, *from; /* globs, or NULL */
    uint64_t left;             /* messages to show; 0: no end */

    struct settings *settings;
    uv_loop_t loop;
    struct xplsocket *socket;
    struct interfaces *interfaces;
    struct timer *timer;
    struct signals *signals;
    struct xpl_hub *hub;
    struct xpl_heartbeat heartbeat;
    struct xpl_presence presence;
    char source[XPL_ADDRESS_MAX + 1];
    int unanswered; /* heartbeats since the last echo */
    bool is_closing;
    int status;

    struct xpl_message message;
    char line[LINE_MAX_SIZE];
};

static void stop(struct listen *listen, int status);

/* ---- showing ---- */

static void show_time(struct text *ret)
{
    int64_t now_ms = io_wall_ms();
    time_t seconds = (time_t)(now_ms / 1000);
    struct tm tm;
    if (localtime_r(&seconds, &tm))
        text_format(ret, "%02d:%02d:%02d.%03d ", tm.tm_hour, tm.tm_min, tm.tm_sec, (int)(now_ms % 1000));
}

static bool is_wanted(const struct listen *listen, const struct xpl_message *message)
{
    return !xpl_slice_equal_nocase(message->source.text, listen->presence.source) &&
           (!listen->schema || glob_match(xpl_slice_from(listen->schema), message->schema, true)) &&
           (!listen->from || glob_match(xpl_slice_from(listen->from), message->source.text, true));
}

static void show(struct listen *listen)
{
    const struct charset *charset = &listen->settings->xpl.charset;
    struct text line = TEXT(listen->line);
    if (!is_wanted(listen, &listen->message))
        return;
    if (listen->json) {
        mapping_message_json(charset, &listen->message, false, &line);
    } else {
        text_string(&line, listen->colour ? "\x1b[2m" : "");
        show_time(&line);
        text_string(&line, listen->colour ? "\x1b[0m" : "");
        show_message(charset, &listen->message, listen->colour, &line);
    }
    text_char(&line, '\n');
    must(!line.overflow);
    fwrite(line.data, 1, line.size, stdout);
    int status = tool_flush(TOOL_OK);
    if (status)
        stop(listen, errno == EPIPE ? TOOL_OK : status);
    else if (listen->left && --listen->left == 0)
        stop(listen, TOOL_OK);
}

/* ---- the network ---- */

static void speak(struct listen *listen, enum xpl_presence_kind kind)
{
    char datagram[XPL_MESSAGE_MAX];
    size_t size;
    int r = xpl_presence_write(&listen->presence, kind, datagram, sizeof(datagram), &size);
    if (r == 0)
        r = xplsocket_broadcast(listen->socket, datagram, size);
    if (r < 0 && listen->unanswered == 0)
        tool_say(&listen_verb, "cannot send a heartbeat: %s", strerror(-r));
}

/* As the hub, for the programs of this host, ourselves among them. */
static void serve(struct listen *listen, const char *data, size_t size, struct xpl_endpoint from,
                  int64_t now_ms)
{
    size_t n;
    xpl_hub_hear(listen->hub, &listen->message, from.ip, now_ms);
    const struct xpl_endpoint *endpoints = xpl_hub_endpoints(listen->hub, &n);
    for (size_t i = 0; i < n; i++)
        xplsocket_send(listen->socket, endpoints[i], data, size); /* one that is gone expires */
}

static void arm(struct listen *listen, int64_t now_ms)
{
    int64_t deadline = xpl_heartbeat_deadline(&listen->heartbeat);
    int64_t others[] = { xpl_hub_deadline(listen->hub), interfaces_deadline(listen->interfaces) };
    for (size_t i = 0; i < 2; i++)
        deadline = others[i] < deadline ? others[i] : deadline;
    timer_arm(listen->timer, now_ms, deadline);
}

static void on_echo(struct listen *listen, int64_t now_ms)
{
    listen->unanswered = 0;
    if (xpl_heartbeat_on_echo(&listen->heartbeat, now_ms) && !xplsocket_hub_is_open(listen->socket))
        tool_say(&listen_verb, "hearing what the hub of this host forwards");
}

static void on_datagram(void *context, const char *data, size_t size, struct xpl_endpoint from,
                        bool hub_socket)
{
    struct listen *listen = context;
    int64_t now_ms = io_now_ms();
    bool shown = hub_socket == xplsocket_hub_is_open(listen->socket);
    int error = xpl_message_parse(&listen->message, data, size);
    if (error) {
        char ip[XPL_IP_TEXT_MAX];
        xpl_ip_format(ip, from.ip);
        if (shown)
            tool_say(&listen_verb, "%zu bytes from %s are no message: %s", size, ip, xpl_error_text(error));
        return;
    }
    if (hub_socket)
        serve(listen, data, size, from, now_ms);
    if (xpl_presence_is_echo(&listen->presence, &listen->message))
        on_echo(listen, now_ms);
    if (xpl_presence_is_request(&listen->presence, &listen->message))
        xpl_heartbeat_on_request(&listen->heartbeat, now_ms, io_random());
    arm(listen, now_ms);
    if (shown)
        show(listen);
}

/* A bind costs nothing, but the hub's port is left to others as long as somebody answers us. */
static void try_hub(struct listen *listen)
{
    if (xplsocket_hub_is_open(listen->socket))
        return;
    int r = xplsocket_hub_open(listen->socket);
    if (r == 0) {
        tool_say(&listen_verb, "no hub here: being the hub of this host until the end");
        speak(listen, XPL_HBEAT_REQUEST);
    } else if (r != -EADDRINUSE) {
        tool_say(&listen_verb, "cannot listen on port %d: %s", XPL_PORT, strerror(-r));
    } else if (listen->unanswered == PATIENCE) {
        tool_say(&listen_verb, "port %d is taken, but nobody there answers as a hub; still trying", XPL_PORT);
    }
}

static void on_time(void *context, int64_t now_ms)
{
    struct listen *listen = context;
    interfaces_on_time(listen->interfaces, now_ms);
    xpl_hub_expire(listen->hub, now_ms);
    if (xpl_heartbeat_on_time(&listen->heartbeat, now_ms)) {
        if (!listen->heartbeat.connected)
            try_hub(listen);
        speak(listen, XPL_HBEAT_APP);
        listen->unanswered++;
    }
    arm(listen, now_ms);
}

static bool is_local(void *context, uint32_t ip)
{
    struct listen *listen = context;
    return interfaces_is_local(listen->interfaces, ip);
}

static int aim(struct listen *listen)
{
    struct addresses_choice choice;
    int status =
        net_choose(&listen_verb, listen->settings, interfaces_addresses(listen->interfaces), &choice);
    if (status)
        return status;
    struct xpl_endpoint *own = &listen->presence.endpoint;
    xplsocket_aim(listen->socket, choice.broadcast, choice.index);
    if (own->ip && own->ip != choice.ip)
        speak(listen, XPL_HBEAT_END); /* or the hub brings everything twice */
    *own = (struct xpl_endpoint){ choice.ip, xplsocket_port(listen->socket) };
    return 0;
}

static void on_addresses(void *context)
{
    struct listen *listen = context;
    int64_t now_ms = io_now_ms();
    if (aim(listen) == 0)
        xpl_heartbeat_restart(&listen->heartbeat, now_ms);
    arm(listen, now_ms);
}

/* ---- the life of it ---- */

static void on_signal(void *context, enum signals_event event)
{
    if (event == SIGNALS_STOP || event == SIGNALS_RELOAD) /* a terminal that closes says SIGHUP */
        stop(context, TOOL_OK);
}

static void stop(struct listen *listen, int status)
{
    if (listen->is_closing)
        return;
    listen->is_closing = true;
    listen->status = status;
    if (listen->socket && listen->presence.endpoint.port)
        speak(listen, XPL_HBEAT_END);
    signals_close(listen->signals, NULL, NULL);
    timer_close(listen->timer, NULL, NULL);
    interfaces_close(listen->interfaces, NULL, NULL);
    xplsocket_close(listen->socket, NULL, NULL);
}

/* 0, a status that was told, or negative errno. */
static int start(struct listen *listen)
{
    struct xplsocket_listener listener = { listen, on_datagram };
    struct text source = TEXT(listen->source);
    int64_t now_ms = io_now_ms();
    net_source(listen->settings, "listen", &source);
    listen->presence = (struct xpl_presence){ .source = text_get(&source),
                                              .interval = XPL_HEARTBEAT_INTERVAL_MIN,
                                              .version = XPL_SLICE(XPLMQTT_VERSION) };
    xpl_heartbeat_init(&listen->heartbeat, XPL_HEARTBEAT_INTERVAL_MIN, now_ms);
    listen->hub = xpl_hub_new(is_local, listen);
    int r = listen->hub ? 0 : -ENOMEM;
    if (r == 0)
        r = xplsocket_new(&listen->socket, &listen->loop, XPL_PORT, &listener);
    if (r == 0)
        r = interfaces_new(&listen->interfaces, &listen->loop, on_addresses, listen, now_ms);
    if (r == 0)
        r = timer_new(&listen->timer, &listen->loop, on_time, listen);
    if (r == 0)
        r = signals_new(&listen->signals, &listen->loop, on_signal, listen);
    if (r == 0)
        r = aim(listen);
    if (r == 0)
        arm(listen, now_ms);
    return r;
}

static int listen_to_all(struct listen *listen)
{
    int r = uv_loop_init(&listen->loop);
    if (r == 0) {
        r = start(listen);
        if (r)
            stop(listen, r > 0 ? r : TOOL_NO);
        uv_run(&listen->loop, UV_RUN_DEFAULT);
        uv_loop_close(&listen->loop);
    }
    xpl_hub_free(listen->hub);
    if (r < 0) {
        tool_say(&listen_verb, "%s", strerror(-r));
        return TOOL_NO;
    }
    return listen->status;
}

/* ---- the verb ---- */

static int read_options(struct listen *listen, struct tool_arguments *arguments, int *ret_status)
{
    const char *value;
    for (int option; (option = arguments_next(arguments, &value, ret_status)) != ARGUMENTS_END;)
        switch (option) {
        case JSON: listen->json = true; break;
        case SCHEMA: listen->schema = value; break;
        case SOURCE: listen->from = value; break;
        case COUNT:
            if (number_parse_unsigned(xpl_slice_from(value), 1, UINT32_MAX, &listen->left) == 0)
                break;
            *ret_status = arguments_refuse(arguments, "--count %s: expected a whole number above 0", value);
            return ARGUMENTS_STOP;
        case INTERFACE: setup_add(&listen->setup, "--interface", value); break;
        case BROADCAST: setup_add(&listen->setup, "--broadcast", value); break;
        case CHARSET: setup_add(&listen->setup, "--charset", value); break;
        case CONFIG: setup_add(&listen->setup, "--config", value); break;
        default: return option;
        }
    const char *word = arguments_word(arguments);
    if (!word)
        return ARGUMENTS_END;
    *ret_status = arguments_refuse(arguments, "'%s': takes no words", word);
    return ARGUMENTS_STOP;
}

static bool wants_colour(void)
{
    const char *no_color = getenv("NO_COLOR"), *term = getenv("TERM");
    return isatty(STDOUT_FILENO) && !(no_color && *no_color) && term && strcmp(term, "dumb") != 0;
}

static int run(struct tool_arguments *arguments)
{
    struct listen *listen = calloc(1, sizeof(*listen));
    struct diag diag;
    int status = TOOL_NO;
    if (!listen) {
        tool_say(arguments->verb, "%s", strerror(ENOMEM));
        return TOOL_NO;
    }
    diag_init(&diag);
    if (read_options(listen, arguments, &status) == ARGUMENTS_END) {
        int r = setup_settings(&listen->setup, &diag, &listen->settings);
        diag_print(&diag, stderr, DIAG_ERROR);
        listen->colour = wants_colour();
        status = r == 0 ? listen_to_all(listen) : r == -EINVAL ? TOOL_WRONG : TOOL_NO;
    }
    settings_free(listen->settings);
    diag_deinit(&diag);
    free(listen);
    return status;
}

static const char *const uses[] = { "[--json] [--schema GLOB] [--source GLOB]", NULL };

const struct tool_verb listen_verb = {
    .name = "listen",
    .uses = uses,
    .summary = "show the xPL network, live",
    .about = "Shows each message on the xPL network as it comes, until Ctrl-C. Where this host\n"
             "has a hub, it is a client of it; where it has none, it is the hub meanwhile.",
    .options = options,
    .run = run,
};
