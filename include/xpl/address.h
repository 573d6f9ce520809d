/* Addresses: vendor-device.instance (XPL.md §1, §1.2), targets and groups. */
#ifndef XPL_ADDRESS_H
#define XPL_ADDRESS_H

#include <stdint.h>

#include "xpl/slice.h"

/* Limits for what we send; receipt is tolerant (XPL.md §1, QUIRKS.md §1.9-11). */
#define XPL_VENDOR_MAX 8
#define XPL_DEVICE_MAX 8
#define XPL_INSTANCE_MAX 16
#define XPL_ADDRESS_MAX (XPL_VENDOR_MAX + 1 + XPL_DEVICE_MAX + 1 + XPL_INSTANCE_MAX)

/* An address as received: split at the first '-' and the first '.' after it; slices borrow.
 * A source that is no address (QUIRKS.md §1.9) keeps `text`, with the parts that are not there empty. */
struct xpl_address {
    struct xpl_slice text; /* the whole, as received */
    struct xpl_slice vendor;
    struct xpl_slice device;
    struct xpl_slice instance;
};

/* Never fails: what is missing is empty. */
struct xpl_address xpl_address_split(struct xpl_slice text);

/* Whether `text` is a full address that strict receivers accept as a source (lower or upper case). */
bool xpl_address_is_strict(struct xpl_slice text);

/* "*" */
bool xpl_target_is_all(struct xpl_slice target);

/* "xpl-group.NAME": true, and *ret_name borrows NAME. */
bool xpl_target_is_group(struct xpl_slice target, struct xpl_slice *ret_name);

/* "*", a strict address or a strict group: what may stand in a message that we send. */
bool xpl_target_is_strict(struct xpl_slice target);

/* Makes a legal instance from a free text such as a host name: lower case, only a-z 0-9 and '-', at most
 * XPL_INSTANCE_MAX, no domain part; "default" when nothing is left. Returns the length written with a NUL. */
size_t xpl_instance_from(char ret[XPL_INSTANCE_MAX + 1], struct xpl_slice text);

/* An IPv4 address and UDP port, both in host byte order. */
struct xpl_endpoint {
    uint32_t ip;
    uint16_t port;
};

/* Dotted quad. 0, or XPL_E_VALUE; *ret stays untouched then. */
int xpl_ip_parse(struct xpl_slice text, uint32_t *ret);

#endif
