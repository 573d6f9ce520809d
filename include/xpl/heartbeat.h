/* Our own presence on the network: when a heartbeat is due, whether the hub still serves us, and the bodies
 * to send.
 *
 * A client finds its hub by hearing its own heartbeat come back. Until then it says one every 3 s for 2
 * minutes and every 30 s after that, for ever (what the xPL project's hub specification asks and most
 * implementations do). Once connected it says one every `interval` minutes, and when an echo is missing for 5
 * s it searches again, fast, since many hubs forget their clients when they restart. A hbeat.request is
 * answered by one heartbeat after a random 2 to 6 s, however many come meanwhile.
 *
 *     searching --echo--> connected --no echo of a later heartbeat in 5 s--> searching
 *
 * The owner sends when xpl_heartbeat_on_time says so, asks it again at xpl_heartbeat_deadline, and passes on
 * what it hears. Time is monotonic, in milliseconds; chance is any random number.
 */
#ifndef XPL_HEARTBEAT_H
#define XPL_HEARTBEAT_H

#include "xpl/message.h"

#define XPL_HEARTBEAT_FAST         3000   /* ms between heartbeats while searching */
#define XPL_HEARTBEAT_FAST_FOR     120000 /* ms that a search stays fast: 40 heartbeats */
#define XPL_HEARTBEAT_SLOW         30000  /* ms between heartbeats after that */
#define XPL_HEARTBEAT_ECHO         5000   /* ms that an echo may take */
#define XPL_HEARTBEAT_ANSWER_MIN   2000   /* ms from a request to its answer */
#define XPL_HEARTBEAT_ANSWER_MAX   6000
#define XPL_HEARTBEAT_INTERVAL_MIN 5 /* minutes; a configured interval is brought into these bounds */
#define XPL_HEARTBEAT_INTERVAL_MAX 30

struct xpl_heartbeat {
    bool connected;     /* for reading: our last heartbeat came back, or may still do so */
    unsigned interval;  /* for reading: minutes, as it is to be announced */
    int64_t search_ms;  /* when the search began */
    int64_t due_ms;     /* next heartbeat of the regular kind */
    int64_t answer_ms;  /* next heartbeat as an answer; INT64_MAX: none asked for */
    int64_t missing_ms; /* when the echo awaited counts as missing; INT64_MAX: none awaited */
};

/* Searching, the first heartbeat being due at once. */
void xpl_heartbeat_init(struct xpl_heartbeat *heartbeat, unsigned interval_minutes, int64_t now_ms);

/* Searches anew, as after a change of address or when this computer's hub was seen to go. */
void xpl_heartbeat_restart(struct xpl_heartbeat *heartbeat, int64_t now_ms);

/* When xpl_heartbeat_on_time has something to do. Never INT64_MAX. */
int64_t xpl_heartbeat_deadline(const struct xpl_heartbeat *heartbeat);

/* True: send one heartbeat now. At most one is due however late the call. `connected` may become false. */
bool xpl_heartbeat_on_time(struct xpl_heartbeat *heartbeat, int64_t now_ms);

/* Our own heartbeat came back (xpl_presence_is_echo). Returns true when that made us connected. */
bool xpl_heartbeat_on_echo(struct xpl_heartbeat *heartbeat, int64_t now_ms);

/* Somebody asked for heartbeats (xpl_presence_is_request). */
void xpl_heartbeat_on_request(struct xpl_heartbeat *heartbeat, int64_t now_ms, uint32_t chance);

/* Who we are. Slices borrow. */
struct xpl_presence {
    struct xpl_slice source;      /* a strict address */
    struct xpl_endpoint endpoint; /* where we receive: an address of ours, and our own port, never XPL_PORT */
    unsigned interval;            /* minutes */
    struct xpl_slice version;     /* free text without control characters; left out when empty */
};

enum xpl_presence_kind {
    XPL_HBEAT_APP,     /* here we are */
    XPL_HBEAT_END,     /* we go */
    XPL_HBEAT_REQUEST, /* who is there? */
    XPL_CONFIG_APP,    /* here we are, and wait to be configured */
    XPL_CONFIG_END,    /* we go, unconfigured, or are now configured */
};

/* Writes the datagram of that kind. Errors as of xpl_message_format, and XPL_E_VALUE for a port of 0 or
 * XPL_PORT: hubs that take such a client send to themselves without end. *ret_size stays untouched then. */
int xpl_presence_write(const struct xpl_presence *presence, enum xpl_presence_kind kind, char *buffer,
                       size_t capacity, size_t *ret_size);

/* Whether the message is our own hbeat.app or config.app coming back: our source, port and address, so that a
 * second program of the same name is not taken for us. */
bool xpl_presence_is_echo(const struct xpl_presence *presence, const struct xpl_message *message);

/* Whether the message asks us for a heartbeat: a hbeat.request command to all or to us. */
bool xpl_presence_is_request(const struct xpl_presence *presence, const struct xpl_message *message);

#endif
