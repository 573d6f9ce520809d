/* Commands from MQTT: they act now or not at all, and each has a result (xplmqttd(8)).
 *
 *   refused: why    nothing went out
 *   sent            the datagram is on the network, and no confirmation is asked for
 *   confirmed       the message that proves it came in time
 *   timeout         it did not
 */
#ifndef CORE_COMMANDS_H
#define CORE_COMMANDS_H

#include "core/core.h"

struct pending;

struct commands {
    struct pending *first; /* waiting for a repeat or a confirmation */
    size_t n;
    struct xpl_message *sent; /* what was sent, while it is looked at; made for the first command */
};

void commands_deinit(struct commands *commands);

/* A message on a topic that may be a command. False when no map knows the topic. */
bool commands_on_mqtt(struct core *core, const struct core_message *message, int64_t now_ms);

/* One that no map knows, and that yet looks like a command: somebody mistyped it, and is told. False when it
 * does not. */
bool commands_refuse_unknown(struct core *core, const struct core_message *message);

/* A message that is not ours: it may confirm. */
void commands_on_xpl(struct core *core, const struct xpl_message *message, int64_t now_ms);

/* Nothing is waited for any longer: what was not confirmed yet is timed out. */
void commands_stop(struct core *core, int64_t now_ms);

/* Commands that wait for their confirmation. */
size_t commands_awaited(const struct commands *commands);

int64_t commands_deadline(const struct commands *commands);
void commands_on_time(struct core *core, int64_t now_ms);

#endif
