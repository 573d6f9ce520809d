/* Attributes by kind, and what should not be there. */
#include "xml_test.h"

TestSuite(get, .init = setup, .fini = teardown);

/* Takes the oldest finding off. */
static const char *finding(void)
{
    static char line[512];
    cr_assert_not_null(diag.first, "a finding was expected");
    diag_render(diag.first, line, sizeof(line));
    diag.first = diag.first->next;
    if (!diag.first)
        diag.last = &diag.first;
    return line;
}

Test(get, strings)
{
    struct xml_element *a = read_good("<a xmlns='" NS "' x='1' e=''/>");
    cr_expect_str_eq(xml_get_string(a, "x", "no"), "1");
    cr_expect_str_eq(xml_get_string(a, "e", "no"), "");
    cr_expect_str_eq(xml_get_string(a, "y", "no"), "no");
}

Test(get, choices)
{
    static const char *const roles[] = { "auto", "hub", "client", NULL };
    struct xml_element *a = read_good("<a xmlns='" NS "' x='client' y='Hub' z='none'/>");
    cr_expect_eq(xml_get_choice(a, "x", roles, 0, &diag), 2);
    cr_expect_eq(xml_get_choice(a, "missing", roles, 1, &diag), 1);
    cr_expect_null(diag.first);
    cr_expect_eq(xml_get_choice(a, "y", roles, 0, &diag), 0);
    cr_expect_str_eq(finding(), "t.xml:1:34: error: y=\"Hub\" on <a>: expected one of auto, hub, client; "
                                "did you mean 'hub'?");
    cr_expect_eq(xml_get_choice(a, "z", roles, 0, &diag), 0);
    cr_expect_str_eq(finding(), "t.xml:1:42: error: z=\"none\" on <a>: expected one of auto, hub, client");
}

Test(get, yes_and_no)
{
    struct xml_element *a =
        read_good("<a xmlns='" NS "' a='yes' b='no' c='1' d='0' e='true' f='false' g='on'/>");
    cr_expect(xml_get_bool(a, "a", false, &diag));
    cr_expect_not(xml_get_bool(a, "b", true, &diag));
    cr_expect(xml_get_bool(a, "c", false, &diag));
    cr_expect_not(xml_get_bool(a, "d", true, &diag));
    cr_expect(xml_get_bool(a, "e", false, &diag));
    cr_expect_not(xml_get_bool(a, "f", true, &diag));
    cr_expect(xml_get_bool(a, "missing", true, &diag));
    cr_expect_null(diag.first);
    cr_expect(xml_get_bool(a, "g", true, &diag));
    cr_expect_str_eq(finding(), "t.xml:1:69: error: g=\"on\" on <a>: expected yes or no");
}

Test(get, whole_numbers)
{
    struct xml_element *a =
        read_good("<a xmlns='" NS "' a='5' b='-3' c='11' d='1.5' e='' f='99999999999999999999' g='-'/>");
    cr_expect_eq(xml_get_integer(a, "a", 0, 10, 7, &diag), 5);
    cr_expect_eq(xml_get_integer(a, "b", -10, 10, 7, &diag), -3);
    cr_expect_eq(xml_get_integer(a, "missing", 0, 10, -1, &diag), -1);
    cr_expect_null(diag.first);
    cr_expect_eq(xml_get_integer(a, "c", 0, 10, 7, &diag), 7);
    cr_expect_str_eq(finding(), "t.xml:1:36: error: c=\"11\" on <a>: expected a whole number from 0 to 10");
    cr_expect_eq(xml_get_integer(a, "b", 0, 10, 7, &diag), 7);
    cr_expect_eq(xml_get_integer(a, "d", 0, 10, 7, &diag), 7);
    cr_expect_eq(xml_get_integer(a, "e", 0, 10, 7, &diag), 7);
    cr_expect_eq(xml_get_integer(a, "f", 0, INT64_MAX, 7, &diag), 7);
    cr_expect_eq(xml_get_integer(a, "g", -9, 9, 7, &diag), 7);
    cr_expect_eq(diag.n_errors, 6u);
}

Test(get, unknown_attributes)
{
    static const char *const known[] = { "name", "kind", NULL }, *const none[] = { NULL };
    struct xml_element *a = read_good("<a xmlns='" NS "' name='1'\n knd='2' zzzzzz='3'/>");
    xml_get(a, "name");
    xml_check_attributes(a, known, &diag);
    cr_expect_str_eq(finding(), "t.xml:2:2: error: unknown attribute 'knd' on <a>; did you mean 'kind'?");
    cr_expect_str_eq(finding(), "t.xml:2:10: error: unknown attribute 'zzzzzz' on <a>; known are name, kind");
    cr_expect_null(diag.first, "what was asked for is known");
    xml_check_attributes(a, none, &diag);
    cr_expect_str_eq(finding(), "t.xml:2:2: error: unknown attribute 'knd' on <a>; it takes none");
}

Test(get, unknown_children_and_text)
{
    static const char *const known[] = { "map", "table", NULL }, *const none[] = { NULL };
    struct xml_element *a =
        read_good("<a xmlns='" NS "'>\n <map/><mapp/>\n <zzzzzzzz/> <map>\n  t</map></a>");
    xml_check_children(a, known, false, &diag);
    cr_expect_str_eq(finding(), "t.xml:2:8: error: unknown element <mapp> in <a>; did you mean <map>?");
    cr_expect_str_eq(finding(), "t.xml:3:2: error: unknown element <zzzzzzzz> in <a>; known are map, table");
    cr_expect_null(diag.first);
    struct xml_element *map = xml_sibling(xml_child(a, "map"));
    xml_check_children(map, none, true, &diag);
    cr_expect_null(diag.first);
    xml_check_children(map, none, false, &diag);
    cr_expect_str_eq(finding(), "t.xml:4:3: error: <map> holds no text");
    xml_check_children(a, none, true, &diag);
    cr_expect_str_eq(finding(), "t.xml:2:2: error: unknown element <map> in <a>; it takes none");
}
