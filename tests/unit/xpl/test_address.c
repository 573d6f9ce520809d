#include <criterion/criterion.h>

#include "xpl/address.h"
#include "xpl/message.h"

static void expect_parts(const char *text, const char *vendor, const char *device, const char *instance)
{
    struct xpl_address address = xpl_address_split(xpl_slice_from(text));
    cr_expect(xpl_slice_equal(address.text, xpl_slice_from(text)), "%s: text", text);
    cr_expect(xpl_slice_equal(address.vendor, xpl_slice_from(vendor)), "%s: vendor", text);
    cr_expect(xpl_slice_equal(address.device, xpl_slice_from(device)), "%s: device", text);
    cr_expect(xpl_slice_equal(address.instance, xpl_slice_from(instance)), "%s: instance", text);
}

Test(address, splits_at_the_first_hyphen_and_the_first_dot)
{
    expect_parts("acme-lamp.porch", "acme", "lamp", "porch");
    expect_parts("rfxcom-lan.0004a31bb6ac", "rfxcom", "lan", "0004a31bb6ac");
    expect_parts("acme-x.a-b", "acme", "x", "a-b");
    expect_parts("domogik-xpl_time.host.example.org", "domogik", "xpl_time", "host.example.org");
    expect_parts("acme-a-b.c", "acme", "a-b", "c");
}

Test(address, leaves_missing_parts_empty)
{
    expect_parts("", "", "", "");
    expect_parts("*", "*", "", "");
    expect_parts("part1", "part1", "", "");
    expect_parts("nodejs-sample", "nodejs", "sample", "");
    expect_parts("nodejs.host-123", "nodejs", "", "host-123");
    expect_parts("HAL.pi", "HAL", "", "pi");
    expect_parts("-.", "", "", "");
}

static bool strict(const char *text)
{
    return xpl_address_is_strict(xpl_slice_from(text));
}

Test(address, strict_sources_are_full_addresses_of_legal_parts)
{
    cr_expect(strict("acme-lamp.porch"));
    cr_expect(strict("ACME-LAMP.PORCH"));
    cr_expect(strict("a-b.c"));
    cr_expect(strict("12345678-12345678.1234567890123456"));
    cr_expect(strict("acme-x.-a-b-"));

    cr_expect_not(strict("123456789-12345678.1"));
    cr_expect_not(strict("12345678-123456789.1"));
    cr_expect_not(strict("12345678-12345678.12345678901234567"));
    cr_expect_not(strict("acme-a-b.c"));
    cr_expect_not(strict("acme-a_b.c"));
    cr_expect_not(strict("acme-a.b.c"));
    cr_expect_not(strict("acme-a.b c"));
    cr_expect_not(strict("acme-a.b\n"));
    cr_expect_not(strict("acme-a."));
    cr_expect_not(strict("acme-.b"));
    cr_expect_not(strict("-a.b"));
    cr_expect_not(strict("acme.a-b"));
    cr_expect_not(strict("*"));
    cr_expect_not(strict(""));
    cr_expect_not(strict("acme-a.\xc3\xa9"));
}

Test(address, a_group_is_no_source)
{
    cr_expect_not(strict("xpl-group.kitchen"));
    cr_expect_not(strict("XPL-Group.kitchen"));
    cr_expect(strict("xpl-groups.kitchen"));
}

Test(address, targets_are_all_a_group_or_an_address)
{
    struct xpl_slice name = XPL_SLICE("untouched");
    cr_expect(xpl_target_is_all(XPL_SLICE("*")));
    cr_expect_not(xpl_target_is_all(XPL_SLICE("**")));
    cr_expect_not(xpl_target_is_all(XPL_SLICE("")));

    cr_expect_not(xpl_target_is_group(XPL_SLICE("acme-lamp.porch"), &name));
    cr_expect_not(xpl_target_is_group(XPL_SLICE("xpl-group."), &name));
    cr_expect_not(xpl_target_is_group(XPL_SLICE("xpl"), &name));
    cr_expect(xpl_slice_equal(name, XPL_SLICE("untouched")));
    cr_expect(xpl_target_is_group(XPL_SLICE("XPL-GROUP.Kitchen"), &name));
    cr_expect(xpl_slice_equal(name, XPL_SLICE("Kitchen")));

    cr_expect(xpl_target_is_valid(XPL_SLICE("*")));
    cr_expect(xpl_target_is_valid(XPL_SLICE("acme-lamp.porch")));
    cr_expect(xpl_target_is_valid(XPL_SLICE("xpl-group.kitchen-2")));
    cr_expect_not(xpl_target_is_valid(XPL_SLICE("xpl-group.kit chen")));
    cr_expect_not(xpl_target_is_valid(XPL_SLICE("xpl-group.12345678901234567")));
    cr_expect_not(xpl_target_is_valid(XPL_SLICE("")));
    cr_expect_not(xpl_target_is_valid(XPL_SLICE("acme")));
    cr_expect(xpl_target_is_valid(XPL_SLICE("hwstar-xplademco.ademco")),
              "a device of nine letters is in use");
    cr_expect(xpl_target_is_valid(XPL_SLICE("domogik-xpl_time.host.lan")));
    cr_expect_not(xpl_target_is_valid(XPL_SLICE("acme-la_mp/x.porch")));
    cr_expect_not(xpl_target_is_valid(XPL_SLICE("acme-lamp.po rch")));
    cr_expect_not(xpl_target_is_valid(XPL_SLICE("acme-lamp.")));
}

static void expect_instance(const char *text, const char *expected)
{
    char instance[XPL_INSTANCE_MAX + 1];
    size_t size = xpl_instance_from(instance, xpl_slice_from(text));
    cr_expect_str_eq(instance, expected, "%s: %s", text, instance);
    cr_expect_eq(size, strlen(expected));
}

Test(address, makes_an_instance_of_a_host_name)
{
    expect_instance("pi", "pi");
    expect_instance("RaspberryPi", "raspberrypi");
    expect_instance("living_room pi.example.org", "livingroompi");
    expect_instance("a-very-long-host-name", "a-very-long-host");
    expect_instance("k\xc3\xbc"
                    "che",
                    "kche");
    expect_instance("", "default");
    expect_instance("___", "default");
    expect_instance(".example.org", "default");
}

static void expect_no_ip(const char *text)
{
    uint32_t ip = 42;
    cr_expect_eq(xpl_ip_parse(xpl_slice_from(text), &ip), XPL_E_VALUE, "%s", text);
    cr_expect_eq(ip, 42, "%s changed the output", text);
}

Test(address, reads_dotted_quads_only)
{
    uint32_t ip;
    cr_assert_eq(xpl_ip_parse(XPL_SLICE("192.168.1.20"), &ip), 0);
    cr_expect_eq(ip, 0xc0a80114);
    cr_assert_eq(xpl_ip_parse(XPL_SLICE("0.0.0.0"), &ip), 0);
    cr_expect_eq(ip, 0);
    cr_assert_eq(xpl_ip_parse(XPL_SLICE("255.255.255.255"), &ip), 0);
    cr_expect_eq(ip, 0xffffffff);

    const char *const bad[] = {
        "",         "1",        "1.2.3",    "1.2.3.4.5", "1.2.3.256",       "1.2.3.",    "1..2.3",
        ".1.2.3.4", "1.2.3.4 ", " 1.2.3.4", "01.2.3.4",  "1.2.3.-4",        "0x1.2.3.4", "host",
        "::1",      "1.2.3.4a", "1,2,3,4",  "+1.2.3.4",  "4294967297.0.0.1"
    };
    for (size_t i = 0; i < sizeof(bad) / sizeof(bad[0]); i++)
        expect_no_ip(bad[i]);
}

Test(address, writes_the_longest_dotted_quad)
{
    char text[XPL_IP_TEXT_MAX];
    cr_expect_eq(xpl_ip_format(text, 0xffffffff), 15);
    cr_expect_str_eq(text, "255.255.255.255");
    cr_expect_eq(xpl_ip_format(text, 0x7f000101), 9);
    cr_expect_str_eq(text, "127.0.1.1");
}
