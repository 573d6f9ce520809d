/* xplmqtt explain: one message through the table, in words. Effects go to stdout in a form that
 * programs can read; why something did not happen goes to stderr, but for a message that nothing took, where
 * it is the answer.
 */
#include <stdio.h>
#include <stdlib.h>
#include <unistd.h>

#include "base/error.h"
#include "tool/paste.h"
#include "tool/setup.h"
#include "tool/show.h"
#include "tool/verb.h"

enum { MQTT, CONFIG, PREFIX, MAPPINGS };

static const struct tool_option options[] = {
    [MQTT] = { "mqtt", 0, "TOPIC PAYLOAD", "a command from MQTT in place of an xPL message" },
    [CONFIG] = { "config", 'c', "FILE", "the configuration" },
    [PREFIX] = { "prefix", 0, "TOPIC", "what our topics begin with" },
    [MAPPINGS] = { "mappings", 0, "FILE", "our own mappings; may be given again" },
    { 0 },
};

struct explain {
    struct setup setup;
    const char *topic, *payload; /* --mqtt */
    const char *path;
    struct diag diag;
    struct settings *settings;
    struct mapping *mapping;
    struct mapping_scratch *scratch;
    struct xpl_message message;
    struct text line;                  /* one effect */
    const struct mapping_map *matched; /* whose name is not printed yet */
    bool missed;                       /* it made nothing */
    bool taken;                        /* by a map that made something, or tried to */
    bool near;                         /* one was told that nearly took the message */
};

/* Whatever a message brought with it, fit for a terminal; lives until the next call. */
static const char *clean_slice(struct explain *explain, struct xpl_slice text)
{
    text_reset(&explain->line);
    show_text(mapping_charset(explain->mapping), text, &explain->line);
    return explain->line.data;
}

static const char *clean(struct explain *explain, const char *text)
{
    return clean_slice(explain, xpl_slice_from(text));
}

/* ---- from xPL ---- */

/* The name stands before what the map does. */
static void print_map(struct explain *explain)
{
    if (explain->matched)
        printf("map %s\n", explain->matched->name);
    explain->taken |= explain->matched != NULL;
    explain->matched = NULL;
}

static void finish_map(struct explain *explain)
{
    if (explain->missed)
        explain->matched = NULL;
    explain->missed = false;
    print_map(explain);
}

static void on_matched(void *context, const struct mapping_map *map)
{
    struct explain *explain = context;
    finish_map(explain);
    explain->matched = map;
}

static void on_publish(void *context, const struct mapping_publish *publish)
{
    struct explain *explain = context;
    print_map(explain);
    printf("publish %.*s%s qos=%d %s\n", XPL_SLICE_ARGS(publish->topic),
           publish->property->retain ? " retain" : "", publish->property->qos,
           clean_slice(explain, publish->payload));
}

static void on_skipped(void *context, const struct mapping_map *map, const struct mapping_property *property,
                       const struct mapping_reason *reason)
{
    struct explain *explain = context;
    if (property) {
        print_map(explain);
        tool_say(&explain_verb, "map %s, property %.*s: %s", map->name, XPL_SLICE_ARGS(property->name),
                 clean(explain, reason->text));
        return;
    }
    explain->missed = true;
    printf("map %s: %s\n", map->name, clean(explain, reason->text));
}

static void on_miss(void *context, const struct mapping_map *map, const char *text)
{
    struct explain *explain = context;
    if (!explain->near)
        printf("no map takes this %s\n", clean_slice(explain, explain->message.schema));
    printf("map %s: %s\n", map->name, text);
    explain->near = true;
}

/* Unless a map wants them, heartbeats and remote configuration are for the bridge itself. */
static bool is_presence(const struct xpl_message *message)
{
    return xpl_slice_equal_nocase(message->schema_class, XPL_SLICE("hbeat")) ||
           xpl_slice_equal_nocase(message->schema_class, XPL_SLICE("config"));
}

static int explain_nobody(struct explain *explain)
{
    const struct xpl_message *message = &explain->message;
    if (mapping_near(explain->mapping, explain->scratch, message, on_miss, explain))
        return TOOL_NO;
    if (is_presence(message)) {
        printf("no map: %s tells the bridge who is there\n", clean_slice(explain, message->schema));
        return TOOL_OK;
    }
    const char *nearest = mapping_nearest_schema(explain->mapping, message->schema);
    printf("no map for schema %s%s%s\n", clean_slice(explain, message->schema), nearest ? "; nearest: " : "",
           nearest ? nearest : "");
    return TOOL_NO;
}

static int explain_message(struct explain *explain)
{
    struct mapping_sink sink = { explain, on_matched, on_publish, on_skipped };
    explain->missed = explain->taken = explain->near = false;
    explain->matched = NULL;
    switch (mapping_on_xpl(explain->mapping, explain->scratch, &explain->message, &sink)) {
    case MAPPING_UNMAPPED: return explain_nobody(explain);
    case MAPPING_IGNORED: puts("ignored"); return TOOL_OK;
    default: break;
    }
    finish_map(explain);
    return explain->taken ? TOOL_OK : TOOL_NO;
}

static int worse(int a, int b)
{
    return a > b ? a : b;
}

static int explain_paste(struct explain *explain, struct xpl_slice text)
{
    struct paste paste;
    int status = TOOL_OK, n = 0;
    paste_init(&paste, text);
    for (enum paste_result result;; n++) {
        char reason[256];
        struct text why = TEXT(reason);
        result = paste_next(&paste, &explain->message, &why);
        if (result == PASTE_END)
            break;
        if (n > 0)
            putchar('\n');
        if (result == PASTE_WRONG)
            tool_say(&explain_verb, "no xPL message, line %d: %s", paste.line, reason);
        status = worse(status, result == PASTE_WRONG ? TOOL_WRONG : explain_message(explain));
        fflush(stdout); /* so that both streams tell in the same order */
    }
    paste_deinit(&paste);
    if (n == 0) {
        tool_say(&explain_verb, "no xPL message: %s", xpl_error_text(XPL_E_EMPTY));
        return TOOL_WRONG;
    }
    return status;
}

static int explain_file(struct explain *explain)
{
    const char *path = explain->path ? explain->path : "-";
    char *data;
    size_t size;
    if (strcmp(path, "-") == 0 && isatty(STDIN_FILENO))
        tool_say(&explain_verb, "paste an xPL message, then press Ctrl-D");
    int r = paste_read(path, &data, &size);
    if (r < 0) {
        tool_say(&explain_verb, "%s: %s", path, strerror(-r));
        return TOOL_WRONG;
    }
    int status = explain_paste(explain, xpl_slice(data, size));
    free(data);
    return status;
}

/* ---- from MQTT ---- */

/* The message as it would go out, from the bridge. */
static int explain_send(struct explain *explain, const struct mapping_command *command)
{
    char source[XPL_ADDRESS_MAX + 1], datagram[XPL_MESSAGE_MAX];
    struct text text = TEXT(source);
    size_t size, item;
    printf("map %s\n", command->map->name);
    text_format(&text, "xplmqtt-bridge.%s", explain->settings->xpl.instance);
    explain->message = *command->message;
    explain->message.source = xpl_address_split(text_get(&text));
    int error = xpl_message_format(&explain->message, datagram, sizeof(datagram), &size, &item);
    if (error) {
        const char *name = item < SIZE_MAX ? explain->message.items[item].name.data : "";
        int name_size = item < SIZE_MAX ? (int)explain->message.items[item].name.size : 0;
        printf("refused: %.*s%s%s\n", name_size, name, name_size ? ": " : "", xpl_error_text(error));
        return TOOL_NO;
    }
    printf("send\n%.*s", (int)size, datagram);
    return TOOL_OK;
}

static int explain_command(struct explain *explain)
{
    struct mapping_command command;
    struct mapping_reason reason;
    switch (mapping_on_mqtt(explain->mapping, explain->scratch, xpl_slice_from(explain->topic),
                            xpl_slice_from(explain->payload), NULL, NULL, &command, &reason)) {
    case MAPPING_COMMAND_MADE: return explain_send(explain, &command);
    case MAPPING_COMMAND_REFUSED: printf("refused: %s\n", clean(explain, reason.text)); return TOOL_NO;
    default: break;
    }
    const char *prefix = explain->settings->mqtt.prefix;
    size_t size = strlen(prefix);
    bool below = strncmp(explain->topic, prefix, size) == 0 && explain->topic[size] == '/';
    printf("no map takes the topic %s", explain->topic);
    if (!below)
        printf("; our topics begin with %s/", prefix);
    putchar('\n');
    return TOOL_NO;
}

/* ---- the verb ---- */

/* Whatever it looks like; but who writes "--" before "-5", as for other programs, means the latter. */
static const char *read_payload(struct tool_arguments *arguments)
{
    const char *word = arguments_word(arguments);
    const char *next = word && strcmp(word, "--") == 0 ? arguments_word(arguments) : NULL;
    return next ? next : word;
}

static int read_options(struct explain *explain, struct tool_arguments *arguments, int *ret_status)
{
    const char *value;
    for (int option; (option = arguments_next(arguments, &value, ret_status)) != ARGUMENTS_END;)
        switch (option) {
        case MQTT:
            explain->topic = value;
            explain->payload = read_payload(arguments);
            if (explain->payload)
                break;
            *ret_status = arguments_refuse(arguments, "--mqtt needs a topic and a payload");
            return ARGUMENTS_STOP;
        case CONFIG: setup_add(&explain->setup, "--config", value); break;
        case PREFIX: setup_add(&explain->setup, "--prefix", value); break;
        case MAPPINGS: setup_add(&explain->setup, "--mappings", value); break;
        default: return option;
        }
    explain->path = arguments_word(arguments);
    if (!arguments_word(arguments) && !(explain->path && explain->topic))
        return ARGUMENTS_END;
    *ret_status = arguments_refuse(arguments, "one file at a time, or --mqtt");
    return ARGUMENTS_STOP;
}

/* The table as the daemon would have it. 0, -EINVAL or -ENOMEM. */
static int load(struct explain *explain)
{
    struct mapping_file *files;
    size_t n;
    int r = setup_settings(&explain->setup, &explain->diag, &explain->settings);
    if (r == 0)
        r = setup_files(explain->settings, &explain->diag, &files, &n);
    if (r == 0) {
        struct mapping_options how = { .prefix = explain->settings->mqtt.prefix,
                                       .charset = explain->settings->xpl.charset_name };
        r = mapping_load(&explain->mapping, files, n, &how, &explain->diag);
    }
    diag_print(&explain->diag, stderr, DIAG_ERROR);
    if (r == 0 && explain->diag.n_errors)
        r = -EINVAL;
    return r ? r : mapping_scratch_new(&explain->scratch);
}

static int run(struct tool_arguments *arguments)
{
    struct explain *explain = calloc(1, sizeof(*explain));
    char *line = malloc(4 * LIMIT_RENDERED + 1); /* each byte may become \xNN */
    int status = TOOL_NO, r = explain && line ? 0 : -ENOMEM;
    if (r == 0 && read_options(explain, arguments, &status) == ARGUMENTS_STOP)
        goto out;
    if (r == 0) {
        explain->line = (struct text){ line, 0, 4 * LIMIT_RENDERED + 1, false };
        diag_init(&explain->diag);
        r = load(explain);
        if (r == 0)
            status = explain->topic ? explain_command(explain) : explain_file(explain);
        mapping_scratch_free(explain->scratch);
        mapping_unref(explain->mapping);
        settings_free(explain->settings);
        diag_deinit(&explain->diag);
    }
    if (r == -EINVAL)
        status = TOOL_WRONG;
    else if (r < 0)
        tool_say(arguments->verb, "%s", strerror(-r));
    status = tool_flush(status);
out:
    free(line);
    free(explain);
    return status;
}

static const char *const uses[] = { "[FILE]", "--mqtt TOPIC PAYLOAD", NULL };

const struct tool_verb explain_verb = {
    .name = "explain",
    .uses = uses,
    .summary = "what becomes of an xPL message, or of a command from MQTT",
    .about = "Says what becomes of the xPL messages in FILE or on standard input, as text or\n"
             "as JSON: the map that takes it, then a line for each effect. When nothing takes\n"
             "it: what each near map missed, and exit status 1. When it is no message: 2.",
    .options = options,
    .run = run,
};
