/* Findings: what is wrong with a file, where, and what was expected.
 *
 * Readers and compilers collect them and never stop at the first; the rim prints them, one a line, in the
 * form that editors know: FILE:LINE:COLUMN: error: TEXT
 */
#ifndef BASE_DIAG_H
#define BASE_DIAG_H

#include <stdio.h>

#include "base/arena.h"
#include "base/text.h"

enum diag_level { DIAG_INFO, DIAG_WARNING, DIAG_ERROR };

/* A place in a file. line and column count from 1, column in bytes; 0 means the whole file. */
struct diag_place {
    const char *file; /* a list of findings keeps a copy */
    int line;
    int column;
};

struct diag_finding {
    enum diag_level level;
    struct diag_place place;
    const char *text; /* in the list's arena */
    struct diag_finding *next;
};

#define DIAG_FINDINGS_MAX 1000 /* more are counted, not kept */

struct diag {
    struct arena arena;
    struct diag_finding *first, **last;
    size_t n_kept;
    size_t n_errors, n_warnings, n_infos; /* all, kept or not */
};

void diag_init(struct diag *diag);
void diag_deinit(struct diag *diag);

void diag_add(struct diag *diag, enum diag_level level, struct diag_place place, const char *format, ...)
    __attribute__((format(printf, 4, 5)));
#define diag_error(diag, place, ...)   diag_add((diag), DIAG_ERROR, (place), __VA_ARGS__)
#define diag_warning(diag, place, ...) diag_add((diag), DIAG_WARNING, (place), __VA_ARGS__)
#define diag_info(diag, place, ...)    diag_add((diag), DIAG_INFO, (place), __VA_ARGS__)

/* "FILE:LINE:COLUMN: error: TEXT" without a line end, into ret (cut when it does not fit). */
void diag_render(const struct diag_finding *finding, char *ret, size_t capacity);

/* Puts the findings in the order of their files (each where a finding first named it), lines and columns. */
void diag_sort(struct diag *diag);

/* Prints the findings of at least that level, a line each, sorted. */
void diag_print(struct diag *diag, FILE *stream, enum diag_level least);

/* The nearest of the candidates (a NULL-terminated list), when it is near enough to be what was meant; else
 * NULL. */
const char *diag_nearest(struct xpl_slice word, const char *const *candidates);

/* "; did you mean 'NEAREST'?", or nothing. */
void diag_hint(struct xpl_slice word, const char *const *candidates, struct text *ret);

/* For choosing the nearest out of something else than a list: edits between the two without case,
 * or SIZE_MAX when they are too far apart to be a slip. */
size_t diag_distance(struct xpl_slice a, struct xpl_slice b);

#endif
