/* What comes in from the xPL network: from a datagram to a message that is somebody else's and concerns us.
 */
#ifndef CORE_HEARD_H
#define CORE_HEARD_H

#include <stdbool.h>
#include <stdint.h>

#include "xpl/address.h"

struct core;

/* Takes a datagram through budget, parser and hub, and puts fragments together. True: *datagram (as given, or
 * the message that its last part made whole, which lives until the next call) is parsed in core->message, and
 * goes on to the maps. False: it went no further, and was counted. */
bool heard_on_datagram(struct core *core, struct xpl_slice *datagram, struct xpl_endpoint from,
                       bool hub_socket, int64_t now_ms);

#endif
