/* The mapping table, at the start and again: built beside the old one, swapped when it has no error
 * (xplmqttd(8)). */
#include <malloc.h>

#include "daemon-private.h"
#include "io/io.h"
#include "io/notify.h"

static void apply(struct daemon *daemon, struct settings *settings, struct mapping *mapping)
{
    unsigned changes = settings_compare(daemon->settings, settings);
    unsigned later = changes & ~(unsigned)(SETTINGS_CHANGED_MAPPINGS | SETTINGS_CHANGED_LOG);
    if (changes & SETTINGS_CHANGED_LOG) /* else what was set by request stays */
        log_set_levels(xpl_slice_from(settings->log));
    core_set_mapping(daemon->core, mapping, io_now_ms());
    mapping_unref(daemon->mapping);
    daemon->mapping = mapping;
    if (later) { /* the parts that were built from the old settings go on with them */
        log_warning(LOG_CONFIG,
                    "settings other than mappings and log levels have changed: restart to apply them");
        settings_free(settings);
        return;
    }
    settings_free(daemon->settings);
    daemon->settings = settings;
}

/* The file where core keeps the names that were given by request; NULL: there is none to read. It is ours,
 * and not a mistake of the user's when it is damaged: the daemon does without it, as without any other state
 * file. Only when a name was written into it just now is what is wrong there the name, and the answer to
 * whoever gave it. */
static const char *names_file(struct daemon *daemon, struct diag *diag, char *buffer, size_t capacity)
{
    if (store_is_nowhere(&daemon->store))
        return NULL;
    snprintf(buffer, capacity, "%s/" CORE_FILE_NAMES, daemon->store.directory);
    if (daemon->core && core_awaits_name(daemon->core))
        return buffer;
    daemon->names_damaged = parts_check_names(daemon->settings, buffer, diag) == -EINVAL;
    return daemon->names_damaged ? NULL : buffer;
}

void daemon_reload(struct daemon *daemon)
{
    struct diag diag;
    char names[sizeof(daemon->store.directory) + sizeof(CORE_FILE_NAMES)];
    struct settings *settings = NULL;
    struct mapping *mapping = NULL;
    diag_init(&diag);
    notify_reloading();
    int r = settings_reload(&settings, daemon->settings, &diag);
    if (r == 0)
        r = parts_mapping(settings, daemon->settings, names_file(daemon, &diag, names, sizeof(names)), &diag,
                          &mapping);
    parts_log_findings(&diag, daemon->settings->verbose ? DIAG_INFO : DIAG_WARNING);
    if (r == 0) {
        apply(daemon, settings, mapping);
        log_info(LOG_MAPPING, "reloaded: %zu maps, digest %s", mapping_maps(mapping),
                 mapping_digest(mapping));
        core_on_reloaded(daemon->core, NULL, io_now_ms());
    } else {
        char why[1024] = "out of memory";
        for (const struct diag_finding *f = diag.first; f; f = f->next)
            if (f->level == DIAG_ERROR) {
                diag_render(f, why, sizeof(why));
                break;
            }
        log_error(LOG_MAPPING, "not reloaded, the old mapping stays in force");
        core_on_reloaded(daemon->core, why, io_now_ms());
        settings_free(settings);
    }
    diag_deinit(&diag);
    malloc_trim(0);
    notify_ready();
}

/* Errors are exit status 2, and nothing was started then. */
int daemon_load(struct daemon *daemon)
{
    struct diag diag;
    char names[sizeof(daemon->store.directory) + sizeof(CORE_FILE_NAMES)];
    diag_init(&diag);
    int r = parts_mapping(daemon->settings, daemon->settings, names_file(daemon, &diag, names, sizeof(names)),
                          &diag, &daemon->mapping);
    parts_log_findings(&diag, daemon->settings->verbose ? DIAG_INFO : DIAG_WARNING);
    if (r == 0)
        log_info(LOG_MAPPING, "%zu maps, digest %s", mapping_maps(daemon->mapping),
                 mapping_digest(daemon->mapping));
    else
        log_error(LOG_MAPPING, "not started: the mapping has errors");
    diag_deinit(&diag);
    return r;
}
