/* The mapping table: families of xPL messages to topics, and topics back to messages (xplmqtt-mappings(5)).
 *
 * Glossary. A *map* takes a family of messages and names the *device* they speak of; its *properties* have
 * *publish* sides (xPL to MQTT) and *send* sides (MQTT to xPL). DEVICE is the evaluated device template,
 * relative to the prefix; an *alias* gives it another name in topics.
 *
 * A table is immutable once loaded and lives in one arena; whoever keeps a pointer into it holds a reference.
 * Nothing here logs, allocates per message, or knows the time: mapping_on_xpl and mapping_on_mqtt work in a
 * scratch that the caller keeps.
 */
#ifndef MAPPING_MAPPING_H
#define MAPPING_MAPPING_H

#include <stdint.h>

#include "base/charset.h"
#include "base/counters.h"
#include "base/diag.h"
#include "xpl/message.h"

struct mapping;
struct mapping_scratch;
struct scope;

enum mapping_kind {
    MAPPING_SENSOR,
    MAPPING_BINARY,
    MAPPING_SWITCH,
    MAPPING_NUMBER,
    MAPPING_SELECT,
    MAPPING_TEXT,
    MAPPING_BUTTON,
    MAPPING_EVENT
};
extern const char *const mapping_kind_names[]; /* in enum order, NULL-terminated */

enum mapping_assume { MAPPING_ASSUME_NO, MAPPING_ASSUME_SENT, MAPPING_ASSUME_CONFIRMED };

struct mapping_map {
    const char *name;
    struct diag_place place;
    bool shipped; /* not one of the user's */
    uint32_t id;  /* its place in the order of trial */
};

struct mapping_property {
    const struct mapping_map *map;
    struct xpl_slice name; /* the template's text */
    bool templated;        /* that has variables */
    enum mapping_kind kind;
    struct xpl_slice entity, role; /* empty: none */
    bool retain;
    int qos;
    bool on_change;
    int64_t refresh_ms, min_interval_ms, dedupe_ms; /* 0: none */
    enum mapping_assume assume;
    bool publishes, sends;
};

/* What a send says beside its message. */
struct mapping_send {
    int repeat; /* datagrams in all */
    int64_t repeat_interval_ms;
    int64_t expires_ms;
    bool confirms;
    int64_t confirm_timeout_ms;
};

/* Why something was not made: a sentence in UTF-8, in the scratch. It lives as long as the sink's function
 * that gets it; of a command, until the scratch is used again. */
struct mapping_reason {
    enum counter counter;
    const char *text;
};

/* One effect of an xPL message. All slices live as long as the sink's function that gets it. */
struct mapping_publish {
    const struct mapping_property *property;
    struct xpl_slice topic;   /* whole, with the prefix */
    struct xpl_slice payload; /* UTF-8 */
    struct xpl_slice device;  /* DEVICE as evaluated, relative to the prefix */
    struct xpl_slice alias;   /* DEVICE as it stands in topics: the alias name, or the same as `device` */
    struct xpl_slice name;    /* the property's name as evaluated */
    struct scope *scope;      /* for mapping_describe, during the call only */
};

/* What mapping_on_xpl tells, in order. Any may be NULL. */
struct mapping_sink {
    void *context;
    void (*matched)(void *context, const struct mapping_map *map);
    void (*publish)(void *context, const struct mapping_publish *publish);
    /* A property (NULL: the whole map) did not act for this message. A map always tells something. */
    void (*skipped)(void *context, const struct mapping_map *map, const struct mapping_property *property,
                    const struct mapping_reason *reason);
};

/* Taken is what a map's match holds for; whether something was made of it the sink is told. */
enum mapping_result { MAPPING_UNMAPPED, MAPPING_TAKEN, MAPPING_IGNORED };

/* One command. `message` is complete but for its source, and borrows from the scratch. */
struct mapping_command {
    const struct mapping_map *map;
    const struct mapping_property *property;
    const struct mapping_send *send;
    const struct xpl_message *message;
    struct xpl_slice topic; /* the topic with an alias replaced by its device */
    struct xpl_slice device,
        alias; /* as in mapping_publish; empty for a topic that does not say the device */
};

enum mapping_command_result { MAPPING_COMMAND_NO_MAP, MAPPING_COMMAND_MADE, MAPPING_COMMAND_REFUSED };

/* A file to load. Order is the order of trial; all of the user's come before the shipped ones. */
struct mapping_file {
    const char *path;
    bool optional; /* missing is fine */
    bool shipped;
    struct diag_place named; /* where, for a finding when it is missing; all 0: by itself */
};

struct mapping_options {
    const char *prefix;
    const char *charset; /* known to charset_init */
    bool examples;       /* run the examples too, those of the shipped maps only where no file is the
                            user's: a wrong one is an error */
    /* The one of the files whose aliases were given by request: there an alias that another file contradicts
     * is left out, with a warning. NULL: none. */
    const char *names;
};

/* Loads all files and reports every finding of all of them. 0; -EINVAL when one of them is an error (no table
 * then); -ENOMEM. The table starts with one reference. */
int mapping_load(struct mapping **ret, const struct mapping_file *files, size_t n_files,
                 const struct mapping_options *options, struct diag *diag);
struct mapping *mapping_ref(struct mapping *mapping);
void mapping_unref(struct mapping *mapping);

/* 16 hexadecimal digits over the content of all files. */
const char *mapping_digest(const struct mapping *mapping);
size_t mapping_maps(const struct mapping *mapping);
/* The first of that name in the order of trial, or NULL. */
const struct mapping_map *mapping_map_named(const struct mapping *mapping, struct xpl_slice name);
const struct charset *mapping_charset(const struct mapping *mapping);

/* 0 or -ENOMEM. One scratch serves any number of tables, one call at a time. */
int mapping_scratch_new(struct mapping_scratch **ret);
void mapping_scratch_free(struct mapping_scratch *scratch);

/* Runs a message through the table. */
enum mapping_result mapping_on_xpl(const struct mapping *mapping, struct mapping_scratch *scratch,
                                   const struct xpl_message *message, const struct mapping_sink *sink);

/* Why no map took the message: calls `miss` for each map of its schema, with what it missed; false when there
 * is none. */
bool mapping_near(const struct mapping *mapping, struct mapping_scratch *scratch,
                  const struct xpl_message *message,
                  void (*miss)(void *context, const struct mapping_map *map, const char *text),
                  void *context);
/* The nearest schema that a map names literally, or NULL. */
const char *mapping_nearest_schema(const struct mapping *mapping, struct xpl_slice schema);

/* Which map published a DEVICE; NULL for not known. Asked with each path above a command's topic, the longest
 * first: the map that made the device takes its commands before others of the same form do. */
typedef const struct mapping_map *mapping_origin(void *context, struct xpl_slice device);

/* Reads a whole topic and makes the command. *ret is set for MADE, *ret_reason for REFUSED; both live until
 * the scratch is used again. `origin` may be NULL. The first send whose topic, map and `when` fit takes the
 * command: when it cannot make its message, the command is refused, and no other send is asked. */
enum mapping_command_result mapping_on_mqtt(const struct mapping *mapping, struct mapping_scratch *scratch,
                                            struct xpl_slice topic, struct xpl_slice payload,
                                            mapping_origin *origin, void *context,
                                            struct mapping_command *ret, struct mapping_reason *ret_reason);

/* After a command went out (or was confirmed): the states that it makes true, for the properties of its map
 * whose `assume` is `when`: what the map would publish if the device had sent that message; the commanded
 * property falls back to the payload itself. `topic` is a copy of mapping_command's, `sent` the message as it
 * went out; neither may lie in the scratch. */
void mapping_assume(const struct mapping *mapping, struct mapping_scratch *scratch,
                    const struct mapping_send *send, struct xpl_slice topic, const struct xpl_message *sent,
                    struct xpl_slice payload, enum mapping_assume when, const struct mapping_sink *sink);

/* Whether a received message is the confirmation of one that was sent: schema, conditions, and equal items.
 */
bool mapping_confirms(const struct mapping *mapping, struct mapping_scratch *scratch,
                      const struct mapping_send *send, const struct xpl_message *sent,
                      const struct xpl_message *received);

/* The topic filters that bring all commands and nothing twice: no two of them match the same topic. Calls
 * `filter` for each, LIMIT_FILTERS at most. 0; -ENOMEM; -E2BIG when commands of so many different
 * depths cannot be brought by them (some are missing then). */
int mapping_filters(const struct mapping *mapping, void (*filter)(void *context, const char *filter),
                    void *context);

/* Whether some map publishes to the topic (`retained`: and has it retained), in which the device stands under
 * its own path and is not one to be ignored; *ret is where it publishes now, with the device's alias if it
 * has one. Lives until the scratch is used again. A property with variables in its name could publish nearly
 * anything: it counts only for a topic that such a one made (`templated`). */
bool mapping_makes(const struct mapping *mapping, struct mapping_scratch *scratch, struct xpl_slice topic,
                   bool templated, bool retained, struct xpl_slice *ret);

/* The same for the topic of a command: whether some map listens on it. */
bool mapping_takes(const struct mapping *mapping, struct mapping_scratch *scratch, struct xpl_slice topic,
                   bool templated);

/* A value as one level of a topic (xplmqtt-mappings(5), escaping). */
void mapping_escape(struct xpl_slice value, struct text *ret);

/* Things about a device for people: empty when the map or an alias says nothing. `label` is the map's
 * template, evaluated. */
struct xpl_slice mapping_alias_label(const struct mapping *mapping, struct xpl_slice device);
struct xpl_slice mapping_alias_room(const struct mapping *mapping, struct xpl_slice device);
struct xpl_slice mapping_alias_name(const struct mapping *mapping, struct xpl_slice device);
bool mapping_alias_exists(const struct mapping *mapping, struct xpl_slice device);
/* The device that has the alias name; empty when there is none. */
struct xpl_slice mapping_alias_device(const struct mapping *mapping, struct xpl_slice name);

/* An alias that was given by request (mapping_options.names). */
struct mapping_given {
    struct xpl_slice device, name, label, room;
};
/* The n-th of them; false behind the last. */
bool mapping_given(const struct mapping *mapping, size_t n, struct mapping_given *ret);

/* What an alias says of one property of a device: what it does not say is left as it is. True when it says
 * the kind. */
bool mapping_alias_property(const struct mapping *mapping, struct xpl_slice device, struct xpl_slice name,
                            enum mapping_kind *kind, struct xpl_slice *class, struct xpl_slice *label);

/* A property as announcements want it (describe.c). Empty: nothing is said, or it cannot be told for this
 * message. Lives until the scratch is used again. */
struct mapping_description {
    const struct mapping_property *property;
    struct xpl_slice name; /* as evaluated */
    struct xpl_slice unit, class, min, max, step, options;
    struct xpl_slice state, command; /* whole topics, with the device's alias */
};

/* Within a publish callback of mapping_on_xpl: the property that is being published; and those others of its
 * map that can be commanded, which a device has before it ever reported them. The publish stays valid. */
void mapping_describe(const struct mapping *mapping, const struct mapping_publish *publish,
                      struct mapping_description *ret);
void mapping_describe_others(const struct mapping *mapping, const struct mapping_publish *publish,
                             void (*property)(void *context, const struct mapping_description *description),
                             void *context);
/* The map's label for the device; empty when it has none. */
struct xpl_slice mapping_describe_label(const struct mapping_publish *publish);

/* The JSON of a message (xplmqttd(8)); `typed` makes canonical numbers of up to 15 digits numbers. */
void mapping_message_json(const struct charset *charset, const struct xpl_message *message, bool typed,
                          struct text *ret);
/* One value: a JSON string, or with `typed` a number where it is one. */
void mapping_value_json(const struct charset *charset, struct xpl_slice value, bool typed, struct text *ret);
void mapping_body_json(const struct charset *charset, const struct xpl_message *message, bool typed,
                       struct text *ret);

#endif
