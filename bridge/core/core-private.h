/* What the files of core share. Each part has its own struct and file; core.c composes them. */
#ifndef CORE_CORE_PRIVATE_H
#define CORE_CORE_PRIVATE_H

#include "base/limits.h"
#include "base/text.h"
#include "core/claims.h"
#include "core/core.h"
#include "core/commands.h"
#include "core/devices.h"
#include "core/flood.h"
#include "core/heard.h"
#include "core/loops.h"
#include "core/made.h"
#include "core/naming.h"
#include "core/network.h"
#include "core/rates.h"
#include "core/remote.h"
#include "core/tunnel.h"
#include "core/unmapped.h"

struct core {
    struct core_options options; /* strings are own copies, in `storage` */
    struct arena storage;
    struct sink sink;
    struct counters *counters;
    struct mapping *mapping;
    struct mapping_scratch *scratch;
    struct network network;
    struct remote remote;
    struct tunnel *tunnel; /* NULL: none */
    struct loops loops;
    struct flood flood;
    struct devices devices;
    struct unmapped unmapped;
    struct rates rates;
    struct commands commands;
    struct made made;
    struct discovery discovery;
    struct claims claims;
    char *filters[LIMIT_SUBSCRIPTIONS]; /* subscribed for commands */
    size_t n_filters;
    int64_t started_ms, wall_offset_ms; /* wall = now + offset */
    int64_t started_wall_ms;
    int64_t health_due_ms, lists_due_ms;
    /* Of messages received: so many in the last whole minute; -1: none has passed. */
    struct {
        int64_t since_ms, a_minute;
        uint64_t before;
    } rate;
    bool lists_stale; /* something was heard since they were written */
    char last_error[256], warning[1024];
    /* A reload that somebody waits for. */
    struct {
        bool waiting;
        char response_topic[LIMIT_TOPIC + 1];
        char correlation[256];
        size_t correlation_size;
        bool has_correlation;
        char id[128];  /* JSON text, or empty; requests.c */
        char verb[16]; /* that asked for it */
    } reload;
    struct naming naming;
    struct xpl_slice datagram;  /* the one being worked on, for dedupe; size 0: none */
    uint64_t message_number;    /* of its message */
    struct xpl_message message; /* the last parsed */
    struct text document;       /* for what is rendered here */
};

#define core_count(core, counter) count((core)->counters, (counter))

void core_log(struct core *core, enum log_area area, enum log_level level, const char *format, ...)
    __attribute__((format(printf, 4, 5)));

/* prefix/PATH */
void core_publish(struct core *core, enum sink_lane lane, const char *path, struct xpl_slice payload,
                  int qos);
void core_publish_topic(struct core *core, enum sink_lane lane, struct xpl_slice topic,
                        struct xpl_slice payload, int qos);

/* What has both a state and a command, for loops.h: a command knows its device and its property, but not the
 * property's name where that is a template. True, in the second: the command closes a loop; it was logged,
 * and is to be refused. */
uint64_t core_loop_key(const struct mapping_property *property, struct xpl_slice device);
bool core_is_loop(struct core *core, const struct mapping_command *command,
                  const struct core_message *message, int64_t now_ms);
/* A value on a topic of a map: Homie has it too. */
void core_publish_value(struct core *core, bool retain, struct xpl_slice topic, struct xpl_slice payload,
                        int qos);
/* 0, or negative errno. */
int core_save(struct core *core, const char *name, const char *data, size_t size);

/* "2026-11-26T04:05:06Z", by the wall clock as it stands now */
void core_write_time(const struct core *core, int64_t now_ms, struct text *ret);

/* listening.c: what we always listen to, and the topics of commands, which follow the table. */
void listening_start(struct core *core);
void listening_follow(struct core *core);
void listening_deinit(struct core *core);

/* requests.c */
void requests_on_mqtt(struct core *core, struct xpl_slice verb, const struct core_message *message,
                      int64_t now_ms);
/* Answers to a response topic, or where that is none that may be, to bridge/response/VERB. */
void requests_answer(struct core *core, const char *verb, struct xpl_slice response_topic,
                     struct xpl_slice correlation, struct xpl_slice payload);
/* {"result":"ok"}, or an error and why, to a message whose body may hold an id. */
void requests_answer_result(struct core *core, const char *verb, const struct core_message *message,
                            const char *why);
/* Asks for a reload that the request waits for. */
void requests_reload(struct core *core, const char *verb, const struct core_message *message);

/* decisions.c: announce, forget, rename, rebind, permit. False when the verb is another. */
bool decisions_on_request(struct core *core, const char *verb, const struct core_message *message,
                          int64_t now_ms);

/* report.c */
void report_info(struct core *core);
void report_write_info(struct core *core, struct text *ret);
void report_health(struct core *core, int64_t now_ms);
void report_write_health(struct core *core, int64_t now_ms, struct text *ret);
void report_network(struct core *core);
/* State, network and info as they are, though nothing changed. */
void report_again(struct core *core);
void report_devices(struct core *core);
void report_unmapped(struct core *core);
/* A message was heard, or another table is in force: the lists are due, soon when they say something new. */
void report_on_message(struct core *core, int64_t now_ms);
void report_on_mapping(struct core *core, int64_t now_ms);
void report_on_time(struct core *core, int64_t now_ms);

/* raw.c: prefix/raw, both ways */
void raw_publish(struct core *core, const struct xpl_message *message, int64_t now_ms);
void raw_on_send(struct core *core, const struct core_message *message);

#endif
