/* Findings over whole files: the grammar's own cases, and files that are right. */
#include <criterion/criterion.h>
#include <dirent.h>
#include <stdio.h>
#include <stdlib.h>

#include "world.h"

TestSuite(findings, .init = world_init, .fini = world_deinit);

static const struct mapping_options options = { .prefix = "xpl",
                                                .charset = "windows-1252",
                                                .examples = true };

static int is_xml(const struct dirent *entry)
{
    size_t size = strlen(entry->d_name);
    return size > 4 && strcmp(entry->d_name + size - 4, ".xml") == 0;
}

/* Calls `each` with every path of the directory. */
static size_t for_files(const char *directory, void (*each)(const char *path))
{
    struct dirent **entries;
    int n = scandir(directory, &entries, is_xml, alphasort);
    for (int i = 0; i < n; i++) {
        char path[1024];
        snprintf(path, sizeof(path), "%s/%s", directory, entries[i]->d_name);
        each(path);
        free(entries[i]);
    }
    cr_assert_gt(n, 0, "%s", directory);
    free(entries);
    return (size_t)n;
}

static void must_load(const char *path)
{
    struct mapping_file file = { .path = path };
    cr_expect_eq(mapping_load(&world.mapping, &file, 1, &options, &world.diag), 0, "%s: %s", path,
                 world_findings());
    mapping_unref(world.mapping);
    world.mapping = NULL;
}

static void must_not_load(const char *path)
{
    struct mapping_file file = { .path = path };
    cr_expect_eq(mapping_load(&world.mapping, &file, 1, &options, &world.diag), -EINVAL, "%s", path);
    cr_expect_null(world.mapping);
    const struct diag_finding *finding = world.diag.first;
    cr_assert_not_null(finding);
    cr_expect_gt(finding->place.line, 0, "%s", path);
    cr_expect_gt(finding->place.column, 0, "%s", path);
    world_findings();
}

Test(findings, what_the_grammar_takes_the_engine_takes)
{
    for_files(TEST_SOURCE "/tests/cases/mappings/good", must_load);
}

Test(findings, what_the_grammar_refuses_the_engine_refuses_with_a_place)
{
    for_files(TEST_SOURCE "/tests/cases/mappings/bad-grammar", must_not_load);
}

static struct mapping_file files[64];
static char paths[64][1024];
static size_t n_files;

static void take(const char *path)
{
    snprintf(paths[n_files], sizeof(paths[0]), "%s", path);
    files[n_files] = (struct mapping_file){ .path = paths[n_files], .shipped = true };
    n_files++;
}

Test(findings, the_shipped_mappings_load_without_an_error_and_their_examples_hold)
{
    for_files(TEST_SOURCE "/mappings", take);
    cr_expect_eq(mapping_load(&world.mapping, files, n_files, &options, &world.diag), 0);
    for (const struct diag_finding *f = world.diag.first; f; f = f->next)
        cr_expect_neq(f->level, DIAG_ERROR, "%s:%d:%d: %s", f->place.file, f->place.line, f->place.column,
                      f->text);
}

Test(findings, a_big_file_that_is_right_gives_none)
{
    size_t capacity = 1u << 21, n = 0;
    char *text = malloc(capacity);
    for (int i = 0; i < 3000; i++)
        n += (size_t)snprintf(text + n, capacity - n,
                              "<map name='m%d' schema='s.b' when='device=d%d' device='{source}/{device}'>"
                              "<property name='p%d' kind='switch'><publish/>"
                              "<send when='payload=ON|OFF'><item name='device'>{device}</item>"
                              "<item name='v'>{payload|lower}</item></send></property></map>\n",
                              i, i, i % 7);
    cr_expect_eq(world_load(text), 0);
    cr_expect_str_eq(world_findings(), "");
    free(text);
}

Test(findings, a_thousand_mistakes_are_all_counted)
{
    size_t capacity = 1u << 18, n = 0;
    char *text = malloc(capacity);
    for (int i = 0; i < 1500; i++)
        n += (size_t)snprintf(text + n, capacity - n, "<map schema='a.b' devic='x'/>\n");
    cr_expect_eq(world_load(text), -EINVAL);
    cr_expect_eq(world.diag.n_errors, 1500);
    free(text);
}
