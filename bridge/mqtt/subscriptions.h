/* The topic filters that are asked for at each connect. */
#ifndef MQTT_SUBSCRIPTIONS_H
#define MQTT_SUBSCRIPTIONS_H

#include <stdint.h>

#include "base/limits.h"
#include "xpl/slice.h"

struct subscription {
    char *filter;
    int qos;
    uint64_t number; /* of the last time that it was asked for, 0 for never */
    bool pending;    /* asked for and not answered */
};

struct subscriptions {
    struct subscription list[LIMIT_SUBSCRIPTIONS];
    size_t n;
    uint64_t last_number;
};

/* All zero is empty. */
void subscriptions_deinit(struct subscriptions *subscriptions);

/* The one for the filter, made if need be. 0, -ENOSPC or -ENOMEM. Valid until the next put or remove. */
int subscriptions_put(struct subscriptions *subscriptions, const char *filter, struct subscription **ret);
/* Whether it was there. */
bool subscriptions_remove(struct subscriptions *subscriptions, const char *filter);

/* It is being asked for: the number that its answer will carry. */
uint64_t subscriptions_ask(struct subscriptions *subscriptions, struct subscription *subscription);
/* The one that waited for the answer with that number, NULL for none. */
struct subscription *subscriptions_answer(struct subscriptions *subscriptions, uint64_t number);
bool subscriptions_pending(const struct subscriptions *subscriptions);

#endif
