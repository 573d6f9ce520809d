#include "base/arena.h"

#include <stdalign.h>
#include <stdlib.h>

#define BLOCK_SIZE 16384u

struct arena_block {
    struct arena_block *next;
    size_t used, size;
    alignas(max_align_t) char bytes[];
};

void arena_init(struct arena *arena)
{
    *arena = (struct arena){ 0 };
}

void arena_deinit(struct arena *arena)
{
    while (arena->blocks) {
        struct arena_block *next = arena->blocks->next;
        free(arena->blocks);
        arena->blocks = next;
    }
    arena_init(arena);
}

void *arena_alloc(struct arena *arena, size_t size)
{
    size_t aligned = (size + alignof(max_align_t) - 1) / alignof(max_align_t) * alignof(max_align_t);
    struct arena_block *block = arena->blocks;
    if (aligned < size) {
        arena->failed = true;
        return NULL;
    }
    if (!block || block->size - block->used < aligned) {
        size_t room = aligned > BLOCK_SIZE ? aligned : BLOCK_SIZE;
        block = calloc(1, sizeof(*block) + room);
        if (!block) {
            arena->failed = true;
            return NULL;
        }
        block->size = room;
        /* A block made for one big thing is full at once: keep the roomy one in front. */
        if (arena->blocks && room > BLOCK_SIZE) {
            block->next = arena->blocks->next;
            arena->blocks->next = block;
        } else {
            block->next = arena->blocks;
            arena->blocks = block;
        }
    }
    void *bytes = block->bytes + block->used;
    block->used += aligned;
    arena->used += aligned;
    return bytes;
}

struct xpl_slice arena_copy(struct arena *arena, struct xpl_slice slice)
{
    char *bytes = arena_alloc(arena, slice.size + 1);
    if (!bytes)
        return xpl_slice(NULL, 0);
    if (slice.size)
        memcpy(bytes, slice.data, slice.size);
    return xpl_slice(bytes, slice.size);
}

char *arena_string(struct arena *arena, const char *string)
{
    return (char *)arena_copy(arena, xpl_slice_from(string)).data;
}
