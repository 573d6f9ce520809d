/* The one table of options: each row is an option, an attribute of the config file and an environment
 * variable. It drives reading of all three, --help, the nearest names in findings, and the comparison for a
 * reload.
 */
#ifndef CONFIG_OPTION_H
#define CONFIG_OPTION_H

#include "base/text.h"
#include "config/settings.h"

/* A later one overrides. */
enum origin { ORIGIN_NONE, ORIGIN_DEFAULT, ORIGIN_FILE, ORIGIN_ENVIRONMENT, ORIGIN_ARGUMENT };

struct option_row;

/* One value on its way into the settings. */
struct option_input {
    const char *value;
    const char *directory; /* what a relative path is relative to; NULL: the working directory */
    struct diag_place place;
    bool first; /* the first of its origin: a list starts anew */
};

/* Sets what the value says. 0; -EINVAL, `ret_why` then says what was expected; -ENOMEM. */
typedef int option_setter(struct settings *settings, const struct option_row *row,
                          const struct option_input *input, struct text *ret_why);

enum option_id {
    OPTION_MODE,
    OPTION_ROLE,
    OPTION_INSTANCE,
    OPTION_INTERFACE,
    OPTION_BROADCAST,
    OPTION_ALLOW,
    OPTION_GROUP,
    OPTION_CHARSET,
    OPTION_FLOOD,
    OPTION_FORWARD_MALFORMED,
    OPTION_TUNNEL,
    OPTION_URL,
    OPTION_HOST,
    OPTION_PORT,
    OPTION_USERNAME,
    OPTION_PASSWORD,
    OPTION_PW_FILE,
    OPTION_ID,
    OPTION_CAFILE,
    OPTION_CERT,
    OPTION_KEY,
    OPTION_MQTT_VERSION,
    OPTION_PREFIX,
    OPTION_KEEPALIVE,
    OPTION_SPOOL,
    OPTION_RAW,
    OPTION_RAW_SEND,
    OPTION_HOMEASSISTANT,
    OPTION_HOMIE,
    OPTION_ANNOUNCE,
    OPTION_ANNOUNCE_AFTER,
    OPTION_LIMIT,
    OPTION_MAPPINGS,
    OPTION_SHIPPED,
    OPTION_LOG_LEVEL,
    OPTION_CONFIG,
    OPTION_VERBOSE,
    OPTION_HELP,
    OPTION_VERSION,
    OPTION_HEALTHCHECK,
    OPTIONS
};

struct option_row {
    /* The long option. The variable is XPLMQTT_ and the same in capitals, '-' being '_'; where the attribute
     * is called otherwise, its name makes a second one. */
    const char *name;
    char letter;                     /* the short option, or 0 */
    const char *element, *attribute; /* in the config file; NULL: not there */
    const char *argument;       /* what --help calls the value; NULL: a flag, which has no variable either */
    const char *fallback;       /* the default; NULL: none */
    option_setter *set;         /* NULL: settings.c looks at it itself */
    size_t offset;              /* of the field in struct settings, for the setters that need it */
    const char *const *choices; /* NULL-terminated, in the order of the field's enum */
    int low, high;              /* bounds of a number */
    unsigned change;            /* enum settings_change */
    const char *help;
};

extern const struct option_row option_rows[OPTIONS];

/* By what the file says; NULL when there is none. */
const struct option_row *option_find_attribute(const char *element, const char *attribute);

/* All names of a kind as NULL-terminated lists, for findings: long options; variables; elements below the
 * root; attributes of an element. The list and its strings may live in `arena`; NULL when memory is out. */
const char *const *option_names(struct arena *arena);
const char *const *option_variables(struct arena *arena);
const char *const *option_elements(struct arena *arena);
const char *const *option_attributes(struct arena *arena, const char *element);

/* "XPLMQTT_PW_FILE" out of "pw-file" */
void option_variable(const char *name, struct text *ret);

static inline enum option_id option_id(const struct option_row *row)
{
    return (enum option_id)(row - option_rows);
}

#endif
