/* The files of a table: read with their includes, each once for each group (the user's, the shipped).
 * Private to this folder. */
#ifndef MAPPING_FILES_H
#define MAPPING_FILES_H

#include "mapping/load.h"

/* What of a file stands in the table. */
enum unit_pass { UNIT_READ, UNIT_TABLES, UNIT_ELEMENTS };

/* A file that was read, in the diag's arena. */
struct unit {
    struct xml_element *root;
    const char *real_path; /* to see it again */
    const char *file;      /* in the mapping's arena */
    bool shipped;
    enum unit_pass placed;
    struct unit *parent; /* who includes it */
    struct unit *next;   /* all files */
};

struct files {
    struct mapping *mapping;
    struct diag *diag;
    struct unit *units;
    uint64_t digest; /* FNV-1a over their content */
};

#define FILES_DIGEST 14695981039346656037u /* of no file */

/* Reads the file and what it includes; `asked` is where it is named. An include of a file that is being read
 * is a loop, and a finding, as is a file that is missing and not optional. 0 or -ENOMEM. */
int files_read(struct files *files, const char *path, bool shipped, bool optional, struct unit *parent,
               struct diag_place asked);

/* The file that was read for an include, NULL when it was read for another one. */
struct unit *files_included(const struct files *files, const struct unit *from, const char *href);

#endif
