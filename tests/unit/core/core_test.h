/* What the tests of core share: one world a test, and its notes as text. */
#ifndef CORE_TEST_H
#define CORE_TEST_H

#include <criterion/criterion.h>
#include <jansson.h>
#include <stdio.h>
#include <stdlib.h>

#include "base/limits.h"
#include "core_world.h"

static struct world world;

/* One property of each kind that the tests need. */
#define PLAIN                                                       \
    "<map name='m' schema='acme.basic' device='{source}[/{unit}]'>" \
    "<property name='power'><publish/><send><item name='power'>{payload}</item></send></property></map>"

static inline void begin(const char *xml)
{
    struct core_options options = world_options();
    options.flood = 1000000; /* tests are fast */
    world_init(&world, world_mapping(xml), &options);
    world_start(&world);
}

static inline void end(void)
{
    const char *imbalance = world_imbalance(&world);
    cr_expect_null(imbalance, "%s", imbalance);
    world_deinit(&world);
}

#define expect_notes(text)                                                 \
    do {                                                                   \
        const char *got = world_notes(&world);                             \
        cr_expect_str_eq(got, (text), "expected:\n%sgot:\n%s", text, got); \
    } while (0)

#define expect_retained(topic, payload)                                                             \
    do {                                                                                            \
        const char *got = world_retained(&world, (topic));                                          \
        cr_expect(got &&strcmp(got, (payload)) == 0, "%s is %s", (topic), got ? got : "not there"); \
    } while (0)

#define expect_count(counter, n)                                                 \
    cr_expect_eq(world_count(&world, COUNT_##counter), (n), #counter " is %llu", \
                 (unsigned long long)world_count(&world, COUNT_##counter))

/* The retained JSON of a topic, which must be sound. */
static inline json_t *retained_json(const char *topic)
{
    json_error_t error;
    const char *text = world_retained(&world, topic);
    cr_assert_not_null(text, "%s is not there", topic);
    json_t *json = json_loads(text, 0, &error);
    cr_assert_not_null(json, "%s at %d: %s", topic, error.position, error.text);
    return json;
}

static inline bool is_true(const json_t *object, const char *name)
{
    return json_is_true(json_object_get(object, name));
}

#endif
