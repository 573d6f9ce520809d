/* The IPv4 addresses of this host, and which of them we speak from. Choosing is pure; addresses_read asks the
 * system.
 *
 * Addresses are in host byte order.
 */
#ifndef IO_ADDRESSES_H
#define IO_ADDRESSES_H

#include <net/if.h>
#include <stdint.h>

#include "base/limits.h"
#include "xpl/slice.h"

struct address {
    char name[IF_NAMESIZE]; /* of the interface, or a label such as "eth0:1" */
    unsigned index;         /* of the interface */
    uint32_t ip, mask;
    uint32_t broadcast; /* always usable: addresses_broadcast */
    bool is_up;
    bool can_broadcast; /* an Ethernet of some kind, neither loopback nor tunnel */
};

struct addresses {
    struct address list[LIMIT_ADDRESSES]; /* in the system's order */
    size_t n;
    size_t n_left_out; /* over the limit */
};

struct addresses_choice {
    char name[IF_NAMESIZE];
    unsigned index;
    uint32_t ip;
    uint32_t broadcast;
};

enum addresses_result {
    ADDRESSES_OK,
    ADDRESSES_ABSENT,    /* the interface or address that was asked for is not here, or not now */
    ADDRESSES_BROADCAST, /* `broadcast` is no IPv4 address */
};

/* The broadcast address of a network: the one the system reports, if it can be one (255.255.255.255, or in
 * the network and not the host itself: glibc reports the peer's or the host's own where none is set), else
 * the last of the network, else, when that has no room for one, 255.255.255.255. */
uint32_t addresses_broadcast(uint32_t ip, uint32_t mask, uint32_t reported);

/* Which address to speak from, and where to broadcast. NULL and "" mean: not said.
 *
 * interface: the name of an interface, its first address that is up counts, or one of our addresses. Not
 * said: the first address that is up and can broadcast, or rather, when `broadcast` is said, the first whose
 * network that lies in; without any, loopback (127.0.0.1, broadcast 127.255.255.255), so that programs of
 * this host still meet. broadcast: an IPv4 address to use in place of the network's.
 *
 * ADDRESSES_OK, or why not. */
int addresses_choose(const struct addresses *addresses, const char *interface, const char *broadcast,
                     struct addresses_choice *ret);

/* Whether datagrams to it stay on this host: 127.0.0.0/8 always, else one of ours. */
bool addresses_is_local(const struct addresses *addresses, uint32_t ip);

bool addresses_equal(const struct addresses *a, const struct addresses *b);

/* What the system has now. 0 or negative errno. */
int addresses_read(struct addresses *ret);

#endif
