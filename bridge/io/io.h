/* The room that touches the world: sockets, addresses, time, signals, the service manager, small files.
 *
 * Nothing here decides: bytes and facts go out through plain callbacks, core decides, daemon.c connects. All
 * runs on one uv loop in one thread; wake_from_any_thread is the one exception.
 *
 * One rule for everything that has a uv handle:
 *   X_new    makes and starts it; after an error nothing needs to be closed, but the loop must turn once more
 *            before uv_loop_close.
 *   X_close  no callback comes any more, from that moment. When the handles are gone (the loop has turned),
 * the memory is freed and `closed`, which may be NULL, is called once. With NULL for X it is called at once,
 *            so a half-built program closes like a whole one.
 *
 * This file: what time it is, and chance. It is the one place that asks.
 */
#ifndef IO_IO_H
#define IO_IO_H

#include <stdint.h>

/* Milliseconds, monotonic, since some fixed point: the `now_ms` of the whole program. */
int64_t io_now_ms(void);

/* Likewise, with the time that the machine slept. */
int64_t io_boot_ms(void);

/* Milliseconds since 1970, as the wall clock has it (it may jump): for people only. */
int64_t io_wall_ms(void);

/* 32 random bits, good enough for jitter and ids. Never fails. */
uint32_t io_random(void);

#endif
