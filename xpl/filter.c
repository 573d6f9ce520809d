/* A filter is read from both ends: the type in front, class and type of the schema at the back, and what is
 * left between them is the address, in whichever of the two spellings. */
#include "xpl/filter.h"

#include "scan.h"

/* Cuts at the last `c`. */
static bool cut_last(struct xpl_slice text, char c, struct xpl_slice *ret_before, struct xpl_slice *ret_after)
{
    const char *at = text.size ? memrchr(text.data, c, text.size) : NULL;
    if (!at)
        return false;
    size_t before = (size_t)(at - text.data);
    *ret_before = xpl_slice(text.data, before);
    *ret_after = xpl_slice(at + 1, text.size - before - 1);
    return true;
}

static bool is_any(struct xpl_slice part)
{
    return xpl_target_is_all(part);
}

static bool split_address(struct xpl_slice text, struct xpl_filter *ret)
{
    struct xpl_slice first, rest;
    if (!xpl_slice_cut(text, '.', &first, &rest))
        return false;
    ret->instance = rest;
    if (xpl_slice_cut(first, '-', &ret->vendor, &ret->device))
        return true;
    ret->vendor = first;
    if (xpl_slice_cut(rest, '.', &ret->device, &ret->instance))
        return true;
    ret->device = first; /* "*.INSTANCE" */
    return is_any(first);
}

int xpl_filter_parse(struct xpl_filter *ret, struct xpl_slice text)
{
    struct xpl_filter filter;
    struct xpl_slice rest;
    if (!xpl_slice_cut(scan_trim(text), '.', &filter.type, &rest) ||
        !cut_last(rest, '.', &rest, &filter.schema_type) ||
        !cut_last(rest, '.', &rest, &filter.schema_class) || !split_address(rest, &filter))
        return XPL_E_VALUE;
    if (!filter.vendor.size || !filter.device.size || !filter.instance.size || !filter.schema_class.size ||
        !filter.schema_type.size)
        return XPL_E_VALUE;
    bool known = is_any(filter.type);
    for (int type = XPL_CMND; type <= XPL_TRIG; type++)
        known |= xpl_slice_equal_nocase(filter.type, xpl_slice_from(xpl_type_name((enum xpl_type)type)));
    if (!known)
        return XPL_E_TYPE;
    *ret = filter;
    return XPL_OK;
}

static bool part_matches(struct xpl_slice pattern, struct xpl_slice text)
{
    return is_any(pattern) || xpl_slice_equal_nocase(pattern, text);
}

bool xpl_filter_matches(const struct xpl_filter *filter, const struct xpl_message *message)
{
    return part_matches(filter->type, xpl_slice_from(xpl_type_name(message->type))) &&
           part_matches(filter->vendor, message->source.vendor) &&
           part_matches(filter->device, message->source.device) &&
           part_matches(filter->instance, message->source.instance) &&
           part_matches(filter->schema_class, message->schema_class) &&
           part_matches(filter->schema_type, message->schema_type);
}

bool xpl_message_is_for(const struct xpl_message *message, struct xpl_slice own,
                        const struct xpl_slice *groups, size_t n_groups, const struct xpl_filter *filters,
                        size_t n_filters)
{
    struct xpl_slice target = message->target.text, group;
    if (xpl_slice_equal_nocase(message->source.text, own))
        return false;
    if (xpl_slice_equal_nocase(target, own))
        return true;
    if (xpl_target_is_group(target, &group)) {
        for (size_t i = 0; i < n_groups; i++)
            if (xpl_slice_equal_nocase(groups[i], group))
                return true;
        return false;
    }
    if (!xpl_target_is_all(target))
        return false;
    for (size_t i = 0; i < n_filters; i++)
        if (xpl_filter_matches(&filters[i], message))
            return true;
    return n_filters == 0;
}
