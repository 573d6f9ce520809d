/* A knock on the loop's door from another thread (the MQTT inbox). Closing: io.h. */
#ifndef IO_WAKE_H
#define IO_WAKE_H

#include <uv.h>

struct wake;

/* `woken` is called in the loop's thread, once for any number of knocks since its last call. 0 or negative
 * errno. */
int wake_new(struct wake **ret, uv_loop_t *loop, void (*woken)(void *context), void *context);

/* Only when no other thread can knock any more. */
void wake_close(struct wake *wake, void (*closed)(void *context), void *context);

/* The only call of this room for other threads; never waits. Takes the struct wake as the context of a plain
 * callback, so that it can be given to whoever only knows how to call back. */
void wake_from_any_thread(void *wake);

#endif
