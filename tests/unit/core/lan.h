/* Cores in a world of their own: hosts on xPL networks, and one broker for all of them.
 *
 * What a host broadcasts comes to every host of its network, itself included, at the hub's port when it has
 * it. What it publishes comes to all who subscribed. Nothing happens at once: lan_settle works everything
 * off, in order, and fails when that has no end.
 */
#ifndef TEST_CORE_LAN_H
#define TEST_CORE_LAN_H

#include <criterion/criterion.h>

#include "core/core-private.h"

#define LAN_HOSTS  4
#define LAN_EVENTS 4096
#define LAN_PORT   50000
/* Host 1 of network 2 is 10.0.2.1. */
#define LAN_IP(network, host) (0x0a000000u | (uint32_t)(network) << 8 | (uint32_t)(host))

struct lan_event {
    bool from_broker, retained;
    int network;
    struct xpl_endpoint from;
    char topic[128];
    char *data;
    size_t size;
};

struct lan_host {
    struct core *core;
    struct counters counters;
    int network;
    uint32_t ip;
    bool hub_is_taken, has_hub; /* taken: by another program */
    int send_error;
    uint16_t there[8]; /* ports that a program has */
    char filters[16][128];
    size_t n_filters;
    char log[16384];
    char info[512];        /* bridge/info */
    char remembered[8192]; /* what sink.remember was given */
    struct xpl_endpoint forwarded[64];
    size_t n_forwarded;
    void (*drain)(struct lan_host *host);
};

extern struct lan {
    struct lan_host hosts[LAN_HOSTS];
    size_t n_hosts;
    int64_t now_ms;
    struct lan_event events[LAN_EVENTS];
    size_t first, last;
    char wire[4][65536]; /* all that was said on each network */
} lan;

void lan_open(void);
void lan_close(void);

/* A host on that network; `options` without what the world gives. Not started. `mapping` is the inside of a
 * mapping file. */
struct lan_host *lan_host(int network, struct core_options options, const char *mapping);
void lan_start(struct lan_host *host);

/* A device says this on a network: "xpl-trig SOURCE TARGET SCHEMA name=value name=value". */
void lan_say(int network, uint32_t ip, const char *text);
void lan_say_bytes(int network, uint32_t ip, const char *data, size_t size);
/* The hub of the host forwards this to its own port. */
void lan_forward(struct lan_host *host, uint32_t ip, const char *text);
void lan_publish(const char *topic, const char *payload, bool retained);

void lan_settle(void);
/* Lets time pass, deadline by deadline. */
void lan_pass(int64_t ms);

/* How often the text was said on that network. */
size_t lan_count(int network, const char *text);
void lan_forget(void); /* what was said up to now */

#define lan_counter(host, name) ((host)->counters.value[COUNT_##name])

#endif
