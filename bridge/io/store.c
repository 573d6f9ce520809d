/* write .NAME.new, sync it, rename it over NAME, sync the directory.
 *
 * The rename is the moment of truth: before it the old file stands untouched, and what we wrote is removed
 * when any step fails; after it the new one is complete, since its bytes were on the disk first. A crash in
 * between leaves a .NAME.new, which the next replacement overwrites. */
#include "io/store.h"

#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "base/descriptor.h"
#include "base/limits.h"

int store_init(struct store *store, const char *directories)
{
    if (!directories || !*directories)
        directories = STORE_DIRECTORY;
    size_t size = strcspn(directories, ":");
    store->directory[0] = '\0';
    if (size == 0 || size >= sizeof(store->directory))
        return STORE_NOWHERE;
    memcpy(store->directory, directories, size);
    store->directory[size] = '\0';

    struct stat info;
    if (stat(store->directory, &info) < 0 || !S_ISDIR(info.st_mode) ||
        access(store->directory, W_OK | X_OK) < 0) {
        store->directory[0] = '\0';
        return STORE_NOWHERE;
    }
    return STORE_OK;
}

bool store_is_nowhere(const struct store *store)
{
    return !store->directory[0];
}

static bool is_name(const char *name)
{
    return name[0] && name[0] != '.' && !strchr(name, '/');
}

/* What stands beside the file of that name. 0 or -EINVAL. */
static int name_beside(char ret[NAME_MAX + 1], const char *before, const char *name, const char *after)
{
    int length = snprintf(ret, NAME_MAX + 1, "%s%s%s", before, name, after);
    return is_name(name) && length >= 0 && length <= NAME_MAX ? 0 : -EINVAL;
}

static int open_directory(const struct store *store)
{
    int fd = open(store->directory, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
    return fd < 0 ? -errno : fd;
}

/* Some file systems have nothing to sync there, and say EINVAL. */
static int sync_directory(int directory)
{
    return fsync(directory) < 0 && errno != EINVAL ? -errno : 0;
}

int store_read(const struct store *store, const char *name, char **ret, size_t *ret_size)
{
    if (!is_name(name))
        return -EINVAL;
    if (store_is_nowhere(store))
        return STORE_MISSING;
    int directory = open_directory(store);
    if (directory < 0)
        return directory;
    int fd = openat(directory, name, O_RDONLY | O_CLOEXEC | O_NOFOLLOW);
    int r = fd < 0 ? -errno : 0;
    close(directory);
    if (r < 0)
        return r == -ENOENT ? STORE_MISSING : r;

    char *data = malloc(LIMIT_STATE_FILE + 1);
    ssize_t size = data ? descriptor_read(fd, data, LIMIT_STATE_FILE + 1) : -ENOMEM;
    close(fd);
    if (size > LIMIT_STATE_FILE)
        size = -EFBIG;
    if (size < 0) {
        free(data);
        return (int)size;
    }
    data[size] = '\0';
    char *fitting = realloc(data, (size_t)size + 1);
    *ret = fitting ? fitting : data;
    *ret_size = (size_t)size;
    return 0;
}

static int write_all(int fd, const char *data, size_t size)
{
    while (size > 0) {
        ssize_t n = write(fd, data, size);
        if (n < 0 && errno == EINTR)
            continue;
        if (n < 0)
            return -errno;
        data += n;
        size -= (size_t)n;
    }
    return 0;
}

/* The new content, complete and on the disk, beside the old. */
static int write_beside(int directory, const char *beside, const char *data, size_t size)
{
    int fd = openat(directory, beside, O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC | O_NOFOLLOW, 0640);
    if (fd < 0)
        return -errno;
    int r = write_all(fd, data, size);
    if (r == 0 && fsync(fd) < 0)
        r = -errno;
    if (close(fd) < 0 && r == 0)
        r = -errno;
    return r;
}

int store_replace(const struct store *store, const char *name, const char *data, size_t size)
{
    char beside[NAME_MAX + 1];
    if (name_beside(beside, ".", name, ".new") < 0)
        return -EINVAL;
    if (size > LIMIT_STATE_FILE)
        return -EFBIG;
    if (store_is_nowhere(store))
        return 0;
    int directory = open_directory(store);
    if (directory < 0)
        return directory;
    int r = write_beside(directory, beside, data, size);
    if (r == 0 && renameat(directory, beside, directory, name) < 0)
        r = -errno;
    if (r < 0)
        unlinkat(directory, beside, 0);
    else
        r = sync_directory(directory);
    close(directory);
    return r;
}

int store_set_aside(const struct store *store, const char *name)
{
    char aside[NAME_MAX + 1];
    if (name_beside(aside, "", name, STORE_DAMAGED) < 0)
        return -EINVAL;
    if (store_is_nowhere(store))
        return 0;
    int directory = open_directory(store);
    if (directory < 0)
        return directory;
    int r = renameat(directory, name, directory, aside) < 0 ? -errno : 0;
    /* A file does not replace a directory, nor the other way round. */
    if ((r == -EISDIR || r == -ENOTDIR) && unlinkat(directory, aside, r == -EISDIR ? AT_REMOVEDIR : 0) == 0)
        r = renameat(directory, name, directory, aside) < 0 ? -errno : 0;
    if (r == -ENOENT)
        r = 0;
    else if (r == 0)
        r = sync_directory(directory);
    close(directory);
    return r;
}

int store_remove(const struct store *store, const char *name)
{
    if (!is_name(name))
        return -EINVAL;
    if (store_is_nowhere(store))
        return 0;
    int directory = open_directory(store);
    if (directory < 0)
        return directory;
    int r = unlinkat(directory, name, 0) < 0 && errno != ENOENT ? -errno : 0;
    if (r == 0)
        r = sync_directory(directory);
    close(directory);
    return r;
}
