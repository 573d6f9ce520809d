/* What only the whole table can show: properties that publish to the same topic, commands that come back to
 * themselves, maps that nothing reaches. Everything is found through words and the index, so that ten
 * thousand maps load quickly. */
#include <errno.h>

#include "mapping/index.h"
#include "mapping/load.h"

struct checker {
    const struct mapping *mapping;
    struct diag *diag;
    struct arena arena;
    struct words *topics; /* written topic to numbers into publishes */
    struct words *files;  /* what one file publishes, by file_key */
    struct published {
        const struct property *property;
        const struct publish *publish;
        struct xpl_slice topic; /* as written, whole */
    } * publishes;
    size_t n;
};

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

/* ---- the same topic twice ---- */

static bool in_topic(const struct map *map, const struct publish *publish, const struct variable *variable)
{
    const struct template *templates[] = { &map->device, &publish->topic };
    for (int t = 0; t < 2; t++)
        for (size_t i = 0; i < templates[t]->n; i++) {
            const struct part *part = &templates[t]->parts[i];
            if (part->kind != PART_VARIABLE)
                continue;
            if (variable_equal(&part->variable, variable))
                return true;
        }
    return false;
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
            (old->property->map == new->property->map || !are_apart(old, new)))
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

static void check_same_topic(struct checker *checker, const struct published *new)
{
    const struct published *old = find_rival(checker, new);
    bool literal = !new->publish->topic.variable &&
                   (new->publish->base != BASE_DEVICE || !new->property->map->device.variable);
    if (old && (literal || old->property->map == new->property->map))
        diag_error(checker->diag, new->publish->place,
                   "publishes to the same topic \"%.*s\" as the property on line %d",
                   XPL_SLICE_ARGS(new->topic), old->property->place.line);
    else if (old)
        diag_warning(checker->diag, new->publish->place,
                     "may publish to the same topic \"%.*s\" as map '%s' on line %d (one map may name "
                     "several schemas)",
                     XPL_SLICE_ARGS(new->topic), old->property->map->public.name,
                     old->property->map->public.place.line);
}

/* ---- commands that come back ---- */

enum answer { NO, MAYBE, YES };

static enum answer item_holds(const struct send *send, const struct condition *condition)
{
    for (size_t i = 0; i < send->n_items; i++) {
        struct xpl_slice name = template_get_literal(&send->items[i].name);
        struct xpl_slice value = template_get_literal(&send->items[i].value);
        if (!name.data)
            return MAYBE;
        if (!xpl_slice_equal_nocase(name, condition->variable.name))
            continue;
        if (!value.data || send->items[i].optional)
            return MAYBE;
        bool any = condition->n == 0;
        for (size_t a = 0; a < condition->n && !any; a++)
            any = condition->alternatives[a].range
                      ? false
                      : glob_match(condition->alternatives[a].glob, value, false);
        return any != condition->negated ? YES : NO;
    }
    return condition->negated ? YES : NO;
}

static enum answer all_hold(const struct send *send, const struct conditions *conditions)
{
    enum answer worst = YES;
    for (size_t i = 0; i < conditions->n; i++) {
        enum answer answer = conditions->list[i].variable.kind == VARIABLE_ITEM
                                 ? item_holds(send, &conditions->list[i])
                                 : MAYBE;
        worst = answer < worst ? answer : worst;
    }
    return worst;
}

static enum answer comes_back(const struct send *send, const struct published *published)
{
    const struct map *map = published->property->map;
    struct xpl_slice schema = template_get_literal(&send->schema),
                     target = template_get_literal(&send->target);
    if (!(map->types & TYPE_BIT(send->type)) || !(published->publish->types & TYPE_BIT(send->type)))
        return NO;
    if (schema.data && !glob_list_match(&map->schema, schema))
        return NO;
    if (target.data && !glob_list_match(&map->target, target))
        return NO;
    enum answer answer = schema.data && (target.data || !map->target.n) && !map->source.n ? YES : MAYBE;
    enum answer when = all_hold(send, &map->when), side = all_hold(send, &published->publish->when);
    answer = when < answer ? when : answer;
    return side < answer ? side : answer;
}

static void check_loop(struct checker *checker, const struct send *send)
{
    struct candidates found = { 0 };
    words_find(checker->topics, send->topic.text, &found);
    for (uint32_t id = candidates_next(&found); id != UINT32_MAX; id = candidates_next(&found)) {
        const struct published *published = &checker->publishes[id];
        enum answer answer =
            xpl_slice_equal(published->topic, send->topic.text) ? comes_back(send, published) : NO;
        if (answer == NO)
            continue;
        diag_add(checker->diag, answer == YES ? DIAG_ERROR : DIAG_WARNING, send->place,
                 "loop: this message %s taken by map '%s' (line %d), which publishes to the topic it listens "
                 "on, \"%.*s\"",
                 answer == YES ? "is" : "may be", published->property->map->public.name,
                 published->property->map->public.place.line, XPL_SLICE_ARGS(send->topic.text));
        return;
    }
}

/* ---- maps that nothing reaches ---- */

static bool covers(const struct map *outer, const struct map *inner)
{
    return !outer->continues && (inner->types & ~outer->types) == 0 &&
           glob_list_covers(&outer->schema, &inner->schema) &&
           glob_list_covers(&outer->source, &inner->source) &&
           glob_list_covers(&outer->target, &inner->target) &&
           (outer->ignore_case || !inner->ignore_case || outer->when.n == 0) &&
           conditions_cover(&outer->when, &inner->when, outer->ignore_case);
}

/* A message that the map would take, as far as literals say: whoever takes all of the map's messages takes it
 * too. */
static void imagine(const struct map *map, struct xpl_message *message)
{
    *message = (struct xpl_message){ .type = XPL_TRIG, .hop = 1 };
    message->schema = map->schema.n ? map->schema.globs[0] : XPL_SLICE("");
    message->source = xpl_address_split(map->source.n ? map->source.globs[0] : XPL_SLICE(""));
    message->target = xpl_address_split(map->target.n ? map->target.globs[0] : XPL_SLICE("*"));
    for (size_t i = 0; i < map->when.n && message->n_items < XPL_ITEMS_MAX; i++) {
        const struct condition *condition = &map->when.list[i];
        if (condition->variable.kind == VARIABLE_ITEM && condition_is_literal(condition))
            message->items[message->n_items++] =
                (struct xpl_item){ condition->variable.name, condition->alternatives[0].glob };
    }
}

static bool publishes(const struct map *map)
{
    bool any = false;
    for (const struct property *property = map->properties; property && !any; property = property->next)
        any = property->publishes != NULL;
    return any;
}

static void check_reach(struct checker *checker, const struct map *map, struct mapping_scratch *scratch)
{
    struct scope scope;
    struct candidates candidates;
    if (!publishes(map))
        return; /* commands do not go by messages */
    imagine(map, &scratch->message);
    scratch_open(scratch, checker->mapping, TO_MQTT, &scope);
    scope.message = &scratch->message;
    index_find(checker->mapping->index, &scope, &candidates);
    for (uint32_t id = candidates_next(&candidates); id < map->public.id; id = candidates_next(&candidates)) {
        const struct map *before = checker->mapping->maps[id];
        if (!covers(before, map))
            continue;
        if (map->public.shipped && !before->public.shipped)
            diag_info(checker->diag, before->public.place, "map '%s' overrides the shipped map '%s'",
                      before->public.name, map->public.name);
        else
            diag_warning(checker->diag, map->public.place,
                         "map '%s' is never reached: map '%s' (%s:%d) takes all its messages",
                         map->public.name, before->public.name, before->public.place.file,
                         before->public.place.line);
        return;
    }
}

static int collect(struct checker *checker)
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

int findings_check(const struct mapping *mapping, struct diag *diag)
{
    struct checker checker = { .mapping = mapping, .diag = diag };
    struct mapping_scratch *scratch = NULL;
    arena_init(&checker.arena);
    int r = collect(&checker);
    if (r == 0)
        r = mapping_scratch_new(&scratch);
    for (size_t i = 0; r == 0 && i < mapping->n_sends; i++)
        check_loop(&checker, mapping->sends[i]);
    for (size_t i = 0; r == 0 && i < mapping->n_maps; i++) {
        if (!mapping->maps[i]->properties)
            diag_warning(diag, mapping->maps[i]->public.place,
                         "map '%s' has no property: it takes messages and does nothing",
                         mapping->maps[i]->public.name);
        check_reach(&checker, mapping->maps[i], scratch);
    }
    r = r == 0 && checker.arena.failed ? -ENOMEM : r;
    mapping_scratch_free(scratch);
    arena_deinit(&checker.arena);
    return r;
}
