/* The topic filters that bring all commands and nothing twice. */
#include <stdlib.h>

#include "mapping/trie.h"

#define FILTER_LEVELS_MAX (TRIE_LEVELS_MAX + 8)
#define FILTERS_MAX       64

struct filter {
    struct xpl_slice levels[FILTER_LEVELS_MAX]; /* data NULL: '+' */
    size_t n;
};

struct filters {
    const struct mapping *mapping;
    size_t prefix_levels;
    struct filter list[FILTERS_MAX];
    size_t n;
};

static bool meet(const struct filter *a, const struct filter *b)
{
    for (size_t i = 0; a->n == b->n && i < a->n; i++)
        if (a->levels[i].data && b->levels[i].data && !xpl_slice_equal(a->levels[i], b->levels[i]))
            return false;
    return a->n == b->n;
}

static void widen(struct filter *filter, const struct filter *by)
{
    for (size_t i = 0; i < filter->n; i++)
        if (!filter->levels[i].data || !by->levels[i].data ||
            !xpl_slice_equal(filter->levels[i], by->levels[i]))
            filter->levels[i] = xpl_slice(NULL, 0);
}

/* A broker may deliver a message once for each filter that it matches: filters that meet become one. */
static void add_filter(struct filters *filters, struct filter filter)
{
    for (size_t i = 0; i < filters->n;) {
        if (!meet(&filters->list[i], &filter)) {
            i++;
            continue;
        }
        widen(&filter, &filters->list[i]);
        filters->list[i] = filters->list[--filters->n];
        i = 0;
    }
    if (filters->n == FILTERS_MAX) { /* too many to tell apart: widen one of the same length */
        for (size_t i = 0; i < filters->n; i++)
            if (filters->list[i].n == filter.n) {
                widen(&filter, &filters->list[i]);
                filters->list[i] = filters->list[--filters->n];
                add_filter(filters, filter);
                return;
            }
        return;
    }
    filters->list[filters->n++] = filter;
}

/* Below the prefix only the last level stays: one filter for each depth serves any number of devices. */
static void add_path(void *context, const struct xpl_slice *levels, size_t n)
{
    struct filters *filters = context;
    struct filter filter = { .n = n };
    bool below = n > filters->prefix_levels;
    struct xpl_slice rest = filters->mapping->prefix;
    for (size_t i = 0; i < filters->prefix_levels && below; i++) {
        const char *slash = memchr(rest.data, '/', rest.size);
        size_t size = slash ? (size_t)(slash - rest.data) : rest.size;
        below = levels[i].data && xpl_slice_equal(levels[i], xpl_slice(rest.data, size));
        rest = slash ? xpl_slice(slash + 1, rest.size - size - 1) : rest;
    }
    for (size_t i = 0; i < n; i++)
        filter.levels[i] = below && i >= filters->prefix_levels && i + 1 < n ? xpl_slice(NULL, 0) : levels[i];
    add_filter(filters, filter);
    if (!below)
        return;
    /* An alias may have more or fewer levels than its device. */
    for (size_t a = 0; a < filters->mapping->n_aliases; a++) {
        const struct alias *alias = filters->mapping->aliases[a];
        long more = 0;
        for (size_t i = 0; i < alias->name.size; i++)
            more += alias->name.data[i] == '/';
        for (size_t i = 0; i < alias->device.size; i++)
            more -= alias->device.data[i] == '/';
        long length = (long)n + more;
        if (!alias->name.size || more == 0 || length <= (long)filters->prefix_levels + 1 ||
            length > FILTER_LEVELS_MAX)
            continue;
        struct filter other = { .n = (size_t)length };
        for (size_t i = 0; i < filters->prefix_levels; i++)
            other.levels[i] = levels[i];
        other.levels[other.n - 1] = levels[n - 1];
        add_filter(filters, other);
    }
}

void mapping_filters(const struct mapping *mapping, void (*filter)(void *context, const char *filter),
                     void *context)
{
    struct filters *filters = calloc(1, sizeof(*filters));
    if (!filters)
        return;
    filters->mapping = mapping;
    filters->prefix_levels = 1;
    for (size_t i = 0; i < mapping->prefix.size; i++)
        filters->prefix_levels += mapping->prefix.data[i] == '/';
    trie_paths(mapping->trie, add_path, filters);
    for (size_t i = 0; i < filters->n; i++) {
        char buffer[1024];
        struct text text = TEXT(buffer);
        for (size_t l = 0; l < filters->list[i].n; l++) {
            if (l)
                text_char(&text, '/');
            text_slice(&text, filters->list[i].levels[l].data ? filters->list[i].levels[l] : XPL_SLICE("+"));
        }
        if (!text.overflow)
            filter(context, buffer);
    }
    free(filters);
}
