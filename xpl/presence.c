/* What to say in a heartbeat, and recognising what is said about us. Declared in heartbeat.h. */
#include "xpl/heartbeat.h"

#include <stdio.h>

#include "scan.h"

static const char *schema_of(enum xpl_presence_kind kind)
{
    static const char *const schemas[] = {
        [XPL_HBEAT_APP] = "hbeat.app",         [XPL_HBEAT_END] = "hbeat.end",
        [XPL_HBEAT_REQUEST] = "hbeat.request", [XPL_CONFIG_APP] = "config.app",
        [XPL_CONFIG_END] = "config.end",
    };
    return schemas[kind];
}

static void add(struct xpl_message *message, struct xpl_slice name, struct xpl_slice value)
{
    message->items[message->n_items++] = (struct xpl_item){ name, value };
}

static struct xpl_slice digits(char ret[16], unsigned number)
{
    return xpl_slice(ret, (size_t)snprintf(ret, 16, "%u", number));
}

int xpl_presence_write(const struct xpl_presence *presence, enum xpl_presence_kind kind, char *buffer,
                       size_t capacity, size_t *ret_size)
{
    struct xpl_message message;
    message.type = kind == XPL_HBEAT_REQUEST ? XPL_CMND : XPL_STAT;
    message.hop = 1;
    message.source = xpl_address_split(presence->source);
    message.target = xpl_address_split(XPL_SLICE("*"));
    message.schema = xpl_slice_from(schema_of(kind));
    message.n_items = 0;

    char interval[16], port[16], ip[XPL_IP_TEXT_MAX];
    if (kind == XPL_HBEAT_REQUEST) {
        add(&message, XPL_SLICE("command"), XPL_SLICE("request")); /* some programs need it to be there */
        return xpl_message_format(&message, buffer, capacity, ret_size, NULL);
    }
    if (presence->endpoint.port == 0 || presence->endpoint.port == XPL_PORT)
        return XPL_E_VALUE;
    add(&message, XPL_SLICE("interval"), digits(interval, presence->interval));
    add(&message, XPL_SLICE("port"), digits(port, presence->endpoint.port));
    add(&message, XPL_SLICE("remote-ip"), xpl_slice(ip, xpl_ip_format(ip, presence->endpoint.ip)));
    if (presence->version.size)
        add(&message, XPL_SLICE("version"), presence->version);
    return xpl_message_format(&message, buffer, capacity, ret_size, NULL);
}

static bool is_schema(const struct xpl_message *message, enum xpl_presence_kind kind)
{
    return xpl_slice_equal_nocase(message->schema, xpl_slice_from(schema_of(kind)));
}

bool xpl_presence_is_echo(const struct xpl_presence *presence, const struct xpl_message *message)
{
    if (!is_schema(message, XPL_HBEAT_APP) && !is_schema(message, XPL_CONFIG_APP))
        return false;
    const struct xpl_item *port = xpl_message_item(message, XPL_SLICE("port"));
    const struct xpl_item *ip = xpl_message_item(message, XPL_SLICE("remote-ip"));
    uint32_t said_port, said_ip;
    return xpl_slice_equal_nocase(message->source.text, presence->source) && port && ip &&
           scan_number(port->value, &said_port) && said_port == presence->endpoint.port &&
           !xpl_ip_parse(ip->value, &said_ip) && said_ip == presence->endpoint.ip;
}

bool xpl_presence_is_request(const struct xpl_presence *presence, const struct xpl_message *message)
{
    return message->type == XPL_CMND && is_schema(message, XPL_HBEAT_REQUEST) &&
           (xpl_target_is_all(message->target.text) ||
            xpl_slice_equal_nocase(message->target.text, presence->source));
}
