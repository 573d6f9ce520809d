#include "core/naming.h"

#include <errno.h>
#include <stdlib.h>

#include "core/core-private.h"

static void forget(struct naming *naming)
{
    free(naming->before);
    free(naming->device);
    free(naming->name);
    *naming = (struct naming){ 0 };
}

void naming_deinit(struct naming *naming)
{
    forget(naming);
}

bool naming_has(const struct core *core, struct xpl_slice device, struct mapping_given *ret)
{
    for (size_t n = 0; mapping_given(core->mapping, n, ret); n++)
        if (xpl_slice_equal_nocase(ret->device, device))
            return true;
    return false;
}

/* ---- the file ---- */

static void write_attribute(struct text *text, const char *name, struct xpl_slice value)
{
    if (!value.size)
        return;
    text_format(text, " %s=\"", name);
    for (size_t i = 0; i < value.size; i++) {
        unsigned char c = (unsigned char)value.data[i];
        if (c < ' ' || strchr("&<>\"", c))
            text_format(text, "&#%u;", c);
        else
            text_char(text, (char)c);
    }
    text_char(text, '"');
}

static void write_alias(struct text *text, const struct mapping_given *names)
{
    text_string(text, "  <alias");
    write_attribute(text, "device", names->device);
    write_attribute(text, "name", names->name);
    write_attribute(text, "label", names->label);
    write_attribute(text, "room", names->room);
    text_string(text, "/>\n");
}

/* The names of the table, but those of `one` and `two`; and `more`, if it is not NULL. */
static void write_file(const struct core *core, struct xpl_slice one, struct xpl_slice two,
                       const struct mapping_given *more, struct text *text)
{
    struct mapping_given given;
    text_reset(text);
    text_string(text,
                "<?xml version=\"1.0\" encoding=\"UTF-8\"?>\n"
                "<!-- Names that were given with bridge/request/rename. The bridge writes this file. -->\n"
                "<mappings xmlns=\"urn:xplmqtt:mappings:1\">\n");
    for (size_t n = 0; mapping_given(core->mapping, n, &given); n++)
        if (!xpl_slice_equal_nocase(given.device, one) && !xpl_slice_equal_nocase(given.device, two))
            write_alias(text, &given);
    if (more)
        write_alias(text, more);
    text_string(text, "</mappings>\n");
}

static int save(struct core *core, const char *text)
{
    return core_save(core, CORE_FILE_NAMES, text, strlen(text));
}

/* ---- a name ---- */

int naming_give(struct core *core, const struct mapping_given *names, struct xpl_slice instead,
                const char *verb, const struct core_message *message)
{
    struct naming *naming = &core->naming;
    struct text *text = &core->document;
    bool any = names->name.size || names->label.size || names->room.size;
    forget(naming);
    write_file(core, XPL_SLICE(""), XPL_SLICE(""), NULL, text);
    naming->before = text->overflow ? NULL : strdup(text->data);
    naming->device = strndup(names->device.data, names->device.size);
    naming->name = strndup(names->name.data ? names->name.data : "", names->name.size);
    write_file(core, names->device, instead, any ? names : NULL, text);
    int r = !naming->before || !naming->device || !naming->name ? -ENOMEM
            : text->overflow                                    ? -EFBIG
                                                                : save(core, text->data);
    if (r < 0) {
        forget(naming);
        return r;
    }
    naming->waiting = true;
    requests_reload(core, verb, message);
    return 0;
}

bool core_awaits_name(const struct core *core)
{
    return core->naming.waiting;
}

const char *naming_on_reloaded(struct core *core, const char *error, int64_t now_ms)
{
    struct naming *naming = &core->naming;
    struct xpl_slice device = xpl_slice_from(naming->device);
    if (!naming->waiting)
        return error;
    naming->waiting = false;
    struct xpl_slice name = *naming->name ? xpl_slice_from(naming->name) : device;
    bool taken = !error && *naming->name && !xpl_slice_equal(mapping_alias_name(core->mapping, device), name);
    if (error || taken) {
        save(core, naming->before);
        if (taken) /* what was written is in force: take it back */
            core->sink.reload(core->sink.context);
    }
    forget(naming);
    discovery_touch(core, now_ms);
    return error ? error : taken ? "the name is taken" : NULL;
}
