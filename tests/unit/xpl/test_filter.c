#include <criterion/criterion.h>

#include "xpl/filter.h"

static struct xpl_message message;

static void fill(void)
{
    message.type = XPL_TRIG;
    message.source = xpl_address_split(XPL_SLICE("ACME-Lamp.porch"));
    message.target = xpl_address_split(XPL_SLICE("*"));
    message.schema = XPL_SLICE("x10.Basic");
    message.schema_class = XPL_SLICE("x10");
    message.schema_type = XPL_SLICE("Basic");
}

TestSuite(filter, .init = fill);

static bool matches(const char *text)
{
    struct xpl_filter filter;
    int r = xpl_filter_parse(&filter, xpl_slice_from(text));
    cr_assert_eq(r, 0, "%s: %s", text, xpl_error_name(r));
    return xpl_filter_matches(&filter, &message);
}

Test(filter, matches_literals_and_stars_without_case)
{
    cr_expect(matches("*.*.*.*.*.*"));
    cr_expect(matches("xpl-trig.acme.lamp.porch.x10.basic"));
    cr_expect(matches("XPL-TRIG.ACME.LAMP.PORCH.X10.BASIC"));
    cr_expect(matches(" xpl-trig.*.*.*.x10.* "));
    cr_expect_not(matches("xpl-cmnd.*.*.*.x10.basic"));
    cr_expect_not(matches("*.other.*.*.*.*"));
    cr_expect_not(matches("*.*.other.*.*.*"));
    cr_expect_not(matches("*.*.*.other.*.*"));
    cr_expect_not(matches("*.*.*.*.other.*"));
    cr_expect_not(matches("*.*.*.*.*.other"));
    cr_expect_not(matches("*.acm.*.*.*.*"));
}

Test(filter, takes_both_spellings_of_an_address)
{
    cr_expect(matches("xpl-trig.acme-lamp.porch.x10.basic"));
    cr_expect(matches("xpl-trig.acme-*.*.x10.basic"));
    cr_expect(matches("xpl-trig.*.porch.x10.basic"));
    cr_expect_not(matches("xpl-trig.acme-lamps.porch.x10.basic"));
    cr_expect_not(matches("xpl-trig.*.hall.x10.basic"));
}

Test(filter, takes_instances_with_dots)
{
    message.source = xpl_address_split(XPL_SLICE("acme-lamp.host.example.org"));
    cr_expect(matches("*.acme-lamp.host.example.org.x10.basic"));
    cr_expect(matches("*.acme.lamp.host.example.org.x10.basic"));
}

Test(filter, a_missing_part_is_matched_by_a_star_only)
{
    message.source = xpl_address_split(XPL_SLICE("nodejs.host-1"));
    message.schema_type = XPL_SLICE("");
    cr_expect(matches("*.nodejs.*.host-1.x10.*"));
    cr_expect_not(matches("*.nodejs.lamp.*.x10.*"));
    cr_expect_not(matches("*.*.*.*.x10.basic"));
}

Test(filter, refuses_what_is_no_filter)
{
    struct xpl_filter filter = { .type = XPL_SLICE("untouched") };
    const char *const bad[] = { "",           "*",          "*.*.*.*",       "xpl-trig.acme.porch.x10.basic",
                                "*..*.*.*.*", "*.*.*.*.*.", "*.-lamp.x.a.b", "*.acme-.x.a.b" };
    for (size_t i = 0; i < sizeof(bad) / sizeof(bad[0]); i++)
        cr_expect_eq(xpl_filter_parse(&filter, xpl_slice_from(bad[i])), XPL_E_VALUE, "%s", bad[i]);
    cr_expect_eq(xpl_filter_parse(&filter, XPL_SLICE("trig.*.*.*.*.*")), XPL_E_TYPE);
    cr_expect_eq(xpl_filter_parse(&filter, XPL_SLICE(".*.*.*.*.*")), XPL_E_TYPE);
    cr_expect(xpl_slice_equal(filter.type, XPL_SLICE("untouched")));
}

static bool is_for(const char *target, const char *own, const char *group, const char *filter_text)
{
    message.target = xpl_address_split(xpl_slice_from(target));
    struct xpl_slice groups[] = { XPL_SLICE("cellar"), xpl_slice_from(group) };
    struct xpl_filter filters[2];
    cr_assert_eq(xpl_filter_parse(&filters[0], XPL_SLICE("xpl-cmnd.*.*.*.osd.basic")), 0);
    size_t n_filters = 0;
    if (*filter_text) {
        cr_assert_eq(xpl_filter_parse(&filters[1], xpl_slice_from(filter_text)), 0);
        n_filters = 2;
    }
    return xpl_message_is_for(&message, xpl_slice_from(own), groups, 2, filters, n_filters);
}

Test(filter, our_own_messages_are_not_for_us)
{
    cr_expect_not(is_for("*", "acme-lamp.porch", "x", ""));
    cr_expect_not(is_for("acme-lamp.porch", "acme-lamp.porch", "x", ""));
}

Test(filter, what_is_targeted_at_us_is_for_us_whatever_the_filters)
{
    cr_expect(is_for("Tieske-Me.one", "tieske-me.one", "x", ""));
    cr_expect(is_for("tieske-me.one", "tieske-me.one", "x", "xpl-cmnd.*.*.*.a.b"));
    cr_expect_not(is_for("tieske-me.two", "tieske-me.one", "x", ""));
}

Test(filter, what_is_targeted_at_one_of_our_groups_is_for_us_whatever_the_filters)
{
    cr_expect(is_for("XPL-group.Kitchen", "tieske-me.one", "kitchen", "xpl-cmnd.*.*.*.a.b"));
    cr_expect_not(is_for("xpl-group.attic", "tieske-me.one", "kitchen", ""));
}

Test(filter, a_broadcast_is_for_us_without_filters_or_when_one_matches)
{
    cr_expect(is_for("*", "tieske-me.one", "x", ""));
    cr_expect(is_for("*", "tieske-me.one", "x", "xpl-trig.*.*.*.x10.basic"));
    cr_expect_not(is_for("*", "tieske-me.one", "x", "xpl-trig.*.*.*.x10.confirm"));
}
