#include "loop.h"

#include "io/wake.h"

struct seen {
    int n;
    uv_thread_t thread;
};

static void on_woken(void *context)
{
    struct seen *seen = context;
    seen->n++;
    seen->thread = uv_thread_self();
}

static void knock(void *wake)
{
    for (int i = 0; i < 100; i++)
        wake_from_any_thread(wake);
}

Test(wake, brings_another_threads_knocks_into_the_loops_thread, .timeout = TIMEOUT)
{
    uv_loop_t loop;
    loop_open(&loop);
    struct seen seen = { 0 };
    struct wake *wake;
    cr_assert_eq(wake_new(&wake, &loop, on_woken, &seen), 0);

    uv_thread_t thread, self = uv_thread_self();
    cr_assert_eq(uv_thread_create(&thread, knock, wake), 0);
    loop_until(&loop, seen.n);
    uv_thread_join(&thread);
    cr_expect(uv_thread_equal(&seen.thread, &self));
    cr_expect_leq(seen.n, 100);

    int before = seen.n, closed = 0;
    wake_from_any_thread(wake);
    wake_close(wake, count_call, &closed);
    loop_close(&loop);
    cr_expect_eq(closed, 1);
    cr_expect_eq(seen.n, before, "woken after close");
}

Test(wake, knocks_before_the_loop_turns_are_one, .timeout = TIMEOUT)
{
    uv_loop_t loop;
    loop_open(&loop);
    struct seen seen = { 0 };
    struct wake *wake;
    cr_assert_eq(wake_new(&wake, &loop, on_woken, &seen), 0);
    knock(wake);
    loop_until(&loop, seen.n);
    uv_run(&loop, UV_RUN_NOWAIT);
    cr_expect_eq(seen.n, 1);
    wake_close(wake, NULL, NULL);
    loop_close(&loop);
}
