/* Fails the n-th allocation, for every n until none fails any more, while settings are loaded and loaded
 * again: the answer is -ENOMEM or a result with its reason, the output stays untouched, and a sanitizer finds
 * nothing left behind. libxml2 is told to use the allocator that fails, too. */
#include <libxml/xmlmemory.h>
#include <stdio.h>
#include <stdlib.h>

#include "base/error.h"
#include "config/settings.h"
#include "failing.h"

static char *copy_string(const char *string)
{
    size_t size = strlen(string) + 1;
    char *copy = malloc(size);
    return copy ? memcpy(copy, string, size) : NULL;
}

/* Whether an allocation failed. */
static bool try(long n, const char *file)
{
    struct settings *settings = NULL, *again = NULL;
    struct diag diag;
    char config[] = "-c", path[512], secret[] = "-Psecret", program[] = "xplmqttd",
         variable[] = "XPLMQTT_FLOOD=7";
    char *words[] = { program, config, path, secret, NULL }, *variables[] = { variable, NULL };
    snprintf(path, sizeof(path), "%s", file);
    diag_init(&diag);
    failing_begin(n);
    int r = settings_load(&settings, 4, words, variables, "host", &diag);
    if (r == 0)
        r = settings_reload(&again, settings, &diag);
    bool failed = failing_end();
    must(r == 0 || r == -ENOMEM || (r == SETTINGS_WRONG && failed && diag.n_errors > 0));
    must(r == 0 || !again);
    must(r == -ENOMEM || strstr(secret, "secret") == NULL);
    if (r == 0)
        must(settings->xpl.flood == 7 && settings_compare(settings, again) == 0);
    settings_free(settings);
    settings_free(again);
    diag_deinit(&diag);
    return failed;
}

int main(int argc, char **argv)
{
    long n = 0;
    must(argc == 2);
    must(xmlMemSetup(free, __wrap_malloc, __wrap_realloc, copy_string) == 0);
    try(-1, argv[1]); /* what libxml2 allocates once and keeps */
    while (try(n, argv[1]))
        n++;
    must(n > 20);
    printf("%ld allocations\n", n);
    return 0;
}
