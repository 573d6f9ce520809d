#include <criterion/criterion.h>

#include "mqtt/driver.h"
#include "mqtt/paho_cause.h"

static char text[PAHO_CAUSE_TEXT];

Test(paho_cause, takes_the_reason_out_of_the_first_tls_error)
{
    paho_cause_tls(XPL_SLICE(
        "7F00:error:0A000086:SSL routines:tls_post_process:certificate verify failed:../x.c:1883:\n"));
    paho_cause_tls(XPL_SLICE("7F00:error:0A000000:SSL routines:other:another one:../x.c:1:\n"));
    cr_expect_eq(paho_cause_take(-1, "TCP/TLS connect failure", text), MQTT_REASON_TLS);
    cr_expect_str_eq(text, "certificate verify failed");
    cr_expect_eq(paho_cause_take(-1, NULL, text), MQTT_REASON_UNREACHABLE, "it is forgotten");
    cr_expect_str_eq(text, "");
}

Test(paho_cause, bears_tls_errors_of_another_form)
{
    paho_cause_tls(XPL_SLICE(""));
    paho_cause_tls(XPL_SLICE("a:b"));
    paho_cause_tls(XPL_SLICE("a:b:c:d:e:no end"));
    cr_expect_eq(paho_cause_take(-1, NULL, text), MQTT_REASON_TLS);
    cr_expect_str_eq(text, "no end");
}

Test(paho_cause, knows_names_and_hosts_from_the_trace)
{
    paho_cause_trace("20260101 getaddrinfo failed for addr x with rc -2");
    cr_expect_eq(paho_cause_take(-1, NULL, text), MQTT_REASON_NAME);
    paho_cause_trace("X509_check_host for hostname x failed, rc 0");
    cr_expect_eq(paho_cause_take(-1, "TCP/TLS connect failure", text), MQTT_REASON_TLS);
    cr_expect_str_eq(text, "the certificate is for another host");
}

Test(paho_cause, takes_a_handshake_without_an_end_for_a_port_without_tls)
{
    paho_cause_trace("SSL handshake started write:unknown:unknown");
    cr_expect_eq(paho_cause_take(-1, "TCP/TLS connect failure", text), MQTT_REASON_TLS);
    cr_expect_str_eq(text, "the broker does not answer in TLS: is this port one for it?");
    paho_cause_trace("SSL handshake started write:unknown:unknown");
    cr_expect_eq(paho_cause_take(-1, "TCP connect timeout", text), MQTT_REASON_TIMEOUT);
    cr_expect_str_eq(text, "the broker does not answer in TLS: is this port one for it?");
    paho_cause_tls(XPL_SLICE("7F00:error:0A000126:SSL routines::unexpected eof while reading:../x.c:320:\n"));
    cr_expect_eq(paho_cause_take(-1, "TCP/TLS connect failure", text), MQTT_REASON_TLS);
    cr_expect_str_eq(text, "the broker does not answer in TLS: is this port one for it?");
    cr_expect_eq(paho_cause_take(-1, "TCP/TLS connect failure", text), MQTT_REASON_UNREACHABLE, "forgotten");
}

Test(paho_cause, knows_what_is_wrong_with_the_broker_s_certificate_from_our_alert)
{
    static const struct {
        const char *line, *text;
    } alerts[] = {
        { "SSL alert write:fatal:certificate expired", "has expired, or our clock is wrong" },
        { "SSL alert write:fatal:unknown CA", "no authority that we trust; see cafile" },
        { "SSL alert write:fatal:bad certificate", "not yet valid; is our clock right?" },
        { "SSL alert write:fatal:unsupported certificate", "not meant for a server" },
        { "SSL alert write:fatal:protocol version", "certificate verify failed" }, /* OpenSSL's own words */
    };
    for (size_t i = 0; i < sizeof(alerts) / sizeof(alerts[0]); i++) {
        paho_cause_trace("SSL handshake started write:unknown:unknown");
        paho_cause_trace(alerts[i].line);
        paho_cause_tls(
            XPL_SLICE("7F00:error:0A000086:SSL routines:x:certificate verify failed:../x.c:1883:"));
        cr_expect_eq(paho_cause_take(-1, "TCP/TLS connect failure", text), MQTT_REASON_TLS);
        cr_expect(strstr(text, alerts[i].text), "%s: %s", alerts[i].line, text);
    }
}

/* An address is looked for among the names first. */
Test(paho_cause, does_not_blame_the_host_once_the_connect_goes_on)
{
    paho_cause_trace("SSL handshake done write:unknown:unknown");
    paho_cause_trace("X509_check_host for hostname 10.0.0.1 failed, rc 0");
    paho_cause_trace("4 xplmqtt -> CONNECT version 5 clean: 1 (0)");
    paho_cause_trace("SSL alert read:fatal:unknown");
    cr_expect_eq(paho_cause_take(-1, "TCP connect completion failure", text), MQTT_REASON_TLS);
    cr_expect(strstr(text, "wants a certificate from us"), "%s", text);

    paho_cause_trace("SSL handshake done write:unknown:unknown");
    paho_cause_trace("X509_check_host for hostname 10.0.0.1 failed, rc 0");
    paho_cause_trace("WebSocket HTTP rc 404");
    cr_expect_eq(paho_cause_take(-1, "TCP/TLS connect failure", text), MQTT_REASON_CLOSED);
}

Test(paho_cause, names_the_certificate_when_the_alert_is_lost)
{
    paho_cause_trace("SSL handshake done write:unknown:unknown");
    cr_expect_eq(paho_cause_take(-1, "TCP/TLS connect failure", text), MQTT_REASON_CLOSED);
    cr_expect_str_eq(text, "after the TLS handshake: it may want another certificate from us");
    cr_expect_eq(paho_cause_take(-1, NULL, text), MQTT_REASON_UNREACHABLE, "it is forgotten");
}

Test(paho_cause, tells_silence_from_hanging_up)
{
    cr_expect_eq(paho_cause_take(-1, "TCP connect timeout", text), MQTT_REASON_TIMEOUT);
    cr_expect_eq(paho_cause_take(-1, "TCP connect completion failure", text), MQTT_REASON_CLOSED);
}

Test(paho_cause, believes_the_broker_first)
{
    paho_cause_trace("X509_check_host for hostname x failed, rc 0");
    cr_expect_eq(paho_cause_take(5, "CONNACK return code", text), 5);
}
