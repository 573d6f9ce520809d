/* What the daemon would run with: its settings, and the mapping files in the order of trial. */
#ifndef TOOL_SETUP_H
#define TOOL_SETUP_H

#include "base/limits.h"
#include "config/settings.h"
#include "mapping/mapping.h"

#define SETUP_WORDS (2 * LIMIT_MAPPING_FILES + 32)

/* Options of the daemon that a verb passes on; zeroed at the start. Words borrow from argv. */
struct setup {
    const char *words[SETUP_WORDS];
    size_t n;
};

/* "--prefix", "home". What is over SETUP_WORDS is left out: settings refuse that many anyway. */
void setup_add(struct setup *setup, const char *option, const char *value);

/* The settings as the daemon would read them: those options, the environment, the config file. 0; -EINVAL
 * (findings say why); -ENOMEM. */
int setup_settings(const struct setup *setup, struct diag *diag, struct settings **ret);

/* The files of the settings, and the shipped ones behind them. A named file that is missing becomes a finding
 * where it was named, no shipped ones too. In the diag's arena. 0 or -ENOMEM. */
int setup_files(const struct settings *settings, struct diag *diag, struct mapping_file **ret, size_t *ret_n);

/* These paths as the user's, and the shipped ones behind them. A path that is one of the shipped files stands
 * in its place among those, under the name given here; with `shipped` false only such stand there. 0 or
 * -ENOMEM. */
int setup_paths(const char *const *paths, size_t n, bool shipped, struct diag *diag,
                struct mapping_file **ret, size_t *ret_n);

#endif
