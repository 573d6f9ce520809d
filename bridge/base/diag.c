#include "base/diag.h"

#include <stdarg.h>
#include <stdint.h>
#include <stdlib.h>

#define TEXT_MAX 1024
#define WORD_MAX 64

void diag_init(struct diag *diag)
{
    *diag = (struct diag){ 0 };
    arena_init(&diag->arena);
    diag->last = &diag->first;
}

void diag_deinit(struct diag *diag)
{
    arena_deinit(&diag->arena);
    diag_init(diag);
}

/* The name of a file may go before the findings do. */
static const char *keep_file(struct diag *diag, const char *file)
{
    for (const struct diag_finding *f = diag->first; f && file; f = f->next)
        if (f->place.file && strcmp(f->place.file, file) == 0)
            return f->place.file;
    return file ? arena_string(&diag->arena, file) : NULL;
}

void diag_add(struct diag *diag, enum diag_level level, struct diag_place place, const char *format, ...)
{
    diag->n_errors += level == DIAG_ERROR;
    diag->n_warnings += level == DIAG_WARNING;
    diag->n_infos += level == DIAG_INFO;
    if (diag->n_kept == DIAG_FINDINGS_MAX)
        return;

    char text[TEXT_MAX];
    va_list arguments;
    va_start(arguments, format);
    vsnprintf(text, sizeof(text), format, arguments);
    va_end(arguments);

    struct diag_finding *finding = arena_new(&diag->arena, struct diag_finding);
    if (!finding)
        return;
    *finding = (struct diag_finding){ level, place, arena_string(&diag->arena, text), NULL };
    finding->place.file = keep_file(diag, place.file);
    if (!finding->text)
        finding->text = "(out of memory)";
    *diag->last = finding;
    diag->last = &finding->next;
    diag->n_kept++;
}

void diag_render(const struct diag_finding *finding, char *ret, size_t capacity)
{
    static const char *const levels[] = { "info", "warning", "error" };
    const char *file = finding->place.file ? finding->place.file : "xplmqtt";
    if (finding->place.line)
        snprintf(ret, capacity, "%s:%d:%d: %s: %s", file, finding->place.line, finding->place.column,
                 levels[finding->level], finding->text);
    else
        snprintf(ret, capacity, "%s: %s: %s", file, levels[finding->level], finding->text);
}

/* The order of the files is the order in which a finding first named them. */
static int file_rank(const struct diag *diag, const char *file)
{
    int rank = 0;
    for (const struct diag_finding *f = diag->first; f; f = f->next, rank++)
        if (f->place.file == file || (f->place.file && file && strcmp(f->place.file, file) == 0))
            break;
    return rank;
}

struct ranked {
    struct diag_finding *finding;
    int rank, order;
};

static int compare(const void *a, const void *b)
{
    const struct ranked *x = a, *y = b;
    if (x->rank != y->rank)
        return x->rank - y->rank;
    if (x->finding->place.line != y->finding->place.line)
        return x->finding->place.line - y->finding->place.line;
    if (x->finding->place.column != y->finding->place.column)
        return x->finding->place.column - y->finding->place.column;
    return x->order - y->order;
}

void diag_sort(struct diag *diag)
{
    struct ranked *ranked = arena_array(&diag->arena, struct ranked, diag->n_kept + 1);
    int n = 0;
    if (!ranked)
        return; /* unsorted is better than not told */
    for (struct diag_finding *f = diag->first; f; f = f->next, n++)
        ranked[n] = (struct ranked){ f, file_rank(diag, f->place.file), n };
    qsort(ranked, (size_t)n, sizeof(*ranked), compare);
    diag->last = &diag->first;
    for (int i = 0; i < n; i++) {
        *diag->last = ranked[i].finding;
        diag->last = &ranked[i].finding->next;
    }
    *diag->last = NULL;
}

void diag_print(struct diag *diag, FILE *stream, enum diag_level least)
{
    char line[TEXT_MAX + 512];
    diag_sort(diag);
    for (const struct diag_finding *f = diag->first; f; f = f->next) {
        if (f->level < least)
            continue;
        diag_render(f, line, sizeof(line));
        fprintf(stream, "%s\n", line);
    }
    size_t all = diag->n_errors + diag->n_warnings + diag->n_infos;
    if (all > diag->n_kept)
        fprintf(stream, "xplmqtt: %zu more findings\n", all - diag->n_kept);
}

size_t diag_distance(struct xpl_slice a, struct xpl_slice b)
{
    if (a.size > WORD_MAX || b.size > WORD_MAX)
        return SIZE_MAX;
    /* Optimal string alignment, three rows: a swap of neighbours counts once. */
    size_t rows[3][WORD_MAX + 1];
    size_t *before = rows[0], *above = rows[1], *row = rows[2];
    for (size_t j = 0; j <= b.size; j++)
        above[j] = j;
    for (size_t i = 1; i <= a.size; i++) {
        row[0] = i;
        for (size_t j = 1; j <= b.size; j++) {
            char x = xpl_lower(a.data[i - 1]), y = xpl_lower(b.data[j - 1]);
            size_t best = above[j - 1] + (x != y);
            if (above[j] + 1 < best)
                best = above[j] + 1;
            if (row[j - 1] + 1 < best)
                best = row[j - 1] + 1;
            if (i > 1 && j > 1 && x == xpl_lower(b.data[j - 2]) && y == xpl_lower(a.data[i - 2]) &&
                before[j - 2] + 1 < best)
                best = before[j - 2] + 1;
            row[j] = best;
        }
        size_t *free_row = before;
        before = above;
        above = row;
        row = free_row;
    }
    size_t distance = above[b.size];
    size_t longer = a.size > b.size ? a.size : b.size;
    return distance <= longer / 3 + 1 && distance < longer ? distance : SIZE_MAX;
}

const char *diag_nearest(struct xpl_slice word, const char *const *candidates)
{
    const char *best = NULL;
    size_t best_distance = SIZE_MAX;
    for (; *candidates; candidates++) {
        size_t distance = diag_distance(word, xpl_slice_from(*candidates));
        if (distance < best_distance) {
            best = *candidates;
            best_distance = distance;
        }
    }
    return best;
}

void diag_hint(struct xpl_slice word, const char *const *candidates, struct text *ret)
{
    const char *nearest = diag_nearest(word, candidates);
    if (nearest)
        text_format(ret, "; did you mean '%s'?", nearest);
}
