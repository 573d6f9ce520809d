/* The walk: the session's table puts rows into the file's next commit -> the file tells how it went -> the
 * session decides what comes next. At the end the session hands over the rest, without waiting, until nothing
 * is left. */
#include "spooling.h"

#include "base/error.h"

#ifdef HAVE_SQLITE

#include <limits.h>
#include <stdio.h>
#include <stdlib.h>

#include "base/log.h"
#include "io/io.h"
#include "io/spool.h"

#define FILE_SPOOL "spool.db"

struct spooling {
    struct spool *spool;
    struct session *session;
    struct counters *counters;
    void (*settle)(void *context);
    void (*closed)(void *context);
    void *settle_context, *closed_context;
    bool closes;
};

/* ---- session to file ---- */

static void on_clear(void *context)
{
    spool_clear(((struct spooling *)context)->spool);
}

static void on_put_event(void *context, uint64_t order, const struct spool_message *message, int64_t born_ms)
{
    spool_put_event(((struct spooling *)context)->spool, order, message->topic, message->payload,
                    message->qos, born_ms);
}

static void on_drop_events(void *context, uint64_t below)
{
    spool_drop_events(((struct spooling *)context)->spool, below);
}

static void on_put_state(void *context, const struct spool_message *message)
{
    spool_put_state(((struct spooling *)context)->spool, message->topic, message->payload, message->qos);
}

static void on_drop_state(void *context, struct xpl_slice topic)
{
    spool_drop_state(((struct spooling *)context)->spool, topic);
}

static void on_commit(void *context)
{
    spool_commit(((struct spooling *)context)->spool);
}

/* ---- file to session ---- */

static void found_event(void *context, uint64_t order, struct xpl_slice topic, struct xpl_slice payload,
                        int qos, int64_t born_ms)
{
    struct spooling *spooling = context;
    const struct spool_message message = { topic, payload, qos };
    session_restore_event(spooling->session, order, &message, born_ms);
}

static void found_state(void *context, struct xpl_slice topic, struct xpl_slice payload, int qos)
{
    struct spooling *spooling = context;
    const struct spool_message message = { topic, payload, qos };
    session_restore_state(spooling->session, &message);
}

static void on_damaged(void *context, const char *moved_to)
{
    struct spooling *spooling = context;
    count(spooling->counters, COUNT_SPOOL_DAMAGED);
    log_error(LOG_MQTT, "the spool on disk was damaged: it is now %s, and a new one was begun", moved_to);
}

static void end(struct spooling *spooling)
{
    if (session_spool_end(spooling->session, io_now_ms())) {
        struct spool *spool = spooling->spool;
        void (*closed)(void *context) = spooling->closed;
        void *context = spooling->closed_context;
        free(spooling);
        spool_close(spool, closed, context);
    }
}

static void on_written(void *context, const char *error)
{
    struct spooling *spooling = context;
    session_on_spool(spooling->session, error, io_now_ms());
    if (spooling->closes)
        end(spooling);
    else
        spooling->settle(spooling->settle_context);
}

/* ---- make and close ---- */

const char *spooling_fault(const char *directory)
{
    return directory[0] ? NULL
                        : "there is no directory that we may write to (STATE_DIRECTORY, /var/lib/xplmqtt)";
}

int spooling_new(struct spooling **ret, struct uv_loop_s *loop, const char *directory,
                 struct session *session, struct counters *counters, void (*settle)(void *context),
                 void *context)
{
    char path[PATH_MAX];
    struct spooling *spooling = calloc(1, sizeof(*spooling));
    if (!spooling)
        return -ENOMEM;
    *spooling = (struct spooling){
        .session = session, .counters = counters, .settle = settle, .settle_context = context
    };
    const struct session_spool table = { spooling,     on_clear,      on_put_event, on_drop_events,
                                         on_put_state, on_drop_state, on_commit };
    const struct spool_listener listener = { spooling, on_written, on_damaged };
    const struct spool_reader reader = { spooling, found_event, found_state };
    snprintf(path, sizeof(path), "%s/" FILE_SPOOL, directory);
    session_use_spool(session, &table);
    int r = spool_new(&spooling->spool, loop, path, &listener, &reader);
    if (r < 0) {
        free(spooling);
        return r;
    }
    uint64_t restored = counters->value[COUNT_SPOOL_RESTORED];
    if (restored)
        log_info(LOG_MQTT, "%llu messages of the last run wait for the broker", (unsigned long long)restored);
    *ret = spooling;
    return 0;
}

void spooling_close(struct spooling *spooling, void (*closed)(void *context), void *context)
{
    if (!spooling) {
        closed(context);
        return;
    }
    spooling->closed = closed;
    spooling->closed_context = context;
    spooling->closes = true;
    end(spooling);
}

#else

const char *spooling_fault(const char *directory)
{
    (void)directory;
    return "this xplmqttd was built without SQLite";
}

int spooling_new(struct spooling **ret, struct uv_loop_s *loop, const char *directory,
                 struct session *session, struct counters *counters, void (*settle)(void *context),
                 void *context)
{
    (void)ret, (void)loop, (void)directory, (void)session, (void)counters, (void)settle, (void)context;
    return -ENOSYS;
}

void spooling_close(struct spooling *spooling, void (*closed)(void *context), void *context)
{
    (void)spooling;
    closed(context);
}

#endif
