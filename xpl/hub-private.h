/* What the hub's table is made of, for hub.c (hearing) and hub_store.c (remembering). */
#ifndef XPL_HUB_PRIVATE_H
#define XPL_HUB_PRIVATE_H

#include "xpl/hub.h"

/* One device behind a client. */
struct hub_source {
    char text[XPL_HUB_SOURCE_MAX]; /* as received, no NUL */
    uint8_t size;
    uint8_t interval; /* minutes, 1..XPL_INTERVAL_MAX */
    bool leaving;     /* has said its end; goes at the next message */
    int64_t heard_ms;
};

struct hub_client {
    size_t n_sources; /* at least one */
    struct hub_source sources[XPL_HUB_SOURCES_MAX];
};

/* clients[i] lives at endpoints[i]: the endpoints stand apart to be handed out and searched as one dense
 * array. */
struct xpl_hub {
    bool (*is_local)(void *context, uint32_t ip);
    void *context;
    bool someone_leaves;
    int64_t
        deadline_ms; /* when the next source expires, INT64_MAX: none; asked far more often than it changes */
    size_t n_clients;
    struct xpl_endpoint endpoints[XPL_HUB_CLIENTS_MAX];
    struct hub_client clients[XPL_HUB_CLIENTS_MAX];
};

bool hub_is_local(const struct xpl_hub *hub, uint32_t ip);

/* Judges and adds or refreshes a source whose address is already known to be local. */
enum xpl_hub_result hub_add(struct xpl_hub *hub, uint32_t ip, uint32_t port, uint32_t interval,
                            struct xpl_slice source, int64_t now_ms);

#endif
