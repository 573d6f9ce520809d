/* Filters, and whom a message is for: what an xPL client decides before it acts (xPL specification,
 * "filters"). */
#ifndef XPL_FILTER_H
#define XPL_FILTER_H

#include "xpl/message.h"

/* msgtype.vendor.device.instance.class.type, each part a literal or "*"; slices borrow from the parsed text.
 * Vendor, device and instance speak of the message's source. */
struct xpl_filter {
    struct xpl_slice type;
    struct xpl_slice vendor;
    struct xpl_slice device;
    struct xpl_slice instance;
    struct xpl_slice schema_class;
    struct xpl_slice schema_type;
};

/* Both spellings, in any case: "xpl-trig.acme.lamp.*.x10.basic" and "xpl-trig.acme-lamp.*.x10.basic"; "*" may
 * also stand for vendor and device together. An instance may hold dots. 0; XPL_E_TYPE for an unknown message
 * type, XPL_E_VALUE for parts that are missing or empty; *ret stays untouched then. */
int xpl_filter_parse(struct xpl_filter *ret, struct xpl_slice text);

/* Without case. A part that the message does not have is matched by "*" only. */
bool xpl_filter_matches(const struct xpl_filter *filter, const struct xpl_message *message);

/* Whether a client must act on the message. In this order: never on its own; always on what is targeted at
 * `own` or at one of its groups (names without "xpl-group."); on a broadcast when it has no filters or one of
 * them matches; on nothing else. hbeat.request and config.* are to be handled before asking. */
bool xpl_message_is_for(const struct xpl_message *message, struct xpl_slice own,
                        const struct xpl_slice *groups, size_t n_groups, const struct xpl_filter *filters,
                        size_t n_filters);

#endif
