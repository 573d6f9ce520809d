/* Topic filters: every command is brought, by one filter only, and they are few. */
#include <criterion/criterion.h>
#include <stdio.h>
#include <stdlib.h>

#include "base/limits.h"
#include "world.h"

TestSuite(filters, .init = world_init, .fini = world_deinit);

static char list[64][LIMIT_TOPIC + 1];
static size_t n;

static void take(void *context, const char *filter)
{
    (void)context;
    cr_assert_lt(n, 64);
    snprintf(list[n++], sizeof(list[0]), "%s", filter);
}

static void load(const char *text)
{
    cr_assert_eq(world_load(text), 0, "%s", world_findings());
    n = 0;
    cr_assert_eq(mapping_filters(world.mapping, take, NULL), 0);
}

/* How many of the filters a broker would match to the topic. */
static size_t brought(const char *topic)
{
    size_t matches = 0;
    for (size_t i = 0; i < n; i++) {
        const char *f = list[i], *t = topic;
        while (*f && *t) {
            if (*f == '+') {
                f++;
                t += strcspn(t, "/");
            } else if (*f == *t) {
                f++;
                t++;
            } else {
                break;
            }
        }
        matches += !*f && !*t;
    }
    return matches;
}

Test(filters, nothing_to_command_nothing_to_subscribe_to)
{
    load("<map schema='a.b'><property name='p'><publish/></property></map>");
    cr_expect_eq(n, 0);
}

Test(filters, every_command_is_brought_once)
{
    load("<alias device='a-b.c/1' name='hall'/><alias device='a-b.c/2' name='x/y/z'/>"
         "<map schema='a.b' device='{source}/{d}'>"
         "<property name='p'><send/></property><property name='q/r'><send/></property>"
         "<property name='s'><send topic='{x}/do'/></property><property name='t'><send "
         "topic='/say/{y}'/></property>"
         "<property name='u'><send topic='//other/{y}/set'/></property>"
         "<property name='v'><send topic='//{y}/{z}/set'/></property></map>");
    static const char *const topics[] = { "xpl/a-b.c/1/p/set",   "xpl/hall/p/set",   "xpl/x/y/z/p/set",
                                          "xpl/a-b.c/1/q/r/set", "xpl/a-b.c/1/v/do", "xpl/hall/v/do",
                                          "other/1/set",         "any/thing/set" };
    for (size_t i = 0; i < sizeof(topics) / sizeof(*topics); i++)
        cr_expect_eq(brought(topics[i]), 1, "%s", topics[i]);
}

Test(filters, our_own_states_are_not_brought)
{
    load("<map schema='a.b' device='{source}/{d}'><property name='p'><publish/><send/></property></map>");
    cr_expect_eq(brought("xpl/a-b.c/1/p"), 0);
    cr_expect_eq(brought("xpl/bridge/state"), 0);
}

Test(filters, five_hundred_last_levels_still_make_few)
{
    size_t capacity = 200000, size = 0;
    char *text = malloc(capacity);
    for (int i = 0; i < 500; i++)
        size += (size_t)snprintf(
            text + size, capacity - size,
            "<map schema='a.b%d'><property name='p'><send topic='do%d'/></property></map>", i, i);
    load(text);
    cr_expect_leq(n, LIMIT_FILTERS);
    cr_expect_eq(brought("xpl/a-b.c/do0"), 1);
    cr_expect_eq(brought("xpl/a-b.c/do499"), 1);
    free(text);
}

Test(filters, a_prefix_of_several_levels_stays)
{
    struct mapping_file file = { .path = TEST_SOURCE "/mappings/ac.xml" };
    struct mapping_options options = { .prefix = "my/home/xpl", .charset = "windows-1252", .examples = true };
    cr_assert_eq(mapping_load(&world.mapping, &file, 1, &options, &world.diag), 0);
    cr_assert_eq(mapping_filters(world.mapping, take, NULL), 0);
    cr_expect_eq(n, 1);
    cr_expect_str_eq(list[0], "my/home/xpl/+/+/+/set");
}
