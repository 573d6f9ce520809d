/* The role on the network: hub, client, searching; what is ours, what is let in. */
#include "core_test.h"
#include "core/network.h"

#include <errno.h>

#define MINUTE 60000

static void begin_with(const struct core_options *options, bool hub_taken)
{
    world_init(&world, world_mapping(PLAIN), options);
    world.hub_taken = hub_taken;
    core_start(world.core, world.now_ms);
}

static unsigned heartbeats(int64_t ms)
{
    unsigned before = world.sends;
    world_pass(&world, ms);
    return world.sends - before;
}

Test(network, a_free_port_makes_us_the_hub_and_we_ask_who_is_there)
{
    world_init(&world, world_mapping(PLAIN), NULL);
    world.housekeeping = true;
    core_start(world.core, world.now_ms);
    cr_expect_str_eq(core_role(world.core), "hub");
    cr_expect(core_is_online(world.core));
    const char *notes = world_notes(&world);
    cr_expect_not_null(strstr(notes, "send xpl-cmnd * hbeat.request command=request\n"));
    cr_expect_not_null(
        strstr(notes, "send xpl-stat * hbeat.app interval=5 port=50000 remote-ip=10.0.0.1 version=1.2.3\n"));
    expect_retained("xpl/bridge/network", "online");
    end();
}

Test(network, a_taken_port_makes_us_a_client_once_our_heartbeat_comes_back)
{
    begin_with(NULL, true);
    cr_expect_str_eq(core_role(world.core), "searching");
    expect_retained("xpl/bridge/network", "offline");
    world_pass(&world, 0);
    cr_expect_str_eq(core_role(world.core), "client");
    expect_retained("xpl/bridge/network", "online");
    end();
}

Test(network, the_hub_that_dies_is_replaced_within_two_seconds)
{
    begin_with(NULL, true);
    world_pass(&world, 10 * MINUTE);
    cr_expect_str_eq(core_role(world.core), "client");
    world.hub_taken = false;
    world_pass(&world, 2000);
    cr_expect_str_eq(core_role(world.core), "hub");
    end();
}

Test(network, a_search_is_fast_for_two_minutes_and_slow_for_ever_after)
{
    world_init(&world, world_mapping(PLAIN), NULL);
    world.hub_taken = world.hub_silent = true;
    core_start(world.core, world.now_ms);
    cr_expect_eq(world.sends, 1u);
    cr_expect_eq(heartbeats(2 * MINUTE - 1), 39u);
    cr_expect_eq(heartbeats(10 * MINUTE), 20u);
    cr_expect_str_eq(core_role(world.core), "searching");
    end();
}

Test(network, a_hub_that_falls_silent_is_noticed_at_the_next_heartbeat)
{
    begin_with(NULL, true);
    world_pass(&world, 0);
    world.hub_silent = true;
    world_pass(&world, 5 * MINUTE + 5000);
    cr_expect_str_eq(core_role(world.core), "searching");
    expect_retained("xpl/bridge/network", "offline");
    world.hub_silent = false;
    world_pass(&world, 3000);
    cr_expect_str_eq(core_role(world.core), "client");
    end();
}

Test(network, the_role_client_never_takes_the_port)
{
    struct core_options options = world_options();
    options.role = CORE_ROLE_CLIENT;
    begin_with(&options, false);
    world_pass(&world, MINUTE);
    cr_expect_not(world.hub_open);
    end();
}

Test(network, a_request_is_answered_after_two_to_six_seconds)
{
    static const uint32_t chances[] = { 0, 4000 };
    for (size_t i = 0; i < 2; i++) {
        begin(PLAIN);
        world.chance = chances[i];
        world_pass(&world, 60000);
        unsigned before = world.sends;
        world_say(&world, "xpl-cmnd acme-x.one * hbeat.request command=request");
        world_say(&world, "xpl-cmnd acme-x.one * hbeat.request command=request");
        world_pass(&world, 1999 + chances[i]);
        cr_expect_eq(world.sends, before);
        world_pass(&world, 1);
        cr_expect_eq(world.sends, before + 1, "one answer for both");
        world_say(&world, "xpl-cmnd acme-x.one acme-other.one hbeat.request command=request");
        world_pass(&world, 6000);
        cr_expect_eq(world.sends, before + 1, "none for what asks somebody else");
        end();
    }
}

Test(network, only_those_who_are_allowed_are_heard)
{
    struct core_network allow[] = { { 0x0a000100u, 0xffffff00u } };
    struct core_options options = world_options();
    struct xpl_slice datagram =
        XPL_SLICE("xpl-trig\n{\nhop=1\nsource=a-b.c\ntarget=*\n}\nacme.basic\n{\npower=1\n}\n");
    options.allow = allow;
    options.n_allow = 1;
    begin_with(&options, false);
    world_xpl(&world, datagram, 0x0a000105u);
    expect_count(XPL_MATCHED, 1u);
    world_xpl(&world, datagram, 0x0a000205u);
    expect_count(XPL_MATCHED, 1u);
    expect_count(XPL_DENIED, 1u);
    world_xpl(&world, datagram, 0x7f000001u);
    expect_count(XPL_MATCHED, 2u);
    end();
}

Test(network, a_flood_is_counted_and_told_once)
{
    begin_with(NULL, false);
    world_pass(&world, 2000);
    for (int i = 0; i < 5000; i++)
        world_say(&world, "xpl-trig acme-x.one * other.basic a=b");
    expect_count(XPL_UNMAPPED, 2000u);
    expect_count(XPL_FLOODED, 3000u);
    cr_expect_eq(world.warnings, 1u);
    end();
}

Test(network, each_kind_of_garbage_has_its_counter)
{
    static const struct {
        struct xpl_slice bytes;
        enum counter counter;
    } rows[] = {
        { XPL_SLICE(""), COUNT_MALFORMED_EMPTY },
        { XPL_SLICE("hello\n"), COUNT_MALFORMED_TYPE },
        { XPL_SLICE("xpl-trig\nhop=1\n"), COUNT_MALFORMED_HEADER },
        { XPL_SLICE("xpl-trig\n{\nhop=1\ntarget=*\n}\na.b\n{\n}\n"), COUNT_MALFORMED_SOURCE },
        { XPL_SLICE("xpl-trig\n{\nhop=1\nsource=a-b.c\ntarget=\n}\na.b\n{\n}\n"), COUNT_MALFORMED_TARGET },
        { XPL_SLICE("xpl-trig\n{\nhop=x\nsource=a-b.c\ntarget=*\n}\na.b\n{\n}\n"), COUNT_MALFORMED_HOP },
        { XPL_SLICE("xpl-trig\n{\nhop=1\nsource=a-b.c\ntarget=*\n}\na.b\n{\na=b\n"),
          COUNT_MALFORMED_TRUNCATED },
    };
    begin(PLAIN);
    for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
        world_xpl(&world, rows[i].bytes, WORLD_OTHER);
        cr_expect_eq(world.counters.value[rows[i].counter], 1u, "%s", counter_names[rows[i].counter]);
        cr_expect_null(world_imbalance(&world));
    }
    expect_count(XPL_MALFORMED, sizeof(rows) / sizeof(rows[0]));
    end();
}

Test(network, a_clean_stop_says_goodbye)
{
    begin(PLAIN);
    world.housekeeping = true;
    core_stop(world.core, world.now_ms);
    cr_expect_not_null(strstr(world_notes(&world), "send xpl-stat * hbeat.end "));
    expect_retained("xpl/bridge/network", "offline");
    end();
}

Test(network, without_an_address_the_xpl_side_is_down_and_says_nothing)
{
    begin(PLAIN);
    core_on_address(world.core, (struct xpl_endpoint){ 0, 0 }, world.now_ms);
    cr_expect_eq(heartbeats(MINUTE), 0u);
    expect_retained("xpl/bridge/network", "offline");
    core_on_address(world.core, (struct xpl_endpoint){ WORLD_OWN, WORLD_PORT }, world.now_ms);
    cr_expect_geq(heartbeats(1), 1u);
    expect_retained("xpl/bridge/network", "online");
    end();
}

static void move(uint32_t ip)
{
    core_on_address(world.core, (struct xpl_endpoint){ ip, ip ? WORLD_PORT : 0 }, world.now_ms);
    world_pass(&world, 1);
}

#define APP(ip)  "send xpl-stat * hbeat.app interval=5 port=50000 remote-ip=" ip " version=1.2.3\n"
#define END(ip)  "send xpl-stat * hbeat.end interval=5 port=50000 remote-ip=" ip " version=1.2.3\n"
#define REQUEST  "send xpl-cmnd * hbeat.request command=request\n"
#define LOOPBACK 0x7f000001u

/* The messages that were sent, of all that was noted. */
static const char *said(void)
{
    static char lines[4096];
    struct text text = TEXT(lines);
    struct xpl_slice line, rest = xpl_slice_from(world_notes(&world));
    text_reset(&text);
    while (xpl_slice_cut(rest, '\n', &line, &rest))
        if (line.size > 5 && memcmp(line.data, "send ", 5) == 0)
            text_format(&text, "%.*s\n", XPL_SLICE_ARGS(line));
    return lines;
}

Test(network, whoever_changes_its_address_ends_under_the_old_one)
{
    begin_with(NULL, true);
    world_pass(&world, 1000);
    world.housekeeping = true;
    world_notes(&world);
    move(WORLD_OTHER);
    cr_expect_str_eq(said(), END("10.0.0.1") APP("10.0.0.2"));
    world_pass(&world, 5 * MINUTE);
    cr_expect_null(strstr(said(), "hbeat.end"), "once");
    move(0);
    move(WORLD_OTHER);
    cr_expect_str_eq(said(), APP("10.0.0.2"), "the same again");
    move(0);
    cr_expect_str_eq(said(), "", "from nowhere nothing can be said");
    move(WORLD_OWN);
    cr_expect_str_eq(said(), END("10.0.0.2") APP("10.0.0.1"));
    end();
}

Test(network, an_end_that_the_network_refused_is_said_again)
{
    begin_with(NULL, true);
    world_pass(&world, 1000);
    world.housekeeping = true;
    world.send_error = -ENETUNREACH;
    move(WORLD_OTHER);
    world.send_error = 0;
    world_notes(&world);
    world_pass(&world, 3000);
    cr_expect_str_eq(said(), END("10.0.0.1") APP("10.0.0.2"));
    end();
}

Test(network, the_hub_asks_who_is_there_when_an_address_comes)
{
    struct core_options options = world_options();
    options.own = (struct xpl_endpoint){ 0, 0 };
    begin_with(&options, false);
    world_pass(&world, 1000);
    world.housekeeping = true;
    world_notes(&world);
    move(WORLD_OWN);
    cr_expect_str_eq(said(), REQUEST APP("10.0.0.1"));
    move(LOOPBACK);
    cr_expect_null(strstr(said(), "hbeat.request"), "there is nobody whom it would bring back");
    move(WORLD_OWN);
    move(WORLD_OWN);
    cr_expect_null(strstr(said(), "hbeat.request"), "not twice in so short a time");
    world_pass(&world, NETWORK_ASK_MS);
    cr_expect_str_eq(said(), REQUEST, "but in the end, once");
    world_pass(&world, 60000);
    cr_expect_null(strstr(said(), "hbeat.request"));
    end();
}

Test(network, a_client_asks_nobody_when_its_address_changes)
{
    begin_with(NULL, true);
    world_pass(&world, 1000);
    world.housekeeping = true;
    world_notes(&world);
    move(WORLD_OTHER);
    world_pass(&world, MINUTE);
    cr_expect_null(strstr(said(), "hbeat.request"));
    end();
}

Test(network, the_hub_forwards_what_it_received_to_each_client_once)
{
    begin(PLAIN);
    struct xpl_slice heartbeat = XPL_SLICE("xpl-stat\n{\nhop=1\nsource=a-b.c\ntarget=*\n}\nhbeat.app\n{\n"
                                           "interval=5\nport=50009\nremote-ip=10.0.0.1\n}\n");
    world_xpl(&world, heartbeat, WORLD_OWN);
    expect_notes("forward 10.0.0.1:50009\n");
    world_say(&world, "xpl-trig acme-x.one * other.basic a=b");
    expect_notes("forward 10.0.0.1:50009\n");
    world_xpl(&world, XPL_SLICE("garbage"), WORLD_OTHER);
    expect_notes("");
    end();
}

Test(network, the_hub_forwards_garbage_where_that_is_wanted_and_counts_it)
{
    struct core_options options = world_options();
    options.forward_malformed = true;
    begin_with(&options, false);
    world_xpl(&world,
              XPL_SLICE("xpl-stat\n{\nhop=1\nsource=a-b.c\ntarget=*\n}\nhbeat.app\n{\n"
                        "interval=5\nport=50009\nremote-ip=10.0.0.1\n}\n"),
              WORLD_OWN);
    world_notes(&world);
    world_xpl(&world, XPL_SLICE("garbage"), WORLD_OTHER);
    expect_notes("forward 10.0.0.1:50009\n");
    expect_count(MALFORMED_TYPE, 1u);
    end();
}
