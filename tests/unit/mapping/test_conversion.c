/* Conversions, one by one and in rows, both ways. */
#include <criterion/criterion.h>
#include <locale.h>

#include "world.h"

TestSuite(conversion, .init = world_init, .fini = world_deinit);

/* "a|b:1" applied to a value; "(COUNTER)" when it fails. */
static const char *apply(enum direction direction, const char *text, const char *value)
{
    static char result[1024];
    struct conversion list[8];
    struct conversion_source source = world_source();
    struct scope scope;
    size_t n = 0;
    world_scope(&scope, direction);
    for (const char *p = text; *p; n++) {
        size_t size = strcspn(p, "|");
        cr_assert_eq(conversion_parse(&source, xpl_slice(p, size), false, &list[n]), 0, "%s", text);
        p += size + (p[size] == '|');
    }
    struct xpl_slice out;
    int failed = conversion_apply(list, n, &scope, value != NULL, xpl_slice_from(value), &out);
    if (failed)
        snprintf(result, sizeof(result), "(%s)", counter_names[failed]);
    else
        snprintf(result, sizeof(result), "%.*s", XPL_SLICE_ARGS(out));
    return result;
}

Test(conversion, numbers_do_not_depend_on_the_locale)
{
    static const char *const names[] = { "de_DE.UTF-8", "fr_FR.UTF-8", "de_DE", "C.UTF-8" };
    for (size_t i = 0; i < 4; i++) {
        locale_t locale = newlocale(LC_ALL_MASK, names[i], (locale_t)0);
        if (locale == (locale_t)0) /* not on this machine */
            continue;
        uselocale(locale);
        cr_expect_str_eq(apply(TO_MQTT, "scale:0.1:0.5", "15"), "2");
        cr_expect_str_eq(apply(TO_MQTT, "scale:0.25:0", "5"), "1.25");
        cr_expect_str_eq(apply(TO_MQTT, "number", "1,5"), "(not-made-number)");
        cr_expect_str_eq(apply(TO_MQTT, "round:1", "1.25"), "1.3");
        uselocale(LC_GLOBAL_LOCALE);
        freelocale(locale);
    }
}

Test(conversion, scale_and_back_gives_the_value)
{
    char text[32];
    for (int i = -2000; i <= 2000; i++) {
        snprintf(text, sizeof(text), "%d", i);
        char there[64];
        snprintf(there, sizeof(there), "%s", apply(TO_MQTT, "scale:0.1:-40", text));
        cr_expect_str_eq(apply(TO_XPL, "scale:0.1:-40", there), text, "%s", there);
    }
}

Test(conversion, huge_exponents_and_lengths_are_refused_or_exact)
{
    static char digits[400];
    memset(digits, '9', 399);
    cr_expect_str_eq(apply(TO_MQTT, "number", "1e308"), "1e308");
    cr_expect_str_eq(apply(TO_MQTT, "number", "1e309"), "(not-made-number)");
    cr_expect_str_eq(apply(TO_MQTT, "scale:1e300:0", "1e300"), "(not-made-number)");
    cr_expect_str_eq(apply(TO_MQTT, "number", "1e-400"), "1e-400");
    cr_expect_str_eq(apply(TO_MQTT, "number", digits), "(not-made-number)");
    cr_expect_str_eq(apply(TO_MQTT, "round:2", "1e-9999"), "0");
}

Test(conversion, default_stands_in_for_what_went_wrong_before_it)
{
    cr_expect_str_eq(apply(TO_MQTT, "default:x", NULL), "x");
    cr_expect_str_eq(apply(TO_MQTT, "trim|default:x", "  "), "x");
    cr_expect_str_eq(apply(TO_MQTT, "default:x|upper", NULL), "X");
    cr_expect_str_eq(apply(TO_MQTT, "upper", NULL), "(not-made-missing)");
    cr_expect_str_eq(apply(TO_MQTT, "default:", NULL), "");
}

Test(conversion, quoted_arguments)
{
    cr_expect_str_eq(apply(TO_MQTT, "replace:':':''''", "a:b"), "a'b");
    cr_expect_str_eq(apply(TO_MQTT, "replace:a:''", "abab"), "bb");
    cr_expect_str_eq(apply(TO_MQTT, "default:a'b", NULL), "a'b");
}

Test(conversion, escape_there_and_back)
{
    cr_expect_str_eq(apply(TO_XPL, "escape", "a\nb\r\nc\rd"), "a\\nb\\nc\\nd");
    cr_expect_str_eq(apply(TO_MQTT, "escape", "a\\nb\\tc\\"), "a\nb\\tc\\");
}

Test(conversion, json_and_typed)
{
    cr_expect_str_eq(apply(TO_MQTT, "json", "5\t\""), "\"5\\t\\\"\"");
    cr_expect_str_eq(apply(TO_MQTT, "typed", "5"), "5");
    cr_expect_str_eq(apply(TO_MQTT, "typed", "05"), "\"05\"");
}

Test(conversion, a_topic_takes_only_those_that_read_back)
{
    static const char *const rows[] = { "a", "b", NULL };
    static const char *const good[] = { "t", "lower", "upper", "trim" };
    static const char *const bad[] = { "number", "scale:1:1",   "round:1", "default:x",
                                       "json",   "replace:a:b", "escape",  "typed" };
    struct conversion conversion;
    world_table("t", rows);
    struct conversion_source source = world_source();
    for (size_t i = 0; i < 4; i++)
        cr_expect_eq(conversion_parse(&source, xpl_slice_from(good[i]), true, &conversion), 0);
    for (size_t i = 0; i < 8; i++)
        cr_expect_eq(conversion_parse(&source, xpl_slice_from(bad[i]), true, &conversion), -EINVAL);
}

Test(conversion, undo_reads_tables_backwards_in_reverse_order)
{
    static const char *const one[] = { "a", "b", NULL }, *const two[] = { "b", "c", NULL };
    struct conversion list[3];
    world_table("one", one);
    world_table("two", two);
    struct conversion_source source = world_source();
    cr_assert_eq(conversion_parse(&source, XPL_SLICE("one"), true, &list[0]), 0);
    cr_assert_eq(conversion_parse(&source, XPL_SLICE("lower"), true, &list[1]), 0);
    cr_assert_eq(conversion_parse(&source, XPL_SLICE("two"), true, &list[2]), 0);
    struct xpl_slice value;
    cr_assert(conversion_undo(list, 3, false, XPL_SLICE("c"), &value));
    cr_expect(xpl_slice_equal(value, XPL_SLICE("a")));
    cr_expect_not(conversion_undo(list, 3, false, XPL_SLICE("a"), &value));
    cr_expect_not(conversion_undo(list, 3, false, XPL_SLICE("C"), &value));
    cr_expect(conversion_undo(list, 3, true, XPL_SLICE("C"), &value));
}

Test(conversion, values_of_64_kilobytes_are_made_or_refused)
{
    static char big[65537];
    struct conversion conversion;
    struct conversion_source source = world_source();
    struct scope scope;
    struct xpl_slice out;
    memset(big, 'a', 65536);
    cr_assert_eq(conversion_parse(&source, XPL_SLICE("replace:a:bcdefghij"), false, &conversion), 0);
    world_scope(&scope, TO_MQTT);
    cr_expect_eq(conversion_apply(&conversion, 1, &scope, true, xpl_slice(big, 65536), &out),
                 COUNT_NOT_MADE_SIZE);
    cr_assert_eq(conversion_parse(&source, XPL_SLICE("upper"), false, &conversion), 0);
    world_scope(&scope, TO_MQTT);
    cr_assert_eq(conversion_apply(&conversion, 1, &scope, true, xpl_slice(big, 65536), &out), 0);
    cr_expect_eq(out.size, 65536);
    cr_expect_eq(out.data[65535], 'A');
}
