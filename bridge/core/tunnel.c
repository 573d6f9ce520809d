/* Out of the network: copy? target here? nine hops? -> publish. Out of the tunnel: ours? within the budget?
 * xPL? began here? for another member? -> one hop more -> broadcast. */
#include "core/tunnel.h"

#include <errno.h>
#include <stdlib.h>

#include "core/core-private.h"
#include "core/digest.h"
#include "core/homes.h"
#include "core/seen.h"

struct tunnel {
    char root[LIMIT_TOPIC];  /* "xpl/tunnel/NAME/" */
    char topic[LIMIT_TOPIC]; /* where we publish */
    bool told_neighbour;
    int64_t now_ms; /* of the last event: what we send is seen then */
    struct seen seen;
    struct homes homes;
    struct xpl_message sent;
    char out[XPL_DATAGRAM_MAX];
};

int tunnel_new(struct tunnel **ret, const struct core_options *options)
{
    struct tunnel *tunnel = NULL;
    if (options->tunnel && options->tunnel[0]) {
        tunnel = calloc(1, sizeof(*tunnel));
        if (!tunnel)
            return -ENOMEM;
        snprintf(tunnel->root, sizeof(tunnel->root), TUNNEL_ROOT "/%s/", options->tunnel);
        snprintf(tunnel->topic, sizeof(tunnel->topic), TUNNEL_ROOT "/%s/%s", options->tunnel,
                 options->tunnel_member ? options->tunnel_member : "default");
    }
    *ret = tunnel;
    return 0;
}

void tunnel_free(struct tunnel *tunnel)
{
    free(tunnel);
}

void tunnel_start(struct core *core)
{
    char filter[LIMIT_TOPIC + 1];
    if (!core->tunnel)
        return;
    snprintf(filter, sizeof(filter), "%s+", core->tunnel->root);
    core->sink.subscribe(core->sink.context, filter);
}

/* ---- out of our network ---- */

static uint64_t home_of_target(const struct tunnel *tunnel, const struct xpl_message *message, int64_t now_ms)
{
    struct xpl_slice target = message->target.text, group;
    if (xpl_target_is_all(target) || xpl_target_is_group(target, &group))
        return HOMES_UNKNOWN;
    return homes_get(&tunnel->homes, digest_text(target), now_ms);
}

static void publish(struct core *core, const struct xpl_message *message, struct xpl_slice datagram,
                    int64_t now_ms)
{
    struct tunnel *tunnel = core->tunnel;
    if (message->hop >= TUNNEL_HOP_MAX || home_of_target(tunnel, message, now_ms) == HOMES_HERE) {
        core_count(core, COUNT_TUNNEL_KEPT);
        return;
    }
    struct sink_publish out = {
        .lane = SINK_TRANSIENT, .topic = xpl_slice_from(tunnel->topic), .payload = datagram, .qos = 1
    };
    seen_add(&tunnel->seen, digest_message(message), SEEN_PUBLISHED, now_ms);
    core->sink.publish(core->sink.context, &out);
    core_count(core, COUNT_TUNNEL_OUT);
}

bool tunnel_is_copy(struct core *core, const struct xpl_message *message, int64_t now_ms)
{
    struct tunnel *tunnel = core->tunnel;
    if (!tunnel)
        return false;
    tunnel->now_ms = now_ms;
    if (seen_has(&tunnel->seen, digest_message(message), SEEN_SENT, now_ms))
        return true;
    uint64_t home = homes_get(&tunnel->homes, digest_text(message->source.text), now_ms);
    return message->hop > 1 && home != HOMES_HERE && home != HOMES_UNKNOWN;
}

void tunnel_on_message(struct core *core, const struct xpl_message *message, struct xpl_slice datagram,
                       int64_t now_ms)
{
    if (!core->tunnel)
        return;
    homes_set(&core->tunnel->homes, digest_text(message->source.text), HOMES_HERE, now_ms);
    publish(core, message, datagram, now_ms);
}

void tunnel_on_sent(struct core *core, struct xpl_slice datagram)
{
    struct tunnel *tunnel = core->tunnel;
    if (!tunnel || xpl_message_parse(&tunnel->sent, datagram.data, datagram.size) != 0)
        return;
    /* What raw/send puts there under another's name comes back as if it were theirs. */
    seen_add(&tunnel->seen, digest_message(&tunnel->sent), SEEN_SENT, tunnel->now_ms);
    publish(core, &tunnel->sent, datagram, tunnel->now_ms);
}

/* ---- out of the tunnel ---- */

static struct xpl_slice next_line(struct xpl_slice *text)
{
    const char *end = text->size ? memchr(text->data, '\n', text->size) : NULL;
    struct xpl_slice line = xpl_slice(text->data, end ? (size_t)(end - text->data) + 1 : text->size);
    *text = xpl_slice(text->data + line.size, text->size - line.size);
    return line;
}

static bool is_item(struct xpl_slice line, const char *name)
{
    const char *equals = line.size ? memchr(line.data, '=', line.size) : NULL;
    struct xpl_slice key = xpl_slice(line.data, equals ? (size_t)(equals - line.data) : 0);
    return xpl_slice_equal_nocase(text_trim(key), xpl_slice_from(name));
}

static bool starts_with(struct xpl_slice line, char c)
{
    line = text_trim(line);
    return line.size && line.data[0] == c;
}

/* A heartbeat that names an address which means a computer of this network too, or none, would make a hub
 * here serve a client that it has not: it loses its port. */
static bool must_lose_port(struct core *core, const struct xpl_message *message)
{
    const struct xpl_item *item = xpl_message_item(message, XPL_SLICE("remote-ip"));
    uint32_t ip;
    if (!xpl_slice_equal_nocase(message->schema_class, XPL_SLICE("hbeat")) &&
        !xpl_slice_equal_nocase(message->schema_class, XPL_SLICE("config")))
        return false;
    return !item || xpl_ip_parse(item->value, &ip) != 0 || core->sink.is_local(core->sink.context, ip);
}

/* The bytes as they came, but for the hop. False: they do not fit. */
static bool write_copy(struct tunnel *tunnel, const struct xpl_message *message, struct xpl_slice text,
                       bool port, struct xpl_slice *ret)
{
    struct text out = { tunnel->out, 0, sizeof(tunnel->out), false };
    int blocks = 0;
    bool has_hop = false;
    while (text.size) {
        struct xpl_slice line = next_line(&text);
        if (blocks == 1 && !has_hop && is_item(line, "hop"))
            continue; /* written in front */
        if (blocks == 3 && !port && is_item(line, "port"))
            continue;
        text_slice(&out, line);
        if ((blocks == 0 || blocks == 2) && starts_with(line, '{')) {
            if (blocks == 0)
                text_format(&out, "hop=%d\n", message->hop + 1);
            blocks++;
        } else if ((blocks == 1 || blocks == 3) && starts_with(line, '}')) {
            blocks++;
        }
    }
    *ret = text_get(&out);
    return !out.overflow;
}

static void tell_neighbour(struct core *core, struct xpl_slice member)
{
    if (core->tunnel->told_neighbour)
        return;
    core->tunnel->told_neighbour = true;
    core_log(core, LOG_XPL, LOG_LEVEL_WARNING,
             "%.*s puts into the tunnel what began here: is it on the same network as we are?",
             XPL_SLICE_ARGS(member));
}

/* What becomes of it; *ret is what to send for COUNT_TUNNEL_SENT. */
static enum counter judge(struct core *core, struct xpl_slice member, const struct core_message *in,
                          int64_t now_ms, struct xpl_slice *ret)
{
    struct tunnel *tunnel = core->tunnel;
    const struct xpl_message *message = &core->message;
    if (in->retained || flood_take(&core->flood, 0, now_ms) != FLOOD_PASS || !core_is_online(core))
        return COUNT_TUNNEL_REFUSED;
    if (xpl_message_parse(&core->message, in->payload.data, in->payload.size) != 0 ||
        message->hop >= TUNNEL_HOP_MAX)
        return COUNT_TUNNEL_REFUSED;
    uint64_t digest = digest_message(message), from = digest_text(member);
    if (remote_is_own_name(core, message->source.text) ||
        seen_has(&tunnel->seen, digest, SEEN_PUBLISHED, now_ms)) {
        if (message->hop <= 1)
            tell_neighbour(core, member);
        return COUNT_TUNNEL_RETURNED;
    }
    homes_set(&tunnel->homes, digest_text(message->source.text), from, now_ms);
    uint64_t home = home_of_target(tunnel, message, now_ms);
    if (home != HOMES_UNKNOWN && home != HOMES_HERE)
        return COUNT_TUNNEL_ELSEWHERE;
    if (!write_copy(tunnel, message, in->payload, !must_lose_port(core, message), ret))
        return COUNT_TUNNEL_REFUSED;
    seen_add(&tunnel->seen, digest, SEEN_SENT, now_ms);
    return COUNT_TUNNEL_SENT;
}

bool tunnel_on_mqtt(struct core *core, const struct core_message *message, int64_t now_ms)
{
    struct tunnel *tunnel = core->tunnel;
    struct xpl_slice out, topic = message->topic;
    size_t root = tunnel ? strlen(tunnel->root) : 0;
    if (!tunnel || topic.size <= root || memcmp(topic.data, tunnel->root, root) != 0)
        return false;
    tunnel->now_ms = now_ms;
    core_count(core, COUNT_TUNNEL_IN);
    if (xpl_slice_equal(topic, xpl_slice_from(tunnel->topic))) {
        core_count(core, COUNT_TUNNEL_OWN);
        return true;
    }
    struct xpl_slice member = xpl_slice(topic.data + root, topic.size - root);
    enum counter result = judge(core, member, message, now_ms, &out);
    if (result == COUNT_TUNNEL_SENT && core->sink.broadcast(core->sink.context, out.data, out.size) < 0)
        result = COUNT_TUNNEL_REFUSED;
    core_count(core, result);
    return true;
}
