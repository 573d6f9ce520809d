/* The xPL network: two UDP sockets (the hub of the xPL specification). Closing: io.h.
 *
 *   own   0.0.0.0, a port that the system chose, always open: it receives what a hub forwards, and sends
 * everything hub   0.0.0.0:3865, bound exclusively, opened and closed at will: it receives the network
 *
 * All sizes are bytes; all addresses are in host byte order.
 */
#ifndef IO_XPLSOCKET_H
#define IO_XPLSOCKET_H

#include <uv.h>

#include "xpl/address.h"

struct xplsocket;

struct xplsocket_listener {
    void *context;
    /* One datagram, of any content and size, 0 too. `data` lives during the call only. The listener may call
     * everything here from inside. hub_socket: it came to the hub's port, not to our own. */
    void (*datagram)(void *context, const char *data, size_t size, struct xpl_endpoint from, bool hub_socket);
};

/* Opens our own socket. `port` is where the network listens, the hub's and the target of broadcasts; 0:
 * XPL_PORT. The listener is copied. 0 or negative errno. */
int xplsocket_new(struct xplsocket **ret, uv_loop_t *loop, uint16_t port,
                  const struct xplsocket_listener *listener);
void xplsocket_close(struct xplsocket *socket, void (*closed)(void *context), void *context);

/* Takes the hub's port for us alone: no other program can bind it then, not even with SO_REUSEADDR. 0, also
 * when we have it already; -EADDRINUSE when somebody else has it; another negative errno. Costs next to
 * nothing: may be tried every second. */
int xplsocket_hub_open(struct xplsocket *socket);
/* Before giving the port back: the hub's port hears nothing more, and what both sockets hold by now goes to
 * the listener, so that nothing is lost that came while the port was ours. Not from inside the listener. */
void xplsocket_drain(struct xplsocket *socket);
/* The port is free at return. */
void xplsocket_hub_close(struct xplsocket *socket);
bool xplsocket_hub_is_open(const struct xplsocket *socket);

/* Whether a program has that address and port of this host; false too where that cannot be tried. */
bool xplsocket_is_taken(struct xpl_endpoint endpoint);

/* Our own port, for heartbeats. */
uint16_t xplsocket_port(const struct xplsocket *socket);

/* Where broadcasts go: an address, and the index of the interface (0: as routed) that 255.255.255.255, which
 * no route leads to, has to leave by. At the start 127.255.255.255. */
void xplsocket_aim(struct xplsocket *socket, uint32_t broadcast, unsigned interface);

/* Both copy the data when it must wait. 0: the network has it, or will get it. -ENOBUFS: LIMIT_SENDS wait
 * already. Another negative errno: this datagram is not sent, others may be (-ENETUNREACH, -EPERM of a
 * firewall, -EMSGSIZE). A receiver that is gone (ICMP) is no error. */
int xplsocket_broadcast(struct xplsocket *socket, const char *data, size_t size);
int xplsocket_send(struct xplsocket *socket, struct xpl_endpoint to, const char *data, size_t size);

/* Facts for counters and logs. Totals count from xplsocket_new and include hub sockets closed since. */
uint64_t xplsocket_kernel_drops(struct xplsocket *socket); /* datagrams that found the receive buffer full */
uint64_t xplsocket_late_failures(const struct xplsocket *socket); /* answered 0 to, waited, were refused */
size_t xplsocket_waiting(const struct xplsocket *socket);         /* sends that wait for the network device */
size_t
xplsocket_receive_buffer(const struct xplsocket *socket); /* as the kernel granted it, 832 a datagram */

#endif
