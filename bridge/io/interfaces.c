/* An rtnetlink socket wakes us when an address or a link changes. What it says is thrown away: Wi-Fi drivers
 * tell of links for ever, messages get lost when there are many, so the list is read anew and compared.
 *
 * When the socket cannot be had, or breaks, the list is read every INTERFACES_REFRESH_MS instead. */
#include "io/interfaces.h"

#include <errno.h>
#include <linux/netlink.h>
#include <linux/rtnetlink.h>
#include <stdlib.h>
#include <sys/socket.h>
#include <unistd.h>

#include "base/log.h"
#include "io/closing.h"
#include "io/io.h"

#define DRAIN_MAX 1000 /* messages read in one turn; the rest wakes us again */

struct interfaces {
    uv_poll_t poll;
    int fd;           /* -1: none */
    bool has_handle;  /* the loop knows `poll`, and has not given it back */
    bool is_watching; /* and will tell us */
    bool is_failing;  /* the last reading failed: said once */
    int64_t refreshed_ms;
    struct addresses addresses, fresh;
    void (*changed)(void *context);
    void *context;
    struct closing closing;
};

/* 0, or negative errno when the socket is of no use any more. ENOBUFS says that some were lost, which is as
 * good as hearing them. */
static int drain(int fd)
{
    char message[8192];
    for (int i = 0; i < DRAIN_MAX; i++) {
        if (recv(fd, message, sizeof(message), MSG_DONTWAIT) >= 0 || errno == EINTR || errno == ENOBUFS)
            continue;
        return errno == EAGAIN ? 0 : -errno;
    }
    return 0;
}

int interfaces_refresh(struct interfaces *interfaces, int64_t now_ms)
{
    interfaces->refreshed_ms = now_ms;
    int r = addresses_read(&interfaces->fresh);
    if (r < 0 && !interfaces->is_failing)
        log_warning(LOG_XPL, "cannot read the addresses of this host: %s", strerror(-r));
    interfaces->is_failing = r < 0;
    if (r < 0)
        return r;
    if (addresses_equal(&interfaces->addresses, &interfaces->fresh))
        return 0;
    interfaces->addresses = interfaces->fresh;
    if (interfaces->addresses.n_left_out > 0)
        log_warning(LOG_XPL, "this host has %zu addresses more than the %d that we look at",
                    interfaces->addresses.n_left_out, LIMIT_ADDRESSES);
    interfaces->changed(interfaces->context);
    return 0;
}

static void on_readable(uv_poll_t *poll, int status, int events)
{
    struct interfaces *interfaces = poll->data;
    (void)events;
    int r = drain(interfaces->fd);
    /* A lost message shows as an error of the socket, at which uv stops looking: start again, it is over once
     * read. */
    if (r == 0 && status < 0)
        r = uv_poll_start(poll, UV_READABLE, on_readable);
    if (r < 0) {
        log_warning(LOG_XPL, "changes of addresses are seen every %d s only: %s",
                    INTERFACES_REFRESH_MS / 1000, strerror(-r));
        uv_poll_stop(poll);
        interfaces->is_watching = false;
    }
    interfaces_refresh(interfaces, io_now_ms());
}

static int watch(struct interfaces *interfaces, uv_loop_t *loop)
{
    struct sockaddr_nl address = { .nl_family = AF_NETLINK, .nl_groups = RTMGRP_IPV4_IFADDR | RTMGRP_LINK };
    interfaces->fd = socket(AF_NETLINK, SOCK_RAW | SOCK_CLOEXEC | SOCK_NONBLOCK, NETLINK_ROUTE);
    if (interfaces->fd < 0)
        return -errno;
    if (bind(interfaces->fd, (const struct sockaddr *)&address, sizeof(address)) < 0)
        return -errno;
    int r = uv_poll_init(loop, &interfaces->poll, interfaces->fd);
    if (r < 0)
        return r;
    interfaces->has_handle = true;
    interfaces->poll.data = interfaces;
    r = uv_poll_start(&interfaces->poll, UV_READABLE, on_readable);
    interfaces->is_watching = r == 0;
    return r;
}

int interfaces_new(struct interfaces **ret, uv_loop_t *loop, void (*changed)(void *context), void *context,
                   int64_t now_ms)
{
    struct interfaces *interfaces = calloc(1, sizeof(*interfaces));
    if (!interfaces)
        return -ENOMEM;
    interfaces->changed = changed;
    interfaces->context = context;
    /* Watch first: what changes between the two is then read or told, or both. */
    int r = watch(interfaces, loop);
    if (r < 0)
        log_info(LOG_XPL, "changes of addresses are seen every %d s only: %s", INTERFACES_REFRESH_MS / 1000,
                 strerror(-r));
    interfaces->refreshed_ms = now_ms;
    r = addresses_read(&interfaces->addresses);
    if (r < 0) {
        log_warning(LOG_XPL, "cannot read the addresses of this host: %s", strerror(-r));
        interfaces->is_failing = true;
    }
    *ret = interfaces;
    return 0;
}

static void finish(struct interfaces *interfaces)
{
    if (interfaces->fd >= 0)
        close(interfaces->fd);
    closing_finish(interfaces->closing, interfaces);
}

static void on_closed(uv_handle_t *uv)
{
    finish(uv->data);
}

void interfaces_close(struct interfaces *interfaces, void (*closed)(void *context), void *context)
{
    struct closing closing = { closed, context };
    if (!interfaces) {
        closing_finish(closing, NULL);
        return;
    }
    interfaces->closing = closing;
    if (interfaces->has_handle)
        uv_close((uv_handle_t *)&interfaces->poll, on_closed);
    else
        finish(interfaces);
}

const struct addresses *interfaces_addresses(const struct interfaces *interfaces)
{
    return &interfaces->addresses;
}

bool interfaces_is_local(const struct interfaces *interfaces, uint32_t ip)
{
    return addresses_is_local(&interfaces->addresses, ip);
}

int64_t interfaces_deadline(const struct interfaces *interfaces)
{
    return interfaces->is_watching ? INT64_MAX : interfaces->refreshed_ms + INTERFACES_REFRESH_MS;
}

void interfaces_on_time(struct interfaces *interfaces, int64_t now_ms)
{
    if (now_ms >= interfaces_deadline(interfaces))
        interfaces_refresh(interfaces, now_ms);
}
