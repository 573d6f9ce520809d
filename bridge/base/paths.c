#include "base/paths.h"

#include <dirent.h>
#include <limits.h>
#include <stdio.h>
#include <stdlib.h>
#include <unistd.h>

#include "base/error.h"
#include "base/limits.h"

/* XPLMQTT_DATADIR, XPLMQTT_SOURCE_ROOT and XPLMQTT_BUILD_ROOT come from meson.build. */

void paths_shipped(const char *datadir, const char *program, struct text *ret)
{
    static const struct xpl_slice build = { XPLMQTT_BUILD_ROOT "/", sizeof(XPLMQTT_BUILD_ROOT) };
    if (datadir && *datadir)
        text_format(ret, "%s/xplmqtt/mappings", datadir);
    else if (program && strncmp(program, build.data, build.size) == 0)
        text_string(ret, XPLMQTT_SOURCE_ROOT "/mappings");
    else
        text_string(ret, XPLMQTT_DATADIR "/xplmqtt/mappings");
}

int paths_shipped_here(char *ret, size_t capacity)
{
    char program[PATH_MAX];
    ssize_t size = readlink("/proc/self/exe", program, sizeof(program) - 1);
    struct text text = { ret, 0, capacity, false };
    program[size > 0 ? size : 0] = '\0';
    paths_shipped(getenv("XPLMQTT_DATADIR"), program, &text);
    return text.overflow ? -ENAMETOOLONG : 0;
}

static int is_mapping(const struct dirent *entry)
{
    size_t size = strlen(entry->d_name);
    return entry->d_name[0] != '.' && size > 4 && strcmp(entry->d_name + size - 4, ".xml") == 0;
}

static int by_name(const struct dirent **a, const struct dirent **b)
{
    return strcmp((*a)->d_name, (*b)->d_name);
}

int paths_mappings(struct arena *arena, const char *directory, const char *const **ret)
{
    struct dirent **entries;
    int n = scandir(directory, &entries, is_mapping, by_name);
    if (n < 0)
        return -errno;
    const char **list = arena_array(arena, const char *, (size_t)n + 1);
    int r = n > LIMIT_MAPPING_FILES ? -E2BIG : list ? 0 : -ENOMEM;
    for (int i = 0; i < n; i++) {
        size_t size = strlen(directory) + strlen(entries[i]->d_name) + 2;
        char *path = r == 0 ? arena_alloc(arena, size) : NULL;
        if (path)
            snprintf(path, size, "%s/%s", directory, entries[i]->d_name);
        if (r == 0) {
            list[i] = path;
            r = path ? 0 : -ENOMEM;
        }
        free(entries[i]);
    }
    free(entries);
    if (r == 0)
        *ret = list;
    return r;
}
