/* What settings.c, arguments.c and file.c share: the settings in the making, and what a reload needs. */
#ifndef CONFIG_OWN_H
#define CONFIG_OWN_H

#include "config/option.h"

/* A value from argv or the environment. */
struct given {
    const struct option_row *row;
    const char *value;
    enum origin origin;
    const char *variable; /* its name, when it comes from the environment */
    struct given *next;
};

struct settings_own {
    struct arena arena; /* everything a struct settings points to */
    const char *hostname;
    const char *credentials; /* the directory that the service manager gave us, or NULL */
    struct given *given;     /* in order: environment, then argv */
    struct given **last_given;
    enum settings_result result;       /* what argv asks for */
    const char *values[OPTIONS];       /* the last value of each, as text; what settings_compare compares */
    enum origin origins[OPTIONS];      /* where it came from */
    struct diag_place places[OPTIONS]; /* and where that stands */
};

/* Reads argv and environment into own->given, wiping passwords. 0, -EINVAL (findings) or -ENOMEM. */
int arguments_read(struct settings_own *own, int argc, char **argv, char **environment, struct diag *diag);

/* Appends a copy to own->given; `variable` is NULL for an argument. 0 or -ENOMEM. */
int given_add(struct settings_own *own, const struct option_row *row, const char *value,
              const char *variable);

/* Passes one value through its setter. 0 (also with a finding) or -ENOMEM. */
int settings_set(struct settings *settings, const struct option_row *row, const char *value,
                 enum origin origin, const char *directory, struct diag_place place, struct diag *diag);

/* Reads the config file into the settings. 0 (also with findings); -ENOENT; -ENOMEM. */
int file_read(struct settings *settings, const char *path, struct diag *diag);

#endif
