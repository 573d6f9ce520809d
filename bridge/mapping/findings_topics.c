/* Properties of one file that publish to the same topic. They are filed by the topic as it is written and by
 * what their maps demand of its variables, so that ten thousand maps of one form load quickly. */
#include <errno.h>

#include "mapping/findings-private.h"

static struct xpl_slice written_topic(struct checker *checker, const struct map *map,
                                      const struct publish *publish)
{
    size_t size = checker->mapping->prefix.size + map->device.text.size + publish->topic.text.size + 3;
    struct text text = { arena_alloc(&checker->arena, size), 0, size, false };
    if (!text.data)
        return xpl_slice(NULL, 0);
    if (publish->base != BASE_ABSOLUTE) {
        text_slice(&text, checker->mapping->prefix);
        text_char(&text, '/');
    }
    if (publish->base == BASE_DEVICE) {
        text_slice(&text, map->device.text);
        text_char(&text, '/');
    }
    text_slice(&text, publish->topic.text);
    return text_get(&text);
}

static bool in_topic(const struct map *map, const struct publish *publish, const struct variable *variable)
{
    return template_has(&map->device, variable) || template_has(&publish->topic, variable);
}

/* Two maps cannot make one topic when a variable of the topic differs by their conditions. */
static bool are_apart(const struct published *a, const struct published *b)
{
    const struct map *x = a->property->map, *y = b->property->map;
    const struct conditions *lists[] = { &x->when, &x->demands };
    for (int l = 0; l < 2; l++)
        for (size_t i = 0; i < lists[l]->n; i++) {
            struct conditions one = { &lists[l]->list[i], 1 };
            if (in_topic(x, a->publish, &one.list->variable) &&
                (conditions_exclude(&one, &y->when) || conditions_exclude(&one, &y->demands)))
                return true;
        }
    return false;
}

/* Of one map: under `each`, two lists of items may have nothing in common. */
static bool each_apart(const struct property *a, const struct property *b)
{
    return a->each.data && b->each.data && !glob_meets(a->each, b->each, true);
}

/* One is an item of the other's list in any case; without `each` there is no choice. */
static bool each_same(const struct property *a, const struct property *b)
{
    return !a->each.data || !b->each.data || glob_covers(a->each, b->each, true) ||
           glob_covers(b->each, a->each, true);
}

/* A file's publishes on one written topic, or of them those whose map demands that word of a variable, or
 * demands nothing of it. */
static struct xpl_slice file_key(struct checker *checker, const struct published *published,
                                 const struct variable *variable, struct xpl_slice word)
{
    const char *file = published->property->map->file;
    size_t size = strlen(file) + published->topic.size + word.size + 64;
    size += variable ? variable->name.size : 0;
    struct text text = { arena_alloc(&checker->arena, size), 0, size, false };
    if (!text.data)
        return xpl_slice(NULL, 0);
    text_string(&text, file);
    text_char(&text, '\n');
    text_slice(&text, published->topic);
    if (variable) {
        text_format(&text, "\n%d ", (int)variable->kind);
        text_slice(&text, variable->name);
        text_char(&text, '=');
        text_slice(&text, word);
    }
    return text_get(&text);
}

static int file(struct checker *checker, size_t number, const struct variable *variable,
                struct xpl_slice word)
{
    struct xpl_slice key = file_key(checker, &checker->publishes[number], variable, word);
    return words_add(&checker->arena, checker->files, key, (uint32_t)number);
}

/* Under each variable of its topic, so that whoever demands a word of it finds only those that may have it.
 */
static int file_publish(struct checker *checker, size_t number)
{
    const struct published *new = &checker->publishes[number];
    const struct map *map = new->property->map;
    const struct template *templates[] = { &map->device, &new->publish->topic };
    int r = file(checker, number, NULL, XPL_SLICE(""));
    for (int t = 0; t < 2; t++)
        for (size_t i = 0; i < templates[t]->n && r == 0; i++) {
            const struct part *part = &templates[t]->parts[i];
            if (part->kind != PART_VARIABLE)
                continue;
            const struct condition *demand = conditions_find(&map->demands, &part->variable);
            if (!demand)
                r = file(checker, number, &part->variable, XPL_SLICE(""));
            for (size_t a = 0; demand && a < demand->n && r == 0; a++)
                r = file(checker, number, &part->variable, demand->alternatives[a].glob);
        }
    return r;
}

static const struct published *rival_under(struct checker *checker, const struct published *new,
                                           const struct variable *variable, struct xpl_slice word)
{
    struct candidates found = { 0 };
    words_find(checker->files, file_key(checker, new, variable, word), &found);
    for (uint32_t id = candidates_next(&found); id != UINT32_MAX; id = candidates_next(&found)) {
        const struct published *old = &checker->publishes[id];
        if (old->property != new->property && xpl_slice_equal(old->topic, new->topic) &&
            (old->property->map == new->property->map ? !each_apart(old->property, new->property)
                                                      : !are_apart(old, new)))
            return old;
    }
    return NULL;
}

/* Another property, filed before, that may publish to the same topic. */
static const struct published *find_rival(struct checker *checker, const struct published *new)
{
    const struct conditions *demands = &new->property->map->demands;
    const struct condition *demand = NULL;
    for (size_t i = 0; i < demands->n && !demand; i++)
        if (in_topic(new->property->map, new->publish, &demands->list[i].variable))
            demand = &demands->list[i];
    if (!demand)
        return rival_under(checker, new, NULL, XPL_SLICE(""));
    const struct published *rival = rival_under(checker, new, &demand->variable, XPL_SLICE(""));
    for (size_t a = 0; a < demand->n && !rival; a++)
        rival = rival_under(checker, new, &demand->variable, demand->alternatives[a].glob);
    return rival;
}

/* Another property of the map, filed before, whose topic is written otherwise and may yet be the same. */
static const struct published *find_meeting(struct checker *checker, const struct published *new)
{
    const struct template *topic = &new->publish->topic;
    for (size_t i = checker->n; i-- > 0 && checker->publishes[i].property->map == new->property->map;) {
        const struct published *old = &checker->publishes[i];
        if (old->property != new->property && old->publish->base == new->publish->base &&
            (topic->variable || old->publish->topic.variable) && !xpl_slice_equal(old->topic, new->topic) &&
            !each_apart(old->property, new->property) &&
            !conditions_exclude(&old->publish->when, &new->publish->when) &&
            template_meets(&checker->arena, &old->publish->topic, topic))
            return old;
    }
    return NULL;
}

static void check_same_topic(struct checker *checker, const struct published *new)
{
    const struct published *old = find_rival(checker, new);
    bool literal = !new->publish->topic.variable &&
                   (new->publish->base != BASE_DEVICE || !new->property->map->device.variable);
    bool same_map = old && old->property->map == new->property->map;
    if (old && (literal || (same_map && each_same(old->property, new->property))))
        diag_error(checker->diag, new->publish->place,
                   "publishes to the same topic \"%.*s\" as the property on line %d",
                   XPL_SLICE_ARGS(new->topic), old->property->place.line);
    else if (old && !same_map)
        diag_warning(checker->diag, new->publish->place,
                     "may publish to the same topic \"%.*s\" as map '%s' on line %d (one map may name "
                     "several schemas)",
                     XPL_SLICE_ARGS(new->topic), old->property->map->public.name,
                     old->property->map->public.place.line);
    else if (old || (old = find_meeting(checker, new)))
        diag_warning(checker->diag, new->publish->place,
                     "may publish to the same topic \"%.*s\" as the property on line %d",
                     XPL_SLICE_ARGS(new->topic), old->property->place.line);
}

int findings_collect(struct checker *checker)
{
    size_t n = 0;
    for (size_t m = 0; m < checker->mapping->n_maps; m++)
        for (struct property *p = checker->mapping->maps[m]->properties; p; p = p->next)
            for (struct publish *publish = p->publishes; publish; publish = publish->next)
                n++;
    checker->publishes = arena_array(&checker->arena, struct published, n + 1);
    checker->topics = words_new(&checker->arena);
    checker->files = words_new(&checker->arena);
    if (!checker->publishes || !checker->topics || !checker->files)
        return -ENOMEM;
    for (size_t m = 0; m < checker->mapping->n_maps; m++)
        for (struct property *p = checker->mapping->maps[m]->properties; p; p = p->next)
            for (struct publish *publish = p->publishes; publish; publish = publish->next) {
                struct published *new = &checker->publishes[checker->n];
                *new = (struct published){ p, publish,
                                           written_topic(checker, checker->mapping->maps[m], publish) };
                check_same_topic(checker, new);
                if (file_publish(checker, checker->n) < 0 ||
                    words_add(&checker->arena, checker->topics, new->topic, (uint32_t)checker->n++) < 0)
                    return -ENOMEM;
            }
    return 0;
}
