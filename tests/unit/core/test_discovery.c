#include <criterion/criterion.h>
#include <jansson.h>

#include "discovery_world.h"

#define HA "homeassistant/"

static json_t *announcement(struct world *world, const char *topic)
{
    const char *payload = world_get(world, topic);
    cr_assert_not_null(payload, "%s is not announced", topic);
    json_t *json = json_loads(payload, 0, NULL);
    cr_assert_not_null(json, "%s", payload);
    return json;
}

static const char *text(const json_t *json, const char *key)
{
    const char *value = json_string_value(json_object_get(json, key));
    return value ? value : "(none)";
}

#define TEMP HA "sensor/xplmqtt_pi_bnz-owfs-rpi_28-112233/temp/config"

static void hear_temperature(struct world *world, const char *value)
{
    char body[128];
    snprintf(body, sizeof(body), "device=28.112233 type=temp current=%s", value);
    world_hear(world, "trig", "bnz-owfs.rpi", "sensor.basic", body);
}

static void begin(struct world *world)
{
    world_start(world);
    world_connect(world);
    world_settle(world);
}

Test(discovery, announces_a_sensor_with_unit_class_and_three_levels_of_availability)
{
    struct world world;
    world_init(&world);
    begin(&world);
    hear_temperature(&world, "21.5");
    world_settle(&world);
    json_t *json = announcement(&world, TEMP);
    cr_expect_str_eq(text(json, "state_topic"), "xpl/bnz-owfs.rpi/28.112233/temp");
    cr_expect_str_eq(text(json, "unit_of_measurement"), "°C");
    cr_expect_str_eq(text(json, "device_class"), "temperature");
    cr_expect_str_eq(text(json, "state_class"), "measurement");
    cr_expect_str_eq(text(json, "unique_id"), "xplmqtt_pi_bnz-owfs-rpi_28-112233_temp");
    cr_expect_str_eq(text(json, "default_entity_id"), "sensor.28_112233_temp");
    cr_expect_str_eq(text(json, "availability_mode"), "all");
    cr_expect_eq(json_array_size(json_object_get(json, "availability")), 3);
    cr_expect_str_eq(text(json_object_get(json, "device"), "via_device"), "xplmqtt_pi");
    json_decref(json);
    world_deinit(&world);
}

Test(discovery, announces_the_bridge_itself)
{
    struct world world;
    world_init(&world);
    begin(&world);
    cr_expect_not_null(world_get(&world, HA "button/xplmqtt_pi/reload/config"));
    cr_expect_not_null(world_get(&world, HA "binary_sensor/xplmqtt_pi/network/config"));
    json_t *json = announcement(&world, HA "sensor/xplmqtt_pi/rate/config");
    cr_expect_str_eq(text(json, "value_template"), "{{ value_json.messages_per_minute }}");
    json_decref(json);
    json = announcement(&world, HA "select/xplmqtt_pi/log-level/config");
    cr_expect_str_eq(text(json, "command_topic"), "xpl/bridge/request/log-level");
    cr_expect_str_eq(text(json, "state_topic"), "xpl/bridge/health");
    cr_expect_str_eq(text(json, "entity_category"), "config");
    cr_expect_eq(json_array_size(json_object_get(json, "options")), 4);
    json_decref(json);
    world_deinit(&world);
}

Test(discovery, waits_for_as_many_sightings_as_configured)
{
    struct world world;
    world_init(&world);
    world.options.discovery.after = 2;
    begin(&world);
    hear_temperature(&world, "21.5");
    world_settle(&world);
    cr_expect_null(world_get(&world, TEMP));
    hear_temperature(&world, "21.5");
    world_settle(&world);
    cr_expect_not_null(world_get(&world, TEMP));
    world_deinit(&world);
}

Test(discovery, announces_no_more_devices_than_the_limit_and_keeps_those_it_has)
{
    struct world world;
    world_init(&world);
    world.options.discovery.limit = 1;
    begin(&world);
    world_hear(&world, "trig", "bnz-owfs.rpi", "sensor.basic", "device=other type=foo current=1");
    hear_temperature(&world, "21.5");
    world_settle(&world);
    size_t sensors = world_count(&world, HA "sensor/xplmqtt_pi_");
    cr_expect_eq(sensors, 1);
    cr_expect_eq(world.counters.value[COUNT_ANNOUNCE_LIMIT], 1);
    world_deinit(&world);
}

Test(discovery, a_dimmable_lamp_is_one_light_and_its_properties_are_nothing_besides)
{
    struct world world;
    world_init(&world);
    begin(&world);
    world_hear(&world, "trig", "rfxcom-lan.0004a3", "ac.basic", "address=0x00a1f3 unit=3 command=on");
    world_settle(&world);
    json_t *json = announcement(&world, HA "light/xplmqtt_pi_rfxcom-lan-0004a3_0x00a1f3-3/light/config");
    cr_expect_str_eq(text(json, "command_topic"), "xpl/rfxcom-lan.0004a3/0x00a1f3-3/power/set");
    cr_expect_str_eq(text(json, "brightness_command_topic"), "xpl/rfxcom-lan.0004a3/0x00a1f3-3/level/set");
    cr_expect_eq(json_integer_value(json_object_get(json, "brightness_scale")), 15);
    cr_expect(json_is_null(json_object_get(json, "name")));
    cr_expect_null(world_get(&world, HA "switch/xplmqtt_pi_rfxcom-lan-0004a3_0x00a1f3-3/power/config"));
    cr_expect_null(world_get(&world, HA "number/xplmqtt_pi_rfxcom-lan-0004a3_0x00a1f3-3/level/config"));
    json_decref(json);
    world_deinit(&world);
}

Test(discovery, what_the_user_says_is_a_plug_is_no_light)
{
    struct world world;
    world_init(&world);
    world_map(&world,
              "<mappings xmlns='urn:xplmqtt:mappings:1'><alias device='rfxcom-lan.0004a3/0x00a1f3-3'>"
              "<property name='power' kind='switch' class='outlet'/></alias></mappings>",
              true);
    begin(&world);
    world_hear(&world, "trig", "rfxcom-lan.0004a3", "ac.basic", "address=0x00a1f3 unit=3 command=on");
    world_settle(&world);
    json_t *json = announcement(&world, HA "switch/xplmqtt_pi_rfxcom-lan-0004a3_0x00a1f3-3/power/config");
    cr_expect_str_eq(text(json, "device_class"), "outlet");
    cr_expect_eq(world_count(&world, HA "light/xplmqtt_pi_rfxcom"), 0);
    json_decref(json);
    world_deinit(&world);
}

Test(discovery, a_heating_zone_becomes_a_climate_and_what_was_single_goes)
{
    struct world world;
    world_init(&world);
    begin(&world);
    world_hear(&world, "stat", "acme-hvac.house", "hvac.zone",
               "zone=lounge temperature=20 units=celsius hvac-mode=heat");
    world_settle(&world);
    json_t *json = announcement(&world, HA "climate/xplmqtt_pi_acme-hvac-house_lounge/climate/config");
    cr_expect_str_eq(text(json, "current_temperature_topic"), "xpl/acme-hvac.house/lounge/temperature");
    cr_expect_eq(json_array_size(json_object_get(json, "modes")), 4);
    json_decref(json);
    world_hear(&world, "stat", "acme-hvac.house", "hvac.setpoint",
               "zone=lounge setpoint=heating temperature=21 units=celsius");
    world_settle(&world);
    json = announcement(&world, HA "climate/xplmqtt_pi_acme-hvac-house_lounge/climate/config");
    cr_expect_str_eq(text(json, "temperature_command_topic"),
                     "xpl/acme-hvac.house/lounge/setpoint-heating/set");
    json_decref(json);
    cr_expect_null(world_get(&world, HA "number/xplmqtt_pi_acme-hvac-house_lounge/setpoint-heating/config"));
    world_deinit(&world);
}

Test(discovery, an_alarm_panel_takes_arming_commands)
{
    struct world world;
    world_init(&world);
    begin(&world);
    world_hear(&world, "trig", "hwstar-xplademco.ademco", "security.gateway", "event=armed");
    world_settle(&world);
    json_t *json =
        announcement(&world, HA "alarm_control_panel/xplmqtt_pi_hwstar-xplademco-ademco/alarm/config");
    cr_expect_str_eq(text(json, "command_topic"), "xpl/hwstar-xplademco.ademco/arm/set");
    json_decref(json);
    world_deinit(&world);
}

Test(discovery, an_event_learns_its_words_and_gives_up_at_free_text)
{
    struct world world;
    const char *topic = HA "event/xplmqtt_pi_acme-remote-hall/keys/config";
    world_init(&world);
    world_map(&world,
              "<mappings xmlns='urn:xplmqtt:mappings:1'><map name='r' schema='remote.basic'>"
              "<property name='keys' kind='event'><publish/></property></map></mappings>",
              false);
    begin(&world);
    world_hear(&world, "trig", "acme-remote.hall", "remote.basic", "keys=up");
    world_hear(&world, "trig", "acme-remote.hall", "remote.basic", "keys=down");
    world_settle(&world);
    json_t *json = announcement(&world, topic);
    cr_expect_eq(json_array_size(json_object_get(json, "event_types")), 2);
    json_decref(json);
    world_hear(&world, "trig", "acme-remote.hall", "remote.basic", "keys=some~long~text");
    world_settle(&world);
    json = announcement(&world, topic);
    cr_expect_str_eq(json_string_value(json_array_get(json_object_get(json, "event_types"), 0)), "message");
    json_decref(json);
    world_deinit(&world);
}

Test(discovery, an_alias_changes_names_and_topics_but_no_id)
{
    struct world world;
    world_init(&world);
    begin(&world);
    hear_temperature(&world, "21.5");
    world_settle(&world);
    world_map(&world,
              "<mappings xmlns='urn:xplmqtt:mappings:1'><alias device='bnz-owfs.rpi/28.112233' name='attic' "
              "label='Attic' room='Roof'><property name='temp' label='Warmth'/></alias></mappings>",
              true);
    world_settle(&world);
    json_t *json = announcement(&world, TEMP);
    cr_expect_str_eq(text(json, "state_topic"), "xpl/attic/temp");
    cr_expect_str_eq(text(json, "name"), "Warmth");
    cr_expect_str_eq(text(json, "unique_id"), "xplmqtt_pi_bnz-owfs-rpi_28-112233_temp");
    cr_expect_str_eq(text(json_object_get(json, "device"), "name"), "Attic");
    cr_expect_str_eq(text(json_object_get(json, "device"), "suggested_area"), "Roof");
    json_decref(json);
    cr_expect_eq(world_count(&world, HA "sensor/xplmqtt_pi_"), 1);
    world_deinit(&world);
}

Test(discovery, a_map_that_goes_takes_its_announcements_with_it)
{
    struct world world;
    world_init(&world);
    begin(&world);
    hear_temperature(&world, "21.5");
    world_settle(&world);
    world_map(&world, NULL, false);
    world_settle(&world);
    cr_expect_eq(world_count(&world, HA "sensor/xplmqtt_pi_"), 0);
    world_deinit(&world);
}

/* The shipped maps have one whose property is {type}: it could publish any topic, and listen on any. */
Test(discovery, a_map_that_goes_takes_its_announcements_with_it_though_another_could_make_them)
{
    static const char xml[] =
        "<mappings xmlns='urn:xplmqtt:mappings:1'><map name=\"box\" schema=\"box.basic\"><property "
        "name=\"depth\" kind=\"number\">"
        "<publish/><send><item name=\"depth\">{payload}</item></send></property></map></mappings>";
    struct world world;
    world_init(&world);
    world_map(&world, xml, true);
    begin(&world);
    world_hear(&world, "trig", "acme-box.hall", "box.basic", "depth=4");
    world_settle(&world);
    cr_assert_not_null(world_get(&world, HA "number/xplmqtt_pi_acme-box-hall/depth/config"));
    world_map(&world, NULL, true);
    world_settle(&world);
    cr_expect_eq(world_count(&world, HA "number/xplmqtt_pi_acme"), 0);
    cr_expect_eq(world_count(&world, HA "sensor/xplmqtt_pi_acme"), 0);
    cr_expect_null(world_get(&world, "xpl/acme-box.hall/depth"));
    world_deinit(&world);
}

Test(discovery, a_device_that_is_to_be_ignored_goes)
{
    struct world world;
    world_init(&world);
    begin(&world);
    hear_temperature(&world, "21.5");
    world_settle(&world);
    cr_assert_not_null(world_get(&world, TEMP));
    world_map(&world,
              "<mappings xmlns='urn:xplmqtt:mappings:1'><ignore source='bnz-*' device='*/28.*'/></mappings>",
              true);
    world_settle(&world);
    cr_expect_null(world_get(&world, TEMP));
    cr_expect_eq(world_count(&world, "xpl/bnz-owfs.rpi"), 0);
    world_deinit(&world);
}

#define BOX(kind)                                                                \
    "<mappings xmlns='urn:xplmqtt:mappings:1'><map name='m' schema='box.basic'>" \
    "<property name='x' kind='" kind "'><publish/></property></map></mappings>"

Test(discovery, clears_an_id_two_seconds_before_it_becomes_something_else)
{
    struct world world;
    const char *sensor = HA "sensor/xplmqtt_pi_acme-box-hall/x/config";
    const char *binary = HA "binary_sensor/xplmqtt_pi_acme-box-hall/x/config";
    world_init(&world);
    world_map(&world, BOX("sensor"), false);
    begin(&world);
    world_hear(&world, "trig", "acme-box.hall", "box.basic", "x=ON");
    world_settle(&world);
    cr_assert_not_null(world_get(&world, sensor));
    world_map(&world, BOX("binary"), false);
    world_hear(&world, "trig", "acme-box.hall", "box.basic", "x=ON");
    world_wait(&world, 1100);
    cr_expect_null(world_get(&world, sensor));
    cr_expect_null(world_get(&world, binary));
    world_wait(&world, 2000);
    cr_expect_not_null(world_get(&world, binary));
    world_deinit(&world);
}

Test(discovery, a_restart_keeps_what_is_there_and_clears_what_is_gone)
{
    struct world world;
    world_init(&world);
    begin(&world);
    hear_temperature(&world, "21.5");
    world_settle(&world);
    world_stop(&world);
    begin(&world);
    cr_expect_not_null(world_get(&world, TEMP));
    world_stop(&world);
    world_wipe(&world); /* the broker restarts too */
    begin(&world);
    cr_expect_not_null(world_get(&world, TEMP));
    world_stop(&world);
    world_map(&world, NULL, false);
    begin(&world);
    cr_expect_null(world_get(&world, TEMP));
    cr_expect_not_null(world_get(&world, HA "button/xplmqtt_pi/reload/config"));
    world_deinit(&world);
}

Test(discovery, switched_off_it_clears_what_an_earlier_run_announced)
{
    struct world world;
    world_init(&world);
    begin(&world);
    hear_temperature(&world, "21.5");
    world_settle(&world);
    world_stop(&world);
    world.options.discovery.homeassistant = DISCOVERY_HA_OFF;
    begin(&world);
    hear_temperature(&world, "21.5");
    world_settle(&world);
    cr_expect_eq(world_count(&world, HA), 0);
    world_deinit(&world);
}

Test(discovery, repeats_everything_after_a_birth_message_but_once_a_minute)
{
    struct world world;
    world_init(&world);
    begin(&world);
    hear_temperature(&world, "21.5");
    world_settle(&world);
    world_wipe(&world);
    world_tell(&world, "homeassistant/status", "offline");
    world_wait(&world, 11000);
    cr_expect_null(world_get(&world, TEMP));
    world_tell(&world, "homeassistant/status", "online");
    world_wait(&world, 11000);
    cr_expect_not_null(world_get(&world, TEMP));
    world_wipe(&world);
    world_tell(&world, "homeassistant/status", "online");
    world_wait(&world, 11000);
    cr_expect_null(world_get(&world, TEMP));
    world_wait(&world, 60000);
    cr_expect_not_null(world_get(&world, TEMP));
    world_deinit(&world);
}

Test(discovery, announces_everything_again_to_a_broker_that_comes_back)
{
    struct world world;
    world_init(&world);
    begin(&world);
    hear_temperature(&world, "21.5");
    world_settle(&world);
    world_disconnect(&world);
    world_wipe(&world);
    world_connect(&world);
    cr_expect_not_null(world_get(&world, TEMP), "before the bridge says online");
    world_deinit(&world);
}

Test(discovery, a_value_expires_after_three_of_its_learned_intervals)
{
    struct world world;
    world_init(&world);
    begin(&world);
    for (int i = 0; i < 8; i++) {
        hear_temperature(&world, "21.5");
        world_wait(&world, 600000);
    }
    json_t *json = announcement(&world, TEMP);
    cr_expect_eq(json_integer_value(json_object_get(json, "expire_after")), 3600);
    json_decref(json);
    world_deinit(&world);
}

Test(discovery, what_does_not_change_is_not_published_again)
{
    struct world world;
    world_init(&world);
    begin(&world);
    hear_temperature(&world, "21.5");
    world_settle(&world);
    uint64_t before = world.counters.value[COUNT_ANNOUNCEMENTS];
    hear_temperature(&world, "21.7");
    world_hear(&world, "trig", "acme-new.box", "sensor.basic", "device=a type=temp current=3");
    world_settle(&world);
    cr_expect_eq(world.counters.value[COUNT_ANNOUNCEMENTS], before + 1);
    world_deinit(&world);
}

Test(discovery, two_addresses_that_look_alike_get_two_ids)
{
    struct world world;
    world_init(&world);
    begin(&world);
    world_hear(&world, "trig", "bnz-owfs.rpi", "sensor.basic", "device=a.b type=temp current=3");
    world_hear(&world, "trig", "bnz-owfs.rpi", "sensor.basic", "device=a-b type=temp current=3");
    world_hear(&world, "trig", "bnz-owfs.rpi", "sensor.basic", "device=A-B type=temp current=3");
    world_settle(&world);
    cr_expect_eq(world_count(&world, HA "sensor/xplmqtt_pi_bnz-owfs-rpi_"), 3);
    world_deinit(&world);
}

Test(discovery, in_ask_mode_nothing_is_announced_unasked)
{
    struct world world;
    world_init(&world);
    world.options.discovery.ask = true;
    begin(&world);
    for (int i = 0; i < 5; i++)
        hear_temperature(&world, "21.5");
    world_settle(&world);
    cr_expect_null(world_get(&world, TEMP));
    world_deinit(&world);
}

Test(discovery, a_silent_lamp_of_the_last_run_can_be_switched_and_a_silent_sensor_is_offline_in_time)
{
    struct world world;
    world_init(&world);
    begin(&world);
    world_hear(&world, "trig", "rfxcom-lan.0004a3", "ac.basic", "address=0x00a1f3 unit=3 command=on");
    for (int i = 0; i < 8; i++) {
        hear_temperature(&world, "21.5");
        world_wait(&world, 600000);
    }
    world_stop(&world);
    world_lose(&world, "devices");
    world_wipe(&world);
    begin(&world);
    cr_expect_str_eq(world_get(&world, "xpl/rfxcom-lan.0004a3/0x00a1f3-3/availability"), "online");
    cr_expect_null(world_get(&world, "xpl/bnz-owfs.rpi/28.112233/availability"));
    world_wait(&world, 3600000);
    cr_expect_str_eq(world_get(&world, "xpl/bnz-owfs.rpi/28.112233/availability"), "offline");
    cr_expect_str_eq(world_get(&world, "xpl/rfxcom-lan.0004a3/0x00a1f3-3/availability"), "online");
    world_deinit(&world);
}

Test(discovery, the_list_of_devices_says_which_are_announced)
{
    struct world world;
    world_init(&world);
    world.options.discovery.after = 2;
    begin(&world);
    hear_temperature(&world, "21.5");
    world_settle(&world);
    cr_expect_not_null(strstr(world_get(&world, "xpl/bridge/devices"), "\"announced\":false"));
    hear_temperature(&world, "21.5");
    world_wait(&world, 70000);
    cr_expect_not_null(strstr(world_get(&world, "xpl/bridge/devices"), "\"announced\":true"));
    world_deinit(&world);
}

Test(discovery, a_command_goes_the_way_an_announced_device_was_heard_also_after_a_crash)
{
    struct world world;
    world_init(&world);
    begin(&world);
    world_hear(&world, "trig", "acme-he.gw", "homeeasy.basic", "address=0x31f8177 unit=10 command=on");
    world_settle(&world);
    world_kill(&world);
    begin(&world);
    world_tell(&world, "xpl/acme-he.gw/0x31f8177-10/power/set", "OFF");
    cr_expect_not_null(strstr(world.sent, "homeeasy.basic"), "%s", world.sent);
    world_deinit(&world);
}

Test(discovery, a_device_that_no_map_makes_any_more_leaves_no_availability)
{
    static const char *const kinds[] = { "sensor", "event" };
    for (size_t i = 0; i < 2; i++) {
        struct world world;
        char xml[512];
        world_init(&world);
        snprintf(xml, sizeof(xml),
                 "<mappings xmlns='urn:xplmqtt:mappings:1'><map name='m' schema='box.basic'>"
                 "<property name='x' kind='%s'><publish when='x'/></property></map></mappings>",
                 kinds[i]);
        world_map(&world, xml, false);
        begin(&world);
        world_hear(&world, "trig", "acme-box.hall", "box.basic", "x=1");
        world_settle(&world);
        cr_expect_not_null(world_get(&world, "xpl/acme-box.hall/availability"));
        world_stop(&world);
        world_map(&world, NULL, false);
        begin(&world);
        cr_expect_null(world_get(&world, "xpl/acme-box.hall/availability"), "restarted, %s", kinds[i]);
        world_map(&world, xml, false);
        world_hear(&world, "trig", "acme-box.hall", "box.basic", "x=1");
        world_settle(&world);
        cr_expect_not_null(world_get(&world, "xpl/acme-box.hall/availability"));
        world_map(&world, NULL, false);
        world_settle(&world);
        cr_expect_null(world_get(&world, "xpl/acme-box.hall/availability"), "reloaded, %s", kinds[i]);
        world_deinit(&world);
    }
}

Test(discovery, a_device_that_only_others_speak_to_is_not_announced_until_it_is_heard)
{
    struct world world;
    world_init(&world);
    begin(&world);
    for (int i = 0; i < 3; i++)
        world_hear(&world, "cmnd", "acme-ctl.x", "remote.basic", "device=tv keys=power");
    cr_expect_str_eq(world.last_event_topic, "xpl/*/tv/wanted-keys", "its events go on");
    world_settle(&world);
    cr_expect_eq(world_count(&world, HA "event/xplmqtt_pi_"), 0);
    const char *list = world_get(&world, "xpl/bridge/devices");
    cr_expect_not_null(strstr(list, "\"map\":\"remote-transmitter\",\"last_seen\":null"), "%s", list);
    world_tell(&world, "xpl/bridge/request/permit", "{\"device\":\"*/tv\"}");
    world_settle(&world);
    cr_expect_eq(world_count(&world, HA "event/xplmqtt_pi_"), 0, "it has no availability");
    world_hear(&world, "trig", "acme-rem.hall", "remote.basic", "device=h keys=power");
    world_settle(&world);
    cr_expect_eq(world_count(&world, HA "event/xplmqtt_pi_"), 1);
    world_deinit(&world);
}

Test(discovery, the_list_of_devices_follows_what_is_announced)
{
    struct world world;
    world_init(&world);
    world.options.discovery.ask = true;
    begin(&world);
    hear_temperature(&world, "21.5");
    world_settle(&world);
    cr_expect_not_null(strstr(world_get(&world, "xpl/bridge/devices"), "\"announced\":false"));
    world_tell(&world, "xpl/bridge/request/permit", "{\"device\":\"bnz-owfs.rpi/28.112233\"}");
    world_settle(&world);
    cr_expect_not_null(strstr(world_get(&world, "xpl/bridge/devices"), "\"announced\":true"));
    world_tell(&world, "xpl/bridge/request/permit",
               "{\"device\":\"bnz-owfs.rpi/28.112233\",\"permit\":false}");
    world_settle(&world);
    cr_expect_not_null(strstr(world_get(&world, "xpl/bridge/devices"), "\"announced\":false"));
    world_deinit(&world);
}

Test(discovery, a_motion_detector_that_never_says_normal_is_off_after_a_while)
{
    static const char never[] = HA "binary_sensor/xplmqtt_pi_rfxcom-lan-0004a3_0x8f/motion/config",
                      does[] = HA "binary_sensor/xplmqtt_pi_rfxcom-lan-0004a3_0x90/motion/config";
    struct world world;
    world_init(&world);
    begin(&world);
    for (int i = 0; i < 2; i++) {
        world_hear(&world, "trig", "rfxcom-lan.0004a3", "x10.security",
                   "command=motion device=0x8f type=ds10a");
        world_hear(&world, "trig", "rfxcom-lan.0004a3", "x10.security",
                   "command=motion device=0x90 type=ms10a");
    }
    world_hear(&world, "trig", "rfxcom-lan.0004a3", "x10.security", "command=normal device=0x90 type=ms10a");
    world_settle(&world);
    json_t *json = announcement(&world, never);
    cr_expect_eq(json_integer_value(json_object_get(json, "off_delay")), 60);
    json_decref(json);
    json = announcement(&world, does);
    cr_expect_null(json_object_get(json, "off_delay"));
    json_decref(json);
    json = announcement(&world, HA "binary_sensor/xplmqtt_pi_rfxcom-lan-0004a3_0x90/alert/config");
    cr_expect_null(json_object_get(json, "off_delay"), "of a motion detector only");
    json_decref(json);
    world_stop(&world);
    begin(&world);
    json = announcement(&world, does);
    cr_expect_null(json_object_get(json, "off_delay"), "it is remembered");
    json_decref(json);
    world_deinit(&world);
}
