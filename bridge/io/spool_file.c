/* The walk: open, set up, check the whole file -> read it once -> begin, apply, commit, again and again.
 *
 * Everything that goes wrong passes `failed`, which closes the file and gets it out of the way: what is
 * damaged for people to look at, anything else for good.
 *
 * locking_mode=EXCLUSIVE comes before WAL, so that there is no shared memory file: it would be mapped, and a
 * full disk under a mapping is a SIGBUS.
 */
#include "io/spool_file.h"

#include <errno.h>
#include <fcntl.h>
#include <sqlite3.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "base/limits.h"

#define FORMAT      "1" /* of the tables */
#define PAGE        4096
#define TEXT_OF(x)  TEXT_OF_(x)
#define TEXT_OF_(x) #x

static const char setup[] =
    "PRAGMA locking_mode=EXCLUSIVE;"
    "PRAGMA page_size=" TEXT_OF(
        PAGE) ";"
              "PRAGMA journal_mode=WAL;"
              "PRAGMA synchronous=NORMAL;"
              "PRAGMA journal_size_limit=4194304;"
              "PRAGMA cache_size=-512;"
              "PRAGMA temp_store=MEMORY;"
              "PRAGMA cell_size_check=ON;"
              "BEGIN EXCLUSIVE;"
              "CREATE TABLE IF NOT EXISTS events(number INTEGER PRIMARY KEY, born INTEGER NOT NULL,"
              " qos INTEGER NOT NULL, topic BLOB NOT NULL, payload BLOB NOT NULL);"
              "CREATE TABLE IF NOT EXISTS states(topic BLOB PRIMARY KEY NOT NULL,"
              " qos INTEGER NOT NULL, payload BLOB NOT NULL) WITHOUT ROWID;"
              "PRAGMA user_version=" FORMAT ";"
              "COMMIT";

static const char *const sql[SPOOL_OPS] = {
    [SPOOL_CLEAR] = "DELETE FROM events",
    [SPOOL_PUT_EVENT] =
        "INSERT OR REPLACE INTO events(number, born, qos, topic, payload) VALUES(?1, ?2, ?3, ?4, ?5)",
    [SPOOL_DROP_EVENTS] = "DELETE FROM events WHERE number < ?1",
    [SPOOL_PUT_STATE] = "INSERT OR REPLACE INTO states(topic, qos, payload) VALUES(?4, ?3, ?5)",
    [SPOOL_DROP_STATE] = "DELETE FROM states WHERE topic = ?4",
};

int spool_file_init(struct spool_file *file, const char *path)
{
    *file =
        (struct spool_file){ .path = strdup(path), .beside = malloc(strlen(path) + sizeof(SPOOL_DAMAGED)) };
    if (file->path && file->beside)
        return 0;
    spool_file_deinit(file);
    return -ENOMEM;
}

static void close_it(struct spool_file *file)
{
    for (int op = 0; op < SPOOL_OPS; op++) {
        sqlite3_finalize(file->statements[op]);
        file->statements[op] = NULL;
    }
    sqlite3_close(file->db);
    file->db = NULL;
}

void spool_file_deinit(struct spool_file *file)
{
    close_it(file);
    free(file->path);
    free(file->beside);
    *file = (struct spool_file){ 0 };
}

static const char *beside(struct spool_file *file, const char *end)
{
    snprintf(file->beside, strlen(file->path) + sizeof(SPOOL_DAMAGED), "%s%s", file->path, end);
    return file->beside;
}

static void remove_it(struct spool_file *file)
{
    close_it(file);
    unlink(beside(file, "-wal"));
    unlink(file->path);
}

/* Whatever it is, the file is no use to us now. */
static int failed(struct spool_file *file, int code)
{
    code &= 0xff;              /* above it stands what of that kind */
    if (code == SQLITE_BUSY) { /* it is another's */
        snprintf(file->error, sizeof(file->error), "another process uses it");
        close_it(file);
        return -EBUSY;
    }
    if (code == SQLITE_MISMATCH)
        snprintf(file->error, sizeof(file->error), "damaged, or of another version");
    else
        snprintf(file->error, sizeof(file->error), "%s",
                 file->db ? sqlite3_errmsg(file->db) : "out of memory");
    close_it(file);
    if (code == SQLITE_CORRUPT || code == SQLITE_NOTADB || code == SQLITE_MISMATCH)
        file->damaged |= rename(file->path, beside(file, SPOOL_DAMAGED)) == 0;
    remove_it(file);
    return -EIO;
}

int spool_file_fail(struct spool_file *file, const char *error)
{
    snprintf(file->error, sizeof(file->error), "%s", error);
    remove_it(file);
    return -EIO;
}

/* Open. */

/* "ok" is what quick_check says of a good file, and the format's number of one that is ours or new. */
static int expect(struct spool_file *file, const char *question, const char *answer, const char *other)
{
    sqlite3_stmt *statement = NULL;
    bool good = false;
    int code = sqlite3_prepare_v2(file->db, question, -1, &statement, NULL);
    if (code == SQLITE_OK)
        code = sqlite3_step(statement);
    if (code == SQLITE_ROW) {
        const char *said = (const char *)sqlite3_column_text(statement, 0);
        good = said && (strcmp(said, answer) == 0 || strcmp(said, other) == 0);
    }
    sqlite3_finalize(statement);
    return code != SQLITE_ROW ? code : good ? SQLITE_OK : SQLITE_MISMATCH;
}

static int prepare(struct spool_file *file)
{
    int code = SQLITE_OK;
    for (int op = 0; op < SPOOL_OPS && code == SQLITE_OK; op++)
        code =
            sqlite3_prepare_v3(file->db, sql[op], -1, SQLITE_PREPARE_PERSISTENT, &file->statements[op], NULL);
    return code;
}

static int open_it(struct spool_file *file)
{
    char limit[64];
    int fd = open(file->path, O_RDWR | O_CREAT | O_CLOEXEC, 0640); /* SQLite's own mode lets everybody read */
    if (fd < 0) {
        snprintf(file->error, sizeof(file->error), "%s", strerror(errno));
        return -EIO;
    }
    close(fd);
    snprintf(limit, sizeof(limit), "PRAGMA max_page_count=%u", LIMIT_SPOOL_FILE / PAGE);
    int code = sqlite3_open_v2(file->path, &file->db, SQLITE_OPEN_READWRITE, NULL);
    if (code == SQLITE_OK)
        code = expect(file, "PRAGMA user_version", FORMAT, "0");
    if (code == SQLITE_OK)
        code = sqlite3_exec(file->db, setup, NULL, NULL, NULL);
    if (code == SQLITE_OK)
        code = sqlite3_exec(file->db, limit, NULL, NULL, NULL);
    if (code == SQLITE_OK)
        code = expect(file, "PRAGMA quick_check(1)", "ok", "ok");
    if (code == SQLITE_OK)
        code = prepare(file);
    return code == SQLITE_OK ? 0 : failed(file, code);
}

int spool_file_open(struct spool_file *file)
{
    bool had = file->damaged;
    if (file->db)
        return 0;
    file->damaged = false;
    int r = open_it(file);
    if (r == -EIO && file->damaged)
        r = open_it(file);
    file->damaged |= had;
    return r;
}

/* Read and write. */

static struct xpl_slice column(sqlite3_stmt *statement, int number)
{
    const char *data = sqlite3_column_blob(statement, number);
    int size = sqlite3_column_bytes(statement, number);
    return xpl_slice(data ? data : "", data && size > 0 ? (size_t)size : 0);
}

static int read_table(struct spool_file *file, const char *select, enum spool_op op,
                      void (*found)(void *context, const struct spool_row *row), void *context)
{
    sqlite3_stmt *statement = NULL;
    int code = sqlite3_prepare_v2(file->db, select, -1, &statement, NULL);
    while (code == SQLITE_OK || code == SQLITE_ROW) {
        code = sqlite3_step(statement);
        if (code != SQLITE_ROW)
            break;
        const struct spool_row row = {
            .op = op,
            .topic = column(statement, 0),
            .payload = column(statement, 1),
            .qos = sqlite3_column_int(statement, 2),
            .order = (uint64_t)sqlite3_column_int64(statement, 3),
            .wall_ms = sqlite3_column_int64(statement, 4),
        };
        found(context, &row);
    }
    sqlite3_finalize(statement);
    return code == SQLITE_DONE ? 0 : failed(file, code);
}

int spool_file_read(struct spool_file *file, void (*found)(void *context, const struct spool_row *row),
                    void *context)
{
    int r = read_table(
        file, "SELECT topic, payload, qos, number, born FROM events WHERE number > 0 ORDER BY number",
        SPOOL_PUT_EVENT, found, context);
    if (r == 0)
        r = read_table(file, "SELECT topic, payload, qos, 0, 0 FROM states", SPOOL_PUT_STATE, found, context);
    return r;
}

static int execute(struct spool_file *file, const char *statement)
{
    int code = sqlite3_exec(file->db, statement, NULL, NULL, NULL);
    return code == SQLITE_OK ? 0 : failed(file, code);
}

int spool_file_begin(struct spool_file *file)
{
    return execute(file, "BEGIN");
}

int spool_file_apply(struct spool_file *file, const struct spool_row *row)
{
    sqlite3_stmt *statement = file->statements[row->op];
    int n = sqlite3_bind_parameter_count(statement);
    /* What a statement does not ask for is out of range, and no matter. */
    sqlite3_bind_int64(statement, 1, (sqlite3_int64)row->order);
    if (n > 1) {
        sqlite3_bind_int64(statement, 2, row->wall_ms);
        sqlite3_bind_int(statement, 3, row->qos);
        sqlite3_bind_blob64(statement, 4, row->topic.data, row->topic.size, SQLITE_STATIC);
        if (n > 4)
            sqlite3_bind_blob64(statement, 5, row->payload.data ? row->payload.data : "", row->payload.size,
                                SQLITE_STATIC);
    }
    int code = sqlite3_step(statement);
    if (code != SQLITE_DONE)
        return failed(file, code);
    sqlite3_reset(statement);
    sqlite3_clear_bindings(statement);
    return row->op == SPOOL_CLEAR ? execute(file, "DELETE FROM states") : 0;
}

int spool_file_commit(struct spool_file *file)
{
    return execute(file, "COMMIT");
}
