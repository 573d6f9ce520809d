#include "core/network.h"

#include <errno.h>
#include <inttypes.h>

#include "core/core-private.h"

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
    *network = (struct network){ .bind_due_ms = INT64_MAX };
    network->hub = xpl_hub_new(is_local, core);
    if (!network->hub)
        return -ENOMEM;
    xpl_heartbeat_init(&network->heartbeat, core->options.interval, now_ms);
    return 0;
}

void network_deinit(struct core *core)
{
    xpl_hub_free(core->network.hub);
    core->network.hub = NULL;
}

int network_send(struct core *core, const char *data, size_t size)
{
    int r = core->sink.broadcast(core->sink.context, data, size);
    core_count(core, r < 0 ? COUNT_XPL_SEND_FAILED : COUNT_XPL_SENT);
    return r;
}

static void say(struct core *core, enum xpl_presence_kind kind)
{
    char datagram[XPL_MESSAGE_MAX];
    size_t size;
    struct xpl_presence presence = network_presence(core);
    if (presence.endpoint.ip == 0)
        return; /* no address to be reached at */
    if (xpl_presence_write(&presence, kind, datagram, sizeof(datagram), &size) == 0)
        network_send(core, datagram, size);
}

static const char *const state_texts[] = { "searching for an xPL hub", "served by the xPL hub of this host",
                                           "serving as the xPL hub of this host" };

static void set_state(struct core *core, enum network_state state)
{
    struct network *network = &core->network;
    if (state == network->state)
        return;
    network->state = state;
    core_log(core, LOG_XPL, LOG_LEVEL_INFO, "%s", state_texts[state]);
    report_network(core);
    report_info(core);
    core->health_due_ms = 0; /* a change of status is told at once */
}

/* ---- role ---- */

static void become_hub(struct core *core, int64_t now_ms)
{
    struct network *network = &core->network;
    size_t refused = 0;
    network->bind_due_ms = INT64_MAX;
    size_t taken = xpl_hub_import(network->hub, core->options.hub_clients, now_ms, &refused);
    core->options.hub_clients = xpl_slice(NULL, 0); /* true for the first time only */
    if (taken)
        core_log(core, LOG_XPL, LOG_LEVEL_INFO, "serving %zu clients remembered from the last run", taken);
    set_state(core, NETWORK_HUB);
    xpl_heartbeat_restart(&network->heartbeat, now_ms);
    say(core, XPL_HBEAT_REQUEST); /* who is there? */
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
    say(core, XPL_HBEAT_END);
    core->network.bind_due_ms = INT64_MAX;
}

void network_on_address(struct core *core, int64_t now_ms)
{
    xpl_heartbeat_restart(&core->network.heartbeat, now_ms);
    if (core->network.state == NETWORK_CLIENT)
        set_state(core, NETWORK_SEARCHING);
    if (core->network.online != core_is_online(core))
        report_network(core);
}

/* ---- time ---- */

int64_t network_deadline(const struct core *core)
{
    const struct network *network = &core->network;
    int64_t deadline = xpl_heartbeat_deadline(&network->heartbeat), hub = xpl_hub_deadline(network->hub);
    if (network->bind_due_ms < deadline)
        deadline = network->bind_due_ms;
    return network->state == NETWORK_HUB && hub < deadline ? hub : deadline;
}

void network_on_time(struct core *core, int64_t now_ms)
{
    struct network *network = &core->network;
    if (now_ms >= network->bind_due_ms)
        try_bind(core, now_ms);
    if (xpl_heartbeat_on_time(&network->heartbeat, now_ms)) {
        say(core, XPL_HBEAT_APP);
        if (network->state == NETWORK_HUB) /* the hub that hears us is us */
            xpl_heartbeat_on_echo(&network->heartbeat, now_ms);
    }
    if (network->state == NETWORK_CLIENT && !network->heartbeat.connected)
        set_state(core, NETWORK_SEARCHING);
    if (network->state == NETWORK_HUB)
        count_n(core->counters, COUNT_HUB_EXPIRED, xpl_hub_expire(network->hub, now_ms));
}

/* ---- datagrams ---- */

static bool is_allowed(const struct core *core, uint32_t ip)
{
    for (size_t i = 0; i < core->options.n_allow; i++)
        if ((ip & core->options.allow[i].mask) == core->options.allow[i].ip)
            return true;
    return core->options.n_allow == 0 || core->sink.is_local(core->sink.context, ip);
}

static void forward(struct core *core, struct xpl_slice datagram, struct xpl_endpoint from, int64_t now_ms)
{
    size_t n;
    enum xpl_hub_result result = xpl_hub_hear(core->network.hub, &core->message, from.ip, now_ms);
    if (result >= XPL_HUB_REFUSED_PORT) {
        core_count(core, COUNT_HUB_REFUSED);
        core_log(core, LOG_XPL, LOG_LEVEL_DEBUG, "heartbeat of %.*s not registered: %s",
                 XPL_SLICE_ARGS(core->message.source.text), xpl_hub_result_name(result));
    }
    const struct xpl_endpoint *endpoints = xpl_hub_endpoints(core->network.hub, &n);
    for (size_t i = 0; i < n; i++) {
        if (endpoints[i].port == core->options.own.port && is_local(core, endpoints[i].ip))
            continue; /* that is this process: it has the message already */
        int r = core->sink.forward(core->sink.context, endpoints[i], datagram.data, datagram.size);
        core_count(core, r < 0 ? COUNT_HUB_FORWARD_FAILED : COUNT_HUB_FORWARDED);
    }
}

static bool take_budget(struct core *core, struct xpl_endpoint from, int64_t now_ms)
{
    enum flood_answer answer = flood_take(&core->flood, from.ip, now_ms);
    if (answer == FLOOD_DROP_FIRST) {
        char ip[XPL_IP_TEXT_MAX];
        xpl_ip_format(ip, from.ip);
        core_log(core, LOG_XPL, LOG_LEVEL_WARNING,
                 "%s sends more than %d messages a second: the rest is dropped", ip, core->options.flood);
    }
    return answer == FLOOD_PASS;
}

static bool is_own(struct core *core, int64_t now_ms)
{
    struct network *network = &core->network;
    struct xpl_presence presence = network_presence(core);
    if (!xpl_slice_equal_nocase(core->message.source.text, presence.source))
        return false;
    core_count(core, COUNT_XPL_OWN);
    if (network->state != NETWORK_HUB && xpl_presence_is_echo(&presence, &core->message)) {
        xpl_heartbeat_on_echo(&network->heartbeat, now_ms);
        if (network->state == NETWORK_SEARCHING && network->heartbeat.connected)
            set_state(core, NETWORK_CLIENT);
    }
    return true;
}

bool network_on_datagram(struct core *core, struct xpl_slice datagram, struct xpl_endpoint from,
                         bool hub_socket, int64_t now_ms)
{
    core_count(core, COUNT_XPL_RECEIVED);
    if (!is_allowed(core, from.ip)) {
        core_count(core, COUNT_XPL_DENIED);
        return false;
    }
    if (!take_budget(core, from, now_ms)) {
        core_count(core, COUNT_XPL_FLOODED);
        return false;
    }
    int error = xpl_message_parse(&core->message, datagram.data, datagram.size);
    if (error) {
        core_count(core, COUNT_XPL_MALFORMED);
        core_count(core, COUNT_MALFORMED_EMPTY + (enum counter)(error - XPL_E_EMPTY));
        core_log(core, LOG_XPL, LOG_LEVEL_DEBUG, "not xPL: %s", xpl_error_text(error));
        return false;
    }
    if (hub_socket)
        forward(core, datagram, from, now_ms);
    if (is_own(core, now_ms))
        return false;
    struct xpl_presence presence = network_presence(core);
    if (xpl_presence_is_request(&presence, &core->message))
        xpl_heartbeat_on_request(&core->network.heartbeat, now_ms, core->sink.random(core->sink.context));
    return true;
}
