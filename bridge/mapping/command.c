/* Commands: a topic is found in the trie, read back through its template, and the first send whose conditions
 * hold makes the message. After it went out, mapping_assume says what it made true. */
#include "base/limits.h"
#include "mapping/act.h"
#include "mapping/trie.h"

/* ---- the topic ---- */

/* The topic with an alias name at its start replaced by the device: the longest name that fits. False when
 * the topic gets too long. */
static bool unalias(const struct mapping *mapping, struct mapping_scratch *scratch, struct xpl_slice topic,
                    struct xpl_slice *ret)
{
    struct xpl_slice below = topic_below_prefix(mapping, topic);
    for (size_t size = below.size; mapping->n_aliases && size-- > 1;) {
        if (below.data[size] != '/')
            continue;
        const struct alias *alias = alias_by_name(mapping, xpl_slice(below.data, size));
        if (!alias)
            continue;
        struct text *text = &scratch->topic;
        text_reset(text);
        text_slice(text, mapping->prefix);
        text_char(text, '/');
        text_slice(text, alias->device);
        text_slice(text, xpl_slice(below.data + size, below.size - size));
        *ret = text_get(text);
        return !text->overflow && text->size <= LIMIT_TOPIC;
    }
    return true;
}

/* ---- one send ---- */

/* The map's own conditions, as far as the topic tells what they ask for. */
static bool map_allows(const struct map *map, struct scope *scope)
{
    static const enum variable_kind kinds[] = { VARIABLE_SOURCE, VARIABLE_TARGET };
    const struct glob_list *lists[] = { &map->source, &map->target };
    for (int i = 0; i < 2; i++) {
        struct variable variable = { kinds[i], false, { "", 0 } };
        struct xpl_slice value;
        if (lists[i]->n && scope_get(scope, &variable, false, &value) && !glob_list_match(lists[i], value))
            return false;
    }
    return conditions_hold(&map->when, scope, true, NULL);
}

static int make_items(const struct send *send, struct scope *scope, struct xpl_message *message)
{
    message->n_items = 0;
    for (size_t i = 0; i < send->n_items; i++) {
        struct xpl_item item;
        int r = template_make(&send->items[i].name, scope, &item.name);
        if (r == 0)
            r = template_make(&send->items[i].value, scope, &item.value);
        if (r && send->items[i].optional) {
            text_reset(scope->why);
            continue;
        }
        if (r == 0 && message->n_items == XPL_ITEMS_MAX) {
            text_string(scope->why, "too many items");
            r = COUNT_NOT_MADE_SIZE;
        }
        if (r)
            return r;
        message->items[message->n_items++] = item;
    }
    return 0;
}

static int make_message(const struct send *send, struct scope *scope, struct xpl_message *message)
{
    struct xpl_slice target;
    message->type = send->type;
    message->hop = 1;
    message->source = (struct xpl_address){ 0 };
    int r = template_make(&send->target, scope, &target);
    if (r == 0)
        r = template_make(&send->schema, scope, &message->schema);
    if (r)
        return r;
    message->target = xpl_address_split(target);
    const char *dot = message->schema.size ? memchr(message->schema.data, '.', message->schema.size) : NULL;
    size_t size = dot ? (size_t)(dot - message->schema.data) : message->schema.size;
    message->schema_class = xpl_slice(message->schema.data, size);
    message->schema_type = dot ? xpl_slice(dot + 1, message->schema.size - size - 1) : xpl_slice("", 0);
    return make_items(send, scope, message);
}

/* A number or a choice that is out of bounds; of a JSON payload, the member that has the property's name. */
static int check_payload(const struct property *property, struct scope *scope)
{
    struct variable member = { VARIABLE_PAYLOAD_MEMBER, false, template_get_literal(&property->name) };
    struct xpl_slice value = scope->payload;
    bool number = property->min.text.data || property->max.text.data;
    bool choice = property->public.kind == MAPPING_SELECT && property->options.text.data;
    if (value.size && value.data[0] == '{' && !(member.name.data && scope_get(scope, &member, false, &value)))
        return 0;
    return number || choice ? property_check_range(property, scope, value) : 0;
}

struct attempt {
    const struct mapping *mapping;
    struct mapping_scratch *scratch;
    struct scope *scope;
    struct xpl_slice topic;
    mapping_origin *origin;
    void *context;
    struct mapping_command *ret;
    bool known;  /* a map knows the topic, and not the payload */
    int refused; /* an enum counter; the text is in scope->why */
};

/* Under `each`, whether the item that the topic names is one of those. */
static bool each_allows(const struct property *property, struct scope *scope)
{
    struct variable item = { VARIABLE_ITEM, true, XPL_SLICE("item") };
    struct xpl_slice name;
    return !property->each.data || !scope_get(scope, &item, false, &name) ||
           glob_match(property->each, name, true);
}

/* Whether the send's template reads the topic and its map agrees; the scope has the variables then. */
static bool read_send(struct attempt *attempt, const struct send *send)
{
    const struct map *map = send->property->map;
    scope_unbind(attempt->scope, 0);
    attempt->scope->ignore_case = map->ignore_case;
    return template_read(&send->topic, attempt->scope, attempt->topic) && map_allows(map, attempt->scope) &&
           each_allows(send->property, attempt->scope);
}

/* Whether the command ends with this send, made or refused. A send that takes the command but cannot make its
 * message refuses it: another map that guesses would pass by what this one checks. */
static bool try_send(struct attempt *attempt, const struct send *send)
{
    struct scope *scope = attempt->scope;
    const struct condition *failed = NULL;
    if (!conditions_hold(&send->when, scope, false, &failed)) {
        /* Only the payload can be blamed on the command; a topic that does not fit is simply not ours. */
        attempt->known |=
            failed->variable.kind == VARIABLE_PAYLOAD || failed->variable.kind == VARIABLE_PAYLOAD_MEMBER;
        return false;
    }
    struct mapping_command command = { .map = &send->property->map->public,
                                       .property = &send->property->public,
                                       .send = &send->public,
                                       .message = &attempt->scratch->message,
                                       .topic = attempt->topic };
    attempt->refused = check_payload(send->property, scope);
    if (!attempt->refused)
        attempt->refused = make_message(send, scope, &attempt->scratch->message);
    if (!attempt->refused) {
        map_device_of_topic(attempt->mapping, send->property->map, scope, attempt->scratch, &command.device,
                            &command.alias);
        *attempt->ret = command;
    }
    return true;
}

/* The map that published the device goes first: families share shapes of topics (ac and homeeasy do). DEVICE
 * is some levels at the start of the topic: the longest that a map is known for. */
static bool try_origin(struct attempt *attempt)
{
    struct xpl_slice below = topic_below_prefix(attempt->mapping, attempt->topic);
    for (size_t size = below.size; size-- > 1;) {
        struct xpl_slice device, alias, path = xpl_slice(below.data, size);
        if (below.data[size] != '/')
            continue;
        const struct map *map = (const struct map *)attempt->origin(attempt->context, path);
        for (const struct send *send = map ? map->sends : NULL; send; send = send->next_of_map)
            if (read_send(attempt, send) &&
                map_device_of_topic(attempt->mapping, map, attempt->scope, attempt->scratch, &device,
                                    &alias) == 0 &&
                xpl_slice_equal(device, path) && try_send(attempt, send))
                return true;
    }
    return false;
}

static bool try_all(struct attempt *attempt)
{
    struct candidates candidates;
    trie_find(attempt->mapping->trie, attempt->topic, &candidates);
    for (uint32_t rank = candidates_next(&candidates); rank != UINT32_MAX;
         rank = candidates_next(&candidates)) {
        const struct send *send = attempt->mapping->sends[rank];
        if (!read_send(attempt, send))
            continue;
        if (try_send(attempt, send))
            return true;
    }
    return false;
}

bool mapping_takes(const struct mapping *mapping, struct mapping_scratch *scratch, struct xpl_slice topic,
                   bool templated)
{
    struct scope scope;
    struct candidates candidates;
    struct attempt attempt = { .mapping = mapping, .scratch = scratch, .scope = &scope, .topic = topic };
    scratch_open(scratch, mapping, TO_XPL, &scope);
    trie_find(mapping->trie, topic, &candidates);
    for (uint32_t rank = candidates_next(&candidates); rank != UINT32_MAX;
         rank = candidates_next(&candidates)) {
        const struct send *send = mapping->sends[rank];
        struct xpl_slice device, alias;
        if ((templated || !send->property->public.templated) && read_send(&attempt, send) &&
            (map_device_of_topic(mapping, send->property->map, &scope, scratch, &device, &alias) != 0 ||
             !map_ignores(mapping, scope_source(&scope), device)))
            return true;
    }
    return false;
}

enum mapping_command_result mapping_on_mqtt(const struct mapping *mapping, struct mapping_scratch *scratch,
                                            struct xpl_slice topic, struct xpl_slice payload,
                                            mapping_origin *origin, void *context,
                                            struct mapping_command *ret, struct mapping_reason *ret_reason)
{
    struct scope scope;
    struct attempt attempt = { .mapping = mapping,
                               .scratch = scratch,
                               .scope = &scope,
                               .topic = topic,
                               .origin = origin,
                               .context = context,
                               .ret = ret };
    ret_reason->counter = COUNT_REFUSED_VALUE;
    scratch_open(scratch, mapping, TO_XPL, &scope);
    ret_reason->text = scratch->why.data;
    if (topic.size > LIMIT_TOPIC || !unalias(mapping, scratch, topic, &attempt.topic)) {
        text_string(&scratch->why, "the topic is too long");
        return MAPPING_COMMAND_REFUSED;
    }
    scope.payload = payload;
    bool taken = (origin && try_origin(&attempt)) || try_all(&attempt);
    scope_deinit(&scope);
    if (taken)
        return attempt.refused ? MAPPING_COMMAND_REFUSED : MAPPING_COMMAND_MADE;
    if (!attempt.known)
        return MAPPING_COMMAND_NO_MAP;
    text_string(&scratch->why, "no send takes the payload '");
    scope_excerpt(&scope, payload);
    text_char(&scratch->why, '\'');
    return MAPPING_COMMAND_REFUSED;
}
