/* Looking at received bytes: the few steps that parser, filters and hub share. Private to libxpl.
 *
 * Nothing here reads past a slice, depends on the locale or fails: what is not there comes back empty or
 * false.
 */
#ifndef XPL_SCAN_H
#define XPL_SCAN_H

#include <stdint.h>

#include "xpl/slice.h"

/* What may stand around a word without belonging to it. A CR that is left over from a line end is one. */
static inline bool scan_is_blank(char c)
{
    return c == ' ' || c == '\t' || c == '\r';
}

static inline struct xpl_slice scan_trim(struct xpl_slice text)
{
    while (text.size && scan_is_blank(text.data[0]))
        text = xpl_slice(text.data + 1, text.size - 1);
    while (text.size && scan_is_blank(text.data[text.size - 1]))
        text.size--;
    return text;
}

/* C0 and DEL. Bytes above are text in some character set (UTF-8 and 8-bit code pages both occur). */
static inline bool scan_has_control(struct xpl_slice text)
{
    for (size_t i = 0; i < text.size; i++)
        if ((unsigned char)text.data[i] < 0x20 || text.data[i] == 0x7f)
            return true;
    return false;
}

/* Decimal digits and nothing else. What is too large for the type becomes its largest number. */
static inline bool scan_number(struct xpl_slice text, uint32_t *ret)
{
    if (!text.size)
        return false;
    uint64_t number = 0;
    for (size_t i = 0; i < text.size; i++) {
        if (text.data[i] < '0' || text.data[i] > '9')
            return false;
        number = number * 10 + (uint64_t)(text.data[i] - '0');
        if (number > UINT32_MAX)
            number = UINT32_MAX;
    }
    *ret = (uint32_t)number;
    return true;
}

/* 1..max letters, digits and, if `hyphen`, hyphens, in any case: what strict receivers take for a part of an
 * address, for a part of a schema, and for an item's name . */
static inline bool scan_is_word(struct xpl_slice text, size_t max, bool hyphen)
{
    if (!text.size || text.size > max)
        return false;
    for (size_t i = 0; i < text.size; i++) {
        char c = xpl_lower(text.data[i]);
        if (!((c >= 'a' && c <= 'z') || (c >= '0' && c <= '9') || (hyphen && c == '-')))
            return false;
    }
    return true;
}

#endif
