/* Tables: words of xPL to words of MQTT, and back. */
#ifndef MAPPING_TABLE_H
#define MAPPING_TABLE_H

#include <stdint.h>

#include "base/diag.h"
#include "mapping/variable.h"

struct table_row {
    struct xpl_slice xpl, mqtt;
};

struct table {
    struct xpl_slice name;
    struct diag_place place;
    bool shipped;
    struct table_row *rows; /* in document order */
    size_t n;
    uint32_t *by_xpl, *by_mqtt; /* row numbers, sorted by the lower-case word, then by document order */
    struct table *next;
};

/* Sorts the rows for look-up. 0 or -ENOMEM. */
int table_seal(struct arena *arena, struct table *table);

/* The word of the other side in the first row that has this one; data NULL when there is none. */
struct xpl_slice table_find(const struct table *table, enum direction direction, struct xpl_slice word,
                            bool nocase);

/* The tables a file may use. A name means the file's own table; where it has none, the first in document
 * order of its group; then the first shipped one, which user files may use too. */
struct tables {
    struct table *first;
    const char *file; /* that asks */
    bool shipped;     /* its group: shipped files see shipped tables only */
};

const struct table *tables_get(const struct tables *tables, struct xpl_slice name);
/* Whether the table stands in the file that asks. */
bool tables_is_own(const struct tables *tables, const struct table *table);
/* The nearest name, for a finding; NULL when none is near. */
const char *tables_nearest(const struct tables *tables, struct xpl_slice name);

#endif
