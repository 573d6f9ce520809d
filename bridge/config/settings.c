#include "config/settings.h"

#include <stdlib.h>
#include <unistd.h>

#include "base/error.h"
#include "base/limits.h"
#include "base/number.h"
#include "config/own.h"
#include "config/value.h"

static bool is_row(const struct option_row *row, enum option_id id)
{
    return row == &option_rows[id];
}

static const char *value_of(const struct settings *settings, enum option_id id)
{
    return settings->own->values[id] ? settings->own->values[id] : "";
}

static enum origin origin_of(const struct settings *settings, enum option_id id)
{
    return value_of(settings, id)[0] ? settings->own->origins[id] : ORIGIN_NONE;
}

static struct diag_place place_of(const struct settings *settings, enum option_id id)
{
    return settings->own->places[id];
}

#define SHOWN 80 /* bytes of a value that a finding repeats */

/* What a finding may show of a value: no secret, nothing that a terminal obeys, and not the whole of a very
 * long one. */
static void show(const struct option_row *row, const char *value, struct text *ret)
{
    if (is_row(row, OPTION_PASSWORD) || (is_row(row, OPTION_URL) && strchr(value, '@')))
        return;
    text_string(ret, " '");
    for (size_t i = 0; value[i] && i < SHOWN; i++)
        text_char(ret, (unsigned char)value[i] < ' ' || value[i] == 0x7f ? '?' : value[i]);
    text_string(ret, strlen(value) > SHOWN ? "...'" : "'");
}

/* Blanks around the value mean something in free text only; what has a form loses them. */
static const char *without_blanks(struct arena *arena, const struct option_row *row, const char *value)
{
    static option_setter *const free_text[] = { value_string, value_secret, value_path, value_mappings,
                                                value_prefix };
    struct xpl_slice whole = xpl_slice_from(value), trimmed = text_trim(whole);
    for (size_t i = 0; i < sizeof(free_text) / sizeof(free_text[0]); i++)
        if (row->set == free_text[i])
            return value;
    return trimmed.size < whole.size ? arena_copy(arena, trimmed).data : value;
}

int settings_set(struct settings *settings, const struct option_row *row, const char *value,
                 enum origin origin, const char *directory, struct diag_place place, struct diag *diag)
{
    struct settings_own *own = settings->own;
    enum option_id id = option_id(row);
    if (!(value = without_blanks(&own->arena, row, value)))
        return -ENOMEM;
    char reason[512], shown[128];
    struct text why = TEXT(reason), words = TEXT(shown);
    struct option_input input = { value, directory, place, own->origins[id] != origin };
    text_string(&why, "");
    text_string(&words, "");

    int r = 0;
    if (strlen(value) > LIMIT_SETTING) {
        text_format(&why, "is longer than %d bytes", LIMIT_SETTING);
        r = -EINVAL;
    } else if (row->set) {
        r = row->set(settings, row, &input, &why);
    }
    if (r == -EINVAL) {
        show(row, value, &words);
        diag_error(diag, place, "%s%s: %s", place.line ? row->attribute : row->name, shown, reason);
    } else if (r == 0) {
        const char *before = is_row(row, OPTION_MAPPINGS) && !input.first ? value_of(settings, id) : "";
        char *copy = arena_alloc(&own->arena, strlen(before) + strlen(value) + 2);
        if (!copy)
            return -ENOMEM;
        snprintf(copy, strlen(before) + strlen(value) + 2, "%s%s%s", before, *before ? ":" : "", value);
        own->values[id] = copy;
    }
    own->origins[id] = origin;
    own->places[id] = place;
    return r == -ENOMEM ? r : 0;
}

static int set_defaults(struct settings *settings, struct diag *diag)
{
    int r = 0;
    for (size_t i = 0; i < OPTIONS && r == 0; i++)
        if (option_rows[i].fallback)
            r = settings_set(settings, &option_rows[i], option_rows[i].fallback, ORIGIN_DEFAULT, NULL,
                             (struct diag_place){ "default", 0, 0 }, diag);
    return r;
}

static int set_given(struct settings *settings, enum origin origin, struct diag *diag)
{
    for (const struct given *given = settings->own->given; given; given = given->next) {
        char storage[80];
        struct text text = TEXT(storage);
        if (given->origin != origin)
            continue;
        if (is_row(given->row, OPTION_VERBOSE)) {
            settings->verbose++;
            continue;
        }
        if (given->variable)
            text_format(&text, "environment %s", given->variable);
        else
            text_format(&text, "option --%s", given->row->name);
        const char *file = arena_string(&diag->arena, storage);
        if (!file)
            return -ENOMEM;
        int r = settings_set(settings, given->row, given->value, origin, NULL,
                             (struct diag_place){ file, 0, 0 }, diag);
        if (r < 0)
            return r;
    }
    return 0;
}

/* A text that is in the end another than any given one. */
static int replace(struct settings *settings, enum option_id id, const char **field, const char *value)
{
    const char *copy = arena_string(&settings->own->arena, value);
    if (!copy)
        return -ENOMEM;
    settings->own->values[id] = copy;
    if (field)
        *field = copy;
    return 0;
}

/* One url out of url, host and port. Of the same origin they exclude each other; else the stronger wins, a
 * port alone only as the port. Where no url says otherwise, a certificate means TLS, as for mosquitto_pub. */
static int finish_url(struct settings *settings, struct diag *diag)
{
    enum origin by_url = origin_of(settings, OPTION_URL), by_host = origin_of(settings, OPTION_HOST),
                by_port = origin_of(settings, OPTION_PORT);
    struct url url = { .scheme = "mqtt", .host = XPL_SLICE("localhost"), .port = 1883 };
    char storage[LIMIT_SETTING + 64], why[512];
    struct text text = TEXT(storage), unused = TEXT(why);
    if (by_url > ORIGIN_DEFAULT && (by_host == by_url || by_port == by_url)) {
        enum option_id other = by_host == by_url ? OPTION_HOST : OPTION_PORT;
        diag_error(diag, place_of(settings, other), "url and %s exclude each other", option_rows[other].name);
        return 0;
    }
    if (by_host > by_url || by_url <= ORIGIN_DEFAULT) {
        if (settings->mqtt.cafile || settings->mqtt.cert)
            url.scheme = "mqtts";
        if (by_host)
            url.host = xpl_slice_from(value_of(settings, OPTION_HOST));
        url.port = url_default_port(url.scheme);
    } else {
        /* One that is wrong has been refused; the rest goes on with the default. */
        (void)url_parse(xpl_slice_from(value_of(settings, OPTION_URL)), &url, &unused);
    }
    uint64_t port;
    if (by_port > by_url &&
        number_parse_unsigned(xpl_slice_from(value_of(settings, OPTION_PORT)), 1, 65535, &port) == 0)
        url.port = (unsigned)port;
    url_write(&url, &text);
    int r = replace(settings, OPTION_URL, &settings->mqtt.url, storage);
    if (r == 0 && !settings_mqtt_is_secure(settings))
        for (enum option_id id = OPTION_CAFILE; id <= OPTION_KEY; id++)
            if (origin_of(settings, id))
                diag_warning(diag, place_of(settings, id), "%s is of no use without TLS; the url is %s",
                             option_rows[id].name, settings->mqtt.url);
    return r;
}

/* The service manager's credential counts only where nothing else is said. */
static int finish_password(struct settings *settings, struct diag *diag)
{
    static const char *const names[] = { "xplmqtt-password", "mqtt-password" };
    enum origin by_text = origin_of(settings, OPTION_PASSWORD), by_file = origin_of(settings, OPTION_PW_FILE);
    if (by_text && by_text == by_file) {
        diag_error(diag, place_of(settings, OPTION_PW_FILE), "password and %s exclude each other",
                   option_rows[OPTION_PW_FILE].name);
        return 0;
    }
    if (by_text > by_file)
        settings->mqtt.password_file = NULL;
    else
        settings->mqtt.password = NULL;
    for (size_t i = 0; !by_text && !by_file && settings->own->credentials && i < 2; i++) {
        char path[LIMIT_SETTING];
        struct text text = TEXT(path);
        text_format(&text, "%s/%s", settings->own->credentials, names[i]);
        if (!text.overflow && access(path, F_OK) == 0)
            return replace(settings, OPTION_PW_FILE, &settings->mqtt.password_file, path);
    }
    if ((by_text || by_file) && !settings->mqtt.username)
        diag_warning(diag, place_of(settings, by_text ? OPTION_PASSWORD : OPTION_PW_FILE),
                     "a password without a username; brokers before MQTT 5 refuse it");
    return 0;
}

/* What only all of them together decide. */
static int finish(struct settings *settings, struct diag *diag)
{
    char *instance = settings->xpl.instance, id[sizeof("xplmqtt-") + XPL_INSTANCE_MAX];
    if (!*instance)
        xpl_instance_from(instance, xpl_slice_from(settings->own->hostname));
    int r = replace(settings, OPTION_INSTANCE, NULL, instance);
    if (r == 0 && !settings->mqtt.client_id) {
        snprintf(id, sizeof(id), "xplmqtt-%s", instance);
        r = replace(settings, OPTION_ID, &settings->mqtt.client_id, id);
    }
    if (r == 0 && settings->verbose) /* once: not yet what comes with each message */
        r = replace(settings, OPTION_LOG_LEVEL, &settings->log,
                    settings->verbose > 1 ? "debug" : "debug,xpl=info,mqtt=info");
    if (r == 0 && settings->mqtt.key && !settings->mqtt.cert)
        diag_error(diag, place_of(settings, OPTION_KEY), "key needs cert");
    if (r == 0)
        r = finish_url(settings, diag);
    if (r == 0)
        r = finish_password(settings, diag);
    return r;
}

/* Everything but reading argv and environment. */
static int build(struct settings *settings, struct diag *diag)
{
    struct settings_own *own = settings->own;
    const char *path = option_rows[OPTION_CONFIG].fallback;
    enum origin by = ORIGIN_DEFAULT;
    for (const struct given *given = own->given; given; given = given->next)
        if (is_row(given->row, OPTION_CONFIG) && given->origin >= by) {
            path = given->value;
            by = given->origin;
        }
    int r = set_defaults(settings, diag);
    if (r == 0)
        r = file_read(settings, path, diag);
    if (r == -ENOENT) {
        r = 0;
        if (by != ORIGIN_DEFAULT) {
            const char *file = arena_string(&diag->arena, path);
            diag_error(diag, ((struct diag_place){ file, 0, 0 }), "no such file");
        }
    }
    if (r == 0)
        r = set_given(settings, ORIGIN_ENVIRONMENT, diag);
    if (r == 0)
        r = set_given(settings, ORIGIN_ARGUMENT, diag);
    if (r == 0)
        r = finish(settings, diag);
    settings->config_file = path;
    return r;
}

static struct settings *settings_new(const char *hostname)
{
    struct settings *settings = calloc(1, sizeof(*settings));
    struct settings_own *own = calloc(1, sizeof(*own));
    if (settings && own) {
        arena_init(&own->arena);
        own->last_given = &own->given;
        own->hostname = arena_string(&own->arena, hostname);
        settings->own = own;
        if (own->hostname)
            return settings;
        arena_deinit(&own->arena);
    }
    free(own);
    free(settings);
    return NULL;
}

void settings_free(struct settings *settings)
{
    if (!settings)
        return;
    arena_deinit(&settings->own->arena);
    free(settings->own);
    free(settings);
}

int settings_load(struct settings **ret, int argc, char **argv, char **environment, const char *hostname,
                  struct diag *diag)
{
    size_t before = diag->n_errors;
    struct settings *settings = settings_new(hostname);
    if (!settings)
        return -ENOMEM;
    int r = arguments_read(settings->own, argc, argv, environment, diag);
    enum settings_result result = settings->own->result;
    if (r != -ENOMEM && (result == SETTINGS_HELP || result == SETTINGS_VERSION)) {
        settings_free(settings);
        return result;
    }
    if (r != -ENOMEM)
        r = build(settings, diag);
    if (r < 0 || diag->n_errors > before) {
        settings_free(settings);
        return r < 0 ? r : SETTINGS_WRONG;
    }
    *ret = settings;
    return result;
}

int settings_reload(struct settings **ret, const struct settings *old, struct diag *diag)
{
    size_t before = diag->n_errors;
    struct settings *settings = settings_new(old->own->hostname);
    int r = settings ? 0 : -ENOMEM;
    if (settings && old->own->credentials &&
        !(settings->own->credentials = arena_string(&settings->own->arena, old->own->credentials)))
        r = -ENOMEM;
    for (const struct given *given = old->own->given; given && r == 0; given = given->next)
        r = given_add(settings->own, given->row, given->value, given->variable);
    if (r == 0)
        r = build(settings, diag);
    if (r < 0 || diag->n_errors > before) {
        settings_free(settings);
        return r < 0 ? r : SETTINGS_WRONG;
    }
    *ret = settings;
    return 0;
}

unsigned settings_compare(const struct settings *a, const struct settings *b)
{
    unsigned changed = 0;
    for (enum option_id id = 0; id < OPTIONS; id++)
        if (strcmp(value_of(a, id), value_of(b, id)) != 0)
            changed |= option_rows[id].change;
    return changed;
}

bool settings_mqtt_is_secure(const struct settings *settings)
{
    return strncmp(settings->mqtt.url, "mqtts:", 6) == 0 || strncmp(settings->mqtt.url, "wss:", 4) == 0;
}
