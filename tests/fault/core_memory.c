/* Memory in core. A known device and topic costs no allocation per message, whatever its rates, with raw on
 * or off, and while a command waits for its proof. And when the n-th allocation fails, for every n until none
 * is left to fail, in the making of a core and in its first messages, commands and reloads: nothing crashes,
 * nothing leaks, the books balance, and the next message works.
 */
#include <stdio.h>
#include <stdlib.h>

#include "base/error.h"
#include "core_world.h"
#include "failing.h"

/* ---- a sink that does nothing ---- */

static int no_broadcast(void *context, const char *data, size_t size)
{
    (void)context, (void)data, (void)size;
    return 0;
}

static int no_forward(void *context, struct xpl_endpoint to, const char *data, size_t size)
{
    (void)context, (void)to, (void)data, (void)size;
    return 0;
}

static int no_hub_open(void *context)
{
    (void)context;
    return 0;
}

static void no_hub_close(void *context)
{
    (void)context;
}

static bool no_is_local(void *context, uint32_t ip)
{
    (void)context;
    return ip == WORLD_OWN;
}

static unsigned publishes;

static void no_publish(void *context, const struct sink_publish *publish)
{
    (void)context, (void)publish;
    publishes++;
}

static bool no_state(void *context, struct xpl_slice topic, struct xpl_slice *ret)
{
    (void)context, (void)topic;
    *ret = XPL_SLICE("1");
    return true;
}

static void no_subscribe(void *context, const char *filter)
{
    (void)context, (void)filter;
}

static void no_depths(void *context, struct sink_depths *ret)
{
    (void)context;
    *ret = (struct sink_depths){ 0 };
}

static void no_reload(void *context)
{
    (void)context;
}

static uint32_t no_random(void *context)
{
    (void)context;
    return 0;
}

static void no_log(void *context, enum log_area area, enum log_level level, const char *text)
{
    (void)context, (void)area, (void)level, (void)text;
}

static const struct sink nothing = { .broadcast = no_broadcast,
                                     .forward = no_forward,
                                     .hub_open = no_hub_open,
                                     .hub_close = no_hub_close,
                                     .is_local = no_is_local,
                                     .publish = no_publish,
                                     .state = no_state,
                                     .subscribe = no_subscribe,
                                     .unsubscribe = no_subscribe,
                                     .depths = no_depths,
                                     .reload = no_reload,
                                     .random = no_random,
                                     .log = no_log };

/* ---- what is lived through ---- */

#define MAPS                                                                                            \
    "<map name='m' schema='acme.basic' device='{source}/{unit}'>"                                       \
    "<property name='plain'><publish/><send repeat='3' repeat-interval='1000' confirm='acme.basic ok' " \
    "confirm-timeout='60'><item name='unit'>{unit}</item><item "                                        \
    "name='plain'>{payload}</item></send></property>"                                                   \
    "<property name='slow' min-interval='10' on-change='yes'><publish/></property>"                     \
    "<property name='key' kind='event' dedupe='500'><publish/></property></map>"

static struct world world; /* for its counters; the core is driven by hand */
static struct mapping *table, *other;

static int make(void)
{
    struct core_options options = world_options();
    options.raw = true;
    options.flood = 1000000;
    options.made_topics = XPL_SLICE("xpl/a/b\txpl/a/b\nxpl/a-b.c/1/availability\txpl/a-b.c/1/availability\n");
    options.devices = XPL_SLICE("a-b.c/1\ta-b.c\tonline\t1\t5\t0\t0\t0\t0\n");
    options.hub_clients = XPL_SLICE("10.0.0.1 50010 5 acme-h.one\n");
    world = (struct world){ .now_ms = WORLD_NOW };
    return core_new(&world.core, &options, table, &nothing, &world.counters, world.now_ms, WORLD_WALL);
}

static void say(const char *body)
{
    char text[512];
    int size = snprintf(text, sizeof(text), "xpl-trig\n{\nhop=1\nsource=acme-x.one\ntarget=*\n}\n%s", body);
    core_on_xpl(world.core, xpl_slice(text, (size_t)size), (struct xpl_endpoint){ WORLD_OTHER, 1 }, true,
                world.now_ms);
}

static void command(const char *topic, const char *payload)
{
    struct core_message message = { .topic = xpl_slice_from(topic),
                                    .payload = xpl_slice_from(payload),
                                    .expiry_s = -1,
                                    .arrived_ms = world.now_ms };
    core_on_mqtt(world.core, &message, world.now_ms);
}

static void messages(int i)
{
    char text[128];
    snprintf(text, sizeof(text), "acme.basic\n{\nunit=1\nplain=%d\nslow=%d\nkey=%d\n}\n", i % 10, i % 7 % 5,
             i % 3);
    say(text);
    say("unknown.basic\n{\na=b\n}\n");
    say("hbeat.app\n{\ninterval=5\nport=50020\nremote-ip=10.0.0.1\n}\n");
    say("garbage");
    world.now_ms += 700;
    core_on_time(world.core, world.now_ms);
}

static void expect_no_allocation_for_what_is_known(void)
{
    must(make() == 0);
    core_start(world.core, world.now_ms);
    for (int i = 0; i < 100; i++)
        messages(i);
    command("xpl/acme-x.one/1/plain/set", "on");
    long before = failing_calls;
    publishes = 0;
    for (int i = 0; i < 1000; i++)
        messages(i);
    printf("%u publishes, %ld allocations\n", publishes, failing_calls - before);
    must(publishes > 2000 && failing_calls == before);
    core_free(world.core);
}

static void live(void)
{
    core_start(world.core, world.now_ms);
    for (int i = 0; i < 3; i++)
        messages(i);
    command("xpl/acme-x.one/1/plain/set", "on");
    command("xpl/bridge/request/devices", "{\"id\":1}");
    core_set_mapping(world.core, other, world.now_ms);
    say("acme.basic\n{\nunit=1\nplain=3\nslow=4\n}\n");
    core_set_mapping(world.core, table, world.now_ms);
    say("acme.basic\n{\nunit=1\nplain=on\nok=1\n}\n");
    world.now_ms += 100000;
    core_on_time(world.core, world.now_ms);
}

static bool survive(long n)
{
    failing_begin(n);
    if (make() == 0) {
        live();
        failing_end();
        must(!world_imbalance(&world));
        uint64_t effects = world_count(&world, COUNT_EFFECTS_PUBLISHED);
        say("acme.basic\n{\nunit=1\nplain=99\n}\n");
        must(world_count(&world, COUNT_EFFECTS_PUBLISHED) == effects + 1);
        core_free(world.core);
    }
    return failing_end();
}

int main(void)
{
    long n = 0;
    table = world_mapping(MAPS);
    other = world_mapping("<alias device='acme-x.one/1' name='one'/>" MAPS);
    expect_no_allocation_for_what_is_known();
    while (survive(n))
        n++;
    printf("%ld allocations failed, one by one\n", n);
    must(n > 30);
    mapping_unref(table);
    mapping_unref(other);
    return 0;
}
