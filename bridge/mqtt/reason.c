#include "mqtt/reason.h"

#include "base/error.h"

static const struct {
    int reason;
    const char *text;
} texts[] = {
    { MQTT_REASON_UNREACHABLE, "connection refused or host unreachable" },
    { MQTT_REASON_NAME, "host name not found" },
    { MQTT_REASON_TIMEOUT, "no answer in time" },
    { MQTT_REASON_CLOSED, "the broker closed the connection without an answer" },
    { MQTT_REASON_TLS, "TLS failed" },
    { MQTT_REASON_BROKEN, "connection lost" },
    { MQTT_REASON_PASSWORD_FILE, "the password file cannot be read" },
    { MQTT_REASON_STUCK, "the broker no longer acknowledges" },
    { MQTT_REASON_SHORT_LIVED, "each connection ends at once; does another client use the same client id?" },
    { 1, "the broker does not speak this MQTT version" },
    { 2, "client id refused" },
    { 3, "server unavailable" },
    { 4, "bad user name or password" },
    { 5, "not authorised" },
    { 0x80, "unspecified error" },
    { 0x81, "malformed packet" },
    { 0x82, "protocol error" },
    { 0x83, "refused by the broker's own rules" },
    { 0x84, "the broker does not speak this MQTT version" },
    { 0x85, "client id refused" },
    { 0x86, "bad user name or password" },
    { 0x87, "not authorised" },
    { 0x88, "server unavailable" },
    { 0x89, "server busy" },
    { 0x8a, "banned" },
    { 0x8b, "server shutting down" },
    { 0x8c, "bad authentication method" },
    { 0x8d, "keep alive timeout" },
    { 0x8e, "session taken over: another client uses the same client id" },
    { 0x8f, "topic filter invalid" },
    { 0x90, "topic name invalid" },
    { 0x93, "receive maximum exceeded" },
    { 0x94, "topic alias invalid" },
    { 0x95, "packet too large" },
    { 0x96, "message rate too high" },
    { 0x97, "quota exceeded" },
    { 0x98, "administrative action" },
    { 0x99, "payload format invalid" },
    { 0x9a, "retain not supported" },
    { 0x9b, "QoS not supported" },
    { 0x9c, "use another server" },
    { 0x9d, "server moved" },
    { 0x9e, "shared subscriptions not supported" },
    { 0x9f, "connection rate exceeded" },
    { 0xa0, "maximum connect time" },
    { 0xa1, "subscription identifiers not supported" },
    { 0xa2, "wildcard subscriptions not supported" },
    { -ENOMEM, "out of memory" },
    { -EINVAL, "not valid in MQTT" },
    { -EMSGSIZE, "larger than the broker takes" },
};

const char *mqtt_reason_text(int reason)
{
    for (size_t i = 0; i < sizeof(texts) / sizeof(texts[0]); i++)
        if (texts[i].reason == reason)
            return texts[i].text;
    return reason > 0 ? "refused for an unknown reason" : "the MQTT library failed";
}

enum counter mqtt_reason_publish_counter(int reason)
{
    switch (reason) {
    case 0x87: return COUNT_PUBLISH_REFUSED_DENIED;
    case 0x95:
    case -EMSGSIZE: return COUNT_PUBLISH_REFUSED_SIZE;
    case 0x93:
    case 0x96:
    case 0x97: return COUNT_PUBLISH_REFUSED_QUOTA;
    default: return COUNT_PUBLISH_REFUSED_OTHER;
    }
}

enum counter mqtt_reason_connect_counter(int reason)
{
    switch (reason) {
    case 4:
    case 0x86:
    case MQTT_REASON_PASSWORD_FILE: return COUNT_CONNECT_BAD_PASSWORD;
    case 5:
    case 0x87: return COUNT_CONNECT_DENIED;
    case MQTT_REASON_TLS: return COUNT_CONNECT_TLS;
    default: return COUNTERS;
    }
}

bool mqtt_reason_is_version(int reason)
{
    return reason == 1 || reason == 0x84;
}

bool mqtt_reason_is_maybe_version(int reason)
{
    return reason == MQTT_REASON_TIMEOUT || reason == MQTT_REASON_CLOSED || reason == 0x81 || reason == 0x82;
}

bool mqtt_reason_is_packet(int reason)
{
    switch (reason) {
    case 0x81:
    case 0x82:
    case 0x90:
    case 0x95:
    case 0x99:
    case 0x9a:
    case 0x9b: return true;
    default: return false;
    }
}
