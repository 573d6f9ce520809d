#include <criterion/criterion.h>

#include "base/text.h"

Test(text, never_writes_past_the_end)
{
    char buffer[8];
    struct text text = TEXT(buffer);
    text_string(&text, "1234567");
    cr_expect_not(text.overflow);
    cr_expect_str_eq(buffer, "1234567");
    text_char(&text, '8');
    cr_expect(text.overflow);
    cr_expect_str_eq(buffer, "1234567");
    text_reset(&text);
    text_format(&text, "%s", "12345678");
    cr_expect(text.overflow);
    cr_expect_str_eq(buffer, "");
}

Test(text, quotes_for_json)
{
    char buffer[64];
    struct text text = TEXT(buffer);
    text_json(&text, XPL_SLICE("a\"b\\c\n\t\x01\x7f"));
    cr_expect_str_eq(buffer, "a\\\"b\\\\c\\n\\t\\u0001\\u007f");
}

Test(text, lowers_ascii_only)
{
    char buffer[64];
    struct text text = TEXT(buffer);
    text_lower(&text, XPL_SLICE("AbZ\xc3\x89"));
    cr_expect_str_eq(buffer, "abz\xc3\x89");
}
