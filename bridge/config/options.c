#include "config/option.h"

#include <stddef.h>

#include "base/limits.h"
#include "base/paths.h"
#include "config/value.h"

#define FIELD(field) offsetof(struct settings, field)

static const char *const modes[] = { "normal", NULL };
static const char *const roles[] = { "auto", "hub", "client", NULL };
static const char *const versions[] = { "auto", "5", "311", NULL };
static const char *const spools[] = { "memory", "disk", NULL };
static const char *const homeassistants[] = { "off", "component", "device", NULL };
static const char *const homies[] = { "off", "4", "5", NULL };
static const char *const announces[] = { "mapped", "ask", NULL };

/* clang-format off */
const struct option_row option_rows[OPTIONS] = {
    [OPTION_MODE] = { .name = "mode", .element = "xplmqtt", .attribute = "mode", .argument = "MODE",
        .fallback = "normal", .set = value_choice, .offset = FIELD(mode), .choices = modes,
        .change = SETTINGS_CHANGED_MODE, .help = "how the bridge works: normal" },

    [OPTION_ROLE] = { .name = "role", .element = "xpl", .attribute = "role", .argument = "ROLE",
        .fallback = "auto", .set = value_choice, .offset = FIELD(xpl.role), .choices = roles,
        .change = SETTINGS_CHANGED_XPL, .help = "auto, hub or client of the hub of this host" },
    [OPTION_INSTANCE] = { .name = "instance", .element = "xpl", .attribute = "instance", .argument = "NAME",
        .fallback = "", .set = value_instance,
        .change = SETTINGS_CHANGED_XPL, .help = "our name: xplmqtt-bridge.NAME; from the host's name" },
    [OPTION_INTERFACE] = { .name = "interface", .element = "xpl", .attribute = "interface", .argument = "NAME",
        .fallback = "", .set = value_interface, .offset = FIELD(xpl.interface),
        .change = SETTINGS_CHANGED_XPL, .help = "the network interface with the xPL network, as eth0" },
    [OPTION_BROADCAST] = { .name = "broadcast", .element = "xpl", .attribute = "broadcast", .argument = "IP",
        .fallback = "", .set = value_broadcast,
        .change = SETTINGS_CHANGED_XPL, .help = "where xPL messages go; as the interface says" },
    [OPTION_ALLOW] = { .name = "allow", .element = "xpl", .attribute = "allow", .argument = "NETWORKS",
        .fallback = "", .set = value_networks,
        .change = SETTINGS_CHANGED_XPL, .help = "whose messages count, as '192.168.1.0/24 10.0.0.7'" },
    [OPTION_GROUP] = { .name = "group", .element = "xpl", .attribute = "group", .argument = "NAMES",
        .fallback = "", .set = value_groups,
        .change = SETTINGS_CHANGED_XPL, .help = "xPL groups that we belong to" },
    [OPTION_CHARSET] = { .name = "charset", .element = "xpl", .attribute = "charset", .argument = "NAME",
        .fallback = "windows-1252", .set = value_charset, .offset = FIELD(xpl.charset_name),
        .change = SETTINGS_CHANGED_XPL, .help = "of xPL values that are no UTF-8" },
    [OPTION_FLOOD] = { .name = "flood", .element = "xpl", .attribute = "flood", .argument = "N",
        .fallback = "1000", .set = value_integer, .offset = FIELD(xpl.flood), .low = 1, .high = 1000000,
        .change = SETTINGS_CHANGED_XPL, .help = "messages a second taken from one address" },
    [OPTION_FORWARD_MALFORMED] = { .name = "forward-malformed", .element = "xpl",
        .attribute = "forward-malformed", .argument = "yes|no",
        .fallback = "no", .set = value_boolean, .offset = FIELD(xpl.forward_malformed),
        .change = SETTINGS_CHANGED_XPL, .help = "as hub forward what is not xPL, too" },
    [OPTION_TUNNEL] = { .name = "tunnel", .element = "xpl", .attribute = "tunnel", .argument = "NAME",
        .fallback = "", .set = value_tunnel, .offset = FIELD(xpl.tunnel),
        .change = SETTINGS_CHANGED_XPL, .help = "join xPL networks of that name through MQTT" },

    [OPTION_URL] = { .name = "url", .element = "mqtt", .attribute = "url", .argument = "URL",
        .fallback = "mqtt://localhost:1883", .set = value_url,
        .change = SETTINGS_CHANGED_LINK, .help = "the broker: mqtt:// mqtts:// ws:// or wss://" },
    [OPTION_HOST] = { .name = "host", .letter = 'h', .element = "mqtt", .attribute = "host", .argument = "HOST",
        .set = value_host, .help = "the broker, in place of --url" },
    [OPTION_PORT] = { .name = "port", .letter = 'p', .element = "mqtt", .attribute = "port", .argument = "PORT",
        .set = value_port, .low = 1, .high = 65535, .help = "its port; 1883, or 8883 by TLS" },
    [OPTION_USERNAME] = { .name = "username", .letter = 'u', .element = "mqtt", .attribute = "username",
        .argument = "NAME", .fallback = "", .set = value_string, .offset = FIELD(mqtt.username),
        .change = SETTINGS_CHANGED_LINK, .help = "who we are to the broker" },
    [OPTION_PASSWORD] = { .name = "password", .letter = 'P', .argument = "TEXT",
        .set = value_secret, .offset = FIELD(mqtt.password),
        .change = SETTINGS_CHANGED_LINK, .help = "its password; better in a file" },
    [OPTION_PW_FILE] = { .name = "pw-file", .element = "mqtt", .attribute = "password-file", .argument = "FILE",
        .fallback = "", .set = value_path, .offset = FIELD(mqtt.password_file),
        .change = SETTINGS_CHANGED_LINK, .help = "holds the password" },
    [OPTION_ID] = { .name = "id", .letter = 'i', .element = "mqtt", .attribute = "client-id", .argument = "ID",
        .fallback = "", .set = value_string, .offset = FIELD(mqtt.client_id),
        .change = SETTINGS_CHANGED_LINK, .help = "MQTT client id; xplmqtt-INSTANCE" },
    [OPTION_CAFILE] = { .name = "cafile", .element = "mqtt", .attribute = "cafile", .argument = "FILE",
        .fallback = "", .set = value_path, .offset = FIELD(mqtt.cafile),
        .change = SETTINGS_CHANGED_LINK, .help = "certificates that the broker's must come from (PEM); means TLS" },
    [OPTION_CERT] = { .name = "cert", .element = "mqtt", .attribute = "cert", .argument = "FILE",
        .fallback = "", .set = value_path, .offset = FIELD(mqtt.cert),
        .change = SETTINGS_CHANGED_LINK, .help = "our own certificate (PEM); means TLS" },
    [OPTION_KEY] = { .name = "key", .element = "mqtt", .attribute = "key", .argument = "FILE",
        .fallback = "", .set = value_path, .offset = FIELD(mqtt.key),
        .change = SETTINGS_CHANGED_LINK, .help = "its private key (PEM)" },
    [OPTION_MQTT_VERSION] = { .name = "mqtt-version", .letter = 'V', .element = "mqtt", .attribute = "version",
        .argument = "VERSION", .fallback = "auto", .set = value_version, .offset = FIELD(mqtt.version),
        .choices = versions,
        .change = SETTINGS_CHANGED_LINK, .help = "auto, 5 or 311" },
    [OPTION_PREFIX] = { .name = "prefix", .element = "mqtt", .attribute = "prefix", .argument = "TOPIC",
        .fallback = "xpl", .set = value_prefix, .offset = FIELD(mqtt.prefix),
        .change = SETTINGS_CHANGED_PREFIX, .help = "what our topics begin with" },
    [OPTION_KEEPALIVE] = { .name = "keepalive", .element = "mqtt", .attribute = "keepalive", .argument = "S",
        .fallback = "30", .set = value_integer, .offset = FIELD(mqtt.keepalive), .low = 5, .high = 65535,
        .change = SETTINGS_CHANGED_LINK, .help = "seconds" },
    [OPTION_SPOOL] = { .name = "spool", .element = "mqtt", .attribute = "spool", .argument = "WHERE",
        .fallback = "memory", .set = value_choice, .offset = FIELD(mqtt.spool), .choices = spools,
        .change = SETTINGS_CHANGED_SPOOL, .help = "what waits for the broker is kept in memory or on disk" },
    [OPTION_RAW] = { .name = "raw", .element = "mqtt", .attribute = "raw", .argument = "yes|no",
        .fallback = "no", .set = value_boolean, .offset = FIELD(mqtt.raw),
        .change = SETTINGS_CHANGED_RAW, .help = "publish every xPL message as JSON too" },
    [OPTION_RAW_SEND] = { .name = "raw-send", .element = "mqtt", .attribute = "raw-send", .argument = "yes|no",
        .fallback = "no", .set = value_boolean, .offset = FIELD(mqtt.raw_send),
        .change = SETTINGS_CHANGED_RAW, .help = "let MQTT put any message on the xPL network" },

    [OPTION_HOMEASSISTANT] = { .name = "homeassistant", .element = "discovery", .attribute = "homeassistant",
        .argument = "FORM", .fallback = "component", .set = value_choice,
        .offset = FIELD(discovery.homeassistant), .choices = homeassistants,
        .change = SETTINGS_CHANGED_DISCOVERY, .help = "Home Assistant, openHAB: off, component or device" },
    [OPTION_HOMIE] = { .name = "homie", .element = "discovery", .attribute = "homie", .argument = "VERSION",
        .fallback = "off", .set = value_choice, .offset = FIELD(discovery.homie), .choices = homies,
        .change = SETTINGS_CHANGED_DISCOVERY, .help = "Homie: off, 4 or 5" },
    [OPTION_ANNOUNCE] = { .name = "announce", .element = "discovery", .attribute = "announce", .argument = "WHICH",
        .fallback = "mapped", .set = value_choice, .offset = FIELD(discovery.announce), .choices = announces,
        .change = SETTINGS_CHANGED_DISCOVERY, .help = "mapped devices by themselves, or ask for each" },
    [OPTION_ANNOUNCE_AFTER] = { .name = "announce-after", .element = "discovery", .attribute = "announce-after",
        .argument = "N", .fallback = "2", .set = value_integer, .offset = FIELD(discovery.announce_after),
        .low = 1, .high = 1000,
        .change = SETTINGS_CHANGED_DISCOVERY, .help = "messages heard before a device is announced" },
    [OPTION_LIMIT] = { .name = "limit", .element = "discovery", .attribute = "limit", .argument = "N",
        .fallback = "2000", .set = value_integer, .offset = FIELD(discovery.limit), .low = 1,
        .high = LIMIT_DEVICES,
        .change = SETTINGS_CHANGED_DISCOVERY, .help = "devices announced at most" },

    [OPTION_MAPPINGS] = { .name = "mappings", .element = "mappings", .attribute = "href", .argument = "FILE",
        .fallback = PATHS_MAPPINGS, .set = value_mappings,
        .change = SETTINGS_CHANGED_MAPPINGS, .help = "our own mappings; may be given again" },
    [OPTION_SHIPPED] = { .name = "shipped", .element = "mappings", .attribute = "shipped", .argument = "yes|no",
        .fallback = "yes", .set = value_boolean, .offset = FIELD(mappings.shipped),
        .change = SETTINGS_CHANGED_MAPPINGS, .help = "the shipped mappings behind them" },

    [OPTION_LOG_LEVEL] = { .name = "log-level", .element = "log", .attribute = "level", .argument = "LEVEL",
        .fallback = "info", .set = value_log, .offset = FIELD(log),
        .change = SETTINGS_CHANGED_LOG, .help = "error, warning, info or debug; also as info,mqtt=debug" },

    [OPTION_CONFIG] = { .name = "config", .letter = 'c', .argument = "FILE", .fallback = PATHS_CONFIG,
        .help = "the config file" },
    [OPTION_VERBOSE] = { .name = "verbose", .letter = 'v', .help = "say more; twice: everything" },
    [OPTION_HELP] = { .name = "help", .help = "this text" },
    [OPTION_VERSION] = { .name = "version", .help = "the versions of program and libraries" },
    [OPTION_HEALTHCHECK] = { .name = "healthcheck", .help = "whether the running bridge is online: exit status 0" },
};
/* clang-format on */

static bool same(const char *a, const char *b)
{
    return a && strcmp(a, b) == 0;
}

const struct option_row *option_find_attribute(const char *element, const char *attribute)
{
    for (size_t i = 0; i < OPTIONS; i++)
        if (same(option_rows[i].element, element) && same(option_rows[i].attribute, attribute))
            return &option_rows[i];
    return NULL;
}

void option_variable(const char *name, struct text *ret)
{
    text_string(ret, "XPLMQTT_");
    for (const char *p = name; *p; p++)
        text_char(ret, *p == '-' ? '_' : *p >= 'a' && *p <= 'z' ? (char)(*p - 'a' + 'A') : *p);
}

const char *const *option_names(struct arena *arena)
{
    const char **names = arena_array(arena, const char *, OPTIONS + 1);
    for (size_t i = 0; names && i < OPTIONS; i++)
        names[i] = option_rows[i].name;
    return names;
}

const char *const *option_variables(struct arena *arena)
{
    const char **names = arena_array(arena, const char *, 2 * OPTIONS + 1);
    for (size_t i = 0, n = 0; names && i < 2 * OPTIONS; i++) {
        const struct option_row *row = &option_rows[i / 2];
        const char *name = i % 2 ? row->attribute : row->name;
        char storage[64];
        struct text text = TEXT(storage);
        if (!row->argument || !name)
            continue;
        option_variable(name, &text);
        if (!(names[n++] = arena_string(arena, storage)))
            return NULL;
    }
    return names;
}

const char *const *option_elements(struct arena *arena)
{
    const char **names = arena_array(arena, const char *, OPTIONS + 1);
    for (size_t i = 0, n = 0; names && i < OPTIONS; i++) {
        const char *element = option_rows[i].element;
        if (element && i != OPTION_MODE && (n == 0 || strcmp(names[n - 1], element) != 0))
            names[n++] = element;
    }
    return names;
}

const char *const *option_attributes(struct arena *arena, const char *element)
{
    const char **names = arena_array(arena, const char *, OPTIONS + 1);
    for (size_t i = 0, n = 0; names && i < OPTIONS; i++)
        if (same(option_rows[i].element, element))
            names[n++] = option_rows[i].attribute;
    return names;
}
