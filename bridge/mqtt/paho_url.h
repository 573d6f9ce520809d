/* A URL of ours in Paho's words, and for plain TCP the same with each address of the host: of a name Paho
 * tries only one. With TLS and WebSockets it must see the name, which is checked there, or told to the
 * broker. */
#ifndef MQTT_PAHO_URL_H
#define MQTT_PAHO_URL_H

#include "xpl/slice.h"

#define PAHO_URL_ADDRESSES 8 /* of one name that are tried; more are left out */
#define PAHO_URL_TEXT      80

struct paho_url {
    char *text;
    bool tls;
    char *host;       /* a name that may have several addresses; NULL where that is of no use */
    const char *port; /* behind its colon, in `text`; with `host` only */
    char addresses[PAHO_URL_ADDRESSES][PAHO_URL_TEXT]; /* "tcp://[::1]:1883" */
    size_t n_addresses;
};

/* 0; -EINVAL when the scheme is none of ours or it names a user (which has its own place; in a URL it would
 * end up in the log); -ENOMEM. */
int paho_url_init(struct paho_url *url, const char *text);
void paho_url_deinit(struct paho_url *url);

/* The host's addresses, IPv4 or IPv6, in the order of trial; they replace earlier ones. */
void paho_url_set_addresses(struct paho_url *url, const char *const *addresses, size_t n);

#endif
