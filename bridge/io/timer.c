/* uv counts from the time at which the loop woke up, which may lie behind us by as long as the callbacks
 * since took, so its timer may be early. When it fires, the true time decides: too early means wait again. */
#include "io/timer.h"

#include <errno.h>
#include <stdlib.h>

#include "io/closing.h"
#include "io/io.h"

struct timer {
    uv_timer_t uv;
    int64_t deadline_ms;
    void (*fired)(void *context, int64_t now_ms);
    void *context;
    struct closing closing;
};

int timer_new(struct timer **ret, uv_loop_t *loop, void (*fired)(void *context, int64_t now_ms),
              void *context)
{
    struct timer *timer = calloc(1, sizeof(*timer));
    if (!timer)
        return -ENOMEM;
    timer->fired = fired;
    timer->context = context;
    timer->uv.data = timer;
    uv_timer_init(loop, &timer->uv); /* cannot fail */
    *ret = timer;
    return 0;
}

static void on_fired(uv_timer_t *uv)
{
    struct timer *timer = uv->data;
    int64_t now_ms = io_now_ms();
    if (now_ms < timer->deadline_ms)
        timer_arm(timer, now_ms, timer->deadline_ms);
    else
        timer->fired(timer->context, now_ms);
}

void timer_arm(struct timer *timer, int64_t now_ms, int64_t deadline_ms)
{
    timer->deadline_ms = deadline_ms;
    if (deadline_ms == INT64_MAX) {
        uv_timer_stop(&timer->uv);
        return;
    }
    uv_timer_start(&timer->uv, on_fired, deadline_ms > now_ms ? (uint64_t)(deadline_ms - now_ms) : 0, 0);
}

static void on_closed(uv_handle_t *uv)
{
    struct timer *timer = uv->data;
    closing_finish(timer->closing, timer);
}

void timer_close(struct timer *timer, void (*closed)(void *context), void *context)
{
    struct closing closing = { closed, context };
    if (!timer) {
        closing_finish(closing, NULL);
        return;
    }
    timer->closing = closing;
    uv_close((uv_handle_t *)&timer->uv, on_closed);
}
