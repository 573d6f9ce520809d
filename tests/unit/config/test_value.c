/* What each setting takes, and what it says of the rest. */
#include "load.h"

TestSuite(value, .init = setup, .fini = teardown);

/* One option, wrong: the finding without its place. */
static const char *refusal(const char *option, const char *value)
{
    char line[8192];
    snprintf(line, sizeof(line), "--%s\n%s", option, value);
    cr_expect_eq(load(NULL, NULL, line), SETTINGS_WRONG, "%s", value);
    const char *all = findings(), *start = strstr(all, "error: ");
    return start ? start + strlen("error: ") : all;
}

static void accept(const char *option, const char *value)
{
    char line[256];
    snprintf(line, sizeof(line), "--%s\n%s", option, value);
    expect_good(NULL, NULL, line);
}

Test(value, instance)
{
    accept("instance", "a-b-0123456789ab");
    cr_expect_str_eq(settings->xpl.instance, "a-b-0123456789ab");
    cr_expect_str_eq(refusal("instance", "Pi"),
                     "instance 'Pi': expected at most 16 of a-z, 0-9 and '-'; did you mean 'pi'?");
    cr_expect(strstr(refusal("instance", "a_b"), "expected at most"));
    cr_expect(strstr(refusal("instance", "a-b-0123456789abc"), "expected at most"));
}

Test(value, interface_broadcast_tunnel)
{
    accept("interface", "enp0s31f6.100");
    cr_expect_str_eq(settings->xpl.interface, "enp0s31f6.100");
    cr_expect(strstr(refusal("interface", "eth0 eth1"), "expected the name of a network interface"));
    cr_expect(strstr(refusal("interface", "0123456789abcdef"), "expected the name"));
    accept("broadcast", "192.168.1.255");
    cr_expect_eq(settings->xpl.broadcast, 0xc0a801ffu);
    cr_expect_str_eq(refusal("broadcast", "192.168.1"),
                     "broadcast '192.168.1': expected an IPv4 address, as 192.168.1.255");
    accept("tunnel", "Home_1.a-b");
    cr_expect_str_eq(settings->xpl.tunnel, "Home_1.a-b");
    cr_expect(strstr(refusal("tunnel", "a/b"), "expected a name"));
    cr_expect(strstr(refusal("tunnel", "+"), "expected a name"));
}

Test(value, allow)
{
    accept("allow", "192.168.1.7/24, 10.0.0.1\t0.0.0.0/0");
    cr_assert_eq(settings->xpl.n_allow, 3u);
    cr_expect_eq(settings->xpl.allow[0].ip, 0xc0a80100u);
    cr_expect_eq(settings->xpl.allow[0].mask, 0xffffff00u);
    cr_expect_eq(settings->xpl.allow[1].ip, 0x0a000001u);
    cr_expect_eq(settings->xpl.allow[1].mask, 0xffffffffu);
    cr_expect_eq(settings->xpl.allow[2].mask, 0u);
    cr_expect_str_eq(refusal("allow", "10.0.0.0/8 10.0.0.0/33"),
                     "allow '10.0.0.0/8 10.0.0.0/33': '10.0.0.0/33' is no IPv4 network, as 192.168.1.0/24");
    cr_expect(strstr(refusal("allow", "10.0.0/8"), "is no IPv4 network"));
    cr_expect(strstr(refusal("allow", "10.0.0.0/"), "is no IPv4 network"));
    cr_expect(strstr(refusal("allow", "/8"), "is no IPv4 network"));
    cr_expect(strstr(refusal("allow", "fe80::/10"), "is no IPv4 network"));
    char many[65 * 8 + 1] = "";
    for (size_t i = 0; i < 65; i++)
        memcpy(many + i * 8, "1.2.3.4 ", 9);
    cr_expect(strstr(refusal("allow", many), "more than 64 networks"));
}

Test(value, groups)
{
    accept("group", "kitchen, all-lights ,x");
    cr_assert_eq(settings->xpl.n_groups, 3u);
    cr_expect_str_eq(settings->xpl.groups[1], "all-lights");
    cr_expect_str_eq(
        refusal("group", "a Kitchen"),
        "group 'a Kitchen': 'Kitchen' has not at most 16 of a-z, 0-9 and '-'; did you mean 'kitchen'?");
    cr_expect(strstr(refusal("group", "1 2 3 4 5 6 7 8 9 a b c d e f g h"), "more than 16 groups"));
}

Test(value, charset)
{
    accept("charset", "iso-8859-15");
    cr_expect_eq(settings->xpl.charset.high[0x24].size, 3, "0xA4 is the euro sign there");
    cr_expect_str_eq(refusal("charset", "windows-1522"),
                     "charset 'windows-1522': expected an 8-bit character set, as "
                     "windows-1252; did you mean 'windows-1252'?");
    cr_expect(strstr(refusal("charset", "utf-16"), "expected an 8-bit"));
    cr_expect(strstr(refusal("charset", ""), "expected an 8-bit"));
}

Test(value, numbers)
{
    accept("flood", "1");
    accept("flood", "1000000");
    cr_expect_str_eq(refusal("flood", "0"), "flood '0': expected a whole number from 1 to 1000000");
    cr_expect(strstr(refusal("flood", "1000001"), "expected a whole number"));
    cr_expect(strstr(refusal("flood", "1e3"), "expected a whole number"));
    cr_expect(strstr(refusal("flood", "-1"), "expected a whole number"));
    cr_expect(strstr(refusal("flood", "99999999999999999999999"), "expected a whole number"));
    cr_expect(strstr(refusal("keepalive", "4"), "from 5 to 65535"));
    cr_expect(strstr(refusal("limit", "10001"), "from 1 to 10000"));
    cr_expect(strstr(refusal("announce-after", "0"), "from 1 to 1000"));
    cr_expect(strstr(refusal("port", "65536"), "expected a port from 1 to 65535"));
}

Test(value, prefix)
{
    accept("prefix", "home/xpl 1/\xc3\xa9");
    cr_expect_str_eq(settings->mqtt.prefix, "home/xpl 1/\xc3\xa9");
    cr_expect_str_eq(refusal("prefix", "/xpl/"), "prefix '/xpl/': has an empty level; did you mean 'xpl'?");
    cr_expect_str_eq(refusal("prefix", "$SYS"), "prefix '$SYS': may not begin with '$'; did you mean 'SYS'?");
    cr_expect_str_eq(refusal("prefix", "a//b"), "prefix 'a//b': has an empty level");
    cr_expect_str_eq(refusal("prefix", "a/#"), "prefix 'a/#': may hold no wildcard");
    cr_expect_str_eq(refusal("prefix", "a+"), "prefix 'a+': may hold no wildcard");
    cr_expect(strstr(refusal("prefix", ""), "expected a topic"));
    cr_expect(strstr(refusal("prefix", "a\x01"), "control character"));
    cr_expect(strstr(refusal("prefix", "\xe9"), "no UTF-8"));
    char lengthy[160];
    memset(lengthy, 'a', sizeof(lengthy));
    lengthy[129] = '\0';
    cr_expect(strstr(refusal("prefix", lengthy), "...': is too long"));
    lengthy[128] = '\0';
    accept("prefix", lengthy);
}

Test(value, urls)
{
    static const char *const good[] = { "mqtt://a",       "mqtts://a.b-c_d:1", "ws://a:9001/mqtt/x",
                                        "wss://1.2.3.4/", "mqtt://[::1]:1883", "mqtt://a/",
                                        "MQTT://a" };
    for (size_t i = 0; i < sizeof(good) / sizeof(good[0]); i++)
        accept("url", good[i]);
    static const struct {
        const char *url, *said;
    } bad[] = {
        { "", "expected SCHEME://HOST" },
        { "broker:1883", "expected SCHEME://HOST" },
        { "tcp://a", "did you mean 'mqtt'?" },
        { "ssl://a", "did you mean 'mqtts'?" },
        { "https://a", "did you mean 'wss'?" },
        { "mqqt://a", "did you mean 'mqtt'?" },
        { "mqtt://", "expected a host name" },
        { "mqtt://:1883", "expected a host name" },
        { "mqtt://a b", "expected a host name" },
        { "mqtt://[a", "expected a host name" },
        { "mqtt://[a]", "expected a host name" },
        { "mqtt://[::1]x", "expected a host name" },
        { "mqtt://[::1]x:3", "expected a host name" },
        { "mqtt://::1", "expected a host name" },
        { "mqtt://a:0", "expected a port" },
        { "mqtt://a:", "expected a port" },
        { "mqtt://a:65536", "expected a port" },
        { "mqtt://a/topic", "only ws:// and wss:// have a path" },
        { "ws://a/b c", "holds a blank" },
        { "mqtt://u:p@a", "a name or password has no place here" },
    };
    for (size_t i = 0; i < sizeof(bad) / sizeof(bad[0]); i++)
        cr_expect(strstr(refusal("url", bad[i].url), bad[i].said), "%s: %s", bad[i].url, findings());
    cr_expect(strstr(refusal("host", "mqtt://a"), "a URL goes to url"));
    cr_expect(strstr(refusal("host", ""), "expected a host name"));
}

Test(value, texts)
{
    accept("username", "J\xc3\xb6rg \"x\"");
    cr_expect(strstr(refusal("username", "a\x07"), "control character"));
    cr_expect(strstr(refusal("id", "\xff"), "no UTF-8"));
    cr_expect(strstr(refusal("cafile", "a\x07"), "control character"));
    char lengthy[4200];
    memset(lengthy, 'a', sizeof(lengthy));
    lengthy[4097] = '\0';
    cr_expect(strstr(refusal("username", lengthy), "...': is longer than 4096 bytes"));
}

Test(value, yes_and_no)
{
    accept("raw", "yes");
    cr_expect(settings->mqtt.raw);
    accept("raw", "0");
    cr_expect_not(settings->mqtt.raw);
    accept("raw", "true");
    cr_expect(settings->mqtt.raw);
    cr_expect_str_eq(refusal("raw", "on"), "raw 'on': expected yes or no");
}

Test(value, log_levels)
{
    accept("log-level", "warning,mqtt=debug,xpl=error");
    cr_expect_str_eq(settings->log, "warning,mqtt=debug,xpl=error");
    cr_expect_str_eq(refusal("log-level", "warn"),
                     "log-level 'warn': expected error, warning, info or debug; did you mean 'warning'?");
    cr_expect(strstr(refusal("log-level", "infos"), "did you mean 'info'?"));
    cr_expect_str_eq(refusal("log-level", "info,mqt=debug"),
                     "log-level 'info,mqt=debug': no area 'mqt'; did you mean 'mqtt'?");
    cr_expect(strstr(refusal("log-level", "info,"), "expected error"));
    cr_expect(strstr(refusal("log-level", ""), "expected error"));
}

Test(value, mapping_files)
{
    char line[65 * 16] = "";
    for (size_t i = 0; i < 65; i++)
        snprintf(line + strlen(line), sizeof(line) - strlen(line), "%s--mappings=a", i ? "\n" : "");
    expect_wrong(NULL, NULL, line, "option --mappings: error: mappings 'a': more than 64 files");
    cr_expect(strstr(refusal("mappings", ""), "expected the name of a file"));
}
