/* Globs: what they match, and whether one covers another. */
#include <criterion/criterion.h>

#include "mapping/glob.h"
#include "world.h"

TestSuite(glob, .init = world_init, .fini = world_deinit);

static bool match(const char *glob, const char *text)
{
    return glob_match(xpl_slice_from(glob), xpl_slice_from(text), false);
}

static bool covers(const char *outer, const char *inner)
{
    return glob_covers(xpl_slice_from(outer), xpl_slice_from(inner), false);
}

Test(glob, star_takes_any_bytes_question_mark_one)
{
    cr_expect(match("", ""));
    cr_expect(match("*", ""));
    cr_expect(match("a*c", "abbc"));
    cr_expect(match("a*c*e", "abcde"));
    cr_expect(match("*b", "abab"));
    cr_expect(match("a?c", "abc"));
    cr_expect(match("**", "x"));
    cr_expect_not(match("", "a"));
    cr_expect_not(match("?", ""));
    cr_expect_not(match("a?c", "ac"));
    cr_expect_not(match("a*c", "abcd"));
    cr_expect_not(match("abc", "ab"));
    cr_expect_not(match("ab", "abc"));
}

static bool meets(const char *a, const char *b)
{
    bool one = glob_meets(xpl_slice_from(a), xpl_slice_from(b), true);
    cr_expect_eq(one, glob_meets(xpl_slice_from(b), xpl_slice_from(a), true));
    return one;
}

Test(glob, two_meet_where_a_text_matches_both)
{
    cr_expect(meets("", ""));
    cr_expect(meets("", "*"));
    cr_expect(meets("out*", "*1"));
    cr_expect(meets("out*", "o?t1"));
    cr_expect(meets("a*b*c", "*x*"));
    cr_expect(meets("Out1", "out1"));
    cr_expect(meets("**", "*"));
    cr_expect_not(meets("out*", "in*"));
    cr_expect_not(meets("*1", "*2"));
    cr_expect_not(meets("a?", "a"));
    cr_expect_not(meets("?", ""));
    cr_expect_not(meets("a*b", "ac*cd"));
}

Test(glob, case_counts_only_where_it_is_asked_for)
{
    cr_expect_not(match("On*", "oNe"));
    cr_expect(glob_match(XPL_SLICE("On*"), XPL_SLICE("oNe"), true));
}

Test(glob, bytes_are_bytes)
{
    cr_expect(glob_match(XPL_SLICE("a?b"), xpl_slice("a\0b", 3), false));
    cr_expect(glob_match(XPL_SLICE("*\xff"), XPL_SLICE("\x80\xff"), false));
}

Test(glob, many_stars_are_not_exponential)
{
    char text[20001];
    memset(text, 'a', sizeof(text) - 1);
    text[sizeof(text) - 1] = '\0';
    cr_expect_not(match("*a*a*a*a*a*a*a*a*a*a*a*a*b", text));
}

Test(glob, literal_means_no_wildcard)
{
    cr_expect(glob_is_literal(XPL_SLICE("abc")));
    cr_expect(glob_is_literal(xpl_slice(NULL, 0)));
    cr_expect_not(glob_is_literal(XPL_SLICE("a*")));
    cr_expect_not(glob_is_literal(XPL_SLICE("?")));
}

Test(glob, covering_is_certain_or_false)
{
    cr_expect(covers("*", "a*b?"));
    cr_expect(covers("a*", "ab*"));
    cr_expect(covers("abc", "abc"));
    cr_expect(covers("a?c", "abc"));
    cr_expect(covers("*b*", "*ab"));
    cr_expect_not(covers("a?c", "a*c"));
    cr_expect_not(covers("abc", "a*"));
    cr_expect_not(covers("*a", "*"));
    cr_expect_not(covers("ABC", "abc"));
    cr_expect(glob_covers(XPL_SLICE("ABC"), XPL_SLICE("abc"), true));
}

Test(glob, lists_are_parted_by_bars_and_blanks)
{
    struct glob_list list, none, wide;
    cr_assert_eq(glob_list_parse(&world.arena, " a.b | c.* |\tD", &list), 0);
    cr_assert_eq(list.n, 3);
    cr_expect(glob_list_match(&list, XPL_SLICE("C.x")));
    cr_expect(glob_list_match(&list, XPL_SLICE("d")));
    cr_expect_not(glob_list_match(&list, XPL_SLICE("e")));
    cr_expect_null(glob_list_literal(&list));

    cr_assert_eq(glob_list_parse(&world.arena, NULL, &none), 0);
    cr_expect_eq(none.n, 0);
    cr_expect(glob_list_match(&none, XPL_SLICE("anything")));
    cr_assert_eq(glob_list_parse(&world.arena, "*.b|c.*|d", &wide), 0);
    cr_expect(glob_list_covers(&wide, &list));
    cr_expect(glob_list_covers(&none, &list));
    cr_expect_not(glob_list_covers(&list, &wide));
    cr_expect_not(glob_list_covers(&list, &none), "any is more than some");
}
