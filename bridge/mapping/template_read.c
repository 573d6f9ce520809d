/* Reading a topic back through its template, and the shapes that a template can have. */
#include <errno.h>

#include "mapping/template.h"

struct capture {
    const struct part *part;
    struct xpl_slice text;
};

struct reader {
    const struct template *template;
    struct xpl_slice text;
    struct capture captures[SCOPE_BINDINGS_MAX];
    size_t n;
};

static int hex(char c)
{
    if (c >= '0' && c <= '9')
        return c - '0';
    c = xpl_lower(c);
    return c >= 'a' && c <= 'f' ? c - 'a' + 10 : -1;
}

/* The byte that %XX stands for, -1 where there is no such thing. */
static int escaped_byte(struct xpl_slice text, size_t at)
{
    if (text.size - at < 3 || text.data[at] != '%' || hex(text.data[at + 1]) < 0 ||
        hex(text.data[at + 2]) < 0)
        return -1;
    return hex(text.data[at + 1]) << 4 | hex(text.data[at + 2]);
}

/* %XX is one character, whatever digits it has. */
size_t template_value_end(const struct part *part, struct xpl_slice text, size_t at)
{
    while (at < text.size && text.data[at] != '/' && !(text.data[at] && strchr(part->follow, text.data[at])))
        at += escaped_byte(text, at) < 0 ? 1 : 3;
    return at;
}

static bool read_from(struct reader *reader, size_t i, size_t at)
{
    const struct template *template = reader->template;
    struct xpl_slice text = reader->text;
    for (; i < template->n; i++) {
        const struct part *part = &template->parts[i];
        switch (part->kind) {
        case PART_LITERAL:
            if (text.size - at < part->text.size ||
                memcmp(text.data + at, part->text.data, part->text.size) != 0)
                return false;
            at += part->text.size;
            break;
        case PART_VARIABLE: {
            size_t end = template_value_end(part, text, at);
            if (end == at || reader->n == SCOPE_BINDINGS_MAX)
                return false;
            reader->captures[reader->n++] = (struct capture){ part, xpl_slice(text.data + at, end - at) };
            at = end;
            break;
        }
        case PART_OPEN: {
            size_t n = reader->n;
            if (read_from(reader, i + 1, at))
                return true;
            reader->n = n;
            i = part->close;
            break;
        }
        case PART_CLOSE: break;
        }
    }
    return at == text.size;
}

void template_unescape(struct xpl_slice text, struct text *ret)
{
    for (size_t i = 0; i < text.size; i++) {
        int byte = escaped_byte(text, i);
        text_char(ret, byte < 0 ? text.data[i] : (char)byte);
        i += byte < 0 ? 0 : 2;
    }
}

static bool unescape(struct scope *scope, struct xpl_slice text, struct xpl_slice *ret)
{
    if (!memchr(text.data, '%', text.size)) {
        *ret = text;
        return true;
    }
    struct text out = pool_open(scope->pool);
    template_unescape(text, &out);
    return pool_close(scope->pool, &out, ret);
}

/* What compares without case enters variables in lower case, whoever wrote the topic. */
static bool lower(struct scope *scope, struct xpl_slice text, struct xpl_slice *ret)
{
    struct text out = pool_open(scope->pool);
    text_lower(&out, text);
    return pool_close(scope->pool, &out, ret);
}

bool template_read(const struct template *template, struct scope *scope, struct xpl_slice text)
{
    struct reader reader = { .template = template, .text = text };
    size_t before = scope->n_bindings;
    if (!read_from(&reader, 0, 0))
        return false;
    for (size_t i = 0; i < reader.n; i++) {
        const struct part *part = reader.captures[i].part;
        struct xpl_slice value;
        bool ok =
            unescape(scope, reader.captures[i].text, &value) &&
            conversion_undo(part->conversions, part->n_conversions, scope->ignore_case, value, &value) &&
            (!variable_is_header(&part->variable) || lower(scope, value, &value));
        for (size_t b = before; ok && b < scope->n_bindings; b++)
            if (variable_equal(&scope->bindings[b].variable, &part->variable))
                ok = xpl_slice_equal(scope->bindings[b].value, value);
        if (!ok || !scope_bind(scope, part->variable, value)) {
            scope_unbind(scope, before);
            return false;
        }
    }
    return true;
}
