#include "base/charset.h"

#include <errno.h>
#include <iconv.h>

int charset_init(struct charset *charset, const char *name)
{
    struct charset built = { 0 };
    iconv_t cd = iconv_open("UTF-8", name);
    if (cd == (iconv_t)-1)
        return -EINVAL;
    int r = 0;
    for (int byte = 1; byte < 256 && r == 0; byte++) {
        char in = (char)byte, out[8];
        char *from = &in, *to = out;
        size_t in_left = 1, out_left = sizeof(out);
        iconv(cd, NULL, NULL, NULL, NULL);
        bool ok = iconv(cd, &from, &in_left, &to, &out_left) == 0 && in_left == 0;
        size_t size = sizeof(out) - out_left;
        if (byte < 0x80) {
            if (!ok || size != 1 || out[0] != in)
                r = -EINVAL;
        } else if (ok && size >= 1 && size <= 4) {
            built.high[byte - 0x80].size = (uint8_t)size;
            memcpy(built.high[byte - 0x80].bytes, out, size);
        }
    }
    iconv_close(cd);
    if (r == 0)
        *charset = built;
    return r;
}

size_t utf8_next(struct xpl_slice text, uint32_t *ret_code)
{
    const unsigned char *p = (const unsigned char *)text.data;
    uint32_t code;
    size_t size;
    if (text.size == 0)
        return 0;
    if (p[0] < 0x80) {
        code = p[0];
        size = 1;
    } else if (p[0] >= 0xc2 && p[0] <= 0xdf) {
        code = p[0] & 0x1fu;
        size = 2;
    } else if ((p[0] & 0xf0) == 0xe0) {
        code = p[0] & 0x0fu;
        size = 3;
    } else if (p[0] >= 0xf0 && p[0] <= 0xf4) {
        code = p[0] & 0x07u;
        size = 4;
    } else {
        return 0;
    }
    if (text.size < size)
        return 0;
    for (size_t i = 1; i < size; i++) {
        if ((p[i] & 0xc0) != 0x80)
            return 0;
        code = code << 6 | (p[i] & 0x3fu);
    }
    if ((size == 3 && code < 0x800) || (size == 4 && code < 0x10000) || (code >= 0xd800 && code <= 0xdfff) ||
        code > 0x10ffff)
        return 0;
    if (ret_code)
        *ret_code = code;
    return size;
}

bool utf8_is_valid(struct xpl_slice text)
{
    while (text.size) {
        size_t size = utf8_next(text, NULL);
        if (size == 0)
            return false;
        text = xpl_slice(text.data + size, text.size - size);
    }
    return true;
}

bool utf8_is_forbidden(uint32_t code)
{
    return code < 0x20 || (code >= 0x7f && code <= 0x9f) || (code >= 0xfdd0 && code <= 0xfdef) ||
           (code & 0xfffe) == 0xfffe;
}

bool utf8_is_text(struct xpl_slice text)
{
    uint32_t code;
    for (size_t i = 0, size; i < text.size; i += size) {
        size = utf8_next(xpl_slice(text.data + i, text.size - i), &code);
        if (size == 0 || utf8_is_forbidden(code))
            return false;
    }
    return true;
}

bool utf8_is_topic(struct xpl_slice topic)
{
    return topic.size && utf8_is_text(topic) && !memchr(topic.data, '+', topic.size) &&
           !memchr(topic.data, '#', topic.size);
}

void charset_text(const struct charset *charset, struct xpl_slice text, struct text *ret)
{
    if (utf8_is_valid(text)) {
        text_slice(ret, text);
        return;
    }
    for (size_t i = 0; i < text.size; i++) {
        unsigned char byte = (unsigned char)text.data[i];
        if (byte < 0x80)
            text_char(ret, (char)byte);
        else if (charset->high[byte - 0x80].size)
            text_slice(ret, xpl_slice(charset->high[byte - 0x80].bytes, charset->high[byte - 0x80].size));
        else
            text_char(ret, (char)byte);
    }
}

void utf8_clean(struct xpl_slice text, struct text *ret)
{
    while (text.size) {
        size_t size = utf8_next(text, NULL);
        if (size)
            text_slice(ret, xpl_slice(text.data, size));
        else
            text_slice(ret, XPL_SLICE("\xef\xbf\xbd"));
        size += size == 0;
        text = xpl_slice(text.data + size, text.size - size);
    }
}
