/* Variables: what a name in a template or condition means (xplmqtt-mappings(5)). */
#ifndef MAPPING_VARIABLE_H
#define MAPPING_VARIABLE_H

#include "xpl/message.h"

enum variable_kind {
    VARIABLE_ITEM, /* any bare name, and body.NAME */
    VARIABLE_SOURCE,
    VARIABLE_SOURCE_VENDOR,
    VARIABLE_SOURCE_DEVICE,
    VARIABLE_SOURCE_INSTANCE,
    VARIABLE_TARGET,
    VARIABLE_TARGET_VENDOR,
    VARIABLE_TARGET_DEVICE,
    VARIABLE_TARGET_INSTANCE,
    VARIABLE_HOP,
    VARIABLE_SCHEMA,
    VARIABLE_SCHEMA_CLASS,
    VARIABLE_SCHEMA_TYPE,
    VARIABLE_MESSAGE_TYPE,
    VARIABLE_BODY,           /* the items as JSON */
    VARIABLE_MESSAGE,        /* the message as JSON */
    VARIABLE_PAYLOAD,        /* in send only */
    VARIABLE_PAYLOAD_MEMBER, /* in send only: payload.NAME */
};

struct variable {
    enum variable_kind kind;
    bool plain; /* ITEM: a bare name, which a binding (split, each) may take; false for body.NAME */
    struct xpl_slice name; /* ITEM: the item; PAYLOAD_MEMBER: the path. Borrowed from the parsed text. */
};

/* Which names there are: in a send, payload and payload.NAME mean the command's. */
enum direction { TO_MQTT, TO_XPL };

/* 0, or -EINVAL for what can be no name, or a dotted name that is none of ours, *ret_nearest then being the
 * nearest or NULL. */
int variable_parse(struct xpl_slice text, enum direction direction, struct variable *ret,
                   const char **ret_nearest);

bool variable_equal(const struct variable *a, const struct variable *b);

/* Compared without case: addresses, schemas, types. */
bool variable_is_header(const struct variable *variable);

#endif
