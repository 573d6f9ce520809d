#include "lan.h"

TestSuite(roles, .init = lan_open, .fini = lan_close, .timeout = 20);

#define DEVICE LAN_IP(0, 77)

static struct lan_host *host;

static void open_client(void)
{
    host = lan_host(0, (struct core_options){ 0 }, NULL);
    host->hub_is_taken = true;
    lan_start(host);
    lan_forward(host, host->ip,
                "xpl-stat xplmqtt-bridge.test * hbeat.app interval=5 port=50000 remote-ip=10.0.0.1");
    cr_assert_str_eq(core_role(host->core), "client");
}

static void open_hub(void)
{
    host = lan_host(0, (struct core_options){ 0 }, NULL);
    lan_start(host);
    cr_assert_str_eq(core_role(host->core), "hub");
    lan_forget();
}

static bool serves(uint16_t port)
{
    size_t n;
    const struct xpl_endpoint *endpoints = xpl_hub_endpoints(host->core->network.hub, &n);
    for (size_t i = 0; i < n; i++)
        if (endpoints[i].port == port)
            return true;
    return false;
}

Test(roles, takes_the_port_within_a_second_of_its_being_free_and_says_so)
{
    open_client();
    host->hub_is_taken = false;
    lan_pass(1000);
    cr_expect_str_eq(core_role(host->core), "hub");
    cr_expect_not_null(strstr(host->info, "\"role\":\"hub\""));
    cr_expect_not_null(strstr(host->log, "the other hub is gone: serving"));
}

Test(roles, a_hub_that_says_goodbye_is_followed_at_once)
{
    open_client();
    lan_pass(100);
    host->hub_is_taken = false;
    lan_forward(host, host->ip,
                "xpl-stat xplmqtt-bridge.other * hbeat.end interval=5 port=4 remote-ip=10.0.0.1");
    lan_pass(NETWORK_BIND_SOON_MS);
    cr_expect_str_eq(core_role(host->core), "hub");
}

Test(roles, serves_the_clients_of_the_hub_before_it_that_are_still_there)
{
    open_client();
    lan_forward(host, host->ip, "xpl-stat acme-lamp.one * hbeat.app interval=5 port=4001 remote-ip=10.0.0.1");
    lan_forward(host, host->ip, "xpl-stat acme-lamp.two * hbeat.app interval=5 port=4002 remote-ip=10.0.0.1");
    lan_forward(host, host->ip,
                "xpl-stat acme-lamp.far * hbeat.app interval=5 port=4003 remote-ip=10.0.0.77");
    host->there[0] = 4001;
    host->hub_is_taken = false;
    lan_pass(1000);
    lan_forget();
    lan_say(0, DEVICE, "xpl-trig acme-x.y * a.b c=1");
    cr_assert_eq(host->n_forwarded, 1);
    cr_expect_eq(host->forwarded[0].port, 4001);
    cr_expect_eq(lan_count(0, "hbeat.request"), 0, "that was asked before");
}

Test(roles, remembers_clients_and_serves_those_that_are_still_there)
{
    host = lan_host(0,
                    (struct core_options){ .hub_clients = XPL_SLICE("10.0.0.1 4001 5 acme-lamp.one\n"
                                                                    "10.0.0.1 4002 5 acme-lamp.two\n"
                                                                    "10.0.0.9 4003 5 acme-lamp.three\n") },
                    NULL);
    host->there[0] = 4002;
    lan_start(host);
    cr_expect(serves(4002));
    cr_expect_not(serves(4001));
    cr_expect_not(serves(4003));
    cr_expect(core_hub_has_changed(host->core));
    cr_expect_not(core_hub_has_changed(host->core));
}

static int n_drained;

static void drain(struct lan_host *which)
{
    static const char last[] = "xpl-trig\n{\nhop=1\nsource=acme-x.last\ntarget=*\n}\na.b\n{\n}\n";
    cr_expect(which->has_hub, "the port is still ours");
    n_drained++;
    core_on_xpl(which->core, xpl_slice(last, sizeof(last) - 1), (struct xpl_endpoint){ DEVICE, 1 }, true,
                lan.now_ms);
}

Test(roles, passes_on_what_came_before_it_gives_the_port_back)
{
    open_hub();
    lan_say(0, host->ip, "xpl-stat acme-lamp.one * hbeat.app interval=5 port=4001 remote-ip=10.0.0.1");
    lan_forget();
    host->drain = drain;
    core_stop(host->core, lan.now_ms);
    cr_expect_eq(n_drained, 1);
    cr_expect_eq(host->n_forwarded, 1);
    cr_expect_not(host->has_hub);
    cr_expect_eq(lan_count(0, "hbeat.end"), 1);
}

Test(roles, a_foreign_hub_that_takes_us_for_its_client_doubles_nothing)
{
    open_hub();
    lan_say(0, DEVICE, "xpl-trig acme-x.y * a.b c=1");
    lan_forward(host, DEVICE, "xpl-trig acme-x.y * a.b c=1");
    cr_expect_eq(lan_counter(host, XPL_UNMAPPED), 1);
    cr_expect_eq(lan_counter(host, XPL_DUPLICATE), 1);
}

Test(roles, as_a_client_one_hub_counts_and_the_one_of_this_host_first)
{
    open_client();
    lan_forward(host, host->ip, "xpl-trig acme-x.y * a.b c=1");
    lan_forward(host, DEVICE, "xpl-trig acme-x.y * a.b c=1");
    cr_expect_eq(lan_counter(host, XPL_UNMAPPED), 1);
    cr_expect_eq(lan_counter(host, XPL_DUPLICATE), 1);
}

Test(roles, a_hub_elsewhere_serves_us_as_long_as_there_is_no_other)
{
    host = lan_host(0, (struct core_options){ .role = CORE_ROLE_CLIENT }, NULL);
    lan_start(host);
    lan_forward(host, DEVICE,
                "xpl-stat xplmqtt-bridge.test * hbeat.app interval=5 port=50000 remote-ip=10.0.0.1");
    cr_expect_str_eq(core_role(host->core), "client");
    lan_forward(host, DEVICE, "xpl-trig acme-x.y * a.b c=1");
    cr_expect_eq(lan_counter(host, XPL_UNMAPPED), 1);
}

Test(roles, a_hub_that_keeps_our_heartbeats_for_itself_is_a_hub_all_the_same)
{
    host = lan_host(0, (struct core_options){ 0 }, NULL);
    host->hub_is_taken = true;
    lan_start(host);
    cr_expect_str_eq(core_role(host->core), "searching");
    lan_forward(host, host->ip, "xpl-trig acme-x.y * a.b c=1");
    cr_expect_str_eq(core_role(host->core), "client");
    cr_expect(core_is_online(host->core));
    lan_pass(NETWORK_MUTE_MS - 1000);
    cr_expect_str_eq(core_role(host->core), "client");
    lan_pass(40000);
    cr_expect_str_eq(core_role(host->core), "searching", "not a word for so long");
}

Test(roles, a_heartbeat_that_does_not_come_back_begins_the_search)
{
    open_client();
    host->core->options.role = CORE_ROLE_CLIENT;
    lan_pass(5 * 60000 + 4999);
    cr_expect_str_eq(core_role(host->core), "client");
    lan_forget();
    lan_pass(10);
    cr_expect_str_eq(core_role(host->core), "searching");
    cr_expect_not_null(strstr(host->log, "did not come back"));
    lan_pass(10000);
    cr_expect_geq(lan_count(0, "hbeat.app"), 4, "every three seconds");
}

static void move(uint32_t ip)
{
    host->ip = ip;
    core_on_address(host->core, (struct xpl_endpoint){ ip, LAN_PORT }, lan.now_ms);
    lan_settle();
    lan_forget();
}

/* Where a message of the network goes. */
static const struct xpl_endpoint *forwarded(void)
{
    lan_forget();
    lan_say(0, DEVICE, "xpl-trig acme-x.y * a.b c=1");
    return host->forwarded;
}

Test(roles, clients_at_an_address_that_is_gone_are_looked_for_on_this_host)
{
    open_hub();
    uint32_t ip = host->ip;
    lan_say(0, host->ip, "xpl-stat acme-lamp.one * hbeat.app interval=5 port=4001 remote-ip=10.0.0.1");
    lan_say(0, host->ip, "xpl-stat acme-lamp.two * hbeat.app interval=5 port=4002 remote-ip=127.0.0.1");
    move(LAN_IP(0, 9));
    const struct xpl_endpoint *to = forwarded();
    cr_assert_eq(host->n_forwarded, 2);
    cr_expect_eq(to[0].ip, 0x7f000001, "10.0.0.1 may be another computer's by now");
    cr_expect_eq(to[0].port, 4001);
    move(ip);
    to = forwarded();
    cr_assert_eq(host->n_forwarded, 2);
    cr_expect_eq(to[0].ip, ip);
    move(LAN_IP(0, 9));
    lan_say(0, host->ip, "xpl-stat acme-lamp.one * hbeat.app interval=5 port=4001 remote-ip=10.0.0.9");
    to = forwarded();
    cr_assert_eq(host->n_forwarded, 2);
    cr_expect_eq(to[0].ip, host->ip);
    lan_pass(11 * 60000);
    forwarded();
    cr_expect_eq(host->n_forwarded, 0, "and expire as ever");
}

Test(roles, remembers_clients_whose_address_comes_late)
{
    host = lan_host(0,
                    (struct core_options){ .hub_clients = XPL_SLICE("10.0.0.9 4001 5 acme-lamp.one\n"
                                                                    "10.0.0.9 4002 5 acme-lamp.two\n") },
                    NULL);
    host->there[0] = 4001;
    lan_start(host);
    cr_expect_not(serves(4001));
    lan_pass(60000);
    move(LAN_IP(0, 9));
    cr_expect(serves(4001));
    cr_expect_not(serves(4002));
    lan_say(0, host->ip, "xpl-stat acme-lamp.one * hbeat.end port=4001 remote-ip=10.0.0.9");
    move(LAN_IP(0, 9));
    lan_pass(1);
    cr_expect_not(serves(4001), "once");
}

Test(roles, remembers_no_clients_for_ever)
{
    host = lan_host(0, (struct core_options){ .hub_clients = XPL_SLICE("10.0.0.9 4001 5 acme-lamp.one\n") },
                    NULL);
    host->there[0] = 4001;
    lan_start(host);
    lan_pass(NETWORK_RECALL_MS);
    move(LAN_IP(0, 9));
    cr_expect_not(serves(4001));
}

Test(roles, invented_heartbeats_take_nobodys_place)
{
    char text[256];
    open_hub();
    lan_say(0, host->ip, "xpl-stat acme-lamp.one * hbeat.app interval=5 port=4001 remote-ip=10.0.0.1");
    for (int i = 1; i < 2000; i++) {
        snprintf(text, sizeof(text),
                 "xpl-stat acme-bad.n%d * hbeat.app interval=5 port=%d remote-ip=10.0.0.1", i, i);
        lan_say(0, DEVICE, text);
        lan_forget();
    }
    size_t n;
    xpl_hub_endpoints(host->core->network.hub, &n);
    cr_expect_eq(n, 1, "they came from another host");
    cr_expect(serves(4001));
}

Test(roles, a_local_program_that_announces_a_thousand_ports_takes_nobodys_place)
{
    char text[256];
    open_hub();
    host->there[0] = 4001;
    host->there[1] = 4002;
    lan_say(0, host->ip, "xpl-stat acme-lamp.one * hbeat.app interval=5 port=4001 remote-ip=10.0.0.1");
    for (int i = 5000; i < 6000; i++) {
        snprintf(text, sizeof(text),
                 "xpl-stat acme-bad.n%d * hbeat.app interval=5 port=%d remote-ip=10.0.0.1", i, i);
        lan_say(0, host->ip, text);
        lan_forget();
    }
    lan_pass(1000);
    lan_say(0, host->ip, "xpl-stat acme-lamp.two * hbeat.app interval=5 port=4002 remote-ip=10.0.0.1");
    size_t n;
    xpl_hub_endpoints(host->core->network.hub, &n);
    cr_expect_leq(n, NETWORK_CLIENTS_MANY + NETWORK_NEWCOMERS);
    cr_expect(serves(4001));
    cr_expect(serves(4002));
}

Test(roles, a_port_that_somebody_holds_who_is_no_hub_is_named)
{
    host = lan_host(0, (struct core_options){ 0 }, NULL);
    host->hub_is_taken = true;
    lan_start(host);
    lan_pass(XPL_HEARTBEAT_FAST - 1);
    cr_expect_str_empty(host->core->last_error, "most hubs answer at once");
    lan_pass(1);
    const char *first = strstr(host->log, "UDP port 3865 is taken, but nobody there answers as an xPL hub");
    cr_assert_not_null(first);
    cr_expect_not_null(strstr(host->core->last_error, "answers as an xPL hub"));
    lan_pass(60000);
    cr_expect_null(strstr(first + 1, "UDP port 3865 is taken"), "once a search");
}

Test(roles, a_client_that_no_hub_serves_says_so)
{
    host = lan_host(0, (struct core_options){ .role = CORE_ROLE_CLIENT }, NULL);
    lan_start(host);
    lan_pass(XPL_HEARTBEAT_FAST);
    cr_expect_not_null(strstr(host->core->last_error, "nobody answers as the xPL hub of this host"));
}

Test(roles, a_port_that_cannot_be_had_in_role_hub_is_named_once)
{
    host = lan_host(0, (struct core_options){ .role = CORE_ROLE_HUB }, NULL);
    host->hub_is_taken = true;
    lan_start(host);
    cr_expect_not_null(strstr(host->core->last_error, "UDP port 3865 is not to be had"));
    lan_pass(60000);
    cr_expect_null(strstr(host->log, "answers as an xPL hub"));
}

Test(roles, a_client_is_told_that_what_is_allowed_is_the_business_of_its_hub)
{
    struct core_network allow[] = { { LAN_IP(0, 0), 0xffffff00u } };
    host = lan_host(0, (struct core_options){ .allow = allow, .n_allow = 1 }, NULL);
    host->hub_is_taken = true;
    lan_start(host);
    lan_forward(host, host->ip, "xpl-trig acme-x.y * a.b c=1");
    cr_expect_str_eq(core_role(host->core), "client");
    const char *first = strstr(host->log, "`allow` has no effect");
    cr_assert_not_null(first);
    lan_pass(NETWORK_MUTE_MS + 60000);
    lan_forward(host, host->ip, "xpl-trig acme-x.y * a.b c=1");
    cr_expect_str_eq(core_role(host->core), "client");
    cr_expect_null(strstr(first + 1, "`allow` has no effect"), "once");
}

Test(roles, another_program_of_the_name_that_we_had_is_called_by_that_name)
{
    open_hub();
    lan_say(0, DEVICE, "xpl-cmnd acme-boss.x xplmqtt-bridge.test config.response newconf=kitchen");
    lan_say(0, DEVICE, "xpl-stat xplmqtt-bridge.test * hbeat.app interval=5 port=4444 remote-ip=10.0.0.77");
    cr_expect_not_null(strstr(host->log, "calls itself xplmqtt-bridge.test as we did"));
}

Test(roles, a_request_to_our_group_is_answered)
{
    static const char *const groups[] = { "den" };
    host = lan_host(0, (struct core_options){ .groups = groups, .n_groups = 1 }, NULL);
    lan_start(host);
    lan_pass(1000);
    lan_forget();
    lan_say(0, DEVICE, "xpl-cmnd acme-boss.x xpl-group.attic hbeat.request command=request");
    lan_pass(7000);
    cr_expect_eq(lan_count(0, "hbeat.app"), 0);
    lan_say(0, DEVICE, "xpl-cmnd acme-boss.x xpl-group.den hbeat.request command=request");
    lan_pass(1999);
    cr_expect_eq(lan_count(0, "hbeat.app"), 0);
    lan_pass(1);
    cr_expect_eq(lan_count(0, "hbeat.app"), 1);
}

Test(roles, another_program_of_our_name_is_told_once)
{
    open_hub();
    lan_say(0, DEVICE, "xpl-stat xplmqtt-bridge.test * hbeat.app interval=5 port=4444 remote-ip=10.0.0.77");
    const char *first = strstr(host->log, "calls itself");
    cr_assert_not_null(first);
    cr_expect_not_null(strstr(first, "xplmqtt-bridge.test as we do,"));
    lan_say(0, DEVICE, "xpl-stat xplmqtt-bridge.test * hbeat.app interval=5 port=4444 remote-ip=10.0.0.77");
    cr_expect_null(strstr(first + 1, "calls itself"));
}

Test(roles, a_larger_message_is_put_together_and_goes_on)
{
    open_hub();
    lan_say(0, DEVICE, "xpl-trig acme-upnp.x * fragment.basic partid=2/2:7 b=2");
    lan_say(0, DEVICE, "xpl-trig acme-upnp.x * fragment.basic partid=1/2:7 schema=some.thing a=1");
    cr_expect_eq(lan_counter(host, XPL_FRAGMENT), 2);
    cr_expect_eq(lan_counter(host, FRAGMENTS_WHOLE), 1);
    cr_expect_eq(lan_counter(host, XPL_UNMAPPED), 1);
    cr_expect_eq(lan_counter(host, XPL_RECEIVED) + lan_counter(host, FRAGMENTS_WHOLE),
                 lan_counter(host, XPL_OWN) + lan_counter(host, XPL_FRAGMENT) +
                     lan_counter(host, XPL_UNMAPPED));
}

Test(roles, missing_parts_are_asked_for)
{
    open_hub();
    lan_say(0, DEVICE, "xpl-trig acme-upnp.x * fragment.basic partid=2/4:7 b=2");
    lan_pass(3000);
    cr_expect_eq(lan_count(0, "xpl-cmnd\n{\nhop=1\nsource=xplmqtt-bridge.test\ntarget=acme-upnp.x\n}\n"
                              "fragment.request\n{\ncommand=resend\nmessage=7\npart=1\npart=3\npart=4\n}\n"),
                 1);
    lan_pass(5000);
    cr_expect_eq(lan_counter(host, FRAGMENTS_LOST), 1);
    cr_expect_eq(lan_count(0, "fragment.request"), 1);
}
