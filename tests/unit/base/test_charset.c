#include <criterion/criterion.h>

#include "base/charset.h"

static const char *converted(struct xpl_slice in)
{
    static char buffer[64];
    struct charset charset;
    struct text text = TEXT(buffer);
    cr_assert_eq(charset_init(&charset, "windows-1252"), 0);
    charset_text(&charset, in, &text);
    return buffer;
}

Test(charset, keeps_utf8_and_reads_the_rest)
{
    cr_expect_str_eq(converted(XPL_SLICE("caf\xc3\xa9")), "caf\xc3\xa9");
    cr_expect_str_eq(converted(XPL_SLICE("caf\xe9 \x80")), "caf\xc3\xa9 \xe2\x82\xac");
    cr_expect_str_eq(converted(XPL_SLICE("\x81")), "\x81");
}

Test(charset, refuses_what_is_no_8_bit_superset_of_ascii)
{
    struct charset charset;
    cr_expect_lt(charset_init(&charset, "no-such-set"), 0);
    cr_expect_lt(charset_init(&charset, "utf-16le"), 0);
}

Test(charset, utf8_is_checked_strictly)
{
    cr_expect(utf8_is_valid(XPL_SLICE("\xf0\x9f\x92\xa1")));
    cr_expect_not(utf8_is_valid(XPL_SLICE("\xc0\x80")));
    cr_expect_not(utf8_is_valid(XPL_SLICE("\xed\xa0\x80")));
    cr_expect_not(utf8_is_valid(XPL_SLICE("\xf4\x90\x80\x80")));
    cr_expect_not(utf8_is_valid(XPL_SLICE("\xe2\x82")));
    cr_expect(utf8_is_forbidden(0x85));
    cr_expect(utf8_is_forbidden(0xfdd0));
    cr_expect(utf8_is_forbidden(0x1ffff));
    cr_expect_not(utf8_is_forbidden(0xe9));
}

Test(charset, what_is_no_character_can_be_shown)
{
    char buffer[64];
    struct text text = TEXT(buffer);
    utf8_clean(XPL_SLICE("a\x81\xc3\xa9\xc3"), &text);
    cr_expect_str_eq(buffer, "a\xef\xbf\xbd\xc3\xa9\xef\xbf\xbd");
}
