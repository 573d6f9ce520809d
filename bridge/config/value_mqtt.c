#include "config/value.h"

#include "base/error.h"
#include "base/limits.h"
#include "base/number.h"

#define HOST_MAX 253 /* RFC 1035 */

static const struct {
    const char *scheme;
    unsigned port;
    bool path;
} schemes[] = { { "mqtt", 1883, false }, { "mqtts", 8883, false }, { "ws", 80, true }, { "wss", 443, true } };

/* What other programs write for ours. */
static const struct {
    const char *theirs, *ours;
} foreign[] = {
    { "tcp", "mqtt" }, { "ssl", "mqtts" }, { "tls", "mqtts" }, { "http", "ws" }, { "https", "wss" }
};

unsigned url_default_port(const char *scheme)
{
    for (size_t i = 0; i < sizeof(schemes) / sizeof(schemes[0]); i++)
        if (strcmp(schemes[i].scheme, scheme) == 0)
            return schemes[i].port;
    return 0;
}

/* A name or an IPv4 address; an IPv6 address, which is known by its colons. */
static bool is_host(struct xpl_slice host)
{
    bool six = host.size && memchr(host.data, ':', host.size);
    for (size_t i = 0; i < host.size; i++) {
        char c = host.data[i];
        bool digit = (c >= '0' && c <= '9') || c == '.';
        bool letter = (c >= 'a' && c <= (six ? 'f' : 'z')) || (c >= 'A' && c <= (six ? 'F' : 'Z'));
        if (!digit && !letter && !(six ? c == ':' : c == '-' || c == '_'))
            return false;
    }
    return host.size > 0 && host.size <= HOST_MAX;
}

static int parse_scheme(struct xpl_slice word, struct url *ret, bool *ret_path, struct text *ret_why)
{
    const char *names[sizeof(schemes) / sizeof(schemes[0]) + 1] = { NULL };
    for (size_t i = 0; i < sizeof(schemes) / sizeof(schemes[0]); i++) {
        names[i] = schemes[i].scheme;
        if (xpl_slice_equal_nocase(word, xpl_slice_from(names[i]))) { /* RFC 3986: they have no case */
            ret->scheme = names[i];
            ret->port = schemes[i].port;
            *ret_path = schemes[i].path;
            return 0;
        }
    }
    text_string(ret_why, "expected mqtt://, mqtts://, ws:// or wss://");
    for (size_t i = 0; i < sizeof(foreign) / sizeof(foreign[0]); i++)
        if (xpl_slice_equal_nocase(word, xpl_slice_from(foreign[i].theirs))) {
            text_format(ret_why, "; did you mean '%s'?", foreign[i].ours);
            return -EINVAL;
        }
    diag_hint(word, names, ret_why);
    return -EINVAL;
}

int url_parse(struct xpl_slice text, struct url *ret, struct text *ret_why)
{
    struct url url = { 0 };
    bool may_have_path = false;
    const char *colon = text.size ? memmem(text.data, text.size, "://", 3) : NULL;
    if (!colon) {
        text_string(ret_why, "expected SCHEME://HOST[:PORT], as mqtt://localhost:1883");
        return -EINVAL;
    }
    int r = parse_scheme(xpl_slice(text.data, (size_t)(colon - text.data)), &url, &may_have_path, ret_why);
    if (r < 0)
        return r;

    const char *start = colon + 3, *end = text.data + text.size;
    const char *slash = memchr(start, '/', (size_t)(end - start));
    const char *host_end = slash ? slash : end;
    if (memchr(start, '@', (size_t)(host_end - start))) {
        text_string(ret_why, "a name or password has no place here; there are username and password-file");
        return -EINVAL;
    }
    bool brackets = start < host_end && *start == '[';
    const char *close = brackets ? memchr(start, ']', (size_t)(host_end - start)) : NULL;
    const char *port = memchr(close ? close : start, ':', (size_t)(host_end - (close ? close : start)));
    url.host = brackets ? xpl_slice(start + 1, close ? (size_t)(close - start) - 1 : 0)
                        : xpl_slice(start, (size_t)((port ? port : host_end) - start));
    bool six = url.host.size && memchr(url.host.data, ':', url.host.size);
    if (!is_host(url.host) || brackets != six || (close && close + 1 != (port ? port : host_end))) {
        text_string(ret_why, "expected a host name or address behind '://'");
        return -EINVAL;
    }
    uint64_t number = url.port;
    if (port &&
        number_parse_unsigned(xpl_slice(port + 1, (size_t)(host_end - port) - 1), 1, 65535, &number) < 0) {
        text_string(ret_why, "expected a port from 1 to 65535");
        return -EINVAL;
    }
    url.port = (unsigned)number;
    if (slash && (may_have_path || end - slash > 1)) {
        for (const char *p = slash; p < end; p++)
            if (!may_have_path || *p <= ' ' || *p >= 0x7f) {
                text_string(ret_why, may_have_path ? "holds a blank or a control character"
                                                   : "only ws:// and wss:// have a path");
                return -EINVAL;
            }
        url.path = xpl_slice(slash, (size_t)(end - slash));
    }
    *ret = url;
    return 0;
}

void url_write(const struct url *url, struct text *ret)
{
    bool six = memchr(url->host.data, ':', url->host.size) != NULL;
    text_format(ret, "%s://%s%.*s%s:%u%.*s", url->scheme, six ? "[" : "", XPL_SLICE_ARGS(url->host),
                six ? "]" : "", url->port, XPL_SLICE_ARGS(url->path));
}

/* These three are only looked at here; settings.c makes one url of them. */
int value_url(struct settings *settings, const struct option_row *row, const struct option_input *input,
              struct text *ret_why)
{
    struct url url;
    (void)settings, (void)row;
    return url_parse(xpl_slice_from(input->value), &url, ret_why);
}

int value_host(struct settings *settings, const struct option_row *row, const struct option_input *input,
               struct text *ret_why)
{
    (void)settings, (void)row;
    if (is_host(xpl_slice_from(input->value)))
        return 0;
    text_string(ret_why, strstr(input->value, "://") ? "expected a host name or address; a URL goes to url"
                                                     : "expected a host name or address");
    return -EINVAL;
}

int value_port(struct settings *settings, const struct option_row *row, const struct option_input *input,
               struct text *ret_why)
{
    uint64_t port;
    (void)settings;
    if (number_parse_unsigned(xpl_slice_from(input->value), (uint64_t)row->low, (uint64_t)row->high, &port) ==
        0)
        return 0;
    text_format(ret_why, "expected a port from %d to %d", row->low, row->high);
    return -EINVAL;
}

static const char *prefix_fault(struct xpl_slice prefix)
{
    if (prefix.size == 0)
        return "expected a topic, as 'xpl'";
    if (prefix.size > LIMIT_PREFIX)
        return "is too long";
    if (prefix.data[0] == '$')
        return "may not begin with '$'";
    for (size_t i = 0; i < prefix.size; i++)
        if (prefix.data[i] == '/' && (i == 0 || i + 1 == prefix.size || prefix.data[i + 1] == '/'))
            return "has an empty level";
    if (memchr(prefix.data, '+', prefix.size) || memchr(prefix.data, '#', prefix.size))
        return "may hold no wildcard";
    return utf8_is_text(prefix) ? NULL : VALUE_NO_TEXT;
}

int value_prefix(struct settings *settings, const struct option_row *row, const struct option_input *input,
                 struct text *ret_why)
{
    struct xpl_slice prefix = xpl_slice_from(input->value);
    const char *fault = prefix_fault(prefix);
    if (!fault)
        return value_store(settings, row, prefix);
    text_string(ret_why, fault);
    /* What is left without slashes at either end and the '$' is most often what was meant. */
    while (prefix.size && (prefix.data[0] == '/' || prefix.data[0] == '$'))
        prefix = xpl_slice(prefix.data + 1, prefix.size - 1);
    while (prefix.size && prefix.data[prefix.size - 1] == '/')
        prefix.size--;
    if (prefix.size && !prefix_fault(prefix))
        text_format(ret_why, "; did you mean '%.*s'?", XPL_SLICE_ARGS(prefix));
    return -EINVAL;
}

/* Also as mosquitto_pub takes it: mqttv5, mqttv311. */
int value_version(struct settings *settings, const struct option_row *row, const struct option_input *input,
                  struct text *ret_why)
{
    static const char prefix[] = "mqttv";
    struct option_input plain = *input;
    size_t size = strlen(prefix);
    if (strncmp(input->value, prefix, size) == 0 && input->value[size] >= '0' && input->value[size] <= '9')
        plain.value += size;
    return value_choice(settings, row, &plain, ret_why);
}
