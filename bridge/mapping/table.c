#include "mapping/table.h"

#include <errno.h>
#include <stdlib.h>

static int compare_words(struct xpl_slice a, struct xpl_slice b)
{
    for (size_t i = 0; i < a.size && i < b.size; i++) {
        int difference = (unsigned char)xpl_lower(a.data[i]) - (unsigned char)xpl_lower(b.data[i]);
        if (difference)
            return difference;
    }
    return (a.size > b.size) - (a.size < b.size);
}

static struct xpl_slice word_of(const struct table *table, enum direction direction, uint32_t row)
{
    return direction == TO_MQTT ? table->rows[row].xpl : table->rows[row].mqtt;
}

/* Insertion into place keeps document order among equals; tables are short and loaded once, but a generated
 * one may be long: merge sort. */
static void sort(const struct table *table, enum direction direction, uint32_t *rows, uint32_t *spare,
                 size_t n)
{
    if (n < 2)
        return;
    size_t half = n / 2;
    sort(table, direction, rows, spare, half);
    sort(table, direction, rows + half, spare, n - half);
    memcpy(spare, rows, half * sizeof(*rows));
    for (size_t a = 0, b = half, out = 0; a < half; out++) {
        if (b == n ||
            compare_words(word_of(table, direction, spare[a]), word_of(table, direction, rows[b])) <= 0)
            rows[out] = spare[a++];
        else
            rows[out] = rows[b++];
    }
}

int table_seal(struct arena *arena, struct table *table)
{
    uint32_t *spare = arena_array(arena, uint32_t, table->n + 1);
    table->by_xpl = arena_array(arena, uint32_t, table->n + 1);
    table->by_mqtt = arena_array(arena, uint32_t, table->n + 1);
    if (arena->failed)
        return -ENOMEM;
    for (uint32_t i = 0; i < table->n; i++)
        table->by_xpl[i] = table->by_mqtt[i] = i;
    sort(table, TO_MQTT, table->by_xpl, spare, table->n);
    sort(table, TO_XPL, table->by_mqtt, spare, table->n);
    return 0;
}

struct xpl_slice table_find(const struct table *table, enum direction direction, struct xpl_slice word,
                            bool nocase)
{
    const uint32_t *rows = direction == TO_MQTT ? table->by_xpl : table->by_mqtt;
    size_t low = 0, high = table->n;
    while (low < high) {
        size_t middle = low + (high - low) / 2;
        if (compare_words(word_of(table, direction, rows[middle]), word) < 0)
            low = middle + 1;
        else
            high = middle;
    }
    for (; low < table->n; low++) {
        struct xpl_slice found = word_of(table, direction, rows[low]);
        if (compare_words(found, word) != 0)
            break;
        if (nocase || xpl_slice_equal(found, word))
            return direction == TO_MQTT ? table->rows[rows[low]].mqtt : table->rows[rows[low]].xpl;
    }
    return xpl_slice(NULL, 0);
}

bool tables_is_own(const struct tables *tables, const struct table *table)
{
    return table->shipped == tables->shipped && strcmp(table->place.file, tables->file) == 0;
}

const struct table *tables_get(const struct tables *tables, struct xpl_slice name)
{
    const struct table *group = NULL, *shipped = NULL;
    for (const struct table *table = tables->first; table; table = table->next) {
        if (!xpl_slice_equal(table->name, name))
            continue;
        if (tables_is_own(tables, table))
            return table;
        if (!group && table->shipped == tables->shipped)
            group = table;
        if (!shipped && table->shipped)
            shipped = table;
    }
    return group ? group : shipped;
}

const char *tables_nearest(const struct tables *tables, struct xpl_slice name)
{
    const char *best = NULL;
    size_t best_distance = SIZE_MAX;
    for (const struct table *table = tables->first; table; table = table->next) {
        size_t distance = diag_distance(name, table->name);
        if ((table->shipped || !tables->shipped) && distance < best_distance) {
            best = table->name.data;
            best_distance = distance;
        }
    }
    return best;
}
