/* Topics of properties: what they are relative to, what may not stand in them, and the whole topic of a send.
 */
#include <errno.h>

#include "mapping/compile-private.h"

/* Levels of a literal that the bridge keeps for itself, or that MQTT does not allow. */
void compile_check_topic(struct compile *compile, const struct template *template, enum topic_base base,
                         bool sends)
{
    struct xpl_slice text = template->text;
    for (size_t i = 0; i < template->n; i++) {
        struct xpl_slice literal = template->parts[i].text;
        if (template->parts[i].kind != PART_LITERAL)
            continue;
        if (memchr(literal.data, '#', literal.size) || memchr(literal.data, '+', literal.size)) {
            diag_error(compile->diag, template->place, "a topic cannot hold '#' or '+': \"%.*s\"",
                       XPL_SLICE_ARGS(text));
            return;
        }
    }
    if (text.size == 0 || text.data[text.size - 1] == '/' || text.data[0] == '/')
        diag_error(compile->diag, template->place, "a topic has an empty level: \"%.*s\"",
                   XPL_SLICE_ARGS(text));
    else if (text.data[0] == '$')
        diag_error(compile->diag, template->place, "a topic cannot begin with '$': \"%.*s\"",
                   XPL_SLICE_ARGS(text));
    if (base == BASE_ABSOLUTE)
        return;
    /* Only whole literal levels: a variable's value is escaped when it comes out as one of these. */
    for (struct xpl_slice rest = text; rest.data;) {
        const char *slash = memchr(rest.data, '/', rest.size);
        size_t size = slash ? (size_t)(slash - rest.data) : rest.size;
        struct xpl_slice level = xpl_slice(rest.data, size);
        bool last = !slash, set = xpl_slice_equal(level, XPL_SLICE("set"));
        bool first = rest.data == text.data;
        bool kept = set ? !(sends && last)
                    : xpl_slice_equal(level, XPL_SLICE("availability"))
                        ? true
                        : base == BASE_PREFIX && first && template_is_reserved(level);
        if (kept)
            diag_error(compile->diag, template->place, "'%.*s' is a level that the bridge keeps for itself",
                       XPL_SLICE_ARGS(level));
        rest = slash ? xpl_slice(slash + 1, rest.size - size - 1) : xpl_slice(NULL, 0);
    }
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
    int r = template_parse(&source, text, TEMPLATE_TOPIC, TO_MQTT, ret);
    if (r == 0)
        compile_check_topic(compile, ret, *ret_base, sends);
    return r;
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
    return template_join(&source, parts, n, &send->topic);
}
