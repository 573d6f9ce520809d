/* Announcements: devices appear by themselves in Home Assistant, openHAB and Homie controllers.
 *
 * The walk: each effect of a message teaches the registry (things.h). When something changed, a flush is due
 * a second later: it renders every device that is to be announced in every form that is on (homeassistant.c,
 * homie4.c, homie5.c) and publishes the difference to what was announced before (announced.h), so that
 * nothing stays behind: what is new is written to the list for the next run before it is published, so that
 * this holds after a crash too. Where an id moves to another topic, the old one is cleared two seconds before
 * the new one is made; where the form of Home Assistant's announcements changes, its migration is followed
 * step by step.
 *
 * Nothing is published while the broker is away: the flush of core_on_broker_up says it all, before `online`;
 * only Homie's root follows when the broker has its state, which goes over a connection of its own.
 */
#ifndef CORE_DISCOVERY_H
#define CORE_DISCOVERY_H

#include "core/announced.h"
#include "core/homie.h"
#include "core/things.h"
#include "core/view.h"

struct core;
struct core_message;

enum discovery_homeassistant { DISCOVERY_HA_OFF, DISCOVERY_HA_COMPONENT, DISCOVERY_HA_DEVICE };
enum discovery_homie { DISCOVERY_HOMIE_OFF, DISCOVERY_HOMIE_4, DISCOVERY_HOMIE_5 };

struct discovery_options {
    enum discovery_homeassistant homeassistant;
    enum discovery_homie homie;
    bool ask;                           /* a new device is announced only when it was permitted */
    unsigned after;                     /* messages that speak of a device before it is announced */
    unsigned limit;                     /* devices announced; more: counted, said once */
    struct xpl_slice things, announced; /* what discovery_save kept */
};

/* What is being rendered. */
enum discovery_step {
    DISCOVERY_IDLE,
    DISCOVERY_MARK,   /* only which topics there will be */
    DISCOVERY_KNOWN,  /* the payloads of topics that are there already */
    DISCOVERY_PUBLISH /* all payloads */
};

/* Where a flush stands; each step is two seconds after the one before. */
enum discovery_phase {
    DISCOVERY_BEGIN, /* compare, clear what goes, publish what stays */
    DISCOVERY_MAKE,  /* publish what is new */
    DISCOVERY_RETIRE /* after a migration: clear the old form */
};

struct discovery {
    struct discovery_options options;
    struct things *things;
    struct announced announced;
    struct announced planned; /* what the last walk that only marked found new */
    struct view *view;        /* of the one being rendered */
    enum discovery_step step;
    enum discovery_phase phase;
    unsigned generation; /* of the mapping */
    int64_t due_ms;      /* the next step; INT64_MAX: none */
    int64_t again_ms;    /* everything once more, because somebody asked; INT64_MAX: no */
    int64_t asked_ms;    /* when that was granted the last time */
    int64_t save_ms;     /* INT64_MAX: nothing to keep */
    int64_t spent_ms;    /* until then, writing is paid for */
    int64_t silent_ms;   /* when one of the last run has been silent for too long */
    bool connected;
    bool touched;   /* while a flush was under way */
    bool made;      /* a topic that was not there, in this walk */
    bool migrating; /* the form of the last run was another */
    bool retired;   /* a device payload named components that go: it is due once more without them */
    bool gone;      /* something of Home Assistant's goes, in this flush */
    bool differs;   /* the structure of Homie 4 is not what the broker has */
    bool unsettled; /* a Homie device is in `init` */
    bool limit_told;
    struct homie homie;
    int64_t wall_s;        /* the clock on the wall, for versions */
    char root_version[64]; /* as THING_VERSION */
};

/* Copies what it keeps of the options. 0 or -ENOMEM. */
int discovery_init(struct core *core, const struct discovery_options *options);
void discovery_deinit(struct core *core);
void discovery_start(struct core *core, int64_t now_ms);
void discovery_stop(struct core *core);
bool discovery_is_on(const struct core *core);

/* An effect of a message, before its value is published. */
void discovery_on_publish(struct core *core, const struct mapping_publish *publish, int64_t now_ms);
/* A value that is published on a topic of a map. */
void discovery_on_value(struct core *core, struct xpl_slice topic, struct xpl_slice payload);
/* homeassistant/status, and commands of Homie controllers. True when it was one of them. */
bool discovery_on_mqtt(struct core *core, const struct core_message *message, int64_t now_ms);
/* A device came or went. */
void discovery_on_availability(struct core *core);
void discovery_on_mapping(struct core *core, int64_t now_ms);
void discovery_on_broker_up(struct core *core, int64_t now_ms);
void discovery_on_broker_down(struct core *core);

void discovery_on_state_out(struct core *core);

int64_t discovery_deadline(const struct core *core);
void discovery_on_time(struct core *core, int64_t now_ms);

/* Whether the device is announced. */
bool discovery_announces(const struct core *core, struct xpl_slice path);
/* Something that is announced has changed: a flush, soon. */
void discovery_touch(struct core *core, int64_t now_ms);
/* Everything once more, now. */
void discovery_announce(struct core *core, int64_t now_ms);
/* Decisions; of a device that is not there, nothing. */
void discovery_forget(struct core *core, struct xpl_slice path, int64_t now_ms);
void discovery_permit(struct core *core, struct xpl_slice path, bool permit, int64_t now_ms);
void discovery_rebind(struct core *core, struct xpl_slice from, struct xpl_slice to, int64_t now_ms);
/* Keeps registry, versions and topics for the next run. 0, or negative errno. */
int discovery_save(struct core *core);

/* discovery_learn.c: takes what the table in force does not make out of the registry. */
void discovery_drop_unmade(struct core *core);

/* ---- for the renderers ---- */

/* A retained topic of an announcement. */
void discovery_put(struct core *core, struct xpl_slice topic, struct xpl_slice payload);
/* One whose payload is not known in this run: whatever the broker has stays. */
void discovery_keep(struct core *core, struct xpl_slice topic);
/* Whether announcements are about to change, or are just being changed. */
bool discovery_is_under_way(const struct core *core);
/* What stands behind the dot of our source. */
const char *discovery_instance(const struct core *core);
/* The next thing that is to be announced, its view made in core->discovery.view; begin with NULL. */
struct thing *discovery_next(struct core *core, const struct thing *thing);

/* homeassistant.c */
void homeassistant_render(struct core *core);
/* Whether the topic is one of Home Assistant's, of that form. */
bool homeassistant_owns(struct xpl_slice topic, enum discovery_homeassistant form);

#endif
