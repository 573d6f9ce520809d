/* The xPL side: our role (hub or client), our heartbeats and the hub's clients. What is heard: heard.h.
 *
 *   hub        UDP 3865 is ours
 *   client     another hub serves us: our last heartbeat came back, or others' messages come
 *   searching  neither; in the roles `auto` and `hub` the bind is tried every second
 *
 * As a client we keep the hub's table all the same, out of what the other hub forwards: when it goes and we
 * take the port, its clients are served from the first message on.
 */
#ifndef CORE_NETWORK_H
#define CORE_NETWORK_H

#include "core/fragments.h"
#include "xpl/heartbeat.h"
#include "xpl/hub.h"

#define NETWORK_BIND_MS      1000 /* between two tries to take the hub's port: it serves within two seconds */
#define NETWORK_BIND_SOON_MS 50   /* from somebody's leaving to a try: it may have been the hub */

#define NETWORK_CLIENTS_MANY 32 /* more than any house has on one computer */
#define NETWORK_NEWCOMERS    16 /* after as many, or NETWORK_CLEAR_MS, it is looked who is really there */
#define NETWORK_CLEAR_MS     1000

#define NETWORK_ASK_MS 5000 /* addresses may come and go: between two questions who is there */

/* After so long the clients of the last run are known anew, or gone. */
#define NETWORK_RECALL_MS (11 * 60000)
/* Twice the usual interval of heartbeats and a minute: somebody will have said something. */
#define NETWORK_MUTE_MS (11 * 60000)

struct core;

enum network_state { NETWORK_SEARCHING, NETWORK_CLIENT, NETWORK_HUB };

struct network {
    enum network_state state;
    struct xpl_hub *hub;
    struct xpl_heartbeat heartbeat;
    struct fragments fragments;
    int64_t bind_due_ms, cleared_ms;
    int64_t ask_due_ms, asked_ms;  /* who is there, after an address came */
    unsigned newcomers;            /* since cleared_ms */
    int bind_error;                /* of the last try, to log a change once */
    struct xpl_endpoint announced; /* where our heartbeats said that we are */
    uint32_t served_by;            /* as a client: the hub's address, 0 for one of this host */
    bool is_mute; /* the hub that serves us does not echo: NETWORK_MUTE_MS without a word, and it is gone */
    int64_t forwarded_ms; /* when it last brought something */
    bool online;          /* as published */
    bool has_asked;       /* as a client: who is there */
    bool clients_changed; /* since core_hub_has_changed was asked */
    bool name_is_taken;   /* by another program: was said */
    bool told_of_silence; /* in this search: that nobody answers */
    bool told_of_allow;   /* that it means nothing to a client */
};

int network_init(struct core *core, int64_t now_ms);
void network_deinit(struct core *core);
void network_start(struct core *core, int64_t now_ms);
/* Says goodbye, passes on what had come by then, and gives the port back. */
void network_stop(struct core *core, int64_t now_ms);
void network_on_address(struct core *core, int64_t now_ms);
/* Where a client of the hub gets its messages. What was an address of this host may be another computer's by
 * now, but a program that was there hears most likely on all of them, the loopback address as well. */
struct xpl_endpoint network_reach(const struct core *core, struct xpl_endpoint client);

/* From heard.c: our heartbeat came back, through a hub at that address (0: of this host). */
void network_on_echo(struct core *core, uint32_t hub_ip, int64_t now_ms);
/* A message of somebody else came to our own port from this host: a hub serves us, even one that keeps our
 * heartbeats for itself (one kind does). */
void network_on_forwarded(struct core *core, int64_t now_ms);
/* There is a new client, or no room for one. When there are many, those go whose port nobody has, so that a
 * program that announces a thousand ports does not have us send everything a thousand times. True: some went.
 */
bool network_clear_out(struct core *core, int64_t now_ms);
/* A message that is not ours. */
void network_on_message(struct core *core, const struct xpl_message *message, struct xpl_endpoint from,
                        int64_t now_ms);
/* core->message is part of a larger one. True: it was the last, and *ret is the whole. */
bool network_on_part(struct core *core, struct xpl_slice datagram, struct xpl_slice *ret, int64_t now_ms);

int64_t network_deadline(const struct core *core);
void network_on_time(struct core *core, int64_t now_ms);

/* Puts a datagram of ours on the network, counted. 0 or negative errno. */
int network_send(struct core *core, const char *data, size_t size);
/* Writes the message and sends it. 0, negative errno, or a positive enum xpl_error. */
int network_say(struct core *core, const struct xpl_message *message);
/* A heartbeat or the like, under our name as it is now. */
void network_say_presence(struct core *core, enum xpl_presence_kind kind);

struct xpl_presence network_presence(const struct core *core);

#endif
