#include "mqtt/paho_cause.h"

#include <stdio.h>

#include "mqtt/driver.h"

static _Thread_local struct {
    bool name, tls;
    char text[PAHO_CAUSE_TEXT];
} cause;

void paho_cause_trace(const char *line)
{
    if (strstr(line, "getaddrinfo failed"))
        cause.name = true;
    if (strstr(line, "X509_check_host") && strstr(line, "failed") && !cause.text[0])
        snprintf(cause.text, sizeof(cause.text), "the certificate is for another host");
    /* With TLS 1.3 our side of the handshake has ended well by then, and nothing else tells. */
    if (strstr(line, "SSL alert read:fatal") && !cause.text[0])
        snprintf(cause.text, sizeof(cause.text), "the broker wants a certificate from us, or another one");
}

void paho_cause_tls(struct xpl_slice line)
{
    const char *at = line.data, *end = line.data + line.size;
    cause.tls = true;
    if (cause.text[0])
        return; /* the first is the root */
    for (int i = 0; i < 5 && at; i++) {
        at = memchr(at, ':', (size_t)(end - at));
        if (at)
            at++;
    }
    if (!at)
        return;
    const char *colon = memchr(at, ':', (size_t)(end - at));
    snprintf(cause.text, sizeof(cause.text), "%.*s", (int)((colon ? colon : end) - at), at);
}

int paho_cause_take(int code, const char *message, char ret_text[PAHO_CAUSE_TEXT])
{
    int reason = MQTT_REASON_UNREACHABLE;
    if (code > 0)
        reason = code;
    else if (cause.name)
        reason = MQTT_REASON_NAME;
    else if (cause.tls || cause.text[0])
        reason = MQTT_REASON_TLS;
    else if (message && strcmp(message, "TCP connect timeout") == 0)
        reason = MQTT_REASON_TIMEOUT;
    else if (message && strcmp(message, "TCP connect completion failure") == 0)
        reason = MQTT_REASON_CLOSED;
    memcpy(ret_text, cause.text, sizeof(cause.text));
    paho_cause_forget();
    return reason;
}

void paho_cause_forget(void)
{
    memset(&cause, 0, sizeof(cause));
}
