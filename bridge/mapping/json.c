/* A message as JSON (xplmqttd(8)), written straight into a text: no tree, no allocation. */
#include "base/number.h"
#include "mapping/mapping.h"

static void write_decoded(const struct charset *charset, struct xpl_slice value, bool lower, struct text *ret)
{
    bool valid = utf8_is_valid(value);
    text_char(ret, '"');
    for (size_t i = 0; i < value.size; i++) {
        char bytes[8], byte = lower ? xpl_lower(value.data[i]) : value.data[i];
        struct text one = TEXT(bytes);
        if (valid || (unsigned char)byte < 0x80) {
            text_json(ret, xpl_slice(&byte, 1));
            continue;
        }
        charset_text(charset, xpl_slice(&byte, 1), &one);
        text_json(ret, utf8_is_valid(text_get(&one)) ? text_get(&one) : XPL_SLICE("\xef\xbf\xbd"));
    }
    text_char(ret, '"');
}

/* A number that reads back into the very same text: leading zeros, a plus sign or 16 digits would be lost. */
static bool is_canonical_number(struct xpl_slice value)
{
    char bytes[32];
    struct text shortest = TEXT(bytes);
    size_t digits = 0;
    for (size_t i = 0; i < value.size; i++)
        digits += value.data[i] >= '0' && value.data[i] <= '9';
    return digits <= 15 && value.size < 20 && number_shortest(value, &shortest) == 0 && !shortest.overflow &&
           xpl_slice_equal(text_get(&shortest), value);
}

void mapping_value_json(const struct charset *charset, struct xpl_slice value, bool typed, struct text *ret)
{
    if (typed && is_canonical_number(value))
        text_slice(ret, value);
    else
        write_decoded(charset, value, false, ret);
}

static bool seen_before(const struct xpl_message *message, size_t index)
{
    for (size_t i = 0; i < index; i++)
        if (xpl_slice_equal_nocase(message->items[i].name, message->items[index].name))
            return true;
    return false;
}

void mapping_body_json(const struct charset *charset, const struct xpl_message *message, bool typed,
                       struct text *ret)
{
    bool first = true;
    text_char(ret, '{');
    for (size_t i = 0; i < message->n_items; i++) {
        const struct xpl_item *item = &message->items[i];
        if (seen_before(message, i))
            continue;
        if (!first)
            text_char(ret, ',');
        first = false;
        write_decoded(charset, item->name, true, ret);
        text_char(ret, ':');
        size_t same = 1;
        for (size_t j = i + 1; j < message->n_items; j++)
            same += xpl_slice_equal_nocase(message->items[j].name, item->name);
        if (same == 1) {
            mapping_value_json(charset, item->value, typed, ret);
            continue;
        }
        char separator = '[';
        for (size_t j = i; j < message->n_items; j++) {
            if (!xpl_slice_equal_nocase(message->items[j].name, item->name))
                continue;
            text_char(ret, separator);
            mapping_value_json(charset, message->items[j].value, typed, ret);
            separator = ',';
        }
        text_char(ret, ']');
    }
    text_char(ret, '}');
}

void mapping_message_json(const struct charset *charset, const struct xpl_message *message, bool typed,
                          struct text *ret)
{
    text_format(ret, "{\"type\":\"%s\",\"hop\":%d,\"source\":", xpl_type_name(message->type), message->hop);
    write_decoded(charset, message->source.text, true, ret);
    text_string(ret, ",\"target\":");
    write_decoded(charset, message->target.text, true, ret);
    text_string(ret, ",\"schema\":");
    write_decoded(charset, message->schema, true, ret);
    text_string(ret, ",\"body\":");
    mapping_body_json(charset, message, typed, ret);
    text_char(ret, '}');
}
