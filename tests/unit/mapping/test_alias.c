/* Aliases by device and by name. */
#include <criterion/criterion.h>

#include "world.h"

TestSuite(alias, .init = world_init, .fini = world_deinit);

static const char mapping[] = "<alias device='a-b.c/1' name='hall/lamp' label='Lamp' room='Hall'/>"
                              "<alias device='A-B.C/1' name='upper'/>"
                              "<alias device='a-b.c/2' label='Only a label'/>";

static bool is(struct xpl_slice got, const char *wanted)
{
    return xpl_slice_equal(got, xpl_slice_from(wanted));
}

Test(alias, by_device_exactly_before_without_case)
{
    cr_assert_eq(world_load(mapping), 0);
    cr_expect(is(mapping_alias_name(world.mapping, XPL_SLICE("a-b.c/1")), "hall/lamp"));
    cr_expect(is(mapping_alias_name(world.mapping, XPL_SLICE("A-B.C/1")), "upper"));
    cr_expect(is(mapping_alias_name(world.mapping, XPL_SLICE("A-b.c/1")), "hall/lamp"));
    cr_expect(is(mapping_alias_name(world.mapping, XPL_SLICE("a-b.c/3")), "a-b.c/3"));
}

Test(alias, label_and_room_are_empty_when_nothing_says_them)
{
    cr_assert_eq(world_load(mapping), 0);
    cr_expect(is(mapping_alias_label(world.mapping, XPL_SLICE("a-b.c/1")), "Lamp"));
    cr_expect(is(mapping_alias_room(world.mapping, XPL_SLICE("a-b.c/1")), "Hall"));
    cr_expect(is(mapping_alias_label(world.mapping, XPL_SLICE("a-b.c/2")), "Only a label"));
    cr_expect(is(mapping_alias_name(world.mapping, XPL_SLICE("a-b.c/2")), "a-b.c/2"));
    cr_expect(is(mapping_alias_room(world.mapping, XPL_SLICE("a-b.c/2")), ""));
    cr_expect(is(mapping_alias_label(world.mapping, XPL_SLICE("nobody")), ""));
}

Test(alias, by_name_with_case)
{
    cr_assert_eq(world_load(mapping), 0);
    cr_expect_not_null(alias_by_name(world.mapping, XPL_SLICE("hall/lamp")));
    cr_expect_null(alias_by_name(world.mapping, XPL_SLICE("Hall/lamp")));
    cr_expect_null(alias_by_name(world.mapping, XPL_SLICE("hall")));
}

Test(alias, a_device_that_makes_the_topic_too_long_refuses_the_command)
{
    char bytes[4096];
    struct text text = TEXT(bytes);
    text_string(&text, "<alias device='a-b.c/");
    for (int i = 0; i < 1100; i++)
        text_char(&text, 'x');
    text_string(
        &text,
        "' name='n'/><map schema='a.b' device='{source}/{d}'><property name='p'><send/></property></map>");
    cr_assert_eq(world_load(bytes), 0);
    cr_expect_str_eq(world_mqtt("xpl/n/p/set", "1"), "refused the topic is too long");
}
