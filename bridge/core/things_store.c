/* The registry from run to run: a line for each thing, and below it one for each of its properties, fields
 * parted by tabs. */
#include <stdlib.h>

#include "base/number.h"
#include "core/things-private.h"

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
        write_number(text, p->retain | p->wordless << 1 | p->not_numeric << 2 | p->rare << 3 |
                               p->templated << 4 | p->says_off << 5);
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
    struct thing *thing = things_add(things, line->fields[3 + THING_PATH], text_get(&id));
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

static void read_property(struct things *things, struct thing *thing, const struct line *line)
{
    if (line->n != 4 + PROPERTY_TEXTS)
        return;
    struct xpl_slice name = line->fields[4 + PROPERTY_NAME];
    struct property_facts *property = thing_property(thing, name);
    if (!property)
        property = things_add_property(things, thing, name, line->fields[4 + PROPERTY_OBJECT]);
    if (!property)
        return;
    uint64_t flags = number_at(line, 2, 63);
    property->kind = (enum mapping_kind)number_at(line, 1, MAPPING_EVENT);
    property->retain = flags & 1;
    property->wordless = flags & 2;
    property->not_numeric = flags & 4;
    property->rare = flags & 8;
    property->templated = flags & 16;
    property->says_off = flags & 32;
    property->expire_s = (int)number_at(line, 3, 604800);
    for (int i = PROPERTY_OBJECT + 1; i < PROPERTY_TEXTS; i++)
        property_set(property, (enum property_text)i, line->fields[4 + i]);
}

void things_import(struct things *things, struct xpl_slice text)
{
    struct line *line = malloc(sizeof(*line));
    struct thing *thing = NULL;
    while (line && text.size) {
        bool ok = read_line(text_take_line(&text), line);
        if (ok && xpl_slice_equal(line->fields[0], XPL_SLICE("device")))
            thing = read_thing(things, line);
        else if (ok && thing && xpl_slice_equal(line->fields[0], XPL_SLICE("property")))
            read_property(things, thing, line);
    }
    free(line);
}
