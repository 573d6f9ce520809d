/* A uv loop inside a test. Waiting means turning the loop until it happened; a test that waits in vain ends
 * by its timeout. */
#ifndef TEST_IO_LOOP_H
#define TEST_IO_LOOP_H

#include <criterion/criterion.h>
#include <uv.h>

#define TIMEOUT 20 /* s */

static inline void loop_open(uv_loop_t *loop)
{
    cr_assert_eq(uv_loop_init(loop), 0);
}

#define loop_until(loop, condition)      \
    do {                                 \
        while (!(condition))             \
            uv_run((loop), UV_RUN_ONCE); \
    } while (0)

/* All that was closed is given back, and nothing else is there. */
static inline void loop_close(uv_loop_t *loop)
{
    uv_run(loop, UV_RUN_DEFAULT);
    cr_assert_eq(uv_loop_close(loop), 0, "a handle is left");
}

static inline void count_call(void *context)
{
    ++*(int *)context;
}

#endif
