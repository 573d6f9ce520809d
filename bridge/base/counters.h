/* Honest counting: see counters.def for the list. */
#ifndef BASE_COUNTERS_H
#define BASE_COUNTERS_H

#include <stdint.h>

enum counter {
#define COUNTER(name, json, text) COUNT_##name,
#include "base/counters.def"
#undef COUNTER
    COUNTERS
};

struct counters {
    uint64_t value[COUNTERS];
};

/* "xpl-received" and its sentence. */
extern const char *const counter_names[COUNTERS];
extern const char *const counter_texts[COUNTERS];

static inline void count(struct counters *counters, enum counter counter)
{
    counters->value[counter]++;
}

static inline void count_n(struct counters *counters, enum counter counter, uint64_t n)
{
    counters->value[counter] += n;
}

#endif
