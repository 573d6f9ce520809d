/* A payload against min, max and options. */
#include "base/number.h"
#include "mapping/act.h"

static bool render_number(const struct template *template, struct scope *scope, double *ret)
{
    char buffer[NUMBER_TEXT_MAX];
    struct text text = TEXT(buffer);
    bool ok = template->text.data && template_render(template, scope, TEMPLATE_VALUE, &text) == 0 &&
              number_parse(text_get(&text), ret) == 0;
    text_reset(scope->why);
    return ok;
}

/* "off,heat,cool": whether the word is one of them. */
static bool has_option(struct xpl_slice options, struct xpl_slice word, bool nocase)
{
    while (options.size) {
        struct xpl_slice option = options, rest = { 0 };
        xpl_slice_cut(options, ',', &option, &rest);
        option = text_trim(option);
        if (nocase ? xpl_slice_equal_nocase(option, word) : xpl_slice_equal(option, word))
            return true;
        options = rest;
    }
    return false;
}

static int refuse(struct scope *scope, enum counter counter, struct xpl_slice payload, const char *what)
{
    text_char(scope->why, '\'');
    scope_excerpt(scope, payload);
    text_format(scope->why, "' is %s", what);
    return (int)counter;
}

static int refuse_bound(struct scope *scope, struct xpl_slice payload, const char *what, double bound)
{
    scope_excerpt(scope, payload);
    text_format(scope->why, " is %s ", what);
    number_write(bound, scope->why);
    return COUNT_NOT_MADE_RANGE;
}

int property_check_range(const struct property *property, struct scope *scope, struct xpl_slice payload)
{
    double value, bound;
    bool low = property->min.text.data, high = property->max.text.data;
    if (low || high) {
        if (number_parse(text_trim(payload), &value) < 0)
            return refuse(scope, COUNT_NOT_MADE_NUMBER, payload, "no number");
        if (low && render_number(&property->min, scope, &bound) && value < bound)
            return refuse_bound(scope, payload, "below the minimum", bound);
        if (high && render_number(&property->max, scope, &bound) && value > bound)
            return refuse_bound(scope, payload, "above the maximum", bound);
    }
    if (property->public.kind == MAPPING_SELECT && property->options.text.data) {
        struct xpl_slice list;
        int made = template_make(&property->options, scope, &list);
        text_reset(scope->why);
        if (made == 0 && !has_option(list, payload, property->map->ignore_case)) {
            refuse(scope, COUNT_NOT_MADE_RANGE, payload, "none of the options ");
            scope_excerpt(scope, list);
            return COUNT_NOT_MADE_RANGE;
        }
    }
    return 0;
}
