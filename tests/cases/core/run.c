/* Runs the cases of this folder: text files that say what happens, and with '> ' what follows from it.
 *
 *   shipped | map                      the tables: the shipped ones; or, up to a line "end", maps of the
 * case's own, which a second "map" or "shipped" reloads. "map" before "shipped": both. xpl TYPE SOURCE TARGET
 * SCHEMA NAME=VALUE…    a message without blanks in its values datagram                           the bytes
 * up to a line ".", with escapes mqtt [retained] [age=MS] [expiry=S] [to=TOPIC] [correlation=TEXT] TOPIC
 * [PAYLOAD]    with escapes wait MS   broker up|down   hub taken|free|silent   address none|here   network
 * full|fine   restart count NAME N                       a counter must be N by now retained TOPIC [PAYLOAD]
 * what the broker keeps must be this housekeeping                       show what the bridge says of itself,
 * too
 *
 * Escapes: \n \r \t \\ \xNN. A case begins as the hub, with an empty broker. Effects must be the same to the
 * byte and in the same order; "> *" stands for the rest of a line.
 */
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>

#include "base/error.h"
#include "base/number.h"
#include "core_world.h"

static struct world world;
static const char *path;
static int line_number, failures;

static void fail(const char *what, const char *a, const char *b)
{
    printf("%s:%d: %s\n  expected: %s\n  got:      %s\n", path, line_number, what, a, b);
    failures++;
}

static int hex(char c)
{
    return c >= '0' && c <= '9' ? c - '0' : c >= 'a' && c <= 'f' ? c - 'a' + 10 : -1;
}

/* In place; what is no escape stays. */
static size_t unescape(char *text)
{
    static const char from[] = "nrt\\", to[] = "\n\r\t\\";
    char *out = text;
    for (const char *at = text; *at; at++) {
        const char *known = at[0] == '\\' && at[1] ? strchr(from, at[1]) : NULL;
        if (known) {
            *out++ = to[known - from];
            at++;
        } else if (at[0] == '\\' && at[1] == 'x' && hex(at[2]) >= 0 && hex(at[3]) >= 0) {
            *out++ = (char)(hex(at[2]) * 16 + hex(at[3]));
            at += 3;
        } else {
            *out++ = *at;
        }
    }
    *out = '\0';
    return (size_t)(out - text);
}

static char *next_line(char **cursor)
{
    char *line = *cursor, *end = strchr(line, '\n');
    if (!*line)
        return NULL;
    line_number++;
    if (end)
        *end = '\0';
    *cursor = end ? end + 1 : line + strlen(line);
    return line;
}

/* All lines up to `last`, joined. */
static char *block(char **cursor, const char *last)
{
    char *first = *cursor, *line, *end = first;
    while ((line = next_line(cursor)) && strcmp(line, last) != 0) {
        size_t size = strlen(line);
        memmove(end, line, size);
        end += size;
        *end++ = '\n';
    }
    *end = '\0';
    return first;
}

static int64_t number(const char *text)
{
    uint64_t value;
    if (number_parse_unsigned(xpl_slice_from(text), 0, INT64_MAX, &value) < 0) {
        fail("a number", "digits", text);
        return 0;
    }
    return (int64_t)value;
}

static bool takes(char **text, const char *option, char **ret)
{
    size_t size = strlen(option);
    if (strncmp(*text, option, size) != 0)
        return false;
    *ret = *text + size;
    *text = strchr(*ret, ' ');
    must(*text);
    *(*text)++ = '\0';
    return true;
}

static void do_mqtt(char *text)
{
    struct core_message message = { .expiry_s = -1, .arrived_ms = world.now_ms };
    char *value;
    for (;;) {
        if (takes(&text, "retained", &value))
            message.retained = message.stored = true;
        else if (takes(&text, "age=", &value))
            message.arrived_ms = world.now_ms - number(value);
        else if (takes(&text, "expiry=", &value))
            message.expiry_s = number(value);
        else if (takes(&text, "to=", &value))
            message.response_topic = xpl_slice_from(value);
        else if (takes(&text, "correlation=", &value))
            message.correlation = xpl_slice(value, unescape(value));
        else
            break;
    }
    char *payload = strchr(text, ' ');
    if (payload)
        *payload++ = '\0';
    message.topic = xpl_slice(text, unescape(text));
    message.payload = payload ? xpl_slice(payload, unescape(payload)) : xpl_slice("", 0);
    world_message(&world, &message);
}

static void begin(struct mapping *mapping)
{
    if (world.core) {
        world_reload(&world, mapping);
        return;
    }
    world_init(&world, mapping, NULL);
    world_start(&world);
}

static void check_count(char *name)
{
    char *value = strchr(name, ' '), got[32] = "no such counter";
    must(value);
    *value++ = '\0';
    for (int i = 0; i < COUNTERS; i++)
        if (strcmp(counter_names[i], name) == 0)
            snprintf(got, sizeof(got), "%llu", (unsigned long long)world.counters.value[i]);
    if (strcmp(got, value) != 0)
        fail(name, value, got);
}

static void check_retained(char *topic)
{
    char *payload = strchr(topic, ' ');
    if (payload)
        *payload++ = '\0';
    const char *got = world_retained(&world, topic);
    if (strcmp(got ? got : "", payload ? payload : "") != 0)
        fail(topic, payload ? payload : "(nothing)", got ? got : "(nothing)");
}

static bool is(const char *line, const char *command)
{
    return strcmp(line, command) == 0;
}

static void do_line(char *line, char **cursor)
{
    static char own[65536];
    struct xpl_endpoint here = { WORLD_OWN, WORLD_PORT };
    if (is(line, "shipped")) {
        begin(world_shipped(own[0] ? own : NULL));
        own[0] = '\0';
    } else if (is(line, "map")) {
        snprintf(own, sizeof(own), "%s", block(cursor, "end"));
        if (strncmp(*cursor, "shipped", 7) != 0) {
            begin(world_mapping(own));
            own[0] = '\0';
        }
    } else if (strncmp(line, "xpl ", 4) == 0) {
        world_say(&world, line + 4);
    } else if (is(line, "datagram")) {
        char *bytes = block(cursor, ".");
        size_t size = unescape(bytes);
        world_xpl(&world, xpl_slice(bytes, size), WORLD_OTHER);
    } else if (strncmp(line, "mqtt ", 5) == 0) {
        do_mqtt(line + 5);
    } else if (strncmp(line, "wait ", 5) == 0) {
        world_pass(&world, number(line + 5));
    } else if (is(line, "broker up")) {
        core_on_broker_up(world.core, world.now_ms);
    } else if (is(line, "broker down")) {
        core_on_broker_down(world.core, world.now_ms);
    } else if (is(line, "hub taken") || is(line, "hub free")) {
        world.hub_taken = line[4] == 't';
    } else if (is(line, "hub silent")) {
        world.hub_silent = true;
    } else if (is(line, "address none")) {
        core_on_address(world.core, (struct xpl_endpoint){ 0, 0 }, world.now_ms);
    } else if (is(line, "address here")) {
        core_on_address(world.core, here, world.now_ms);
    } else if (strncmp(line, "network ", 8) == 0) {
        world.send_error = is(line + 8, "full") ? -ENOBUFS : 0;
    } else if (is(line, "restart")) {
        world_restart(&world, true);
    } else if (strncmp(line, "count ", 6) == 0) {
        check_count(line + 6);
    } else if (strncmp(line, "retained ", 9) == 0) {
        check_retained(line + 9);
    } else if (is(line, "housekeeping")) {
        world.housekeeping = true;
    } else {
        fail("a command", "see run.c", line);
    }
}

static bool matches(const char *expected, const char *got)
{
    size_t size = strlen(expected);
    if (size && expected[size - 1] == '*')
        return strncmp(expected, got, size - 1) == 0;
    return strcmp(expected, got) == 0;
}

/* The lines that follow against the notes. False when they differ: what comes after makes no sense then. */
static bool expect(char **cursor)
{
    static char notes[WORLD_NOTES];
    char *got = notes, *line;
    memcpy(notes, world.notes, world.n_notes + 1);
    world_notes(&world);
    for (;;) {
        while (**cursor == '#')
            next_line(cursor);
        bool more = (*cursor)[0] == '>' && (*cursor)[1] == ' ';
        char *end = strchr(got, '\n');
        if (end)
            *end = '\0';
        if (!more && !end)
            return true;
        line = more ? next_line(cursor) + 2 : NULL;
        if (!more || !end || !matches(line, got)) {
            fail("effects", more ? line : "(nothing more)", end ? got : "(nothing)");
            return false;
        }
        got = end + 1;
    }
}

static void run(char *text)
{
    char *line;
    world = (struct world){ 0 };
    line_number = 0;
    while ((line = next_line(&text))) {
        if (!*line || *line == '#')
            continue;
        do_line(line, &text);
        if (world.core && !expect(&text))
            break;
        const char *imbalance = world.core ? world_imbalance(&world) : NULL;
        if (imbalance) {
            fail("the books", "balance", imbalance);
            break;
        }
    }
    if (world.core)
        world_deinit(&world);
}

int main(int argc, char **argv)
{
    must(argc > 1);
    for (int i = 1; i < argc; i++) {
        static char text[1 << 20];
        FILE *file = fopen(path = argv[i], "rb");
        must(file);
        size_t size = fread(text, 1, sizeof(text) - 1, file);
        fclose(file);
        must(size > 0 && size < sizeof(text) - 1);
        text[size] = '\0';
        run(text);
    }
    printf("%d cases, %d failures\n", argc - 1, failures);
    return failures != 0;
}
