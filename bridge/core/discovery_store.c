/* What discovery keeps from run to run: registry, versions and topics; and when. */
#include <errno.h>
#include <stdlib.h>

#include "core/discovery-private.h"

#define SAVE_MS  60000 /* from a change that may be lost to its file */
#define WRITE_MS 10000 /* what cannot wait is written so often, */
#define BURST_MS 60000 /* and in a row as often as fits into this */

/* What is kept of the things begins with a line for the bridge itself; things_import skips it. */
#define ROOT_LINE "root\t"

static void read_root(struct discovery *discovery, struct xpl_slice text)
{
    struct xpl_slice line = text_take_line(&text);
    size_t size = sizeof(ROOT_LINE) - 1;
    if (line.size > size && memcmp(line.data, ROOT_LINE, size) == 0)
        snprintf(discovery->root_version, sizeof(discovery->root_version), "%.*s", (int)(line.size - size),
                 line.data + size);
}

static size_t write_root(const struct discovery *discovery, char *buffer, size_t capacity)
{
    struct text text = { buffer, 0, capacity, false };
    if (*discovery->root_version)
        text_format(&text, ROOT_LINE "%s\n", discovery->root_version);
    return text.size;
}

void discovery_load(struct discovery *discovery)
{
    struct discovery_options *options = &discovery->options;
    read_root(discovery, options->things);
    things_import(discovery->things, options->things);
    announced_import(&discovery->announced, options->announced);
    options->things = options->announced = xpl_slice(NULL, 0);
}

int discovery_save(struct core *core)
{
    size_t capacity = LIMIT_STATE_FILE;
    char *buffer = malloc(capacity);
    if (!buffer)
        return -ENOMEM;
    core->discovery.save_ms = INT64_MAX;
    size_t size = write_root(&core->discovery, buffer, capacity);
    size += things_export(core->discovery.things, buffer + size, capacity - size);
    int r = core_save(core, CORE_FILE_THINGS, buffer, size);
    size = announced_export(&core->discovery.announced, buffer, capacity);
    size += announced_export(&core->discovery.planned, buffer + size, capacity - size);
    int s = core_save(core, CORE_FILE_ANNOUNCED, buffer, size);
    free(buffer);
    return r < 0 ? r : s;
}

void discovery_save_soon(struct core *core, int64_t now_ms)
{
    if (core->discovery.save_ms == INT64_MAX)
        core->discovery.save_ms = now_ms + SAVE_MS;
}

int64_t discovery_write_ms(const struct discovery *discovery)
{
    return discovery->spent_ms - BURST_MS;
}

void discovery_save_early(struct discovery *discovery)
{
    if (discovery_write_ms(discovery) < discovery->save_ms)
        discovery->save_ms = discovery_write_ms(discovery);
}

void discovery_save_now(struct core *core, int64_t now_ms)
{
    struct discovery *discovery = &core->discovery;
    discovery->spent_ms = (discovery->spent_ms > now_ms ? discovery->spent_ms : now_ms) + WRITE_MS;
    discovery_save(core);
}
