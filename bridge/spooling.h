/* Joins what the session owes (mqtt/spool.h) to the file on disk (io/spool.h), for mqtt spool="disk". Built
 * without SQLite there is none, and the settings may not ask for it. */
#ifndef SPOOLING_H
#define SPOOLING_H

#include "base/counters.h"
#include "mqtt/session.h"

struct spooling;
struct uv_loop_s;

/* NULL, or why there can be no spool on disk in `directory` (empty: there is none). */
const char *spooling_fault(const char *directory);

/* Gives the session what the last run left, and keeps what it owes from now on. `settle` is called after the
 * session was told something. 0; -EBUSY when another process has the file; -ENOMEM. */
int spooling_new(struct spooling **ret, struct uv_loop_s *loop, const char *directory,
                 struct session *session, struct counters *counters, void (*settle)(void *context),
                 void *context);

/* Writes what is not written yet, then closes; the session must live until `closed`. */
void spooling_close(struct spooling *spooling, void (*closed)(void *context), void *context);

#endif
