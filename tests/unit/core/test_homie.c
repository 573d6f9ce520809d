#include <criterion/criterion.h>
#include <jansson.h>

#include "base/limits.h"
#include "discovery_world.h"

static void begin_with(struct world *world, enum discovery_homie homie)
{
    world->options.discovery.homeassistant = DISCOVERY_HA_OFF;
    world->options.discovery.homie = homie;
    world_start(world);
    world_connect(world);
    world_settle(world);
}

static void begin(struct world *world, enum discovery_homie homie)
{
    world_init(world);
    begin_with(world, homie);
}

static void hear_lamp(struct world *world, const char *rest)
{
    char body[128];
    snprintf(body, sizeof(body), "address=0x00a1f3 unit=3 %s", rest);
    world_hear(world, "trig", "rfxcom-lan.0004a3", "ac.basic", body);
}

static void expect(struct world *world, const char *topic, const char *payload)
{
    const char *is = world_get(world, topic);
    cr_expect(is && strcmp(is, payload) == 0, "%s: %s, not %s", topic, is ? is : "(none)", payload);
}

/* Everything was said, in this order. */
static void expect_order_of(struct world *world, const char *const *parts)
{
    const char *at = world->said;
    for (; *parts; parts++) {
        const char *found = strstr(at, *parts);
        cr_assert_not_null(found, "%s is not there, or too early:\n%s", *parts, world->said);
        at = found + strlen(*parts);
    }
}

#define NODE4 "homie/xplmqtt-pi/rfxcom-lan-0004a3-0x00a1f3-3/"
#define DEV5  "homie/5/xplmqtt-pi-rfxcom-lan-0004a3-0x00a1f3-3/"

Test(homie4, has_every_mandatory_attribute_and_the_value)
{
    struct world world;
    begin(&world, DISCOVERY_HOMIE_4);
    hear_lamp(&world, "command=on");
    world_settle(&world);
    expect(&world, "homie/xplmqtt-pi/$homie", "4.0.0");
    expect(&world, "homie/xplmqtt-pi/$name", "xPL bridge pi");
    expect(&world, "homie/xplmqtt-pi/$state", "ready");
    expect(&world, "homie/xplmqtt-pi/$nodes", "bridge,rfxcom-lan-0004a3-0x00a1f3-3");
    expect(&world, NODE4 "$name", "AC 0x00a1f3 unit 3");
    expect(&world, NODE4 "$type", "ac.basic");
    expect(&world, NODE4 "$properties", "power,level");
    expect(&world, NODE4 "power/$datatype", "boolean");
    expect(&world, NODE4 "power/$settable", "true");
    expect(&world, NODE4 "power", "true");
    expect(&world, NODE4 "level/$datatype", "float");
    expect(&world, NODE4 "level/$format", "0:15");
    world_deinit(&world);
}

Test(homie4, is_in_init_while_the_structure_changes)
{
    struct world world;
    begin(&world, DISCOVERY_HOMIE_4);
    hear_lamp(&world, "command=on");
    world_wait(&world, 1500);
    expect(&world, "homie/xplmqtt-pi/$state", "init");
    world_wait(&world, 5000);
    expect(&world, "homie/xplmqtt-pi/$state", "ready");
    hear_lamp(&world, "command=off");
    world_wait(&world, 1500);
    expect(&world, "homie/xplmqtt-pi/$state", "ready");
    expect(&world, NODE4 "power", "false");
    world_deinit(&world);
}

Test(homie4, says_disconnected_at_the_end_and_ready_at_the_next_start)
{
    struct world world;
    begin(&world, DISCOVERY_HOMIE_4);
    hear_lamp(&world, "command=on");
    world_settle(&world);
    world_stop(&world);
    expect(&world, "homie/xplmqtt-pi/$state", "disconnected");
    world_start(&world);
    world_connect(&world);
    world_settle(&world);
    expect(&world, "homie/xplmqtt-pi/$state", "ready");
    expect(&world, NODE4 "$properties", "power,level");
    world_deinit(&world);
}

Test(homie4, a_set_becomes_the_command_and_nonsense_does_not)
{
    struct world world;
    begin(&world, DISCOVERY_HOMIE_4);
    hear_lamp(&world, "command=on");
    world_settle(&world);
    size_t sends = world.sends;
    world_tell(&world, NODE4 "power/set", "false");
    cr_expect_eq(world.sends, sends + 1);
    cr_expect_not_null(strstr(world.sent, "command=off"), "%s", world.sent);
    expect(&world, NODE4 "power", "false");
    sends = world.sends;
    world_tell(&world, NODE4 "power/set", "OFF");
    world_tell(&world, NODE4 "level/set", "16");
    world_tell(&world, NODE4 "level/set", "much");
    world_tell(&world, "homie/xplmqtt-pi/bridge/network/set", "true");
    world_tell(&world, "homie/somebody/else/power/set", "true");
    cr_expect_eq(world.sends, sends);
    world_tell(&world, NODE4 "level/set", "9");
    cr_expect_not_null(strstr(world.sent, "level=9"), "%s", world.sent);
    world_deinit(&world);
}

Test(homie4, a_retained_set_is_obeyed_now_and_not_when_it_was_stored)
{
    struct world world;
    begin(&world, DISCOVERY_HOMIE_4);
    hear_lamp(&world, "command=on");
    world_settle(&world);
    size_t sends = world.sends;
    struct core_message message = { .topic = XPL_SLICE(NODE4 "power/set"),
                                    .payload = XPL_SLICE("false"),
                                    .retained = true,
                                    .stored = true,
                                    .expiry_s = -1,
                                    .arrived_ms = world.now_ms };
    core_on_mqtt(world.core, &message, world.now_ms);
    cr_expect_eq(world.sends, sends);
    expect(&world, NODE4 "power", "true");
    message.stored = false;
    core_on_mqtt(world.core, &message, world.now_ms);
    cr_expect_eq(world.sends, sends + 1);
    expect(&world, NODE4 "power", "false");
    world_deinit(&world);
}

Test(homie4, what_is_forgotten_leaves_no_topic)
{
    struct world world;
    begin(&world, DISCOVERY_HOMIE_4);
    hear_lamp(&world, "command=on");
    world_settle(&world);
    world_tell(&world, "xpl/bridge/request/forget", "{\"device\":\"rfxcom-lan.0004a3/0x00a1f3-3\"}");
    world_settle(&world);
    cr_expect_eq(world_count(&world, NODE4), 0);
    expect(&world, "homie/xplmqtt-pi/$nodes", "bridge");
    world_deinit(&world);
}

static void restart(struct world *world)
{
    world_stop(world);
    world_start(world);
    world_connect(world);
    world_settle(world);
}

Test(homie4, a_value_outlives_a_restart_until_it_is_heard_again_or_the_property_goes)
{
    struct world world;
    begin(&world, DISCOVERY_HOMIE_4);
    hear_lamp(&world, "command=on");
    world_settle(&world);
    restart(&world);
    expect(&world, NODE4 "power", "true");
    hear_lamp(&world, "command=off");
    expect(&world, NODE4 "power", "false");
    restart(&world);
    expect(&world, NODE4 "power", "false");
    world_tell(&world, "xpl/bridge/request/forget", "{\"device\":\"rfxcom-lan.0004a3/0x00a1f3-3\"}");
    world_settle(&world);
    cr_expect_null(world_get(&world, NODE4 "power"));
    world_deinit(&world);
}

static json_int_t version(struct world *world, const char *topic)
{
    json_t *json = json_loads(world_get(world, topic), 0, NULL);
    json_int_t number = json_integer_value(json_object_get(json, "version"));
    json_decref(json);
    return number;
}

Test(homie5, the_bridge_is_the_root_and_a_device_its_child)
{
    struct world world;
    begin(&world, DISCOVERY_HOMIE_5);
    hear_lamp(&world, "command=on");
    world_settle(&world);
    expect(&world, "homie/5/xplmqtt-pi/$state", "ready");
    expect(&world, DEV5 "$state", "ready");
    expect(&world, DEV5 "xpl/power", "true");
    json_t *root = json_loads(world_get(&world, "homie/5/xplmqtt-pi/$description"), 0, NULL);
    cr_expect_str_eq(json_string_value(json_array_get(json_object_get(root, "children"), 0)),
                     "xplmqtt-pi-rfxcom-lan-0004a3-0x00a1f3-3");
    json_t *child = json_loads(world_get(&world, DEV5 "$description"), 0, NULL);
    cr_expect_str_eq(json_string_value(json_object_get(child, "root")), "xplmqtt-pi");
    cr_expect_str_eq(json_string_value(json_object_get(child, "homie")), "5.0");
    json_decref(root);
    json_decref(child);
    world_deinit(&world);
}

Test(homie5, a_version_grows_with_a_change_and_only_then)
{
    struct world world;
    begin(&world, DISCOVERY_HOMIE_5);
    hear_lamp(&world, "command=on");
    world_settle(&world);
    json_int_t before = version(&world, DEV5 "$description");
    hear_lamp(&world, "command=off");
    world_stop(&world);
    world_start(&world);
    world_connect(&world);
    world_settle(&world);
    cr_expect_eq(version(&world, DEV5 "$description"), before);
    world_map(&world,
              "<mappings xmlns='urn:xplmqtt:mappings:1'><alias device='rfxcom-lan.0004a3/0x00a1f3-3' "
              "label='Lamp'/></mappings>",
              true);
    world_settle(&world);
    cr_expect_gt(version(&world, DEV5 "$description"), before);
    world_deinit(&world);
}

Test(homie5, no_version_goes_back_with_the_clock_or_changes_without_a_change)
{
    static const char *const topics[] = { "homie/5/xplmqtt-pi/$description", DEV5 "$description" };
    struct world world;
    begin(&world, DISCOVERY_HOMIE_5);
    hear_lamp(&world, "command=on");
    world_settle(&world);
    for (int i = 0; i < 2; i++) {
        json_int_t before = version(&world, topics[i]);
        world_wait(&world, 100000);
        restart(&world);
        cr_expect_eq(version(&world, topics[i]), before);
    }
    json_int_t before = version(&world, topics[0]);
    world_wait(&world, 100000); /* the last run's change is kept */
    world_kill(&world);
    world_start(&world);
    core_on_wall_clock(world.core, world.now_ms, 1000);
    world_connect(&world);
    world_settle(&world);
    cr_expect_eq(version(&world, topics[0]), before);
    world_hear(&world, "trig", "bnz-owfs.rpi", "sensor.basic", "device=a type=temp current=1");
    world_settle(&world);
    cr_expect_eq(version(&world, topics[0]), before + 1);
    world_deinit(&world);
}

Test(homie5, a_set_is_validated_gives_a_target_and_a_warning_when_wrong)
{
    struct world world;
    begin(&world, DISCOVERY_HOMIE_5);
    hear_lamp(&world, "command=on");
    world_settle(&world);
    world_tell(&world, DEV5 "xpl/level/set", "9");
    cr_expect_not_null(strstr(world.sent, "level=9"), "%s", world.sent);
    expect(&world, DEV5 "xpl/level/$target", "9");
    size_t sends = world.sends;
    world_tell(&world, DEV5 "xpl/level/set", "99");
    cr_expect_eq(world.sends, sends);
    cr_expect_str_eq(world.last_event_topic, DEV5 "$log/warn");
    cr_expect_not_null(strstr(world.last_event, "above 15"), "%s", world.last_event);
    world_settle(&world);
    expect(&world, DEV5 "xpl/level/$target", "9");
    world_deinit(&world);
}

Test(homie5, values_and_targets_outlive_a_restart_until_the_property_goes)
{
    struct world world;
    begin(&world, DISCOVERY_HOMIE_5);
    hear_lamp(&world, "command=on");
    world_settle(&world);
    world_tell(&world, DEV5 "xpl/level/set", "9");
    restart(&world);
    expect(&world, DEV5 "xpl/power", "true");
    expect(&world, DEV5 "xpl/level", "9");
    expect(&world, DEV5 "xpl/level/$target", "9");
    world_map(&world, NULL, false);
    world_settle(&world);
    cr_expect_eq(world_count(&world, DEV5), 0);
    world_deinit(&world);
}

Test(homie5, a_state_that_is_taken_back_goes_here_too)
{
    struct world world;
    world_init(&world);
    world_map(&world,
              "<mappings xmlns='urn:xplmqtt:mappings:1'><map name='t' schema='test.basic' device='{source}'>"
              "<property name='word' kind='text'><publish when='word=none' payload=''/><publish when='word'/>"
              "</property></map></mappings>",
              false);
    begin_with(&world, DISCOVERY_HOMIE_5);
    world_hear(&world, "trig", "acme-test.one", "test.basic", "word=hello");
    world_settle(&world);
    expect(&world, "homie/5/xplmqtt-pi-acme-test-one/xpl/word", "hello");
    world_hear(&world, "trig", "acme-test.one", "test.basic", "word=none");
    cr_expect_null(world_get(&world, "homie/5/xplmqtt-pi-acme-test-one/xpl/word"));
    world_deinit(&world);
}

Test(homie5, a_command_that_is_refused_later_gives_a_warning_and_no_target)
{
    struct world world;
    begin(&world, DISCOVERY_HOMIE_5);
    hear_lamp(&world, "command=on");
    world_settle(&world);
    world_tell(&world, DEV5 "xpl/level/set", "9");
    core_on_address(world.core, (struct xpl_endpoint){ 0, 0 }, world.now_ms);
    world_tell(&world, DEV5 "xpl/level/set", "7");
    cr_expect_str_eq(world.last_event_topic, DEV5 "$log/warn");
    cr_expect_not_null(strstr(world.last_event, "the xPL side is down"), "%s", world.last_event);
    expect(&world, DEV5 "xpl/level/$target", "9");
    world_deinit(&world);
}

Test(homie5, an_event_takes_every_word_that_its_map_sends_also_those_not_heard_yet)
{
    struct world world;
    begin(&world, DISCOVERY_HOMIE_5);
    world_hear(&world, "trig", "acme-dusk.porch", "x10.basic", "command=all_lights_on house=a");
    world_hear(&world, "trig", "rfxcom-lan.0004a3", "x10.security", "command=arm-away device=99 type=kr10");
    world_settle(&world);
    world_tell(&world, "homie/5/xplmqtt-pi-acme-dusk-porch-a/xpl/house-command/set", "all_units_off");
    cr_expect_not_null(strstr(world.sent, "command=all_units_off"), "%s", world.sent);
    world_tell(&world, "homie/5/xplmqtt-pi-rfxcom-lan-0004a3-99/xpl/button/set", "lights-off");
    cr_expect_not_null(strstr(world.sent, "command=lights-off"), "%s", world.sent);
    world_deinit(&world);
}

Test(homie5, a_device_that_falls_silent_is_lost_until_it_is_heard)
{
    struct world world;
    begin(&world, DISCOVERY_HOMIE_5);
    world_hear(&world, "stat", "rfxcom-lan.0004a3", "hbeat.app", "interval=5 port=50001 remote-ip=127.0.0.1");
    hear_lamp(&world, "command=on");
    world_settle(&world);
    world_hear(&world, "stat", "rfxcom-lan.0004a3", "hbeat.end", "interval=5 port=50001 remote-ip=127.0.0.1");
    world_wait(&world, 100);
    expect(&world, DEV5 "$state", "lost");
    hear_lamp(&world, "command=on");
    world_wait(&world, 100);
    expect(&world, DEV5 "$state", "ready");
    world_deinit(&world);
}

Test(homie5, clears_what_homie_4_announced_and_the_other_way_round)
{
    struct world world;
    begin(&world, DISCOVERY_HOMIE_4);
    hear_lamp(&world, "command=on");
    world_settle(&world);
    world_stop(&world);
    world.options.discovery.homie = DISCOVERY_HOMIE_5;
    world_start(&world);
    world_connect(&world);
    world_settle(&world);
    cr_expect_eq(world_count(&world, "homie/xplmqtt-pi"), 0);
    expect(&world, DEV5 "$state", "ready");
    world_stop(&world);
    world.options.discovery.homie = DISCOVERY_HOMIE_4;
    world_start(&world);
    world_connect(&world);
    world_settle(&world);
    cr_expect_eq(world_count(&world, "homie/5/"), 0);
    expect(&world, "homie/xplmqtt-pi/$state", "ready");
    world_deinit(&world);
}

/* ---- numbers ---- */

#define NUM5 "homie/5/xplmqtt-pi-acme-test-one/xpl/num"

static void begin_number(struct world *world, const char *attributes)
{
    char xml[1024];
    snprintf(xml, sizeof(xml),
             "<mappings xmlns='urn:xplmqtt:mappings:1'><map name='t' schema='test.basic' device='{source}'>"
             "<property name='num' kind='number' %s><publish when='num'/><send schema='test.basic'>"
             "<item name='num'>{payload}</item></send></property></map></mappings>",
             attributes);
    world_init(world);
    world_map(world, xml, false);
    begin_with(world, DISCOVERY_HOMIE_5);
    world_hear(world, "trig", "acme-test.one", "test.basic", "num=+4.50");
    world_settle(world);
}

/* What goes out on xPL for a payload; NULL: nothing. */
static void expect_order(struct world *world, const char *payload, const char *number)
{
    char item[64];
    size_t sends = world->sends;
    world_tell(world, NUM5 "/set", payload);
    snprintf(item, sizeof(item), "\nnum=%s\n", number ? number : "");
    cr_expect_eq(world->sends, sends + (number != NULL), "%s", payload);
    cr_expect(!number || strstr(world->sent, item), "%s: %s, not %s", payload, world->sent, number);
}

Test(homie5, a_number_goes_to_the_nearest_step_before_its_bounds_are_looked_at)
{
    struct world world;
    begin_number(&world, "min='2' max='10' step='2'");
    expect_order(&world, "4", "4");
    expect_order(&world, "3", "4");
    expect_order(&world, "1.5", "2");
    expect_order(&world, "10.9", "10");
    expect_order(&world, "0.9", NULL);
    expect_order(&world, "11", NULL);
    world_deinit(&world);
    begin_number(&world, "max='10' step='3'");
    expect_order(&world, "8", "7");
    expect_order(&world, "-100", "-101");
    world_deinit(&world);
    begin_number(&world, "step='0.1'");
    expect_order(&world, "0.34", "0.3");
    world_deinit(&world);
    begin_number(&world, "step='1'");
    expect_order(&world, "7.2", "7.5"); /* it is 4.5 now */
    world_deinit(&world);
}

Test(homie5, a_number_has_no_plus_in_either_direction)
{
    struct world world;
    begin_number(&world, "");
    expect(&world, NUM5, "4.5");
    expect_order(&world, "+5", "5");
    expect(&world, NUM5 "/$target", "5");
    expect_order(&world, "1e+2", "100");
    expect_order(&world, " 4", NULL);
    expect_order(&world, "nan", NULL);
    world_deinit(&world);
}

Test(homie5, a_choice_has_no_blanks_around_it_and_stands_in_the_format_once)
{
    struct world world;
    world_init(&world);
    world_map(&world,
              "<mappings xmlns='urn:xplmqtt:mappings:1'><map name='t' schema='test.basic' device='{source}'>"
              "<property name='mode' kind='select' options='off, heat ,cool,heat'><publish when='mode'/>"
              "</property></map></mappings>",
              false);
    begin_with(&world, DISCOVERY_HOMIE_5);
    world_hear(&world, "trig", "acme-test.one", "test.basic", "mode=heat");
    world_settle(&world);
    const char *description = world_get(&world, "homie/5/xplmqtt-pi-acme-test-one/$description");
    cr_expect_not_null(strstr(description, "\"format\":\"off,heat,cool\""), "%s", description);
    expect(&world, "homie/5/xplmqtt-pi-acme-test-one/xpl/mode", "heat");
    world_deinit(&world);
}

/* ---- events ---- */

static void begin_event(struct world *world, enum discovery_homie homie)
{
    world_init(world);
    world_map(world,
              "<mappings xmlns='urn:xplmqtt:mappings:1'><map name='t' schema='test.basic' device='{source}'>"
              "<property name='key' kind='event'><publish when='key'/></property>"
              "</map></mappings>",
              false);
    begin_with(world, homie);
    world_hear(world, "trig", "acme-test.one", "test.basic", "key=one");
    world_settle(world);
    world->said_size = 0;
}

Test(homie5, the_first_time_of_a_word_follows_the_format_that_has_it)
{
    static const char *const order[] = { "\"one,two\"", "homie/5/xplmqtt-pi-acme-test-one/$state ready\n",
                                         "homie/5/xplmqtt-pi-acme-test-one/xpl/key two\n",
                                         "homie/5/xplmqtt-pi-acme-test-one/xpl/key one\n", NULL };
    struct world world;
    begin_event(&world, DISCOVERY_HOMIE_5);
    world_hear(&world, "trig", "acme-test.one", "test.basic", "key=two");
    world_hear(&world, "trig", "acme-test.one", "test.basic", "key=one");
    world_settle(&world);
    expect_order_of(&world, order);
    cr_expect_eq(world.counters.value[COUNT_HOMIE_UNFIT], 0);
    world_deinit(&world);
}

Test(homie4, the_first_time_of_a_word_follows_the_format_that_has_it)
{
    static const char *const order[] = { "homie/xplmqtt-pi/acme-test-one/key/$format one,two\n",
                                         "homie/xplmqtt-pi/$state ready\n",
                                         "homie/xplmqtt-pi/acme-test-one/key two\n", NULL };
    struct world world;
    begin_event(&world, DISCOVERY_HOMIE_4);
    world_hear(&world, "trig", "acme-test.one", "test.basic", "key=two");
    world_settle(&world);
    expect_order_of(&world, order);
    world_deinit(&world);
}

Test(homie5, what_finds_no_word_is_counted)
{
    struct world world;
    begin_event(&world, DISCOVERY_HOMIE_5);
    world_hear(&world, "trig", "acme-test.one", "test.basic", "key=two");
    world_disconnect(&world);
    cr_expect_eq(world.counters.value[COUNT_HOMIE_UNFIT], 1);
    world_hear(&world, "trig", "acme-test.one", "test.basic", "key=three");
    cr_expect_eq(world.counters.value[COUNT_HOMIE_UNFIT], 2);
    world_connect(&world);
    world_settle(&world);
    for (int i = 0; i < LIMIT_HOMIE_HELD + 3; i++)
        world_hear(&world, "trig", "acme-test.one", "test.basic", "key=four");
    cr_expect_eq(world.counters.value[COUNT_HOMIE_UNFIT], 5);
    world_settle(&world);
    cr_expect_eq(world.counters.value[COUNT_HOMIE_UNFIT], 5);
    world_deinit(&world);
}

/* ---- order ---- */

#define A4 "homie/xplmqtt-pi/bnz-owfs-rpi-a/"
#define A5 "homie/5/xplmqtt-pi-bnz-owfs-rpi-a/"
#define R4 "homie/xplmqtt-pi/"
#define R5 "homie/5/xplmqtt-pi/"

static void hear_sensor(struct world *world, const char *name)
{
    char body[64];
    snprintf(body, sizeof(body), "device=%s type=temp current=1", name);
    world_hear(world, "trig", "bnz-owfs.rpi", "sensor.basic", body);
    world_settle(world);
}

static void forget_sensor(struct world *world)
{
    world->said_size = 0;
    world_tell(world, "xpl/bridge/request/forget", "{\"device\":\"bnz-owfs.rpi/a\"}");
    world_settle(world);
}

/* How often it was said. */
static size_t times(struct world *world, const char *part)
{
    size_t n = 0;
    for (const char *at = world->said; (at = strstr(at, part)); at++)
        n++;
    return n;
}

Test(homie4, changes_of_the_structure_stand_between_init_and_ready)
{
    static const char *const adds[] = { R4 "$state init\n", A4 "$name a\n",
                                        R4 "$nodes bridge,bnz-owfs-rpi-b,bnz-owfs-rpi-a\n",
                                        R4 "$state ready\n", NULL };
    static const char *const removes[] = { R4 "$state init\n",  R4 "$nodes bridge,bnz-owfs-rpi-b\n",
                                           A4 "$name \n",       A4 "temp \n",
                                           R4 "$state ready\n", NULL };
    struct world world;
    begin(&world, DISCOVERY_HOMIE_4);
    hear_sensor(&world, "b");
    world.said_size = 0;
    hear_sensor(&world, "a");
    expect_order_of(&world, adds);
    forget_sensor(&world);
    expect_order_of(&world, removes);
    cr_expect_eq(times(&world, A4 "$name"), 1);
    world_deinit(&world);
}

Test(homie5, a_child_is_complete_before_the_root_names_it_and_goes_after_that)
{
    static const char *const adds[] = { A5 "$state init\n",  A5 "$description {", A5 "xpl/temp 1\n",
                                        A5 "$state ready\n", R5 "$state init\n",  R5 "$description {",
                                        "bnz-owfs-rpi-a\"",  R5 "$state ready\n", NULL };
    static const char *const removes[] = { R5 "$state init\n",
                                           R5 "$description {",
                                           A5 "$state \n",
                                           A5 "$description \n",
                                           A5 "xpl/temp \n",
                                           R5 "$state ready\n",
                                           NULL };
    struct world world;
    begin(&world, DISCOVERY_HOMIE_5);
    hear_sensor(&world, "b");
    world.said_size = 0;
    hear_sensor(&world, "a");
    expect_order_of(&world, adds);
    cr_expect_eq(times(&world, R5 "$description"), 1);
    forget_sensor(&world);
    expect_order_of(&world, removes);
    cr_expect_eq(times(&world, A5 "$state"), 1);
    world_deinit(&world);
}

/* The root's state goes over the connection with the will, which is there later than the other. */
static void expect_wait(enum discovery_homie homie, const char *root, const char *list)
{
    char init[64], ready[64];
    snprintf(init, sizeof(init), "%s$state init\n", root);
    snprintf(ready, sizeof(ready), "%s$state ready\n", root);
    const char *order[] = { init, list, ready, NULL };
    struct world world;
    world_init(&world);
    world.state_late = true;
    begin_with(&world, homie);
    hear_sensor(&world, "a");
    cr_expect_eq(times(&world, init), 1);
    cr_expect_eq(times(&world, root), 1, "%s", world.said);
    world_let_state(&world, true);
    world_settle(&world);
    expect_order_of(&world, order);
    world_let_state(&world, false);
    world.said_size = 0;
    forget_sensor(&world);
    cr_expect_eq(times(&world, root), 1, "%s", world.said);
    cr_expect_eq(times(&world, "homie/"), 1, "%s", world.said);
    world_let_state(&world, true);
    world_settle(&world);
    expect_order_of(&world, order);
    cr_expect_eq(world_count(&world, homie == DISCOVERY_HOMIE_4 ? A4 : A5), 0);
    world_deinit(&world);
}

Test(homie4, the_structure_waits_until_the_broker_has_init)
{
    expect_wait(DISCOVERY_HOMIE_4, R4, R4 "$nodes");
}

Test(homie5, the_structure_waits_until_the_broker_has_init)
{
    expect_wait(DISCOVERY_HOMIE_5, R5, R5 "$description");
}
