/* The verbs of the tool, and what all of them share: their options, --help, wrong use.
 *
 * One table a verb drives reading of its options and its --help, so that they cannot differ. main.c finds the
 * verb; its file in this room does the rest and returns the exit status.
 */
#ifndef TOOL_VERB_H
#define TOOL_VERB_H

/* Exit status. */
enum tool_status {
    TOOL_OK = 0,
    TOOL_NO = 1,    /* explain: nothing took it; else a failure at run time */
    TOOL_WRONG = 2, /* wrong use, or findings */
};

struct tool_option {
    const char *name;     /* long; NULL ends the list */
    char letter;          /* short, or 0 */
    const char *argument; /* what --help calls the value; NULL: a flag */
    const char *help;     /* lines after the first are indented like it */
};

struct tool_arguments;

struct tool_verb {
    const char *name;
    const char *const *uses; /* what stands behind the name, one for each form; NULL-terminated */
    const char *summary;     /* one line */
    const char *about;       /* lines of at most 80 columns */
    const struct tool_option *options;
    int (*run)(struct tool_arguments *arguments);
};

extern const struct tool_verb check_verb, explain_verb, listen_verb, send_verb;

/* The words behind the verb. */
struct tool_arguments {
    const struct tool_verb *verb;
    int argc; /* as main's, but argv[0] is the verb; words that are no options come together at the end */
    char **argv;
};

enum { ARGUMENTS_END = -1, ARGUMENTS_STOP = -2 };

/* The next option as an index into the verb's options, *ret_value being its value or NULL; ARGUMENTS_END:
 * what follows are words, see arguments_word; ARGUMENTS_STOP: --help was printed, or wrong use was told, and
 * *ret_status is the exit status. */
int arguments_next(struct tool_arguments *arguments, const char **ret_value, int *ret_status);

/* The next word that is not taken yet, or NULL. Right behind an option it takes the word that follows,
 * whatever that looks like: the second value of the option. */
const char *arguments_word(struct tool_arguments *arguments);

/* Says on stderr what is wrong with the use, and where help is. Returns TOOL_WRONG. */
int arguments_refuse(const struct tool_arguments *arguments, const char *format, ...)
    __attribute__((format(printf, 2, 3)));

/* "xplmqtt VERB: TEXT" on stderr. */
void tool_say(const struct tool_verb *verb, const char *format, ...) __attribute__((format(printf, 2, 3)));

/* The last thing a verb does: a result that could not be written is no success. */
int tool_flush(int status);

#endif
