/* Allocations of ours that fail when a test says so. The linker gives our calls to the wrappers in failing.c
 * (failing_dep in bridge/base/meson.build); those of other libraries neither fail nor count. */
#ifndef TEST_FAULT_FAILING_H
#define TEST_FAULT_FAILING_H

#include <stdbool.h>
#include <stddef.h>

extern long failing_calls; /* allocations up to now, those that failed included */
extern long failing_held;  /* blocks of ours that nobody has freed */

/* The n-th allocation from now fails, 0 being the next, and all after it work again: the hardest case. Below
 * 0: none fails. */
void failing_begin(long n);
/* None fails any more. Whether one did since failing_begin. */
bool failing_end(void);
/* For a test that puts more than the allocator in its place: whether this allocation is the one to fail. */
bool failing_now(void);

void *__wrap_malloc(size_t size);
void *__wrap_realloc(void *block, size_t size);

#endif
