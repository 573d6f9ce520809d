#include "tool/setup.h"

#include <limits.h>
#include <stdlib.h>
#include <unistd.h>

#include "base/error.h"
#include "base/paths.h"

void setup_add(struct setup *setup, const char *option, const char *value)
{
    if (setup->n + 2 > SETUP_WORDS)
        return;
    setup->words[setup->n++] = option;
    setup->words[setup->n++] = value;
}

int setup_settings(const struct setup *setup, struct diag *diag, struct settings **ret)
{
    char hostname[HOST_NAME_MAX + 1] = "";
    char *argv[SETUP_WORDS + 2] = { "xplmqtt" };
    for (size_t i = 0; i < setup->n; i++)
        argv[i + 1] = (char *)setup->words[i]; /* only passwords are ever written to, and there are none */
    gethostname(hostname, sizeof(hostname) - 1);
    int r = settings_load(ret, (int)setup->n + 1, argv, environ, hostname, diag);
    return r > 0 ? -EINVAL : r;
}

/* The list of shipped files. Where there are none it is empty, and that is an error if they are wanted, as it
 * is for the daemon. */
static int list_shipped(struct diag *diag, bool wanted, const char *const **ret)
{
    static const char *const none[] = { NULL };
    char directory[PATH_MAX];
    int r = paths_shipped_here(directory, sizeof(directory));
    if (r == 0)
        r = paths_mappings(&diag->arena, directory, ret);
    if (r == -ENOMEM)
        return r;
    if (r < 0)
        *ret = none;
    if (wanted && !**ret)
        diag_error(diag, ((struct diag_place){ directory, 0, 0 }),
                   "no shipped mappings here%s%s; shipped=\"no\" goes without them", r < 0 ? ": " : "",
                   r < 0 ? strerror(-r) : "");
    return 0;
}

static size_t length(const char *const *list)
{
    size_t n = 0;
    while (list[n])
        n++;
    return n;
}

int setup_files(const struct settings *settings, struct diag *diag, struct mapping_file **ret, size_t *ret_n)
{
    const char *const none[] = { NULL }, *const *shipped = none;
    size_t n = 0;
    if (settings->mappings.shipped && list_shipped(diag, true, &shipped) < 0)
        return -ENOMEM;
    struct mapping_file *files =
        arena_array(&diag->arena, struct mapping_file, settings->mappings.n_files + length(shipped) + 1);
    if (!files)
        return -ENOMEM;
    for (size_t i = 0; i < settings->mappings.n_files; i++) {
        const struct settings_mapping *named = &settings->mappings.files[i];
        if (access(named->path, F_OK) == 0)
            files[n++] = (struct mapping_file){ .path = named->path, .named = named->place };
        else if (!named->optional)
            diag_error(diag, named->place, "no such file: '%s'", named->path);
    }
    for (size_t i = 0; shipped[i]; i++)
        files[n++] = (struct mapping_file){ .path = shipped[i], .shipped = true };
    *ret = files;
    *ret_n = n;
    return 0;
}

static bool same_file(const char *a, const char *b)
{
    char real_a[PATH_MAX], real_b[PATH_MAX];
    return realpath(a, real_a) && realpath(b, real_b) && strcmp(real_a, real_b) == 0;
}

/* Which of the list the path is, or its end. */
static size_t find(const char *const *list, const char *path)
{
    size_t i = 0;
    while (list[i] && !same_file(list[i], path))
        i++;
    return i;
}

int setup_paths(const char *const *paths, size_t n, bool shipped, struct diag *diag,
                struct mapping_file **ret, size_t *ret_n)
{
    const char *const *list;
    size_t n_files = 0;
    if (list_shipped(diag, shipped, &list) < 0)
        return -ENOMEM;
    size_t n_list = length(list);
    struct mapping_file *files = arena_array(&diag->arena, struct mapping_file, n + n_list + 1);
    const char **given = arena_array(&diag->arena, const char *, n_list + 1);
    if (!files || !given)
        return -ENOMEM;
    for (size_t i = 0; i < n; i++) {
        size_t place = find(list, paths[i]);
        if (place < n_list)
            given[place] = paths[i];
        else
            files[n_files++] = (struct mapping_file){ .path = paths[i] };
    }
    for (size_t i = 0; i < n_list; i++)
        if (given[i] || shipped)
            files[n_files++] =
                (struct mapping_file){ .path = given[i] ? given[i] : list[i], .shipped = true };
    *ret = files;
    *ret_n = n_files;
    return 0;
}
