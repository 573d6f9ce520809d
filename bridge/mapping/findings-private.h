/* Between the files that check a whole table. */
#ifndef MAPPING_FINDINGS_PRIVATE_H
#define MAPPING_FINDINGS_PRIVATE_H

#include "mapping/load.h"
#include "mapping/words.h"

struct checker {
    const struct mapping *mapping;
    struct diag *diag;
    struct arena arena;
    struct words *topics; /* written topic to numbers into publishes */
    struct words *files;  /* what one file publishes, by file_key */
    struct published {
        const struct property *property;
        const struct publish *publish;
        struct xpl_slice topic; /* as written, whole */
    } * publishes;
    size_t n;
};

/* Collects all publishes, with a finding for each that publishes to the topic of another. 0 or -ENOMEM. */
int findings_collect(struct checker *checker);

#endif
