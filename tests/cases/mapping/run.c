/* Runs mapping cases: "PROGRAM DIRECTORY FILE.case...", where DIRECTORY is one that may be written to.
 *
 * A file holds cases; tests/cases/mapping/README.md tells how one is written. Each is loaded, its steps are
 * done, and what comes out is compared line by line with what stands below each step. */
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <unistd.h>

#include "mapping/mapping.h"

#define LINES_MAX   512
#define FILES_MAX   8
#define DEVICES_MAX 32
#define NS          "<mappings xmlns=\"urn:xplmqtt:mappings:1\">"

struct output {
    char bytes[1 << 18];
    struct text text;
};

/* Which map published a device, as the daemon would remember. */
struct heard {
    char device[256];
    const struct mapping_map *map;
};

struct run {
    const char *directory;
    char prefix[64];
    struct mapping_file files[FILES_MAX];
    char paths[FILES_MAX][1024];
    size_t n_files;
    struct mapping *mapping;
    struct mapping_scratch *scratch;
    struct heard heard[DEVICES_MAX];
    size_t n_heard;
    const struct mapping_send *send; /* the last command, as it went out */
    char topic[2048], payload[1 << 17], datagram[XPL_MESSAGE_MAX];
    size_t payload_size, datagram_size;
    struct xpl_message sent;
    struct output got, wanted;
    int failures, cases;
};

static void die(const char *what, const char *name)
{
    fprintf(stderr, "%s: %s\n", name, what);
    exit(1);
}

/* ---- bytes and their spelling ---- */

static void put(struct text *out, struct xpl_slice bytes)
{
    while (bytes.size) {
        uint32_t code = 0;
        size_t size = utf8_next(bytes, &code);
        if (size == 0 || (utf8_is_forbidden(code) && code < 0x80)) {
            size = 1;
            if (bytes.data[0] == '\n')
                text_string(out, "\\n");
            else
                text_format(out, "\\x%02x", (unsigned char)bytes.data[0]);
        } else if (bytes.data[0] == '\\') {
            text_string(out, "\\\\");
        } else {
            text_slice(out, xpl_slice(bytes.data, size));
        }
        bytes = xpl_slice(bytes.data + size, bytes.size - size);
    }
}

static int hex(char c)
{
    return c >= '0' && c <= '9' ? c - '0' : c >= 'a' && c <= 'f' ? c - 'a' + 10 : -1;
}

/* \n, \\, \xNN, and \rNNNN: the byte before it NNNN more times. */
static size_t unput(const char *text, size_t size, char *ret, size_t capacity)
{
    size_t n = 0;
    for (size_t i = 0; i < size && n < capacity; i++) {
        if (text[i] != '\\' || i + 1 == size) {
            ret[n++] = text[i];
        } else if (text[i + 1] == 'x' && i + 3 < size && hex(text[i + 2]) >= 0 && hex(text[i + 3]) >= 0) {
            ret[n++] = (char)(hex(text[i + 2]) << 4 | hex(text[i + 3]));
            i += 3;
        } else if (text[i + 1] == 'r' && n) {
            size_t times = 0;
            for (i += 2; i < size && text[i] >= '0' && text[i] <= '9'; i++)
                times = times * 10 + (size_t)(text[i] - '0');
            for (i--; times && n < capacity; times--, n++)
                ret[n] = ret[n - 1];
        } else {
            ret[n++] = text[++i] == 'n' ? '\n' : text[i];
        }
    }
    return n;
}

/* The next word of a line, one that holds blanks in '…'. */
static struct xpl_slice word(const char **line)
{
    const char *p = *line;
    while (*p == ' ')
        p++;
    char end = *p == '\'' ? '\'' : ' ';
    p += end == '\'';
    const char *start = p;
    while (*p && *p != end)
        p++;
    *line = *p ? p + 1 : p;
    return xpl_slice(start, (size_t)(p - start));
}

/* ---- what comes out ---- */

static void on_publish(void *context, const struct mapping_publish *publish)
{
    struct run *run = context;
    struct text *out = &run->got.text;
    text_string(out, "publish ");
    put(out, publish->topic);
    text_format(out, "%s qos=%d ", publish->property->retain ? " retain" : "", publish->property->qos);
    put(out, publish->payload);
    text_char(out, '\n');
    if (run->n_heard < DEVICES_MAX && publish->device.size < sizeof(run->heard[0].device)) {
        struct heard *heard = &run->heard[run->n_heard++];
        snprintf(heard->device, sizeof(heard->device), "%.*s", XPL_SLICE_ARGS(publish->device));
        heard->map = publish->property->map;
    }
}

static void on_skipped(void *context, const struct mapping_map *map, const struct mapping_property *property,
                       const struct mapping_reason *reason)
{
    struct run *run = context;
    struct text *out = &run->got.text;
    text_format(out, "skip %s", map->name);
    if (property) {
        text_char(out, ' ');
        put(out, property->name);
    }
    text_format(out, ": %s: ", counter_names[reason->counter]);
    put(out, xpl_slice_from(reason->text));
    text_char(out, '\n');
}

static const struct mapping_map *on_origin(void *context, struct xpl_slice device)
{
    const struct run *run = context;
    for (size_t i = run->n_heard; i-- > 0;)
        if (xpl_slice_equal(xpl_slice_from(run->heard[i].device), device))
            return run->heard[i].map;
    return NULL;
}

static void on_filter(void *context, const char *filter)
{
    struct run *run = context;
    text_format(&run->got.text, "%s\n", filter);
}

static void on_miss(void *context, const struct mapping_map *map, const char *text)
{
    struct run *run = context;
    text_format(&run->got.text, "%s: %s\n", map->name, text);
}

static void put_message(struct text *out, const struct xpl_message *message)
{
    text_format(out, "%s ", xpl_type_name(message->type) + 4);
    put(out, message->target.text);
    text_char(out, ' ');
    put(out, message->schema);
    for (size_t i = 0; i < message->n_items; i++) {
        const struct xpl_item *item = &message->items[i];
        bool quote = item->value.size && memchr(item->value.data, ' ', item->value.size);
        text_string(out, quote ? " '" : " ");
        put(out, item->name);
        text_char(out, '=');
        put(out, item->value);
        text_string(out, quote ? "'" : "");
    }
    text_char(out, '\n');
}

/* ---- steps ---- */

/* TYPE SOURCE TARGET SCHEMA NAME=VALUE… as a datagram, parsed. */
static void make_message(const char *line, char *datagram, size_t capacity, struct xpl_message *ret)
{
    struct text text = { datagram, 0, capacity, false };
    struct xpl_slice type = word(&line), source = word(&line), target = word(&line), schema = word(&line);
    text_format(&text, "xpl-%.*s\n{\nhop=1\nsource=", XPL_SLICE_ARGS(type));
    text.size += unput(source.data, source.size, text.data + text.size, capacity - text.size);
    text_format(&text, "\ntarget=%.*s\n}\n%.*s\n{\n", XPL_SLICE_ARGS(target), XPL_SLICE_ARGS(schema));
    while (*line) {
        struct xpl_slice item = word(&line);
        if (item.size == 0)
            continue;
        text.size += unput(item.data, item.size, text.data + text.size, capacity - text.size);
        text_char(&text, '\n');
    }
    text_string(&text, "}\n");
    int error = xpl_message_parse(ret, text.data, text.size);
    if (error)
        die(xpl_error_text(error), line);
}

static void step_xpl(struct run *run, const char *line)
{
    static char datagram[1 << 17];
    static struct xpl_message message;
    struct mapping_sink sink = { run, NULL, on_publish, on_skipped };
    make_message(line, datagram, sizeof(datagram), &message);
    switch (mapping_on_xpl(run->mapping, run->scratch, &message, &sink)) {
    case MAPPING_UNMAPPED: text_string(&run->got.text, "unmapped\n"); break;
    case MAPPING_IGNORED: text_string(&run->got.text, "ignored\n"); break;
    case MAPPING_TAKEN: break;
    }
}

static void send_command(struct run *run, const struct mapping_command *command)
{
    struct text *out = &run->got.text;
    struct xpl_message message = *command->message;
    message.source = xpl_address_split(XPL_SLICE("xplmqtt-bridge.test"));
    int error = xpl_message_format(&message, run->datagram, sizeof(run->datagram), &run->datagram_size, NULL);
    if (error) {
        text_format(out, "not sent: %s\n", xpl_error_text(error));
        return;
    }
    text_string(out, "send ");
    if (command->send->repeat != 1)
        text_format(out, "repeat=%d/%dms ", command->send->repeat, (int)command->send->repeat_interval_ms);
    if (command->send->expires_ms != 10000)
        text_format(out, "expires=%dms ", (int)command->send->expires_ms);
    if (command->send->confirms)
        text_format(out, "confirm=%dms ", (int)command->send->confirm_timeout_ms);
    if (xpl_message_parse(&run->sent, run->datagram, run->datagram_size))
        die("a message that was sent cannot be read", run->datagram);
    put_message(out, &run->sent);
    run->send = command->send;
    snprintf(run->topic, sizeof(run->topic), "%.*s", XPL_SLICE_ARGS(command->topic));
}

static void step_mqtt(struct run *run, const char *line)
{
    struct mapping_command command;
    struct mapping_reason reason;
    struct xpl_slice spelled = word(&line);
    char topic[2048];
    size_t size = unput(spelled.data, spelled.size, topic, sizeof(topic));
    run->payload_size = unput(line, strlen(line), run->payload, sizeof(run->payload));
    run->send = NULL;
    switch (mapping_on_mqtt(run->mapping, run->scratch, xpl_slice(topic, size),
                            xpl_slice(run->payload, run->payload_size), on_origin, run, &command, &reason)) {
    case MAPPING_COMMAND_NO_MAP: text_string(&run->got.text, "no map\n"); break;
    case MAPPING_COMMAND_REFUSED:
        text_string(&run->got.text, "refused ");
        put(&run->got.text, xpl_slice_from(reason.text));
        text_char(&run->got.text, '\n');
        break;
    case MAPPING_COMMAND_MADE: send_command(run, &command); break;
    }
}

static void step_assume(struct run *run, enum mapping_assume when)
{
    struct mapping_sink sink = { run, NULL, on_publish, NULL };
    if (!run->send)
        die("nothing was sent", "assume");
    mapping_assume(run->mapping, run->scratch, run->send, xpl_slice_from(run->topic), &run->sent,
                   xpl_slice(run->payload, run->payload_size), when, &sink);
}

static void step_confirms(struct run *run, const char *line)
{
    static char datagram[1 << 17];
    static struct xpl_message message;
    if (!run->send)
        die("nothing was sent", "confirms");
    make_message(line, datagram, sizeof(datagram), &message);
    text_string(&run->got.text, mapping_confirms(run->mapping, run->scratch, run->send, &run->sent, &message)
                                    ? "yes\n"
                                    : "no\n");
}

static void step_near(struct run *run, const char *line)
{
    static char datagram[1 << 17];
    static struct xpl_message message;
    make_message(line, datagram, sizeof(datagram), &message);
    if (!mapping_near(run->mapping, run->scratch, &message, on_miss, run)) {
        const char *nearest = mapping_nearest_schema(run->mapping, message.schema);
        text_format(&run->got.text, "nearest schema: %s\n", nearest ? nearest : "none");
    }
}

static void step_alias(struct run *run, const char *line)
{
    struct xpl_slice device = word(&line);
    struct xpl_slice name = mapping_alias_name(run->mapping, device);
    struct xpl_slice label = mapping_alias_label(run->mapping, device);
    struct xpl_slice room = mapping_alias_room(run->mapping, device);
    text_format(&run->got.text, "name=%.*s label=%.*s room=%.*s\n", XPL_SLICE_ARGS(name),
                XPL_SLICE_ARGS(label), XPL_SLICE_ARGS(room));
}

static void step(struct run *run, const char *line)
{
    struct xpl_slice verb = word(&line);
    if (xpl_slice_equal(verb, XPL_SLICE("xpl")))
        step_xpl(run, line);
    else if (xpl_slice_equal(verb, XPL_SLICE("mqtt")))
        step_mqtt(run, line);
    else if (xpl_slice_equal(verb, XPL_SLICE("assume-sent")))
        step_assume(run, MAPPING_ASSUME_SENT);
    else if (xpl_slice_equal(verb, XPL_SLICE("assume-confirmed")))
        step_assume(run, MAPPING_ASSUME_CONFIRMED);
    else if (xpl_slice_equal(verb, XPL_SLICE("confirms")))
        step_confirms(run, line);
    else if (xpl_slice_equal(verb, XPL_SLICE("near")))
        step_near(run, line);
    else if (xpl_slice_equal(verb, XPL_SLICE("alias")))
        step_alias(run, line);
    else if (xpl_slice_equal(verb, XPL_SLICE("filters")))
        mapping_filters(run->mapping, on_filter, run) < 0 ? die("no filters", line) : (void)0;
    else
        die("no such step", verb.data);
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
        run->files[run->n_files] = (struct mapping_file){ path, false, kind == 1 };
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
    struct mapping_options options = { run->prefix, "windows-1252", true };
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
