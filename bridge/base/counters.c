#include "base/counters.h"

const char *const counter_names[COUNTERS] = {
#define COUNTER(name, json, text) json,
#include "base/counters.def"
#undef COUNTER
};

const char *const counter_texts[COUNTERS] = {
#define COUNTER(name, json, text) text,
#include "base/counters.def"
#undef COUNTER
};
