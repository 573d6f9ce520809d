#include "lan.h"

TestSuite(tunnel, .init = lan_open, .fini = lan_close, .timeout = 20);

static struct lan_host *member(int network, const char *instance)
{
    static char sources[LAN_HOSTS][64], prefixes[LAN_HOSTS][64];
    snprintf(sources[lan.n_hosts], 64, "xplmqtt-bridge.%s", instance);
    snprintf(prefixes[lan.n_hosts], 64, "house/%s", instance);
    struct lan_host *host = lan_host(network,
                                     (struct core_options){ .source = sources[lan.n_hosts],
                                                            .prefix = prefixes[lan.n_hosts],
                                                            .tunnel = "home",
                                                            .tunnel_member = instance },
                                     NULL);
    lan_start(host);
    return host;
}

#define DEVICE(network) LAN_IP(network, 77) /* another host than ours */

static void expect_balance(const struct lan_host *host)
{
    cr_expect_eq(lan_counter(host, TUNNEL_IN),
                 lan_counter(host, TUNNEL_OWN) + lan_counter(host, TUNNEL_SENT) +
                     lan_counter(host, TUNNEL_RETURNED) + lan_counter(host, TUNNEL_ELSEWHERE) +
                     lan_counter(host, TUNNEL_REFUSED));
}

Test(tunnel, a_message_is_heard_once_on_the_other_network_with_one_hop_more)
{
    member(0, "a");
    member(1, "b");
    lan_forget();
    lan_say(0, DEVICE(0), "xpl-trig acme-lamp.x * sensor.basic device=d current=1");
    lan_pass(10000);
    cr_expect_eq(lan_count(0, "acme-lamp.x"), 1);
    cr_expect_eq(lan_count(1, "hop=2\nsource=acme-lamp.x"), 1);
    cr_expect_eq(lan_count(1, "acme-lamp.x"), 1);
}

Test(tunnel, three_networks_hear_each_message_once)
{
    struct lan_host *hosts[] = { member(0, "a"), member(1, "b"), member(2, "c") };
    lan_forget();
    lan_say(0, DEVICE(0), "xpl-trig acme-lamp.x * sensor.basic current=1");
    lan_say(1, DEVICE(1), "xpl-trig acme-lamp.y * sensor.basic current=1");
    lan_say(2, DEVICE(2), "xpl-cmnd acme-lamp.z * x10.basic current=1");
    lan_pass(10000);
    for (int i = 0; i < 3; i++) {
        cr_expect_eq(lan_count(i, "acme-lamp.x"), 1);
        cr_expect_eq(lan_count(i, "acme-lamp.y"), 1);
        cr_expect_eq(lan_count(i, "acme-lamp.z"), 1);
        expect_balance(hosts[i]);
    }
}

Test(tunnel, equal_messages_that_follow_one_another_all_arrive)
{
    member(0, "a");
    member(1, "b");
    lan_forget();
    for (int i = 0; i < 3; i++)
        lan_say(0, DEVICE(0), "xpl-trig acme-button.x * control.basic command=press");
    cr_expect_eq(lan_count(1, "acme-button.x"), 3);
    cr_expect_eq(lan_count(0, "acme-button.x"), 3);
}

Test(tunnel, the_bytes_stay_as_they_were_but_for_the_hop)
{
    static const char odd[] =
        "XPL-Trig\r\n{\r\nsource=Acme-Lamp.X\r\ntarget=*\r\nhop = 3\r\nhop=7\r\n}\r\nA.B\r\n{\r\n"
        "hop=5\r\nport=1\r\na= {}=\xe9 \r\nA=2\r\n}\r\n";
    member(0, "a");
    member(1, "b");
    lan_forget();
    lan_say_bytes(0, DEVICE(0), odd, sizeof(odd) - 1);
    lan_settle();
    cr_expect_eq(lan_count(1, "XPL-Trig\r\n{\r\nhop=4\nsource=Acme-Lamp.X\r\ntarget=*\r\n}\r\nA.B\r\n{\r\n"
                              "hop=5\r\nport=1\r\na= {}=\xe9 \r\nA=2\r\n}\r\n---"),
                 1, "%s", lan.wire[1]);
}

Test(tunnel, a_message_without_a_hop_gets_its_second)
{
    static const char bare[] = "xpl-trig\n{\nsource=acme-lamp.x\n}\na.b\n{\n}\n";
    member(0, "a");
    member(1, "b");
    lan_say_bytes(0, DEVICE(0), bare, sizeof(bare) - 1);
    lan_settle();
    cr_expect_eq(lan_count(1, "xpl-trig\n{\nhop=2\nsource=acme-lamp.x\n}\na.b\n{\n}\n"), 1);
}

Test(tunnel, nine_hops_go_nowhere)
{
    struct lan_host *a = member(0, "a");
    member(1, "b");
    lan_say(0, DEVICE(0), "xpl-trig/9 acme-lamp.x * a.b c=1");
    cr_expect_eq(lan_count(1, "acme-lamp.x"), 0);
    cr_expect_eq(lan_counter(a, TUNNEL_KEPT), 1);
    lan_say(0, DEVICE(0), "xpl-trig/8 acme-lamp.y * a.b c=1");
    cr_expect_eq(lan_count(1, "hop=9\nsource=acme-lamp.y"), 1);
    lan_publish("xpl/tunnel/home/c", "xpl-trig\n{\nhop=9\nsource=acme-lamp.z\n}\na.b\n{\n}\n", false);
    cr_expect_eq(lan_count(1, "acme-lamp.z"), 0);
}

Test(tunnel, two_members_on_one_network_do_not_make_a_loop_and_are_named)
{
    struct lan_host *a = member(0, "a");
    member(0, "b"); /* by mistake */
    member(1, "c");
    lan_forget();
    lan_say(0, DEVICE(0), "xpl-trig acme-lamp.x * a.b c=1");
    lan_pass(10000);
    cr_expect_eq(lan_count(0, "acme-lamp.x"), 1);
    cr_expect_leq(lan_count(1, "acme-lamp.x"), 2);
    cr_expect_not_null(strstr(a->log, "same network"));
    lan_say(1, DEVICE(1), "xpl-trig acme-lamp.y * a.b c=1");
    lan_pass(10000);
    cr_expect_eq(lan_count(1, "acme-lamp.y"), 1);
    cr_expect_leq(lan_count(0, "acme-lamp.y"), 2);
}

Test(tunnel, a_targeted_message_goes_only_where_its_target_lives)
{
    struct lan_host *a = member(0, "a"), *b, *c;
    b = member(1, "b");
    c = member(2, "c");
    lan_say(1, DEVICE(1), "xpl-stat acme-lamp.one * hbeat.app interval=5 port=5 remote-ip=10.0.1.77");
    lan_forget();
    lan_say(0, DEVICE(0), "xpl-cmnd acme-boss.x acme-lamp.one x10.basic command=on");
    cr_expect_eq(lan_count(1, "acme-boss.x"), 1);
    cr_expect_eq(lan_count(2, "acme-boss.x"), 0);
    cr_expect_eq(lan_counter(c, TUNNEL_ELSEWHERE), 1);
    lan_say(1, DEVICE(1), "xpl-cmnd acme-boss.y acme-lamp.one x10.basic command=on");
    cr_expect_eq(lan_count(0, "acme-boss.y"), 0, "it lives there");
    cr_expect_eq(lan_counter(b, TUNNEL_KEPT), 1);
    lan_say(0, DEVICE(0), "xpl-cmnd acme-boss.x acme-lamp.unknown x10.basic command=on");
    lan_say(0, DEVICE(0), "xpl-cmnd acme-boss.x xpl-group.all x10.basic command=on");
    cr_expect_eq(lan_count(1, "acme-lamp.unknown"), 1);
    cr_expect_eq(lan_count(2, "acme-lamp.unknown"), 1);
    cr_expect_eq(lan_count(2, "xpl-group.all"), 1);
    expect_balance(a);
}

Test(tunnel, a_device_that_moves_is_found_on_the_other_side)
{
    member(0, "a");
    member(1, "b");
    lan_say(0, DEVICE(0), "xpl-stat acme-lamp.one * a.b c=1");
    lan_pass(60000);
    lan_say(1, DEVICE(1), "xpl-stat acme-lamp.one * a.b c=2");
    lan_forget();
    lan_say(0, DEVICE(0), "xpl-cmnd acme-boss.x acme-lamp.one a.b c=3");
    cr_expect_eq(lan_count(1, "acme-boss.x"), 1);
}

Test(tunnel, heartbeats_of_the_far_side_are_seen_and_make_nobody_a_client)
{
    member(0, "a");
    struct lan_host *b = member(1, "b");
    size_t n;
    lan_say(0, DEVICE(0), "xpl-stat acme-lamp.one * hbeat.app interval=5 port=5555 remote-ip=10.0.0.77");
    cr_expect_eq(lan_count(1, "source=acme-lamp.one\ntarget=*\n}\nhbeat.app\n{\ninterval=5\nport=5555\n"), 1);
    lan_say(0, DEVICE(0), "xpl-stat acme-lamp.two * hbeat.app interval=5 port=5555 remote-ip=10.0.1.2");
    lan_say(0, DEVICE(0), "xpl-stat acme-lamp.three * hbeat.app interval=5 port=5555 remote-ip=127.0.0.1");
    lan_say(0, DEVICE(0), "xpl-stat acme-lamp.four * hbeat.app interval=5 port=5555");
    cr_expect_eq(lan_count(1, "port=5555"), 1,
                 "what a hub could take for a client of this network has no port");
    cr_expect_eq(lan_count(1, "acme-lamp."), 4);
    xpl_hub_endpoints(b->core->network.hub, &n);
    cr_expect_eq(n, 0);
}

Test(tunnel, what_we_say_ourselves_travels_too_and_comes_not_back)
{
    struct lan_host *a = member(0, "a"), *b = member(1, "b");
    lan_forget();
    lan_say(1, DEVICE(1), "xpl-cmnd acme-boss.x * hbeat.request command=request");
    lan_pass(3000);
    cr_expect_eq(lan_count(0, "hbeat.request"), 1);
    cr_expect_eq(lan_count(0, "source=xplmqtt-bridge.a\ntarget=*\n}\nhbeat.app"), 1);
    cr_expect_eq(lan_count(1, "source=xplmqtt-bridge.a\ntarget=*\n}\nhbeat.app"), 1);
    cr_expect_eq(lan_count(0, "source=xplmqtt-bridge.b\ntarget=*\n}\nhbeat.app"), 1);
    expect_balance(a);
    expect_balance(b);
}

Test(tunnel, nothing_retained_late_or_malformed_comes_out)
{
    struct lan_host *a = member(0, "a");
    static const char good[] = "xpl-cmnd\n{\nhop=1\nsource=acme-boss.x\ntarget=*\n}\na.b\n{\n}\n";
    lan_publish("xpl/tunnel/home/b", good, true);
    lan_publish("xpl/tunnel/home/b", "HELLO", false);
    lan_publish("xpl/tunnel/home/b", "xpl-cmnd\n{\nhop=1\nsource=xplmqtt-bridge.a\n}\na.b\n{\n}\n", false);
    core_on_address(a->core, (struct xpl_endpoint){ 0 }, lan.now_ms);
    lan_publish("xpl/tunnel/home/b", good, false);
    cr_expect_eq(lan_count(0, "a.b"), 0);
    cr_expect_eq(lan_counter(a, TUNNEL_REFUSED), 3);
    cr_expect_eq(lan_counter(a, TUNNEL_RETURNED), 1);
    core_on_address(a->core, (struct xpl_endpoint){ a->ip, LAN_PORT }, lan.now_ms);
    lan_publish("xpl/tunnel/home/b", good, false);
    cr_expect_eq(lan_count(0, "a.b"), 1);
    expect_balance(a);
}

Test(tunnel, a_copy_is_known_even_when_a_hub_has_rewritten_its_hop)
{
    struct lan_host *a = member(0, "a");
    lan_publish("xpl/tunnel/home/b", "xpl-trig\n{\nhop=1\nsource=acme-lamp.x\n}\na.b\n{\nc=1\n}\n", false);
    uint64_t out = lan_counter(a, TUNNEL_OUT);
    lan_say(0, DEVICE(0), "xpl-trig acme-lamp.x * a.b c=1");
    cr_expect_eq(lan_counter(a, TUNNEL_OUT), out);
    lan_pass(6000);
    out = lan_counter(a, TUNNEL_OUT);
    lan_say(0, DEVICE(0), "xpl-trig acme-lamp.x * a.b c=1");
    cr_expect_eq(lan_counter(a, TUNNEL_OUT), out + 1, "by now it is a message of its own");
}

Test(tunnel, what_another_bridge_brings_of_a_far_source_is_not_published)
{
    struct lan_host *a = member(0, "a");
    lan_publish("xpl/tunnel/home/b", "xpl-trig\n{\nhop=1\nsource=acme-lamp.x\n}\na.b\n{\nc=1\n}\n", false);
    uint64_t out = lan_counter(a, TUNNEL_OUT);
    lan_say(0, DEVICE(0), "xpl-trig/2 acme-lamp.x * a.b c=2");
    cr_expect_eq(lan_counter(a, TUNNEL_OUT), out);
    lan_say(0, DEVICE(0), "xpl-trig/2 acme-lamp.unknown * a.b c=2");
    cr_expect_eq(lan_counter(a, TUNNEL_OUT), out + 1, "a network behind it that we are the first to hear");
}

Test(tunnel, a_flood_out_of_it_is_bounded)
{
    struct lan_host *a = member(0, "a");
    char text[256];
    for (int i = 0; i < 3000; i++) {
        snprintf(text, sizeof(text), "xpl-trig\n{\nhop=1\nsource=acme-mad.x\n}\na.b\n{\ni=%d\n}\n", i);
        lan_publish("xpl/tunnel/home/b", text, false);
        if (i % 500 == 0)
            lan_forget();
    }
    cr_expect_leq(lan_counter(a, TUNNEL_SENT), 2010);
    cr_expect_geq(lan_counter(a, TUNNEL_REFUSED), 990);
    expect_balance(a);
}

Test(tunnel, other_tunnels_are_none_of_ours)
{
    struct lan_host *a = member(0, "a");
    lan_publish("xpl/tunnel/other/b", "xpl-trig\n{\nsource=acme-lamp.x\n}\na.b\n{\n}\n", false);
    cr_expect_eq(lan_counter(a, TUNNEL_IN), lan_counter(a, TUNNEL_OWN));
}
