/* The crossing with real threads; a plain program, since TSan does not run under Criterion. Two threads push
 * messages and answers, the main thread drains: nothing but messages over the bound is missing, and each
 * thread's order holds. */
#include <pthread.h>
#include <stdatomic.h>
#include <stdio.h>

#include "base/error.h"
#include "mqtt/inbox.h"

#define PUSHERS 2
#define PUSHES  20000u

static struct inbox *inbox;
static atomic_uint wakes, running = PUSHERS;

static void wake(void *context)
{
    (void)context;
    atomic_fetch_add(&wakes, 1);
}

static void *pusher(void *argument)
{
    int me = *(int *)argument;
    for (uint64_t n = 1; n <= PUSHES; n++) {
        const bool is_message = n % 2;
        const struct mqtt_event event = {
            .type = is_message ? MQTT_EVENT_MESSAGE : MQTT_EVENT_PUBLISHED,
            .context = n,
            .reason = me,
            .topic = XPL_SLICE("xpl/thread"),
            .payload = XPL_SLICE("payload"),
        };
        inbox_push(inbox, &event);
    }
    atomic_fetch_sub(&running, 1);
    return NULL;
}

int main(void)
{
    pthread_t threads[PUSHERS];
    int names[PUSHERS];
    uint64_t last[PUSHERS] = { 0 }, messages = 0, answers = 0, dropped = 0;

    must(inbox_new(&inbox, wake, NULL) == 0);
    for (int i = 0; i < PUSHERS; i++) {
        names[i] = i;
        must(pthread_create(&threads[i], NULL, pusher, &names[i]) == 0);
    }
    for (;;) {
        bool last_turn = atomic_load(&running) == 0;
        struct mqtt_event *event;
        while ((event = inbox_pop(inbox))) {
            must(event->context > last[event->reason]);
            last[event->reason] = event->context;
            if (event->type == MQTT_EVENT_MESSAGE) {
                must(xpl_slice_equal(event->payload, XPL_SLICE("payload")));
                messages++;
            } else {
                answers++;
            }
            inbox_event_free(event);
        }
        dropped += inbox_take_dropped(inbox);
        if (last_turn)
            break;
    }
    for (int i = 0; i < PUSHERS; i++)
        pthread_join(threads[i], NULL);
    must(answers == PUSHERS * PUSHES / 2);
    must(messages + dropped == PUSHERS * PUSHES / 2);
    must(atomic_load(&wakes) == answers + messages);
    inbox_free(inbox);
    printf("ok: %llu messages, %llu dropped\n", (unsigned long long)messages, (unsigned long long)dropped);
    return 0;
}
