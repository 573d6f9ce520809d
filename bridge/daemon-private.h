/* What the files of the daemon share: its parts, and what each file does for the others. */
#ifndef DAEMON_PRIVATE_H
#define DAEMON_PRIVATE_H

#include "base/limits.h"
#include "core/core.h"
#include "daemon.h"
#include "io/interfaces.h"
#include "io/resolver.h"
#include "io/signals.h"
#include "io/store.h"
#include "io/timer.h"
#include "io/wake.h"
#include "io/xplsocket.h"
#include "lastwill.h"
#include "mqtt/certificate.h"
#include "mqtt/inbox.h"
#include "mqtt/paho.h"
#include "parts.h"
#include "spooling.h"

struct daemon {
    uv_loop_t loop;
    struct settings *settings;
    struct counters counters;
    struct mapping *mapping;
    struct core *core;
    struct inbox *inbox;
    struct mqtt_driver *driver;
    struct session *session;
    struct lastwill *lastwill; /* NULL without Homie */
    int sessions;              /* not closed yet */
    struct spooling *spooling; /* NULL: in memory */
    struct xplsocket *socket;
    struct interfaces *interfaces;
    struct resolver *resolver;
    uint64_t failures; /* to connect, that were looked into */
    struct timer *timer;
    struct signals *signals;
    struct wake *wake;
    struct store store, runtime;
    int open; /* parts whose handles are not gone yet */
    bool stopping, closing, reload_wanted, absent;
    bool up;               /* the link to the broker */
    const char *told_role; /* to the service manager: what core_role said, and `up` */
    bool told_up;
    bool names_damaged; /* the file of names given by request, which is left out of the table */
    int64_t watchdog_due_ms, wall_due_ms, expiry_due_ms, save_due_ms, pulse_due_ms;
    int64_t awake_ms, woke_ms, slept_ms; /* when the loop turned, and began again after a sleep so long */
    struct certificate certificates[2];
    char *made_topics, *devices; /* of the last run, until core has started */
};

/* daemon_sink.c: what core can do to the world. */
struct sink daemon_sink(struct daemon *daemon);
/* Counters that others keep, brought up to date. */
void daemon_refresh_counters(struct daemon *daemon);

/* daemon_core.c: core out of the settings and of what was remembered. 0 or negative errno. */
int daemon_open_core(struct daemon *daemon);
/* The address to speak from; ip 0: there is none now. */
struct xpl_endpoint daemon_choose_address(struct daemon *daemon);

/* daemon_reload.c: the table, at the start (0 or negative errno, logged) and again. */
int daemon_load(struct daemon *daemon);
void daemon_reload(struct daemon *daemon);

/* daemon_state.c: the small files from run to run. */
/* 0, or -EINVAL when they cannot be kept as the settings want, which is logged. */
int daemon_find_store(struct daemon *daemon);
/* The file's content, also in *ret for daemon_forget; data NULL when there is none. */
struct xpl_slice daemon_recall(struct daemon *daemon, const char *name, char **ret);
void daemon_forget(char **text);
struct xpl_slice daemon_recall_clients(struct daemon *daemon, char **ret);
struct xpl_slice daemon_recall_topics(struct daemon *daemon);
struct xpl_slice daemon_recall_devices(struct daemon *daemon);
/* 0 or negative errno, of which a broken disk is logged; -ENOENT: there is no state directory. */
int daemon_keep(struct daemon *daemon, const char *name, const char *data, size_t size);
void daemon_save(struct daemon *daemon);
/* The hub's clients to the runtime directory, if there is one. */
void daemon_save_clients(struct daemon *daemon);

#endif
