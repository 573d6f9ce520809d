/* An arena: many small allocations that live and die together (a mapping table, a read file).
 *
 * arena_alloc never returns NULL on success paths only: it returns NULL when memory is out, and the arena
 * then remembers it (arena->failed), so that a builder may check once at the end of a step.
 */
#ifndef BASE_ARENA_H
#define BASE_ARENA_H

#include "xpl/slice.h"

struct arena_block;

struct arena {
    struct arena_block *blocks;
    size_t used; /* bytes handed out in all */
    bool failed; /* an allocation failed at some time */
};

void arena_init(struct arena *arena);
void arena_deinit(struct arena *arena);

/* Zeroed, aligned for any type. NULL when memory is out. */
void *arena_alloc(struct arena *arena, size_t size);
/* A copy with a NUL behind it; data NULL when memory is out. */
struct xpl_slice arena_copy(struct arena *arena, struct xpl_slice slice);
char *arena_string(struct arena *arena, const char *string);

#define arena_new(arena, type)      ((type *)arena_alloc((arena), sizeof(type)))
#define arena_array(arena, type, n) ((type *)arena_alloc((arena), sizeof(type) * (n)))

#endif
