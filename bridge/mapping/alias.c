/* Aliases: other names for devices. */
#include <errno.h>

#include "mapping/index.h"
#include "mapping/load.h"

static const struct alias *find(const struct mapping *mapping, const struct words *words,
                                struct xpl_slice text, bool by_name)
{
    struct candidates found = { 0 };
    const struct alias *nocase = NULL;
    words_find(words, text, &found);
    for (uint32_t id = candidates_next(&found); id != UINT32_MAX; id = candidates_next(&found)) {
        const struct alias *alias = mapping->aliases[id];
        if (xpl_slice_equal(by_name ? alias->name : alias->device, text))
            return alias;
        nocase = nocase ? nocase : alias;
    }
    return by_name ? NULL : nocase; /* topics have case, addresses have none */
}

const struct alias *alias_by_device(const struct mapping *mapping, struct xpl_slice device)
{
    return find(mapping, mapping->alias_devices, device, false);
}

const struct alias *alias_by_name(const struct mapping *mapping, struct xpl_slice name)
{
    return find(mapping, mapping->alias_names, name, true);
}

/* Whom an alias given by request would contradict; NULL: nobody. The others are indexed before it. */
static const struct alias *contradicted(const struct mapping *mapping, const struct alias *alias)
{
    const struct alias *other = alias_by_device(mapping, alias->device);
    if (!other && alias->name.size)
        other = alias_by_name(mapping, alias->name);
    if (!other && alias->name.size)
        other = alias_by_device(mapping, alias->name);
    return other ? other : alias_by_name(mapping, alias->device);
}

/* Whether a map always speaks of a device whose path is the name. */
static bool is_path_of_map(const struct mapping *mapping, struct xpl_slice name)
{
    for (size_t i = 0; name.size && i < mapping->n_maps; i++) {
        struct xpl_slice device = template_get_literal(&mapping->maps[i]->device);
        if (device.data && xpl_slice_equal_nocase(device, name))
            return true;
    }
    return false;
}

static void another_path(struct diag *diag, const struct alias *alias)
{
    diag_error(diag, alias->place, "the name '%.*s' is another device's path", XPL_SLICE_ARGS(alias->name));
}

int aliases_index(struct mapping *mapping, struct diag *diag)
{
    mapping->alias_devices = words_new(&mapping->arena);
    mapping->alias_names = words_new(&mapping->arena);
    if (!mapping->alias_devices || !mapping->alias_names)
        return -ENOMEM;
    for (uint32_t i = 0; i < mapping->n_aliases; i++) {
        struct alias *alias = mapping->aliases[i];
        const struct alias *other = alias_by_device(mapping, alias->device);
        alias->given = mapping->names && strcmp(alias->place.file, mapping->names) == 0;
        const struct alias *against = alias->given ? contradicted(mapping, alias) : NULL;
        if (against || (alias->given && is_path_of_map(mapping, alias->name))) {
            alias->left_out = true;
            diag_warning(diag, alias->place, "the alias of '%.*s' is left out: another is in %s:%d",
                         XPL_SLICE_ARGS(alias->device), against ? against->place.file : "a map",
                         against ? against->place.line : 0);
            continue;
        }
        if (other && xpl_slice_equal(other->device, alias->device)) {
            diag_error(diag, alias->place, "device '%.*s' has an alias already (%s:%d)",
                       XPL_SLICE_ARGS(alias->device), other->place.file, other->place.line);
            continue;
        }
        other = alias->name.size ? alias_by_name(mapping, alias->name) : NULL;
        if (other)
            diag_error(diag, alias->place, "the name '%.*s' is taken by device '%.*s' (%s:%d)",
                       XPL_SLICE_ARGS(alias->name), XPL_SLICE_ARGS(other->device), other->place.file,
                       other->place.line);
        if (words_add(&mapping->arena, mapping->alias_devices, alias->device, i) < 0 ||
            (alias->name.size && words_add(&mapping->arena, mapping->alias_names, alias->name, i) < 0))
            return -ENOMEM;
    }
    for (size_t i = 0; i < mapping->n_aliases; i++) {
        const struct alias *alias = mapping->aliases[i];
        const struct alias *other = alias->name.size ? alias_by_device(mapping, alias->name) : NULL;
        if (other && other != alias && !alias->left_out)
            another_path(diag, alias);
    }
    for (size_t i = 0; i < mapping->n_maps; i++) {
        struct xpl_slice device = template_get_literal(&mapping->maps[i]->device);
        const struct alias *alias = device.data ? alias_by_name(mapping, device) : NULL;
        if (alias && !xpl_slice_equal_nocase(alias->device, device))
            another_path(diag, alias);
    }
    return 0;
}

struct xpl_slice mapping_alias_label(const struct mapping *mapping, struct xpl_slice device)
{
    const struct alias *alias = alias_by_device(mapping, device);
    return alias ? alias->label : XPL_SLICE("");
}

struct xpl_slice mapping_alias_room(const struct mapping *mapping, struct xpl_slice device)
{
    const struct alias *alias = alias_by_device(mapping, device);
    return alias ? alias->room : XPL_SLICE("");
}

struct xpl_slice mapping_alias_name(const struct mapping *mapping, struct xpl_slice device)
{
    const struct alias *alias = alias_by_device(mapping, device);
    return alias && alias->name.size ? alias->name : device;
}

struct xpl_slice mapping_alias_device(const struct mapping *mapping, struct xpl_slice name)
{
    const struct alias *alias = alias_by_name(mapping, name);
    return alias ? alias->device : XPL_SLICE("");
}

bool mapping_given(const struct mapping *mapping, size_t n, struct mapping_given *ret)
{
    for (size_t i = 0; i < mapping->n_aliases; i++) {
        const struct alias *alias = mapping->aliases[i];
        if (!alias->given || alias->left_out || n--)
            continue;
        *ret = (struct mapping_given){ alias->device, alias->name, alias->label, alias->room };
        return true;
    }
    return false;
}
