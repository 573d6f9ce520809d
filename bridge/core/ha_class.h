/* What Home Assistant allows: device classes of a component, and the units that go with them. A class or a
 * unit that it does not know would have the whole announcement refused. */
#ifndef CORE_HA_CLASS_H
#define CORE_HA_CLASS_H

#include "xpl/slice.h"

/* The class for a component ("sensor", "number", "binary_sensor", …) with that unit, as a static string;
 * NULL: leave it out. */
const char *ha_class(const char *component, struct xpl_slice class, const char *unit);

/* Of a sensor with a number: "measurement", "total_increasing" or NULL. `class` may be NULL. */
const char *ha_state_class(const char *class, struct xpl_slice name);

/* Whether things of that class speak of the device's own health. */
bool ha_is_diagnostic(const char *class);

#endif
