/* Reads an XML file into our own elements, each with its line and column.
 *
 * By SAX2 with our own handlers, because only there libxml2 knows line and column of a start tag. No network,
 * no DTD, no external or internal entities beyond the five of XML. This file is the only user of libxml2.
 */
#ifndef XML_XML_H
#define XML_XML_H

#include <stdint.h>

#include "base/diag.h"

struct xml_attribute {
    const char *name;
    struct xpl_slice value;  /* NUL-terminated too; as XML normalises attribute values */
    struct diag_place place; /* of the attribute's name inside its start tag */
    bool used;               /* set by xml_get; what stays unused is reported by xml_check_attributes */
    struct xml_attribute *next;
};

struct xml_element {
    const char *name;
    struct diag_place place; /* of the '<' of the start tag */
    struct xml_attribute *attributes;
    /* Character data right inside this element, joined, NUL-terminated. CR LF is LF already. */
    struct xpl_slice text;
    struct diag_place
        text_place; /* of the first character that is no white space; of the element when there is none */
    struct xml_element *children, *next;
};

/* Reads a file, or standard input when path is "-". What is not well-formed, has another namespace than `ns`,
 * a DTD, or is over LIMIT_FILE becomes a finding. A prefix bound to `ns` works as well as a default
 * namespace; elements and attributes of other namespaces are refused ("xml:" attributes and
 * xsi:schemaLocation are let pass and dropped), and processing instructions and comments are skipped.
 * Everything is in `arena`. 0; -ENOENT (no such file, no finding made: the caller knows whether that
 * matters); -EINVAL (findings say why); -ENOMEM. */
int xml_read(struct arena *arena, const char *path, const char *ns, struct diag *diag,
             struct xml_element **ret);

/* The same for text in memory; `name` stands for the file in findings. */
int xml_read_memory(struct arena *arena, const char *name, struct xpl_slice text, const char *ns,
                    struct diag *diag, struct xml_element **ret);

/* The attribute, marked as used, or NULL. */
struct xml_attribute *xml_get(const struct xml_element *element, const char *name);
/* Its value, or `fallback`. */
const char *xml_get_string(const struct xml_element *element, const char *name, const char *fallback);
/* "yes" or "no" ("true" "false" "1" "0" are taken too); anything else is a finding, and `fallback`. Blanks
 * around the value do not count, nor in the next two. */
bool xml_get_bool(const struct xml_element *element, const char *name, bool fallback, struct diag *diag);
/* An index into a NULL-terminated list; anything else is a finding that names the nearest and all, and
 * `fallback`. */
int xml_get_choice(const struct xml_element *element, const char *name, const char *const *choices,
                   int fallback, struct diag *diag);
/* A whole number within bounds; anything else is a finding, and `fallback`. */
int64_t xml_get_integer(const struct xml_element *element, const char *name, int64_t low, int64_t high,
                        int64_t fallback, struct diag *diag);

/* A finding "unknown attribute 'knd' on <property>; did you mean 'kind'?" for each attribute not used.
 * `known` is the NULL-terminated list that may stand there, for the nearest name. */
void xml_check_attributes(const struct xml_element *element, const char *const *known, struct diag *diag);
/* A finding for each child that is not in the list, and for text that is not white space when text is not
 * allowed. */
void xml_check_children(const struct xml_element *element, const char *const *known, bool text,
                        struct diag *diag);

/* The first child of that name, or NULL; and the next of the same name. */
struct xml_element *xml_child(const struct xml_element *element, const char *name);
struct xml_element *xml_sibling(const struct xml_element *element);

#endif
