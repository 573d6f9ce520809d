/* What the tests of the session share: one world a test, whose books balance in the end. */
#ifndef SESSION_TEST_H
#define SESSION_TEST_H

#include <criterion/criterion.h>

#include "mqtt_world.h"

static struct world world;

static inline void setup(void)
{
    world_init(&world, NULL);
}

static inline void teardown(void)
{
    cr_expect(session_books_balance(world.session));
    world_deinit(&world);
}

/* The world anew, with these options. */
static inline void options_with(struct session_options options)
{
    world_deinit(&world);
    options.url = "mqtt://broker:1883";
    options.will_topic = "xpl/bridge/state";
    options.will_payload = "offline";
    world_init(&world, &options);
}

#endif
