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

Test(table, a_file_sees_its_own_tables_then_its_group_and_shipped_files_only_shipped_ones)
{
    struct table tables[] = {
        { .name = XPL_SLICE("mine"), .place.file = "a" },
        { .name = XPL_SLICE("t"), .place.file = "a" },
        { .name = XPL_SLICE("t"), .place.file = "b" },
        { .name = XPL_SLICE("t"),
          .place.file = "b",
          .shipped = true }, /* both a user's file and a shipped one */
        { .name = XPL_SLICE("t"), .place.file = "c", .shipped = true },
    };
    static const struct {
        const char *file;
        bool shipped;
        int table;
    } rows[] = { { "a", false, 1 }, { "b", false, 2 }, { "other", false, 1 },
                 { "b", true, 3 },  { "c", true, 4 },  { "other", true, 3 } };
    for (size_t i = 1; i < sizeof(tables) / sizeof(tables[0]); i++)
        tables[i - 1].next = &tables[i];
    for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
        struct tables as = { tables, rows[i].file, rows[i].shipped };
        cr_expect_eq(tables_get(&as, XPL_SLICE("t")), &tables[rows[i].table], "%s", rows[i].file);
        cr_expect_eq(tables_get(&as, XPL_SLICE("mine")), rows[i].shipped ? NULL : &tables[0]);
    }
    struct tables as_user = { tables, "a", false }, as_shipped = { tables, "c", true };
    cr_expect_str_eq(tables_nearest(&as_user, XPL_SLICE("mime")), "mine");
    cr_expect_null(tables_nearest(&as_shipped, XPL_SLICE("mime")));
}
