#include "base/paths.h"

#include <limits.h>
#include <stdlib.h>
#include <unistd.h>

#include "base/error.h"

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
