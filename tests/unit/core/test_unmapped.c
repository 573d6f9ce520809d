/* What no map took is never lost silently. */
#include "core_test.h"

static const json_t *first(const json_t *list)
{
    return json_array_get(json_object_get(list, "messages"), 0);
}

Test(unmapped, one_entry_for_each_schema_and_source_without_case)
{
    begin(PLAIN);
    world_say(&world, "xpl-trig acme-x.one * other.basic a=1");
    world_say(&world, "xpl-trig ACME-X.ONE * OTHER.BASIC a=2");
    world_say(&world, "xpl-trig acme-y.one * other.basic a=3");
    world_pass(&world, 60000);
    json_t *list = retained_json("xpl/bridge/unmapped");
    cr_expect_eq(json_array_size(json_object_get(list, "messages")), 2u);
    cr_expect_eq(json_integer_value(json_object_get(first(list), "count")), 2);
    cr_expect_str_eq(json_string_value(json_object_get(
                         json_object_get(json_object_get(first(list), "sample"), "body"), "a")),
                     "1");
    json_decref(list);
    end();
}

Test(unmapped, what_a_map_takes_and_makes_nothing_of_is_listed_and_counted)
{
    begin("<map name='m' schema='acme.basic'><property name='p'>"
          "<publish when='command=on|off' payload='{command}'/></property></map>");
    world_say(&world, "xpl-trig acme-x.one * acme.basic command=on");
    world_say(&world, "xpl-trig acme-x.two * acme.basic command=toggle");
    world_pass(&world, 60000);
    json_t *list = retained_json("xpl/bridge/unmapped");
    cr_expect_eq(json_array_size(json_object_get(list, "messages")), 1u);
    cr_expect_str_eq(json_string_value(json_object_get(first(list), "source")), "acme-x.two");
    expect_count(XPL_MATCHED, 2u);
    expect_count(NOT_MADE_WHEN, 1u);
    json_decref(list);
    end();
}

Test(unmapped, heartbeats_and_configuration_are_not_listed)
{
    begin(PLAIN);
    world_say(&world, "xpl-stat acme-x.one * hbeat.app interval=5");
    world_say(&world, "xpl-stat acme-x.one * CONFIG.APP interval=5");
    world_say(&world, "xpl-stat acme-x.one * config.list option=x");
    world_say(&world, "xpl-cmnd acme-x.one * hbeat.request command=request");
    expect_count(XPL_HEARTBEAT, 3u);
    expect_count(XPL_CONFIG, 1u);
    expect_count(XPL_UNMAPPED, 0u);
    end();
}

Test(unmapped, entries_beyond_the_bound_are_counted_together)
{
    char text[128];
    begin(PLAIN);
    for (int i = 0; i < LIMIT_UNMAPPED + 7; i++) {
        snprintf(text, sizeof(text), "xpl-trig acme-x.n%d * other.basic a=1", i);
        world_say(&world, text);
        world_pass(&world, 1);
    }
    world_pass(&world, 60000);
    json_t *list = retained_json("xpl/bridge/unmapped");
    cr_expect_eq(json_integer_value(json_object_get(list, "others")), 7);
    json_decref(list);
    end();
}

Test(unmapped, a_message_too_large_is_named_without_a_sample)
{
    static char text[9000];
    begin(PLAIN);
    snprintf(text, sizeof(text), "xpl-trig acme-x.one * other.basic a=%08000d", 1);
    world_say(&world, text);
    world_pass(&world, 1000);
    json_t *list = retained_json("xpl/bridge/unmapped");
    cr_expect_not_null(first(list));
    cr_expect_null(json_object_get(first(list), "sample"));
    json_decref(list);
    end();
}

Test(unmapped, a_list_too_long_is_cut_at_an_entry_and_says_so)
{
    static char text[4000];
    begin(PLAIN);
    for (int i = 0; i < 200; i++) {
        snprintf(text, sizeof(text), "xpl-trig acme-x.n%d * other.basic a=%0*d", i, 100 + 17 * i, 1);
        world_say(&world, text);
    }
    world_pass(&world, 1000);
    json_t *list = retained_json("xpl/bridge/unmapped");
    cr_expect(is_true(list, "truncated"));
    cr_expect_gt(json_array_size(json_object_get(list, "messages")), 50u);
    json_decref(list);
    end();
}

Test(unmapped, another_table_takes_off_the_list_only_what_it_takes)
{
    begin(PLAIN);
    world_say(&world, "xpl-trig acme-x.one * other.basic a=1");
    world_say(&world, "xpl-trig acme-x.two * other.basic b=1");
    world_say(&world, "xpl-trig acme-x.two * third.basic c=1");
    world_say(&world, "xpl-trig acme-x.two * third.basic c=2");
    world_reload(&world, world_mapping(PLAIN));
    json_t *list = retained_json("xpl/bridge/unmapped");
    cr_expect_eq(json_array_size(json_object_get(list, "messages")), 3u, "the same table takes no more");
    json_decref(list);
    world_reload(&world, world_mapping("<map name='other' schema='other.basic'><property name='a'><publish/>"
                                       "</property></map>"));
    list = retained_json("xpl/bridge/unmapped");
    cr_expect_eq(json_array_size(json_object_get(list, "messages")), 2u);
    cr_expect_str_eq(json_string_value(json_object_get(first(list), "source")), "acme-x.two",
                     "the map takes it and makes nothing of it");
    const json_t *second = json_array_get(json_object_get(list, "messages"), 1);
    cr_expect_eq(json_integer_value(json_object_get(second, "count")), 2);
    cr_expect_not_null(json_object_get(second, "sample"));
    json_decref(list);
    world_reload(&world, world_mapping("<ignore source='acme-x.*'/>"));
    list = retained_json("xpl/bridge/unmapped");
    cr_expect_eq(json_array_size(json_object_get(list, "messages")), 0u);
    json_decref(list);
    end();
}
