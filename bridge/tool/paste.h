/* Messages out of what a user pastes or pipes in: xPL text as it stands on the wire, in a log or in a guide
 * (CR LF, indentation, blank lines around), or JSON as `listen --json`, the raw topics and bridge/unmapped
 * show it; any number, in any mixture.
 */
#ifndef TOOL_PASTE_H
#define TOOL_PASTE_H

#include "base/text.h"
#include "xpl/message.h"

#define PASTE_MAX (1 << 20) /* bytes of one input; larger: refused */

/* A whole file, or standard input where `path` is "-"; free it. 0, -EFBIG over PASTE_MAX, or another negative
 * errno. */
int paste_read(const char *path, char **ret, size_t *ret_size);

struct json_t;

struct paste {
    struct xpl_slice rest;
    int line;            /* where the last message began, from 1 */
    int next_line;       /* where the rest does */
    struct json_t *json; /* what the last message borrows from */
    size_t sample;       /* of the next one in it, where it is a list of unmapped messages */
};

enum paste_result {
    PASTE_END,
    PASTE_MESSAGE, /* it borrows from the text and lives until the next call */
    PASTE_WRONG,   /* no message; the reason says why, and the next call goes on behind it */
};

/* The text must outlive the paste. */
void paste_init(struct paste *paste, struct xpl_slice text);
void paste_deinit(struct paste *paste);
enum paste_result paste_next(struct paste *paste, struct xpl_message *ret, struct text *ret_why);

#endif
