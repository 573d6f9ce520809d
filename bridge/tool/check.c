/* xplmqtt check: every finding of the mappings, and of the configuration where that is read, on stdout; what
 * they come to on stderr. */
#include <stdio.h>

#include "base/error.h"
#include "tool/setup.h"
#include "tool/verb.h"

enum { CONFIG, NO_SHIPPED, VERBOSE };

static const struct tool_option options[] = {
    [CONFIG] = { "config", 'c', "FILE", "the configuration, which is checked too" },
    [NO_SHIPPED] = { "no-shipped", 0, NULL, "leave the shipped mappings out" },
    [VERBOSE] = { "verbose", 'v', NULL, "also what is no mistake: shipped maps overridden" },
    { 0 },
};

struct check {
    struct setup setup;
    bool has_config, no_shipped, verbose;
    const char **paths;
    size_t n_paths;
    struct diag diag;
};

/* Which files, and with what prefix and charset they are read. Without a FILE the configuration says so; with
 * one it is asked only where it was named. 0, -EINVAL or -ENOMEM. */
static int choose(struct check *check, struct settings **ret_settings, struct mapping_file **ret_files,
                  size_t *ret_n)
{
    int r = 0;
    if (check->n_paths == 0 || check->has_config)
        r = setup_settings(&check->setup, &check->diag, ret_settings);
    if (r == -ENOMEM || (r < 0 && check->n_paths == 0))
        return r;
    if (check->n_paths)
        return setup_paths(check->paths, check->n_paths, !check->no_shipped, &check->diag, ret_files, ret_n);
    return setup_files(*ret_settings, &check->diag, ret_files, ret_n);
}

static int load(struct check *check, size_t *ret_maps, size_t *ret_files)
{
    struct settings *settings = NULL;
    struct mapping *mapping = NULL;
    struct mapping_file *files;
    int r = choose(check, &settings, &files, ret_files);
    if (r == 0) {
        struct mapping_options how = {
            .prefix = settings ? settings->mqtt.prefix : "xpl",
            .charset = settings ? settings->xpl.charset_name : "windows-1252",
            .examples = true,
        };
        r = mapping_load(&mapping, files, *ret_files, &how, &check->diag);
    }
    if (r == 0)
        *ret_maps = mapping_maps(mapping);
    mapping_unref(mapping);
    settings_free(settings);
    return r;
}

static int report(struct check *check, size_t n_maps, size_t n_files)
{
    struct diag *diag = &check->diag;
    diag_print(diag, stdout, check->verbose ? DIAG_INFO : DIAG_WARNING);
    int status = tool_flush(diag->n_errors ? TOOL_WRONG : TOOL_OK);
    fputs("xplmqtt check: ", stderr);
    if (diag->n_errors)
        fprintf(stderr, "%zu error%s", diag->n_errors, diag->n_errors == 1 ? "" : "s");
    else
        fprintf(stderr, "no errors in %zu maps of %zu file%s", n_maps, n_files, n_files == 1 ? "" : "s");
    if (diag->n_warnings)
        fprintf(stderr, ", %zu warning%s", diag->n_warnings, diag->n_warnings == 1 ? "" : "s");
    fputc('\n', stderr);
    return status;
}

static int read_options(struct check *check, struct tool_arguments *arguments, int *ret_status)
{
    const char *value;
    for (int option; (option = arguments_next(arguments, &value, ret_status)) != ARGUMENTS_END;)
        switch (option) {
        case CONFIG:
            setup_add(&check->setup, "--config", value);
            check->has_config = true;
            break;
        case NO_SHIPPED:
            setup_add(&check->setup, "--shipped", "no");
            check->no_shipped = true;
            break;
        case VERBOSE: check->verbose = true; break;
        default: return option;
        }
    return ARGUMENTS_END;
}

static int run(struct tool_arguments *arguments)
{
    struct check check = { .setup = { .n = 0 } };
    size_t n_maps = 0, n_files = 0;
    int status = TOOL_NO, r = 0;
    if (read_options(&check, arguments, &status) == ARGUMENTS_STOP)
        return status;
    diag_init(&check.diag);
    check.paths = arena_array(&check.diag.arena, const char *, (size_t)arguments->argc);
    for (const char *path; check.paths && (path = arguments_word(arguments));)
        check.paths[check.n_paths++] = path;
    r = check.paths ? load(&check, &n_maps, &n_files) : -ENOMEM;
    if (r == 0 || r == -EINVAL)
        status = report(&check, n_maps, n_files);
    else
        tool_say(arguments->verb, "%s", strerror(-r));
    diag_deinit(&check.diag);
    return status;
}

static const char *const uses[] = { "[FILE...]", NULL };

const struct tool_verb check_verb = {
    .name = "check",
    .uses = uses,
    .summary = "find mistakes in mappings, run the examples in them",
    .about = "Checks the mappings that the daemon would use, or each FILE as one of yours\n"
             "with the shipped mappings behind it, and runs the examples. Findings are\n"
             "printed as file:line:column: error: ... with the nearest valid name. Exit\n"
             "status 0 when there is no error, else 2.",
    .options = options,
    .run = run,
};
