#include <criterion/criterion.h>

#include <stdio.h>
#include <stdlib.h>
#include <unistd.h>

#include "base/error.h"
#include "mqtt/secret.h"

static char path[64];

static void write_file(const char *bytes, size_t size)
{
    snprintf(path, sizeof(path), "/tmp/xplmqtt-secret-XXXXXX");
    int fd = mkstemp(path);
    cr_assert_geq(fd, 0);
    cr_assert_eq(write(fd, bytes, size), (ssize_t)size);
    close(fd);
}

static void expect(const char *bytes, size_t size, const char *secret, size_t secret_size)
{
    struct xpl_slice got;
    write_file(bytes, size);
    cr_assert_eq(secret_read(path, &got), 0);
    cr_expect(xpl_slice_equal(got, xpl_slice(secret, secret_size)), "got '%.*s'", XPL_SLICE_ARGS(got));
    secret_free(got);
    unlink(path);
}

Test(secret, loses_one_line_end_and_no_more)
{
    expect("hidden\n", 7, "hidden", 6);
    expect("hidden\r\n", 8, "hidden", 6);
    expect("hidden", 6, "hidden", 6);
    expect(" hidden \n\n", 10, " hidden \n", 9);
    expect("", 0, "", 0);
    expect("a\0b\n", 4, "a\0b", 3);
}

Test(secret, is_bounded)
{
    static char large[SECRET_MAX + 1];
    struct xpl_slice got = XPL_SLICE("untouched");
    memset(large, 'x', sizeof(large));
    large[SECRET_MAX] = '\n';
    expect(large, sizeof(large), large, SECRET_MAX);
    large[SECRET_MAX] = 'x';
    write_file(large, sizeof(large));
    cr_expect_eq(secret_read(path, &got), -EMSGSIZE);
    cr_expect_str_eq(got.data, "untouched");
    unlink(path);
}

Test(secret, says_why_it_cannot_be_read)
{
    struct xpl_slice got;
    cr_expect_eq(secret_read("/nonexistent/secret", &got), -ENOENT);
    cr_expect_eq(secret_read("/", &got), -EISDIR);
}
