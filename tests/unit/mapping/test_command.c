/* Commands: what happens to topics and payloads that nobody meant well. */
#include <criterion/criterion.h>
#include <stdio.h>
#include <stdlib.h>

#include "base/limits.h"
#include "world.h"

TestSuite(command, .init = world_init, .fini = world_deinit);

static const char mapping[] =
    "<alias device='acme-x.y/1-2' name='hall/lamp'/>"
    "<map schema='a.b' device='{source}/{a}-{u}'>"
    "<property name='{n}'><send><item name='v'>{payload}</item><item name='n'>{n}</item></send></property>"
    "<property name='json'><send when='payload.v'><item name='v'>{payload.v}</item></send></property>"
    "<property name='deep'><send><item name='v'>{payload.a.a.a.a}</item></send></property></map>";

static enum mapping_command_result run(const char *topic, size_t topic_size, const char *payload,
                                       size_t payload_size)
{
    struct mapping_command command = { 0 };
    struct mapping_reason reason = { 0 };
    char *t = malloc(topic_size ? topic_size : 1), *p = malloc(payload_size ? payload_size : 1);
    memcpy(t, topic, topic_size);
    memcpy(p, payload, payload_size);
    enum mapping_command_result result =
        mapping_on_mqtt(world.mapping, world.scratch, xpl_slice(t, topic_size), xpl_slice(p, payload_size),
                        NULL, NULL, &command, &reason);
    if (result == MAPPING_COMMAND_REFUSED) {
        cr_assert(utf8_is_valid(xpl_slice_from(reason.text)));
        cr_assert_gt(strlen(reason.text), 0);
    }
    if (result == MAPPING_COMMAND_MADE) {
        char datagram[XPL_MESSAGE_MAX];
        size_t size;
        struct xpl_message message = *command.message;
        message.source = xpl_address_split(XPL_SLICE("xplmqtt-bridge.test"));
        xpl_message_format(&message, datagram, sizeof(datagram), &size, NULL);
    }
    free(t);
    free(p);
    return result;
}

Test(command, the_command_says_what_it_is_about)
{
    struct mapping_command command;
    struct mapping_reason reason;
    cr_assert_eq(world_load(mapping), 0);
    cr_assert_eq(mapping_on_mqtt(world.mapping, world.scratch, XPL_SLICE("xpl/hall/lamp/power/set"),
                                 XPL_SLICE("ON"), NULL, NULL, &command, &reason),
                 MAPPING_COMMAND_MADE);
    cr_expect(xpl_slice_equal(command.topic, XPL_SLICE("xpl/acme-x.y/1-2/power/set")));
    cr_expect(xpl_slice_equal(command.device, XPL_SLICE("acme-x.y/1-2")));
    cr_expect(xpl_slice_equal(command.alias, XPL_SLICE("hall/lamp")));
    cr_expect(xpl_slice_equal(command.property->name, XPL_SLICE("{n}")));
    cr_expect_eq(command.send->repeat, 1);
    cr_expect_eq(command.send->expires_ms, 10000);
    cr_expect_eq(command.message->hop, 1);
}

Test(command, payloads_of_every_json_type_and_depth)
{
    static const char *const payloads[] = { "{\"v\":1}",
                                            "{\"v\":\"\\u0000\"}",
                                            "{\"v\":1e999}",
                                            "{\"v\":-0.0}",
                                            "{\"v\":[]}",
                                            "{\"v\":{}}",
                                            "{\"v\":null}",
                                            "{\"v\":true}",
                                            "{\"\":1}",
                                            "[",
                                            "{",
                                            "\"v\"",
                                            "null",
                                            "{\"v\":99999999999999999999999999}" };
    cr_assert_eq(world_load(mapping), 0);
    for (size_t i = 0; i < sizeof(payloads) / sizeof(*payloads); i++) {
        run("xpl/acme-x.y/1-2/json/set", 25, payloads[i], strlen(payloads[i]));
        run("xpl/acme-x.y/1-2/deep/set", 25, payloads[i], strlen(payloads[i]));
    }
    cr_expect_str_eq(world_mqtt("xpl/acme-x.y/1-2/json/set", "{\"v\":1.0}"), "send * a.b v=1");
    cr_expect_str_eq(world_mqtt("xpl/acme-x.y/1-2/json/set", "{\"v\":\"1.0\"}"), "send * a.b v=1.0");
    cr_expect_str_eq(world_mqtt("xpl/acme-x.y/1-2/deep/set", "{\"a\":{\"a\":{\"a\":{\"a\":7}}}}"),
                     "send * a.b v=7");
    cr_expect_str_eq(world_mqtt("xpl/acme-x.y/1-2/json/set", "{}"), "send * a.b v={} n=json",
                     "the template takes what the literal name does not want");
}

Test(command, payloads_nested_sixty_thousand_deep)
{
    static char payload[LIMIT_PAYLOAD];
    cr_assert_eq(world_load(mapping), 0);
    memset(payload, '[', sizeof(payload));
    run("xpl/acme-x.y/1-2/json/set", 25, payload, sizeof(payload));
    for (size_t i = 0; i + 5 <= sizeof(payload); i += 5)
        memcpy(payload + i, "{\"a\":", 5);
    run("xpl/acme-x.y/1-2/deep/set", 25, payload, sizeof(payload));
}

Test(command, payloads_of_64_kilobytes_and_any_bytes)
{
    static char payload[LIMIT_PAYLOAD];
    cr_assert_eq(world_load(mapping), 0);
    for (size_t i = 0; i < sizeof(payload); i++)
        payload[i] = (char)(i * 31);
    cr_expect_eq(run("xpl/acme-x.y/1-2/x/set", 22, payload, sizeof(payload)), MAPPING_COMMAND_MADE);
    cr_expect_eq(run("xpl/acme-x.y/1-2/deep/set", 25, payload, sizeof(payload)), MAPPING_COMMAND_REFUSED);
}

Test(command, topics_that_break_off_anywhere)
{
    static const char topic[] = "xpl/hall/lamp/%2f%zz%/set";
    cr_assert_eq(world_load(mapping), 0);
    for (size_t n = 0; n < sizeof(topic); n++)
        run(topic, n, "1", 1);
    cr_expect_eq(run(topic, sizeof(topic) - 1, "1", 1), MAPPING_COMMAND_MADE);
}

Test(command, topics_of_hundreds_of_levels_and_every_byte)
{
    char topic[LIMIT_TOPIC];
    cr_assert_eq(world_load(mapping), 0);
    memset(topic, '/', sizeof(topic));
    cr_expect_eq(run(topic, sizeof(topic), "1", 1), MAPPING_COMMAND_NO_MAP);
    for (int level = 0; level < 300; level++)
        memcpy(topic + 3 * level, "xa/", 3);
    cr_expect_eq(run(topic, 900, "1", 1), MAPPING_COMMAND_NO_MAP);
    for (int byte = 0; byte < 256; byte++) {
        size_t n = (size_t)snprintf(topic, sizeof(topic), "xpl/acme-x.y/?-2/x/set");
        topic[13] = (char)byte;
        enum mapping_command_result expected =
            byte == '/' || byte == '-' ? MAPPING_COMMAND_NO_MAP : MAPPING_COMMAND_MADE;
        cr_expect_eq(run(topic, n, "1", 1), expected, "byte %d", byte);
    }
    static char big[70000];
    memset(big, 'a', sizeof(big));
    cr_expect_eq(run(big, sizeof(big), "1", 1), MAPPING_COMMAND_REFUSED);
}

static void append(char *text, size_t capacity, const char *more)
{
    size_t size = strlen(text);
    snprintf(text + size, capacity - size, "%s", more);
}

Test(command, five_hundred_and_twelve_items_go_out_and_not_more)
{
    static char text[40000] = "<map schema='a.b'><property name='p'><send>";
    for (int i = 0; i < XPL_ITEMS_MAX; i++)
        append(text, sizeof(text), "<item name='a'>{payload}</item>");
    append(text, sizeof(text), "<item name='b' optional='yes'>{payload.x}</item></send></property></map>");
    cr_assert_eq(world_load(text), 0);
    cr_expect_eq(run("xpl/acme-x.y/p/set", 18, "1", 1), MAPPING_COMMAND_MADE);
    cr_expect_str_eq(world_mqtt("xpl/acme-x.y/p/set", "{\"x\":1}"), "refused too many items");
}

Test(command, what_was_refused_names_its_counter)
{
    struct mapping_command command;
    struct mapping_reason reason;
    cr_assert_eq(world_load(mapping), 0);
    cr_assert_eq(mapping_on_mqtt(world.mapping, world.scratch, XPL_SLICE("xpl/acme-x.y/1-2/deep/set"),
                                 XPL_SLICE("1"), NULL, NULL, &command, &reason),
                 MAPPING_COMMAND_REFUSED);
    cr_expect_eq(reason.counter, COUNT_REFUSED_VALUE);
}
