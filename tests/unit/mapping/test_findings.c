/* Findings over whole files: the grammar's own cases, and files that are right. */
#include <criterion/criterion.h>
#include <dirent.h>
#include <stdio.h>
#include <stdlib.h>
#include <unistd.h>

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

static void copy(const char *from, const char *to)
{
    static char bytes[1u << 16];
    FILE *in = fopen(from, "rb"), *out = fopen(to, "wb");
    cr_assert(in && out, "%s to %s", from, to);
    size_t size = fread(bytes, 1, sizeof(bytes), in);
    cr_assert(feof(in), "%s is too long", from);
    cr_assert_eq(fwrite(bytes, 1, size, out), size);
    fclose(in);
    fclose(out);
}

/* It includes x10.xml, which includes tables.xml, where a table has the name of one of its own. */
Test(findings, the_sample_is_right_with_copies_of_shipped_files_beside_it)
{
    static const char *const names[][2] = {
        { "tests/cases/mappings/sample/house.xml", "house.xml" },
        { "mappings/x10.xml", "x10.xml" },
        { "mappings/tables.xml", "tables.xml" },
    };
    char directory[] = "mapping-sample-XXXXXX", beside[3][64];
    cr_assert_not_null(mkdtemp(directory));
    for (int i = 0; i < 3; i++) {
        char from[1024];
        snprintf(from, sizeof(from), TEST_SOURCE "/%s", names[i][0]);
        snprintf(beside[i], sizeof(beside[i]), "%s/%s", directory, names[i][1]);
        copy(from, beside[i]);
    }
    files[n_files++] = (struct mapping_file){ .path = beside[0] };
    for_files(TEST_SOURCE "/mappings", take);
    for (int shipped = 0; shipped < 2; shipped++) {
        mapping_unref(world.mapping);
        world.mapping = NULL;
        cr_expect_eq(mapping_load(&world.mapping, files, shipped ? n_files : 1, &options, &world.diag), 0);
        cr_expect_eq(world.diag.n_warnings, 0u);
        for (const struct diag_finding *f = world.diag.first; f; f = f->next)
            cr_expect_eq(f->level, DIAG_INFO, "%s:%d:%d: %s", f->place.file, f->place.line, f->place.column,
                         f->text);
    }
    for (int i = 0; i < 3; i++)
        unlink(beside[i]);
    rmdir(directory);
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
