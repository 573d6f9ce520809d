#include "base/text.h"

#include <inttypes.h>
#include <stdio.h>

void text_cut(struct text *text, size_t size)
{
    text->size = size;
    text->overflow = false;
    if (text->capacity)
        text->data[size] = '\0';
}

void text_reset(struct text *text)
{
    text_cut(text, 0);
}

/* All arithmetic on the space left is here. */
static bool fits(struct text *text, size_t size)
{
    if (text->capacity <= text->size || text->capacity - text->size - 1 < size)
        text->overflow = true;
    return !text->overflow;
}

void text_slice(struct text *text, struct xpl_slice slice)
{
    if (!fits(text, slice.size))
        return;
    if (slice.size)
        memcpy(text->data + text->size, slice.data, slice.size);
    text->size += slice.size;
    text->data[text->size] = '\0';
}

void text_char(struct text *text, char c)
{
    text_slice(text, xpl_slice(&c, 1));
}

void text_string(struct text *text, const char *string)
{
    text_slice(text, xpl_slice_from(string));
}

void text_lower(struct text *text, struct xpl_slice slice)
{
    for (size_t i = 0; i < slice.size; i++)
        text_char(text, xpl_lower(slice.data[i]));
}

void text_number(struct text *text, int64_t number)
{
    text_format(text, "%" PRId64, number);
}

void text_format(struct text *text, const char *format, ...)
{
    if (!fits(text, 0))
        return;
    size_t left = text->capacity - text->size;
    va_list arguments;
    va_start(arguments, format);
    int size = vsnprintf(text->data + text->size, left, format, arguments);
    va_end(arguments);
    if (size >= 0 && (size_t)size < left) {
        text->size += (size_t)size;
        return;
    }
    text->data[text->size] = '\0';
    text->overflow = true;
}

void text_json(struct text *text, struct xpl_slice slice)
{
    for (size_t i = 0; i < slice.size; i++) {
        unsigned char c = (unsigned char)slice.data[i];
        switch (c) {
        case '"': text_string(text, "\\\""); break;
        case '\\': text_string(text, "\\\\"); break;
        case '\n': text_string(text, "\\n"); break;
        case '\r': text_string(text, "\\r"); break;
        case '\t': text_string(text, "\\t"); break;
        default:
            if (c < 0x20 || c == 0x7f)
                text_format(text, "\\u%04x", c);
            else
                text_char(text, (char)c);
        }
    }
}
