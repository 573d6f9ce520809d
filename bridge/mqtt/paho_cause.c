#include "mqtt/paho_cause.h"

#include <stdatomic.h>
#include <stdio.h>

#include "mqtt/driver.h"

/* One connect is under way at a time (a second connection dials while the first is up), but Paho's two
 * threads share it: whichever sees the cause, the other may be the one that reports the failure. The first
 * text wins; it is read only once it is whole. */
static struct {
    atomic_bool name, tls, host;    /* what failed */
    atomic_bool started, handshake; /* of TLS: begun, ended well */
    atomic_bool taken, whole;
    char text[PAHO_CAUSE_TEXT];
} cause;

static void say(struct xpl_slice text)
{
    if (atomic_exchange(&cause.taken, true))
        return; /* the first is the root */
    snprintf(cause.text, sizeof(cause.text), "%.*s", XPL_SLICE_ARGS(text));
    atomic_store(&cause.whole, true);
}

#define NOT_TLS "the broker does not answer in TLS: is this port one for it?"

/* OpenSSL says no more than that the certificate was not verified; what we tell the broker says why. */
static const struct {
    const char *line, *text;
} alerts[] = {
    { "SSL alert write:fatal:certificate expired",
      "a certificate of the broker's has expired, or our clock is wrong" },
    { "SSL alert write:fatal:unknown CA",
      "the broker's certificate is from no authority that we trust; see cafile" },
    { "SSL alert write:fatal:bad certificate",
      "the broker's certificate is too weak, broken, or not yet valid; is our clock right?" },
    { "SSL alert write:fatal:unsupported certificate", "the broker's certificate is not meant for a server" },
};

/* Errors of OpenSSL that come of a peer that does not speak TLS. */
static const char *const foreign[] = { "unexpected eof while reading", "wrong version number" };

void paho_cause_trace(const char *line)
{
    for (size_t i = 0; i < sizeof(alerts) / sizeof(alerts[0]); i++)
        if (strstr(line, alerts[i].line)) {
            atomic_store(&cause.tls, true);
            say(xpl_slice_from(alerts[i].text));
        }
    if (strstr(line, "SSL handshake started"))
        atomic_store(&cause.started, true);
    if (strstr(line, "getaddrinfo failed"))
        atomic_store(&cause.name, true);
    if (strstr(line, "SSL handshake done"))
        atomic_store(&cause.handshake, true);
    /* An address is looked for among the names first. When it is found after all, the connect goes on. */
    if (strstr(line, "X509_check_host") && strstr(line, "failed"))
        atomic_store(&cause.host, true);
    if (strstr(line, "-> CONNECT") || strstr(line, "WebSocket"))
        atomic_store(&cause.host, false);
    /* With TLS 1.3 our side of the handshake has ended well by then, and nothing else tells. */
    if (strstr(line, "SSL alert read:fatal")) {
        atomic_store(&cause.tls, true);
        say(XPL_SLICE("the broker wants a certificate from us, or another one"));
    }
}

void paho_cause_tls(struct xpl_slice line)
{
    const char *at = line.data, *end = line.data + line.size;
    atomic_store(&cause.tls, true);
    for (int i = 0; i < 5 && at; i++) {
        at = memchr(at, ':', (size_t)(end - at));
        if (at)
            at++;
    }
    if (!at)
        return;
    const char *colon = memchr(at, ':', (size_t)(end - at));
    struct xpl_slice reason = xpl_slice(at, (size_t)((colon ? colon : end) - at));
    for (size_t i = 0; i < sizeof(foreign) / sizeof(foreign[0]); i++)
        if (xpl_slice_equal(reason, xpl_slice_from(foreign[i])))
            reason = XPL_SLICE(NOT_TLS);
    say(reason);
}

int paho_cause_take(int code, const char *message, char ret_text[PAHO_CAUSE_TEXT])
{
    bool handshake = atomic_load(&cause.handshake);
    bool mute = atomic_load(&cause.started) && !handshake;
    int reason = MQTT_REASON_UNREACHABLE;
    if (code > 0)
        reason = code;
    else if (atomic_load(&cause.name))
        reason = MQTT_REASON_NAME;
    else if (atomic_load(&cause.tls) || atomic_load(&cause.host))
        reason = MQTT_REASON_TLS;
    else if (message && strcmp(message, "TCP connect timeout") == 0)
        reason = MQTT_REASON_TIMEOUT;
    else if (mute)
        reason = MQTT_REASON_TLS;
    else if (handshake || (message && strcmp(message, "TCP connect completion failure") == 0))
        reason = MQTT_REASON_CLOSED;
    if (reason == MQTT_REASON_TLS && atomic_load(&cause.host))
        say(XPL_SLICE("the certificate is for another host"));
    if (mute && (reason == MQTT_REASON_TLS || reason == MQTT_REASON_TIMEOUT))
        say(XPL_SLICE(NOT_TLS));
    if (reason == MQTT_REASON_CLOSED && handshake) /* its alert may be lost when it hangs up at once */
        say(XPL_SLICE("after the TLS handshake: it may want another certificate from us"));
    memset(ret_text, 0, PAHO_CAUSE_TEXT);
    if (atomic_load(&cause.whole))
        memcpy(ret_text, cause.text, sizeof(cause.text));
    paho_cause_forget();
    return reason;
}

void paho_cause_forget(void)
{
    atomic_store(&cause.name, false);
    atomic_store(&cause.tls, false);
    atomic_store(&cause.host, false);
    atomic_store(&cause.started, false);
    atomic_store(&cause.handshake, false);
    atomic_store(&cause.whole, false);
    atomic_store(&cause.taken, false);
}
