/* FNV-1a, and for the items the sum of theirs, which knows no order. */
#include "core/digest.h"

#define OFFSET 14695981039346656037u
#define PRIME  1099511628211u

static uint64_t add(uint64_t digest, unsigned char c)
{
    return (digest ^ c) * PRIME;
}

static uint64_t add_lower(uint64_t digest, struct xpl_slice text)
{
    for (size_t i = 0; i < text.size; i++)
        digest = add(digest, (unsigned char)xpl_lower(text.data[i]));
    return add(digest, '\n');
}

/* xpl-perl writes '-' in a name as '_'. */
static uint64_t add_name(uint64_t digest, struct xpl_slice name)
{
    for (size_t i = 0; i < name.size; i++)
        digest = add(digest, name.data[i] == '_' ? '-' : (unsigned char)xpl_lower(name.data[i]));
    return add(digest, '=');
}

/* xPLLib writes these as '|'. */
static uint64_t add_value(uint64_t digest, struct xpl_slice value)
{
    for (size_t i = 0; i < value.size; i++) {
        unsigned char c = (unsigned char)value.data[i];
        digest = add(digest, c >= 0x7b || c == '\t' ? '|' : c);
    }
    return digest;
}

uint64_t digest_bytes(struct xpl_slice bytes)
{
    uint64_t digest = OFFSET;
    for (size_t i = 0; i < bytes.size; i++)
        digest = add(digest, (unsigned char)bytes.data[i]);
    return digest ? digest : 1;
}

uint32_t digest_short(struct xpl_slice bytes)
{
    uint32_t digest = 2166136261u;
    for (size_t i = 0; i < bytes.size; i++)
        digest = (digest ^ (unsigned char)bytes.data[i]) * 16777619u;
    return digest;
}

uint64_t digest_text(struct xpl_slice text)
{
    uint64_t digest = add_lower(OFFSET, text);
    return digest ? digest : 1;
}

uint64_t digest_message(const struct xpl_message *message)
{
    bool presence = xpl_slice_equal_nocase(message->schema_class, XPL_SLICE("hbeat")) ||
                    xpl_slice_equal_nocase(message->schema_class, XPL_SLICE("config"));
    uint64_t digest = add(OFFSET, (unsigned char)message->type), items = 0;
    digest = add_lower(digest, message->source.text);
    digest = add_lower(digest, message->target.text);
    digest = add_lower(digest, message->schema);
    for (size_t i = 0; i < message->n_items; i++) {
        const struct xpl_item *item = &message->items[i];
        if (presence && xpl_slice_equal_nocase(item->name, XPL_SLICE("port")))
            continue;
        items += add_value(add_name(OFFSET, item->name), item->value);
    }
    for (int i = 0; i < 8; i++)
        digest = add(digest, (unsigned char)(items >> (8 * i)));
    return digest ? digest : 1;
}
