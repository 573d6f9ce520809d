/* "PROGRAM FILE" loads settings from the file, prints the findings as LINE:COLUMN: LEVEL: TEXT, and exits
 * with 0 when they would be used, with 2 when not. "PROGRAM --table" prints what may stand in a file: ELEMENT
 * ATTRIBUTE DEFAULT, with '-' for no default. */
#include "config/option.h"

static int print_table(void)
{
    for (size_t i = 0; i < OPTIONS; i++) {
        const struct option_row *row = &option_rows[i];
        if (row->element)
            printf("%s %s %s\n", row->element, row->attribute, row->fallback ? row->fallback : "-");
    }
    return 0;
}

int main(int argc, char **argv)
{
    if (argc == 2 && strcmp(argv[1], "--table") == 0)
        return print_table();
    char config[] = "--config";
    char *words[] = { argv[0], config, argc == 2 ? argv[1] : config, NULL };
    struct settings *settings = NULL;
    struct diag diag;
    diag_init(&diag);
    int r = settings_load(&settings, 3, words, NULL, "host", &diag);
    for (const struct diag_finding *f = diag.first; f; f = f->next) {
        static const char *const levels[] = { "info", "warning", "error" };
        printf("%d:%d: %s: %s\n", f->place.line, f->place.column, levels[f->level], f->text);
    }
    settings_free(settings);
    diag_deinit(&diag);
    return r == SETTINGS_RUN ? 0 : 2;
}
