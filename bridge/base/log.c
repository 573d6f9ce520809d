#include "base/log.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>

#define LINE_MAX_SIZE 2048

const char *const log_level_names[] = { "error", "warning", "info", "debug", NULL };
const char *const log_area_names[] = { "daemon", "config", "mapping", "xpl", "mqtt", NULL };

static enum log_level levels[LOG_AREAS] = { LOG_LEVEL_INFO, LOG_LEVEL_INFO, LOG_LEVEL_INFO, LOG_LEVEL_INFO,
                                            LOG_LEVEL_INFO };

void log_set_level(enum log_area area, enum log_level level)
{
    for (int i = 0; i < LOG_AREAS; i++)
        if (area == LOG_AREAS || (int)area == i)
            levels[i] = level;
}

static int find(const char *const *names, struct xpl_slice name)
{
    for (int i = 0; names[i]; i++)
        if (xpl_slice_equal(xpl_slice_from(names[i]), name))
            return i;
    return -EINVAL;
}

static int set_one(struct xpl_slice part, bool apply)
{
    const char *equal = part.size ? memchr(part.data, '=', part.size) : NULL;
    int area = LOG_AREAS;
    if (equal) {
        size_t size = (size_t)(equal - part.data);
        area = find(log_area_names, xpl_slice(part.data, size));
        part = xpl_slice(equal + 1, part.size - size - 1);
    }
    int level = find(log_level_names, part);
    if (area < 0 || level < 0)
        return -EINVAL;
    if (apply)
        log_set_level((enum log_area)area, (enum log_level)level);
    return 0;
}

int log_set_levels(struct xpl_slice list)
{
    for (int apply = 0; apply < 2; apply++) {
        struct xpl_slice rest = list;
        for (;;) {
            const char *comma = rest.size ? memchr(rest.data, ',', rest.size) : NULL;
            size_t size = comma ? (size_t)(comma - rest.data) : rest.size;
            if (set_one(xpl_slice(rest.data, size), apply) < 0)
                return -EINVAL;
            if (!comma)
                break;
            rest = xpl_slice(comma + 1, rest.size - size - 1);
        }
    }
    return 0;
}

enum log_level log_get_level(enum log_area area)
{
    return levels[area];
}

bool log_enabled(enum log_area area, enum log_level level)
{
    return level <= levels[area];
}

static void write_line(enum log_area area, enum log_level level, const char *format, va_list arguments)
{
    static const char *const priorities[] = { "<3>", "<4>", "<6>", "<7>" }; /* sd-daemon(3) */
    char line[LINE_MAX_SIZE];
    vsnprintf(line, sizeof(line), format, arguments);
    /* What peers sent may be in it: keep one line one line, and terminals safe. */
    for (unsigned char *p = (unsigned char *)line; *p; p++)
        if (*p < 0x20 || *p == 0x7f)
            *p = '?';
    fprintf(stderr, "%s%s: %s%s\n", getenv("JOURNAL_STREAM") ? priorities[level] : "", log_area_names[area],
            level <= LOG_LEVEL_WARNING ? (level == LOG_LEVEL_ERROR ? "error: " : "warning: ") : "", line);
}

void log_write(enum log_area area, enum log_level level, const char *format, ...)
{
    if (!log_enabled(area, level))
        return;
    va_list arguments;
    va_start(arguments, format);
    write_line(area, level, format, arguments);
    va_end(arguments);
}

void log_always(enum log_area area, const char *format, ...)
{
    va_list arguments;
    va_start(arguments, format);
    write_line(area, LOG_LEVEL_INFO, format, arguments);
    va_end(arguments);
}
