/* A text builder over storage that the caller owns: no allocation, never writes past the end.
 *
 * What does not fit sets `overflow` and is dropped; the text stays NUL-terminated. Ask once, at the end.
 */
#ifndef BASE_TEXT_H
#define BASE_TEXT_H

#include <stdarg.h>
#include <stdint.h>

#include "xpl/slice.h"

struct text {
    char *data;
    size_t size;     /* bytes in use, without the NUL */
    size_t capacity; /* bytes of storage, with the NUL */
    bool overflow;
};

/* Over an array. */
#define TEXT(array) ((struct text){ (array), 0, sizeof(array), false })

void text_reset(struct text *text);
/* Back to an earlier size, as if nothing had been written since. */
void text_cut(struct text *text, size_t size);
void text_char(struct text *text, char c);
void text_slice(struct text *text, struct xpl_slice slice);
void text_string(struct text *text, const char *string);
void text_lower(struct text *text, struct xpl_slice slice);
void text_number(struct text *text, int64_t number);
void text_format(struct text *text, const char *format, ...) __attribute__((format(printf, 2, 3)));

/* The bytes as the content of a JSON string, without the quotes. Input must be UTF-8 (charset.h makes it so).
 */
void text_json(struct text *text, struct xpl_slice slice);

static inline struct xpl_slice text_get(const struct text *text)
{
    return xpl_slice(text->data, text->size);
}

static inline bool text_is_blank(char c)
{
    return c == ' ' || c == '\t' || c == '\r' || c == '\n';
}

/* Without the blanks around it. */
static inline struct xpl_slice text_trim(struct xpl_slice text)
{
    while (text.size && text_is_blank(text.data[0]))
        text = xpl_slice(text.data + 1, text.size - 1);
    while (text.size && text_is_blank(text.data[text.size - 1]))
        text.size--;
    return text;
}

static inline bool text_ends_with(struct xpl_slice text, struct xpl_slice end)
{
    return text.size >= end.size && memcmp(text.data + text.size - end.size, end.data, end.size) == 0;
}

/* Takes the first line off *text, without its end. */
static inline struct xpl_slice text_take_line(struct xpl_slice *text)
{
    struct xpl_slice line = *text, rest = { 0 };
    xpl_slice_cut(*text, '\n', &line, &rest);
    *text = rest;
    return line;
}

#endif
