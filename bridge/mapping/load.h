/* The steps of mapping_load that live in files of their own. Private to this folder. */
#ifndef MAPPING_LOAD_H
#define MAPPING_LOAD_H

#include "mapping/compile.h"

/* Ranks all sends (sends.c). 0 or -ENOMEM. */
int sends_order(struct mapping *mapping);

/* Findings that need the whole table: same topics, loops, maps that nothing reaches (findings.c).
 * 0 or -ENOMEM. */
int findings_check(const struct mapping *mapping, struct diag *diag);

/* Runs the examples; each that does not come out as written is an error (example.c). 0 or -ENOMEM. */
int examples_run(const struct mapping *mapping, const struct example *examples, struct diag *diag);

/* Aliases by device and name, and what two of them may not share (alias.c). 0 or -ENOMEM. */
int aliases_index(struct mapping *mapping, struct diag *diag);

#endif
