#include <criterion/criterion.h>
#include <stdio.h>
#include <stdlib.h>
#include <unistd.h>

#include "base/error.h"
#include "base/limits.h"
#include "base/paths.h"

static const char *shipped(const char *datadir, const char *program)
{
    static char storage[512];
    struct text text = TEXT(storage);
    paths_shipped(datadir, program, &text);
    return storage;
}

Test(paths, a_given_datadir_wins)
{
    cr_expect_str_eq(shipped("/d", "/usr/bin/xplmqttd"), "/d/xplmqtt/mappings");
    cr_expect_str_neq(shipped("", "/usr/bin/xplmqttd"), "/xplmqtt/mappings");
}

Test(paths, an_installed_program_looks_below_datadir)
{
    const char *path = shipped(NULL, "/usr/bin/xplmqttd");
    size_t size = strlen(path), tail = strlen("/share/xplmqtt/mappings");
    cr_assert_gt(size, tail);
    cr_expect_str_eq(path + size - tail, "/share/xplmqtt/mappings");
    cr_expect_str_eq(shipped(NULL, NULL), path);
}

Test(paths, a_program_in_the_build_directory_looks_in_the_source_tree)
{
    char path[512];
    unsetenv("XPLMQTT_DATADIR");
    cr_assert_eq(paths_shipped_here(path, sizeof(path)), 0);
    cr_expect(strstr(path, "/mappings"));
    cr_expect_null(strstr(path, "/xplmqtt/mappings"));
    cr_expect_str_neq(path, shipped(NULL, "/usr/bin/xplmqttd"));
}

Test(paths, too_little_room)
{
    char path[8];
    cr_expect_eq(paths_shipped_here(path, sizeof(path)), -ENAMETOOLONG);
}

static char directory[64];
static struct arena arena;

static void open_directory(void)
{
    arena_init(&arena);
    snprintf(directory, sizeof(directory), "/tmp/xplmqtt-paths-XXXXXX");
    cr_assert(mkdtemp(directory));
}

static void make_file(const char *name)
{
    char path[128];
    snprintf(path, sizeof(path), "%s/%s", directory, name);
    FILE *file = fopen(path, "w");
    cr_assert(file);
    fclose(file);
}

static void close_directory(void)
{
    char command[128];
    snprintf(command, sizeof(command), "rm -r %s", directory);
    cr_expect_eq(system(command), 0);
    arena_deinit(&arena);
}

Test(paths, mappings_come_in_the_order_of_their_bytes, .init = open_directory, .fini = close_directory)
{
    const char *const *list;
    make_file("b.xml");
    make_file("a-b.xml");
    make_file("a.xml");
    make_file("Z.xml");
    make_file(".hidden.xml");
    make_file("a.xsd");
    make_file("README.md");
    cr_assert_eq(paths_mappings(&arena, directory, &list), 0);
    static const char *const expected[] = { "Z.xml", "a-b.xml", "a.xml", "b.xml" };
    for (size_t i = 0; i < 4; i++) {
        cr_assert(list[i]);
        cr_expect_str_eq(strrchr(list[i], '/') + 1, expected[i]);
        cr_expect_eq(strncmp(list[i], directory, strlen(directory)), 0);
    }
    cr_expect_null(list[4]);
}

Test(paths, a_directory_without_mappings_gives_an_empty_list, .init = open_directory, .fini = close_directory)
{
    const char *const *list;
    cr_assert_eq(paths_mappings(&arena, directory, &list), 0);
    cr_expect_null(list[0]);
}

Test(paths, no_directory)
{
    const char *const *list = NULL;
    arena_init(&arena);
    cr_expect_eq(paths_mappings(&arena, "/nowhere/at/all", &list), -ENOENT);
    cr_expect_null(list);
    arena_deinit(&arena);
}

Test(paths, more_mappings_than_the_limit_are_refused, .init = open_directory, .fini = close_directory)
{
    const char *const *list = NULL;
    for (int i = 0; i <= LIMIT_MAPPING_FILES; i++) {
        char name[32];
        snprintf(name, sizeof(name), "%d.xml", i);
        make_file(name);
    }
    cr_expect_eq(paths_mappings(&arena, directory, &list), -E2BIG);
    cr_expect_null(list);
}
