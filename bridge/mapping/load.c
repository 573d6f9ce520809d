/* mapping_load: files and their includes to elements, elements to the model, then the indexes and the checks.
 *
 * Two passes: tables first, since a map may use one that stands below it; then everything else. Both go in
 * document order, the user's files before the shipped ones. A finding never stops the walk; only at the end
 * does one error mean no table.
 */
#include "mapping/load.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>

#include "mapping/files.h"
#include "mapping/index.h"
#include "mapping/trie.h"

struct loader {
    struct mapping *mapping;
    struct diag *diag;
    size_t errors_before;
    struct files files;
    struct compile compile;
    struct example *examples;
    struct map **maps;
    struct alias **aliases;
    size_t n_maps, room_maps, n_aliases, room_aliases;
    struct table **last_table;
    struct ignore **last_ignore;
};

/* Appends to an array in the mapping's arena. */
static int append(struct arena *arena, void ***array, size_t *n, size_t *room, void *pointer)
{
    if (*n == *room) {
        size_t more = *room ? *room * 2 : 64;
        void **bigger = arena_array(arena, void *, more);
        if (!bigger)
            return -ENOMEM;
        if (*n)
            memcpy(bigger, *array, *n * sizeof(*bigger));
        *array = bigger;
        *room = more;
    }
    (*array)[(*n)++] = pointer;
    return 0;
}

/* ---- elements ---- */

static void enter(struct loader *loader, const struct unit *unit)
{
    loader->compile.tables = (struct tables){ loader->mapping->tables, unit->file, unit->shipped };
    loader->compile.file = unit->file;
    loader->compile.shipped = unit->shipped;
}

static int add_table(struct loader *loader, struct xml_element *element)
{
    struct table *table = NULL;
    if (compile_table(&loader->compile, element, &table) < 0)
        return -ENOMEM;
    if (!table)
        return 0;
    const struct tables *tables = &loader->compile.tables;
    const struct table *same = tables_get(tables, table->name);
    if (same && tables_is_own(tables, same))
        diag_error(loader->diag, element->place, "table '%s' is there already (%s:%d)", table->name.data,
                   same->place.file, same->place.line);
    *loader->last_table = table;
    loader->last_table = &table->next;
    return 0;
}

static int add_map(struct loader *loader, struct xml_element *element)
{
    struct map *map = NULL;
    if (compile_map(&loader->compile, element, &map) < 0)
        return -ENOMEM;
    if (!map)
        return 0;
    map->public.id = (uint32_t)loader->n_maps;
    return append(&loader->mapping->arena, (void ***)&loader->maps, &loader->n_maps, &loader->room_maps, map);
}

static int add_alias(struct loader *loader, struct xml_element *element)
{
    struct alias *alias = NULL;
    if (compile_alias(&loader->compile, element, &alias) < 0)
        return -ENOMEM;
    if (!alias)
        return 0;
    return append(&loader->mapping->arena, (void ***)&loader->aliases, &loader->n_aliases,
                  &loader->room_aliases, alias);
}

static int add_ignore(struct loader *loader, struct xml_element *element)
{
    int r = compile_ignore(&loader->compile, element, loader->last_ignore);
    if (*loader->last_ignore)
        loader->last_ignore = &(*loader->last_ignore)->next;
    return r;
}

static int add_element(struct loader *loader, struct xml_element *element, enum unit_pass pass)
{
    if (pass == UNIT_TABLES)
        return strcmp(element->name, "table") == 0 ? add_table(loader, element) : 0;
    if (strcmp(element->name, "map") == 0)
        return add_map(loader, element);
    if (strcmp(element->name, "alias") == 0)
        return add_alias(loader, element);
    return strcmp(element->name, "ignore") == 0 ? add_ignore(loader, element) : 0;
}

/* In document order: what is included stands where the include stands. */
static int add_elements(struct loader *loader, struct unit *unit, enum unit_pass pass)
{
    if (unit->placed == pass)
        return 0;
    unit->placed = pass;
    for (struct xml_element *child = unit->root->children; child; child = child->next) {
        bool include = strcmp(child->name, "include") == 0;
        const struct xml_attribute *href = include ? xml_get(child, "href") : NULL;
        struct unit *included = href ? files_included(&loader->files, unit, href->value.data) : NULL;
        enter(loader, unit);
        int r = included ? add_elements(loader, included, pass) : add_element(loader, child, pass);
        if (r < 0)
            return r;
    }
    return 0;
}

/* ---- all of it ---- */

/* The shipped examples speak of the shipped maps alone: what the user overrides, ignores or renames is meant,
 * and no mistake. The user's examples come first in the list. */
static const struct example *choose_examples(struct loader *loader)
{
    bool own = loader->files.units && !loader->files.units->shipped;
    struct example **end = &loader->examples;
    while (*end && !(own && (*end)->map->public.shipped))
        end = &(*end)->next;
    *end = NULL;
    return loader->examples;
}

static int load(struct loader *loader, const struct mapping_file *files, size_t n_files,
                const struct mapping_options *options)
{
    struct mapping *mapping = loader->mapping;
    if (charset_init(&mapping->charset, options->charset) < 0)
        return -EINVAL;
    mapping->prefix = arena_copy(&mapping->arena, xpl_slice_from(options->prefix));
    mapping->names = options->names;
    for (int shipped = 0; shipped < 2; shipped++)
        for (size_t i = 0; i < n_files; i++)
            if (files[i].shipped == shipped) {
                struct diag_place itself = { files[i].path, 0, 0 };
                struct diag_place place = files[i].named.file ? files[i].named : itself;
                int r = files_read(&loader->files, files[i].path, files[i].shipped, files[i].optional, NULL,
                                   place);
                if (r < 0)
                    return r;
            }
    for (enum unit_pass pass = UNIT_TABLES; pass <= UNIT_ELEMENTS; pass++)
        for (struct unit *unit = loader->files.units; unit; unit = unit->next)
            if (!unit->parent && add_elements(loader, unit, pass) < 0)
                return -ENOMEM;
    mapping->maps = loader->maps;
    mapping->n_maps = loader->n_maps;
    mapping->aliases = loader->aliases;
    mapping->n_aliases = loader->n_aliases;
    snprintf(mapping->digest, sizeof(mapping->digest), "%016llx", (unsigned long long)loader->files.digest);
    if (sends_order(mapping) < 0 || aliases_index(mapping, loader->diag) < 0 ||
        index_new(&mapping->arena, mapping->maps, mapping->n_maps, &mapping->index) < 0 ||
        trie_new(&mapping->arena, mapping->sends, mapping->n_sends, &mapping->trie) < 0 ||
        findings_check(mapping, loader->diag) < 0)
        return -ENOMEM;
    if (options->examples &&
        loader->diag->n_errors == loader->errors_before) /* others would only repeat what is wrong already */
        return examples_run(mapping, choose_examples(loader), loader->diag);
    return 0;
}

int mapping_load(struct mapping **ret, const struct mapping_file *files, size_t n_files,
                 const struct mapping_options *options, struct diag *diag)
{
    struct mapping *mapping = calloc(1, sizeof(*mapping));
    if (!mapping)
        return -ENOMEM;
    arena_init(&mapping->arena);
    mapping->references = 1;
    struct loader loader = { .mapping = mapping, .diag = diag };
    loader.files = (struct files){ mapping, diag, NULL, FILES_DIGEST };
    loader.compile = (struct compile){ .mapping = mapping, .diag = diag, .last_example = &loader.examples };
    loader.last_table = &mapping->tables;
    loader.last_ignore = &mapping->ignores;
    loader.errors_before = diag->n_errors;
    int r = load(&loader, files, n_files, options);
    if (r == 0 && (mapping->arena.failed || diag->arena.failed))
        r = -ENOMEM;
    if (r == 0 && diag->n_errors > loader.errors_before)
        r = -EINVAL;
    if (r < 0)
        mapping_unref(mapping);
    else
        *ret = mapping;
    return r;
}

struct mapping *mapping_ref(struct mapping *mapping)
{
    mapping->references++;
    return mapping;
}

void mapping_unref(struct mapping *mapping)
{
    if (!mapping || --mapping->references > 0)
        return;
    arena_deinit(&mapping->arena);
    free(mapping);
}

const char *mapping_digest(const struct mapping *mapping)
{
    return mapping->digest;
}

const struct mapping_map *mapping_map_named(const struct mapping *mapping, struct xpl_slice name)
{
    for (size_t i = 0; i < mapping->n_maps; i++)
        if (xpl_slice_equal(xpl_slice_from(mapping->maps[i]->public.name), name))
            return &mapping->maps[i]->public;
    return NULL;
}

size_t mapping_maps(const struct mapping *mapping)
{
    return mapping->n_maps;
}

const struct charset *mapping_charset(const struct mapping *mapping)
{
    return &mapping->charset;
}
