#include <criterion/criterion.h>
#include <jansson.h>

#include "discovery_world.h"

#define COMPONENT "homeassistant/sensor/xplmqtt_pi_acme-box-hall/x/config"
#define DEVICE    "homeassistant/device/xplmqtt_pi_acme-box-hall/config"
#define MIGRATE   "{\"migrate_discovery\":true}"
#define MAP(properties)                                                          \
    "<mappings xmlns='urn:xplmqtt:mappings:1'><map name='m' schema='box.basic'>" \
    "<property name='x' kind='sensor'><publish when='x'/></property>" properties "</map></mappings>"

static void begin(struct world *world, enum discovery_homeassistant form)
{
    world->options.discovery.homeassistant = form;
    world_start(world);
    world_connect(world);
}

/* Heard and announced in the one form, then started with the other. */
static void change(struct world *world, enum discovery_homeassistant from, enum discovery_homeassistant to)
{
    world_init(world);
    world_map(world, MAP(""), false);
    begin(world, from);
    world_hear(world, "trig", "acme-box.hall", "box.basic", "x=1");
    world_settle(world);
    world_stop(world);
    begin(world, to);
}

static void expect(struct world *world, const char *topic, const char *part)
{
    const char *payload = world_get(world, topic);
    if (part)
        cr_expect(payload && strstr(payload, part), "%s: %s", topic, payload ? payload : "(none)");
    else
        cr_expect_null(payload, "%s: %s", topic, payload);
}

static void expect_migration(struct world *world, const char *old, const char *new)
{
    expect(world, old, MIGRATE);
    expect(world, new, NULL);
    world_wait(world, 2000);
    expect(world, old, MIGRATE);
    expect(world, new, "unique_id");
    world_wait(world, 2000);
    expect(world, old, NULL);
    expect(world, new, "unique_id");
    world_settle(world);
    expect(world, old, NULL);
    expect(world, new, "unique_id");
}

Test(forms, from_components_to_devices_everything_migrates_step_by_step)
{
    struct world world;
    change(&world, DISCOVERY_HA_COMPONENT, DISCOVERY_HA_DEVICE);
    expect_migration(&world, COMPONENT, DEVICE);
    cr_expect_eq(world_count(&world, "homeassistant/"), 2, "the device and the bridge");
    world_deinit(&world);
}

Test(forms, from_devices_back_to_components_too)
{
    struct world world;
    change(&world, DISCOVERY_HA_DEVICE, DISCOVERY_HA_COMPONENT);
    expect_migration(&world, DEVICE, COMPONENT);
    cr_expect_eq(world_count(&world, "homeassistant/device/"), 0);
    world_deinit(&world);
}

Test(forms, a_migration_that_the_broker_interrupts_is_done_when_it_is_back)
{
    struct world world;
    change(&world, DISCOVERY_HA_COMPONENT, DISCOVERY_HA_DEVICE);
    world_wait(&world, 2000);
    world_disconnect(&world);
    world_wait(&world, 10000);
    world_connect(&world);
    world_settle(&world);
    expect(&world, COMPONENT, NULL);
    expect(&world, DEVICE, "unique_id");
    world_deinit(&world);
}

Test(forms, a_migration_that_a_crash_interrupts_is_done_by_the_next_run)
{
    struct world world;
    change(&world, DISCOVERY_HA_COMPONENT, DISCOVERY_HA_DEVICE);
    world_wait(&world, 2000);
    world_kill(&world);
    begin(&world, DISCOVERY_HA_DEVICE);
    world_settle(&world);
    expect(&world, COMPONENT, NULL);
    expect(&world, DEVICE, "unique_id");
    world_deinit(&world);
}

static json_t *components(struct world *world)
{
    json_t *json = json_loads(world_get(world, DEVICE), 0, NULL);
    json_t *list = json_incref(json_object_get(json, "components"));
    json_decref(json);
    cr_assert(json_is_object(list));
    return list;
}

Test(forms, a_component_that_goes_is_named_once_by_its_platform_and_then_no_more)
{
    struct world world;
    world_init(&world);
    world_map(&world, MAP("<property name='y' kind='binary'><publish when='y'/></property>"), false);
    begin(&world, DISCOVERY_HA_DEVICE);
    world_hear(&world, "trig", "acme-box.hall", "box.basic", "x=1 y=ON");
    world_settle(&world);
    json_t *list = components(&world);
    cr_expect_eq(json_object_size(list), 2);
    json_decref(list);
    world_map(&world, MAP(""), false);
    world_wait(&world, 1500);
    list = components(&world);
    cr_expect_eq(json_object_size(json_object_get(list, "y")), 1);
    cr_expect_str_eq(json_string_value(json_object_get(json_object_get(list, "y"), "platform")),
                     "binary_sensor");
    json_decref(list);
    world_wait(&world, 3000);
    list = components(&world);
    cr_expect_null(json_object_get(list, "y"));
    cr_expect_not_null(json_object_get(list, "x"));
    json_decref(list);
    world_deinit(&world);
}

Test(forms, a_component_that_becomes_another_is_removed_before_it_comes_again)
{
    struct world world;
    world_init(&world);
    world_map(&world, MAP("<property name='y' kind='binary'><publish when='y'/></property>"), false);
    begin(&world, DISCOVERY_HA_DEVICE);
    world_hear(&world, "trig", "acme-box.hall", "box.basic", "x=1 y=ON");
    world_settle(&world);
    world_map(&world, MAP("<property name='y' kind='sensor'><publish when='y'/></property>"), false);
    world_hear(&world, "trig", "acme-box.hall", "box.basic", "x=1 y=ON");
    world_wait(&world, 1500);
    json_t *list = components(&world);
    cr_expect_eq(json_object_size(json_object_get(list, "y")), 1);
    json_decref(list);
    world_wait(&world, 3000);
    list = components(&world);
    cr_expect_str_eq(json_string_value(json_object_get(json_object_get(list, "y"), "platform")), "sensor");
    cr_expect_not_null(json_object_get(json_object_get(list, "y"), "state_topic"));
    json_decref(list);
    world_deinit(&world);
}

Test(forms, what_is_announced_is_known_to_the_next_run_however_this_one_ends)
{
    struct world world;
    world_init(&world);
    world.options.discovery.homie = DISCOVERY_HOMIE_4;
    begin(&world, DISCOVERY_HA_COMPONENT);
    world_hear(&world, "trig", "bnz-owfs.rpi", "sensor.basic", "device=28.1 type=temp current=21.5");
    world_settle(&world);
    cr_expect_eq(world.unkept, 0, "%zu topics were announced before they were kept", world.unkept);
    world_kill(&world);
    world.options.discovery.homie = DISCOVERY_HOMIE_5;
    begin(&world, DISCOVERY_HA_DEVICE);
    world_settle(&world);
    cr_expect_eq(world_count(&world, "homeassistant/sensor/"), 0);
    cr_expect_eq(world_count(&world, "homie/xplmqtt-pi/"), 0);
    cr_expect_eq(world_count(&world, "homeassistant/device/xplmqtt_pi_bnz-owfs-rpi_28-1/"), 1);
    world_deinit(&world);
}

Test(forms, many_new_devices_cost_few_writes)
{
    struct world world;
    world_init(&world);
    begin(&world, DISCOVERY_HA_COMPONENT);
    size_t before = world.saves;
    for (int i = 0; i < 60; i++) {
        char body[64];
        snprintf(body, sizeof(body), "device=28.%d type=temp current=21.5", i);
        world_hear(&world, "trig", "bnz-owfs.rpi", "sensor.basic", body);
        world_wait(&world, 1000);
    }
    world_settle(&world);
    cr_expect_eq(world_count(&world, "homeassistant/sensor/xplmqtt_pi_bnz"), 60);
    cr_expect_leq(world.saves - before, 2 * 16, "%zu files in a minute", world.saves - before);
    before = world.saves;
    for (int i = 0; i < 60; i++) {
        world_hear(&world, "trig", "bnz-owfs.rpi", "sensor.basic", "device=28.1 type=temp current=21.5");
        world_wait(&world, 60000);
    }
    cr_expect_leq(world.saves - before, 4, "what is known is not written again: %zu", world.saves - before);
    world_deinit(&world);
}
