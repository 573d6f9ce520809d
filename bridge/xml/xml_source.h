/* The bytes of a file, and where in it a byte stands.
 *
 * Read whole before anything is parsed, so that a place can be found by looking at the text itself: libxml2
 * tells how far it has read, not where a tag or an attribute began.
 */
#ifndef XML_XML_SOURCE_H
#define XML_XML_SOURCE_H

#include "base/diag.h"

struct xml_source {
    const char *file;      /* the name for findings; borrowed */
    struct xpl_slice text; /* without a byte order mark; NUL-terminated when it came from a file */
    char *storage;         /* what deinit frees */
    struct {               /* the last place asked for: the next is near */
        size_t offset, line_start;
        int line;
    } at;
};

/* Over text that the caller owns. */
void xml_source_init(struct xml_source *source, const char *file, struct xpl_slice text);
/* A file, or standard input when path is "-". 0; -ENOENT (no finding); -EINVAL (with a finding); -ENOMEM.
 * On failure there is nothing to deinit. */
int xml_source_init_file(struct xml_source *source, const char *file, const char *path, struct diag *diag);
void xml_source_deinit(struct xml_source *source);

/* Refuses what is no text in UTF-8: 0, or -EINVAL with a finding at the first byte that is wrong. */
int xml_source_check(struct xml_source *source, struct diag *diag);

/* Line and column (bytes, from 1) of an offset; cheap when it is near the one asked for before. */
struct diag_place xml_source_place(struct xml_source *source, size_t offset);

/* The last '<' before `offset`, or `offset` when there is none. */
size_t xml_source_tag(const struct xml_source *source, size_t offset);

/* Where text begins at or behind `offset`: white space, comments, instructions and the opening of CDATA are
 * passed. */
size_t xml_source_skip(const struct xml_source *source, size_t offset);

/* The offset behind the name of a start tag whose '<' is at `tag`. */
size_t xml_source_name_end(const struct xml_source *source, size_t tag);

/* Walks the attributes of a start tag: from an offset behind the tag's name, or behind an attribute, to the
 * next attribute's name, whose bytes go to *ret_name. Returns the offset behind that attribute, or 0 when
 * none is left. */
size_t xml_source_attribute(const struct xml_source *source, size_t offset, struct xpl_slice *ret_name);

#endif
