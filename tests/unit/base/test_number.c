#include <criterion/criterion.h>

#include "base/number.h"

static const char *shortest(const char *in)
{
    static char buffer[512];
    struct text text = TEXT(buffer);
    return number_shortest(xpl_slice_from(in), &text) == 0 ? buffer : "refused";
}

static const char *rounded(const char *in, unsigned decimals)
{
    static char buffer[512];
    struct text text = TEXT(buffer);
    return number_round(xpl_slice_from(in), decimals, &text) == 0 ? buffer : "refused";
}

static const char *written(double value)
{
    static char buffer[512];
    struct text text = TEXT(buffer);
    number_write(value, &text);
    return buffer;
}

Test(number, shortest_form)
{
    static const char *const cases[][2] = {
        { "21.5", "21.5" },
        { "21.50", "21.5" },
        { "+021.0", "21" },
        { "-0", "0" },
        { "-0.50", "-0.5" },
        { ".5", "0.5" },
        { "5.", "5" },
        { "1.8E6", "1800000" },
        { "9.05990600585938e-06", "0.00000905990600585938" },
        { "12345678901234567890", "12345678901234567890" },
        { "1e40", "1e40" },
        { "-1.50e-40", "-1.5e-40" },
        { "0e9", "0" },
        { "", "refused" },
        { "-", "refused" },
        { ".", "refused" },
        { "1,5", "refused" },
        { " 1", "refused" },
        { "1 ", "refused" },
        { "0x10", "refused" },
        { "nan", "refused" },
        { "inf", "refused" },
        { "1e", "refused" },
        { "1e99999", "refused" },
        { "1.2.3", "refused" },
    };
    for (size_t i = 0; i < sizeof(cases) / sizeof(*cases); i++)
        cr_expect_str_eq(shortest(cases[i][0]), cases[i][1], "%s: %s", cases[i][0], shortest(cases[i][0]));
}

Test(number, rounds_as_people_do)
{
    cr_expect_str_eq(rounded("2.675", 2), "2.68");
    cr_expect_str_eq(rounded("9.99", 1), "10");
    cr_expect_str_eq(rounded("0.05", 1), "0.1");
    cr_expect_str_eq(rounded("0.04", 1), "0");
    cr_expect_str_eq(rounded("-0.04", 1), "0");
    cr_expect_str_eq(rounded("-2.5", 0), "-3");
    cr_expect_str_eq(rounded("0.5", 0), "1");
    cr_expect_str_eq(rounded("1.8E6", 0), "1800000");
    cr_expect_str_eq(rounded("21.500", 3), "21.5");
    cr_expect_str_eq(rounded("0.0001", 1), "0");
    cr_expect_str_eq(rounded("x", 1), "refused");
}

Test(number, computed_numbers_have_no_noise)
{
    cr_expect_str_eq(written(0.1 + 0.2), "0.3");
    cr_expect_str_eq(written(21.5 * 1.8 + 32), "70.7");
    cr_expect_str_eq(written(1e20), "100000000000000000000");
    cr_expect_str_eq(written(-0.0), "0");
}

Test(number, parses)
{
    double value = 7;
    cr_expect_eq(number_parse(XPL_SLICE("-1.25e2"), &value), 0);
    cr_expect_eq(value, -125.0);
    cr_expect_lt(number_parse(XPL_SLICE("1e400"), &value), 0);
    cr_expect_eq(value, -125.0, "untouched on failure");
    uint64_t whole = 3;
    cr_expect_eq(number_parse_unsigned(XPL_SLICE("65535"), 1, 65535, &whole), 0);
    cr_expect_eq(whole, 65535u);
    cr_expect_lt(number_parse_unsigned(XPL_SLICE("65536"), 1, 65535, &whole), 0);
    cr_expect_lt(number_parse_unsigned(XPL_SLICE("99999999999999999999999"), 0, UINT64_MAX, &whole), 0);
    cr_expect_lt(number_parse_unsigned(XPL_SLICE("-1"), 0, 9, &whole), 0);
    cr_expect_eq(whole, 65535u);
}
