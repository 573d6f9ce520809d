/* The sink: core speaks, io and the MQTT session carry it out. */
#include <errno.h>

#include "daemon-private.h"
#include "io/io.h"

static int sink_broadcast(void *context, const char *data, size_t size)
{
    struct daemon *daemon = context;
    return daemon->absent ? -ENETDOWN : xplsocket_broadcast(daemon->socket, data, size);
}

static int sink_forward(void *context, struct xpl_endpoint to, const char *data, size_t size)
{
    return xplsocket_send(((struct daemon *)context)->socket, to, data, size);
}

static int sink_hub_open(void *context)
{
    return xplsocket_hub_open(((struct daemon *)context)->socket);
}

static void sink_hub_close(void *context)
{
    xplsocket_hub_close(((struct daemon *)context)->socket);
}

static bool sink_is_local(void *context, uint32_t ip)
{
    return interfaces_is_local(((struct daemon *)context)->interfaces, ip);
}

static bool sink_is_taken(void *context, struct xpl_endpoint endpoint)
{
    (void)context;
    return xplsocket_is_taken(endpoint);
}

static void sink_drain(void *context)
{
    xplsocket_drain(((struct daemon *)context)->socket);
}

static void sink_publish(void *context, const struct sink_publish *publish)
{
    static const enum session_lane lanes[] = {
        [SINK_STATE] = SESSION_STATE,
        [SINK_EVENT] = SESSION_EVENT,
        [SINK_TRANSIENT] = SESSION_TRANSIENT,
    };
    struct session_publish out = { lanes[publish->lane], publish->topic, publish->payload, publish->qos,
                                   publish->correlation };
    struct daemon *daemon = context;
    if (!lastwill_publish(daemon->lastwill, publish->topic, publish->payload, io_now_ms()))
        session_publish(daemon->session, &out, io_now_ms());
}

static bool sink_state(void *context, struct xpl_slice topic, struct xpl_slice *ret)
{
    struct daemon *daemon = context;
    return lastwill_get(daemon->lastwill, topic, ret) || session_get(daemon->session, topic, ret);
}

static bool sink_is_out(void *context, struct xpl_slice topic)
{
    return lastwill_is_out(((struct daemon *)context)->lastwill, topic);
}

static void sink_subscribe(void *context, const char *filter)
{
    if (session_subscribe(((struct daemon *)context)->session, filter, 1, io_now_ms()) < 0)
        log_error(LOG_MQTT, "no room to subscribe to %s", filter);
}

static void sink_unsubscribe(void *context, const char *filter)
{
    session_unsubscribe(((struct daemon *)context)->session, filter, io_now_ms());
}

void daemon_refresh_counters(struct daemon *daemon)
{
    daemon->counters.value[COUNT_KERNEL_DROPPED] = xplsocket_kernel_drops(daemon->socket);
    count_n(&daemon->counters, COUNT_INBOX_FULL, inbox_take_dropped(daemon->inbox));
    count_n(&daemon->counters, COUNT_MQTT_TOO_LARGE, inbox_take_too_large(daemon->inbox));
}

static void sink_depths(void *context, struct sink_depths *ret)
{
    struct daemon *daemon = context;
    daemon_refresh_counters(daemon); /* whoever asks is about to show them */
    *ret = (struct sink_depths){ session_states(daemon->session), session_waiting(daemon->session),
                                 session_inflight(daemon->session), inbox_depth(daemon->inbox) };
}

static void sink_reload(void *context)
{
    ((struct daemon *)context)->reload_wanted = true;
}

static uint32_t sink_random(void *context)
{
    (void)context;
    return io_random();
}

static int sink_save(void *context, const char *name, const char *data, size_t size)
{
    return daemon_keep(context, name, data, size);
}

static const char *sink_log_level(void *context, const char *level)
{
    (void)context;
    if (level)
        log_set_levels(xpl_slice_from(level));
    return log_level_names[log_get_level(LOG_DAEMON)];
}

static void sink_log(void *context, enum log_area area, enum log_level level, const char *text)
{
    (void)context;
    log_write(area, level, "%s", text);
}

struct sink daemon_sink(struct daemon *daemon)
{
    return (struct sink){ .context = daemon,
                          .broadcast = sink_broadcast,
                          .forward = sink_forward,
                          .hub_open = sink_hub_open,
                          .hub_close = sink_hub_close,
                          .is_local = sink_is_local,
                          .is_taken = sink_is_taken,
                          .drain = sink_drain,
                          .publish = sink_publish,
                          .state = sink_state,
                          .is_out = sink_is_out,
                          .subscribe = sink_subscribe,
                          .unsubscribe = sink_unsubscribe,
                          .depths = sink_depths,
                          .reload = sink_reload,
                          .random = sink_random,
                          .save = sink_save,
                          .log_level = sink_log_level,
                          .log = sink_log };
}
