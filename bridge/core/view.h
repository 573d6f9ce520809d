/* A thing as announcements show it now: alias, label, room and corrections applied, topics whole. */
#ifndef CORE_VIEW_H
#define CORE_VIEW_H

#include "core/things.h"

struct view_property {
    const struct property_facts *facts;
    enum mapping_kind kind;
    struct xpl_slice name;
    struct xpl_slice label; /* an alias's, or made from the name */
    struct xpl_slice class; /* as a map or alias says it */
    const char *object;
    const char *unit, *min, *max, *step, *entity, *role;
    const char *options;         /* each once, with nothing but ',' between them */
    const char *state, *command; /* whole topics; empty: none */
    bool numeric;                /* everything it said was a number */
    bool taken;                  /* by an entity, for a renderer's own use */
};

struct view {
    const struct thing *thing;
    const char *id;
    struct xpl_slice path, alias, label, room, model;
    const char *availability; /* topic */
    struct view_property properties[THING_PROPERTIES];
    size_t n;
    struct text pool; /* what had to be made */
    char storage[32 * 1024];
};

/* 0, or -ENOSPC when it does not fit, which leaves the last properties out. */
int view_make(struct view *view, const struct mapping *mapping, const char *prefix,
              const struct thing *thing);

/* The property of an entity with that role, NULL when there is none. */
struct view_property *view_role(struct view *view, const char *entity, const char *role);

/* The n-th of a list with commas, blanks around it taken off; data NULL behind the end. */
struct xpl_slice view_option(const char *list, size_t n);

/* "setpoint-heating" as "Setpoint heating". */
void view_humanize(struct xpl_slice name, struct text *ret);

#endif
