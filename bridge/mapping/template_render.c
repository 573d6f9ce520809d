/* Rendering: a template and a scope make a text or a topic; what enters a topic is escaped so that it reads
 * back into the same values, and no value can choose a level that the bridge keeps for itself. */
#include <stdint.h>

#include "base/error.h"
#include "base/limits.h"
#include "mapping/template.h"

static void escape_bytes(struct xpl_slice bytes, struct text *ret)
{
    for (size_t i = 0; i < bytes.size; i++)
        text_format(ret, "%%%02X", (unsigned char)bytes.data[i]);
}

void template_escape(struct xpl_slice value, const char *follow, struct text *ret)
{
    for (size_t i = 0; i < value.size;) {
        uint32_t code = 0;
        size_t size = utf8_next(xpl_slice(value.data + i, value.size - i), &code);
        struct xpl_slice one = xpl_slice(value.data + i, size ? size : 1);
        bool special = one.data[0] && (strchr("/+#%", one.data[0]) || strchr(follow, one.data[0]) ||
                                       (one.data[0] == '$' && i == 0));
        if (size == 0 || utf8_is_forbidden(code) || special)
            escape_bytes(one, ret);
        else
            text_slice(ret, one);
        i += one.size;
    }
}

#define NO_VARIABLE SIZE_MAX

/* The level that ends here must not be one that the bridge keeps for itself: then the first character of its
 * first variable is escaped, so that literals stay what they are. */
void template_guard(struct text *ret, size_t start, size_t variable)
{
    char copy[16];
    if (variable == NO_VARIABLE || ret->overflow ||
        !template_is_reserved(xpl_slice(ret->data + start, ret->size - start)))
        return;
    size_t rest = ret->size - variable;
    must(rest <= sizeof(copy));
    memcpy(copy, ret->data + variable, rest);
    ret->size = variable;
    escape_bytes(xpl_slice(copy, 1), ret);
    text_slice(ret, xpl_slice(copy + 1, rest - 1));
}

static int render_variable(const struct part *part, struct scope *scope, enum template_use use,
                           struct text *ret)
{
    struct xpl_slice value = { "", 0 };
    size_t last = part->n_conversions;
    bool typed = last && part->conversions[last - 1].kind == CONVERSION_TYPED &&
                 (part->variable.kind == VARIABLE_BODY || part->variable.kind == VARIABLE_MESSAGE);
    bool have = scope_get(scope, &part->variable, typed, &value);
    int r = conversion_apply(part->conversions, last - typed, scope, have, value, &value);
    if (r) {
        struct text why;
        char buffer[256];
        if (scope->why->size == 0) {
            text_format(scope->why, "{%.*s} is missing", XPL_SLICE_ARGS(part->text));
        } else {
            why = TEXT(buffer);
            text_format(&why, "{%.*s}: %s", XPL_SLICE_ARGS(part->text), scope->why->data);
            text_reset(scope->why);
            text_slice(scope->why, text_get(&why));
        }
        return r;
    }
    if (use == TEMPLATE_TOPIC && value.size == 0) {
        text_format(scope->why, "{%.*s} is empty", XPL_SLICE_ARGS(part->text));
        return COUNT_NOT_MADE_MISSING;
    }
    if (use == TEMPLATE_TOPIC)
        template_escape(value, part->follow, ret);
    else if (scope->direction == TO_XPL) /* its values are bytes */
        text_slice(ret, value);
    else
        utf8_clean(value, ret);
    return 0;
}

/* Whether each variable of a part in [ ] is there. Other failures show when it is rendered. */
static bool has_all(const struct template *template, size_t open, struct scope *scope)
{
    bool all = true;
    for (size_t i = open + 1; i < template->parts[open].close && all; i++) {
        char bytes[1];
        struct text nowhere = TEXT(bytes);
        if (template->parts[i].kind == PART_VARIABLE)
            all = render_variable(&template->parts[i], scope, TEMPLATE_TOPIC, &nowhere) !=
                  COUNT_NOT_MADE_MISSING;
    }
    text_reset(scope->why);
    return all;
}

int template_render(const struct template *template, struct scope *scope, enum template_use use,
                    struct text *ret)
{
    size_t level = ret->size, variable = NO_VARIABLE; /* where the level and its first variable begin */
    for (size_t i = 0; i < template->n; i++) {
        const struct part *part = &template->parts[i];
        switch (part->kind) {
        case PART_OPEN:
            if (!has_all(template, i, scope))
                i = part->close;
            break;
        case PART_CLOSE: break;
        case PART_LITERAL:
            for (size_t c = 0; c < part->text.size; c++) {
                if (use == TEMPLATE_TOPIC && part->text.data[c] == '/') {
                    template_guard(ret, level, variable);
                    level = ret->size + 1;
                    variable = NO_VARIABLE;
                }
                text_char(ret, part->text.data[c]);
            }
            break;
        case PART_VARIABLE: {
            size_t start = ret->size;
            int r = render_variable(part, scope, use, ret);
            if (r)
                return r;
            variable = variable == NO_VARIABLE ? start : variable;
            break;
        }
        }
    }
    if (use == TEMPLATE_TOPIC)
        template_guard(ret, level, variable);
    if (ret->overflow || (use == TEMPLATE_TOPIC && ret->size > LIMIT_TOPIC)) {
        text_string(scope->why, use == TEMPLATE_TOPIC ? "the topic is too long" : "the text is too long");
        return COUNT_NOT_MADE_SIZE;
    }
    return 0;
}

/* Not straight into the pool: the variables put what they have to make there meanwhile. */
int template_make(const struct template *template, struct scope *scope, struct xpl_slice *ret)
{
    text_reset(scope->spare);
    int r = template_render(template, scope, TEMPLATE_VALUE, scope->spare);
    if (r)
        return r;
    struct text text = pool_open(scope->pool);
    text_slice(&text, text_get(scope->spare));
    if (pool_close(scope->pool, &text, ret))
        return 0;
    text_string(scope->why, "too long");
    return COUNT_NOT_MADE_SIZE;
}
