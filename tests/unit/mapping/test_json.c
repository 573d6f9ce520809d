/* A message as JSON: what jansson reads back is what was there. */
#include <criterion/criterion.h>
#include <jansson.h>

#include "world.h"

TestSuite(json, .init = world_init, .fini = world_deinit);

static char bytes[1 << 17];

static const char *body(const char *line, bool typed)
{
    static struct charset charset;
    struct text text = TEXT(bytes);
    cr_assert_eq(charset_init(&charset, "windows-1252"), 0);
    text_reset(&text);
    mapping_body_json(&charset, world_message(line), typed, &text);
    cr_assert_not(text.overflow);
    json_t *json = json_loadb(bytes, text.size, JSON_REJECT_DUPLICATES | JSON_ALLOW_NUL, NULL);
    cr_assert_not_null(json, "%s", bytes);
    json_decref(json);
    return bytes;
}

Test(json, names_in_lower_case_values_as_they_are_in_order)
{
    cr_expect_str_eq(body("trig a-b.c * s.t B=1 aa=X c=", false), "{\"b\":\"1\",\"aa\":\"X\",\"c\":\"\"}");
}

Test(json, names_that_occur_twice_become_an_array_at_the_first)
{
    cr_expect_str_eq(body("trig a-b.c * s.t a=1 b=2 A=3 c=4 a=5", false),
                     "{\"a\":[\"1\",\"3\",\"5\"],\"b\":\"2\",\"c\":\"4\"}");
    cr_expect_str_eq(body("trig a-b.c * s.t a=1 a=x", true), "{\"a\":[1,\"x\"]}");
}

Test(json, every_byte_makes_valid_json)
{
    char line[] = "trig a-b.c * s.t n?=v?";
    for (int c = 1; c < 256; c++) {
        if (c == '\n' || c == '\r' || c == ' ' || c == '=')
            continue;
        line[18] = c > ' ' && c != 0x7f ? (char)c : 'n';
        line[21] = (char)c;
        body(line, false);
        body(line, true);
    }
}

Test(json, long_names_are_lowered_too)
{
    char line[700] = "trig a-b.c * s.t ";
    memset(line + 17, 'N', 600);
    memcpy(line + 617, "=1", 3);
    cr_expect_eq(body(line, false)[501], 'n');
}

Test(json, only_numbers_that_print_the_same_are_typed)
{
    static const char *const numbers[] = { "0", "1", "-1", "21.5", "0.001", "999999999999999", "-0.5" };
    static const char *const others[] = {
        "00", "01", "+1", "1.0", ".5", "5.", "1e3", "-0", "-", "nan", "0x1", "1_0", "1000000000000000", ""
    };
    char line[64], wanted[64];
    for (size_t i = 0; i < sizeof(numbers) / sizeof(*numbers); i++) {
        snprintf(line, sizeof(line), "trig a-b.c * s.t a=%s", numbers[i]);
        snprintf(wanted, sizeof(wanted), "{\"a\":%s}", numbers[i]);
        cr_expect_str_eq(body(line, true), wanted);
    }
    for (size_t i = 0; i < sizeof(others) / sizeof(*others); i++) {
        snprintf(line, sizeof(line), "trig a-b.c * s.t a=%s", others[i]);
        snprintf(wanted, sizeof(wanted), "{\"a\":\"%s\"}", others[i]);
        cr_expect_str_eq(body(line, true), wanted);
    }
}
