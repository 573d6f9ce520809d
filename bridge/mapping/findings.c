/* What only the whole table can show: properties that publish to the same topic (findings_topics.c), commands
 * that come back to themselves, maps that nothing reaches. Everything is found through words and the index.
 */
#include <errno.h>

#include "mapping/findings-private.h"
#include "mapping/index.h"

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
    const struct published *echo = NULL;
    words_find(checker->topics, send->topic.text, &found);
    for (uint32_t id = candidates_next(&found); id != UINT32_MAX; id = candidates_next(&found)) {
        const struct published *published = &checker->publishes[id];
        if (!xpl_slice_equal(published->topic, send->topic.text))
            continue;
        enum answer answer = comes_back(send, published);
        echo = echo ? echo : published;
        if (answer == NO)
            continue;
        diag_add(checker->diag, answer == YES ? DIAG_ERROR : DIAG_WARNING, send->place,
                 "loop: this message %s taken by map '%s' (line %d), which publishes to the topic it listens "
                 "on, \"%.*s\"",
                 answer == YES ? "is" : "may be", published->property->map->public.name,
                 published->property->map->public.place.line, XPL_SLICE_ARGS(send->topic.text));
        return;
    }
    if (echo)
        diag_warning(checker->diag, send->place,
                     "listens on \"%.*s\", the topic that the property on line %d publishes to: each state "
                     "comes back as a command",
                     XPL_SLICE_ARGS(send->topic.text), echo->property->place.line);
}

/* ---- maps that nothing reaches ---- */

static bool covers(const struct map *outer, const struct map *inner, const struct glob_list *schemas)
{
    return !outer->continues && (inner->types & ~outer->types) == 0 &&
           glob_list_covers(&outer->schema, schemas) && glob_list_covers(&outer->source, &inner->source) &&
           glob_list_covers(&outer->target, &inner->target) &&
           (outer->ignore_case || !inner->ignore_case || outer->when.n == 0) &&
           conditions_cover(&outer->when, &inner->when, outer->ignore_case);
}

/* A message of these schemas that the map would take, as far as literals say: whoever takes all of the map's
 * messages takes it too. */
static void imagine(const struct map *map, const struct glob_list *schemas, struct xpl_message *message)
{
    *message = (struct xpl_message){ .type = XPL_TRIG, .hop = 1 };
    message->schema = schemas->n ? schemas->globs[0] : XPL_SLICE("");
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

/* A map before it that takes all its messages of these schemas; NULL: none does. */
static const struct map *find_cover(struct checker *checker, const struct map *map,
                                    const struct glob_list *schemas, struct mapping_scratch *scratch)
{
    struct scope scope;
    struct candidates candidates;
    imagine(map, schemas, &scratch->message);
    scratch_open(scratch, checker->mapping, TO_MQTT, &scope);
    scope.message = &scratch->message;
    index_find(checker->mapping->index, &scope, &candidates);
    for (uint32_t id = candidates_next(&candidates); id < map->public.id; id = candidates_next(&candidates))
        if (covers(checker->mapping->maps[id], map, schemas))
            return checker->mapping->maps[id];
    return NULL;
}

static void check_reach(struct checker *checker, const struct map *map, struct mapping_scratch *scratch)
{
    if (!publishes(map))
        return; /* commands do not go by messages */
    const struct map *before = find_cover(checker, map, &map->schema, scratch);
    if (before && map->public.shipped && !before->public.shipped)
        diag_info(checker->diag, before->public.place, "map '%s' overrides the shipped map '%s'",
                  before->public.name, map->public.name);
    else if (before)
        diag_warning(checker->diag, map->public.place,
                     "map '%s' is never reached: map '%s' (%s:%d) takes all its messages", map->public.name,
                     before->public.name, before->public.place.file, before->public.place.line);
    for (size_t i = 0; i < map->schema.n && map->public.shipped && !before; i++) {
        struct glob_list one = { &map->schema.globs[i], 1 };
        const struct map *instead = find_cover(checker, map, &one, scratch);
        if (instead && !instead->public.shipped)
            diag_info(checker->diag, instead->public.place,
                      "map '%s' overrides the shipped map '%s' for %.*s", instead->public.name,
                      map->public.name, XPL_SLICE_ARGS(one.globs[0]));
    }
}

int findings_check(const struct mapping *mapping, struct diag *diag)
{
    struct checker checker = { .mapping = mapping, .diag = diag };
    struct mapping_scratch *scratch = NULL;
    arena_init(&checker.arena);
    int r = findings_collect(&checker);
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
