#include "tool/show.h"

#define DIM   "\x1b[2m"
#define BOLD  "\x1b[1m"
#define PLAIN "\x1b[0m"

static void show_byte(unsigned char byte, struct text *ret)
{
    static const char plain[] = "\n\r\t", letters[] = "nrt";
    const char *found = byte ? strchr(plain, byte) : NULL;
    if (found)
        text_format(ret, "\\%c", letters[found - plain]);
    else
        text_format(ret, "\\x%02x", byte);
}

/* Valid UTF-8 passes but for its control characters, other bytes do not. */
static void show_utf8(struct xpl_slice slice, struct text *ret)
{
    while (slice.size) {
        uint32_t code = 0;
        size_t size = utf8_next(slice, &code);
        bool shown = size && !utf8_is_forbidden(code);
        size += size == 0;
        for (size_t i = 0; i < size; i++)
            if (shown)
                text_char(ret, slice.data[i]);
            else
                show_byte((unsigned char)slice.data[i], ret);
        slice = xpl_slice(slice.data + size, slice.size - size);
    }
}

void show_text(const struct charset *charset, struct xpl_slice slice, struct text *ret)
{
    if (utf8_is_valid(slice)) {
        show_utf8(slice, ret);
        return;
    }
    for (size_t i = 0; i < slice.size; i++) { /* one by one: the decoded text may be longer than any buffer */
        char bytes[8];
        struct text one = TEXT(bytes);
        charset_text(charset, xpl_slice(slice.data + i, 1), &one);
        show_utf8(text_get(&one), ret);
    }
}

static bool needs_quotes(struct xpl_slice value)
{
    for (size_t i = 0; i < value.size; i++)
        if (strchr(" '\"\\$`;&|<>()*?#", value.data[i]))
            return true;
    return false;
}

static void show_value(const struct charset *charset, struct xpl_slice value, struct text *ret)
{
    if (!needs_quotes(value)) {
        show_text(charset, value, ret);
        return;
    }
    text_char(ret, '\'');
    while (value.size) {
        const char *quote = memchr(value.data, '\'', value.size);
        size_t size = quote ? (size_t)(quote - value.data) : value.size;
        show_text(charset, xpl_slice(value.data, size), ret);
        if (quote)
            text_string(ret, "'\\''");
        size += quote != NULL;
        value = xpl_slice(value.data + size, value.size - size);
    }
    text_char(ret, '\'');
}

void show_message(const struct charset *charset, const struct xpl_message *message, bool colour,
                  struct text *ret)
{
    static const char *const colours[] = { "\x1b[35m", "\x1b[36m", "\x1b[33m" }; /* cmnd stat trig */
    const char *dim = colour ? DIM : "", *bold = colour ? BOLD : "", *plain = colour ? PLAIN : "";
    text_format(ret, "%s%s%s ", colour ? colours[message->type] : "", xpl_type_name(message->type) + 4,
                plain);
    show_text(charset, message->source.text, ret);
    if (!xpl_target_is_all(message->target.text)) {
        text_string(ret, " -> ");
        show_text(charset, message->target.text, ret);
    }
    text_format(ret, " %s", bold);
    show_text(charset, message->schema, ret);
    text_string(ret, plain);
    for (size_t i = 0; i < message->n_items; i++) {
        text_format(ret, " %s", dim);
        show_text(charset, message->items[i].name, ret);
        text_format(ret, "=%s", plain);
        show_value(charset, message->items[i].value, ret);
    }
}
