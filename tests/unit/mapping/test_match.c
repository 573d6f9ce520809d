/* Messages through the table: bounds, floods of items, and what a sink may leave out. */
#include <criterion/criterion.h>
#include <stdio.h>
#include <stdlib.h>

#include "base/limits.h"
#include "world.h"

TestSuite(match, .init = world_init, .fini = world_deinit);

static size_t publishes, skips, bytes;

static void count_publish(void *context, const struct mapping_publish *publish)
{
    (void)context;
    publishes++;
    bytes += publish->payload.size;
}

static void count_skip(void *context, const struct mapping_map *map, const struct mapping_property *property,
                       const struct mapping_reason *reason)
{
    (void)context, (void)map, (void)property;
    cr_assert(utf8_is_valid(xpl_slice_from(reason->text)));
    cr_assert_gt(strlen(reason->text), 0);
    skips++;
}

static enum mapping_result run(const char *data, size_t size)
{
    struct mapping_sink sink = { NULL, NULL, count_publish, count_skip };
    char *exact = malloc(size);
    memcpy(exact, data, size);
    cr_assert_eq(xpl_message_parse(&world.message, exact, size), 0);
    enum mapping_result result = mapping_on_xpl(world.mapping, world.scratch, &world.message, &sink);
    free(exact);
    return result;
}

#define HEAD "xpl-trig\n{\nhop=1\nsource=acme-x.y\ntarget=*\n}\na.b\n{\n"

Test(match, a_sink_may_be_empty)
{
    struct mapping_sink none = { 0 };
    cr_assert_eq(world_load("<map schema='a.b'><property name='p'><publish/></property></map>"), 0);
    cr_expect_eq(mapping_on_xpl(world.mapping, world.scratch, world_message("trig a-b.c * a.b p=1"), &none),
                 MAPPING_TAKEN);
    cr_expect_eq(mapping_on_xpl(world.mapping, world.scratch, world_message("trig a-b.c * a.b q=1"), &none),
                 MAPPING_TAKEN);
    cr_expect_eq(mapping_on_xpl(world.mapping, world.scratch, world_message("trig a-b.c * a.c q=1"), &none),
                 MAPPING_UNMAPPED);
}

Test(match, what_is_published_says_where_it_came_from)
{
    cr_assert_eq(world_load("<alias device='a-b.c/1' name='hall'/>"
                            "<map name='m' schema='a.b' device='{source}/{d}'>"
                            "<property name='{n}' kind='binary'><publish payload='{p}'/></property></map>"),
                 0);
    cr_expect_str_eq(world_xpl("trig a-b.c * a.b d=1 n=x p=1"), "xpl/hall/x 1\n");
    cr_expect_eq(mapping_maps(world.mapping), 1);
}

Test(match, values_of_64_kilobytes_pass_or_are_skipped_with_a_reason)
{
    static char data[65000];
    cr_assert_eq(
        world_load("<table name='t'><row xpl='a' mqtt='b'/></table><map schema='a.b'>"
                   "<property name='p'><publish/></property>"
                   "<property name='q'><publish payload='{p|t}'/></property>"
                   "<property name='r'><publish payload='{p|number}'/></property>"
                   "<property name='s' kind='select' options='a,b'><publish payload='{p}'/></property>"
                   "<property name='{p}'><publish payload='1'/></property>"
                   "<property name='u'><publish payload='{body}{message}'/></property></map>"),
        0);
    size_t n = (size_t)snprintf(data, sizeof(data), HEAD "p=");
    memset(data + n, '\xe9', sizeof(data) - n - 3);
    memcpy(data + sizeof(data) - 3, "\n}\n", 3);
    cr_expect_eq(run(data, sizeof(data)), MAPPING_TAKEN);
    cr_expect_eq(publishes, 1);
    cr_expect_eq(skips, 5);
    cr_expect_eq(bytes, 2 * (sizeof(data) - n - 3), "each byte becomes two of UTF-8");
}

Test(match, control_characters_and_nul_in_values)
{
    cr_assert_eq(world_load("<map schema='a.b' device='{p}'><property name='p'><publish/></property>"
                            "<property name='b'><publish payload='{body}'/></property></map>"),
                 0);
    static const char data[] = HEAD "p=a\0b\x01\xff\n}\n";
    cr_expect_eq(run(data, sizeof(data) - 1), MAPPING_TAKEN);
    cr_expect_eq(publishes, 2);
}

Test(match, five_hundred_items_under_each_and_split)
{
    static char data[65000];
    cr_assert_eq(world_load("<map schema='a.b' device='{source}/{d}' split='d'>"
                            "<property name='{item}/{value}' each='*'>"
                            "<publish payload='{value|upper}{value|replace:a:bb}'/></property></map>"),
                 0);
    size_t n = (size_t)snprintf(data, sizeof(data), HEAD "d=1,2,3\n");
    for (int i = 1; i < XPL_ITEMS_MAX; i++)
        n += (size_t)snprintf(data + n, sizeof(data) - n, "n%d=%100da\n", i, i);
    n += (size_t)snprintf(data + n, sizeof(data) - n, "}\n");
    cr_expect_eq(run(data, n), MAPPING_TAKEN);
    cr_expect_eq(publishes, 3 * XPL_ITEMS_MAX, "what each had to make is given back");
    cr_expect_eq(skips, 0);
}

Test(match, one_datagram_cannot_make_devices_without_end)
{
    static char data[65000];
    cr_assert_eq(world_load("<map schema='a.b' device='{source}/{d}' split='d' by=''>"
                            "<property name='p'><publish payload='{d|upper}'/></property></map>"),
                 0);
    size_t n = (size_t)snprintf(data, sizeof(data), HEAD "d=");
    memset(data + n, 'a', sizeof(data) - n - 3);
    memcpy(data + sizeof(data) - 3, "\n}\n", 3);
    cr_expect_eq(run(data, sizeof(data)), MAPPING_TAKEN);
    cr_expect_eq(publishes, LIMIT_SPLIT);
    cr_expect_eq(skips, 1);
}

Test(match, a_message_without_items_or_dots)
{
    cr_assert_eq(
        world_load("<map schema='*'><property name='p'>"
                   "<publish payload='{schema.class}{schema.type|default:-}{source.device|default:-}'/>"
                   "</property></map>"),
        0);
    cr_expect_str_eq(world_xpl("trig nodash * nodot"), "xpl/nodash/p nodot--\n");
}

Test(match, no_number_of_properties_uses_up_the_scratch)
{
    static char text[8192], data[30000];
    size_t n = (size_t)snprintf(text, sizeof(text), "<map schema='a.b'>");
    for (int i = 0; i < 40; i++)
        n += (size_t)snprintf(
            text + n, sizeof(text) - n,
            "<property name='p%d'><publish when='p=*' payload='{p|lower|upper}'/></property>", i);
    snprintf(text + n, sizeof(text) - n, "</map>");
    cr_assert_eq(world_load(text), 0);
    n = (size_t)snprintf(data, sizeof(data), HEAD "p=");
    memset(data + n, 'a', sizeof(data) - n - 3);
    memcpy(data + sizeof(data) - 3, "\n}\n", 3);
    cr_expect_eq(run(data, sizeof(data)), MAPPING_TAKEN);
    cr_expect_eq(publishes, 40);
    cr_expect_eq(skips, 0);
}

static struct mapping_property seen;

static void keep_property(void *context, const struct mapping_publish *publish)
{
    (void)context;
    seen = *publish->property;
}

Test(match, a_property_carries_how_it_is_to_be_published)
{
    struct mapping_sink sink = { NULL, NULL, keep_property, NULL };
    cr_assert_eq(
        world_load(
            "<map name='m' schema='a.b'><property name='p' kind='number' entity='light' role='brightness'"
            " retain='no' qos='2' on-change='yes' refresh='1.5' min-interval='0.25' dedupe='300'>"
            "<publish/><send/></property></map>"),
        0);
    mapping_on_xpl(world.mapping, world.scratch, world_message("trig a-b.c * a.b p=1"), &sink);
    cr_expect_str_eq(seen.map->name, "m");
    cr_expect_eq(seen.kind, MAPPING_NUMBER);
    cr_expect(xpl_slice_equal(seen.entity, XPL_SLICE("light")));
    cr_expect(xpl_slice_equal(seen.role, XPL_SLICE("brightness")));
    cr_expect_not(seen.retain);
    cr_expect_eq(seen.qos, 2);
    cr_expect(seen.on_change);
    cr_expect_eq(seen.refresh_ms, 1500);
    cr_expect_eq(seen.min_interval_ms, 250);
    cr_expect_eq(seen.dedupe_ms, 300);
    cr_expect_eq(seen.assume, MAPPING_ASSUME_SENT);
    cr_expect(seen.publishes && seen.sends);
}

Test(match, the_defaults_of_a_property)
{
    struct mapping_sink sink = { NULL, NULL, keep_property, NULL };
    cr_assert_eq(world_load("<map schema='a.b'><property name='p'><publish/></property></map>"), 0);
    mapping_on_xpl(world.mapping, world.scratch, world_message("trig a-b.c * a.b p=1"), &sink);
    cr_expect_eq(seen.kind, MAPPING_SENSOR);
    cr_expect(seen.retain);
    cr_expect_eq(seen.qos, 1);
    cr_expect_not(seen.on_change);
    cr_expect_eq(seen.refresh_ms + seen.min_interval_ms + seen.dedupe_ms, 0);
    cr_expect_eq(seen.assume, MAPPING_ASSUME_CONFIRMED);
    cr_expect_eq(seen.entity.size + seen.role.size, 0);
}
