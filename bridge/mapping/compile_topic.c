/* Topics of properties: what they are relative to, what may not stand in them, and the whole topic of a send.
 */
#include <errno.h>

#include "mapping/compile-private.h"

#define TOPIC_VARIABLES_MAX (SCOPE_BINDINGS_MAX - 3) /* split and each bind three more */

static bool is_topic_text(struct xpl_slice literal)
{
    bool is = true;
    for (size_t i = 0; i < literal.size && is; i++)
        is = (unsigned char)literal.data[i] >= ' ' && literal.data[i] != 0x7f && literal.data[i] != '#' &&
             literal.data[i] != '+';
    return is;
}

/* Only whole literal levels: a variable's value is escaped when it comes out as one of these. */
static bool is_kept(struct xpl_slice level, bool first, bool last, enum topic_base base, bool sends)
{
    if (base == BASE_ABSOLUTE)
        return false;
    if (xpl_slice_equal(level, XPL_SLICE("set")))
        return !(sends && last);
    if (xpl_slice_equal(level, XPL_SLICE("availability")))
        return true;
    return base == BASE_PREFIX && first && template_is_reserved(level);
}

static void check_levels(struct compile *compile, const struct template *template, enum topic_base base,
                         bool sends)
{
    for (struct xpl_slice rest = template->text; rest.data;) {
        const char *slash = rest.size ? memchr(rest.data, '/', rest.size) : NULL;
        struct xpl_slice level = xpl_slice(rest.data, slash ? (size_t)(slash - rest.data) : rest.size);
        if (is_kept(level, rest.data == template->text.data, !slash, base, sends))
            diag_error(compile->diag, template->place, "'%.*s' is a level that the bridge keeps for itself",
                       XPL_SLICE_ARGS(level));
        rest = slash ? xpl_slice(slash + 1, rest.size - level.size - 1) : xpl_slice(NULL, 0);
    }
}

void compile_check_topic(struct compile *compile, const struct template *template, enum topic_base base,
                         bool sends)
{
    bool is_text = true;
    for (size_t i = 0; i < template->n; i++)
        is_text &= template->parts[i].kind != PART_LITERAL || is_topic_text(template->parts[i].text);
    if (!is_text)
        diag_error(compile->diag, template->place,
                   "a topic cannot hold '#', '+' or control characters: \"%.*s\"",
                   XPL_SLICE_ARGS(template->text));
    else if (template_has_empty_level(template))
        diag_error(compile->diag, template->place, "a topic has an empty level: \"%.*s\"",
                   XPL_SLICE_ARGS(template->text));
    else if (template->text.data[0] == '$')
        diag_error(compile->diag, template->place, "a topic cannot begin with '$': \"%.*s\"",
                   XPL_SLICE_ARGS(template->text));
    else if (template_is_ambiguous(&compile->diag->arena, template))
        diag_error(compile->diag, template->place,
                   "cannot be read back: different parts in [ ] make the same topic \"%.*s\"",
                   XPL_SLICE_ARGS(template->text));
    check_levels(compile, template, base, sends);
}

/* A `topic` attribute, or NAME with `suffix` behind it. */
int compile_topic(struct compile *compile, const struct xml_element *element, const struct property *property,
                  bool sends, enum topic_base *ret_base, struct template *ret)
{
    const struct xml_attribute *attribute = xml_get(element, "topic");
    struct conversion_source source =
        compile_source(compile, attribute ? attribute->place : property->name.place);
    *ret_base = BASE_DEVICE;
    if (!attribute) {
        struct template set;
        if (!sends) {
            *ret = property->name;
            return 0;
        }
        int r = template_literal(&source, XPL_SLICE("/set"), &set);
        const struct template *both[] = { &property->name, &set };
        return r < 0 ? r : template_join(&source, both, 2, ret);
    }
    struct xpl_slice text = attribute->value;
    for (int i = 0; i < 2 && text.size && text.data[0] == '/'; i++) {
        (*ret_base)++;
        text = xpl_slice(text.data + 1, text.size - 1);
    }
    struct xpl_slice prefix = compile->mapping->prefix;
    if (*ret_base == BASE_ABSOLUTE && text.size > prefix.size && text.data[prefix.size] == '/' &&
        memcmp(text.data, prefix.data, prefix.size) == 0) { /* the long way to say it */
        *ret_base = BASE_PREFIX;
        text = xpl_slice(text.data + prefix.size + 1, text.size - prefix.size - 1);
    }
    int r = template_parse(&source, text, TEMPLATE_TOPIC, TO_MQTT, ret);
    if (r == 0)
        compile_check_topic(compile, ret, *ret_base, sends);
    return r;
}

/* What can be read back at all. */
static void check_whole(struct compile *compile, const struct send *send)
{
    const struct template *topic = &send->topic;
    size_t variables = 0, levels = 1;
    for (size_t i = 0; i < topic->n; i++) {
        variables += topic->parts[i].kind == PART_VARIABLE;
        for (size_t c = 0; c < topic->parts[i].text.size && topic->parts[i].kind == PART_LITERAL; c++)
            levels += topic->parts[i].text.data[c] == '/';
    }
    if (variables > TOPIC_VARIABLES_MAX || levels > TEMPLATE_LEVELS_MAX)
        diag_error(compile->diag, send->place,
                   "a send listens on at most %d levels with %d variables: \"%.*s\"", TEMPLATE_LEVELS_MAX,
                   TOPIC_VARIABLES_MAX, XPL_SLICE_ARGS(topic->text));
    else if (template_is_ambiguous(&compile->diag->arena, topic))
        diag_error(compile->diag, send->place,
                   "cannot be read back: different parts in [ ] make the same topic \"%.*s\"",
                   XPL_SLICE_ARGS(topic->text));
}

/* The whole topic of a send: prefix/DEVICE/topic, prefix/topic, or topic. */
int compile_whole_topic(struct compile *compile, const struct property *property, struct send *send)
{
    struct conversion_source source = compile_source(compile, send->place);
    struct template prefix, slash;
    if (template_literal(&source, compile->mapping->prefix, &prefix) < 0 ||
        template_literal(&source, XPL_SLICE("/"), &slash) < 0)
        return -ENOMEM;
    const struct template *parts[5];
    size_t n = 0;
    if (send->base != BASE_ABSOLUTE) {
        parts[n++] = &prefix;
        parts[n++] = &slash;
    }
    if (send->base == BASE_DEVICE) {
        parts[n++] = &property->map->device;
        parts[n++] = &slash;
    }
    struct template topic = send->topic;
    parts[n++] = &topic;
    int r = template_join(&source, parts, n, &send->topic);
    if (r == 0)
        check_whole(compile, send);
    return r;
}
