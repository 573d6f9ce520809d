#include "io/signals.h"

#include <errno.h>
#include <signal.h>
#include <stdlib.h>

#include "io/closing.h"

static const struct {
    int number;
    enum signals_event event;
} table[] = {
    { SIGTERM, SIGNALS_STOP },
    { SIGINT, SIGNALS_STOP },
    { SIGHUP, SIGNALS_RELOAD },
    { SIGUSR1, SIGNALS_DUMP },
};

#define N_SIGNALS (sizeof(table) / sizeof(table[0]))

struct signals {
    uv_signal_t uv[N_SIGNALS];
    size_t n_open; /* of uv, from the first */
    void (*received)(void *context, enum signals_event event);
    void *context;
    struct closing closing;
};

static void on_signal(uv_signal_t *uv, int number)
{
    struct signals *signals = uv->data;
    (void)number;
    signals->received(signals->context, table[uv - signals->uv].event);
}

int signals_new(struct signals **ret, uv_loop_t *loop,
                void (*received)(void *context, enum signals_event event), void *context)
{
    struct signals *signals = calloc(1, sizeof(*signals));
    if (!signals)
        return -ENOMEM;
    signals->received = received;
    signals->context = context;
    for (size_t i = 0; i < N_SIGNALS; i++) {
        int r = uv_signal_init(loop, &signals->uv[i]);
        if (r == 0) {
            signals->uv[i].data = signals;
            signals->n_open++;
            r = uv_signal_start(&signals->uv[i], on_signal, table[i].number);
        }
        if (r < 0) {
            signals_close(signals, NULL, NULL);
            return r;
        }
    }
    signal(SIGPIPE, SIG_IGN);
    *ret = signals;
    return 0;
}

static void maybe_closed(struct signals *signals)
{
    if (signals->n_open > 0)
        return;
    closing_finish(signals->closing, signals);
}

static void on_closed(uv_handle_t *uv)
{
    struct signals *signals = uv->data;
    signals->n_open--;
    maybe_closed(signals);
}

void signals_close(struct signals *signals, void (*closed)(void *context), void *context)
{
    struct closing closing = { closed, context };
    if (!signals) {
        closing_finish(closing, NULL);
        return;
    }
    signals->closing = closing;
    for (size_t i = 0; i < signals->n_open; i++)
        uv_close((uv_handle_t *)&signals->uv[i], on_closed);
    maybe_closed(signals); /* a half-built one may have none */
}
