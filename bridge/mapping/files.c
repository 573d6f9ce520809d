#include "mapping/files.h"

#include <errno.h>
#include <limits.h>
#include <stdlib.h>

#include "base/limits.h"

#define NAMESPACE "urn:xplmqtt:mappings:1"

static const char *const root_children[] = { "include", "table", "alias", "ignore", "map", NULL };
static const char *const include_attributes[] = { "href", NULL };
static const char *const none[] = { NULL };

static void digest_text(struct files *files, struct xpl_slice text)
{
    for (size_t i = 0; i <= text.size; i++) /* the end counts too */
        files->digest =
            (files->digest ^ (i < text.size ? (unsigned char)text.data[i] : 0x100u)) * 1099511628211u;
}

static void digest_element(struct files *files, const struct xml_element *element)
{
    digest_text(files, xpl_slice_from(element->name));
    digest_text(files, element->text);
    for (const struct xml_attribute *a = element->attributes; a; a = a->next) {
        digest_text(files, xpl_slice_from(a->name));
        digest_text(files, a->value);
    }
    for (const struct xml_element *child = element->children; child; child = child->next)
        digest_element(files, child);
}

static const char *join_path(struct arena *arena, const char *file, const char *href)
{
    const char *slash = strrchr(file, '/');
    size_t size = href[0] == '/' || !slash ? 0 : (size_t)(slash - file) + 1;
    char *path = arena_alloc(arena, size + strlen(href) + 1);
    if (path) {
        memcpy(path, file, size);
        memcpy(path + size, href, strlen(href) + 1);
    }
    return path;
}

static int read_includes(struct files *files, struct unit *unit)
{
    for (struct xml_element *child = xml_child(unit->root, "include"); child; child = xml_sibling(child)) {
        const struct xml_attribute *href = xml_get(child, "href");
        xml_check_attributes(child, include_attributes, files->diag);
        xml_check_children(child, none, false, files->diag);
        if (!href || href->value.size == 0) {
            diag_error(files->diag, child->place, "include needs an href");
            continue;
        }
        if (strstr(href->value.data, "://") || strncmp(href->value.data, "file:", 5) == 0) {
            diag_error(files->diag, href->place, "href=\"%s\": only local files, as a path",
                       href->value.data);
            continue;
        }
        const char *path = join_path(&files->diag->arena, unit->root->place.file, href->value.data);
        if (!path)
            return -ENOMEM;
        int r = files_read(files, path, unit->shipped, false, unit, href->place);
        if (r == -ENOMEM)
            return r;
    }
    return 0;
}

int files_read(struct files *files, const char *path, bool shipped, bool optional, struct unit *parent,
               struct diag_place asked)
{
    char real[PATH_MAX];
    int depth = 0;
    if (!realpath(path, real))
        snprintf(real, sizeof(real), "%s", path);
    for (const struct unit *up = parent; up; up = up->parent, depth++)
        if (strcmp(up->real_path, real) == 0) {
            diag_error(files->diag, asked, "include loop: '%s' is being read already", path);
            return 0;
        }
    if (depth == LIMIT_INCLUDE_DEPTH) {
        diag_error(files->diag, asked, "more than %d includes inside each other", LIMIT_INCLUDE_DEPTH);
        return 0;
    }
    for (const struct unit *seen = files->units; seen; seen = seen->next)
        if (seen->shipped == shipped && strcmp(seen->real_path, real) == 0)
            return 0;

    struct unit *unit = arena_new(&files->diag->arena, struct unit);
    if (!unit)
        return -ENOMEM;
    *unit = (struct unit){ .real_path = arena_string(&files->diag->arena, real),
                           .file = arena_string(&files->mapping->arena, path),
                           .shipped = shipped,
                           .parent = parent };
    if (!unit->real_path || !unit->file)
        return -ENOMEM;
    int r = xml_read(&files->diag->arena, path, NAMESPACE, files->diag, &unit->root);
    if (r == -ENOENT && !optional)
        diag_error(files->diag, asked, "no such file: '%s'", path);
    if (r < 0)
        return r == -ENOMEM ? r : 0;
    if (strcmp(unit->root->name, "mappings") != 0) {
        diag_error(files->diag, unit->root->place, "expected <mappings>, not <%s>", unit->root->name);
        return 0;
    }
    digest_element(files, unit->root);
    xml_check_attributes(unit->root, none, files->diag);
    xml_check_children(unit->root, root_children, false, files->diag);
    struct unit **last = &files->units;
    while (*last)
        last = &(*last)->next;
    *last = unit;
    return read_includes(files, unit);
}

struct unit *files_included(const struct files *files, const struct unit *from, const char *href)
{
    char real[PATH_MAX];
    const char *path = join_path(&files->diag->arena, from->root->place.file, href);
    if (!path || !realpath(path, real))
        return NULL;
    for (struct unit *unit = files->units; unit; unit = unit->next)
        if (unit->shipped == from->shipped && unit->parent == from && strcmp(unit->real_path, real) == 0)
            return unit;
    return NULL;
}
