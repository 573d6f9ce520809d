/* The compiled table, private to this folder. Everything is in one arena and never changes after
 * mapping_load. */
#ifndef MAPPING_MODEL_H
#define MAPPING_MODEL_H

#include "mapping/condition.h"
#include "mapping/glob.h"
#include "mapping/mapping.h"
#include "mapping/template.h"

#define TYPE_BIT(type) (1u << (type))
#define TYPES_ALL      (TYPE_BIT(XPL_CMND) | TYPE_BIT(XPL_STAT) | TYPE_BIT(XPL_TRIG))

/* What a `topic` attribute is relative to: nothing written before it, one '/', two. */
enum topic_base { BASE_DEVICE, BASE_PREFIX, BASE_ABSOLUTE };

struct property;
struct map;

struct publish {
    unsigned types; /* bits; all when not said */
    struct conditions when;
    enum topic_base base;
    struct template topic; /* below its base */
    struct template payload;
    struct diag_place place;
    struct publish *next;
};

struct send_item {
    struct template name, value;
    bool optional;
};

struct send {
    struct mapping_send public; /* first: a mapping_send is a send */
    struct property *property;
    enum xpl_type type;
    struct template schema, target;
    struct conditions when;
    enum topic_base base;
    struct template topic; /* whole, with prefix and device: what is read back */
    struct send_item *items;
    size_t n_items;
    struct xpl_slice confirm_schema; /* a glob; data NULL: none */
    struct conditions confirm_when;
    uint32_t rank; /* its place in the order of trial */
    struct diag_place place;
    struct send *next;        /* of the property */
    struct send *next_of_map; /* in the order of trial */
};

struct property {
    struct mapping_property public; /* first */
    struct map *map;
    struct template name;
    bool topics_unknown; /* device or name has a finding: what is said of topics would only repeat it */
    struct template unit, class, min, max, step, options;
    struct xpl_slice each; /* a glob; data NULL: none */
    struct publish *publishes;
    struct send *sends;
    struct diag_place place;
    struct property *next;
};

struct map {
    struct mapping_map public; /* first */
    struct glob_list schema, source, target;
    unsigned types;
    struct conditions when;
    struct conditions demands; /* of when, source and target, those that want one of some words (index.h) */
    bool ignore_case, continues;
    struct variable split; /* name.data NULL: none */
    struct xpl_slice split_by;
    struct template device, label;
    bool device_unknown; /* the device has a finding; the map is never used */
    struct property *properties;
    struct send *sends; /* of all properties, in the order of trial */
    const char *file;   /* the file that has it, for findings within one file */
};

struct alias_property {
    struct xpl_slice name, kind, class, label;
    struct alias_property *next;
};

struct alias {
    struct xpl_slice device; /* as written */
    struct xpl_slice name, label, room;
    struct alias_property *properties;
    struct diag_place place;
    bool given, left_out; /* by request; contradicted by another */
};

struct ignore {
    struct glob_list source, device; /* n 0: not said */
    struct ignore *next;
};

struct xml_element;

/* An `example` element, kept until it was run. */
struct example {
    const struct xml_element *element;
    const struct map *map;
    struct example *next;
};

/* Sorted lists of numbers found by a word: what may take a message or topic (index.h, trie.h). */
struct words;
struct index;
struct trie;

struct mapping {
    struct arena arena;
    int references;
    struct charset charset;
    struct xpl_slice prefix;
    const char *names; /* the file of given aliases, while it is loaded */
    char digest[17];
    struct map **maps; /* by id */
    size_t n_maps;
    struct send **sends; /* by rank */
    size_t n_sends;
    struct table *tables;
    struct alias **aliases;
    size_t n_aliases;
    struct words *alias_devices, *alias_names; /* numbers into aliases */
    struct ignore *ignores;
    struct index *index;
    struct trie *trie;
};

struct mapping_scratch {
    struct text pool, spare, why, topic, device, name, payload;
    struct xpl_message message;
    char *storage;
};

/* Alias of a DEVICE, NULL when it has none. */
const struct alias *alias_by_device(const struct mapping *mapping, struct xpl_slice device);

/* By its name, with case; NULL when there is none. */
const struct alias *alias_by_name(const struct mapping *mapping, struct xpl_slice name);

/* The scope of an evaluation over the scratch, which it empties. */
void scratch_open(struct mapping_scratch *scratch, const struct mapping *mapping, enum direction direction,
                  struct scope *ret);

#endif
