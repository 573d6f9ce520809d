/* On loopback, with a hub port of its own for each test. uv's sending can be held up, since loopback never
 * is. */
#include "loop.h"

#include <arpa/inet.h>
#include <errno.h>
#include <stdlib.h>
#include <sys/socket.h>
#include <unistd.h>

#include "base/limits.h"
#include "io/xplsocket.h"
#include "xpl/message.h"

#define LOOPBACK  0x7f000001u
#define BROADCAST 0x7fffffffu /* 127.255.255.255 */

/* uv, held up on demand. */

static int try_send_answers[4]; /* taken from the front while not 0 */
static int n_tries;
static bool is_held;

int __real_uv_udp_try_send(uv_udp_t *, const uv_buf_t *, unsigned, const struct sockaddr *);
int __wrap_uv_udp_try_send(uv_udp_t *, const uv_buf_t *, unsigned, const struct sockaddr *);
int __real_uv_udp_send(uv_udp_send_t *, uv_udp_t *, const uv_buf_t *, unsigned, const struct sockaddr *,
                       uv_udp_send_cb);
int __wrap_uv_udp_send(uv_udp_send_t *, uv_udp_t *, const uv_buf_t *, unsigned, const struct sockaddr *,
                       uv_udp_send_cb);

int __wrap_uv_udp_try_send(uv_udp_t *udp, const uv_buf_t *buffers, unsigned n, const struct sockaddr *to)
{
    int answer = try_send_answers[0];
    n_tries++;
    if (is_held)
        return UV_EAGAIN;
    if (!answer)
        return __real_uv_udp_try_send(udp, buffers, n, to);
    memmove(try_send_answers, try_send_answers + 1, sizeof(try_send_answers) - sizeof(int));
    return answer;
}

/* The kernel, which may or may not let us have more than net.core.rmem_max. */

static bool may_force = true, was_forced;

int __real_setsockopt(int, int, int, const void *, socklen_t);
int __wrap_setsockopt(int, int, int, const void *, socklen_t);

int __wrap_setsockopt(int fd, int level, int option, const void *value, socklen_t size)
{
    if (level == SOL_SOCKET && option == SO_RCVBUFFORCE) {
        was_forced = true;
        if (!may_force) {
            errno = EPERM;
            return -1;
        }
    }
    return __real_setsockopt(fd, level, option, value, size);
}

static struct held {
    uv_udp_send_t *request;
    uv_udp_t *udp;
    uv_buf_t buffer;
    struct sockaddr_in to;
    uv_udp_send_cb sent;
} held[LIMIT_SENDS + 1];
static size_t n_held;

int __wrap_uv_udp_send(uv_udp_send_t *request, uv_udp_t *udp, const uv_buf_t *buffers, unsigned n,
                       const struct sockaddr *to, uv_udp_send_cb sent)
{
    if (!is_held)
        return __real_uv_udp_send(request, udp, buffers, n, to, sent);
    cr_assert_lt(n_held, LIMIT_SENDS + 1);
    held[n_held++] = (struct held){ request, udp, buffers[0], *(const struct sockaddr_in *)to, sent };
    return 0;
}

static void let_go(void)
{
    is_held = false;
    for (size_t i = 0; i < n_held; i++)
        cr_assert_eq(uv_udp_send(held[i].request, held[i].udp, &held[i].buffer, 1,
                                 (const struct sockaddr *)&held[i].to, held[i].sent),
                     0);
    n_held = 0;
}

/* What was heard, the last of it and how much in all. */

static struct {
    int n;
    char order[8]; /* the first bytes of the first ones */
    char data[XPL_DATAGRAM_MAX];
    size_t size;
    struct xpl_endpoint from;
    bool hub;
    int close; /* how many to hear before it closes everything, 0: never */
    int closed;
} heard;

static uv_loop_t loop;
static struct xplsocket *xpl;
static uint16_t hub_port;

static void on_datagram(void *context, const char *data, size_t size, struct xpl_endpoint from, bool hub)
{
    cr_assert_eq(context, &heard);
    if (heard.n < (int)sizeof(heard.order) && size > 0)
        heard.order[heard.n] = data[0];
    heard.n++;
    memcpy(heard.data, data, size);
    heard.size = size;
    heard.from = from;
    heard.hub = hub;
    if (heard.n == heard.close) {
        xplsocket_close(xpl, count_call, &heard.closed);
        xpl = NULL;
    }
}

/* Another program of this host. Returns its socket; *port 0: any, and told. */
static int neighbour(uint32_t ip, uint16_t *port, bool reuse)
{
    int fd = socket(AF_INET, SOCK_DGRAM, 0), on = 1;
    struct sockaddr_in address = { .sin_family = AF_INET,
                                   .sin_port = htons(*port),
                                   .sin_addr.s_addr = htonl(ip) };
    socklen_t size = sizeof(address);
    setsockopt(fd, SOL_SOCKET, SO_BROADCAST, &on, sizeof(on));
    if (reuse) {
        setsockopt(fd, SOL_SOCKET, SO_REUSEADDR, &on, sizeof(on));
        setsockopt(fd, SOL_SOCKET, SO_REUSEPORT, &on, sizeof(on));
    }
    if (bind(fd, (struct sockaddr *)&address, sizeof(address)) < 0) {
        int r = -errno;
        close(fd);
        return r;
    }
    getsockname(fd, (struct sockaddr *)&address, &size);
    *port = ntohs(address.sin_port);
    return fd;
}

static void say(int fd, uint32_t ip, uint16_t port, const char *data, size_t size)
{
    struct sockaddr_in to = { .sin_family = AF_INET, .sin_port = htons(port), .sin_addr.s_addr = htonl(ip) };
    cr_assert_eq(sendto(fd, data, size, 0, (struct sockaddr *)&to, sizeof(to)), (ssize_t)size);
}

static void expect_heard(const char *text, bool hub)
{
    cr_expect_eq(heard.size, strlen(text));
    cr_expect_eq(memcmp(heard.data, text, strlen(text)), 0, "%.*s", (int)heard.size, heard.data);
    cr_expect_eq(heard.hub, hub);
}

static void open_all(void)
{
    int fd = neighbour(0, &hub_port, false); /* a free one */
    cr_assert_geq(fd, 0);
    close(fd);
    loop_open(&loop);
    struct xplsocket_listener listener = { &heard, on_datagram };
    cr_assert_eq(xplsocket_new(&xpl, &loop, hub_port, &listener), 0);
}

static void close_all(void)
{
    xplsocket_close(xpl, count_call, &heard.closed);
    loop_close(&loop);
    cr_expect_eq(heard.closed, heard.close ? 2 : 1); /* closing nothing answers too */
}

TestSuite(xplsocket, .init = open_all, .fini = close_all, .timeout = TIMEOUT);

Test(xplsocket, hears_what_comes_to_its_own_port)
{
    uint16_t port = 0;
    int fd = neighbour(LOOPBACK, &port, false);
    cr_expect_neq(xplsocket_port(xpl), 0);
    cr_expect_neq(xplsocket_port(xpl), hub_port);
    say(fd, LOOPBACK, xplsocket_port(xpl), "hello", 5);
    loop_until(&loop, heard.n);
    expect_heard("hello", false);
    cr_expect_eq(heard.from.ip, LOOPBACK);
    cr_expect_eq(heard.from.port, port);
    close(fd);
}

Test(xplsocket, hears_its_own_broadcast_as_the_hub)
{
    cr_assert_eq(xplsocket_hub_open(xpl), 0);
    cr_expect(xplsocket_hub_is_open(xpl));
    cr_expect_eq(xplsocket_broadcast(xpl, "to all", 6), 0);
    loop_until(&loop, heard.n);
    expect_heard("to all", true);
    cr_expect_eq(heard.from.port, xplsocket_port(xpl));
}

Test(xplsocket, broadcasts_go_where_it_is_aimed)
{
    cr_assert_eq(xplsocket_hub_open(xpl), 0);
    xplsocket_aim(xpl, LOOPBACK, 0);
    cr_expect_eq(xplsocket_broadcast(xpl, "x", 1), 0);
    loop_until(&loop, heard.n == 1);
    xplsocket_aim(xpl, BROADCAST, 0);
    cr_expect_eq(xplsocket_broadcast(xpl, "y", 1), 0);
    loop_until(&loop, heard.n == 2);
    expect_heard("y", true);
}

Test(xplsocket, sends_to_one)
{
    uint16_t port = 0;
    char data[16];
    int fd = neighbour(LOOPBACK, &port, false);
    cr_expect_eq(xplsocket_send(xpl, (struct xpl_endpoint){ LOOPBACK, port }, "client", 6), 0);
    cr_expect_eq(recv(fd, data, sizeof(data), 0), 6);
    close(fd);
}

Test(xplsocket, hears_datagrams_of_any_size)
{
    static char large[XPL_DATAGRAM_MAX];
    uint16_t port = 0;
    int fd = neighbour(LOOPBACK, &port, false);
    memset(large, 'x', sizeof(large));
    say(fd, LOOPBACK, xplsocket_port(xpl), large, sizeof(large));
    loop_until(&loop, heard.n == 1);
    cr_expect_eq(heard.size, sizeof(large));
    cr_expect_eq(memcmp(heard.data, large, sizeof(large)), 0);
    say(fd, LOOPBACK, xplsocket_port(xpl), "", 0);
    loop_until(&loop, heard.n == 2);
    cr_expect_eq(heard.size, 0);
    close(fd);
}

Test(xplsocket, refuses_what_no_datagram_can_carry)
{
    static char large[XPL_DATAGRAM_MAX + 1];
    cr_expect_eq(xplsocket_send(xpl, (struct xpl_endpoint){ LOOPBACK, hub_port }, large, sizeof(large)),
                 -EMSGSIZE);
}

Test(xplsocket, nobody_can_bind_beside_the_hub)
{
    cr_assert_eq(xplsocket_hub_open(xpl), 0);
    uint32_t ips[] = { 0, LOOPBACK, BROADCAST };
    for (int i = 0; i < 3; i++) {
        cr_expect_eq(neighbour(ips[i], &hub_port, false), -EADDRINUSE);
        cr_expect_eq(neighbour(ips[i], &hub_port, true), -EADDRINUSE, "with SO_REUSEADDR");
    }
}

Test(xplsocket, another_hub_is_told_and_its_end_is_noticed)
{
    int fd = neighbour(0, &hub_port, true);
    cr_expect_eq(xplsocket_hub_open(xpl), -EADDRINUSE);
    cr_expect_eq(xplsocket_hub_open(xpl), -EADDRINUSE);
    cr_expect_not(xplsocket_hub_is_open(xpl));
    close(fd);
    cr_expect_eq(xplsocket_hub_open(xpl), 0);
    cr_expect_eq(xplsocket_hub_open(xpl), 0, "open already");
}

Test(xplsocket, the_hubs_port_is_free_at_once_and_can_be_taken_again)
{
    cr_assert_eq(xplsocket_hub_open(xpl), 0);
    xplsocket_hub_close(xpl);
    xplsocket_hub_close(xpl);
    cr_expect_not(xplsocket_hub_is_open(xpl));
    int fd = neighbour(0, &hub_port, false);
    cr_assert_geq(fd, 0);
    close(fd);
    cr_assert_eq(xplsocket_hub_open(xpl), 0); /* the loop has not turned yet */
    cr_expect_eq(xplsocket_broadcast(xpl, "again", 5), 0);
    loop_until(&loop, heard.n);
    expect_heard("again", true);
}

Test(xplsocket, hands_over_what_it_holds_before_the_port_is_given_back)
{
    uint16_t port = 0;
    int fd = neighbour(LOOPBACK, &port, false);
    cr_assert_eq(xplsocket_hub_open(xpl), 0);
    say(fd, LOOPBACK, hub_port, "1", 1);
    say(fd, LOOPBACK, hub_port, "2", 1);
    say(fd, LOOPBACK, xplsocket_port(xpl), "3", 1);
    xplsocket_drain(xpl); /* the loop has not turned */
    cr_expect_eq(heard.n, 3);
    cr_expect_eq(memcmp(heard.order, "123", 3), 0);
    cr_expect_not(heard.hub);
    sendto(fd, "4", 1, 0,
           (struct sockaddr *)&(struct sockaddr_in){
               .sin_family = AF_INET, .sin_port = htons(hub_port), .sin_addr.s_addr = htonl(LOOPBACK) },
           sizeof(struct sockaddr_in));
    xplsocket_drain(xpl);
    cr_expect_eq(heard.n, 3, "it is deaf by now");
    xplsocket_hub_close(xpl);
    close(fd);
    cr_expect_eq(xplsocket_broadcast(xpl, "x", 1), 0, "our own socket goes on");
}

Test(xplsocket, sees_whether_somebody_has_a_port)
{
    uint16_t port = 0;
    int fd = neighbour(0, &port, true);
    struct xpl_endpoint there = { LOOPBACK, port };
    cr_expect(xplsocket_is_taken(there), "also when it would share");
    close(fd);
    cr_expect_not(xplsocket_is_taken(there));
    cr_expect_not(xplsocket_is_taken((struct xpl_endpoint){ 0x0a4d0001, port }), "no address of this host");
}

Test(xplsocket, may_be_closed_from_inside_a_datagram)
{
    heard.close = 2;
    cr_assert_eq(xplsocket_hub_open(xpl), 0);
    for (int i = 0; i < 5; i++)
        cr_expect_eq(xplsocket_broadcast(xpl, "x", 1), 0);
    loop_until(&loop, heard.closed);
    cr_expect_eq(heard.n, 2);
}

Test(xplsocket, a_receiver_that_is_gone_hurts_nobody)
{
    uint16_t port = 0;
    int fd = neighbour(LOOPBACK, &port, false);
    struct xpl_endpoint gone = { LOOPBACK, port };
    close(fd);
    for (int i = 0; i < 3; i++) {
        cr_expect_eq(xplsocket_send(xpl, gone, "x", 1), 0);
        uv_run(&loop, UV_RUN_NOWAIT);
    }
    fd = neighbour(LOOPBACK, &port, false);
    say(fd, LOOPBACK, xplsocket_port(xpl), "alive", 5);
    loop_until(&loop, heard.n);
    expect_heard("alive", false);
    close(fd);
}

Test(xplsocket, an_old_refusal_does_not_stop_the_next_datagram)
{
    cr_assert_eq(xplsocket_hub_open(xpl), 0);
    try_send_answers[0] = UV_ECONNREFUSED;
    cr_expect_eq(xplsocket_broadcast(xpl, "x", 1), 0);
    cr_expect_eq(n_tries, 2);
    loop_until(&loop, heard.n);
}

Test(xplsocket, a_network_that_is_down_is_told_at_once)
{
    try_send_answers[0] = UV_ENETUNREACH;
    cr_expect_eq(xplsocket_broadcast(xpl, "x", 1), -ENETUNREACH);
    cr_expect_eq(xplsocket_waiting(xpl), 0);
}

Test(xplsocket, a_busy_device_makes_datagrams_wait_in_order)
{
    cr_assert_eq(xplsocket_hub_open(xpl), 0);
    is_held = true;
    char text[2] = "1";
    cr_expect_eq(xplsocket_broadcast(xpl, text, 1), 0);
    text[0] = '2';
    cr_expect_eq(xplsocket_broadcast(xpl, text, 1), 0);
    text[0] = '?'; /* the caller's bytes are his again */
    cr_expect_eq(xplsocket_waiting(xpl), 2);
    let_go();
    loop_until(&loop, heard.n == 2);
    cr_expect_eq(memcmp(heard.order, "12", 2), 0, "%.2s", heard.order);
    loop_until(&loop, xplsocket_waiting(xpl) == 0);
    cr_expect_eq(xplsocket_late_failures(xpl), 0);
}

Test(xplsocket, only_so_many_wait)
{
    cr_assert_eq(xplsocket_hub_open(xpl), 0);
    is_held = true;
    for (int i = 0; i < LIMIT_SENDS; i++)
        cr_assert_eq(xplsocket_broadcast(xpl, "x", 1), 0);
    cr_expect_eq(xplsocket_broadcast(xpl, "x", 1), -ENOBUFS);
    cr_expect_eq(xplsocket_waiting(xpl), LIMIT_SENDS);
    let_go();
    loop_until(&loop, xplsocket_waiting(xpl) == 0);
    cr_expect_eq(xplsocket_broadcast(xpl, "x", 1), 0);
    loop_until(&loop, heard.n == LIMIT_SENDS + 1);
}

Test(xplsocket, a_refusal_after_waiting_is_counted)
{
    is_held = true;
    cr_expect_eq(xplsocket_send(xpl, (struct xpl_endpoint){ LOOPBACK, 0 }, "x", 1), 0);
    let_go(); /* port 0: the kernel refuses */
    loop_until(&loop, xplsocket_waiting(xpl) == 0);
    cr_expect_eq(xplsocket_late_failures(xpl), 1);
}

Test(xplsocket, closes_with_datagrams_waiting)
{
    try_send_answers[0] = UV_EAGAIN;
    cr_expect_eq(xplsocket_broadcast(xpl, "x", 1), 0);
    cr_expect_eq(xplsocket_waiting(xpl), 1);
}

Test(xplsocket, asks_for_a_large_receive_buffer)
{
    int fd = socket(AF_INET, SOCK_DGRAM, 0), usual;
    socklen_t size = sizeof(usual);
    cr_assert_eq(getsockopt(fd, SOL_SOCKET, SO_RCVBUF, &usual, &size), 0);
    close(fd);
    cr_expect_gt(xplsocket_receive_buffer(xpl), (size_t)usual);
    cr_expect(was_forced, "beyond what any program may have");
    may_force = false;
    cr_assert_eq(xplsocket_hub_open(xpl), 0);
    cr_expect_gt(xplsocket_receive_buffer(xpl), (size_t)usual, "politely, when force is not allowed");
}

Test(xplsocket, counts_what_the_kernel_dropped_also_after_the_hub_closed)
{
    cr_assert_eq(xplsocket_hub_open(xpl), 0);
    cr_expect_eq(xplsocket_kernel_drops(xpl), 0);
    uint16_t port = 0;
    int fd = neighbour(LOOPBACK, &port, false);
    /* The loop does not turn meanwhile: what does not fit is lost, of either socket. */
    uint64_t fits = xplsocket_receive_buffer(xpl) / 512;
    for (uint64_t i = 0; i < fits; i++)
        say(fd, LOOPBACK, hub_port, "x", 1);
    xplsocket_hub_close(xpl);
    uint64_t hubs = xplsocket_kernel_drops(xpl);
    cr_expect_gt(hubs, 0);
    cr_expect_eq(xplsocket_kernel_drops(xpl), hubs, "counted twice");
    for (uint64_t i = 0; i < fits; i++)
        say(fd, LOOPBACK, xplsocket_port(xpl), "x", 1);
    uint64_t both = xplsocket_kernel_drops(xpl);
    cr_expect_gt(both, hubs);
    loop_until(&loop, (uint64_t)heard.n == fits - (both - hubs));
    cr_expect_eq(xplsocket_kernel_drops(xpl), both);
    close(fd);
}
