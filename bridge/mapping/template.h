/* Templates: text with {variables}, for values and for topics.
 *
 * A topic template is reversible: what entered a level is escaped so that the same values can be read back
 * (xplmqtt-mappings(5)), and parts in [ ] may be left out.
 */
#ifndef MAPPING_TEMPLATE_H
#define MAPPING_TEMPLATE_H

#include "mapping/conversion.h"

#define TEMPLATE_LEVELS_MAX 24 /* levels of a topic that a send listens on; more: an error at load */
#define TEMPLATE_GROUPS_MAX 3  /* [ ] parts of one topic: each doubles the shapes it can have */

enum template_use { TEMPLATE_VALUE, TEMPLATE_TOPIC };

enum part_kind { PART_LITERAL, PART_VARIABLE, PART_OPEN, PART_CLOSE };

struct part {
    enum part_kind kind;
    struct xpl_slice text; /* LITERAL; VARIABLE: its text between the braces */
    struct variable variable;
    struct conversion *conversions;
    size_t n_conversions;
    /* VARIABLE in a topic: the characters that may follow it in its level, and so end it; escaped in its
     * value. */
    char follow[8];
    size_t close; /* OPEN: index of its CLOSE */
};

struct template
{
    struct part *parts;
    size_t n;
    struct xpl_slice text; /* as written; data NULL: there is none */
    struct diag_place place;
    bool variable; /* has a variable */
};

/* 0, -EINVAL (findings say why) or -ENOMEM. */
int template_parse(const struct conversion_source *source, struct xpl_slice text, enum template_use use,
                   enum direction direction, struct template *ret);

bool template_has(const struct template *template, const struct variable *variable);

/* Concatenates; the follow sets are made anew. A finding when two variables meet. */
int template_join(const struct conversion_source *source, const struct template *const *templates, size_t n,
                  struct template *ret);

/* A template that is one literal, which it borrows. */
int template_literal(const struct conversion_source *source, struct xpl_slice text, struct template *ret);

/* The literal text when it has no variable and no group, else data NULL. */
struct xpl_slice template_get_literal(const struct template *template);

/* Appends the text. 0, or why not as an enum counter, with a text in scope->why. */
int template_render(const struct template *template, struct scope *scope, enum template_use use,
                    struct text *ret);

/* The same, as a value in the scope's pool. */
int template_make(const struct template *template, struct scope *scope, struct xpl_slice *ret);

/* Reads a topic back: binds each variable once. False (with no new binding) when the text is not of this
 * form. */
bool template_read(const struct template *template, struct scope *scope, struct xpl_slice text);

/* Where a variable's value in a topic ends that begins at `at`: at the end of its level, or at a character
 * that may follow it, since such a one is escaped inside. */
size_t template_value_end(const struct part *part, struct xpl_slice text, size_t at);
/* Appends the text with each %XX as the byte it stands for. */
void template_unescape(struct xpl_slice text, struct text *ret);

/* The levels of one shape of a topic template, for the trie: `shape` is a bit for each [ ] that is there. */
struct template_level {
    size_t first, n; /* parts */
    bool alone;      /* one variable and nothing else */
    bool literal;
};
size_t template_groups(const struct template *template);
/* Writes the parts of a shape, groups resolved and literals split at '/', to ret (room for 2 * n + levels).
 * Returns the number of levels in ret_levels, 0 when there are more than `max`. */
size_t template_shape(struct arena *arena, const struct template *template, unsigned shape, struct part **ret,
                      struct template_level *ret_levels, size_t max);

/* Appends a value with everything escaped that a level cannot hold, and the characters of `follow`. */
void template_escape(struct xpl_slice value, const char *follow, struct text *ret);

/* Escapes the level that began at `start` if it is one that the bridge keeps for itself, at the place where
 * its first variable began, so that it reads back; SIZE_MAX when it has none: then it is meant. */
void template_guard(struct text *ret, size_t start, size_t variable);

/* Whether two shapes can make the same topic, so that a reader could not tell them apart. The arena is for
 * what is needed meanwhile. */
bool template_is_ambiguous(struct arena *arena, const struct template *template);
/* Whether two templates can make the same topic. */
bool template_meets(struct arena *arena, const struct template *a, const struct template *b);
/* Whether a shape has a level with nothing in it. */
bool template_has_empty_level(const struct template *template);

/* Whether a level that the templates made would be one that the bridge keeps for itself. */
bool template_is_reserved(struct xpl_slice level);

#endif
