/* The whole: exact deadlines, raw both ways, and sources that are no addresses. */
#include "core_test.h"

#define MIXED                                                                                         \
    "<map name='m' schema='acme.basic' device='{source}[/{unit}]'>"                                   \
    "<property name='power'><publish/><send repeat='3' repeat-interval='77' confirm='acme.basic ok' " \
    "confirm-timeout='3'><item name='power'>{payload}</item></send></property>"                       \
    "<property name='level' min-interval='2' on-change='yes' refresh='9'><publish/></property>"       \
    "<property name='key' kind='event' dedupe='50'><publish/></property></map>"

static uint64_t chance = 88172645463325252u;

static uint32_t draw(uint32_t below)
{
    chance ^= chance << 13;
    chance ^= chance >> 7;
    chance ^= chance << 17;
    return (uint32_t)(chance >> 20) % below;
}

/* An hour of a house, the same each time; pass is how the time goes by. */
static const char *live(void (*pass)(struct world *, int64_t))
{
    char text[128];
    chance = 88172645463325252u;
    struct core_options options = world_options();
    options.tunnel = "home";
    options.tunnel_member = "here";
    options.discovery = (struct discovery_options){
        .homeassistant = DISCOVERY_HA_COMPONENT, .homie = DISCOVERY_HOMIE_5, .after = 2, .limit = 100
    };
    world_init(&world, world_mapping(MIXED), &options);
    world_start(&world);
    world.housekeeping = true;
    for (int i = 0; i < 250; i++) {
        switch (draw(10)) {
        case 0:
            world_say(&world, "xpl-stat acme-x.one * hbeat.app interval=1 port=50001 remote-ip=10.0.0.2");
            break;
        case 1: world_say(&world, "xpl-stat acme-x.one * hbeat.end"); break;
        case 2: world_say(&world, "xpl-cmnd acme-y.one * hbeat.request command=request"); break;
        case 3: world_mqtt(&world, "xpl/acme-x.one/power/set", draw(2) ? "on" : "off"); break;
        case 4: world_say(&world, "xpl-trig acme-x.one * acme.basic power=on ok=1"); break;
        case 5: world_say(&world, "xpl-trig acme-x.one * acme.basic key=a"); break;
        case 6:
            world_say(&world, draw(2)
                                  ? "xpl-trig acme-z.one * other.basic a=b"
                                  : "xpl-trig acme-z.one * fragment.basic partid=1/2:7 schema=acme.basic");
            break;
        case 7:
            if (draw(3))
                core_on_broker_up(world.core, world.now_ms);
            else
                core_on_broker_down(world.core, world.now_ms);
            world_pass(&world, 0);
            break;
        default:
            snprintf(text, sizeof(text), "xpl-trig acme-x.one * acme.basic unit=%u level=%u", draw(3),
                     draw(3));
            world_say(&world, text);
        }
        pass(&world, draw(8) ? draw(100) : draw(60000));
    }
    return world_notes(&world);
}

Test(core, a_world_that_wakes_at_deadlines_only_is_the_same_as_one_that_never_sleeps)
{
    char *lazy = strdup(live(world_pass));
    end();
    const char *busy = live(world_pass_each);
    size_t i = 0, line = 0;
    for (; busy[i] && busy[i] == lazy[i]; i++)
        line += busy[i] == '\n';
    cr_expect_str_eq(busy, lazy, "they differ at line %zu: %.200s", line, busy + (i > 80 ? i - 80 : 0));
    cr_expect_gt(line, 300u);
    free(lazy);
    end();
}

static void begin_raw(void)
{
    struct core_options options = world_options();
    options.raw = options.raw_send = true;
    world_init(&world, world_mapping(PLAIN), &options);
    world_start(&world);
}

Test(core, raw_shows_every_message_under_a_safe_topic)
{
    begin_raw();
    world_say(&world, "xpl-trig NODEJS.host/+#1 * Odd a=1 A=2 b=\"");
    expect_notes(
        "publish xpl/raw/xpl-trig/nodejs.host%2F%2B%231/odd now qos=0 {\"type\":\"xpl-trig\",\"hop\":1,"
        "\"source\":\"nodejs.host/+#1\",\"target\":\"*\",\"schema\":\"odd\",\"body\":{\"a\":[\"1\",\"2\"],"
        "\"b\":\"\\\"\"}}\n");
    static char text[3000];
    snprintf(text, sizeof(text), "xpl-trig %01000d * other.basic a=1", 1);
    world_say(&world, text);
    expect_notes("");
    expect_count(NOT_MADE_SIZE, 1u);
    memset(text, '/', 400); /* three bytes each in a topic */
    memcpy(text, "xpl-trig ", 9);
    snprintf(text + 400, sizeof(text) - 400, " * other.basic a=1");
    world_say(&world, text);
    expect_notes("");
    expect_count(NOT_MADE_SIZE, 2u);
    end();
}

Test(core, raw_send_takes_json_and_text)
{
    begin_raw();
    world_mqtt(&world, "xpl/raw/send",
               "{\"id\":1,\"type\":\"cmnd\",\"schema\":\"x10.basic\",\"body\":{\"device\":[\"a1\",\"a2\"],"
               "\"level\":50,"
               "\"on\":true,\"half\":0.5}}");
    expect_notes("send xpl-cmnd * x10.basic device=a1 device=a2 level=50 on=true half=0.5\n"
                 "publish xpl/bridge/response/raw now qos=1 {\"id\":1,\"result\":\"ok\"}\n");
    world_mqtt(&world, "xpl/raw/send", "XPL-TRIG\n{\nhop=3\nsource=a-b.c\ntarget=x-y.z\n}\nX.Y\n{\nA=1\n}\n");
    cr_expect_eq(memcmp(world.sent, "XPL-TRIG\n{\nhop=3\n", 17), 0, "as it is");
    expect_count(RAW_SENDS, 2u);
    expect_count(RAW_SENT, 2u);
    end();
}

Test(core, raw_send_compares_message_types_without_case)
{
    begin_raw();
    world_mqtt(&world, "xpl/raw/send", "{\"type\":\"XPL-Trig\",\"schema\":\"a.b\",\"hop\":9,\"id\":{}}");
    expect_notes("send xpl-trig * a.b\n"
                 "publish xpl/bridge/response/raw now qos=1 {\"id\":{},\"result\":\"ok\"}\n");
    world_mqtt(&world, "xpl/raw/send", "{\"type\":\"CMND\",\"schema\":\"a.b\"}");
    expect_notes("send xpl-cmnd * a.b\n"
                 "publish xpl/bridge/response/raw now qos=1 {\"result\":\"ok\"}\n");
    end();
}

/* A message to send but for what is wrong with it. */
#define RAW_JSON(member) "{\"type\":\"xpl-trig\",\"schema\":\"a.b\"," member "}"

Test(core, raw_send_says_what_is_wrong)
{
    static const struct {
        const char *payload, *reason;
    } rows[] = {
        { "{}", "\\\"type\\\" must be xpl-cmnd, xpl-stat or xpl-trig" },
        { "{\"type\":\"xpl-cmnd\"}", "\\\"schema\\\" is missing" },
        { "{\"type\":\"xpl-cmnd\",\"schema\":\"a.b\",\"body\":{\"x\":null}}",
          "the value of \\\"x\\\" is no string, number or boolean" },
        { RAW_JSON("\"body\":\"x\""), "\\\"body\\\" must be an object" },
        { RAW_JSON("\"body\":[]"), "\\\"body\\\" must be an object" },
        { RAW_JSON("\"body\":null"), "\\\"body\\\" must be an object" },
        { RAW_JSON("\"hop\":\"3\""), "\\\"hop\\\" must be a whole number from 1 to 9" },
        { RAW_JSON("\"hop\":3.0"), "\\\"hop\\\" must be a whole number from 1 to 9" },
        { RAW_JSON("\"hop\":0"), "\\\"hop\\\" must be a whole number from 1 to 9" },
        { RAW_JSON("\"hop\":4294967299"), "\\\"hop\\\" must be a whole number from 1 to 9" },
        { RAW_JSON("\"source\":5"), "\\\"source\\\" must be a string" },
        { RAW_JSON("\"target\":[\"*\"]"), "\\\"target\\\" must be a string" },
        { "{\"type\":\"cmnd\",\"schema\":{}}", "\\\"schema\\\" must be a string" },
        { "{\"type\":1,\"schema\":\"a.b\"}", "\\\"type\\\" must be xpl-cmnd, xpl-stat or xpl-trig" },
        { "{\"type\":\"xpl-\",\"schema\":\"a.b\"}", "\\\"type\\\" must be xpl-cmnd, xpl-stat or xpl-trig" },
        { RAW_JSON("\"tagret\":\"a-b.c\""), "unknown member \\\"tagret\\\"; did you mean 'target'?" },
        { RAW_JSON("\"Body\":{}"), "unknown member \\\"Body\\\"; did you mean 'body'?" },
        { "[]", "neither JSON nor an xPL message: " },
        { "", "neither JSON nor an xPL message: " },
    };
    begin_raw();
    unsigned sends = world.sends;
    for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
        world_mqtt(&world, "xpl/raw/send", rows[i].payload);
        const char *notes = world_notes(&world);
        cr_expect_not_null(strstr(notes, rows[i].reason), "%s: %s", rows[i].payload, notes);
    }
    static char many[16000];
    size_t size =
        (size_t)snprintf(many, sizeof(many), "{\"type\":\"xpl-cmnd\",\"schema\":\"a.b\",\"body\":{\"x\":[1");
    for (int i = 0; i < XPL_ITEMS_MAX; i++)
        size += (size_t)snprintf(many + size, sizeof(many) - size, ",1");
    snprintf(many + size, sizeof(many) - size, "]}}");
    world_mqtt(&world, "xpl/raw/send", many);
    cr_expect_not_null(strstr(world_notes(&world), xpl_error_text(XPL_E_ITEMS)));
    world_mqtt(&world, "xpl/raw/send",
               "{\"type\":\"xpl-cmnd\",\"schema\":\"a.b\",\"body\":{\"x\":\"a\\nb=c\"}}");
    cr_expect_not_null(strstr(world_notes(&world), "\"result\":\"error\""));
    cr_expect_eq(world.sends, sends);
    expect_count(RAW_REFUSED, sizeof(rows) / sizeof(rows[0]) + 2);
    expect_count(RAW_SENT, 0u);
    end();
}

Test(core, raw_send_is_nothing_unless_it_is_on)
{
    begin(PLAIN);
    unsigned sends = world.sends;
    world_mqtt(&world, "xpl/raw/send", "xpl-trig\n{\nhop=1\nsource=a-b.c\ntarget=*\n}\nx.y\n{\na=1\n}\n");
    cr_expect_eq(world.sends, sends);
    expect_count(MQTT_OTHER, 1u);
    end();
}

Test(core, a_source_that_is_no_address_has_a_topic_all_the_same)
{
    begin(PLAIN);
    world_say(&world, "xpl-trig nodejs-sample * acme.basic power=on");
    expect_retained("xpl/nodejs-sample/power", "on");
    end();
}
