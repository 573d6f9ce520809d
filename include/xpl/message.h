/* The xPL message: one UDP datagram.
 *
 * Parsing is tolerant exactly where real senders need it: any case, CRLF, a missing last line feed, header
 * lines in any order, more than known or missing (all but the source), '=' in values, repeated names, empty
 * values and bodies, over-long names and schemas. Formatting is strict: what leaves us is accepted by the
 * strictest receiver known, or fails with the reason.
 */
#ifndef XPL_MESSAGE_H
#define XPL_MESSAGE_H

#include "xpl/address.h"
#include "xpl/slice.h"

#define XPL_PORT         3865  /* UDP, IANA "xpl" */
#define XPL_MESSAGE_MAX  1472  /* octets that we send: 1500 with IP and UDP headers */
#define XPL_DATAGRAM_MAX 65507 /* octets that may arrive: the most UDP over IPv4 can carry */
#define XPL_NAME_MAX     16    /* octets of an item name that we send */
#define XPL_CLASS_MAX    8     /* octets of a schema class, and of a schema type, that we send */
#define XPL_ITEMS_MAX    512   /* items of one message, both ways */

enum xpl_type { XPL_CMND, XPL_STAT, XPL_TRIG };

struct xpl_item {
    struct xpl_slice name;
    struct xpl_slice value;
};

/* Slices borrow from the parsed datagram, or from whoever fills a message to be formatted. */
struct xpl_message {
    enum xpl_type type;
    int hop; /* 0..9 on receipt, 1..9 when sent */
    struct xpl_address source;
    struct xpl_address target; /* text "*" when the header line is missing */
    struct xpl_slice schema;   /* whole, as received: class.type */
    struct xpl_slice schema_class;
    struct xpl_slice schema_type; /* empty when there is no dot; split at the first dot */
    size_t n_items;
    struct xpl_item items[XPL_ITEMS_MAX];
};

/* Why a message was refused. Positive: to be handled where it happens. */
enum xpl_error {
    XPL_OK = 0,
    XPL_E_EMPTY,     /* no bytes, or only line ends */
    XPL_E_TYPE,      /* the first line is no xpl-cmnd, xpl-stat or xpl-trig */
    XPL_E_HEADER,    /* no header block in braces */
    XPL_E_SOURCE,    /* no source, or one that names nobody ("*", empty, control characters) */
    XPL_E_TARGET,    /* an empty target, or when sending one that is no "*", address or group */
    XPL_E_HOP,       /* hop is no single digit (0..9 received, 1..9 sent) */
    XPL_E_SCHEMA,    /* no schema line */
    XPL_E_BODY,      /* no body block in braces */
    XPL_E_TRUNCATED, /* ends before the closing brace */
    XPL_E_NAME,      /* an item name that holds what it may not, or when sending is empty */
    XPL_E_VALUE,     /* a value with a control character (sending), or no value of its kind */
    XPL_E_ITEMS,     /* more than XPL_ITEMS_MAX items */
    XPL_E_SIZE,      /* over XPL_MESSAGE_MAX octets when sent */
};

/* A short word for counters ("malformed.truncated") and a sentence for people. Static strings. */
const char *xpl_error_name(int error);
const char *xpl_error_text(int error);

/* "xpl-cmnd" and so on. Static. */
const char *xpl_type_name(enum xpl_type type);

/* Parses one datagram. 0, or a positive enum xpl_error, *ret being undefined then.
 *
 * Bytes after the body's closing brace are ignored (padding, further blocks, a second message). A line
 * without '=' or without a name in the body is skipped, and so is a blank one (hubs make "=" out of it).
 * Blanks around names, header values and the schema do not count; a value is everything between the first '='
 * and the line end, whatever bytes it holds. A missing hop counts as 1, a missing target as "*"; of a header
 * line that occurs twice the first counts. */
int xpl_message_parse(struct xpl_message *ret, const char *data, size_t size);

/* First item of that name, without case; NULL when there is none. */
const struct xpl_item *xpl_message_item(const struct xpl_message *message, struct xpl_slice name);

/* Whether a schema, or an item's name, is one that may be sent (see xpl_message_format). */
bool xpl_schema_is_valid(struct xpl_slice schema);
bool xpl_name_is_valid(struct xpl_slice name);

/* Writes the message as a strict datagram (no NUL). 0, or a positive enum xpl_error; *ret_size untouched
 * then. Only type, hop, source.text, target.text, schema and the items are read.
 *
 * Strict: the target of a stat or trig is "*"; addresses as in address.h; schema class and type and names of
 * letters, digits and '-' (some devices know names with '_', but the strictest receivers drop the whole
 * message for one); no control characters in values, other bytes pass; an empty body is legal, though some
 * receivers drop it. Addresses, schema and names are written in lower case, values as they are. *ret_item, if
 * not NULL, gets the index of the item at fault for XPL_E_NAME and XPL_E_VALUE, else SIZE_MAX. */
int xpl_message_format(const struct xpl_message *message, char *buffer, size_t capacity, size_t *ret_size,
                       size_t *ret_item);

#endif
