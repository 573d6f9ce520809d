/* Between the files of the compiler. An int is 0, -EINVAL (a finding says why) or -ENOMEM. */
#ifndef MAPPING_COMPILE_PRIVATE_H
#define MAPPING_COMPILE_PRIVATE_H

#include "mapping/compile.h"

extern const char *const compile_type_names[]; /* cmnd stat trig, in the order of enum xpl_type */

struct conversion_source compile_source(struct compile *compile, struct diag_place place);

/* An attribute's text as a template; absent leaves *ret as it is (text.data NULL). */
int compile_template(struct compile *compile, const struct xml_element *element, const char *name,
                     enum template_use use, enum direction direction, struct template *ret);
/* Its `when`. */
int compile_conditions(struct compile *compile, const struct xml_element *element, enum direction direction,
                       struct conditions *ret);
int compile_globs(struct compile *compile, const struct xml_element *element, const char *name,
                  struct glob_list *ret);
/* Seconds, with decimals, as milliseconds; anything else is a finding, and the fallback. */
int64_t compile_seconds(struct compile *compile, const struct xml_element *element, const char *name,
                        double low, int64_t fallback_ms);
/* `type`: a bit for each message type. */
unsigned compile_types(struct compile *compile, const struct xml_element *element, unsigned fallback);

/* A finding for what cannot stand in a topic, or is kept by the bridge. */
void compile_check_topic(struct compile *compile, const struct template *template, enum topic_base base,
                         bool sends);
/* The `topic` attribute, or the property's name with /set behind it in a send. */
int compile_topic(struct compile *compile, const struct xml_element *element, const struct property *property,
                  bool sends, enum topic_base *ret_base, struct template *ret);
/* Puts prefix and DEVICE in front of a send's topic, as its base says. */
int compile_whole_topic(struct compile *compile, const struct property *property, struct send *send);

/* *ret stays NULL when there are findings. 0 or -ENOMEM. */
int compile_property(struct compile *compile, struct xml_element *element, struct map *map,
                     struct property **ret);
int compile_send(struct compile *compile, struct xml_element *element, struct property *property,
                 struct send **ret);

#endif
