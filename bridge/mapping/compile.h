/* From elements to the model: one map at a time. Private to this folder. */
#ifndef MAPPING_COMPILE_H
#define MAPPING_COMPILE_H

#include "mapping/model.h"
#include "xml/xml.h"

struct compile {
    struct mapping *mapping;
    struct diag *diag;
    struct tables tables; /* those that the element's file may use */
    const char *file;     /* the element's file, in the mapping's arena */
    bool shipped;
    struct example *examples, **last_example;
};

/* Appends the map to ret_map (NULL when it has findings). 0 or -ENOMEM. */
int compile_map(struct compile *compile, struct xml_element *element, struct map **ret);
int compile_table(struct compile *compile, struct xml_element *element, struct table **ret);
int compile_alias(struct compile *compile, struct xml_element *element, struct alias **ret);
int compile_ignore(struct compile *compile, struct xml_element *element, struct ignore **ret);

/* A place whose file name lives as long as the mapping. */
struct diag_place compile_place(struct compile *compile, struct diag_place place);

#endif
