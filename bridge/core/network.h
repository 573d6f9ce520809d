/* The xPL side: our role (hub or client), our heartbeats, the hub's clients, and what is ours.
 *
 *   hub        UDP 3865 is ours
 *   client     another hub serves us: our last heartbeat came back
 *   searching  neither; in the role `auto` the bind is tried every second
 */
#ifndef CORE_NETWORK_H
#define CORE_NETWORK_H

#include "xpl/heartbeat.h"
#include "xpl/hub.h"

#define NETWORK_BIND_MS 1000 /* between two tries to take the hub's port: it serves within two seconds */

struct core;

enum network_state { NETWORK_SEARCHING, NETWORK_CLIENT, NETWORK_HUB };

struct network {
    enum network_state state;
    struct xpl_hub *hub;
    struct xpl_heartbeat heartbeat;
    int64_t bind_due_ms;
    int bind_error; /* of the last try, to log a change once */
    bool online;    /* as published */
};

int network_init(struct core *core, int64_t now_ms);
void network_deinit(struct core *core);
void network_start(struct core *core, int64_t now_ms);
void network_stop(struct core *core, int64_t now_ms);

/* Takes a datagram through budget, parser and hub. True when it is a message that is not ours, in
 * core->message. */
bool network_on_datagram(struct core *core, struct xpl_slice datagram, struct xpl_endpoint from,
                         bool hub_socket, int64_t now_ms);
void network_on_address(struct core *core, int64_t now_ms);

int64_t network_deadline(const struct core *core);
void network_on_time(struct core *core, int64_t now_ms);

/* Puts a datagram on the network, counted. 0 or negative errno. */
int network_send(struct core *core, const char *data, size_t size);

struct xpl_presence network_presence(const struct core *core);

#endif
