#include "lan.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <unistd.h>

struct lan lan;

/* ---- the sink ---- */

static struct lan_event *add_event(void)
{
    cr_assert_lt(lan.last, LAN_EVENTS, "this has no end");
    return &lan.events[lan.last++];
}

static char *copy(const char *data, size_t size)
{
    char *copy = malloc(size + 1);
    cr_assert_not_null(copy);
    if (size)
        memcpy(copy, data, size);
    copy[size] = '\0';
    return copy;
}

static int on_broadcast(void *context, const char *data, size_t size)
{
    struct lan_host *host = context;
    if (host->send_error)
        return host->send_error;
    lan_say_bytes(host->network, host->ip, data, size);
    return 0;
}

static int on_forward(void *context, struct xpl_endpoint to, const char *data, size_t size)
{
    struct lan_host *host = context;
    (void)data;
    (void)size;
    if (host->n_forwarded < 64)
        host->forwarded[host->n_forwarded++] = to;
    return 0;
}

static int on_hub_open(void *context)
{
    struct lan_host *host = context;
    if (host->hub_is_taken)
        return -EADDRINUSE;
    host->has_hub = true;
    return 0;
}

static void on_hub_close(void *context)
{
    ((struct lan_host *)context)->has_hub = false;
}

static bool on_is_local(void *context, uint32_t ip)
{
    struct lan_host *host = context;
    return ip == host->ip || ip >> 24 == 127;
}

static bool on_is_taken(void *context, struct xpl_endpoint endpoint)
{
    struct lan_host *host = context;
    for (size_t i = 0; i < 8; i++)
        if (host->there[i] == endpoint.port)
            return true;
    return false;
}

static void on_drain(void *context)
{
    struct lan_host *host = context;
    if (host->drain)
        host->drain(host);
}

static int on_save(void *context, const char *name, const char *data, size_t size)
{
    struct lan_host *host = context;
    if (strcmp(name, CORE_FILE_REMOTE) == 0)
        snprintf(host->remembered, sizeof(host->remembered), "%.*s", (int)size, data);
    return 0;
}

static void on_publish(void *context, const struct sink_publish *publish)
{
    struct lan_host *host = context;
    struct lan_event *event = add_event();
    event->from_broker = true;
    snprintf(event->topic, sizeof(event->topic), "%.*s", XPL_SLICE_ARGS(publish->topic));
    event->data = copy(publish->payload.data, publish->payload.size);
    event->size = publish->payload.size;
    if (strstr(event->topic, "/bridge/info"))
        snprintf(host->info, sizeof(host->info), "%s", event->data);
}

static bool on_state(void *context, struct xpl_slice topic, struct xpl_slice *ret)
{
    (void)context;
    (void)topic;
    (void)ret;
    return false;
}

static void on_subscribe(void *context, const char *filter)
{
    struct lan_host *host = context;
    cr_assert_lt(host->n_filters, 16);
    snprintf(host->filters[host->n_filters++], sizeof(host->filters[0]), "%s", filter);
}

static void on_unsubscribe(void *context, const char *filter)
{
    (void)context;
    (void)filter;
}

static void on_depths(void *context, struct sink_depths *ret)
{
    (void)context;
    *ret = (struct sink_depths){ 0 };
}

static void on_reload(void *context)
{
    (void)context;
}

static uint32_t on_random(void *context)
{
    (void)context;
    return 0;
}

static void on_log(void *context, enum log_area area, enum log_level level, const char *text)
{
    struct lan_host *host = context;
    size_t size = strlen(host->log);
    (void)area;
    if (level != LOG_LEVEL_DEBUG)
        snprintf(host->log + size, sizeof(host->log) - size, "%s\n", text);
}

/* ---- life ---- */

void lan_open(void)
{
    lan.now_ms = 1000000;
}

void lan_close(void)
{
    for (size_t i = 0; i < lan.n_hosts; i++)
        core_free(lan.hosts[i].core);
    for (size_t i = 0; i < lan.last; i++)
        free(lan.events[i].data);
}

static struct mapping *load(const char *inside)
{
    char path[] = "/tmp/xplmqtt-lan-XXXXXX";
    int fd = mkstemp(path);
    cr_assert_geq(fd, 0);
    dprintf(fd, "<mappings xmlns=\"urn:xplmqtt:mappings:1\">%s</mappings>", inside ? inside : "");
    close(fd);
    struct mapping *mapping = NULL;
    struct mapping_file file = { .path = path };
    struct mapping_options options = { .prefix = "xpl", .charset = "windows-1252" };
    struct diag diag;
    diag_init(&diag);
    cr_assert_eq(mapping_load(&mapping, &file, 1, &options, &diag), 0, "%s",
                 diag.first ? diag.first->text : "");
    diag_deinit(&diag);
    unlink(path);
    return mapping;
}

struct lan_host *lan_host(int network, struct core_options options, const char *inside)
{
    cr_assert_lt(lan.n_hosts, LAN_HOSTS);
    struct lan_host *host = &lan.hosts[lan.n_hosts++];
    host->network = network;
    host->ip = LAN_IP(network, lan.n_hosts);
    options.version = "1";
    options.prefix = options.prefix ? options.prefix : "xpl";
    options.source = options.source ? options.source : "xplmqtt-bridge.test";
    options.own = (struct xpl_endpoint){ host->ip, LAN_PORT };
    options.interval = 5;
    options.flood = options.flood ? options.flood : 1000;
    struct sink sink = { .context = host,
                         .broadcast = on_broadcast,
                         .forward = on_forward,
                         .hub_open = on_hub_open,
                         .hub_close = on_hub_close,
                         .is_local = on_is_local,
                         .is_taken = on_is_taken,
                         .drain = on_drain,
                         .save = on_save,
                         .publish = on_publish,
                         .state = on_state,
                         .subscribe = on_subscribe,
                         .unsubscribe = on_unsubscribe,
                         .depths = on_depths,
                         .reload = on_reload,
                         .random = on_random,
                         .log = on_log };
    struct mapping *mapping = load(inside);
    cr_assert_eq(core_new(&host->core, &options, mapping, &sink, &host->counters, lan.now_ms, 0), 0);
    mapping_unref(mapping);
    return host;
}

void lan_start(struct lan_host *host)
{
    core_start(host->core, lan.now_ms);
    core_on_broker_up(host->core, lan.now_ms);
    lan_settle();
}

/* ---- what happens ---- */

void lan_say_bytes(int network, uint32_t ip, const char *data, size_t size)
{
    struct lan_event *event = add_event();
    event->network = network;
    event->from = (struct xpl_endpoint){ ip, LAN_PORT };
    event->data = copy(data, size);
    event->size = size;
    size_t said = strlen(lan.wire[network]);
    snprintf(lan.wire[network] + said, sizeof(lan.wire[network]) - said, "%s---\n", event->data);
}

/* The words of the text; the last takes the rest. */
static void split(char *text, char *ret_words[5])
{
    for (int i = 0; i < 5; i++) {
        ret_words[i] = text;
        size_t size = i < 4 ? strcspn(text, " ") : strlen(text);
        text += size;
        if (*text)
            *text++ = '\0';
    }
}

static size_t write_message(const char *text, char *ret, size_t capacity)
{
    char buffer[2048], *words[5];
    snprintf(buffer, sizeof(buffer), "%s", text);
    split(buffer, words);
    char *hop = strchr(words[0], '/'); /* "xpl-trig/3": hop=3 */
    if (hop)
        *hop++ = '\0';
    for (char *c = words[4]; *c; c++)
        if (*c == ' ')
            *c = '\n';
    return (size_t)snprintf(ret, capacity, "%s\n{\nhop=%s\nsource=%s\ntarget=%s\n}\n%s\n{\n%s\n}\n", words[0],
                            hop ? hop : "1", words[1], words[2], words[3], words[4]);
}

void lan_say(int network, uint32_t ip, const char *text)
{
    char datagram[4096];
    size_t size = write_message(text, datagram, sizeof(datagram));
    lan_say_bytes(network, ip, datagram, size);
    lan_settle();
}

void lan_forward(struct lan_host *host, uint32_t ip, const char *text)
{
    char datagram[4096];
    size_t size = write_message(text, datagram, sizeof(datagram));
    core_on_xpl(host->core, xpl_slice(datagram, size), (struct xpl_endpoint){ ip, XPL_PORT }, false,
                lan.now_ms);
    lan_settle();
}

void lan_publish(const char *topic, const char *payload, bool retained)
{
    struct lan_event *event = add_event();
    event->from_broker = true;
    event->retained = retained;
    snprintf(event->topic, sizeof(event->topic), "%s", topic);
    event->data = copy(payload, strlen(payload));
    event->size = strlen(payload);
    lan_settle();
}

/* "a/+/c" and "a/#", as far as we use them. */
static bool is_subscribed(const struct lan_host *host, const char *topic)
{
    for (size_t i = 0; i < host->n_filters; i++) {
        const char *f = host->filters[i], *t = topic;
        while (*f && *t && *f != '#') {
            if (*f == '+') {
                t += strcspn(t, "/");
                f++;
            } else if (*f++ != *t++) {
                f = "!";
                break;
            }
        }
        if (*f == '#' || (!*f && !*t))
            return true;
    }
    return false;
}

static void deliver(const struct lan_event *event, struct lan_host *host)
{
    struct core_message message = { .topic = xpl_slice_from(event->topic),
                                    .payload = xpl_slice(event->data, event->size),
                                    .retained = event->retained,
                                    .stored = event->retained,
                                    .expiry_s = -1,
                                    .arrived_ms = lan.now_ms };
    if (event->from_broker && is_subscribed(host, event->topic))
        core_on_mqtt(host->core, &message, lan.now_ms);
    if (!event->from_broker && event->network == host->network && host->has_hub)
        core_on_xpl(host->core, xpl_slice(event->data, event->size), event->from, true, lan.now_ms);
}

void lan_settle(void)
{
    while (lan.first < lan.last) {
        struct lan_event event = lan.events[lan.first++];
        for (size_t i = 0; i < lan.n_hosts; i++)
            deliver(&event, &lan.hosts[i]);
    }
}

void lan_pass(int64_t ms)
{
    int64_t end = lan.now_ms + ms;
    for (;;) {
        int64_t next = end;
        for (size_t i = 0; i < lan.n_hosts; i++)
            if (core_deadline(lan.hosts[i].core) < next)
                next = core_deadline(lan.hosts[i].core);
        lan.now_ms = next > lan.now_ms ? next : lan.now_ms;
        for (size_t i = 0; i < lan.n_hosts; i++)
            core_on_time(lan.hosts[i].core, lan.now_ms);
        lan_settle();
        if (next >= end)
            return;
    }
}

size_t lan_count(int network, const char *text)
{
    size_t n = 0;
    for (const char *at = lan.wire[network]; (at = strstr(at, text)); at++)
        n++;
    return n;
}

void lan_forget(void)
{
    for (size_t i = 0; i < 4; i++)
        lan.wire[i][0] = '\0';
    for (size_t i = 0; i < lan.last; i++)
        free(lan.events[i].data);
    memset(lan.events, 0, sizeof(lan.events));
    lan.first = lan.last = 0;
    for (size_t i = 0; i < lan.n_hosts; i++)
        lan.hosts[i].n_forwarded = 0;
}
