/* One timer, armed to the earliest deadline of all who wait for something. Closing: io.h. */
#ifndef IO_TIMER_H
#define IO_TIMER_H

#include <stdint.h>
#include <uv.h>

struct timer;

/* `fired` gets the time of its call, which is never before the deadline; the timer is not armed then. 0 or
 * -ENOMEM. */
int timer_new(struct timer **ret, uv_loop_t *loop, void (*fired)(void *context, int64_t now_ms),
              void *context);
void timer_close(struct timer *timer, void (*closed)(void *context), void *context);

/* Replaces the deadline. INT64_MAX: never. A deadline that has passed fires in the loop's next turn, not from
 * here. */
void timer_arm(struct timer *timer, int64_t now_ms, int64_t deadline_ms);

#endif
