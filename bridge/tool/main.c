/* xplmqtt VERB …: finds the verb, which does the rest (tool/verb.h). Needs no broker and no running daemon.
 */
#include <stdio.h>

#include "base/diag.h"
#include "base/log.h"
#include "tool/verb.h"

static const struct tool_verb *const verbs[] = { &check_verb, &explain_verb, &listen_verb, &send_verb };

#define N_VERBS (sizeof(verbs) / sizeof(verbs[0]))

static void print_usage(FILE *stream)
{
    fputs("usage: xplmqtt VERB ...\n\nThe tool beside xplmqttd. It needs no broker, and the daemon need not "
          "run.\n\n",
          stream);
    for (size_t i = 0; i < N_VERBS; i++)
        fprintf(stream, "  %-10s%s\n", verbs[i]->name, verbs[i]->summary);
    fputs("\n  xplmqtt VERB --help     its options\n  xplmqtt --version\n", stream);
}

static int refuse(const char *word)
{
    const char *names[N_VERBS + 3] = { "--help", "--version" };
    for (size_t i = 0; i < N_VERBS; i++)
        names[i + 2] = verbs[i]->name;
    const char *nearest = diag_nearest(xpl_slice_from(word), names);
    fprintf(stderr, "xplmqtt: unknown %s '%s'", word[0] == '-' ? "option" : "verb", word);
    fprintf(stderr, "%s%s%s\n", nearest ? "; did you mean '" : "", nearest ? nearest : "",
            nearest ? "'?" : "");
    fputs("See: xplmqtt --help\n", stderr);
    return TOOL_WRONG;
}

int main(int argc, char **argv)
{
    const char *word = argc > 1 ? argv[1] : NULL;
    if (!word) {
        print_usage(stderr);
        return TOOL_WRONG;
    }
    if (strcmp(word, "--help") == 0 || strcmp(word, "help") == 0) {
        print_usage(stdout);
        return tool_flush(TOOL_OK);
    }
    if (strcmp(word, "--version") == 0) {
        puts("xplmqtt " XPLMQTT_VERSION);
        return tool_flush(TOOL_OK);
    }
    log_set_level(LOG_AREAS, LOG_LEVEL_WARNING); /* what the sockets do is told in our own words */
    for (size_t i = 0; i < N_VERBS; i++)
        if (strcmp(word, verbs[i]->name) == 0) {
            struct tool_arguments arguments = { verbs[i], argc - 1, argv + 1 };
            return verbs[i]->run(&arguments);
        }
    return refuse(word);
}
