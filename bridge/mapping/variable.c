#include "mapping/variable.h"

#include <errno.h>

#include "base/diag.h"

static const char *const names[] = {
    "source",       "source.vendor", "source.device", "source.instance",
    "target",       "target.vendor", "target.device", "target.instance",
    "hop",          "schema",        "schema.class",  "schema.type",
    "message.type", "body",          "message",       NULL,
};

#define BODY    XPL_SLICE("body.")
#define PAYLOAD XPL_SLICE("payload")

static bool starts_with(struct xpl_slice text, struct xpl_slice start)
{
    return text.size >= start.size && xpl_slice_equal_nocase(xpl_slice(text.data, start.size), start);
}

/* What may stand before the '=' of a body line. */
static bool is_item_name(struct xpl_slice text)
{
    bool is = text.size != 0;
    for (size_t i = 0; i < text.size && is; i++)
        is = (unsigned char)text.data[i] > ' ' && !strchr("={}", text.data[i]); /* a brace is a slip */
    return is;
}

int variable_parse(struct xpl_slice text, enum direction direction, struct variable *ret,
                   const char **ret_nearest)
{
    for (int i = 0; names[i]; i++)
        if (xpl_slice_equal_nocase(text, xpl_slice_from(names[i]))) {
            *ret = (struct variable){ VARIABLE_SOURCE + (enum variable_kind)i, false, { "", 0 } };
            return 0;
        }
    if (direction == TO_XPL && xpl_slice_equal_nocase(text, PAYLOAD)) {
        *ret = (struct variable){ VARIABLE_PAYLOAD, false, { "", 0 } };
        return 0;
    }
    if (direction == TO_XPL && starts_with(text, XPL_SLICE("payload.")) && text.size > PAYLOAD.size + 1) {
        *ret = (struct variable){ VARIABLE_PAYLOAD_MEMBER, false,
                                  xpl_slice(text.data + PAYLOAD.size + 1, text.size - PAYLOAD.size - 1) };
        return 0;
    }
    if (starts_with(text, BODY)) {
        struct xpl_slice name = xpl_slice(text.data + BODY.size, text.size - BODY.size);
        if (is_item_name(name)) {
            *ret = (struct variable){ VARIABLE_ITEM, false, name };
            return 0;
        }
    }
    if (!is_item_name(text) || memchr(text.data, '.', text.size)) {
        *ret_nearest = diag_nearest(text, names);
        return -EINVAL;
    }
    *ret = (struct variable){ VARIABLE_ITEM, true, text };
    return 0;
}

bool variable_equal(const struct variable *a, const struct variable *b)
{
    return a->kind == b->kind &&
           (a->kind == VARIABLE_PAYLOAD_MEMBER ? xpl_slice_equal(a->name, b->name)
                                               : xpl_slice_equal_nocase(a->name, b->name));
}

bool variable_is_header(const struct variable *variable)
{
    return variable->kind >= VARIABLE_SOURCE && variable->kind <= VARIABLE_MESSAGE_TYPE;
}
