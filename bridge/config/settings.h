/* The settings: defaults < config file < environment < options, checked, in the form that the daemon wants.
 *
 * The walk: argv and the environment are read once (arguments.c); passwords are wiped from both on the spot.
 * The file is read (file.c), then each value, whatever it came from, passes the setter of its row in the one
 * table of options (options.c, value.c); what several of them mean together is settled at the end
 * (settings.c). A reload repeats all but the reading of argv and environment.
 */
#ifndef CONFIG_SETTINGS_H
#define CONFIG_SETTINGS_H

#include <stdint.h>

#include "base/charset.h"
#include "base/diag.h"
#include "xpl/address.h"

enum settings_mode { SETTINGS_NORMAL };
enum settings_role { SETTINGS_ROLE_AUTO, SETTINGS_ROLE_HUB, SETTINGS_ROLE_CLIENT };
enum settings_version { SETTINGS_VERSION_AUTO, SETTINGS_VERSION_5, SETTINGS_VERSION_311 };
enum settings_spool { SETTINGS_SPOOL_MEMORY, SETTINGS_SPOOL_DISK };
enum settings_homeassistant { SETTINGS_HA_OFF, SETTINGS_HA_COMPONENT, SETTINGS_HA_DEVICE };
enum settings_homie { SETTINGS_HOMIE_OFF, SETTINGS_HOMIE_4, SETTINGS_HOMIE_5 };
enum settings_announce { SETTINGS_ANNOUNCE_MAPPED, SETTINGS_ANNOUNCE_ASK };

/* An address belongs to it when (address & mask) == ip; host byte order. */
struct settings_network {
    uint32_t ip, mask;
};

struct settings_mapping {
    const char *path;
    struct diag_place place; /* where it was named; of "default" when nobody did */
    bool optional;           /* may be missing: the default file */
};

/* Strings are NULL when not given. Everything lives as long as the whole. */
struct settings {
    int mode; /* enum settings_mode */
    struct {
        int role; /* enum settings_role */
        char instance[XPL_INSTANCE_MAX + 1];
        const char *interface; /* NULL: all */
        uint32_t broadcast;    /* host byte order; 0: as the interface says */
        struct settings_network *allow;
        size_t n_allow; /* 0: everybody */
        const char **groups;
        size_t n_groups;
        const char *charset_name;
        struct charset charset;
        int flood; /* messages a second, for each UDP source address; burst twice that */
        bool forward_malformed;
        const char *tunnel; /* NAME of the network tunnelled through MQTT; NULL: none */
    } xpl;
    struct {
        const char *url;                                 /* scheme://host:port[/path], port always there */
        const char *username, *password, *password_file; /* at most one of the last two */
        const char *client_id;
        const char *cafile, *cert, *key;
        int version;        /* enum settings_version */
        const char *prefix; /* no slash at either end */
        int keepalive;      /* s */
        int spool;          /* enum settings_spool */
        bool raw, raw_send;
    } mqtt;
    struct {
        int homeassistant, homie, announce; /* enums above */
        int announce_after;                 /* messages heard from a device before it is announced */
        int limit;                          /* devices announced */
    } discovery;
    struct {
        struct settings_mapping *files; /* in order; the shipped ones come behind them */
        size_t n_files;
        bool shipped;
    } mappings;
    const char *log;          /* "info,mqtt=debug", as log_set_levels takes it */
    int verbose;              /* how often -v was given: once also shows info findings; `log` is set by it */
    const char *config_file;  /* the file read or looked for */
    struct settings_own *own; /* what a reload needs */
};

/* Results that end the program early, and differences. */
enum settings_result {
    SETTINGS_RUN = 0,
    SETTINGS_HELP = 1,    /* --help */
    SETTINGS_VERSION,     /* --version */
    SETTINGS_HEALTHCHECK, /* --healthcheck: *ret is given, as for SETTINGS_RUN */
    SETTINGS_WRONG,       /* findings say what */
};

enum settings_change {
    SETTINGS_CHANGED_XPL = 1 << 0,
    SETTINGS_CHANGED_LINK = 1 << 1, /* the broker, who we are to it, how the link works */
    SETTINGS_CHANGED_PREFIX = 1 << 2,
    SETTINGS_CHANGED_RAW = 1 << 3,
    SETTINGS_CHANGED_SPOOL = 1 << 4,
    SETTINGS_CHANGED_DISCOVERY = 1 << 5,
    SETTINGS_CHANGED_MAPPINGS = 1 << 6, /* which files; not what is in them */
    SETTINGS_CHANGED_LOG = 1 << 7,
    SETTINGS_CHANGED_MODE = 1 << 8,
};

/* `environment` is a list like `environ`, NULL: none. A password in argv is overwritten where it stands, and
 * one in the environment too, and taken off the list, whatever the result but -ENOMEM. `hostname` is what the
 * instance is made from. 0 or a positive enum settings_result; -ENOMEM. Findings may come with 0: warnings.
 * Places of findings live as long as `diag`. */
int settings_load(struct settings **ret, int argc, char **argv, char **environment, const char *hostname,
                  struct diag *diag);

/* The same again with the arguments and environment of the first time. 0 or SETTINGS_WRONG; -ENOMEM. */
int settings_reload(struct settings **ret, const struct settings *old, struct diag *diag);

void settings_free(struct settings *settings);

/* What is different: a mask of enum settings_change. */
unsigned settings_compare(const struct settings *a, const struct settings *b);

/* TLS: mqtts and wss. */
bool settings_mqtt_is_secure(const struct settings *settings);

/* The text of --help: at most 100 columns. */
void settings_help(FILE *stream);

#endif
