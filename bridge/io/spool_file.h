/* The spool's SQLite file, from whichever thread has it. */
#ifndef IO_SPOOL_FILE_H
#define IO_SPOOL_FILE_H

#include <stdint.h>

#include "xpl/slice.h"

#define SPOOL_DAMAGED ".damaged"

enum spool_op {
    SPOOL_CLEAR,
    SPOOL_PUT_EVENT,
    SPOOL_DROP_EVENTS,
    SPOOL_PUT_STATE,
    SPOOL_DROP_STATE,
    SPOOL_OPS
};

struct spool_row {
    enum spool_op op;
    int qos;
    uint64_t order;  /* PUT_EVENT its own, DROP_EVENTS the first that stays */
    int64_t wall_ms; /* PUT_EVENT: when it was born */
    struct xpl_slice topic, payload;
};

struct sqlite3;
struct sqlite3_stmt;

struct spool_file {
    char *path, *beside; /* with .damaged behind it, or -wal */
    struct sqlite3 *db;  /* NULL: not open */
    struct sqlite3_stmt *statements[SPOOL_OPS];
    char error[160]; /* of the last failure */
    bool damaged;    /* one was moved to PATH.damaged; whoever tells of it clears this */
};

/* 0 or -ENOMEM. Opens nothing. */
int spool_file_init(struct spool_file *file, const char *path);
void spool_file_deinit(struct spool_file *file);

/* From here on: 0; -EBUSY when another process has the file; -EIO for any other failure, which `error`
 * describes; then the file is closed, and removed or moved aside. */

/* Opens it, makes it if need be, and checks it. One that is damaged is moved aside, and a new one made. */
int spool_file_open(struct spool_file *file);
int spool_file_read(struct spool_file *file, void (*found)(void *context, const struct spool_row *row),
                    void *context);
int spool_file_begin(struct spool_file *file);
int spool_file_apply(struct spool_file *file, const struct spool_row *row);
int spool_file_commit(struct spool_file *file);

/* Gives it up, for a reason that lies elsewhere. -EIO. */
int spool_file_fail(struct spool_file *file, const char *error);

#endif
