/* Loading: files that are missing, digests, references. What is in the files is for the cases. */
#include <criterion/criterion.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/stat.h>
#include <unistd.h>

#include "base/limits.h"
#include "world.h"

static char directory[] = "mapping-load-XXXXXX";

static void setup(void)
{
    world_init();
    cr_assert_not_null(mkdtemp(directory));
}

static void teardown(void)
{
    world_deinit();
    rmdir(directory);
}

TestSuite(load, .init = setup, .fini = teardown);

static const struct mapping_options options = { .prefix = "xpl",
                                                .charset = "windows-1252",
                                                .examples = true };

static const char *write_file(const char *name, const char *text)
{
    static char paths[40][64];
    static int n;
    char *path = paths[n++];
    snprintf(path, sizeof(paths[0]), "%s/%s", directory, name);
    FILE *file = fopen(path, "wb");
    fprintf(file, "<mappings xmlns='urn:xplmqtt:mappings:1'>%s</mappings>", text);
    fclose(file);
    return path;
}

static int load(const char *path, bool optional)
{
    struct mapping_file file = { .path = path, .optional = optional };
    return mapping_load(&world.mapping, &file, 1, &options, &world.diag);
}

Test(load, a_missing_file_matters_unless_it_is_optional)
{
    cr_expect_eq(load("no-such-file.xml", false), -EINVAL);
    cr_expect_str_eq(world_findings(), "error 0:0 no such file: 'no-such-file.xml'\n");
    cr_expect_eq(load("no-such-file.xml", true), 0);
    cr_expect_eq(mapping_maps(world.mapping), 0);
}

Test(load, no_files_make_an_empty_table)
{
    cr_expect_eq(mapping_load(&world.mapping, NULL, 0, &options, &world.diag), 0);
    cr_expect_str_eq(world_xpl("trig a-b.c * s.t"), "unmapped\n");
    cr_expect_str_eq(world_mqtt("xpl/a/b/set", "1"), "no map");
}

Test(load, a_directory_is_no_file)
{
    cr_expect_eq(load(directory, false), -EINVAL);
    cr_expect_gt(world.diag.n_errors, 0);
}

Test(load, the_digest_follows_the_content)
{
    const char *path = write_file("a.xml", "<table name='t'><row xpl='a' mqtt='b'/></table>");
    char first[17];
    cr_assert_eq(load(path, false), 0);
    snprintf(first, sizeof(first), "%s", mapping_digest(world.mapping));
    cr_expect_eq(strlen(first), 16);
    cr_expect_eq(strspn(first, "0123456789abcdef"), 16);
    mapping_unref(world.mapping);
    cr_assert_eq(load(path, false), 0);
    cr_expect_str_eq(mapping_digest(world.mapping), first);
    mapping_unref(world.mapping);
    world.mapping = NULL;
    write_file("a.xml", "<table name='t'><row xpl='a' mqtt='c'/></table>");
    cr_assert_eq(load(path, false), 0);
    cr_expect_str_neq(mapping_digest(world.mapping), first);
    unlink(path);
}

Test(load, a_failure_leaves_the_result_untouched)
{
    struct mapping *before = (struct mapping *)&world;
    struct mapping_file file = { .path = write_file("a.xml", "<alias/>") };
    cr_expect_eq(mapping_load(&before, &file, 1, &options, &world.diag), -EINVAL);
    cr_expect_eq(before, (struct mapping *)&world);
    unlink(file.path);
}

Test(load, a_table_lives_as_long_as_somebody_holds_it)
{
    cr_assert_eq(mapping_load(&world.mapping, NULL, 0, &options, &world.diag), 0);
    struct mapping *other = mapping_ref(world.mapping);
    cr_expect_eq(other, world.mapping);
    mapping_unref(world.mapping);
    cr_expect_eq(mapping_maps(other), 0);
    world.mapping = other;
    mapping_unref(NULL);
}

Test(load, files_that_are_no_mappings)
{
    const char *path = write_file("a.xml", "");
    FILE *file = fopen(path, "wb");
    fprintf(file, "<mapping xmlns='urn:xplmqtt:mappings:1'/>");
    fclose(file);
    cr_expect_eq(load(path, false), -EINVAL);
    cr_expect_str_eq(world_findings(), "error 1:1 expected <mappings>, not <mapping>\n");
    file = fopen(path, "wb");
    fprintf(file, "<mappings xmlns='urn:xplmqtt:mappings:1'>");
    fclose(file);
    cr_expect_eq(load(path, false), -EINVAL);
    unlink(path);
}

Test(load, sixteen_includes_inside_each_other_are_enough)
{
    const char *paths[LIMIT_INCLUDE_DEPTH + 1];
    for (int i = 0; i <= LIMIT_INCLUDE_DEPTH; i++) {
        char name[16], text[64];
        snprintf(name, sizeof(name), "%d.xml", i);
        text[0] = 0;
        if (i < LIMIT_INCLUDE_DEPTH)
            snprintf(text, sizeof(text), "<include href='%d.xml'/>", i + 1);
        paths[i] = write_file(name, text);
    }
    cr_expect_eq(load(paths[1], false), 0);
    mapping_unref(world.mapping);
    world.mapping = NULL;
    cr_expect_eq(load(paths[0], false), -EINVAL);
    cr_expect_eq(world.diag.n_errors, 1);
    cr_expect_str_eq(world.diag.first->text, "more than 16 includes inside each other");
    for (int i = 0; i <= LIMIT_INCLUDE_DEPTH; i++)
        unlink(paths[i]);
}

Test(load, an_include_in_another_directory_is_relative_to_its_file)
{
    char sub[64], inner[80];
    snprintf(sub, sizeof(sub), "%s/sub", directory);
    snprintf(inner, sizeof(inner), "%s/there.xml", sub);
    mkdir(sub, 0700);
    const char *outer = write_file("a.xml", "<include href='sub/there.xml'/>"),
               *beside =
                   write_file("b.xml", "<map schema='s.t'><property name='p'><publish/></property></map>");
    FILE *file = fopen(inner, "wb");
    fprintf(file, "<mappings xmlns='urn:xplmqtt:mappings:1'><include href='../b.xml'/></mappings>");
    fclose(file);
    cr_expect_eq(load(outer, false), 0);
    cr_expect_eq(mapping_maps(world.mapping), 1);
    unlink(inner);
    rmdir(sub);
    unlink(outer);
    unlink(beside);
}

Test(load, a_file_named_twice_is_read_once)
{
    const char *path =
        write_file("a.xml", "<map schema='s.t'><property name='p'><publish/></property></map>");
    struct mapping_file files[] = { { .path = path }, { .path = path } };
    cr_expect_eq(mapping_load(&world.mapping, files, 2, &options, &world.diag), 0);
    cr_expect_eq(mapping_maps(world.mapping), 1);
    cr_expect_str_eq(world_findings(), "");
    unlink(path);
}
