/* The registry: a table by path, a table by id for collisions, and what values teach. Texts are small strings
 * of their own, never NULL: the empty one is shared. */
#include "core/things-private.h"

#include <errno.h>
#include <stdlib.h>

#include "base/limits.h"
#include "base/number.h"
#include "core/digest.h"

#define LEARN_GAPS 5
#define MINUTE     60000

static char nothing[] = "";

static void drop(char **text)
{
    if (*text != nothing)
        free(*text);
    *text = nothing;
}

/* At most so many bytes, whole characters. */
static struct xpl_slice cut(struct xpl_slice value, size_t max)
{
    if (value.size <= max)
        return value;
    while (max && (value.data[max] & 0xC0) == 0x80)
        max--;
    return xpl_slice(value.data, max);
}

/* 1 when it is another now, 0 when not, -ENOMEM. */
static int set(char **text, struct xpl_slice value, size_t max)
{
    value = cut(value, max);
    if (strlen(*text) == value.size && (!value.size || memcmp(*text, value.data, value.size) == 0))
        return 0;
    char *copy = value.size ? strndup(value.data, value.size) : nothing;
    if (!copy)
        return -ENOMEM;
    drop(text);
    *text = copy;
    return 1;
}

/* ---- ids ---- */

void thing_write_id(struct xpl_slice text, struct text *ret)
{
    for (size_t i = 0; i < text.size; i++) {
        unsigned char c = (unsigned char)text.data[i];
        bool plain = (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9') || c == '_';
        text_char(ret, plain ? (char)c : c == '/' ? '_' : '-');
    }
}

void thing_write_homie_id(struct xpl_slice id, struct text *ret)
{
    size_t start = ret->size;
    for (size_t i = 0; i < id.size; i++) {
        char c = id.data[i];
        c = c >= 'A' && c <= 'Z' ? (char)(c - 'A' + 'a') : c == '_' ? '-' : c;
        if (c != '-' || ret->size > start)
            text_char(ret, c);
    }
    while (ret->size > start && ret->data[ret->size - 1] == '-')
        ret->data[--ret->size] = '\0';
    if (ret->size == start)
        text_char(ret, 'x');
}

/* The one whose id is that as Homie wants it. */
static struct entry *find_id(const struct things *things, struct xpl_slice id, struct text *key)
{
    struct entry *entry;
    text_reset(key);
    thing_write_homie_id(id, key);
    HASH_FIND(hh_id, things->ids, key->data, key->size, entry);
    return entry;
}

/* Gives the entry an id that no other has: the wanted one, or it with a hash of the path behind it. */
static bool take_id(struct things *things, struct entry *entry, struct xpl_slice wanted)
{
    char id_buffer[THING_TEXT_MAX], key_buffer[THING_TEXT_MAX];
    struct text id = TEXT(id_buffer), key = TEXT(key_buffer);
    uint32_t salt = digest_short(xpl_slice_from(entry->thing.text[THING_PATH]));
    text_slice(&id, xpl_slice(wanted.data, wanted.size < 200 ? wanted.size : 200));
    while (find_id(things, text_get(&id), &key)) {
        text_reset(&id);
        text_slice(&id, xpl_slice(wanted.data, wanted.size < 200 ? wanted.size : 200));
        text_format(&id, "-%08x", salt++);
    }
    char *copy = strndup(key.data, key.size);
    if (!copy)
        return false;
    free(entry->key);
    entry->key = copy;
    if (set(&entry->thing.text[THING_ID], text_get(&id), THING_TEXT_MAX) < 0) {
        free(copy);
        entry->key = NULL;
        return false;
    }
    entry->left_out = false;
    HASH_ADD_KEYPTR(hh_id, things->ids, entry->key, key.size, entry);
    return !entry->left_out;
}

static void release_id(struct things *things, struct entry *entry)
{
    if (entry->key && !entry->left_out)
        HASH_DELETE(hh_id, things->ids, entry);
    free(entry->key);
    entry->key = NULL;
}

/* ---- things ---- */

int things_new(struct things **ret)
{
    struct things *things = calloc(1, sizeof(*things));
    if (!things)
        return -ENOMEM;
    *ret = things;
    return 0;
}

static void free_property(struct property_facts *property)
{
    for (int i = 0; i < PROPERTY_TEXTS; i++)
        drop(&property->text[i]);
    free(property);
}

static void free_entry(struct entry *entry)
{
    struct thing *thing = &entry->thing;
    while (thing->properties) {
        struct property_facts *next = thing->properties->next;
        free_property(thing->properties);
        thing->properties = next;
    }
    for (int i = 0; i < THING_TEXTS; i++)
        drop(&thing->text[i]);
    free(entry->key);
    free(entry);
}

void things_remove(struct things *things, struct thing *thing)
{
    struct entry *entry = (struct entry *)thing;
    release_id(things, entry);
    HASH_DEL(things->paths, entry);
    free_entry(entry);
}

void things_free(struct things *things)
{
    if (!things)
        return;
    while (things->paths)
        things_remove(things, &things->paths->thing);
    free(things);
}

struct thing *things_find(const struct things *things, struct xpl_slice path)
{
    struct entry *entry;
    HASH_FIND(hh, things->paths, path.data, path.size, entry);
    return entry ? &entry->thing : NULL;
}

size_t things_count(const struct things *things)
{
    return HASH_COUNT(things->paths);
}

struct thing *things_next(const struct things *things, const struct thing *thing)
{
    const struct entry *entry = (const struct entry *)thing;
    return (struct thing *)(entry ? entry->hh.next : things->paths);
}

static bool make_room(struct things *things)
{
    struct entry *oldest = NULL;
    if (HASH_COUNT(things->paths) < LIMIT_DEVICES)
        return true;
    for (struct entry *e = things->paths; e; e = e->hh.next)
        if (!e->thing.announced && !e->thing.permitted &&
            (!oldest || e->thing.heard_ms < oldest->thing.heard_ms))
            oldest = e;
    if (oldest)
        things_remove(things, &oldest->thing);
    return oldest;
}

struct thing *things_add(struct things *things, struct xpl_slice path, struct xpl_slice id)
{
    struct entry *entry = make_room(things) ? calloc(1, sizeof(*entry)) : NULL;
    if (!entry)
        return NULL;
    for (int i = 0; i < THING_TEXTS; i++)
        entry->thing.text[i] = nothing;
    set(&entry->thing.text[THING_PATH], path, LIMIT_TOPIC);
    if (strlen(entry->thing.text[THING_PATH]) != path.size || !take_id(things, entry, id)) {
        free_entry(entry);
        return NULL;
    }
    HASH_ADD_KEYPTR(hh, things->paths, entry->thing.text[THING_PATH], path.size, entry);
    if (entry->left_out) {
        entry->left_out = false;
        release_id(things, entry);
        free_entry(entry);
        return NULL;
    }
    return &entry->thing;
}

struct thing *things_obtain(struct things *things, struct xpl_slice path)
{
    struct thing *thing = things_find(things, path);
    char buffer[THING_TEXT_MAX];
    struct text id = TEXT(buffer);
    if (thing)
        return thing;
    thing_write_id(xpl_slice(path.data, path.size < 200 ? path.size : 200), &id);
    return things_add(things, path, text_get(&id));
}

void things_rebind(struct things *things, struct thing *from, struct thing *to)
{
    struct entry *old = (struct entry *)from, *new = (struct entry *)to;
    char buffer[THING_TEXT_MAX];
    struct text id = TEXT(buffer);
    text_string(&id, from->text[THING_ID]);
    to->permitted |= from->permitted;
    to->sightings += from->sightings;
    thing_set(to, THING_SHOWN, xpl_slice_from(from->text[THING_SHOWN]));
    things_remove(things, &old->thing);
    release_id(things, new);
    if (!take_id(things, new, text_get(&id)))
        new->left_out = true; /* memory is out: it keeps the id, which guards nothing until a restart */
}

bool thing_set(struct thing *thing, enum thing_text text, struct xpl_slice value)
{
    return set(&thing->text[text], value, text == THING_SHOWN ? 4096 : THING_TEXT_MAX) > 0;
}

/* ---- properties ---- */

struct property_facts *thing_property(const struct thing *thing, struct xpl_slice name)
{
    for (struct property_facts *p = thing->properties; p; p = p->next)
        if (xpl_slice_equal(xpl_slice_from(p->text[PROPERTY_NAME]), name))
            return p;
    return NULL;
}

/* Homie's form decides, as for things. */
static bool object_is_taken(const struct thing *thing, struct xpl_slice object)
{
    char wanted_buffer[THING_TEXT_MAX], other_buffer[THING_TEXT_MAX];
    struct text wanted = TEXT(wanted_buffer);
    static const char *const entities[] = { "light", "cover", "climate", "alarm" }; /* ids of their own */
    thing_write_homie_id(object, &wanted);
    for (size_t i = 0; i < sizeof(entities) / sizeof(*entities); i++)
        if (strcmp(entities[i], wanted_buffer) == 0)
            return true;
    for (const struct property_facts *p = thing->properties; p; p = p->next) {
        struct text other = TEXT(other_buffer);
        thing_write_homie_id(xpl_slice_from(p->text[PROPERTY_OBJECT]), &other);
        if (xpl_slice_equal(text_get(&wanted), text_get(&other)))
            return true;
    }
    return false;
}

static bool has_object(const struct thing *thing, struct xpl_slice object)
{
    for (const struct property_facts *p = thing->properties; p; p = p->next)
        if (xpl_slice_equal(xpl_slice_from(p->text[PROPERTY_OBJECT]), object))
            return true;
    return false;
}

/* Home Assistant knows a property by ID_OBJECT, in which the end of the one is not to be seen: "a" with "b_c"
 * is "a_b" with "c". */
static bool joined_is_taken(const struct things *things, const struct thing *thing, struct xpl_slice object)
{
    char joined_buffer[2 * THING_TEXT_MAX + 2], key_buffer[2 * THING_TEXT_MAX + 2];
    struct text joined = TEXT(joined_buffer), key = TEXT(key_buffer);
    text_format(&joined, "%s_", thing->text[THING_ID]);
    text_slice(&joined, object);
    for (size_t at = 1; at + 1 < joined.size; at++) {
        struct xpl_slice id = xpl_slice(joined.data, at),
                         rest = xpl_slice(joined.data + at + 1, joined.size - at - 1);
        const struct entry *other = joined.data[at] == '_' ? find_id(things, id, &key) : NULL;
        if (other && &other->thing != thing &&
            xpl_slice_equal(xpl_slice_from(other->thing.text[THING_ID]), id) &&
            has_object(&other->thing, rest))
            return true;
    }
    return false;
}

struct property_facts *things_add_property(const struct things *things, struct thing *thing,
                                           struct xpl_slice name, struct xpl_slice object)
{
    struct property_facts *property, **last = &thing->properties;
    char buffer[THING_TEXT_MAX];
    struct text id = TEXT(buffer);
    struct xpl_slice wanted = object.size ? object : name;
    size_t most = object.size ? 220 : 200; /* one with a hash behind it comes back whole */
    uint32_t salt = digest_short(name);
    if (thing->n_properties == THING_PROPERTIES || name.size == 0 || name.size > THING_TEXT_MAX ||
        !(property = calloc(1, sizeof(*property))))
        return NULL;
    for (int i = 0; i < PROPERTY_TEXTS; i++)
        property->text[i] = nothing;
    property->heard_ms = -1;
    wanted.size = wanted.size < most ? wanted.size : most;
    thing_write_id(wanted, &id);
    while (object_is_taken(thing, text_get(&id)) || joined_is_taken(things, thing, text_get(&id))) {
        text_reset(&id);
        thing_write_id(wanted, &id);
        text_format(&id, "-%08x", salt++);
    }
    if (set(&property->text[PROPERTY_NAME], name, THING_TEXT_MAX) < 0 ||
        set(&property->text[PROPERTY_OBJECT], text_get(&id), THING_TEXT_MAX) < 0) {
        free_property(property);
        return NULL;
    }
    while (*last)
        last = &(*last)->next;
    *last = property;
    thing->n_properties++;
    return property;
}

struct property_facts *thing_obtain_property(const struct things *things, struct thing *thing,
                                             struct xpl_slice name)
{
    struct property_facts *property = thing_property(thing, name);
    return property ? property : things_add_property(things, thing, name, XPL_SLICE(""));
}

void thing_remove_property(struct thing *thing, struct property_facts *property)
{
    for (struct property_facts **at = &thing->properties; *at; at = &(*at)->next)
        if (*at == property) {
            *at = property->next;
            thing->n_properties--;
            free_property(property);
            return;
        }
}

bool property_set(struct property_facts *property, enum property_text text, struct xpl_slice value)
{
    bool topic = text == PROPERTY_STATE || text == PROPERTY_COMMAND || text == PROPERTY_WORDS;
    int r = set(&property->text[text], value, topic ? LIMIT_TOPIC : THING_TEXT_MAX);
    if (r < 0)
        property->generation = 0; /* to be described again */
    return r > 0;
}

/* ---- what values teach ---- */

static bool is_word(struct xpl_slice text)
{
    bool long_number = text.size > 3 && text.data[0] >= '0' && text.data[0] <= '9'; /* of a telephone, say */
    if (text.size == 0 || text.size > THING_WORD_MAX || long_number)
        return false;
    for (size_t i = 0; i < text.size; i++) {
        char c = text.data[i];
        if (!((c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9') || c == '_' ||
              c == '-'))
            return false;
    }
    return true;
}

static bool learn_word(struct property_facts *property, struct xpl_slice word)
{
    const char *at = property->text[PROPERTY_WORDS];
    size_t n = 0;
    if (property->wordless)
        return false;
    while (*at) {
        size_t size = strcspn(at, ",");
        if (xpl_slice_equal(xpl_slice(at, size), word))
            return false;
        at += size + (at[size] == ',');
        n++;
    }
    if (!is_word(word) || n == THING_WORDS) {
        property->wordless = true;
        property_set(property, PROPERTY_WORDS, XPL_SLICE(""));
        return true;
    }
    char buffer[THING_WORDS * (THING_WORD_MAX + 1) + 1];
    struct text words = TEXT(buffer);
    text_string(&words, property->text[PROPERTY_WORDS]);
    text_string(&words, n ? "," : "");
    text_slice(&words, word);
    return property_set(property, PROPERTY_WORDS, text_get(&words));
}

/* Rounded up to a few steps, so that an announcement changes seldom; it only grows. */
static bool learn_interval(struct property_facts *property, int64_t now_ms)
{
    static const int steps[] = { 300, 900, 1800, 3600, 7200, 14400, 28800, 86400, 172800, 604800 };
    int64_t heard_ms = property->heard_ms;
    if (heard_ms >= 0 && now_ms <= heard_ms + 1000)
        return false;
    property->heard_ms = now_ms;
    if (heard_ms < 0)
        return false;
    property->gap_sum_ms += now_ms - heard_ms;
    if (now_ms - heard_ms > property->gap_max_ms)
        property->gap_max_ms = now_ms - heard_ms;
    property->gaps++;
    bool regular =
        property->gaps >= LEARN_GAPS && property->gap_max_ms * property->gaps <= 4 * property->gap_sum_ms;
    if (!regular)
        return false;
    int64_t expire_s = (THING_EXPIRY_FACTOR * property->gap_max_ms + MINUTE) / 1000;
    for (size_t i = 0; i < sizeof(steps) / sizeof(*steps); i++)
        if (expire_s <= steps[i]) {
            bool grows = steps[i] > property->expire_s;
            property->expire_s = grows ? steps[i] : property->expire_s;
            return grows;
        }
    return false;
}

/* The second word of a binary property, as a map or we ourselves name it. */
static bool is_off(const struct property_facts *property, struct xpl_slice payload)
{
    const char *comma = strchr(property->text[PROPERTY_OPTIONS], ',');
    struct xpl_slice off =
        comma ? text_trim(xpl_slice(comma + 1, strcspn(comma + 1, ","))) : XPL_SLICE("OFF");
    return property->kind == MAPPING_BINARY && xpl_slice_equal(payload, off);
}

bool property_learn(struct property_facts *property, struct xpl_slice payload, int64_t now_ms)
{
    if (property->kind == MAPPING_EVENT)
        return !property->text[PROPERTY_OPTIONS][0] && learn_word(property, payload);
    bool changed = false;
    if (!property->not_numeric && !number_is(payload))
        changed = property->not_numeric = true;
    if (!property->says_off && is_off(property, payload))
        changed = property->says_off = true;
    return learn_interval(property, now_ms) || changed;
}

/* ---- topics ---- */

void thing_fold_topic(struct xpl_slice topic, struct xpl_slice above, struct text *ret)
{
    bool below = topic.size > above.size + 1 && memcmp(topic.data, above.data, above.size) == 0 &&
                 topic.data[above.size] == '/';
    if (below)
        text_char(ret, '~');
    text_slice(ret, below ? xpl_slice(topic.data + above.size, topic.size - above.size) : topic);
}

void thing_unfold_topic(struct xpl_slice folded, struct xpl_slice above, struct text *ret)
{
    bool below = folded.size > 1 && folded.data[0] == '~' && folded.data[1] == '/';
    if (below)
        text_slice(ret, above);
    text_slice(ret, below ? xpl_slice(folded.data + 1, folded.size - 1) : folded);
}
