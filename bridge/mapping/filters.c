/* The topic filters that bring all commands and nothing twice.
 *
 * Each path of the trie becomes a filter. Below the prefix only its last level stays (mostly `set`), so that
 * one filter for each depth serves any number of devices; aliases may add depths. A broker may deliver a
 * message once for each filter that it matches, so filters that meet become one that is wide enough for both.
 */
#include <stdlib.h>

#include "base/error.h"
#include "base/limits.h"
#include "mapping/trie.h"

#define ALIAS_MORE_MAX 8 /* levels that an alias may have more or less than its device to be listened for */
#define LEVELS_MAX     (TEMPLATE_LEVELS_MAX + ALIAS_MORE_MAX)

struct filter {
    struct xpl_slice levels[LEVELS_MAX]; /* data NULL: '+' */
    size_t n;
};

struct filters {
    const struct mapping *mapping;
    size_t prefix_levels;
    bool
        more[2 * ALIAS_MORE_MAX + 1]; /* whether an alias has 8 levels less … 8 levels more than its device */
    struct filter list[LIMIT_FILTERS];
    size_t n;
    bool full;
};

static bool same_level(struct xpl_slice a, struct xpl_slice b)
{
    return a.data && b.data && xpl_slice_equal(a, b);
}

static bool meet(const struct filter *a, const struct filter *b)
{
    bool met = a->n == b->n;
    for (size_t i = 0; i < a->n && met; i++)
        met = !a->levels[i].data || !b->levels[i].data || xpl_slice_equal(a->levels[i], b->levels[i]);
    return met;
}

/* Takes a filter off the list and makes another wide enough for both. */
static void swallow(struct filters *filters, size_t i, struct filter *by)
{
    const struct filter *old = &filters->list[i];
    for (size_t l = 0; l < by->n; l++)
        if (!same_level(by->levels[l], old->levels[l]))
            by->levels[l] = xpl_slice(NULL, 0);
    filters->list[i] = filters->list[--filters->n];
}

static void add_filter(struct filters *filters, struct filter filter)
{
    for (size_t i = 0; i < filters->n;) {
        /* When there are too many to tell apart, one of the same length will do. */
        bool full = filters->n == LIMIT_FILTERS && filters->list[i].n == filter.n;
        if (full || meet(&filters->list[i], &filter)) {
            swallow(filters, i, &filter);
            i = 0; /* it may meet others now */
        } else {
            i++;
        }
    }
    if (filters->n < LIMIT_FILTERS)
        filters->list[filters->n++] = filter;
    else
        filters->full = true;
}

/* Whether the path is one below the prefix. */
static bool is_below(const struct filters *filters, const struct xpl_slice *levels, size_t n)
{
    struct xpl_slice rest = filters->mapping->prefix;
    bool below = n > filters->prefix_levels;
    for (size_t i = 0; i < filters->prefix_levels && below; i++) {
        const char *slash = rest.size ? memchr(rest.data, '/', rest.size) : NULL;
        size_t size = slash ? (size_t)(slash - rest.data) : rest.size;
        below = same_level(levels[i], xpl_slice(rest.data, size));
        rest = slash ? xpl_slice(slash + 1, rest.size - size - 1) : xpl_slice("", 0);
    }
    return below;
}

static void add_path(void *context, const struct xpl_slice *levels, size_t n)
{
    struct filters *filters = context;
    struct filter filter = { .n = n };
    if (!is_below(filters, levels, n)) {
        memcpy(filter.levels, levels, n * sizeof(*levels));
        add_filter(filters, filter);
        return;
    }
    for (size_t i = 0; i < sizeof(filters->more); i++) {
        if (!filters->more[i] || n + i < ALIAS_MORE_MAX + filters->prefix_levels + 2)
            continue;
        filter = (struct filter){ .n = n + i - ALIAS_MORE_MAX };
        memcpy(filter.levels, levels, filters->prefix_levels * sizeof(*levels));
        filter.levels[filter.n - 1] = levels[n - 1];
        add_filter(filters, filter);
    }
}

static size_t slashes(struct xpl_slice text)
{
    size_t n = 0;
    for (size_t i = 0; i < text.size; i++)
        n += text.data[i] == '/';
    return n;
}

static void see_aliases(struct filters *filters)
{
    filters->more[ALIAS_MORE_MAX] = true;
    for (size_t i = 0; i < filters->mapping->n_aliases; i++) {
        const struct alias *alias = filters->mapping->aliases[i];
        size_t at = slashes(alias->name) + ALIAS_MORE_MAX - slashes(alias->device);
        if (alias->name.size && at < sizeof(filters->more))
            filters->more[at] = true;
    }
}

static void put_filter(const struct filter *filter, void (*tell)(void *context, const char *filter),
                       void *context)
{
    char buffer[LIMIT_TOPIC + 1];
    struct text text = TEXT(buffer);
    for (size_t i = 0; i < filter->n; i++) {
        if (i)
            text_char(&text, '/');
        text_slice(&text, filter->levels[i].data ? filter->levels[i] : XPL_SLICE("+"));
    }
    if (!text.overflow)
        tell(context, buffer);
}

int mapping_filters(const struct mapping *mapping, void (*filter)(void *context, const char *filter),
                    void *context)
{
    struct filters *filters = calloc(1, sizeof(*filters));
    if (!filters)
        return -ENOMEM;
    filters->mapping = mapping;
    filters->prefix_levels = slashes(mapping->prefix) + 1;
    see_aliases(filters);
    trie_paths(mapping->trie, add_path, filters);
    for (size_t i = 0; i < filters->n; i++)
        put_filter(&filters->list[i], filter, context);
    int r = filters->full ? -E2BIG : 0;
    free(filters);
    return r;
}
