/* Attributes that several elements have, read and judged: templates, conditions, globs, seconds, types. */
#include <errno.h>
#include <math.h>

#include "base/number.h"
#include "mapping/compile-private.h"

#define SECONDS_MAX 86400

const char *const compile_type_names[] = { "cmnd", "stat", "trig", NULL };

struct diag_place compile_place(struct compile *compile, struct diag_place place)
{
    return (struct diag_place){ compile->file, place.line, place.column };
}

struct conversion_source compile_source(struct compile *compile, struct diag_place place)
{
    return (struct conversion_source){ &compile->mapping->arena, &compile->tables, compile->diag,
                                       compile_place(compile, place) };
}

/* An attribute's text as a template; absent leaves *ret as it is (text.data NULL). -EINVAL is a finding. */
int compile_template(struct compile *compile, const struct xml_element *element, const char *name,
                     enum template_use use, enum direction direction, struct template *ret)
{
    const struct xml_attribute *attribute = xml_get(element, name);
    if (!attribute)
        return 0;
    struct conversion_source source = compile_source(compile, attribute->place);
    return template_parse(&source, attribute->value, use, direction, ret);
}

int compile_conditions(struct compile *compile, const struct xml_element *element, enum direction direction,
                       struct conditions *ret)
{
    const struct xml_attribute *attribute = xml_get(element, "when");
    struct conversion_source source = compile_source(compile, attribute ? attribute->place : element->place);
    return conditions_parse(&source, attribute ? attribute->value.data : NULL, direction, ret);
}

int compile_globs(struct compile *compile, const struct xml_element *element, const char *name,
                  struct glob_list *ret)
{
    return glob_list_parse(&compile->mapping->arena, xml_get_string(element, name, NULL), ret);
}

/* Seconds, with decimals, as milliseconds. */
int64_t compile_seconds(struct compile *compile, const struct xml_element *element, const char *name,
                        double low, int64_t fallback_ms)
{
    const struct xml_attribute *attribute = xml_get(element, name);
    double seconds;
    if (!attribute)
        return fallback_ms;
    if (number_parse(text_trim(attribute->value), &seconds) < 0 || seconds < low || seconds > SECONDS_MAX) {
        diag_error(compile->diag, attribute->place, "%s=\"%s\": expected seconds from %g to %d", name,
                   attribute->value.data, low, SECONDS_MAX);
        return fallback_ms;
    }
    return (int64_t)llround(seconds * 1000);
}

/* "stat trig": bits. */
unsigned compile_types(struct compile *compile, const struct xml_element *element, unsigned fallback)
{
    const struct xml_attribute *attribute = xml_get(element, "type");
    unsigned types = 0;
    struct glob_list words;
    if (!attribute)
        return fallback;
    if (glob_list_parse(&compile->mapping->arena, attribute->value.data, &words) < 0)
        return fallback;
    for (size_t i = 0; i < words.n; i++) {
        int type = -1;
        for (int t = 0; compile_type_names[t]; t++)
            if (xpl_slice_equal(words.globs[i], xpl_slice_from(compile_type_names[t])))
                type = t;
        if (type < 0) {
            const char *nearest = diag_nearest(words.globs[i], compile_type_names);
            diag_error(compile->diag, attribute->place,
                       "unknown message type '%.*s'; expected cmnd, stat or trig%s%s%s",
                       XPL_SLICE_ARGS(words.globs[i]), nearest ? "; did you mean '" : "",
                       nearest ? nearest : "", nearest ? "'?" : "");
        } else {
            types |= TYPE_BIT(type);
        }
    }
    if (words.n == 0)
        diag_error(compile->diag, attribute->place, "type is empty; expected some of cmnd, stat, trig");
    return types ? types : fallback;
}
