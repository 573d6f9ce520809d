#include "fake_spool.h"

#include <stdio.h>

#include "base/error.h"

static struct fake_row *find(struct fake_rows *rows, uint64_t order, struct xpl_slice topic)
{
    for (size_t i = 0; i < rows->n; i++) {
        struct fake_row *row = &rows->row[i];
        if (row->order == order && (order || xpl_slice_equal(topic, xpl_slice_from(row->topic))))
            return row;
    }
    return NULL;
}

static void put(struct fake_spool *spool, uint64_t order, const struct spool_message *message,
                int64_t born_ms)
{
    struct fake_rows *rows = &spool->next;
    struct fake_row *row = find(rows, order, message->topic);
    if (!row) {
        must(rows->n < FAKE_ROWS);
        row = &rows->row[rows->n++];
    }
    *row = (struct fake_row){ .order = order, .qos = message->qos, .born_ms = born_ms };
    snprintf(row->topic, sizeof(row->topic), "%.*s", XPL_SLICE_ARGS(message->topic));
    snprintf(row->payload, sizeof(row->payload), "%.*s", XPL_SLICE_ARGS(message->payload));
    spool->puts++;
}

static void drop_if(struct fake_rows *rows, bool (*gone)(const struct fake_row *row, const void *what),
                    const void *what)
{
    size_t n = 0;
    for (size_t i = 0; i < rows->n; i++)
        if (!gone(&rows->row[i], what))
            rows->row[n++] = rows->row[i];
    rows->n = n;
}

static bool is_below(const struct fake_row *row, const void *what)
{
    return row->order && row->order < *(const uint64_t *)what;
}

static bool is_state(const struct fake_row *row, const void *what)
{
    return row->order == 0 && xpl_slice_equal(xpl_slice_from(row->topic), *(const struct xpl_slice *)what);
}

static void on_clear(void *context)
{
    struct fake_spool *spool = context;
    spool->next.n = 0;
    spool->failed = false;
}

static void on_put_event(void *context, uint64_t order, const struct spool_message *message, int64_t born_ms)
{
    must(order > 0);
    put(context, order, message, born_ms);
}

static void on_drop_events(void *context, uint64_t below)
{
    drop_if(&((struct fake_spool *)context)->next, is_below, &below);
}

static void on_put_state(void *context, const struct spool_message *message)
{
    put(context, 0, message, 0);
}

static void on_drop_state(void *context, struct xpl_slice topic)
{
    drop_if(&((struct fake_spool *)context)->next, is_state, &topic);
}

static void on_commit(void *context)
{
    struct fake_spool *spool = context;
    must(!spool->busy);
    spool->busy = true;
    spool->commits++;
    spool->failed |= spool->full;
    if (spool->failed)
        spool->next.n = 0;
    spool->disk = spool->next;
}

struct session_spool fake_spool_table(struct fake_spool *spool)
{
    return (struct session_spool){ spool,        on_clear,      on_put_event, on_drop_events,
                                   on_put_state, on_drop_state, on_commit };
}

bool fake_spool_tell(struct fake_spool *spool, struct session *session, int64_t now_ms)
{
    if (!spool->busy)
        return false;
    spool->busy = false;
    session_on_spool(session, spool->failed ? "disk full" : NULL, now_ms);
    return true;
}

void fake_spool_restore(struct fake_spool *spool, struct session *session)
{
    static struct fake_rows rows;
    struct session_spool table = fake_spool_table(spool);
    uint64_t last = 0;
    rows = spool->disk;
    spool->next = spool->disk;
    spool->busy = false;
    session_use_spool(session, &table);
    for (;;) { /* the events in their order */
        const struct fake_row *next = NULL;
        for (size_t i = 0; i < rows.n; i++)
            if (rows.row[i].order > last && (!next || rows.row[i].order < next->order))
                next = &rows.row[i];
        if (!next)
            break;
        last = next->order;
        const struct spool_message message = { xpl_slice_from(next->topic), xpl_slice_from(next->payload),
                                               next->qos };
        session_restore_event(session, next->order, &message, next->born_ms);
    }
    for (size_t i = 0; i < rows.n; i++) {
        const struct fake_row *row = &rows.row[i];
        const struct spool_message message = { xpl_slice_from(row->topic), xpl_slice_from(row->payload),
                                               row->qos };
        if (row->order == 0)
            session_restore_state(session, &message);
    }
}

const char *fake_spool_state(const struct fake_spool *spool, const char *topic)
{
    for (size_t i = 0; i < spool->disk.n; i++)
        if (spool->disk.row[i].order == 0 && strcmp(spool->disk.row[i].topic, topic) == 0)
            return spool->disk.row[i].payload;
    return NULL;
}

const char *fake_spool_events(const struct fake_spool *spool)
{
    static char text[4096];
    size_t size = 0;
    text[0] = '\0';
    for (size_t i = 0; i < spool->disk.n && size < sizeof(text); i++)
        if (spool->disk.row[i].order)
            size += (size_t)snprintf(text + size, sizeof(text) - size, "%s%s", size ? " " : "",
                                     spool->disk.row[i].payload);
    return text;
}
