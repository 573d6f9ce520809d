/* Messages of real programs, from tests/corpus (INDEX.tsv says whose), through core with the shipped
 * mappings, against BRIDGE.tsv: what becomes of each, which maps take it, and how many topics come of it. No
 * file may be lost silently.
 *
 * With CORPUS_PRINT in the environment it prints the table as it is now, topics and payloads beside it, to be
 * looked at by a person.
 */
#include "core_test.h"

#include <dirent.h>

#include "../xpl/table.h"

#define FILES_LEAST 200 /* a corpus that was not found passes nothing */

static struct {
    const char *outcome;
    char maps[256];
    uint64_t effects;
} got;

static void on_matched(void *context, const struct mapping_map *map)
{
    (void)context;
    size_t size = strlen(got.maps);
    snprintf(got.maps + size, sizeof(got.maps) - size, "%s%s", size ? "," : "", map->name);
}

static void find_maps(struct xpl_slice bytes)
{
    static struct xpl_message message;
    struct mapping_sink sink = { .matched = on_matched };
    struct mapping_scratch *scratch;
    cr_assert_eq(mapping_scratch_new(&scratch), 0);
    if (xpl_message_parse(&message, bytes.data, bytes.size) == 0)
        mapping_on_xpl(world.mapping, scratch, &message, &sink);
    mapping_scratch_free(scratch);
    if (!got.maps[0])
        snprintf(got.maps, sizeof(got.maps), "-");
}

/* The one counter of the books that took the message. */
static const char *outcome_since(const struct counters *before)
{
    /* Ours last: a question makes us answer, and the answer comes back. */
    static const enum counter counters[] = { COUNT_XPL_FRAGMENT, COUNT_XPL_HEARTBEAT, COUNT_XPL_CONFIG,
                                             COUNT_XPL_IGNORED,  COUNT_XPL_MATCHED,   COUNT_XPL_UNMAPPED,
                                             COUNT_XPL_OWN };
    for (size_t i = 0; i < sizeof(counters) / sizeof(counters[0]); i++)
        if (world.counters.value[counters[i]] != before->value[counters[i]])
            return counter_names[counters[i]] + strlen("xpl-");
    for (int i = COUNT_MALFORMED_EMPTY; i <= COUNT_MALFORMED_SIZE; i++)
        if (world.counters.value[i] != before->value[i])
            return counter_names[i];
    return "lost";
}

static void drive(const char *name)
{
    size_t size;
    char *text = table_read_in(TEST_CORPUS, name, &size);
    struct counters before = world.counters;
    cr_assert_not_null(text, "%s cannot be read", name);
    got.maps[0] = '\0';
    find_maps(xpl_slice(text, size));
    world_xpl(&world, xpl_slice(text, size), WORLD_OTHER);
    got.outcome = outcome_since(&before);
    got.effects = world_count(&world, COUNT_EFFECTS) - before.value[COUNT_EFFECTS];
    cr_expect_null(world_imbalance(&world), "%s", name);
    free(text);
    world_pass(&world, 10000);
}

static void start(void)
{
    world_init(&world, world_shipped(NULL), NULL);
    world_start(&world);
}

Test(corpus, every_message_becomes_what_was_reviewed)
{
    size_t size, n = 0;
    char *text = table_read_in(TEST_CORPUS, "BRIDGE.tsv", &size), *cursor = text, *columns[TABLE_COLUMNS];
    start();
    cr_assert_not_null(text);
    cr_assert(table_row(&cursor, columns));
    cr_assert_str_eq(columns[1], "outcome", "the row of names");
    for (; table_row(&cursor, columns); n++) {
        char effects[24];
        drive(columns[0]);
        snprintf(effects, sizeof(effects), "%llu", (unsigned long long)got.effects);
        cr_expect_str_eq(got.outcome, columns[1], "%s is %s", columns[0], got.outcome);
        cr_expect_str_eq(got.maps, columns[2], "%s is taken by %s", columns[0], got.maps);
        cr_expect_str_eq(effects, columns[3], "%s has %s effects", columns[0], effects);
        world_notes(&world);
    }
    cr_expect_geq(n, FILES_LEAST);
    free(text);
    end();
}

static int is_message(const struct dirent *entry)
{
    size_t size = strlen(entry->d_name);
    return size > 4 && strcmp(entry->d_name + size - 4, ".xpl") == 0;
}

Test(corpus, every_message_is_in_the_table)
{
    size_t size;
    struct dirent **entries;
    char *text = table_read_in(TEST_CORPUS, "BRIDGE.tsv", &size);
    int n = scandir(TEST_CORPUS, &entries, is_message, alphasort);
    bool print = getenv("CORPUS_PRINT");
    start();
    cr_assert_geq(n, FILES_LEAST);
    for (int i = 0; i < n; i++) {
        char row[300];
        snprintf(row, sizeof(row), "\n%s\t", entries[i]->d_name);
        cr_expect(print || (text && strstr(text, row)), "%s is not in BRIDGE.tsv", entries[i]->d_name);
        if (print) {
            drive(entries[i]->d_name);
            printf("%s\t%s\t%s\t%llu\n%s", entries[i]->d_name, got.outcome, got.maps,
                   (unsigned long long)got.effects, world_notes(&world));
        }
        free(entries[i]);
    }
    free(entries);
    free(text);
    end();
}
