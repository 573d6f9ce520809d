/* The tunnel: xPL networks joined over MQTT. Every member of the tunnel NAME publishes what it hears on its
 * network to xpl/tunnel/NAME/INSTANCE, and sends on its network what the others published, with one hop more.
 *
 * The topic begins with "xpl" whatever our prefix is: two bridges on one broker have each its own prefix, and
 * have to meet somewhere. A message waits for nothing: while the broker is away it is dropped and counted,
 * since xPL commands must not act late.
 *
 * What never happens: that a message comes back to the network it began on, or goes around. Four things see
 * to it:
 *
 *   - the hop count, at most 9;
 *   - what we sent on our network is known again for SEEN_MS when it comes back, and is not published.
 * (Unlike in other bridges it may come back more than once: a device's second equal message lives on one side
 * as the first.)
 *   - what was heard here is known again when another member publishes it, and is not sent;
 *   - a source that lives behind a member is not published when it is heard here with more than one hop: that
 * is the copy of another bridge.
 *
 * A message with one target goes only where the target lives, once that is known.
 */
#ifndef CORE_TUNNEL_H
#define CORE_TUNNEL_H

#include "core/core.h"

#define TUNNEL_ROOT    "xpl/tunnel"
#define TUNNEL_HOP_MAX 9 /* a message with that many hops goes nowhere */

struct tunnel;

/* *ret is NULL when core->options name no tunnel. 0 or -ENOMEM. */
int tunnel_new(struct tunnel **ret, const struct core_options *options);
void tunnel_free(struct tunnel *tunnel);

void tunnel_start(struct core *core);

/* All of these do nothing without a tunnel. */

/* Whether a message heard here, not our own, came out of the tunnel. */
bool tunnel_is_copy(struct core *core, const struct xpl_message *message, int64_t now_ms);
/* A message heard here that did not, and the bytes that it was parsed from. */
void tunnel_on_message(struct core *core, const struct xpl_message *message, struct xpl_slice datagram,
                       int64_t now_ms);
/* A message of our own that went out here. */
void tunnel_on_sent(struct core *core, struct xpl_slice datagram);

/* A message of the broker. False: its topic is not in our tunnel. */
bool tunnel_on_mqtt(struct core *core, const struct core_message *message, int64_t now_ms);

#endif
