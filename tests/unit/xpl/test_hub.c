#include <criterion/criterion.h>

#include "xpl/hub.h"

#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>

#define HERE     0x0a4d0001u /* 10.77.0.1, the only address of this computer */
#define THERE    0x0a4d0002u
#define LOOPBACK 0x7f000101u
#define MINUTE   60000

static struct xpl_hub *hub;
static struct xpl_message message;
static int64_t now;

static bool is_local(void *context, uint32_t ip)
{
    return context == &message && ip == HERE;
}

static void start(void)
{
    now = 1000;
    hub = xpl_hub_new(is_local, &message);
    cr_assert_not_null(hub);
}

static void stop(void)
{
    xpl_hub_free(hub);
}

TestSuite(hub, .init = start, .fini = stop);

/* Hears a message of that schema and source with those body lines. */
static enum xpl_hub_result hear_from(uint32_t sender, const char *schema, const char *source,
                                     const char *body)
{
    char text[1024];
    int size = snprintf(text, sizeof(text), "xpl-stat\n{\nhop=1\nsource=%s\ntarget=*\n}\n%s\n{\n%s}\n",
                        source, schema, body);
    cr_assert_eq(xpl_message_parse(&message, text, (size_t)size), 0);
    return xpl_hub_hear(hub, &message, sender, now);
}

static enum xpl_hub_result beat(const char *source, unsigned port, const char *interval)
{
    char body[256];
    snprintf(body, sizeof(body), "interval=%s\nport=%u\nremote-ip=10.77.0.1\n", interval, port);
    return hear_from(HERE, "hbeat.app", source, body);
}

static enum xpl_hub_result end(const char *source, unsigned port)
{
    char body[256];
    snprintf(body, sizeof(body), "port=%u\nremote-ip=10.77.0.1\n", port);
    return hear_from(HERE, "hbeat.end", source, body);
}

static enum xpl_hub_result plain(void)
{
    return hear_from(HERE, "sensor.basic", "acme-sensor.roof", "current=1\n");
}

static size_t n_clients(void)
{
    size_t n;
    xpl_hub_endpoints(hub, &n);
    return n;
}

static bool serves(uint32_t ip, unsigned port)
{
    size_t n, found = 0;
    const struct xpl_endpoint *endpoints = xpl_hub_endpoints(hub, &n);
    for (size_t i = 0; i < n; i++)
        found += endpoints[i].ip == ip && endpoints[i].port == port;
    cr_expect_leq(found, 1, "each client once");
    return found;
}

static void import(const char *text, size_t taken, size_t refused)
{
    size_t n;
    cr_expect_eq(xpl_hub_import(hub, xpl_slice_from(text), now, &n), taken);
    cr_expect_eq(n, refused);
}

Test(hub, a_newcomer_is_served_with_its_own_heartbeat)
{
    cr_expect_eq(n_clients(), 0);
    cr_expect_eq(beat("acme-a.one", 50000, "5"), XPL_HUB_NEW);
    cr_expect(serves(HERE, 50000));
    cr_expect_eq(beat("acme-a.one", 50000, "5"), XPL_HUB_KNOWN);
    cr_expect_eq(beat("acme-b.one", 50001, "5"), XPL_HUB_NEW);
    cr_expect_eq(n_clients(), 2);
}

Test(hub, other_messages_change_nothing)
{
    cr_expect_eq(plain(), XPL_HUB_NONE);
    cr_expect_eq(hear_from(HERE, "hbeat.request", "acme-a.b", "port=50000\nremote-ip=10.77.0.1\n"),
                 XPL_HUB_NONE);
    cr_expect_eq(hear_from(HERE, "sensor.app", "acme-a.b", "port=50000\nremote-ip=10.77.0.1\n"),
                 XPL_HUB_NONE);
    cr_expect_eq(n_clients(), 0);
}

Test(hub, a_basic_heartbeat_registers_only_with_a_port)
{
    cr_expect_eq(hear_from(HERE, "hbeat.basic", "acme-a.b", "interval=5\n"), XPL_HUB_NONE);
    cr_expect_eq(hear_from(HERE, "config.basic", "acme-a.b", "port=50000\n"), XPL_HUB_NEW);
}

Test(hub, several_sources_on_one_port_are_one_client)
{
    beat("slimdev-slimserv.kitchen", 50000, "5");
    cr_expect_eq(beat("slimdev-slimserv.bath", 50000, "5"), XPL_HUB_KNOWN);
    cr_expect_eq(n_clients(), 1);
}

Test(hub, a_leaver_still_gets_its_end_and_nothing_more)
{
    beat("acme-a.one", 50000, "5");
    cr_expect_eq(end("ACME-A.One", 50000), XPL_HUB_LEAVING);
    cr_expect(serves(HERE, 50000));
    plain();
    cr_expect_eq(n_clients(), 0);
}

Test(hub, one_source_leaving_does_not_cut_off_its_neighbours)
{
    beat("slimdev-slimserv.kitchen", 50000, "5");
    beat("slimdev-slimserv.bath", 50000, "5");
    cr_expect_eq(end("slimdev-slimserv.kitchen", 50000), XPL_HUB_LEAVING);
    plain();
    cr_expect(serves(HERE, 50000));
    end("slimdev-slimserv.bath", 50000);
    plain();
    cr_expect_eq(n_clients(), 0);
}

Test(hub, an_end_without_port_goes_by_the_source)
{
    beat("acme-a.one", 50000, "5");
    beat("acme-b.one", 50001, "5");
    cr_expect_eq(hear_from(HERE, "hbeat.end", "acme-a.one", ""), XPL_HUB_LEAVING);
    plain();
    cr_expect_not(serves(HERE, 50000));
    cr_expect(serves(HERE, 50001));
}

Test(hub, an_end_with_a_port_leaves_the_same_source_behind_another_port_alone)
{
    beat("acme-a.one", 50000, "5");
    beat("acme-a.one", 50001, "5");
    end("acme-a.one", 50000);
    plain();
    cr_expect_not(serves(HERE, 50000));
    cr_expect(serves(HERE, 50001));
}

static enum xpl_hub_result beat_from(const char *ip, const char *source)
{
    char body[256];
    snprintf(body, sizeof(body), "interval=5\nport=50000\nremote-ip=%s\n", ip);
    return hear_from(HERE, "hbeat.app", source, body);
}

Test(hub, a_program_that_has_another_address_of_this_computer_is_still_served_once)
{
    beat_from("127.0.1.1", "acme-a.one");
    beat_from("127.0.1.1", "acme-a.two");
    cr_expect_eq(beat_from("10.77.0.1", "ACME-A.one"), XPL_HUB_NEW);
    cr_expect_eq(n_clients(), 1);
    cr_expect(serves(HERE, 50000));
    cr_expect_eq(beat_from("10.77.0.1", "acme-a.two"), XPL_HUB_KNOWN, "it came along");
    cr_expect_eq(beat_from("127.0.1.1", "acme-a.two"), XPL_HUB_NEW, "and back");
    cr_expect(serves(LOOPBACK, 50000));
    cr_expect_eq(n_clients(), 1);
    end("acme-a.one", 50000);
    plain();
    cr_expect(serves(LOOPBACK, 50000));
    end("acme-a.two", 50000);
    plain();
    cr_expect_eq(n_clients(), 0);
}

Test(hub, a_source_that_follows_to_an_address_where_others_are_leaves_the_old_one)
{
    beat_from("127.0.1.1", "acme-a.one");
    beat_from("127.0.1.1", "acme-a.two");
    beat_from("10.77.0.1", "acme-a.three");
    cr_expect_eq(n_clients(), 2, "nothing says that these are one program");
    beat_from("10.77.0.1", "acme-a.one");
    beat_from("10.77.0.1", "acme-a.two");
    cr_expect_eq(n_clients(), 1);
    cr_expect(serves(HERE, 50000));
    now += 11 * MINUTE;
    cr_expect_eq(xpl_hub_expire(hub, now), 1);
}

Test(hub, another_source_or_port_at_another_address_is_another_program)
{
    beat_from("127.0.1.1", "acme-a.one");
    beat_from("10.77.0.1", "acme-a.two");
    beat("acme-a.one", 50001, "5");
    cr_expect_eq(n_clients(), 3);
}

Test(hub, a_full_table_lets_its_clients_change_their_address)
{
    for (unsigned i = 0; i < XPL_HUB_CLIENTS_MAX; i++)
        beat("acme-a.one", 50000 + i, "5");
    cr_expect_eq(beat_from("127.0.1.1", "acme-a.one"), XPL_HUB_NEW);
    cr_expect(serves(LOOPBACK, 50000));
    cr_expect_not(serves(HERE, 50000));
}

Test(hub, a_configured_device_changes_its_name_without_a_gap)
{
    hear_from(HERE, "config.app", "acme-a.default", "port=50000\nremote-ip=10.77.0.1\n");
    cr_expect_eq(hear_from(HERE, "config.end", "acme-a.default", "port=50000\nremote-ip=10.77.0.1\n"),
                 XPL_HUB_LEAVING);
    beat("acme-a.porch", 50000, "5");
    cr_expect(serves(HERE, 50000));
    plain();
    cr_expect(serves(HERE, 50000));
}

Test(hub, who_says_a_heartbeat_after_its_end_is_back)
{
    beat("acme-a.one", 50000, "5");
    end("acme-a.one", 50000);
    beat("acme-a.one", 50000, "5");
    plain();
    cr_expect(serves(HERE, 50000));
    xpl_hub_expire(hub, now);
    cr_expect(serves(HERE, 50000), "for good");
    end("acme-a.one", 50000);
    import("10.77.0.1 50000 5 acme-a.one\n", 1, 0);
    plain();
    cr_expect(serves(HERE, 50000), "and by an import, too");
}

Test(hub, an_end_of_the_unknown_changes_nothing)
{
    beat("acme-a.one", 50000, "5");
    cr_expect_eq(end("acme-a.two", 50000), XPL_HUB_NONE);
    cr_expect_eq(end("acme-a.one", 50001), XPL_HUB_NONE);
    plain();
    cr_expect_eq(n_clients(), 1);
}

Test(hub, loopback_is_local_and_is_served_as_announced)
{
    cr_expect_eq(hear_from(HERE, "hbeat.app", "acme-a.b", "port=50002\nremote-ip=127.0.1.1\n"), XPL_HUB_NEW);
    cr_expect(serves(LOOPBACK, 50002));
    cr_expect_eq(hear_from(LOOPBACK, "hbeat.app", "acme-a.c", "port=50003\nremote-ip=10.77.0.1\n"),
                 XPL_HUB_NEW);
    cr_expect(serves(HERE, 50003));
}

Test(hub, programs_elsewhere_are_not_registered)
{
    const char body[] = "port=50000\nremote-ip=10.77.0.2\n";
    cr_expect_eq(hear_from(THERE, "hbeat.app", "acme-a.b", body), XPL_HUB_FOREIGN);
    cr_expect_eq(hear_from(HERE, "hbeat.app", "acme-a.b", body), XPL_HUB_FOREIGN, "as a bridge repeats it");
    cr_expect_eq(hear_from(THERE, "hbeat.app", "acme-a.b", "port=50000\nremote-ip=127.0.1.1\n"),
                 XPL_HUB_FOREIGN);
    cr_expect_eq(hear_from(THERE, "hbeat.app", "acme-a.b", "port=50000\nremote-ip=10.77.0.1\n"),
                 XPL_HUB_FOREIGN);
    cr_expect_eq(hear_from(THERE, "hbeat.app", "acme-a.b", "port=50000\n"), XPL_HUB_FOREIGN);
    const char *const nowhere[] = { "0.0.0.0", "255.255.255.255", "10.77.0.255" };
    for (size_t i = 0; i < 3; i++) {
        char text[64];
        snprintf(text, sizeof(text), "port=50000\nremote-ip=%s\n", nowhere[i]);
        cr_expect_eq(hear_from(HERE, "hbeat.app", "acme-a.b", text), XPL_HUB_FOREIGN);
    }
    cr_expect_eq(n_clients(), 0);
}

Test(hub, nobody_elsewhere_can_end_a_client)
{
    beat("acme-a.one", 50000, "5");
    cr_expect_eq(hear_from(THERE, "hbeat.end", "acme-a.one", "port=50000\nremote-ip=10.77.0.1\n"),
                 XPL_HUB_FOREIGN);
    cr_expect_eq(hear_from(HERE, "hbeat.end", "acme-a.one", "port=50000\nremote-ip=10.77.0.2\n"),
                 XPL_HUB_FOREIGN);
    plain();
    cr_expect_eq(n_clients(), 1);
}

Test(hub, without_remote_ip_the_sender_is_the_client)
{
    cr_expect_eq(hear_from(HERE, "hbeat.app", "acme-a.b", "port=50000\n"), XPL_HUB_NEW);
    cr_expect_eq(hear_from(LOOPBACK, "hbeat.app", "acme-a.c", "port=50001\nremote-ip=\n"), XPL_HUB_NEW);
    cr_expect(serves(HERE, 50000));
    cr_expect(serves(LOOPBACK, 50001));
}

Test(hub, refuses_addresses_that_are_none)
{
    const char *const bad[] = { "localhost", "10.77.0", "::1", "10.77.0.256" };
    for (size_t i = 0; i < sizeof(bad) / sizeof(bad[0]); i++) {
        char text[64];
        snprintf(text, sizeof(text), "port=50000\nremote-ip=%s\n", bad[i]);
        cr_expect_eq(hear_from(HERE, "hbeat.app", "acme-a.b", text), XPL_HUB_REFUSED_ADDRESS, "%s", bad[i]);
    }
}

Test(hub, refuses_ports_that_cannot_be_or_are_its_own)
{
    const char *const bad[] = { "0",  "65536", "99999", "4294971161", "abc",
                                "-1", "",      "3865",  " 3865 ",     "03865" };
    for (size_t i = 0; i < sizeof(bad) / sizeof(bad[0]); i++) {
        char text[64];
        snprintf(text, sizeof(text), "port=%s\nremote-ip=127.0.0.1\n", bad[i]);
        cr_expect_eq(hear_from(HERE, "hbeat.app", "acme-a.b", text), XPL_HUB_REFUSED_PORT, "port=%s", bad[i]);
    }
    cr_expect_eq(hear_from(HERE, "hbeat.app", "acme-a.b", "remote-ip=10.77.0.1\n"), XPL_HUB_REFUSED_PORT);
    cr_expect_eq(hear_from(HERE, "hbeat.app", "acme-a.b", "port=65535\n"), XPL_HUB_NEW);
    cr_expect_eq(hear_from(HERE, "hbeat.app", "acme-a.b", "port=1\n"), XPL_HUB_NEW);
}

static int64_t lifetime(const char *interval)
{
    xpl_hub_free(hub);
    start();
    beat("acme-a.one", 50000, interval);
    return (xpl_hub_deadline(hub) - now) / MINUTE;
}

Test(hub, a_client_expires_after_twice_its_interval_and_a_minute)
{
    beat("acme-a.one", 50000, "5");
    cr_expect_eq(xpl_hub_deadline(hub), now + 11 * MINUTE);
    now += 11 * MINUTE - 1;
    cr_expect_eq(xpl_hub_expire(hub, now), 0);
    cr_expect(serves(HERE, 50000));
    now += 1;
    cr_expect_eq(xpl_hub_expire(hub, now), 1);
    cr_expect_eq(n_clients(), 0);
    cr_expect_eq(xpl_hub_deadline(hub), INT64_MAX);
}

Test(hub, intervals_are_brought_into_1_to_30_minutes)
{
    cr_expect_eq(lifetime("1"), 3);
    cr_expect_eq(lifetime("4"), 9);
    cr_expect_eq(lifetime(" 10 "), 21);
    cr_expect_eq(lifetime("30"), 61);
    cr_expect_eq(lifetime("600"), 61);
    cr_expect_eq(lifetime("999999999999"), 61);
    cr_expect_eq(lifetime("0"), 3);
    cr_expect_eq(lifetime(""), 11);
    cr_expect_eq(lifetime("-1"), 11);
    cr_expect_eq(lifetime("five"), 11);
    xpl_hub_free(hub);
    start();
    hear_from(HERE, "hbeat.app", "acme-a.b", "port=50000\n");
    cr_expect_eq(xpl_hub_deadline(hub), now + 11 * MINUTE);
}

Test(hub, each_source_of_a_client_expires_in_its_own_time)
{
    beat("acme-a.one", 50000, "1");
    beat("acme-a.two", 50000, "30");
    cr_expect_eq(xpl_hub_deadline(hub), now + 3 * MINUTE);
    cr_expect_eq(xpl_hub_expire(hub, now + 3 * MINUTE), 0);
    cr_expect(serves(HERE, 50000));
    cr_expect_eq(xpl_hub_deadline(hub), now + 61 * MINUTE);
    cr_expect_eq(xpl_hub_expire(hub, now + 61 * MINUTE), 1);
}

Test(hub, a_leaver_is_not_counted_as_expired)
{
    beat("acme-a.one", 50000, "5");
    end("acme-a.one", 50000);
    cr_expect_eq(xpl_hub_expire(hub, now + 11 * MINUTE), 0);
    cr_expect_eq(n_clients(), 0);
}

Test(hub, a_full_table_refuses_newcomers_and_keeps_its_clients)
{
    cr_expect_eq(beat("acme-real.one", 40000, "5"), XPL_HUB_NEW);
    for (unsigned i = 1; i < XPL_HUB_CLIENTS_MAX; i++)
        cr_expect_eq(beat("evil-storm.x", 50000 + i, "30"), XPL_HUB_NEW);
    for (unsigned i = 0; i < 1000; i++)
        cr_expect_eq(beat("evil-storm.x", 10000 + i, "30"), XPL_HUB_REFUSED_FULL);
    cr_expect_eq(n_clients(), XPL_HUB_CLIENTS_MAX);
    cr_expect(serves(HERE, 40000));
    cr_expect_eq(beat("acme-real.one", 40000, "5"), XPL_HUB_KNOWN);
    now += 61 * MINUTE;
    cr_expect_eq(xpl_hub_expire(hub, now), XPL_HUB_CLIENTS_MAX);
    cr_expect_eq(beat("acme-real.two", 40001, "5"), XPL_HUB_NEW);
}

Test(hub, sources_of_one_client_are_bounded)
{
    char source[64];
    for (int i = 0; i < XPL_HUB_SOURCES_MAX; i++) {
        snprintf(source, sizeof(source), "acme-a.%d", i);
        beat(source, 50000, "5");
    }
    cr_expect_eq(beat("acme-a.more", 50000, "5"), XPL_HUB_REFUSED_FULL);
    cr_expect_eq(beat("acme-a.0", 50000, "5"), XPL_HUB_KNOWN);
    cr_expect_eq(beat("acme-a.more", 50001, "5"), XPL_HUB_NEW);
    cr_expect(serves(HERE, 50000));
}

Test(hub, long_sources_are_bounded)
{
    char source[XPL_HUB_SOURCE_MAX + 2];
    memset(source, 'a', sizeof(source));
    source[XPL_HUB_SOURCE_MAX + 1] = '\0';
    cr_expect_eq(beat(source, 50000, "5"), XPL_HUB_REFUSED_SOURCE);
    cr_expect_eq(n_clients(), 0);
    source[XPL_HUB_SOURCE_MAX] = '\0';
    cr_expect_eq(beat(source, 50000, "5"), XPL_HUB_NEW);
}

Test(hub, what_is_exported_is_served_again_after_import)
{
    beat("acme-a.one", 50000, "5");
    beat("acme-a.two words", 50000, "30");
    hear_from(HERE, "hbeat.app", "acme-b.one", "interval=1\nport=50001\nremote-ip=127.0.0.1\n");
    beat("acme-gone.one", 50002, "5");
    end("acme-gone.one", 50002);

    char text[512];
    size_t size = xpl_hub_export(hub, text, sizeof(text));
    const char expected[] =
        "10.77.0.1 50000 5 acme-a.one\n10.77.0.1 50000 30 acme-a.two words\n127.0.0.1 50001 1 acme-b.one\n";
    cr_expect(xpl_slice_equal(xpl_slice(text, size), XPL_SLICE(expected)), "%.*s", (int)size, text);

    xpl_hub_free(hub);
    start();
    now = 77;
    import(expected, 3, 0);
    cr_expect(serves(HERE, 50000));
    cr_expect(serves(0x7f000001, 50001));
    cr_expect_eq(n_clients(), 2);
    cr_expect_eq(xpl_hub_deadline(hub), 77 + 3 * MINUTE, "the dead expire in their time");
    cr_expect_eq(end("acme-a.one", 50000), XPL_HUB_LEAVING);
    plain();
    cr_expect(serves(HERE, 50000));
}

Test(hub, an_import_is_judged_like_heartbeats)
{
    import("", 0, 0);
    import("10.77.0.2 50000 5 acme-a.b\n" /* an address that is no longer ours */
           "10.77.0.1 3865 5 acme-a.b\n"
           "10.77.0.1 0 5 acme-a.b\n"
           "10.77.0.1 70000 5 acme-a.b\n"
           "10.77.0.1 50000 x acme-a.b\n"
           "10.77.0.1 50000 5 \n"
           "10.77.0.1 50000 5 *\n"
           "10.77.0.1 50000 5 acme\x01\n"
           "10.77.0.1 50000\n"
           "garbage\n"
           "\n"
           "10.77.0.1 50000 999 acme-a.b\r\n"
           "10.77.0.1 50001 0 acme-a.c",
           2, 10);
    cr_expect_eq(n_clients(), 2);
    cr_expect_eq(xpl_hub_deadline(hub), now + 3 * MINUTE);
}

Test(hub, an_import_is_bounded)
{
    static char text[64 * 1024];
    size_t size = 0;
    for (unsigned i = 0; i < 1000; i++)
        size += (size_t)snprintf(text + size, sizeof(text) - size, "127.0.0.1 %u 5 acme-a.b\n", 10000 + i);
    import(text, XPL_HUB_CLIENTS_MAX, 1000 - XPL_HUB_CLIENTS_MAX);
}

Test(hub, a_full_table_fits_in_the_export_bound)
{
    char source[XPL_HUB_SOURCE_MAX + 1], line[256];
    memset(source, 'a', sizeof(source));
    source[XPL_HUB_SOURCE_MAX] = '\0';
    size_t lines = 0;
    for (unsigned client = 0; client < XPL_HUB_CLIENTS_MAX; client++)
        for (int i = 0; i < XPL_HUB_SOURCES_MAX; i++) {
            source[0] = (char)('a' + i);
            snprintf(line, sizeof(line), "127.127.127.127 %u 30 %s\n", 50000 + client, source);
            lines += xpl_hub_import(hub, xpl_slice_from(line), now, NULL);
        }
    cr_expect_eq(lines, XPL_HUB_CLIENTS_MAX * XPL_HUB_SOURCES_MAX);
    char *text = malloc(XPL_HUB_EXPORT_MAX);
    size_t size = xpl_hub_export(hub, text, XPL_HUB_EXPORT_MAX);
    cr_expect_eq(size, lines * strlen(line));
    cr_expect_eq(xpl_hub_export(hub, text, strlen(line) - 1), 0, "only whole lines");
    cr_expect_eq(xpl_hub_export(hub, text, 2 * strlen(line) + 7), 2 * strlen(line));
    free(text);
}

static bool is_even(void *context, struct xpl_endpoint client)
{
    return context == &message && client.port % 2 == 0;
}

Test(hub, keeps_only_the_clients_that_somebody_answers_for)
{
    beat("acme-x.one", 50000, "5");
    beat("acme-x.two", 50001, "5");
    beat("acme-y.two", 50001, "5");
    beat("acme-x.three", 50002, "5");
    end("acme-x.three", 50002);
    cr_expect_eq(xpl_hub_keep(hub, is_even, &message), 2, "the odd one, and the one that was leaving");
    size_t n;
    const struct xpl_endpoint *endpoints = xpl_hub_endpoints(hub, &n);
    cr_assert_eq(n, 1);
    cr_expect_eq(endpoints[0].port, 50000);
}

Test(hub, the_deadline_is_that_of_the_first_to_expire_whatever_happened_before)
{
    cr_expect_eq(xpl_hub_deadline(hub), INT64_MAX);
    beat("acme-x.one", 50000, "5");
    int64_t first = now + 11 * MINUTE;
    now += 1000;
    beat("acme-x.two", 50001, "10");
    cr_expect_eq(xpl_hub_deadline(hub), first);
    beat("acme-x.one", 50000, "30"); /* heard again, with another interval */
    cr_expect_eq(xpl_hub_deadline(hub), now + 21 * MINUTE);
    end("acme-x.two", 50001);
    xpl_hub_expire(hub, now);
    cr_expect_eq(xpl_hub_deadline(hub), now + 61 * MINUTE);
    xpl_hub_keep(hub, is_even, NULL);
    cr_expect_eq(xpl_hub_deadline(hub), INT64_MAX);
}

Test(hub, every_result_has_a_name)
{
    for (int result = XPL_HUB_NONE; result <= XPL_HUB_REFUSED_FULL; result++)
        cr_expect_not_null(xpl_hub_result_name((enum xpl_hub_result)result));
    cr_expect_str_eq(xpl_hub_result_name(XPL_HUB_REFUSED_PORT), "refused-port");
}

Test(hub, free_accepts_null)
{
    xpl_hub_free(NULL);
}
