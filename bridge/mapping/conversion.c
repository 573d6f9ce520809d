#include "mapping/conversion.h"

#include <errno.h>
#include <math.h>

#include "base/number.h"

#define ARGUMENTS_MAX 2
#define DECIMALS_MAX  15

/* In enum order; the table has no word of its own. */
static const char *const names[] = { "number",  "scale",   "round",  "lower", "upper", "trim",
                                     "default", "replace", "escape", "json",  "typed", NULL };
static const int arguments_wanted[] = { 0, 2, 1, 0, 0, 0, 1, 2, 0, 0, 0 };

static enum conversion_kind kind_of(struct xpl_slice name)
{
    int kind = 0;
    while (names[kind] && !xpl_slice_equal(name, xpl_slice_from(names[kind])))
        kind++;
    return names[kind] ? (enum conversion_kind)kind : CONVERSION_TABLE;
}

bool conversion_is_name(struct xpl_slice name)
{
    return kind_of(name) != CONVERSION_TABLE;
}

/* One argument from behind a ':', up to the next ':' or the end; '…' quotes, '' inside is a quote. */
static int argument(const struct conversion_source *source, struct xpl_slice *rest, struct xpl_slice *ret)
{
    const char *p = rest->data, *end = rest->data + rest->size;
    char *copy = arena_alloc(source->arena, rest->size + 1);
    size_t n = 0;
    if (!copy)
        return -ENOMEM;
    if (p < end && *p == '\'') {
        for (p++;; p++) {
            if (p == end) {
                diag_error(source->diag, source->place, "a quote is not closed in conversion argument: %.*s",
                           XPL_SLICE_ARGS(*rest));
                return -EINVAL;
            }
            if (*p == '\'' && (p + 1 == end || p[1] != '\''))
                break;
            p += *p == '\'';
            copy[n++] = *p;
        }
        p++;
        if (p < end && *p != ':') {
            diag_error(source->diag, source->place,
                       "expected ':' or the end behind the quoted argument: %.*s", XPL_SLICE_ARGS(*rest));
            return -EINVAL;
        }
    } else {
        for (; p < end && *p != ':'; p++)
            copy[n++] = *p;
    }
    *ret = xpl_slice(copy, n);
    *rest = p < end ? xpl_slice(p + 1, (size_t)(end - p) - 1) : xpl_slice(NULL, 0);
    return 0;
}

static int number_argument(const struct conversion_source *source, struct xpl_slice text, double *ret)
{
    if (number_parse(text, ret) == 0)
        return 0;
    diag_error(source->diag, source->place, "'%.*s' is no number (as in scale:0.1:0)", XPL_SLICE_ARGS(text));
    return -EINVAL;
}

static void unknown(const struct conversion_source *source, struct xpl_slice name)
{
    const char *conversion = diag_nearest(name, names);
    const char *table = tables_nearest(source->tables, name);
    bool table_is_nearer = table && (!conversion || diag_distance(name, xpl_slice_from(table)) <=
                                                        diag_distance(name, xpl_slice_from(conversion)));
    const char *nearest = table_is_nearer ? table : conversion;
    diag_error(source->diag, source->place, "unknown table or conversion '%.*s'%s%s%s", XPL_SLICE_ARGS(name),
               nearest ? "; did you mean '" : "", nearest ? nearest : "", nearest ? "'?" : "");
}

int conversion_parse(const struct conversion_source *source, struct xpl_slice text, bool reversible,
                     struct conversion *ret)
{
    const char *colon = text.size ? memchr(text.data, ':', text.size) : NULL;
    struct xpl_slice name = xpl_slice(text.data, colon ? (size_t)(colon - text.data) : text.size);
    struct conversion conversion = { .kind = kind_of(name) };

    struct xpl_slice rest = colon ? xpl_slice(colon + 1, text.size - name.size - 1) : xpl_slice(NULL, 0);
    struct xpl_slice arguments[ARGUMENTS_MAX];
    int n = 0, wanted = conversion.kind == CONVERSION_TABLE ? 0 : arguments_wanted[conversion.kind];
    for (bool more = colon != NULL; more; more = rest.data != NULL, n++) {
        struct xpl_slice ignored;
        int r = argument(source, &rest, n < ARGUMENTS_MAX ? &arguments[n] : &ignored);
        if (r < 0)
            return r;
    }

    if (conversion.kind == CONVERSION_TABLE) {
        conversion.table = tables_get(source->tables, name);
        if (!conversion.table) {
            unknown(source, name);
            return -EINVAL;
        }
    }
    if (n != wanted) {
        diag_error(source->diag, source->place, "'%.*s' takes %d argument%s, not %d", XPL_SLICE_ARGS(name),
                   wanted, wanted == 1 ? "" : "s", n);
        return -EINVAL;
    }
    if (reversible && conversion.kind != CONVERSION_TABLE && conversion.kind != CONVERSION_LOWER &&
        conversion.kind != CONVERSION_UPPER && conversion.kind != CONVERSION_TRIM) {
        diag_error(
            source->diag, source->place,
            "'%.*s' cannot be read back from a topic; here only tables, lower, upper and trim are allowed",
            XPL_SLICE_ARGS(name));
        return -EINVAL;
    }

    uint64_t decimals;
    switch (conversion.kind) {
    case CONVERSION_SCALE:
        if (number_argument(source, arguments[0], &conversion.factor) < 0 ||
            number_argument(source, arguments[1], &conversion.offset) < 0)
            return -EINVAL;
        if (conversion.factor == 0) {
            diag_error(source->diag, source->place, "scale by 0 cannot be computed back");
            return -EINVAL;
        }
        break;
    case CONVERSION_ROUND:
        if (number_parse_unsigned(arguments[0], 0, DECIMALS_MAX, &decimals) < 0) {
            diag_error(source->diag, source->place,
                       "round takes a number of decimals from 0 to %d, not '%.*s'", DECIMALS_MAX,
                       XPL_SLICE_ARGS(arguments[0]));
            return -EINVAL;
        }
        conversion.decimals = (unsigned)decimals;
        break;
    case CONVERSION_DEFAULT: conversion.to = arguments[0]; break;
    case CONVERSION_REPLACE:
        conversion.from = arguments[0];
        conversion.to = arguments[1];
        if (conversion.from.size == 0) {
            diag_error(source->diag, source->place, "replace needs something to replace");
            return -EINVAL;
        }
        break;
    default: break;
    }
    *ret = conversion;
    return 0;
}

static void replace(struct xpl_slice value, struct xpl_slice from, struct xpl_slice to, struct text *ret)
{
    for (size_t i = 0; i < value.size;) {
        if (value.size - i >= from.size && memcmp(value.data + i, from.data, from.size) == 0) {
            text_slice(ret, to);
            i += from.size;
        } else {
            text_char(ret, value.data[i++]);
        }
    }
}

/* Line breaks to the two characters \n and back, as osd, tts and sendmsg want. */
static void escape(enum direction direction, struct xpl_slice value, struct text *ret)
{
    for (size_t i = 0; i < value.size; i++) {
        bool next = i + 1 < value.size;
        if (direction == TO_MQTT && value.data[i] == '\\' && next && value.data[i + 1] == 'n') {
            text_char(ret, '\n');
            i++;
        } else if (direction == TO_XPL && (value.data[i] == '\n' || value.data[i] == '\r')) {
            i += value.data[i] == '\r' && next && value.data[i + 1] == '\n';
            text_string(ret, "\\n");
        } else {
            text_char(ret, value.data[i]);
        }
    }
}

/* A sum of doubles without the digits that are only what cancelling left over: 40 - 39.8 is 0.2. */
static double add(double a, double b)
{
    double sum = a + b, larger = fmax(fabs(a), fabs(b));
    int decimals = larger > 0 ? 14 - (int)floor(log10(larger)) : 0;
    if (!isfinite(sum) || decimals < 0 || decimals > 22)
        return sum;
    double power = pow(10, decimals);
    return round(sum * power) / power;
}

static bool scale(const struct conversion *conversion, enum direction direction, double x, struct text *ret)
{
    double y = direction == TO_MQTT ? add(x * conversion->factor, conversion->offset)
                                    : add(x, -conversion->offset) / conversion->factor;
    if (isfinite(y))
        number_write(y, ret);
    return isfinite(y);
}

/* One step: 0, or why not. */
static int apply(const struct conversion *conversion, struct scope *scope, struct xpl_slice value,
                 struct xpl_slice *ret)
{
    struct text text = pool_open(scope->pool);
    double x;
    switch (conversion->kind) {
    case CONVERSION_TABLE:
        *ret = table_find(conversion->table, scope->direction, value, scope->ignore_case);
        if (ret->data)
            return 0;
        text_format(scope->why, "table '%.*s' has no row for '", XPL_SLICE_ARGS(conversion->table->name));
        scope_excerpt(scope, value);
        text_char(scope->why, '\'');
        return COUNT_NOT_MADE_TABLE;
    case CONVERSION_TRIM: *ret = text_trim(value); return 0;
    case CONVERSION_DEFAULT: *ret = value; return 0;
    case CONVERSION_LOWER: text_lower(&text, value); break;
    case CONVERSION_UPPER:
        for (size_t i = 0; i < value.size; i++)
            text_char(&text, value.data[i] >= 'a' && value.data[i] <= 'z' ? (char)(value.data[i] - 32)
                                                                          : value.data[i]);
        break;
    case CONVERSION_REPLACE: replace(value, conversion->from, conversion->to, &text); break;
    case CONVERSION_ESCAPE: escape(scope->direction, value, &text); break;
    case CONVERSION_JSON: mapping_value_json(scope->charset, value, false, &text); break;
    case CONVERSION_TYPED: mapping_value_json(scope->charset, value, true, &text); break;
    case CONVERSION_NUMBER:
    case CONVERSION_ROUND:
    case CONVERSION_SCALE:
        value = text_trim(value);
        if (number_parse(value, &x) < 0) {
            text_char(scope->why, '\'');
            scope_excerpt(scope, value);
            text_string(scope->why, "' is no number");
            return COUNT_NOT_MADE_NUMBER;
        }
        if (conversion->kind == CONVERSION_NUMBER)
            number_shortest(value, &text);
        else if (conversion->kind == CONVERSION_ROUND)
            number_round(value, conversion->decimals, &text);
        else if (!scale(conversion, scope->direction, x, &text)) {
            text_string(scope->why, "the result is too large");
            return COUNT_NOT_MADE_NUMBER;
        }
        break;
    }
    if (pool_close(scope->pool, &text, ret))
        return 0;
    text_string(scope->why, "too long");
    return COUNT_NOT_MADE_SIZE;
}

int conversion_apply(const struct conversion *conversions, size_t n, struct scope *scope, bool have,
                     struct xpl_slice value, struct xpl_slice *ret)
{
    int failed = have ? 0 : (int)COUNT_NOT_MADE_MISSING;
    for (size_t i = 0; i < n; i++) {
        if (conversions[i].kind == CONVERSION_DEFAULT && (failed || value.size == 0)) {
            value = conversions[i].to;
            failed = 0;
            text_reset(scope->why);
        } else if (!failed) {
            failed = apply(&conversions[i], scope, value, &value);
        }
    }
    if (!failed)
        *ret = value;
    return failed;
}

bool conversion_undo(const struct conversion *conversions, size_t n, bool ignore_case, struct xpl_slice text,
                     struct xpl_slice *ret)
{
    for (size_t i = n; i-- > 0;) {
        if (conversions[i].kind != CONVERSION_TABLE)
            continue;
        text = table_find(conversions[i].table, TO_XPL, text, ignore_case);
        if (!text.data)
            return false;
    }
    *ret = text;
    return true;
}
