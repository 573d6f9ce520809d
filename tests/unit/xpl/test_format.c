#include <criterion/criterion.h>

#include "xpl/message.h"

#include <stdint.h>

static struct xpl_message message;
static char buffer[2 * XPL_MESSAGE_MAX];
static size_t size, item;

static void fill(void)
{
    message.type = XPL_CMND;
    message.hop = 1;
    message.source = xpl_address_split(XPL_SLICE("Acme-Panel.Hall"));
    message.target = xpl_address_split(XPL_SLICE("acme-lamp.PORCH"));
    message.schema = XPL_SLICE("Lighting.Basic");
    message.n_items = 2;
    message.items[0] = (struct xpl_item){ XPL_SLICE("Command"), XPL_SLICE("goTo") };
    message.items[1] = (struct xpl_item){ XPL_SLICE("level"), XPL_SLICE(" a=b}{ \xc3\xa9\\n ") };
    size = 42;
    item = 42;
}

TestSuite(format, .init = fill);

static int format(void)
{
    return xpl_message_format(&message, buffer, sizeof(buffer), &size, &item);
}

Test(format, writes_lower_case_in_the_order_of_the_specification_and_leaves_values_alone)
{
    cr_assert_eq(format(), 0);
    const char expected[] =
        "xpl-cmnd\n{\nhop=1\nsource=acme-panel.hall\ntarget=acme-lamp.porch\n}\nlighting.basic\n{\n"
        "command=goTo\nlevel= a=b}{ \xc3\xa9\\n \n}\n";
    cr_expect(xpl_slice_equal(xpl_slice(buffer, size), XPL_SLICE(expected)), "%.*s", (int)size, buffer);
    cr_expect_eq(item, SIZE_MAX);
}

static void expect_refused(int error, size_t at)
{
    cr_expect_eq(format(), error);
    cr_expect_eq(size, 42, "the size is untouched");
    cr_expect_eq(item, at, "item %zu", item);
}

Test(format, refuses_control_characters_in_values_and_says_where)
{
    const struct xpl_slice bad[] = { XPL_SLICE("a\nx=1"), XPL_SLICE("a\r"), XPL_SLICE("\t"),
                                     XPL_SLICE("a\0b"), XPL_SLICE("\x7f") };
    for (size_t i = 0; i < sizeof(bad) / sizeof(bad[0]); i++) {
        message.items[1].value = bad[i];
        expect_refused(XPL_E_VALUE, 1);
    }
}

Test(format, refuses_names_that_strict_receivers_refuse)
{
    const struct xpl_slice bad[] = {
        XPL_SLICE(""),    XPL_SLICE("base_device"), XPL_SLICE("12345678901234567"),
        XPL_SLICE("a b"), XPL_SLICE("a=b"),         XPL_SLICE("a\n"),
        XPL_SLICE("}"),   XPL_SLICE("\xc3\xa9")
    };
    for (size_t i = 0; i < sizeof(bad) / sizeof(bad[0]); i++) {
        message.items[0].name = bad[i];
        expect_refused(XPL_E_NAME, 0);
    }
    message.items[0].name = XPL_SLICE("1234567890-23456");
    cr_expect_eq(format(), 0);
}

Test(format, refuses_hops_outside_1_to_9)
{
    message.hop = 0;
    expect_refused(XPL_E_HOP, SIZE_MAX);
    message.hop = 10;
    expect_refused(XPL_E_HOP, SIZE_MAX);
    message.hop = 9;
    cr_expect_eq(format(), 0);
}

Test(format, refuses_a_source_that_is_no_strict_address)
{
    const char *const bad[] = {
        "", "*", "nodejs.host-1", "xpl-group.a", "acme-averylongid.b", "acme-a.b\nx=1"
    };
    for (size_t i = 0; i < sizeof(bad) / sizeof(bad[0]); i++) {
        message.source = xpl_address_split(xpl_slice_from(bad[i]));
        expect_refused(XPL_E_SOURCE, SIZE_MAX);
    }
}

Test(format, only_commands_are_targeted)
{
    message.target = xpl_address_split(XPL_SLICE("xpl-group.kitchen"));
    cr_expect_eq(format(), 0);
    message.type = XPL_STAT;
    size = 42;
    expect_refused(XPL_E_TARGET, SIZE_MAX);
    message.type = XPL_TRIG;
    expect_refused(XPL_E_TARGET, SIZE_MAX);
    message.target = xpl_address_split(XPL_SLICE("*"));
    cr_expect_eq(format(), 0);
}

Test(format, refuses_a_target_that_is_none)
{
    const char *const bad[] = { "", "acme", "acme-lamp.*", "acme-lamp.a\n" };
    for (size_t i = 0; i < sizeof(bad) / sizeof(bad[0]); i++) {
        message.target = xpl_address_split(xpl_slice_from(bad[i]));
        expect_refused(XPL_E_TARGET, SIZE_MAX);
    }
}

Test(format, refuses_schemas_that_strict_receivers_refuse)
{
    const char *const bad[] = { "",      "basic",   "a.", ".b", "a.b.c", "123456789.b", "a.123456789",
                                "a_b.c", "a.b\n{\n" };
    for (size_t i = 0; i < sizeof(bad) / sizeof(bad[0]); i++) {
        message.schema = xpl_slice_from(bad[i]);
        expect_refused(XPL_E_SCHEMA, SIZE_MAX);
    }
    message.schema = XPL_SLICE("sprinkler.request");
    expect_refused(XPL_E_SCHEMA, SIZE_MAX);
    message.schema = XPL_SLICE("12345678.a-345678");
    cr_expect_eq(format(), 0);
}

Test(format, an_empty_body_is_legal)
{
    message.n_items = 0;
    cr_assert_eq(format(), 0);
    cr_expect(xpl_slice_equal(xpl_slice(buffer + size - 4, 4), XPL_SLICE("{\n}\n")));
}

Test(format, writes_up_to_1472_octets)
{
    static char value[XPL_MESSAGE_MAX];
    memset(value, 'v', sizeof(value));
    message.items[1].value = xpl_slice(value, 0);
    cr_assert_eq(format(), 0);
    size_t room = XPL_MESSAGE_MAX - size;
    message.items[1].value.size = room;
    cr_expect_eq(format(), 0);
    cr_expect_eq(size, XPL_MESSAGE_MAX);
    size = 42;
    message.items[1].value.size = room + 1;
    expect_refused(XPL_E_SIZE, SIZE_MAX);
}

Test(format, never_writes_past_the_buffer)
{
    cr_assert_eq(format(), 0);
    size_t needed = size;
    for (size_t capacity = 0; capacity <= needed; capacity++) {
        memset(buffer, '#', sizeof(buffer));
        int r = xpl_message_format(&message, buffer, capacity, &size, NULL);
        cr_expect_eq(r, capacity < needed ? XPL_E_SIZE : 0, "capacity %zu", capacity);
        cr_expect_eq(buffer[capacity], '#', "capacity %zu", capacity);
    }
}

Test(format, refuses_more_items_than_a_message_has_room_for)
{
    message.n_items = XPL_ITEMS_MAX + 1;
    expect_refused(XPL_E_ITEMS, SIZE_MAX);
}
