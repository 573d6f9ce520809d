/* Home Assistant components out of a thing's properties: what each is, and its keys. Both forms of
 * announcement are made of them (homeassistant.c). */
#ifndef CORE_HA_COMPONENT_H
#define CORE_HA_COMPONENT_H

#include <jansson.h>

#include "core/view.h"

#define HA_ID_MAX 512

struct ha_component {
    const char *platform; /* static */
    const char *object;   /* of the view */
    json_t *config;       /* yours; all keys but availability, device and origin */
};

/* Writes at most THING_PROPERTIES components and returns how many. `node` is the device's whole id. */
size_t ha_components(struct view *view, const char *node, struct ha_component *ret);

/* A string out of any bytes: what is no UTF-8 is replaced. */
json_t *ha_string(struct xpl_slice text);

/* Lower-case letters, digits and '_', as entity ids want it. */
void ha_write_slug(struct xpl_slice text, struct text *ret);

/* A number when the text is one, else a string. */
json_t *ha_number(const char *text);

#endif
