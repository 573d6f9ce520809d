/* A slice: bytes that somebody else owns.
 *
 * Nothing in libxpl needs a terminating NUL, and nothing allocates: parsers hand out slices into
 * the buffer that they were given. A slice lives exactly as long as that buffer.
 */
#ifndef XPL_SLICE_H
#define XPL_SLICE_H

#include <stdbool.h>
#include <stddef.h>
#include <string.h>

struct xpl_slice {
    const char *data; /* may be NULL when size is 0 */
    size_t size;      /* bytes */
};

#define XPL_SLICE(literal) ((struct xpl_slice){ (literal), sizeof(literal) - 1 })
/* For printf("%.*s"). */
#define XPL_SLICE_ARGS(slice) (int)(slice).size, (slice).data ? (slice).data : ""

static inline struct xpl_slice xpl_slice(const char *data, size_t size)
{
    return (struct xpl_slice){ data, size };
}

static inline struct xpl_slice xpl_slice_from(const char *string)
{
    return (struct xpl_slice){ string, string ? strlen(string) : 0 };
}

/* ASCII only and locale-free: xPL compares everything but values without case. */
static inline char xpl_lower(char c)
{
    return c >= 'A' && c <= 'Z' ? (char)(c + ('a' - 'A')) : c;
}

static inline bool xpl_slice_equal(struct xpl_slice a, struct xpl_slice b)
{
    return a.size == b.size && (a.size == 0 || memcmp(a.data, b.data, a.size) == 0);
}

static inline bool xpl_slice_equal_nocase(struct xpl_slice a, struct xpl_slice b)
{
    if (a.size != b.size)
        return false;
    for (size_t i = 0; i < a.size; i++)
        if (xpl_lower(a.data[i]) != xpl_lower(b.data[i]))
            return false;
    return true;
}

/* Cuts at the first `c`: what is before it and what is behind it. False: it is not there, *ret_... are
 * untouched. */
static inline bool xpl_slice_cut(struct xpl_slice text, char c, struct xpl_slice *ret_before,
                                 struct xpl_slice *ret_after)
{
    const char *at = text.size ? memchr(text.data, c, text.size) : NULL;
    if (!at)
        return false;
    size_t before = (size_t)(at - text.data);
    *ret_before = xpl_slice(text.data, before);
    *ret_after = xpl_slice(at + 1, text.size - before - 1);
    return true;
}

#endif
