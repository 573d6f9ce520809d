#include "mapping/glob.h"

#include <errno.h>

static bool same(char a, char b, bool nocase)
{
    return nocase ? xpl_lower(a) == xpl_lower(b) : a == b;
}

/* One '*' is remembered at a time: linear for real globs, quadratic at worst, never exponential. */
bool glob_match(struct xpl_slice glob, struct xpl_slice text, bool nocase)
{
    size_t g = 0, t = 0, star = SIZE_MAX, mark = 0;
    while (t < text.size) {
        if (g < glob.size && glob.data[g] == '*') {
            star = g++;
            mark = t;
        } else if (g < glob.size && (glob.data[g] == '?' || same(glob.data[g], text.data[t], nocase))) {
            g++;
            t++;
        } else if (star != SIZE_MAX) {
            g = star + 1;
            t = ++mark;
        } else {
            return false;
        }
    }
    while (g < glob.size && glob.data[g] == '*')
        g++;
    return g == glob.size;
}

bool glob_is_literal(struct xpl_slice glob)
{
    return glob.size == 0 || (!memchr(glob.data, '*', glob.size) && !memchr(glob.data, '?', glob.size));
}

bool glob_covers(struct xpl_slice outer, struct xpl_slice inner, bool nocase)
{
    /* A '*' of the inner glob must fall under a '*' of the outer one, and '?' under either: matching the
     * inner glob's text as if it were a value proves that, unless the outer '?' meets an inner '*'. */
    if (memchr(outer.data ? outer.data : "", '?', outer.size) && !glob_is_literal(inner))
        return nocase ? xpl_slice_equal_nocase(outer, inner) : xpl_slice_equal(outer, inner);
    return glob_match(outer, inner, nocase);
}

#define MEETS_MAX 64 /* bytes of a glob that are compared */

bool glob_meets(struct xpl_slice a, struct xpl_slice b, bool nocase)
{
    bool meets[2][MEETS_MAX +
                  1]; /* what is left of a from i on, and of b from j on: rows by i, the last first */
    if (a.size > MEETS_MAX || b.size > MEETS_MAX)
        return true;
    for (size_t i = a.size + 1; i-- > 0;) {
        bool *row = meets[i % 2], *below = meets[(i + 1) % 2];
        bool a_ends = i == a.size, a_star = !a_ends && a.data[i] == '*';
        for (size_t j = b.size + 1; j-- > 0;) {
            bool b_ends = j == b.size, b_star = !b_ends && b.data[j] == '*';
            if (a_star || b_star)
                row[j] = (!a_ends && below[j]) || (!b_ends && row[j + 1]);
            else if (a_ends || b_ends)
                row[j] = a_ends && b_ends;
            else
                row[j] = below[j + 1] &&
                         (a.data[i] == '?' || b.data[j] == '?' || same(a.data[i], b.data[j], nocase));
        }
    }
    return meets[0][0];
}

static bool is_separator(char c)
{
    return c == '|' || c == ' ' || c == '\t' || c == '\n' || c == '\r';
}

int glob_list_parse(struct arena *arena, const char *text, struct glob_list *ret)
{
    struct glob_list list = { 0 };
    size_t size = text ? strlen(text) : 0, words = 0;
    for (size_t i = 0; i < size; i++)
        words += !is_separator(text[i]) && (i == 0 || is_separator(text[i - 1]));
    if (words) {
        list.globs = arena_array(arena, struct xpl_slice, words);
        if (!list.globs)
            return -ENOMEM;
    }
    for (size_t i = 0; i < size;) {
        size_t start = i;
        while (i < size && !is_separator(text[i]))
            i++;
        if (i > start) {
            list.globs[list.n] = arena_copy(arena, xpl_slice(text + start, i - start));
            if (!list.globs[list.n++].data)
                return -ENOMEM;
        }
        i++;
    }
    *ret = list;
    return 0;
}

bool glob_list_match(const struct glob_list *list, struct xpl_slice text)
{
    for (size_t i = 0; i < list->n; i++)
        if (glob_match(list->globs[i], text, true))
            return true;
    return list->n == 0;
}

bool glob_list_covers(const struct glob_list *outer, const struct glob_list *inner)
{
    if (outer->n == 0)
        return true;
    for (size_t i = 0; i < inner->n; i++) {
        bool covered = false;
        for (size_t o = 0; o < outer->n && !covered; o++)
            covered = glob_covers(outer->globs[o], inner->globs[i], true);
        if (!covered)
            return false;
    }
    return inner->n != 0;
}

const struct xpl_slice *glob_list_literal(const struct glob_list *list)
{
    return list->n == 1 && glob_is_literal(list->globs[0]) ? &list->globs[0] : NULL;
}
