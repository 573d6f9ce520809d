/* The log: to stderr, with the journal's priority prefix when the journal reads it. One area a line.
 *
 * Only the rim logs (io, mqtt's callbacks in daemon.c, main, the tool). Nothing per message at `info`.
 */
#ifndef BASE_LOG_H
#define BASE_LOG_H

#include <stdarg.h>

#include "xpl/slice.h"

enum log_level { LOG_LEVEL_ERROR, LOG_LEVEL_WARNING, LOG_LEVEL_INFO, LOG_LEVEL_DEBUG };

enum log_area { LOG_DAEMON, LOG_CONFIG, LOG_MAPPING, LOG_XPL, LOG_MQTT, LOG_AREAS };

/* "error warning info debug", and "daemon config mapping xpl mqtt": NULL-terminated lists in enum order. */
extern const char *const log_level_names[];
extern const char *const log_area_names[];

/* Sets the level of one area, or of all with LOG_AREAS. The start is `info` everywhere. */
void log_set_level(enum log_area area, enum log_level level);
/* "info", or "info,mqtt=debug": 0 or -EINVAL, nothing being set then. */
int log_set_levels(struct xpl_slice levels);
enum log_level log_get_level(enum log_area area);
bool log_enabled(enum log_area area, enum log_level level);

void log_write(enum log_area area, enum log_level level, const char *format, ...)
    __attribute__((format(printf, 3, 4)));
#define log_error(area, ...)   log_write((area), LOG_LEVEL_ERROR, __VA_ARGS__)
#define log_warning(area, ...) log_write((area), LOG_LEVEL_WARNING, __VA_ARGS__)
#define log_info(area, ...)    log_write((area), LOG_LEVEL_INFO, __VA_ARGS__)
#define log_debug(area, ...)   log_write((area), LOG_LEVEL_DEBUG, __VA_ARGS__)
/* What somebody asked for: written at any level. */
void log_always(enum log_area area, const char *format, ...) __attribute__((format(printf, 2, 3)));

#endif
