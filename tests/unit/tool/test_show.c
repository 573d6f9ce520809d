#include <criterion/criterion.h>
#include <stdio.h>

#include "tool/show.h"

static struct charset charset;
static char shown[512];

static void setup(void)
{
    cr_assert_eq(charset_init(&charset, "windows-1252"), 0);
}

static const char *show(struct xpl_slice slice)
{
    struct text text = TEXT(shown);
    text_reset(&text);
    show_text(&charset, slice, &text);
    cr_assert_not(text.overflow);
    return shown;
}

TestSuite(show, .init = setup);

Test(show, text_passes)
{
    cr_expect_str_eq(show(XPL_SLICE("21.5 \xc2\xb0"
                                    "C")),
                     "21.5 \xc2\xb0"
                     "C");
    cr_expect_str_eq(show(XPL_SLICE("")), "");
}

Test(show, other_bytes_are_read_in_the_charset)
{
    cr_expect_str_eq(show(XPL_SLICE("21.5 \xb0"
                                    "C")),
                     "21.5 \xc2\xb0"
                     "C");
}

Test(show, no_byte_gives_the_terminal_orders)
{
    cr_expect_str_eq(show(XPL_SLICE("\x1b[2J")), "\\x1b[2J");
    cr_expect_str_eq(show(XPL_SLICE("a\nb\tc\rd")), "a\\nb\\tc\\rd");
    cr_expect_str_eq(show(xpl_slice("\0\x7f", 2)), "\\x00\\x7f");
    cr_expect_str_eq(show(XPL_SLICE("\xc2\x9b"
                                    "31m")),
                     "\\xc2\\x9b31m");                  /* a C1 control, in UTF-8 */
    cr_expect_str_eq(show(XPL_SLICE("\x81")), "\\x81"); /* no character in the charset */
}

static const char *line(struct xpl_message *message, bool colour)
{
    struct text text = TEXT(shown);
    text_reset(&text);
    show_message(&charset, message, colour, &text);
    cr_assert_not(text.overflow);
    return shown;
}

static void parse(struct xpl_message *ret, struct xpl_slice text)
{
    cr_assert_eq(xpl_message_parse(ret, text.data, text.size), 0);
}

Test(show, a_message_is_a_line)
{
    struct xpl_message message;
    parse(&message,
          XPL_SLICE("xpl-trig\n{\nhop=1\nsource=acme-lamp.hall\ntarget=*\n}\nsensor.basic\n{\ndevice=1\n"
                    "text=a b\nempty=\nquote=it's\n}\n"));
    cr_expect_str_eq(line(&message, false),
                     "trig acme-lamp.hall sensor.basic device=1 text='a b' empty= quote='it'\\''s'");
}

Test(show, a_target_is_shown_when_it_is_not_all)
{
    struct xpl_message message;
    parse(&message,
          XPL_SLICE("xpl-cmnd\n{\nhop=1\nsource=acme-lamp.hall\ntarget=acme-lcd.x\n}\nosd.basic\n{\n}\n"));
    cr_expect_str_eq(line(&message, false), "cmnd acme-lamp.hall -> acme-lcd.x osd.basic");
}

Test(show, colour_adds_only_escapes)
{
    struct xpl_message message;
    char plain[512];
    parse(&message, XPL_SLICE("xpl-stat\n{\nhop=1\nsource=acme-lamp.hall\ntarget=*\n}\na.b\n{\nc=d\n}\n"));
    snprintf(plain, sizeof(plain), "%s", line(&message, false));
    const char *coloured = line(&message, true);
    char stripped[512];
    size_t n = 0;
    cr_expect(strchr(coloured, '\x1b'));
    for (const char *c = coloured; *c; c++)
        if (*c == '\x1b')
            c += strcspn(c, "m");
        else
            stripped[n++] = *c;
    stripped[n] = '\0';
    cr_expect_str_eq(stripped, plain);
}
