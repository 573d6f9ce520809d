/* What matching and commands share: a map at work on one message. Private to this folder. */
#ifndef MAPPING_ACT_H
#define MAPPING_ACT_H

#include "mapping/model.h"

/* Whether the map's conditions hold; *ret_failed (may be NULL) tells which part does not. */
bool map_matches(const struct map *map, struct scope *scope, char *ret_failed, size_t capacity);

/* Renders DEVICE into scratch->device. 0 or an enum counter. */
int map_device(const struct map *map, struct scope *scope, struct mapping_scratch *scratch);

/* The same out of what a topic was read back to, and its name in topics; both empty where it does not say. */
int map_device_of_topic(const struct mapping *mapping, const struct map *map, struct scope *scope,
                        struct mapping_scratch *scratch, struct xpl_slice *ret_device,
                        struct xpl_slice *ret_alias);

/* match.c: whether an `ignore` names the device; data NULL: whether one names all of its source. */
bool map_ignores(const struct mapping *mapping, struct xpl_slice source, struct xpl_slice device);

/* topic.c: the source that a topic was read back to; empty where it does not say. */
struct xpl_slice scope_source(struct scope *scope);

/* topic.c: what is below the prefix; data NULL when the topic is not. */
struct xpl_slice topic_below_prefix(const struct mapping *mapping, struct xpl_slice topic);

struct act {
    const struct mapping *mapping;
    struct mapping_scratch *scratch;
    struct scope *scope;
    const struct mapping_sink *sink;
    const struct map *map;
    struct xpl_slice device, alias;
    bool any_type; /* an assumed message: its type says nothing */
    bool told;     /* the sink heard of something, made or not */
};

/* Lets one property act for the message of the scope. True when it published. */
bool act_property(struct act *act, const struct property *property);
/* Publishes a payload that is there already, on the property's plain topic. */
void act_payload(struct act *act, const struct property *property, struct xpl_slice payload);

/* Tells the sink why a property, or with NULL the whole map, did not act. */
void act_skip(struct act *act, const struct property *property, int counter);

/* A payload against min, max and options: 0 or an enum counter, with the reason in scope->why. */
int property_check_range(const struct property *property, struct scope *scope, struct xpl_slice payload);

#endif
