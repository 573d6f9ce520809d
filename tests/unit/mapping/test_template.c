/* Templates: what goes into a topic comes out of it, whatever it is. */
#include <criterion/criterion.h>

#include "base/limits.h"
#include "world.h"

TestSuite(template, .init = world_init, .fini = world_deinit);

static const char *const topics[] = {
    "{a}",           "{a}/{b}",       "{a}-{b}.{c}",     "{a}2{b}F{c}",
    "x{a}é{b}ü/{c}", "{a}[/{b}]/end", "{a}[-{b}][_{c}]", "s{a}/{b}w/brid{c}",
    "[{a}/]p/{b}",   "{a}.{a}/{b}",   "{a}[-{b}/x].{c}", "{{{a}}}/}}{b}{{",
    "{a}$[${b}]$",
};

static struct template parse(const char *text)
{
    struct template template = { 0 };
    struct conversion_source source = world_source();
    cr_assert_eq(template_parse(&source, xpl_slice_from(text), TEMPLATE_TOPIC, TO_MQTT, &template), 0, "%s",
                 text);
    cr_assert_not(template_is_ambiguous(&world.arena, &template), "%s", text);
    return template;
}

static uint32_t seed = 20;

static uint32_t chance(uint32_t below)
{
    seed = seed * 1664525u + 1013904223u;
    return (seed >> 8) % below;
}

/* Values that like to break out: what separates, escapes, or is kept, and bytes that are no text. */
static size_t hostile_value(char *ret)
{
    static const char *const pieces[] = { "/",      "+",
                                          "#",      "%",
                                          "$",      "%2F",
                                          "%zz",    "-",
                                          "_",      ".",
                                          "2",      "F",
                                          "é",      "ü",
                                          "\xc3",   "\xa9",
                                          "\x81",   "\n",
                                          "\x7f",   "set",
                                          "et",     "bridge",
                                          "raw",    "ra",
                                          "ge",     "{",
                                          "tunnel", "\xff",
                                          "[",      "\xef\xbf\xbf",
                                          "]",      "}",
                                          "shadow", "availability",
                                          " ",      "a" };
    size_t n = 0;
    for (uint32_t i = 1 + chance(3); i; i--) {
        uint32_t piece = chance(1 + sizeof(pieces) / sizeof(*pieces));
        if (piece == sizeof(pieces) / sizeof(*pieces)) {
            ret[n++] = '\0';
            continue;
        }
        size_t size = strlen(pieces[piece]);
        memcpy(ret + n, pieces[piece], size);
        n += size;
    }
    return n;
}

static const struct variable variables[] = {
    { VARIABLE_ITEM, true, { "a", 1 } },
    { VARIABLE_ITEM, true, { "b", 1 } },
    { VARIABLE_ITEM, true, { "c", 1 } },
};

static bool uses(const struct template *template, const struct variable *variable)
{
    for (size_t i = 0; i < template->n; i++)
        if (template->parts[i].kind == PART_VARIABLE &&
            variable_equal(&template->parts[i].variable, variable))
            return true;
    return false;
}

static void check_topic(struct xpl_slice topic)
{
    cr_assert(utf8_is_valid(topic));
    for (size_t i = 0; i < topic.size;) {
        uint32_t code = 0;
        i += utf8_next(xpl_slice(topic.data + i, topic.size - i), &code);
        cr_assert_not(utf8_is_forbidden(code));
        cr_assert(code != '+' && code != '#');
    }
    for (struct xpl_slice rest = topic; rest.data;) {
        const char *slash = memchr(rest.data, '/', rest.size);
        struct xpl_slice level = xpl_slice(rest.data, slash ? (size_t)(slash - rest.data) : rest.size);
        cr_assert_not(template_is_reserved(level));
        cr_assert_gt(level.size, 0);
        rest = slash ? xpl_slice(slash + 1, rest.size - level.size - 1) : xpl_slice(NULL, 0);
    }
}

/* That the topic reads back into the values proves too that no two sets of values make the same topic. */
Test(template, hostile_values_make_clean_topics_that_read_back)
{
    for (size_t t = 0; t < sizeof(topics) / sizeof(*topics); t++) {
        struct template template = parse(topics[t]);
        for (int round = 0; round < 4000; round++) {
            char values[3][64], topic[4096];
            size_t sizes[3];
            struct text text = TEXT(topic);
            struct scope scope, back;
            world_scope(&scope, TO_MQTT);
            for (int v = 0; v < 3; v++) {
                sizes[v] = chance(4) ? hostile_value(values[v]) : 0;
                if (sizes[v])
                    scope_bind(&scope, variables[v], xpl_slice(values[v], sizes[v]));
            }
            text_reset(&text);
            int r = template_render(&template, &scope, TEMPLATE_TOPIC, &text);
            if (r) {
                cr_assert_eq(r, COUNT_NOT_MADE_MISSING);
                continue;
            }
            check_topic(text_get(&text));
            world_scope(&back, TO_XPL);
            cr_assert(template_read(&template, &back, text_get(&text)), "%s: %s", topics[t], topic);
            bool apart = strchr(topics[t], '[') != NULL; /* a part left out takes its other variables along */
            for (int v = 0; v < 3; v++) {
                struct xpl_slice value;
                if (scope_get(&back, &variables[v], false, &value))
                    cr_assert(xpl_slice_equal(value, xpl_slice(values[v], sizes[v])), "%s: %s", topics[t],
                              topic);
                else
                    cr_assert(!uses(&template, &variables[v]) || sizes[v] == 0 || apart);
            }
        }
    }
}

/* Any text at all: read or not, it does no harm, and what is read makes that topic or one that reads the
 * same. */
Test(template, any_topic_can_be_read)
{
    for (size_t t = 0; t < sizeof(topics) / sizeof(*topics); t++) {
        struct template template = parse(topics[t]);
        for (int round = 0; round < 3000; round++) {
            char topic[256];
            size_t n = 0;
            for (uint32_t i = chance(4) + 1; i; i--)
                n += hostile_value(topic + n);
            char *exact = malloc(n); /* a step past the end shows */
            memcpy(exact, topic, n);
            struct scope scope;
            world_scope(&scope, TO_XPL);
            size_t bindings = scope.n_bindings;
            if (!template_read(&template, &scope, xpl_slice(exact, n)))
                cr_assert_eq(scope.n_bindings, bindings);
            free(exact);
        }
    }
}

Test(template, a_value_is_cleaned_for_mqtt_and_kept_for_xpl)
{
    struct template template;
    struct conversion_source source = world_source();
    struct scope scope;
    char out[64];
    struct text text = TEXT(out);
    cr_assert_eq(template_parse(&source, XPL_SLICE("<{a}>"), TEMPLATE_VALUE, TO_MQTT, &template), 0);
    world_scope(&scope, TO_MQTT);
    scope_bind(&scope, variables[0], XPL_SLICE("\x81"));
    text_reset(&text);
    cr_assert_eq(template_render(&template, &scope, TEMPLATE_VALUE, &text), 0);
    cr_expect_str_eq(out, "<\xef\xbf\xbd>");
    scope.direction = TO_XPL;
    text_reset(&text);
    cr_assert_eq(template_render(&template, &scope, TEMPLATE_VALUE, &text), 0);
    cr_expect_str_eq(out, "<\x81>");
}

Test(template, joining_makes_the_followers_anew)
{
    struct conversion_source source = world_source();
    struct template a = parse("{a}"), b = parse("-{b}"), c = parse("{c}"), joined;
    const struct template *good[] = { &a, &b }, *bad[] = { &a, &c };
    cr_assert_eq(template_join(&source, good, 2, &joined), 0);
    cr_expect_str_eq(joined.parts[0].follow, "-");
    cr_expect(xpl_slice_equal(joined.text, XPL_SLICE("{a}-{b}")));
    cr_expect_eq(template_join(&source, bad, 2, &joined), -EINVAL);
}

Test(template, literals_are_known_as_such)
{
    struct template none = { 0 }, literal = parse("a{{b"), variable = parse("{a}");
    cr_expect(xpl_slice_equal(template_get_literal(&none), XPL_SLICE("")));
    cr_expect(xpl_slice_equal(template_get_literal(&literal), XPL_SLICE("a{b")));
    cr_expect_null(template_get_literal(&variable).data);
}

Test(template, ambiguity_is_found_where_it_is_and_nowhere_else)
{
    static const char *const ambiguous[] = { "[{a}/][{b}/]{c}", "{a}[-{b}][-{c}]", "[{a}/]{b}[/{c}]",
                                             "[x{a}][x{b}]", "[{a}x][{b}y]z" };
    struct conversion_source source = world_source();
    for (size_t i = 0; i < sizeof(ambiguous) / sizeof(*ambiguous); i++) {
        struct template template;
        cr_assert_eq(
            template_parse(&source, xpl_slice_from(ambiguous[i]), TEMPLATE_TOPIC, TO_MQTT, &template), 0,
            "%s", ambiguous[i]);
        cr_expect(template_is_ambiguous(&world.arena, &template), "%s", ambiguous[i]);
    }
    parse("{a}[-{b}][_{c}]"); /* asserts that it is not */
}

Test(template, too_long_a_topic_is_not_made)
{
    static char big[LIMIT_TOPIC + 1], out[LIMIT_TOPIC * 4];
    struct template template = parse("{a}");
    struct text text = TEXT(out);
    struct scope scope;
    memset(big, 'a', sizeof(big));
    world_scope(&scope, TO_MQTT);
    scope_bind(&scope, variables[0], xpl_slice(big, LIMIT_TOPIC));
    text_reset(&text);
    cr_expect_eq(template_render(&template, &scope, TEMPLATE_TOPIC, &text), 0);
    scope_unbind(&scope, 0);
    scope_bind(&scope, variables[0], xpl_slice(big, LIMIT_TOPIC + 1));
    text_reset(&text);
    cr_expect_eq(template_render(&template, &scope, TEMPLATE_TOPIC, &text), COUNT_NOT_MADE_SIZE);
    cr_expect_str_eq(scope.why->data, "the topic is too long");
}

Test(template, a_hundred_and_more_parts_are_refused)
{
    char bytes[1024];
    struct text text = TEXT(bytes);
    struct template template;
    struct conversion_source source = world_source();
    for (int i = 0; i < 70; i++)
        text_string(&text, "{a}-");
    cr_expect_eq(template_parse(&source, text_get(&text), TEMPLATE_VALUE, TO_MQTT, &template), -EINVAL);
}
