/* Receiving: plain uv_udp_recv_start into one buffer for both sockets; there is nothing faster that
 * matters. What we cannot keep up with waits in the kernel's buffer, which we make as large as
 * allowed, and what that cannot hold is lost silently: hence the kernel's own count of it.
 *
 * Sending: at once when the device takes it, else copied and left to uv, at most LIMIT_SENDS at a time. uv
 * keeps the order: while one waits, the next is not taken at once either.
 *
 * A socket is a `wire` on the heap, because uv gives the memory of a closed one back only when the loop
 * turns, and the hub's port may be wanted again before that. Our end comes when the last wire is gone:
 * maybe_closed, the one gate.
 */
#include "io/xplsocket.h"

#include <arpa/inet.h>
#include <errno.h>
#include <linux/sock_diag.h>
#include <netinet/in.h>
#include <stdlib.h>
#include <sys/socket.h>
#include <unistd.h>

#include "base/limits.h"
#include "base/log.h"
#include "io/closing.h"
#include "xpl/message.h"

#define RECEIVE_BUFFER \
    (4 << 20) /* bytes asked for; the kernel doubles what it grants: ten thousand messages */
#define DATAGRAM_BUFFER (64 * 1024)
#define PORT_DISCARD    9
#define DRAIN_MAX \
    20000 /* datagrams that are read from a socket before it closes: more than its buffer holds */

struct wire {
    uv_udp_t uv;
    struct xplsocket *socket;
    bool hub;
    uint32_t drops; /* the kernel's count at the last look; it wraps */
};

struct xplsocket {
    uv_loop_t *loop;
    struct xplsocket_listener listener;
    uint16_t port, own_port;
    uint32_t broadcast;
    unsigned interface;
    struct wire *own, *hub; /* NULL: not open */
    size_t n_wires;         /* with those on their way out */
    bool is_closing;
    struct closing closing;

    uint64_t kernel_drops, late_failures;
    size_t n_waiting;
    size_t receive_buffer;
    char buffer[DATAGRAM_BUFFER];
};

struct waiting {
    uv_udp_send_t uv;
    struct xplsocket *socket;
    char data[];
};

static struct sockaddr_in to_sockaddr(uint32_t ip, uint16_t port)
{
    return (struct sockaddr_in){
        .sin_family = AF_INET,
        .sin_port = htons(port),
        .sin_addr.s_addr = htonl(ip),
    };
}

static int wire_fd(const struct wire *wire)
{
    uv_os_fd_t fd = -1;
    return uv_fileno((const uv_handle_t *)&wire->uv, &fd) < 0 ? -1 : fd;
}

/* Opening and closing. */

static void maybe_closed(struct xplsocket *socket)
{
    if (socket->is_closing && socket->n_wires == 0)
        closing_finish(socket->closing, socket);
}

static void on_wire_closed(uv_handle_t *uv)
{
    struct wire *wire = uv->data;
    struct xplsocket *socket = wire->socket;
    free(wire);
    socket->n_wires--;
    maybe_closed(socket);
}

static void look_at_drops(struct wire *wire)
{
    uint32_t facts[SK_MEMINFO_VARS] = { 0 };
    socklen_t size = sizeof(facts);
    if (getsockopt(wire_fd(wire), SOL_SOCKET, SO_MEMINFO, facts, &size) < 0)
        return; /* a kernel before 4.12 */
    uint32_t since = facts[SK_MEMINFO_DROPS] - wire->drops;
    wire->socket->kernel_drops += since;
    wire->drops = facts[SK_MEMINFO_DROPS];
}

static void wire_close(struct wire *wire)
{
    look_at_drops(wire);
    uv_close((uv_handle_t *)&wire->uv, on_wire_closed);
}

static void on_allocate(uv_handle_t *uv, size_t suggested, uv_buf_t *ret)
{
    struct wire *wire = uv->data;
    (void)suggested;
    *ret = uv_buf_init(wire->socket->buffer, sizeof(wire->socket->buffer));
}

static void on_received(uv_udp_t *uv, ssize_t size, const uv_buf_t *buffer, const struct sockaddr *address,
                        unsigned flags)
{
    struct wire *wire = uv->data;
    (void)flags;
    /* Without an address it is no datagram: nothing more to read, or an ICMP answer to something that we
     * sent. */
    if (size < 0 || !address || address->sa_family != AF_INET)
        return;
    const struct sockaddr_in *in = (const struct sockaddr_in *)address;
    struct xpl_endpoint from = { ntohl(in->sin_addr.s_addr), ntohs(in->sin_port) };
    wire->socket->listener.datagram(wire->socket->listener.context, buffer->base, (size_t)size, from,
                                    wire->hub);
}

/* Best effort: FORCE passes net.core.rmem_max, and needs CAP_NET_ADMIN. */
static size_t enlarge_receive_buffer(int fd)
{
    int bytes = RECEIVE_BUFFER;
    socklen_t size = sizeof(bytes);
    if (setsockopt(fd, SOL_SOCKET, SO_RCVBUFFORCE, &bytes, size) < 0)
        setsockopt(fd, SOL_SOCKET, SO_RCVBUF, &bytes, size);
    return getsockopt(fd, SOL_SOCKET, SO_RCVBUF, &bytes, &size) < 0 ? 0 : (size_t)bytes;
}

static int wire_open(struct xplsocket *socket, struct wire **ret, bool hub)
{
    struct wire *wire = calloc(1, sizeof(*wire));
    if (!wire)
        return -ENOMEM;
    wire->socket = socket;
    wire->hub = hub;
    int r = uv_udp_init(socket->loop, &wire->uv);
    if (r < 0) {
        free(wire);
        return r;
    }
    wire->uv.data = wire;
    socket->n_wires++;

    /* No flags: SO_REUSEADDR stays off, and the port is ours alone. uv_udp_open would switch it on. */
    struct sockaddr_in address = to_sockaddr(INADDR_ANY, hub ? socket->port : 0);
    r = uv_udp_bind(&wire->uv, (const struct sockaddr *)&address, 0);
    if (r == 0)
        r = uv_udp_set_broadcast(&wire->uv, 1);
    if (r == 0)
        r = uv_udp_recv_start(&wire->uv, on_allocate, on_received);
    if (r < 0) {
        uv_close((uv_handle_t *)&wire->uv, on_wire_closed);
        return r;
    }
    socket->receive_buffer = enlarge_receive_buffer(wire_fd(wire));
    *ret = wire;
    return 0;
}

int xplsocket_new(struct xplsocket **ret, uv_loop_t *loop, uint16_t port,
                  const struct xplsocket_listener *listener)
{
    struct xplsocket *socket = calloc(1, sizeof(*socket));
    if (!socket)
        return -ENOMEM;
    socket->loop = loop;
    socket->listener = *listener;
    socket->port = port ? port : XPL_PORT;
    xplsocket_aim(socket, INADDR_LOOPBACK | 0x00ffffff, 0);

    int r = wire_open(socket, &socket->own, false);
    struct sockaddr_in name = { 0 };
    int size = sizeof(name);
    if (r == 0)
        r = uv_udp_getsockname(&socket->own->uv, (struct sockaddr *)&name, &size);
    if (r < 0) {
        xplsocket_close(socket, NULL, NULL);
        return r;
    }
    socket->own_port = ntohs(name.sin_port);
    log_info(LOG_XPL, "our own UDP port is %u, receive buffer %zu KiB", socket->own_port,
             socket->receive_buffer / 1024);
    *ret = socket;
    return 0;
}

void xplsocket_close(struct xplsocket *socket, void (*closed)(void *context), void *context)
{
    struct closing closing = { closed, context };
    if (!socket) {
        closing_finish(closing, NULL);
        return;
    }
    socket->closing = closing;
    socket->is_closing = true;
    xplsocket_hub_close(socket);
    if (socket->own)
        wire_close(socket->own);
    socket->own = NULL;
    maybe_closed(socket);
}

int xplsocket_hub_open(struct xplsocket *socket)
{
    if (socket->hub)
        return 0;
    int r = wire_open(socket, &socket->hub, true);
    if (r == 0)
        log_info(LOG_XPL, "UDP port %u is ours, receive buffer %zu KiB", socket->port,
                 socket->receive_buffer / 1024);
    return r;
}

/* A socket that is connected hears its peer only: nobody, here. What it has already it keeps. */
static void deafen(struct wire *wire)
{
    struct sockaddr_in nobody = to_sockaddr(INADDR_LOOPBACK, PORT_DISCARD);
    int r;
    do
        r = connect(wire_fd(wire), (const struct sockaddr *)&nobody, sizeof(nobody));
    while (r < 0 && errno == EINTR);
}

static void drain(struct wire *wire)
{
    struct xplsocket *socket = wire->socket;
    struct sockaddr_in from;
    uv_buf_t buffer = uv_buf_init(socket->buffer, sizeof(socket->buffer));
    for (int i = 0; i < DRAIN_MAX; i++) {
        socklen_t length = sizeof(from);
        ssize_t size = recvfrom(wire_fd(wire), socket->buffer, sizeof(socket->buffer), MSG_DONTWAIT,
                                (struct sockaddr *)&from, &length);
        if (size >= 0)
            on_received(&wire->uv, size, &buffer, (const struct sockaddr *)&from, 0);
        else if (errno == EAGAIN || errno == EBADF || errno == ENOTSOCK)
            return;
    }
}

void xplsocket_drain(struct xplsocket *socket)
{
    if (socket->hub) {
        deafen(socket->hub);
        drain(socket->hub);
    }
    if (socket->own)
        drain(socket->own);
}

bool xplsocket_is_taken(struct xpl_endpoint endpoint)
{
    struct sockaddr_in address = to_sockaddr(endpoint.ip, endpoint.port);
    int fd = socket(AF_INET, SOCK_DGRAM | SOCK_CLOEXEC, 0);
    if (fd < 0)
        return false;
    bool taken = bind(fd, (const struct sockaddr *)&address, sizeof(address)) < 0 && errno == EADDRINUSE;
    close(fd);
    return taken;
}

void xplsocket_hub_close(struct xplsocket *socket)
{
    if (!socket->hub)
        return;
    wire_close(socket->hub);
    socket->hub = NULL;
    log_info(LOG_XPL, "UDP port %u is free again", socket->port);
}

/* Sending. */

void xplsocket_aim(struct xplsocket *socket, uint32_t broadcast, unsigned interface)
{
    socket->broadcast = broadcast;
    socket->interface = interface;
}

static void on_sent(uv_udp_send_t *uv, int status)
{
    struct waiting *waiting = uv->data;
    struct xplsocket *socket = waiting->socket;
    socket->n_waiting--;
    if (status < 0)
        socket->late_failures++;
    free(waiting);
}

static int send_later(struct xplsocket *socket, const struct sockaddr *to, const char *data, size_t size)
{
    if (socket->n_waiting >= LIMIT_SENDS)
        return -ENOBUFS;
    struct waiting *waiting = malloc(sizeof(*waiting) + size);
    if (!waiting)
        return -ENOMEM;
    waiting->socket = socket;
    waiting->uv.data = waiting;
    memcpy(waiting->data, data, size);
    uv_buf_t buffer = uv_buf_init(waiting->data, (unsigned)size);
    int r = uv_udp_send(&waiting->uv, &socket->own->uv, &buffer, 1, to, on_sent);
    if (r < 0) {
        free(waiting);
        return r;
    }
    socket->n_waiting++;
    return 0;
}

int xplsocket_send(struct xplsocket *socket, struct xpl_endpoint to, const char *data, size_t size)
{
    if (size > XPL_DATAGRAM_MAX)
        return -EMSGSIZE;
    struct sockaddr_in address = to_sockaddr(to.ip, to.port);
    uv_buf_t buffer = uv_buf_init((char *)data, (unsigned)size); /* only read */
    int r;
    /* A refusal that was waiting on the socket is about an earlier datagram, and is gone once it was read. */
    for (int tries = 0; tries < 2; tries++) {
        r = uv_udp_try_send(&socket->own->uv, &buffer, 1, (const struct sockaddr *)&address);
        if (r != UV_ECONNREFUSED)
            break;
    }
    if (r == UV_EAGAIN)
        return send_later(socket, (const struct sockaddr *)&address, data, size);
    return r < 0 ? r : 0;
}

/* IP_UNICAST_IF, in spite of its name, is what lets 255.255.255.255 leave by an interface of our choice. It
 * holds for all that the socket sends, so it is set for this one datagram (one that has to wait goes as
 * routed). */
static void choose_interface(struct xplsocket *socket, unsigned interface)
{
    uint32_t index = htonl(interface);
    setsockopt(wire_fd(socket->own), IPPROTO_IP, IP_UNICAST_IF, &index, sizeof(index));
}

int xplsocket_broadcast(struct xplsocket *socket, const char *data, size_t size)
{
    struct xpl_endpoint to = { socket->broadcast, socket->port };
    bool choose = to.ip == INADDR_BROADCAST && socket->interface > 0;
    if (choose)
        choose_interface(socket, socket->interface);
    int r = xplsocket_send(socket, to, data, size);
    if (choose)
        choose_interface(socket, 0);
    return r;
}

/* Facts. */

bool xplsocket_hub_is_open(const struct xplsocket *socket)
{
    return socket->hub;
}

uint16_t xplsocket_port(const struct xplsocket *socket)
{
    return socket->own_port;
}

uint64_t xplsocket_kernel_drops(struct xplsocket *socket)
{
    look_at_drops(socket->own);
    if (socket->hub)
        look_at_drops(socket->hub);
    return socket->kernel_drops;
}

uint64_t xplsocket_late_failures(const struct xplsocket *socket)
{
    return socket->late_failures;
}

size_t xplsocket_waiting(const struct xplsocket *socket)
{
    return socket->n_waiting;
}

size_t xplsocket_receive_buffer(const struct xplsocket *socket)
{
    return socket->receive_buffer;
}
