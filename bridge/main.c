/* xplmqttd: arguments, then the daemon, then an exit status (xplmqttd(8)). */
#include <stdio.h>
#include <unistd.h>

#include "base/log.h"
#include "daemon.h"

extern char **environ;

int main(int argc, char **argv)
{
    struct settings *settings = NULL;
    struct diag diag;
    char hostname[256] = "";
    gethostname(hostname, sizeof(hostname) - 1);
    diag_init(&diag);
    int r = settings_load(&settings, argc, argv, environ, hostname, &diag);
    diag_print(&diag, stderr, DIAG_WARNING);
    diag_deinit(&diag);
    switch (r) {
    case SETTINGS_RUN: break;
    case SETTINGS_HELP: settings_help(stdout); return 0;
    case SETTINGS_VERSION:
        printf("xplmqttd %s (Paho MQTT C %s)\n", XPLMQTT_VERSION, daemon_mqtt_version());
        return 0;
    case SETTINGS_HEALTHCHECK:
        r = daemon_healthcheck(settings);
        settings_free(settings);
        return r;
    case SETTINGS_WRONG: fprintf(stderr, "xplmqttd --help lists the options\n"); return 2;
    default: fprintf(stderr, "xplmqttd: out of memory\n"); return 1;
    }
    log_set_levels(xpl_slice_from(settings->log));
    return daemon_run(settings);
}
