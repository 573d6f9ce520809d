#include "loop.h"

#include <signal.h>
#include <unistd.h>

#include "io/signals.h"

static int counts[3];

static void on_signal(void *context, enum signals_event event)
{
    cr_assert_eq(context, counts);
    counts[event]++;
}

Test(signals, each_means_what_the_operator_expects, .timeout = TIMEOUT)
{
    uv_loop_t loop;
    loop_open(&loop);
    struct signals *signals;
    cr_assert_eq(signals_new(&signals, &loop, on_signal, counts), 0);

    raise(SIGTERM);
    loop_until(&loop, counts[SIGNALS_STOP] == 1);
    raise(SIGINT);
    loop_until(&loop, counts[SIGNALS_STOP] == 2);
    raise(SIGHUP);
    loop_until(&loop, counts[SIGNALS_RELOAD] == 1);
    raise(SIGUSR1);
    loop_until(&loop, counts[SIGNALS_DUMP] == 1);
    cr_expect_eq(counts[SIGNALS_STOP] + counts[SIGNALS_RELOAD] + counts[SIGNALS_DUMP], 4);

    int closed = 0;
    signals_close(signals, count_call, &closed);
    loop_close(&loop);
    cr_expect_eq(closed, 1);
}

Test(signals, a_broken_pipe_is_an_error_and_not_the_end, .timeout = TIMEOUT)
{
    uv_loop_t loop;
    loop_open(&loop);
    struct signals *signals;
    cr_assert_eq(signals_new(&signals, &loop, on_signal, counts), 0);
    int fds[2];
    cr_assert_eq(pipe(fds), 0);
    close(fds[0]);
    cr_expect_eq(write(fds[1], "x", 1), -1);
    close(fds[1]);
    signals_close(signals, NULL, NULL);
    loop_close(&loop);
}
