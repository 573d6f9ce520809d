/* Addresses: vendor-device.instance as the xPL specification has them, targets and groups; and IPv4
 * endpoints. */
#ifndef XPL_ADDRESS_H
#define XPL_ADDRESS_H

#include <stdint.h>

#include "xpl/slice.h"

/* Limits of the specification, for what we send, in octets. What arrives may be longer: a device of nine
 * letters and an instance that is a whole host name are both in use. */
#define XPL_VENDOR_MAX   8
#define XPL_DEVICE_MAX   8
#define XPL_INSTANCE_MAX 16
#define XPL_ADDRESS_MAX  (XPL_VENDOR_MAX + 1 + XPL_DEVICE_MAX + 1 + XPL_INSTANCE_MAX)

/* An address as received: vendor and device are parted by the first '-', the instance follows the first '.';
 * slices borrow. A text that is no address (sources without '-' or '.' are in use) keeps `text`, and has
 * empty parts where nothing is: "nodejs.host-1" is vendor "nodejs", instance "host-1"; "*" is vendor "*". */
struct xpl_address {
    struct xpl_slice text; /* the whole, as received */
    struct xpl_slice vendor;
    struct xpl_slice device;
    struct xpl_slice instance;
};

/* Never fails: what is missing is empty. */
struct xpl_address xpl_address_split(struct xpl_slice text);

/* Whether `text` is a full address that strict receivers accept as a source: 1-8, 1-8 and 1-16 letters and
 * digits, in any case, the instance also with '-'. A group is none. */
bool xpl_address_is_strict(struct xpl_slice text);

/* "*" */
bool xpl_target_is_all(struct xpl_slice target);

/* "xpl-group.NAME" in any case, NAME not empty: true, and *ret_name borrows NAME. */
bool xpl_target_is_group(struct xpl_slice target, struct xpl_slice *ret_name);

/* "*", a strict group, or an address that a real device may have: what may stand in a message that we send.
 * More than a strict address, because devices of nine letters and with '_' are in use
 * ("hwstar-xplademco.ademco", "domogik-xpl_time.ambre") and must be reachable; strict receivers lose nothing,
 * since such a message is not for them. Letters, digits and '_', in the instance also '-' and '.'; each part
 * 1 to XPL_TARGET_PART_MAX octets. */
#define XPL_TARGET_PART_MAX 64
bool xpl_target_is_valid(struct xpl_slice target);

/* Makes a legal instance from a free text such as a host name: lower case, only a-z 0-9 and '-', at most
 * XPL_INSTANCE_MAX, no domain part; "default" when nothing is left. Returns the length written with a NUL. */
size_t xpl_instance_from(char ret[XPL_INSTANCE_MAX + 1], struct xpl_slice text);

/* An IPv4 address and UDP port, both in host byte order. */
struct xpl_endpoint {
    uint32_t ip;
    uint16_t port;
};

/* Dotted quad, without leading zeros. 0, or XPL_E_VALUE; *ret stays untouched then. */
int xpl_ip_parse(struct xpl_slice text, uint32_t *ret);

#define XPL_IP_TEXT_MAX 16 /* bytes of a dotted quad, with NUL */

/* Returns the length written, without the NUL. */
size_t xpl_ip_format(char ret[XPL_IP_TEXT_MAX], uint32_t ip);

#endif
