#include <criterion/criterion.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/socket.h>
#include <sys/un.h>
#include <unistd.h>

#include "io/notify.h"

#ifdef HAVE_SYSTEMD

static int manager = -1;
static char heard[256];

/* A service manager that listens at an abstract address of its own. */
static void listen_as_manager(void)
{
    struct sockaddr_un address = { .sun_family = AF_UNIX };
    char name[64];
    snprintf(name, sizeof(name), "@xplmqtt-test-notify-%d", (int)getpid());
    memcpy(address.sun_path, name, strlen(name));
    address.sun_path[0] = '\0';
    manager = socket(AF_UNIX, SOCK_DGRAM, 0);
    cr_assert_eq(bind(manager, (struct sockaddr *)&address,
                      (socklen_t)(offsetof(struct sockaddr_un, sun_path) + strlen(name))),
                 0);
    setenv("NOTIFY_SOCKET", name, 1);
}

static const char *hear(void)
{
    ssize_t size = recv(manager, heard, sizeof(heard) - 1, MSG_DONTWAIT);
    heard[size < 0 ? 0 : size] = '\0';
    return heard;
}

Test(notify, tells_the_manager_what_happens)
{
    listen_as_manager();
    notify_ready();
    cr_expect_str_eq(hear(), "READY=1");
    notify_status("100 % searching");
    cr_expect_str_eq(hear(), "STATUS=100 % searching");
    notify_reloading();
    cr_expect_eq(strncmp(hear(), "RELOADING=1\nMONOTONIC_USEC=", 27), 0);
    notify_watchdog();
    cr_expect_str_eq(hear(), "WATCHDOG=1");
    notify_stopping();
    cr_expect_str_eq(hear(), "STOPPING=1");
    close(manager);
}

Test(notify, feeds_the_watchdog_twice_before_it_bites)
{
    char pid[32];
    snprintf(pid, sizeof(pid), "%d", (int)getpid());
    setenv("WATCHDOG_USEC", "30000000", 1);
    setenv("WATCHDOG_PID", pid, 1);
    cr_expect_eq(notify_watchdog_ms(), 15000);
    setenv("WATCHDOG_USEC", "1", 1);
    cr_expect_eq(notify_watchdog_ms(), 1);
    setenv("WATCHDOG_PID", "1", 1);
    cr_expect_eq(notify_watchdog_ms(), 0, "another process's watchdog");
}

#endif

Test(notify, does_nothing_when_nobody_listens)
{
    unsetenv("NOTIFY_SOCKET");
    unsetenv("WATCHDOG_USEC");
    notify_ready();
    notify_reloading();
    notify_status("x");
    notify_watchdog();
    notify_stopping();
    cr_expect_eq(notify_watchdog_ms(), 0);
}
