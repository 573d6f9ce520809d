/* Core out of the settings: who we are, where we speak from, and what was remembered. */
#include <stdlib.h>

#include "daemon-private.h"
#include "io/io.h"

#define HEARTBEAT_MIN 5

/* Chooses the address to speak from. What was named and is not there is not replaced by another. */
struct xpl_endpoint daemon_choose_address(struct daemon *daemon)
{
    const struct settings *settings = daemon->settings;
    char broadcast[XPL_IP_TEXT_MAX] = "";
    struct addresses_choice choice;
    if (settings->xpl.broadcast)
        xpl_ip_format(broadcast, settings->xpl.broadcast);
    int r = addresses_choose(interfaces_addresses(daemon->interfaces), settings->xpl.interface, broadcast,
                             &choice);
    if (r != ADDRESSES_OK && !daemon->absent)
        log_warning(LOG_XPL, "interface %s is not there: the xPL side is down until it is",
                    settings->xpl.interface ? settings->xpl.interface : broadcast);
    daemon->absent = r != ADDRESSES_OK;
    if (daemon->absent)
        return (struct xpl_endpoint){ 0 };
    char ip[XPL_IP_TEXT_MAX], to[XPL_IP_TEXT_MAX];
    xpl_ip_format(ip, choice.ip);
    xpl_ip_format(to, choice.broadcast);
    log_info(LOG_XPL, "speaking from %s (%s) to %s", ip, choice.name, to);
    xplsocket_aim(daemon->socket, choice.broadcast, choice.index);
    return (struct xpl_endpoint){ choice.ip, xplsocket_port(daemon->socket) };
}

int daemon_open_core(struct daemon *daemon)
{
    const struct settings *settings = daemon->settings;
    static const enum core_role roles[] = {
        [SETTINGS_ROLE_AUTO] = CORE_ROLE_AUTO,
        [SETTINGS_ROLE_HUB] = CORE_ROLE_HUB,
        [SETTINGS_ROLE_CLIENT] = CORE_ROLE_CLIENT,
    };
    static const enum discovery_homeassistant forms[] = {
        [SETTINGS_HA_OFF] = DISCOVERY_HA_OFF,
        [SETTINGS_HA_COMPONENT] = DISCOVERY_HA_COMPONENT,
        [SETTINGS_HA_DEVICE] = DISCOVERY_HA_DEVICE,
    };
    static const enum discovery_homie homies[] = {
        [SETTINGS_HOMIE_OFF] = DISCOVERY_HOMIE_OFF,
        [SETTINGS_HOMIE_4] = DISCOVERY_HOMIE_4,
        [SETTINGS_HOMIE_5] = DISCOVERY_HOMIE_5,
    };
    char *clients = NULL, *remote = NULL, *things = NULL, *announced = NULL;
    char source[XPL_ADDRESS_MAX + 16];
    snprintf(source, sizeof(source), "xplmqtt-bridge.%s", settings->xpl.instance);
    struct core_network allow[LIMIT_NETWORKS];
    for (size_t i = 0; i < settings->xpl.n_allow; i++)
        allow[i] = (struct core_network){ settings->xpl.allow[i].ip, settings->xpl.allow[i].mask };
    struct core_options options = {
        .version = XPLMQTT_VERSION,
        .prefix = settings->mqtt.prefix,
        .source = source,
        .role = roles[settings->xpl.role],
        .own = daemon_choose_address(daemon),
        .interval = HEARTBEAT_MIN,
        .flood = settings->xpl.flood,
        .forward_malformed = settings->xpl.forward_malformed,
        .allow = allow,
        .n_allow = settings->xpl.n_allow,
        .groups = settings->xpl.groups,
        .n_groups = settings->xpl.n_groups,
        .raw = settings->mqtt.raw,
        .raw_send = settings->mqtt.raw_send,
        .tunnel = settings->xpl.tunnel,
        .tunnel_member = settings->xpl.instance,
        .remote = daemon_recall(daemon, CORE_FILE_REMOTE, &remote),
        .hub_clients = daemon_recall_clients(daemon, &clients),
        .discovery = { .homeassistant = forms[settings->discovery.homeassistant],
                       .homie = homies[settings->discovery.homie],
                       .ask = settings->discovery.announce == SETTINGS_ANNOUNCE_ASK,
                       .after = (unsigned)settings->discovery.announce_after,
                       .limit = (unsigned)settings->discovery.limit,
                       .things = daemon_recall(daemon, CORE_FILE_THINGS, &things),
                       .announced = daemon_recall(daemon, CORE_FILE_ANNOUNCED, &announced) },
        .made_topics = daemon_recall_topics(daemon),
        .devices = daemon_recall_devices(daemon),
    };
    struct sink sink = daemon_sink(daemon);
    int r = core_new(&daemon->core, &options, daemon->mapping, &sink, &daemon->counters, io_now_ms(),
                     io_wall_ms());
    free(clients);
    free(remote);
    free(things);
    free(announced);
    if (r < 0)
        log_error(LOG_DAEMON, "out of memory");
    return r;
}
