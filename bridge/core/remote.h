/* Remote configuration: what an xPL manager may see and change of us, with config.list, config.current and
 * config.response (xPL specification, "Remote configuration"). Four items: our instance (`newconf`), the
 * heartbeat interval, our groups, and filters.
 *
 * We have a configuration, so we never say config.app and never wait for a manager. What one changes is kept
 * in the state directory, and the newest decision counts: an instance or groups that a manager gave hold
 * until the setting in the file is another than it was then.
 *
 * Questions are answered to whomever they were targeted, as every other program does; what changes us must be
 * targeted at us alone, since one careless broadcast would give all programs one name.
 */
#ifndef CORE_REMOTE_H
#define CORE_REMOTE_H

#include "base/limits.h"
#include "xpl/filter.h"

#define REMOTE_FILTERS    16 /* more: left out, logged */
#define REMOTE_FILTER_MAX 96 /* octets of a filter; longer: left out, logged */

struct core;

struct remote {
    /* From the settings. */
    char device[XPL_VENDOR_MAX + 1 + XPL_DEVICE_MAX + 1]; /* "vendor-device" */
    char set_instance[64], set_groups[LIMIT_GROUPS * (XPL_INSTANCE_MAX + 1) + 1];
    /* As it is now. */
    char instance[64];
    char source[128], former[128]; /* former: our name before a renaming, or empty */
    char groups[LIMIT_GROUPS][XPL_INSTANCE_MAX + 1];
    size_t n_groups;
    char filter_texts[REMOTE_FILTERS][REMOTE_FILTER_MAX + 1];
    struct xpl_filter filters[REMOTE_FILTERS];
    size_t n_filters;
    uint64_t stored;                                   /* digest of what was saved last */
    bool instance_given, interval_given, groups_given; /* by a manager */
};

/* Reads the settings in core->options, and over them what a manager said in the last run;
 * core->options.source and .interval are what counts from here on. */
void remote_init(struct core *core);

/* Whether it is our name, or was. */
bool remote_is_own_name(const struct core *core, struct xpl_slice source);
/* Whether it is targeted at us or one of our groups. */
bool remote_is_for_us(const struct core *core, const struct xpl_message *message);
/* Whether the filters let a message pass; heartbeats and configuration always, and all when there are none.
 */
bool remote_wants(const struct core *core, const struct xpl_message *message);

/* A message that is not ours: answers or obeys if it is configuration. */
void remote_on_message(struct core *core, const struct xpl_message *message, int64_t now_ms);

#endif
