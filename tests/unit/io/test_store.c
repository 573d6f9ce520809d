#include <criterion/criterion.h>
#include <dirent.h>
#include <errno.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/resource.h>
#include <sys/stat.h>
#include <unistd.h>

#include "base/limits.h"
#include "io/store.h"

static struct store store;
static char directory[] = "/tmp/xplmqtt-test-store-XXXXXX";

static void make(void)
{
    cr_assert_not_null(mkdtemp(directory));
    cr_assert_eq(store_init(&store, directory), STORE_OK);
}

static size_t n_files(void)
{
    size_t n = 0;
    DIR *dir = opendir(directory);
    for (struct dirent *entry; (entry = readdir(dir));)
        n += strcmp(entry->d_name, ".") != 0 && strcmp(entry->d_name, "..") != 0;
    closedir(dir);
    return n;
}

static void unmake(void)
{
    char path[512];
    DIR *dir = opendir(directory);
    for (struct dirent *entry; (entry = readdir(dir));) {
        snprintf(path, sizeof(path), "%s/%s", directory, entry->d_name);
        unlink(path);
    }
    closedir(dir);
    rmdir(directory);
}

static void expect_content(const char *name, const char *content)
{
    char *data;
    size_t size;
    cr_assert_eq(store_read(&store, name, &data, &size), STORE_OK);
    cr_expect_eq(size, strlen(content));
    cr_expect_str_eq(data, content);
    free(data);
}

TestSuite(store, .init = make, .fini = unmake);

Test(store, gives_back_the_bytes_it_was_given)
{
    static const char bytes[] = "a\0b\xff\n";
    char *data;
    size_t size;
    cr_assert_eq(store_replace(&store, "aliases.json", bytes, sizeof(bytes) - 1), 0);
    cr_assert_eq(store_read(&store, "aliases.json", &data, &size), STORE_OK);
    cr_expect_eq(size, sizeof(bytes) - 1);
    cr_expect_eq(memcmp(data, bytes, size), 0);
    cr_expect_eq(data[size], '\0');
    free(data);
    cr_assert_eq(store_replace(&store, "aliases.json", "", 0), 0);
    expect_content("aliases.json", "");
    cr_expect_eq(n_files(), 1, "something else was left");
}

Test(store, says_missing_and_touches_nothing)
{
    char *data = directory;
    size_t size = 7;
    cr_expect_eq(store_read(&store, "clients", &data, &size), STORE_MISSING);
    cr_expect_eq(data, directory);
    cr_expect_eq(size, 7);
    cr_expect_eq(store_remove(&store, "clients"), 0);
}

Test(store, removes)
{
    cr_assert_eq(store_replace(&store, "clients", "x", 1), 0);
    cr_expect_eq(store_remove(&store, "clients"), 0);
    cr_expect_eq(n_files(), 0);
}

Test(store, sets_aside_instead_of_what_was_set_aside_before)
{
    char names[512], aside[512], inside[600];
    snprintf(names, sizeof(names), "%s/names", directory);
    snprintf(aside, sizeof(aside), "%s/names.damaged", directory);
    snprintf(inside, sizeof(inside), "%s/inside", aside);
    cr_expect_eq(store_set_aside(&store, "names"), 0, "there is none");
    cr_expect_eq(n_files(), 0);
    cr_assert_eq(store_replace(&store, "names", "older", 5), 0);
    cr_expect_eq(store_set_aside(&store, "names"), 0);
    cr_assert_eq(store_replace(&store, "names", "newer", 5), 0);
    cr_expect_eq(store_set_aside(&store, "names"), 0);
    expect_content("names.damaged", "newer");
    cr_expect_eq(n_files(), 1);
    cr_assert_eq(mkdir(names, 0700), 0);
    cr_expect_eq(store_set_aside(&store, "names"), 0, "a directory over a file");
    cr_expect_eq(rmdir(aside), 0);
    cr_assert_eq(mkdir(aside, 0700), 0);
    cr_assert_eq(store_replace(&store, "names", "file", 4), 0);
    cr_expect_eq(store_set_aside(&store, "names"), 0, "a file over a directory");
    expect_content("names.damaged", "file");
    cr_expect_eq(store_set_aside(&store, "names"), 0, "there is none any more");
    expect_content("names.damaged", "file");
    cr_expect_eq(unlink(aside), 0);

    cr_assert_eq(mkdir(aside, 0700), 0);
    cr_assert_eq(mkdir(inside, 0700), 0);
    cr_assert_eq(store_replace(&store, "names", "kept", 4), 0);
    cr_expect_lt(store_set_aside(&store, "names"), 0, "somebody keeps something there");
    expect_content("names", "kept");
    rmdir(inside);
    rmdir(aside);
}

Test(store, a_write_that_fails_half_way_leaves_the_old_file_whole)
{
    static char large[64 * 1024];
    struct rlimit limit = { 10000, 10000 };
    cr_assert_eq(store_replace(&store, "state", "old", 3), 0);
    signal(SIGXFSZ, SIG_IGN);
    cr_assert_eq(setrlimit(RLIMIT_FSIZE, &limit), 0);
    cr_expect_eq(store_replace(&store, "state", large, sizeof(large)), -EFBIG);
    expect_content("state", "old");
    cr_expect_eq(n_files(), 1, "the half of a file was left");
}

Test(store, takes_no_notice_of_what_a_crash_left)
{
    char path[512];
    snprintf(path, sizeof(path), "%s/.state.new", directory);
    FILE *half = fopen(path, "w");
    cr_assert_not_null(half);
    fputs("half of something longer", half);
    fclose(half);
    char *data;
    size_t size;
    cr_expect_eq(store_read(&store, "state", &data, &size), STORE_MISSING);
    cr_expect_eq(store_replace(&store, "state", "whole", 5), 0);
    expect_content("state", "whole");
    cr_expect_eq(n_files(), 1);
}

Test(store, is_bounded_in_both_directions)
{
    static char large[LIMIT_STATE_FILE + 1];
    char *data;
    size_t size;
    cr_expect_eq(store_replace(&store, "state", large, LIMIT_STATE_FILE), 0);
    cr_assert_eq(store_read(&store, "state", &data, &size), STORE_OK);
    cr_expect_eq(size, LIMIT_STATE_FILE);
    free(data);
    cr_expect_eq(store_replace(&store, "state", large, sizeof(large)), -EFBIG);

    char path[512];
    snprintf(path, sizeof(path), "%s/foreign", directory);
    FILE *foreign = fopen(path, "w");
    cr_assert_not_null(foreign);
    cr_assert_eq(fwrite(large, 1, sizeof(large), foreign), sizeof(large));
    fclose(foreign);
    cr_expect_eq(store_read(&store, "foreign", &data, &size), -EFBIG);
}

Test(store, a_name_cannot_leave_the_directory)
{
    static const char *const names[] = { "", ".", "..", "../x", "a/b", ".hidden", NULL };
    char *data;
    size_t size;
    for (int i = 0; names[i]; i++) {
        cr_expect_eq(store_replace(&store, names[i], "x", 1), -EINVAL, "%s", names[i]);
        cr_expect_eq(store_read(&store, names[i], &data, &size), -EINVAL, "%s", names[i]);
        cr_expect_eq(store_remove(&store, names[i]), -EINVAL, "%s", names[i]);
        cr_expect_eq(store_set_aside(&store, names[i]), -EINVAL, "%s", names[i]);
    }
    char longest[300];
    memset(longest, 'a', sizeof(longest) - 1);
    longest[sizeof(longest) - 1] = '\0';
    cr_expect_lt(store_replace(&store, longest, "x", 1), 0);
}

Test(store, follows_no_link_out)
{
    char path[512];
    snprintf(path, sizeof(path), "%s/state", directory);
    cr_assert_eq(symlink("/etc/hostname", path), 0);
    char *data;
    size_t size;
    cr_expect_lt(store_read(&store, "state", &data, &size), 0);
}

Test(store, nowhere_finds_nothing_and_forgets)
{
    struct store nowhere;
    char *data;
    size_t size;
    cr_assert_eq(store_init(&nowhere, "/nonexistent/xplmqtt"), STORE_NOWHERE);
    cr_expect(store_is_nowhere(&nowhere));
    cr_expect_eq(store_replace(&nowhere, "state", "x", 1), 0);
    cr_expect_eq(store_read(&nowhere, "state", &data, &size), STORE_MISSING);
    cr_expect_eq(store_remove(&nowhere, "state"), 0);
    cr_expect_eq(store_set_aside(&nowhere, "state"), 0);
    cr_expect_eq(store_init(&nowhere, "/etc/hostname"), STORE_NOWHERE, "a file is no directory");
    cr_expect_eq(store_init(&nowhere, ":/tmp"), STORE_NOWHERE);
}

Test(store, the_first_of_several_directories_counts)
{
    char list[512];
    snprintf(list, sizeof(list), "%s:/nonexistent", directory);
    struct store first;
    cr_expect_eq(store_init(&first, list), STORE_OK);
    cr_expect_str_eq(first.directory, directory);
}
