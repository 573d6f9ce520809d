#include "mapping/condition.h"

#include <errno.h>

#include "base/number.h"
#include "mapping/glob.h"

struct cursor {
    const struct conversion_source *source;
    const char *text, *p, *end;
};

static int fail(const struct cursor *cursor, const char *what, struct xpl_slice text)
{
    diag_error(cursor->source->diag, cursor->source->place, "%s in condition \"%.*s\"", what,
               XPL_SLICE_ARGS(text));
    return -EINVAL;
}

/* One alternative, up to '|', a blank or the end, written to `copy`. A quoted part loses its quotes; '..'
 * outside of quotes makes a range. */
static int parse_alternative(struct cursor *cursor, char *copy, struct alternative *ret)
{
    const char *start = cursor->p;
    size_t n = 0, dots = SIZE_MAX;
    while (cursor->p < cursor->end && !text_is_blank(*cursor->p) && *cursor->p != '|') {
        if (*cursor->p == '\'') {
            for (cursor->p++;; cursor->p++) {
                if (cursor->p == cursor->end)
                    return fail(cursor, "a quote is not closed",
                                xpl_slice(start, (size_t)(cursor->end - start)));
                if (*cursor->p == '\'') {
                    if (cursor->p + 1 == cursor->end || cursor->p[1] != '\'')
                        break;
                    cursor->p++;
                }
                copy[n++] = *cursor->p;
            }
            cursor->p++;
            continue;
        }
        if (*cursor->p == '.' && cursor->p + 1 < cursor->end && cursor->p[1] == '.' && dots == SIZE_MAX) {
            dots = n;
            copy[n++] = *cursor->p++;
        }
        copy[n++] = *cursor->p++;
    }
    struct alternative alternative = { .glob = xpl_slice(copy, n) };
    if (n == 0)
        return fail(cursor, "expected a value (!name holds when it is missing or empty)",
                    xpl_slice_from(cursor->text));
    if (dots != SIZE_MAX) {
        struct xpl_slice low = xpl_slice(copy, dots), high = xpl_slice(copy + dots + 2, n - dots - 2);
        alternative.range = true;
        alternative.has_low = low.size != 0;
        alternative.has_high = high.size != 0;
        if ((alternative.has_low && number_parse(low, &alternative.low) < 0) ||
            (alternative.has_high && number_parse(high, &alternative.high) < 0))
            return fail(cursor, "expected numbers around '..' (quote it to mean the text)", alternative.glob);
        if (alternative.has_low && alternative.has_high && alternative.low > alternative.high)
            return fail(cursor, "a range that holds nothing", alternative.glob);
    }
    *ret = alternative;
    return 0;
}

static int parse_values(struct cursor *cursor, struct condition *condition)
{
    size_t most = 1, size = (size_t)(cursor->end - cursor->p);
    for (size_t i = 0; i < size; i++)
        most += cursor->p[i] == '|'; /* generously: it may be quoted, or in a later condition */
    condition->alternatives = arena_array(cursor->source->arena, struct alternative, most);
    char *copy = arena_alloc(cursor->source->arena, size + 1);
    if (!condition->alternatives || !copy)
        return -ENOMEM;
    for (;;) {
        struct alternative *alternative = &condition->alternatives[condition->n];
        int r = parse_alternative(cursor, copy, alternative);
        if (r < 0)
            return r;
        copy += alternative->glob.size;
        condition->n++;
        if (cursor->p == cursor->end || *cursor->p != '|')
            return 0;
        cursor->p++;
    }
}

static int parse_condition(struct cursor *cursor, enum direction direction, struct condition *ret)
{
    const char *start = cursor->p;
    struct condition condition = { .negated = *cursor->p == '!' };
    cursor->p += condition.negated;
    const char *name = cursor->p;
    while (cursor->p < cursor->end && !text_is_blank(*cursor->p) && *cursor->p != '=' && *cursor->p != '!' &&
           *cursor->p != '|' && *cursor->p != '<' && *cursor->p != '>')
        cursor->p++;
    struct xpl_slice text = arena_copy(cursor->source->arena, xpl_slice(name, (size_t)(cursor->p - name)));
    if (!text.data)
        return -ENOMEM;
    const char *nearest = NULL;
    if (text.size == 0)
        return fail(cursor, "expected a name", xpl_slice(start, (size_t)(cursor->end - start)));
    if (variable_parse(text, direction, &condition.variable, &nearest) < 0) {
        diag_error(cursor->source->diag, cursor->source->place, "unknown variable '%.*s'%s%s%s",
                   XPL_SLICE_ARGS(text), nearest ? "; did you mean '" : "", nearest ? nearest : "",
                   nearest ? "'?" : "");
        return -EINVAL;
    }
    if (cursor->p < cursor->end && !text_is_blank(*cursor->p)) {
        bool unequal = *cursor->p == '!' && cursor->p + 1 < cursor->end && cursor->p[1] == '=';
        if (condition.negated || (*cursor->p != '=' && !unequal))
            return fail(cursor, "expected name, !name, name=value or name!=value",
                        xpl_slice(start, (size_t)(cursor->end - start)));
        condition.negated = unequal;
        cursor->p += 1 + unequal;
        int r = parse_values(cursor, &condition);
        if (r < 0)
            return r;
    }
    condition.name = text;
    condition.text = arena_copy(cursor->source->arena, xpl_slice(start, (size_t)(cursor->p - start)));
    if (!condition.text.data)
        return -ENOMEM;
    *ret = condition;
    return 0;
}

int conditions_parse(const struct conversion_source *source, const char *text, enum direction direction,
                     struct conditions *ret)
{
    struct conditions conditions = { 0 };
    if (!text)
        text = "";
    struct cursor cursor = { source, text, text, text + strlen(text) };
    size_t words = 0;
    for (const char *p = text; *p; p++)
        words += !text_is_blank(*p) && (p == text || text_is_blank(p[-1]));
    if (words && !(conditions.list = arena_array(source->arena, struct condition, words)))
        return -ENOMEM;
    for (;;) {
        while (cursor.p < cursor.end && text_is_blank(*cursor.p))
            cursor.p++;
        if (cursor.p == cursor.end)
            break;
        int r = parse_condition(&cursor, direction, &conditions.list[conditions.n]);
        if (r < 0)
            return r;
        conditions.n++;
    }
    *ret = conditions;
    return 0;
}

static bool alternative_holds(const struct alternative *alternative, struct xpl_slice value, bool nocase)
{
    double number;
    if (!alternative->range)
        return glob_match(alternative->glob, value, nocase);
    return number_parse(value, &number) == 0 && (!alternative->has_low || number >= alternative->low) &&
           (!alternative->has_high || number <= alternative->high);
}

static bool any_holds(const struct condition *condition, struct xpl_slice value, bool nocase)
{
    bool any = false;
    for (size_t i = 0; i < condition->n && !any; i++)
        any = alternative_holds(&condition->alternatives[i], value, nocase);
    return any;
}

static bool holds(const struct condition *condition, struct scope *scope)
{
    struct xpl_slice value;
    bool nocase = scope->ignore_case || variable_is_header(&condition->variable);
    bool found = scope_get(scope, &condition->variable, false, &value);
    if (found && condition->n) {
        found = any_holds(condition, value, nocase);
        if (!found && condition->variable.kind == VARIABLE_MESSAGE_TYPE) /* `trig` means `xpl-trig` */
            found = any_holds(condition, xpl_slice(value.data + 4, value.size - 4), nocase);
    }
    return found != condition->negated;
}

bool conditions_hold(const struct conditions *conditions, struct scope *scope, bool known_only,
                     const struct condition **ret_failed)
{
    for (size_t i = 0; i < conditions->n; i++) {
        const struct condition *condition = &conditions->list[i];
        if (known_only && !scope_knows(scope, &condition->variable))
            continue;
        if (!holds(condition, scope)) {
            if (ret_failed)
                *ret_failed = condition;
            return false;
        }
    }
    return true;
}

const struct condition *conditions_find(const struct conditions *conditions, const struct variable *variable)
{
    for (size_t i = 0; i < conditions->n; i++)
        if (variable_equal(&conditions->list[i].variable, variable))
            return &conditions->list[i];
    return NULL;
}

bool condition_is_literal(const struct condition *condition)
{
    for (size_t i = 0; i < condition->n; i++)
        if (condition->alternatives[i].range || !glob_is_literal(condition->alternatives[i].glob))
            return false;
    /* A message type has two spellings. */
    return condition->n && !condition->negated && condition->variable.kind != VARIABLE_MESSAGE_TYPE;
}

static bool alternative_covers(const struct alternative *outer, const struct alternative *inner, bool nocase)
{
    if (!outer->range)
        return !inner->range && glob_covers(outer->glob, inner->glob, nocase);
    if (inner->range)
        return (!outer->has_low || (inner->has_low && inner->low >= outer->low)) &&
               (!outer->has_high || (inner->has_high && inner->high <= outer->high));
    return alternative_holds(outer, inner->glob, nocase);
}

static bool condition_covers(const struct condition *outer, const struct condition *inner, bool nocase)
{
    nocase |= variable_is_header(&outer->variable);
    if (!variable_equal(&outer->variable, &inner->variable) || outer->negated != inner->negated)
        return false;
    if (outer->negated) /* in doubt unless they say the same */
        return xpl_slice_equal(outer->text, inner->text);
    for (size_t i = 0; i < inner->n && outer->n; i++) {
        bool covered = false;
        for (size_t o = 0; o < outer->n && !covered; o++)
            covered = alternative_covers(&outer->alternatives[o], &inner->alternatives[i], nocase);
        if (!covered)
            return false;
    }
    return outer->n == 0 || inner->n != 0;
}

bool conditions_cover(const struct conditions *outer, const struct conditions *inner, bool nocase)
{
    for (size_t o = 0; o < outer->n; o++) {
        bool covered = false;
        for (size_t i = 0; i < inner->n && !covered; i++)
            covered = condition_covers(&outer->list[o], &inner->list[i], nocase);
        if (!covered)
            return false;
    }
    return true;
}

static bool excludes(const struct condition *a, const struct condition *b)
{
    if (!variable_equal(&a->variable, &b->variable))
        return false;
    if (a->negated != b->negated) {
        const struct condition *no = a->negated ? a : b, *yes = a->negated ? b : a;
        struct condition as_yes = *no;
        as_yes.negated = false;
        return condition_covers(&as_yes, yes, false);
    }
    if (a->negated || !a->n || !b->n)
        return false;
    for (size_t i = 0; i < a->n; i++)
        for (size_t j = 0; j < b->n; j++) {
            const struct alternative *x = &a->alternatives[i], *y = &b->alternatives[j];
            bool apart = x->range && y->range ? (x->has_high && y->has_low && x->high < y->low) ||
                                                    (y->has_high && x->has_low && y->high < x->low)
                         : !x->range && !y->range && (glob_is_literal(x->glob) || glob_is_literal(y->glob))
                             ? !glob_match(x->glob, y->glob, true) && !glob_match(y->glob, x->glob, true)
                             : false;
            if (!apart)
                return false;
        }
    return true;
}

bool conditions_exclude(const struct conditions *a, const struct conditions *b)
{
    for (size_t i = 0; i < a->n; i++)
        for (size_t j = 0; j < b->n; j++)
            if (excludes(&a->list[i], &b->list[j]))
                return true;
    return false;
}
