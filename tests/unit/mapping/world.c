#include "world.h"

#include <criterion/criterion.h>
#include <stdio.h>
#include <unistd.h>

struct world world;

/* A table of no maps, whose set of characters the pieces use. */
static struct mapping bare;

void world_init(void)
{
    arena_init(&world.arena);
    diag_init(&world.diag);
    cr_assert_eq(mapping_scratch_new(&world.scratch), 0);
    cr_assert_eq(charset_init(&bare.charset, "windows-1252"), 0);
    world.out = TEXT(world.lines);
    text_reset(&world.out);
}

void world_deinit(void)
{
    mapping_unref(world.mapping);
    mapping_scratch_free(world.scratch);
    diag_deinit(&world.diag);
    arena_deinit(&world.arena);
}

int world_load(const char *text)
{
    char path[] = "mapping-test-XXXXXX";
    int fd = mkstemp(path);
    FILE *file = fd < 0 ? NULL : fdopen(fd, "wb");
    cr_assert_not_null(file);
    fprintf(file, "<mappings xmlns=\"urn:xplmqtt:mappings:1\">\n%s</mappings>\n", text);
    fclose(file);
    struct mapping_file files[] = { { .path = path } };
    struct mapping_options options = { .prefix = "xpl", .charset = "windows-1252", .examples = true };
    mapping_unref(world.mapping);
    world.mapping = NULL;
    int r = mapping_load(&world.mapping, files, 1, &options, &world.diag);
    unlink(path);
    return r;
}

const char *world_findings(void)
{
    static const char *const levels[] = { "info", "warning", "error" };
    text_reset(&world.out);
    for (const struct diag_finding *f = world.diag.first; f; f = f->next)
        text_format(&world.out, "%s %d:%d %s\n", levels[f->level], f->place.line, f->place.column, f->text);
    diag_deinit(&world.diag);
    diag_init(&world.diag);
    return world.lines;
}

static struct xpl_slice word(const char **line)
{
    while (**line == ' ')
        (*line)++;
    const char *start = *line;
    while (**line && **line != ' ')
        (*line)++;
    return xpl_slice(start, (size_t)(*line - start));
}

const struct xpl_message *world_message(const char *line)
{
    struct text text = TEXT(world.datagram);
    struct xpl_slice words[4];
    for (int i = 0; i < 4; i++)
        words[i] = word(&line);
    text_format(&text, "xpl-%.*s\n{\nhop=1\nsource=%.*s\ntarget=%.*s\n}\n%.*s\n{\n", XPL_SLICE_ARGS(words[0]),
                XPL_SLICE_ARGS(words[1]), XPL_SLICE_ARGS(words[2]), XPL_SLICE_ARGS(words[3]));
    for (struct xpl_slice item = word(&line); item.size; item = word(&line)) {
        text_slice(&text, item);
        text_char(&text, '\n');
    }
    text_string(&text, "}\n");
    cr_assert_eq(xpl_message_parse(&world.message, text.data, text.size), 0);
    return &world.message;
}

static void on_publish(void *context, const struct mapping_publish *publish)
{
    (void)context;
    text_slice(&world.out, publish->topic);
    text_char(&world.out, ' ');
    text_slice(&world.out, publish->payload);
    text_char(&world.out, '\n');
}

static void on_skipped(void *context, const struct mapping_map *map, const struct mapping_property *property,
                       const struct mapping_reason *reason)
{
    (void)context, (void)map, (void)property;
    text_format(&world.out, "skip %s\n", reason->text);
}

const char *world_xpl(const char *line)
{
    static const char *const results[] = { "unmapped\n", "", "ignored\n" };
    struct mapping_sink sink = { NULL, NULL, on_publish, on_skipped };
    text_reset(&world.out);
    text_string(&world.out,
                results[mapping_on_xpl(world.mapping, world.scratch, world_message(line), &sink)]);
    return world.lines;
}

const char *world_mqtt(const char *topic, const char *payload)
{
    struct mapping_command command;
    struct mapping_reason reason;
    text_reset(&world.out);
    switch (mapping_on_mqtt(world.mapping, world.scratch, xpl_slice_from(topic), xpl_slice_from(payload),
                            NULL, NULL, &command, &reason)) {
    case MAPPING_COMMAND_NO_MAP: text_string(&world.out, "no map"); break;
    case MAPPING_COMMAND_REFUSED: text_format(&world.out, "refused %s", reason.text); break;
    case MAPPING_COMMAND_MADE:
        text_format(&world.out, "send %.*s %.*s", XPL_SLICE_ARGS(command.message->target.text),
                    XPL_SLICE_ARGS(command.message->schema));
        for (size_t i = 0; i < command.message->n_items; i++)
            text_format(&world.out, " %.*s=%.*s", XPL_SLICE_ARGS(command.message->items[i].name),
                        XPL_SLICE_ARGS(command.message->items[i].value));
    }
    return world.lines;
}

struct conversion_source world_source(void)
{
    static struct tables tables;
    tables = (struct tables){ world.tables, "t", false };
    return (struct conversion_source){ &world.arena, &tables, &world.diag, { "t", 1, 1 } };
}

void world_scope(struct scope *ret, enum direction direction)
{
    scratch_open(world.scratch, &bare, direction, ret);
}

void world_table(const char *name, const char *const *pairs)
{
    struct table *table = arena_new(&world.arena, struct table);
    table->name = xpl_slice_from(name);
    table->place.file = "t";
    while (pairs[2 * table->n])
        table->n++;
    table->rows = arena_array(&world.arena, struct table_row, table->n + 1);
    for (size_t i = 0; i < table->n; i++)
        table->rows[i] = (struct table_row){ xpl_slice_from(pairs[2 * i]), xpl_slice_from(pairs[2 * i + 1]) };
    cr_assert_eq(table_seal(&world.arena, table), 0);
    table->next = world.tables;
    world.tables = table;
}
