/* The walk: put and drop write rows into the buffer `filling` -> spool_commit hands it to the thread pool and
 * begins another -> `work` carries the rows out in one transaction -> `after_work`, in the loop's thread,
 * tells. Only one of the two threads has the file at any time: the pool's from uv_queue_work to after_work.
 */
#include "io/spool.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/error.h"
#include "io/closing.h"
#include "io/io.h"
#include "io/spool_file.h"

#define KEEP_BYTES (64u * 1024) /* a larger buffer is given back after its use */

/* Rows, each with the bytes of topic and payload behind it. */
struct rows {
    char *bytes;
    size_t size, capacity;
    bool fresh; /* `clear` came first: a file that failed is made anew */
    bool incomplete;
};

struct spool {
    uv_loop_t *loop;
    uv_work_t work;
    struct spool_listener listener;
    struct spool_file file;
    struct rows filling, writing;
    bool busy, closes;
    int result; /* of the work */
    struct closing closing;
};

/* Rows. */

static void rows_empty(struct rows *rows)
{
    if (rows->capacity > KEEP_BYTES) {
        free(rows->bytes);
        rows->bytes = NULL;
        rows->capacity = 0;
    }
    rows->size = 0;
    rows->fresh = rows->incomplete = false;
}

static bool rows_reserve(struct rows *rows, size_t size)
{
    size_t capacity = rows->capacity ? rows->capacity : 4096;
    while (capacity - rows->size < size)
        capacity *= 2;
    if (capacity == rows->capacity)
        return true;
    char *bytes = realloc(rows->bytes, capacity);
    if (!bytes)
        return false;
    rows->bytes = bytes;
    rows->capacity = capacity;
    return true;
}

static void put_bytes(struct rows *rows, const void *data, size_t size)
{
    if (size)
        memcpy(rows->bytes + rows->size, data, size);
    rows->size += size;
}

static void add(struct spool *spool, const struct spool_row *row)
{
    struct rows *rows = &spool->filling;
    if (!rows_reserve(rows, sizeof(*row) + row->topic.size + row->payload.size)) {
        rows->incomplete = true;
        return;
    }
    put_bytes(rows, row, sizeof(*row));
    put_bytes(rows, row->topic.data, row->topic.size);
    put_bytes(rows, row->payload.data, row->payload.size);
}

static size_t take(const struct rows *rows, size_t at, struct spool_row *ret)
{
    memcpy(ret, rows->bytes + at, sizeof(*ret));
    at += sizeof(*ret);
    ret->topic.data = rows->bytes + at;
    ret->payload.data = rows->bytes + at + ret->topic.size;
    return at + ret->topic.size + ret->payload.size;
}

/* Put and drop. */

void spool_clear(struct spool *spool)
{
    rows_empty(&spool->filling);
    spool->filling.fresh = true;
    add(spool, &(struct spool_row){ .op = SPOOL_CLEAR });
}

void spool_put_event(struct spool *spool, uint64_t order, struct xpl_slice topic, struct xpl_slice payload,
                     int qos, int64_t born_ms)
{
    int64_t age_ms = io_now_ms() - born_ms;
    add(spool, &(struct spool_row){ SPOOL_PUT_EVENT, qos, order, io_wall_ms() - age_ms, topic, payload });
}

void spool_drop_events(struct spool *spool, uint64_t below)
{
    add(spool, &(struct spool_row){ .op = SPOOL_DROP_EVENTS, .order = below });
}

void spool_put_state(struct spool *spool, struct xpl_slice topic, struct xpl_slice payload, int qos)
{
    add(spool, &(struct spool_row){ .op = SPOOL_PUT_STATE, .qos = qos, .topic = topic, .payload = payload });
}

void spool_drop_state(struct spool *spool, struct xpl_slice topic)
{
    add(spool, &(struct spool_row){ .op = SPOOL_DROP_STATE, .topic = topic });
}

/* Commit. */

static int carry_out(struct spool_file *file, const struct rows *rows)
{
    struct spool_row row;
    if (rows->incomplete)
        return spool_file_fail(file, "out of memory");
    int r = rows->fresh ? spool_file_open(file) : file->db ? 0 : -EIO;
    if (r == 0)
        r = spool_file_begin(file);
    for (size_t at = 0; r == 0 && at < rows->size;) {
        at = take(rows, at, &row);
        r = spool_file_apply(file, &row);
    }
    return r == 0 ? spool_file_commit(file) : r;
}

static void work(uv_work_t *work)
{
    struct spool *spool = work->data;
    spool->result = carry_out(&spool->file, &spool->writing);
}

static void finish(struct spool *spool)
{
    free(spool->filling.bytes);
    free(spool->writing.bytes);
    spool_file_deinit(&spool->file);
    closing_finish(spool->closing, spool);
}

static void tell_of_damage(struct spool *spool)
{
    char path[PATH_MAX];
    if (!spool->file.damaged)
        return;
    spool->file.damaged = false;
    snprintf(path, sizeof(path), "%s" SPOOL_DAMAGED, spool->file.path);
    spool->listener.damaged(spool->listener.context, path);
}

static void after_work(uv_work_t *work, int status)
{
    struct spool *spool = work->data;
    must(status == 0); /* nobody cancels it */
    spool->busy = false;
    rows_empty(&spool->writing);
    if (spool->closes) {
        finish(spool);
        return;
    }
    tell_of_damage(spool);
    spool->listener.written(spool->listener.context, spool->result == 0 ? NULL : spool->file.error);
}

void spool_commit(struct spool *spool)
{
    must(!spool->busy);
    struct rows empty = spool->writing;
    spool->writing = spool->filling;
    spool->filling = empty;
    spool->busy = true;
    must(uv_queue_work(spool->loop, &spool->work, work, after_work) == 0);
}

/* Make and close. */

struct reading {
    const struct spool_reader *reader;
    int64_t offset_ms; /* of the monotonic clock to the wall's */
    int64_t now_ms;
};

static void found(void *context, const struct spool_row *row)
{
    const struct reading *reading = context;
    const struct spool_reader *reader = reading->reader;
    int64_t born_ms = row->wall_ms + reading->offset_ms;
    if (row->op == SPOOL_PUT_STATE)
        reader->state(reader->context, row->topic, row->payload, row->qos);
    else /* a clock that was put back makes nothing younger than now */
        reader->event(reader->context, row->order, row->topic, row->payload, row->qos,
                      born_ms < reading->now_ms ? born_ms : reading->now_ms);
}

int spool_new(struct spool **ret, uv_loop_t *loop, const char *path, const struct spool_listener *listener,
              const struct spool_reader *reader)
{
    struct spool *spool = calloc(1, sizeof(*spool));
    if (!spool || spool_file_init(&spool->file, path) < 0) {
        free(spool);
        return -ENOMEM;
    }
    spool->loop = loop;
    spool->listener = *listener;
    spool->work.data = spool;
    int64_t now_ms = io_now_ms();
    struct reading reading = { reader, now_ms - io_wall_ms(), now_ms };
    int r = spool_file_open(&spool->file);
    if (r == 0)
        r = spool_file_read(&spool->file, found, &reading);
    if (r == -EBUSY) {
        finish(spool);
        return r;
    }
    tell_of_damage(spool);
    *ret = spool;
    return 0;
}

void spool_close(struct spool *spool, void (*closed)(void *context), void *context)
{
    struct closing closing = { closed, context };
    if (!spool) {
        closing_finish(closing, NULL);
        return;
    }
    spool->closing = closing;
    spool->closes = true;
    if (!spool->busy)
        finish(spool);
}
