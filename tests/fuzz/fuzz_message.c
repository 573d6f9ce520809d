/* Any bytes: parsed, they lie inside their datagram; what strict formatting then takes is read back as the
 * same message and written the same again; and a hub takes it, whoever sent it, without ever serving the
 * hub's own port.
 *
 * With a fuzzer, compile this file and those of xpl with clang -fsanitize=fuzzer,address,undefined
 * -D_GNU_SOURCE -Iinclude. As a test it is linked with replay.c, which feeds it the corpus. */
#include "xpl/filter.h"
#include "xpl/hub.h"

#include <stdint.h>
#include <stdlib.h>

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

#define CHECK(condition)  \
    do {                  \
        if (!(condition)) \
            abort();      \
    } while (0)

static struct xpl_message message, again;

static void check_inside(struct xpl_slice slice, const char *data, size_t size)
{
    if (slice.size)
        CHECK(slice.data >= data && slice.size <= size && (size_t)(slice.data - data) <= size - slice.size);
}

static void check_parsed(const char *data, size_t size)
{
    check_inside(message.source.text, data, size);
    check_inside(message.schema_class, data, size);
    check_inside(message.schema_type, data, size);
    CHECK(message.hop >= 0 && message.hop <= 9);
    CHECK(message.source.text.size && message.target.text.size && message.schema.size);
    CHECK(message.n_items <= XPL_ITEMS_MAX);
    for (size_t i = 0; i < message.n_items; i++) {
        CHECK(message.items[i].name.size);
        check_inside(message.items[i].name, data, size);
        check_inside(message.items[i].value, data, size);
    }
}

static void check_round_trip(void)
{
    char first[XPL_MESSAGE_MAX], second[XPL_MESSAGE_MAX];
    size_t first_size = 0, second_size = 0;
    if (xpl_message_format(&message, first, sizeof(first), &first_size, NULL))
        return;
    CHECK(xpl_message_parse(&again, first, first_size) == 0);
    CHECK(again.type == message.type && again.hop == message.hop && again.n_items == message.n_items);
    CHECK(xpl_slice_equal_nocase(again.source.text, message.source.text));
    CHECK(xpl_slice_equal_nocase(again.target.text, message.target.text));
    CHECK(xpl_slice_equal_nocase(again.schema, message.schema));
    for (size_t i = 0; i < message.n_items; i++) {
        CHECK(xpl_slice_equal_nocase(again.items[i].name, message.items[i].name));
        CHECK(xpl_slice_equal(again.items[i].value, message.items[i].value));
    }
    CHECK(xpl_message_format(&again, second, sizeof(second), &second_size, NULL) == 0);
    CHECK(xpl_slice_equal(xpl_slice(first, first_size), xpl_slice(second, second_size)));
}

static bool is_even(void *context, uint32_t ip)
{
    (void)context;
    return ip % 2 == 0;
}

/* One hub for all inputs, so that it fills up. */
static void check_hub(void)
{
    static struct xpl_hub *hub;
    static char text[4096];
    static int64_t now;
    if (!hub)
        hub = xpl_hub_new(is_even, NULL);
    CHECK(hub);
    size_t n;
    xpl_hub_hear(hub, &message, 0x7f000001, now);
    const struct xpl_endpoint *endpoints = xpl_hub_endpoints(hub, &n);
    CHECK(n <= XPL_HUB_CLIENTS_MAX);
    for (size_t i = 0; i < n; i++)
        CHECK(endpoints[i].port && endpoints[i].port != XPL_PORT &&
              (endpoints[i].ip >> 24 == 127 || endpoints[i].ip % 2 == 0));
    size_t size = xpl_hub_export(hub, text, sizeof(text));
    size_t refused = 0;
    xpl_hub_import(hub, xpl_slice(text, size), now, &refused);
    CHECK(refused == 0);
    xpl_hub_expire(hub, now += 10000);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    struct xpl_slice text = xpl_slice((const char *)data, size);
    struct xpl_filter filter;
    bool filtered = xpl_filter_parse(&filter, text) == 0;
    if (xpl_message_parse(&message, text.data, size) != 0)
        return 0;
    check_parsed(text.data, size);
    check_round_trip();
    check_hub();
    xpl_message_is_for(&message, message.target.text, NULL, 0, filtered ? &filter : NULL, filtered);
    return 0;
}
