#include <criterion/criterion.h>

#include "base/arena.h"

#include <stdint.h>

Test(arena, hands_out_zeroed_aligned_memory)
{
    struct arena arena;
    arena_init(&arena);
    for (size_t size = 1; size < 100000; size = size * 3 + 1) {
        unsigned char *bytes = arena_alloc(&arena, size);
        cr_assert_not_null(bytes);
        cr_expect_eq((uintptr_t)bytes % _Alignof(max_align_t), 0u);
        cr_expect_eq(bytes[0] | bytes[size - 1], 0);
        memset(bytes, 0xff, size);
    }
    struct xpl_slice copy = arena_copy(&arena, XPL_SLICE("abc"));
    cr_expect_str_eq(copy.data, "abc");
    cr_expect_not(arena.failed);
    arena_deinit(&arena);
}

Test(arena, remembers_a_failure)
{
    struct arena arena;
    arena_init(&arena);
    cr_expect_null(arena_alloc(&arena, SIZE_MAX - 3));
    cr_expect(arena.failed);
    arena_deinit(&arena);
}
