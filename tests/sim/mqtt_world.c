#include "mqtt_world.h"

#include <stdio.h>

#include "base/error.h"

static void on_up(void *context, int64_t now_ms)
{
    struct world *world = context;
    must(now_ms == world->now_ms);
    world->ups++;
    if (world->on_up)
        world->on_up(world);
}

static void on_down(void *context, int64_t now_ms)
{
    struct world *world = context;
    must(now_ms == world->now_ms);
    world->downs++;
}

static void on_message(void *context, const struct mqtt_event *message, int64_t now_ms)
{
    struct world *world = context;
    (void)message;
    (void)now_ms;
    world->messages++;
}

static void on_log(void *context, enum log_level level, const char *text)
{
    struct world *world = context;
    world->warnings += level == LOG_LEVEL_WARNING;
    int size = snprintf(world->log + world->log_size, sizeof(world->log) - world->log_size, "%s %s\n",
                        log_level_names[level], text);
    if (size > 0 && world->log_size + (size_t)size < sizeof(world->log))
        world->log_size += (size_t)size;
}

static void on_closed(void *context)
{
    struct world *world = context;
    world->closes++;
}

static uint32_t on_random(void *context)
{
    struct world *world = context;
    return world->chance;
}

void world_init(struct world *world, const struct session_options *options)
{
    const struct session_options usual = {
        .url = "mqtt://broker:1883",
        .keepalive = 30,
        .will_topic = "xpl/bridge/state",
        .will_payload = "offline",
    };
    *world = (struct world){ .broker = fake_new(), .now_ms = 1000 };
    const struct session_listener listener = {
        .context = world,
        .up = on_up,
        .down = on_down,
        .message = on_message,
        .log = on_log,
        .closed = on_closed,
        .random = on_random,
    };
    must(session_new(&world->session, options ? options : &usual, &fake_ops, world->broker, &listener,
                     &world->counters) == 0);
}

void world_deinit(struct world *world)
{
    session_free(world->session);
    fake_free(world->broker);
}

void world_run(struct world *world)
{
    fake_run(world->broker, world->session, world->now_ms);
}

void world_start(struct world *world)
{
    session_start(world->session, world->now_ms);
    world_run(world);
}

void world_next(struct world *world)
{
    int64_t deadline = session_deadline(world->session);
    must(deadline != INT64_MAX);
    if (deadline > world->now_ms)
        world->now_ms = deadline;
    session_on_time(world->session, world->now_ms);
    world_run(world);
}

void world_pass(struct world *world, int64_t ms)
{
    int64_t end_ms = world->now_ms + ms;
    world_run(world);
    for (int turns = 0; session_deadline(world->session) <= end_ms; turns++) {
        must(turns < 100000); /* a deadline that does not move would stop the clock */
        world_next(world);
    }
    world->now_ms = end_ms;
}

void world_lose(struct world *world, int reason)
{
    fake_lose(world->broker, reason);
    world_run(world);
}

uint64_t world_counted(const struct world *world, enum counter counter)
{
    return world->counters.value[counter];
}

bool world_logged(const struct world *world, const char *text)
{
    return strstr(world->log, text) != NULL;
}

static int publish(struct world *world, enum session_lane lane, const char *topic, const char *payload)
{
    const struct session_publish publish = {
        .lane = lane,
        .topic = xpl_slice_from(topic),
        .payload = xpl_slice_from(payload),
        .qos = 1,
    };
    return session_publish(world->session, &publish, world->now_ms);
}

int world_state(struct world *world, const char *topic, const char *payload)
{
    return publish(world, SESSION_STATE, topic, payload);
}

int world_event(struct world *world, const char *topic, const char *payload)
{
    return publish(world, SESSION_EVENT, topic, payload);
}

int world_transient(struct world *world, const char *topic, const char *payload)
{
    return publish(world, SESSION_TRANSIENT, topic, payload);
}
