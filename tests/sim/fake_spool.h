/* A disk in an array: implements the spool table (mqtt/spool.h). What is committed is there at once; the
 * session hears of it when the test says so, and what was not committed goes with the session. */
#ifndef FAKE_SPOOL_H
#define FAKE_SPOOL_H

#include "mqtt/session.h"

#define FAKE_ROWS 4096

struct fake_row {
    uint64_t order; /* 0: a state */
    char topic[32], payload[32];
    int qos;
    int64_t born_ms;
};

struct fake_rows {
    struct fake_row row[FAKE_ROWS];
    size_t n;
};

struct fake_spool {
    struct fake_rows disk, next; /* what is there; what the next commit makes of it */
    bool busy;                   /* a commit has not been told of */
    bool full;                   /* commits fail, and what was there is gone */
    bool failed;                 /* nothing works until `clear` */
    unsigned commits, puts;      /* that were made */
};

struct session_spool fake_spool_table(struct fake_spool *spool);

/* The session hears of the commit; false when there is none. */
bool fake_spool_tell(struct fake_spool *spool, struct session *session, int64_t now_ms);

/* A new session over what an earlier one left. */
void fake_spool_restore(struct fake_spool *spool, struct session *session);

/* The payload of a state's row, NULL for none; "number payload …" of the events. Valid until the next call.
 */
const char *fake_spool_state(const struct fake_spool *spool, const char *topic);
const char *fake_spool_events(const struct fake_spool *spool);

#endif
