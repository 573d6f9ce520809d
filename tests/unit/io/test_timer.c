#include "loop.h"

#include "io/io.h"
#include "io/timer.h"

struct seen {
    int n;
    int64_t at_ms;
};

static void on_fired(void *context, int64_t now_ms)
{
    struct seen *seen = context;
    seen->n++;
    seen->at_ms = now_ms;
}

static uv_loop_t loop;
static struct timer *timer;
static struct seen seen;

static void open_all(void)
{
    loop_open(&loop);
    cr_assert_eq(timer_new(&timer, &loop, on_fired, &seen), 0);
}

static void close_all(void)
{
    int closed = 0;
    timer_close(timer, count_call, &closed);
    cr_expect_eq(closed, 0, "closed was told before the loop turned");
    loop_close(&loop);
    cr_expect_eq(closed, 1);
}

TestSuite(timer, .init = open_all, .fini = close_all, .timeout = TIMEOUT);

Test(timer, fires_once_and_not_before_the_deadline)
{
    int64_t deadline = io_now_ms() + 20;
    timer_arm(timer, io_now_ms(), deadline);
    loop_until(&loop, seen.n);
    cr_expect_geq(seen.at_ms, deadline);
    cr_expect_eq(uv_run(&loop, UV_RUN_DEFAULT), 0, "still armed");
    cr_expect_eq(seen.n, 1);
}

Test(timer, counts_from_now_though_the_loop_woke_long_ago)
{
    uv_update_time(&loop);
    int64_t now = io_now_ms();
    while (io_now_ms() < now + 30)
        continue;
    int64_t deadline = io_now_ms() + 10;
    timer_arm(timer, io_now_ms(), deadline);
    loop_until(&loop, seen.n);
    cr_expect_geq(seen.at_ms, deadline);
}

Test(timer, waits_again_when_uv_is_early)
{
    /* As if the caller's clock ran ahead of the loop's. */
    int64_t deadline = io_now_ms() + 20;
    timer_arm(timer, deadline - 1, deadline);
    loop_until(&loop, seen.n);
    cr_expect_geq(seen.at_ms, deadline);
    cr_expect_eq(seen.n, 1);
}

Test(timer, fires_a_past_deadline_in_the_next_turn_not_from_inside)
{
    timer_arm(timer, io_now_ms(), 0);
    cr_expect_eq(seen.n, 0);
    loop_until(&loop, seen.n);
    cr_expect_eq(seen.n, 1);
}

Test(timer, keeps_only_the_last_deadline)
{
    int64_t now = io_now_ms();
    timer_arm(timer, now, now + 1000000);
    timer_arm(timer, now, now + 1);
    loop_until(&loop, seen.n);
    timer_arm(timer, now, now + 1000000);
    timer_arm(timer, now, INT64_MAX);
    cr_expect_eq(uv_run(&loop, UV_RUN_DEFAULT), 0);
    cr_expect_eq(seen.n, 1);
}

Test(timer, is_silent_once_closing)
{
    timer_arm(timer, io_now_ms(), 0);
    close_all();
    cr_expect_eq(seen.n, 0);
    open_all();
}

Test(timer, closes_nothing_at_once)
{
    int closed = 0;
    timer_close(NULL, count_call, &closed);
    cr_expect_eq(closed, 1);
    timer_close(NULL, NULL, NULL);
}
