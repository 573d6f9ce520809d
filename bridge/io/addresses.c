#include "io/addresses.h"

#include <arpa/inet.h>
#include <errno.h>
#include <ifaddrs.h>
#include <netinet/in.h>
#include <stdio.h>

#define LOOPBACK_MASK 0xff000000u

uint32_t addresses_broadcast(uint32_t ip, uint32_t mask, uint32_t reported)
{
    if (reported == INADDR_BROADCAST || (reported != ip && (reported & mask) == (ip & mask)))
        return reported;
    return ~mask > 1 ? ip | ~mask : INADDR_BROADCAST;
}

static int parse(const char *text, uint32_t *ret)
{
    struct in_addr in;
    if (inet_pton(AF_INET, text, &in) != 1)
        return -EINVAL;
    *ret = ntohl(in.s_addr);
    return 0;
}

/* By name or by address; a name's first address that is up. */
static const struct address *find(const struct addresses *addresses, const char *wanted)
{
    uint32_t ip;
    bool by_ip = parse(wanted, &ip) == 0;
    for (size_t i = 0; i < addresses->n; i++) {
        const struct address *address = &addresses->list[i];
        if (address->is_up && (by_ip ? address->ip == ip : strcmp(address->name, wanted) == 0))
            return address;
    }
    return NULL;
}

static const struct address *find_automatically(const struct addresses *addresses, const uint32_t *broadcast)
{
    const struct address *first = NULL;
    for (size_t i = 0; i < addresses->n; i++) {
        const struct address *address = &addresses->list[i];
        if (!address->is_up)
            continue;
        if (broadcast && (*broadcast & address->mask) == (address->ip & address->mask))
            return address;
        if (!first && address->can_broadcast)
            first = address;
    }
    return first;
}

int addresses_choose(const struct addresses *addresses, const char *interface, const char *broadcast,
                     struct addresses_choice *ret)
{
    static const struct address loopback = {
        .name = "lo",
        .ip = INADDR_LOOPBACK,
        .mask = LOOPBACK_MASK,
        .broadcast = INADDR_LOOPBACK | ~LOOPBACK_MASK,
    };
    const struct address *address;
    uint32_t ip;
    bool is_said = broadcast && *broadcast;
    if (is_said && parse(broadcast, &ip) < 0)
        return ADDRESSES_BROADCAST;

    if (interface && *interface) {
        address = find(addresses, interface);
        if (!address)
            return ADDRESSES_ABSENT;
    } else {
        address = find_automatically(addresses, is_said ? &ip : NULL);
        if (!address)
            address = &loopback;
    }
    *ret = (struct addresses_choice){
        .index = address->index,
        .ip = address->ip,
        .broadcast = is_said ? ip : address->broadcast,
    };
    memcpy(ret->name, address->name, sizeof(ret->name));
    return ADDRESSES_OK;
}

bool addresses_is_local(const struct addresses *addresses, uint32_t ip)
{
    if ((ip & LOOPBACK_MASK) == (INADDR_LOOPBACK & LOOPBACK_MASK))
        return true;
    for (size_t i = 0; i < addresses->n; i++)
        if (addresses->list[i].ip == ip)
            return true;
    return false;
}

bool addresses_equal(const struct addresses *a, const struct addresses *b)
{
    if (a->n != b->n || a->n_left_out != b->n_left_out)
        return false;
    for (size_t i = 0; i < a->n; i++) {
        const struct address *x = &a->list[i], *y = &b->list[i];
        if (x->ip != y->ip || x->mask != y->mask || x->broadcast != y->broadcast || x->index != y->index ||
            x->is_up != y->is_up || x->can_broadcast != y->can_broadcast || strcmp(x->name, y->name) != 0)
            return false;
    }
    return true;
}

static uint32_t ip_of(const struct sockaddr *address)
{
    return address && address->sa_family == AF_INET
               ? ntohl(((const struct sockaddr_in *)(const void *)address)->sin_addr.s_addr)
               : 0;
}

static struct address from_system(const struct ifaddrs *entry)
{
    struct address address = {
        .ip = ip_of(entry->ifa_addr),
        .mask = ip_of(entry->ifa_netmask),
        .is_up = entry->ifa_flags & IFF_UP,
        .can_broadcast = (entry->ifa_flags & IFF_BROADCAST) && !(entry->ifa_flags & IFF_LOOPBACK),
    };
    uint32_t reported = entry->ifa_flags & IFF_BROADCAST ? ip_of(entry->ifa_broadaddr) : 0;
    address.broadcast = addresses_broadcast(address.ip, address.mask, reported);
    snprintf(address.name, sizeof(address.name), "%s", entry->ifa_name);
    /* A label ("eth0:1") belongs to the interface before the colon. */
    char interface[IF_NAMESIZE];
    snprintf(interface, sizeof(interface), "%.*s", (int)strcspn(entry->ifa_name, ":"), entry->ifa_name);
    address.index = if_nametoindex(interface);
    return address;
}

int addresses_read(struct addresses *ret)
{
    struct ifaddrs *all;
    if (getifaddrs(&all) < 0)
        return -errno;
    memset(ret, 0, sizeof(*ret));
    for (const struct ifaddrs *entry = all; entry; entry = entry->ifa_next) {
        if (!entry->ifa_addr || entry->ifa_addr->sa_family != AF_INET)
            continue;
        if (ret->n == LIMIT_ADDRESSES)
            ret->n_left_out++;
        else
            ret->list[ret->n++] = from_system(entry);
    }
    freeifaddrs(all);
    return 0;
}
