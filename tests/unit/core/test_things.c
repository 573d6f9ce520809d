#include <criterion/criterion.h>
#include <stdlib.h>

#include "core/announced.h"
#include "core/ha_class.h"
#include "core/things.h"

static struct thing *obtain(struct things *things, const char *path)
{
    struct thing *thing = things_obtain(things, xpl_slice_from(path));
    cr_assert_not_null(thing, "%s", path);
    return thing;
}

Test(things, ids_differ_without_regard_to_case_and_separators)
{
    struct things *things;
    cr_assert_eq(things_new(&things), 0);
    const char *paths[] = { "a.b/c", "a-b/c", "A.B/C", "a.b-c", "a_b/c" };
    cr_expect_str_eq(obtain(things, "a.b/c")->text[THING_ID], "a-b_c");
    for (size_t i = 0; i < 5; i++)
        for (size_t j = 0; j < i; j++) {
            char a_buffer[256], b_buffer[256];
            struct text a = TEXT(a_buffer), b = TEXT(b_buffer);
            thing_write_homie_id(xpl_slice_from(obtain(things, paths[i])->text[THING_ID]), &a);
            thing_write_homie_id(xpl_slice_from(obtain(things, paths[j])->text[THING_ID]), &b);
            cr_expect_str_neq(a_buffer, b_buffer);
        }
    things_free(things);
}

/* The ID_OBJECT that Home Assistant knows the property by. */
static void write_joined(struct things *things, const char *path, const char *name, struct text *ret)
{
    struct thing *thing = things_find(things, xpl_slice_from(path));
    struct property_facts *property = thing_property(thing, xpl_slice_from(name));
    text_reset(ret);
    text_format(ret, "%s_%s", thing->text[THING_ID], property->text[PROPERTY_OBJECT]);
}

Test(things, id_and_object_together_are_unique_and_the_first_keeps_its_own_for_ever)
{
    static const char *const rows[][2] = { { "rpi/average", "speed" },
                                           { "rpi", "average_speed" },
                                           { "rpi", "other" },
                                           { "rpi/average_speed", "x" },
                                           { "rpi", "average_speed_x" } };
    char first_buffer[512], text[4096], buffer[5][512];
    struct text first = TEXT(first_buffer);
    struct things *things, *copy;
    cr_assert_eq(things_new(&things), 0);
    cr_assert_eq(things_new(&copy), 0);
    obtain(things, "rpi")->announced = true; /* written before the one that was there first */
    for (size_t i = 0; i < 5; i++) {
        struct text joined = TEXT(buffer[i]);
        struct thing *thing = obtain(things, rows[i][0]);
        thing->announced = true;
        thing_obtain_property(things, thing, xpl_slice_from(rows[i][1]));
        write_joined(things, rows[i][0], rows[i][1], &joined);
        for (size_t j = 0; j < i; j++)
            cr_expect_str_neq(buffer[i], buffer[j]);
    }
    cr_expect_str_eq(buffer[0], "rpi_average_speed");
    cr_expect_str_eq(buffer[2], "rpi_other");
    cr_expect_str_eq(buffer[3], "rpi_average_speed_x");
    things_import(copy, xpl_slice(text, things_export(things, text, sizeof(text))));
    for (size_t i = 0; i < 5; i++) {
        write_joined(copy, rows[i][0], rows[i][1], &first);
        cr_expect_str_eq(first_buffer, buffer[i], "after a restart");
    }
    things_free(things);
    things_free(copy);
}

Test(things, an_id_is_what_home_assistant_and_homie_take)
{
    char ha_buffer[64], homie_buffer[64], none_buffer[64];
    struct text ha = TEXT(ha_buffer), homie = TEXT(homie_buffer), none = TEXT(none_buffer);
    thing_write_id(XPL_SLICE("Vendor-dev.x/a b%2F\xc3\xa9_"), &ha);
    cr_expect_str_eq(ha_buffer, "Vendor-dev-x_a-b-2F--_");
    thing_write_homie_id(text_get(&ha), &homie);
    cr_expect_str_eq(homie_buffer, "vendor-dev-x-a-b-2f");
    thing_write_homie_id(XPL_SLICE("--"), &none);
    cr_expect_str_eq(none_buffer, "x");
}

Test(things, a_rebound_thing_has_the_id_of_the_old_one_and_a_new_old_one_gets_another)
{
    struct things *things;
    cr_assert_eq(things_new(&things), 0);
    things_rebind(things, obtain(things, "s/old"), obtain(things, "s/new"));
    cr_expect_null(things_find(things, XPL_SLICE("s/old")));
    cr_expect_str_eq(obtain(things, "s/new")->text[THING_ID], "s_old");
    cr_expect_str_neq(obtain(things, "s/old")->text[THING_ID], "s_old");
    things_free(things);
}

Test(things, what_is_exported_reads_back_whatever_stands_in_the_texts)
{
    struct things *things, *copy;
    char first[4096], second[4096];
    cr_assert_eq(things_new(&things), 0);
    cr_assert_eq(things_new(&copy), 0);
    struct thing *thing = obtain(things, "s/d");
    thing->announced = true;
    thing->sightings = 7;
    thing_set(thing, THING_LABEL, XPL_SLICE("tab\there \\ back\nline"));
    struct property_facts *property = thing_obtain_property(things, thing, XPL_SLICE("temp"));
    property->kind = MAPPING_NUMBER;
    property->retain = property->rare = true;
    property->expire_s = 3600;
    property_set(property, PROPERTY_UNIT,
                 XPL_SLICE("\xc2\xb0"
                           "C"));
    property_set(property, PROPERTY_STATE, XPL_SLICE("~/temp"));
    obtain(things, "s/unseen"); /* neither announced nor permitted: not worth keeping */
    size_t size = things_export(things, first, sizeof(first));
    things_import(copy, xpl_slice(first, size));
    cr_expect_eq(things_count(copy), 1);
    cr_expect_str_eq(things_find(copy, XPL_SLICE("s/d"))->text[THING_LABEL], "tab\there \\ back\nline");
    cr_expect_eq(things_export(copy, second, sizeof(second)), size);
    cr_expect_arr_eq(first, second, size);
    things_free(things);
    things_free(copy);
}

Test(things, a_file_that_is_cut_or_garbled_anywhere_is_no_end)
{
    struct things *things;
    char text[4096], garbled[4096];
    cr_assert_eq(things_new(&things), 0);
    struct thing *thing = obtain(things, "s/d");
    thing->announced = true;
    thing_obtain_property(things, thing, XPL_SLICE("temp"));
    size_t size = things_export(things, text, sizeof(text));
    for (size_t cut = 0; cut <= size; cut++)
        for (int change = 0; change < 3; change++) {
            struct things *copy;
            static const char changes[] = { '\t', '\n', (char)0xff };
            cr_assert_eq(things_new(&copy), 0);
            memcpy(garbled, text, size);
            if (cut < size)
                garbled[cut] = changes[change];
            things_import(copy, xpl_slice(garbled, change ? size : cut));
            cr_expect_leq(things_count(copy), 2);
            things_free(copy);
        }
    things_free(things);
}

Test(things, an_export_that_does_not_fit_ends_with_a_whole_thing)
{
    struct things *things, *copy;
    char text[4096];
    cr_assert_eq(things_new(&things), 0);
    obtain(things, "s/a")->announced = true;
    obtain(things, "s/b")->announced = true;
    size_t all = things_export(things, text, sizeof(text));
    for (size_t room = 1; room <= all; room++) {
        cr_assert_eq(things_new(&copy), 0);
        things_import(copy, xpl_slice(text, things_export(things, text, room)));
        cr_expect_eq(things_count(copy), room > all / 2 ? 1 : 0, "%zu of %zu", room, all);
        things_free(copy);
    }
    things_free(things);
}

Test(things, topics_fold_below_their_device_and_unfold_below_another_name)
{
    char folded_buffer[128], whole_buffer[128];
    struct text folded = TEXT(folded_buffer), whole = TEXT(whole_buffer);
    thing_fold_topic(XPL_SLICE("xpl/a/b/temp"), XPL_SLICE("xpl/a/b"), &folded);
    cr_expect_str_eq(folded_buffer, "~/temp");
    thing_unfold_topic(text_get(&folded), XPL_SLICE("xpl/attic"), &whole);
    cr_expect_str_eq(whole_buffer, "xpl/attic/temp");
    text_reset(&folded);
    thing_fold_topic(XPL_SLICE("xpl/a/bc/temp"), XPL_SLICE("xpl/a/b"), &folded);
    cr_expect_str_eq(folded_buffer, "xpl/a/bc/temp");
}

static void learn(struct property_facts *property, int64_t gap_ms, int n)
{
    int64_t now_ms = property->heard_ms < 0 ? 0 : property->heard_ms;
    for (int i = 0; i < n; i++)
        property_learn(property, XPL_SLICE("1"), now_ms += gap_ms);
}

Test(things, an_interval_is_learned_from_regular_reports_only_and_never_shrinks)
{
    struct things *things;
    cr_assert_eq(things_new(&things), 0);
    struct property_facts *regular = thing_obtain_property(things, obtain(things, "s/a"), XPL_SLICE("x"));
    learn(regular, 60000, 6);
    cr_expect_eq(regular->expire_s, 300);
    learn(regular, 600000, 6);
    cr_expect_eq(regular->expire_s, 3600);
    learn(regular, 60000, 100);
    cr_expect_eq(regular->expire_s, 3600);
    struct property_facts *irregular = thing_obtain_property(things, obtain(things, "s/b"), XPL_SLICE("x"));
    learn(irregular, 2000, 4);
    learn(irregular, 5000000, 1);
    learn(irregular, 2000, 10);
    cr_expect_eq(irregular->expire_s, 0);
    things_free(things);
}

Test(things, a_class_goes_only_with_its_component_and_unit)
{
    cr_expect_str_eq(ha_class("sensor", XPL_SLICE("temperature"),
                              "\xc2\xb0"
                              "C"),
                     "temperature");
    cr_expect_null(ha_class("sensor", XPL_SLICE("temperature"), "C"));
    cr_expect_null(ha_class("sensor", XPL_SLICE("temperature"), ""));
    cr_expect_null(ha_class("sensor", XPL_SLICE("motion"), ""));
    cr_expect_str_eq(ha_class("binary_sensor", XPL_SLICE("motion"), ""), "motion");
    cr_expect_null(ha_class("binary_sensor", XPL_SLICE("no-such"), ""));
    cr_expect_str_eq(ha_state_class("energy", XPL_SLICE("x")), "total_increasing");
    cr_expect_str_eq(ha_state_class(NULL, XPL_SLICE("count")), "total_increasing");
    cr_expect_str_eq(ha_state_class(NULL, XPL_SLICE("uv")), "measurement");
}

static bool note(void *context, struct xpl_slice topic)
{
    snprintf(context, 64, "%.*s", XPL_SLICE_ARGS(topic));
    return true;
}

Test(announced, a_walk_tells_what_is_new_changed_the_same_and_gone)
{
    struct announced announced = { 0 };
    char gone[64] = "";
    announced_import(&announced, XPL_SLICE("a\nb\n\nbad/#\n"));
    cr_expect_eq(announced_count(&announced), 2);
    announced_begin(&announced);
    cr_expect_eq(announced_put(&announced, XPL_SLICE("a"), XPL_SLICE("1"), true), ANNOUNCED_CHANGED);
    cr_expect_eq(announced_put(&announced, XPL_SLICE("c"), XPL_SLICE("1"), false), ANNOUNCED_NEW);
    cr_expect_eq(announced_put(&announced, XPL_SLICE("c"), XPL_SLICE("1"), true), ANNOUNCED_NEW);
    cr_expect_eq(announced_put(&announced, XPL_SLICE("c"), XPL_SLICE("1"), true), ANNOUNCED_SAME);
    cr_expect_eq(announced_sweep(&announced, note, gone), 1);
    cr_expect_str_eq(gone, "b");
    announced_doubt(&announced, XPL_SLICE("c"));
    cr_expect_eq(announced_put(&announced, XPL_SLICE("a"), XPL_SLICE("1"), true), ANNOUNCED_SAME);
    cr_expect_eq(announced_put(&announced, XPL_SLICE("c"), XPL_SLICE("1"), true), ANNOUNCED_CHANGED);
    announced_deinit(&announced);
}
