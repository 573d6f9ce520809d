/* The core decides. Bytes and time come in, effects go out through the sink; nothing here waits, sleeps or
 * asks what time it is, so that a test can live through a year in a second.
 *
 * A message's walk (walk.c): heard.c (flood, parse, hub, ours?) -> devices.c (who is there) -> mapping ->
 * rates.c -> sink. A command's walk: mapping -> commands.c (format, send, repeat, confirm) -> sink.
 * requests.c answers bridge/request, report.c writes what the bridge says of itself, claims.c says it again.
 * Beside the walk: network.c (our role and heartbeats), remote.c (configured by an xPL manager), fragments.c,
 * tunnel.c, loops.c.
 */
#ifndef CORE_CORE_H
#define CORE_CORE_H

#include "base/counters.h"
#include "core/discovery.h"
#include "core/sink.h"
#include "mapping/mapping.h"

/* The small files that core keeps from run to run through sink.save. */
#define CORE_FILE_REMOTE    "xpl-configuration" /* what an xPL manager set */
#define CORE_FILE_THINGS    "things"            /* what is announced, and what was decided about it */
#define CORE_FILE_ANNOUNCED "announced"         /* the topics of announcements */
#define CORE_FILE_NAMES     "names.xml" /* names given by request: a mapping file, loaded beside the user's */

enum core_role { CORE_ROLE_AUTO, CORE_ROLE_HUB, CORE_ROLE_CLIENT };

/* An address belongs to it when (address & mask) == ip; host byte order. */
struct core_network {
    uint32_t ip, mask;
};

/* Copied by core_new; what the last run made and whom it knew must last until core_start has returned. */
struct core_options {
    const char *version;
    const char *prefix;
    const char *source; /* vendor-device.instance */
    enum core_role role;
    struct xpl_endpoint own; /* our own port, and an address of this host */
    unsigned interval;       /* minutes between heartbeats */
    int flood;               /* messages a second for each sender; burst twice that */
    bool forward_malformed;  /* as hub, what does not parse goes to the clients all the same */
    const struct core_network *allow;
    size_t n_allow;
    const char *const *groups;
    size_t n_groups;
    bool raw, raw_send;
    const char *tunnel, *tunnel_member; /* NAME of the tunnel and ours in it; NULL: no tunnel */
    struct xpl_slice remote;            /* what sink.save was given last as CORE_FILE_REMOTE */
    struct xpl_slice hub_clients;       /* core_export_hub of the last run */
    struct xpl_slice made_topics;       /* core_export_topics of the last run */
    struct xpl_slice devices;           /* core_export_devices of the last run */
    struct discovery_options discovery;
};

struct core;

/* The mapping is referenced. `wall_ms` is the wall clock at `now_ms`. 0 or -ENOMEM. */
int core_new(struct core **ret, const struct core_options *options, struct mapping *mapping,
             const struct sink *sink, struct counters *counters, int64_t now_ms, int64_t wall_ms);
void core_free(struct core *core);

/* Begins: takes the hub's port or searches for the hub, subscribes. */
void core_start(struct core *core, int64_t now_ms);
/* Says goodbye on xPL; what belongs to MQTT is published as the last thing. */
void core_stop(struct core *core, int64_t now_ms);

/* One datagram. `hub_socket`: it came to UDP 3865. */
void core_on_xpl(struct core *core, struct xpl_slice datagram, struct xpl_endpoint from, bool hub_socket,
                 int64_t now_ms);

/* One message from the broker. */
struct core_message {
    struct xpl_slice topic, payload, response_topic, correlation; /* the last two: data NULL when not given */
    bool retained;        /* published to be kept, as far as the broker says */
    bool stored;          /* and that before we subscribed: from another time */
    int64_t expiry_s;     /* left of its MQTT 5 expiry; -1: none */
    int64_t arrived_ms;   /* when it reached this process */
    struct text *refusal; /* why the command in it was refused is appended; NULL: nobody asks */
};
void core_on_mqtt(struct core *core, const struct core_message *message, int64_t now_ms);

void core_on_broker_up(struct core *core, int64_t now_ms);
void core_on_broker_down(struct core *core, int64_t now_ms);

/* The broker has acknowledged a state that sink.is_out did not know to be there. */
void core_on_state_out(struct core *core, int64_t now_ms);

/* The host's address has changed; ip 0: it has none that we may use, and the xPL side is down. */
void core_on_address(struct core *core, struct xpl_endpoint own, int64_t now_ms);
/* The wall clock, once in a while: it may jump. */
void core_on_wall_clock(struct core *core, int64_t now_ms, int64_t wall_ms);

/* Another table: subscriptions follow the difference, topics that no map makes any more are cleared. */
void core_set_mapping(struct core *core, struct mapping *mapping, int64_t now_ms);
/* Whether a name was written just now, and waits for the reload that shows whether it holds. */
bool core_awaits_name(const struct core *core);
/* How a reload went: NULL for well, else why not. */
void core_on_reloaded(struct core *core, const char *error, int64_t now_ms);

/* When core_on_time wants to be called. */
int64_t core_deadline(const struct core *core);
void core_on_time(struct core *core, int64_t now_ms);

/* The last error that somebody reported, for health; copied. */
void core_note_error(struct core *core, const char *text);
/* What will go wrong if nobody does anything, for health; empty: nothing. Copied. */
void core_note_warning(struct core *core, const char *text);

/* The hub's clients as text for core_options.hub_clients; returns the bytes written. */
size_t core_export_hub(const struct core *core, char *buffer, size_t capacity);
/* Whether they have changed since this was asked last. */
bool core_hub_has_changed(struct core *core);
/* The retained topics we made, likewise. */
size_t core_export_topics(const struct core *core, char *buffer, size_t capacity);
/* The devices and their sources, likewise. */
size_t core_export_devices(const struct core *core, char *buffer, size_t capacity);

bool core_is_online(const struct core *core);
const char *core_role(const struct core *core); /* "hub", "client", "searching" */

#endif
