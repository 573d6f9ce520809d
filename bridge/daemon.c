#include "daemon.h"

#include <errno.h>
#include <malloc.h>
#include <stdlib.h>

#include "base/error.h"
#include "base/limits.h"
#include "core/core.h"
#include "io/interfaces.h"
#include "io/io.h"
#include "io/notify.h"
#include "io/resolver.h"
#include "io/signals.h"
#include "io/store.h"
#include "io/timer.h"
#include "io/wake.h"
#include "io/xplsocket.h"
#include "lastwill.h"
#include "mqtt/certificate.h"
#include "mqtt/inbox.h"
#include "mqtt/paho.h"
#include "parts.h"
#include "spooling.h"
#include "xpl/hub.h"

#define STOP_MS       3000 /* for the last messages to the broker; then the connection is cut */
#define HEARTBEAT_MIN 5
#define WALL_MS       60000
#define EXPIRY_MS     3600000 /* between looks at the certificates */

#define FILE_HUB     "hub-clients"
#define FILE_TOPICS  "topics"
#define FILE_DEVICES "devices"
#define SAVE_MS \
    1000 /* from a change of the hub's clients to the runtime directory, which no SD card is under */

struct daemon {
    uv_loop_t loop;
    struct settings *settings;
    struct counters counters;
    struct mapping *mapping;
    struct core *core;
    struct inbox *inbox;
    struct mqtt_driver *driver;
    struct session *session;
    struct lastwill *lastwill; /* NULL without Homie */
    int sessions;              /* not closed yet */
    struct spooling *spooling; /* NULL: in memory */
    struct xplsocket *socket;
    struct interfaces *interfaces;
    struct resolver *resolver;
    uint64_t failures; /* to connect, that were looked into */
    struct timer *timer;
    struct signals *signals;
    struct wake *wake;
    struct store store, runtime;
    int open; /* parts whose handles are not gone yet */
    bool stopping, closing, reload_wanted, absent;
    int64_t watchdog_due_ms, wall_due_ms, expiry_due_ms, save_due_ms;
    struct certificate certificates[2];
    char *hub_clients, *made_topics, *devices, *remote, *things, *announced; /* of the last run */
    int status;
};

static void arm(struct daemon *daemon, int64_t now_ms);
static void reload(struct daemon *daemon);

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

/* After anything that happened: what it asked for, and the next deadline. */
static void settle(struct daemon *daemon, int64_t now_ms)
{
    while (daemon->reload_wanted) {
        daemon->reload_wanted = false;
        reload(daemon);
    }
    if (!daemon->closing && core_hub_has_changed(daemon->core) && daemon->save_due_ms == INT64_MAX &&
        !store_is_nowhere(&daemon->runtime))
        daemon->save_due_ms = now_ms + SAVE_MS;
    look_for_broker(daemon);
    arm(daemon, now_ms);
}

/* ---- the sink: core to io and mqtt ---- */

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
    struct daemon *daemon = context;
    int r = xplsocket_hub_open(daemon->socket);
    if (r == 0)
        log_debug(LOG_XPL, "receive buffer: %zu bytes", xplsocket_receive_buffer(daemon->socket));
    return r;
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

static void sink_subscribe(void *context, const char *filter)
{
    if (session_subscribe(((struct daemon *)context)->session, filter, 1, io_now_ms()) < 0)
        log_error(LOG_MQTT, "no room to subscribe to %s", filter);
}

static void sink_unsubscribe(void *context, const char *filter)
{
    session_unsubscribe(((struct daemon *)context)->session, filter, io_now_ms());
}

static void refresh_counters(struct daemon *daemon)
{
    daemon->counters.value[COUNT_KERNEL_DROPPED] = xplsocket_kernel_drops(daemon->socket);
    count_n(&daemon->counters, COUNT_INBOX_FULL, inbox_take_dropped(daemon->inbox));
    count_n(&daemon->counters, COUNT_MQTT_TOO_LARGE, inbox_take_too_large(daemon->inbox));
}

static void sink_depths(void *context, struct sink_depths *ret)
{
    struct daemon *daemon = context;
    refresh_counters(daemon); /* whoever asks is about to show them */
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
    struct daemon *daemon = context;
    if (store_is_nowhere(&daemon->store))
        return -ENOENT;
    int r = store_replace(&daemon->store, name, data, size);
    if (r < 0)
        log_warning(LOG_DAEMON, "cannot write %s/%s: %s", daemon->store.directory, name, strerror(-r));
    return r;
}

static void sink_log(void *context, enum log_area area, enum log_level level, const char *text)
{
    (void)context;
    log_write(area, level, "%s", text);
}

static struct sink make_sink(struct daemon *daemon)
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
                          .subscribe = sink_subscribe,
                          .unsubscribe = sink_unsubscribe,
                          .depths = sink_depths,
                          .reload = sink_reload,
                          .random = sink_random,
                          .save = sink_save,
                          .log = sink_log };
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
    look_at_certificates(context, now_ms);
    core_on_broker_up(((struct daemon *)context)->core, now_ms);
}

static void on_down(void *context, int64_t now_ms)
{
    core_on_broker_down(((struct daemon *)context)->core, now_ms);
}

static void on_message(void *context, const struct mqtt_event *event, int64_t now_ms)
{
    struct core_message message = { .topic = event->topic,
                                    .payload = event->payload,
                                    .response_topic = event->response_topic,
                                    .correlation = event->correlation,
                                    .retained = event->retained,
                                    .expiry_s = event->expiry_s,
                                    .arrived_ms = event->arrived_ms };
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
    return sink_random(context);
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
    while (!daemon->closing && (event = inbox_pop(daemon->inbox))) {
        session_on_event(daemon->session, event, io_now_ms());
        inbox_event_free(event);
    }
    if (!daemon->closing)
        lastwill_on_wake(daemon->lastwill, io_now_ms());
    settle(daemon, io_now_ms());
}

/* Chooses the address to speak from. What was named and is not there is not replaced by another. */
static struct xpl_endpoint choose_address(struct daemon *daemon)
{
    const struct settings *settings = daemon->settings;
    char broadcast[XPL_IP_TEXT_MAX] = "";
    struct addresses_choice choice;
    if (settings->xpl.broadcast)
        xpl_ip_format(broadcast, settings->xpl.broadcast);
    int r = addresses_choose(interfaces_addresses(daemon->interfaces), settings->xpl.interface, broadcast,
                             &choice);
    if ((r != ADDRESSES_OK) != daemon->absent && r != ADDRESSES_OK)
        log_warning(LOG_XPL, "interface %s is not there: the xPL side is down until it is",
                    settings->xpl.interface ? settings->xpl.interface : broadcast);
    daemon->absent = r != ADDRESSES_OK;
    if (daemon->absent)
        return (struct xpl_endpoint){ 0 };
    char ip[XPL_IP_TEXT_MAX], to[XPL_IP_TEXT_MAX];
    xpl_ip_format(ip, choice.ip);
    xpl_ip_format(to, choice.broadcast);
    log_info(LOG_XPL, "speaking from %s (%s) to %s", ip, choice.name, to);
    xplsocket_aim(daemon->socket, choice.broadcast, choice.index);
    return (struct xpl_endpoint){ choice.ip, xplsocket_port(daemon->socket) };
}

static void on_interfaces(void *context)
{
    struct daemon *daemon = context;
    if (daemon->core && !daemon->stopping) {
        core_on_address(daemon->core, choose_address(daemon), io_now_ms());
        settle(daemon, io_now_ms());
    }
}

static int save_clients(struct daemon *daemon, struct store *store)
{
    char *buffer = store_is_nowhere(store) ? NULL : malloc(LIMIT_STATE_FILE);
    if (!buffer)
        return 0;
    int r = store_replace(store, FILE_HUB, buffer, core_export_hub(daemon->core, buffer, LIMIT_STATE_FILE));
    free(buffer);
    return r;
}

static void on_timer(void *context, int64_t now_ms)
{
    struct daemon *daemon = context;
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
    if (interfaces_deadline(daemon->interfaces) <= now_ms)
        interfaces_on_time(daemon->interfaces, now_ms);
    if (now_ms >= daemon->save_due_ms) {
        daemon->save_due_ms = INT64_MAX;
        save_clients(daemon, &daemon->runtime);
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
                            daemon->expiry_due_ms,
                            daemon->save_due_ms };
    int64_t earliest = INT64_MAX;
    for (size_t i = 0; i < sizeof(deadlines) / sizeof(*deadlines); i++)
        earliest = deadlines[i] < earliest ? deadlines[i] : earliest;
    timer_arm(daemon->timer, now_ms, earliest);
}

/* ---- reload ---- */

static const char *apply(struct daemon *daemon, struct settings *settings, struct mapping *mapping)
{
    unsigned changes = settings_compare(daemon->settings, settings);
    unsigned later = changes & ~(unsigned)(SETTINGS_CHANGED_MAPPINGS | SETTINGS_CHANGED_LOG);
    log_set_levels(xpl_slice_from(settings->log));
    core_set_mapping(daemon->core, mapping, io_now_ms());
    mapping_unref(daemon->mapping);
    daemon->mapping = mapping;
    if (later) { /* the parts that were built from the old settings go on with them */
        log_warning(LOG_CONFIG,
                    "settings other than mappings and log levels have changed: restart to apply them");
        settings_free(settings);
        return NULL;
    }
    settings_free(daemon->settings);
    daemon->settings = settings;
    return NULL;
}

/* Where core keeps the names that were given by request; NULL: nowhere. */
static const char *names_file(const struct daemon *daemon, char *buffer, size_t capacity)
{
    if (store_is_nowhere(&daemon->store))
        return NULL;
    snprintf(buffer, capacity, "%s/" CORE_FILE_NAMES, daemon->store.directory);
    return buffer;
}

static void reload(struct daemon *daemon)
{
    struct diag diag;
    char names[sizeof(daemon->store.directory) + sizeof(CORE_FILE_NAMES)];
    struct settings *settings = NULL;
    struct mapping *mapping = NULL;
    diag_init(&diag);
    notify_reloading();
    int r = settings_reload(&settings, daemon->settings, &diag);
    if (r == 0)
        r = parts_mapping(settings, daemon->settings, names_file(daemon, names, sizeof(names)), false, &diag,
                          &mapping);
    parts_log_findings(&diag, daemon->settings->verbose ? DIAG_INFO : DIAG_WARNING);
    if (r == 0) {
        apply(daemon, settings, mapping);
        log_info(LOG_MAPPING, "reloaded: %zu maps, digest %s", mapping_maps(mapping),
                 mapping_digest(mapping));
        core_on_reloaded(daemon->core, NULL, io_now_ms());
    } else {
        char why[1024] = "out of memory";
        for (const struct diag_finding *f = diag.first; f; f = f->next)
            if (f->level == DIAG_ERROR) {
                diag_render(f, why, sizeof(why));
                break;
            }
        log_error(LOG_MAPPING, "not reloaded, the old mapping stays in force");
        core_on_reloaded(daemon->core, why, io_now_ms());
        settings_free(settings);
    }
    diag_deinit(&diag);
    malloc_trim(0);
    notify_ready(NULL);
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

static void save(struct daemon *daemon)
{
    size_t capacity = LIMIT_STATE_FILE;
    char *buffer = store_is_nowhere(&daemon->store) ? NULL : malloc(capacity);
    if (!buffer)
        return;
    static const struct {
        const char *file;
        size_t (*export)(const struct core *core, char *buffer, size_t capacity);
    } memories[] = { { FILE_HUB, core_export_hub },
                     { FILE_TOPICS, core_export_topics },
                     { FILE_DEVICES, core_export_devices } };
    for (size_t i = 0; i < sizeof(memories) / sizeof(memories[0]); i++) {
        size_t size = memories[i].export(daemon->core, buffer, capacity);
        int r = store_replace(&daemon->store, memories[i].file, buffer, size);
        if (r < 0)
            log_warning(LOG_DAEMON, "cannot write %s/%s: %s", daemon->store.directory, memories[i].file,
                        strerror(-r));
    }
    free(buffer);
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
    save(daemon);
    save_clients(daemon, &daemon->runtime);
    daemon->stopping = true;
    lastwill_stop(daemon->lastwill, STOP_MS, now_ms);
    session_stop(daemon->session, STOP_MS, now_ms);
    settle(daemon, io_now_ms());
}

/* The same list that health shows, for whoever sent SIGUSR1. */
static void dump(struct daemon *daemon)
{
    refresh_counters(daemon);
    for (int i = 0; i < COUNTERS; i++)
        log_info(LOG_DAEMON, "%s %llu (%s)", counter_names[i], (unsigned long long)daemon->counters.value[i],
                 counter_texts[i]);
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

static struct xpl_slice recall(struct daemon *daemon, const char *name, char **ret)
{
    size_t size = 0;
    int r = store_read(&daemon->store, name, ret, &size);
    if (r < 0)
        log_warning(LOG_DAEMON, "cannot read %s/%s: %s", daemon->store.directory, name, strerror(-r));
    return r == STORE_OK ? xpl_slice(*ret, size) : xpl_slice(NULL, 0);
}

static void forget(char **text)
{
    free(*text);
    *text = NULL;
}

/* The runtime directory knows of the moment before a crash, but not of the time before a boot. */
static struct xpl_slice recall_clients(struct daemon *daemon)
{
    size_t size = 0;
    if (store_read(&daemon->runtime, FILE_HUB, &daemon->hub_clients, &size) == STORE_OK)
        return xpl_slice(daemon->hub_clients, size);
    return recall(daemon, FILE_HUB, &daemon->hub_clients);
}

static int open_core(struct daemon *daemon)
{
    const struct settings *settings = daemon->settings;
    static const enum core_role roles[] = {
        [SETTINGS_ROLE_AUTO] = CORE_ROLE_AUTO,
        [SETTINGS_ROLE_HUB] = CORE_ROLE_HUB,
        [SETTINGS_ROLE_CLIENT] = CORE_ROLE_CLIENT,
    };
    static const enum discovery_homeassistant forms[] = {
        [SETTINGS_HA_OFF] = DISCOVERY_HA_OFF,
        [SETTINGS_HA_COMPONENT] = DISCOVERY_HA_COMPONENT,
        [SETTINGS_HA_DEVICE] = DISCOVERY_HA_DEVICE,
    };
    static const enum discovery_homie homies[] = {
        [SETTINGS_HOMIE_OFF] = DISCOVERY_HOMIE_OFF,
        [SETTINGS_HOMIE_4] = DISCOVERY_HOMIE_4,
        [SETTINGS_HOMIE_5] = DISCOVERY_HOMIE_5,
    };
    char source[XPL_ADDRESS_MAX + 16];
    snprintf(source, sizeof(source), "xplmqtt-bridge.%s", settings->xpl.instance);
    struct core_network allow[LIMIT_NETWORKS];
    for (size_t i = 0; i < settings->xpl.n_allow; i++)
        allow[i] = (struct core_network){ settings->xpl.allow[i].ip, settings->xpl.allow[i].mask };
    struct core_options options = {
        .version = XPLMQTT_VERSION,
        .prefix = settings->mqtt.prefix,
        .source = source,
        .role = roles[settings->xpl.role],
        .own = choose_address(daemon),
        .interval = HEARTBEAT_MIN,
        .flood = settings->xpl.flood,
        .allow = allow,
        .n_allow = settings->xpl.n_allow,
        .groups = settings->xpl.groups,
        .n_groups = settings->xpl.n_groups,
        .raw = settings->mqtt.raw,
        .raw_send = settings->mqtt.raw_send,
        .tunnel = settings->xpl.tunnel,
        .tunnel_member = settings->xpl.instance,
        .remote = recall(daemon, CORE_FILE_REMOTE, &daemon->remote),
        .hub_clients = recall_clients(daemon),
        .discovery = { .homeassistant = forms[settings->discovery.homeassistant],
                       .homie = homies[settings->discovery.homie],
                       .ask = settings->discovery.announce == SETTINGS_ANNOUNCE_ASK,
                       .after = (unsigned)settings->discovery.announce_after,
                       .limit = (unsigned)settings->discovery.limit,
                       .things = recall(daemon, CORE_FILE_THINGS, &daemon->things),
                       .announced = recall(daemon, CORE_FILE_ANNOUNCED, &daemon->announced) },
        .made_topics = recall(daemon, FILE_TOPICS, &daemon->made_topics),
        .devices = recall(daemon, FILE_DEVICES, &daemon->devices),
    };
    struct sink sink = make_sink(daemon);
    int r = core_new(&daemon->core, &options, daemon->mapping, &sink, &daemon->counters, io_now_ms(),
                     io_wall_ms());
    free(daemon->hub_clients);
    free(daemon->remote);
    free(daemon->things);
    free(daemon->announced);
    if (r < 0)
        log_error(LOG_DAEMON, "out of memory");
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

/* Errors are exit status 2, and nothing was started then. */
static int load(struct daemon *daemon)
{
    struct diag diag;
    char names[sizeof(daemon->store.directory) + sizeof(CORE_FILE_NAMES)];
    diag_init(&diag);
    int r = parts_mapping(daemon->settings, daemon->settings, names_file(daemon, names, sizeof(names)), false,
                          &diag, &daemon->mapping);
    parts_log_findings(&diag, daemon->settings->verbose ? DIAG_INFO : DIAG_WARNING);
    if (r == 0)
        log_info(LOG_MAPPING, "%zu maps, digest %s", mapping_maps(daemon->mapping),
                 mapping_digest(daemon->mapping));
    else
        log_error(LOG_MAPPING, "not started: the mapping has errors");
    diag_deinit(&diag);
    return r;
}

/* Where state is kept, and whether it can be kept there as the settings want. */
static int find_store(struct daemon *daemon)
{
    if (store_init(&daemon->store, getenv("STATE_DIRECTORY")) == STORE_NOWHERE)
        log_debug(LOG_DAEMON, "no state directory: nothing is remembered across a restart");
    const char *runtime = getenv("RUNTIME_DIRECTORY"); /* none: nothing is written while we run */
    if (runtime && runtime[0])
        store_init(&daemon->runtime, runtime);
    const char *fault =
        daemon->settings->mqtt.spool == SETTINGS_SPOOL_DISK ? spooling_fault(daemon->store.directory) : NULL;
    if (fault)
        log_error(LOG_CONFIG, "not started: spool=\"disk\" cannot be: %s", fault);
    return fault ? -EINVAL : 0;
}

static int start(struct daemon *daemon)
{
    int r = open_io(daemon);
    if (r == 0)
        r = open_mqtt(daemon);
    if (r == 0)
        r = open_spool(daemon);
    if (r == 0)
        r = open_core(daemon);
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
    core_start(daemon->core, now_ms);
    forget(&daemon->made_topics);
    forget(&daemon->devices);
    session_start(daemon->session, now_ms);
    lastwill_start(daemon->lastwill, now_ms);
    notify_ready(NULL);
    settle(daemon, now_ms);
    return 0;
}

int daemon_run(struct settings *settings)
{
    struct daemon daemon = { .settings = settings };
    if (find_store(&daemon) < 0 || load(&daemon) < 0) {
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
    forget(&daemon.made_topics);
    forget(&daemon.devices);
    mapping_unref(daemon.mapping);
    settings_free(daemon.settings);
    return r < 0 ? 1 : 0;
}

const char *daemon_mqtt_version(void)
{
    return paho_version();
}
