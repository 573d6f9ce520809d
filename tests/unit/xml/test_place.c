/* Lines and columns: of start tags, attribute names and text; columns count bytes. */
#include <stdio.h>

#include "xml/xml_source.h"
#include "xml_test.h"

TestSuite(place, .init = setup, .fini = teardown);

#define expect_place(place, l, c)                                                                  \
    cr_expect((place).line == (l) && (place).column == (c), "expected %d:%d, got %d:%d", (l), (c), \
              (place).line, (place).column)

Test(place, of_tags_and_attributes)
{
    struct xml_element *a =
        read_good("<?xml version='1.0'?>\n\n  <a xmlns='" NS "' x='1'>\n\t<b  y = '2'/><c/>\n</a>");
    expect_place(a->place, 3, 3);
    expect_place(xml_get(a, "x")->place, 3, 25);
    expect_place(a->children->place, 4, 2);
    expect_place(xml_get(a->children, "y")->place, 4, 6);
    expect_place(a->children->next->place, 4, 15);
}

Test(place, with_crlf_and_byte_order_mark)
{
    struct xml_element *a =
        read_good("\xef\xbb\xbf<a xmlns='" NS "'>\r\n <b\r\n  x='1'\r\n/>\r\n  <c> t</c></a>");
    expect_place(a->place, 1, 1);
    expect_place(a->children->place, 2, 2);
    expect_place(xml_get(a->children, "x")->place, 3, 3);
    expect_place(a->children->next->place, 5, 3);
    expect_place(a->children->next->text_place, 5, 7);
}

Test(place, columns_count_bytes)
{
    struct xml_element *a =
        read_good("<a xmlns='" NS "'>\xc3\xa9\xe2\x82\xac<b \xc3\xa9t='\xc3\xa9\xc3\xa9' x='1'/></a>");
    expect_place(a->children->place, 1, 28);
    expect_place(a->children->attributes->place, 1, 31);
    expect_place(xml_get(a->children, "x")->place, 1, 42);
}

Test(place, values_may_hold_what_looks_like_markup)
{
    struct xml_element *a =
        read_good("<a xmlns='" NS "' x='/> y=\"1\" &lt;b z=&#39;'\n   y='x='\n z=\"'>'\"/>");
    expect_place(a->place, 1, 1);
    expect_place(xml_get(a, "x")->place, 1, 23);
    expect_place(xml_get(a, "y")->place, 2, 4);
    expect_place(xml_get(a, "z")->place, 3, 2);
}

Test(place, behind_namespace_declarations)
{
    struct xml_element *a = read_good("<p:a x='1' xmlns:p='" NS "' xmlns:q='x' y='2'\n xml:lang='x' z='3'/>");
    expect_place(xml_get(a, "x")->place, 1, 6);
    expect_place(xml_get(a, "y")->place, 1, 45);
    expect_place(xml_get(a, "z")->place, 2, 15);
}

Test(place, of_text)
{
    struct xml_element *a = read_good(
        "<a xmlns='" NS "'>\n  <!-- x > <b> --> <?p q?>\n  <![CDATA[\n   here]]>\n<b>>x</b> <c> &#x41;</c>"
        "<d> </d><e><f/>\n g</e></a>");
    expect_place(a->text_place, 4, 4);
    const struct xml_element *b = xml_child(a, "b");
    expect_place(b->text_place, 5, 4);
    expect_place(xml_child(a, "c")->text_place, 5, 15);
    expect_place(xml_child(a, "d")->text_place, xml_child(a, "d")->place.line,
                 xml_child(a, "d")->place.column);
    expect_place(xml_child(a, "e")->text_place, 6, 2);
}

/* libxml2 throws away what it has parsed as it goes; the offsets must not notice. */
Test(place, far_into_a_file)
{
    enum { N = 20000 };
    static char text[N * 32 + 64];
    size_t n = (size_t)snprintf(text, sizeof(text), "<a xmlns='" NS "'>\n");
    for (int i = 0; i < N; i++)
        n += (size_t)snprintf(text + n, sizeof(text) - n,
                              i % 3 ? " <b\n x='%d'/> \n" : " <b x='%d'> t \r\n</b>\n", i);
    snprintf(text + n, sizeof(text) - n, "</a>");
    const struct xml_element *a = read_good(text);
    int line = 2, wrong = 0, i = 0;
    for (const struct xml_element *b = a->children; b; b = b->next, i++, line += 2) {
        const struct xml_attribute *x = b->attributes;
        wrong += b->place.line != line || b->place.column != 2;
        wrong += x->place.line != (i % 3 ? line + 1 : line) || x->place.column != (i % 3 ? 2 : 5);
    }
    cr_expect_eq(i, (int)N);
    cr_expect_eq(wrong, 0);
}

Test(place, asked_for_in_any_order)
{
    struct xml_source source;
    xml_source_init(&source, "f", XPL_SLICE("ab\ncd\n\nef"));
    static const struct {
        size_t offset;
        int line, column;
    } asked[] = { { 8, 4, 2 }, { 0, 1, 1 }, { 6, 3, 1 }, { 5, 2, 3 }, { 4, 2, 2 },
                  { 2, 1, 3 }, { 7, 4, 1 }, { 3, 2, 1 }, { 99, 4, 3 } };
    for (size_t i = 0; i < sizeof(asked) / sizeof(asked[0]); i++)
        expect_place(xml_source_place(&source, asked[i].offset), asked[i].line, asked[i].column);
}
