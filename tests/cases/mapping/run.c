/* Runs mapping cases: "PROGRAM DIRECTORY FILE.case...", where DIRECTORY is one that may be written to.
 *
 * A file holds cases; tests/cases/mapping/README.md tells how one is written. Each is loaded, its steps are
 * done, and what comes out is compared line by line with what stands below each step. */
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <unistd.h>

#include "run.h"

#define NS "<mappings xmlns=\"urn:xplmqtt:mappings:1\">"

void die(const char *what, const char *name)
{
    fprintf(stderr, "%s: %s\n", name, what);
    exit(1);
}

/* ---- a case ---- */

static void write_file(struct run *run, const char *name, const char *text, size_t size, int kind)
{
    if (run->n_files == FILES_MAX)
        die("too many files", name);
    char *path = run->paths[run->n_files];
    snprintf(path, sizeof(run->paths[0]), "%s/%s", run->directory, name);
    FILE *file = fopen(path, "wb");
    if (!file)
        die(strerror(errno), path);
    fprintf(file, "%s\n", NS);
    fwrite(text, 1, size, file);
    fprintf(file, "</mappings>\n");
    fclose(file);
    if (kind >= 0) /* an included one is only there */
        run->files[run->n_files] = (struct mapping_file){ .path = path, .shipped = kind == 1 };
    else
        run->files[run->n_files].path = NULL;
    run->n_files++;
}

/* "error 3:5 TEXT", with the file's name in front when it is not the only one. */
static void put_findings(struct run *run, const struct diag *diag)
{
    static const char *const levels[] = { "info", "warning", "error" };
    size_t directory = strlen(run->directory);
    for (const struct diag_finding *f = diag->first; f; f = f->next) {
        const char *file = f->place.file ? f->place.file : "";
        if (strncmp(file, run->directory, directory) == 0)
            file += directory + 1;
        text_format(&run->got.text, "%s ", levels[f->level]);
        if (strcmp(file, "user.xml") != 0)
            text_format(&run->got.text, "%s ", file);
        text_format(&run->got.text, "%d:%d ", f->place.line, f->place.column);
        for (const char *p = f->text; *p; p++) { /* the directory is ours, not the test's */
            if (strncmp(p, run->directory, directory) == 0 && p[directory] == '/')
                p += directory + 1;
            text_char(&run->got.text, *p);
        }
        text_char(&run->got.text, '\n');
    }
}

static void load(struct run *run)
{
    struct mapping_file files[FILES_MAX];
    struct mapping_options options = { .prefix = run->prefix, .charset = "windows-1252", .examples = true };
    struct diag diag;
    size_t n = 0;
    for (size_t i = 0; i < run->n_files; i++)
        if (run->files[i].path)
            files[n++] = run->files[i];
    diag_init(&diag);
    run->mapping = NULL;
    int r = mapping_load(&run->mapping, files, n, &options, &diag);
    put_findings(run, &diag);
    if (r == -ENOMEM)
        die("out of memory", "load");
    if ((r < 0) != (diag.n_errors > 0))
        die("the result and the findings disagree", "load");
    diag_deinit(&diag);
}

static void compare(struct run *run, const char *file, int line, const char *what)
{
    struct xpl_slice got = text_get(&run->got.text), wanted = text_get(&run->wanted.text);
    if (!xpl_slice_equal(got, wanted)) {
        fprintf(stderr, "%s:%d: %s\n--- wanted\n%.*s--- got\n%.*s\n", file, line, what,
                XPL_SLICE_ARGS(wanted), XPL_SLICE_ARGS(got));
        run->failures++;
    }
    text_reset(&run->got.text);
    text_reset(&run->wanted.text);
}

/* ---- a file of cases ---- */

struct reader {
    const char *name;
    FILE *file;
    char line[1 << 16];
    int number;
    bool has;
};

/* A blank and a backslash at the end of a line join the next one. */
static bool next(struct reader *reader)
{
    size_t size = 0;
    do {
        reader->has = fgets(reader->line + size, (int)(sizeof(reader->line) - size), reader->file) != NULL;
        reader->number += reader->has;
        size = strlen(reader->line);
        while (reader->has && size && reader->line[size - 1] == '\n')
            reader->line[--size] = '\0';
    } while (reader->has && size > 1 && reader->line[size - 2] == ' ' && reader->line[--size] == '\\');
    return reader->has;
}

static bool starts(const struct reader *reader, const char *with)
{
    return strncmp(reader->line, with, strlen(with)) == 0;
}

/* Everything up to the next step or case is expected of the one before. */
static void read_wanted(struct run *run, struct reader *reader)
{
    while (next(reader) && !starts(reader, "> ") && !starts(reader, "=== "))
        if (reader->line[0] && reader->line[0] != '#')
            text_format(&run->wanted.text, "%s\n", reader->line);
}

static void read_mapping(struct run *run, struct reader *reader)
{
    static char text[1 << 16];
    char name[64] = "user.xml";
    size_t size = 0;
    int kind = 0;
    for (;;) {
        bool end = !next(reader) || starts(reader, "> ") || starts(reader, "=== ");
        if (end || starts(reader, "--- ")) {
            if (size || (end && !run->n_files))
                write_file(run, name, text, size, kind);
            size = 0;
            if (end)
                return;
            kind = starts(reader, "--- shipped ") ? 1 : starts(reader, "--- included ") ? -1 : 0;
            snprintf(name, sizeof(name), "%s", strrchr(reader->line, ' ') + 1);
            if (starts(reader, "--- prefix ")) {
                snprintf(run->prefix, sizeof(run->prefix), "%s", name);
                snprintf(name, sizeof(name), "user.xml");
            }
            continue;
        }
        size += (size_t)snprintf(text + size, sizeof(text) - size, "%s\n", reader->line);
    }
}

static void run_case(struct run *run, struct reader *reader)
{
    char what[512];
    int line = reader->number;
    snprintf(what, sizeof(what), "%s", reader->line + 4);
    snprintf(run->prefix, sizeof(run->prefix), "xpl");
    run->n_files = run->n_heard = 0;
    run->send = NULL;
    run->cases++;
    read_mapping(run, reader);
    load(run);
    if (reader->has && starts(reader, "> findings"))
        read_wanted(run, reader);
    compare(run, reader->name, line, what);
    while (reader->has && starts(reader, "> ")) {
        char now[sizeof(reader->line)];
        line = reader->number;
        memcpy(now, reader->line, sizeof(now));
        read_wanted(run, reader);
        if (!run->mapping)
            continue;
        step(run, now + 2);
        snprintf(what, sizeof(what), "%s", now);
        compare(run, reader->name, line, what);
    }
    mapping_unref(run->mapping);
    for (size_t i = 0; i < run->n_files; i++)
        unlink(run->paths[i]);
}

static void run_file(struct run *run, const char *name)
{
    static struct reader reader;
    reader = (struct reader){ .name = name, .file = fopen(name, "rb") };
    if (!reader.file)
        die(strerror(errno), name);
    while (reader.number == 0 || reader.has)
        if (reader.has && starts(&reader, "=== "))
            run_case(run, &reader);
        else
            next(&reader);
    fclose(reader.file);
}

int main(int argc, char **argv)
{
    static struct run run;
    char directory[] = "mapping-case-XXXXXX";
    char path[1024];
    if (argc < 3)
        die("DIRECTORY FILE.case...", argv[0]);
    snprintf(path, sizeof(path), "%s/%s", argv[1], directory);
    if (!mkdtemp(path))
        die(strerror(errno), path);
    run.directory = path;
    run.got.text = TEXT(run.got.bytes);
    run.wanted.text = TEXT(run.wanted.bytes);
    if (mapping_scratch_new(&run.scratch) < 0)
        die("out of memory", argv[0]);
    for (int i = 2; i < argc; i++)
        run_file(&run, argv[i]);
    mapping_scratch_free(run.scratch);
    rmdir(path);
    printf("%d cases, %d failures\n", run.cases, run.failures);
    return run.failures || !run.cases;
}
