#include "core/claims.h"

#include <jansson.h>

#include "core/core-private.h"

static const char *const paths[CLAIMS] = { "state", "network", "info" };

void claims_start(struct core *core)
{
    core->claims.due_ms = INT64_MAX;
}

/* Whose info that is: false when nobody's. */
static bool is_bridge(struct core *core, struct xpl_slice payload)
{
    json_t *json = json_loadb(payload.size ? payload.data : "", payload.size, 0, NULL);
    const char *source = json_string_value(json_object_get(json, "source"));
    if (source && strcmp(source, core->options.source) != 0 && !core->claims.met) {
        core->claims.met = true;
        core_log(core, LOG_MQTT, LOG_LEVEL_WARNING,
                 "another bridge, %s, uses the prefix '%s' on this broker: give each its own", source,
                 core->options.prefix);
        report_info(core); /* so that it sees us too */
    }
    json_decref(json);
    return source;
}

/* What is not ours, and no reason to speak up. */
static bool is_let_be(struct core *core, enum claim claim, struct xpl_slice payload)
{
    if (claim == CLAIM_INFO)
        return is_bridge(core, payload);
    return claim == CLAIM_NETWORK && !core->network.online && xpl_slice_equal(payload, XPL_SLICE("online"));
}

static void hear(struct core *core, enum claim claim, const struct core_message *message, int64_t now_ms)
{
    struct claims *claims = &core->claims;
    struct xpl_slice ours;
    if (!core->sink.state(core->sink.context, message->topic, &ours))
        return; /* we have not said anything yet */
    bool same = xpl_slice_equal(message->payload, ours);
    if (!same && is_let_be(core, claim, message->payload))
        return;
    claims->lost[claim] = !same;
    int64_t soon_ms = now_ms + CLAIMS_SOON_MS;
    if (!same && claims->due_ms == INT64_MAX)
        claims->due_ms = soon_ms > claims->not_before_ms ? soon_ms : claims->not_before_ms;
}

bool claims_on_mqtt(struct core *core, struct xpl_slice path, const struct core_message *message,
                    int64_t now_ms)
{
    for (int i = 0; i < CLAIMS; i++)
        if (xpl_slice_equal(path, xpl_slice_from(paths[i]))) {
            if (!message->stored) /* else it may be our own of another time, under another name */
                hear(core, (enum claim)i, message, now_ms);
            return true;
        }
    return false;
}

void claims_on_broker_down(struct core *core)
{
    memset(core->claims.lost, 0, sizeof(core->claims.lost));
    core->claims.due_ms = INT64_MAX;
}

void claims_on_time(struct core *core, int64_t now_ms)
{
    struct claims *claims = &core->claims;
    if (now_ms < claims->due_ms)
        return;
    const bool *lost = claims->lost;
    bool any = lost[CLAIM_STATE] || lost[CLAIM_NETWORK] || lost[CLAIM_INFO];
    claims_on_broker_down(core);
    if (!any)
        return;
    claims->not_before_ms = now_ms + CLAIMS_MS;
    core_log(core, LOG_MQTT, claims->told ? LOG_LEVEL_DEBUG : LOG_LEVEL_INFO,
             "somebody else wrote what we say of ourselves in %s/bridge: said again", core->options.prefix);
    claims->told = true;
    report_again(core);
}
