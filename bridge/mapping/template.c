#include "mapping/template.h"

#include <errno.h>
#include <stdint.h>

#define PARTS_MAX 128

static const char *const reserved[] = { "bridge", "raw", "tunnel", "shadow", "set", "availability", NULL };

bool template_is_reserved(struct xpl_slice level)
{
    for (int i = 0; reserved[i]; i++)
        if (xpl_slice_equal(level, xpl_slice_from(reserved[i])))
            return true;
    return false;
}

/* ---- parsing ---- */

struct parser {
    const struct conversion_source *source;
    struct xpl_slice text;
    enum template_use use;
    enum direction direction;
    struct part parts[PARTS_MAX];
    size_t n;
    char *literal; /* the literal being collected, in the arena, behind the others */
    size_t literal_size;
    size_t open; /* index of the open group, SIZE_MAX: none */
    size_t groups;
    bool variable;
};

static int fail(struct parser *parser, const char *what)
{
    diag_error(parser->source->diag, parser->source->place, "%s in \"%.*s\"", what,
               XPL_SLICE_ARGS(parser->text));
    return -EINVAL;
}

static int add(struct parser *parser, struct part part)
{
    if (parser->n == PARTS_MAX)
        return fail(parser, "too many parts");
    parser->parts[parser->n++] = part;
    return 0;
}

static int end_literal(struct parser *parser)
{
    if (parser->literal_size == 0)
        return 0;
    struct xpl_slice text = xpl_slice(parser->literal, parser->literal_size);
    parser->literal += parser->literal_size + 1; /* keeps its NUL */
    parser->literal_size = 0;
    return add(parser, (struct part){ .kind = PART_LITERAL, .text = text });
}

/* The first `c` outside of a quoted argument; the text's end when there is none. */
static size_t find_unquoted(struct xpl_slice text, size_t start, char c)
{
    bool quoted = false;
    for (size_t i = start; i < text.size; i++) {
        if (quoted)
            quoted = text.data[i] != '\'';
        else if (text.data[i] == '\'' && i && (text.data[i - 1] == ':' || text.data[i - 1] == '\''))
            quoted = true;
        else if (text.data[i] == c)
            return i;
    }
    return text.size;
}

static int parse_variable(struct parser *parser, struct xpl_slice inside)
{
    const struct conversion_source *source = parser->source;
    struct part part = { .kind = PART_VARIABLE };
    size_t end = find_unquoted(inside, 0, '|'), bars = 0;
    part.text = arena_copy(source->arena, inside);
    if (!part.text.data)
        return -ENOMEM;
    const char *nearest = NULL;
    if (variable_parse(xpl_slice(part.text.data, end), parser->direction, &part.variable, &nearest) < 0) {
        diag_error(source->diag, source->place, "unknown variable '%.*s'%s%s%s", (int)end, inside.data,
                   nearest ? "; did you mean '" : "", nearest ? nearest : "", nearest ? "'?" : "");
        return -EINVAL;
    }
    for (size_t i = end; i < inside.size; i = find_unquoted(inside, i + 1, '|'))
        bars++;
    if (bars && !(part.conversions = arena_array(source->arena, struct conversion, bars)))
        return -ENOMEM;
    while (end < inside.size) {
        size_t start = end + 1;
        end = find_unquoted(inside, start, '|');
        int r = conversion_parse(source, xpl_slice(inside.data + start, end - start),
                                 parser->use == TEMPLATE_TOPIC, &part.conversions[part.n_conversions]);
        if (r < 0)
            return r;
        part.n_conversions++;
    }
    parser->variable = true;
    return add(parser, part);
}

static int parse_bracket(struct parser *parser, char bracket)
{
    int r = end_literal(parser);
    if (r < 0)
        return r;
    if (bracket == '[') {
        if (parser->open != SIZE_MAX)
            return fail(parser, "'[' inside '[ ]'");
        if (++parser->groups > TEMPLATE_GROUPS_MAX)
            return fail(parser, "more than three parts in '[ ]'");
        parser->open = parser->n;
        return add(parser, (struct part){ .kind = PART_OPEN });
    }
    if (parser->open == SIZE_MAX)
        return fail(parser, "']' without '['");
    bool variable = false;
    for (size_t i = parser->open; i < parser->n; i++)
        variable |= parser->parts[i].kind == PART_VARIABLE;
    if (!variable)
        return fail(parser, "a part in '[ ]' without a variable (it would never be left out)");
    parser->parts[parser->open].close = parser->n;
    parser->open = SIZE_MAX;
    return add(parser, (struct part){ .kind = PART_CLOSE });
}

static int parse(struct parser *parser)
{
    struct xpl_slice text = parser->text;
    for (size_t i = 0; i < text.size; i++) {
        char c = text.data[i];
        bool doubled = i + 1 < text.size && text.data[i + 1] == c;
        int r = 0;
        if ((c == '{' || c == '}') && doubled) {
            parser->literal[parser->literal_size++] = c;
            i++;
        } else if (c == '{') {
            size_t end = find_unquoted(text, i + 1, '}');
            if (end == text.size)
                return fail(parser, "'{' without '}'");
            r = end_literal(parser);
            if (r == 0)
                r = parse_variable(parser, xpl_slice(text.data + i + 1, end - i - 1));
            i = end;
        } else if (c == '}') {
            return fail(parser, "'}' without '{' (a literal brace is written '}}')");
        } else if (parser->use == TEMPLATE_TOPIC && (c == '[' || c == ']')) {
            r = parse_bracket(parser, c);
        } else {
            parser->literal[parser->literal_size++] = c;
        }
        if (r < 0)
            return r;
    }
    if (parser->open != SIZE_MAX)
        return fail(parser, "'[' without ']'");
    return end_literal(parser);
}

/* ---- what may follow a variable in its level ---- */

static int add_follow(const struct conversion_source *source, struct template *template, struct part *part,
                      char c)
{
    if (c == '%') { /* it could be an escape of the value */
        diag_error(source->diag, template->place, "cannot be read back: {%.*s} with a '%%' behind it",
                   XPL_SLICE_ARGS(part->text));
        return -EINVAL;
    }
    if (strchr(part->follow, c))
        return 0;
    size_t n = strlen(part->follow);
    if (n + 1 == sizeof(part->follow)) {
        diag_error(source->diag, template->place, "too many ways to go on behind {%.*s}",
                   XPL_SLICE_ARGS(part->text));
        return -EINVAL;
    }
    part->follow[n] = c;
    return 0;
}

static int follow_from(const struct conversion_source *source, struct template *template, struct part *part,
                       size_t i)
{
    for (; i < template->n; i++) {
        struct part *next = &template->parts[i];
        int r = 0;
        switch (next->kind) {
        case PART_LITERAL:
            return next->text.data[0] == '/' ? 0 : add_follow(source, template, part, next->text.data[0]);
        case PART_VARIABLE:
            diag_error(source->diag, template->place,
                       "cannot be read back: {%.*s} and {%.*s} need a literal between them in one level",
                       XPL_SLICE_ARGS(part->text), XPL_SLICE_ARGS(next->text));
            return -EINVAL;
        case PART_OPEN: /* it may be there, or not */
            r = follow_from(source, template, part, next->close + 1);
            break;
        case PART_CLOSE: break;
        }
        if (r < 0)
            return r;
    }
    return 0;
}

static int make_follow(const struct conversion_source *source, struct template *template)
{
    int worst = 0;
    for (size_t i = 0; i < template->n; i++)
        if (template->parts[i].kind == PART_VARIABLE) {
            memset(template->parts[i].follow, 0, sizeof(template->parts[i].follow));
            int r = follow_from(source, template, &template->parts[i], i + 1);
            worst = r < 0 ? r : worst;
        }
    return worst;
}

int template_parse(const struct conversion_source *source, struct xpl_slice text, enum template_use use,
                   enum direction direction, struct template *ret)
{
    struct parser parser = {
        .source = source, .text = text, .use = use, .direction = direction, .open = SIZE_MAX
    };
    parser.literal = arena_alloc(source->arena, text.size + 1);
    if (!parser.literal)
        return -ENOMEM;
    int r = parse(&parser);
    if (r < 0)
        return r;
    struct template template = { .n = parser.n, .place = source->place, .variable = parser.variable };
    template.text = arena_copy(source->arena, text);
    template.parts = arena_array(source->arena, struct part, parser.n + 1);
    if (!template.text.data || !template.parts)
        return -ENOMEM;
    memcpy(template.parts, parser.parts, parser.n * sizeof(*parser.parts));
    if (use == TEMPLATE_TOPIC) {
        r = make_follow(source, &template);
        if (r < 0)
            return r;
    }
    *ret = template;
    return 0;
}

bool template_has(const struct template *template, const struct variable *variable)
{
    for (size_t i = 0; i < template->n; i++)
        if (template->parts[i].kind == PART_VARIABLE &&
            variable_equal(&template->parts[i].variable, variable))
            return true;
    return false;
}

int template_literal(const struct conversion_source *source, struct xpl_slice text, struct template *ret)
{
    struct part *part = arena_new(source->arena, struct part);
    if (!part)
        return -ENOMEM;
    *part = (struct part){ .kind = PART_LITERAL, .text = text };
    *ret = (struct template){ .parts = part, .n = text.size != 0, .text = text, .place = source->place };
    return 0;
}

int template_join(const struct conversion_source *source, const struct template *const *templates, size_t n,
                  struct template *ret)
{
    struct template joined = { .place = source->place };
    size_t size = 0;
    for (size_t i = 0; i < n; i++) {
        joined.n += templates[i]->n;
        size += templates[i]->text.size;
        joined.variable |= templates[i]->variable;
    }
    char *text = arena_alloc(source->arena, size + 1);
    joined.parts = arena_array(source->arena, struct part, joined.n + 1);
    if (!text || !joined.parts)
        return -ENOMEM;
    joined.text = xpl_slice(text, size);
    size_t at = 0;
    for (size_t i = 0; i < n; i++) {
        for (size_t p = 0; p < templates[i]->n; p++) {
            joined.parts[at + p] = templates[i]->parts[p];
            joined.parts[at + p].close += at;
        }
        at += templates[i]->n;
        if (templates[i]->text.size)
            memcpy(text, templates[i]->text.data, templates[i]->text.size);
        text += templates[i]->text.size;
    }
    int r = make_follow(source, &joined);
    if (r == 0)
        *ret = joined;
    return r;
}

struct xpl_slice template_get_literal(const struct template *template)
{
    if (template->n == 0)
        return XPL_SLICE("");
    if (template->n == 1 && template->parts[0].kind == PART_LITERAL)
        return template->parts[0].text;
    return xpl_slice(NULL, 0);
}
