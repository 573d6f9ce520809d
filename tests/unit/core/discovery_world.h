/* A core in a made-up world: a broker that keeps retained topics, a network that takes every datagram, a
 * clock that is a number. The broker may vanish, and the bridge may end and come again with what it kept. */
#ifndef TESTS_DISCOVERY_WORLD_H
#define TESTS_DISCOVERY_WORLD_H

#include "core/core.h"

struct world {
    struct core *core;
    struct mapping *mapping;
    struct counters counters;
    struct core_options options;
    int64_t now_ms;
    struct retained *retained; /* the broker's tree */
    bool unsorted;             /* a topic came since world_topic */
    struct retained *files;    /* kept by name */
    size_t published;          /* messages that reached the broker */
    size_t saves;              /* of files */
    size_t unkept;             /* announcements that reached it before the next run would know of them */
    bool connected;
    char last_event_topic[512], last_event[4096];
    /* "TOPIC PAYLOAD\n" for each message to the broker, as many as fit; a test empties it when it likes. */
    char said[65536];
    size_t said_size;
    char sent[2048]; /* the last datagram */
    size_t sends;
    bool reload_wanted;
    bool state_late; /* the connection that Homie's state goes over is not there yet */
    uint32_t random;
    char xml[4096]; /* the user's mappings */
    bool shipped, mapped;
};

/* Options have sensible values; change them before world_start. */
void world_init(struct world *world);
/* The user's mappings as text; NULL: only the shipped ones. `shipped`: those too. */
void world_map(struct world *world, const char *xml, bool shipped);
/* The mappings and the names that were given, read anew. */
void world_reload(struct world *world);
void world_start(struct world *world);
/* Ends as a clean stop does, and forgets everything but the broker's tree and the files. */
void world_stop(struct world *world);
/* Ends without a word. */
void world_kill(struct world *world);
void world_deinit(struct world *world);

void world_connect(struct world *world);
void world_disconnect(struct world *world);
/* Homie's state reaches the broker from now on, or does not. */
void world_let_state(struct world *world, bool through);
/* The broker loses its retained topics. */
void world_wipe(struct world *world);

/* An xPL message: type, source, schema, and the body with ' ' between items; '~' is a blank. */
void world_hear(struct world *world, const char *type, const char *source, const char *schema,
                const char *body);
/* A message from MQTT. */
void world_tell(struct world *world, const char *topic, const char *payload);
/* Lets time pass, deadline by deadline. */
void world_wait(struct world *world, int64_t ms);
/* Everything that is due soon: announcements included. */
void world_settle(struct world *world);

/* The retained payload, NULL when there is none. */
const char *world_get(struct world *world, const char *topic);
/* How many retained topics begin so, and the n-th of them in the order of their names. */
size_t world_count(struct world *world, const char *begin);
const char *world_topic(struct world *world, const char *begin, size_t n);
const char *world_file(struct world *world, const char *name);
void world_lose(struct world *world, const char *name); /* the file is gone */

#endif
