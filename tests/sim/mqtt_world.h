/* A session at a fake broker, with a clock that the test owns and a listener that remembers. */
#ifndef MQTT_WORLD_H
#define MQTT_WORLD_H

#include "fake_broker.h"

struct world {
    struct mqtt_driver *broker;
    struct session *session;
    struct counters counters;
    int64_t now_ms;
    uint32_t chance; /* what listener.random gives; 0 makes every delay the shortest */

    /* What the listener heard. */
    unsigned ups, downs, closes, messages, warnings;
    char log[16384]; /* "LEVEL text\n" of each line, while it fits */
    size_t log_size;
    void (*on_up)(struct world *world); /* may be NULL */
};

/* A world whose session has the url mqtt://broker:1883 and the will xpl/bridge/state=offline; options may be
 * NULL. */
void world_init(struct world *world, const struct session_options *options);
void world_deinit(struct world *world);

/* Started, and all answers delivered. */
void world_start(struct world *world);
/* All that can happen now, happens. */
void world_run(struct world *world);
/* The clock goes on, deadline by deadline. */
void world_pass(struct world *world, int64_t ms);
/* To the session's next deadline. */
void world_next(struct world *world);

/* The connection breaks (fake_lose), and the session hears of it. */
void world_lose(struct world *world, int reason);
uint64_t world_counted(const struct world *world, enum counter counter);
bool world_logged(const struct world *world, const char *text);

int world_state(struct world *world, const char *topic, const char *payload);
int world_event(struct world *world, const char *topic, const char *payload);
int world_transient(struct world *world, const char *topic, const char *payload);

#endif
