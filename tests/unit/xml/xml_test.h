/* What the tests of xml share: one arena and its findings a test. */
#ifndef XML_TEST_H
#define XML_TEST_H

#include <criterion/criterion.h>

#include "xml/xml.h"

#define NS "urn:test:1"

static struct arena arena;
static struct diag diag;

static inline void setup(void)
{
    arena_init(&arena);
    diag_init(&diag);
}

static inline void teardown(void)
{
    arena_deinit(&arena);
    diag_deinit(&diag);
}

static inline struct xml_element *read_good(const char *text)
{
    struct xml_element *root = NULL;
    int r = xml_read_memory(&arena, "t.xml", xpl_slice_from(text), NS, &diag, &root);
    cr_assert_eq(r, 0, "%s", diag.first ? diag.first->text : "no finding");
    cr_assert_null(diag.first);
    return root;
}

#endif
