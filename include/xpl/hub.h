/* The hub's table: which local programs get a copy of every xPL message. No socket, no clock: the owner reads
 * datagrams, tells them here, and forwards the bytes as received to the endpoints named here.
 *
 *     parse the datagram; what does not parse need not be forwarded
 *     xpl_hub_hear(hub, &message, sender, now);
 *     for each of xpl_hub_endpoints(hub, &n): send the received bytes
 *
 * A client is one IPv4 address and port of this computer, and is named by the `port` and `remote-ip` of its
 * heartbeats (the sending port is often another). Several devices may live behind one client: each is a
 * source of its own with its own interval, and the client stays as long as one of them does. A source that
 * announces its port under another address of this computer takes its client there: the address has changed.
 *
 * A newcomer is in the table when xpl_hub_hear returns, so it gets its own heartbeat back, which is how it
 * knows that there is a hub. A leaver is still in it for the message with which it leaves and gone at the
 * next call. So the list of endpoints is always the right one for the message heard last.
 *
 * Bounded, and nobody is ever pushed out: when the table is full, newcomers are refused until somebody leaves
 * or expires, so a storm of invented heartbeats harms none of the clients that are there.
 */
#ifndef XPL_HUB_H
#define XPL_HUB_H

#include "xpl/message.h"

#define XPL_HUB_CLIENTS_MAX  256 /* clients; more: refused */
#define XPL_HUB_SOURCES_MAX  16  /* sources of one client; more: refused, the client stays */
#define XPL_HUB_SOURCE_MAX   127 /* octets of a source; longer: refused */
#define XPL_INTERVAL_MAX     30  /* minutes between heartbeats; more is taken as this, 0 as 1 */
#define XPL_INTERVAL_DEFAULT 5   /* minutes, where a heartbeat names none or no number */

struct xpl_hub;

/* What a message did to the table. In every case it is to be forwarded. */
enum xpl_hub_result {
    XPL_HUB_NONE,            /* nothing: no heartbeat, one without a port, or the end of an unknown client */
    XPL_HUB_FOREIGN,         /* nothing: the heartbeat of a program on another computer */
    XPL_HUB_NEW,             /* a new client, or one that has another address now */
    XPL_HUB_KNOWN,           /* a client heard again, or another source of it */
    XPL_HUB_LEAVING,         /* a source leaves, and its client with it when it was the last */
    XPL_HUB_REFUSED_PORT,    /* port missing, no number, 0, over 65535, or 3865: the hub would hear itself */
    XPL_HUB_REFUSED_ADDRESS, /* remote-ip is no IPv4 address */
    XPL_HUB_REFUSED_SOURCE,  /* the source is longer than XPL_HUB_SOURCE_MAX */
    XPL_HUB_REFUSED_FULL,    /* XPL_HUB_CLIENTS_MAX clients, or XPL_HUB_SOURCES_MAX sources of this one */
};

/* "new", "refused-port" and so on. Static. */
const char *xpl_hub_result_name(enum xpl_hub_result result);

/* `is_local` says whether an address (host byte order) is one of this computer; it is not asked for
 * 127.0.0.0/8, which always is. NULL when memory is out. */
struct xpl_hub *xpl_hub_new(bool (*is_local)(void *context, uint32_t ip), void *context);
void xpl_hub_free(struct xpl_hub *hub);

/* Tells the table of a message and of the IPv4 address that it came from. To be called for every message that
 * is forwarded, heartbeat or not, before forwarding it.
 *
 * hbeat and config, .app and .basic, of any message type, register when both the sender and `remote-ip` are
 * local; without remote-ip, the sender's address is the client's. hbeat.end and config.end take the source
 * away, behind the port that they name or, without one, wherever it is. */
enum xpl_hub_result xpl_hub_hear(struct xpl_hub *hub, const struct xpl_message *message, uint32_t sender_ip,
                                 int64_t now_ms);

/* All clients, each once. Valid until the next call that changes the table. */
const struct xpl_endpoint *xpl_hub_endpoints(const struct xpl_hub *hub, size_t *ret_n);

/* When the next source expires, not heard for twice its interval and a minute; INT64_MAX when there is none.
 */
int64_t xpl_hub_deadline(const struct xpl_hub *hub);

/* Takes away what has expired. Returns how many clients expired. */
size_t xpl_hub_expire(struct xpl_hub *hub, int64_t now_ms);

/* Takes away the clients that `keep` does not answer for, and those that were leaving. Returns how many went.
 * For a hub that begins with a table it did not hear itself: is anybody there at all? */
size_t xpl_hub_keep(struct xpl_hub *hub, bool (*keep)(void *context, struct xpl_endpoint client),
                    void *context);

/* Bytes that an export needs at most. */
#define XPL_HUB_EXPORT_MAX (XPL_HUB_CLIENTS_MAX * XPL_HUB_SOURCES_MAX * (size_t)(XPL_HUB_SOURCE_MAX + 28))

/* Writes the table as text, a line "IP PORT INTERVAL SOURCE" for each source, no NUL, so that the next run
 * can serve its clients at once. Lines that do not fit are left out. Returns the bytes written. */
size_t xpl_hub_export(const struct xpl_hub *hub, char *buffer, size_t capacity);

/* Reads such lines as if each source had just been heard: those that are dead expire in their time. Each line
 * is judged like a heartbeat; what is refused, or is no such line, is counted in *ret_refused if not NULL.
 * Returns the number of sources taken. */
size_t xpl_hub_import(struct xpl_hub *hub, struct xpl_slice text, int64_t now_ms, size_t *ret_refused);

#endif
