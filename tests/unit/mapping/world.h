/* What the tests of the mapping engine share: a table out of text, messages out of short lines, and what came
 * out as lines. */
#ifndef TEST_MAPPING_WORLD_H
#define TEST_MAPPING_WORLD_H

#include "base/error.h"
#include "base/text.h"
#include "mapping/model.h"

struct world {
    struct arena arena;
    struct diag diag;
    struct table *tables;
    struct mapping *mapping;
    struct mapping_scratch *scratch;
    struct xpl_message message;
    char datagram[1 << 16];
    char lines[1 << 16];
    struct text out; /* over lines */
};
extern struct world world;

/* Every test's beginning and end; the end fails when something is still held. */
void world_init(void);
void world_deinit(void);

/* Loads "<mappings>" around this text as a user's file with prefix "xpl". Returns mapping_load's result. */
int world_load(const char *text);

/* All findings, a line each without the file, taken off. */
const char *world_findings(void);

/* "TYPE SOURCE TARGET SCHEMA NAME=VALUE…", no blanks in values, to world.message. */
const struct xpl_message *world_message(const char *line);

/* Runs that message through the table: its publishes as "TOPIC PAYLOAD\n", skips as "skip WHY\n", then the
 * result when it is not "taken". */
const char *world_xpl(const char *line);

/* Runs a command: "send TARGET SCHEMA NAME=VALUE…", "refused WHY" or "no map". */
const char *world_mqtt(const char *topic, const char *payload);

/* For the pieces below the table: a place to parse at, and a scope over the scratch. */
struct conversion_source world_source(void);
void world_scope(struct scope *ret, enum direction direction);
void world_table(const char *name, const char *const *pairs); /* xpl, mqtt, xpl, mqtt, …, NULL */

#endif
