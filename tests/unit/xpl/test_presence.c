#include <criterion/criterion.h>

#include "xpl/heartbeat.h"

static struct xpl_presence presence;
static struct xpl_message message;
static char buffer[XPL_MESSAGE_MAX];
static size_t size;

static void fill(void)
{
    presence =
        (struct xpl_presence){ XPL_SLICE("xplmqtt-bridge.pi"), { 0xc0a80114, 50123 }, 5, XPL_SLICE("1.0") };
}

TestSuite(presence, .init = fill);

static void write(enum xpl_presence_kind kind)
{
    int r = xpl_presence_write(&presence, kind, buffer, sizeof(buffer), &size);
    cr_assert_eq(r, 0, "%s", xpl_error_name(r));
    cr_assert_eq(xpl_message_parse(&message, buffer, size), 0);
}

Test(presence, a_heartbeat_says_interval_port_address_and_version)
{
    write(XPL_HBEAT_APP);
    const char expected[] =
        "xpl-stat\n{\nhop=1\nsource=xplmqtt-bridge.pi\ntarget=*\n}\nhbeat.app\n{\ninterval=5\nport=50123\n"
        "remote-ip=192.168.1.20\nversion=1.0\n}\n";
    cr_expect(xpl_slice_equal(xpl_slice(buffer, size), XPL_SLICE(expected)), "%.*s", (int)size, buffer);
}

Test(presence, the_version_may_be_left_out)
{
    presence.version = XPL_SLICE("");
    write(XPL_HBEAT_APP);
    cr_expect_eq(message.n_items, 3);
}

Test(presence, the_other_kinds_differ_in_schema_only)
{
    const enum xpl_presence_kind kinds[] = { XPL_HBEAT_END, XPL_CONFIG_APP, XPL_CONFIG_END };
    const char *const schemas[] = { "hbeat.end", "config.app", "config.end" };
    for (size_t i = 0; i < 3; i++) {
        write(kinds[i]);
        cr_expect_eq(message.type, XPL_STAT);
        cr_expect(xpl_slice_equal(message.schema, xpl_slice_from(schemas[i])));
        cr_expect_eq(message.n_items, 4);
    }
}

Test(presence, a_request_is_a_command_with_an_item)
{
    presence.endpoint.port = 0;
    write(XPL_HBEAT_REQUEST);
    const char expected[] =
        "xpl-cmnd\n{\nhop=1\nsource=xplmqtt-bridge.pi\ntarget=*\n}\nhbeat.request\n{\ncommand=request\n}\n";
    cr_expect(xpl_slice_equal(xpl_slice(buffer, size), XPL_SLICE(expected)), "%.*s", (int)size, buffer);
}

Test(presence, never_announces_the_port_of_the_hub)
{
    size = 42;
    presence.endpoint.port = XPL_PORT;
    cr_expect_eq(xpl_presence_write(&presence, XPL_HBEAT_APP, buffer, sizeof(buffer), &size), XPL_E_VALUE);
    presence.endpoint.port = 0;
    cr_expect_eq(xpl_presence_write(&presence, XPL_CONFIG_APP, buffer, sizeof(buffer), &size), XPL_E_VALUE);
    cr_expect_eq(size, 42);
}

Test(presence, passes_on_what_formatting_refuses)
{
    cr_expect_eq(xpl_presence_write(&presence, XPL_HBEAT_APP, buffer, 20, &size), XPL_E_SIZE);
    presence.version = XPL_SLICE("1\n");
    cr_expect_eq(xpl_presence_write(&presence, XPL_HBEAT_APP, buffer, sizeof(buffer), &size), XPL_E_VALUE);
    presence.source = XPL_SLICE("nobody");
    cr_expect_eq(xpl_presence_write(&presence, XPL_HBEAT_APP, buffer, sizeof(buffer), &size), XPL_E_SOURCE);
}

Test(presence, knows_its_own_echo_and_nobody_elses)
{
    write(XPL_CONFIG_APP);
    cr_expect(xpl_presence_is_echo(&presence, &message));
    write(XPL_HBEAT_END);
    cr_expect_not(xpl_presence_is_echo(&presence, &message), "an end is none");
    write(XPL_HBEAT_APP);
    cr_expect(xpl_presence_is_echo(&presence, &message));

    presence.source = XPL_SLICE("XPLMQTT-Bridge.PI");
    cr_expect(xpl_presence_is_echo(&presence, &message), "without case");
    presence.source = XPL_SLICE("xplmqtt-bridge.other");
    cr_expect_not(xpl_presence_is_echo(&presence, &message));
    fill();
    presence.endpoint.port++;
    cr_expect_not(xpl_presence_is_echo(&presence, &message), "a second program of our name");
    fill();
    presence.endpoint.ip++;
    cr_expect_not(xpl_presence_is_echo(&presence, &message), "the same on another computer");
}

Test(presence, hears_requests_to_all_and_to_itself)
{
    write(XPL_HBEAT_REQUEST);
    cr_expect(xpl_presence_is_request(&presence, &message));
    message.target = xpl_address_split(XPL_SLICE("XPLMQTT-bridge.pi"));
    cr_expect(xpl_presence_is_request(&presence, &message));
    message.target = xpl_address_split(XPL_SLICE("acme-lamp.porch"));
    cr_expect_not(xpl_presence_is_request(&presence, &message));
    message.target = xpl_address_split(XPL_SLICE("*"));
    message.type = XPL_STAT;
    cr_expect_not(xpl_presence_is_request(&presence, &message));
    write(XPL_HBEAT_APP);
    cr_expect_not(xpl_presence_is_request(&presence, &message));
}
