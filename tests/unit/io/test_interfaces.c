/* The kernel is replaced here: getifaddrs answers from a list, and the netlink socket is one end of a pair,
 * or cannot be had. tests/system has the real one. */
#include "loop.h"

#include <arpa/inet.h>
#include <errno.h>
#include <ifaddrs.h>
#include <sys/socket.h>
#include <unistd.h>

#include "io/interfaces.h"

static struct ifaddrs *kernel_list;
static int kernel_error;
static int kernel[2] = { -1, -1 }; /* what we watch, what the kernel speaks into */

int __real_socket(int domain, int type, int protocol);
int __wrap_socket(int domain, int type, int protocol);
int __wrap_bind(int fd, const struct sockaddr *address, socklen_t size);
int __wrap_getifaddrs(struct ifaddrs **ret);
void __wrap_freeifaddrs(struct ifaddrs *list);
ssize_t __real_recv(int fd, void *data, size_t size, int flags);
ssize_t __wrap_recv(int fd, void *data, size_t size, int flags);

int __wrap_socket(int domain, int type, int protocol)
{
    if (domain != AF_NETLINK)
        return __real_socket(domain, type, protocol);
    if (kernel[0] >= 0)
        return kernel[0];
    errno = EAFNOSUPPORT;
    return -1;
}

int __wrap_bind(int fd, const struct sockaddr *address, socklen_t size)
{
    (void)fd, (void)address, (void)size;
    return 0;
}

int __wrap_getifaddrs(struct ifaddrs **ret)
{
    errno = kernel_error;
    *ret = kernel_list;
    return kernel_error ? -1 : 0;
}

void __wrap_freeifaddrs(struct ifaddrs *list)
{
    (void)list;
}

static int recv_error; /* ENOBUFS: once, else for ever */

ssize_t __wrap_recv(int fd, void *data, size_t size, int flags)
{
    if (!recv_error)
        return __real_recv(fd, data, size, flags);
    errno = recv_error;
    if (recv_error == ENOBUFS)
        recv_error = 0;
    return -1;
}

static struct sockaddr_in ip, mask, broadcast;
static struct ifaddrs one = { .ifa_name = (char *)"lo",
                              .ifa_flags = IFF_UP | IFF_BROADCAST,
                              .ifa_addr = (struct sockaddr *)&ip,
                              .ifa_netmask = (struct sockaddr *)&mask,
                              .ifa_broadaddr = (struct sockaddr *)&broadcast };

static void set_ip(const char *text)
{
    ip.sin_family = mask.sin_family = broadcast.sin_family = AF_INET;
    inet_pton(AF_INET, text, &ip.sin_addr);
    inet_pton(AF_INET, "255.255.255.0", &mask.sin_addr);
    kernel_list = &one;
}

static uv_loop_t loop;
static struct interfaces *interfaces;
static int changes;

static void open_with(bool netlink)
{
    if (netlink)
        cr_assert_eq(socketpair(AF_UNIX, SOCK_DGRAM | SOCK_NONBLOCK, 0, kernel), 0);
    loop_open(&loop);
    cr_assert_eq(interfaces_new(&interfaces, &loop, count_call, &changes, 1000), 0);
}

static void close_all(void)
{
    int closed = 0;
    interfaces_close(interfaces, count_call, &closed);
    loop_close(&loop);
    cr_expect_eq(closed, 1);
}

TestSuite(interfaces, .timeout = TIMEOUT);

Test(interfaces, knows_the_addresses_from_the_start)
{
    set_ip("10.0.0.1");
    open_with(true);
    cr_expect_eq(changes, 0);
    cr_expect_eq(interfaces_addresses(interfaces)->n, 1);
    cr_expect(interfaces_is_local(interfaces, 0x0a000001));
    cr_expect_eq(interfaces_deadline(interfaces), INT64_MAX);
    close_all();
}

Test(interfaces, tells_of_a_burst_once_and_of_no_change_not_at_all)
{
    set_ip("10.0.0.1");
    open_with(true);
    set_ip("10.0.0.2");
    for (int i = 0; i < 5; i++)
        cr_assert_eq(send(kernel[1], "change", 6, 0), 6);
    loop_until(&loop, changes);
    cr_expect(interfaces_is_local(interfaces, 0x0a000002));
    cr_expect_not(interfaces_is_local(interfaces, 0x0a000001));

    cr_assert_eq(send(kernel[1], "noise", 5, 0), 5);
    uv_run(&loop, UV_RUN_ONCE);
    cr_expect_eq(changes, 1);
    cr_expect_eq(recv(kernel[0], &(char){ 0 }, 1, MSG_DONTWAIT), -1, "a message was left unread");
    close_all();
}

Test(interfaces, looks_itself_every_30_seconds_when_nothing_tells)
{
    set_ip("10.0.0.1");
    open_with(false);
    cr_expect_eq(interfaces_deadline(interfaces), 31000);
    set_ip("10.0.0.2");
    interfaces_on_time(interfaces, 30999);
    cr_expect_eq(changes, 0);
    interfaces_on_time(interfaces, 31000);
    cr_expect_eq(changes, 1);
    cr_expect_eq(interfaces_deadline(interfaces), 61000);
    close_all();
}

Test(interfaces, looks_itself_when_the_kernel_stops_telling)
{
    set_ip("10.0.0.1");
    open_with(true);
    set_ip("10.0.0.2");
    recv_error = ENOTCONN;
    cr_assert_eq(send(kernel[1], "change", 6, 0), 6);
    loop_until(&loop, changes);
    cr_expect_neq(interfaces_deadline(interfaces), INT64_MAX);
    set_ip("10.0.0.3");
    interfaces_on_time(interfaces, interfaces_deadline(interfaces));
    cr_expect_eq(changes, 2);
    close_all();
}

Test(interfaces, a_lost_message_is_as_good_as_a_heard_one)
{
    set_ip("10.0.0.1");
    open_with(true);
    set_ip("10.0.0.2");
    recv_error = ENOBUFS;
    cr_assert_eq(send(kernel[1], "change", 6, 0), 6);
    loop_until(&loop, changes);
    cr_expect_eq(interfaces_deadline(interfaces), INT64_MAX);
    close_all();
}

Test(interfaces, keeps_what_it_knows_when_the_system_does_not_answer)
{
    set_ip("10.0.0.1");
    open_with(false);
    kernel_error = ENOMEM;
    cr_expect_eq(interfaces_refresh(interfaces, 5000), -ENOMEM);
    cr_expect_eq(changes, 0);
    cr_expect(interfaces_is_local(interfaces, 0x0a000001));
    kernel_error = 0;
    kernel_list = NULL;
    cr_expect_eq(interfaces_refresh(interfaces, 6000), 0);
    cr_expect_eq(changes, 1);
    cr_expect_eq(interfaces_addresses(interfaces)->n, 0);
    close_all();
}

Test(interfaces, starts_on_a_host_that_says_nothing)
{
    kernel_error = EPERM;
    open_with(false);
    cr_expect_eq(interfaces_addresses(interfaces)->n, 0);
    cr_expect(interfaces_is_local(interfaces, 0x7f000001));
    close_all();
}
