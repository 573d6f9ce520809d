/* Looks into an element that has been read: attributes by kind, and what should not be there. */
#include "xml/xml.h"

#include "base/number.h"

struct xml_attribute *xml_get(const struct xml_element *element, const char *name)
{
    for (struct xml_attribute *a = element->attributes; a; a = a->next)
        if (strcmp(a->name, name) == 0) {
            a->used = true;
            return a;
        }
    return NULL;
}

const char *xml_get_string(const struct xml_element *element, const char *name, const char *fallback)
{
    const struct xml_attribute *attribute = xml_get(element, name);
    return attribute ? attribute->value.data : fallback;
}

/* "a, b, c" */
static void join(const char *const *words, struct text *ret)
{
    for (size_t i = 0; words[i]; i++) {
        if (i)
            text_string(ret, ", ");
        text_string(ret, words[i]);
    }
}

int xml_get_choice(const struct xml_element *element, const char *name, const char *const *choices,
                   int fallback, struct diag *diag)
{
    const struct xml_attribute *attribute = xml_get(element, name);
    if (!attribute)
        return fallback;
    struct xpl_slice word = text_trim(attribute->value);
    for (int i = 0; choices[i]; i++)
        if (xpl_slice_equal(xpl_slice_from(choices[i]), word))
            return i;
    char storage[512];
    struct text text = TEXT(storage);
    join(choices, &text);
    diag_hint(word, choices, &text);
    diag_error(diag, attribute->place, "%s=\"%.*s\" on <%s>: expected one of %s", name,
               XPL_SLICE_ARGS(attribute->value), element->name, storage);
    return fallback;
}

bool xml_get_bool(const struct xml_element *element, const char *name, bool fallback, struct diag *diag)
{
    static const struct {
        const char *word;
        bool value;
    } words[] = { { "yes", true },    { "no", false }, { "true", true },
                  { "false", false }, { "1", true },   { "0", false } };
    const struct xml_attribute *attribute = xml_get(element, name);
    if (!attribute)
        return fallback;
    for (size_t i = 0; i < sizeof(words) / sizeof(words[0]); i++)
        if (xpl_slice_equal(xpl_slice_from(words[i].word), text_trim(attribute->value)))
            return words[i].value;
    diag_error(diag, attribute->place, "%s=\"%.*s\" on <%s>: expected yes or no", name,
               XPL_SLICE_ARGS(attribute->value), element->name);
    return fallback;
}

int64_t xml_get_integer(const struct xml_element *element, const char *name, int64_t low, int64_t high,
                        int64_t fallback, struct diag *diag)
{
    const struct xml_attribute *attribute = xml_get(element, name);
    if (!attribute)
        return fallback;
    struct xpl_slice digits = text_trim(attribute->value);
    bool negative = digits.size > 1 && digits.data[0] == '-';
    if (negative || (digits.size > 1 && digits.data[0] == '+'))
        digits = xpl_slice(digits.data + 1, digits.size - 1);
    uint64_t size;
    if (number_parse_unsigned(digits, 0, INT64_MAX, &size) == 0) {
        int64_t value = negative ? -(int64_t)size : (int64_t)size;
        if (value >= low && value <= high)
            return value;
    }
    diag_error(diag, attribute->place, "%s=\"%.*s\" on <%s>: expected a whole number from %lld to %lld", name,
               XPL_SLICE_ARGS(attribute->value), element->name, (long long)low, (long long)high);
    return fallback;
}

void xml_check_attributes(const struct xml_element *element, const char *const *known, struct diag *diag)
{
    for (const struct xml_attribute *a = element->attributes; a; a = a->next) {
        if (a->used)
            continue;
        char storage[512];
        struct text text = TEXT(storage);
        text_string(&text, "");
        if (diag_nearest(xpl_slice_from(a->name), known)) {
            diag_hint(xpl_slice_from(a->name), known, &text);
        } else if (known[0]) {
            text_string(&text, "; known are ");
            join(known, &text);
        } else {
            text_string(&text, "; it takes none");
        }
        diag_error(diag, a->place, "unknown attribute '%s' on <%s>%s", a->name, element->name, storage);
    }
}

static bool is_in(const char *name, const char *const *list)
{
    for (; *list; list++)
        if (strcmp(*list, name) == 0)
            return true;
    return false;
}

void xml_check_children(const struct xml_element *element, const char *const *known, bool text,
                        struct diag *diag)
{
    for (const struct xml_element *child = element->children; child; child = child->next) {
        if (is_in(child->name, known))
            continue;
        const char *nearest = diag_nearest(xpl_slice_from(child->name), known);
        char storage[512];
        struct text list = TEXT(storage);
        if (nearest) {
            text_format(&list, "; did you mean <%s>?", nearest);
        } else if (known[0]) {
            text_string(&list, "; known are ");
            join(known, &list);
        } else {
            text_string(&list, "; it takes none");
        }
        diag_error(diag, child->place, "unknown element <%s> in <%s>%s", child->name, element->name, storage);
    }
    if (text)
        return;
    for (size_t i = 0; i < element->text.size; i++)
        if (!strchr(" \t\r\n", element->text.data[i])) {
            diag_error(diag, element->text_place, "<%s> holds no text", element->name);
            return;
        }
}

struct xml_element *xml_child(const struct xml_element *element, const char *name)
{
    for (struct xml_element *child = element->children; child; child = child->next)
        if (strcmp(child->name, name) == 0)
            return child;
    return NULL;
}

struct xml_element *xml_sibling(const struct xml_element *element)
{
    for (struct xml_element *next = element->next; next; next = next->next)
        if (strcmp(next->name, element->name) == 0)
            return next;
    return NULL;
}
