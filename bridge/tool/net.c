#include "tool/net.h"

#include <stdio.h>

static void list(const struct addresses *addresses)
{
    fputs("There are:", stderr);
    for (size_t i = 0; i < addresses->n; i++) {
        char ip[XPL_IP_TEXT_MAX];
        xpl_ip_format(ip, addresses->list[i].ip);
        fprintf(stderr, " %s (%s)", addresses->list[i].name, ip);
    }
    fputs(addresses->n ? "\n" : " none\n", stderr);
}

int net_choose(const struct tool_verb *verb, const struct settings *settings,
               const struct addresses *addresses, struct addresses_choice *ret)
{
    char broadcast[XPL_IP_TEXT_MAX] = "";
    if (settings->xpl.broadcast)
        xpl_ip_format(broadcast, settings->xpl.broadcast);
    if (addresses_choose(addresses, settings->xpl.interface, broadcast, ret) == ADDRESSES_OK)
        return 0;
    tool_say(verb, "no interface or address %s that is up",
             settings->xpl.interface ? settings->xpl.interface : broadcast);
    list(addresses);
    return TOOL_WRONG;
}

void net_source(const struct settings *settings, const char *device, struct text *ret)
{
    text_format(ret, "xplmqtt-%s.%s", device, settings->xpl.instance);
}
