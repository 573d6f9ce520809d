/* A seeded storm on a core: messages whole and damaged, commands good and bad, requests, reloads, restarts,
 * the broker, the hub's port and the address coming and going, time in small and large steps. After each step
 * the books balance, the bounds hold, everything that the broker keeps of us is remembered so that it can be
 * cleared, and what the bridge says of itself is sound JSON. At the end, when all is quiet, nothing waits.
 *
 * core_storm [SEEDS [FIRST]]: a failure names its seed.
 */
#include <errno.h>
#include <jansson.h>
#include <stdio.h>
#include <stdlib.h>

#include "base/error.h"
#include "core/core-private.h"
#include "core_world.h"
#include "storm.h"

#define STEPS 2000

static struct world world;

#define check(condition, what)                                                                             \
    do {                                                                                                   \
        if (!(condition))                                                                                  \
            storm_fail(__LINE__, (what), world.n_log > 2000 ? world.log + world.n_log - 2000 : world.log); \
    } while (0)

/* ---- tables to reload ---- */

#define PROPERTIES                                                                                           \
    "<property name='power' entity='light' role='power'><publish/><send repeat='2'>"                         \
    "<item name='unit'>{unit}</item><item name='power'>{payload}</item></send></property>"                   \
    "<property name='level' kind='number' min='0' max='9' entity='light' role='brightness' on-change='yes' " \
    "min-interval='3'><publish/><send confirm='acme.basic ok' confirm-timeout='4'>"                          \
    "<item name='unit'>{unit}</item><item name='level'>{payload}</item></send></property>"                   \
    "<property name='key' kind='event' dedupe='300' min-interval='1'><publish/></property>"

static const char *const tables[] = {
    "<map name='m' schema='acme.basic' device='{source}/{unit}'>" PROPERTIES "</map>",
    "<alias device='acme-x.one/1' name='lamp'/><alias device='acme-x.one/2' name='deep/down/lamp'/>"
    "<map name='m' schema='acme.basic' device='{source}/{unit}'>" PROPERTIES "</map>",
    "<alias device='acme-x.one/2' name='lamp'/><alias device='acme-x.one/1' name='deep/down/lamp'/>"
    "<ignore source='acme-y.*'/>"
    "<map name='m' schema='acme.basic' device='{source}/{unit}'>" PROPERTIES "</map>",
    "<map name='n' schema='acme.basic' device='{source}' split='unit'><property name='{unit}' kind='event'>"
    "<publish payload='{unit}'/></property></map>"
    "<map name='o' schema='other.*' type='cmnd stat trig' device='{target}'><property name='all'>"
    "<publish payload='{body}'/></property></map>",
};
#define TABLES (sizeof(tables) / sizeof(tables[0]))

static struct mapping *loaded[TABLES];

static void reload(void)
{
    world_reload(&world, mapping_ref(loaded[storm_draw(TABLES)]));
}

/* ---- messages ---- */

static const char *pick(const char *const *words, size_t n)
{
    return words[storm_draw((uint32_t)n)];
}

#define PICK(...) \
    pick((const char *const[]){ __VA_ARGS__ }, sizeof((const char *const[]){ __VA_ARGS__ }) / sizeof(char *))

static size_t write_datagram(char *buffer, size_t capacity)
{
    struct text text = { buffer, 0, capacity, false };
    text_reset(&text);
    text_format(
        &text, "%s\n{\nhop=%u\nsource=%s\ntarget=%s\n}\n%s\n{\n",
        PICK("xpl-trig", "xpl-stat", "xpl-cmnd", "XPL-TRIG"), storm_draw(10),
        PICK("acme-x.one", "ACME-X.one", "acme-y.one", "nodejs-sample", "xplmqtt-bridge.pi", "a/b+#.%"),
        PICK("*", "*", "acme-x.one", "xpl-group.g", "xplmqtt-bridge.pi"),
        PICK("acme.basic", "acme.basic", "ACME.BASIC", "acme.basic", "other.basic", "odd", "hbeat.app",
             "hbeat.end", "hbeat.request", "config.app", "config.list", "config.response", "fragment.basic"));
    for (uint32_t i = storm_draw(6); i > 0; i--)
        text_format(&text, "%s=%s\n",
                    PICK("unit", "unit", "power", "level", "key", "ok", "port", "interval", "remote-ip",
                         "command", "newconf", "group", "partid"),
                    PICK("1", "2", "3", "on", "off", "", "request", "50001", "10.0.0.1", "5", "a=b/c+d#e",
                         "\xff\xfe", "bridge", "set", "1/2:7", "2/2:7"));
    text_string(&text, "}\n");
    return text.size;
}

static void hear(void)
{
    char buffer[2048];
    size_t size = write_datagram(buffer, sizeof(buffer));
    if (storm_draw(6) == 0)
        buffer[storm_draw((uint32_t)size)] = (char)storm_draw(256);
    if (storm_draw(10) == 0)
        size = storm_draw((uint32_t)size);
    world_xpl(&world, xpl_slice(buffer, size), storm_draw(3) ? WORLD_OTHER : WORLD_OWN);
    if (storm_draw(4) == 0)
        world_xpl(&world, xpl_slice(buffer, size), WORLD_OTHER);
}

static void flood(void)
{
    char buffer[2048];
    size_t size = write_datagram(buffer, sizeof(buffer));
    for (int i = 0; i < 50; i++)
        world_xpl(&world, xpl_slice(buffer, size), 0x0a000003u);
}

static void command(void)
{
    static const char *const topics[] = { "xpl/acme-x.one/1/power/set", "xpl/acme-x.one/1/level/set",
                                          "xpl/lamp/power/set",         "xpl/deep/down/lamp/level/set",
                                          "xpl/acme-x.one/2/level/set", "xpl/acme-x.one/2/power/set",
                                          "xpl/acme-x.one//power/set",  "xpl/lamp/%zz/set" };
    static const char *const payloads[] = { "on", "off", "5", "12", "", "a\nb=c", "\xff", "{\"a\":1}" };
    const char *payload = pick(payloads, sizeof(payloads) / sizeof(payloads[0]));
    struct core_message message = { .topic = xpl_slice_from(pick(topics, sizeof(topics) / sizeof(topics[0]))),
                                    .payload = xpl_slice_from(payload),
                                    .retained = storm_draw(12) == 0,
                                    .stored = storm_draw(2) == 0,
                                    .expiry_s = storm_draw(4) ? -1 : (int)storm_draw(5),
                                    .arrived_ms = world.now_ms - storm_draw(12) * 1000 };
    if (storm_draw(3) == 0) {
        message.response_topic = xpl_slice_from(PICK("app/answers", "app/#", "", "xpl/lamp/power/set"));
        message.correlation = XPL_SLICE("\x01\xff");
    }
    world_message(&world, &message);
}

static void request(void)
{
    static const char *const topics[] = { "xpl/bridge/request/health",
                                          "xpl/bridge/request/devices",
                                          "xpl/bridge/request/unmapped",
                                          "xpl/bridge/request/info",
                                          "xpl/bridge/request/nothing",
                                          "xpl/bridge/request/announce",
                                          "xpl/bridge/request/forget",
                                          "xpl/bridge/request/rename",
                                          "xpl/bridge/request/rebind",
                                          "xpl/bridge/request/permit",
                                          "xpl/bridge/info",
                                          "xpl/bridge/state",
                                          "xpl/bridge/network",
                                          "xpl/raw/send",
                                          "homeassistant/status",
                                          "other/topic",
                                          "xpl/tunnel/home/there" };
    static const char *const bodies[] = {
        "",
        "{\"id\":1}",
        "\xff",
        "online",
        "{\"source\":\"xplmqtt-bridge.other\"}",
        "{\"type\":\"xpl-cmnd\",\"schema\":\"a.b\"}",
        "{\"type\":\"xpl-cmnd\",\"schema\":\"a.b\",\"hop\":\"1\"}",
        "{\"device\":\"acme-x.one/1\",\"name\":\"other/name\",\"permit\":true}",
        "{\"device\":\"acme-x.one/2\",\"name\":\"\",\"permit\":false}",
        "{\"device\":\"lamp\",\"name\":\"lamp\",\"label\":\"L\"}",
        "{\"from\":\"acme-x.one/1\",\"to\":\"acme-x.one/3\"}",
        "xpl-trig\n{\nhop=3\nsource=acme-far.one\ntarget=*\n}\nacme.basic\n{\nunit=7\npower=on\n}\n"
    };
    world_mqtt(&world, pick(topics, sizeof(topics) / sizeof(topics[0])),
               pick(bodies, sizeof(bodies) / sizeof(bodies[0])));
}

static void weather(void)
{
    struct xpl_endpoint here = { WORLD_OWN, WORLD_PORT };
    switch (storm_draw(8)) {
    case 0: core_on_broker_up(world.core, world.now_ms); break;
    case 1: core_on_broker_down(world.core, world.now_ms); break;
    case 2: core_on_address(world.core, (struct xpl_endpoint){ 0, 0 }, world.now_ms); break;
    case 3: core_on_address(world.core, here, world.now_ms); break;
    case 4: world.send_error = storm_draw(2) ? -ENOBUFS : 0; break;
    case 5: core_on_wall_clock(world.core, world.now_ms, (int64_t)storm_draw(UINT32_MAX) * 1000); break;
    case 6: world.hub_taken = !world.hub_open && storm_draw(2); break;
    default: world_restart(&world, storm_draw(4));
    }
}

/* ---- what must hold ---- */

static void check_json(const char *topic)
{
    const char *text = world_retained(&world, topic);
    json_t *json = text ? json_loads(text, JSON_ALLOW_NUL, NULL) : NULL;
    check(json, topic);
    json_decref(json);
}

static void check_remembered(void *context, const char *topic)
{
    (void)context;
    if (strncmp(topic, "homeassistant/", 14) == 0)
        check_json(topic);
    if (strncmp(topic, "xpl/", 4) == 0 && strncmp(topic, "xpl/bridge/", 11) != 0)
        check(made_has(world.core, xpl_slice_from(topic)), topic);
}

static void check_all(void)
{
    const char *imbalance = world_imbalance(&world);
    check(!imbalance, imbalance);
    check(core_deadline(world.core) > world.now_ms, "the deadline has passed");
    check(world.core->commands.n <= LIMIT_PENDING, "pending commands");
    world_each_state(&world, check_remembered, NULL);
    if (storm_step % 50 == 0) {
        check_json("xpl/bridge/info");
        check_json("xpl/bridge/devices");
        check_json("xpl/bridge/unmapped");
    }
}

/* Each seed has its own house. */
static struct core_options choose_options(void)
{
    struct core_options options = world_options();
    options.raw = storm_draw(2);
    options.raw_send = storm_draw(2);
    options.role = (enum core_role)storm_draw(3);
    options.tunnel = storm_draw(2) ? "home" : NULL;
    options.tunnel_member = "here";
    options.discovery =
        (struct discovery_options){ .homeassistant = (enum discovery_homeassistant)storm_draw(3),
                                    .homie = (enum discovery_homie)storm_draw(3),
                                    .ask = storm_draw(3) == 0,
                                    .after = 1 + storm_draw(3),
                                    .limit = storm_draw(3) ? 100 : 1 };
    return options;
}

static void live(void)
{
    struct core_options options = choose_options();
    world_init(&world, mapping_ref(loaded[0]), &options);
    core_start(world.core, world.now_ms);
    world_pass(&world, 0);
    for (storm_step = 0; storm_step < STEPS; storm_step++) {
        switch (storm_draw(20)) {
        case 0: reload(); break;
        case 1: weather(); break;
        case 2: request(); break;
        case 3:
        case 4:
        case 5:
        case 6: command(); break;
        case 7: flood(); break;
        default: hear();
        }
        world_pass(&world, storm_draw(3)    ? storm_draw(200)
                           : storm_draw(50) ? storm_draw(10000)
                                            : storm_draw(100000000));
        check_all();
        world_notes(&world);
    }
    world.send_error = 0;
    world_pass(&world, 100000);
    check_all();
    check(rates_waiting(&world.core->rates) == 0, "a value waits for ever");
    check(world.core->commands.n == 0, "a command is pending for ever");
    world_deinit(&world);
}

int main(int argc, char **argv)
{
    for (size_t i = 0; i < TABLES; i++)
        loaded[i] = world_mapping(tables[i]);
    int status = storm_main(argc, argv, 20, live);
    for (size_t i = 0; i < TABLES; i++)
        mapping_unref(loaded[i]);
    return status;
}
