/* How the tool meets the xPL network: a loop, our own socket, and where to speak from. */
#ifndef TOOL_NET_H
#define TOOL_NET_H

#include "config/settings.h"
#include "io/addresses.h"
#include "io/xplsocket.h"
#include "tool/verb.h"

/* The address to speak from and the broadcast address, as the settings want them. 0; TOOL_WRONG when the
 * interface or address is not here, which is told. */
int net_choose(const struct tool_verb *verb, const struct settings *settings,
               const struct addresses *addresses, struct addresses_choice *ret);

/* Our address "xplmqtt-DEVICE.INSTANCE". */
void net_source(const struct settings *settings, const char *device, struct text *ret);

#endif
