/* From a message to bytes, strictly: what the strictest receiver known takes, or an error that says why not.
 *
 * Everything is judged before it is written, the size while it is written. A value can never end its line, so
 * nothing that a value holds can make a second item or block.
 */
#include "xpl/message.h"

#include <stdint.h>

#include "scan.h"

struct writer {
    char *buffer;
    size_t capacity;
    size_t size;
    bool overflow;
};

/* All arithmetic on the space left is here. */
static void put(struct writer *writer, struct xpl_slice text)
{
    if (writer->overflow || writer->capacity - writer->size < text.size) {
        writer->overflow = true;
        return;
    }
    if (text.size)
        memcpy(writer->buffer + writer->size, text.data, text.size);
    writer->size += text.size;
}

static void put_lower(struct writer *writer, struct xpl_slice text)
{
    size_t start = writer->size;
    put(writer, text);
    for (size_t i = start; i < writer->size; i++)
        writer->buffer[i] = xpl_lower(writer->buffer[i]);
}

bool xpl_schema_is_valid(struct xpl_slice schema)
{
    struct xpl_slice class, type;
    return xpl_slice_cut(schema, '.', &class, &type) && scan_is_word(class, XPL_CLASS_MAX, true) &&
           scan_is_word(type, XPL_CLASS_MAX, true);
}

bool xpl_name_is_valid(struct xpl_slice name)
{
    return scan_is_word(name, XPL_NAME_MAX, true);
}

static int check_head(const struct xpl_message *message)
{
    if (message->type != XPL_CMND && message->type != XPL_STAT && message->type != XPL_TRIG)
        return XPL_E_TYPE;
    if (message->hop < 1 || message->hop > 9)
        return XPL_E_HOP;
    if (!xpl_address_is_strict(message->source.text))
        return XPL_E_SOURCE;
    if (!xpl_target_is_valid(message->target.text))
        return XPL_E_TARGET;
    if (message->type != XPL_CMND && !xpl_target_is_all(message->target.text))
        return XPL_E_TARGET;
    if (!xpl_schema_is_valid(message->schema))
        return XPL_E_SCHEMA;
    return message->n_items > XPL_ITEMS_MAX ? XPL_E_ITEMS : XPL_OK;
}

static int check_items(const struct xpl_message *message, size_t *ret_item)
{
    for (size_t i = 0; i < message->n_items; i++) {
        int error = !xpl_name_is_valid(message->items[i].name)  ? XPL_E_NAME
                    : scan_has_control(message->items[i].value) ? XPL_E_VALUE
                                                                : XPL_OK;
        if (error) {
            *ret_item = i;
            return error;
        }
    }
    return XPL_OK;
}

static void write_message(struct writer *writer, const struct xpl_message *message)
{
    char hop = (char)('0' + message->hop);
    put(writer, xpl_slice_from(xpl_type_name(message->type)));
    put(writer, XPL_SLICE("\n{\nhop="));
    put(writer, xpl_slice(&hop, 1));
    put(writer, XPL_SLICE("\nsource="));
    put_lower(writer, message->source.text);
    put(writer, XPL_SLICE("\ntarget="));
    put_lower(writer, message->target.text);
    put(writer, XPL_SLICE("\n}\n"));
    put_lower(writer, message->schema);
    put(writer, XPL_SLICE("\n{\n"));
    for (size_t i = 0; i < message->n_items; i++) {
        put_lower(writer, message->items[i].name);
        put(writer, XPL_SLICE("="));
        put(writer, message->items[i].value);
        put(writer, XPL_SLICE("\n"));
    }
    put(writer, XPL_SLICE("}\n"));
}

int xpl_message_format(const struct xpl_message *message, char *buffer, size_t capacity, size_t *ret_size,
                       size_t *ret_item)
{
    size_t item = SIZE_MAX;
    int r = check_head(message);
    if (!r)
        r = check_items(message, &item);
    if (ret_item)
        *ret_item = item;
    if (r)
        return r;
    struct writer writer = { buffer, capacity < XPL_MESSAGE_MAX ? capacity : XPL_MESSAGE_MAX, 0, false };
    write_message(&writer, message);
    if (writer.overflow)
        return XPL_E_SIZE;
    *ret_size = writer.size;
    return XPL_OK;
}
