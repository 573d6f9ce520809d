/* What both Homie conventions share: what a property is in Homie's words, values and commands between Homie's
 * topics and the maps', and the table that finds the one from the other.
 *
 * The table is made anew with each flush out of what is announced, so that it can outlive the registry's
 * entries.
 */
#ifndef CORE_HOMIE_H
#define CORE_HOMIE_H

#include "core/view.h"

struct core;
struct core_message;
struct homie_entry;
struct homie_held;

enum homie_datatype { HOMIE_BOOLEAN, HOMIE_FLOAT, HOMIE_ENUM, HOMIE_STRING };
extern const char *const homie_datatypes[]; /* in enum order */

/* A property in Homie's words. */
struct homie_shape {
    enum homie_datatype datatype;
    bool settable, retained;
    char on[THING_WORD_MAX + 1], off[THING_WORD_MAX + 1]; /* BOOLEAN: the map's words */
    const char *format;                                   /* ENUM: the choices; else empty */
    const char *min, *max, *step;                         /* FLOAT: empty when not known */
};

struct homie {
    struct homie_entry *topics; /* by Homie's topic */
    struct homie_entry *states; /* the same by the map's */
    struct homie_held *held;    /* values for which the format has no word yet, in the order that they came */
    size_t n_held;
    char root[192]; /* what the root's topics begin with; empty: Homie is off */
    bool open;      /* the root's structure may go out: nothing of it changes, or the broker has its `init` */
    bool waits;     /* until the broker has it */
};

void homie_deinit(struct homie *homie);
/* Forgets all entries. */
void homie_clear(struct homie *homie);

/* False when Homie has no use for it. */
bool homie_shape(const struct view_property *property, struct homie_shape *ret);

/* Whether commands on it are told as $target. */
bool homie_has_target(const struct core *core, const struct homie_shape *shape);

/* Notes the property under Homie's topic, and announces the value that it has. */
void homie_add(struct core *core, const char *topic, const struct view_property *property,
               const struct homie_shape *shape);

/* A value of the map's topic, to Homie's. */
void homie_on_value(struct core *core, struct xpl_slice topic, struct xpl_slice payload);

/* The announcements are out and done with: the values that waited for them follow. */
void homie_release(struct core *core);
/* The broker went away: they are given up. */
void homie_give_up(struct core *core);

/* A message on homie/…/set: becomes a command. True when the topic is one of ours. */
bool homie_on_mqtt(struct core *core, const struct core_message *message, int64_t now_ms);

/* The one property of the bridge itself: whether its xPL side is up, which is on the topic. */
void homie_network(const char *topic, struct property_facts *facts, struct view_property *ret);

/* ---- homie_root.c ---- */

/* Before all is rendered anew. */
void homie_begin(struct core *core);

/* The root's $state: `init` while its structure changes. It goes over a connection of its own, the one with
 * the will, so that what it stands before is held back until the broker has it. */
void homie_put_state(struct core *core, bool changing);
/* The structure cannot change yet. */
void homie_close(struct core *core);
/* Whether the topic is the root's, and held back for now. */
bool homie_holds_back(const struct core *core, struct xpl_slice topic);
/* True once, when that has an end. */
bool homie_may_go_on(struct core *core);
/* Whether it is one of any Homie's. */
bool homie_owns(struct xpl_slice topic);
/* Whether it is an attribute of Homie 4, but not the state. */
bool homie4_is_structure(const struct core *core, struct xpl_slice topic);

/* "xplmqtt-INSTANCE" */
void homie_write_root(const struct core *core, struct text *ret);
/* The last word on a clean stop. */
void homie_stop(struct core *core);

/* homie4.c, homie5.c */
void homie4_render(struct core *core);
void homie5_render(struct core *core);

#endif
