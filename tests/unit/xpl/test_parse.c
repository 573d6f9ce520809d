#include <criterion/criterion.h>

#include "xpl/message.h"

#include <stdio.h>
#include <stdlib.h>

#define PARSE(text) xpl_message_parse(&message, (text), sizeof(text) - 1)
#define HEAD        "xpl-stat\n{\nhop=1\nsource=acme-lamp.porch\ntarget=*\n}\n"
#define SAME(slice, string) \
    cr_expect(xpl_slice_equal((slice), XPL_SLICE(string)), "'%.*s'", XPL_SLICE_ARGS(slice))

static struct xpl_message message;

static void expect_item(size_t i, const char *name, const char *value)
{
    cr_assert_lt(i, message.n_items);
    cr_expect(xpl_slice_equal(message.items[i].name, xpl_slice_from(name)), "name of %zu is '%.*s'", i,
              XPL_SLICE_ARGS(message.items[i].name));
    cr_expect(xpl_slice_equal(message.items[i].value, xpl_slice_from(value)), "value of %zu is '%.*s'", i,
              XPL_SLICE_ARGS(message.items[i].value));
}

Test(parse, takes_a_message_apart)
{
    const char text[] =
        "xpl-trig\n{\nhop=3\nsource=acme-lamp.porch\ntarget=acme-panel.hall\n}\nlighting.basic\n{\n"
        "command=goto\nlevel=80\n}\n";
    cr_assert_eq(PARSE(text), 0);
    cr_expect_eq(message.type, XPL_TRIG);
    cr_expect_eq(message.hop, 3);
    SAME(message.source.text, "acme-lamp.porch");
    SAME(message.source.vendor, "acme");
    SAME(message.target.text, "acme-panel.hall");
    SAME(message.target.instance, "hall");
    SAME(message.schema, "lighting.basic");
    SAME(message.schema_class, "lighting");
    SAME(message.schema_type, "basic");
    cr_expect_eq(message.n_items, 2);
    expect_item(0, "command", "goto");
    expect_item(1, "level", "80");
    cr_expect_eq(message.items[0].name.data, strstr(text, "command"), "slices borrow");
}

Test(parse, takes_any_case_and_keeps_it)
{
    cr_assert_eq(
        PARSE("XPL-Cmnd\n{\nHOP=1\nSource=ACME-LAMP.Porch\nTARGET=*\n}\nX10.BASIC\n{\nCommand=ON\n}\n"), 0);
    cr_expect_eq(message.type, XPL_CMND);
    SAME(message.source.text, "ACME-LAMP.Porch");
    SAME(message.schema, "X10.BASIC");
    expect_item(0, "Command", "ON");
}

Test(parse, takes_crlf_and_a_missing_last_line_end)
{
    cr_assert_eq(PARSE("xpl-stat\r\n{\r\nhop=1\r\nsource=acme-lamp.porch\r\ntarget=*\r\n}\r\na.b\r\n{\r\nx="
                       "1\r\ny= \r\n}"),
                 0);
    SAME(message.source.text, "acme-lamp.porch");
    SAME(message.schema, "a.b");
    expect_item(0, "x", "1");
    expect_item(1, "y", " ");
}

Test(parse, only_the_last_cr_belongs_to_the_line_end)
{
    cr_assert_eq(PARSE(HEAD "a.b\n{\nx=1\r\r\n}\n"), 0);
    expect_item(0, "x", "1\r");
}

Test(parse, takes_leading_blanks_and_blank_lines_between_the_parts)
{
    cr_assert_eq(
        PARSE(
            "\n\r\n  xpl-stat \n\n{\n\nhop=1\n source = acme-lamp.porch \n}\n\n a.b\t\n\n{ \n\nx=1\n\n }\n"),
        0);
    SAME(message.source.text, "acme-lamp.porch");
    SAME(message.schema, "a.b");
    cr_expect_eq(message.n_items, 1);
}

Test(parse, takes_header_lines_in_any_order_and_unknown_ones)
{
    cr_assert_eq(
        PARSE("xpl-stat\n{\ntarget=*\nvia=x\nnonsense\nsource=acme-lamp.porch\nhop=2\n}\na.b\n{\n}\n"), 0);
    SAME(message.source.text, "acme-lamp.porch");
    cr_expect_eq(message.hop, 2);
}

Test(parse, counts_the_first_of_two_equal_header_lines)
{
    cr_assert_eq(
        PARSE("xpl-stat\n{\nhop=1\nhop=9\nsource=acme-a.b\nsource=acme-c.d\ntarget=*\n}\na.b\n{\n}\n"), 0);
    SAME(message.source.text, "acme-a.b");
    cr_expect_eq(message.hop, 1);
}

Test(parse, a_missing_hop_is_1_and_a_missing_target_is_all)
{
    cr_assert_eq(PARSE("xpl-stat\n{\nsource=acme-lamp.porch\n}\na.b\n{\nx=1\n}\n"), 0);
    cr_expect_eq(message.hop, 1);
    SAME(message.target.text, "*");
}

static int with_header(const char *lines)
{
    char text[512];
    int size = snprintf(text, sizeof(text), "xpl-stat\n{\n%s}\na.b\n{\nx=1\n}\n", lines);
    return xpl_message_parse(&message, text, (size_t)size);
}

Test(parse, hop_is_one_digit)
{
    cr_expect_eq(with_header("hop=0\nsource=acme-a.b\n"), 0);
    cr_expect_eq(message.hop, 0);
    cr_expect_eq(with_header("hop=9\nsource=acme-a.b\n"), 0);
    cr_expect_eq(with_header("hop= 1 \nsource=acme-a.b\n"), 0);
    const char *const bad[] = { "10", "01", "x", "", "-1", "1.0", "+1" };
    for (size_t i = 0; i < sizeof(bad) / sizeof(bad[0]); i++) {
        char lines[64];
        snprintf(lines, sizeof(lines), "hop=%s\nsource=acme-a.b\n", bad[i]);
        cr_expect_eq(with_header(lines), XPL_E_HOP, "hop=%s", bad[i]);
    }
}

Test(parse, a_source_names_somebody)
{
    cr_expect_eq(with_header("hop=1\ntarget=*\n"), XPL_E_SOURCE);
    cr_expect_eq(with_header("hop=1\nsource=\n"), XPL_E_SOURCE);
    cr_expect_eq(with_header("hop=1\nsource= \n"), XPL_E_SOURCE);
    cr_expect_eq(with_header("hop=1\nsource=*\n"), XPL_E_SOURCE);
    cr_expect_eq(with_header("hop=1\nsource=acme-\x01.b\n"), XPL_E_SOURCE);
    cr_expect_eq(with_header("hop=1\nsource=nodejs.host-123\n"), 0);
    cr_expect_eq(with_header("hop=1\nsource=part1\n"), 0);
    cr_expect_eq(with_header("hop=1\nsource=acme-averylongdevice.an-instance-of-more-than-sixteen\n"), 0);
}

Test(parse, a_target_is_not_empty)
{
    cr_expect_eq(with_header("source=acme-a.b\ntarget=\n"), XPL_E_TARGET);
    cr_expect_eq(with_header("source=acme-a.b\ntarget=x\x02\n"), XPL_E_TARGET);
    cr_expect_eq(with_header("source=acme-a.b\ntarget=anything\n"), 0);
}

Test(parse, splits_a_schema_at_its_first_dot)
{
    cr_assert_eq(PARSE(HEAD "a.b.c\n{\n}\n"), 0);
    SAME(message.schema_class, "a");
    SAME(message.schema_type, "b.c");
    cr_assert_eq(PARSE(HEAD "type\n{\n}\n"), 0);
    SAME(message.schema_class, "type");
    SAME(message.schema_type, "");
    cr_assert_eq(PARSE(HEAD "class.\n{\n}\n"), 0);
    SAME(message.schema_type, "");
}

Test(parse, a_value_is_everything_behind_the_first_equals_sign)
{
    cr_assert_eq(
        PARSE(HEAD
              "a.b\n{\nurl=http://h/?a=b&c=d\nempty=\nspaces=  x  \ntab=x\t\nbraces=a}b{\nonly=}\nnl=a\\nb\n"
              "nul=a\0b\nlatin=\xe9\n}\n"),
        0);
    expect_item(0, "url", "http://h/?a=b&c=d");
    expect_item(1, "empty", "");
    expect_item(2, "spaces", "  x  ");
    expect_item(3, "tab", "x\t");
    expect_item(4, "braces", "a}b{");
    expect_item(5, "only", "}");
    expect_item(6, "nl", "a\\nb");
    cr_expect(xpl_slice_equal(message.items[7].value, XPL_SLICE("a\0b")));
    expect_item(8, "latin", "\xe9");
}

Test(parse, names_are_taken_as_they_are_without_blanks_around)
{
    cr_assert_eq(
        PARSE(
            HEAD
            "a.b\n{\nbase_device=1\nappend2Log=2\n17=3\n temp =4\nan-over-long-name-of-some-length=5\nx/y=6\n"
            "bin!hex=7\ntwo words=8\n}\n"),
        0);
    cr_expect_eq(message.n_items, 8);
    expect_item(0, "base_device", "1");
    expect_item(3, "temp", "4");
    expect_item(7, "two words", "8");
}

Test(parse, repeated_names_keep_their_order)
{
    cr_assert_eq(PARSE(HEAD "a.b\n{\nx=1\ny=2\nX=3\n}\n"), 0);
    cr_expect_eq(message.n_items, 3);
    const struct xpl_item *item = xpl_message_item(&message, XPL_SLICE("X"));
    cr_expect_eq(item, &message.items[0], "the first one is found, whatever its case");
    cr_expect_null(xpl_message_item(&message, XPL_SLICE("z")));
}

Test(parse, skips_blank_lines_and_lines_without_equals_sign_in_the_body)
{
    cr_assert_eq(PARSE(HEAD "a.b\n{\n\nx=1\n  \nnonsense\n{\ny=2\n}\n"), 0);
    cr_expect_eq(message.n_items, 2);
    expect_item(1, "y", "2");
}

Test(parse, skips_what_hubs_make_out_of_blank_lines)
{
    cr_assert_eq(PARSE(HEAD "a.b\n{\nx=1\n=\n  =\n=2\ny=3\n}\n"), 0);
    cr_expect_eq(message.n_items, 2);
    expect_item(1, "y", "3");
}

Test(parse, refuses_control_characters_in_names)
{
    cr_expect_eq(PARSE(HEAD "a.b\n{\nke\x14y=1\n}\n"), XPL_E_NAME);
    cr_expect_eq(PARSE(HEAD "a.b\n{\nk\0y=1\n}\n"), XPL_E_NAME);
    cr_expect_eq(PARSE(HEAD "a.b\n{\nk\x7fy=1\n}\n"), XPL_E_NAME);
}

Test(parse, ignores_what_follows_the_closing_brace)
{
    cr_expect_eq(PARSE(HEAD "a.b\n{\nx=1\n}\n\n\n"), 0);
    cr_expect_eq(PARSE(HEAD "a.b\n{\nx=1\n}\0\0\0\0"), 0);
    cr_expect_eq(PARSE(HEAD "a.b\n{\nx=1\n}\njunk=1"), 0);
    cr_expect_eq(message.n_items, 1);
    cr_expect_eq(PARSE(HEAD "a.b\n{\nx=1\n}\n{\ny=2\n}\n"), 0, "a second body block");
    cr_expect_eq(message.n_items, 1);
    cr_expect_eq(PARSE(HEAD "a.b\n{\nx=1\n}" HEAD "c.d\n{\ny=2\n}"), 0, "a second message");
    cr_expect_eq(message.n_items, 1);
    SAME(message.schema, "a.b");
}

Test(parse, names_the_first_thing_that_is_wrong)
{
    cr_expect_eq(xpl_message_parse(&message, NULL, 0), XPL_E_EMPTY);
    cr_expect_eq(PARSE("\n\r\n \n"), XPL_E_EMPTY);
    cr_expect_eq(PARSE("HELLO"), XPL_E_TYPE);
    cr_expect_eq(PARSE("xpl-stats\n{\n"), XPL_E_TYPE);
    cr_expect_eq(PARSE("xAP-header\n{\nv=12\n}\n"), XPL_E_TYPE);
    cr_expect_eq(PARSE("xpl-stat\nhop=1\n"), XPL_E_HEADER);
    cr_expect_eq(PARSE("xpl-stat\n{\nhop=1\nsource=acme-a.b\ntarget=*\na.b\n{\nx=1\n}\n"), XPL_E_HEADER);
    cr_expect_eq(PARSE(HEAD "{\nx=1\n}\n"), XPL_E_SCHEMA);
    cr_expect_eq(PARSE(HEAD "}\n"), XPL_E_SCHEMA);
    cr_expect_eq(PARSE(HEAD "a.\x01\n{\n}\n"), XPL_E_SCHEMA);
    cr_expect_eq(PARSE(HEAD "a.b\nx=1\n}\n"), XPL_E_BODY);
    cr_expect_eq(PARSE(HEAD "a.b\n{\nx=1\n"), XPL_E_TRUNCATED);
}

Test(parse, every_beginning_of_a_message_is_truncated)
{
    const char text[] = HEAD "a.b\n{\nx=1\ny=2\n}";
    for (size_t size = 0; size < sizeof(text) - 1; size++) {
        int expected = size == 0 ? XPL_E_EMPTY : size < strlen("xpl-stat") ? XPL_E_TYPE : XPL_E_TRUNCATED;
        cr_expect_eq(xpl_message_parse(&message, text, size), expected, "%zu octets", size);
    }
    cr_expect_eq(xpl_message_parse(&message, text, sizeof(text) - 1), 0);
}

Test(parse, bounds_the_number_of_items)
{
    static char text[XPL_DATAGRAM_MAX];
    size_t size = (size_t)snprintf(text, sizeof(text), HEAD "a.b\n{\n");
    for (int i = 0; i < XPL_ITEMS_MAX; i++)
        size += (size_t)snprintf(text + size, sizeof(text) - size, "x=%d\n", i);
    snprintf(text + size, sizeof(text) - size, "}\n");
    cr_expect_eq(xpl_message_parse(&message, text, size + 2), 0);
    cr_expect_eq(message.n_items, XPL_ITEMS_MAX);
    snprintf(text + size, sizeof(text) - size, "one=more\n}\n");
    cr_expect_eq(xpl_message_parse(&message, text, size + 11), XPL_E_ITEMS);
}

Test(parse, takes_the_largest_datagram)
{
    char *text = malloc(XPL_DATAGRAM_MAX);
    size_t size = (size_t)snprintf(text, XPL_DATAGRAM_MAX, HEAD "a.b\n{\nx=");
    memset(text + size, 'y', XPL_DATAGRAM_MAX - size);
    memcpy(text + XPL_DATAGRAM_MAX - 3, "\n}\n", 3);
    cr_expect_eq(xpl_message_parse(&message, text, XPL_DATAGRAM_MAX), 0);
    cr_expect_eq(message.items[0].value.size, XPL_DATAGRAM_MAX - size - 3);
    free(text);
}

Test(parse, every_error_has_a_word_and_a_sentence)
{
    for (int error = XPL_OK; error <= XPL_E_SIZE; error++) {
        cr_expect_str_neq(xpl_error_name(error), "unknown", "%d", error);
        cr_expect_not_null(xpl_error_text(error));
    }
    cr_expect_str_eq(xpl_error_name(XPL_E_TRUNCATED), "truncated");
    cr_expect_str_eq(xpl_error_name(XPL_E_SIZE + 1), "unknown");
    cr_expect_str_eq(xpl_error_name(-1), "unknown");
    cr_expect_str_eq(xpl_type_name(XPL_TRIG), "xpl-trig");
}
