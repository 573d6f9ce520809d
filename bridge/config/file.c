#include "base/error.h"
#include "base/limits.h"
#include "config/own.h"
#include "xml/xml.h"

#define NS   "urn:xplmqtt:config:1"
#define ROOT "xplmqtt"

static int read_attributes(struct settings *settings, const struct xml_element *element,
                           const char *directory, struct diag *diag)
{
    for (struct xml_attribute *a = element->attributes; a; a = a->next) {
        const struct option_row *row = option_find_attribute(element->name, a->name);
        if (!row)
            continue;
        a->used = true;
        int r = settings_set(settings, row, a->value.data, ORIGIN_FILE, directory, a->place, diag);
        if (r < 0)
            return r;
    }
    const char *const *known = option_attributes(&diag->arena, element->name);
    if (!known)
        return -ENOMEM;
    xml_check_attributes(element, known, diag);
    return 0;
}

/* <mappings> may come several times; any other twice would hide half of what was written. */
static bool is_second(const struct xml_element *root, const struct xml_element *element)
{
    return strcmp(element->name, "mappings") != 0 && xml_child(root, element->name) != element;
}

static int read_root(struct settings *settings, const struct xml_element *root, const char *directory,
                     struct diag *diag)
{
    static const char *const none[] = { NULL };
    const char *const *elements = option_elements(&diag->arena);
    if (!elements)
        return -ENOMEM;
    if (strcmp(root->name, ROOT) != 0) {
        diag_error(diag, root->place, "the root is <%s>; expected <" ROOT ">", root->name);
        return 0;
    }
    int r = read_attributes(settings, root, directory, diag);
    xml_check_children(root, elements, false, diag);
    for (const struct xml_element *element = root->children; element && r == 0; element = element->next) {
        size_t i = 0;
        while (elements[i] && strcmp(elements[i], element->name) != 0)
            i++;
        if (!elements[i])
            continue;
        if (is_second(root, element))
            diag_error(diag, element->place, "<%s> stands here a second time", element->name);
        xml_check_children(element, none, false, diag);
        r = read_attributes(settings, element, directory, diag);
    }
    return r;
}

int file_read(struct settings *settings, const char *path, struct diag *diag)
{
    struct xml_element *root;
    /* Findings point to places inside what is read: it lives as long as they. */
    int r = xml_read(&diag->arena, path, NS, diag, &root);
    if (r == -EINVAL)
        return 0;
    if (r < 0)
        return r;
    const char *slash = strrchr(path, '/');
    const char *directory = NULL;
    if (slash) {
        directory =
            arena_copy(&diag->arena, xpl_slice(path, slash == path ? 1 : (size_t)(slash - path))).data;
        if (!directory)
            return -ENOMEM;
    }
    return read_root(settings, root, directory, diag);
}
