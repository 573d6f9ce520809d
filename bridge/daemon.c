#include "daemon.h"

#include <errno.h>
#include <malloc.h>
#include <stdlib.h>

#include "base/error.h"
#include "daemon-private.h"
#include "io/io.h"
#include "io/notify.h"

#define STOP_MS   3000 /* for the last messages to the broker; then the connection is cut */
#define WALL_MS   60000
#define PULSE_MS  1000    /* the loop turns at least so often, */
#define SLEEP_MS  2500    /* so when it did not for this long, it was stopped */
#define EXPIRY_MS 3600000 /* between looks at the certificates */
#define SAVE_MS \
    1000 /* from a change of the hub's clients to the runtime directory, which no SD card is under */

static void arm(struct daemon *daemon, int64_t now_ms);

/* After a failure to connect the broker's name is looked up here: the next attempts go to each of its
 * addresses. */
static void look_for_broker(struct daemon *daemon)
{
    uint64_t failures = daemon->counters.value[COUNT_CONNECT_FAILURES];
    if (daemon->closing || failures == daemon->failures || !paho_host(daemon->driver))
        return;
    daemon->failures = failures;
    resolver_ask(daemon->resolver, paho_host(daemon->driver));
}

static void on_addresses(void *context, const char *const *addresses, size_t n)
{
    struct daemon *daemon = context;
    if (!daemon->closing)
        paho_use_addresses(daemon->driver, addresses, n);
}

/* The line of `systemctl status`, when it is another one. */
static void tell_status(struct daemon *daemon)
{
    const char *role = core_role(daemon->core);
    if (daemon->stopping || (daemon->told_role == role && daemon->told_up == daemon->up))
        return;
    char line[64];
    struct text text = TEXT(line);
    text_format(&text, "xPL: %s; MQTT: %s", role, daemon->up ? "connected" : "not connected");
    notify_status(line);
    daemon->told_role = role;
    daemon->told_up = daemon->up;
}

/* After anything that happened: what it asked for, and the next deadline. */
static void settle(struct daemon *daemon, int64_t now_ms)
{
    while (daemon->reload_wanted) {
        daemon->reload_wanted = false;
        daemon_reload(daemon);
    }
    if (!daemon->closing && core_hub_has_changed(daemon->core) && daemon->save_due_ms == INT64_MAX &&
        !store_is_nowhere(&daemon->runtime))
        daemon->save_due_ms = now_ms + SAVE_MS;
    look_for_broker(daemon);
    tell_status(daemon);
    arm(daemon, now_ms);
}

/* ---- certificates ---- */

static void on_expiry(void *context, enum log_level level, const char *text)
{
    (void)context;
    log_write(LOG_MQTT, level, "%s", text);
}

static void look_at_certificates(struct daemon *daemon, int64_t now_ms)
{
    char buffer[1024] = "";
    struct text warning = TEXT(buffer);
    daemon->expiry_due_ms = now_ms + EXPIRY_MS;
    for (size_t i = 0; i < sizeof(daemon->certificates) / sizeof(*daemon->certificates); i++)
        certificate_look(&daemon->certificates[i], io_wall_ms(), &warning, on_expiry, NULL);
    core_note_warning(daemon->core, buffer);
}

/* ---- the session's listener: mqtt to core ---- */

static void on_up(void *context, int64_t now_ms)
{
    struct daemon *daemon = context;
    daemon->up = true;
    look_at_certificates(daemon, now_ms);
    lastwill_on_link(daemon->lastwill, true, now_ms);
    core_on_broker_up(daemon->core, now_ms);
}

static void on_down(void *context, int64_t now_ms)
{
    struct daemon *daemon = context;
    daemon->up = false;
    lastwill_on_link(daemon->lastwill, false, now_ms);
    core_on_broker_down(daemon->core, now_ms);
}

/* Were we stopped, or the machine put to sleep, a command may have waited in the kernel all the time; when it
 * came there nobody knows. So what comes just after that counts as old as the sleep was long. */
static void feel_sleep(struct daemon *daemon)
{
    int64_t now_ms = io_boot_ms();
    if (now_ms - daemon->awake_ms > SLEEP_MS) {
        daemon->slept_ms = now_ms - daemon->awake_ms;
        daemon->woke_ms = io_now_ms();
    }
    daemon->awake_ms = now_ms;
}

static int64_t arrival(const struct daemon *daemon, const struct mqtt_event *event)
{
    bool slept = daemon->slept_ms && event->arrived_ms < daemon->woke_ms + PULSE_MS;
    return event->arrived_ms - (slept ? daemon->slept_ms : 0);
}

static void on_message(void *context, const struct mqtt_event *event, int64_t now_ms)
{
    struct core_message message = { .topic = event->topic,
                                    .payload = event->payload,
                                    .response_topic = event->response_topic,
                                    .correlation = event->correlation,
                                    .retained = event->retained,
                                    .stored = event->stored,
                                    .expiry_s = event->expiry_s,
                                    .arrived_ms = arrival(context, event) };
    core_on_mqtt(((struct daemon *)context)->core, &message, now_ms);
}

static void on_session_log(void *context, enum log_level level, const char *text)
{
    struct daemon *daemon = context;
    log_write(LOG_MQTT, level, "%s", text);
    if (level <= LOG_LEVEL_WARNING && daemon->core)
        core_note_error(daemon->core, text);
}

static void close_all(struct daemon *daemon);

static void on_session_closed(void *context)
{
    struct daemon *daemon = context;
    if (--daemon->sessions == 0)
        close_all(daemon);
}

static uint32_t on_random(void *context)
{
    (void)context;
    return io_random();
}

/* ---- io to core ---- */

static void on_datagram(void *context, const char *data, size_t size, struct xpl_endpoint from,
                        bool hub_socket)
{
    struct daemon *daemon = context;
    int64_t now_ms = io_now_ms();
    if (daemon->stopping)
        return;
    core_on_xpl(daemon->core, xpl_slice(data, size), from, hub_socket, now_ms);
    settle(daemon, now_ms);
}

static void on_wake(void *context)
{
    struct daemon *daemon = context;
    struct mqtt_event *event;
    feel_sleep(daemon);
    while (!daemon->closing && (event = inbox_pop(daemon->inbox))) {
        session_on_event(daemon->session, event, io_now_ms());
        inbox_event_free(event);
    }
    if (!daemon->closing)
        lastwill_on_wake(daemon->lastwill, io_now_ms());
    if (!daemon->stopping)
        core_on_state_out(daemon->core, io_now_ms());
    settle(daemon, io_now_ms());
}

static void on_interfaces(void *context)
{
    struct daemon *daemon = context;
    if (daemon->core && !daemon->stopping) {
        core_on_address(daemon->core, daemon_choose_address(daemon), io_now_ms());
        settle(daemon, io_now_ms());
    }
}

static void on_timer(void *context, int64_t now_ms)
{
    struct daemon *daemon = context;
    feel_sleep(daemon);
    if (now_ms >= daemon->pulse_due_ms)
        daemon->pulse_due_ms = now_ms + PULSE_MS;
    if (now_ms >= daemon->wall_due_ms) {
        daemon->wall_due_ms = now_ms + WALL_MS;
        core_on_wall_clock(daemon->core, now_ms, io_wall_ms());
    }
    if (now_ms >= daemon->expiry_due_ms)
        look_at_certificates(daemon, now_ms);
    if (!daemon->stopping)
        core_on_time(daemon->core, now_ms);
    session_on_time(daemon->session, now_ms);
    lastwill_on_time(daemon->lastwill, now_ms);
    interfaces_on_time(daemon->interfaces, now_ms);
    if (now_ms >= daemon->save_due_ms) {
        daemon->save_due_ms = INT64_MAX;
        daemon_save_clients(daemon);
    }
    if (now_ms >= daemon->watchdog_due_ms && inbox_depth(daemon->inbox) < LIMIT_INBOX) {
        daemon->watchdog_due_ms = now_ms + notify_watchdog_ms();
        notify_watchdog();
    }
    settle(daemon, io_now_ms());
}

static void arm(struct daemon *daemon, int64_t now_ms)
{
    if (daemon->closing)
        return;
    int64_t deadlines[] = { daemon->stopping ? INT64_MAX : core_deadline(daemon->core),
                            session_deadline(daemon->session),
                            lastwill_deadline(daemon->lastwill),
                            interfaces_deadline(daemon->interfaces),
                            daemon->watchdog_due_ms,
                            daemon->wall_due_ms,
                            daemon->pulse_due_ms,
                            daemon->expiry_due_ms,
                            daemon->save_due_ms };
    int64_t earliest = INT64_MAX;
    for (size_t i = 0; i < sizeof(deadlines) / sizeof(*deadlines); i++)
        earliest = deadlines[i] < earliest ? deadlines[i] : earliest;
    timer_arm(daemon->timer, now_ms, earliest);
}

/* ---- stop ---- */

static void on_part_closed(void *context)
{
    struct daemon *daemon = context;
    daemon->open--;
}

/* Every handle goes; the loop ends by itself when the last one has. */
static void close_all(struct daemon *daemon)
{
    if (daemon->closing)
        return;
    daemon->closing = true;
    daemon->open = 7;
    paho_free(daemon->driver); /* its threads knock no more */
    daemon->driver = NULL;
    lastwill_close(daemon->lastwill);
    xplsocket_close(daemon->socket, on_part_closed, daemon);
    interfaces_close(daemon->interfaces, on_part_closed, daemon);
    resolver_close(daemon->resolver, on_part_closed, daemon);
    timer_close(daemon->timer, on_part_closed, daemon);
    signals_close(daemon->signals, on_part_closed, daemon);
    wake_close(daemon->wake, on_part_closed, daemon);
    spooling_close(daemon->spooling, on_part_closed, daemon);
}

static void stop(struct daemon *daemon)
{
    int64_t now_ms = io_now_ms();
    if (daemon->stopping) {
        close_all(daemon); /* asked twice: at once */
        return;
    }
    log_info(LOG_DAEMON, "stopping");
    notify_stopping();
    core_stop(daemon->core, now_ms); /* the last messages of the port come from inside */
    daemon_save(daemon);
    daemon_save_clients(daemon);
    daemon->stopping = true;
    lastwill_stop(daemon->lastwill, STOP_MS, now_ms);
    session_stop(daemon->session, STOP_MS, now_ms);
}

/* The same list that health shows, for whoever sent SIGUSR1. */
static void dump(struct daemon *daemon)
{
    daemon_refresh_counters(daemon);
    for (int i = 0; i < COUNTERS; i++)
        log_always(LOG_DAEMON, "%s %llu (%s)", counter_names[i],
                   (unsigned long long)daemon->counters.value[i], counter_texts[i]);
}

static void on_signal(void *context, enum signals_event event)
{
    struct daemon *daemon = context;
    switch (event) {
    case SIGNALS_STOP: stop(daemon); break;
    case SIGNALS_RELOAD: daemon->reload_wanted = !daemon->stopping; break;
    case SIGNALS_DUMP: dump(daemon); break;
    }
    settle(daemon, io_now_ms());
}

/* ---- start ---- */

static int open_io(struct daemon *daemon)
{
    struct xplsocket_listener listener = { daemon, on_datagram };
    int r = wake_new(&daemon->wake, &daemon->loop, on_wake, daemon);
    if (r == 0)
        r = signals_new(&daemon->signals, &daemon->loop, on_signal, daemon);
    if (r == 0)
        r = timer_new(&daemon->timer, &daemon->loop, on_timer, daemon);
    if (r == 0)
        r = resolver_new(&daemon->resolver, &daemon->loop, on_addresses, daemon);
    if (r == 0)
        r = interfaces_new(&daemon->interfaces, &daemon->loop, on_interfaces, daemon, io_now_ms());
    if (r == 0)
        r = xplsocket_new(&daemon->socket, &daemon->loop, 0, &listener);
    if (r < 0)
        log_error(LOG_DAEMON, "cannot open the xPL side: %s", strerror(-r));
    return r;
}

static int open_mqtt(struct daemon *daemon)
{
    const struct settings *settings = daemon->settings;
    struct session_options options = parts_session(settings);
    struct session_listener listener = { daemon,     on_up,          on_down,
                                         on_message, on_session_log, on_session_closed,
                                         on_random };
    char will[LIMIT_PREFIX + 32];
    snprintf(will, sizeof(will), "%s/bridge/state", settings->mqtt.prefix);
    options.will_topic = will;
    options.will_payload = "offline";
    int r = inbox_new(&daemon->inbox, wake_from_any_thread, daemon->wake);
    if (r == 0)
        r = paho_new(&daemon->driver, settings->mqtt.url, settings->mqtt.client_id, daemon->inbox);
    if (r == 0)
        r = session_new(&daemon->session, &options, &paho_ops, daemon->driver, &listener, &daemon->counters);
    if (r == 0)
        r = lastwill_new(&daemon->lastwill, settings, wake_from_any_thread, daemon->wake, on_session_closed,
                         daemon);
    if (r < 0)
        log_error(LOG_DAEMON, "cannot make the MQTT session: %s", strerror(-r));
    daemon->sessions = daemon->lastwill ? 2 : 1;
    return r;
}

static void on_spooled(void *context)
{
    settle(context, io_now_ms());
}

static int open_spool(struct daemon *daemon)
{
    if (daemon->settings->mqtt.spool != SETTINGS_SPOOL_DISK)
        return 0;
    int r = spooling_new(&daemon->spooling, &daemon->loop, daemon->store.directory, daemon->session,
                         &daemon->counters, on_spooled, daemon);
    if (r < 0)
        log_error(LOG_MQTT, "cannot open the spool in %s: %s", daemon->store.directory,
                  r == -EBUSY ? "another xplmqttd uses it" : strerror(-r));
    return r;
}

static int start(struct daemon *daemon)
{
    int r = open_io(daemon);
    if (r == 0)
        r = open_mqtt(daemon);
    if (r == 0)
        r = open_spool(daemon);
    if (r == 0)
        r = daemon_open_core(daemon);
    if (r < 0)
        return r;
    malloc_trim(0); /* what the load needed goes back: we stay for years */
    int64_t now_ms = io_now_ms();
    daemon->watchdog_due_ms = notify_watchdog_ms() ? now_ms : INT64_MAX;
    daemon->wall_due_ms = now_ms + WALL_MS;
    daemon->certificates[0] = (struct certificate){ .path = daemon->settings->mqtt.cert };
    daemon->certificates[1] =
        (struct certificate){ .path = daemon->settings->mqtt.cafile, .authority = true };
    look_at_certificates(daemon, now_ms);
    daemon->save_due_ms = INT64_MAX;
    daemon->awake_ms = io_boot_ms();
    core_start(daemon->core, now_ms);
    daemon_forget(&daemon->made_topics);
    daemon_forget(&daemon->devices);
    session_start(daemon->session, now_ms);
    notify_ready();
    settle(daemon, now_ms);
    return 0;
}

int daemon_run(struct settings *settings)
{
    struct daemon daemon = { .settings = settings };
    if (daemon_find_store(&daemon) < 0 || daemon_load(&daemon) < 0) {
        settings_free(settings);
        return 2;
    }
    int r = uv_loop_init(&daemon.loop);
    if (r == 0) {
        r = start(&daemon);
        if (r < 0)
            close_all(&daemon);
        uv_run(&daemon.loop, UV_RUN_DEFAULT);
        must(daemon.open == 0);
        must(uv_loop_close(&daemon.loop) == 0);
    }
    session_free(daemon.session);
    lastwill_free(daemon.lastwill);
    core_free(daemon.core);
    inbox_free(daemon.inbox);
    daemon_forget(&daemon.made_topics);
    daemon_forget(&daemon.devices);
    mapping_unref(daemon.mapping);
    settings_free(daemon.settings);
    return r < 0 ? 1 : 0;
}

const char *daemon_mqtt_version(void)
{
    return paho_version();
}
