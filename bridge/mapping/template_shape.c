/* The shapes of a topic template: which of its [ ] are there. Each must be another one to a reader. */
#include <errno.h>

#include "mapping/template.h"

static size_t slashes(struct xpl_slice text)
{
    size_t n = 0;
    for (size_t i = 0; i < text.size; i++)
        n += text.data[i] == '/';
    return n;
}

size_t template_groups(const struct template *template)
{
    size_t groups = 0;
    for (size_t i = 0; i < template->n; i++)
        groups += template->parts[i].kind == PART_OPEN;
    return groups;
}

size_t template_shape(struct arena *arena, const struct template *template, unsigned shape, struct part **ret,
                      struct template_level *ret_levels, size_t max)
{
    size_t room = 0, n = 0, levels = 1;
    for (size_t i = 0; i < template->n; i++)
        room += template->parts[i].kind == PART_LITERAL ? 1 + slashes(template->parts[i].text) : 1;
    struct part *parts = arena_array(arena, struct part, room + 1);
    if (!parts || max == 0)
        return 0;
    ret_levels[0] = (struct template_level){ 0 };
    for (size_t i = 0; i < template->n; i++) {
        const struct part *part = &template->parts[i];
        if (part->kind == PART_OPEN) {
            if (!(shape & 1u))
                i = part->close;
            shape >>= 1;
        } else if (part->kind == PART_VARIABLE) {
            parts[n++] = *part;
            ret_levels[levels - 1].n++;
        } else if (part->kind == PART_LITERAL) {
            struct xpl_slice rest = part->text;
            for (;;) {
                const char *slash = rest.size ? memchr(rest.data, '/', rest.size) : NULL;
                size_t size = slash ? (size_t)(slash - rest.data) : rest.size;
                if (size) {
                    parts[n] = *part;
                    parts[n++].text = xpl_slice(rest.data, size);
                    ret_levels[levels - 1].n++;
                }
                if (!slash)
                    break;
                if (levels == max)
                    return 0;
                ret_levels[levels++] = (struct template_level){ .first = n };
                rest = xpl_slice(slash + 1, rest.size - size - 1);
            }
        }
    }
    for (size_t i = 0; i < levels; i++) {
        const struct part *first = &parts[ret_levels[i].first];
        ret_levels[i].literal = ret_levels[i].n == 0;
        if (ret_levels[i].n == 1) {
            ret_levels[i].alone = first->kind == PART_VARIABLE;
            ret_levels[i].literal = first->kind == PART_LITERAL;
        }
    }
    *ret = parts;
    return levels;
}

/* ---- whether two shapes can look the same ---- */

/* A place in a level: the part, and the bytes of a literal that are behind us, or whether a variable has one.
 */
struct at {
    const struct part *parts;
    size_t n, i, done;
};

static bool steps(const struct at *at, char c)
{
    const struct part *part = &at->parts[at->i];
    return part->kind == PART_LITERAL ? part->text.data[at->done] == c : !strchr(part->follow, c);
}

static struct at stepped(struct at at)
{
    const struct part *part = &at.parts[at.i];
    at.done++;
    if (part->kind == PART_VARIABLE)
        at.done = 1;
    else if (at.done == part->text.size)
        at = (struct at){ at.parts, at.n, at.i + 1, 0 };
    return at;
}

/* Whether some text is both: the two are walked together, a byte that one of them demands at a time. */
static bool overlap(struct at a, struct at b)
{
    bool a_variable = a.i < a.n && a.parts[a.i].kind == PART_VARIABLE;
    bool b_variable = b.i < b.n && b.parts[b.i].kind == PART_VARIABLE;
    if (a_variable && a.done && overlap((struct at){ a.parts, a.n, a.i + 1, 0 }, b))
        return true;
    if (b_variable && b.done && overlap(a, (struct at){ b.parts, b.n, b.i + 1, 0 }))
        return true;
    if (a.i == a.n || b.i == b.n)
        return a.i == a.n && b.i == b.n;
    if (a_variable && b_variable) /* some byte suits both */
        return !(a.done && b.done) && overlap(stepped(a), stepped(b));
    const struct at *literal = a_variable ? &b : &a, *other = a_variable ? &a : &b;
    return steps(other, literal->parts[literal->i].text.data[literal->done]) &&
           overlap(stepped(a), stepped(b));
}

static bool same_topic(struct arena *arena, const struct template *a, unsigned x, const struct template *b,
                       unsigned y)
{
    struct template_level xs[TEMPLATE_LEVELS_MAX], ys[TEMPLATE_LEVELS_MAX];
    struct part *p, *q;
    size_t n = template_shape(arena, a, x, &p, xs, TEMPLATE_LEVELS_MAX);
    bool same = n && n == template_shape(arena, b, y, &q, ys, TEMPLATE_LEVELS_MAX);
    for (size_t i = 0; i < n && same; i++)
        same = overlap((struct at){ p + xs[i].first, xs[i].n, 0, 0 },
                       (struct at){ q + ys[i].first, ys[i].n, 0, 0 });
    return same;
}

bool template_is_ambiguous(struct arena *arena, const struct template *template)
{
    unsigned shapes = 1u << template_groups(template);
    bool same = false;
    for (unsigned x = 0; x < shapes && !same; x++)
        for (unsigned y = x + 1; y < shapes && !same; y++)
            same = same_topic(arena, template, x, template, y);
    return same;
}

bool template_meets(struct arena *arena, const struct template *a, const struct template *b)
{
    bool same = false;
    for (unsigned x = 0; x < 1u << template_groups(a) && !same; x++)
        for (unsigned y = 0; y < 1u << template_groups(b) && !same; y++)
            same = same_topic(arena, a, x, b, y);
    return same;
}

/* ---- empty levels ---- */

static bool has_empty_level(const struct template *template, unsigned shape)
{
    bool empty = false, filled = false;
    for (size_t i = 0; i < template->n && !empty; i++) {
        const struct part *part = &template->parts[i];
        if (part->kind == PART_OPEN) {
            i = shape & 1u ? i : part->close;
            shape >>= 1;
        }
        filled |= part->kind == PART_VARIABLE;
        for (size_t c = 0; c < part->text.size && part->kind == PART_LITERAL && !empty; c++) {
            bool slash = part->text.data[c] == '/';
            empty = slash && !filled;
            filled = !slash;
        }
    }
    return empty || !filled;
}

bool template_has_empty_level(const struct template *template)
{
    unsigned shapes = 1u << template_groups(template);
    bool empty = false;
    /* Where a template has nothing but parts in [ ], leaving all of them out is found when it happens. */
    bool all_optional = template->n && template->parts[0].kind == PART_OPEN;
    for (size_t i = 0; i < template->n && all_optional; i++)
        if (template->parts[i].kind == PART_OPEN)
            i = template->parts[i].close;
        else
            all_optional = false;
    for (unsigned shape = all_optional; shape < shapes && !empty; shape++)
        empty = has_empty_level(template, shape);
    return empty;
}
