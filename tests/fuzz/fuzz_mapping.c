/* Any bytes, as a message through the table, its topics back as commands, and those commands as messages
 * again; and the same bytes as a command's topic and payload. What is published is a topic that a broker
 * takes, and a command on it speaks of the same device.
 *
 * The table holds the shipped mappings and, before them, an odd one. Where the sources are, is compiled in
 * (TEST_SOURCE). With a fuzzer, link with the sources of mapping, xml, base and xpl and clang
 * -fsanitize=fuzzer,address,undefined. As a test it is linked with replay.c, which feeds it the corpus. */
#include <dirent.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>

#include "base/limits.h"
#include "mapping/mapping.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

#define CHECK(condition)  \
    do {                  \
        if (!(condition)) \
            abort();      \
    } while (0)

#define FILES_MAX 64

static struct mapping *mapping;
static struct mapping_scratch *first, *second;

static int is_xml(const struct dirent *entry)
{
    size_t size = strlen(entry->d_name);
    return size > 4 && strcmp(entry->d_name + size - 4, ".xml") == 0;
}

static void load(void)
{
    static char paths[FILES_MAX][1024];
    struct mapping_file files[FILES_MAX] = { { .path = TEST_SOURCE "/tests/fuzz/odd.xml" } };
    struct mapping_options options = { .prefix = "xpl", .charset = "windows-1252", .examples = false };
    struct dirent **entries;
    struct diag diag;
    int n = scandir(TEST_SOURCE "/mappings", &entries, is_xml, alphasort);
    CHECK(n > 0 && n < FILES_MAX);
    for (int i = 0; i < n; i++) {
        snprintf(paths[i], sizeof(paths[0]), "%s/mappings/%s", TEST_SOURCE, entries[i]->d_name);
        files[i + 1] = (struct mapping_file){ .path = paths[i], .shipped = true };
        free(entries[i]);
    }
    free(entries);
    diag_init(&diag);
    if (mapping_load(&mapping, files, (size_t)n + 1, &options, &diag) < 0) {
        diag_print(&diag, stderr, DIAG_ERROR);
        abort();
    }
    diag_deinit(&diag);
    CHECK(mapping_scratch_new(&first) == 0 && mapping_scratch_new(&second) == 0);
}

static void check_topic(struct xpl_slice topic)
{
    bool filled = false;
    CHECK(topic.size <= LIMIT_TOPIC);
    for (size_t i = 0; i < topic.size;) {
        uint32_t code = 0;
        size_t size = utf8_next(xpl_slice(topic.data + i, topic.size - i), &code);
        CHECK(size && !utf8_is_forbidden(code) && code != '+' && code != '#');
        CHECK(code != '/' || filled);
        filled = code != '/';
        i += size;
    }
    CHECK(filled);
}

/* The command's message, as others would hear it. */
static void hear(const struct mapping_command *command)
{
    static struct xpl_message message;
    static char datagram[XPL_MESSAGE_MAX];
    struct mapping_sink none = { 0 };
    size_t size;
    message = *command->message;
    message.source = xpl_address_split(XPL_SLICE("xplmqtt-bridge.fuzz"));
    if (xpl_message_format(&message, datagram, sizeof(datagram), &size, NULL))
        return;
    CHECK(xpl_message_parse(&message, datagram, size) == 0);
    mapping_on_xpl(mapping, second, &message, &none);
    mapping_confirms(mapping, second, command->send, &message, &message);
}

static enum mapping_command_result command(struct xpl_slice topic, struct xpl_slice payload,
                                           const struct mapping_publish *publish)
{
    struct mapping_command made;
    struct mapping_reason reason;
    enum mapping_command_result result =
        mapping_on_mqtt(mapping, second, topic, payload, NULL, NULL, &made, &reason);
    if (result == MAPPING_COMMAND_MADE && publish && made.map == publish->property->map)
        CHECK(xpl_slice_equal(made.device, publish->device));
    if (result == MAPPING_COMMAND_REFUSED)
        CHECK(reason.text[0] && utf8_is_valid(xpl_slice_from(reason.text)));
    if (result == MAPPING_COMMAND_MADE)
        hear(&made);
    return result;
}

static void on_publish(void *context, const struct mapping_publish *publish)
{
    static const char *const payloads[] = { "ON", "5", "{\"a\":1}" };
    char topic[LIMIT_TOPIC + 8];
    (void)context;
    check_topic(publish->topic);
    CHECK(utf8_is_valid(publish->payload));
    int n = snprintf(topic, sizeof(topic), "%.*s/set", XPL_SLICE_ARGS(publish->topic));
    for (int i = 0; i < 3; i++)
        command(xpl_slice(topic, (size_t)n), xpl_slice_from(payloads[i]), publish);
}

static void on_skipped(void *context, const struct mapping_map *map, const struct mapping_property *property,
                       const struct mapping_reason *reason)
{
    (void)context, (void)map, (void)property;
    CHECK(reason->text[0] && utf8_is_valid(xpl_slice_from(reason->text)));
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    static struct xpl_message message;
    struct mapping_sink sink = { NULL, NULL, on_publish, on_skipped };
    struct xpl_slice text = xpl_slice((const char *)data, size);
    if (!mapping)
        load();
    const char *end = size ? memchr(text.data, '\n', size) : NULL;
    size_t topic = end ? (size_t)(end - text.data) : size;
    command(xpl_slice(text.data, topic), xpl_slice(text.data + topic, size - topic), NULL);
    if (xpl_message_parse(&message, text.data, size) == 0)
        mapping_on_xpl(mapping, first, &message, &sink);
    return 0;
}
