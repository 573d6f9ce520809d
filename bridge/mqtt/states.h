/* The states: one retained value a topic, remembered for as long as the session lives. */
#ifndef MQTT_STATES_H
#define MQTT_STATES_H

#include <stdint.h>

#include "xpl/slice.h"

/* uthash: memory that is out is no end; the element is left out and says so. */
#define HASH_NONFATAL_OOM            1
#define uthash_nonfatal_oom(element) ((element)->left_out = true)
#include <uthash.h>

struct state {
    UT_hash_handle hh;         /* in the order of the first publish */
    struct state *prev, *next; /* in the list of those that wait, which is in `order` */
    uint64_t order;            /* the outbox's */
    uint64_t flight;           /* number of the hand-over that has the newest value, 0 when none is out */
    char *payload;
    size_t payload_size, capacity; /* capacity only grows: no allocation for the usual next value */
    uint8_t qos;
    bool waiting; /* in the list */
    bool owed;    /* the newest value is */
    bool sent;    /* the newest value was handed over before */
    bool left_out;
    bool spooled;     /* the spool has a row for the topic */
    bool held;        /* its newest value does not go before the spool has it */
    bool dirty;       /* in the list of those that the spool shall hear of */
    int64_t dirty_ms; /* since when; least of all: its row has become wrong */
    struct state *dirty_prev, *dirty_next;
    size_t topic_size;
    char topic[]; /* with a NUL behind it */
};

struct states {
    struct state *table;         /* by topic */
    struct state *first_waiting; /* utlist.h's DL list */
    size_t n_waiting;
};

void states_init(struct states *states);
void states_deinit(struct states *states);

size_t states_count(const struct states *states);
/* NULL when there is none. */
struct state *states_find(const struct states *states, struct xpl_slice topic);
/* A new one with an empty value, not waiting. NULL when LIMIT_STATES is reached or memory is out. */
struct state *states_add(struct states *states, struct xpl_slice topic);
/* Takes it out of the table and of the list, and frees it. */
void states_remove(struct states *states, struct state *state);

/* 0 or -ENOMEM, the old value being left then. */
int state_set(struct state *state, struct xpl_slice payload);

/* To the end of the list; out of it. Nothing happens when it is there, or not there, already. */
void states_wait(struct states *states, struct state *state, uint64_t order);
void states_unwait(struct states *states, struct state *state);

#endif
