/* Tables: both ways, first row first, and whose tables a file sees. */
#include <criterion/criterion.h>
#include <stdio.h>

#include "world.h"

TestSuite(table, .init = world_init, .fini = world_deinit);

static const char *find(enum direction direction, const char *word, bool nocase)
{
    struct xpl_slice found = table_find(world.tables, direction, xpl_slice_from(word), nocase);
    return found.data;
}

Test(table, both_ways_the_first_row_wins)
{
    const char *const rows[] = { "on", "ON", "off", "OFF", "high", "ON", "on", "other", NULL };
    world_table("t", rows);
    cr_expect_str_eq(find(TO_MQTT, "on", false), "ON");
    cr_expect_str_eq(find(TO_MQTT, "high", false), "ON");
    cr_expect_str_eq(find(TO_XPL, "ON", false), "on");
    cr_expect_str_eq(find(TO_XPL, "other", false), "on");
    cr_expect_null(find(TO_MQTT, "ON", false));
    cr_expect_null(find(TO_XPL, "", false));
}

Test(table, case_counts_unless_told_and_the_exact_word_is_not_preferred_then)
{
    const char *const rows[] = { "On", "1", "ON", "2", "on", "3", NULL };
    world_table("t", rows);
    cr_expect_str_eq(find(TO_MQTT, "on", false), "3");
    cr_expect_str_eq(find(TO_MQTT, "ON", false), "2");
    cr_expect_null(find(TO_MQTT, "oN", false));
    cr_expect_str_eq(find(TO_MQTT, "on", true), "1");
}

Test(table, an_empty_word_may_stand_in_a_row)
{
    const char *const rows[] = { "none", "", "", "empty", NULL };
    world_table("t", rows);
    cr_expect_str_eq(find(TO_MQTT, "none", false), "");
    cr_expect_str_eq(find(TO_MQTT, "", false), "empty");
}

Test(table, long_ones_find_every_row)
{
    static char words[3000][8];
    static const char *rows[6001];
    for (int i = 0; i < 3000; i++) {
        snprintf(words[i], sizeof(words[i]), "%d", i * 7919 % 3000);
        rows[2 * i] = rows[2 * i + 1] = words[i];
    }
    rows[6000] = NULL;
    world_table("t", rows);
    for (int i = 0; i < 3000; i++)
        cr_assert_eq(find(TO_MQTT, words[i], false), words[i]);
}

Test(table, a_file_sees_its_own_group_first_and_shipped_files_only_shipped_tables)
{
    struct table user = { .name = XPL_SLICE("t") }, shipped = { .name = XPL_SLICE("t"), .shipped = true },
                 mine = { .name = XPL_SLICE("mine"), .next = &user };
    user.next = &shipped;
    struct tables as_user = { &mine, false }, as_shipped = { &mine, true };
    cr_expect_eq(tables_get(&as_user, XPL_SLICE("t")), &user);
    cr_expect_eq(tables_get(&as_shipped, XPL_SLICE("t")), &shipped);
    cr_expect_eq(tables_get(&as_user, XPL_SLICE("mine")), &mine);
    cr_expect_null(tables_get(&as_shipped, XPL_SLICE("mine")));
    cr_expect_str_eq(tables_nearest(&as_user, XPL_SLICE("mime")), "mine");
    cr_expect_null(tables_nearest(&as_shipped, XPL_SLICE("mime")));
}
