/* What parsing and formatting have in common: the words of the language, the reasons for a refusal, finding
 * an item. */
#include "xpl/message.h"

static const char *const type_names[] = {
    [XPL_CMND] = "xpl-cmnd",
    [XPL_STAT] = "xpl-stat",
    [XPL_TRIG] = "xpl-trig",
};

static const struct {
    const char *name;
    const char *text;
} errors[] = {
    [XPL_OK] = { "ok", "nothing is wrong" },
    [XPL_E_EMPTY] = { "empty", "there is no message, or only blank lines" },
    [XPL_E_TYPE] = { "type", "the first line is not xpl-cmnd, xpl-stat or xpl-trig" },
    [XPL_E_HEADER] = { "header", "no header block in braces follows the message type" },
    [XPL_E_SOURCE] = { "source", "the source is missing or is no address" },
    [XPL_E_TARGET] = { "target", "the target is no address that such a message may have" },
    [XPL_E_HOP] = { "hop", "the hop count is not a single digit, or not 1 to 9 in a message to send" },
    [XPL_E_SCHEMA] = { "schema", "no schema, or none that may be sent, stands between header and body" },
    [XPL_E_BODY] = { "body", "no body block in braces follows the schema" },
    [XPL_E_TRUNCATED] = { "truncated", "the message ends before its closing brace" },
    [XPL_E_NAME] = { "name", "an item name is empty or holds a character that it may not" },
    [XPL_E_VALUE] = { "value", "a value holds a control character or is not what it should be" },
    [XPL_E_ITEMS] = { "items", "there are too many items" },
    [XPL_E_SIZE] = { "size", "the message does not fit in one datagram" },
};

#define N_ERRORS ((int)(sizeof(errors) / sizeof(errors[0])))

const char *xpl_error_name(int error)
{
    return error >= 0 && error < N_ERRORS ? errors[error].name : "unknown";
}

const char *xpl_error_text(int error)
{
    return error >= 0 && error < N_ERRORS ? errors[error].text : "an unknown error";
}

const char *xpl_type_name(enum xpl_type type)
{
    return type_names[type];
}

const struct xpl_item *xpl_message_item(const struct xpl_message *message, struct xpl_slice name)
{
    for (size_t i = 0; i < message->n_items; i++)
        if (xpl_slice_equal_nocase(message->items[i].name, name))
            return &message->items[i];
    return NULL;
}
