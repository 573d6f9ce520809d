/* The registry: a table by path, a table by id for collisions, and what values teach. Texts are small strings
 * of their own, never NULL: the empty one is shared. */
#include "core/things.h"

#include <errno.h>
#include <stdlib.h>

#include "base/limits.h"
#include "base/number.h"
#include "core/hash.h"

#define LEARN_GAPS 5
#define MINUTE     60000

struct entry {
    struct thing thing; /* first */
    UT_hash_handle hh;  /* by path */
    UT_hash_handle hh_id;
    bool left_out;
    size_t path_size, key_size;
    char *key; /* the id as Homie wants it: what must be unique */
};

struct things {
    struct entry *paths, *ids;
};

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

/* True when it is another now. */
static bool set(char **text, struct xpl_slice value, size_t max)
{
    value = cut(value, max);
    if (strlen(*text) == value.size && (!value.size || memcmp(*text, value.data, value.size) == 0))
        return false;
    char *copy = value.size ? strndup(value.data, value.size) : nothing;
    if (!copy)
        return false;
    drop(text);
    *text = copy;
    return true;
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

static uint32_t hash(struct xpl_slice text)
{
    uint32_t h = 2166136261u;
    for (size_t i = 0; i < text.size; i++)
        h = (h ^ (unsigned char)text.data[i]) * 16777619u;
    return h;
}

static bool id_is_free(const struct things *things, struct xpl_slice id, struct text *key)
{
    struct entry *entry;
    text_reset(key);
    thing_write_homie_id(id, key);
    HASH_FIND(hh_id, things->ids, key->data, key->size, entry);
    return !entry;
}

/* Gives the entry an id that no other has: the wanted one, or it with a hash of the path behind it. */
static bool take_id(struct things *things, struct entry *entry, struct xpl_slice wanted)
{
    char id_buffer[THING_TEXT_MAX], key_buffer[THING_TEXT_MAX];
    struct text id = TEXT(id_buffer), key = TEXT(key_buffer);
    uint32_t salt = hash(xpl_slice_from(entry->thing.text[THING_PATH]));
    text_slice(&id, xpl_slice(wanted.data, wanted.size < 200 ? wanted.size : 200));
    while (!id_is_free(things, text_get(&id), &key)) {
        text_reset(&id);
        text_slice(&id, xpl_slice(wanted.data, wanted.size < 200 ? wanted.size : 200));
        text_format(&id, "-%08x", salt++);
    }
    char *copy = strndup(key.data, key.size);
    if (!copy)
        return false;
    free(entry->key);
    entry->key = copy;
    entry->key_size = key.size;
    set(&entry->thing.text[THING_ID], text_get(&id), THING_TEXT_MAX);
    entry->left_out = false;
    HASH_ADD_KEYPTR(hh_id, things->ids, entry->key, entry->key_size, entry);
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

static struct thing *add(struct things *things, struct xpl_slice path, struct xpl_slice id)
{
    struct entry *entry = make_room(things) ? calloc(1, sizeof(*entry)) : NULL;
    if (!entry)
        return NULL;
    for (int i = 0; i < THING_TEXTS; i++)
        entry->thing.text[i] = nothing;
    set(&entry->thing.text[THING_PATH], path, LIMIT_TOPIC);
    entry->path_size = strlen(entry->thing.text[THING_PATH]);
    if (entry->path_size != path.size || !take_id(things, entry, id)) {
        free_entry(entry);
        return NULL;
    }
    HASH_ADD_KEYPTR(hh, things->paths, entry->thing.text[THING_PATH], entry->path_size, entry);
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
    return add(things, path, text_get(&id));
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
    return set(&thing->text[text], value, text == THING_SHOWN ? 4096 : THING_TEXT_MAX);
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

struct property_facts *thing_obtain_property(struct thing *thing, struct xpl_slice name)
{
    struct property_facts *property = thing_property(thing, name), **last = &thing->properties;
    char buffer[THING_TEXT_MAX];
    struct text object = TEXT(buffer);
    if (property || thing->n_properties == THING_PROPERTIES || name.size == 0 || name.size > THING_TEXT_MAX ||
        !(property = calloc(1, sizeof(*property))))
        return property;
    for (int i = 0; i < PROPERTY_TEXTS; i++)
        property->text[i] = nothing;
    property->thing = thing;
    property->heard_ms = -1;
    thing_write_id(xpl_slice(name.data, name.size < 200 ? name.size : 200), &object);
    if (object_is_taken(thing, text_get(&object)))
        text_format(&object, "-%08x", hash(name));
    set(&property->text[PROPERTY_NAME], name, THING_TEXT_MAX);
    set(&property->text[PROPERTY_OBJECT], text_get(&object), THING_TEXT_MAX);
    while (*last)
        last = &(*last)->next;
    *last = property;
    thing->n_properties++;
    return property;
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
    return set(&property->text[text], value, topic ? LIMIT_TOPIC : THING_TEXT_MAX);
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

bool property_learn(struct property_facts *property, struct xpl_slice payload, int64_t now_ms)
{
    if (property->kind == MAPPING_EVENT)
        return !property->text[PROPERTY_OPTIONS][0] && learn_word(property, payload);
    bool changed = false;
    if (!property->not_numeric && !number_is(payload))
        changed = property->not_numeric = true;
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

/* ---- across a restart ---- */

/* A field: no tab, no line break. */
static void write_field(struct text *text, const char *field)
{
    text_char(text, '\t');
    for (; *field; field++) {
        char c = *field;
        text_string(text, c == '\\' ? "\\\\" : c == '\t' ? "\\t" : c == '\n' ? "\\n" : "");
        if (c != '\\' && c != '\t' && c != '\n')
            text_char(text, c);
    }
}

static void write_number(struct text *text, int64_t number)
{
    text_char(text, '\t');
    text_number(text, number);
}

/* device	SIGHTINGS	FLAGS	PATH	ID	… and below it property	KIND	FLAGS
 * EXPIRY	NAME	… */
static void write_thing(const struct thing *thing, struct text *text)
{
    text_string(text, "device");
    write_number(text, thing->sightings);
    write_number(text, thing->permitted | (thing->announced << 1));
    for (int i = 0; i < THING_TEXTS; i++)
        write_field(text, thing->text[i]);
    text_char(text, '\n');
    for (const struct property_facts *p = thing->properties; p; p = p->next) {
        text_string(text, "property");
        write_number(text, p->kind);
        write_number(text, (p->retain) | (p->wordless << 1) | (p->not_numeric << 2) | (p->rare << 3));
        write_number(text, p->expire_s);
        for (int i = 0; i < PROPERTY_TEXTS; i++)
            write_field(text, p->text[i]);
        text_char(text, '\n');
    }
}

/* What was never announced is worth remembering only when somebody decided about it. */
size_t things_export(const struct things *things, char *buffer, size_t capacity)
{
    struct text text = { buffer, 0, capacity, false };
    size_t whole = 0;
    for (const struct entry *e = things->paths; e; e = e->hh.next) {
        if (!e->thing.announced && !e->thing.permitted)
            continue;
        write_thing(&e->thing, &text);
        if (text.overflow)
            break;
        whole = text.size;
    }
    return whole;
}

#define FIELDS_MAX (4 + PROPERTY_TEXTS)

struct line {
    struct xpl_slice fields[FIELDS_MAX];
    size_t n;
    char bytes[8192];
};

static bool read_line(struct xpl_slice line, struct line *ret)
{
    struct text text = TEXT(ret->bytes);
    size_t start = 0;
    ret->n = 0;
    for (size_t i = 0; i <= line.size; i++) {
        if (i == line.size || line.data[i] == '\t') {
            if (ret->n == FIELDS_MAX)
                return false;
            ret->fields[ret->n++] = xpl_slice(ret->bytes + start, text.size - start);
            start = text.size;
        } else if (line.data[i] == '\\' && i + 1 < line.size) {
            char c = line.data[++i];
            text_char(&text, c == 't' ? '\t' : c == 'n' ? '\n' : c);
        } else {
            text_char(&text, line.data[i]);
        }
    }
    return !text.overflow;
}

static uint64_t number_at(const struct line *line, size_t i, uint64_t max)
{
    uint64_t number;
    return number_parse_unsigned(line->fields[i], 0, max, &number) == 0 ? number : 0;
}

static struct thing *read_thing(struct things *things, const struct line *line)
{
    if (line->n != 3 + THING_TEXTS || things_find(things, line->fields[3 + THING_PATH]) ||
        line->fields[3 + THING_PATH].size == 0)
        return NULL;
    char buffer[THING_TEXT_MAX];
    struct text id = TEXT(buffer);
    struct xpl_slice stored = line->fields[3 + THING_ID];
    thing_write_id(xpl_slice(stored.data, stored.size < 220 ? stored.size : 220), &id);
    struct thing *thing = add(things, line->fields[3 + THING_PATH], text_get(&id));
    if (!thing)
        return NULL;
    thing->sightings = (unsigned)number_at(line, 1, UINT32_MAX);
    uint64_t flags = number_at(line, 2, 3);
    thing->permitted = flags & 1;
    thing->announced = flags & 2;
    for (int i = THING_ID + 1; i < THING_TEXTS; i++)
        thing_set(thing, (enum thing_text)i, line->fields[3 + i]);
    return thing;
}

static void read_property(struct thing *thing, const struct line *line)
{
    if (line->n != 4 + PROPERTY_TEXTS)
        return;
    struct property_facts *property = thing_obtain_property(thing, line->fields[4 + PROPERTY_NAME]);
    if (!property)
        return;
    uint64_t flags = number_at(line, 2, 15);
    property->kind = (enum mapping_kind)number_at(line, 1, MAPPING_EVENT);
    property->retain = flags & 1;
    property->wordless = flags & 2;
    property->not_numeric = flags & 4;
    property->rare = flags & 8;
    property->expire_s = (int)number_at(line, 3, 604800);
    for (int i = PROPERTY_OBJECT + 1; i < PROPERTY_TEXTS; i++)
        property_set(property, (enum property_text)i, line->fields[4 + i]);
}

void things_import(struct things *things, struct xpl_slice text)
{
    struct line *line = malloc(sizeof(*line));
    struct thing *thing = NULL;
    while (line && text.size) {
        const char *end = memchr(text.data, '\n', text.size);
        size_t size = end ? (size_t)(end - text.data) : text.size;
        bool ok = read_line(xpl_slice(text.data, size), line);
        if (ok && xpl_slice_equal(line->fields[0], XPL_SLICE("device")))
            thing = read_thing(things, line);
        else if (ok && thing && xpl_slice_equal(line->fields[0], XPL_SLICE("property")))
            read_property(thing, line);
        text = end ? xpl_slice(end + 1, text.size - size - 1) : xpl_slice(NULL, 0);
    }
    free(line);
}
