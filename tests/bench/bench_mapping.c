/* What ten thousand maps cost against a hundred: time per message and per command should be about the same,
 * loading and memory in proportion. "PROGRAM DIRECTORY", where DIRECTORY may be written to. */
#include <stdio.h>
#include <stdlib.h>
#include <time.h>
#include <unistd.h>

#include "mapping/model.h"

#define FEW    100
#define MANY   10000
#define ROUNDS 50000

/* A map as printf makes it of its number, the message that it takes, and the topic of a command for it. */
struct style {
    const char *name, *map, *message, *topic;
};

#define MESSAGE(source, schema, body) \
    "xpl-trig\n{\nhop=1\nsource=" source "\ntarget=*\n}\n" schema "\n{\n" body "}\n"
/* The formats are the styles of this file. */
#pragma GCC diagnostic ignored "-Wformat-nonliteral"

#define SEND "<send><item name='device'>{device}</item><item name='v'>{payload}</item></send>"

static const struct style styles[] = {
    { "one schema each",
      "<map schema='s%1$d.basic' device='{source}/{device}'><property name='p%1$d'><publish "
      "payload='{v}'/>" SEND "</property></map>\n",
      MESSAGE("acme-x.y", "s%1$d.basic", "device=d%1$d\nv=1\n"), "xpl/acme-x.y/d%1$d/p%1$d/set" },
    { "one schema, type=",
      "<map schema='s.basic' when='type=t%1$d' device='{source}/{device}'><property name='{type}'>"
      "<publish payload='{v}'/>" SEND "</property></map>\n",
      MESSAGE("acme-x.y", "s.basic", "device=d%1$d\ntype=t%1$d\nv=1\n"), "xpl/acme-x.y/d%1$d/t%1$d/set" },
    { "one schema, device=",
      "<map schema='s.basic' when='device=d%1$d' device='{source}/{device}'><property name='p'>"
      "<publish payload='{v}'/>" SEND "</property></map>\n",
      MESSAGE("acme-x.y", "s.basic", "device=d%1$d\nv=1\n"), "xpl/acme-x.y/d%1$d/p/set" },
    { "one schema, source=",
      "<map schema='s.basic' source='acme-x.i%1$d' device='{source}/{device}'><property name='p'>"
      "<publish payload='{v}'/>" SEND "</property></map>\n",
      MESSAGE("acme-x.i%1$d", "s.basic", "device=d%1$d\nv=1\n"), "xpl/acme-x.i%1$d/d%1$d/p/set" },
    { "all on one topic form",
      "<map schema='s%1$d.basic' when='!q%1$d' device='{source}/{device}'><property name='p'>"
      "<publish payload='{v}'/>" SEND "</property></map>\n",
      MESSAGE("acme-x.y", "s%1$d.basic", "device=d%1$d\nv=1\n"), "xpl/acme-x.y/d%1$d/p/set" },
    { "an alias each",
      "<alias device='acme-x.y/d%1$d' name='room/%1$d'/><map schema='s%1$d.basic' device='{source}/d%1$d'>"
      "<property name='p'><publish payload='{v}'/><send><item "
      "name='v'>{payload}</item></send></property></map>\n",
      MESSAGE("acme-x.y", "s%1$d.basic", "v=1\n"), "xpl/room/%1$d/p/set" },
};

struct result {
    double load_ms, message_us, command_us;
    size_t bytes;
};

static double now(void)
{
    struct timespec time;
    clock_gettime(CLOCK_MONOTONIC, &time);
    return (double)time.tv_sec + (double)time.tv_nsec * 1e-9;
}

static void die(const char *what, const char *style)
{
    fprintf(stderr, "%s: %s\n", style, what);
    exit(1);
}

static struct mapping *load(const struct style *style, int n, struct result *ret)
{
    struct mapping_file file = { .path = "bench-mapping.xml" };
    struct mapping_options options = { .prefix = "xpl", .charset = "windows-1252", .examples = false };
    struct mapping *mapping = NULL;
    struct diag diag;
    FILE *out = fopen(file.path, "wb");
    if (!out)
        die("cannot write", style->name);
    fprintf(out, "<mappings xmlns='urn:xplmqtt:mappings:1'>\n");
    for (int i = 0; i < n; i++)
        fprintf(out, style->map, i);
    fprintf(out, "</mappings>\n");
    fclose(out);
    diag_init(&diag);
    double start = now();
    if (mapping_load(&mapping, &file, 1, &options, &diag) < 0) {
        diag_print(&diag, stderr, DIAG_ERROR);
        die("does not load", style->name);
    }
    ret->load_ms = (now() - start) * 1e3;
    ret->bytes = mapping->arena.used;
    diag_deinit(&diag);
    unlink(file.path);
    return mapping;
}

static size_t publishes;

static void on_publish(void *context, const struct mapping_publish *publish)
{
    (void)context, (void)publish;
    publishes++;
}

/* As the daemon would: the device's map, known by the number in its name. */
static const struct mapping_map *origin(void *context, struct xpl_slice device)
{
    const struct mapping *mapping = context;
    size_t at = device.size;
    int number = 0, power = 1;
    while (at && device.data[at - 1] >= '0' && device.data[at - 1] <= '9') {
        number += power * (device.data[--at] - '0');
        power *= 10;
    }
    return at && at < device.size && device.data[at - 1] == 'd' ? &mapping->maps[number]->public : NULL;
}

static int pick(int round, int n)
{
    return (int)((unsigned)round * 7919u % (unsigned)n);
}

static struct result measure(const struct style *style, int n, bool origins)
{
    static struct xpl_message message;
    static char texts[1024][256];
    static size_t sizes[1024];
    struct result result;
    struct mapping_scratch *scratch = NULL;
    struct mapping *mapping = load(style, n, &result);
    struct mapping_sink sink = { NULL, NULL, on_publish, NULL };
    if (mapping_scratch_new(&scratch) < 0)
        die("out of memory", style->name);

    for (int i = 0; i < 1024; i++)
        sizes[i] = (size_t)snprintf(texts[i], sizeof(texts[i]), style->message, pick(i, n));
    publishes = 0;
    double start = now();
    for (int i = 0; i < ROUNDS; i++) {
        xpl_message_parse(&message, texts[i % 1024], sizes[i % 1024]);
        mapping_on_xpl(mapping, scratch, &message, &sink);
    }
    result.message_us = (now() - start) * 1e6 / ROUNDS;
    if (publishes != ROUNDS)
        die("messages were not taken", style->name);

    for (int i = 0; i < 1024; i++)
        sizes[i] = (size_t)snprintf(texts[i], sizeof(texts[i]), style->topic, pick(i, n));
    start = now();
    for (int i = 0; i < ROUNDS; i++) {
        struct mapping_command command;
        struct mapping_reason reason;
        if (mapping_on_mqtt(mapping, scratch, xpl_slice(texts[i % 1024], sizes[i % 1024]), XPL_SLICE("5"),
                            origins ? origin : NULL, mapping, &command, &reason) != MAPPING_COMMAND_MADE)
            die("commands were not taken", style->name);
    }
    result.command_us = (now() - start) * 1e6 / ROUNDS;
    mapping_scratch_free(scratch);
    mapping_unref(mapping);
    return result;
}

int main(int argc, char **argv)
{
    if (argc < 2 || chdir(argv[1]) < 0)
        return 1;
    printf("%-24s %24s %24s %24s %22s\n", "", "message us (ratio)", "command us (ratio)", "load ms", "KiB");
    for (size_t i = 0; i < sizeof(styles) / sizeof(*styles); i++)
        for (int origins = 0; origins < 2; origins++) {
            struct result few = measure(&styles[i], FEW, origins), many = measure(&styles[i], MANY, origins);
            printf("%-24s %8.2f %8.2f (%3.1f) %8.2f %8.2f (%3.1f) %10.1f %10.1f %10zu %10zu\n",
                   origins ? "  with origins" : styles[i].name, few.message_us, many.message_us,
                   many.message_us / few.message_us, few.command_us, many.command_us,
                   many.command_us / few.command_us, few.load_ms, many.load_ms, few.bytes / 1024,
                   many.bytes / 1024);
        }
    return 0;
}
