#include "core/network.h"

#include <errno.h>
#include <inttypes.h>

#include "core/core-private.h"

#define IP_LOOPBACK 0x7f000001u

static bool is_local(void *context, uint32_t ip)
{
    struct core *core = context;
    return core->sink.is_local(core->sink.context, ip);
}

struct xpl_presence network_presence(const struct core *core)
{
    return (struct xpl_presence){ .source = xpl_slice_from(core->options.source),
                                  .endpoint = core->options.own,
                                  .interval = core->network.heartbeat.interval,
                                  .version = xpl_slice_from(core->options.version) };
}

int network_init(struct core *core, int64_t now_ms)
{
    struct network *network = &core->network;
    *network = (struct network){ .bind_due_ms = INT64_MAX,
                                 .ask_due_ms = INT64_MAX,
                                 .asked_ms = now_ms - NETWORK_ASK_MS,
                                 .cleared_ms = now_ms - NETWORK_CLEAR_MS };
    network->hub = xpl_hub_new(is_local, core);
    if (!network->hub)
        return -ENOMEM;
    xpl_heartbeat_init(&network->heartbeat, core->options.interval, now_ms);
    return 0;
}

void network_deinit(struct core *core)
{
    fragments_deinit(&core->network.fragments);
    xpl_hub_free(core->network.hub);
    core->network.hub = NULL;
}

/* ---- sending ---- */

int network_send(struct core *core, const char *data, size_t size)
{
    int r = core->sink.broadcast(core->sink.context, data, size);
    core_count(core, r < 0 ? COUNT_XPL_SEND_FAILED : COUNT_XPL_SENT);
    if (r == 0)
        tunnel_on_sent(core, xpl_slice(data, size));
    return r;
}

int network_say(struct core *core, const struct xpl_message *message)
{
    char datagram[XPL_MESSAGE_MAX];
    size_t size;
    int r = xpl_message_format(message, datagram, sizeof(datagram), &size, NULL);
    return r ? r : network_send(core, datagram, size);
}

static int say_presence(struct core *core, enum xpl_presence_kind kind, struct xpl_endpoint endpoint)
{
    char datagram[XPL_MESSAGE_MAX];
    size_t size;
    struct xpl_presence presence = network_presence(core);
    presence.endpoint = endpoint;
    if (endpoint.ip == 0)
        return 0; /* no address to be reached at */
    int r = xpl_presence_write(&presence, kind, datagram, sizeof(datagram), &size);
    return r ? r : network_send(core, datagram, size);
}

void network_say_presence(struct core *core, enum xpl_presence_kind kind)
{
    say_presence(core, kind, core->options.own);
}

/* A hub that was not told of the end of our old address would bring everything twice. */
static void say_heartbeat(struct core *core)
{
    struct xpl_endpoint own = core->options.own, *announced = &core->network.announced;
    bool moved = own.ip != announced->ip || own.port != announced->port;
    if (own.ip == 0)
        return;
    if (moved && say_presence(core, XPL_HBEAT_END, *announced) == 0)
        *announced = own;
    say_presence(core, XPL_HBEAT_APP, own);
}

/* ---- role ---- */

static const char *const state_texts[] = { "searching for an xPL hub", "served by the xPL hub of this host",
                                           "serving as the xPL hub of this host" };

/* `why` ends in ": ", or is empty. */
static void set_state(struct core *core, enum network_state state, const char *why)
{
    struct network *network = &core->network;
    if (state == network->state)
        return;
    core_log(core, LOG_XPL, LOG_LEVEL_INFO, "%s%s", why, state_texts[state]);
    if (state == NETWORK_CLIENT && core->options.n_allow && !network->told_of_allow) {
        core_log(core, LOG_XPL, LOG_LEVEL_WARNING,
                 "`allow` has no effect while another hub serves us: what it forwards comes from this host");
        network->told_of_allow = true;
    }
    network->state = state;
    network->told_of_silence = false;
    report_network(core);
    report_info(core);
}

struct xpl_endpoint network_reach(const struct core *core, struct xpl_endpoint client)
{
    const struct sink *sink = &core->sink;
    uint32_t ip = sink->is_local(sink->context, client.ip) ? client.ip : IP_LOOPBACK;
    return (struct xpl_endpoint){ ip, client.port };
}

static bool is_there(void *context, struct xpl_endpoint client)
{
    struct core *core = context;
    return !core->sink.is_taken || core->sink.is_taken(core->sink.context, network_reach(core, client));
}

/* The clients of the last run, and those of the hub before us that we heard: as many as still have their
 * port. Those at an address that this host does not have are tried again when one comes. */
static void recall_clients(struct core *core, int64_t now_ms)
{
    struct network *network = &core->network;
    size_t n, refused;
    xpl_hub_import(network->hub, core->options.hub_clients, now_ms, &refused);
    if (refused == 0)
        core->options.hub_clients = xpl_slice(NULL, 0);
    size_t gone = xpl_hub_keep(network->hub, is_there, core);
    xpl_hub_endpoints(network->hub, &n);
    if (n || gone)
        core_log(core, LOG_XPL, LOG_LEVEL_INFO,
                 "serving %zu clients known before; %zu more are not there now", n, gone);
    network->clients_changed = true;
}

static void become_hub(struct core *core, int64_t now_ms)
{
    struct network *network = &core->network;
    network->bind_due_ms = INT64_MAX;
    recall_clients(core, now_ms);
    set_state(core, NETWORK_HUB, network->state == NETWORK_CLIENT ? "the other hub is gone: " : "");
    xpl_heartbeat_restart(&network->heartbeat, now_ms);
    network_say_presence(core, XPL_HBEAT_REQUEST); /* who else is there? */
}

static void try_bind(struct core *core, int64_t now_ms)
{
    struct network *network = &core->network;
    int r = core->sink.hub_open(core->sink.context);
    if (r == 0) {
        network->bind_error = 0;
        become_hub(core, now_ms);
        return;
    }
    network->bind_due_ms = now_ms + NETWORK_BIND_MS;
    if (r != network->bind_error)
        core_log(core, LOG_XPL,
                 r == -EADDRINUSE && core->options.role == CORE_ROLE_AUTO ? LOG_LEVEL_INFO
                                                                          : LOG_LEVEL_WARNING,
                 "UDP port %d is not to be had (%s): trying again every second", XPL_PORT, strerror(-r));
    network->bind_error = r;
}

void network_start(struct core *core, int64_t now_ms)
{
    if (core->options.role != CORE_ROLE_CLIENT)
        try_bind(core, now_ms);
    if (core->network.state != NETWORK_HUB) {
        core_log(core, LOG_XPL, LOG_LEVEL_INFO, "%s", state_texts[NETWORK_SEARCHING]);
        report_network(core);
    }
    network_on_time(core, now_ms);
}

void network_stop(struct core *core, int64_t now_ms)
{
    (void)now_ms;
    network_say_presence(core, XPL_HBEAT_END);
    core->network.bind_due_ms = INT64_MAX;
    if (core->sink.drain)
        core->sink.drain(core->sink.context);
    if (core->network.state == NETWORK_HUB)
        core->sink.hub_close(core->sink.context);
}

/* Whoever is there may not have heard that we asked, or be looked for at an address that was lost. */
static void on_hub_address(struct core *core, int64_t now_ms)
{
    struct network *network = &core->network;
    int64_t again_ms = network->asked_ms + NETWORK_ASK_MS;
    network->ask_due_ms = now_ms > again_ms ? now_ms : again_ms;
    if (now_ms - core->started_ms >= NETWORK_RECALL_MS)
        core->options.hub_clients = xpl_slice(NULL, 0);
    if (core->options.hub_clients.size)
        recall_clients(core, now_ms);
}

void network_on_address(struct core *core, int64_t now_ms)
{
    uint32_t ip = core->options.own.ip;
    if (core->network.state == NETWORK_HUB && ip && ip != IP_LOOPBACK)
        on_hub_address(core, now_ms);
    xpl_heartbeat_restart(&core->network.heartbeat, now_ms);
    if (core->network.state == NETWORK_CLIENT)
        set_state(core, NETWORK_SEARCHING, "our address has changed: ");
    if (core->network.online != core_is_online(core))
        report_network(core);
}

/* ---- what was heard ---- */

void network_on_forwarded(struct core *core, int64_t now_ms)
{
    struct network *network = &core->network;
    network->forwarded_ms = now_ms;
    if (network->state != NETWORK_SEARCHING)
        return;
    network->is_mute = true;
    network->served_by = 0;
    set_state(core, NETWORK_CLIENT, "our heartbeats do not come back, but others' messages come: ");
}

bool network_clear_out(struct core *core, int64_t now_ms)
{
    struct network *network = &core->network;
    size_t n;
    xpl_hub_endpoints(network->hub, &n);
    network->newcomers++;
    if (n <= NETWORK_CLIENTS_MANY ||
        (network->newcomers < NETWORK_NEWCOMERS && now_ms - network->cleared_ms < NETWORK_CLEAR_MS))
        return false;
    network->cleared_ms = now_ms;
    network->newcomers = 0;
    size_t gone = xpl_hub_keep(network->hub, is_there, core);
    if (network->state == NETWORK_HUB)
        count_n(core->counters, COUNT_HUB_EXPIRED, gone);
    return gone;
}

void network_on_echo(struct core *core, uint32_t hub_ip, int64_t now_ms)
{
    struct network *network = &core->network;
    xpl_heartbeat_on_echo(&network->heartbeat, now_ms);
    network->is_mute = false;
    if (network->state == NETWORK_SEARCHING || hub_ip == 0)
        network->served_by = hub_ip;
    if (network->state != NETWORK_SEARCHING || !network->heartbeat.connected)
        return;
    set_state(core, NETWORK_CLIENT, "");
    if (!network->has_asked && core->options.role != CORE_ROLE_CLIENT)
        network_say_presence(core, XPL_HBEAT_REQUEST); /* to know whom to serve, should this hub go */
    network->has_asked = true;
}

void network_on_message(struct core *core, const struct xpl_message *message, struct xpl_endpoint from,
                        int64_t now_ms)
{
    struct network *network = &core->network;
    if (message->type == XPL_CMND && xpl_slice_equal_nocase(message->schema, XPL_SLICE("hbeat.request")) &&
        (xpl_target_is_all(message->target.text) || remote_is_for_us(core, message)))
        xpl_heartbeat_on_request(&network->heartbeat, now_ms, core->sink.random(core->sink.context));
    /* Hubs of our kind say goodbye, a moment before they give the port back. */
    if (network->bind_due_ms != INT64_MAX && is_local(core, from.ip) &&
        xpl_slice_equal_nocase(message->schema, XPL_SLICE("hbeat.end")) &&
        network->bind_due_ms > now_ms + NETWORK_BIND_SOON_MS)
        network->bind_due_ms = now_ms + NETWORK_BIND_SOON_MS;
}

bool network_on_part(struct core *core, struct xpl_slice datagram, struct xpl_slice *ret, int64_t now_ms)
{
    enum fragments_result result =
        fragments_on_part(&core->network.fragments, &core->message, datagram, now_ms, ret);
    if (result == FRAGMENTS_REFUSED)
        core_count(core, COUNT_FRAGMENTS_REFUSED);
    if (result == FRAGMENTS_WHOLE)
        core_count(core, COUNT_FRAGMENTS_WHOLE);
    return result == FRAGMENTS_WHOLE;
}

/* ---- time ---- */

int64_t network_deadline(const struct core *core)
{
    const struct network *network = &core->network;
    int64_t deadlines[] = { xpl_heartbeat_deadline(&network->heartbeat), xpl_hub_deadline(network->hub),
                            network->bind_due_ms, network->ask_due_ms,
                            fragments_deadline(&network->fragments) };
    int64_t first = INT64_MAX;
    for (size_t i = 0; i < sizeof(deadlines) / sizeof(*deadlines); i++)
        first = deadlines[i] < first ? deadlines[i] : first;
    return first;
}

static void ask_for_parts(struct core *core, const struct fragments_request *request)
{
    struct xpl_message message = { .type = XPL_CMND, .hop = 1 };
    char id[16], numbers[FRAGMENTS_PARTS_MAX][4];
    message.source = xpl_address_split(xpl_slice_from(core->options.source));
    message.target = xpl_address_split(request->source);
    message.schema = XPL_SLICE("fragment.request");
    snprintf(id, sizeof(id), "%u", request->id);
    message.items[message.n_items++] = (struct xpl_item){ XPL_SLICE("command"), XPL_SLICE("resend") };
    message.items[message.n_items++] = (struct xpl_item){ XPL_SLICE("message"), xpl_slice_from(id) };
    for (size_t i = 0; i < request->n_missing; i++) {
        snprintf(numbers[i], sizeof(numbers[i]), "%u", request->missing[i]);
        message.items[message.n_items++] = (struct xpl_item){ XPL_SLICE("part"), xpl_slice_from(numbers[i]) };
    }
    network_say(core, &message); /* to a sender that is no address nobody can say anything */
}

static void on_time_fragments(struct core *core, int64_t now_ms)
{
    struct fragments_request request;
    enum fragments_due due;
    while ((due = fragments_on_time(&core->network.fragments, now_ms, &request)) != FRAGMENTS_NOTHING) {
        if (due == FRAGMENTS_ASK)
            ask_for_parts(core, &request);
        else
            core_count(core, COUNT_FRAGMENTS_LOST);
    }
}

/* A hub that is there answers at once. In role `hub` the reason was told when the port was not to be had. */
static void tell_of_silence(struct core *core, int64_t now_ms)
{
    struct network *network = &core->network;
    if (network->state != NETWORK_SEARCHING || network->told_of_silence || core->options.own.ip == 0 ||
        now_ms - network->heartbeat.search_ms < XPL_HEARTBEAT_FAST)
        return;
    network->told_of_silence = true;
    core->health_due_ms = 0;
    if (core->options.role == CORE_ROLE_CLIENT)
        core_log(core, LOG_XPL, LOG_LEVEL_WARNING, "nobody answers as the xPL hub of this host");
    else if (core->options.role == CORE_ROLE_AUTO && network->bind_error == -EADDRINUSE)
        core_log(core, LOG_XPL, LOG_LEVEL_WARNING,
                 "UDP port %d is taken, but nobody there answers as an xPL hub", XPL_PORT);
}

void network_on_time(struct core *core, int64_t now_ms)
{
    struct network *network = &core->network;
    if (now_ms >= network->bind_due_ms)
        try_bind(core, now_ms);
    if (now_ms >= network->ask_due_ms) {
        network->ask_due_ms = INT64_MAX;
        network->asked_ms = now_ms;
        network_say_presence(core, XPL_HBEAT_REQUEST);
    }
    if (xpl_heartbeat_on_time(&network->heartbeat, now_ms)) {
        tell_of_silence(core, now_ms);
        say_heartbeat(core);
        if (network->state == NETWORK_HUB) /* the hub that hears us is us */
            xpl_heartbeat_on_echo(&network->heartbeat, now_ms);
    }
    bool lives = network->heartbeat.connected ||
                 (network->is_mute && now_ms - network->forwarded_ms < NETWORK_MUTE_MS);
    if (network->state == NETWORK_CLIENT && !lives)
        set_state(core, NETWORK_SEARCHING,
                  network->is_mute ? "the hub is silent: " : "our heartbeat did not come back: ");
    size_t expired = xpl_hub_expire(network->hub, now_ms);
    if (expired) {
        network->clients_changed = true;
        if (network->state == NETWORK_HUB)
            count_n(core->counters, COUNT_HUB_EXPIRED, expired);
    }
    on_time_fragments(core, now_ms);
}
