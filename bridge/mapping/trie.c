#include "mapping/trie.h"

#include <errno.h>

#include "base/limits.h"

/* A level with literals and variables: "{}-{}". */
struct pattern {
    struct part *parts;
    size_t n;
    struct node *node;
    struct pattern *next;
};

struct child {
    struct xpl_slice level;
    struct node *node;
    struct child *next;
};

struct keyed {
    size_t level;
    struct words *words;
    struct keyed *next;
};

struct node {
    struct child *children; /* literal levels, the newest first */
    struct words *by_level; /* numbers into the trie's list of children; without case, so compare again */
    struct pattern *patterns;
    struct node *any;
    struct words *rest; /* under the empty word: the sends that end here; NULL when there are none */
    struct keyed *keyed;
};

struct trie {
    struct node *root;
    struct child **children;
    size_t n_children, room;
};

static struct child *find_child(const struct trie *trie, const struct node *node, struct xpl_slice level)
{
    struct candidates found = { 0 };
    if (node->by_level)
        words_find(node->by_level, level, &found);
    for (uint32_t id = candidates_next(&found); id != UINT32_MAX; id = candidates_next(&found))
        if (xpl_slice_equal(trie->children[id]->level, level))
            return trie->children[id];
    return NULL;
}

static struct node *literal_child(struct arena *arena, struct trie *trie, struct node *node,
                                  struct xpl_slice level)
{
    struct child *child = find_child(trie, node, level);
    if (child)
        return child->node;
    if (trie->n_children == trie->room) {
        size_t room = trie->room ? trie->room * 2 : 64;
        struct child **children = arena_array(arena, struct child *, room);
        if (!children)
            return NULL;
        if (trie->n_children)
            memcpy(children, trie->children, trie->n_children * sizeof(*children));
        trie->children = children;
        trie->room = room;
    }
    child = arena_new(arena, struct child);
    if (!child || !(child->node = arena_new(arena, struct node)) ||
        (!node->by_level && !(node->by_level = words_new(arena))))
        return NULL;
    child->level = level;
    child->next = node->children;
    node->children = child;
    trie->children[trie->n_children] = child;
    return words_add(arena, node->by_level, level, (uint32_t)trie->n_children++) == 0 ? child->node : NULL;
}

static bool same_pattern(const struct pattern *pattern, const struct part *parts, size_t n)
{
    if (pattern->n != n)
        return false;
    for (size_t i = 0; i < n; i++)
        if (pattern->parts[i].kind != parts[i].kind ||
            (parts[i].kind == PART_LITERAL && !xpl_slice_equal(pattern->parts[i].text, parts[i].text)) ||
            (parts[i].kind == PART_VARIABLE && strcmp(pattern->parts[i].follow, parts[i].follow) != 0))
            return false;
    return true;
}

static struct node *pattern_child(struct arena *arena, struct node *node, const struct part *parts, size_t n)
{
    for (struct pattern *pattern = node->patterns; pattern; pattern = pattern->next)
        if (same_pattern(pattern, parts, n))
            return pattern->node;
    struct pattern *pattern = arena_new(arena, struct pattern);
    if (!pattern || !(pattern->node = arena_new(arena, struct node)) ||
        !(pattern->parts = arena_array(arena, struct part, n)))
        return NULL;
    memcpy(pattern->parts, parts, n * sizeof(*parts));
    pattern->n = n;
    pattern->next = node->patterns;
    node->patterns = pattern;
    return pattern->node;
}

static struct words *keyed_words(struct arena *arena, struct node *node, size_t level)
{
    for (struct keyed *keyed = node->keyed; keyed; keyed = keyed->next)
        if (keyed->level == level)
            return keyed->words;
    struct keyed *keyed = arena_new(arena, struct keyed);
    if (!keyed || !(keyed->words = words_new(arena)))
        return NULL;
    keyed->level = level;
    keyed->next = node->keyed;
    node->keyed = keyed;
    return keyed->words;
}

/* Files the send at the end of its path, under the words that its map demands of a level where it does. */
static int file_send(struct arena *arena, struct node *node, const struct send *send,
                     const struct part *parts, const struct template_level *levels, size_t n_levels)
{
    const struct conditions *demands = &send->property->map->demands;
    for (size_t i = 0; i < n_levels; i++) {
        const struct part *part = &parts[levels[i].first];
        const struct condition *demand =
            levels[i].alone && !part->n_conversions ? conditions_find(demands, &part->variable) : NULL;
        if (!demand)
            continue;
        struct words *words = keyed_words(arena, node, i);
        if (!words)
            return -ENOMEM;
        for (size_t a = 0; a < demand->n; a++)
            if (words_add(arena, words, demand->alternatives[a].glob, send->rank) < 0)
                return -ENOMEM;
        return 0;
    }
    if (!node->rest && !(node->rest = words_new(arena)))
        return -ENOMEM;
    return words_add(arena, node->rest, XPL_SLICE(""), send->rank);
}

/* The shape itself is only needed meanwhile. */
static int add_shape(struct arena *arena, struct arena *meanwhile, struct trie *trie, const struct send *send,
                     unsigned shape)
{
    struct template_level levels[TEMPLATE_LEVELS_MAX];
    struct part *parts;
    size_t n = template_shape(meanwhile, &send->topic, shape, &parts, levels, TEMPLATE_LEVELS_MAX);
    struct node *node = trie->root;
    for (size_t i = 0; i < n && node; i++) {
        struct part *first = &parts[levels[i].first];
        if (levels[i].literal) {
            node = literal_child(arena, trie, node, levels[i].n ? first->text : XPL_SLICE(""));
        } else if (levels[i].alone) {
            if (!node->any)
                node->any = arena_new(arena, struct node);
            node = node->any;
        } else {
            node = pattern_child(arena, node, first, levels[i].n);
        }
    }
    if (arena->failed || meanwhile->failed)
        return -ENOMEM;
    return n && node ? file_send(arena, node, send, parts, levels, n) : 0;
}

int trie_new(struct arena *arena, struct send *const *sends, size_t n_sends, struct trie **ret)
{
    struct trie *trie = arena_new(arena, struct trie);
    if (!trie || !(trie->root = arena_new(arena, struct node)))
        return -ENOMEM;
    int r = 0;
    for (size_t i = 0; i < n_sends && r == 0; i++) {
        struct arena meanwhile;
        arena_init(&meanwhile);
        for (unsigned shape = 0; shape < 1u << template_groups(&sends[i]->topic) && r == 0; shape++)
            r = add_shape(arena, &meanwhile, trie, sends[i], shape);
        arena_deinit(&meanwhile);
    }
    if (r == 0)
        *ret = trie;
    return r;
}

/* ---- finding ---- */

static bool pattern_matches(const struct pattern *pattern, struct xpl_slice level)
{
    size_t at = 0;
    for (size_t i = 0; i < pattern->n; i++) {
        const struct part *part = &pattern->parts[i];
        if (part->kind == PART_LITERAL) {
            if (level.size - at < part->text.size ||
                memcmp(level.data + at, part->text.data, part->text.size) != 0)
                return false;
            at += part->text.size;
        } else {
            size_t end = template_value_end(part, level, at);
            if (end == at)
                return false;
            at = end;
        }
    }
    return at == level.size;
}

struct finder {
    const struct trie *trie;
    struct xpl_slice levels[TEMPLATE_LEVELS_MAX];
    size_t n;
    struct candidates *candidates;
};

static bool has_room(const struct finder *finder)
{
    return finder->candidates->n < CANDIDATE_LISTS_MAX;
}

/* A word was filed as it is; in the topic some of its characters may be escaped. */
static void find_keyed(const struct keyed *keyed, struct finder *finder)
{
    char bytes[LIMIT_TOPIC + 1];
    struct text word = TEXT(bytes);
    template_unescape(finder->levels[keyed->level], &word);
    words_find(keyed->words, text_get(&word), finder->candidates);
}

static void find(const struct node *node, struct finder *finder, size_t level)
{
    if (!node || !has_room(finder))
        return;
    if (level == finder->n) {
        if (node->rest)
            words_find(node->rest, XPL_SLICE(""), finder->candidates);
        for (const struct keyed *keyed = node->keyed; keyed && has_room(finder); keyed = keyed->next)
            find_keyed(keyed, finder);
        return;
    }
    struct xpl_slice text = finder->levels[level];
    const struct child *child = find_child(finder->trie, node, text);
    if (child)
        find(child->node, finder, level + 1);
    for (const struct pattern *pattern = node->patterns; pattern; pattern = pattern->next)
        if (pattern_matches(pattern, text))
            find(pattern->node, finder, level + 1);
    if (text.size)
        find(node->any, finder, level + 1);
}

void trie_find(const struct trie *trie, struct xpl_slice topic, struct candidates *ret)
{
    struct finder finder = { .trie = trie, .candidates = ret };
    ret->n = 0;
    for (;;) {
        const char *slash = topic.size ? memchr(topic.data, '/', topic.size) : NULL;
        size_t size = slash ? (size_t)(slash - topic.data) : topic.size;
        if (finder.n == TEMPLATE_LEVELS_MAX)
            return;
        finder.levels[finder.n++] = xpl_slice(topic.data ? topic.data : "", size);
        if (!slash)
            break;
        topic = xpl_slice(slash + 1, topic.size - size - 1);
    }
    find(trie->root, &finder, 0);
}

struct walk {
    struct xpl_slice levels[TEMPLATE_LEVELS_MAX];
    void (*path)(void *context, const struct xpl_slice *levels, size_t n_levels);
    void *context;
};

static void walk_node(const struct node *node, struct walk *walk, size_t n)
{
    if (node->rest || node->keyed)
        walk->path(walk->context, walk->levels, n);
    if (n == TEMPLATE_LEVELS_MAX)
        return;
    for (const struct child *child = node->children; child; child = child->next) {
        walk->levels[n] = child->level;
        walk_node(child->node, walk, n + 1);
    }
    walk->levels[n] = xpl_slice(NULL, 0);
    for (const struct pattern *pattern = node->patterns; pattern; pattern = pattern->next)
        walk_node(pattern->node, walk, n + 1);
    if (node->any)
        walk_node(node->any, walk, n + 1);
}

void trie_paths(const struct trie *trie,
                void (*path)(void *context, const struct xpl_slice *levels, size_t n_levels), void *context)
{
    struct walk walk = { .path = path, .context = context };
    walk_node(trie->root, &walk, 0);
}
