/* argv and the environment become a list of given values. Both are read once; passwords are copied, then
 * overwritten where they stood, so that neither ps nor /proc shows them. */
#include <getopt.h>

#include "base/error.h"
#include "config/own.h"

#define PREFIX    "XPLMQTT_"
#define LONG_BASE 256 /* getopt's code of a long option: above every letter */

/* As mosquitto_pub calls some. "pw" would else pass for the beginning of --pw-file. */
static const struct {
    const char *name;
    enum option_id id;
} synonyms[] = { { "pw", OPTION_PASSWORD }, { "protocol-version", OPTION_MQTT_VERSION } };

#define SYNONYMS (sizeof(synonyms) / sizeof(synonyms[0]))

/* Read by base/paths.c. */
static const char *const others[] = { "XPLMQTT_DATADIR", NULL };

int given_add(struct settings_own *own, const struct option_row *row, const char *value, const char *variable)
{
    struct given *given = arena_new(&own->arena, struct given);
    const char *copy = arena_string(&own->arena, value);
    const char *name = variable ? arena_string(&own->arena, variable) : NULL;
    if (!given || !copy || (variable && !name))
        return -ENOMEM;
    *given = (struct given){ row, copy, name ? ORIGIN_ENVIRONMENT : ORIGIN_ARGUMENT, name, NULL };
    *own->last_given = given;
    own->last_given = &given->next;
    return 0;
}

static void wipe(char *secret)
{
    for (volatile char *p = secret; *p; p++)
        *p = 'x';
}

static const struct option_row *row_of_code(int code)
{
    if (code >= LONG_BASE)
        return &option_rows[code - LONG_BASE];
    for (size_t i = 0; code > 0 && i < OPTIONS; i++)
        if (option_rows[i].letter == code)
            return &option_rows[i];
    return NULL;
}

#define REFUSE(diag, ...) diag_error((diag), ((struct diag_place){ "command line", 0, 0 }), __VA_ARGS__)

/* A mistake that getopt reports, in an option that it knows or not; the last word it looked at is `word`. */
static void refuse_option(int code, int culprit, const char *word, struct diag *diag)
{
    const struct option_row *row = row_of_code(culprit);
    if (row) {
        REFUSE(diag, "option '--%s' %s", row->name, code == ':' ? "needs a value" : "takes no value");
    } else if (culprit) {
        REFUSE(diag, "unknown option '-%c'", culprit);
    } else {
        int size = (int)strcspn(word, "="); /* what stands behind may be a secret */
        const char *const *names = option_names(&diag->arena);
        const char *nearest =
            names && size > 2 ? diag_nearest(xpl_slice(word + 2, (size_t)size - 2), names) : NULL;
        REFUSE(diag, "unknown option '%.*s'%s%s%s", size, word, nearest ? "; did you mean '--" : "",
               nearest ? nearest : "", nearest ? "'?" : "");
    }
}

static int read_arguments(struct settings_own *own, int argc, char **argv, struct diag *diag)
{
    struct option longs[OPTIONS + SYNONYMS + 1] = { 0 };
    char shorts[OPTIONS * 2 + 2];
    struct text letters = TEXT(shorts);
    text_char(&letters, ':');
    for (int i = 0; i < OPTIONS; i++) {
        const struct option_row *row = &option_rows[i];
        longs[i] = (struct option){ row->name, row->argument ? required_argument : no_argument, NULL,
                                    LONG_BASE + i };
        if (row->letter) {
            text_char(&letters, row->letter);
            if (row->argument)
                text_char(&letters, ':');
        }
    }
    for (size_t i = 0; i < SYNONYMS; i++)
        longs[OPTIONS + i] =
            (struct option){ synonyms[i].name, required_argument, NULL, LONG_BASE + (int)synonyms[i].id };

    int r = 0, code;
    optind = 0; /* begin anew, in the GNU way */
    opterr = 0;
    while ((code = getopt_long(argc, argv, shorts, longs, NULL)) != -1) {
        const struct option_row *row = code == '?' || code == ':' ? NULL : row_of_code(code);
        if (!row) {
            refuse_option(code, optopt, argv[optind - 1], diag);
        } else if (!row->argument) {
            if (row == &option_rows[OPTION_HELP])
                own->result = SETTINGS_HELP;
            else if (row == &option_rows[OPTION_VERSION] && own->result != SETTINGS_HELP)
                own->result = SETTINGS_VERSION;
            else if (row == &option_rows[OPTION_HEALTHCHECK] && own->result == SETTINGS_RUN)
                own->result = SETTINGS_HEALTHCHECK;
            if (row == &option_rows[OPTION_VERBOSE] && r == 0)
                r = given_add(own, row, "", NULL);
        } else {
            if (r == 0)
                r = given_add(own, row, optarg, NULL);
            if (row == &option_rows[OPTION_PASSWORD])
                wipe(optarg);
        }
    }
    for (; optind < argc; optind++)
        REFUSE(diag, "unexpected argument '%s'", argv[optind]);
    return r;
}

static bool variable_is(struct xpl_slice variable, const char *name)
{
    char storage[64];
    struct text text = TEXT(storage);
    if (name)
        option_variable(name, &text);
    return name && xpl_slice_equal(variable, text_get(&text));
}

static const struct option_row *find_variable(struct xpl_slice name)
{
    for (size_t i = 0; i < OPTIONS; i++)
        if (option_rows[i].argument &&
            (variable_is(name, option_rows[i].name) || variable_is(name, option_rows[i].attribute)))
            return &option_rows[i];
    return NULL;
}

/* What the variable of the option's own name says, when the one at hand is called by the attribute's. */
static const char *value_by_option(char **environment, const struct option_row *row, struct xpl_slice name)
{
    if (variable_is(name, row->name))
        return NULL;
    for (char **entry = environment; *entry; entry++) {
        const char *equals = strchr(*entry, '=');
        if (equals && equals[1] && variable_is(xpl_slice(*entry, (size_t)(equals - *entry)), row->name))
            return equals + 1;
    }
    return NULL;
}

static void warn_variable(struct xpl_slice name, struct diag *diag)
{
    const char *const *known = option_variables(&diag->arena);
    const char *nearest = known ? diag_nearest(name, known) : NULL;
    struct diag_place place = { "environment", 0, 0 };
    for (size_t i = 0; others[i]; i++)
        if (xpl_slice_equal(name, xpl_slice_from(others[i])))
            return;
    diag_warning(diag, place, "unknown variable '%.*s'%s%s%s", XPL_SLICE_ARGS(name),
                 nearest ? "; did you mean '" : "", nearest ? nearest : "", nearest ? "'?" : "");
}

/* Several files in one variable have ':' between them, as in PATH. */
static int add_list(struct settings_own *own, const struct option_row *row, const char *value,
                    const char *variable)
{
    for (;;) {
        size_t size = strcspn(value, ":");
        const char *one = arena_copy(&own->arena, xpl_slice(value, size)).data;
        if (!one)
            return -ENOMEM;
        int r = size ? given_add(own, row, one, variable) : 0;
        if (r < 0 || value[size] == '\0')
            return r;
        value += size + 1;
    }
}

/* One with a value. Containers pass empty ones for "not given". */
static int read_variable(struct settings_own *own, char **environment, const struct option_row *row,
                         struct xpl_slice name, const char *value, struct diag *diag)
{
    const char *other = value_by_option(environment, row, name);
    const char *variable = arena_copy(&own->arena, name).data;
    if (!variable)
        return -ENOMEM;
    if (other && strcmp(other, value) != 0) {
        char storage[64];
        struct text text = TEXT(storage);
        option_variable(row->name, &text);
        diag_error(diag, ((struct diag_place){ "environment", 0, 0 }), "%s and %s say different things",
                   variable, storage);
    }
    if (other)
        return 0;
    return row == &option_rows[OPTION_MAPPINGS] ? add_list(own, row, value, variable)
                                                : given_add(own, row, value, variable);
}

static int read_environment(struct settings_own *own, char **environment, struct diag *diag)
{
    static const struct xpl_slice credentials = { "CREDENTIALS_DIRECTORY=",
                                                  sizeof("CREDENTIALS_DIRECTORY=") - 1 };
    int r = 0;
    for (char **entry = environment; entry && *entry;) {
        char *equals = strchr(*entry, '=');
        char *value = equals ? equals + 1 : NULL;
        if (value && strncmp(*entry, credentials.data, credentials.size) == 0) {
            own->credentials = *value ? arena_string(&own->arena, value) : NULL;
            r = *value && !own->credentials ? -ENOMEM : r;
        }
        if (!value || strncmp(*entry, PREFIX, sizeof(PREFIX) - 1) != 0) {
            entry++;
            continue;
        }
        struct xpl_slice name = xpl_slice(*entry, (size_t)(equals - *entry));
        const struct option_row *row = find_variable(name);
        if (!row)
            warn_variable(name, diag);
        else if (r == 0 && *value)
            r = read_variable(own, environment, row, name, value, diag);
        if (row == &option_rows[OPTION_PASSWORD]) {
            wipe(value);
            for (char **p = entry; *p; p++)
                *p = p[1];
        } else {
            entry++;
        }
    }
    return r;
}

int arguments_read(struct settings_own *own, int argc, char **argv, char **environment, struct diag *diag)
{
    size_t before = diag->n_errors;
    int r = read_arguments(own, argc, argv, diag);
    /* Help and version work in any surroundings; the password is taken off all the same. */
    int s = read_environment(own, environment, diag);
    if (r == 0)
        r = s;
    return r < 0 ? r : diag->n_errors > before ? -EINVAL : 0;
}
