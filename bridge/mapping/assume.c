/* After a command went out: the states that it makes true, and the message that proves it worked. */
#include "mapping/act.h"

void mapping_assume(const struct mapping *mapping, struct mapping_scratch *scratch,
                    const struct mapping_send *public, struct xpl_slice topic, const struct xpl_message *sent,
                    struct xpl_slice payload, enum mapping_assume when, const struct mapping_sink *sink)
{
    const struct send *send = (const struct send *)public;
    const struct map *map = send->property->map;
    struct scope scope;
    struct act act = {
        .mapping = mapping, .scratch = scratch, .scope = &scope, .sink = sink, .map = map, .any_type = true
    };
    scratch_open(scratch, mapping, TO_MQTT, &scope);
    scope.ignore_case = map->ignore_case;
    if (!template_read(&send->topic, &scope, topic) ||
        map_device_of_topic(mapping, map, &scope, scratch, &act.device, &act.alias) != 0)
        return;
    scope.message = sent;
    scope.assumed = true;
    for (const struct property *property = map->properties; property; property = property->next) {
        if (property->public.assume != when || !property->publishes)
            continue;
        bool acted = property->public.sends && act_property(&act, property);
        if (!acted && property == send->property)
            act_payload(&act, property, payload);
    }
}

/* An item that the message does not have, or has, among others perhaps, with that value. */
static bool agrees(const struct xpl_message *message, const struct xpl_item *item)
{
    bool other = false;
    for (size_t i = 0; i < message->n_items; i++) {
        if (!xpl_slice_equal_nocase(message->items[i].name, item->name))
            continue;
        if (xpl_slice_equal_nocase(message->items[i].value, item->value))
            return true;
        other = true;
    }
    return !other;
}

bool mapping_confirms(const struct mapping *mapping, struct mapping_scratch *scratch,
                      const struct mapping_send *public, const struct xpl_message *sent,
                      const struct xpl_message *received)
{
    const struct send *send = (const struct send *)public;
    struct xpl_slice target = sent->target.text, group;
    struct scope scope;
    if (!send->public.confirms || received->type == XPL_CMND || /* another's wish proves nothing */
        !glob_match(send->confirm_schema, received->schema, true))
        return false;
    if (!xpl_target_is_all(target) && !xpl_target_is_group(target, &group) &&
        !xpl_slice_equal_nocase(target, received->source.text))
        return false; /* somebody else's answer */
    scratch_open(scratch, mapping, TO_MQTT, &scope);
    scope.ignore_case = send->property->map->ignore_case;
    scope.message = received;
    if (!conditions_hold(&send->confirm_when, &scope, false, NULL))
        return false;
    for (size_t i = 0; i < sent->n_items; i++)
        if (!agrees(received, &sent->items[i]))
            return false;
    return true;
}
