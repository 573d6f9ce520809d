/* A set is a message in the making: the datagrams of its parts, kept as they came. They are read again when
 * all are there, because only then it is certain which schema they have, and because parts come in any order.
 */
#include "core/fragments.h"

#include <stdlib.h>

#include "base/limits.h"
#include "base/number.h"

struct part {
    char *data; /* NULL: not here yet */
    size_t size;
};

struct fragments_set {
    struct fragments_set *next;
    char source[FRAGMENTS_SOURCE_MAX]; /* as received */
    size_t source_size;
    unsigned id, total, here;
    bool asked, whole; /* whole: only remembered, the parts are gone */
    int64_t due_ms;
    struct part parts[FRAGMENTS_PARTS_MAX];
};

struct partid {
    unsigned number, total, id;
};

static struct xpl_slice source_of(const struct fragments_set *set)
{
    return xpl_slice(set->source, set->source_size);
}

/* ---- sets ---- */

static void drop_parts(struct fragments *fragments, struct fragments_set *set)
{
    for (unsigned i = 0; i < set->total; i++) {
        fragments->bytes -= set->parts[i].size;
        free(set->parts[i].data);
        set->parts[i] = (struct part){ 0 };
    }
}

static void drop_set(struct fragments *fragments, struct fragments_set **at)
{
    struct fragments_set *set = *at;
    drop_parts(fragments, set);
    *at = set->next;
    fragments->n_sets--;
    free(set);
}

void fragments_deinit(struct fragments *fragments)
{
    while (fragments->sets)
        drop_set(fragments, &fragments->sets);
    free(fragments->whole);
    fragments->whole = NULL;
}

/* The set of that part; *ret_of_source is how many its source has in the making. A set of the same id with
 * another number of parts is an older message, and goes. */
static struct fragments_set *find_set(struct fragments *fragments, struct xpl_slice source,
                                      const struct partid *id, size_t *ret_of_source)
{
    *ret_of_source = 0;
    for (struct fragments_set **at = &fragments->sets; *at;) {
        struct fragments_set *set = *at;
        if (xpl_slice_equal_nocase(source_of(set), source)) {
            if (set->id == id->id && set->total == id->total)
                return set;
            if (set->id == id->id) {
                drop_set(fragments, at);
                continue;
            }
            *ret_of_source += !set->whole;
        }
        at = &set->next;
    }
    return NULL;
}

/* When all places are taken, the oldest set that is only remembered goes. */
static bool make_room(struct fragments *fragments)
{
    struct fragments_set **at = &fragments->sets;
    if (fragments->n_sets < LIMIT_FRAGMENTS)
        return true;
    while (*at && !(*at)->whole)
        at = &(*at)->next;
    if (!*at)
        return false;
    drop_set(fragments, at);
    return true;
}

static struct fragments_set *new_set(struct fragments *fragments, struct xpl_slice source,
                                     const struct partid *id, size_t of_source)
{
    if (of_source >= LIMIT_FRAGMENTS_SOURCE || !make_room(fragments))
        return NULL;
    struct fragments_set *set = calloc(1, sizeof(*set));
    if (!set)
        return NULL;
    memcpy(set->source, source.data, source.size);
    set->source_size = source.size;
    set->id = id->id;
    set->total = id->total;
    struct fragments_set **at = &fragments->sets;
    while (*at)
        at = &(*at)->next;
    *at = set;
    fragments->n_sets++;
    return set;
}

/* ---- a part ---- */

bool fragments_is_part(const struct xpl_message *message)
{
    return xpl_slice_equal_nocase(message->schema, XPL_SLICE("fragment.basic")) ||
           xpl_slice_equal_nocase(message->schema, XPL_SLICE("fragment.request"));
}

/* "2/3:17" */
static bool parse_partid(struct xpl_slice text, struct partid *ret)
{
    struct xpl_slice number, total, id;
    uint64_t n, of, name;
    if (!xpl_slice_cut(text, '/', &number, &total) || !xpl_slice_cut(total, ':', &total, &id) ||
        number_parse_unsigned(total, 1, FRAGMENTS_PARTS_MAX, &of) < 0 ||
        number_parse_unsigned(number, 1, of, &n) < 0 || number_parse_unsigned(id, 0, 9999, &name) < 0)
        return false;
    *ret = (struct partid){ (unsigned)n, (unsigned)of, (unsigned)name };
    return true;
}

static bool keep_part(struct fragments *fragments, struct fragments_set *set, unsigned number,
                      struct xpl_slice datagram)
{
    struct part *part = &set->parts[number - 1];
    if (part->data)
        return true;
    if (fragments->bytes + datagram.size > LIMIT_FRAGMENTS_BYTES || !(part->data = malloc(datagram.size + 1)))
        return false;
    memcpy(part->data, datagram.data, datagram.size);
    part->size = datagram.size;
    fragments->bytes += datagram.size;
    set->here++;
    return true;
}

/* ---- the whole ---- */

/* The items of a part that belong to the message: all but partid and the schema next to it. */
static size_t first_item(const struct xpl_message *part, struct xpl_slice schema)
{
    size_t i = 0;
    if (i < part->n_items && xpl_slice_equal_nocase(part->items[i].name, XPL_SLICE("partid")))
        i++;
    if (i < part->n_items && xpl_slice_equal_nocase(part->items[i].name, XPL_SLICE("schema")) &&
        xpl_slice_equal_nocase(part->items[i].value, schema))
        i++;
    return i;
}

static void write_items(const struct xpl_message *part, struct xpl_slice schema, struct text *ret)
{
    for (size_t i = first_item(part, schema); i < part->n_items; i++) {
        text_slice(ret, part->items[i].name);
        text_char(ret, '=');
        text_slice(ret, part->items[i].value);
        text_char(ret, '\n');
    }
}

static bool put_together(struct fragments *fragments, const struct fragments_set *set,
                         struct xpl_message *part, struct xpl_slice *ret)
{
    if (!fragments->whole && !(fragments->whole = malloc(XPL_DATAGRAM_MAX + 1)))
        return false;
    struct text text = { fragments->whole, 0, XPL_DATAGRAM_MAX + 1, false };
    struct xpl_slice schema = { 0 };
    for (unsigned i = 0; i < set->total; i++) {
        if (xpl_message_parse(part, set->parts[i].data, set->parts[i].size))
            return false; /* cannot be: it was parsed before */
        if (i == 0) {
            const struct xpl_item *item = xpl_message_item(part, XPL_SLICE("schema"));
            if (!item)
                return false;
            schema = item->value; /* borrows from the stored part */
            text_format(&text, "%s\n{\nhop=%d\nsource=%.*s\ntarget=%.*s\n}\n%.*s\n{\n",
                        xpl_type_name(part->type), part->hop, XPL_SLICE_ARGS(part->source.text),
                        XPL_SLICE_ARGS(part->target.text), XPL_SLICE_ARGS(schema));
        }
        write_items(part, schema, &text);
    }
    text_string(&text, "}\n");
    *ret = text_get(&text);
    return !text.overflow;
}

static enum fragments_result finish(struct fragments *fragments, struct fragments_set *set,
                                    struct xpl_slice *ret, int64_t now_ms)
{
    struct xpl_message *part = malloc(sizeof(*part));
    bool good = part && put_together(fragments, set, part, ret);
    free(part);
    drop_parts(fragments, set);
    set->whole = true;
    set->due_ms = now_ms + FRAGMENTS_ASK_MS + FRAGMENTS_GIVE_UP_MS;
    return good ? FRAGMENTS_WHOLE : FRAGMENTS_REFUSED;
}

enum fragments_result fragments_on_part(struct fragments *fragments, const struct xpl_message *part,
                                        struct xpl_slice datagram, int64_t now_ms, struct xpl_slice *ret)
{
    if (!xpl_slice_equal_nocase(part->schema_type, XPL_SLICE("basic")))
        return FRAGMENTS_PART; /* a request for parts */
    struct partid id;
    size_t of_source;
    const struct xpl_item *item = xpl_message_item(part, XPL_SLICE("partid"));
    struct xpl_slice source = part->source.text;
    if (!item || !parse_partid(item->value, &id) || source.size > FRAGMENTS_SOURCE_MAX)
        return FRAGMENTS_REFUSED;
    struct fragments_set *set = find_set(fragments, source, &id, &of_source);
    if (!set)
        set = new_set(fragments, source, &id, of_source);
    if (!set)
        return FRAGMENTS_REFUSED;
    if (set->whole)
        return FRAGMENTS_PART;
    if (!set->asked)
        set->due_ms = now_ms + FRAGMENTS_ASK_MS;
    if (!keep_part(fragments, set, id.number, datagram))
        return FRAGMENTS_REFUSED;
    return set->here == set->total ? finish(fragments, set, ret, now_ms) : FRAGMENTS_PART;
}

/* ---- time ---- */

int64_t fragments_deadline(const struct fragments *fragments)
{
    int64_t first = INT64_MAX;
    for (const struct fragments_set *set = fragments->sets; set; set = set->next)
        first = set->due_ms < first ? set->due_ms : first;
    return first;
}

static enum fragments_due ask(struct fragments_set *set, int64_t now_ms, struct fragments_request *ret)
{
    set->asked = true;
    set->due_ms = now_ms + FRAGMENTS_GIVE_UP_MS;
    ret->source = source_of(set);
    ret->id = set->id;
    ret->n_missing = 0;
    for (unsigned i = 0; i < set->total; i++)
        if (!set->parts[i].data)
            ret->missing[ret->n_missing++] = i + 1;
    return FRAGMENTS_ASK;
}

enum fragments_due fragments_on_time(struct fragments *fragments, int64_t now_ms,
                                     struct fragments_request *ret)
{
    for (struct fragments_set **at = &fragments->sets; *at;) {
        struct fragments_set *set = *at;
        if (set->due_ms > now_ms) {
            at = &set->next;
            continue;
        }
        if (!set->asked && !set->whole)
            return ask(set, now_ms, ret);
        bool whole = set->whole;
        drop_set(fragments, at);
        if (!whole)
            return FRAGMENTS_GIVEN_UP;
    }
    return FRAGMENTS_NOTHING;
}
