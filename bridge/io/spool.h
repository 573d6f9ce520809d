/* The spool on disk: what waits for the broker, in an SQLite file. What is put and when is decided elsewhere;
 * here it is carried out, in libuv's thread pool, so that a slow card never holds up the loop.
 *
 * The file is in WAL mode with synchronous=NORMAL: a commit survives the end of this process at any moment;
 * at power loss the last ones may go, the file never does. One process at a time.
 *
 * A file that is damaged is moved aside (NAME.damaged) and begun anew. A disk that takes no more, or an I/O
 * error: the file is removed, since what is no longer kept up to date would be old news after a restart;
 * `written` says why, nothing is written then until spool_clear makes the file anew. Closing: io.h.
 */
#ifndef IO_SPOOL_H
#define IO_SPOOL_H

#include <stdint.h>
#include <uv.h>

#include "xpl/slice.h"

struct spool;

/* Called in the loop's thread. */
struct spool_listener {
    void *context;
    void (*written)(void *context, const char *error); /* the commit is done; NULL: well */
    void (*damaged)(void *context, const char *moved_to);
};

/* What was found. Slices live as long as the call. */
struct spool_reader {
    void *context;
    void (*event)(void *context, uint64_t order, struct xpl_slice topic, struct xpl_slice payload, int qos,
                  int64_t born_ms);
    void (*state)(void *context, struct xpl_slice topic, struct xpl_slice payload, int qos);
};

/* Opens or makes the file and reads it: the events in the order of `order`, then the states. 0; -EBUSY when
 * another process has it; -ENOMEM. Of any other failure the first commit tells. */
int spool_new(struct spool **ret, uv_loop_t *loop, const char *path, const struct spool_listener *listener,
              const struct spool_reader *reader);
void spool_close(struct spool *spool, void (*closed)(void *context), void *context);

/* These are carried out by the next commit, in this order, all or none. Times are monotonic; the file keeps
 * the wall clock's. */
void spool_clear(struct spool *spool);
void spool_put_event(struct spool *spool, uint64_t order, struct xpl_slice topic, struct xpl_slice payload,
                     int qos, int64_t born_ms);
void spool_drop_events(struct spool *spool, uint64_t below);
void spool_put_state(struct spool *spool, struct xpl_slice topic, struct xpl_slice payload, int qos);
void spool_drop_state(struct spool *spool, struct xpl_slice topic);

/* One at a time: `written` follows. */
void spool_commit(struct spool *spool);

#endif
