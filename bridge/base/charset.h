/* Bytes from an xPL network as UTF-8 (Windows programs send their code page): what is valid UTF-8 stays,
 * anything else is read in the configured 8-bit character set. */
#ifndef BASE_CHARSET_H
#define BASE_CHARSET_H

#include <stdint.h>

#include "base/text.h"

struct charset {
    /* UTF-8 of each byte above 0x7F: length (0: no character in this set) and bytes. */
    struct {
        uint8_t size;
        char bytes[4];
    } high[128];
};

/* Any 8-bit set that iconv knows ("windows-1252", "iso-8859-15"). 0, or -EINVAL when it is unknown or no
 * superset of ASCII in single bytes. */
int charset_init(struct charset *charset, const char *name);

bool utf8_is_valid(struct xpl_slice text);

/* Length of the valid UTF-8 character at the start of the slice, 0 when there is none. *ret_code may be NULL.
 */
size_t utf8_next(struct xpl_slice text, uint32_t *ret_code);

/* Whether MQTT brokers refuse the character in a topic: C0 and C1 controls, DEL, non-characters. */
bool utf8_is_forbidden(uint32_t code);

/* Valid, and without such a character. */
bool utf8_is_text(struct xpl_slice text);

/* Whether a message may have that topic: text, no wildcard in it, not empty. */
bool utf8_is_topic(struct xpl_slice topic);

/* Appends the text: as it is when it is valid UTF-8, else read in the set. A byte that is no character there
 * stays as it is, so that a topic can show which it was; utf8_clean replaces those. */
void charset_text(const struct charset *charset, struct xpl_slice text, struct text *ret);

/* Appends the text with every byte that is no UTF-8 replaced by U+FFFD. */
void utf8_clean(struct xpl_slice text, struct text *ret);

#endif
