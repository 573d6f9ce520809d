#include "parts.h"

#include <errno.h>

#include "base/log.h"
#include "base/paths.h"

struct session_options parts_session(const struct settings *settings)
{
    static const enum mqtt_version versions[] = {
        [SETTINGS_VERSION_AUTO] = MQTT_VERSION_AUTO,
        [SETTINGS_VERSION_5] = MQTT_VERSION_5,
        [SETTINGS_VERSION_311] = MQTT_VERSION_311,
    };
    return (struct session_options){
        .url = settings->mqtt.url,
        .username = settings->mqtt.username,
        .password = settings->mqtt.password,
        .password_file = settings->mqtt.password_file,
        .cafile = settings->mqtt.cafile,
        .certfile = settings->mqtt.cert,
        .keyfile = settings->mqtt.key,
        .version = versions[settings->mqtt.version],
        .keepalive = settings->mqtt.keepalive,
    };
}

static struct mapping_options mapping_options(const struct settings *running, const char *names)
{
    return (struct mapping_options){ .prefix = running->mqtt.prefix,
                                     .charset = running->xpl.charset_name,
                                     .names = names };
}

int parts_check_names(const struct settings *running, const char *names, struct diag *diag)
{
    struct mapping_file file = { .path = names, .optional = true };
    struct mapping_options options = mapping_options(running, names);
    struct mapping *mapping = NULL;
    struct diag alone;
    diag_init(&alone);
    int r = mapping_load(&mapping, &file, 1, &options, &alone);
    const struct diag_finding *finding = r == -EINVAL ? alone.first : NULL;
    while (finding && finding->level != DIAG_ERROR)
        finding = finding->next;
    if (finding)
        diag_warning(diag, finding->place, "%s; all names given by request are left out", finding->text);
    mapping_unref(mapping);
    diag_deinit(&alone);
    return r;
}

int parts_mapping(const struct settings *settings, const struct settings *running, const char *names,
                  struct diag *diag, struct mapping **ret)
{
    struct mapping_file files[PARTS_FILES_MAX];
    struct mapping_options options = mapping_options(running, names);
    static const char *const none[] = { NULL };
    const char *const *shipped = none;
    char directory[1024];
    size_t n = 0;
    for (; n < settings->mappings.n_files; n++)
        files[n] = (struct mapping_file){ .path = settings->mappings.files[n].path,
                                          .optional = settings->mappings.files[n].optional,
                                          .named = settings->mappings.files[n].place };
    if (names)
        files[n++] = (struct mapping_file){ .path = names, .optional = true };
    if (settings->mappings.shipped) {
        int found = paths_shipped_here(directory, sizeof(directory));
        if (found == 0)
            found = paths_mappings(&diag->arena, directory, &shipped);
        if (found == -ENOMEM)
            return found;
        if (found < 0 || !*shipped)
            diag_error(diag, ((struct diag_place){ directory, 0, 0 }),
                       "no shipped mappings here; shipped=\"no\" goes without them");
    }
    for (; *shipped; shipped++)
        files[n++] = (struct mapping_file){ .path = *shipped, .shipped = true };
    size_t errors = diag->n_errors;
    struct mapping *mapping;
    int r = mapping_load(&mapping, files, n, &options, diag);
    if (r == 0 && errors) {
        mapping_unref(mapping);
        r = -EINVAL;
    }
    if (r == 0)
        *ret = mapping;
    return r;
}

void parts_log_findings(struct diag *diag, enum diag_level least)
{
    static const enum log_level levels[] = { LOG_LEVEL_INFO, LOG_LEVEL_WARNING, LOG_LEVEL_ERROR };
    diag_sort(diag);
    for (const struct diag_finding *finding = diag->first; finding; finding = finding->next) {
        char line[1536];
        if (finding->level < least)
            continue;
        diag_render(finding, line, sizeof(line));
        log_write(LOG_CONFIG, levels[finding->level], "%s", line);
    }
}
