/* What daemon.c and healthcheck.c both build out of the settings. */
#ifndef PARTS_H
#define PARTS_H

#include "base/limits.h"
#include "config/settings.h"
#include "mapping/mapping.h"
#include "mqtt/session.h"

#define PARTS_FILES_MAX \
    (2 * LIMIT_MAPPING_FILES + 1) /* the user's and the shipped ones, each bounded; the names */

/* What session_new wants; strings are the settings' own. */
struct session_options parts_session(const struct settings *settings);

/* Loads the mapping files that the settings name, then the shipped ones by name. The prefix and the charset
 * are those of the running settings: they do not change before a restart. `names` is the file of names given
 * by request, NULL or missing: none. As mapping_load. */
int parts_mapping(const struct settings *settings, const struct settings *running, const char *names,
                  struct diag *diag, struct mapping **ret);

/* Whether that file is sound by itself. 0; -EINVAL, with a warning that tells what is wrong with it; or
 * -ENOMEM. */
int parts_check_names(const struct settings *running, const char *names, struct diag *diag);

/* Prints findings of at least that level to the log's stream. */
void parts_log_findings(struct diag *diag, enum diag_level least);

#endif
