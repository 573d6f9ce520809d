/* What is kept from run to run: small files in the state directory at a clean stop, and the hub's clients in
 * the runtime directory as they change, so that a hub that was killed serves them at once. */
#include <errno.h>
#include <stdlib.h>

#include "daemon-private.h"

#define FILE_HUB     "hub-clients"
#define FILE_TOPICS  "topics"
#define FILE_DEVICES "devices"

/* Where state is kept, and whether it can be kept there as the settings want. */
int daemon_find_store(struct daemon *daemon)
{
    const char *named = getenv("STATE_DIRECTORY");
    if (store_init(&daemon->store, named) == STORE_NOWHERE && named && named[0])
        log_warning(LOG_DAEMON,
                    "cannot write to the state directory %s: nothing is remembered across a restart", named);
    else if (store_is_nowhere(&daemon->store))
        log_debug(LOG_DAEMON, "no state directory: nothing is remembered across a restart");
    const char *runtime = getenv("RUNTIME_DIRECTORY"); /* none: nothing is written while we run */
    if (runtime && runtime[0])
        store_init(&daemon->runtime, runtime);
    const char *fault =
        daemon->settings->mqtt.spool == SETTINGS_SPOOL_DISK ? spooling_fault(daemon->store.directory) : NULL;
    if (fault)
        log_error(LOG_CONFIG, "not started: spool=\"disk\" cannot be: %s", fault);
    return fault ? -EINVAL : 0;
}

struct xpl_slice daemon_recall(struct daemon *daemon, const char *name, char **ret)
{
    size_t size = 0;
    int r = store_read(&daemon->store, name, ret, &size);
    if (r < 0)
        log_warning(LOG_DAEMON, "cannot read %s/%s: %s", daemon->store.directory, name, strerror(-r));
    return r == STORE_OK ? xpl_slice(*ret, size) : xpl_slice(NULL, 0);
}

void daemon_forget(char **text)
{
    free(*text);
    *text = NULL;
}

/* The runtime directory knows of the moment before a crash, but not of the time before a boot. */
struct xpl_slice daemon_recall_clients(struct daemon *daemon, char **ret)
{
    size_t size = 0;
    if (store_read(&daemon->runtime, FILE_HUB, ret, &size) == STORE_OK)
        return xpl_slice(*ret, size);
    return daemon_recall(daemon, FILE_HUB, ret);
}

struct xpl_slice daemon_recall_topics(struct daemon *daemon)
{
    return daemon_recall(daemon, FILE_TOPICS, &daemon->made_topics);
}

struct xpl_slice daemon_recall_devices(struct daemon *daemon)
{
    return daemon_recall(daemon, FILE_DEVICES, &daemon->devices);
}

void daemon_save_clients(struct daemon *daemon)
{
    const struct store *store = &daemon->runtime;
    char *buffer = store_is_nowhere(store) ? NULL : malloc(LIMIT_STATE_FILE);
    if (!buffer)
        return;
    store_replace(store, FILE_HUB, buffer, core_export_hub(daemon->core, buffer, LIMIT_STATE_FILE));
    free(buffer);
}

/* What is in the damaged file people may still want to look at. */
static int set_aside_names(struct daemon *daemon)
{
    int r = store_set_aside(&daemon->store, CORE_FILE_NAMES);
    if (r < 0)
        return r;
    daemon->names_damaged = false;
    log_warning(LOG_DAEMON, "the damaged %s/" CORE_FILE_NAMES " is now " CORE_FILE_NAMES STORE_DAMAGED,
                daemon->store.directory);
    return 0;
}

int daemon_keep(struct daemon *daemon, const char *name, const char *data, size_t size)
{
    if (store_is_nowhere(&daemon->store))
        return -ENOENT;
    int r = daemon->names_damaged && strcmp(name, CORE_FILE_NAMES) == 0 ? set_aside_names(daemon) : 0;
    if (r == 0)
        r = store_replace(&daemon->store, name, data, size);
    if (r < 0)
        log_warning(LOG_DAEMON, "cannot write %s/%s: %s", daemon->store.directory, name, strerror(-r));
    return r;
}

void daemon_save(struct daemon *daemon)
{
    size_t capacity = LIMIT_STATE_FILE;
    char *buffer = store_is_nowhere(&daemon->store) ? NULL : malloc(capacity);
    if (!buffer)
        return;
    static const struct {
        const char *file;
        size_t (*export)(const struct core *core, char *buffer, size_t capacity);
    } memories[] = { { FILE_HUB, core_export_hub },
                     { FILE_TOPICS, core_export_topics },
                     { FILE_DEVICES, core_export_devices } };
    for (size_t i = 0; i < sizeof(memories) / sizeof(memories[0]); i++) {
        size_t size = memories[i].export(daemon->core, buffer, capacity);
        daemon_keep(daemon, memories[i].file, buffer, size);
    }
    free(buffer);
}
