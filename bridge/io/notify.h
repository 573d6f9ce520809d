/* What the service manager hears from us (sd_notify(3), Type=notify or notify-reload). Without libsystemd, or
 * when nobody asked to be told, all of this does nothing. */
#ifndef IO_NOTIFY_H
#define IO_NOTIFY_H

#include <stdint.h>

/* Up and running; also when a reload has ended, well or not. */
void notify_ready(void);
void notify_reloading(void);
void notify_stopping(void);
/* A line for `systemctl status`. */
void notify_status(const char *status);

/* How often the watchdog wants to be fed, in ms: half of the time after which it bites. 0: there is none. */
int64_t notify_watchdog_ms(void);
void notify_watchdog(void);

#endif
