#include "io/wake.h"

#include <errno.h>
#include <stdlib.h>

#include "io/closing.h"

struct wake {
    uv_async_t uv;
    void (*woken)(void *context);
    void *context;
    struct closing closing;
};

static void on_woken(uv_async_t *uv)
{
    struct wake *wake = uv->data;
    wake->woken(wake->context);
}

int wake_new(struct wake **ret, uv_loop_t *loop, void (*woken)(void *context), void *context)
{
    struct wake *wake = calloc(1, sizeof(*wake));
    if (!wake)
        return -ENOMEM;
    wake->woken = woken;
    wake->context = context;
    wake->uv.data = wake;
    int r = uv_async_init(loop, &wake->uv, on_woken);
    if (r < 0) {
        free(wake); /* the loop does not know it yet */
        return r;
    }
    *ret = wake;
    return 0;
}

void wake_from_any_thread(void *context)
{
    struct wake *wake = context;
    uv_async_send(&wake->uv);
}

static void on_closed(uv_handle_t *uv)
{
    struct wake *wake = uv->data;
    closing_finish(wake->closing, wake);
}

void wake_close(struct wake *wake, void (*closed)(void *context), void *context)
{
    struct closing closing = { closed, context };
    if (!wake) {
        closing_finish(closing, NULL);
        return;
    }
    wake->closing = closing;
    uv_close((uv_handle_t *)&wake->uv, on_closed);
}
