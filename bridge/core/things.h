/* The things that could be announced: every device that a map made, with its properties as they were learned
 * (xplmqtt-mappings(5)). Pure: knows no topic form and publishes nothing.
 *
 * A thing's `id` is made once from its DEVICE path, is unique without regard to case and to which of '-' and
 * '_' stands in it, and stays for ever: an alias changes names, never ids. It is kept in the exported text.
 */
#ifndef CORE_THINGS_H
#define CORE_THINGS_H

#include "mapping/mapping.h"

/* Bounds; what is longer is cut, what is more is left out. */
#define THING_TEXT_MAX      256 /* bytes of one text; topics: LIMIT_TOPIC */
#define THING_PROPERTIES    64  /* of one thing */
#define THING_WORDS         24  /* different words of an event; more: it is free text */
#define THING_WORD_MAX      32  /* bytes of one */
#define THING_EXPIRY_FACTOR 3   /* silent for so many of its longest gaps: a value is too old */

enum property_text {
    PROPERTY_NAME,
    PROPERTY_OBJECT, /* its id within the thing */
    PROPERTY_MAP,    /* the map's name */
    PROPERTY_UNIT,
    PROPERTY_CLASS,
    PROPERTY_MIN,
    PROPERTY_MAX,
    PROPERTY_STEP,
    PROPERTY_OPTIONS,
    PROPERTY_ENTITY,
    PROPERTY_ROLE,
    PROPERTY_STATE,   /* topic; "~/…": below the device; empty: never published */
    PROPERTY_COMMAND, /* likewise; empty: takes none */
    PROPERTY_WORDS,   /* of an event, with ',' between them */
    PROPERTY_TEXTS
};

enum thing_text {
    THING_PATH, /* DEVICE as evaluated */
    THING_ID,
    THING_LABEL,   /* the map's, when an alias says none */
    THING_MODEL,   /* schema of its first message */
    THING_SHOWN,   /* components of the last device payload: "object:platform,…" */
    THING_VERSION, /* of its Homie description: "DIGEST VERSION" */
    THING_TEXTS
};

struct thing;

struct property_facts {
    struct property_facts *next; /* in the order of first sight */
    char *text[PROPERTY_TEXTS];  /* never NULL */
    enum mapping_kind kind;
    bool retain;
    bool templated;      /* the map's name for it has variables: others could be made the same way */
    bool rare;           /* published less often than heard */
    bool wordless;       /* an event that said something that is no word, or too many words */
    bool not_numeric;    /* said something that is no number */
    bool says_off;       /* a binary one that did */
    int expire_s;        /* 0: not known */
    unsigned generation; /* of the mapping that described it; 0: of an earlier run */
    int64_t heard_ms, gap_max_ms, gap_sum_ms;
    unsigned gaps;
};

struct thing {
    char *text[THING_TEXTS];
    struct property_facts *properties;
    unsigned n_properties;
    unsigned sightings; /* messages that spoke of it */
    bool permitted;     /* by request */
    bool announced;     /* stays so, also when the limit is reached */
    bool over_limit;    /* counted as one too many */
    uint64_t message;   /* serial number of the last one */
    int64_t heard_ms;
    int64_t silent_ms; /* of the last run and not heard yet: when it has been silent for too long */
};

struct things;

/* 0 or -ENOMEM. */
int things_new(struct things **ret);
void things_free(struct things *things);

/* By path, NULL when there is none. */
struct thing *things_find(const struct things *things, struct xpl_slice path);
/* A new one when there is none; when LIMIT_DEVICES is reached, the longest unheard that is not announced
 * goes. NULL when that is none, or memory is out. */
struct thing *things_obtain(struct things *things, struct xpl_slice path);
void things_remove(struct things *things, struct thing *thing);
size_t things_count(const struct things *things);

/* In the order of first sight: begin with NULL. */
struct thing *things_next(const struct things *things, const struct thing *thing);

/* The id moves to another path: what announced the one announces the other now. `from` goes. */
void things_rebind(struct things *things, struct thing *from, struct thing *to);

struct property_facts *thing_property(const struct thing *thing, struct xpl_slice name);
/* A new one when there is none, with an object that makes ID_OBJECT unique among all things. NULL when
 * THING_PROPERTIES is reached or memory is out. */
struct property_facts *thing_obtain_property(const struct things *things, struct thing *thing,
                                             struct xpl_slice name);
void thing_remove_property(struct thing *thing, struct property_facts *property);
bool thing_set(struct thing *thing, enum thing_text text, struct xpl_slice value);

/* True when the value is another than before; one that does not fit is cut at a character. */
bool property_set(struct property_facts *property, enum property_text text, struct xpl_slice value);

/* What a value teaches: words of an event, whether it is a number or off, and how often it comes. True when
 * announcements change by it. */
bool property_learn(struct property_facts *property, struct xpl_slice payload, int64_t now_ms);

/* A topic below the prefix/alias as "~/…"; another as it is. */
void thing_fold_topic(struct xpl_slice topic, struct xpl_slice above, struct text *ret);
/* And back. Empty stays empty. */
void thing_unfold_topic(struct xpl_slice folded, struct xpl_slice above, struct text *ret);

/* Letters, digits, '-' and '_' of a path or name: '/' becomes '_', all else '-'. */
void thing_write_id(struct xpl_slice text, struct text *ret);
/* An id as Homie wants it: lower case, '_' as '-', none at the ends. */
void thing_write_homie_id(struct xpl_slice id, struct text *ret);

/* Lines of text, a thing or a property each; what does not fit is left out from the end. Returns the bytes.
 */
size_t things_export(const struct things *things, char *buffer, size_t capacity);
/* Such lines. What cannot be read is skipped. */
void things_import(struct things *things, struct xpl_slice text);

#endif
