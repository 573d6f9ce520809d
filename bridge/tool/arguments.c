/* Reads the options of a verb by its table, and prints the table as --help. */
#include <errno.h>
#include <getopt.h>
#include <stdarg.h>
#include <stdio.h>

#include "base/diag.h"
#include "base/error.h"
#include "base/text.h"
#include "tool/verb.h"

#define OPTIONS_MAX 15  /* of one verb, without --help */
#define LONG_BASE   256 /* getopt's code of a long option: above every letter */
#define HELP_CODE   (LONG_BASE + OPTIONS_MAX)
#define HELP_COLUMN 24

static size_t count(const struct tool_verb *verb)
{
    size_t n = 0;
    while (verb->options[n].name)
        n++;
    must(n <= OPTIONS_MAX);
    return n;
}

static void say(const struct tool_verb *verb, const char *format, va_list arguments)
{
    fprintf(stderr, "xplmqtt %s: ", verb->name);
    vfprintf(stderr, format, arguments);
    fputc('\n', stderr);
}

void tool_say(const struct tool_verb *verb, const char *format, ...)
{
    va_list arguments;
    va_start(arguments, format);
    say(verb, format, arguments);
    va_end(arguments);
}

int arguments_refuse(const struct tool_arguments *arguments, const char *format, ...)
{
    va_list list;
    va_start(list, format);
    say(arguments->verb, format, list);
    va_end(list);
    fprintf(stderr, "See: xplmqtt %s --help\n", arguments->verb->name);
    return TOOL_WRONG;
}

int tool_flush(int status)
{
    if (fflush(stdout) == 0 && !ferror(stdout))
        return status;
    if (errno != EPIPE) /* a reader that has seen enough is no failure of ours to tell about */
        perror("xplmqtt: cannot write");
    return status == TOOL_OK ? TOOL_NO : status;
}

static void print_option(const struct tool_option *option)
{
    char left[64];
    struct text text = TEXT(left);
    if (option->letter)
        text_format(&text, "  -%c, ", option->letter);
    else
        text_string(&text, "      ");
    text_format(&text, "--%s%s%s", option->name, option->argument ? " " : "",
                option->argument ? option->argument : "");
    if (text.size >= HELP_COLUMN)
        printf("%s\n%*s", left, HELP_COLUMN, "");
    else
        printf("%-*s", HELP_COLUMN, left);
    for (const char *c = option->help; *c; c++) {
        putchar(*c);
        if (*c == '\n')
            printf("%*s", HELP_COLUMN, "");
    }
    putchar('\n');
}

static const struct tool_option help_option = { "help", 0, NULL, "this text" };

static void print_help(const struct tool_verb *verb)
{
    for (size_t i = 0; verb->uses[i]; i++)
        printf("%s xplmqtt %s%s%s\n", i ? "      " : "usage:", verb->name, *verb->uses[i] ? " " : "",
               verb->uses[i]);
    printf("\n%s\n\n", verb->about);
    for (const struct tool_option *option = verb->options; option->name; option++)
        print_option(option);
    print_option(&help_option);
}

/* By getopt's code, or NULL. */
static const struct tool_option *find(const struct tool_verb *verb, int code)
{
    const struct tool_option *option = verb->options;
    if (code == HELP_CODE)
        return &help_option;
    if (code >= LONG_BASE)
        return &verb->options[code - LONG_BASE];
    while (option->name && (!code || option->letter != code))
        option++;
    return option->name ? option : NULL;
}

/* What getopt did not take: an option without its value (':'), or one that is unknown, ambiguous, or has a
 * value that it may not have ('?'). `culprit` is getopt's optopt, 0 for an unknown long one. */
static int refuse(const struct tool_arguments *arguments, int code, int culprit)
{
    const struct tool_verb *verb = arguments->verb;
    const char *word = arguments->argv[optind - 1];
    const char *names[OPTIONS_MAX + 2] = { "help" };
    const struct tool_option *known = find(verb, culprit);
    if (known)
        return arguments_refuse(arguments, "--%s %s", known->name,
                                code == ':' ? "needs a value" : "takes no value");
    if (culprit)
        return arguments_refuse(arguments, "unknown option -%c", culprit);
    for (size_t i = 0; i < count(verb); i++)
        names[i + 1] = verb->options[i].name;
    struct xpl_slice name = xpl_slice(word + 2, strcspn(word + 2, "="));
    const char *nearest = diag_nearest(name, names);
    return arguments_refuse(arguments, "unknown option --%.*s%s%s%s", XPL_SLICE_ARGS(name),
                            nearest ? "; did you mean --" : "", nearest ? nearest : "", nearest ? "?" : "");
}

int arguments_next(struct tool_arguments *arguments, const char **ret_value, int *ret_status)
{
    const struct tool_verb *verb = arguments->verb;
    size_t n = count(verb);
    struct option longs[OPTIONS_MAX + 2] = { 0 };
    char letters[2 * OPTIONS_MAX + 2];
    struct text shorts = TEXT(letters);
    text_char(&shorts, ':');
    for (size_t i = 0; i < n; i++) {
        const struct tool_option *option = &verb->options[i];
        longs[i] = (struct option){ option->name, option->argument ? required_argument : no_argument, NULL,
                                    LONG_BASE + (int)i };
        if (option->letter)
            text_format(&shorts, "%c%s", option->letter, option->argument ? ":" : "");
    }
    longs[n] = (struct option){ "help", no_argument, NULL, HELP_CODE };

    opterr = 0;
    int code = getopt_long(arguments->argc, arguments->argv, letters, longs, NULL);
    if (code == -1)
        return ARGUMENTS_END;
    if (code == HELP_CODE) {
        print_help(verb);
        *ret_status = tool_flush(TOOL_OK);
        return ARGUMENTS_STOP;
    }
    if (code == '?' || code == ':') {
        *ret_status = refuse(arguments, code, optopt);
        return ARGUMENTS_STOP;
    }
    *ret_value = optarg;
    return (int)(find(verb, code) - verb->options);
}

const char *arguments_word(struct tool_arguments *arguments)
{
    return optind < arguments->argc ? arguments->argv[optind++] : NULL;
}
