/* Conditions: parsed, held against a scope, and compared with each other. */
#include <criterion/criterion.h>

#include "world.h"

TestSuite(condition, .init = world_init, .fini = world_deinit);

static struct conditions parse(const char *text)
{
    struct conditions conditions = { 0 };
    struct conversion_source source = world_source();
    cr_assert_eq(conditions_parse(&source, text, TO_MQTT, &conditions), 0, "%s", text);
    return conditions;
}

static bool holds(const char *text, const char *message)
{
    struct conditions conditions = parse(text);
    struct scope scope;
    world_scope(&scope, TO_MQTT);
    scope.message = world_message(message);
    return conditions_hold(&conditions, &scope, false, NULL);
}

Test(condition, none_always_hold)
{
    cr_expect(holds("", "trig a-b.c * s.t"));
    cr_expect(holds(" \t ", "trig a-b.c * s.t"));
    struct conditions conditions;
    struct conversion_source source = world_source();
    cr_assert_eq(conditions_parse(&source, NULL, TO_MQTT, &conditions), 0);
    cr_expect_eq(conditions.n, 0);
}

Test(condition, the_first_that_fails_is_told)
{
    struct conditions conditions = parse("a b=1 c");
    const struct condition *failed = NULL;
    struct scope scope;
    world_scope(&scope, TO_MQTT);
    scope.message = world_message("trig a-b.c * s.t a=1 b=2");
    cr_expect_not(conditions_hold(&conditions, &scope, false, &failed));
    cr_assert_not_null(failed);
    cr_expect(xpl_slice_equal(failed->text, XPL_SLICE("b=1")));
}

Test(condition, unequal_holds_for_what_is_missing)
{
    cr_expect(holds("x!=1", "trig a-b.c * s.t"));
    cr_expect(holds("x!=1..5", "trig a-b.c * s.t x=low"));
    cr_expect_not(holds("x!=1..5", "trig a-b.c * s.t x=3"));
    cr_expect_not(holds("!x", "trig a-b.c * s.t x=3"));
}

Test(condition, ends_of_a_range_belong_to_it)
{
    cr_expect(holds("x=1..5", "trig a-b.c * s.t x=1.0"));
    cr_expect(holds("x=1..5", "trig a-b.c * s.t x=5e0"));
    cr_expect_not(holds("x=1..5", "trig a-b.c * s.t x=5.0000001"));
    cr_expect_not(holds("x=1..5", "trig a-b.c * s.t x=0.9999"));
    cr_expect(holds("x=..5|9..", "trig a-b.c * s.t x=10"));
    cr_expect(holds("x=-5..-1", "trig a-b.c * s.t x=-3"));
}

Test(condition, what_only_the_scope_of_a_topic_knows_can_be_passed_over)
{
    struct conditions conditions = parse("a=1 b=2");
    struct scope scope;
    world_scope(&scope, TO_XPL);
    struct variable a = { VARIABLE_ITEM, true, XPL_SLICE("a") };
    scope_bind(&scope, a, XPL_SLICE("1"));
    cr_expect(conditions_hold(&conditions, &scope, true, NULL));
    cr_expect_not(conditions_hold(&conditions, &scope, false, NULL));
    scope_unbind(&scope, 0);
    scope_bind(&scope, a, XPL_SLICE("2"));
    cr_expect_not(conditions_hold(&conditions, &scope, true, NULL));
}

static bool cover(const char *outer, const char *inner)
{
    struct conditions x = parse(outer), y = parse(inner);
    return conditions_cover(&x, &y, false);
}

Test(condition, covering_is_certain_or_false)
{
    cr_expect(cover("", "a"));
    cr_expect(cover("a", "a=1"));
    cr_expect(cover("a=1|2", "a=2 b"));
    cr_expect(cover("a=x*", "a=xy"));
    cr_expect(cover("a=1..9", "a=2..3"));
    cr_expect(cover("a=1..", "a=5"));
    cr_expect(cover("!a", "!a b"));
    cr_expect(cover("source=ACME-x.y", "source=acme-x.y"));
    cr_expect_not(cover("a", ""));
    cr_expect_not(cover("a", "b"));
    cr_expect_not(cover("a=1", "a"));
    cr_expect_not(cover("a=on", "a=ON"));
    cr_expect_not(cover("a=1..9", "a=0..3"));
    cr_expect_not(cover("a=1..9", "a=low"));
    cr_expect_not(cover("a", "!a"));
    cr_expect_not(cover("a!=1", "a!=2"));
}

static bool exclude(const char *one, const char *other)
{
    struct conditions x = parse(one), y = parse(other);
    bool a = conditions_exclude(&x, &y), b = conditions_exclude(&y, &x);
    cr_expect_eq(a, b, "%s, %s", one, other);
    return a;
}

Test(condition, excluding_is_certain_or_false)
{
    cr_expect(exclude("a=1", "a=2"));
    cr_expect(exclude("a=1 b", "c a=2|3"));
    cr_expect(exclude("a", "!a"));
    cr_expect(exclude("a=1", "!a"));
    cr_expect(exclude("a!=1|2", "a=2"));
    cr_expect(exclude("a=1..2", "a=3..4"));
    cr_expect(exclude("a=x*", "a=yz"));
    cr_expect_not(exclude("a=1", "b=2"));
    cr_expect_not(exclude("a=1|2", "a=2|3"));
    cr_expect_not(exclude("a=1..3", "a=3..4"));
    cr_expect_not(exclude("a=x*", "a=*y"));
    cr_expect_not(exclude("a=on", "a=ON"), "a map may ignore case");
    cr_expect_not(exclude("a!=1", "a!=2"));
    cr_expect_not(exclude("!a", "!a"));
}

Test(condition, only_plain_words_are_literal)
{
    cr_expect(condition_is_literal(&parse("a=1|two").list[0]));
    cr_expect_not(condition_is_literal(&parse("a").list[0]));
    cr_expect_not(condition_is_literal(&parse("a=1..2").list[0]));
    cr_expect_not(condition_is_literal(&parse("a=1|t*").list[0]));
    cr_expect_not(condition_is_literal(&parse("a!=1").list[0]));
    cr_expect_not(condition_is_literal(&parse("message.type=trig").list[0]), "it has two spellings");
}

Test(condition, mistakes_leave_the_result_untouched)
{
    static const char *const wrong[] = { "=",      "!",    "a=",  "a=|", "a=b|",   "a='", "a=1..b",
                                         "a==b..", "!a=1", "a.b", "a<1", "a=2..1", "a!b" };
    struct conversion_source source = world_source();
    for (size_t i = 0; i < sizeof(wrong) / sizeof(*wrong); i++) {
        struct conditions conditions = { NULL, 77 };
        cr_expect_eq(conditions_parse(&source, wrong[i], TO_MQTT, &conditions), -EINVAL, "%s", wrong[i]);
        cr_expect_eq(conditions.n, 77);
        cr_expect_gt(world.diag.n_errors, i);
    }
}

Test(condition, ten_thousand_alternatives_take_room_in_proportion)
{
    static char text[60000] = "a=";
    size_t n = 2;
    for (int i = 0; i < 10000; i++) {
        memcpy(text + n, "word|", 5);
        n += 5;
    }
    memcpy(text + n, "end", 4);
    struct conditions conditions = parse(text);
    cr_expect_eq(conditions.list[0].n, 10001);
    cr_expect_lt(world.arena.used, 2000000u);
}
