#include <criterion/criterion.h>
#include <stdlib.h>

#include "base/error.h"
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
