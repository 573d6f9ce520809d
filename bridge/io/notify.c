#include "io/notify.h"

#include <inttypes.h>
#include <stddef.h>

#ifdef HAVE_SYSTEMD

#include <systemd/sd-daemon.h>
#include <time.h>

void notify_ready(void)
{
    sd_notify(0, "READY=1");
}

void notify_reloading(void)
{
    /* Type=notify-reload wants to know which of two reloads this is, to the microsecond. */
    struct timespec now = { 0 };
    clock_gettime(CLOCK_MONOTONIC, &now);
    sd_notifyf(0, "RELOADING=1\nMONOTONIC_USEC=%" PRId64, (int64_t)now.tv_sec * 1000000 + now.tv_nsec / 1000);
}

void notify_stopping(void)
{
    sd_notify(0, "STOPPING=1");
}

void notify_status(const char *status)
{
    sd_notifyf(0, "STATUS=%s", status);
}

int64_t notify_watchdog_ms(void)
{
    uint64_t bites_us = 0;
    if (sd_watchdog_enabled(0, &bites_us) <= 0)
        return 0;
    int64_t ms = (int64_t)(bites_us / 2000);
    return ms > 0 ? ms : 1;
}

void notify_watchdog(void)
{
    sd_notify(0, "WATCHDOG=1");
}

#else

void notify_ready(void)
{
}

void notify_reloading(void)
{
}

void notify_stopping(void)
{
}

void notify_status(const char *status)
{
    (void)status;
}

int64_t notify_watchdog_ms(void)
{
    return 0;
}

void notify_watchdog(void)
{
}

#endif
