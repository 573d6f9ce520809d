/* Any bytes: what is read has places that point, in those bytes, at a '<', at the attribute's name, and at no
 * white space; what is refused has a finding.
 *
 * With a fuzzer, compile this file and those of xml and base with clang -fsanitize=fuzzer,address,undefined
 * -D_GNU_SOURCE -Iinclude -Ibridge -I/usr/include/libxml2. As a test it is linked with replay.c. */
#include <stdlib.h>

#include "xml/xml.h"

#define NS "urn:xplmqtt:config:1"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

#define CHECK(condition)  \
    do {                  \
        if (!(condition)) \
            abort();      \
    } while (0)

/* What stands at a place, which is never behind the one before: lines are walked once. */
static struct {
    const char *line, *end;
    int number;
} at;

static const char *find(struct diag_place place)
{
    CHECK(place.line >= at.number && place.column >= 1);
    for (; at.number < place.line; at.number++) {
        const char *feed = memchr(at.line, '\n', (size_t)(at.end - at.line));
        CHECK(feed);
        at.line = feed + 1;
    }
    CHECK(place.column - 1 <= at.end - at.line);
    return at.line + place.column - 1;
}

static void check_starts(const char *place, const char *with)
{
    size_t size = strlen(with);
    CHECK((size_t)(at.end - place) >= size && memcmp(place, with, size) == 0);
}

static void check_element(const struct xml_element *element, struct diag *diag)
{
    static const char *const none[] = { NULL }, *const some[] = { "xpl", "mqtt", NULL };
    check_starts(find(element->place), "<");
    for (const struct xml_attribute *a = element->attributes; a; a = a->next) {
        check_starts(find(a->place), a->name);
        CHECK(strlen(a->value.data) == a->value.size);
    }
    CHECK(strlen(element->text.data) == element->text.size);
    (void)xml_get_integer(element, "a", 0, 9, 0, diag);
    (void)xml_get_choice(element, "role", some, 0, diag);
    (void)xml_get_bool(element, "raw", false, diag);
    xml_check_attributes(element, some, diag);
    xml_check_children(element, none, false, diag);
    for (const struct xml_element *child = element->children; child; child = child->next)
        check_element(child, diag);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    struct arena arena;
    struct diag diag;
    struct xml_element *root = NULL;
    const char *text = (const char *)data;
    arena_init(&arena);
    diag_init(&diag);
    int r = xml_read_memory(&arena, "fuzz.xml", xpl_slice(text, size), NS, &diag, &root);
    if (r == 0) {
        bool marked = size >= 3 && memcmp(text, "\xef\xbb\xbf", 3) == 0;
        at.line = marked ? text + 3 : text;
        at.end = text + size;
        at.number = 1;
        CHECK(root && diag.n_errors == 0);
        check_element(root, &diag);
    } else {
        CHECK(!root && diag.n_errors > 0);
    }
    arena_deinit(&arena);
    diag_deinit(&diag);
    return 0;
}
