/* What MQTT 3.1.1 has no word for: a broker whose access list forbids a publish acknowledges it and drops it.
 * So in each connection of 3.1.1 we listen for our own state: it is published when we are up, and must come
 * back.
 *
 *   asked for at the connect -> up: awaited -> it came, or its time is over: no longer subscribed
 *
 * A broker may also forbid us to read it, so a missing echo is a warning, not the end. The topic is read by
 * nobody else here, so its messages end here.
 */
#include "mqtt/session-private.h"

#define WAIT_MS 30000
#define NUMBER  ((uint64_t)1 << 38) /* of the subscription, out of the way of the others' */

void session_echo_ask(struct session *session)
{
    const char *topic = session->options.will_topic;
    session->echo.phase = ECHO_NONE;
    if (session->version == MQTT_VERSION_311 && topic &&
        session->ops->subscribe(session->driver, topic, 0, MQTT_CONTEXT(session->generation, NUMBER)) == 0)
        session->echo.phase = ECHO_ASKED;
}

void session_echo_up(struct session *session, int64_t now_ms)
{
    struct xpl_slice value;
    if (session->echo.phase != ECHO_ASKED)
        return;
    if (!outbox_get(session->outbox, xpl_slice_from(session->options.will_topic), &value))
        return; /* nothing was published that could come back */
    session->echo.phase = ECHO_AWAITED;
    session->echo.due_ms = now_ms + WAIT_MS;
}

static void end(struct session *session)
{
    session->echo.phase = ECHO_NONE;
    session->ops->unsubscribe(session->driver, session->options.will_topic);
}

bool session_echo_on_suback(struct session *session, const struct mqtt_event *event)
{
    if (MQTT_CONTEXT_NUMBER(event->context) != NUMBER)
        return false;
    if (event->type == MQTT_EVENT_SUBSCRIBE_FAILED) /* the broker at least says so; nothing is to be learnt */
        session->echo.phase = ECHO_NONE;
    return true;
}

bool session_echo_on_message(struct session *session, const struct mqtt_event *event)
{
    if (session->echo.phase == ECHO_NONE ||
        !xpl_slice_equal(event->topic, xpl_slice_from(session->options.will_topic)))
        return false;
    if (!event->retained && session->echo.phase == ECHO_AWAITED && session_is_connected(session))
        end(session);
    return true;
}

int64_t session_echo_deadline(const struct session *session)
{
    return session->echo.phase == ECHO_AWAITED ? session->echo.due_ms : INT64_MAX;
}

void session_echo_on_time(struct session *session, int64_t now_ms)
{
    if (now_ms < session_echo_deadline(session))
        return;
    count(session->counters, COUNT_ECHOES_MISSING);
    session_say(
        session, LOG_LEVEL_WARNING,
        "what we publish to %s does not come back: the broker's access list may forbid us to write or "
        "to read it, which MQTT 3.1.1 does not tell",
        session->options.will_topic);
    if (session_is_connected(session))
        end(session);
    session->echo.phase = ECHO_NONE;
}
