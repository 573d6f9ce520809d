#include "mqtt/paho_url.h"

#include <arpa/inet.h>
#include <stdio.h>
#include <stdlib.h>

#include "base/error.h"

static const struct {
    const char *ours, *paho;
    bool tls, plain;
} schemes[] = {
    { "mqtt://", "tcp://", false, true },
    { "mqtts://", "ssl://", true, false },
    { "ws://", "ws://", false, false },
    { "wss://", "wss://", true, false },
};

static bool is_name(const char *host)
{
    unsigned char bytes[16];
    return inet_pton(AF_INET, host, bytes) != 1 && inet_pton(AF_INET6, host, bytes) != 1;
}

/* Of "tcp://HOST:PORT". */
static int find_host(struct paho_url *url)
{
    const char *start = strstr(url->text, "://") + 3;
    const char *colon = strrchr(start, ':');
    if (*start == '[' || !colon)
        return 0;
    url->host = strndup(start, (size_t)(colon - start));
    if (!url->host)
        return -ENOMEM;
    url->port = colon + 1;
    if (!is_name(url->host)) {
        free(url->host);
        url->host = NULL;
    }
    return 0;
}

/* Of "ssl://[::1]:8883". Paho leaves the bracket on the address that it looks for in the certificate, where
 * none has one; and it takes the last colon for that of the port, so the address stands well without. */
static void drop_brackets(char *text)
{
    char *open = strstr(text, "://[");
    char *close = open ? strstr(open, "]:") : NULL;
    if (!close)
        return;
    memmove(close, close + 1, strlen(close));
    memmove(open + 3, open + 4, strlen(open + 3));
}

int paho_url_init(struct paho_url *url, const char *text)
{
    for (size_t i = 0; i < sizeof(schemes) / sizeof(schemes[0]); i++) {
        size_t size = strlen(schemes[i].ours);
        if (strncmp(text, schemes[i].ours, size) != 0 || text[size] == '\0' || strchr(text, '@'))
            continue;
        *url = (struct paho_url){ .tls = schemes[i].tls };
        if (asprintf(&url->text, "%s%s", schemes[i].paho, text + size) < 0) {
            url->text = NULL;
            return -ENOMEM;
        }
        if (url->tls)
            drop_brackets(url->text);
        int error = schemes[i].plain ? find_host(url) : 0;
        if (error)
            paho_url_deinit(url);
        return error;
    }
    return -EINVAL;
}

void paho_url_deinit(struct paho_url *url)
{
    free(url->text);
    free(url->host);
    *url = (struct paho_url){ 0 };
}

void paho_url_set_addresses(struct paho_url *url, const char *const *addresses, size_t n)
{
    url->n_addresses = 0;
    for (size_t i = 0; i < n && i < PAHO_URL_ADDRESSES && url->host; i++) {
        bool six = strchr(addresses[i], ':');
        snprintf(url->addresses[url->n_addresses++], PAHO_URL_TEXT, "tcp://%s%s%s:%s", six ? "[" : "",
                 addresses[i], six ? "]" : "", url->port);
    }
}
