#include "mqtt/states.h"

#include <stdlib.h>
#include <utlist.h>

#include "base/error.h"
#include "base/limits.h"

void states_init(struct states *states)
{
    *states = (struct states){ 0 };
}

void states_deinit(struct states *states)
{
    while (states->table)
        states_remove(states, states->table);
}

size_t states_count(const struct states *states)
{
    return HASH_COUNT(states->table);
}

struct state *states_find(const struct states *states, struct xpl_slice topic)
{
    struct state *state = NULL;
    HASH_FIND(hh, states->table, topic.data, topic.size, state);
    return state;
}

struct state *states_add(struct states *states, struct xpl_slice topic)
{
    if (states_count(states) >= LIMIT_STATES)
        return NULL;
    struct state *state = calloc(1, sizeof(*state) + topic.size + 1);
    if (!state)
        return NULL;
    memcpy(state->topic, topic.data, topic.size);
    state->topic_size = topic.size;
    HASH_ADD_KEYPTR(hh, states->table, state->topic, topic.size, state);
    if (state->left_out) {
        free(state);
        return NULL;
    }
    return state;
}

void states_remove(struct states *states, struct state *state)
{
    states_unwait(states, state);
    HASH_DEL(states->table, state);
    free(state->payload);
    free(state);
}

int state_set(struct state *state, struct xpl_slice payload)
{
    if (payload.size > state->capacity) {
        char *bytes = malloc(payload.size);
        if (!bytes)
            return -ENOMEM;
        free(state->payload);
        state->payload = bytes;
        state->capacity = payload.size;
    }
    if (payload.size)
        memcpy(state->payload, payload.data, payload.size);
    state->payload_size = payload.size;
    return 0;
}

void states_wait(struct states *states, struct state *state, uint64_t order)
{
    if (state->waiting)
        return;
    state->waiting = true;
    state->order = order;
    DL_APPEND(states->first_waiting, state);
    states->n_waiting++;
}

void states_unwait(struct states *states, struct state *state)
{
    if (!state->waiting)
        return;
    state->waiting = false;
    DL_DELETE(states->first_waiting, state);
    states->n_waiting--;
}
