#include <criterion/criterion.h>
#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/resource.h>
#include <sys/stat.h>
#include <unistd.h>

#include "io/io.h"
#include "io/spool.h"
#include "loop.h"

static char directory[] = "/tmp/xplmqtt-test-spool-XXXXXX";
static char path[512];
static uv_loop_t loop;
static struct spool *spool;
static int n_written, n_damaged;
static char error[256], found[65536];
static int64_t found_born_ms;

static bool no_memory;

void *__real_realloc(void *old, size_t size);
void *__wrap_realloc(void *old, size_t size);
void *__wrap_realloc(void *old, size_t size)
{
    return no_memory ? NULL : __real_realloc(old, size);
}

static void on_written(void *context, const char *why)
{
    (void)context;
    n_written++;
    snprintf(error, sizeof(error), "%s", why ? why : "");
}

static void on_damaged(void *context, const char *moved_to)
{
    (void)context;
    n_damaged++;
    cr_expect_eq(access(moved_to, R_OK), 0);
}

static void on_event(void *context, uint64_t order, struct xpl_slice topic, struct xpl_slice payload, int qos,
                     int64_t born_ms)
{
    size_t size = strlen(found);
    (void)context;
    found_born_ms = born_ms;
    snprintf(found + size, sizeof(found) - size, "%llu:%.*s=%.*s/%d ", (unsigned long long)order,
             XPL_SLICE_ARGS(topic), XPL_SLICE_ARGS(payload), qos);
}

static void on_state(void *context, struct xpl_slice topic, struct xpl_slice payload, int qos)
{
    size_t size = strlen(found);
    (void)context;
    snprintf(found + size, sizeof(found) - size, "%.*s=%.*s/%d ", XPL_SLICE_ARGS(topic),
             XPL_SLICE_ARGS(payload), qos);
}

static int open_at(const char *at, struct spool **ret)
{
    const struct spool_listener listener = { NULL, on_written, on_damaged };
    const struct spool_reader reader = { NULL, on_event, on_state };
    found[0] = '\0';
    return spool_new(ret, &loop, at, &listener, &reader);
}

static void reopen(void)
{
    spool_close(spool, NULL, NULL);
    spool = NULL;
    uv_run(&loop, UV_RUN_DEFAULT);
    cr_assert_eq(open_at(path, &spool), 0);
}

static void make(void)
{
    cr_assert_not_null(mkdtemp(directory));
    snprintf(path, sizeof(path), "%s/spool.db", directory);
    loop_open(&loop);
    cr_assert_eq(open_at(path, &spool), 0);
}

static void unmake(void)
{
    char name[1024];
    int closed = 0;
    spool_close(spool, count_call, &closed);
    loop_close(&loop);
    cr_expect_eq(closed, 1);
    DIR *dir = opendir(directory);
    for (struct dirent *entry; (entry = readdir(dir));) {
        snprintf(name, sizeof(name), "%s/%s", directory, entry->d_name);
        unlink(name);
    }
    closedir(dir);
    rmdir(directory);
}

static void commit(void)
{
    int before = n_written;
    spool_commit(spool);
    loop_until(&loop, n_written > before);
}

static void event(uint64_t order, const char *payload)
{
    spool_put_event(spool, order, XPL_SLICE("e"), xpl_slice_from(payload), 1, io_now_ms());
}

static void state(const char *topic, const char *payload)
{
    spool_put_state(spool, xpl_slice_from(topic), xpl_slice_from(payload), 1);
}

/* What a process that is killed now leaves. */
static void copy_file(const char *end)
{
    char from[600], to[600], bytes[4096];
    snprintf(from, sizeof(from), "%s%s", path, end);
    snprintf(to, sizeof(to), "%s/copy.db%s", directory, end);
    FILE *in = fopen(from, "rb"), *out = fopen(to, "wb");
    cr_assert(in && out);
    for (size_t n; (n = fread(bytes, 1, sizeof(bytes), in)) > 0;)
        fwrite(bytes, 1, n, out);
    fclose(in);
    fclose(out);
}

static void overwrite(const char *text, off_t offset, size_t size)
{
    int fd = open(path, O_WRONLY);
    cr_assert(fd >= 0);
    for (size_t at = 0; at < size; at += strlen(text))
        cr_assert(pwrite(fd, text, strlen(text), offset + (off_t)at) > 0);
    close(fd);
}

TestSuite(spool, .init = make, .fini = unmake, .timeout = TIMEOUT);

Test(spool, gives_back_events_in_order_then_states)
{
    state("s/1", "on");
    event(7, "b");
    event(3, "a");
    state("s/0", "");
    commit();
    cr_expect_str_eq(error, "");
    reopen();
    cr_expect_str_eq(found, "3:e=a/1 7:e=b/1 s/0=/1 s/1=on/1 ");
}

Test(spool, keeps_any_bytes)
{
    static const char bytes[] = "a\0\xff\n";
    spool_put_state(spool, xpl_slice(bytes, 4), xpl_slice(bytes, 4), 2);
    commit();
    spool_drop_state(spool, xpl_slice(bytes, 3)); /* another topic */
    commit();
    reopen();
    cr_expect_str_eq(found, "a=a/2 "); /* as printf has it */
    spool_drop_state(spool, xpl_slice(bytes, 4));
    commit();
    reopen();
    cr_expect_str_eq(found, "");
}

Test(spool, a_state_has_one_row)
{
    state("s", "1");
    commit();
    state("s", "2");
    commit();
    reopen();
    cr_expect_str_eq(found, "s=2/1 ");
}

Test(spool, what_is_dropped_is_gone)
{
    for (uint64_t order = 1; order <= 5; order++)
        event(order, "x");
    state("s", "1");
    state("t", "1");
    commit();
    spool_drop_events(spool, 4);
    spool_drop_state(spool, XPL_SLICE("s"));
    commit();
    reopen();
    cr_expect_str_eq(found, "4:e=x/1 5:e=x/1 t=1/1 ");
}

Test(spool, clear_takes_all_that_came_before_it)
{
    event(1, "x");
    state("s", "1");
    commit();
    event(2, "x");
    spool_clear(spool);
    event(3, "x");
    commit();
    reopen();
    cr_expect_str_eq(found, "3:e=x/1 ");
}

Test(spool, a_process_that_is_killed_after_a_commit_leaves_all_of_it)
{
    char copy[600];
    struct spool *other = NULL;
    event(1, "x");
    state("s", "1");
    commit();
    copy_file("");
    copy_file("-wal");
    snprintf(copy, sizeof(copy), "%s/copy.db", directory);
    cr_assert_eq(open_at(copy, &other), 0);
    cr_expect_str_eq(found, "1:e=x/1 s=1/1 ");
    spool_close(other, NULL, NULL);
}

Test(spool, what_is_not_committed_is_not_there)
{
    state("s", "1");
    commit();
    state("s", "2");
    reopen();
    cr_expect_str_eq(found, "s=1/1 ");
}

Test(spool, an_event_keeps_its_age)
{
    int64_t born_ms = io_now_ms() - 5000;
    spool_put_event(spool, 1, XPL_SLICE("e"), XPL_SLICE("x"), 0, born_ms);
    commit();
    reopen();
    cr_expect_leq(llabs(found_born_ms - born_ms), 1000);
}

Test(spool, has_one_process_at_a_time)
{
    struct spool *other = NULL;
    cr_expect_eq(open_at(path, &other), -EBUSY);
    cr_expect_eq(other, NULL);
    state("s", "1");
    commit();
    cr_expect_str_eq(error, "");
}

Test(spool, nobody_else_can_read_the_file)
{
    struct stat info;
    cr_assert_eq(stat(path, &info), 0);
    cr_expect_eq(info.st_mode & 007, 0);
}

Test(spool, a_file_that_is_none_is_moved_aside)
{
    spool_close(spool, NULL, NULL);
    overwrite("this is no database. ", 0, 8192);
    cr_assert_eq(open_at(path, &spool), 0);
    cr_expect_eq(n_damaged, 1);
    state("s", "1");
    commit();
    cr_expect_str_eq(error, "");
    reopen();
    cr_expect_str_eq(found, "s=1/1 ");
    cr_expect_eq(n_damaged, 1);
}

Test(spool, a_damaged_page_is_noticed_at_the_start)
{
    for (uint64_t order = 1; order <= 2000; order++)
        event(order, "some bytes, so that there are many pages");
    commit();
    spool_close(spool, NULL, NULL);
    overwrite("damage ", 4096, 3 * 4096);
    cr_assert_eq(open_at(path, &spool), 0);
    cr_expect_eq(n_damaged, 1);
    cr_expect_str_eq(found, "");
}

Test(spool, a_full_disk_is_told_and_left_empty)
{
    struct rlimit limit = { 64 * 1024, RLIM_INFINITY };
    static char large[100000];
    memset(large, 'x', sizeof(large) - 1);
    signal(SIGXFSZ, SIG_IGN);
    state("s", "1");
    commit();
    cr_assert_eq(setrlimit(RLIMIT_FSIZE, &limit), 0);
    state("t", large);
    commit();
    cr_expect_str_neq(error, "");
    cr_expect_neq(access(path, F_OK), 0, "old news are left");
    state("s", "2");
    commit();
    cr_expect_str_neq(error, "", "works without a clear");
    limit.rlim_cur = RLIM_INFINITY;
    setrlimit(RLIMIT_FSIZE, &limit);
    spool_clear(spool);
    state("s", "3");
    commit();
    cr_expect_str_eq(error, "");
    reopen();
    cr_expect_str_eq(found, "s=3/1 ");
}

Test(spool, what_finds_no_memory_fails_the_whole_commit)
{
    static char large[10000];
    memset(large, 'x', sizeof(large) - 1);
    state("s", "1");
    no_memory = true;
    state("t", large);
    no_memory = false;
    commit();
    cr_expect_str_eq(error, "out of memory");
    spool_clear(spool);
    state("s", "2");
    commit();
    cr_expect_str_eq(error, "");
    reopen();
    cr_expect_str_eq(found, "s=2/1 ");
}

Test(spool, a_directory_that_is_not_there_is_told_by_the_first_commit)
{
    struct spool *other = NULL;
    char nowhere[600];
    snprintf(nowhere, sizeof(nowhere), "%s/nowhere/spool.db", directory);
    cr_assert_eq(open_at(nowhere, &other), 0);
    spool_put_state(other, XPL_SLICE("s"), XPL_SLICE("1"), 1);
    spool_commit(other);
    loop_until(&loop, n_written);
    cr_expect_str_eq(error, "No such file or directory");
    spool_close(other, NULL, NULL);
}

Test(spool, closes_while_it_writes)
{
    state("s", "1");
    spool_commit(spool);
    int closed = 0;
    spool_close(spool, count_call, &closed);
    cr_expect_eq(closed, 0);
    loop_until(&loop, closed);
    cr_expect_eq(n_written, 0, "a closed spool calls back");
    cr_assert_eq(open_at(path, &spool), 0);
    cr_expect_str_eq(found, "s=1/1 ");
}
