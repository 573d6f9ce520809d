/* A seeded storm with kills: publishes, losses, late answers, slow commits, a disk that is full for a while;
 * and again and again the session ends without a word, and another one begins over what was on the disk.
 *
 * What was written before a kill survives it: at the end the broker has every event that had been written (or
 * that no kill came after), and of each state a value that is at least as new as the last one that had been
 * written. Within a connection events are in order, and the books balance all the time. Once the disk was
 * full, only the books count.
 *
 * spool_storm [SEEDS [FIRST]]: a failure names its seed.
 */
#include <stdio.h>
#include <stdlib.h>

#include "base/error.h"
#include "fake_spool.h"
#include "base/number.h"
#include "mqtt_world.h"
#include "storm.h"

#define STEPS  600
#define TOPICS 4
#define EVENTS (STEPS + 1)

static struct world world;
static struct fake_spool spool;
static unsigned n_events, n_values;
static bool taken[EVENTS], safe[EVENTS]; /* events: by the broker; by us, so that they may not be lost */
static unsigned least[TOPICS];           /* the value that a state has at least in the end */
static unsigned at_broker[TOPICS];
static bool had_full_disk;

#define check(condition)                                 \
    do {                                                 \
        if (!(condition))                                \
            storm_fail(__LINE__, #condition, world.log); \
    } while (0)

static unsigned number(const char *text)
{
    uint64_t n = 0;
    check(number_parse_unsigned(xpl_slice_from(text), 0, UINT32_MAX, &n) == 0);
    return (unsigned)n;
}

static void look_at_broker(size_t *seen)
{
    static unsigned last, connection;
    if (*seen == 0)
        last = connection = 0;
    for (; *seen < world.broker->taken.n; ++*seen) {
        const struct fake_message *message = &world.broker->taken.items[*seen];
        unsigned n = number(message->payload);
        if (message->topic[0] == 's') {
            unsigned topic = (unsigned)(message->topic[1] - '0');
            at_broker[topic] = n;
            if (n > least[topic])
                least[topic] = n;
            continue;
        }
        check(connection != message->connection || n > last);
        connection = message->connection;
        last = n;
        taken[n] = true;
    }
}

/* What is on the disk now is there after a kill. */
static void look_at_disk(void)
{
    for (size_t i = 0; i < spool.disk.n; i++) {
        const struct fake_row *row = &spool.disk.row[i];
        unsigned n = number(row->payload);
        if (row->order)
            safe[n] = true;
        else if (n > least[row->topic[1] - '0'])
            least[row->topic[1] - '0'] = n;
    }
}

static void hand_in(bool is_event)
{
    char topic[8], payload[16];
    snprintf(topic, sizeof(topic), "%c%u", is_event ? 'e' : 's', storm_draw(TOPICS));
    snprintf(payload, sizeof(payload), "%u", is_event ? n_events++ : ++n_values);
    check((is_event ? world_event : world_state)(&world, topic, payload) == 0);
}

static void answer(void)
{
    struct mqtt_driver *broker = world.broker;
    if (broker->n_answers)
        fake_answer(broker, world.session, 0, world.now_ms);
}

static void restart(size_t *seen)
{
    int64_t now_ms = world.now_ms;
    look_at_broker(seen);
    look_at_disk();
    check(session_books_balance(world.session));
    world_deinit(&world);
    world_init(&world, NULL);
    world.now_ms = now_ms;
    world.chance = storm_draw(60000);
    *seen = 0;
    fake_spool_restore(&spool, world.session);
    session_start(world.session, world.now_ms);
}

static void one_step(size_t *seen)
{
    switch (storm_draw(14)) {
    case 0:
    case 1: hand_in(false); break;
    case 2:
    case 3: hand_in(true); break;
    case 4: fake_take(world.broker, 1 + storm_draw(4)); break;
    case 5:
    case 6: answer(); break;
    case 7:
        if (storm_draw(4) == 0)
            fake_lose(world.broker, 0);
        break;
    case 8: world.broker->refuse = storm_draw(2) ? 0 : MQTT_REASON_UNREACHABLE; break;
    case 9:
        if (storm_draw(8) == 0)
            restart(seen);
        break;
    case 10:
        if (storm_seed % 4 == 0 && storm_draw(10) == 0) {
            spool.full = !spool.full;
            had_full_disk = true;
        }
        break;
    case 11: fake_spool_tell(&spool, world.session, world.now_ms); break;
    default:
        world.now_ms += storm_draw(200);
        session_on_time(world.session, world.now_ms);
        break;
    }
    look_at_broker(seen);
    check(session_books_balance(world.session));
}

static void storm(void)
{
    size_t seen = 0;
    n_events = n_values = 0;
    had_full_disk = false;
    memset(&spool, 0, sizeof(spool));
    memset(taken, 0, sizeof(taken));
    memset(safe, 0, sizeof(safe));
    memset(least, 0, sizeof(least));
    memset(at_broker, 0, sizeof(at_broker));
    world_init(&world, NULL);
    fake_spool_restore(&spool, world.session);
    session_start(world.session, world.now_ms);
    for (storm_step = 0; storm_step < STEPS; storm_step++)
        one_step(&seen);
    if (storm_draw(2)) /* and no device says anything more, which would set right what the kill did */
        restart(&seen);
    unsigned from = n_events; /* no kill comes any more */
    for (int i = 0; i < 5; i++)
        hand_in(true);
    world.broker->refuse = 0;
    spool.full = false;
    for (int i = 0;
         i < 20000 && (session_waiting(world.session) || session_inflight(world.session) || spool.disk.n);
         i++) {
        fake_spool_tell(&spool, world.session, world.now_ms);
        world_pass(&world, 50);
        look_at_broker(&seen);
    }
    check(session_books_balance(world.session));
    check(session_waiting(world.session) == 0 && spool.disk.n == 0);
    for (unsigned n = 0; n < n_events; n++)
        check(taken[n] || had_full_disk || (n < from && !safe[n]));
    for (unsigned topic = 0; topic < TOPICS; topic++)
        check(had_full_disk || at_broker[topic] >= least[topic]);
    world_deinit(&world);
}

int main(int argc, char **argv)
{
    return storm_main(argc, argv, 2000, storm);
}
