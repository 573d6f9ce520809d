/* Loads settings from words, variables and a file's text, in a place of their own; shared by the tests of
 * this room. */
#ifndef TEST_CONFIG_LOAD_H
#define TEST_CONFIG_LOAD_H

#include <criterion/criterion.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <unistd.h>

#include "config/settings.h"

#define ROOT_OPEN "<xplmqtt xmlns='urn:xplmqtt:config:1'>"

static struct settings *settings;
static struct diag diag;
static char *words[80], *variables[32], *owned[32];
static int n_words, n_variables;
static char file_path[64];

static void setup(void)
{
    diag_init(&diag);
    /* Nothing of this machine: the default file may be there. */
    snprintf(file_path, sizeof(file_path), "/tmp/xplmqtt-config-XXXXXX");
    close(mkstemp(file_path));
}

static void forget(void)
{
    settings_free(settings);
    settings = NULL;
    diag_deinit(&diag);
    while (n_words)
        free(words[--n_words]);
    while (n_variables)
        free(owned[--n_variables]); /* the list itself loses its password */
    words[0] = variables[0] = NULL;
}

static void teardown(void)
{
    forget();
    unlink(file_path);
}

static void write_file(const char *text)
{
    FILE *stream = fopen(file_path, "w");
    cr_assert_not_null(stream);
    fputs(text, stream);
    fclose(stream);
}

/* text: the body of the root, or a whole file; variables and words: separated by line feeds, NULL for none.
 */
static int load(const char *text, const char *given_variables, const char *given_words)
{
    forget();
    if (text && strncmp(text, "<?xml", 5) != 0) {
        char whole[8192];
        snprintf(whole, sizeof(whole), ROOT_OPEN "\n%s\n</xplmqtt>\n", text);
        write_file(whole);
    } else {
        write_file(text ? text : ROOT_OPEN "</xplmqtt>");
    }
    words[n_words++] = strdup("xplmqttd");
    words[n_words++] = strdup("-c");
    words[n_words++] = strdup(file_path);
    for (const char *p = given_words; p; p = strchr(p, '\n') ? strchr(p, '\n') + 1 : NULL)
        words[n_words++] = strndup(p, strcspn(p, "\n"));
    words[n_words] = NULL;
    for (const char *p = given_variables; p; p = strchr(p, '\n') ? strchr(p, '\n') + 1 : NULL) {
        owned[n_variables] = variables[n_variables] = strndup(p, strcspn(p, "\n"));
        n_variables++;
    }
    variables[n_variables] = NULL;
    int r = settings_load(&settings, n_words, words, variables, "Pi-Salon.example.org", &diag);
    cr_assert_geq(r, 0);
    return r;
}

/* All findings, a line each; the file is called FILE. */
static inline const char *findings(void)
{
    static char all[8192];
    size_t n = 0;
    all[0] = '\0';
    for (const struct diag_finding *f = diag.first; f; f = f->next) {
        char line[2048];
        diag_render(f, line, sizeof(line));
        const char *rest = strncmp(line, file_path, strlen(file_path)) == 0 ? line + strlen(file_path) : NULL;
        n += (size_t)snprintf(all + n, sizeof(all) - n, "%s%s%s", n ? "\n" : "", rest ? "FILE" : "",
                              rest ? rest : line);
    }
    return all;
}

#define expect_good(text, variables, words)                                               \
    do {                                                                                  \
        cr_assert_eq(load((text), (variables), (words)), SETTINGS_RUN, "%s", findings()); \
        cr_expect_str_eq(findings(), "");                                                 \
    } while (0)

#define expect_wrong(text, variables, words, said)                        \
    do {                                                                  \
        cr_expect_eq(load((text), (variables), (words)), SETTINGS_WRONG); \
        cr_expect_null(settings);                                         \
        cr_expect_str_eq(findings(), (said));                             \
    } while (0)

#endif
