/* What the operator asks for by signal. Closing: io.h. */
#ifndef IO_SIGNALS_H
#define IO_SIGNALS_H

#include <uv.h>

enum signals_event {
    SIGNALS_STOP,   /* SIGTERM, SIGINT */
    SIGNALS_RELOAD, /* SIGHUP */
    SIGNALS_DUMP,   /* SIGUSR1: the counters */
};

struct signals;

/* From here on the four signals come as `received`, in the loop, and SIGPIPE is ignored for good: a broken
 * connection is an error of a write, not the end of the program. 0 or negative errno. */
int signals_new(struct signals **ret, uv_loop_t *loop,
                void (*received)(void *context, enum signals_event event), void *context);

/* The signals do again what they did before. */
void signals_close(struct signals *signals, void (*closed)(void *context), void *context);

#endif
