/* State that survives a restart: small files in one directory, each replaced as a whole or not at all. */
#ifndef IO_STORE_H
#define IO_STORE_H

#include <limits.h>
#include <stdbool.h>
#include <stddef.h>

#define STORE_DAMAGED   ".damaged"         /* behind the name of what was set aside */
#define STORE_DIRECTORY "/var/lib/xplmqtt" /* when the service manager names none (xplmqttd(8)) */

enum store_result {
    STORE_OK,
    STORE_NOWHERE, /* there is no directory to keep anything in */
    STORE_MISSING, /* no such file */
};

/* A store that is nowhere finds nothing, and forgets what it is given. */
struct store {
    char directory[PATH_MAX]; /* empty: nowhere */
};

/* `directories` is the value of $STATE_DIRECTORY (a list with ':', the first counts); NULL or empty:
 * STORE_DIRECTORY. STORE_OK, or STORE_NOWHERE when it cannot be written to. Makes no directory. Nothing to
 * deinit. */
int store_init(struct store *store, const char *directories);
bool store_is_nowhere(const struct store *store);

/* A name is one file name: not empty, no '/', no '.' in front (-EINVAL). */

/* The whole file, with a NUL behind it; free it. STORE_OK, STORE_MISSING, -EFBIG over LIMIT_STATE_FILE, or
 * another negative errno. */
int store_read(const struct store *store, const char *name, char **ret, size_t *ret_size);

/* After 0 the new content is on the disk; after an error (a full disk, say) the old one is still there,
 * whole, except that after a failed last sync (-EIO) it may be either. -EFBIG over LIMIT_STATE_FILE. */
int store_replace(const struct store *store, const char *name, const char *data, size_t size);

/* Gives it the name NAME.damaged, instead of an older one of that name. 0 also when there was none. */
int store_set_aside(const struct store *store, const char *name);

/* 0 also when there was none. */
int store_remove(const struct store *store, const char *name);

#endif
