/* Addresses: taking them apart as they come, and judging them before they go.
 *
 * Splitting never fails, because real sources are often no addresses; judging is as strict as the strictest
 * receiver. A legal vendor has neither '-' nor '.', a legal device no '.', so the first of each is where the
 * parts end, and whatever follows is the instance (host names with dots do occur there).
 */
#include "xpl/address.h"

#include <stdio.h>

#include "xpl/message.h"
#include "scan.h"

struct xpl_address xpl_address_split(struct xpl_slice text)
{
    struct xpl_address address = { .text = text };
    struct xpl_slice front = text;
    xpl_slice_cut(text, '.', &front, &address.instance);
    address.vendor = front;
    xpl_slice_cut(front, '-', &address.vendor, &address.device);
    return address;
}

bool xpl_address_is_strict(struct xpl_slice text)
{
    struct xpl_address address = xpl_address_split(text);
    struct xpl_slice group;
    return scan_is_word(address.vendor, XPL_VENDOR_MAX, false) &&
           scan_is_word(address.device, XPL_DEVICE_MAX, false) &&
           scan_is_word(address.instance, XPL_INSTANCE_MAX, true) && !xpl_target_is_group(text, &group);
}

bool xpl_target_is_all(struct xpl_slice target)
{
    return target.size == 1 && target.data[0] == '*';
}

bool xpl_target_is_group(struct xpl_slice target, struct xpl_slice *ret_name)
{
    const struct xpl_slice prefix = XPL_SLICE("xpl-group.");
    if (target.size <= prefix.size || !xpl_slice_equal_nocase(xpl_slice(target.data, prefix.size), prefix))
        return false;
    *ret_name = xpl_slice(target.data + prefix.size, target.size - prefix.size);
    return true;
}

static bool is_real_part(struct xpl_slice part, const char *more)
{
    for (size_t i = 0; i < part.size; i++)
        if (!scan_is_word(xpl_slice(part.data + i, 1), 1, false) &&
            !(part.data[i] && strchr(more, part.data[i])))
            return false;
    return part.size >= 1 && part.size <= XPL_TARGET_PART_MAX;
}

bool xpl_target_is_valid(struct xpl_slice target)
{
    struct xpl_address address = xpl_address_split(target);
    struct xpl_slice group;
    if (xpl_target_is_group(target, &group))
        return scan_is_word(group, XPL_INSTANCE_MAX, true);
    return xpl_target_is_all(target) ||
           (is_real_part(address.vendor, "_") && is_real_part(address.device, "_") &&
            is_real_part(address.instance, "_-."));
}

size_t xpl_instance_from(char ret[XPL_INSTANCE_MAX + 1], struct xpl_slice text)
{
    size_t size = 0;
    for (size_t i = 0; i < text.size && text.data[i] != '.' && size < XPL_INSTANCE_MAX; i++)
        if (scan_is_word(xpl_slice(text.data + i, 1), 1, true))
            ret[size++] = xpl_lower(text.data[i]);
    if (!size) {
        size = sizeof("default") - 1;
        memcpy(ret, "default", size);
    }
    ret[size] = '\0';
    return size;
}

int xpl_ip_parse(struct xpl_slice text, uint32_t *ret)
{
    uint32_t ip = 0;
    for (int i = 0; i < 4; i++) {
        struct xpl_slice part = text;
        if (i < 3 && !xpl_slice_cut(text, '.', &part, &text))
            return XPL_E_VALUE;
        uint32_t number;
        bool padded = part.size > 1 && part.data[0] == '0'; /* octal to some, decimal to others: neither */
        if (padded || !scan_number(part, &number) || number > 255)
            return XPL_E_VALUE;
        ip = ip << 8 | number;
    }
    *ret = ip;
    return XPL_OK;
}

size_t xpl_ip_format(char ret[XPL_IP_TEXT_MAX], uint32_t ip)
{
    int size =
        snprintf(ret, XPL_IP_TEXT_MAX, "%u.%u.%u.%u", ip >> 24, ip >> 16 & 0xff, ip >> 8 & 0xff, ip & 0xff);
    return (size_t)size;
}
