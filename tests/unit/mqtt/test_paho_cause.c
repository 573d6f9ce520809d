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
