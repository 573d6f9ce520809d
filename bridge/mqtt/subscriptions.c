#include "mqtt/subscriptions.h"

#include <stdlib.h>

#include "base/error.h"

void subscriptions_deinit(struct subscriptions *subscriptions)
{
    for (size_t i = 0; i < subscriptions->n; i++)
        free(subscriptions->list[i].filter);
    subscriptions->n = 0;
}

static struct subscription *find(struct subscriptions *subscriptions, const char *filter)
{
    for (size_t i = 0; i < subscriptions->n; i++)
        if (strcmp(subscriptions->list[i].filter, filter) == 0)
            return &subscriptions->list[i];
    return NULL;
}

int subscriptions_put(struct subscriptions *subscriptions, const char *filter, struct subscription **ret)
{
    struct subscription *subscription = find(subscriptions, filter);
    if (!subscription) {
        if (subscriptions->n == LIMIT_SUBSCRIPTIONS)
            return -ENOSPC;
        char *copy = strdup(filter);
        if (!copy)
            return -ENOMEM;
        subscription = &subscriptions->list[subscriptions->n++];
        *subscription = (struct subscription){ .filter = copy };
    }
    *ret = subscription;
    return 0;
}

bool subscriptions_remove(struct subscriptions *subscriptions, const char *filter)
{
    struct subscription *subscription = find(subscriptions, filter);
    if (!subscription)
        return false;
    free(subscription->filter);
    *subscription = subscriptions->list[--subscriptions->n];
    return true;
}

uint64_t subscriptions_ask(struct subscriptions *subscriptions, struct subscription *subscription)
{
    subscription->pending = true;
    subscription->number = ++subscriptions->last_number;
    return subscription->number;
}

struct subscription *subscriptions_answer(struct subscriptions *subscriptions, uint64_t number)
{
    for (size_t i = 0; i < subscriptions->n; i++) {
        struct subscription *subscription = &subscriptions->list[i];
        if (!subscription->pending || subscription->number != number)
            continue;
        subscription->pending = false;
        return subscription;
    }
    return NULL;
}

bool subscriptions_pending(const struct subscriptions *subscriptions)
{
    for (size_t i = 0; i < subscriptions->n; i++)
        if (subscriptions->list[i].pending)
            return true;
    return false;
}
