#include "failing.h"

void *__real_malloc(size_t size);
void *__real_calloc(size_t n, size_t size);
void *__real_realloc(void *block, size_t size);
char *__real_strdup(const char *text);
char *__real_strndup(const char *text, size_t size);
void __real_free(void *block);
void *__wrap_calloc(size_t n, size_t size);
char *__wrap_strdup(const char *text);
char *__wrap_strndup(const char *text, size_t size);
void __wrap_free(void *block);

long failing_calls, failing_held;

static long countdown = -1; /* allocations until one fails; below 0: none does */
static bool failed;

void failing_begin(long n)
{
    countdown = n;
    failed = false;
}

bool failing_end(void)
{
    countdown = -1;
    return failed;
}

bool failing_now(void)
{
    failing_calls++;
    if (countdown < 0 || countdown-- > 0)
        return false;
    failed = true;
    return true;
}

static void *hold(void *block)
{
    failing_held += block != NULL;
    return block;
}

void *__wrap_malloc(size_t size)
{
    return failing_now() ? NULL : hold(__real_malloc(size));
}

void *__wrap_calloc(size_t n, size_t size)
{
    return failing_now() ? NULL : hold(__real_calloc(n, size));
}

void *__wrap_realloc(void *block, size_t size)
{
    if (failing_now())
        return NULL;
    failing_held -= block != NULL;
    return hold(__real_realloc(block, size));
}

char *__wrap_strdup(const char *text)
{
    return failing_now() ? NULL : hold(__real_strdup(text));
}

char *__wrap_strndup(const char *text, size_t size)
{
    return failing_now() ? NULL : hold(__real_strndup(text, size));
}

void __wrap_free(void *block)
{
    failing_held -= block != NULL;
    __real_free(block);
}
