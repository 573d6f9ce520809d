/* A seeded storm: publishes, losses, late and reordered answers, a driver that does not take, refusals, new
 * bounds. After each step the books balance and the window holds; within a connection a topic's messages
 * reach the broker in order; and once the storm is over the broker has the newest value of every state, and
 * every event that was not given up.
 *
 * mqtt_storm [SEEDS [FIRST]]: a failure names its seed.
 */
#include <stdio.h>
#include <stdlib.h>

#include "base/error.h"
#include "base/limits.h"
#include "base/number.h"
#include "mqtt_world.h"
#include "storm.h"

#define STEPS      1000
#define TOPICS     5
#define LONGEST_MS 100000 /* no event expires in a storm */
#define EVENTS     2000   /* more than STEPS hands in */

static struct world world;

#define check(condition)                                 \
    do {                                                 \
        if (!(condition))                                \
            storm_fail(__LINE__, #condition, world.log); \
    } while (0)

/* What we handed in. */
static char newest[TOPICS][16]; /* of states; "" is cleared or never set */
static bool forgotten[TOPICS];  /* then the broker may have anything */
static unsigned n_events, event_topic[EVENTS];
static unsigned n_values;

static size_t seen; /* of broker.taken */
static struct {
    unsigned connection;
    uint64_t number;
} last_taken[2][TOPICS];
static bool event_taken[EVENTS];

static void announce(struct world *w)
{
    (void)w;
    snprintf(newest[0], sizeof(newest[0]), "%u", ++n_values);
    forgotten[0] = false;
    check(world_state(&world, "state/0", newest[0]) == 0);
}

static void look_at_broker(void)
{
    for (; seen < world.broker->taken.n; seen++) {
        const struct fake_message *message = &world.broker->taken.items[seen];
        bool is_event = strncmp(message->topic, "event/", 6) == 0;
        unsigned topic = (unsigned)(message->topic[6] - '0');
        uint64_t number = 0;
        if (!message->payload[0])
            continue;
        check(number_parse_unsigned(xpl_slice_from(message->payload), 0, UINT32_MAX, &number) == 0);
        check(topic < TOPICS && message->retain != is_event);
        if (is_event)
            event_taken[number] = true;
        if (last_taken[is_event][topic].connection == message->connection)
            check(number > last_taken[is_event][topic].number);
        last_taken[is_event][topic].connection = message->connection;
        last_taken[is_event][topic].number = number;
    }
}

static void check_all(void)
{
    look_at_broker();
    check(session_books_balance(world.session));
    check(session_inflight(world.session) <= LIMIT_INFLIGHT);
    check(world.broker->overruns == 0);
    check(session_state(world.session) != SESSION_UP || world.ups == world.downs + 1);
    check(session_state(world.session) == SESSION_UP || world.ups == world.downs);
}

static void hand_in_state(void)
{
    unsigned topic = storm_draw(TOPICS);
    char name[16];
    snprintf(name, sizeof(name), "state/%u", topic);
    if (storm_draw(20) == 0) {
        session_forget(world.session, xpl_slice_from(name));
        forgotten[topic] = true;
        return;
    }
    if (storm_draw(10) == 0)
        newest[topic][0] = '\0';
    else
        snprintf(newest[topic], sizeof(newest[topic]), "%u", ++n_values);
    forgotten[topic] = false;
    check(world_state(&world, name, newest[topic]) == 0);
}

static void hand_in_event(void)
{
    char name[16], payload[16];
    unsigned topic = storm_draw(TOPICS);
    snprintf(name, sizeof(name), "event/%u", topic);
    snprintf(payload, sizeof(payload), "%u", n_events);
    check(world_event(&world, name, payload) == 0);
    event_topic[n_events++] = topic;
}

/* Answers to publishes come in any order; what tells of the connection comes in its own. */
static void answer(void)
{
    struct mqtt_driver *broker = world.broker;
    if (!broker->n_answers)
        return;
    size_t index = storm_draw((uint32_t)broker->n_answers);
    enum mqtt_event_type type = broker->answers[index].type;
    if (type != MQTT_EVENT_PUBLISHED && type != MQTT_EVENT_PUBLISH_FAILED)
        for (index = 0; broker->answers[index].type == MQTT_EVENT_PUBLISHED ||
                        broker->answers[index].type == MQTT_EVENT_PUBLISH_FAILED;)
            index++;
    fake_answer(broker, world.session, index, world.now_ms);
}

/* In every other storm the broker blames messages (reason 0x95), which are then given up, each with its
 * count. */
static bool is_suspicious(void)
{
    return storm_seed % 2;
}

static void one_step(void)
{
    static const int losses[] = { 0, 0, 0x8b, 0x8e, 0x95 };
    struct mqtt_driver *broker = world.broker;
    switch (storm_draw(16)) {
    case 0:
    case 1:
    case 2: hand_in_state(); break;
    case 3:
    case 4:
    case 5: hand_in_event(); break;
    case 6:
    case 7: fake_take(broker, 1 + storm_draw(4)); break;
    case 8:
    case 9:
    case 10: answer(); break;
    case 11:
        if (storm_draw(3) == 0)
            fake_lose(broker, losses[storm_draw(is_suspicious() ? 5 : 4)]);
        break;
    case 12: {
        int64_t left_ms = session_deadline(world.session) - world.now_ms;
        if (left_ms > 0)
            world.now_ms += storm_draw(2) || left_ms > LONGEST_MS ? (int64_t)storm_draw(200) : left_ms;
        session_on_time(world.session, world.now_ms);
        break;
    }
    case 13: broker->publish_error = storm_draw(3) ? 0 : -EAGAIN; break;
    case 14:
        broker->receive_maximum = 3 + (int)storm_draw(5);
        broker->server_keepalive = storm_draw(4) ? 0 : 1 + (int)storm_draw(40);
        broker->refuse = storm_draw(4) ? 0 : MQTT_REASON_UNREACHABLE;
        break;
    default: world_transient(&world, "event/0", ""); break;
    }
    check_all();
}

static void clear_up(void)
{
    struct mqtt_driver *broker = world.broker;
    broker->publish_error = broker->refuse = 0;
    world_pass(&world, 700000);
    check(session_state(world.session) == SESSION_UP);
    check(session_waiting(world.session) == 0);
    check(session_inflight(world.session) == 0);
    check_all();
    for (unsigned topic = 0; topic < TOPICS; topic++) {
        char name[16];
        snprintf(name, sizeof(name), "state/%u", topic);
        const char *value = fake_retained(broker, name);
        if (!forgotten[topic] && !world.counters.value[COUNT_DROPPED_REFUSED])
            check(strcmp(value ? value : "", newest[topic]) == 0);
    }
    uint64_t missing = 0;
    for (unsigned i = 0; i < n_events; i++)
        missing += !event_taken[i];
    check(is_suspicious() || world.counters.value[COUNT_DROPPED_REFUSED] == 0);
    check(missing <= world.counters.value[COUNT_DROPPED_REFUSED]);
    check(world.counters.value[COUNT_DROPPED_FULL] + world.counters.value[COUNT_EXPIRED] == 0);
}

static void storm(void)
{
    n_events = n_values = 0;
    seen = 0;
    memset(newest, 0, sizeof(newest));
    memset(forgotten, 0, sizeof(forgotten));
    memset(event_taken, 0, sizeof(event_taken));
    memset(last_taken, 0, sizeof(last_taken));
    world_init(&world, NULL);
    world.on_up = announce;
    world.chance = storm_draw(60000);
    session_start(world.session, world.now_ms);
    for (storm_step = 0; storm_step < STEPS; storm_step++)
        one_step();
    clear_up();
    session_stop(world.session, 1000, world.now_ms);
    world_pass(&world, 1000);
    check(world.closes == 1);
    check(session_books_balance(world.session));
    world_deinit(&world);
}

int main(int argc, char **argv)
{
    return storm_main(argc, argv, 5000, storm);
}
