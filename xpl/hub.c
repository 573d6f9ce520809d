/* The hub's table: hearing heartbeats, and taking away what left or fell silent.
 *
 * The walk: apply the ends that the message before this one said; is it a heartbeat? of this computer? then
 * add, refresh or mark as leaving. Searches are linear over at most 256 endpoints of 8 bytes: a heartbeat is
 * rare, and other messages search nothing.
 *
 * A heartbeat counts only when the UDP sender is this computer as well. Programs elsewhere do announce
 * 127.0.0.1 or 127.0.1.1 in broadcasts, and nobody on the network may fill or empty our table.
 */
#include "hub-private.h"

#include <stdlib.h>

#include "scan.h"

const char *xpl_hub_result_name(enum xpl_hub_result result)
{
    static const char *const names[] = {
        [XPL_HUB_NONE] = "none",
        [XPL_HUB_FOREIGN] = "foreign",
        [XPL_HUB_NEW] = "new",
        [XPL_HUB_KNOWN] = "known",
        [XPL_HUB_LEAVING] = "leaving",
        [XPL_HUB_REFUSED_PORT] = "refused-port",
        [XPL_HUB_REFUSED_ADDRESS] = "refused-address",
        [XPL_HUB_REFUSED_SOURCE] = "refused-source",
        [XPL_HUB_REFUSED_FULL] = "refused-full",
    };
    return names[result];
}

struct xpl_hub *xpl_hub_new(bool (*is_local)(void *context, uint32_t ip), void *context)
{
    struct xpl_hub *hub = calloc(1, sizeof(*hub));
    if (!hub)
        return NULL;
    hub->is_local = is_local;
    hub->context = context;
    hub->deadline_ms = INT64_MAX;
    return hub;
}

void xpl_hub_free(struct xpl_hub *hub)
{
    free(hub);
}

bool hub_is_local(const struct xpl_hub *hub, uint32_t ip)
{
    return ip >> 24 == 127 || (ip != 0 && hub->is_local(hub->context, ip));
}

/* --- The table
 * --------------------------------------------------------------------------------------------------- */

static struct hub_client *find_client(struct xpl_hub *hub, struct xpl_endpoint endpoint)
{
    for (size_t i = 0; i < hub->n_clients; i++)
        if (hub->endpoints[i].ip == endpoint.ip && hub->endpoints[i].port == endpoint.port)
            return &hub->clients[i];
    return NULL;
}

static struct hub_source *find_source(struct hub_client *client, struct xpl_slice source)
{
    for (size_t i = 0; i < client->n_sources; i++)
        if (xpl_slice_equal_nocase(xpl_slice(client->sources[i].text, client->sources[i].size), source))
            return &client->sources[i];
    return NULL;
}

static int64_t expires(const struct hub_source *source)
{
    return source->heard_ms + (2 * (int64_t)source->interval + 1) * 60000;
}

static int64_t first_expiry(const struct xpl_hub *hub)
{
    int64_t first = INT64_MAX;
    for (size_t i = 0; i < hub->n_clients; i++)
        for (size_t k = 0; k < hub->clients[i].n_sources; k++)
            if (expires(&hub->clients[i].sources[k]) < first)
                first = expires(&hub->clients[i].sources[k]);
    return first;
}

/* Takes away the sources that leave, those that have expired by `now_ms`, and the clients without one.
 * Returns how many clients went. */
#define NOBODY_EXPIRED INT64_MIN
static size_t sweep(struct xpl_hub *hub, int64_t now_ms)
{
    size_t n_before = hub->n_clients;
    if (!hub->someone_leaves && now_ms < hub->deadline_ms)
        return 0;
    for (size_t i = hub->n_clients; i-- > 0;) {
        struct hub_client *client = &hub->clients[i];
        for (size_t k = client->n_sources; k-- > 0;)
            if (client->sources[k].leaving || now_ms >= expires(&client->sources[k]))
                client->sources[k] = client->sources[--client->n_sources];
        if (client->n_sources)
            continue;
        hub->n_clients--;
        hub->endpoints[i] = hub->endpoints[hub->n_clients];
        *client = hub->clients[hub->n_clients];
    }
    hub->someone_leaves = false;
    hub->deadline_ms = first_expiry(hub);
    return n_before - hub->n_clients;
}

/* The same source behind the same port under another address of this computer is one program, whose address
 * has changed: its entry follows, so that it gets nothing twice. True: a client has another address now. */
static bool follow(struct xpl_hub *hub, struct xpl_endpoint to, struct xpl_slice source)
{
    bool is_taken = find_client(hub, to);
    for (size_t i = 0; i < hub->n_clients; i++) {
        if (hub->endpoints[i].port != to.port || hub->endpoints[i].ip == to.ip)
            continue;
        struct hub_source *entry = find_source(&hub->clients[i], source);
        if (!entry)
            continue;
        if (is_taken) {
            entry->leaving = hub->someone_leaves = true;
            sweep(hub, NOBODY_EXPIRED);
        } else {
            hub->endpoints[i] = to; /* with its other sources */
        }
        return !is_taken;
    }
    return false;
}

enum xpl_hub_result hub_add(struct xpl_hub *hub, uint32_t ip, uint32_t port, uint32_t interval,
                            struct xpl_slice source, int64_t now_ms)
{
    if (port == 0 || port > UINT16_MAX || port == XPL_PORT)
        return XPL_HUB_REFUSED_PORT;
    if (source.size > XPL_HUB_SOURCE_MAX)
        return XPL_HUB_REFUSED_SOURCE;

    struct xpl_endpoint endpoint = { ip, (uint16_t)port };
    enum xpl_hub_result result = follow(hub, endpoint, source) ? XPL_HUB_NEW : XPL_HUB_KNOWN;
    struct hub_client *client = find_client(hub, endpoint);
    if (!client) {
        if (hub->n_clients == XPL_HUB_CLIENTS_MAX)
            return XPL_HUB_REFUSED_FULL;
        result = XPL_HUB_NEW;
        hub->endpoints[hub->n_clients] = endpoint;
        client = &hub->clients[hub->n_clients++];
        client->n_sources = 0;
    }
    struct hub_source *entry = find_source(client, source);
    if (!entry) {
        if (client->n_sources == XPL_HUB_SOURCES_MAX)
            return XPL_HUB_REFUSED_FULL;
        entry = &client->sources[client->n_sources++];
        entry->interval = 0; /* not known yet */
        memcpy(entry->text, source.data, source.size);
        entry->size = (uint8_t)source.size;
    }
    bool was_first = entry->interval && expires(entry) == hub->deadline_ms;
    entry->leaving = false;
    entry->interval = (uint8_t)(interval < 1 ? 1 : interval > XPL_INTERVAL_MAX ? XPL_INTERVAL_MAX : interval);
    entry->heard_ms = now_ms;
    if (was_first)
        hub->deadline_ms = first_expiry(hub);
    else if (expires(entry) < hub->deadline_ms)
        hub->deadline_ms = expires(entry);
    return result;
}

/* --- Hearing
 * ----------------------------------------------------------------------------------------------------- */

enum beat { BEAT_NONE, BEAT_APP, BEAT_BASIC, BEAT_END };

static enum beat beat_of(const struct xpl_message *message)
{
    if (!xpl_slice_equal_nocase(message->schema_class, XPL_SLICE("hbeat")) &&
        !xpl_slice_equal_nocase(message->schema_class, XPL_SLICE("config")))
        return BEAT_NONE;
    if (xpl_slice_equal_nocase(message->schema_type, XPL_SLICE("app")))
        return BEAT_APP;
    if (xpl_slice_equal_nocase(message->schema_type, XPL_SLICE("basic")))
        return BEAT_BASIC;
    return xpl_slice_equal_nocase(message->schema_type, XPL_SLICE("end")) ? BEAT_END : BEAT_NONE;
}

/* The item's value without blanks around it; empty when there is none. */
static struct xpl_slice value_of(const struct xpl_message *message, const char *name)
{
    const struct xpl_item *item = xpl_message_item(message, xpl_slice_from(name));
    return item ? scan_trim(item->value) : XPL_SLICE("");
}

static enum xpl_hub_result leave(struct xpl_hub *hub, struct xpl_slice source, const uint32_t *port)
{
    for (size_t i = 0; i < hub->n_clients; i++) {
        struct hub_source *entry = find_source(&hub->clients[i], source);
        if (entry && (!port || hub->endpoints[i].port == *port))
            entry->leaving = hub->someone_leaves = true;
    }
    return hub->someone_leaves ? XPL_HUB_LEAVING : XPL_HUB_NONE;
}

enum xpl_hub_result xpl_hub_hear(struct xpl_hub *hub, const struct xpl_message *message, uint32_t sender_ip,
                                 int64_t now_ms)
{
    if (hub->someone_leaves)
        sweep(hub, NOBODY_EXPIRED);
    enum beat beat = beat_of(message);
    if (beat == BEAT_NONE)
        return XPL_HUB_NONE;
    if (!hub_is_local(hub, sender_ip))
        return XPL_HUB_FOREIGN;

    uint32_t ip = sender_ip, port = 0, interval;
    struct xpl_slice ip_text = value_of(message, "remote-ip"), port_text = value_of(message, "port");
    if (ip_text.size && xpl_ip_parse(ip_text, &ip))
        return XPL_HUB_REFUSED_ADDRESS;
    if (!hub_is_local(hub, ip))
        return XPL_HUB_FOREIGN;
    bool has_port = scan_number(port_text, &port);
    if (beat == BEAT_END)
        return leave(hub, message->source.text, has_port ? &port : NULL);
    if (beat == BEAT_BASIC && !port_text.size)
        return XPL_HUB_NONE;
    if (!scan_number(value_of(message, "interval"), &interval))
        interval = XPL_INTERVAL_DEFAULT;
    return hub_add(hub, ip, port, interval, message->source.text, now_ms);
}

const struct xpl_endpoint *xpl_hub_endpoints(const struct xpl_hub *hub, size_t *ret_n)
{
    *ret_n = hub->n_clients;
    return hub->endpoints;
}

int64_t xpl_hub_deadline(const struct xpl_hub *hub)
{
    return hub->deadline_ms;
}

size_t xpl_hub_expire(struct xpl_hub *hub, int64_t now_ms)
{
    sweep(hub, NOBODY_EXPIRED);
    return sweep(hub, now_ms);
}

size_t xpl_hub_keep(struct xpl_hub *hub, bool (*keep)(void *context, struct xpl_endpoint client),
                    void *context)
{
    for (size_t i = 0; i < hub->n_clients; i++)
        if (!keep(context, hub->endpoints[i])) {
            hub->clients[i].n_sources = 0;
            hub->someone_leaves = true;
        }
    return sweep(hub, NOBODY_EXPIRED);
}
