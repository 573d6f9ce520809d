#include "config/value.h"

#include "base/error.h"
#include "base/limits.h"
#include "base/number.h"
#include "config/own.h"

#define INTERFACE_MAX 15 /* IFNAMSIZ without its NUL */
#define TUNNEL_MAX    32 /* one level of a topic, short on purpose */

static bool is_name(struct xpl_slice text, size_t most, const char *others, bool capitals)
{
    for (size_t i = 0; i < text.size; i++) {
        char c = text.data[i];
        bool good = (c >= 'a' && c <= 'z') || (c >= '0' && c <= '9') || (capitals && c >= 'A' && c <= 'Z') ||
                    (c != '\0' && strchr(others, c));
        if (!good)
            return false;
    }
    return text.size <= most;
}

int value_instance(struct settings *settings, const struct option_row *row, const struct option_input *input,
                   struct text *ret_why)
{
    struct xpl_slice value = xpl_slice_from(input->value);
    (void)row;
    if (!is_name(value, XPL_INSTANCE_MAX, "-", false)) {
        char legal[XPL_INSTANCE_MAX + 1];
        xpl_instance_from(legal, value);
        text_format(ret_why, "expected at most %d of a-z, 0-9 and '-'; did you mean '%s'?", XPL_INSTANCE_MAX,
                    legal);
        return -EINVAL;
    }
    snprintf(settings->xpl.instance, sizeof(settings->xpl.instance), "%s", input->value);
    return 0;
}

int value_interface(struct settings *settings, const struct option_row *row, const struct option_input *input,
                    struct text *ret_why)
{
    struct xpl_slice value = xpl_slice_from(input->value);
    bool good = value.size <= INTERFACE_MAX;
    for (size_t i = 0; i < value.size && good; i++)
        good = value.data[i] > ' ' && value.data[i] < 0x7f && value.data[i] != '/';
    if (!good) {
        text_string(ret_why, "expected the name of a network interface, as eth0");
        return -EINVAL;
    }
    return value_store(settings, row, value);
}

int value_broadcast(struct settings *settings, const struct option_row *row, const struct option_input *input,
                    struct text *ret_why)
{
    (void)row;
    uint32_t ip = 0;
    if (input->value[0] && xpl_ip_parse(xpl_slice_from(input->value), &ip) != 0) {
        text_string(ret_why, "expected an IPv4 address, as 192.168.1.255");
        return -EINVAL;
    }
    settings->xpl.broadcast = ip;
    return 0;
}

/* "192.168.1.0/24", or a single address. Bits of the host are taken off. */
static int parse_network(struct xpl_slice word, struct settings_network *ret)
{
    const char *slash = memchr(word.data, '/', word.size);
    size_t size = slash ? (size_t)(slash - word.data) : word.size;
    uint64_t bits = 32;
    uint32_t ip;
    if (slash && number_parse_unsigned(xpl_slice(slash + 1, word.size - size - 1), 0, 32, &bits) < 0)
        return -EINVAL;
    if (xpl_ip_parse(xpl_slice(word.data, size), &ip) != 0)
        return -EINVAL;
    ret->mask = bits ? (uint32_t)(UINT32_MAX << (32 - bits)) : 0;
    ret->ip = ip & ret->mask;
    return 0;
}

int value_networks(struct settings *settings, const struct option_row *row, const struct option_input *input,
                   struct text *ret_why)
{
    struct settings_network networks[LIMIT_NETWORKS];
    struct xpl_slice rest = xpl_slice_from(input->value), word;
    size_t n = 0;
    (void)row;
    while ((word = value_word(&rest)).size) {
        if (n == LIMIT_NETWORKS) {
            text_format(ret_why, "more than %d networks", LIMIT_NETWORKS);
            return -EINVAL;
        }
        if (parse_network(word, &networks[n++]) < 0) {
            text_format(ret_why, "'%.*s' is no IPv4 network, as 192.168.1.0/24", XPL_SLICE_ARGS(word));
            return -EINVAL;
        }
    }
    struct settings_network *copy = arena_array(&settings->own->arena, struct settings_network, n + 1);
    if (!copy)
        return -ENOMEM;
    memcpy(copy, networks, n * sizeof(*copy));
    settings->xpl.allow = copy;
    settings->xpl.n_allow = n;
    return 0;
}

int value_groups(struct settings *settings, const struct option_row *row, const struct option_input *input,
                 struct text *ret_why)
{
    struct arena *arena = &settings->own->arena;
    struct xpl_slice rest = xpl_slice_from(input->value), word;
    size_t n = 0;
    (void)row;
    const char **groups = arena_array(arena, const char *, LIMIT_GROUPS);
    if (!groups)
        return -ENOMEM;
    while ((word = value_word(&rest)).size) {
        if (n == LIMIT_GROUPS) {
            text_format(ret_why, "more than %d groups", LIMIT_GROUPS);
            return -EINVAL;
        }
        if (!is_name(word, XPL_INSTANCE_MAX, "-", false)) {
            char legal[XPL_INSTANCE_MAX + 1];
            xpl_instance_from(legal, word);
            text_format(ret_why, "'%.*s' has not at most %d of a-z, 0-9 and '-'; did you mean '%s'?",
                        XPL_SLICE_ARGS(word), XPL_INSTANCE_MAX, legal);
            return -EINVAL;
        }
        if (!(groups[n++] = arena_copy(arena, word).data))
            return -ENOMEM;
    }
    settings->xpl.groups = groups;
    settings->xpl.n_groups = n;
    return 0;
}

int value_charset(struct settings *settings, const struct option_row *row, const struct option_input *input,
                  struct text *ret_why)
{
    /* For the nearest only; whatever iconv knows is taken. */
    static const char *const usual[] = { "windows-1250", "windows-1251", "windows-1252", "windows-1253",
                                         "windows-1254", "windows-1257", "iso-8859-1",   "iso-8859-2",
                                         "iso-8859-5",   "iso-8859-9",   "iso-8859-15",  "koi8-r",
                                         "cp437",        "cp850",        "us-ascii",     NULL };
    struct charset charset;
    if (input->value[0] == '\0' || charset_init(&charset, input->value) < 0) {
        text_string(ret_why, "expected an 8-bit character set, as windows-1252");
        diag_hint(xpl_slice_from(input->value), usual, ret_why);
        return -EINVAL;
    }
    settings->xpl.charset = charset;
    return value_store(settings, row, xpl_slice_from(input->value));
}

int value_tunnel(struct settings *settings, const struct option_row *row, const struct option_input *input,
                 struct text *ret_why)
{
    struct xpl_slice value = xpl_slice_from(input->value);
    if (!is_name(value, TUNNEL_MAX, "._-", true)) {
        text_format(ret_why, "expected a name: at most %d letters, digits, '.', '_' and '-'", TUNNEL_MAX);
        return -EINVAL;
    }
    return value_store(settings, row, value);
}
