/* The walk: allowed? by the way that it should come? within the budget? xPL? -> forwarded, as the hub ->
 * ours?
 * -> into the tunnel -> a heartbeat asked for, or configuration -> part of a larger message? -> filtered?
 *
 * The hub comes before anything that the bridge does, and forwards the bytes as received. */
#include "core/heard.h"

#include "core/core-private.h"

static bool is_local(const struct core *core, uint32_t ip)
{
    return core->sink.is_local(core->sink.context, ip);
}

static bool is_allowed(const struct core *core, uint32_t ip)
{
    for (size_t i = 0; i < core->options.n_allow; i++)
        if ((ip & core->options.allow[i].mask) == core->options.allow[i].ip)
            return true;
    return core->options.n_allow == 0 || is_local(core, ip);
}

/* Our own port is for what the hub of this host forwards. A hub elsewhere that takes the sender of our
 * heartbeats for its client (one kind does) would bring everything a second time. */
static bool is_second_way(const struct core *core, uint32_t ip, bool hub_socket)
{
    const struct network *network = &core->network;
    if (hub_socket || network->state == NETWORK_SEARCHING || is_local(core, ip))
        return false;
    return network->state == NETWORK_HUB || network->served_by != ip;
}

static bool take_budget(struct core *core, uint32_t ip, int64_t now_ms)
{
    enum flood_answer answer = flood_take(&core->flood, ip, now_ms);
    if (answer == FLOOD_DROP_FIRST) {
        char text[XPL_IP_TEXT_MAX];
        xpl_ip_format(text, ip);
        core_log(core, LOG_XPL, LOG_LEVEL_WARNING,
                 "%s sends more than %d messages a second, or too many do at once: the rest is dropped", text,
                 core->options.flood);
    }
    return answer == FLOOD_PASS;
}

/* ---- the hub ---- */

static void hear(struct core *core, uint32_t ip, int64_t now_ms)
{
    enum xpl_hub_result result = xpl_hub_hear(core->network.hub, &core->message, ip, now_ms);
    if ((result == XPL_HUB_NEW || result == XPL_HUB_REFUSED_FULL) && network_clear_out(core, now_ms) &&
        result == XPL_HUB_REFUSED_FULL)
        result = xpl_hub_hear(core->network.hub, &core->message, ip, now_ms);
    core->network.clients_changed |= result == XPL_HUB_NEW || result == XPL_HUB_LEAVING;
    if (core->network.state == NETWORK_HUB && result >= XPL_HUB_REFUSED_PORT) {
        core_count(core, COUNT_HUB_REFUSED);
        core_log(core, LOG_XPL, LOG_LEVEL_DEBUG, "heartbeat of %.*s not registered: %s",
                 XPL_SLICE_ARGS(core->message.source.text), xpl_hub_result_name(result));
    }
}

static void forward(struct core *core, struct xpl_slice datagram)
{
    size_t n;
    const struct xpl_endpoint *endpoints = xpl_hub_endpoints(core->network.hub, &n);
    for (size_t i = 0; i < n; i++) {
        if (endpoints[i].port == core->options.own.port && is_local(core, endpoints[i].ip))
            continue; /* that is this process: it has the message already */
        struct xpl_endpoint to = network_reach(core, endpoints[i]);
        int r = core->sink.forward(core->sink.context, to, datagram.data, datagram.size);
        core_count(core, r < 0 ? COUNT_HUB_FORWARD_FAILED : COUNT_HUB_FORWARDED);
    }
}

/* ---- ours ---- */

/* A message under our name: our own, come back, or another program's. */
static void on_own(struct core *core, struct xpl_endpoint from, int64_t now_ms)
{
    struct network *network = &core->network;
    struct xpl_presence presence = network_presence(core);
    const struct xpl_item *port = xpl_message_item(&core->message, XPL_SLICE("port"));
    char own_port[16];
    snprintf(own_port, sizeof(own_port), "%u", core->options.own.port);
    if (xpl_presence_is_echo(&presence, &core->message)) {
        if (network->state != NETWORK_HUB)
            network_on_echo(core, is_local(core, from.ip) ? 0 : from.ip, now_ms);
    } else if (port && !xpl_slice_equal(port->value, xpl_slice_from(own_port)) && !network->name_is_taken &&
               xpl_slice_equal_nocase(core->message.schema, XPL_SLICE("hbeat.app"))) {
        struct xpl_slice name = core->message.source.text;
        network->name_is_taken = true;
        core_log(core, LOG_XPL, LOG_LEVEL_WARNING,
                 "another program on this network calls itself %.*s as we %s, and is not listened to: give "
                 "one of them another instance",
                 XPL_SLICE_ARGS(name), xpl_slice_equal_nocase(name, presence.source) ? "do" : "did");
    }
    core_count(core, COUNT_XPL_OWN);
}

/* ---- the walk ---- */

static bool parse(struct core *core, struct xpl_slice datagram)
{
    int error = xpl_message_parse(&core->message, datagram.data, datagram.size);
    if (!error)
        return true;
    core_count(core, COUNT_XPL_MALFORMED);
    core_count(core, COUNT_MALFORMED_EMPTY + (enum counter)(error - XPL_E_EMPTY));
    core_log(core, LOG_XPL, LOG_LEVEL_DEBUG, "not xPL: %s", xpl_error_text(error));
    return false;
}

static enum counter why_not(struct core *core, struct xpl_endpoint from, bool hub_socket, int64_t now_ms)
{
    if (!is_allowed(core, from.ip))
        return COUNT_XPL_DENIED;
    if (is_second_way(core, from.ip, hub_socket))
        return COUNT_XPL_DUPLICATE;
    return take_budget(core, from.ip, now_ms) ? COUNTERS : COUNT_XPL_FLOODED;
}

bool heard_on_datagram(struct core *core, struct xpl_slice *datagram, struct xpl_endpoint from,
                       bool hub_socket, int64_t now_ms)
{
    core_count(core, COUNT_XPL_RECEIVED);
    enum counter reason = why_not(core, from, hub_socket, now_ms);
    if (reason != COUNTERS) {
        core_count(core, reason);
        return false;
    }
    if (!parse(core, *datagram)) {
        if (hub_socket && core->options.forward_malformed)
            forward(core, *datagram);
        return false;
    }
    bool own = remote_is_own_name(core, core->message.source.text);
    bool from_afar = !own && tunnel_is_copy(core, &core->message, now_ms);
    /* As another hub's client we hear the same heartbeats: should it go, we know whom to serve. What is told
     * for somebody far away is no client here, whatever address it names. */
    if (hub_socket || is_local(core, from.ip))
        hear(core, own || from_afar ? 0 : from.ip, now_ms);
    if (hub_socket)
        forward(core, *datagram);
    if (own) {
        on_own(core, from, now_ms);
        return false;
    }
    if (!hub_socket && is_local(core, from.ip))
        network_on_forwarded(core, now_ms);
    if (!from_afar)
        tunnel_on_message(core, &core->message, *datagram, now_ms);
    network_on_message(core, &core->message, from, now_ms);
    remote_on_message(core, &core->message, now_ms);
    if (fragments_is_part(&core->message)) {
        core_count(core, COUNT_XPL_FRAGMENT);
        if (!network_on_part(core, *datagram, datagram, now_ms) || !parse(core, *datagram))
            return false;
    }
    if (remote_wants(core, &core->message))
        return true;
    core_count(core, COUNT_XPL_FILTERED);
    return false;
}
