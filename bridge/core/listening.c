/* Subscriptions. Those of commands follow the table by the difference: what stays subscribed is not touched.
 */
#include <stdlib.h>

#include "core/core-private.h"

static void subscribe_path(struct core *core, const char *path)
{
    char filter[LIMIT_TOPIC];
    struct text text = TEXT(filter);
    text_format(&text, "%s/%s", core->options.prefix, path);
    core->sink.subscribe(core->sink.context, filter);
}

struct collected {
    char *filters[LIMIT_SUBSCRIPTIONS];
    size_t n, lost;
};

static void collect(void *context, const char *filter)
{
    struct collected *collected = context;
    char *copy = collected->n < LIMIT_SUBSCRIPTIONS ? strdup(filter) : NULL;
    if (copy)
        collected->filters[collected->n++] = copy;
    else
        collected->lost++;
}

static bool has(char *const *filters, size_t n, const char *filter)
{
    for (size_t i = 0; i < n; i++)
        if (strcmp(filters[i], filter) == 0)
            return true;
    return false;
}

void listening_follow(struct core *core)
{
    struct collected new = { 0 };
    mapping_filters(core->mapping, collect, &new);
    if (new.lost)
        core_log(core, LOG_MQTT, LOG_LEVEL_ERROR, "no room to subscribe to %zu topic filters of commands",
                 new.lost);
    for (size_t i = 0; i < core->n_filters; i++)
        if (!has(new.filters, new.n, core->filters[i]))
            core->sink.unsubscribe(core->sink.context, core->filters[i]);
    for (size_t i = 0; i < new.n; i++)
        if (!has(core->filters, core->n_filters, new.filters[i]))
            core->sink.subscribe(core->sink.context, new.filters[i]);
    listening_deinit(core);
    memcpy(core->filters, new.filters, sizeof(new.filters));
    core->n_filters = new.n;
}

void listening_start(struct core *core)
{
    subscribe_path(core, "bridge/request/+");
    subscribe_path(core, "bridge/info");
    subscribe_path(core, "bridge/network");
    /* The filter means "bridge/state" too, and is another than that of the session (session_echo.c), which
     * ends its own. */
    subscribe_path(core, "bridge/state/#");
    if (core->options.raw_send)
        subscribe_path(core, "raw/send");
    listening_follow(core);
}

void listening_deinit(struct core *core)
{
    for (size_t i = 0; i < core->n_filters; i++)
        free(core->filters[i]);
    core->n_filters = 0;
}
